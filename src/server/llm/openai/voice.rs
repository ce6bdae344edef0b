//! Speech, in OpenAI's shape: `/audio/transcriptions` and `/audio/speech`. The crate would need another feature of the HTTP client for the
//! form, which is a few lines.

#[cfg(test)]
mod tests;

use async_openai::config::Config;
use bytes::Bytes;
use reqwest::Response;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::dialect::Dialect;
use super::{OpenAi, http};
use crate::model::generation::{FailureKind, Usage};
use crate::server::llm::{LlmError, Recording, Sound, Transcript, Words};

/// Longest transcript that is read, and most sound, in bytes.
const TEXT_MAX: usize = 8 * 1024 * 1024;
const SOUND_MAX: usize = 32 * 1024 * 1024;
/// By which whisper itself tells silence: surely no speech, and not sure of the words.
const NO_SPEECH: f64 = 0.6;
const UNSURE: f64 = -1.0;

/// The answer of `POST /audio/transcriptions`.
#[derive(Debug, Default, Deserialize)]
struct Answer {
    text: String,
    #[serde(default)]
    duration: Option<Number>,
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    segments: Option<Vec<Segment>>,
    #[serde(default)]
    usage: Option<Counts>,
}

/// OpenAI once wrote seconds as a text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Number {
    Number(f64),
    Text(String),
}

impl Number {
    fn read(self) -> Option<f64> {
        let number = match self {
            Self::Number(number) => Some(number),
            Self::Text(text) => text.parse().ok(),
        };
        number.filter(|number| number.is_finite() && *number >= 0.0)
    }
}

#[derive(Debug, Deserialize)]
struct Segment {
    #[serde(default)]
    no_speech_prob: f64,
    #[serde(default)]
    avg_logprob: f64,
}

/// Tokens, or (of models that are paid by the minute) seconds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Counts {
    input_tokens: Option<u64>,
    output_tokens: Option<u64>,
    seconds: Option<f64>,
}

impl From<Answer> for Transcript {
    fn from(answer: Answer) -> Self {
        // Whisper says "Thank you." to a silent room, and that it does not believe it.
        let silent = |segment: &Segment| segment.no_speech_prob > NO_SPEECH && segment.avg_logprob < UNSURE;
        let silence = answer.segments.is_some_and(|segments| !segments.is_empty() && segments.iter().all(silent));
        let counts = answer.usage.unwrap_or_default();
        Self {
            text: if silence { String::new() } else { answer.text.trim().to_owned() },
            duration: answer.duration.and_then(Number::read).or(counts.seconds),
            language: answer.language.filter(|language| !language.is_empty()),
            usage: counts.input_tokens.map(|input| Usage::new(input, counts.output_tokens.unwrap_or(0))),
        }
    }
}

/// What a recording says.
pub(super) async fn transcribe(provider: &OpenAi, recording: Recording) -> Result<Transcript, LlmError> {
    // Only OpenAI's and Groq's whisper are known to tell more than the text; others may refuse the very word.
    let tells = provider.is_native() || provider.dialect == Dialect::Groq;
    let format = if tells && recording.model.starts_with("whisper") { "verbose_json" } else { "json" };
    let mut form = Form::new();
    form.text("model", &recording.model);
    form.text("response_format", format);
    for (name, value) in [("language", &recording.language), ("prompt", &recording.prompt)] {
        if let Some(value) = value {
            form.text(name, value);
        }
    }
    let asked = provider.way.client().post(provider.endpoint.url("/audio/transcriptions")).headers(provider.endpoint.headers());
    let request = form.send(asked, &recording).build().map_err(http::transport)?;
    let body = match http::execute(&provider.way, request, false).await {
        Ok(response) => http::whole(response, TEXT_MAX).await?,
        // Less than a tenth of a second: nothing was said.
        Err(error) if error.kind == FailureKind::Protocol && error.message.to_lowercase().contains("too short") => {
            return Ok(Transcript::default());
        }
        Err(error) => return Err(error),
    };
    serde_json::from_slice::<Answer>(&body).map(Transcript::from).map_err(|error| http::garbled(&error))
}

/// The body of `POST /audio/speech`.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    input: &'a str,
    voice: &'a str,
    response_format: &'static str,
}

/// A text as sound.
pub(super) async fn speak(provider: &OpenAi, words: Words) -> Result<Sound, LlmError> {
    let body = Body { model: &words.model, input: &words.text, voice: &words.voice, response_format: "mp3" };
    let asked = provider.way.client().post(provider.endpoint.url("/audio/speech")).headers(provider.endpoint.headers()).json(&body);
    let request = asked.build().map_err(http::transport)?;
    let response = http::execute(&provider.way, request, false).await?;
    let media_type = sound(&response)?;
    let bytes = http::whole(response, SOUND_MAX).await?;
    if bytes.is_empty() {
        return Err(LlmError::new(FailureKind::Protocol, "The provider sent no sound."));
    }
    Ok(Sound { media_type, bytes })
}

/// What an answer's header says, where that is sound.
fn sound(response: &Response) -> Result<&'static str, LlmError> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    match kind.split(';').next().unwrap_or_default().trim() {
        "audio/mpeg" | "audio/mp3" | "application/octet-stream" | "" => Ok("audio/mpeg"),
        "audio/wav" | "audio/x-wav" | "audio/wave" => Ok("audio/wav"),
        "audio/ogg" | "audio/opus" => Ok("audio/ogg"),
        "audio/aac" => Ok("audio/aac"),
        "audio/flac" => Ok("audio/flac"),
        other => Err(LlmError::new(FailureKind::Protocol, format!("The provider sent {other} instead of sound."))),
    }
}

/// A form on its way out; the file is its last field, so that it is not copied.
struct Form {
    boundary: String,
    head: String,
}

impl Form {
    fn new() -> Self {
        Self { boundary: format!("liao-{}", Uuid::new_v4().simple()), head: String::new() }
    }

    /// A field. A boundary that nobody could guess is in no value.
    fn text(&mut self, name: &str, value: &str) {
        let boundary = &self.boundary;
        self.head.push_str(&format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"));
    }

    /// The request with the form and the recording.
    fn send(self, request: reqwest::RequestBuilder, recording: &Recording) -> reqwest::RequestBuilder {
        let Self { boundary, mut head } = self;
        let (name, kind) = (recording.file_name, recording.media_type);
        head.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
        ));
        let pieces = [Bytes::from(head), recording.bytes.clone(), Bytes::from(format!("\r\n--{boundary}--\r\n"))];
        // Some servers take no body whose length they are not told.
        let length = pieces.iter().map(Bytes::len).sum::<usize>();
        let body = reqwest::Body::wrap_stream(futures::stream::iter(pieces.map(Ok::<_, std::convert::Infallible>)));
        let request = request.header(CONTENT_TYPE, format!("multipart/form-data; boundary={boundary}"));
        request.header(CONTENT_LENGTH, length).body(body)
    }
}
