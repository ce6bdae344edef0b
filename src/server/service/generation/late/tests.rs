//! A node that was taken for dead comes back with the ends of its runs.

use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::model::chat::{Ask, Started};
use crate::model::trace::StageKind;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::LedgerEntry;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::generation::event::Event;
use crate::server::service::generation::follow::Whole;
use crate::server::service::generation::trace::Tracer;
use crate::server::service::generation::{interrupt, log, send, whole};
use crate::server::service::viewer::{Via, Viewer};
use crate::server::service::{account, chat, provider};
use crate::server::testing;

/// A node that writes an answer, and another one that takes it for dead.
struct Nodes {
    here: Server,
    there: Server,
    ada: Viewer,
}

impl Nodes {
    async fn of(test: &TestDb) -> Self {
        let [here, there] =
            [testing::server(test.db.clone(), Clock::default()).await, testing::server(test.db.clone(), Clock::default()).await];
        for server in [&here, &there] {
            provider::start(server).await.unwrap();
        }
        tokio::spawn(log::keep(here.clone()));
        let registration = Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
        let user = account::create(&here, registration, Role::User).await.unwrap();
        Self { here, there, ada: Viewer { user, via: Via::Token { family: Uuid::nil() } } }
    }

    fn ask(chat_id: Option<Uuid>, model: &str) -> Ask {
        Ask { chat_id, text: "go".into(), model: Some(model.into()), request_id: None, replaces: None }
    }

    /// Begins an answer of sixty words, and waits for so many events of it that the database has some and not all of them.
    async fn begin(&self) -> Started {
        let started = send(&self.here, &self.ada, Self::ask(None, "fake/words-60@60")).await.unwrap();
        let live = self.here.generations.live(started.generation_id).unwrap();
        while live.seq() < 30 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        started
    }

    /// The other node ends it; it knows what the database and the shared tail have.
    async fn take_for_dead(&self, started: &Started, status: Status) {
        let run = started.generation_id;
        // It is cut off: nothing of it is stored meanwhile.
        let live = self.here.generations.live(run).unwrap();
        let _cut = live.storing.lock().await;
        let name = format!("{run}.jsonl");
        std::fs::copy(self.here.generations.journals.join(&name), self.there.generations.journals.join(&name)).unwrap();
        let now = self.here.clock.now();
        let orphans = self.there.db.generations().orphans(Some(&self.here.generations.node), now).await.unwrap();
        let orphan = orphans.into_iter().find(|orphan| orphan.id == run).expect("it is running");
        interrupt(&self.there, &orphan, status).await.unwrap();
    }

    async fn ended(&self, started: &Started) -> (Whole, String, Status) {
        let read = whole(&self.here, &self.ada, started).await.unwrap();
        let message = chat::message(&self.there, &self.ada, started.message_id).await.unwrap();
        (read, message.content, message.status)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_node_that_was_taken_for_dead_comes_in_place_of_what_was_made_of_it() {
    for test in databases().await {
        let nodes = Nodes::of(&test).await;
        let started = nodes.begin().await;
        nodes.take_for_dead(&started, Status::Interrupted).await;
        let cut = chat::message(&nodes.there, &nodes.ada, started.message_id).await.unwrap();
        assert_eq!(cut.status, Status::Interrupted, "{}", test.engine);
        assert!(cut.content.ends_with("w30") || cut.content.split(' ').count() > 30, "{}: {}", test.engine, cut.content);
        // It is written to its end although the database says twice that it is over.
        let live = nodes.here.generations.live(started.generation_id).unwrap();
        let missed = [started.generation_id];
        assert_eq!(log::let_go(&nodes.here, std::slice::from_ref(&live), &[], &missed).await, missed);

        let (read, stored, status) = nodes.ended(&started).await;
        assert_eq!((read.end.status, status), (Status::Done, Status::Done), "{}", test.engine);
        assert!(read.content.ends_with("w60") && stored == read.content, "{}: {stored}", test.engine);
        let parts = test.db.generations().log(started.generation_id, 0).await.unwrap();
        let events: Vec<Event> = parts.iter().flat_map(|(_, _, part)| serde_json::from_str::<Vec<Event>>(part).unwrap()).collect();
        assert_eq!(
            (parts[0].0, parts.last().unwrap().1, events.len() as i64),
            (1, events.len() as i64, live.seq() as i64),
            "{}",
            test.engine
        );
        // The ledger has what it took, once.
        let entries = test.db.ledger().entries(nodes.ada.user.id, None, 100).await.unwrap();
        let used = read.end.usage.unwrap();
        let sum = |of: fn(&LedgerEntry) -> i64| entries.iter().map(of).sum::<i64>().unsigned_abs();
        assert_eq!(entries.len(), 2, "{}: who ended it counted a part", test.engine);
        assert_eq!(sum(|entry| entry.output_tokens), used.output_tokens, "{}", test.engine);
        assert!(sum(|entry| entry.input_tokens) >= used.input_tokens, "{}", test.engine);
        // And it can be gone on from.
        let next = send(&nodes.there, &nodes.ada, Nodes::ask(Some(started.chat_id), "fake/words-3@0")).await.unwrap();
        assert_eq!(whole(&nodes.there, &nodes.ada, &next).await.unwrap().end.status, Status::Done, "{}", test.engine);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_has_gone_on_from_stays_and_the_reader_is_told_what_is_stored() {
    for test in databases().await {
        let nodes = Nodes::of(&test).await;
        for (ended_as, goes_on) in [(Status::Interrupted, true), (Status::Stopped, false)] {
            let started = nodes.begin().await;
            let live = nodes.here.generations.live(started.generation_id).unwrap();
            nodes.take_for_dead(&started, ended_as).await;
            let cut = chat::message(&nodes.there, &nodes.ada, started.message_id).await.unwrap().content;
            if goes_on {
                let next = send(&nodes.there, &nodes.ada, Nodes::ask(Some(started.chat_id), "fake/words-3@0")).await.unwrap();
                whole(&nodes.there, &nodes.ada, &next).await.unwrap();
            }
            // Nobody may read what comes: it ends at the second look.
            let run = [started.generation_id];
            assert_eq!(log::let_go(&nodes.here, std::slice::from_ref(&live), &[], &[]).await, run);
            assert!(!live.cancel.is_cancelled(), "{}: at the first it may be about to end", test.engine);
            log::let_go(&nodes.here, std::slice::from_ref(&live), &[], &run).await;
            assert!(live.cancel.is_cancelled(), "{}", test.engine);
            let (read, stored, status) = nodes.ended(&started).await;
            assert_eq!((read.end.status, status), (ended_as, ended_as), "{}", test.engine);
            assert_eq!(stored, cut, "{}: what the next question was asked about is as it was", test.engine);
        }
    }
}

#[test]
fn the_ledger_is_told_only_what_it_does_not_have() {
    let call = |input, output| Call::example("p", "m", Usage { cached_tokens: input, ..Usage::new(input, output) }, Default::default());
    let rest = |told| {
        let calls = besides(vec![call(10, 0), call(20, 30)], told);
        calls
            .iter()
            .map(|call| (call.tokens.input_tokens, call.tokens.output_tokens, call.tokens.cached_tokens, call.estimated))
            .collect::<Vec<_>>()
    };
    assert_eq!(rest(Usage::new(0, 0)), [(10, 0, 10, false), (20, 30, 20, false)]);
    assert_eq!(rest(Usage::new(25, 12)), [(5, 0, 5, true), (0, 18, 0, true)]);
    assert_eq!(rest(Usage::new(99, 99)), [(0, 0, 0, true), (0, 0, 0, true)]);
}

#[tokio::test]
async fn a_run_whose_beginning_is_still_being_stored_is_not_let_go() {
    for test in databases().await {
        let nodes = Nodes::of(&test).await;
        let id = Uuid::now_v7();
        let started = Started { chat_id: id, question_id: None, message_id: id, generation_id: id, model: "fake/echo".into() };
        let live = Arc::new(Live::new(started, Default::default(), Tracer::new(nodes.here.clock.now(), StageKind::Begin)));
        let generations = &nodes.here.generations;
        generations.remember(nodes.ada.user.id, live.clone());
        let looked_after = || generations.stored().iter().map(|live| live.started.generation_id).collect::<Vec<_>>();
        assert!(looked_after().is_empty(), "{}: a busy database may take its time", test.engine);
        live.begin();
        assert_eq!(looked_after(), [id], "{}", test.engine);
        generations.forget(id);
    }
}
