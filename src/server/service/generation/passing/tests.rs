//! Answers of which nothing is stored: what their models are shown, how they end, and what stays.

use super::*;
use crate::model::error::Code;
use crate::model::generation::FailureKind;
use crate::model::message::Author;
use crate::model::setting::Settings;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::LedgerEntry;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::viewer::Via;
use crate::server::service::{account, chat, import, provider};
use crate::server::testing;

async fn stage(test: &TestDb) -> (Server, Viewer) {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    provider::start(&server).await.unwrap();
    let registration = Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
    let user = account::create(&server, registration, Role::User).await.unwrap();
    (server, Viewer { user, via: Via::Token { family: Uuid::nil() } })
}

fn said(role: Author, content: &str) -> Said {
    Said { role, content: content.into() }
}

fn spoken(text: &str, model: &str) -> Spoken {
    Spoken { text: text.into(), model: Some(model.into()), ..Spoken::default() }
}

async fn ledger(server: &Server, viewer: &Viewer) -> Vec<LedgerEntry> {
    server.db.ledger().entries(viewer.user.id, None, 50).await.unwrap()
}

/// Waits until no run is left, at most a second.
async fn over(server: &Server) {
    for _ in 0..100 {
        if server.generations.count() == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("a run that nobody reads goes on");
}

#[tokio::test]
async fn its_reader_gets_blocks_and_text_and_the_ledger_gets_figures() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let mut passing = pass(&server, &ada, spoken("**go** on", "fake/echo@0")).await.unwrap();
        let (mut text, mut last) = (String::new(), None);
        while let Some((frame, piece)) = passing.next().await.unwrap() {
            text += &piece;
            last = frame.end.or(last);
        }
        let end = last.unwrap();
        assert_eq!((text.as_str(), end.status), ("**go** on", Status::Done), "{}", test.engine);
        assert!(passing.finished((0, 0)).1.concat().contains("<strong>go</strong>"));
        over(&server).await;
        let rows = ledger(&server, &ada).await;
        assert_eq!(rows.len(), 1, "{}", test.engine);
        let used = end.usage.unwrap();
        assert_eq!((rows[0].output_tokens as u64, rows[0].outcome), (used.output_tokens, Status::Done), "{}", test.engine);
        assert!(used.output_tokens > 0 && chat::list(&server, &ada, None, None).await.unwrap().items.is_empty());
        assert_eq!(std::fs::read_dir(&server.generations.journals).unwrap().count(), 0, "{}: a journal", test.engine);
    }
}

#[tokio::test]
async fn the_model_is_shown_what_was_said_as_far_as_it_fits() {
    let test = databases().await.remove(0);
    let (server, ada) = stage(&test).await;
    let resolved = server.registry.resolve(Some("fake/echo@0"), ada.who()).unwrap();
    let history = vec![said(Author::User, "first"), said(Author::Assistant, "second")];
    let build = async |asked| prompt::build(&server, &resolved, None, Default::default(), asked).await.unwrap();
    let built = build(Asked::passing("third".into(), history)).await;
    let turns: Vec<_> = built.request.turns.iter().map(|turn| (turn.author, turn.text.as_str())).collect();
    assert_eq!(turns, [(Author::User, "first"), (Author::Assistant, "second"), (Author::User, "third")]);
    assert_eq!((built.reads.queries, built.trimmed), (0, false), "nothing is read of the database");
    let long: Vec<Said> =
        (0..200).flat_map(|n| [said(Author::User, &format!("q{n} {}", "word ".repeat(300))), said(Author::Assistant, "a")]).collect();
    let built = build(Asked::passing("last".into(), long).within(5_000)).await;
    let turns = built.request.turns;
    assert!(built.trimmed && turns.len() > 2 && turns.len() < 60, "{}", turns.len());
    assert!(turns[0].author == Author::User && turns[turns.len() - 3].text.starts_with("q199 "), "whole turns, the newest");
}

#[tokio::test]
async fn whoever_goes_stops_it_and_so_does_who_is_locked_out() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let mut passing = pass(&server, &ada, spoken("go", "fake/words-1000@100")).await.unwrap();
        passing.next().await.unwrap();
        assert_eq!(server.generations.count(), 1);
        drop(passing);
        over(&server).await;
        let rows = ledger(&server, &ada).await;
        assert_eq!(rows[0].outcome, Status::Stopped, "{}: what was written until then is counted", test.engine);

        let passing = pass(&server, &ada, spoken("go", "fake/words-1000@100")).await.unwrap();
        server.generations.stop_of(ada.user.id);
        assert_eq!(passing.whole().await.end.status, Status::Stopped, "{}", test.engine);
    }
}

#[tokio::test]
async fn what_fails_says_why_and_another_model_may_answer_in_its_place() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let passing = pass(&server, &ada, spoken("go", "fake/fail-auth@0")).await.unwrap();
        let end = passing.whole().await.end;
        assert_eq!((end.status, end.error.unwrap().kind), (Status::Failed, FailureKind::Auth), "{}", test.engine);
        let passing = pass(&server, &ada, spoken("go", "fake/fail-mid@0")).await.unwrap();
        let whole = passing.whole().await;
        assert!(whole.end.status == Status::Failed && !whole.content.is_empty(), "{}: what came stays", test.engine);
        let passing = pass(&server, &ada, spoken("go", "fake/fail-first-1@0")).await.unwrap();
        assert_eq!(passing.whole().await.end.status, Status::Done, "{}: it is asked again", test.engine);
        over(&server).await;
        assert_eq!(ledger(&server, &ada).await.len(), 3, "{}", test.engine);
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_its_field() {
    let test = databases().await.remove(0);
    let (server, ada) = stage(&test).await;
    let refused = async |spoken| match pass(&server, &ada, spoken).await {
        Ok(_) => panic!("it was asked"),
        Err(error) => error.into_api(),
    };
    let field = |error: crate::model::error::ApiError| error.fields[0].field.clone();
    assert_eq!(field(refused(spoken(" ", "fake/echo")).await), "message");
    assert_eq!(field(refused(spoken("go", "fake/nothing")).await), "model");
    let backwards = Spoken { history: vec![said(Author::Assistant, "a")], ..spoken("go", "fake/echo") };
    assert_eq!(field(refused(backwards).await), "history");
    let folder = Opening { folder: Some(Uuid::nil()), ..Opening::default() };
    assert_eq!(field(refused(Spoken { opening: folder, ..spoken("go", "fake/echo") }).await), "folder_id");
    let mut settings = Settings::default();
    settings.security.require_verification = true;
    server.settings.put(settings);
    assert_eq!(refused(spoken("go", "fake/echo")).await.code, Code::Unverified);
    assert_eq!(server.generations.count(), 0);
}

#[tokio::test]
async fn one_that_is_kept_becomes_a_conversation_once_and_says_what_it_was() {
    for test in databases().await {
        let (server, ada) = stage(&test).await;
        let history = vec![said(Author::User, "Why is **it** so?"), said(Author::Assistant, "Because.")];
        let kept = import::keep(&server, &ada, history.clone(), "Kept").await.unwrap();
        assert_eq!(import::keep(&server, &ada, history, "Kept").await.unwrap(), kept, "{}: pressed twice", test.engine);
        let chats = chat::list(&server, &ada, None, None).await.unwrap().items;
        assert_eq!((chats.len(), chats[0].id, chats[0].tags.as_slice()), (1, kept, &["Kept".to_owned()][..]), "{}", test.engine);
        let messages = chat::messages(&server, &ada, kept, None, None).await.unwrap().items;
        let said: Vec<_> = messages.iter().map(|message| (message.role, message.content.as_str())).collect();
        assert_eq!(said, [(Author::User, "Why is **it** so?"), (Author::Assistant, "Because.")], "{}", test.engine);
        let nothing = import::keep(&server, &ada, Vec::new(), "Kept").await.unwrap_err().into_api();
        assert!(nothing.field("history").is_some());
    }
}
