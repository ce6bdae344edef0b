//! Speech on both databases: who is asked, what becomes of failures, and what the ledger is told.

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::model::catalogue::{Access, ModelForm, ModelSettings};
use crate::model::error::ApiError;
use crate::model::generation::{FailureKind, Status};
use crate::model::provider::{KeyForm, Kind, Limits, ProviderForm};
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::llm::tests::voice::{Log, MP3, begin};
use crate::server::service::viewer::{Origin, Via};
use crate::server::service::{account, catalogue, provider};
use crate::server::testing;

struct Stage {
    server: Server,
    ada: Viewer,
    bob: Viewer,
    /// The provider `lab`.
    lab: Uuid,
    log: Log,
}

/// A server with the provider `lab`, which hears and speaks, its administrator and somebody else.
async fn stage(test: &TestDb, keys: &[&str], limits: Limits) -> Stage {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    provider::start(&server).await.unwrap();
    let mut viewers = Vec::new();
    for (name, role) in [("ada", Role::Admin), ("bob", Role::User)] {
        let new = Registration { email: format!("{name}@example.org"), name: name.into(), password: "quiet river, seven".into() };
        let user = account::create(&server, new, role).await.unwrap();
        viewers.push(Viewer { user, via: Via::Session { id_hash: [0; 32] } });
    }
    let (bob, ada) = (viewers.pop().unwrap(), viewers.pop().unwrap());
    let (url, log) = begin().await;
    let form = ProviderForm {
        slug: "lab".into(),
        kind: Kind::Openai,
        base_url: Some(url),
        api: Default::default(),
        api_key: keys.first().map(|key| (*key).to_owned()),
        enabled: true,
        private: true,
        limits,
    };
    let lab = provider::save(&server, &ada, &Origin::default(), None, form).await.unwrap().id;
    for key in keys.iter().skip(1) {
        let form = KeyForm { label: "second".into(), api_key: Some((*key).to_owned()) };
        provider::add_key(&server, &ada, &Origin::default(), lab, form).await.unwrap();
    }
    for _ in 0..200 {
        if server.registry.catalogue().await.iter().any(|model| model.name == "whisper-1" && model.listed) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    Stage { server, ada, bob, lab, log }
}

fn saying(model: &str) -> Dictation {
    let file = Bytes::from_static(b"OggS\0\x02speech");
    Dictation { file, model: Some(model.into()).filter(|model: &String| !model.is_empty()), ..Dictation::default() }
}

impl Stage {
    async fn say(&self, viewer: &Viewer, model: &str) -> Result<Transcription, ApiError> {
        transcribe(&self.server, viewer, saying(model)).await.map_err(Error::into_api)
    }

    async fn set(&self, group: ModelSettings) -> Result<ModelSettings, ApiError> {
        catalogue::set_defaults(&self.server, &self.ada, &Origin::default(), group).await.map_err(Error::into_api)
    }

    /// The viewer's lines: what for, tokens, tries, how it ended.
    async fn ledger(&self, viewer: &Viewer) -> Vec<(Purpose, i64, i64, i64, Status, Option<String>)> {
        let mut rows = self.server.db.ledger().entries(viewer.user.id, None, 100).await.unwrap();
        rows.sort_by_key(|row| row.started_at);
        assert!(rows.iter().all(|row| row.session_id.is_none() && row.message_id.is_none() && row.provider == "lab"));
        rows.into_iter().map(|row| (row.purpose, row.input_tokens, row.output_tokens, row.tries, row.outcome, row.failure)).collect()
    }
}

#[tokio::test]
async fn what_is_listed_and_hears_is_asked_and_the_ledger_has_a_line() {
    for test in databases().await {
        let stage = stage(&test, &[], Limits::default()).await;
        let state = state(&stage.server, &stage.bob).unwrap();
        assert_eq!((state.transcription.as_deref(), state.speech), (Some("lab/gpt-4o-mini-transcribe"), None), "{}", test.engine);
        let said = stage.say(&stage.bob, "").await.unwrap();
        assert_eq!(
            (said.text.as_str(), said.model.as_str()),
            ("Imagine the wildest idea that you've ever had.", "lab/gpt-4o-mini-transcribe")
        );
        let asked = stage.log.lock().unwrap()[0].clone();
        assert_eq!((asked.file_name.as_str(), asked.media_type.as_str()), ("audio.ogg", "audio/ogg"), "by its content");
        let expected = [(Purpose::Transcription, 14, 45, 1, Status::Done, None)];
        assert_eq!(stage.ledger(&stage.bob).await, expected, "{}", test.engine);
        assert_eq!(stage.ledger(&stage.ada).await, [], "somebody else's");
    }
}

#[tokio::test]
async fn models_that_hear_or_speak_are_not_offered_for_conversations_unless_somebody_says_that_they_talk() {
    for test in databases().await {
        let stage = stage(&test, &[], Limits::default()).await;
        let talking = async || {
            let models = stage.server.registry.models(stage.bob.who()).await;
            models.into_iter().filter(|model| model.provider == "lab").map(|model| model.name).collect::<Vec<_>>()
        };
        assert_eq!(talking().await, ["gpt-5-mini"], "{}", test.engine);
        let form = ModelForm { task: Some(Task::Chat), ..ModelForm::default() };
        catalogue::save(&stage.server, &stage.ada, &Origin::default(), (stage.lab, "whisper-1"), form).await.unwrap();
        assert_eq!(talking().await, ["gpt-5-mini", "whisper-1"], "{}", test.engine);
        let wrong = stage.say(&stage.bob, "lab/whisper-1").await.unwrap_err();
        assert_eq!(wrong.field("model").map(|field| &field.rule), Some(&Rule::Unknown));
        let form = ModelForm { task: Some(Task::Transcription), ..ModelForm::default() };
        catalogue::save(&stage.server, &stage.ada, &Origin::default(), (stage.lab, "my-ear"), form).await.unwrap();
        assert_eq!(stage.say(&stage.bob, "lab/my-ear").await.unwrap().model, "lab/my-ear", "{}", test.engine);
    }
}

#[tokio::test]
async fn defaults_do_what_they_are_for_and_hold_for_those_who_may_use_them() {
    for test in databases().await {
        let stage = stage(&test, &[], Limits::default()).await;
        let transcription = |model: &str| ModelSettings { transcription: Some(model.into()), ..ModelSettings::default() };
        for wrong in ["lab/gpt-5-mini", "lab/gpt-4o-mini-tts", "whisper-1", "nobody/whisper-1"] {
            assert!(stage.set(transcription(wrong)).await.unwrap_err().field("transcription").is_some(), "{wrong}");
        }
        let speech = ModelSettings { speech: Some("lab/whisper-1".into()), vision: Some("fake/slow".into()), ..ModelSettings::default() };
        let fields = stage.set(speech).await.unwrap_err();
        assert!(fields.field("speech").is_some() && fields.field("vision").is_some(), "{fields:?}");
        stage.set(transcription("lab/whisper-1")).await.unwrap();
        assert_eq!(state(&stage.server, &stage.bob).unwrap().transcription.as_deref(), Some("lab/whisper-1"), "{}", test.engine);
        let form = ModelForm { access: Access::Admins, ..ModelForm::default() };
        catalogue::save(&stage.server, &stage.ada, &Origin::default(), (stage.lab, "whisper-1"), form).await.unwrap();
        assert_eq!(state(&stage.server, &stage.ada).unwrap().transcription.as_deref(), Some("lab/whisper-1"));
        let others = state(&stage.server, &stage.bob).unwrap().transcription;
        assert_eq!(others.as_deref(), Some("lab/gpt-4o-mini-transcribe"), "{}: not theirs, so the next", test.engine);
        assert!(stage.say(&stage.bob, "lab/whisper-1").await.unwrap_err().field("model").is_some());
    }
}

#[tokio::test]
async fn a_recording_that_cannot_be_sent_is_refused_before_anybody_is_asked() {
    for test in databases().await {
        let stage = stage(&test, &[], Limits::default()).await;
        let ask = async |dictation: Dictation| transcribe(&stage.server, &stage.bob, dictation).await.unwrap_err().into_api();
        let empty = ask(Dictation::default()).await;
        assert_eq!(empty.field("file").map(|field| &field.rule), Some(&Rule::Required));
        let large = ask(Dictation { file: vec![0; AUDIO_MAX + 1].into(), ..Dictation::default() }).await;
        assert_eq!((large.code, large.message.contains("25 MiB")), (Code::TooLarge, true));
        let text = ask(Dictation { file: "hello".into(), ..Dictation::default() }).await;
        assert_eq!(text.code, Code::UnsupportedMediaType);
        let language = ask(Dictation { language: Some("english".into()), ..saying("") }).await;
        assert!(language.field("language").is_some());
        let prompt = ask(Dictation { prompt: Some("x".repeat(PROMPT_MAX + 1)), ..saying("") }).await;
        assert!(prompt.field("prompt").is_some());
        assert!(stage.log.lock().unwrap().is_empty(), "{}", test.engine);
        let tag = Dictation { language: Some("zh-CN".into()), ..saying("") };
        transcribe(&stage.server, &stage.bob, tag).await.unwrap();
        assert_eq!(stage.log.lock().unwrap()[0].fields["language"], "zh");
        provider::enable(&stage.server, &stage.ada, &Origin::default(), stage.lab, false).await.unwrap();
        let none = ask(saying("")).await;
        assert!(none.field("model").is_some() && none.message.contains("/admin/models"), "{none:?}");
    }
}

#[tokio::test]
async fn failures_are_told_asked_again_where_it_helps_and_noted_once() {
    for test in databases().await {
        let limits = Limits { first_byte: Some(1), ..Limits::default() };
        let stage = stage(&test, &[], limits).await;
        for (model, tries, kind, code) in [
            ("lab/transcribe-401", 1, FailureKind::Auth, Code::Upstream),
            ("lab/transcribe-once", 2, FailureKind::VendorDown, Code::Upstream),
            ("lab/transcribe-413", 1, FailureKind::ContextTooLong, Code::TooLarge),
            ("lab/transcribe-garbage", 1, FailureKind::Protocol, Code::Upstream),
            ("lab/transcribe-stall", 1, FailureKind::Timeout, Code::Upstream),
            ("lab/transcribe-500", 3, FailureKind::VendorDown, Code::Upstream),
        ] {
            stage.log.lock().unwrap().clear();
            provider::again(&stage.server, &stage.ada, &Origin::default(), stage.lab).await.unwrap();
            let answer = stage.say(&stage.bob, model).await;
            assert_eq!(stage.log.lock().unwrap().len(), tries, "{model}");
            let line = stage.ledger(&stage.bob).await.pop().unwrap();
            if model.ends_with("once") {
                assert!(answer.is_ok(), "{answer:?}");
                assert_eq!((line.3, line.4), (2, Status::Done), "{}: two tries are one line", test.engine);
                continue;
            }
            let error = answer.unwrap_err();
            assert_eq!((error.code, error.message.contains("API key")), (code, false), "{model}: {error:?}");
            let word = serde_json::to_value(kind).unwrap().as_str().unwrap().to_owned();
            assert_eq!((line.1, line.2, line.3, line.4, line.5), (0, 0, tries as i64, Status::Failed, Some(word)), "{model}");
        }
        assert_eq!(stage.ledger(&stage.bob).await.len(), 6, "{}", test.engine);
        let words = stage.say(&stage.ada, "lab/transcribe-unread").await.unwrap_err();
        assert_eq!(words.message, "Audio file might be corrupted or unsupported", "administrators read the provider's own words");
    }
}

#[tokio::test]
async fn another_model_hears_where_the_chosen_one_cannot_if_it_is_there_for_that() {
    for test in databases().await {
        let stage = stage(&test, &[], Limits::default()).await;
        let instead = async |model: &str, next: &str| {
            provider::set_fallback(&stage.server, &stage.ada, &Origin::default(), model, next).await.unwrap();
        };
        instead("lab/transcribe-500", "lab/gpt-5-mini").await;
        assert_eq!(stage.say(&stage.bob, "lab/transcribe-500").await.unwrap_err().code, Code::Upstream, "that one talks");
        provider::again(&stage.server, &stage.ada, &Origin::default(), stage.lab).await.unwrap();
        instead("lab/transcribe-500", "lab/whisper-1").await;
        instead("lab/transcribe-413", "lab/whisper-1").await;
        let said = stage.say(&stage.bob, "lab/transcribe-500").await.unwrap();
        assert_eq!(said.model, "lab/whisper-1", "{}: and it says so", test.engine);
        let lines: Vec<_> = stage.ledger(&stage.bob).await.into_iter().map(|line| (line.3, line.4)).collect();
        let each = [(3, Status::Failed), (3, Status::Failed), (1, Status::Done)];
        assert_eq!(lines, each, "{}: each is a line", test.engine);
        let long = stage.say(&stage.bob, "lab/transcribe-413").await.unwrap_err();
        assert_eq!(long.code, Code::TooLarge, "{}: that is the recording's fault", test.engine);
    }
}

#[tokio::test]
async fn silence_is_an_empty_text_and_a_key_that_is_refused_gives_way_to_the_next() {
    for test in databases().await {
        let stage = stage(&test, &["sk-refused-0123456789", "sk-accepted-0123456789"], Limits::default()).await;
        for _ in 0..3 {
            assert_eq!(stage.say(&stage.bob, "lab/transcribe-silent").await.unwrap().text, "");
        }
        let keys: Vec<_> = stage.log.lock().unwrap().iter().map(|heard| heard.authorization.clone()).collect();
        assert_eq!(keys.iter().filter(|key| key.contains("refused")).count(), 1, "{}: set aside then: {keys:?}", test.engine);
        let lines = stage.ledger(&stage.bob).await;
        assert!(lines.len() == 3 && lines.iter().all(|line| line.4 == Status::Done), "{lines:?}");
    }
}

#[tokio::test]
async fn who_goes_away_ends_the_call_and_the_ledger_says_so() {
    for test in databases().await {
        let stage = stage(&test, &[], Limits::default()).await;
        let asked = tokio::time::timeout(std::time::Duration::from_millis(300), stage.say(&stage.bob, "lab/transcribe-stall")).await;
        assert!(asked.is_err(), "it waits");
        for _ in 0..100 {
            if !stage.ledger(&stage.bob).await.is_empty() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(stage.ledger(&stage.bob).await, [(Purpose::Transcription, 0, 0, 1, Status::Stopped, None)], "{}", test.engine);
    }
}

#[tokio::test]
async fn a_text_is_read_by_the_chosen_model_with_the_chosen_voice() {
    for test in databases().await {
        let stage = stage(&test, &[], Limits::default()).await;
        let read = async |reading: Reading| speak(&stage.server, &stage.bob, reading).await.map_err(Error::into_api);
        let hello = Reading { input: " Hello. ".into(), ..Reading::default() };
        assert!(read(hello.clone()).await.unwrap_err().field("model").is_some(), "nobody chose one");
        let group = ModelSettings { speech: Some("lab/gpt-4o-mini-tts".into()), voice: Some("coral".into()), ..ModelSettings::default() };
        stage.set(group).await.unwrap();
        assert_eq!(state(&stage.server, &stage.bob).unwrap().speech.as_deref(), Some("lab/gpt-4o-mini-tts"), "{}", test.engine);
        assert_eq!(&read(hello.clone()).await.unwrap().bytes[..], MP3);
        read(Reading { voice: Some("ash".into()), ..hello }).await.unwrap();
        let asked: Vec<_> = stage.log.lock().unwrap().iter().map(|heard| heard.fields.clone()).collect();
        assert_eq!((&asked[0]["voice"], &asked[0]["input"], &asked[1]["voice"]), (&json!("coral"), &json!("Hello."), &json!("ash")));
        let lines = stage.ledger(&stage.bob).await;
        assert!(lines.len() == 2 && lines.iter().all(|line| line.0 == Purpose::Speech && line.1 > 0 && line.2 == 0), "{lines:?}");
        for (input, rule) in [(String::new(), Rule::Required), ("x".repeat(SPEECH_MAX + 1), Rule::TooLong(SPEECH_MAX))] {
            let refused = read(Reading { input, ..Reading::default() }).await.unwrap_err();
            assert_eq!(refused.field("input").map(|field| &field.rule), Some(&rule));
        }
    }
}

#[tokio::test]
async fn who_has_to_prove_an_address_first_is_not_heard() {
    for test in databases().await {
        let stage = stage(&test, &[], Limits::default()).await;
        let mut settings = (*stage.server.settings.get()).clone();
        settings.security.require_verification = true;
        stage.server.settings.put(settings);
        assert_eq!(stage.say(&stage.bob, "").await.unwrap_err().code, Code::Unverified, "{}", test.engine);
        let read = speak(&stage.server, &stage.bob, Reading { input: "Hi".into(), ..Reading::default() }).await;
        assert_eq!(read.unwrap_err().into_api().code, Code::Unverified);
        assert!(stage.log.lock().unwrap().is_empty());
    }
}
