//! The security log on both databases: its chain, what it forgets, and that it never fails who writes to it.

use chrono::Duration;

use super::chain::ANCHOR;
use super::*;
use crate::model::activity::ActivityQuery;
use crate::model::user::{Role, User};
use crate::server::clock::Clock;
use crate::server::db::testing::databases;
use crate::server::db::{Db, Pool, on};
use crate::server::service::viewer::{Via, Viewer};
use crate::server::testing::server;

async fn execute(db: &Db, sql: &'static str) -> sqlx::Result<()> {
    on!(db.write(), c => sqlx::query(sql).execute(c).await.map(drop))
}

/// What nobody can do but who may also remove the guards.
async fn tamper(db: &Db, sql: &'static str) {
    let guards: &[&str] = match db.write() {
        Pool::Postgres(_) => &["ALTER TABLE activity DISABLE TRIGGER USER"],
        Pool::Sqlite(_) => &["DROP TRIGGER IF EXISTS activity_is_not_changed", "DROP TRIGGER IF EXISTS activity_is_not_removed"],
    };
    for guard in guards.iter().copied().chain([sql]) {
        execute(db, guard).await.unwrap();
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
        let verified = verify(&server, &[]).await.unwrap();
        assert_eq!((verified.entries, verified.erased, verified.broken), (6, 0, None), "{}", test.engine);
        let own_entries = own(&server, &viewer(ada, Role::User, &server), None).await.unwrap().items;
        assert_eq!(own_entries.len(), 5);
        assert_eq!(own_entries[0].activity.detail, json!({"n": 4}));
        assert_eq!(own_entries[0].activity.ip, Some([192, 0, 2, 1].into()));
        let refused = || ActivityQuery { result: Some(Outcome::Refused), ..ActivityQuery::default() };
        let read = async |role| list(&server, &viewer(ada, role, &server), &Origin::default(), refused(), None).await;
        assert!(read(Role::User).await.is_err());
        let found = read(Role::Admin).await.unwrap().items;
        let only = &found[0].activity;
        assert_eq!((found.len(), only.user_id, only.actor_id), (1, Some(bob), None));
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
            assert_eq!(verify(&server, &[]).await.unwrap().broken.map(|(seq, _)| seq), Some(at), "{}: {sql}", test.engine);
        }
    }
}

#[tokio::test]
async fn the_database_refuses_to_change_the_log() {
    let refused = [
        "UPDATE activity SET action = 'signed_out' WHERE seq = 3",
        "UPDATE activity SET personal = '{}' WHERE seq = 3",
        "UPDATE activity SET user_id = NULL, personal = NULL WHERE seq = 3",
        "UPDATE activity SET hash = personal_hash, personal = NULL WHERE seq = 3",
        "UPDATE activity SET at = '2020-01-01T00:00:00+00:00', personal = NULL",
        "UPDATE activity SET seq = 9 WHERE seq = 5",
        "DELETE FROM activity WHERE seq = 5",
        "DELETE FROM activity",
        "UPDATE activity_marks SET seq = 5",
    ];
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        five(&server, Uuid::now_v7()).await;
        execute(&server.db, "INSERT INTO activity_marks (seq, hash) SELECT seq, hash FROM activity WHERE seq = 1").await.unwrap();
        let replace: &[&str] = match test.engine {
            "sqlite" => &["INSERT OR REPLACE INTO activity SELECT * FROM activity WHERE seq = 5"],
            _ => &[
                "TRUNCATE activity",
                "INSERT INTO activity SELECT * FROM activity WHERE seq = 5 ON CONFLICT (seq) DO UPDATE SET action = 'signed_out'",
            ],
        };
        for sql in refused.iter().chain(replace) {
            let error = execute(&server.db, sql).await.expect_err(sql).to_string();
            assert!(error.contains("security log is not"), "{}: {sql}: {error}", test.engine);
        }
        // What is told about a person goes, and what is marked.
        execute(&server.db, "UPDATE activity SET personal = NULL WHERE seq = 3").await.unwrap();
        execute(&server.db, "DELETE FROM activity WHERE seq = 1").await.unwrap();
        let verified = verify(&server, &[]).await.unwrap();
        assert_eq!((verified.entries, verified.erased, verified.broken), (4, 1, None), "{}", test.engine);
    }
}

#[tokio::test]
async fn a_chain_whose_beginning_was_removed_before_there_were_marks_holds() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        five(&server, Uuid::now_v7()).await;
        let first = server.db.activity().after(0, 1).await.unwrap().remove(0);
        tamper(&server.db, "DELETE FROM activity WHERE seq = 1").await;
        assert!(verify(&server, &[]).await.unwrap().broken.is_some(), "{}", test.engine);
        server.db.settings().put(ANCHOR, &json!((first.seq, first.hash)), server.clock.now()).await.unwrap();
        let verified = verify(&server, &[]).await.unwrap();
        assert_eq!((verified.entries, verified.untold, verified.broken), (4, Some(1), None), "{}", test.engine);
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
        let verified = verify(&server, &[]).await.unwrap();
        assert_eq!((verified.entries, verified.erased, verified.broken), (10, 5, None), "{}", test.engine);
        let admin = viewer(ada, Role::Admin, &server);
        keep_days(&server, &admin, 90).await;
        prune(&server).await.unwrap();
        let verified = verify(&server, &[]).await.unwrap();
        assert_eq!(
            (verified.entries, verified.untold, verified.broken),
            (7, None, None),
            "{}: five of bob, the setting, the removal",
            test.engine
        );
        let told = list(&server, &admin, &Origin::default(), ActivityQuery::default(), None).await.unwrap().items;
        let told = &told.iter().find(|entry| entry.activity.action == Action::EntriesRemoved).unwrap().activity.detail;
        assert_eq!((&told["up_to"], &told["entries"]), (&json!(5), &json!(5)), "{}: {told}", test.engine);
        // Each removal is an entry, so there is one a day at most.
        clock.advance(Duration::days(91));
        prune(&server).await.unwrap();
        record(&server, Event::new(Action::SignedIn, &Origin::default()).of(bob)).await;
        let pruned = async |hours: i64| {
            clock.advance(Duration::hours(hours));
            prune(&server).await.unwrap();
            server.db.activity().after(0, 100).await.unwrap().into_iter().map(|row| row.seq).collect::<Vec<_>>()
        };
        assert_eq!(pruned(23).await, [13, 14, 15], "{}: that it was read, the removal, a sign-in", test.engine);
        assert_eq!(pruned(1).await, [14, 15, 16], "{}", test.engine);
        assert_eq!(verify(&server, &[]).await.unwrap().broken, None, "{}", test.engine);
        tamper(&server.db, "DELETE FROM activity WHERE seq = 14").await;
        assert!(verify(&server, &[]).await.unwrap().broken.is_some(), "the beginning is known");
    }
}

async fn keep_days(server: &Server, admin: &Viewer, activity_days: u32) {
    let security = crate::model::setting::SecuritySettings { activity_days, ..Default::default() };
    super::super::setting::write(server, admin, &Origin::default(), "security", &security).await.unwrap();
}

/// Whoever can write to the database can remove the beginning and set the mark as retention does: then no entry tells of that, unless they
/// write one, which administrators read.
#[tokio::test]
async fn a_beginning_that_was_removed_with_a_mark_that_fits_shows() {
    let forged = [
        (7, "INSERT INTO activity_marks (seq, hash, told_by) SELECT seq, hash, 12 FROM activity WHERE seq = 7"),
        (8, "INSERT INTO activity_marks (seq, hash, told_by) SELECT seq, hash, 10 FROM activity WHERE seq = 8"),
        (9, "INSERT INTO activity_marks (seq, hash) SELECT seq, hash FROM activity WHERE seq = 9"),
    ];
    for test in databases().await {
        let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server(test.db.clone(), clock.clone()).await;
        five(&server, Uuid::now_v7()).await;
        clock.advance(Duration::days(100));
        five(&server, Uuid::now_v7()).await;
        keep_days(&server, &viewer(Uuid::now_v7(), Role::Admin, &server), 90).await;
        prune(&server).await.unwrap();
        assert_eq!(verify(&server, &[]).await.unwrap().broken, None, "{}: removed up to 5, as number 12 tells", test.engine);
        clock.advance(Duration::days(100));
        for (seq, mark) in forged {
            for sql in [mark, "DELETE FROM activity WHERE seq <= (SELECT MAX(seq) FROM activity_marks)"] {
                execute(&server.db, sql).await.unwrap();
            }
            // Retention that comes by later does not make that good.
            prune(&server).await.unwrap();
            let verified = verify(&server, &[]).await.unwrap();
            let (at, why) = verified.broken.unwrap();
            assert!(at == seq && why.contains("not retention"), "{}: {seq}: {at} {why}", test.engine);
            assert_eq!(verified.entries, 12 - seq as u64, "{}: nothing more went", test.engine);
        }
    }
}

#[tokio::test]
async fn a_removal_whose_details_were_taken_away_tells_nothing() {
    for test in databases().await {
        let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server(test.db.clone(), clock.clone()).await;
        five(&server, Uuid::now_v7()).await;
        clock.advance(Duration::days(100));
        keep_days(&server, &viewer(Uuid::now_v7(), Role::Admin, &server), 90).await;
        prune(&server).await.unwrap();
        assert_eq!(verify(&server, &[]).await.unwrap().broken, None, "{}", test.engine);
        execute(&server.db, "UPDATE activity SET personal = NULL WHERE action = 'entries_removed'").await.unwrap();
        assert!(verify(&server, &[]).await.unwrap().broken.is_some(), "{}", test.engine);
    }
}

#[tokio::test]
async fn an_end_that_was_cut_off_shows_to_who_kept_it() {
    for test in databases().await {
        let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server(test.db.clone(), clock.clone()).await;
        five(&server, Uuid::now_v7()).await;
        let checked = async |heads: &[Head]| verify(&server, heads).await.unwrap();
        let early = checked(&[]).await.head.unwrap();
        five(&server, Uuid::now_v7()).await;
        let late: Head = checked(&[]).await.head.unwrap().to_string().parse().unwrap();
        let both = [early.clone(), late];
        assert_eq!((checked(&both).await.broken, checked(&both).await.entries), (None, 10), "{}", test.engine);
        tamper(&server.db, "DELETE FROM activity WHERE seq > 7").await;
        assert_eq!(checked(std::slice::from_ref(&early)).await.broken, None, "{}: the chain holds, and had this entry", test.engine);
        let cut = checked(&both).await.broken.unwrap();
        assert!(cut.0 == 10 && cut.1.contains("cut off"), "{}: {cut:?}", test.engine);
        // Written anew to its old length: a chain that holds, and another one.
        five(&server, Uuid::now_v7()).await;
        assert_eq!(checked(&[]).await.broken, None);
        assert_eq!(checked(&both).await.broken.map(|(seq, _)| seq), Some(10), "{}", test.engine);
        // What retention removed meanwhile shows nothing, save for the very last.
        clock.advance(Duration::days(100));
        five(&server, Uuid::now_v7()).await;
        keep_days(&server, &viewer(Uuid::now_v7(), Role::Admin, &server), 90).await;
        let (seq, hash, _) = server.db.activity().last_before(clock.now() - Duration::days(90)).await.unwrap().unwrap();
        prune(&server).await.unwrap();
        let last = Head { seq, hash };
        assert_eq!(checked(std::slice::from_ref(&last)).await.broken, None, "{}", test.engine);
        assert_eq!(checked(&[Head { hash: early.hash.clone(), ..last }]).await.broken.map(|(at, _)| at), Some(seq), "{}", test.engine);
        assert!(checked(&[early]).await.broken.unwrap().1.contains("expect a later one"), "{}", test.engine);
    }
}

#[test]
fn a_head_is_read_as_it_is_written() {
    let text = format!("42:{}", "9f".repeat(32));
    assert_eq!(text.parse::<Head>().unwrap().to_string(), text);
    for wrong in ["", "42", "42:", ":9f", "0:9f", &text[..40], &format!("-1{}", &text[2..]), &format!("{text}0"), &text.replace('f', "g")] {
        assert!(wrong.parse::<Head>().unwrap_err().contains("64 digits"), "{wrong}");
    }
}

#[tokio::test]
async fn entries_written_at_once_are_one_chain() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let all = (0..4).map(|_| five(&server, Uuid::now_v7()));
        futures::future::join_all(all).await;
        let verified = verify(&server, &[]).await.unwrap();
        assert_eq!((verified.entries, verified.broken), (20, None), "{}", test.engine);
    }
}

async fn somebody(server: &Server, name: &str, role: Role) -> Viewer {
    let user = User::new(Uuid::now_v7(), format!("{name}@example.org"), name.to_owned(), role, server.clock.now());
    let user = server.db.users().insert(user, None).await.unwrap().unwrap();
    Viewer { user, via: Via::Session { id_hash: [0; 32] } }
}

#[tokio::test]
async fn entries_are_found_by_everything_and_by_nothing_else() {
    for test in databases().await {
        let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server(test.db.clone(), clock.clone()).await;
        let (ada, bob) = (somebody(&server, "ada", Role::Admin).await, somebody(&server, "bob", Role::User).await);
        let (here, there) =
            (Origin { ip: Some([192, 0, 2, 1].into()), user_agent: None }, Origin { ip: "2001:db8::1".parse().ok(), user_agent: None });
        record(&server, Event::new(Action::SignedIn, &here).of(bob.user.id)).await;
        record(&server, Event::new(Action::SignedIn, &there).of(bob.user.id).by_nobody().refused()).await;
        clock.advance(Duration::days(2));
        record(&server, Event::new(Action::Disabled, &here).by(ada.user.id).of(bob.user.id)).await;
        let found = async |query: ActivityQuery| {
            let page = list(&server, &ada, &Origin::default(), query, None).await.map_err(|error| error.into_api())?;
            Ok::<_, crate::model::error::ApiError>(
                page.items.into_iter().map(|entry| entry.activity.seq).filter(|seq| *seq <= 3).collect::<Vec<_>>(),
            )
        };
        let some = |text: &str| Some(text.to_owned());
        let any = ActivityQuery::default;
        let cases = [
            (ActivityQuery { action: Some(Action::SignedIn), ..any() }, vec![2, 1]),
            (ActivityQuery { result: Some(Outcome::Refused), ..any() }, vec![2]),
            (ActivityQuery { result: Some(Outcome::Done), ..any() }, vec![3, 1]),
            (ActivityQuery { user: some(" BOB@example.org "), ..any() }, vec![3, 2, 1]),
            (ActivityQuery { user: Some(bob.user.id.to_string()), ..any() }, vec![3, 2, 1]),
            (ActivityQuery { actor: some("ada@example.org"), ..any() }, vec![3]),
            (ActivityQuery { ip: some("2001:DB8:0::1"), ..any() }, vec![2]),
            (ActivityQuery { ip: some("192.0.2.1"), ..any() }, vec![3, 1]),
            (ActivityQuery { ip: some("192.0.2.2"), ..any() }, vec![]),
            (ActivityQuery { to: some("2027-01-15"), ..any() }, vec![2, 1]),
            (ActivityQuery { from: some("2027-01-16"), ..any() }, vec![3]),
            (ActivityQuery { from: some("2027-01-17T08:00:00Z"), ..any() }, vec![3]),
            (ActivityQuery { from: some("2027-01-17T10:00:01+02:00"), ..any() }, vec![]),
        ];
        for (query, expected) in cases {
            assert_eq!(found(query.clone()).await.unwrap(), expected, "{}: {query:?}", test.engine);
        }
        for (query, field) in [
            (ActivityQuery { ip: some("nowhere"), ..any() }, "ip"),
            (ActivityQuery { user: some("nobody@example.org"), ..any() }, "user"),
            (ActivityQuery { from: some("yesterday"), ..any() }, "from"),
            (ActivityQuery { to: some("9999999-01-01"), ..any() }, "to"),
        ] {
            assert!(found(query).await.unwrap_err().field(field).is_some(), "{field}");
        }
        assert!(list(&server, &ada, &Origin::default(), any(), Some("x")).await.is_err());
    }
}

#[tokio::test]
async fn who_reads_anothers_activity_is_noted_once_and_the_other_sees_it() {
    for test in databases().await {
        let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server(test.db.clone(), clock.clone()).await;
        let (ada, bob) = (somebody(&server, "ada", Role::Admin).await, somebody(&server, "bob", Role::User).await);
        let here = Origin { ip: Some([192, 0, 2, 1].into()), user_agent: Some("Firefox".into()) };
        let of = |viewer: &Viewer| ActivityQuery { user: Some(viewer.user.email.clone()), ..ActivityQuery::default() };
        let read = async |query| list(&server, &ada, &here, query, None).await.unwrap();
        read(of(&bob)).await;
        read(of(&bob)).await;
        let seen = own(&server, &bob, None).await.unwrap().items;
        assert_eq!(seen.len(), 1, "{}: once", test.engine);
        let entry = &seen[0].activity;
        assert_eq!((entry.action, entry.actor_id, seen[0].actor_name.as_deref()), (Action::ActivityRead, Some(ada.user.id), Some("ada")));
        assert_eq!((entry.ip, entry.user_agent.as_deref()), (None, None), "where administrators are is theirs");
        clock.advance(Duration::minutes(10));
        read(of(&bob)).await;
        assert_eq!(own(&server, &bob, None).await.unwrap().items.len(), 2);
        read(of(&ada)).await;
        assert!(own(&server, &ada, None).await.unwrap().items.is_empty(), "their own");
        read(ActivityQuery::default()).await;
        assert_eq!(read(of(&ada)).await.items.len(), 0);
        let by_ada = ActivityQuery { actor: Some(ada.user.email.clone()), ..ActivityQuery::default() };
        assert_eq!(read(by_ada).await.items.len(), 3, "two of bob, one of everybody");
    }
}

#[tokio::test]
async fn a_log_of_any_length_leaves_as_a_file() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let ada = somebody(&server, "ada", Role::Admin).await;
        let origin = Origin { ip: Some([192, 0, 2, 1].into()), user_agent: Some("=1+1".into()) };
        for _ in 0..60 {
            record(&server, Event::new(Action::SignedIn, &origin).of(ada.user.id)).await;
        }
        let sheet = export(&server, &ada, &origin, ActivityQuery::default(), crate::model::sheet::SheetFormat::Csv).await.unwrap();
        let pieces: Vec<_> = futures::TryStreamExt::try_collect(sheet.pieces).await.unwrap();
        let text = String::from_utf8(pieces.concat()).unwrap();
        assert_eq!(text.lines().count(), 1 + 60 + 1, "the head, the entries, and that they were read");
        assert!(text.starts_with("seq,at,action,result,") && text.contains(",192.0.2.1,'=1+1,"), "{text}");
    }
}
