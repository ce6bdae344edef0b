//! Several models answer one question at the same time, each by itself; nothing else is asked meanwhile, and one is gone on with.

use std::time::Duration;

use super::*;
use crate::model::error::{Code, Rule};
use crate::model::generation::Status;
use crate::model::queue::NewQueued;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::{account, provider, queue};
use crate::server::testing;

async fn person(server: &Server, name: &str) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    Viewer::on_behalf_of(account::create(server, registration, Role::User).await.unwrap())
}

async fn stage(test: &TestDb) -> (Server, Viewer) {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    provider::start(&server).await.unwrap();
    let ada = person(&server, "ada").await;
    (server, ada)
}

fn asking(models: &[&str]) -> NewComparison {
    let models = models.iter().map(|name| (*name).to_owned()).collect();
    let (message, attachments) = ("go".into(), Vec::new());
    NewComparison { message, models, session_id: None, attachments, request_id: None, assistant_id: None, folder_id: None }
}

fn more(session: Uuid) -> Ask {
    Ask { chat_id: Some(session), text: "more".into(), model: Some("fake/echo@0".into()), request_id: None, replaces: None }
}

fn code(error: &Error) -> Option<Code> {
    match error {
        Error::Client(error) => Some(error.code),
        _ => None,
    }
}

/// Waits until nothing is being written here.
async fn quiet(server: &Server) {
    for _ in 0..1000 {
        if server.generations.count() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it is written for ever");
}

async fn ended(server: &Server, viewer: &Viewer, id: Uuid) -> Vec<(String, Status, String)> {
    let found = find(server, viewer, id).await.unwrap();
    found.answers.into_iter().map(|answer| (answer.model.unwrap_or_default(), answer.status, answer.content)).collect()
}

#[tokio::test]
async fn every_model_answers_in_a_run_of_its_own_and_one_is_gone_on_with() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let models = ["fake/words-3@0", "fake/words-1000@50", "fake/fail-auth"];
        let started = start(&server, &ada, asking(&models)).await.unwrap();
        let (session, ids) = (started.session_id, started.answers.iter().map(|answer| answer.message_id).collect::<Vec<_>>());
        assert_eq!(started.answers.iter().map(|answer| answer.model.as_str()).collect::<Vec<_>>(), models, "{}", test.engine);
        assert!(chat::find(&server, &ada, session).await.unwrap().running);
        for answer in [&started.answers[0], &started.answers[2]] {
            let run = Started {
                chat_id: session,
                question_id: Some(started.question_id),
                message_id: answer.message_id,
                generation_id: answer.generation_id,
                model: answer.model.clone(),
            };
            generation::whole(&server, &ada, &run).await.unwrap();
        }
        // One is still being written: nothing else is asked meanwhile.
        let refused = generation::send(&server, &ada, more(session)).await.unwrap_err();
        assert_eq!(code(&refused), Some(Code::Conflict), "{}", test.engine);
        let again = generation::regenerate(&server, &ada, ids[0], None, None).await.unwrap_err();
        assert_eq!(code(&again), Some(Code::Conflict), "{}", test.engine);
        let twice = start(&server, &ada, NewComparison { session_id: Some(session), ..asking(&models[..2]) }).await.unwrap_err();
        assert_eq!(code(&twice), Some(Code::Conflict), "{}", test.engine);
        // The conversation shows the first one, whose siblings are the others.
        let opened = chat::open(&server, &ada, session, None).await.unwrap();
        let last = opened.messages.last().unwrap();
        assert_eq!((last.message.id, &last.siblings), (ids[0], &ids), "{}", test.engine);

        let kept = keep(&server, &ada, ids[0]).await.unwrap();
        assert_eq!(kept.model.as_deref(), Some("fake/words-3@0"), "{}", test.engine);
        quiet(&server).await;
        let answers = ended(&server, &ada, ids[2]).await;
        assert_eq!((&answers[0].1, answers[0].2.as_str()), (&Status::Done, "w1 w2 w3"), "{}", test.engine);
        assert_eq!((answers[1].1, answers[2].1), (Status::Stopped, Status::Failed), "{}: {answers:?}", test.engine);
        // Each has its line in the ledger, also who was stopped and who failed.
        let lines = server.db.ledger().entries(ada.user.id, None, 100).await.unwrap();
        assert_eq!(lines.iter().filter(|line| ids.contains(&line.message_id.unwrap_or_default())).count(), 3, "{}", test.engine);

        // Another one can be kept afterwards: what is asked next follows it, and its model answers.
        keep(&server, &ada, ids[1]).await.unwrap();
        let next = generation::send(&server, &ada, Ask { model: None, ..more(session) }).await.unwrap();
        assert_eq!(next.model, models[1], "{}", test.engine);
        let question = chat::message(&server, &ada, next.question_id.unwrap()).await.unwrap();
        assert_eq!(question.parent_id, Some(ids[1]), "{}", test.engine);
        generation::stop(&server, &ada, next.generation_id).await.unwrap();
        quiet(&server).await;
    }
}

#[tokio::test]
async fn the_same_request_begins_one_comparison() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let ask = NewComparison { request_id: Some("same".into()), ..asking(&["fake/words-1000@50", "fake/words-999@50"]) };
        let begun = futures::future::join_all((0..4).map(|_| start(&server, &ada, ask.clone()))).await;
        let begun: Vec<_> = begun.into_iter().map(Result::unwrap).collect();
        assert!(begun.iter().all(|one| *one == begun[0]), "{}: {begun:?}", test.engine);
        assert_eq!((begun[0].answers.len(), server.generations.count()), (2, 2), "{}", test.engine);
        // In a conversation that is there as well.
        keep(&server, &ada, begun[0].answers[0].message_id).await.unwrap();
        stop(&server, &ada, begun[0].answers[0].message_id).await.unwrap();
        quiet(&server).await;
        let ask = NewComparison { request_id: Some("next".into()), session_id: Some(begun[0].session_id), ..ask };
        let begun = futures::future::join_all((0..4).map(|_| start(&server, &ada, ask.clone()))).await;
        let begun: Vec<_> = begun.into_iter().map(Result::unwrap).collect();
        assert!(begun.iter().all(|one| *one == begun[0]), "{}: {begun:?}", test.engine);
        keep(&server, &ada, begun[0].answers[1].message_id).await.unwrap();
        stop(&server, &ada, begun[0].answers[1].message_id).await.unwrap();
        quiet(&server).await;
    }
}

#[tokio::test]
async fn models_that_are_too_few_too_many_the_same_or_unknown_are_said_and_nothing_begins() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        for (models, rule) in [
            (vec!["fake/echo"], Rule::Range(2, 4)),
            (vec!["fake/echo", " "], Rule::Range(2, 4)),
            (vec!["fake/words-1", "fake/words-2", "fake/words-3", "fake/words-4", "fake/words-5"], Rule::Range(2, 4)),
            (vec!["fake/echo", "fake/echo"], Rule::Taken),
            (vec!["fake/echo", "echo"], Rule::Taken),
            (vec!["fake/echo", "nowhere/nothing"], Rule::Unknown),
        ] {
            let Err(Error::Client(error)) = start(&server, &ada, asking(&models)).await else { panic!("{models:?} was taken") };
            assert_eq!(error.field("models").map(|field| field.rule.clone()), Some(rule), "{}: {models:?} {error:?}", test.engine);
        }
        let long = "聊 ".repeat(9_000);
        let too_long = NewComparison { message: long, ..asking(&["fake/long-3", "fake/words-3"]) };
        assert_eq!(
            code(&start(&server, &ada, too_long).await.unwrap_err()),
            Some(Code::Invalid),
            "{}: one has no room for it",
            test.engine
        );
        assert!(chat::list(&server, &ada, None, None).await.unwrap().items.is_empty(), "{}: all begin, or none", test.engine);
        assert_eq!(server.generations.count(), 0, "{}", test.engine);
        let bob = person(&server, "bob").await;
        let started = start(&server, &ada, asking(&["fake/words-1@0", "fake/words-2@0"])).await.unwrap();
        quiet(&server).await;
        let (question, answer) = (started.question_id, started.answers[0].message_id);
        assert_eq!(code(&find(&server, &bob, question).await.unwrap_err()), Some(Code::NotFound));
        assert_eq!(code(&keep(&server, &bob, answer).await.unwrap_err()), Some(Code::NotFound));
        assert_eq!(code(&stop(&server, &bob, answer).await.unwrap_err()), Some(Code::NotFound));
        assert_eq!(code(&resume(&server, &bob, answer, None).await.unwrap_err()), Some(Code::NotFound));
        let his = NewComparison { session_id: Some(started.session_id), ..asking(&["fake/words-1", "fake/words-2"]) };
        assert_eq!(code(&start(&server, &bob, his).await.unwrap_err()), Some(Code::NotFound));
        assert_eq!(code(&keep(&server, &ada, question).await.unwrap_err()), Some(Code::Conflict), "{}: a question", test.engine);
    }
}

#[tokio::test]
async fn each_is_stopped_and_gone_on_with_beside_the_others_but_not_twice() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let started = start(&server, &ada, asking(&["fake/words-1000@50", "fake/words-1001@50", "fake/words-1002@50"])).await.unwrap();
        let ids: Vec<_> = started.answers.iter().map(|answer| answer.message_id).collect();
        for id in &ids[..2] {
            stop(&server, &ada, *id).await.unwrap();
        }
        let stopped = async |n: usize| find(&server, &ada, ids[n]).await.unwrap().answers[n].status == Status::Stopped;
        for n in [0, 1] {
            while !stopped(n).await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        // Alone it may not: something is being written.
        assert_eq!(code(&generation::resume(&server, &ada, ids[0], None).await.unwrap_err()), Some(Code::Conflict), "{}", test.engine);
        let tries = futures::future::join_all((0..3).map(|_| resume(&server, &ada, ids[0], None))).await;
        let begun: Vec<_> = tries.iter().filter_map(|one| one.as_ref().ok()).collect();
        assert_eq!(begun.len(), 1, "{}: one message, one writer", test.engine);
        let runs = server.db.waiting().running(started.session_id).await.unwrap();
        assert_eq!(runs.len(), 2, "{}", test.engine);
        resume(&server, &ada, ids[1], Some("again".into())).await.unwrap();
        assert_eq!(server.generations.count(), 3, "{}", test.engine);
        generation::stop_of(&server, ada.user.id);
        quiet(&server).await;
    }
}

#[tokio::test]
async fn a_restart_keeps_what_each_had_said_and_each_goes_on() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let started = start(&server, &ada, asking(&["fake/words-120@60", "fake/words-121@60"])).await.unwrap();
        let said = async || find(&server, &ada, started.question_id).await.unwrap().answers.iter().all(|answer| answer.content.len() > 10);
        while !said().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        // As a server that stops: what runs is interrupted and stored.
        server.generations.shutdown(Duration::from_secs(1)).await;
        let again = testing::server(test.db.clone(), Clock::default()).await;
        provider::start(&again).await.unwrap();
        let answers = ended(&again, &ada, started.question_id).await;
        assert!(
            answers.iter().all(|(_, status, text)| *status == Status::Interrupted && text.starts_with("w1 w2")),
            "{}: {answers:?}",
            test.engine
        );
        for answer in &started.answers {
            resume(&again, &ada, answer.message_id, None).await.unwrap();
        }
        assert_eq!(again.generations.count(), 2, "{}: beside each other", test.engine);
        quiet(&again).await;
        let answers = ended(&again, &ada, started.question_id).await;
        for ((_, status, text), n) in answers.iter().zip([120, 121]) {
            let whole = (1..=n).map(|i| format!("w{i}")).collect::<Vec<_>>().join(" ");
            assert_eq!((*status, text), (Status::Done, &whole), "{}", test.engine);
        }
    }
}

#[tokio::test]
async fn what_waits_is_asked_when_the_last_of_them_has_ended() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let started = start(&server, &ada, asking(&["fake/words-5@0", "fake/words-60@100"])).await.unwrap();
        let waits = NewQueued { message: "next".into(), model: Some("fake/echo@0".into()), ..NewQueued::default() };
        queue::add(&server, &ada, started.session_id, waits).await.unwrap();
        let list = async || queue::list(&server, &ada, started.session_id).await.unwrap();
        let first = async || find(&server, &ada, started.question_id).await.unwrap().answers[0].status;
        while first().await.is_running() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!((list().await.items.len(), list().await.paused), (1, None), "{}: the other is still being written", test.engine);
        while !list().await.items.is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        quiet(&server).await;
        let opened = chat::open(&server, &ada, started.session_id, None).await.unwrap();
        assert_eq!(opened.messages[2].message.content, "next", "{}", test.engine);
        assert_eq!(opened.messages[1].message.id, started.answers[0].message_id, "{}: below the one that is shown", test.engine);
    }
}
