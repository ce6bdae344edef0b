//! Pages that come, listen, fall silent and go.

use super::super::viewer::Via;
use super::*;
use crate::model::preference::Preferences;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::{account, profile};
use crate::server::testing::server;

async fn viewer(server: &Server, name: &str, role: Role) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let user = account::create(server, registration, role).await.unwrap();
    Viewer { user, via: Via::Session { id_hash: [0; 32] } }
}

async fn servers() -> Vec<(Server, Clock, TestDb)> {
    let mut all = Vec::new();
    for test in databases().await {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        all.push((server(test.db.clone(), clock.clone()).await, clock, test));
    }
    all
}

fn names(server: &Server) -> Vec<(String, usize)> {
    server.presence.online().items.into_iter().map(|person| (person.name, person.pages)).collect()
}

#[tokio::test]
async fn somebody_is_online_from_the_first_page_to_the_last() {
    let (server, clock, _test) = servers().await.remove(0);
    let (ada, bob) = (viewer(&server, "ada", Role::Admin).await, viewer(&server, "bob", Role::User).await);
    let one = enter(&server, &ada).unwrap();
    clock.advance(TimeDelta::seconds(1));
    let two = enter(&server, &ada).unwrap();
    let three = enter(&server, &bob).unwrap();
    assert_eq!(names(&server), [("bob".into(), 1), ("ada".into(), 2)], "the last one to come first");
    drop(one);
    assert!(server.presence.is_online(ada.user.id));
    drop((two, three));
    assert_eq!(names(&server), []);
    assert!(online(&server, &bob).is_err() && online(&server, &ada).is_ok());
}

#[tokio::test]
async fn who_does_not_show_it_is_only_counted() {
    let (server, _, _test) = servers().await.remove(0);
    let ada = viewer(&server, "ada", Role::User).await;
    let _page = enter(&server, &ada).unwrap();
    let change = serde_json::from_str(r#"{"show_presence":false}"#).unwrap();
    profile::set_preferences(&server, &ada, change).await.unwrap();
    assert_eq!(server.presence.online(), Online { items: vec![], hidden: 1 });
    assert!(!server.presence.is_online(ada.user.id));
    assert!(Preferences::default().show_presence);
}

#[tokio::test]
async fn being_seen_is_written_once_a_minute() {
    for (server, clock, test) in servers().await {
        let ada = viewer(&server, "ada", Role::User).await;
        // Written by a task of its own: what has not come yet is waited for, what must not come is given time to.
        let stored = async |expected| {
            let mut seen = None;
            for _ in 0..200 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                seen = server.db.people().seen(ada.user.id).await.unwrap();
                if seen == Some(expected) {
                    break;
                }
            }
            seen
        };
        let first = clock.now();
        let page = enter(&server, &ada).unwrap();
        assert_eq!(stored(first).await, Some(first), "{}", test.engine);
        for _ in 0..20 {
            clock.advance(TimeDelta::seconds(2));
            page.seen();
        }
        assert_eq!(stored(first).await, Some(first), "{}: within the minute", test.engine);
        clock.advance(TimeDelta::seconds(20));
        page.seen();
        assert_eq!(stored(clock.now()).await, Some(clock.now()), "{}", test.engine);
        // Another node that hears of them within the minute writes nothing.
        let noted = clock.now();
        clock.advance(TimeDelta::seconds(59));
        server.db.people().set_seen(ada.user.id, clock.now(), clock.now() - SEEN_EVERY).await.unwrap();
        assert_eq!(server.db.people().seen(ada.user.id).await.unwrap(), Some(noted), "{}", test.engine);
        clock.advance(TimeDelta::seconds(1));
        server.db.people().set_seen(ada.user.id, clock.now(), clock.now() - SEEN_EVERY).await.unwrap();
        assert_eq!(server.db.people().seen(ada.user.id).await.unwrap(), Some(clock.now()), "{}", test.engine);
        server.presence.sweep(clock.now() + SEEN_EVERY);
        assert!(server.presence.written.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_user_has_so_many_pages_and_no_more() {
    let (server, _, _test) = servers().await.remove(0);
    let ada = viewer(&server, "ada", Role::User).await;
    let mut pages: Vec<_> = (0..PAGES_MAX).map(|_| enter(&server, &ada).unwrap()).collect();
    assert!(enter(&server, &ada).is_err());
    pages.pop();
    assert!(enter(&server, &ada).is_ok());
}

#[tokio::test]
async fn a_page_that_does_not_listen_is_let_go() {
    let (server, _, _test) = servers().await.remove(0);
    let ada = viewer(&server, "ada", Role::User).await;
    let (mut deaf, mut good) = (enter(&server, &ada).unwrap(), enter(&server, &ada).unwrap());
    for _ in 0..WORDS_MAX + 1 {
        server.presence.tell(ada.user.id, &ToPage::Pong);
        assert_eq!(good.next().await, Some(ToPage::Pong));
    }
    for _ in 0..WORDS_MAX {
        assert_eq!(deaf.next().await, Some(ToPage::Pong));
    }
    assert_eq!(deaf.next().await, None, "what did not fit was the end");
    assert_eq!(names(&server), [("ada".into(), 1)]);
}

#[tokio::test]
async fn who_watches_hears_of_comings_and_goings_and_others_do_not() {
    let (server, _, _test) = servers().await.remove(0);
    let (ada, bob) = (viewer(&server, "ada", Role::Admin).await, viewer(&server, "bob", Role::User).await);
    let (mut admin, mut user) = (enter(&server, &ada).unwrap(), enter(&server, &bob).unwrap());
    assert_eq!(user.watch(Topic::Online), ToPage::Refused { topic: Topic::Online });
    let ToPage::Online(now) = admin.watch(Topic::Online) else { panic!("a list") };
    assert_eq!(now.items.len(), 2);
    drop(user);
    let Some(ToPage::Online(after)) = admin.next().await else { panic!("a list") };
    assert_eq!(after.items.len(), 1);
    admin.unwatch(Topic::Online);
    let _user = enter(&server, &bob).unwrap();
    assert!(tokio::time::timeout(SETTLE * 2, admin.next()).await.is_err());
}

#[tokio::test]
async fn nobody_comes_in_when_the_server_stops() {
    let (server, _, _test) = servers().await.remove(0);
    let ada = viewer(&server, "ada", Role::User).await;
    server.presence.shutdown(Duration::from_millis(10)).await;
    assert!(enter(&server, &ada).is_err() && server.presence.stop().is_cancelled());
}

#[tokio::test]
async fn what_happens_to_conversations_is_told_to_their_owners_pages_in_one_word_and_within_a_second() {
    use crate::model::chat::Ask;
    use crate::server::service::{chat, folder, generation, provider};
    let (server, clock, _test) = servers().await.remove(0);
    provider::start(&server).await.unwrap();
    let (ada, bob) = (viewer(&server, "ada", Role::User).await, viewer(&server, "bob", Role::User).await);
    let (mut one, mut two, mut other) = (enter(&server, &ada).unwrap(), enter(&server, &ada).unwrap(), enter(&server, &bob).unwrap());
    let heard = async |page: &mut Page| match tokio::time::timeout(Duration::from_secs(1), page.next()).await {
        Ok(Some(ToPage::Chats { news })) => news,
        other => panic!("{other:?}"),
    };
    let ask = Ask { chat_id: None, text: "go".into(), model: Some("fake/words-30@20".into()), request_id: None, replaces: None };
    let started = generation::send(&server, &ada, ask).await.unwrap();
    let id = started.chat_id;
    let news = |what| News { chat: Some(id), what };
    assert_eq!((heard(&mut one).await, heard(&mut two).await), (vec![news(Happened::Began)], vec![news(Happened::Began)]));
    clock.advance(TimeDelta::seconds(1));
    generation::whole(&server, &ada, &started).await.unwrap();
    assert_eq!(heard(&mut one).await, [news(Happened::Ended)]);
    chat::read(&server, &ada, id).await.unwrap();
    chat::read(&server, &ada, id).await.unwrap();
    assert_eq!(heard(&mut one).await, [news(Happened::Read)], "once: what is read already is no news");
    // Several in one moment are one word, each once.
    chat::rename(&server, &ada, id, "Tides").await.unwrap();
    chat::rename(&server, &ada, id, "Waves").await.unwrap();
    folder::save(&server, &ada, None, serde_json::from_str(r#"{"name": "Sea"}"#).unwrap()).await.unwrap();
    chat::delete(&server, &ada, id).await.unwrap();
    assert_eq!(heard(&mut one).await, [news(Happened::Changed), News { chat: None, what: Happened::Changed }]);
    assert!(tokio::time::timeout(GATHER * 2, other.next()).await.is_err(), "nobody else hears of it");
    // A page that was written before something happened, and listens since after it.
    let mut late = enter(&server, &ada).unwrap();
    let missed = tokio::time::timeout(CATCH_UP * 2, late.next()).await.unwrap();
    assert_eq!(missed, Some(ToPage::Chats { news: vec![News { chat: None, what: Happened::Changed }] }));
    assert!(tokio::time::timeout(CATCH_UP + GATHER, enter(&server, &bob).unwrap().next()).await.is_err());
}

#[tokio::test]
async fn a_page_that_takes_its_time_is_not_let_go_for_news() {
    let (server, _, _test) = servers().await.remove(0);
    let ada = viewer(&server, "ada", Role::User).await;
    let mut slow = enter(&server, &ada).unwrap();
    for _ in 0..WORDS_MAX * 3 {
        server.presence.news(ada.user.id, Some(Uuid::now_v7()), Happened::Changed);
    }
    assert!(matches!(slow.next().await, Some(ToPage::Chats { news }) if news.len() == WORDS_MAX));
    assert_eq!(names(&server), [("ada".into(), 1)]);
}
