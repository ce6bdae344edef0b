//! The security log on both databases: its chain, what it forgets, and that it never fails who writes to it.

use chrono::Duration;

use super::*;
use crate::model::user::{Role, User};
use crate::server::clock::Clock;
use crate::server::db::testing::databases;
use crate::server::db::{Db, Pool};
use crate::server::service::viewer::Via;
use crate::server::testing::server;

async fn tamper(db: &Db, sql: &'static str) {
    match db.write() {
        Pool::Sqlite(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
        Pool::Postgres(pool) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
    }
}

async fn five(server: &Server, user: Uuid) {
    let origin = Origin { ip: Some([192, 0, 2, 1].into()), user_agent: Some("Firefox".into()) };
    for n in 0..5 {
        record(server, Event::new(Action::SignedIn, &origin).of(user).detail(json!({"n": n}))).await;
    }
}

fn viewer(id: Uuid, role: Role, server: &Server) -> Viewer {
    Viewer { user: User::new(id, "a@b".into(), "A".into(), role, server.clock.now()), via: Via::Session { id_hash: [0; 32] } }
}

#[tokio::test]
async fn an_untouched_chain_holds_and_everybody_reads_their_own() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let (ada, bob) = (Uuid::now_v7(), Uuid::now_v7());
        five(&server, ada).await;
        record(&server, Event::new(Action::SignedIn, &Origin::default()).of(bob).by_nobody().refused()).await;
        let verified = verify(&server).await.unwrap();
        assert_eq!((verified.entries, verified.erased, verified.broken), (6, 0, None), "{}", test.engine);
        let own_entries = own(&server, &viewer(ada, Role::User, &server), None).await.unwrap().items;
        assert_eq!(own_entries.len(), 5);
        assert_eq!(own_entries[0].detail, json!({"n": 4}));
        assert_eq!(own_entries[0].ip, Some([192, 0, 2, 1].into()));
        let refused = ActivityFilter { result: Some(Outcome::Refused), ..ActivityFilter::default() };
        assert!(list(&server, &viewer(ada, Role::User, &server), &refused).await.is_err());
        let found = list(&server, &viewer(ada, Role::Admin, &server), &refused).await.unwrap().items;
        assert_eq!((found.len(), found[0].user_id, found[0].actor_id), (1, Some(bob), None));
    }
}

#[tokio::test]
async fn what_was_changed_removed_or_reordered_shows() {
    let changes = [
        ("UPDATE activity SET action = 'signed_out' WHERE seq = 3", 3),
        ("UPDATE activity SET personal = '{}' WHERE seq = 3", 3),
        ("UPDATE activity SET user_id = NULL WHERE seq = 3", 3),
        ("DELETE FROM activity WHERE seq = 3", 3),
        ("DELETE FROM activity WHERE seq = 1", 1),
        ("UPDATE activity SET seq = 9 WHERE seq = 5", 5),
    ];
    for (sql, at) in changes {
        for test in databases().await {
            let server = server(test.db.clone(), Clock::default()).await;
            five(&server, Uuid::now_v7()).await;
            tamper(&server.db, sql).await;
            assert_eq!(verify(&server).await.unwrap().broken.map(|(seq, _)| seq), Some(at), "{}: {sql}", test.engine);
        }
    }
}

#[tokio::test]
async fn what_tells_about_a_person_can_be_erased_and_old_entries_removed() {
    for test in databases().await {
        let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server(test.db.clone(), clock.clone()).await;
        let (ada, bob) = (Uuid::now_v7(), Uuid::now_v7());
        five(&server, ada).await;
        clock.advance(Duration::days(100));
        five(&server, bob).await;
        assert_eq!(server.db.activity().erase(ada).await.unwrap(), 5);
        let verified = verify(&server).await.unwrap();
        assert_eq!((verified.entries, verified.erased, verified.broken), (10, 5, None), "{}", test.engine);
        let admin = viewer(ada, Role::Admin, &server);
        let security = crate::model::setting::SecuritySettings { activity_days: 90, ..Default::default() };
        super::super::setting::update_security(&server, &admin, &Origin::default(), security).await.unwrap();
        prune(&server).await.unwrap();
        let verified = verify(&server).await.unwrap();
        assert_eq!((verified.entries, verified.broken), (6, None), "{}: five of bob and the setting itself", test.engine);
        tamper(&server.db, "DELETE FROM activity WHERE seq = 6").await;
        assert!(verify(&server).await.unwrap().broken.is_some(), "the beginning is known");
    }
}

#[tokio::test]
async fn entries_written_at_once_are_one_chain() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let all = (0..4).map(|_| five(&server, Uuid::now_v7()));
        futures::future::join_all(all).await;
        let verified = verify(&server).await.unwrap();
        assert_eq!((verified.entries, verified.broken), (20, None), "{}", test.engine);
    }
}
