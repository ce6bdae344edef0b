//! There, and there and back again, with a row in every table; and what is refused.

use std::time::Instant;

use chrono::DateTime;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::*;
use crate::model::activity::Action;
use crate::model::chat::{Ask, Opening};
use crate::model::folder::FolderForm;
use crate::model::share::ShareForm;
use crate::model::shelf::Order;
use crate::server::Server;
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, blank, databases, opened, sqlite};
use crate::server::db::{StoredFallback, StoredKey, on};
use crate::server::service::erasure::tests::{person, plant, tables};
use crate::server::service::viewer::{Origin, Site, Viewer};
use crate::server::service::{account, activity, chat, folder, generation, provider, search, share, shelf};
use crate::server::{job, testing};

const PASSWORD: &str = "correct horse battery";
/// As people write, and what an engine could take for something else.
const TEXTS: [&str; 8] = [
    "我们今天讨论机器学习和深度学习的区别。",
    "東京タワーの展望台から富士山が見えました。",
    "اللغة العربية تُكتب من اليمين",
    "Ship it 🚀🎉 before the démo!",
    "\\N",
    "\\.\nend\r\n\\t is no\ttab \\\\x00 and \\u0000 neither",
    "it's \"quoted\" 'twice', {\"a\": 1e2}",
    "e\u{301}\u{200D}\u{FEFF}\u{FFFD}",
];

/// A place where nothing is: PostgreSQL's without a table, or SQLite's without a file.
struct Place {
    url: String,
    _made: (Option<TestDb>, Option<tempfile::TempDir>),
}

/// Of the other engine; none where there is no PostgreSQL.
async fn opposite(test: &TestDb) -> Option<Place> {
    place(if test.engine == "sqlite" { "postgres" } else { "sqlite" }).await
}

async fn place(engine: &str) -> Option<Place> {
    if engine == "postgres" {
        let test = blank().await?;
        return Some(Place { url: test.url.clone(), _made: (Some(test), None) });
    }
    let folder = tempfile::tempdir().unwrap();
    Some(Place { url: format!("sqlite://{}", folder.path().join("liao.db").display()), _made: (None, Some(folder)) })
}

async fn say(server: &Server, viewer: &Viewer, text: &str) -> Uuid {
    let ask = Ask { chat_id: None, text: text.into(), model: Some("fake/echo@0".into()), request_id: None, replaces: None };
    let started = generation::send_as(server, viewer, ask, Opening::default()).await.unwrap();
    generation::whole(server, viewer, &started).await.unwrap();
    started.chat_id
}

/// Fills every table: as people do it, and then with a row of each that is left.
async fn fill(test: &TestDb) -> Server {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    provider::start(&server).await.unwrap();
    search::begin(&server).await.unwrap();
    let (ada, cy) = (person(&server, "ada").await, person(&server, "cy").await);
    let mut chats = Vec::new();
    for text in TEXTS {
        chats.push(say(&server, &ada, text).await);
    }
    for _ in 0..4 {
        activity::record(&server, activity::Event::new(Action::SignedIn, &Origin::default()).of(ada.user.id)).await;
    }
    // The chain begins behind a mark, as after the retention.
    for sql in
        ["INSERT INTO activity_marks (seq, hash) SELECT seq, hash FROM activity WHERE seq = 2", "DELETE FROM activity WHERE seq <= 2"]
    {
        on!(test.db.write(), c => sqlx::query(sql).execute(c).await.map(drop)).unwrap();
    }
    activity::record(&server, activity::Event::new(Action::SignedIn, &Origin::default()).of(ada.user.id)).await;
    let form = FolderForm { name: "花园 \\N".into(), system_prompt: Some("Two\nlines".into()), ..FolderForm::default() };
    let outer = folder::save(&server, &ada, None, form.clone()).await.unwrap();
    let inner = folder::save(&server, &ada, None, FolderForm { parent_id: Some(outer.id), ..form }).await.unwrap();
    let found = chat::find(&server, &ada, chats[0]).await.unwrap();
    let order = Order { pinned: true, folder_id: Some(inner.id), tags: vec!["tag".into(), "标签".into()], ..Order::of(&found) };
    shelf::order(&server, &ada, chats[0], order).await.unwrap();
    let site = Site("https://chat.example.org".into());
    let link = ShareForm { session_id: chats[1], live: true, sign_in: false, indexed: false, files: true, days: Some(3) };
    share::create(&server, &ada, &Origin::default(), &site, link).await.unwrap();
    while job::run_next(&server).await.unwrap() {}
    odd(test, ada.user.id).await;
    plant(test, cy.user.id).await;
    nobodys(test).await;
    server
}

/// Numbers and times as the services hardly write them.
async fn odd(test: &TestDb, user: Uuid) {
    let sql = "INSERT INTO ledger (id, user_id, purpose, provider, model, input_tokens, cached_tokens, output_tokens, reasoning_tokens, estimated,
        tries, tokens_per_second, outcome, started_at, finished_at, quarter, cost)
        VALUES ($1, $2, 'chat', 'p', 'm', $3, 0, -1, 0, TRUE, 1, $4, 'done', $5, $5, 0, NULL)";
    for (number, rate, micros) in [(i64::MAX, 0.1, 1), (i64::MIN, 1e-300, 1_800_000_000_123_456), (0, f64::MAX, -1_000), (1, 0.0, 0)] {
        let at = DateTime::from_timestamp_micros(micros).unwrap();
        on!(test.db.write(), c => sqlx::query(sql).bind(Uuid::new_v4()).bind(user).bind(number).bind(rate).bind(at).execute(c).await.map(drop))
            .unwrap();
    }
    let json = serde_json::json!({ "zz": 1, "a": [1.5, 100.0, 1e20, 1e-7, u64::MAX, i64::MIN, null, true, "\\u0041 \" 聊"], "mm": {} });
    let sql = "UPDATE messages SET usage = $1, reasoning = $2 WHERE id = (SELECT id FROM messages LIMIT 1)";
    let (json, long) = (sqlx::types::Json(json), "很长的信息\t\\".repeat(100_000));
    on!(test.db.write(), c => sqlx::query(sql).bind(json).bind(long).execute(c).await.map(drop)).unwrap();
}

/// Rows of the tables that belong to nobody.
async fn nobodys(test: &TestDb) {
    let providers = test.db.providers();
    let id = providers.list().await.unwrap()[0].provider.id;
    let at = Clock::default().now();
    let key = crate::model::provider::ProviderKey { id: Uuid::now_v7(), label: "k".into(), created_at: at, standing: Default::default() };
    providers.put_key(id, &StoredKey { key, cipher: vec![0, 255, 10, 92] }).await.unwrap();
    let line = StoredFallback {
        id: Uuid::now_v7(),
        provider_id: id,
        model: String::new(),
        next_provider_id: id,
        next_model: "m".into(),
        created_at: at,
    };
    providers.put_fallback(&line).await.unwrap();
    let sql = "INSERT INTO nodes (id, role, version, started_at, seen_at) VALUES ('one', 'all', '1', $1, $1)";
    on!(test.db.write(), c => sqlx::query(sql).bind(at).execute(c).await.map(drop)).unwrap();
    let id = Uuid::now_v7();
    for sql in [
        "INSERT INTO alert_channels (id, kind, name, target, secret, private, language, enabled, created_at)
            VALUES ($1, 'mail', 'Ops', 'ops@example.org', FALSE, FALSE, 'en', TRUE, $2)",
        "INSERT INTO alert_rules (id, kind, threshold, minutes, channels, enabled, created_at) VALUES ($1, 'disk', 5, 60, '[]', TRUE, $2)",
        "INSERT INTO alerts (id, rule_id, value, about, started_at) VALUES ($1, $1, 0.1, '', $2)",
        "INSERT INTO alert_deliveries (id, alert_id, channel_id, event, state, attempts, next_at, created_at)
            VALUES ($1, $1, $1, 'firing', 'sent', 1, $2, $2)",
        "INSERT INTO announcements (id, level, texts, dismissible, starts_at, created_at) VALUES ($1, 'info', '{\"en\": \"x\"}', TRUE, $2, $2)",
    ] {
        on!(test.db.write(), c => sqlx::query(sql).bind(id).bind(at).execute(c).await.map(drop)).unwrap();
    }
}

/// Every row of every table in text, in an order of its own, as the engine itself writes it; JSON in one form. Not with how far
/// the index is.
async fn dump(test: &TestDb) -> Vec<String> {
    let mut rows = Vec::new();
    for table in tables(test).await.into_iter().filter(|table| !table.starts_with("search_") && table != "_sqlx_migrations") {
        let found: Vec<String> = match test.db.read() {
            Pool::Postgres(c) => {
                sqlx::query_scalar(AssertSqlSafe(format!("SELECT CAST(t AS TEXT) FROM \"{table}\" t"))).fetch_all(c).await.unwrap()
            }
            Pool::Sqlite(c) => {
                let names = format!("SELECT 'quote(\"' || name || '\")' FROM pragma_table_info('{table}')");
                let names: Vec<String> = sqlx::query_scalar(AssertSqlSafe(names)).fetch_all(c).await.unwrap();
                let sql = format!("SELECT json_array({}) FROM \"{table}\"", names.join(", "));
                let found: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(c).await.unwrap();
                found.iter().map(|row| serde_json::from_str::<Vec<String>>(row).unwrap().iter().map(|cell| plain(cell)).collect()).collect()
            }
        };
        rows.extend(found.into_iter().map(|row| format!("{table}: {row}")).filter(|row| !row.contains("search_index")));
    }
    rows.sort();
    rows
}

/// A cell, its JSON written anew if it is some.
fn plain(cell: &str) -> String {
    let text = cell.strip_prefix('\'').and_then(|cell| cell.strip_suffix('\'')).map(|text| text.replace("''", "'"));
    let json = text.filter(|text| text.starts_with(['{', '[']));
    json.and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok()).map_or_else(|| cell.to_owned(), |json| json.to_string())
        + "|"
}

async fn count(db: &Db, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    on!(db.read(), c => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(c).await).unwrap()
}

#[tokio::test]
async fn every_table_comes_there_and_back_as_it_was() {
    for test in databases().await {
        let Some(there) = opposite(&test).await else { continue };
        let server = fill(&test).await;
        let before = activity::verify(&server, &[]).await.unwrap();
        let mut told = Vec::new();
        let moved = test.db.transfer(&there.url, |moved| told.push(moved.table.clone())).await.unwrap();
        let mut names: Vec<String> = moved.tables.iter().map(|moved| moved.table.clone()).collect();
        assert_eq!(told, names, "{}", test.engine);
        names.sort();
        let mut wanted = tables(&test).await;
        wanted.retain(|table| !table.starts_with("search_") && table != "_sqlx_migrations");
        wanted.sort();
        assert_eq!(names, wanted, "{}", test.engine);
        let empty: Vec<_> = moved.tables.iter().filter(|moved| moved.rows == 0).map(|moved| &moved.table).collect();
        assert!(empty.is_empty(), "{}: nothing was proved of {empty:?}", test.engine);

        let other = opened(&there.url, if test.engine == "sqlite" { "postgres" } else { "sqlite" }).await;
        let back = place(test.engine).await.unwrap();
        let again = other.db.transfer(&back.url, |_| ()).await.unwrap();
        let told =
            |moved: &Transferred| moved.tables.iter().map(|moved| (moved.table.clone(), moved.rows, moved.digest)).collect::<Vec<_>>();
        // Save for how far the index is.
        let (mut one, mut two) = (told(&moved), told(&again));
        one.retain(|(table, ..)| table != "settings");
        two.retain(|(table, ..)| table != "settings");
        assert_eq!(one, two, "{}", test.engine);
        let last = opened(&back.url, test.engine).await;
        assert_eq!(dump(&last).await, dump(&test).await, "{}", test.engine);
        assert!(last.db.migrate(None, "test").await.unwrap().applied.is_empty(), "{}", test.engine);

        for moved in [other, last] {
            lives_on(&moved, &before).await;
        }
    }
}

/// A server goes on with it: people sign in, the log holds and goes on, messages are found again.
async fn lives_on(test: &TestDb, before: &activity::Verified) {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    assert_eq!(&activity::verify(&server, &[]).await.unwrap(), before, "{}", test.engine);
    let ada = account::authenticate(&server, &Origin::default(), "ada@example.org", PASSWORD.into()).await.unwrap();
    let origin = Origin::default();
    activity::record(&server, activity::Event::new(Action::SignedIn, &origin).of(ada.id)).await;
    let after = activity::verify(&server, &[]).await.unwrap();
    assert!(after.broken.is_none() && after.entries > before.entries, "{}: {after:?}", test.engine);
    let ada = testing::signed_in(&server, ada).await;
    let found = async || search::find(&server, &ada, "富士山", None, None).await.unwrap();
    let unready = found().await;
    assert!(unready.items.is_empty() && unready.indexed.is_some(), "{}: {unready:?}", test.engine);
    search::begin(&server).await.unwrap();
    while job::run_next(&server).await.unwrap() {}
    let ready = found().await;
    assert!(ready.items.len() == 2 && ready.indexed.is_none(), "{}: {ready:?}", test.engine);
}

/// The sentence that is answered, and whether the target is as empty as it was.
async fn refused(from: &Db, to: &str) -> String {
    from.transfer(to, |_| ()).await.unwrap_err().to_string()
}

async fn run(test: &TestDb, sql: &str) {
    on!(test.db.write(), c => sqlx::query(AssertSqlSafe(sql)).execute(c).await.map(drop)).unwrap_or_else(|error| panic!("{sql}: {error}"));
}

const USER: &str = "INSERT INTO users (id, email, name, role, created_at, updated_at)
    VALUES (X'00112233445566778899AABBCCDDEEFF', 'a@x', 'n', 'user', '2027-01-15T08:00:00+00:00', '2027-01-15T08:00:00+00:00')";

#[tokio::test]
async fn what_cannot_be_a_target_or_a_source_is_refused_in_a_sentence() {
    for test in databases().await {
        for to in ["", "mysql://a/b", "sqlite:", "sqlite::memory:", "liao.db"] {
            assert!(refused(&test.db, to).await.contains("--to has to be"), "{to}");
        }
        assert!(refused(&test.db, &test.url).await.contains(&format!("Both databases are {}", test.db.engine())));
        let Some(there) = opposite(&test).await else { continue };
        // Nothing is behind the address.
        let nowhere = if test.engine == "sqlite" { format!("{}_none", there.url) } else { "sqlite:///no/such/folder/liao.db".into() };
        let sentence = refused(&test.db, &nowhere).await;
        assert!(sentence.contains("cannot be opened") || sentence.contains("No such file"), "{sentence}");
        // Another schema.
        run(&test, "UPDATE _sqlx_migrations SET version = 9001 WHERE version = (SELECT MAX(version) FROM _sqlx_migrations)").await;
        assert!(refused(&test.db, &there.url).await.contains("newer Liao"), "{}", test.engine);
        run(&test, "DELETE FROM _sqlx_migrations WHERE version = 9001").await;
        assert!(refused(&test.db, &there.url).await.contains("run `liao migrate` first"), "{}", test.engine);
        run(&test, "DROP TABLE _sqlx_migrations").await;
        assert!(refused(&test.db, &there.url).await.contains("nothing to move"), "{}", test.engine);
        let path = sqlite_path(&there.url);
        assert!(path.is_none_or(|path| path.parent().unwrap().read_dir().unwrap().next().is_none()), "something is left of it");
    }
}

#[tokio::test]
async fn a_target_that_is_not_empty_is_left_alone_and_one_with_empty_tables_is_filled() {
    let test = sqlite().await;
    run(&test, USER).await;
    let Some(there) = blank().await else { return };
    there.db.migrate(None, "test").await.unwrap();
    run(&there, &USER.replace("X'00112233445566778899AABBCCDDEEFF'", "'00112233-4455-6677-8899-aabbccddeeff'").replace("a@x", "b@x")).await;
    assert!(refused(&test.db, &there.url).await.contains("its table users has rows"));
    assert_eq!(count(&there.db, "users").await, 1);
    run(&there, "DELETE FROM users").await;
    run(&there, "CREATE TABLE theirs (id BIGINT)").await;
    assert!(refused(&test.db, &there.url).await.contains("only one of them has a table theirs"));
    run(&there, "DROP TABLE theirs").await;
    test.db.transfer(&there.url, |_| ()).await.unwrap();
    assert_eq!(count(&there.db, "users").await, 1);
    // And a file that is there.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("liao.db");
    std::fs::write(&file, "mine").unwrap();
    assert!(refused(&there.db, &format!("sqlite://{}", file.display())).await.contains("is there already"));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "mine");
}

#[tokio::test]
async fn a_value_that_would_not_be_the_same_leaves_nothing_there() {
    let Some(there) = blank().await else { return };
    there.db.migrate(None, "test").await.unwrap();
    for (column, value, why) in [
        ("name", "'a' || char(0)", "NUL"),
        ("created_at", "'2027-01-15T08:00:00.0000001+00:00'", "finer than a microsecond"),
        ("created_at", "'once'", "once"),
        ("preferences", "'{'", "no JSON"),
        ("preferences", "'{\"a\":\"\\u0000\"}'", "users"),
        ("role", "X'00FF'", "role"),
        ("id", "'short'", "id of a row"),
    ] {
        let test = sqlite().await;
        run(&test, USER).await;
        run(&test, &format!("UPDATE users SET {column} = {value}")).await;
        let sentence = refused(&test.db, &there.url).await;
        assert!(sentence.contains(why) && sentence.contains("users"), "{column}: {sentence}");
        assert_eq!(count(&there.db, "users").await + count(&there.db, "providers").await, 0, "{sentence}");
    }
    // What a target changes by itself.
    let test = sqlite().await;
    run(&test, USER).await;
    run(&there, "CREATE FUNCTION bend() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := ''bent''; RETURN NEW; END'").await;
    run(&there, "CREATE TRIGGER bend BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION bend()").await;
    let sentence = refused(&test.db, &there.url).await;
    assert!(sentence.contains("The table users is not the same") && sentence.contains("1 rows"), "{sentence}");
    assert_eq!(count(&there.db, "users").await, 0);
    run(&there, "DROP TRIGGER bend ON users").await;
    test.db.transfer(&there.url, |_| ()).await.unwrap();
    // SQLite knows no number that is none.
    run(&there, "INSERT INTO ledger SELECT gen_random_uuid(), NULL, NULL, NULL, 'chat', 'p', 'm', 0, 0, 0, 0, TRUE, NULL, NULL, NULL, NULL, 1, NULL,
        CAST('NaN' AS DOUBLE PRECISION), 'done', NULL, now(), now(), 0").await;
    let place = place("sqlite").await.unwrap();
    assert!(refused(&there.db, &place.url).await.contains("The table ledger is not the same"));
    let folder = sqlite_path(&place.url).unwrap();
    assert_eq!(folder.parent().unwrap().read_dir().unwrap().count(), 0, "the file that was begun is gone");
}

/// So many messages in a thousand conversations, made by SQLite itself.
async fn messages(test: &TestDb, many: i64) {
    run(test, USER).await;
    let ids = "X'00112233445566778899AABBCCDDEEFF'";
    run(
        test,
        &format!(
            "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
        INSERT INTO chats (id, user_id, title, created_at, updated_at)
        SELECT unhex(printf('%032x', i)), {ids}, '对话 ' || i, '2027-01-15T08:00:00+00:00', '2027-01-15T08:00:00.500+00:00' FROM n"
        ),
    )
    .await;
    run(
        test,
        &format!(
            "WITH RECURSIVE n(i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < {})
        INSERT INTO messages (id, chat_id, parent_id, role, content, status, usage, created_at)
        SELECT unhex(printf('%032x', i)), unhex(printf('%032x', i % 1000)), CASE WHEN i >= 2000 THEN unhex(printf('%032x', i - 1000)) END,
            'user', 'Message ' || i || replace(hex(zeroblob(i % 50)), '00', ' 我们今天讨论\n'), 'done',
            json_object('input_tokens', i, 'output_tokens', 1.5), strftime('%Y-%m-%dT%H:%M:%S+00:00', 1800000000 + i, 'unixepoch') FROM n",
            999 + many
        ),
    )
    .await;
}

/// `LIAO_MOVE_MESSAGES=1000000 cargo test --release --features ssr --lib a_hundred_thousand -- --nocapture`: the same with as many.
#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "how many messages is told by the environment, and how long it took is only printed")]
async fn a_hundred_thousand_messages_go_there_and_back_a_few_at_a_time() {
    let many: u64 = std::env::var("LIAO_MOVE_MESSAGES").ok().and_then(|many| many.parse().ok()).unwrap_or(100_000);
    let Some(there) = blank().await else { return };
    let test = sqlite().await;
    messages(&test, many as i64).await;
    let back = place("sqlite").await.unwrap();
    for (from, to) in [(&test.db, &there.url), (&there.db, &back.url)] {
        let begun = Instant::now();
        let moved = from.transfer(to, |_| ()).await.unwrap();
        let moved = moved.tables.into_iter().find(|moved| moved.table == "messages").unwrap();
        let peak = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = peak.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default().to_owned();
        println!("from {}: {moved:?} in {:?}, {peak}", from.engine(), begun.elapsed());
        assert_eq!(moved.rows, many);
        // No more is in memory than a part, and a part is small, however many there are.
        assert_eq!(moved.parts, many.div_ceil(ROWS as u64), "{}", from.engine());
        assert!((1..=BYTES + 2_000).contains(&moved.largest), "{}", from.engine());
    }
    let back = opened(&back.url, "sqlite").await;
    assert_eq!(dump(&back).await, dump(&test).await);
}
