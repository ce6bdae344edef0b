//! Beginnings and ends, as one database takes them together.

use super::*;
use crate::model::generation::Usage;
use crate::model::job::JobKind;
use crate::model::user::{Role, User};
use crate::server::db::testing::{TestDb, databases};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

async fn user(test: &TestDb) -> Uuid {
    let user = User::new(Uuid::now_v7(), "ada@example.org".into(), "Ada".into(), Role::User, now());
    test.db.users().insert(user, None).await.unwrap().unwrap().id
}

fn question(user_id: Uuid, chat_id: Uuid, title: Option<&str>, request_id: Option<&str>) -> NewRun {
    let [question_id, message_id, generation_id] = std::array::from_fn(|_| Uuid::now_v7());
    let started = Started { chat_id, question_id: Some(question_id), message_id, generation_id, model: "fake/echo".into() };
    let new = title.map(|title| NewChat { title: title.into(), ..NewChat::default() });
    let kind = RunKind::Question { new, parent: None, text: "Why?".into(), attachments: Vec::new() };
    NewRun { started, user_id, request_id: request_id.map(str::to_owned), node: "here".into(), now: now(), kind, others: Vec::new() }
}

fn used() -> Used {
    Used { input_tokens: 1, output_tokens: 2, cost: Some(3), tokens_per_second: Some(0.5), ..Used::default() }
}

fn call(model: &str) -> Call {
    Call::example("fake", model, Usage::new(1, 2), now())
}

/// What the run leaves to be done, with an id of its own.
fn after(started: &Started) -> NewJob {
    let payload = serde_json::json!({ "run": started.generation_id });
    NewJob { id: Uuid::now_v7(), kind: JobKind::Suggest, payload, user_id: None, run_at: now(), created_at: now() }
}

fn ending(started: &Started, content: &str) -> Change {
    let &Started { chat_id, message_id, generation_id, .. } = started;
    let tail = Logged { generation_id, first: 1, last: 1, events: format!("[\"{content}\"]") };
    Change::End(Arc::new(Outcome {
        generation_id,
        chat_id,
        message_id,
        status: Status::Done,
        content: content.into(),
        reasoning: None,
        notices: Vec::new(),
        usage: Some(used()),
        calls: vec![call(content)],
        sealed: None,
        error: None,
        last_seq: 1,
        trace: None,
        tail: Some(tail),
        after: Some(after(started)),
        now: now(),
    }))
}

#[tokio::test]
async fn of_two_who_end_a_run_one_does_and_the_other_changes_nothing() {
    for test in databases().await {
        let user_id = user(&test).await;
        for ended in 1..=8 {
            let run = question(user_id, Uuid::now_v7(), Some("t"), None);
            let started = run.started.clone();
            assert_eq!(test.db.generations().store(&[Change::Begin(Box::new(run))]).await.unwrap(), [true]);
            let (one, two) = ([ending(&started, "one")], [ending(&started, "two")]);
            let runs = test.db.generations();
            let (first, second) = tokio::join!(runs.store(&one), runs.store(&two));
            let (first, second) = (first.unwrap(), second.unwrap());
            assert_ne!(first, second, "{}: exactly one", test.engine);
            let winner = if first == [true] { "one" } else { "two" };
            let message = test.db.messages().find_for(user_id, started.message_id).await.unwrap().unwrap();
            assert_eq!((message.content.as_str(), message.status), (winner, Status::Done), "{}", test.engine);
            assert_eq!(message.usage, Some(used()));
            let entries = test.db.ledger().entries(user_id, None, 100).await.unwrap();
            let entry = entries.iter().find(|entry| entry.message_id == Some(started.message_id));
            assert_eq!(entry.map(|entry| entry.model.as_str()), Some(winner), "{}: the winner's call", test.engine);
            assert_eq!(entries.len(), ended, "{}: one line a run", test.engine);
            let jobs = test.db.jobs().list(None, None, 100).await.unwrap();
            assert_eq!(jobs.len(), ended, "{}: what is left to be done is queued once", test.engine);
            assert_eq!(jobs[0].payload["run"], serde_json::json!(started.generation_id), "{}", test.engine);
            let log = test.db.generations().log(started.generation_id, 0).await.unwrap();
            assert_eq!(log, [(1, 1, format!("[\"{winner}\"]"))], "{}", test.engine);
        }
    }
}

#[tokio::test]
async fn a_clash_tells_what_it_is_and_leaves_nothing_of_the_others() {
    for test in databases().await {
        let (user_id, chat) = (user(&test).await, Uuid::now_v7());
        let begin = |run: NewRun| Change::Begin(Box::new(run));
        let store = async |changes: &[Change]| test.db.generations().store(changes).await;
        assert!(store(&[begin(question(user_id, chat, Some("t"), Some("r")))]).await.is_ok());
        let fresh = question(user_id, Uuid::now_v7(), Some("t"), None);
        let id = fresh.started.chat_id;
        let both = [begin(fresh), begin(question(user_id, chat, None, None))];
        assert!(matches!(clash(&store(&both).await.unwrap_err()), Some(Clash::Running)), "{}", test.engine);
        assert!(test.db.chats().find_for(user_id, id).await.unwrap().is_none(), "{}: half of it", test.engine);
        let again = begin(question(user_id, Uuid::now_v7(), Some("t"), Some("r")));
        assert!(matches!(clash(&store(&[again]).await.unwrap_err()), Some(Clash::Request)), "{}", test.engine);
        // What ends in the same moment makes room for what begins.
        let first = test.db.generations().find_by_request(user_id, "r").await.unwrap().unwrap();
        let changes = [ending(&first.started, "done"), begin(question(user_id, chat, None, None))];
        assert_eq!(store(&changes).await.unwrap(), [true, true], "{}", test.engine);
    }
}

#[tokio::test]
async fn runs_are_beside_each_other_only_where_they_answer_the_same_question() {
    for test in databases().await {
        let (user_id, chat) = (user(&test).await, Uuid::now_v7());
        let store = async |run: NewRun| test.db.generations().store(&[Change::Begin(Box::new(run))]).await;
        let mut all = question(user_id, chat, Some("t"), Some("r"));
        let other = |started: &Started| Started { message_id: Uuid::now_v7(), generation_id: Uuid::now_v7(), ..started.clone() };
        all.others = (0..3).map(|_| other(&all.started)).collect();
        let (first, others) = (all.started.clone(), all.others.clone());
        store(all).await.unwrap();
        assert_eq!(test.db.waiting().running(chat).await.unwrap().len(), 4, "{}", test.engine);
        for (place, started) in std::iter::once(&first).chain(&others).enumerate() {
            let found = test.db.generations().find_by_request(user_id, &request_of("r", place)).await.unwrap().unwrap();
            assert_eq!(found.started, *started, "{}", test.engine);
        }
        let rest = |started: &Started, beside| {
            let started = Started { generation_id: Uuid::now_v7(), ..started.clone() };
            NewRun { kind: RunKind::Rest { beside }, others: Vec::new(), started, ..question(user_id, chat, None, None) }
        };
        let end = async |started: &Started| test.db.generations().store(&[ending(started, "x")]).await.unwrap();
        // A message that is being written has its writer.
        assert!(matches!(clash(&store(rest(&first, true)).await.unwrap_err()), Some(Clash::Running)), "{}", test.engine);
        end(&first).await;
        assert!(matches!(clash(&store(question(user_id, chat, None, None)).await.unwrap_err()), Some(Clash::Running)), "{}", test.engine);
        assert!(matches!(clash(&store(rest(&first, false)).await.unwrap_err()), Some(Clash::Running)), "{}: alone", test.engine);
        store(rest(&first, true)).await.unwrap();
        // A fifth one has no seat.
        let more = other(&first);
        let answer =
            NewRun { started: more, kind: RunKind::Answer { parent: first.question_id.unwrap() }, ..question(user_id, chat, None, None) };
        assert!(store(answer).await.is_err(), "{}", test.engine);
        // When all have ended, another question is asked, and nothing is beside it that answers the old one.
        for run in test.db.waiting().running(chat).await.unwrap() {
            let found = test.db.generations().find_for(user_id, run).await.unwrap().unwrap();
            end(&found.started).await;
        }
        let mut next = question(user_id, chat, None, None);
        next.others = vec![other(&next.started)];
        store(next).await.unwrap();
        assert!(matches!(clash(&store(rest(&first, true)).await.unwrap_err()), Some(Clash::Running)), "{}: another question", test.engine);
    }
}

#[tokio::test]
async fn workers_take_each_run_and_only_the_first_begins_its_conversation() {
    for test in databases().await {
        let user_id = user(&test).await;
        let mut all = NewRun { node: String::new(), ..question(user_id, Uuid::now_v7(), Some("t"), None) };
        all.others = vec![Started { message_id: Uuid::now_v7(), generation_id: Uuid::now_v7(), ..all.started.clone() }];
        let first = all.started.generation_id;
        test.db.generations().store(&[Change::Begin(Box::new(all))]).await.unwrap();
        let mut taken = Vec::new();
        while let Some(one) = test.db.generations().take("worker", now()).await.unwrap() {
            taken.push((one.id == first, one.first));
        }
        taken.sort_unstable();
        assert_eq!(taken, [(false, false), (true, true)], "{}", test.engine);
    }
}
