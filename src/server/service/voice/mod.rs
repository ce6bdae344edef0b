//! Speech: recordings become text, and text is read aloud, by models that do this. Each call is a line of the ledger of its own.

mod kind;
#[cfg(test)]
mod tests;

use bytes::Bytes;

use super::viewer::Viewer;
use super::{call, feature, verification};
use crate::model::error::{Code, Fields, Rule};
use crate::model::operation::Feature;
use crate::model::usage::Purpose;
use crate::model::voice::{AUDIO_MAX, AUDIO_MB_MAX, PROMPT_MAX, Reading, SECONDS_MAX, SPEECH_MAX, Task, Transcription, VOICE_MAX, Voice};
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::llm::{Recording, Resolved, Sound, Words};

/// The voice of OpenAI's that is there since the first of them.
const VOICE: &str = "alloy";

/// A recording as it was sent.
#[derive(Clone, Debug, Default)]
pub struct Dictation {
    pub file: Bytes,
    /// `provider/model`; absent: the default.
    pub model: Option<String>,
    /// ISO 639-1, or a tag that begins with it; absent: the model finds out.
    pub language: Option<String>,
    /// Words that may be in it: names, terms.
    pub prompt: Option<String>,
}

/// What can be done here for the viewer.
pub fn state(server: &Server, viewer: &Viewer) -> Result<Voice> {
    let on = server.settings.get().features.has(Feature::Voice);
    let default = |task| Ok::<_, Error>(server.registry.for_task(task, None, viewer.who())?.map(|found| found.id).filter(|_| on));
    Ok(Voice {
        transcription: default(Task::Transcription)?,
        speech: default(Task::Speech)?,
        max_bytes: AUDIO_MAX,
        max_seconds: SECONDS_MAX,
        max_characters: SPEECH_MAX,
    })
}

/// An error unless the viewer may have models work for them. To be asked before a recording is read.
pub fn require(server: &Server, viewer: &Viewer) -> Result<()> {
    feature::require(server, Feature::Voice)?;
    verification::require(server, viewer)
}

/// Turns a recording into text. Errors: `Unverified`, `Invalid`, `TooLarge`, `UnsupportedMediaType`, `Upstream`.
pub async fn transcribe(server: &Server, viewer: &Viewer, dictation: Dictation) -> Result<Transcription> {
    require(server, viewer)?;
    let (language, prompt) = checked(&dictation)?;
    let kind = kind::of(&dictation.file).ok_or_else(unknown_kind)?;
    let resolved = choose(server, viewer, Task::Transcription, dictation.model.as_deref())?;
    let recording = Recording {
        model: resolved.model.clone(),
        bytes: dictation.file,
        media_type: kind.media_type,
        file_name: kind.file_name,
        language,
        prompt,
    };
    let once = move |asked: &Resolved| {
        let (upstream, recording) = (asked.upstream.clone(), Recording { model: asked.model.clone(), ..recording.clone() });
        async move { upstream.transcribe(&recording).await }
    };
    let (heard, model) =
        call::make(server, viewer, call::What { resolved, purpose: Purpose::Transcription, input: 0, characters: 0 }, once).await?;
    Ok(Transcription { text: heard.text, model, duration: heard.duration, language: heard.language })
}

/// Reads a text aloud. Errors: `Unverified`, `Invalid`, `Upstream`.
pub async fn speak(server: &Server, viewer: &Viewer, reading: Reading) -> Result<Sound> {
    require(server, viewer)?;
    let mut fields = Fields::default();
    let text = reading.input.trim().to_owned();
    fields.length("input", &text, 1, SPEECH_MAX);
    let voice = reading.voice.map(|voice| voice.trim().to_owned()).filter(|voice| !voice.is_empty());
    fields.length("voice", voice.as_deref().unwrap_or_default(), 0, VOICE_MAX);
    fields.check()?;
    let resolved = choose(server, viewer, Task::Speech, reading.model.as_deref())?;
    let voice = voice.or_else(|| server.settings.get().models.voice.clone()).unwrap_or_else(|| VOICE.to_owned());
    let (input, characters) = (resolved.provider.tokens(&text) as u64, text.chars().count() as u64);
    let words = Words { model: resolved.model.clone(), text, voice };
    let once = move |asked: &Resolved| {
        let (upstream, words) = (asked.upstream.clone(), Words { model: asked.model.clone(), ..words.clone() });
        async move { upstream.speak(&words).await }
    };
    let (sound, _) = call::make(server, viewer, call::What { resolved, purpose: Purpose::Speech, input, characters }, once).await?;
    Ok(sound)
}

/// What is said of a recording that is larger than any may be.
pub fn too_large() -> Error {
    Error::new(Code::TooLarge, format!("A recording may have at most {AUDIO_MB_MAX} MiB. Send it in parts, or compressed."))
}

fn unknown_kind() -> Error {
    Error::new(Code::UnsupportedMediaType, "Send a recording as WebM, Ogg, MP3, M4A (MP4), WAV or FLAC; its content says what it is.")
}

/// The model for this. None at all is an error that says what to do.
fn choose(server: &Server, viewer: &Viewer, task: Task, name: Option<&str>) -> Result<Resolved> {
    let none = || {
        let does = if task == Task::Speech { "reads aloud" } else { "transcribes" };
        let message = format!("No model here {does}. An administrator can add a provider that has one, and choose it at /admin/models.");
        Error::invalid("model", Rule::Unknown, message)
    };
    server.registry.for_task(task, name, viewer.who())?.ok_or_else(none)
}

/// The language and the prompt of a recording that may be sent.
fn checked(dictation: &Dictation) -> Result<(Option<String>, Option<String>)> {
    if dictation.file.len() > AUDIO_MAX {
        return Err(too_large());
    }
    let mut fields = Fields::default();
    if dictation.file.is_empty() {
        fields.add("file", Rule::Required, "The recording is empty.");
    }
    let clean = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let prompt = clean(&dictation.prompt);
    fields.length("prompt", prompt.as_deref().unwrap_or_default(), 0, PROMPT_MAX);
    let language = clean(&dictation.language).map(|tag| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase());
    if language.as_deref().is_some_and(|tag| !(2..=3).contains(&tag.len()) || !tag.bytes().all(|byte| byte.is_ascii_lowercase())) {
        fields.add("language", Rule::Format, "language must be a code of ISO 639, such as en or zh.");
    }
    fields.check()?;
    Ok((language, prompt))
}
