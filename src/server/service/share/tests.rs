//! Links to conversations as their owner and others see them, on both databases.

use chrono::DateTime;

use super::*;
use crate::model::chat::{Ask, Opening, Started};
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::databases;
use crate::server::job;
use crate::server::service::generation::{keep, send_with, whole};
use crate::server::service::viewer::Via;
use crate::server::service::{account, provider};
use crate::server::testing::server;

async fn person(server: &Server, name: &str) -> Viewer {
    provider::start(server).await.unwrap();
    keep(server);
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let user = account::create(server, registration, Role::User).await.unwrap();
    Viewer { user, via: Via::Session { id_hash: [0; 32] } }
}

async fn ask(server: &Server, viewer: &Viewer, chat_id: Option<Uuid>, text: &str, files: &[Uuid]) -> Started {
    let ask = Ask { chat_id, text: text.into(), model: Some("fake/echo@0".into()), request_id: None, replaces: None };
    let started = send_with(server, viewer, ask, Opening::default(), files).await.unwrap();
    whole(server, viewer, &started).await.unwrap();
    started
}

fn form(session_id: Uuid) -> ShareForm {
    ShareForm { session_id, live: false, sign_in: false, indexed: false, files: false, days: None }
}

async fn shared(server: &Server, viewer: &Viewer, form: ShareForm) -> (Share, String) {
    let site = Site("https://chat.example.org".into());
    let share = create(server, viewer, &Origin::default(), &site, form).await.unwrap();
    let token = share.url.strip_prefix("https://chat.example.org/share/").unwrap().to_owned();
    (share, token)
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    result.unwrap_err().into_api().code
}

async fn texts(server: &Server, token: &str) -> Vec<String> {
    read(server, None, token).await.unwrap().1.into_iter().map(|message| message.content).collect()
}

#[tokio::test]
async fn a_link_shows_what_was_there_and_a_live_one_what_is() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let (ada, bob) = (person(&server, "ada").await, person(&server, "bob").await);
        let chat = ask(&server, &ada, None, "one", &[]).await.chat_id;
        let (then, token) = shared(&server, &ada, form(chat)).await;
        let (_, live) = shared(&server, &ada, ShareForm { live: true, ..form(chat) }).await;
        ask(&server, &ada, Some(chat), "two", &[]).await;
        assert_eq!(texts(&server, &token).await, ["one", "one"], "{}", test.engine);
        assert_eq!(texts(&server, &live).await, ["one", "one", "two", "two"], "{}", test.engine);
        let page = open(&server, Some(&bob), &token, None).await.unwrap();
        assert!(!page.live && page.summary == "one" && page.messages.len() == 2, "{page:?}");
        let shown = page.messages.iter().map(|shown| &shown.message);
        assert!(shown.clone().all(|message| message.usage.is_none() && message.generation_id.is_none()), "what it cost is not theirs");
        // Bob and the reader without an account were counted, its owner is not.
        open(&server, Some(&ada), &token, None).await.unwrap();
        let site = Site("https://chat.example.org".into());
        let links = list(&server, &ada, &site, Some(chat)).await.unwrap().items;
        assert_eq!(links.iter().find(|link| link.id == then.id).unwrap().views, 2, "{}", test.engine);
        assert_eq!((links.len(), list(&server, &bob, &site, None).await.unwrap().items.len()), (2, 0));
        assert_eq!(code(list(&server, &bob, &site, Some(chat)).await), Code::NotFound);
    }
}

#[tokio::test]
async fn a_link_ends_by_hand_by_time_and_with_its_conversation_or_owner() {
    for test in databases().await {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server(test.db.clone(), clock.clone()).await;
        // The first of all administers, and stays.
        let (bob, ada) = (person(&server, "bob").await, person(&server, "ada").await);
        let chat = ask(&server, &ada, None, "one", &[]).await.chat_id;
        let nobodys = create(&server, &bob, &Origin::default(), &Site::default(), form(chat)).await;
        assert_eq!(code(nobodys), Code::NotFound, "{}", test.engine);
        let days = create(&server, &ada, &Origin::default(), &Site::default(), ShareForm { days: Some(0), ..form(chat) }).await;
        assert_eq!(code(days), Code::Invalid);

        let (share, token) = shared(&server, &ada, form(chat)).await;
        assert_eq!(code(revoke(&server, &bob, &Origin::default(), share.id).await), Code::NotFound);
        assert_eq!(texts(&server, &token).await.len(), 2);
        revoke(&server, &ada, &Origin::default(), share.id).await.unwrap();
        assert_eq!(code(read(&server, None, &token).await), Code::NotFound, "{}", test.engine);

        let (_, token) = shared(&server, &ada, ShareForm { days: Some(1), ..form(chat) }).await;
        clock.advance(Duration::days(1));
        assert_eq!(code(read(&server, None, &token).await), Code::NotFound, "{}", test.engine);
        assert_eq!((sweep(&server).await.unwrap(), sweep(&server).await.unwrap()), (1, 0), "{}", test.engine);

        let (_, token) = shared(&server, &ada, form(chat)).await;
        chat::delete(&server, &ada, chat).await.unwrap();
        assert_eq!(code(read(&server, None, &token).await), Code::NotFound);
        chat::restore(&server, &ada, chat).await.unwrap();
        assert_eq!(texts(&server, &token).await.len(), 2, "what is restored is shared again");
        assert!(server.db.people().request_deletion(ada.user.id, clock.now() + Duration::days(7), clock.now()).await.unwrap());
        assert_eq!(code(read(&server, None, &token).await), Code::NotFound, "{}", test.engine);
        assert_eq!(code(read(&server, None, "made-up").await), Code::NotFound);
    }
}

#[tokio::test]
async fn files_and_closed_links_are_for_whom_they_were_meant() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let (ada, bob) = (person(&server, "ada").await, person(&server, "bob").await);
        let sent = async |name: &str| {
            let pieces = futures::stream::iter([Ok::<_, String>(Bytes::from(name.to_owned()))]);
            file::store(&server, &ada, name, pieces).await.unwrap().0.id
        };
        let (with, other) = (sent("with.txt").await, sent("other.txt").await);
        while job::run_next(&server).await.unwrap() {}
        let chat = ask(&server, &ada, None, "read it", &[with]).await.chat_id;
        let (_, without) = shared(&server, &ada, form(chat)).await;
        assert_eq!(code(content(&server, None, &without, with).await.map(drop)), Code::NotFound, "{}", test.engine);
        let (_, token) = shared(&server, &ada, ShareForm { files: true, ..form(chat) }).await;
        assert_eq!(content(&server, None, &token, with).await.unwrap().file.name, "with.txt");
        assert_eq!(code(content(&server, None, &token, other).await.map(drop)), Code::NotFound, "another file of hers");
        let (closed, token) = shared(&server, &ada, ShareForm { sign_in: true, indexed: true, ..form(chat) }).await;
        assert!(!closed.indexed, "search engines do not sign in");
        assert_eq!(code(open(&server, None, &token, None).await), Code::Unauthenticated);
        assert_eq!(open(&server, Some(&bob), &token, None).await.unwrap().messages.len(), 2, "{}", test.engine);
    }
}

#[tokio::test]
async fn a_reader_goes_on_in_a_copy_that_is_their_own() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let (ada, bob) = (person(&server, "ada").await, person(&server, "bob").await);
        let pieces = futures::stream::iter([Ok::<_, String>(Bytes::from("a note"))]);
        let file = file::store(&server, &ada, "note.txt", pieces).await.unwrap().0.id;
        while job::run_next(&server).await.unwrap() {}
        let chat = ask(&server, &ada, None, "one", &[file]).await.chat_id;
        ask(&server, &ada, Some(chat), "two", &[]).await;
        let (_, bare) = shared(&server, &ada, form(chat)).await;
        let (_, full) = shared(&server, &ada, ShareForm { files: true, ..form(chat) }).await;

        let copy = take(&server, &bob, &full).await.unwrap();
        assert_ne!(copy.id, chat);
        let messages = test.db.messages().list(copy.id, None, 10).await.unwrap();
        let theirs: Vec<_> = messages.iter().flat_map(|message| &message.attachments).collect();
        assert_eq!((theirs.len(), theirs[0].name.as_str()), (1, "note.txt"), "{}", test.engine);
        assert_ne!(theirs[0].id, file);
        file::find(&server, &bob, theirs[0].id).await.unwrap();
        assert!(messages.iter().all(|message| message.usage.is_none()), "what it cost is its owner's");
        while job::run_next(&server).await.unwrap() {}
        ask(&server, &bob, Some(copy.id), "three", &[]).await;
        assert_eq!(texts(&server, &full).await.len(), 4, "{}: the original does not grow", test.engine);

        // Files that are not shared are named.
        let copy = take(&server, &bob, &bare).await.unwrap();
        let messages = test.db.messages().list(copy.id, None, 10).await.unwrap();
        assert!(messages.iter().all(|message| message.attachments.is_empty()));
        assert!(messages[0].content.starts_with("[note.txt]"), "{}: {}", test.engine, messages[0].content);
        assert_eq!(code(take(&server, &bob, "nothing").await), Code::NotFound);
    }
}
