//! What is wanted after an answer is there after a restart, is asked once, and is given up at last.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use chrono::{DateTime, Duration};

use super::*;
use crate::model::catalogue::ModelSettings;
use crate::model::chat::Ask;
use crate::model::job::JobState;
use crate::model::provider::{Api, Kind, Limits, ProviderForm};
use crate::model::suggestion::SuggestionSettings;
use crate::model::usage::Purpose;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::db::testing::{TestDb, databases};
use crate::server::job::run_next;
use crate::server::service::generation::{send, whole};
use crate::server::service::limit::LimitConfig;
use crate::server::service::viewer::{Origin, Via, Viewer};
use crate::server::service::{account, catalogue, chat, job as jobs, provider, setting, suggestion};
use crate::server::testing;

/// What a cheap model was asked for, in order, and how often it is out of order before it names tags.
#[derive(Default)]
struct Cheap {
    asked: Mutex<Vec<&'static str>>,
    down: AtomicUsize,
}

impl Cheap {
    fn answer(&self, question: &str) -> Response {
        let (kind, said) = match question {
            text if text.contains("tags for this conversation") => ("tags", "memory"),
            text if text.contains("ask next") => ("questions", "And in C?"),
            _ => ("title", "Lifetimes"),
        };
        self.asked.lock().unwrap().push(kind);
        let down = |left: usize| left.checked_sub(1);
        if kind == "tags" && self.down.fetch_update(Ordering::SeqCst, Ordering::SeqCst, down).is_ok() {
            return (http::StatusCode::SERVICE_UNAVAILABLE, "{\"error\":{\"message\":\"Out to lunch\"}}").into_response();
        }
        let chunk = json!({"choices": [{"delta": {"content": said}, "finish_reason": "stop"}]});
        ([("content-type", "text/event-stream")], format!("data: {chunk}\n\ndata: [DONE]\n\n")).into_response()
    }

    async fn begin() -> (Arc<Self>, String) {
        let cheap = Arc::new(Self::default());
        let serving = cheap.clone();
        let answer = move |body: axum::Json<Value>| async move { serving.answer(&body["messages"].to_string()) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/chat/completions", post(answer))).await });
        (cheap, url)
    }

    fn asked(&self) -> Vec<&'static str> {
        self.asked.lock().unwrap().clone()
    }
}

/// A server on this database, as it is after a start.
async fn started(test: &TestDb, clock: &Clock) -> Server {
    let folder = std::env::temp_dir().join(format!("liao-test-{}", Uuid::new_v4().simple()));
    let config = Config::with(&folder, &[("LIAO_FAKE_PROVIDER", "true"), ("LIAO_AUTO_TITLE", "true"), ("LIAO_OLLAMA_URL", "off")]).unwrap();
    let server = testing::server_with(test.db.clone(), clock.clone(), config, LimitConfig::default()).await;
    setting::load(&server).await.unwrap();
    provider::start(&server).await.unwrap();
    server
}

/// A server where a cheap model is asked for everything, and an administrator.
async fn stage(test: &TestDb, clock: &Clock) -> (Server, Viewer, Arc<Cheap>) {
    let server = started(test, clock).await;
    let registration = Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
    let user = account::create(&server, registration, Role::Admin).await.unwrap();
    let ada = Viewer { user, via: Via::Token { family: Uuid::nil() } };
    let (cheap, url) = Cheap::begin().await;
    let form = ProviderForm {
        slug: "cheap".into(),
        kind: Kind::Openai,
        base_url: Some(url),
        api_key: None,
        enabled: true,
        private: true,
        api: Api::Chat,
        limits: Limits::default(),
    };
    provider::save(&server, &ada, &Origin::default(), None, form).await.unwrap();
    let defaults = ModelSettings { title: Some("cheap/m".into()), ..ModelSettings::default() };
    catalogue::set_defaults(&server, &ada, &Origin::default(), defaults).await.unwrap();
    let on = SuggestionSettings { tags: true, follow_ups: true };
    suggestion::update(&server, &ada, &Origin::default(), on).await.unwrap();
    (server, ada, cheap)
}

/// An answer, to its end; answers the conversation and the message.
async fn answered(server: &Server, ada: &Viewer, chat_id: Option<Uuid>) -> (Uuid, Uuid) {
    let ask =
        Ask { chat_id, text: "What is a secret lifetime?".into(), model: Some("fake/words-3@0".into()), request_id: None, replaces: None };
    let started = send(server, ada, ask).await.unwrap();
    whole(server, ada, &started).await.unwrap();
    (started.chat_id, started.message_id)
}

fn clock() -> Clock {
    Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

#[tokio::test]
async fn a_restart_right_after_an_answer_loses_nothing_that_is_wanted_and_nothing_is_asked_twice() {
    for test in databases().await {
        let clock = clock();
        let (before, ada, cheap) = stage(&test, &clock).await;
        let (chat_id, message_id) = answered(&before, &ada, None).await;
        assert!(cheap.asked().is_empty(), "{}: the answer does not wait for it", test.engine);
        let queued = before.db.jobs().list(None, None, 10).await.unwrap().pop().unwrap();
        assert_eq!((queued.kind, queued.state, queued.user_id), (JobKind::Suggest, JobState::Queued, Some(ada.user.id)), "{}", test.engine);
        assert!(!queued.payload.to_string().contains("secret"), "{}: what was written is in the conversation alone", test.engine);
        drop(before);

        let server = started(&test, &clock).await;
        cheap.down.store(1, Ordering::SeqCst);
        assert!(run_next(&server).await.unwrap());
        let chat = chat::find(&server, &ada, chat_id).await.unwrap();
        assert_eq!((chat.title.as_str(), chat.tags.len()), ("Lifetimes", 0), "{}: what was had is kept", test.engine);
        let job = server.db.jobs().find(queued.id).await.unwrap().unwrap();
        assert_eq!((job.state, job.error.as_deref()), (JobState::Queued, Some("Out to lunch")), "{}: tried again later", test.engine);
        assert!(!run_next(&server).await.unwrap(), "not at once");
        clock.advance(Duration::seconds(15));
        assert!(run_next(&server).await.unwrap());
        assert_eq!(cheap.asked(), ["title", "tags", "tags", "questions"], "{}", test.engine);
        assert_eq!(chat::find(&server, &ada, chat_id).await.unwrap().tags, ["memory"], "{}", test.engine);
        assert_eq!(suggestion::follow_ups(&server, &ada, message_id).await.unwrap(), ["And in C?"], "{}", test.engine);
        assert_eq!(server.db.jobs().find(queued.id).await.unwrap().unwrap().state, JobState::Done, "{}", test.engine);
        // A worker that died after its last word has its job begun once more: everything is there.
        let again = NewJob { id: Uuid::now_v7(), ..queue(&queued, &clock) };
        server.db.jobs().insert(&again).await.unwrap();
        assert!(run_next(&server).await.unwrap());
        assert_eq!(cheap.asked().len(), 4, "{}: {:?}", test.engine, cheap.asked());
        let rows = server.db.ledger().entries(ada.user.id, None, 100).await.unwrap();
        let of = |purpose| rows.iter().filter(|row| row.purpose == purpose).count();
        assert_eq!([Purpose::Title, Purpose::Tags, Purpose::FollowUp].map(of), [1, 2, 1], "{}: each call is paid for", test.engine);
        // The next answer is not the conversation's first.
        answered(&server, &ada, Some(chat_id)).await;
        assert!(run_next(&server).await.unwrap());
        assert_eq!(cheap.asked()[4..], ["questions"], "{}", test.engine);
    }
}

/// The same work as this job's.
fn queue(job: &crate::server::db::Job, clock: &Clock) -> NewJob {
    let (payload, now) = (job.payload.clone(), clock.now());
    NewJob { id: job.id, kind: job.kind, payload, user_id: job.user_id, run_at: now, created_at: now }
}

#[tokio::test]
async fn what_fails_again_and_again_is_given_up_and_administrators_read_why() {
    for test in databases().await {
        let clock = clock();
        let (server, ada, cheap) = stage(&test, &clock).await;
        cheap.down.store(usize::MAX, Ordering::SeqCst);
        answered(&server, &ada, None).await;
        for _ in 0..TRIES {
            assert!(run_next(&server).await.unwrap(), "{}", test.engine);
            clock.advance(Duration::hours(1));
        }
        assert!(!run_next(&server).await.unwrap(), "{}: given up", test.engine);
        let failed = jobs::list(&server, &ada, Some(JobState::Failed), None, None).await.unwrap().items;
        assert_eq!(failed.len(), 1, "{}", test.engine);
        let told = (failed[0].kind, failed[0].attempts, failed[0].error.as_deref());
        assert_eq!(told, (JobKind::Suggest, 3, Some("Out to lunch")), "{}", test.engine);
        assert_eq!(cheap.asked(), ["title", "tags", "tags", "tags"], "{}", test.engine);
    }
}

#[tokio::test]
async fn of_a_conversation_that_is_gone_nobody_is_asked_and_a_title_that_was_typed_stays() {
    for test in databases().await {
        let (server, ada, cheap) = stage(&test, &clock()).await;
        let (gone, _) = answered(&server, &ada, None).await;
        chat::delete(&server, &ada, gone).await.unwrap();
        assert!(run_next(&server).await.unwrap());
        assert!(cheap.asked().is_empty(), "{}: {:?}", test.engine, cheap.asked());
        let (named, _) = answered(&server, &ada, None).await;
        chat::rename(&server, &ada, named, "Mine").await.unwrap();
        assert!(run_next(&server).await.unwrap());
        assert_eq!(cheap.asked(), ["tags", "questions"], "{}", test.engine);
        assert_eq!(chat::find(&server, &ada, named).await.unwrap().title, "Mine", "{}", test.engine);
        // Switched off between an answer and its job, it is not asked.
        answered(&server, &ada, Some(named)).await;
        suggestion::update(&server, &ada, &Origin::default(), SuggestionSettings::default()).await.unwrap();
        assert!(run_next(&server).await.unwrap());
        assert_eq!(cheap.asked().len(), 2, "{}", test.engine);
        assert!(!run_next(&server).await.unwrap());
    }
}
