//! What becomes of a run when its provider fails, has others before it, or takes too long.

mod next;
mod table;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::post;
use http::StatusCode;
use uuid::Uuid;

use crate::i18n::{Locale, failure_sentence};
use crate::model::chat::Ask;
use crate::model::generation::{Failure, FailureKind, NoticeCode, Status};
use crate::model::message::Message;
use crate::model::provider::{Api, Kind, Limits, Provider, ProviderForm};
use crate::model::user::{Registration, Role};
use crate::server::Server;
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::llm::ANYBODY;
use crate::server::llm::tests::matrix::{self, Fault, VENDORS};
use crate::server::service::generation::{send, whole};
use crate::server::service::viewer::{Origin, Via, Viewer};
use crate::server::service::{account, chat, provider};
use crate::server::testing;

/// A server and its administrator.
async fn stage(test: &TestDb) -> (Server, Viewer) {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    provider::start(&server).await.unwrap();
    let admin = person(&server, "ada", Role::Admin).await;
    (server, admin)
}

async fn person(server: &Server, name: &str, role: Role) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let user = account::create(server, registration, role).await.unwrap();
    Viewer { user, via: Via::Token { family: Uuid::nil() } }
}

fn form(slug: &str, kind: Kind, url: &str, limits: Limits) -> ProviderForm {
    let base_url = Some(url.to_owned()).filter(|url| !url.is_empty());
    ProviderForm { slug: slug.into(), kind, base_url, api_key: None, enabled: true, private: true, api: Default::default(), limits }
}

async fn add(server: &Server, admin: &Viewer, form: ProviderForm) -> Provider {
    provider::save(server, admin, &Origin::default(), None, form).await.unwrap()
}

/// Limits the scripted provider.
async fn limit(server: &Server, admin: &Viewer, limits: Limits) {
    let fake = provider::list(server, admin).await.unwrap().into_iter().find(|one| one.slug == "fake").unwrap();
    let form = form("fake", Kind::Fake, "", limits);
    provider::save(server, admin, &Origin::default(), Some(fake.id), form).await.unwrap();
}

async fn ask(server: &Server, viewer: &Viewer, model: &str) -> Message {
    let ask = Ask { chat_id: None, text: "go".into(), model: Some(model.into()), request_id: None, replaces: None };
    let started = send(server, viewer, ask).await.unwrap();
    let answer = whole(server, viewer, &started).await.unwrap();
    let message = chat::message(server, viewer, started.message_id).await.unwrap();
    assert_eq!(message.model.as_ref(), Some(&answer.model), "what is told and what is stored");
    message
}

fn kind(message: &Message) -> Option<FailureKind> {
    message.error.as_ref().map(|error| error.kind)
}

fn has(message: &Message, code: NoticeCode) -> bool {
    message.notices.iter().any(|notice| notice.code == code)
}

/// Serves this on a port of its own until the test ends; its address.
async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// A provider of OpenAI's shape that answers every question so, and counts them. Status 0: it never answers.
async fn refusing(status: u16, retry_after: &'static str) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let answer = move || async move {
        count.fetch_add(1, Ordering::SeqCst);
        if status == 0 {
            std::future::pending::<()>().await;
        }
        let body = r#"{"error":{"message":"The vendor's own words"}}"#;
        (StatusCode::from_u16(status).unwrap(), [("retry-after", retry_after)], body).into_response()
    };
    let app = Router::new().route("/v1/chat/completions", post(answer));
    (serve(app).await + "/v1", asked)
}

async fn instead(server: &Server, admin: &Viewer, model: &str, next: &str) {
    provider::set_fallback(server, admin, &Origin::default(), model, next).await.unwrap();
}

#[tokio::test]
async fn another_model_answers_where_the_chosen_one_cannot_and_the_message_says_so() {
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        for (slug, status, wait, questions) in
            [("down", 503, "0", 4), ("poor", 402, "0", 1), ("busy", 429, "600", 1), ("shut", 401, "0", 1)]
        {
            let (url, asked) = refusing(status, wait).await;
            add(&server, &admin, form(slug, Kind::Openai, &url, Limits::default())).await;
            instead(&server, &admin, &format!("{slug}/*"), "fake/words-3@0").await;
            let message = ask(&server, &admin, &format!("{slug}/m")).await;
            assert_eq!((message.status, message.content.as_str()), (Status::Done, "w1 w2 w3"), "{}: {slug}", test.engine);
            assert_eq!(message.model.as_deref(), Some("fake/words-3@0"), "{}: who really answered", test.engine);
            let note = message.notices.iter().find(|notice| notice.code == NoticeCode::FellBack).expect("a note that stays");
            assert_eq!((note.message.as_str(), asked.load(Ordering::SeqCst)), ("fake/words-3@0", questions), "{slug}");
        }
        // Along the chain, and to its end.
        let (url, _) = refusing(402, "0").await;
        add(&server, &admin, form("last", Kind::Openai, &url, Limits::default())).await;
        instead(&server, &admin, "poor/*", "shut/x").await;
        instead(&server, &admin, "shut/*", "last/z").await;
        let message = ask(&server, &admin, "poor/m").await;
        assert_eq!((kind(&message), message.model.as_deref()), (Some(FailureKind::Quota), Some("last/z")), "{}", test.engine);
    }
}

#[tokio::test]
async fn after_the_first_word_no_other_model_goes_on_and_neither_does_one_for_what_is_the_questions_fault() {
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        instead(&server, &admin, "fake/fail-mid@0", "fake/echo").await;
        let message = ask(&server, &admin, "fake/fail-mid@0").await;
        assert_eq!((message.status, kind(&message)), (Status::Failed, Some(FailureKind::Network)));
        assert_eq!((message.content.as_str(), message.model.as_deref()), ("w1 w2 w3 w4 w5", Some("fake/fail-mid@0")));
        let (url, _) = refusing(413, "0").await;
        add(&server, &admin, form("long", Kind::Openai, &url, Limits::default())).await;
        instead(&server, &admin, "long/*", "fake/echo").await;
        assert_eq!(kind(&ask(&server, &admin, "long/m").await), Some(FailureKind::ContextTooLong), "{}", test.engine);
    }
}

#[tokio::test]
async fn administrators_read_the_vendors_own_words_and_others_do_not() {
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        let member = person(&server, "bob", Role::User).await;
        let (url, _) = refusing(402, "0").await;
        let lab = add(&server, &admin, form("lab", Kind::Openai, &url, Limits::default())).await;
        let told = ask(&server, &admin, "lab/m").await.error.unwrap();
        assert_eq!((told.words(), told.kind), (Some("The vendor's own words"), FailureKind::Quota), "{}", test.engine);
        let told = ask(&server, &member, "lab/m").await;
        assert!(!serde_json::to_string(&told).unwrap().contains("own words"), "{told:?}");
        let told = told.error.unwrap();
        assert_eq!((told.words(), told.message.as_str()), (None, FailureKind::Quota.sentence()));
        let health = provider::get(&server, &admin, lab.id).await.unwrap().health.unwrap();
        assert_eq!(health.failure.unwrap().message, "The vendor's own words", "the administrators' page");
    }
}

#[tokio::test]
async fn who_waits_is_told_the_place_and_who_waits_too_long_the_reason() {
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        let member = person(&server, "bob", Role::User).await;
        limit(&server, &admin, Limits { concurrent: Some(1), queue: Some(60), ..Limits::default() }).await;
        let (first, second) = tokio::join!(ask(&server, &admin, "fake/words-30@20"), async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            ask(&server, &member, "fake/words-3@0").await
        });
        assert_eq!((first.status, second.status), (Status::Done, Status::Done), "{}", test.engine);
        let place = second.notices.iter().find(|notice| notice.code == NoticeCode::Queued).expect("a place");
        assert_eq!((place.message.as_str(), has(&first, NoticeCode::Queued)), ("1", false));

        limit(&server, &admin, Limits { concurrent: Some(1), queue: Some(1), ..Limits::default() }).await;
        let (first, second) = tokio::join!(ask(&server, &admin, "fake/words-50@20"), async {
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            ask(&server, &member, "fake/words-3@0").await
        });
        assert_eq!(
            (first.status, second.status, kind(&second)),
            (Status::Done, Status::Failed, Some(FailureKind::Busy)),
            "{}",
            test.engine
        );
    }
}

#[tokio::test]
async fn an_answer_that_does_not_begin_or_does_not_end_in_time_is_given_up() {
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        limit(&server, &admin, Limits { total: Some(1), ..Limits::default() }).await;
        let endless = ask(&server, &admin, "fake/words-1000@20").await;
        assert_eq!((endless.status, kind(&endless)), (Status::Failed, Some(FailureKind::Timeout)), "{}", test.engine);
        assert!(endless.content.starts_with("w1 w2 w3"), "what was read stays");
        limit(&server, &admin, Limits { idle: Some(1), ..Limits::default() }).await;
        let silent = ask(&server, &admin, "fake/stall@0").await;
        assert_eq!((kind(&silent), silent.content.is_empty()), (Some(FailureKind::Timeout), false));
        let (url, asked) = refusing(0, "0").await;
        add(&server, &admin, form("mute", Kind::Openai, &url, Limits { first_byte: Some(1), ..Limits::default() })).await;
        let mute = ask(&server, &admin, "mute/m").await;
        assert_eq!((kind(&mute), has(&mute, NoticeCode::Retrying)), (Some(FailureKind::Timeout), true), "{}", test.engine);
        assert_eq!(asked.load(Ordering::SeqCst), 2, "once more, and no more");
    }
}

/// An answer of OpenAI's shape without end; it tells when nobody reads it any more.
async fn endless() -> (String, tokio::sync::oneshot::Receiver<()>) {
    let (gone, is_gone) = tokio::sync::oneshot::channel();
    let gone = Arc::new(std::sync::Mutex::new(Some(gone)));
    struct Told(Arc<std::sync::Mutex<Option<tokio::sync::oneshot::Sender<()>>>>);
    impl Drop for Told {
        fn drop(&mut self) {
            if let Some(gone) = self.0.lock().unwrap().take() {
                let _ = gone.send(());
            }
        }
    }
    let app = Router::new().route(
        "/v1/chat/completions",
        post(move || {
            let told = Told(gone.clone());
            async move {
                let words = futures::stream::unfold(told, |told| async move {
                    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                    let event = "data: {\"choices\":[{\"delta\":{\"content\":\"word \"}}]}\n\n";
                    Some((Ok::<_, std::convert::Infallible>(event), told))
                });
                ([("content-type", "text/event-stream")], axum::body::Body::from_stream(words))
            }
        }),
    );
    (serve(app).await + "/v1", is_gone)
}

#[tokio::test]
async fn stop_ends_the_request_at_the_provider_within_a_second() {
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        let (url, gone) = endless().await;
        add(&server, &admin, form("endless", Kind::Openai, &url, Limits::default())).await;
        let ask = Ask { chat_id: None, text: "go".into(), model: Some("endless/m".into()), request_id: None, replaces: None };
        let started = send(&server, &admin, ask).await.unwrap();
        let mut follower = crate::server::service::generation::follow(&server, &admin, started.generation_id, 0).await.unwrap();
        assert!(follower.next().await.unwrap().is_some_and(|batch| !batch.events.is_empty()), "it speaks");
        crate::server::service::generation::stop(&server, &admin, started.generation_id).await.unwrap();
        let ended = tokio::time::timeout(std::time::Duration::from_secs(1), gone).await;
        assert!(ended.is_ok_and(|told| told.is_ok()), "{}: the provider still writes", test.engine);
        assert_eq!(whole(&server, &admin, &started).await.unwrap().end.status, Status::Stopped);
    }
}

#[tokio::test]
async fn a_run_whose_log_is_no_longer_kept_is_told_in_one_piece_or_refused() {
    use crate::server::service::generation::follow;
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        let ask = Ask { chat_id: None, text: "go".into(), model: Some("fake/reasoning@0".into()), request_id: None, replaces: None };
        let started = send(&server, &admin, ask).await.unwrap();
        let answer = whole(&server, &admin, &started).await.unwrap();
        while server.generations.live_for(&admin, started.generation_id).is_some() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert!(server.db.generations().prune(server.clock.now() + chrono::Duration::hours(2)).await.unwrap() > 0, "{}", test.engine);
        let mut follower = follow(&server, &admin, started.generation_id, 0).await.unwrap();
        let (mut text, mut thought, mut numbers, mut end) = (String::new(), String::new(), Vec::new(), None);
        while let Some(batch) = follower.next().await.unwrap() {
            for (seq, kind, said) in batch.events {
                numbers.push(seq);
                if kind == crate::server::service::generation::Kind::Text { &mut text } else { &mut thought }.push_str(&said);
            }
            end = end.or(batch.end);
        }
        assert_eq!((text, Some(thought)), (answer.content.clone(), answer.reasoning.clone()), "{}", test.engine);
        let (last, end) = end.expect("a run that has ended has an end");
        assert_eq!(end.status, Status::Done);
        assert!(numbers.windows(2).all(|two| two[0] < two[1]) && numbers.last() < Some(&last), "{numbers:?} {last}");
        let late = follow(&server, &admin, started.generation_id, 1).await.map(drop).unwrap_err().into_api();
        assert_eq!(late.code, crate::model::error::Code::Conflict, "{}: what was read cannot be told from the rest", test.engine);
    }
}

#[tokio::test]
async fn words_before_the_call_of_a_tool_stay_and_the_failure_names_the_tool_to_administrators() {
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        let member = person(&server, "bob", Role::User).await;
        let answer = || async {
            let events = concat!(
                "data: {\"choices\":[{\"delta\":{\"content\":\"Let me look.\"}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"look\",\"arguments\":\"{\"}}]}}]}\n\n",
                "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":7}}\n\n",
            );
            ([("content-type", "text/event-stream")], events).into_response()
        };
        let url = serve(Router::new().route("/v1/chat/completions", post(answer))).await + "/v1";
        add(&server, &admin, form("lab", Kind::Openai, &url, Limits::default())).await;
        for (viewer, words) in [(&admin, true), (&member, false)] {
            let message = ask(&server, viewer, "lab/m").await;
            assert_eq!((message.status, kind(&message)), (Status::Failed, Some(FailureKind::ToolCall)), "{}", test.engine);
            assert_eq!(message.content, "Let me look.");
            assert_eq!(message.error.unwrap().message.contains("(look)"), words, "{}", test.engine);
            let rows = server.db.ledger().entries(viewer.user.id, None, 10).await.unwrap();
            assert!(rows.iter().any(|row| (row.input_tokens, row.output_tokens) == (9, 7)), "it is paid for: {}", test.engine);
        }
    }
}

#[tokio::test]
async fn the_ledger_names_the_key_that_was_used_and_rows_are_found_by_it() {
    use crate::model::provider::KeyForm;
    use crate::model::statistics::Query;
    use crate::server::service::statistics;
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        let (url, _told) = next::thinking().await;
        let keyed = ProviderForm {
            api_key: Some("sk-1234567890abcdef".into()),
            api: Api::Responses,
            ..form("lab", Kind::Openai, &url, Limits::default())
        };
        let lab = add(&server, &admin, keyed).await;
        let second = KeyForm { label: "team B".into(), api_key: Some("sk-abcdef1234567890".into()) };
        provider::add_key(&server, &admin, &Origin::default(), lab.id, second).await.unwrap();
        for _ in 0..2 {
            ask(&server, &admin, "lab/m").await;
        }
        ask(&server, &admin, "fake/words-3@0").await;
        while !server.generations.tracker.is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let rows = async |key: Option<&str>| {
            let query = Query { key: key.map(str::to_owned), ..Query::default() };
            let rows = statistics::rows(&server, &admin, &query, None).await.unwrap().items;
            rows.into_iter().map(|row| (row.provider, row.key)).collect::<Vec<_>>()
        };
        let all = rows(None).await;
        let labels: std::collections::BTreeSet<_> =
            all.iter().filter(|(provider, _)| provider == "lab").map(|(_, key)| key.clone()).collect();
        assert_eq!(labels, [Some("default".to_owned()), Some("team B".to_owned())].into(), "{}: {all:?}", test.engine);
        assert!(all.iter().any(|(provider, key)| provider == "fake" && key.is_none()), "{}: it has none", test.engine);
        let of = rows(Some("team B")).await;
        assert!(
            !of.is_empty() && of.iter().all(|(provider, key)| (provider.as_str(), key.as_deref()) == ("lab", Some("team B"))),
            "{}: {of:?}",
            test.engine
        );
        assert!(rows(Some("nobody's")).await.is_empty());
        // A key that is not accepted is named as well.
        let (url, _) = refusing(401, "0").await;
        let bad = ProviderForm { api_key: Some("sk-0000000000000000".into()), ..form("shut", Kind::Openai, &url, Limits::default()) };
        add(&server, &admin, bad).await;
        ask(&server, &admin, "shut/m").await;
        assert!(rows(Some("default")).await.contains(&("shut".to_owned(), Some("default".to_owned()))), "{}", test.engine);
    }
}
