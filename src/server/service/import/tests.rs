//! A file on its way in, on both databases.

use chrono::DateTime;

use super::*;
use crate::model::chat::Ask;
use crate::model::import::{SkipReason, Source};
use crate::model::message::{Author, Message};
use crate::model::shelf::Selection;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::Arrival;
use crate::server::db::testing::databases;
use crate::server::import::{conversation, grow};
use crate::server::service::generation::{keep, send, whole};
use crate::server::service::viewer::Via;
use crate::server::service::{account, chat, provider, search};
use crate::server::testing::server;

const CHATGPT: &str = include_str!("../../import/tests/chatgpt.json");
const CLAUDE: &str = include_str!("../../import/tests/claude.json");

fn clock() -> Clock {
    Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

async fn person(server: &Server, name: &str) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let user = account::create(server, registration, Role::User).await.unwrap();
    Viewer { user, via: Via::Session { id_hash: [0; 32] } }
}

async fn sent(server: &Server, viewer: &Viewer, file: &str) -> Result<Import> {
    // In pieces, as it comes over a line.
    let pieces: Vec<_> = file.as_bytes().chunks(1000).map(|piece| Ok(piece.to_vec().into())).collect();
    receive(server, viewer, "a/conversations.json", futures::stream::iter(pieces)).await
}

async fn work(server: &Server) {
    while job::run_next(server).await.unwrap() {}
}

/// Sends the file, confirms what was found, and answers both tallies.
async fn imported(server: &Server, viewer: &Viewer, file: &str) -> Import {
    let import = sent(server, viewer, file).await.unwrap();
    work(server).await;
    confirm(server, viewer, &Origin::default(), import.id).await.unwrap();
    work(server).await;
    find(server, viewer, import.id).await.unwrap()
}

async fn chats(server: &Server, viewer: &Viewer) -> Vec<crate::model::chat::Chat> {
    server.db.chats().list_for(viewer.user.id, &Selection::default(), None, 100).await.unwrap()
}

async fn kept(server: &Server) -> usize {
    server.storage.list(FOLDER, DateTime::<chrono::Utc>::MAX_UTC).await.unwrap().len()
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    result.unwrap_err().into_api().code
}

#[tokio::test]
async fn what_is_found_is_shown_first_taken_when_confirmed_and_there_the_second_time() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let (ada, bob) = (person(&server, "ada").await, person(&server, "bob").await);
        let import = sent(&server, &ada, CLAUDE).await.unwrap();
        assert_eq!((import.state, import.name.as_str(), import.size), (ImportState::Reading, "conversations.json", CLAUDE.len() as u64));
        assert_eq!(code(confirm(&server, &ada, &Origin::default(), import.id).await), Code::Conflict, "nothing was found yet");
        assert_eq!(code(sent(&server, &ada, CLAUDE).await), Code::Conflict, "one at a time");
        work(&server).await;
        let found = find(&server, &ada, import.id).await.unwrap();
        let tally = found.found.unwrap();
        assert_eq!((found.state, tally.conversations, tally.messages, tally.files), (ImportState::Ready, 2, 5, 2), "{}", test.engine);
        assert_eq!((tally.skipped, tally.reasons[0].reason, tally.titles[0].as_str()), (1, SkipReason::Empty, "Sourdough"));
        assert_eq!((tally.sources, tally.first_at.unwrap().to_rfc3339()), (vec![Source::Claude], "2023-09-01T08:00:00+00:00".into()));
        assert!(chats(&server, &ada).await.is_empty(), "{}: nothing is taken before it is confirmed", test.engine);
        assert_eq!(code(find(&server, &bob, import.id).await), Code::NotFound, "it is hers");
        assert_eq!(code(confirm(&server, &bob, &Origin::default(), import.id).await), Code::NotFound);

        confirm(&server, &ada, &Origin::default(), import.id).await.unwrap();
        work(&server).await;
        let done = find(&server, &ada, import.id).await.unwrap();
        let report = done.report.unwrap();
        assert_eq!((done.state, report.conversations, report.already, report.skipped), (ImportState::Done, 2, 0, 1), "{}", test.engine);
        let all = chats(&server, &ada).await;
        assert_eq!(all.iter().map(|chat| chat.title.as_str()).collect::<Vec<_>>(), ["Sourdough", "Old form, without parents"]);
        assert_eq!((all[0].created_at.timestamp(), all[0].updated_at.timestamp()), (1_714_564_800, 1_714_565_100));
        assert_eq!(kept(&server).await, 0, "the file is of no use any more");

        let again = imported(&server, &ada, CLAUDE).await.report.unwrap();
        assert_eq!((again.conversations, again.already, again.messages, again.skipped), (0, 2, 0, 1), "{}", test.engine);
        assert_eq!(chats(&server, &ada).await.len(), 2, "{}: nothing came twice", test.engine);
        assert_eq!(
            imported(&server, &bob, CLAUDE).await.report.unwrap().conversations,
            2,
            "{}: to somebody else they are new",
            test.engine
        );
    }
}

#[tokio::test]
async fn what_came_is_shown_found_and_gone_on_with_like_any_other() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let ada = person(&server, "ada").await;
        imported(&server, &ada, CHATGPT).await;
        let all = chats(&server, &ada).await;
        let tides = all.iter().find(|chat| chat.title.starts_with("Tides")).unwrap();
        assert!(tides.pinned && tides.archived && tides.model.is_none());
        let messages = server.db.messages().list(tides.id, None, 100).await.unwrap();
        assert_eq!(messages.len(), 5, "{}", test.engine);
        let page = chat::open(&server, &ada, tides.id, None).await.unwrap();
        let last = page.messages.last().unwrap().blocks.concat();
        assert!(
            last.starts_with("<p>I compute.</p>") && last.contains("<p>It is 2.</p>"),
            "{}: the branch that was shown: {last}",
            test.engine
        );
        assert_eq!(page.messages[1].siblings.len(), 2, "{}: and the other one is beside it", test.engine);
        for (q, expected) in [("bulges", 1), ("潮汐", 1), ("\"引力\"", 1), ("nowhere", 0)] {
            let found = search::find(&server, &ada, q, None, None).await.unwrap();
            assert_eq!(found.items.len(), expected, "{}: {q}", test.engine);
        }
        provider::start(&server).await.unwrap();
        keep(&server);
        let (text, model) = ("And then?".to_owned(), Some("fake/echo@0".to_owned()));
        let ask = Ask { chat_id: Some(tides.id), text, model, request_id: None, replaces: None };
        let started = send(&server, &ada, ask).await.unwrap();
        whole(&server, &ada, &started).await.unwrap();
        let page = chat::open(&server, &ada, tides.id, None).await.unwrap();
        assert!(page.messages.last().unwrap().blocks.concat().starts_with("<p>And then?</p>"), "{}", test.engine);
        assert_eq!(page.messages.len(), 6, "{}: behind what came", test.engine);
        // Newest first, as everywhere.
        let found = search::find(&server, &ada, "compute", None, None).await.unwrap();
        assert_eq!(found.items.iter().map(|hit| hit.role).collect::<Vec<_>>(), [Author::Assistant, Author::User], "{}", test.engine);
    }
}

#[tokio::test]
async fn what_was_deleted_may_come_again_and_what_never_left_does_not() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let ada = person(&server, "ada").await;
        imported(&server, &ada, CHATGPT).await;
        let all = chats(&server, &ada).await;
        chat::delete(&server, &ada, all[0].id).await.unwrap();
        let report = imported(&server, &ada, CHATGPT).await.report.unwrap();
        assert_eq!((report.conversations, report.already), (1, 1), "{}", test.engine);
        let own = format!(
            r#"{{"conversation": {{"id": "{}", "title": "T"}}, "messages": [{{"id": "m", "role": "user", "content": "Hello"}}]}}"#,
            all[1].id
        );
        let report = imported(&server, &ada, &own).await.report.unwrap();
        assert_eq!((report.conversations, report.already), (0, 1), "{}: it is this server's own", test.engine);
        let named = CLAUDE.replace("c1a0de00-0001", &"x".repeat(5_000)).replace("c1a0de00-0002", "");
        assert_eq!(imported(&server, &ada, &named).await.report.unwrap().conversations, 2, "{}", test.engine);
        assert_eq!(imported(&server, &ada, &named).await.report.unwrap().already, 2, "{}: known by what they say", test.engine);
    }
}

/// The conversation as it would be stored.
fn arrival<'a>(grown: &'a crate::server::import::Grown, user_id: Uuid, import_id: Uuid, messages: &'a [Message]) -> Arrival<'a> {
    Arrival {
        user_id,
        import_id,
        id: grown.id,
        source: grown.source,
        source_id: &grown.source_id,
        title: &grown.title,
        leaf_id: grown.leaf_id,
        pinned: grown.pinned,
        archived: grown.archived,
        tags: &grown.tags,
        created_at: grown.created_at,
        updated_at: grown.updated_at,
        messages,
    }
}

#[tokio::test]
async fn a_conversation_comes_whole_or_not_at_all_and_a_job_that_was_cut_off_counts_it_once() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let ada = person(&server, "ada").await;
        let first: serde_json::Value = serde_json::from_str::<Vec<_>>(CHATGPT).unwrap().remove(0);
        let grown = grow(conversation(first.to_string().as_bytes()).unwrap(), server.clock.now()).unwrap();
        let import = sent(&server, &ada, CHATGPT).await.unwrap();
        work(&server).await;
        // The last one cannot be stored: it has the id of the first.
        let mut broken = grown.messages.clone();
        broken.last_mut().unwrap().id = grown.messages[0].id;
        assert!(server.db.chats().receive(&arrival(&grown, ada.user.id, import.id, &broken)).await.is_err());
        assert!(chats(&server, &ada).await.is_empty(), "{}", test.engine);
        assert!(server.db.messages().list(grown.id, None, 10).await.unwrap().is_empty(), "{}", test.engine);
        assert_eq!(server.db.imports().known(ada.user.id, Source::Chatgpt, &grown.source_id).await.unwrap(), None);
        // As if the process had died after the first one.
        server.db.chats().receive(&arrival(&grown, ada.user.id, import.id, &grown.messages)).await.unwrap();
        confirm(&server, &ada, &Origin::default(), import.id).await.unwrap();
        work(&server).await;
        let report = find(&server, &ada, import.id).await.unwrap().report.unwrap();
        assert_eq!((report.conversations, report.already), (2, 0), "{}", test.engine);
        assert_eq!(chats(&server, &ada).await.len(), 2, "{}", test.engine);
    }
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_or_said_to_have_failed() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let ada = person(&server, "ada").await;
        assert_eq!(code(sent(&server, &ada, "").await), Code::Invalid);
        assert_eq!(code(sent(&server, &ada, "%PDF-1.7").await), Code::UnsupportedMediaType);
        let broken = futures::stream::iter([Ok(b"[".to_vec().into()), Err("the line is gone".to_owned())]);
        assert_eq!(code(receive(&server, &ada, "x", broken).await), Code::Malformed);
        for (file, fault) in [("[{\"a\": 1}]", ImportFault::Unrecognised), ("PK\u{3}\u{4}…", ImportFault::Damaged)] {
            let import = sent(&server, &ada, file).await.unwrap();
            work(&server).await;
            let import = find(&server, &ada, import.id).await.unwrap();
            assert_eq!((import.state, import.fault), (ImportState::Failed, Some(fault)), "{}", test.engine);
            assert_eq!(code(confirm(&server, &ada, &Origin::default(), import.id).await), Code::Conflict);
        }
        assert_eq!(kept(&server).await, 0, "{}: nothing is kept of them", test.engine);
        assert_eq!(list(&server, &ada, None, None).await.unwrap().items.len(), 2);
    }
}

#[tokio::test]
async fn what_nobody_confirms_or_wants_goes_with_its_file() {
    for test in databases().await {
        let clock = clock();
        let server = server(test.db.clone(), clock.clone()).await;
        let ada = person(&server, "ada").await;
        let first = sent(&server, &ada, CLAUDE).await.unwrap();
        work(&server).await;
        let second = sent(&server, &ada, CHATGPT).await.unwrap();
        assert_eq!(code(find(&server, &ada, first.id).await), Code::NotFound, "{}: it made room", test.engine);
        discard(&server, &ada, second.id).await.unwrap();
        work(&server).await;
        assert_eq!((kept(&server).await, list(&server, &ada, None, None).await.unwrap().items.len()), (0, 0), "{}", test.engine);
        // A job that is gone does not stand in the way for ever.
        let third = sent(&server, &ada, CLAUDE).await.unwrap();
        let job = server.db.jobs().last_of(ada.user.id, JobKind::Import).await.unwrap().unwrap();
        server.db.jobs().cancel(job.id, clock.now()).await.unwrap();
        let third = find(&server, &ada, third.id).await.unwrap();
        assert_eq!((third.state, third.fault), (ImportState::Failed, Some(ImportFault::Server)), "{}", test.engine);
        sent(&server, &ada, CLAUDE).await.unwrap();
        work(&server).await;
        assert_eq!(kept(&server).await, 1, "{}", test.engine);
        clock.advance(Duration::hours(IMPORT_HOURS) + Duration::minutes(1));
        sweep(&server).await.unwrap();
        assert_eq!(kept(&server).await, 0, "{}: a day is over", test.engine);
        sent(&server, &ada, CLAUDE).await.unwrap();
        erase(&server, ada.user.id).await.unwrap();
        assert_eq!(kept(&server).await, 0, "{}", test.engine);
    }
}
