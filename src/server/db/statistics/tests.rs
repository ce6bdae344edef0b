//! The hours against the ledger, on both databases.

use chrono::DateTime;
use sqlx::AssertSqlSafe;

use super::*;
use crate::model::generation::FailureKind;
use crate::model::user::{Role, User};
use crate::server::db::testing::{TestDb, databases};

const BEGIN: i64 = 1_800_000_000;
const ALL: Hours = 0..i64::MAX / 4000;

async fn user(test: &TestDb, name: &str) -> Uuid {
    let at = DateTime::from_timestamp(BEGIN, 0).unwrap();
    let user = User::new(Uuid::now_v7(), format!("{name}@example.org"), name.into(), Role::User, at);
    test.db.users().insert(user, None).await.unwrap().unwrap().id
}

/// Rows as they may be, from the `seed`th on; the last ones of them are late.
async fn rows(test: &TestDb, users: &[Uuid], seed: i64, count: i64) {
    for i in seed..seed + count {
        // A number that looks like any.
        let dice = |sides: i64| (i.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 33).rem_euclid(sides);
        let at = BEGIN + (i * 7919) % (40 * 3600);
        let priced = dice(3) > 0;
        let failed = dice(5) == 0;
        let sql = "INSERT INTO ledger (id, user_id, purpose, provider, model, input_tokens, cached_tokens, output_tokens, reasoning_tokens,
                estimated, input_price, output_price, cost, tries, first_token_ms, tokens_per_second, outcome, failure, started_at,
                finished_at, quarter)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $10, $10, $11, 1, $12, $13, $14, $15, $16, $16, $17)";
        let moment = DateTime::from_timestamp(at, 0).unwrap();
        let user = users.get(dice(4) as usize).copied();
        on!(test.db.write(), c => sqlx::query(sql).bind(Uuid::new_v4()).bind(user)
            .bind(if dice(7) == 0 { "title" } else { "chat" }).bind(if dice(2) == 0 { "shop" } else { "vendor" }).bind(format!("m{}", dice(3)))
            .bind(dice(1000)).bind(dice(50)).bind(dice(700)).bind(dice(9) == 0).bind(priced.then_some(5_i64)).bind(priced.then(|| dice(90_000)))
            .bind((!failed).then(|| dice(90_000))).bind((!failed).then(|| dice(9_000_000) as f64 / 70_000.0))
            .bind(if failed { "failed" } else { "done" }).bind(failed.then(|| ["timeout", "quota"][dice(2) as usize]))
            .bind(moment).bind(at.div_euclid(900)).execute(c).await.map(drop))
        .unwrap();
    }
}

/// The sums of the ledger's own rows.
async fn sums(test: &TestDb, scope: &Scope, by: &str) -> Vec<(i64, Measure)> {
    #[derive(sqlx::FromRow)]
    struct Row {
        by: i64,
        #[sqlx(flatten)]
        measure: Measure,
    }
    let sql = format!(
        "SELECT {by} AS by, COUNT(*) AS calls, COUNT(CASE WHEN purpose = 'chat' THEN 1 END) AS answers,
        COUNT(CASE WHEN outcome = 'failed' THEN 1 END) AS failed, CAST(SUM(input_tokens) AS BIGINT) AS input_tokens,
        CAST(SUM(cached_tokens) AS BIGINT) AS cached_tokens, CAST(SUM(output_tokens) AS BIGINT) AS output_tokens,
        CAST(SUM(reasoning_tokens) AS BIGINT) AS reasoning_tokens, COUNT(CASE WHEN estimated THEN 1 END) AS estimated,
        CAST(COALESCE(SUM(cost), 0) AS BIGINT) AS cost, COUNT(cost) AS priced, COUNT(tokens_per_second) AS rated, CAST(0 AS BIGINT) AS rate
        FROM ledger WHERE ($1 IS NULL OR user_id = $1) AND ($2 IS NULL OR provider = $2) AND ($3 IS NULL OR model = $3)
            AND ($4 = 0 OR user_id IS NULL)
        GROUP BY 1 ORDER BY 1"
    );
    let (user, erased) = (scope.user.filter(|user| *user != ERASED), i64::from(scope.user == Some(ERASED)));
    let rows: Vec<Row> = on!(test.db.read(), c => {
        sqlx::query_as(AssertSqlSafe(sql)).bind(user).bind(&scope.provider).bind(&scope.model).bind(erased).fetch_all(c).await
    })
    .unwrap();
    rows.into_iter().map(|row| (row.by, row.measure)).collect()
}

/// Rates are rounded one by one: compared by themselves.
async fn rates(test: &TestDb) -> i64 {
    let sql = "SELECT tokens_per_second FROM ledger WHERE tokens_per_second IS NOT NULL";
    let rates: Vec<f64> = on!(test.db.read(), c => sqlx::query_scalar(sql).fetch_all(c).await).unwrap();
    rates.into_iter().map(thousandths).sum()
}

/// Every figure that can be asked for is the ledger's.
async fn is_the_ledgers(test: &TestDb, users: &[Uuid], when: &str) {
    while test.db.statistics().fold().await.unwrap() > 0 {}
    let db = test.db.statistics();
    let mut scopes = vec![Scope::default(), Scope { user: Some(ERASED), ..Scope::default() }];
    scopes.extend(users.iter().map(|user| Scope { user: Some(*user), ..Scope::default() }));
    scopes.push(Scope { provider: Some("shop".into()), model: Some("m1".into()), user: users.last().copied() });
    scopes.push(Scope { provider: Some("vendor".into()), ..Scope::default() });
    for scope in &scopes {
        let told: Vec<_> = db.hours(scope, &ALL).await.unwrap();
        let rate: i64 = told.iter().map(|(_, measure)| measure.rate).sum();
        let told: Vec<_> = told.into_iter().map(|(hour, measure)| (hour, Measure { rate: 0, ..measure })).collect();
        assert_eq!(told, sums(test, scope, "quarter / 4").await, "{}: {when}: {scope:?}", test.engine);
        if *scope == Scope::default() {
            assert_eq!(rate, rates(test).await, "{}: {when}", test.engine);
        }
        let of_models = db.models(scope, &ALL).await.unwrap();
        let calls = |measure: &Measure| measure.calls;
        assert_eq!(
            of_models.iter().map(|(.., of)| of.calls).sum::<i64>(),
            told.iter().map(|(_, of)| calls(of)).sum::<i64>(),
            "{}: {when}",
            test.engine
        );
    }
    let failures: Vec<(String, i64)> = on!(test.db.read(), c => {
        sqlx::query_as("SELECT failure, COUNT(*) FROM ledger WHERE failure IS NOT NULL GROUP BY failure ORDER BY COUNT(*) DESC, failure").fetch_all(c).await
    }).unwrap();
    let told = db.failures(&Scope::default(), &ALL, 0).await.unwrap();
    assert_eq!(told.into_iter().map(|(failure, now, _)| (failure, now)).collect::<Vec<_>>(), failures, "{}: {when}", test.engine);
    waits_are_the_ledgers(test, when).await;
    // Whoever used most comes first, with all of it.
    let people = db.users(&Scope::default(), &ALL, 100).await.unwrap();
    let total: i64 = people.iter().map(|of| of.measure.calls).sum();
    assert_eq!(total, sums(test, &Scope::default(), "CAST(0 AS BIGINT)").await[0].1.calls, "{}: {when}", test.engine);
    assert!(people.is_sorted_by_key(|of| std::cmp::Reverse(of.measure.cost)), "{}", test.engine);
}

async fn waits_are_the_ledgers(test: &TestDb, when: &str) {
    let sql = "SELECT quarter / 4, first_token_ms FROM ledger WHERE first_token_ms IS NOT NULL";
    let times: Vec<(i64, i64)> = on!(test.db.read(), c => sqlx::query_as(sql).fetch_all(c).await).unwrap();
    let mut expected: BTreeMap<(i64, i64), i64> = BTreeMap::new();
    for (hour, ms) in times {
        *expected.entry((hour, bucket(ms))).or_default() += 1;
    }
    let told = test.db.statistics().waits(&Scope::default(), &ALL).await.unwrap();
    let told: BTreeMap<(i64, i64), i64> = told.into_iter().map(|(hour, bucket, calls)| ((hour, bucket), calls)).collect();
    assert_eq!(told, expected, "{}: {when}", test.engine);
}

#[tokio::test]
async fn every_figure_is_the_ledgers_to_the_unit_also_of_late_rows_and_erased_people() {
    for test in databases().await {
        let users = [user(&test, "ada").await, user(&test, "bob").await, user(&test, "cy").await];
        rows(&test, &users, 0, 700).await;
        is_the_ledgers(&test, &users, "at first").await;
        // Into the same hours, which were counted before.
        rows(&test, &users, 5_000, 300).await;
        is_the_ledgers(&test, &users, "with late rows").await;
        test.db.people().erase(users[0]).await.unwrap();
        assert!(test.db.statistics().has_new().await.unwrap(), "{}: her rows are counted anew", test.engine);
        let hers = Scope { user: Some(users[0]), ..Scope::default() };
        assert_eq!(test.db.statistics().hours(&hers, &ALL).await.unwrap(), [], "{}", test.engine);
        is_the_ledgers(&test, &users[1..], "without her").await;
        // A name that no catalogue knows is gone with her, where nobody else used it.
        rows(&test, &users[1..2], 9_000, 50).await;
        is_the_ledgers(&test, &users[1..], "afterwards").await;
    }
}

#[tokio::test]
async fn a_row_is_counted_once_however_many_count_at_once() {
    for test in databases().await {
        let users = [user(&test, "ada").await];
        rows(&test, &users, 0, 1200).await;
        let db = test.db.statistics();
        let counted = tokio::join!(db.fold(), db.fold(), db.fold(), db.fold());
        let first: u64 = [counted.0, counted.1, counted.2, counted.3].into_iter().map(Result::unwrap).sum();
        let mut all = first;
        while let 1.. = {
            let more = db.fold().await.unwrap();
            all += more;
            more
        } {}
        assert_eq!(all, 1200, "{}", test.engine);
        let calls: i64 = db.hours(&Scope::default(), &ALL).await.unwrap().iter().map(|(_, of)| of.calls).sum();
        assert_eq!((calls, db.has_new().await.unwrap()), (1200, false), "{}", test.engine);
    }
}

#[tokio::test]
async fn rows_are_found_by_what_they_are_and_come_newest_first() {
    for test in databases().await {
        let users = [user(&test, "ada").await, user(&test, "bob").await];
        rows(&test, &users, 0, 400).await;
        let all = |scope: Scope, failure| Rows { scope, hours: ALL, failure, key: None, after: None };
        let (mut asked, mut seen) = (all(Scope::default(), None), Vec::new());
        loop {
            let page = test.db.statistics().rows(&asked, 70).await.unwrap();
            let Some(last) = page.last() else { break };
            asked.after = Some((last.quarter, last.id));
            seen.extend(page.iter().map(|call| (call.quarter, call.id)));
        }
        assert_eq!(seen.len(), 400, "{}", test.engine);
        assert!(seen.is_sorted_by(|one, next| one > next), "{}: newest first, each once", test.engine);
        for (scope, failure) in [
            (Scope { user: Some(users[0]), ..Scope::default() }, None),
            (Scope { user: Some(ERASED), ..Scope::default() }, None),
            (Scope { provider: Some("shop".into()), model: Some("m2".into()), user: None }, None),
            (Scope::default(), Some(FailureKind::Timeout)),
            (Scope { provider: Some("vendor".into()), model: None, user: Some(users[1]) }, Some(FailureKind::Quota)),
        ] {
            let found = test.db.statistics().rows(&all(scope.clone(), failure), 1000).await.unwrap();
            assert!(!found.is_empty() && found.len() < 400, "{}: {scope:?}", test.engine);
            for call in &found {
                let whose = call.user_id.unwrap_or(ERASED);
                assert!(
                    scope.user.is_none_or(|user| user == whose) && scope.provider.as_ref().is_none_or(|of| *of == call.provider),
                    "{call:?}"
                );
                assert!(scope.model.as_ref().is_none_or(|of| *of == call.model), "{call:?}");
                assert!(failure.is_none_or(|_| call.failure.is_some()), "{call:?}");
                assert_eq!(call.user_name.is_some(), call.user_id.is_some(), "{}", test.engine);
            }
        }
    }
}

#[test]
fn a_bucket_stands_for_its_times_within_five_in_a_hundred() {
    for ms in (0..3000).chain([59_999, 60_000, 600_000, 86_400_000]) {
        let told = middle(bucket(ms)) as f64;
        let off = (told - ms as f64).abs();
        assert!(off <= ms as f64 * 0.05 + 0.5, "{ms}: {told}");
    }
    assert!(bucket(1) < bucket(2) && bucket(100) < bucket(111));
}
