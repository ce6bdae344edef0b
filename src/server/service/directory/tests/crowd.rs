//! A long list: how its pages are found, and what they cost.

use super::*;
use crate::server::db::Pool;

/// Many people at once, made by the database itself.
pub async fn crowd(test: &TestDb, count: i64) {
    match test.db.write() {
        Pool::Sqlite(pool) => {
            let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
                INSERT INTO users (id, email, name, role, disabled_at, email_verified_at, last_seen_at, created_at, updated_at)
                SELECT randomblob(16), 'p' || i || '@example.org', 'Person ' || (i * 7919 % $1), CASE WHEN i % 20000 = 0 THEN 'admin' ELSE 'user' END,
                CASE WHEN i % 3000 = 0 THEN '2026-06-01T00:00:00+00:00' END, CASE WHEN i % 2 = 0 THEN '2026-06-01T00:00:00+00:00' END,
                CASE WHEN i % 3 = 0 THEN strftime('%Y-%m-%dT%H:%M:%S+00:00', 1780000000 + i, 'unixepoch') END,
                strftime('%Y-%m-%dT%H:%M:%S+00:00', 1770000000 + i, 'unixepoch'), '2026-01-01T00:00:00+00:00' FROM n";
            sqlx::query(sql).bind(count).execute(pool).await.unwrap();
        }
        Pool::Postgres(pool) => {
            let sql = "INSERT INTO users (id, email, name, role, disabled_at, email_verified_at, last_seen_at, created_at, updated_at)
                SELECT gen_random_uuid(), 'p' || i || '@example.org', 'Person ' || (i * 7919 % $1), CASE WHEN i % 20000 = 0 THEN 'admin' ELSE 'user' END,
                CASE WHEN i % 3000 = 0 THEN now() END, CASE WHEN i % 2 = 0 THEN now() END,
                CASE WHEN i % 3 = 0 THEN to_timestamp(1780000000 + i) END, to_timestamp(1770000000 + i), now() FROM generate_series(1, $1) i";
            sqlx::query(sql).bind(count).execute(pool).await.unwrap();
            sqlx::query("VACUUM ANALYZE users").execute(pool).await.unwrap();
        }
    }
}

/// Somewhere in the middle of a list in this order.
async fn middle(place: &Place, sort: Sort) -> (DirectoryKey, Uuid) {
    let query = Query { sort, ..Query::default() };
    let rows = page(&place.server, query, None, 2_000).await.unwrap();
    let row = rows.last().unwrap();
    (row.key(sort), row.user.id)
}

#[tokio::test]
async fn every_page_is_found_within_an_index_and_never_sorted() {
    for place in places().await {
        crowd(&place.test, 6_000).await;
        for sort in Sort::ALL {
            let deep = Some(middle(&place, sort).await);
            for (after, search, state) in [(None, None, None), (deep.clone(), None, None), (deep, Some("person 77"), Some(State::Disabled))]
            {
                let begin = after.is_some();
                let query = Query { sort, search: search.map(str::to_owned), state, ..Query::default() };
                let plan = place.server.db.directory().plan(&Wanted { query, online: vec![], after }, 51).await.unwrap();
                match place.test.engine {
                    "sqlite" => {
                        let verb = if begin { "SEARCH users USING COVERING INDEX" } else { "SCAN users USING COVERING INDEX" };
                        assert!(plan.contains(verb), "{sort:?} {search:?}: {plan}");
                    }
                    // With a search PostgreSQL may well read the table, which is small.
                    _ if search.is_some() => {}
                    _ => assert!(plan.contains("Index Only Scan") && !plan.contains("Seq Scan on users users"), "{sort:?}: {plan}"),
                }
            }
        }
    }
}

/// `cargo test --release --features ssr --lib -- --ignored --nocapture hundred_thousand`: what `docs/PERFORMANCE.md` says.
#[tokio::test]
#[ignore = "measures; run by hand"]
#[allow(clippy::disallowed_methods, reason = "how long it took is what is asked")]
async fn a_list_of_a_hundred_thousand() {
    for place in places().await {
        crowd(&place.test, 100_000).await;
        for sort in Sort::ALL {
            let after = Some({
                let mut key = middle(&place, sort).await;
                for _ in 0..24 {
                    let query = Query { sort, ..Query::default() };
                    let rows = page(&place.server, query, Some(key), 2_000).await.unwrap();
                    key = (rows.last().unwrap().key(sort), rows.last().unwrap().user.id);
                }
                key
            });
            let query = || Query { sort, ..Query::default() };
            let cases = [
                ("first page", query(), None),
                ("50,000 people in", query(), after),
                ("search, one found", Query { search: Some("p77777@".into()), ..query() }, None),
                ("search, none found", Query { search: Some("nobody is called so".into()), ..query() }, None),
                ("search, many found", Query { search: Some("person 7".into()), ..query() }, None),
                ("administrators", Query { role: Some(Role::Admin), ..query() }, None),
                ("disabled", Query { state: Some(State::Disabled), ..query() }, None),
            ];
            for (what, query, after) in cases {
                let mut best = f64::MAX;
                for _ in 0..5 {
                    let begin = std::time::Instant::now();
                    page(&place.server, query.clone(), after.clone(), 51).await.unwrap();
                    best = best.min(begin.elapsed().as_secs_f64() * 1000.0);
                }
                println!("{} {sort:?}: {what}: {best:.1} ms", place.test.engine);
            }
        }
    }
}
