//! What is promised in counts: writes of a running answer, and the cost of a long conversation. Counted by listening to the
//! statements that sqlx reports, on SQLite and on PostgreSQL.

use std::sync::Mutex;
use std::time::Duration;

use liao::model::catalogue::ModelSettings;
use liao::model::chat::Ask;
use liao::model::provider::{Api, Kind, Limits, ProviderForm};
use liao::model::statistics::{Query, Range};
use liao::model::suggestion::SuggestionSettings;
use liao::model::user::{Registration, Role};
use liao::server::Server;
use liao::server::clock::Clock;
use liao::server::db::testing::{TestDb, databases};
use liao::server::job;
use liao::server::service::limit::LimitConfig;
use liao::server::service::viewer::{Origin, Via, Viewer};
use liao::server::service::{account, catalogue, chat, context, generation, provider, statistics, suggestion};
use liao::server::testing;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;
use uuid::Uuid;

/// Statements since the last [`take`]: text and rows that came back.
static STATEMENTS: Mutex<Vec<(String, u64)>> = Mutex::new(Vec::new());

/// Listens to sqlx.
struct Listener;

#[derive(Default)]
struct Statement {
    text: String,
    rows: u64,
}

impl Statement {
    /// The summary is the beginning of a long statement, and the whole of a short one.
    fn hear(&mut self, field: &Field, value: &str) {
        let value = value.trim_matches('"').trim();
        if matches!(field.name(), "summary" | "db.statement") && value.len() > self.text.len() {
            self.text = value.to_owned();
        }
    }
}

impl Visit for Statement {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.hear(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.hear(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "rows_returned" {
            self.rows = value;
        }
    }
}

impl<S: tracing::Subscriber> Layer<S> for Listener {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut statement = Statement::default();
            event.record(&mut statement);
            STATEMENTS.lock().unwrap().push((statement.text, statement.rows));
        }
    }
}

fn take() -> Vec<(String, u64)> {
    std::mem::take(&mut *STATEMENTS.lock().unwrap())
}

fn is_write(text: &str) -> bool {
    // A batch has its BEGIN in front.
    text.split(';').any(|text| ["INSERT", "UPDATE", "DELETE"].iter().any(|verb| text.trim_start().to_uppercase().starts_with(verb)))
}

async fn asked(server: &Server, viewer: &Viewer, chat_id: Option<Uuid>, text: &str, model: &str) -> generation::Follower {
    let ask = Ask { chat_id, text: text.into(), model: Some(model.into()), request_id: None, replaces: None };
    let started = generation::send(server, viewer, ask).await.expect("a run");
    generation::follow(server, viewer, started.generation_id, 0).await.expect("a follower")
}

/// A conversation of this many turns.
async fn conversation(server: &Server, viewer: &Viewer, turns: usize) -> Uuid {
    let mut chat_id = None;
    for _ in 0..turns {
        // About 200 tokens, so that the scripted model's window holds some ten turns.
        let mut follower = asked(server, viewer, chat_id, &"long word ".repeat(80), "fake/echo@0").await;
        chat_id = Some(follower.started.chat_id);
        while follower.next().await.expect("events").is_some() {}
    }
    chat_id.expect("at least one turn")
}

/// What one more turn costs: the least of three. The log's tick, five times a second, falls into a turn or not.
async fn turn_costs(server: &Server, viewer: &Viewer, chat_id: Uuid) -> (usize, usize, u64) {
    let mut least = turn_cost(server, viewer, chat_id).await;
    for _ in 0..2 {
        least = least.min(turn_cost(server, viewer, chat_id).await);
    }
    least
}

/// Statements, writes among them, and rows read by one more turn.
async fn turn_cost(server: &Server, viewer: &Viewer, chat_id: Uuid) -> (usize, usize, u64) {
    tokio::time::sleep(Duration::from_millis(300)).await;
    take();
    // Nobody follows: a follower that comes after the end reads it from the database, which is not the turn's own cost.
    let ask = Ask { chat_id: Some(chat_id), text: "and now?".into(), model: Some("fake/echo@0".into()), request_id: None, replaces: None };
    generation::send(server, viewer, ask).await.expect("a run");
    while server.generations.count() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let statements = take();
    let writes = statements.iter().filter(|(text, _)| is_write(text)).count();
    (statements.len(), writes, statements.iter().map(|(_, rows)| rows).sum())
}

/// Questions that may come next are wanted after every answer, of a model that nobody has to be at for that.
async fn suggest(server: &Server, admin: &Viewer) {
    let (slug, base_url) = ("cheap".into(), Some("http://127.0.0.1:9/v1".into()));
    let (kind, api, limits) = (Kind::Openai, Api::Chat, Limits::default());
    let form = ProviderForm { slug, kind, base_url, api_key: None, enabled: true, private: true, api, limits };
    provider::save(server, admin, &Origin::default(), None, form).await.expect("a provider");
    let defaults = ModelSettings { title: Some("cheap/m".into()), ..ModelSettings::default() };
    catalogue::set_defaults(server, admin, &Origin::default(), defaults).await.expect("defaults");
    let on = SuggestionSettings { tags: true, follow_ups: true };
    suggestion::update(server, admin, &Origin::default(), on).await.expect("a setting");
}

/// One test listens at a time.
async fn listen() -> tokio::sync::MutexGuard<'static, ()> {
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let turn = TURN.lock().await;
    let _ = tracing_subscriber::registry().with(Listener).try_init();
    turn
}

/// What the database is asked must not tell who has an account, as the time it takes would.
#[tokio::test]
async fn a_refused_sign_in_asks_the_same_whoever_it_is_about() {
    let _turn = listen().await;
    for test in databases().await {
        // Without limits: one that is reached would answer before anybody is looked up.
        let server = testing::server_with(test.db.clone(), Clock::default(), testing::config(), LimitConfig::per_ip(0, 0)).await;
        for name in ["root", "ada", "bob"] {
            let registration =
                Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
            account::create(&server, registration, Role::User).await.expect("an account");
        }
        account::set_disabled(&server, "bob@example.org", true).await.expect("disabled");
        let mut asked: Vec<(Vec<String>, u64)> = Vec::new();
        for (email, password) in [
            ("ada@example.org", "wrong password"),
            ("nobody@example.org", "wrong password"),
            ("bob@example.org", "wrong password"),
            ("bob@example.org", "correct horse battery"),
        ] {
            // The least of three: a connection that the pool opens meanwhile brings statements of its own.
            let mut least: Option<(Vec<String>, u64)> = None;
            for _ in 0..3 {
                take();
                let before = server.passwords.computed();
                let refused = account::authenticate(&server, &Origin::default(), email, password.into()).await;
                assert!(refused.is_err(), "{email}");
                // What is noted of a known account is noted after the answer, when nobody waits any more: it is not of this moment.
                let noted = |text: &String| ["activity", "SELECT 1", "BEGIN", "COMMIT"].iter().any(|part| text.contains(part));
                let heard = take().into_iter().map(|(text, _)| text).filter(|text| !noted(text)).collect::<Vec<_>>();
                let now = (heard, server.passwords.computed() - before);
                least = least.filter(|least| least.0.len() <= now.0.len()).or(Some(now));
            }
            asked.extend(least);
        }
        assert!(!asked[0].0.is_empty() && asked[0].1 == 1, "{}: the listener hears nothing: {asked:?}", test.engine);
        assert!(asked.iter().all(|one| *one == asked[0]), "{}: {asked:#?}", test.engine);
    }
}

#[tokio::test]
async fn costs_do_not_grow() {
    let _turn = listen().await;
    for test in databases().await {
        let server = testing::server(test.db.clone(), Clock::default()).await;
        provider::start(&server).await.expect("providers");
        generation::keep(&server);
        let registration = Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
        let user = account::create(&server, registration, Role::Admin).await.expect("an account");
        let viewer = Viewer { user, via: Via::Token { family: Uuid::nil() } };

        take();
        let mut follower = asked(&server, &viewer, None, "go", "fake/words-1000@100").await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        take();
        tokio::time::sleep(Duration::from_secs(4)).await;
        let writes = take().iter().filter(|(text, _)| is_write(text)).count();
        assert!((10..=24).contains(&writes), "{}: {writes} writes in 4 s of a running answer; at most 6 a second", test.engine);
        generation::stop(&server, &viewer, follower.started.generation_id).await.expect("stopped");
        while follower.next().await.expect("events").is_some() {}

        let (short, long) = (conversation(&server, &viewer, 3).await, conversation(&server, &viewer, 2_500).await);
        let (few, many) = (turn_costs(&server, &viewer, short).await, turn_costs(&server, &viewer, long).await);
        // The conversation, its beginning, what was said before, its end, and whether a message waits for that. SQLite hears a beginning or an end as one statement; to
        // PostgreSQL a beginning is five and an end seven, the ledger's line and those of the search's index among them, each with a commit.
        let (most, writes) = if test.engine == "sqlite" { (5, 2) } else { (17, 12) };
        assert!(few.0 <= most && few.1 <= writes, "{}: {few:?}, at most {most} statements, {writes} of them writes", test.engine);
        assert!(few.0 > 2 && few.1 > 1, "{}: the listener hears nothing: {few:?}", test.engine);
        assert!(few.0 == many.0 && few.1 == many.1, "{}: statements and writes of a turn: {few:?}, {many:?}", test.engine);
        assert!(many.2 <= few.2 + 64, "{}: rows read: {} in a short conversation, {} in a long one", test.engine, few.2, many.2);

        // With a pin at its beginning: one statement and one row more.
        let first = chat::messages(&server, &viewer, long, None, Some(1)).await.expect("messages").items.remove(0);
        context::pin(&server, &viewer, first.id, true).await.expect("a pin");
        let pinned = turn_costs(&server, &viewer, long).await;
        assert!(pinned.0 <= many.0 + 1 && pinned.2 <= many.2 + 64, "{}: {many:?}, with a pin {pinned:?}", test.engine);
        context::pin(&server, &viewer, first.id, false).await.expect("no pin");

        let (mut statements, mut rows) = (usize::MAX, u64::MAX);
        for _ in 0..3 {
            take();
            let opened = chat::open(&server, &viewer, long, None).await.expect("a conversation");
            assert_eq!(opened.messages.len(), 50);
            let all = take();
            // A connection that the pool opens meanwhile brings the statements of its own settings: the least counts.
            (statements, rows) = (statements.min(all.len()), rows.min(all.iter().map(|(_, rows)| rows).sum()));
        }
        // The conversation, its branch, the siblings, and the sum of what it used, which the ledger's index finds.
        assert!(statements <= 4 && rows <= 102, "{}: {statements} statements, {rows} rows to open 5,000 messages", test.engine);

        // What is wanted after an answer is queued with its end: SQLite hears no statement more, PostgreSQL one.
        suggest(&server, &viewer).await;
        let (wishing, more) = (turn_costs(&server, &viewer, long).await, usize::from(test.engine != "sqlite"));
        assert_eq!((wishing.0, wishing.1), (many.0 + more, many.1 + more), "{}: {many:?}, with a job {wishing:?}", test.engine);
        assert!(server.db.jobs().list(None, None, 9).await.expect("jobs").len() >= 3, "{}: a job for each answer", test.engine);
    }
}

/// Rows of the ledger, from the `first`th on, in the last week: each model in each hour by each of four people, again and again.
async fn calls(test: &TestDb, now: i64, first: i64, count: i64) {
    let (id, moment) = match test.engine {
        "sqlite" => ("randomblob(16)", "strftime('%Y-%m-%dT%H:%M:%S+00:00', at, 'unixepoch')"),
        _ => ("gen_random_uuid()", "to_timestamp(at)"),
    };
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT CAST({first} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {first} + {count}),
        u AS (SELECT id, ROW_NUMBER() OVER (ORDER BY email) - 1 AS n FROM users),
        r AS (SELECT n.i, u.id AS who, {now} - (n.i % 160) * 3600 AS at FROM n JOIN u ON u.n = (n.i / 480) % 4)
        INSERT INTO ledger (id, user_id, purpose, provider, model, input_tokens, cached_tokens, output_tokens, reasoning_tokens,
            estimated, input_price, output_price, cost, tries, first_token_ms, tokens_per_second, outcome, failure, started_at, finished_at,
            quarter)
        SELECT {id}, who, 'chat', 'vendor', 'm' || ((i / 160) % 3), 10, 1, 5, 2,
            i % 2 = 1, 1, 1, 3, 1, 100 + (i / 1920) % 4 * 300, 40.5, CASE WHEN i % 7 = 0 THEN 'failed' ELSE 'done' END,
            CASE WHEN i % 7 = 0 THEN 'timeout' END, {moment}, {moment}, at / 900 FROM r"
    );
    let sql = sqlx::AssertSqlSafe(sql);
    match test.db.write() {
        liao::server::db::Pool::Sqlite(c) => sqlx::query(sql).execute(c).await.map(drop),
        liao::server::db::Pool::Postgres(c) => sqlx::query(sql).execute(c).await.map(drop),
    }
    .expect("rows of the ledger");
}

/// Statements, rows and milliseconds that it takes to open the dashboard: the least of three.
#[allow(clippy::disallowed_methods, reason = "how long it took is told by hand-run measurements")]
async fn opened(server: &Server, viewer: &Viewer) -> (usize, u64, u128) {
    let mut least = (usize::MAX, u64::MAX, u128::MAX);
    for _ in 0..3 {
        take();
        let begin = std::time::Instant::now();
        let query = Query { range: Range::Month, ..Query::default() };
        statistics::report(server, viewer, &query).await.expect("statistics");
        let spent = begin.elapsed().as_millis();
        let all = take();
        assert!(!all.iter().any(|(text, _)| text.contains("FROM ledger") && !text.contains("NOT counted")), "{all:?}");
        least = (least.0.min(all.len()), least.1.min(all.iter().map(|(_, rows)| rows).sum()), least.2.min(spent));
    }
    least
}

/// `LIAO_LEDGER_ROWS=10000000 cargo test --release --features ssr --test counts -- --nocapture dashboard`: the same with as many, and what it takes.
#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "how many rows is told by the environment")]
async fn a_dashboard_costs_the_same_however_long_the_ledger_is() {
    let _turn = listen().await;
    let many: i64 = std::env::var("LIAO_LEDGER_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(60_000);
    for test in databases().await {
        let server = testing::server(test.db.clone(), Clock::default()).await;
        let mut viewer = None;
        for name in ["ada", "bob", "cy", "dan"] {
            let registration =
                Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
            let user = account::create(&server, registration, Role::Admin).await.expect("an account");
            viewer = Some(Viewer { user, via: Via::Token { family: Uuid::nil() } });
        }
        let (viewer, now) = (viewer.expect("somebody"), server.clock.now().timestamp());
        let mut costs = Vec::new();
        let mut first = 0;
        for upto in [10_000, many] {
            while first < upto {
                let count = (upto - first).min(500_000);
                calls(&test, now, first, count).await;
                first += count;
            }
            statistics::queue(&server).await.expect("queued");
            while job::run_next(&server).await.expect("a job") {}
            costs.push(opened(&server, &viewer).await);
            println!("{}: {upto} rows of the ledger: statements, rows, ms: {:?}", test.engine, costs.last());
        }
        assert!(costs[0].0 > 8 && costs[0].1 > 500, "{}: the listener hears nothing: {costs:?}", test.engine);
        assert_eq!((costs[0].0, costs[0].1), (costs[1].0, costs[1].1), "{}: statements and rows", test.engine);
    }
}
