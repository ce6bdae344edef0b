//! What goes to the vendor, what is read of its answers, and every kind of failure.

use super::*;
use crate::server::llm::Provider;
use crate::server::llm::http::Way;
use crate::server::llm::tests::voice::{self, Heard, Log, MP3, verbose};

const KEY: &str = "sk-test-abcdefghijklmnopqrstuvwxyz";

async fn upstream() -> (OpenAi, Log) {
    let (url, log) = voice::begin().await;
    (OpenAi::new(&url, Some(KEY.into()), Way::anywhere()).unwrap(), log)
}

fn recording(model: &str) -> Recording {
    let (language, prompt) = (Some("en".to_owned()), Some("Liao, 聊".to_owned()));
    let bytes = Bytes::from_static(b"\x1A\x45\xDF\xA3\r\n--boundary\r\n");
    Recording { model: model.into(), bytes, media_type: "audio/webm", file_name: "audio.webm", language, prompt }
}

#[tokio::test]
async fn a_recording_goes_as_a_form_and_its_text_and_tokens_are_read() {
    let (provider, log) = upstream().await;
    let heard = provider.transcribe(recording("gpt-4o-mini-transcribe")).await.unwrap();
    assert_eq!(heard.text, "Imagine the wildest idea that you've ever had.");
    assert_eq!((heard.usage, heard.duration, heard.language), (Some(Usage::new(14, 45)), None, None));
    let Heard { path, authorization, length, fields, file_name, media_type, bytes } = log.lock().unwrap()[0].clone();
    assert_eq!((path.as_str(), authorization), ("/v1/audio/transcriptions", format!("Bearer {KEY}")));
    assert!(length.is_some(), "some servers want to be told");
    let expected =
        serde_json::json!({ "model": "gpt-4o-mini-transcribe", "response_format": "json", "language": "en", "prompt": "Liao, 聊" });
    assert_eq!(fields, expected);
    assert_eq!((file_name.as_str(), media_type.as_str()), ("audio.webm", "audio/webm"));
    assert_eq!(bytes, recording("").bytes, "whatever is in it");
}

#[test]
fn what_whisper_tells_more_is_read_and_its_silence_is_told_from_its_words() {
    let read = |answer: serde_json::Value| Transcript::from(serde_json::from_value::<Answer>(answer).unwrap());
    let said = read(verbose(" The beach was a popular spot.", 0.01, -0.28));
    assert_eq!((said.text.as_str(), said.language.as_deref()), ("The beach was a popular spot.", Some("english")));
    assert!(said.duration.is_some_and(|seconds| (8.4..8.5).contains(&seconds)) && said.usage.is_none());
    assert_eq!(read(verbose(" Thank you.", 0.93, -1.2)).text, "", "it does not believe it itself");
    assert_eq!(read(verbose(" Thank you.", 0.93, -0.2)).text, "Thank you.", "it is sure of the words");
    let old = read(serde_json::json!({ "text": "Hi", "duration": "8.47" }));
    assert_eq!((old.text.as_str(), old.duration), ("Hi", Some(8.47)));
    let minute = read(serde_json::json!({ "text": "Hi", "usage": { "type": "duration", "seconds": 9 } }));
    assert_eq!((minute.duration, minute.usage), (Some(9.0), None));
}

#[tokio::test]
async fn failures_are_classified_and_what_is_too_short_is_silence() {
    use FailureKind::*;
    let (provider, _log) = upstream().await;
    for (model, expected) in [
        ("transcribe-401", Auth),
        ("transcribe-429", RateLimited),
        ("transcribe-500", VendorDown),
        ("transcribe-413", ContextTooLong),
        ("transcribe-unread", Protocol),
        ("transcribe-garbage", Protocol),
        ("transcribe-html", Protocol),
        ("transcribe-broken", Network),
    ] {
        let error = provider.transcribe(recording(model)).await.expect_err(model);
        assert_eq!(error.kind, expected, "{model}: {error}");
        assert!(!error.message.contains(KEY), "{model}: {error}");
    }
    assert_eq!(provider.transcribe(recording("transcribe-short")).await.unwrap(), Transcript::default());
    let nobody = OpenAi::new("http://127.0.0.1:1/v1", None, Way::anywhere()).unwrap();
    assert_eq!(nobody.transcribe(recording("whisper-1")).await.unwrap_err().kind, Network);
}

#[tokio::test]
async fn a_text_is_sent_with_its_voice_and_comes_back_as_sound() {
    let (provider, log) = upstream().await;
    let words = |model: &str| Words { model: model.into(), text: "The quick brown fox.".into(), voice: "alloy".into() };
    let sound = provider.speak(words("gpt-4o-mini-tts")).await.unwrap();
    assert_eq!((sound.media_type, &sound.bytes[..]), ("audio/mpeg", MP3));
    let expected =
        serde_json::json!({ "model": "gpt-4o-mini-tts", "input": "The quick brown fox.", "voice": "alloy", "response_format": "mp3" });
    assert_eq!(log.lock().unwrap()[0].fields, expected);
    for (model, expected) in [("tts-401", FailureKind::Auth), ("tts-json", FailureKind::Protocol), ("tts-empty", FailureKind::Protocol)] {
        assert_eq!(provider.speak(words(model)).await.unwrap_err().kind, expected, "{model}");
    }
}
