//! Speech over REST: forms, limits, and what is said where it cannot be done.

use http::Method;

use super::*;
use crate::model::voice::AUDIO_MAX;
use crate::server::llm::tests::voice::{MP3, begin};
use crate::server::service::provider;

const PATH: &str = "/api/llm/transcriptions/";

/// A form with these fields, and the recording in the field `file`.
fn form(fields: &[(&str, &str)], file: Option<&[u8]>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend(format!("--X\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").bytes());
    }
    if let Some(file) = file {
        // What the sender says of it counts for nothing.
        body.extend(b"--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.exe\"\r\nContent-Type: text/html\r\n\r\n");
        body.extend(file);
        body.extend(b"\r\n");
    }
    body.extend(b"--X--\r\n");
    body
}

async fn post(app: &App, access: &str, kind: &str, body: Vec<u8>) -> Answer {
    let request = Request::builder().method(Method::POST).uri(PATH).header(header::HOST, "chat.example");
    let request = request.header(header::AUTHORIZATION, format!("Bearer {access}")).header(header::CONTENT_TYPE, kind);
    app.send(request.body(Body::from(body)).unwrap()).await
}

const FORM: &str = "multipart/form-data; boundary=X";
const WAV: &[u8] = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0";

/// The app with the provider `lab`, and its administrator's token.
async fn stage(app: &App) -> String {
    provider::start(&app.server).await.unwrap();
    let access = text(&app.register("ada@example.org").await["access"]).to_owned();
    let (url, _log) = begin().await;
    let lab = json!({ "slug": "lab", "kind": "openai", "base_url": url, "enabled": true, "private": true });
    let added = app.call(Method::POST, "/api/llm/configs/", Some(&access), Some(lab)).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text);
    // Its list is fetched in the background.
    for _ in 0..200 {
        let voice = app.call(Method::GET, "/api/llm/voice/", Some(&access), None).await;
        if voice.json()["transcription"].is_string() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    access
}

#[tokio::test]
async fn a_recording_is_sent_as_a_form_and_answered_with_its_text() {
    for app in apps().await {
        let access = stage(&app).await;
        let voice = app.call(Method::GET, "/api/llm/voice/", Some(&access), None).await.json();
        assert_eq!(
            (&voice["transcription"], &voice["speech"], &voice["max_bytes"]),
            (&json!("lab/gpt-4o-mini-transcribe"), &Value::Null, &json!(26_214_400))
        );
        let said = post(&app, &access, FORM, form(&[("model", "lab/whisper-1"), ("language", "en"), ("prompt", "peas")], Some(WAV))).await;
        assert_eq!(said.status, StatusCode::OK, "{}", said.text);
        let said = said.json();
        assert_eq!((text(&said["text"]), text(&said["model"])), ("Imagine the wildest idea that you've ever had.", "lab/whisper-1"));
        assert_eq!((text(&said["language"]), said["duration"].is_f64()), ("english", true), "{said}");
        let usage = app.call(Method::GET, "/api/users/me/usage/", Some(&access), None).await.json();
        assert_eq!((&usage["total"]["calls"], &usage["models"][0]["model"]), (&json!(1), &json!("lab/whisper-1")), "{}", app.test.engine);
    }
}

#[tokio::test]
async fn what_cannot_be_heard_is_refused_with_a_sentence() {
    for app in apps().await {
        let access = stage(&app).await;
        let refused = async |body: Vec<u8>| post(&app, &access, FORM, body).await.problem();
        assert_eq!(refused(form(&[], None)).await, (422, "invalid".into()), "no file");
        assert_eq!(refused(form(&[], Some(b""))).await, (422, "invalid".into()), "an empty one");
        assert_eq!(refused(form(&[], Some(b"MZ\x90\0"))).await, (415, "unsupported_media_type".into()));
        assert_eq!(refused(form(&[("model", "lab/gpt-5-mini")], Some(WAV))).await, (422, "invalid".into()));
        assert_eq!(refused(form(&[("model", "lab/transcribe-500")], Some(WAV))).await, (502, "upstream".into()));
        assert_eq!(refused(form(&[("tempo", "1")], Some(WAV))).await, (400, "malformed".into()));
        let long = "x".repeat(20_000);
        assert_eq!(refused(form(&[("prompt", long.as_str())], Some(WAV))).await.0, 413);
        let mut large = WAV.to_vec();
        large.resize(AUDIO_MAX + 1, 0);
        let too_large = post(&app, &access, FORM, form(&[], Some(&large))).await;
        assert_eq!(too_large.problem(), (413, "too_large".into()));
        assert!(too_large.json()["detail"].as_str().unwrap().contains("25 MiB"), "{}", too_large.text);
        assert_eq!(post(&app, &access, "application/json", b"{}".to_vec()).await.problem().0, 415);
        assert_eq!(post(&app, &access, FORM, b"--X\r\nContent".to_vec()).await.problem().0, 400);
        assert_eq!(post(&app, "nobody", FORM, form(&[], Some(WAV))).await.problem().0, 401);
    }
}

#[tokio::test]
async fn a_text_is_read_aloud_where_somebody_chose_a_model() {
    for app in apps().await {
        let access = stage(&app).await;
        let read = async |body: Value| app.call(Method::POST, "/api/llm/speech/", Some(&access), Some(body)).await;
        let nobody = read(json!({ "input": "Hello." })).await;
        assert_eq!((nobody.problem(), &nobody.json()["errors"][0]["field"]), ((422, "invalid".into()), &json!("model")));
        let defaults = json!({ "speech": "lab/gpt-4o-mini-tts", "transcription": "lab/whisper-1" });
        let set = app.call(Method::PUT, "/api/llm/defaults/", Some(&access), Some(defaults)).await;
        assert_eq!((set.status, &set.json()["transcription"]), (StatusCode::OK, &json!("lab/whisper-1")), "{}", set.text);
        let sound = read(json!({ "input": "Hello." })).await;
        assert_eq!((sound.status, sound.header(header::CONTENT_TYPE)), (StatusCode::OK, "audio/mpeg"));
        assert!(sound.text.starts_with("ID3") && MP3.starts_with(b"ID3"));
        assert_eq!(read(json!({ "input": "" })).await.problem().0, 422);
        assert_eq!(read(json!({ "input": "Hello.", "loud": true })).await.problem().0, 400);
        assert_eq!(read(json!({ "input": "Hello.", "model": "fake/tts" })).await.header(header::CONTENT_TYPE), "audio/wav");
    }
}
