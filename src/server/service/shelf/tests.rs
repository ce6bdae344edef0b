//! Conversations in order, on both engines.

use super::*;
use crate::model::chat::{Ask, Opening};
use crate::model::error::Code;
use crate::model::folder::FolderForm;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::viewer::Via;
use crate::server::service::{account, generation, provider};
use crate::server::testing;

async fn people(test: &TestDb) -> (Server, Viewer, Viewer) {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    provider::start(&server).await.unwrap();
    let mut viewers = Vec::new();
    for name in ["ada", "bob"] {
        let registration =
            Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
        let user = account::create(&server, registration, Role::User).await.unwrap();
        viewers.push(Viewer { user, via: Via::Token { family: Uuid::nil() } });
    }
    let bob = viewers.pop().unwrap();
    (server, viewers.pop().unwrap(), bob)
}

async fn ask(server: &Server, viewer: &Viewer, chat_id: Option<Uuid>, text: &str, opening: Opening) -> Uuid {
    let ask = Ask { chat_id, text: text.into(), model: Some("fake/echo@0".into()), request_id: None, replaces: None };
    let started = generation::send_as(server, viewer, ask, opening).await.unwrap();
    generation::whole(server, viewer, &started).await.unwrap();
    started.chat_id
}

fn code<T>(result: Result<T>) -> (Code, Vec<String>) {
    let error = result.err().expect("an error").into_api();
    (error.code, error.fields.into_iter().map(|field| field.field).collect())
}

fn titles(chats: &[Chat]) -> Vec<&str> {
    chats.iter().map(|chat| chat.title.as_str()).collect()
}

#[tokio::test]
async fn what_is_pinned_stands_above_and_what_is_archived_is_put_away() {
    for test in databases().await {
        let (server, ada, bob) = people(&test).await;
        let mut ids = Vec::new();
        for text in ["one", "two", "three"] {
            ids.push(ask(&server, &ada, None, text, Opening::default()).await);
        }
        let pinned = Order { title: "One".into(), pinned: true, tags: vec!["水".into(), "B".into()], ..Order::default() };
        let chat = order(&server, &ada, ids[0], pinned).await.unwrap();
        assert_eq!((chat.pinned, chat.archived, chat.tags.as_slice()), (true, false, &["B".to_owned(), "水".to_owned()][..]));
        order(&server, &ada, ids[1], Order { title: "two".into(), archived: true, ..Order::default() }).await.unwrap();
        let seen = shelf(&server, &ada, None).await.unwrap();
        assert_eq!((titles(&seen.pinned), titles(&seen.page.items)), (vec!["One"], vec!["three"]), "{}", test.engine);
        let archived = Selection { archived: Some(true), ..Selection::default() };
        let put_away = chat::select_some(&server, &ada, &archived, None, None).await.unwrap();
        assert_eq!(titles(&put_away.items), ["two"], "{}", test.engine);
        let tagged = Selection { tag: Some("水".into()), ..Selection::default() };
        assert_eq!(titles(&chat::select_some(&server, &ada, &tagged, None, None).await.unwrap().items), ["One"]);
        assert_eq!(tags(&server, &ada).await.unwrap().len(), 2);
        assert!(tags(&server, &bob).await.unwrap().is_empty(), "{}: somebody else's tags", test.engine);
        assert_eq!(code(order(&server, &bob, ids[0], Order::default()).await).0, Code::NotFound, "{}", test.engine);
        assert!(chat::find(&server, &ada, ids[0]).await.unwrap().pinned, "{}: somebody else changed it", test.engine);
    }
}

#[tokio::test]
async fn the_same_is_done_to_many_and_only_to_ones_own() {
    for test in databases().await {
        let (server, ada, bob) = people(&test).await;
        let mine = ask(&server, &ada, None, "mine", Opening::default()).await;
        let also = ask(&server, &ada, None, "also mine", Opening::default()).await;
        let his = ask(&server, &bob, None, "his", Opening::default()).await;
        let folder = folder::save(&server, &ada, None, FolderForm { name: "F".into(), ..FolderForm::default() }).await.unwrap();
        let bulk = |action, folder_id, tag: Option<&str>| Bulk {
            ids: vec![mine, his, also, mine],
            action,
            folder_id,
            tag: tag.map(str::to_owned),
        };
        for (bulk, expected) in [
            (bulk(Deed::Pin, None, None), 2),
            (bulk(Deed::Tag, None, Some(" garden, ")), 2),
            (bulk(Deed::Tag, None, Some("garden")), 2),
            (bulk(Deed::Move, Some(folder.id), None), 2),
            (bulk(Deed::Archive, None, None), 2),
        ] {
            assert_eq!(many(&server, &ada, bulk).await.unwrap(), expected, "{}", test.engine);
        }
        let chat = chat::find(&server, &ada, also).await.unwrap();
        assert_eq!((chat.pinned, chat.archived, chat.folder_id, chat.tags), (true, true, Some(folder.id), vec!["garden".to_owned()]));
        let theirs = chat::find(&server, &bob, his).await.unwrap();
        assert_eq!((theirs.pinned, theirs.folder_id, theirs.tags.len()), (false, None, 0), "{}", test.engine);
        assert_eq!(code(many(&server, &bob, bulk(Deed::Move, Some(folder.id), None)).await).1, ["folder_id"]);
        assert_eq!(code(many(&server, &ada, bulk(Deed::Tag, None, Some(" "))).await).1, ["tag"]);
        let nothing = Bulk { ids: Vec::new(), ..bulk(Deed::Pin, None, None) };
        assert_eq!(code(many(&server, &ada, nothing).await).1, ["ids"]);
        assert_eq!(many(&server, &ada, bulk(Deed::Untag, None, Some("garden"))).await.unwrap(), 2);
        assert_eq!(many(&server, &ada, bulk(Deed::Delete, None, None)).await.unwrap(), 2);
        assert!(chat::find(&server, &bob, his).await.is_ok());
        assert!(chat::find(&server, &ada, also).await.is_err());
        chat::restore(&server, &ada, also).await.unwrap();
    }
}

#[tokio::test]
async fn a_conversation_begins_with_what_the_folders_around_it_say() {
    for test in databases().await {
        let (server, ada, bob) = people(&test).await;
        let form = |name: &str, parent_id, prompt: Option<&str>| FolderForm {
            name: name.into(),
            parent_id,
            system_prompt: prompt.map(str::to_owned),
            ..FolderForm::default()
        };
        let outer = folder::save(&server, &ada, None, form("Outer", None, Some("Be brief."))).await.unwrap();
        let inner = folder::save(&server, &ada, None, form("Inner", Some(outer.id), None)).await.unwrap();
        let opening = |folder| Opening { folder: Some(folder), ..Opening::default() };
        let id = ask(&server, &ada, None, "hello", opening(inner.id)).await;
        let begun = chat::setup(&server, &ada, id).await.unwrap();
        assert_eq!((begun.chat.folder_id, begun.setup.system_prompt.as_deref()), (Some(inner.id), Some("Be brief.")), "{}", test.engine);
        let foreign = Ask { chat_id: None, text: "x".into(), model: None, request_id: None, replaces: None };
        assert_eq!(code(generation::send_as(&server, &bob, foreign, opening(inner.id)).await).1, ["folder_id"]);

        // A circle, a parent of somebody else's, and what is not there.
        let circle = folder::save(&server, &ada, Some(outer.id), form("Outer", Some(inner.id), None)).await;
        assert_eq!(code(circle).1, ["parent_id"], "{}", test.engine);
        assert_eq!(code(folder::save(&server, &bob, None, form("x", Some(outer.id), None)).await).1, ["parent_id"]);
        assert_eq!(code(folder::save(&server, &bob, Some(outer.id), form("x", None, None)).await).0, Code::NotFound);
        let mut deep = inner.id;
        let refused = loop {
            match folder::save(&server, &ada, None, form("deeper", Some(deep), None)).await {
                Ok(folder) => deep = folder.id,
                refused => break refused,
            }
        };
        assert_eq!(code(refused).1, ["parent_id"], "{}: too deep", test.engine);

        // What is in a folder that goes moves to where it was.
        assert_eq!(code(folder::delete(&server, &bob, inner.id).await).0, Code::NotFound);
        folder::delete(&server, &ada, inner.id).await.unwrap();
        assert_eq!(chat::find(&server, &ada, id).await.unwrap().folder_id, Some(outer.id), "{}", test.engine);
        let there = folder::list(&server, &ada).await.unwrap();
        assert_eq!((there[0].chats, there[1].depth), (1, 1), "{}: {there:?}", test.engine);
    }
}

#[tokio::test]
async fn a_copy_has_everything_and_a_fork_ends_at_its_message() {
    for test in databases().await {
        let (server, ada, bob) = people(&test).await;
        let id = ask(&server, &ada, None, "first", Opening::default()).await;
        ask(&server, &ada, Some(id), "second", Opening::default()).await;
        order(&server, &ada, id, Order { title: "Tides".into(), pinned: true, tags: vec!["t".into()], ..Order::default() }).await.unwrap();
        let messages = chat::messages(&server, &ada, id, None, None).await.unwrap().items;
        assert_eq!(messages.len(), 4);

        let whole = copy(&server, &ada, id, None).await.unwrap();
        assert_eq!((whole.title.as_str(), whole.tags.len(), whole.pinned), ("Tides (2)", 1, false), "{}", test.engine);
        let copied = chat::messages(&server, &ada, whole.id, None, None).await.unwrap().items;
        let said = |all: &[Message]| all.iter().map(|message| message.content.clone()).collect::<Vec<_>>();
        assert_eq!(said(&copied), said(&messages), "{}", test.engine);
        assert!(copied.iter().all(|one| !messages.iter().any(|old| old.id == one.id)));
        assert_eq!(copied[3].parent_id, Some(copied[2].id));
        assert_eq!(chat::open(&server, &ada, whole.id, None).await.unwrap().messages.len(), 4, "{}", test.engine);

        let fork = copy(&server, &ada, id, Some(messages[1].id)).await.unwrap();
        let forked = chat::open(&server, &ada, fork.id, None).await.unwrap().messages;
        assert_eq!(forked.len(), 2, "{}", test.engine);
        ask(&server, &ada, Some(fork.id), "otherwise", Opening::default()).await;
        assert_eq!(chat::messages(&server, &ada, id, None, None).await.unwrap().items.len(), 4, "{}: the first stays", test.engine);

        assert_eq!(code(copy(&server, &bob, id, None).await).0, Code::NotFound);
        assert_eq!(code(copy(&server, &ada, fork.id, Some(messages[1].id)).await).0, Code::NotFound, "{}", test.engine);
    }
}
