//! `/api/llm/transcriptions/`, `/api/llm/speech/` and `/api/llm/voice/`: speech becomes text, and text is read aloud.

use std::time::Duration;

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::{Json, Problem, problems};
use crate::model::error::{ApiError, Code, Rule};
use crate::model::voice::{Reading, Transcription, Voice};
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::http::middleware::AUDIO_MAX;
use crate::server::service::viewer::Viewer;
use crate::server::service::voice::{self, Dictation};

/// Most of all recordings that is in memory at a time, in MiB, and how long one may take to arrive.
const ROOM_MB: usize = 256;
const ARRIVES_WITHIN: Duration = Duration::from_secs(120);
/// Most bytes of a field that is not the recording.
const FIELD_MAX: usize = 16 * 1024;
/// Most bytes of a text that is to be read aloud: its characters may be escaped.
const TEXT_MAX: usize = 128 * 1024;

static ROOM: Semaphore = Semaphore::const_new(ROOM_MB);

/// The routes, documented.
pub fn routes() -> OpenApiRouter<Server> {
    let heard = OpenApiRouter::new().routes(routes!(transcribe)).layer(DefaultBodyLimit::max(AUDIO_MAX));
    let spoken = OpenApiRouter::new().routes(routes!(speak)).layer(DefaultBodyLimit::max(TEXT_MAX));
    OpenApiRouter::new().routes(routes!(state)).merge(heard).merge(spoken)
}

problems!(StateProblems: Unauthenticated, Forbidden, Internal);
problems!(TranscribeProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal, Upstream, Unavailable);
problems!(SpeakProblems: Malformed, Unauthenticated, Forbidden, TooLarge, UnsupportedMediaType, Invalid, Internal, Upstream);

/// What can be done with speech
///
/// Which models are asked when none is named, and how much may be sent.
#[utoipa::path(get, path = "/api/llm/voice/", tag = "llm", operation_id = "voice", security(("bearer" = [])),
    responses((status = 200, description = "For who asks.", body = Voice), StateProblems))]
async fn state(State(server): State<Server>, viewer: Viewer) -> Result<Json<Voice>, Problem> {
    Ok(Json(voice::state(&server, &viewer)?))
}

/// A recording and what may be said of it.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is documented and read field by field")]
struct DictationForm {
    /// WebM, Ogg, MP3, M4A (MP4), WAV or FLAC, at most 25 MiB; its content says what it is.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// `provider/model`; absent: the default.
    #[schema(example = "openai/gpt-4o-mini-transcribe")]
    model: Option<String>,
    /// ISO 639-1; absent: the model finds out.
    #[schema(example = "en")]
    language: Option<String>,
    /// Names and terms that may be in it; at most 1,000 characters.
    prompt: Option<String>,
}

/// Turn a recording into text
///
/// A text that is empty says that nothing was said. The call is a line of the ledger (`purpose`: `transcription`); who goes away ends it.
#[utoipa::path(post, path = "/api/llm/transcriptions/", tag = "llm", operation_id = "transcribe",
    request_body(content((DictationForm = "multipart/form-data"))), security(("bearer" = [])),
    responses((status = 200, description = "What was said.", body = Transcription), TranscribeProblems))]
async fn transcribe(State(server): State<Server>, viewer: Viewer, request: Request) -> Result<Json<Transcription>, Problem> {
    voice::require(&server, &viewer)?;
    let _room = room(request.headers())?;
    let form = Multipart::from_request(request, &()).await.map_err(|error| match error.status() {
        StatusCode::BAD_REQUEST => Error::new(Code::UnsupportedMediaType, "Send the recording as multipart/form-data with the field file."),
        _ => malformed(&error.body_text()),
    })?;
    let late = |_| Error::new(Code::Malformed, "The recording did not arrive in time.");
    let dictation = tokio::time::timeout(ARRIVES_WITHIN, read(form)).await.map_err(late)??;
    Ok(Json(voice::transcribe(&server, &viewer, dictation).await?))
}

/// Read a text aloud
///
/// By the model that administrators chose, or the one that is named. The call is a line of the ledger (`purpose`: `speech`).
#[utoipa::path(post, path = "/api/llm/speech/", tag = "llm", operation_id = "speak", request_body = Reading, security(("bearer" = [])),
    responses((status = 200, description = "Sound, MP3 as a rule.", content_type = "audio/mpeg", body = String), SpeakProblems))]
async fn speak(State(server): State<Server>, viewer: Viewer, Json(reading): Json<Reading>) -> Result<Response, Problem> {
    let sound = voice::speak(&server, &viewer, reading).await?;
    Ok(([(header::CONTENT_TYPE, sound.media_type)], sound.bytes).into_response())
}

/// Room for the recording in memory; one that does not say how large it is may be the largest.
fn room(headers: &HeaderMap) -> Result<SemaphorePermit<'static>> {
    let told = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let mb = u32::try_from(told.unwrap_or(AUDIO_MAX).min(AUDIO_MAX).div_ceil(1 << 20)).unwrap_or(u32::MAX);
    let full = |_| {
        let message = "Too many recordings are being sent. Try again in a moment.";
        ApiError { retry_after: Some(2), ..ApiError::new(Code::Unavailable, message) }
    };
    Ok(ROOM.try_acquire_many(mb).map_err(full)?)
}

async fn read(mut form: Multipart) -> Result<Dictation> {
    let (mut dictation, mut file) = (Dictation::default(), None);
    while let Some(field) = form.next_field().await.map_err(wrong)? {
        match field.name().unwrap_or_default() {
            "file" => file = Some(field.bytes().await.map_err(wrong)?),
            "model" => dictation.model = Some(text(field).await?),
            "language" => dictation.language = Some(text(field).await?),
            "prompt" => dictation.prompt = Some(text(field).await?),
            other => {
                let message = format!("There is no field {}.", other.chars().take(40).collect::<String>());
                return Err(Error::new(Code::Malformed, message));
            }
        }
    }
    let none = || Error::invalid("file", Rule::Required, "The form has no field file.");
    Ok(Dictation { file: file.ok_or_else(none)?, ..dictation })
}

async fn text(mut field: Field<'_>) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(wrong)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > FIELD_MAX {
            return Err(Error::new(Code::TooLarge, format!("A field may have at most {FIELD_MAX} bytes.")));
        }
    }
    String::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))
}

fn wrong(error: MultipartError) -> Error {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => voice::too_large(),
        _ => malformed(&error.body_text()),
    }
}

fn malformed(said: &str) -> Error {
    Error::new(Code::Malformed, format!("The request cannot be read: {said}."))
}
