//! Summaries on both databases: which messages they cover, on which branches they hold, what they cost, and what is without one.

use std::time::Duration;

use super::*;
use crate::model::chat::Ask;
use crate::model::context::Budget;
use crate::model::error::Code;
use crate::model::generation::Status;
use crate::model::message::Message;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::Given;
use crate::server::db::testing::{TestDb, databases};
use crate::server::error::Error;
use crate::server::service::generation::{budget, regenerate, send, whole};
use crate::server::service::viewer::{Via, Viewer};
use crate::server::service::{account, chat, context, provider};
use crate::server::testing;

/// 300 tokens a turn, in a window of 4096.
const MODEL: &str = "fake/words-300@0";

struct Stage {
    server: Server,
    ada: Viewer,
    chat: Uuid,
    /// The questions and answers so far.
    turns: Vec<(Uuid, Message)>,
}

impl Stage {
    /// A conversation that makes room by summaries, and its first turn.
    async fn new(test: &TestDb) -> Self {
        let server = testing::server(test.db.clone(), Clock::default()).await;
        provider::start(&server).await.unwrap();
        let registration = Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
        let user = account::create(&server, registration, Role::User).await.unwrap();
        let ada = Viewer { user, via: Via::Token { family: Uuid::nil() } };
        let mut stage = Self { server, ada, chat: Uuid::nil(), turns: Vec::new() };
        stage.turn(MODEL, None).await;
        chat::make_room(&stage.server, &stage.ada, stage.chat, Strategy::Summary).await.unwrap();
        stage
    }

    async fn ask(&self, text: String, model: &str, replaces: Option<Uuid>) -> (Uuid, Message) {
        let chat_id = Some(self.chat).filter(|id| !id.is_nil());
        let ask = Ask { chat_id, text, model: Some(model.into()), request_id: None, replaces };
        let started = send(&self.server, &self.ada, ask).await.unwrap();
        whole(&self.server, &self.ada, &started).await.unwrap();
        (started.question_id.unwrap(), chat::message(&self.server, &self.ada, started.message_id).await.unwrap())
    }

    async fn turn(&mut self, model: &str, replaces: Option<Uuid>) -> Message {
        let text = format!("question {} {}", self.turns.len(), "word ".repeat(200));
        let (question, answer) = self.ask(text, model, replaces).await;
        self.chat = answer.session_id;
        self.turns.push((question, answer.clone()));
        answer
    }

    /// Asks until the conversation was summarised again.
    async fn until_summarised(&mut self) -> Summary {
        for _ in 0..12 {
            let answer = self.turn(MODEL, None).await;
            assert_eq!(answer.status, Status::Done);
            if has(&answer, NoticeCode::Summarized) {
                return self.summary(answer.id).await.unwrap();
            }
            assert!(!has(&answer, NoticeCode::ContextTrimmed) && !has(&answer, NoticeCode::SummaryFailed));
        }
        panic!("it was never summarised");
    }

    async fn summary(&self, leaf: Uuid) -> Option<Summary> {
        self.server.db.contexts().summary(leaf).await.unwrap()
    }

    async fn budget(&self) -> Budget {
        budget(&self.server, &self.ada, Some(self.chat), None).await.unwrap()
    }
}

fn has(message: &Message, code: NoticeCode) -> bool {
    message.notices.iter().any(|notice| notice.code == code)
}

#[tokio::test]
async fn the_oldest_turns_become_a_summary_and_later_the_summary_and_more_turns_another() {
    for test in databases().await {
        let mut stage = Stage::new(&test).await;
        let first = stage.until_summarised().await;
        let turns = stage.turns.len();
        // It covers whole turns, from the first to an answer, and the newest stay.
        let upto = stage.turns.iter().position(|(_, answer)| answer.id == first.upto_id).expect("it ends with an answer");
        assert_eq!((first.messages as usize, first.partial), ((upto + 1) * 2, false), "{}", test.engine);
        assert!(upto >= 1 && upto + 2 < turns, "{}: {upto} of {turns}", test.engine);
        assert!(first.content.starts_with("w1 w2 w3") && first.model == MODEL, "{}", first.content);
        let budget = stage.budget().await;
        assert!(budget.summary > 100 && !budget.trimmed && budget.used < 3_072, "{budget:?}");

        let second = stage.until_summarised().await;
        assert!(stage.turns.len() >= turns + 2, "{}: not with every question", test.engine);
        assert!(second.id != first.id && second.messages > first.messages, "{}: {second:?}", test.engine);
        let upto = stage.turns.iter().position(|(_, answer)| answer.id == second.upto_id).unwrap();
        assert_eq!(second.messages as usize, (upto + 1) * 2, "{}: it goes on from the first", test.engine);

        // Each call is a line of the ledger, and none of the answer's own.
        let entries = test.db.ledger().entries(stage.ada.user.id, None, 100).await.unwrap();
        let summaries: Vec<_> = entries.iter().filter(|entry| entry.purpose == Purpose::Summary).collect();
        assert_eq!((summaries.len(), entries.len()), (2, stage.turns.len() + 2), "{}", test.engine);
        assert!(summaries.iter().all(|entry| entry.outcome == Status::Done && entry.input_tokens > 500 && entry.output_tokens == 300));
        let last = &stage.turns.last().unwrap().1;
        assert_eq!(last.usage.unwrap().output_tokens, 300, "{}: the summary's tokens are not the answer's", test.engine);
    }
}

#[tokio::test]
async fn a_summary_holds_only_below_the_question_that_it_was_made_for() {
    for test in databases().await {
        let mut stage = Stage::new(&test).await;
        let summary = stage.until_summarised().await;
        let made = stage.turns.last().unwrap().clone();
        let after = stage.turn(MODEL, None).await;
        assert_eq!(stage.summary(after.id).await.map(|found| found.id), Some(summary.id), "{}: what follows has it", test.engine);
        // Another answer to that question has everything above it, too.
        let again = regenerate(&stage.server, &stage.ada, made.1.id, Some(MODEL.into()), None).await.unwrap();
        whole(&stage.server, &stage.ada, &again).await.unwrap();
        assert_eq!(stage.summary(again.message_id).await.map(|found| found.id), Some(summary.id), "{}", test.engine);
        // Another version of an early question lacks what the summary covers.
        let early = stage.turns[1].0;
        let (question, answer) = stage.ask("another way".into(), MODEL, Some(early)).await;
        assert!(stage.summary(question).await.is_none() && stage.summary(answer.id).await.is_none(), "{}: a wrong summary", test.engine);
        assert_eq!(stage.budget().await.summary, 0);
        assert!(
            matches!(context::summary(&stage.server, &stage.ada, stage.chat).await, Err(Error::Client(error)) if error.code == Code::NotFound)
        );
        // And back.
        chat::select(&stage.server, &stage.ada, after.id).await.unwrap();
        assert!(stage.budget().await.summary > 0, "{}", test.engine);
    }
}

#[tokio::test]
async fn what_its_reader_wrote_is_what_the_model_is_shown_and_the_next_summary_goes_on_from() {
    for test in databases().await {
        let mut stage = Stage::new(&test).await;
        let first = stage.until_summarised().await;
        let (server, ada, chat) = (&stage.server, &stage.ada, stage.chat);
        let edited = context::edit_summary(server, ada, chat, None, "  The tide follows the moon. ").await.unwrap();
        assert_eq!((edited.id, edited.content.as_str(), edited.messages), (first.id, "The tide follows the moon.", first.messages));
        assert!(edited.edited_at.is_some() && context::summary(server, ada, chat).await.unwrap() == edited, "{}", test.engine);
        for (id, text, code) in [(None, " ", Code::Invalid), (Some(Uuid::now_v7()), "other", Code::Conflict)] {
            let refused = context::edit_summary(server, ada, chat, id, text).await;
            assert!(matches!(refused, Err(Error::Client(error)) if error.code == code), "{}", test.engine);
        }
        let leaf = Some(stage.turns.last().unwrap().1.id);
        let resolved = server.registry.resolve(Some(MODEL), crate::server::llm::ANYBODY).unwrap();
        let told = Given { strategy: Strategy::Summary, ..Given::default() };
        let shown = prompt::build(&test.db, &resolved, None, told, prompt::Asked::before(leaf)).await.unwrap();
        let system = shown.request.system.unwrap();
        assert!(system.contains("<summary>\nThe tide follows the moon.\n</summary>"), "{}: {system}", test.engine);
        // The other way of making room does without it.
        let plain = prompt::build(&test.db, &resolved, None, Given::default(), prompt::Asked::before(leaf)).await.unwrap();
        assert!(plain.request.system.is_none() && plain.trimmed, "{}", test.engine);
        let other =
            Viewer { user: crate::model::user::User { id: Uuid::now_v7(), ..ada.user.clone() }, via: Via::Token { family: Uuid::nil() } };
        assert!(
            context::summary(server, &other, chat).await.is_err() && context::edit_summary(server, &other, chat, None, "x").await.is_err()
        );
    }
}

#[tokio::test]
async fn without_a_summary_the_answer_comes_all_the_same_and_says_so() {
    for test in databases().await {
        let mut stage = Stage::new(&test).await;
        while !stage.budget().await.trimmed && stage.budget().await.used < 2_700 {
            stage.turn(MODEL, None).await;
        }
        // The call for the summary fails, and the one for the answer is asked again.
        let begun = std::time::Instant::now();
        let answer = stage.turn("fake/fail-first-1@0", None).await;
        assert_eq!((answer.status, has(&answer, NoticeCode::SummaryFailed)), (Status::Done, true), "{}: {:?}", test.engine, answer.notices);
        assert!(begun.elapsed() < Duration::from_secs(10) && stage.summary(answer.id).await.is_none(), "{}", test.engine);
        let entries = test.db.ledger().entries(stage.ada.user.id, None, 100).await.unwrap();
        let failed: Vec<_> = entries.iter().filter(|entry| entry.purpose == Purpose::Summary).collect();
        assert_eq!(
            failed.iter().map(|entry| (entry.outcome, entry.output_tokens)).collect::<Vec<_>>(),
            [(Status::Failed, 0)],
            "{}",
            test.engine
        );
        // The next one has it.
        let next = stage.turn(MODEL, None).await;
        assert!(has(&next, NoticeCode::Summarized), "{}: {:?}", test.engine, next.notices);
    }
}
