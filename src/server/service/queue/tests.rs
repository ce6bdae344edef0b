//! What waits is asked once, in order, whoever looks; and not where something went wrong.

use std::time::Duration;

use super::*;
use crate::model::message::{Author, Message};
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::{account, chat, provider};
use crate::server::testing;

async fn stage(test: &TestDb) -> (Server, Viewer) {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    provider::start(&server).await.unwrap();
    let registration = Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
    let user = account::create(&server, registration, Role::User).await.unwrap();
    (server, Viewer::on_behalf_of(user))
}

fn asking(chat_id: Option<Uuid>, text: &str, model: &str) -> Ask {
    Ask { chat_id, text: text.into(), model: Some(model.into()), request_id: None, replaces: None }
}

async fn begin(server: &Server, viewer: &Viewer, model: &str) -> Started {
    generation::send(server, viewer, asking(None, "go", model)).await.unwrap()
}

async fn put(server: &Server, viewer: &Viewer, chat: Uuid, message: &str) -> Queued {
    let new = NewQueued { message: message.into(), model: Some("fake/echo@0".into()), ..NewQueued::default() };
    add(server, viewer, chat, new).await.unwrap()
}

async fn messages(server: &Server, viewer: &Viewer, chat: Uuid) -> Vec<Message> {
    chat::messages(server, viewer, chat, None, Some(200)).await.unwrap().items
}

async fn questions(server: &Server, viewer: &Viewer, chat: Uuid) -> Vec<String> {
    let all = messages(server, viewer, chat).await;
    all.into_iter().filter(|message| message.role == Author::User).map(|message| message.content).collect()
}

/// Waits until this holds.
async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..1000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}

#[tokio::test]
async fn what_waits_is_asked_in_order_when_the_answer_ends_whoever_looks() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let chat = begin(&server, &ada, "fake/words-150@100").await.chat_id;
        let one = put(&server, &ada, chat, "one").await;
        put(&server, &ada, chat, "two").await;
        let three = put(&server, &ada, chat, "three").await;
        let change = |message: &str| QueuedChange { message: Some(message.into()), ..QueuedChange::default() };
        self::change(&server, &ada, chat, one.id, change("first")).await.unwrap();
        let to_front = QueuedChange { position: Some(2), ..QueuedChange::default() };
        let queue = self::change(&server, &ada, chat, three.id, to_front).await.unwrap();
        let order: Vec<_> = queue.items.iter().map(|item| item.message.as_str()).collect();
        assert_eq!((order, queue.paused), (vec!["first", "three", "two"], None), "{}", test.engine);
        until("all asked", async || list(&server, &ada, chat).await.unwrap().items.is_empty() && server.generations.count() == 0).await;
        assert_eq!(questions(&server, &ada, chat).await, ["go", "first", "three", "two"], "{}", test.engine);
        let all = messages(&server, &ada, chat).await;
        assert!(all.iter().all(|message| message.status == Status::Done), "{}: {all:?}", test.engine);
        assert!(all.windows(2).all(|pair| pair[1].parent_id == Some(pair[0].id)), "{}: each below the one before", test.engine);
    }
}

#[tokio::test]
async fn nothing_is_asked_before_what_waits_though_nothing_is_being_written() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let chat = begin(&server, &ada, "fake/echo@0").await.chat_id;
        until("the end", async || server.generations.count() == 0).await;
        // As in the moment between an answer's end and the next question.
        let (id, model) = (Uuid::now_v7(), Some("fake/words-100@100".to_owned()));
        let first =
            Queued { id, message: "first".into(), model, attachments: Vec::new(), request_id: "r1".into(), created_at: server.clock.now() };
        server.db.waiting().push(ada.user.id, chat, &first).await.unwrap();
        let second = asking(Some(chat), "second", "fake/echo@0");
        let refused = send_in_turn(&server, &ada, second.clone(), Opening::default(), &[]).await.unwrap_err();
        assert!(is(&refused, Code::Conflict), "{}", test.engine);
        let Sent::Waits(_) = send(&server, &ada, second, Opening::default(), &[]).await.unwrap() else {
            panic!("{}: it waits", test.engine)
        };
        until("all asked", async || list(&server, &ada, chat).await.unwrap().items.is_empty() && server.generations.count() == 0).await;
        assert_eq!(questions(&server, &ada, chat).await, ["go", "first", "second"], "{}", test.engine);
    }
}

#[tokio::test]
async fn an_answer_that_was_stopped_or_failed_pauses_the_queue_until_its_owner_says_so() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        for (model, why) in [("fake/words-1000@50", Paused::Stopped), ("fake/fail-mid@5", Paused::Failed)] {
            let started = begin(&server, &ada, model).await;
            let chat = started.chat_id;
            put(&server, &ada, chat, "next").await;
            if why == Paused::Stopped {
                generation::stop(&server, &ada, started.generation_id).await.unwrap();
            }
            until("the end", async || server.generations.count() == 0).await;
            let queue = list(&server, &ada, chat).await.unwrap();
            assert_eq!((queue.items.len(), queue.paused), (1, Some(why)), "{}", test.engine);
            sweep(&server).await.unwrap();
            assert_eq!(questions(&server, &ada, chat).await, ["go"], "{}: it waits for her", test.engine);
            let queue = go_on(&server, &ada, chat).await.unwrap();
            assert_eq!((queue.items.len(), queue.paused), (0, None), "{}", test.engine);
            until("the answer", async || server.generations.count() == 0).await;
            assert_eq!(questions(&server, &ada, chat).await, ["go", "next"], "{}", test.engine);
        }
    }
}

#[tokio::test]
async fn what_is_sent_now_stops_the_answer_and_goes_before_the_others() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let started = begin(&server, &ada, "fake/words-1000@50").await;
        let chat = started.chat_id;
        put(&server, &ada, chat, "later").await;
        let urgent = put(&server, &ada, chat, "now").await;
        let now = QueuedChange { now: true, ..QueuedChange::default() };
        change(&server, &ada, chat, urgent.id, now).await.unwrap();
        until("all asked", async || list(&server, &ada, chat).await.unwrap().items.is_empty() && server.generations.count() == 0).await;
        assert_eq!(questions(&server, &ada, chat).await, ["go", "now", "later"], "{}", test.engine);
        let stopped = chat::message(&server, &ada, started.message_id).await.unwrap();
        assert_eq!(stopped.status, Status::Stopped, "{}", test.engine);
        assert_eq!(list(&server, &ada, chat).await.unwrap().paused, None);
    }
}

#[tokio::test]
async fn a_message_sent_while_an_answer_is_written_waits_once_and_only_if_asked_to() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let started = begin(&server, &ada, "fake/words-1000@50").await;
        let chat = started.chat_id;
        let more = Ask { request_id: Some("same".into()), ..asking(Some(chat), "more", "fake/echo@0") };
        let refused = generation::send(&server, &ada, more.clone()).await.unwrap_err();
        assert!(is(&refused, Code::Conflict), "{}", test.engine);
        let mut ids = Vec::new();
        for _ in 0..2 {
            let Sent::Waits(queued) = send(&server, &ada, more.clone(), Opening::default(), &[]).await.unwrap() else { panic!("asked") };
            ids.push(queued.id);
        }
        assert_eq!(ids[0], ids[1], "{}: the same request waits once", test.engine);
        let now = QueuedChange { now: true, ..QueuedChange::default() };
        change(&server, &ada, chat, ids[0], now).await.unwrap();
        until("it is asked", async || list(&server, &ada, chat).await.unwrap().items.is_empty() && server.generations.count() == 0).await;
        let Sent::Asked(again) = send(&server, &ada, more, Opening::default(), &[]).await.unwrap() else { panic!("it was asked") };
        assert_eq!(again.chat_id, chat);
        assert_eq!(questions(&server, &ada, chat).await, ["go", "more"], "{}: and is asked once", test.engine);
    }
}

#[tokio::test]
async fn what_a_dead_node_left_is_asked_by_the_sweep_unless_its_owner_is_locked_out() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let chat = begin(&server, &ada, "fake/words-3@0").await.chat_id;
        until("the end", async || server.generations.count() == 0).await;
        let id = Uuid::now_v7();
        let left = Queued {
            id,
            message: "left".into(),
            model: Some("fake/echo@0".into()),
            attachments: Vec::new(),
            request_id: "r".into(),
            created_at: server.clock.now(),
        };
        server.db.waiting().push(ada.user.id, chat, &left).await.unwrap();
        let now = server.clock.now();
        server.db.users().set_disabled(ada.user.id, Some(now), now).await.unwrap();
        sweep(&server).await.unwrap();
        assert_eq!(questions(&server, &ada, chat).await, ["go"], "{}", test.engine);
        server.db.users().set_disabled(ada.user.id, None, now).await.unwrap();
        sweep(&server).await.unwrap();
        until("the answer", async || server.generations.count() == 0).await;
        assert_eq!(questions(&server, &ada, chat).await, ["go", "left"], "{}", test.engine);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_pauses_the_queue_and_is_still_there() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let chat = begin(&server, &ada, "fake/words-150@100").await.chat_id;
        let new = NewQueued { message: "next".into(), model: Some("nowhere/none".into()), ..NewQueued::default() };
        add(&server, &ada, chat, new).await.unwrap();
        until("the end", async || server.generations.count() == 0).await;
        let queue = list(&server, &ada, chat).await.unwrap();
        assert_eq!((queue.items.len(), queue.paused), (1, Some(Paused::Refused)), "{}", test.engine);
        assert!(go_on(&server, &ada, chat).await.is_err(), "{}: and she hears why", test.engine);
        assert_eq!(list(&server, &ada, chat).await.unwrap().paused, Some(Paused::Refused), "{}", test.engine);
        remove(&server, &ada, chat, queue.items[0].id).await.unwrap();
        assert_eq!(list(&server, &ada, chat).await.unwrap(), Queue::default(), "{}: nothing is left to be paused", test.engine);
        for _ in 0..QUEUE_MAX {
            pause(&server, &ada, chat).await.unwrap();
            put(&server, &ada, chat, "x").await;
        }
        let full = add(&server, &ada, chat, NewQueued { message: "x".into(), ..NewQueued::default() }).await.unwrap_err();
        assert!(is(&full, Code::Conflict), "{}", test.engine);
    }
}
