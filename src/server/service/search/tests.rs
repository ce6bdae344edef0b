//! What is found, and what is not, on both engines; with sentences as people write them.

use super::*;
use crate::model::chat::{Ask, Opening};
use crate::model::error::Code;
use crate::model::folder::FolderForm;
use crate::model::shelf::Order;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::db::{Pool, on};
use crate::server::job as jobs;
use crate::server::service::viewer::Via;
use crate::server::service::{account, chat, folder, generation, provider, shelf};
use crate::server::testing;
use uuid::Uuid;

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

/// Says it to a model that says it again: two messages with this text.
async fn say(server: &Server, viewer: &Viewer, chat_id: Option<Uuid>, text: &str) -> Uuid {
    let ask = Ask { chat_id, text: text.into(), model: Some("fake/echo@0".into()), request_id: None, replaces: None };
    let started = generation::send_as(server, viewer, ask, Opening::default()).await.unwrap();
    generation::whole(server, viewer, &started).await.unwrap();
    started.chat_id
}

/// The conversations that are found, each once, newest first.
async fn found(server: &Server, viewer: &Viewer, q: &str) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = Vec::new();
    for hit in find(server, viewer, q, None, None).await.unwrap().items {
        if !ids.contains(&hit.session_id) {
            ids.push(hit.session_id);
        }
    }
    ids
}

const SENTENCES: [(&str, &[&str]); 9] = [
    ("我们今天讨论机器学习和深度学习的区别。", &["机器学习", "学习", "区别", "今天", "我", "深度学习的区别", "讨论 区别"]),
    ("春眠不觉晓，处处闻啼鸟。", &["春眠", "啼鸟", "不觉晓", "晓"]),
    ("東京タワーの展望台から富士山が見えました。", &["富士山", "タワー", "見え", "東京", "展望台から"]),
    ("请用 Rust 写一个 WebSocket 服务器，并解释 async/await。", &["websocket", "Rust 写", "服务器", "async", "解释 rust", "await"]),
    ("Le café du Théâtre coûte 3,50 € — naïve façade.", &["cafe", "théatre", "NAIVE", "facade", "coûte 3,50"]),
    ("Der Fluß und die Straße, Übergröße für Öl.", &["fluß", "straße öl", "ubergr"]),
    ("Ship it 🚀🎉 before the démo on Friday!", &["🚀", "🎉 demo", "fri", "\"before the demo\""]),
    ("오늘 날씨가 정말 좋네요", &["날씨", "정말", "좋네요"]),
    ("let total_count = items.iter().sum::<u64>(); // O(n)", &["total_count", "items.iter", "u64", "sum"]),
];

#[tokio::test]
async fn sentences_of_many_scripts_are_found_by_any_part_of_them() {
    for test in databases().await {
        let (server, ada, bob) = people(&test).await;
        let mut ids = Vec::new();
        for (text, _) in SENTENCES {
            ids.push(say(&server, &ada, None, text).await);
        }
        let mut missed = Vec::new();
        for ((text, questions), id) in SENTENCES.iter().zip(&ids) {
            for q in *questions {
                if !found(&server, &ada, q).await.contains(id) {
                    missed.push(format!("{}: {q} in {text}", test.engine));
                }
                assert!(found(&server, &bob, q).await.is_empty(), "{}: somebody else's: {q}", test.engine);
            }
        }
        assert!(missed.is_empty(), "{missed:#?}");
        for absent in ["机器 鸟", "学机", "ocket", "\"the before\"", "富士川", "🎈", "caf é", "totalcount"] {
            assert!(found(&server, &ada, absent).await.is_empty(), "{}: {absent}", test.engine);
        }
    }
}

#[tokio::test]
async fn a_hit_shows_what_was_found_and_pages_follow_one_another() {
    for test in databases().await {
        let (server, ada, _) = people(&test).await;
        let id = say(&server, &ada, None, "one pebble").await;
        for n in 2..=6 {
            say(&server, &ada, Some(id), &format!("pebble number {n}")).await;
        }
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = find(&server, &ada, "pebble", after.as_deref(), Some(5)).await.unwrap();
            assert!(page.items.len() <= 5);
            seen.extend(page.items.into_iter().map(|hit| (hit.message_id, hit.snippet)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), 12, "{}: six questions and their answers", test.engine);
        assert!(seen.iter().all(|(_, snippet)| snippet.iter().any(|piece| piece.hit && piece.text == "pebble")), "{}", test.engine);
        let ids: HashSet<Uuid> = seen.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids.len(), 12, "{}: none twice", test.engine);
        let newest = chat::messages(&server, &ada, id, None, Some(100)).await.unwrap().items.last().unwrap().id;
        assert_eq!(seen[0].0, newest, "{}: newest first", test.engine);
        let first = find(&server, &ada, "pebble", None, None).await.unwrap();
        assert_eq!(first.sessions.len(), 1, "{}: its title", test.engine);
    }
}

#[tokio::test]
async fn filters_leave_only_what_they_name() {
    for test in databases().await {
        let (server, ada, bob) = people(&test).await;
        let sea = say(&server, &ada, None, "salt and water").await;
        let garden = say(&server, &ada, None, "water the peas").await;
        let outer = folder::save(&server, &ada, None, FolderForm { name: "Outer".into(), ..FolderForm::default() }).await.unwrap();
        let form = FolderForm { name: "My garden".into(), parent_id: Some(outer.id), ..FolderForm::default() };
        let inner = folder::save(&server, &ada, None, form).await.unwrap();
        shelf::order(&server, &ada, sea, Order { title: "Sea".into(), tags: vec!["海".into(), "Salt".into()], ..Order::default() })
            .await
            .unwrap();
        let order = Order { title: "Garden".into(), folder_id: Some(inner.id), archived: true, ..Order::default() };
        shelf::order(&server, &ada, garden, order).await.unwrap();
        let both = [garden, sea];
        for (q, expected) in [
            ("water", &both[..]),
            ("water tag:salt", &[sea]),
            ("tag:海", &[sea]),
            ("water tag:nowhere", &[]),
            ("water folder:\"my garden\"", &[garden]),
            ("water folder:outer", &[garden]),
            ("water folder:nothing", &[]),
            ("water from:me", &both),
            ("model:echo from:model peas", &[garden]),
            ("model:gpt water", &[]),
            ("water has:file", &[]),
            ("water after:2020-01-01", &both),
            ("water before:2020-01-01", &[]),
        ] {
            assert_eq!(found(&server, &ada, q).await, expected, "{}: {q}", test.engine);
        }
        let mine = find(&server, &ada, "water from:me", None, None).await.unwrap().items;
        assert!(mine.len() == 2 && mine.iter().all(|hit| hit.role == crate::model::message::Author::User), "{}", test.engine);
        assert!(found(&server, &bob, "tag:salt").await.is_empty());
        let wrong = find(&server, &ada, "before:yesterday", None, None).await.err().unwrap().into_api();
        assert_eq!((wrong.code, wrong.fields[0].field.as_str()), (Code::Invalid, "q"));
    }
}

async fn rows(test: &TestDb, sql: &'static str) -> i64 {
    on!(test.db.read(), c => sqlx::query_scalar(sql).fetch_one(c).await).unwrap()
}

#[tokio::test]
async fn what_is_deleted_is_not_found_and_leaves_nothing_in_the_index() {
    for test in databases().await {
        let (server, ada, _) = people(&test).await;
        let kept = say(&server, &ada, None, "quokka one").await;
        let gone = say(&server, &ada, None, "quokka xylograph").await;
        chat::delete(&server, &ada, gone).await.unwrap();
        assert_eq!(found(&server, &ada, "quokka").await, [kept], "{}", test.engine);
        chat::restore(&server, &ada, gone).await.unwrap();
        assert_eq!(found(&server, &ada, "quokka").await.len(), 2, "{}", test.engine);
        chat::delete(&server, &ada, gone).await.unwrap();
        let later = server.clock.now() + chrono::Duration::days(1);
        assert_eq!(server.db.chats().erase_deleted(later).await.unwrap(), 1);
        assert_eq!(rows(&test, "SELECT COUNT(*) FROM search_documents").await, 2, "{}", test.engine);
        server.db.search().forget_removed().await.unwrap();
        if let Pool::Sqlite(_) = test.db.read() {
            let left = rows(&test, "SELECT COUNT(*) FROM search_index_data WHERE instr(block, CAST('xylograph' AS BLOB)) > 0").await;
            assert_eq!(left, 0, "the terms of what was erased");
            let kept = rows(&test, "SELECT COUNT(*) FROM search_index_data WHERE instr(block, CAST('quokka' AS BLOB)) > 0").await;
            assert!(kept > 0, "the check finds what is there");
        }
        assert_eq!(found(&server, &ada, "quokka").await, [kept], "{}", test.engine);
    }
}

#[tokio::test]
async fn copies_are_found_and_an_old_database_is_taken_into_the_index_where_it_was_left() {
    for test in databases().await {
        let (server, ada, _) = people(&test).await;
        begin(&server).await.unwrap();
        let id = say(&server, &ada, None, "wombat 袋熊").await;
        let copy = shelf::copy(&server, &ada, id, None).await.unwrap();
        assert_eq!(found(&server, &ada, "wombat").await, [copy.id, id], "{}", test.engine);
        // As a database that was made before there was an index.
        let forget = ["DELETE FROM search_documents", "DELETE FROM settings WHERE name = 'search_index'"];
        for sql in forget {
            on!(test.db.write(), c => sqlx::query(sql).execute(c).await.map(drop)).unwrap();
        }
        assert!(found(&server, &ada, "wombat").await.is_empty(), "{}", test.engine);
        let fresh = say(&server, &ada, None, "wombat three").await;
        begin(&server).await.unwrap();
        while jobs::run_next(&server).await.unwrap() {}
        assert_eq!(found(&server, &ada, "袋熊").await, [copy.id, id], "{}", test.engine);
        assert_eq!(found(&server, &ada, "wombat").await, [fresh, copy.id, id], "{}: in their order", test.engine);
        assert_eq!(backfill::progress(&server).await.unwrap(), None);
        begin(&server).await.unwrap();
        assert!(!jobs::run_next(&server).await.unwrap(), "{}: once is enough", test.engine);
    }
}

#[tokio::test]
async fn a_link_to_a_message_shows_it_and_its_branch() {
    for test in databases().await {
        let (server, ada, bob) = people(&test).await;
        let id = say(&server, &ada, None, "first").await;
        for n in 0..40 {
            say(&server, &ada, Some(id), &format!("turn {n}")).await;
        }
        let all = chat::messages(&server, &ada, id, None, Some(200)).await.unwrap().items;
        let shown = async |at: Uuid| {
            let opened = chat::open_at(&server, &ada, id, at).await.unwrap();
            opened.messages.into_iter().map(|shown| shown.message.id).collect::<Vec<_>>()
        };
        for at in [&all[0], &all[10], all.last().unwrap()] {
            assert!(shown(at.id).await.contains(&at.id), "{}", test.engine);
        }
        // Another question in the place of the first: the old branch is shown where one of its messages is looked for.
        let ask = Ask { chat_id: Some(id), text: "other".into(), model: None, request_id: None, replaces: Some(all[0].id) };
        let started = generation::send(&server, &ada, ask).await.unwrap();
        generation::whole(&server, &ada, &started).await.unwrap();
        assert_eq!(chat::open(&server, &ada, id, None).await.unwrap().messages.len(), 2, "{}", test.engine);
        assert!(shown(all[3].id).await.contains(&all[3].id), "{}", test.engine);
        assert_eq!(chat::open_at(&server, &bob, id, all[3].id).await.err().unwrap().into_api().code, Code::NotFound);
    }
}
