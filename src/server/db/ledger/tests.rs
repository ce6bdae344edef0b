//! The ledger on both databases: sums, and that they read no more than they have to.

use sqlx::{AssertSqlSafe, Row as _};

use super::sum::{OF_CHAT, OF_MODELS, OF_NOBODY, OF_QUARTERS, OF_USERS};
use super::*;
use crate::model::user::{Role, User};
use crate::server::db::Pool;
use crate::server::db::testing::{TestDb, databases};

const ALL: Span = Span { from: 0, until: i64::MAX };

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

async fn user(test: &TestDb, name: &str) -> Uuid {
    let user = User::new(Uuid::now_v7(), format!("{name}@example.org"), name.into(), Role::User, at(0));
    test.db.users().insert(user, None).await.unwrap().unwrap().id
}

/// Rows of the user, one a second, in the ledger's own words; every second one has no price.
async fn rows(test: &TestDb, user: Uuid, count: i64) {
    let (id, moment) = match test.engine {
        "sqlite" => ("randomblob(16)", "strftime('%Y-%m-%dT%H:%M:%S+00:00', 1800000000 + i, 'unixepoch')"),
        _ => ("gen_random_uuid()", "to_timestamp(1800000000 + i)"),
    };
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2)
        INSERT INTO ledger (id, user_id, purpose, provider, model, input_tokens, cached_tokens, output_tokens, reasoning_tokens,
            estimated, input_price, output_price, cost, tries, outcome, started_at, finished_at, quarter)
        SELECT {id}, $1, 'chat', 'vendor', CASE WHEN i % 2 = 0 THEN 'priced' ELSE 'unknown' END, 10, 1, 5, 2, i % 2 = 1,
            CASE WHEN i % 2 = 0 THEN 1 END, CASE WHEN i % 2 = 0 THEN 1 END, CASE WHEN i % 2 = 0 THEN 3 END, 1, 'done', {moment}, {moment},
            (1800000000 + i) / 900 FROM n"
    );
    on!(test.db.write(), c => sqlx::query(AssertSqlSafe(sql)).bind(user).bind(count).execute(c).await.map(drop)).unwrap();
}

#[tokio::test]
async fn sums_are_of_their_user_and_time_only_and_a_missing_price_is_not_zero() {
    for test in databases().await {
        let (ada, bob) = (user(&test, "ada").await, user(&test, "bob").await);
        rows(&test, ada, 2000).await;
        rows(&test, bob, 3).await;
        let models = test.db.ledger().of_models(ada, ALL).await.unwrap();
        let shown: Vec<_> = models.iter().map(|(model, sum)| (model.as_str(), sum.calls, sum.cost, sum.unpriced, sum.estimated)).collect();
        assert_eq!(shown, [("vendor/priced", 1000, Some(3000), 0, 0), ("vendor/unknown", 1000, None, 1000, 1000)], "{}", test.engine);
        assert_eq!(
            (models[0].1.input_tokens, models[0].1.cached_tokens, models[0].1.output_tokens, models[0].1.reasoning_tokens),
            (10_000, 1000, 5000, 2000)
        );
        let quarters = test.db.ledger().of_quarters(ada, ALL).await.unwrap();
        assert_eq!(
            quarters.iter().map(|(quarter, sum)| (quarter - 2_000_000, sum.calls)).collect::<Vec<_>>(),
            [(0, 900), (1, 900), (2, 200)],
            "{}",
            test.engine
        );
        let second = Span { from: 2_000_001, until: 2_000_002 };
        assert_eq!(test.db.ledger().of_models(ada, second).await.unwrap().iter().map(|(_, sum)| sum.calls).sum::<u64>(), 900);

        let page = test.db.ledger().of_users(None, ALL, 1).await.unwrap();
        assert_eq!(page.iter().map(|row| (row.user_id, row.sum.calls)).collect::<Vec<_>>(), [(ada, 1000), (ada, 1000)], "{}", test.engine);
        let page = test.db.ledger().of_users(Some(ada), ALL, 1).await.unwrap();
        assert_eq!(
            page.iter().map(|row| (row.name.as_str(), row.sum.calls)).collect::<Vec<_>>(),
            [("bob", 2), ("bob", 1)],
            "{}",
            test.engine
        );

        let (mut seen, mut after) = (0, None);
        while let Some(last) = {
            let page = test.db.ledger().entries(ada, after, 300).await.unwrap();
            seen += page.len();
            page.into_iter().last()
        } {
            after = Some((last.quarter, last.id));
        }
        assert_eq!(seen, 2000, "{}: every row once", test.engine);
        assert_eq!(test.db.ledger().of_chat(Uuid::nil()).await.unwrap(), Default::default());
    }
}

/// How the database finds the rows, in its own words.
async fn plan(test: &TestDb, sql: &str, user: Uuid) -> String {
    let id = if test.engine == "sqlite" { format!("X'{}'", user.simple()) } else { format!("'{user}'") };
    let (from, until) = ("2000000", "2000001");
    let values: Vec<&str> = match sql {
        OF_NOBODY => vec![from, until],
        ENTRIES => vec![&id, from, &id, "50"],
        _ => vec![&id, from, until, "1"],
    };
    let sql = (1..).zip(values).fold(sql.to_owned(), |sql, (n, value)| sql.replace(&format!("${n}"), value));
    match test.db.read() {
        Pool::Sqlite(c) => {
            let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"))).fetch_all(c).await.unwrap();
            rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("\n")
        }
        Pool::Postgres(c) => {
            let rows = sqlx::query(AssertSqlSafe(format!("EXPLAIN {sql}"))).fetch_all(c).await.unwrap();
            rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n")
        }
    }
}

#[tokio::test]
async fn a_sum_reads_no_row_of_somebody_else() {
    for test in databases().await {
        for name in 0..40 {
            let somebody = user(&test, &format!("u{name}")).await;
            rows(&test, somebody, 1000).await;
        }
        let ada = user(&test, "ada").await;
        rows(&test, ada, 100).await;
        if let Pool::Postgres(c) = test.db.write() {
            sqlx::query("ANALYZE").execute(c).await.unwrap();
        }
        for sql in [OF_MODELS, OF_QUARTERS, OF_CHAT, OF_USERS, OF_NOBODY, ENTRIES] {
            let plan = plan(&test, sql, ada).await;
            let walks = plan.lines().any(|line| {
                line.contains("Seq Scan on ledger")
                    || (line.contains("SCAN")
                        && ["ledger", " l", " f"].iter().any(|name| line.contains(name))
                        && !line.contains("COVERING"))
            });
            // Of a page of users PostgreSQL may find it cheaper to read the table, when they are most of it.
            let walks = walks && !(sql == OF_USERS && test.engine == "postgres");
            assert!(plan.contains("ledger_by_") && !walks, "{}: {sql}\n{plan}", test.engine);
        }
        // The plan of a query that has no index says so.
        let whole = plan(&test, "SELECT COUNT(*) FROM ledger WHERE model = 'x'", ada).await;
        assert!(whole.contains("Seq Scan on ledger") || whole.contains("SCAN ledger"), "{}: {whole}", test.engine);
    }
}
