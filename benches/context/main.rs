//! What it takes to put a prompt together: of 50 messages and of 5,000, with pins, on SQLite and where there is one on PostgreSQL.
//! Ratios and counts; `cargo bench --features ssr --bench context`.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use liao::model::chat::Ask;
use liao::model::user::{Registration, Role};
use liao::server::Server;
use liao::server::clock::Clock;
use liao::server::db::Pool;
use liao::server::db::testing::{TestDb, databases};
use liao::server::service::viewer::{Via, Viewer};
use liao::server::service::{account, context, generation, provider};
use liao::server::testing;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use uuid::Uuid;

/// Statements, and rows that came back.
static STATEMENTS: AtomicU64 = AtomicU64::new(0);
static ROWS: AtomicU64 = AtomicU64::new(0);

struct Listener;
struct Rows;

impl Visit for Rows {
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            ROWS.fetch_add(value, Ordering::Relaxed);
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            STATEMENTS.fetch_add(1, Ordering::Relaxed);
            event.record(&mut Rows);
        }
    }
}

#[tokio::main]
async fn main() {
    tracing_subscriber::registry().with(Listener).init();
    println!("| engine | messages | pins | median | of 50 messages | statements | rows |\n|---|---|---|---|---|---|---|");
    for test in databases().await {
        let mut base = None;
        for (messages, pins) in [(50, 0), (5_000, 0), (5_000, 10)] {
            let (server, viewer, chat) = conversation(&test, messages, pins).await;
            let (median, statements, rows) = measure(&server, &viewer, chat).await;
            let base = *base.get_or_insert(median);
            let ratio = median.as_secs_f64() / base.as_secs_f64();
            println!("| {} | {messages} | {pins} | {median:.0?} | × {ratio:.2} | {statements} | {rows} |", test.engine);
        }
    }
}

/// The median of 200, and what one asks of the database.
async fn measure(server: &Server, viewer: &Viewer, chat: Uuid) -> (Duration, u64, u64) {
    let mut times = Vec::new();
    let mut counts = (0, 0);
    for _ in 0..200 {
        STATEMENTS.store(0, Ordering::Relaxed);
        ROWS.store(0, Ordering::Relaxed);
        let begun = Instant::now();
        generation::budget(server, viewer, Some(chat), Some("fake/echo@0")).await.expect("a budget");
        times.push(begun.elapsed());
        counts = (STATEMENTS.load(Ordering::Relaxed), ROWS.load(Ordering::Relaxed));
    }
    times.sort();
    (times[times.len() / 2], counts.0, counts.1)
}

/// A conversation with so many messages of about 45 tokens below each other, the oldest of them pinned.
async fn conversation(test: &TestDb, messages: usize, pins: usize) -> (Server, Viewer, Uuid) {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    provider::start(&server).await.expect("providers");
    let email = format!("{}@example.org", Uuid::new_v4());
    let registration = Registration { email, name: "Ada".into(), password: "correct horse battery".into() };
    let user = account::create(&server, registration, Role::User).await.expect("an account");
    let viewer = Viewer { user, via: Via::Token { family: Uuid::nil() } };
    let ask = Ask { chat_id: None, text: "go".into(), model: Some("fake/words-2@0".into()), request_id: None, replaces: None };
    let started = generation::send(&server, &viewer, ask).await.expect("a run");
    generation::whole(&server, &viewer, &started).await.expect("an answer");
    let (mut parent, mut ids) = (started.message_id, Vec::new());
    for index in 0..messages.saturating_sub(2) {
        let (id, role) = (Uuid::now_v7(), if index % 2 == 0 { "user" } else { "assistant" });
        let text = format!("message {index} {}", "some words ".repeat(16));
        insert(test, (id, started.chat_id, parent), (role, text), server.clock.now()).await;
        ids.push(id);
        parent = id;
    }
    server.db.chats().set_leaf(started.chat_id, parent).await.expect("a leaf");
    analyze(test).await;
    for id in ids.into_iter().take(pins) {
        context::pin(&server, &viewer, id, true).await.expect("a pin");
    }
    (server, viewer, started.chat_id)
}

/// What autovacuum does within a minute of so many new rows. Until then PostgreSQL keeps the plan that it made for 50 messages, which reads
/// the whole table for each step up the branch.
async fn analyze(test: &TestDb) {
    if let Pool::Postgres(c) = test.db.write() {
        sqlx::query("ANALYZE messages").execute(c).await.expect("statistics");
    }
}

async fn insert(test: &TestDb, (id, chat, parent): (Uuid, Uuid, Uuid), (role, text): (&str, String), at: chrono::DateTime<chrono::Utc>) {
    const SQL: &str =
        "INSERT INTO messages (id, chat_id, parent_id, role, content, status, created_at) VALUES ($1, $2, $3, $4, $5, 'done', $6)";
    match test.db.write() {
        Pool::Sqlite(c) => {
            sqlx::query(SQL).bind(id).bind(chat).bind(parent).bind(role).bind(text).bind(at).execute(c).await.expect("a message");
        }
        Pool::Postgres(c) => {
            sqlx::query(SQL).bind(id).bind(chat).bind(parent).bind(role).bind(text).bind(at).execute(c).await.expect("a message");
        }
    }
}
