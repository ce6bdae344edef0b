//! A canary in every kind of record: every text column of every table that the schema has, found by asking the database, and
//! every kind of file. After the erasure it sings nowhere.

mod request;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;

use super::super::viewer::Via;
use super::*;
use crate::model::error::Code;
use crate::model::generation::Usage;
use crate::model::provider::Price;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases, identity_provider, provider_of_models};
use crate::server::db::{Call, Change, Pool, Span, StoredIdentityProvider, StoredModel, on};
use crate::server::service::{account, provider};
use crate::server::testing::server;

const CANARY: &str = "canary-7f3a";

/// Tables that hold nothing of a person. Every other one has to lose its canary.
const NOBODYS: [&str; 14] = [
    "_sqlx_migrations",
    "settings",
    "providers",
    "provider_keys",
    "fallbacks",
    "models",
    "identity_providers",
    "activity_marks",
    "alert_channels",
    "alert_rules",
    "alerts",
    "alert_deliveries",
    "announcements",
    "nodes",
];
/// The index of the search and what it is made of: written by indexing the planted messages.
const INDEX: &str = "search_";
/// The log's own words (it is planted by writing to it, since every row is chained to the one before).
const LOG: &str = "activity";
/// It stays, without the person (it is planted by a call, since its words are not theirs but for one).
const LEDGER: &str = "ledger";
/// Where the id of the row that is being made stands, among those of the tables that have one.
const NEW: &str = "(new)";

#[derive(sqlx::FromRow, Debug)]
struct Column {
    name: String,
    kind: String,
    /// The table that it refers to.
    target: Option<String>,
}

pub(crate) async fn tables(test: &TestDb) -> Vec<String> {
    let sql = match test.engine {
        "sqlite" => "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
        _ => "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1",
    };
    on!(test.db.read(), c => sqlx::query_scalar(sql).fetch_all(c).await).unwrap()
}

async fn columns(test: &TestDb, table: &str) -> Vec<Column> {
    let sql = match test.engine {
        "sqlite" => format!(
            "SELECT i.name AS name, lower(i.type) AS kind, f.\"table\" AS target FROM pragma_table_info('{table}') i
             LEFT JOIN pragma_foreign_key_list('{table}') f ON f.\"from\" = i.name ORDER BY i.cid"
        ),
        _ => format!(
            "SELECT CAST(a.attname AS TEXT) AS name, CAST(t.typname AS TEXT) AS kind, CAST(f.relname AS TEXT) AS target
             FROM pg_attribute a JOIN pg_class k ON k.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
             LEFT JOIN pg_constraint c ON c.conrelid = k.oid AND c.contype = 'f' AND a.attnum = ANY (c.conkey)
             LEFT JOIN pg_class f ON f.oid = c.confrelid
             WHERE k.relname = '{table}' AND k.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
        ),
    };
    on!(test.db.read(), c => sqlx::query_as(AssertSqlSafe(sql)).fetch_all(c).await).unwrap()
}

/// Every row of the table in text.
pub(crate) async fn dump(test: &TestDb, table: &str) -> String {
    let rows: Vec<String> = match test.db.read() {
        Pool::Postgres(pool) => {
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT CAST(t AS TEXT) FROM {table} t"))).fetch_all(pool).await.unwrap()
        }
        Pool::Sqlite(pool) => {
            let names: Vec<_> = columns(test, table).await.iter().map(|c| format!("COALESCE(quote(\"{}\"), '')", c.name)).collect();
            sqlx::query_scalar(AssertSqlSafe(format!("SELECT {} FROM {table}", names.join(" || ',' || ")))).fetch_all(pool).await.unwrap()
        }
    };
    rows.join("\n")
}

/// SQL for bytes: an id, or whatever is unique.
fn bytes(test: &TestDb, kind: &str, id: Uuid) -> String {
    let hex = id.simple();
    match (test.engine, kind) {
        ("sqlite", _) => format!("X'{hex}'"),
        (_, "uuid") => format!("'{id}'"),
        _ => format!("'\\x{hex}'"),
    }
}

fn is_time(column: &Column) -> bool {
    // A place in a text is a number, whatever it is called.
    let number = matches!(column.kind.as_str(), "bigint" | "int8" | "integer" | "int4");
    let called = column.name == "at" || ["_at", "_until", "_since", "_after"].iter().any(|end| column.name.ends_with(end));
    column.kind.starts_with("timestamp") || called && !number
}

/// A value for the column that belongs to the user: a reference to their rows, or the canary.
fn value(test: &TestDb, table: &str, column: &Column, user: Uuid, planted: &BTreeMap<String, Uuid>) -> Option<String> {
    let person = matches!(column.name.as_str(), "user_id" | "actor_id" | "owner_id");
    Some(match (&column.target, column.kind.as_str()) {
        (Some(target), kind) if target == "users" => bytes(test, kind, user),
        (Some(target), kind) => bytes(test, kind, *planted.get(target)?),
        _ if is_time(column) => "'2027-01-15T08:00:00+00:00'".into(),
        (None, "uuid" | "blob" | "bytea") if person => bytes(test, &column.kind, user),
        (None, "uuid" | "blob" | "bytea") if column.name == "id" => bytes(test, &column.kind, *planted.get(NEW)?),
        (None, "uuid" | "blob" | "bytea") => bytes(test, &column.kind, Uuid::new_v4()),
        // JSON and text in one.
        (None, "text" | "jsonb" | "json" | "varchar") => format!("'{{\"{CANARY}\": \"{table} {}\"}}'", Uuid::new_v4()),
        (None, "boolean" | "bool") => "FALSE".into(),
        (None, _) => "1".into(),
    })
}

/// Rows of nobody's that those of people refer to.
async fn nobodys(test: &TestDb) -> BTreeMap<String, Uuid> {
    let provider = identity_provider(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let id = provider.id;
    assert!(test.db.identities().insert_provider(&StoredIdentityProvider { provider, secret_cipher: None }).await.unwrap());
    let shop = provider_of_models(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    test.db.providers().insert(&shop).await.unwrap();
    let model = StoredModel { id: Uuid::now_v7(), provider_id: shop.id, name: "m".into(), form: Default::default(), people: Vec::new() };
    test.db.models().put(&model, shop.created_at).await.unwrap();
    let announced = Uuid::now_v7();
    let sql = "INSERT INTO announcements (id, level, texts, dismissible, starts_at, created_at) VALUES ($1, 'info', '{}', TRUE, $2, $2)";
    on!(test.db.write(), c => sqlx::query(sql).bind(announced).bind(shop.created_at).execute(c).await.map(drop)).unwrap();
    BTreeMap::from([("identity_providers".to_owned(), id), ("models".to_owned(), model.id), ("announcements".to_owned(), announced)])
}

/// One row of every table that can hold something of the user's, with a canary in every text; answers the tables that have one.
pub(crate) async fn plant(test: &TestDb, user: Uuid) -> BTreeSet<String> {
    let (mut planted, mut singing) = (nobodys(test).await, BTreeSet::new());
    let mut left: Vec<String> = tables(test).await;
    left.retain(|table| {
        !NOBODYS.contains(&table.as_str()) && !table.starts_with(INDEX) && table != LOG && table != LEDGER && table != "users"
    });
    while !left.is_empty() {
        let before = left.len();
        for table in std::mem::take(&mut left) {
            let (all, id) = (columns(test, &table).await, Uuid::new_v4());
            planted.insert(NEW.to_owned(), id);
            let values: Option<Vec<String>> = all.iter().map(|column| value(test, &table, column, user, &planted)).collect();
            let Some(values) = values else {
                left.push(table);
                continue;
            };
            let names: Vec<_> = all.iter().map(|column| format!("\"{}\"", column.name)).collect();
            let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "));
            on!(test.db.write(), c => sqlx::query(AssertSqlSafe(sql.clone())).execute(c).await.map(drop))
                .unwrap_or_else(|e| panic!("{sql}: {e}"));
            // A table may hold nothing but ids, hashes and times.
            if values.iter().any(|value| value.contains(CANARY)) {
                singing.insert(table.clone());
            }
            planted.insert(table, id);
        }
        assert!(left.len() < before, "these tables refer to each other in a ring: {left:?}");
    }
    // Of the user's own row every text but the role, which is an enum, and the picture, which is a file's name.
    let own = columns(test, "users").await;
    let texts =
        own.iter().filter(|c| matches!(c.kind.as_str(), "text" | "jsonb") && !is_time(c) && !["role", "avatar"].contains(&c.name.as_str()));
    let sets: Vec<_> = texts.map(|c| format!("\"{}\" = {}", c.name, value(test, "users", c, user, &planted).unwrap())).collect();
    let sql = format!("UPDATE users SET {} WHERE id = {}", sets.join(", "), bytes(test, "uuid", user));
    on!(test.db.write(), c => sqlx::query(AssertSqlSafe(sql)).execute(c).await.map(drop)).unwrap();
    let messages = test.db.search().missing(None, 100).await.unwrap();
    test.db.search().index_older(&messages).await.unwrap();
    call(test, user, CANARY, None).await;
    call(test, user, "known", Some(Price { input: 1, output: 1, cached: None })).await;
    singing.extend([LOG.to_owned(), LEDGER.to_owned(), "users".to_owned()]);
    singing
}

/// Rows that name the user, table by table: some hold nothing but ids, hashes and times, and no canary.
async fn rows_of(test: &TestDb, user: Uuid) -> BTreeMap<String, i64> {
    let mut found = BTreeMap::new();
    for table in tables(test).await {
        for column in columns(test, &table).await {
            let owns = column.target.as_deref() == Some("users") || column.name == "user_id" || table == "users" && column.name == "id";
            if owns && table != LOG {
                let sql = format!("SELECT COUNT(*) FROM {table} WHERE \"{}\" = {}", column.name, bytes(test, &column.kind, user));
                let count: i64 = on!(test.db.read(), c => sqlx::query_scalar(AssertSqlSafe(sql.clone())).fetch_one(c).await).unwrap();
                *found.entry(table.clone()).or_default() += count;
            }
        }
    }
    found
}

/// A line of the ledger, of a run that has ended.
async fn call(test: &TestDb, user: Uuid, model: &str, price: Option<Price>) {
    let at = DateTime::from_timestamp(1_800_000_123, 0).unwrap();
    let call = Call { price, ..Call::example("vendor", model, Usage::new(7, 7), at) };
    let run = test.db.people().runs(user).await.unwrap()[0];
    test.db.generations().store(&[Change::Called(run, Box::new(call))]).await.unwrap();
}

/// The files below a folder that hold these bytes.
fn files_with(folder: &Path, needle: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files_with(&path, needle));
        } else if std::fs::read(&path).is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle)) {
            found.push(path.display().to_string());
        }
    }
    found
}

pub(crate) async fn person(server: &Server, name: &str) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let user = account::create(server, registration, Role::User).await.unwrap();
    Viewer { user, via: Via::Session { id_hash: [0; 32] } }
}

/// Files of the user's: a picture, an export and what is left of making one, a journal.
async fn plant_files(server: &Server, user: Uuid) {
    let picture = image::DynamicImage::from(image::RgbImage::new(64, 64));
    let mut png = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let viewer = Viewer { user: server.db.people().find(user).await.unwrap().unwrap(), via: Via::Session { id_hash: [0; 32] } };
    avatar::set(server, &viewer, &Origin::default(), png.into_inner()).await.unwrap();
    server.storage.put(&format!("export/{user}/1.zip"), CANARY.into()).await.unwrap();
    let sent = |text: &'static str| futures::stream::iter([Ok(crate::server::storage::Bytes::from_static(text.as_bytes()))]);
    file::store(server, &viewer, "canary.txt", sent(CANARY)).await.unwrap();
    while job::run_next(server).await.unwrap() {}
    let half = file::begin(server, &viewer, "half.txt", 1000).await.unwrap();
    file::append(server, &viewer, half.id, 0, sent(CANARY)).await.unwrap();
    std::fs::write(server.config.data_dir.join(format!("export-{user}-1.tmp")), CANARY).unwrap();
}

async fn journal(server: &Server, user: Uuid) {
    for run in server.db.people().runs(user).await.unwrap() {
        std::fs::write(server.config.data_dir.join("journal").join(format!("{run}.jsonl")), CANARY).unwrap();
    }
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_anywhere() {
    for test in databases().await {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server(test.db.clone(), clock.clone()).await;
        provider::start(&server).await.unwrap();
        // The first of all administers, and stays.
        let (bob, ada) = (person(&server, "bob").await, person(&server, "ada").await);
        plant_files(&server, ada.user.id).await;
        plant_files(&server, bob.user.id).await;
        let origin = Origin { ip: None, user_agent: Some(CANARY.into()) };
        activity::record(&server, Event::new(Action::SignedIn, &origin).of(ada.user.id).detail(json!({ "to": CANARY }))).await;
        request(&server, &ada, &origin, Some("correct horse battery".into())).await.unwrap();
        let planted = plant(&test, ada.user.id).await;
        journal(&server, ada.user.id).await;
        for table in &planted {
            assert!(dump(&test, table).await.contains(CANARY), "{}: {table} has no canary, so nothing was proved", test.engine);
        }
        for table in [
            "sessions",
            "chats",
            "messages",
            "generations",
            "generation_log",
            "tickets",
            "jobs",
            "mails",
            "identities",
            "prompts",
            "assistants",
            "passkeys",
            "token_families",
            "files",
        ] {
            assert!(planted.contains(table), "{table}: {planted:?}");
        }
        let owned = rows_of(&test, ada.user.id).await;
        for table in
            ["users", "passkeys", "factors", "recovery_codes", "devices", "sessions", "token_families", "identities", "chats", "mails"]
        {
            assert!(owned.get(table).is_some_and(|rows| *rows > 0), "{}: {table} has no row of hers: {owned:?}", test.engine);
        }
        assert!(files_with(&server.config.data_dir, CANARY.as_bytes()).len() >= 9);
        let pictures = server.storage.list("avatar", DateTime::<Utc>::MAX_UTC).await.unwrap().len();

        clock.advance(Duration::days(7));
        // The planted job is none that a worker knows.
        erase(&server, ada.user.id).await.unwrap();

        let mut singing = Vec::new();
        for table in tables(&test).await {
            if dump(&test, &table).await.contains(CANARY) {
                singing.push(table);
            }
        }
        let left: Vec<_> = rows_of(&test, ada.user.id).await.into_iter().filter(|(_, rows)| *rows > 0).collect();
        assert!(left.is_empty(), "{}: rows of hers are left: {left:?}", test.engine);
        assert!(singing.is_empty(), "{}: the canary still sings in {singing:?}", test.engine);
        // Bob's own export is the only file that is left with one.
        let files = files_with(&server.config.data_dir, CANARY.as_bytes());
        assert!(files.iter().all(|file| file.contains(&bob.user.id.to_string())), "{files:?}");
        assert_eq!(server.storage.list("avatar", DateTime::<Utc>::MAX_UTC).await.unwrap().len(), pictures - 3, "{}", test.engine);
        assert!(server.db.people().find(bob.user.id).await.unwrap().is_some(), "somebody else stays");
        if let Some(file) = test.url.strip_prefix("sqlite://") {
            let folder = Path::new(file).parent().unwrap();
            assert_eq!(files_with(folder, CANARY.as_bytes()), Vec::<String>::new(), "not even in the bytes of the database's files");
        }
        // What was used is still known, and nothing of who, where and exactly when.
        let left = test.db.ledger().of_nobody(Span { from: 0, until: i64::MAX }).await.unwrap();
        let left: Vec<_> = left.iter().map(|(model, sum)| (model.as_str(), sum.calls, sum.input_tokens)).collect();
        assert_eq!(left, [("vendor/", 1, 7), ("vendor/known", 1, 7)], "{}", test.engine);
        let (ledger, hex) = (dump(&test, LEDGER).await, ada.user.id.simple().to_string());
        assert!(!ledger.to_lowercase().replace('-', "").contains(&hex) && ledger.contains("2027-01-15"), "{}: {ledger}", test.engine);
        assert!(!ledger.contains(":02:03"), "{}: to the second: {ledger}", test.engine);
        let verified = activity::verify(&server, &[]).await.unwrap();
        assert!(verified.broken.is_none() && verified.erased >= 2, "{}: {verified:?}", test.engine);
    }
}
