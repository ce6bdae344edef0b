//! What is taken of what a model says, and that nobody is asked where nobody wants it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::post;
use serde_json::{Value, json};

use super::*;
use crate::model::catalogue::ModelSettings;
use crate::model::chat::Ask;
use crate::model::preference::PreferencesChange;
use crate::model::provider::{Api, Kind, Limits, ProviderForm};
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::job;
use crate::server::service::generation::{send, whole};
use crate::server::service::viewer::{Origin, Via, Viewer};
use crate::server::service::{account, catalogue, chat, profile, provider, shelf, suggestion};
use crate::server::testing;

#[test]
fn tags_are_cleaned_and_the_persons_own_come_first() {
    let known = ["Rust".to_owned(), "garden".to_owned()];
    assert_eq!(tags("memory, rust, `borrowing`, threads", &known), ["Rust", "memory", "borrowing"]);
    assert_eq!(tags("1. #Garden\n2. #water\n", &known), ["garden", "water"]);
    assert_eq!(tags("编程、内存，", &[]), ["编程", "内存"]);
    assert!(tags("Here are the tags that I would choose for this", &known).is_empty());
    assert!(tags("", &known).is_empty());
}

#[test]
fn questions_are_lines_that_ask_something() {
    let said = "Sure! Here are some:\n1. What is a lifetime?\n- \"Why does it move?\"\nWhy does it move?\n\n3) And in C++?\n4) More?";
    assert_eq!(questions(said), ["What is a lifetime?", "Why does it move?", "And in C++?"]);
    assert_eq!(questions("1、什么是生命周期？"), ["什么是生命周期？"]);
    assert_eq!(questions("2026 will be better?"), ["2026 will be better?"]);
    assert!(questions(&format!("{}?", "x".repeat(200))).is_empty());
}

/// A provider that answers what it is asked for, and counts the questions of each kind.
async fn helper() -> (String, Arc<[AtomicUsize; 2]>) {
    let counts: Arc<[AtomicUsize; 2]> = Arc::default();
    let heard = counts.clone();
    let answer = move |body: axum::Json<Value>| async move {
        let text = body["messages"].as_array().and_then(|all| all.last()).map(|last| last["content"].to_string()).unwrap_or_default();
        let said = if text.contains("tags for this conversation") {
            heard[0].fetch_add(1, Ordering::SeqCst);
            "memory, rust"
        } else if text.contains("ask next") {
            heard[1].fetch_add(1, Ordering::SeqCst);
            "What is a lifetime?\nAnd in C?"
        } else {
            "A title"
        };
        let chunk = json!({"choices": [{"delta": {"content": said}, "finish_reason": "stop"}]});
        ([("content-type", "text/event-stream")], format!("data: {chunk}\n\ndata: [DONE]\n\n")).into_response()
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/chat/completions", post(answer))).await });
    (url, counts)
}

async fn stage(test: &TestDb) -> (Server, Viewer, Arc<[AtomicUsize; 2]>) {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    provider::start(&server).await.unwrap();
    let registration = Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
    let user = account::create(&server, registration, Role::Admin).await.unwrap();
    let ada = Viewer { user, via: Via::Token { family: Uuid::nil() } };
    let (url, counts) = helper().await;
    let (slug, base_url) = ("cheap".into(), Some(url));
    let form = ProviderForm {
        slug,
        kind: Kind::Openai,
        base_url,
        api_key: None,
        enabled: true,
        private: true,
        api: Api::Chat,
        limits: Limits::default(),
    };
    provider::save(&server, &ada, &Origin::default(), None, form).await.unwrap();
    let defaults = ModelSettings { title: Some("cheap/m".into()), ..ModelSettings::default() };
    catalogue::set_defaults(&server, &ada, &Origin::default(), defaults).await.unwrap();
    (server, ada, counts)
}

/// Asks, and waits until everything that follows the answer is done.
async fn ask(server: &Server, viewer: &Viewer, chat_id: Option<Uuid>) -> (Uuid, Uuid) {
    let ask = Ask { chat_id, text: "go".into(), model: Some("fake/words-3@0".into()), request_id: None, replaces: None };
    let started = send(server, viewer, ask).await.unwrap();
    whole(server, viewer, &started).await.unwrap();
    for _ in 0..500 {
        if server.generations.tracker.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    while job::run_next(server).await.unwrap() {}
    (started.chat_id, started.message_id)
}

#[tokio::test]
async fn what_nobody_wants_is_not_asked_and_what_both_want_is_kept() {
    for test in databases().await {
        let (server, mut ada, counts) = stage(&test).await;
        let asked = || [counts[0].load(Ordering::SeqCst), counts[1].load(Ordering::SeqCst)];
        let (before, _) = ask(&server, &ada, None).await;
        assert_eq!(asked(), [0, 0], "{}: off by default", test.engine);
        shelf::many(&server, &ada, serde_json::from_value(json!({"ids": [before], "action": "tag", "tag": "Rust"})).unwrap())
            .await
            .unwrap();
        let on = SuggestionSettings { tags: true, follow_ups: true };
        suggestion::update(&server, &ada, &Origin::default(), on.clone()).await.unwrap();
        let (chat_id, message_id) = ask(&server, &ada, None).await;
        let tags = chat::find(&server, &ada, chat_id).await.unwrap().tags;
        assert!(tags.contains(&"Rust".to_owned()) && tags.contains(&"memory".to_owned()) && tags.len() == 2, "{}: {tags:?}", test.engine);
        let questions = suggestion::follow_ups(&server, &ada, message_id).await.unwrap();
        assert_eq!(questions, ["What is a lifetime?", "And in C?"], "{}", test.engine);
        let page = chat::open(&server, &ada, chat_id, None).await.unwrap();
        assert!(page.messages.last().unwrap().blocks.last().unwrap().contains("And in C?"), "{}: below the answer", test.engine);
        // Tags are for the beginning, questions for every answer; both calls are in the ledger.
        ask(&server, &ada, Some(chat_id)).await;
        assert_eq!(asked(), [1, 2], "{}", test.engine);
        let rows = server.db.ledger().entries(ada.user.id, None, 100).await.unwrap();
        let of = |purpose| rows.iter().filter(|row| row.purpose == purpose).count();
        assert_eq!((of(Purpose::Tags), of(Purpose::FollowUp)), (1, 2), "{}", test.engine);
        // And who does not want it is left alone.
        let off: PreferencesChange = serde_json::from_value(json!({"auto_tags": false, "follow_ups": false})).unwrap();
        ada.user.preferences = profile::set_preferences(&server, &ada, off).await.unwrap();
        ask(&server, &ada, None).await;
        assert_eq!(asked(), [1, 2], "{}", test.engine);
    }
}

#[tokio::test]
async fn somebody_elses_questions_are_not_found() {
    for test in databases().await {
        let (server, ada, _) = stage(&test).await;
        let (_, message_id) = ask(&server, &ada, None).await;
        let registration = Registration { email: "eve@example.org".into(), name: "Eve".into(), password: "correct horse battery".into() };
        let user = account::create(&server, registration, Role::User).await.unwrap();
        let eve = Viewer { user, via: Via::Token { family: Uuid::nil() } };
        let refused = suggestion::follow_ups(&server, &eve, message_id).await.unwrap_err().into_api();
        assert_eq!(refused.code, crate::model::error::Code::NotFound, "{}", test.engine);
        assert!(suggestion::follow_ups(&server, &ada, message_id).await.unwrap().is_empty());
        let refused = suggestion::update(&server, &eve, &Origin::default(), SuggestionSettings::default()).await.unwrap_err().into_api();
        assert_eq!(refused.code, crate::model::error::Code::Forbidden);
    }
}
