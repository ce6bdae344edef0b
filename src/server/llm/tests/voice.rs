//! A server that hears and speaks in OpenAI's shape, written from the examples of its documentation
//! (<https://platform.openai.com/docs/api-reference/audio>). What it does, a model's name says.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::{StatusCode, header};
use serde_json::{Value, json};

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    pub path: String,
    pub authorization: String,
    /// The length that was told.
    pub length: Option<usize>,
    /// Fields that are not the file; of a text to read, its body.
    pub fields: Value,
    pub file_name: String,
    pub media_type: String,
    pub bytes: Bytes,
}

/// What it was asked so far.
pub type Log = Arc<Mutex<Vec<Heard>>>;

/// The shortest of MP3 files.
pub const MP3: &[u8] = b"ID3\x04\0\0\0\0\0\0\xFF\xFB\x90\x64";

/// The models that it lists.
pub const MODELS: [&str; 4] = ["gpt-5-mini", "gpt-4o-mini-transcribe", "whisper-1", "gpt-4o-mini-tts"];

/// Its base URL, and what it is asked.
pub async fn begin() -> (String, Log) {
    let log = Log::default();
    let (heard, spoken) = (log.clone(), log.clone());
    let models = json!({ "object": "list", "data": MODELS.map(|id| json!({ "id": id, "object": "model" })) });
    let app = Router::new()
        .route("/v1/models", get(async move || Json(models.clone())))
        .route("/v1/audio/transcriptions", post(move |request: Request| hear(heard.clone(), request)))
        .route("/v1/audio/speech", post(move |request: Request| speak(spoken.clone(), request)))
        .layer(DefaultBodyLimit::disable());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (url, log)
}

fn begun(request: &Request) -> Heard {
    let text = |name| request.headers().get(name).map(|value: &header::HeaderValue| value.to_str().unwrap().to_owned());
    Heard {
        path: request.uri().path().to_owned(),
        authorization: text(header::AUTHORIZATION).unwrap_or_default(),
        length: text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok()),
        ..Heard::default()
    }
}

async fn hear(log: Log, request: Request) -> Response {
    let mut heard = begun(&request);
    let mut form = Multipart::from_request(request, &()).await.unwrap();
    let mut fields = serde_json::Map::new();
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        if name == "file" {
            heard.file_name = field.file_name().unwrap().to_owned();
            heard.media_type = field.content_type().unwrap().to_owned();
            heard.bytes = field.bytes().await.unwrap();
        } else {
            fields.insert(name, field.text().await.unwrap().into());
        }
    }
    heard.fields = fields.into();
    let model = heard.fields["model"].as_str().unwrap().to_owned();
    let refused = heard.authorization.ends_with("sk-refused-0123456789");
    let before = {
        let mut log = log.lock().unwrap();
        log.push(heard);
        log.len()
    };
    if refused {
        return failure(401, "Incorrect API key provided: sk-refus***6789.", "invalid_api_key");
    }
    transcript(&model, before).await
}

async fn transcript(model: &str, asked: usize) -> Response {
    let words = "Imagine the wildest idea that you've ever had.";
    let counted = json!({ "type": "tokens", "input_tokens": 14, "input_token_details": { "text_tokens": 0, "audio_tokens": 14 },
        "output_tokens": 45, "total_tokens": 59 });
    match model.rsplit('-').next().unwrap_or_default() {
        "401" => failure(401, "Incorrect API key provided.", "invalid_api_key"),
        "429" => failure(429, "Rate limit reached.", "rate_limit_exceeded"),
        "500" => failure(500, "The server had an error while processing your request.", "server_error"),
        "once" if asked == 1 => failure(503, "Overloaded.", "overloaded"),
        "413" => failure(413, "Maximum content size limit (26214400) exceeded.", "too_large"),
        "short" => failure(400, "Audio file is too short. Minimum audio length is 0.1 seconds.", "audio_too_short"),
        "unread" => failure(400, "Audio file might be corrupted or unsupported", "invalid_value"),
        "stall" => std::future::pending().await,
        "garbage" => ([(header::CONTENT_TYPE, "application/json")], "{\"text\": ").into_response(),
        "html" => ([(header::CONTENT_TYPE, "text/html")], "<html>Welcome</html>").into_response(),
        "broken" => {
            let pieces = [Ok("{\"text\":"), Err(std::io::Error::other("broken"))];
            let pieces = futures::StreamExt::then(futures::stream::iter(pieces), |piece| async move {
                tokio::time::sleep(Duration::from_millis(30)).await;
                piece
            });
            axum::body::Body::from_stream(pieces).into_response()
        }
        "silent" => Json(json!({ "text": "", "usage": counted })).into_response(),
        "1" => Json(verbose(words, 0.01, -0.28)).into_response(),
        "thanks" => Json(verbose(" Thank you.", 0.93, -1.2)).into_response(),
        _ => Json(json!({ "text": words, "usage": counted })).into_response(),
    }
}

/// What whisper says where more than the text is asked.
pub fn verbose(text: &str, no_speech: f64, sure: f64) -> Value {
    json!({ "task": "transcribe", "language": "english", "duration": 8.470000267028809, "text": text,
        "segments": [{ "id": 0, "seek": 0, "start": 0.0, "end": 3.319999933242798, "text": text, "tokens": [50364, 440], "temperature": 0.0,
            "avg_logprob": sure, "compression_ratio": 1.2363636493682861, "no_speech_prob": no_speech }],
        "usage": { "type": "duration", "seconds": 9 } })
}

async fn speak(log: Log, request: Request) -> Response {
    let mut heard = begun(&request);
    heard.fields = Json::<Value>::from_request(request, &()).await.unwrap().0;
    let model = heard.fields["model"].as_str().unwrap().to_owned();
    log.lock().unwrap().push(heard);
    match model.rsplit('-').next().unwrap_or_default() {
        "401" => failure(401, "Incorrect API key provided.", "invalid_api_key"),
        "json" => Json(json!({ "data": "" })).into_response(),
        "empty" => ([(header::CONTENT_TYPE, "audio/mpeg")], "").into_response(),
        _ => ([(header::CONTENT_TYPE, "audio/mpeg")], MP3).into_response(),
    }
}

fn failure(status: u16, message: &str, code: &str) -> Response {
    let error = json!({ "error": { "message": message, "type": "invalid_request_error", "param": null, "code": code } });
    (StatusCode::from_u16(status).unwrap(), Json(error)).into_response()
}
