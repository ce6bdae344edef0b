//! Sums of hours: what they read grows with the hours, the models and the people, not with the calls.

use uuid::Uuid;

use super::{ERASED, EVERYBODY, Measure, Statistics};
use crate::server::db::on;

/// What is summed: of somebody, of a provider, of a model. All of it, where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// [`ERASED`]: of those whose accounts were erased.
    pub user: Option<Uuid>,
    pub provider: Option<String>,
    pub model: Option<String>,
}

impl Scope {
    fn whose(&self) -> Uuid {
        self.user.unwrap_or(EVERYBODY)
    }
}

/// Hours since 1970: from one until before another.
pub type Hours = std::ops::Range<i64>;

macro_rules! measures {
    () => {
        "CAST(COALESCE(SUM(calls), 0) AS BIGINT) AS calls, CAST(COALESCE(SUM(answers), 0) AS BIGINT) AS answers,
        CAST(COALESCE(SUM(failed), 0) AS BIGINT) AS failed, CAST(COALESCE(SUM(input_tokens), 0) AS BIGINT) AS input_tokens,
        CAST(COALESCE(SUM(cached_tokens), 0) AS BIGINT) AS cached_tokens, CAST(COALESCE(SUM(output_tokens), 0) AS BIGINT) AS output_tokens,
        CAST(COALESCE(SUM(reasoning_tokens), 0) AS BIGINT) AS reasoning_tokens, CAST(COALESCE(SUM(estimated), 0) AS BIGINT) AS estimated,
        CAST(COALESCE(SUM(cost), 0) AS BIGINT) AS cost, CAST(COALESCE(SUM(priced), 0) AS BIGINT) AS priced,
        CAST(COALESCE(SUM(rated), 0) AS BIGINT) AS rated, CAST(COALESCE(SUM(rate), 0) AS BIGINT) AS rate"
    };
}

/// The rows of a scope; `$1` to `$5` are whose, from, until, provider and model.
macro_rules! within {
    ($table:literal) => {
        concat!(
            " FROM ",
            $table,
            " WHERE user_id = $1 AND hour >= $2 AND hour < $3 AND ($4 IS NULL OR provider = $4) AND ($5 IS NULL OR model = $5)"
        )
    };
}

const HOURS: &str = concat!("SELECT hour, ", measures!(), within!("statistics"), " GROUP BY hour ORDER BY hour");
const MODELS: &str =
    concat!("SELECT provider, model, ", measures!(), within!("statistics"), " GROUP BY provider, model ORDER BY provider, model");
const CELLS: &str = concat!(
    "SELECT hour, provider, model, ",
    measures!(),
    within!("statistics"),
    " AND (hour, provider, model) > ($6, $7, $8) GROUP BY hour, provider, model ORDER BY hour, provider, model LIMIT $9"
);
const WAITS_OF_HOURS: &str = concat!(
    "SELECT hour, bucket, CAST(SUM(calls) AS BIGINT) AS calls",
    within!("statistics_waits"),
    " GROUP BY hour, bucket ORDER BY hour, bucket"
);
const WAITS_OF_MODELS: &str = concat!(
    "SELECT provider, model, bucket, CAST(SUM(calls) AS BIGINT) AS calls",
    within!("statistics_waits"),
    " GROUP BY provider, model, bucket ORDER BY provider, model, bucket"
);
const FAILURES: &str = concat!(
    "SELECT failure, CAST(SUM(CASE WHEN hour >= $6 THEN calls ELSE 0 END) AS BIGINT) AS now,
        CAST(SUM(CASE WHEN hour < $6 THEN calls ELSE 0 END) AS BIGINT) AS before",
    within!("statistics_failures"),
    " GROUP BY failure ORDER BY now DESC, failure"
);
/// Those who used most, and then their names.
const USERS: &str = concat!(
    "SELECT t.user_id, u.name, u.email, t.calls, t.answers, t.failed, t.input_tokens, t.cached_tokens, t.output_tokens, t.reasoning_tokens,
        t.estimated, t.cost, t.priced, t.rated, t.rate
    FROM (SELECT user_id, ",
    measures!(),
    " FROM statistics WHERE hour >= $2 AND hour < $3 AND user_id <> $1 AND ($4 IS NULL OR provider = $4) AND ($5 IS NULL OR model = $5)
        AND ($6 IS NULL OR user_id = $6)
        GROUP BY user_id ORDER BY SUM(cost) DESC, SUM(input_tokens) + SUM(output_tokens) DESC, user_id LIMIT $7) t
    LEFT JOIN users u ON u.id = t.user_id ORDER BY t.cost DESC, t.input_tokens + t.output_tokens DESC, t.user_id"
);
/// Who asked a model in each of these times: the last day, week, month and the period, and as long before.
const ACTIVE: &str = "SELECT COUNT(DISTINCT CASE WHEN hour >= $3 - 24 THEN user_id END) AS day,
        COUNT(DISTINCT CASE WHEN hour >= $3 - 48 AND hour < $3 - 24 THEN user_id END) AS day_before,
        COUNT(DISTINCT CASE WHEN hour >= $3 - 168 THEN user_id END) AS week,
        COUNT(DISTINCT CASE WHEN hour >= $3 - 336 AND hour < $3 - 168 THEN user_id END) AS week_before,
        COUNT(DISTINCT CASE WHEN hour >= $3 - 720 THEN user_id END) AS month,
        COUNT(DISTINCT CASE WHEN hour >= $3 - 1440 AND hour < $3 - 720 THEN user_id END) AS month_before,
        COUNT(DISTINCT CASE WHEN hour >= $2 THEN user_id END) AS period,
        COUNT(DISTINCT CASE WHEN hour >= $1 AND hour < $2 THEN user_id END) AS period_before
    FROM statistics WHERE hour >= $6 AND hour < $3 AND user_id <> $4 AND user_id <> $5";

#[derive(sqlx::FromRow)]
struct HourRow {
    hour: i64,
    #[sqlx(flatten)]
    measure: Measure,
}

#[derive(sqlx::FromRow)]
struct ModelRow {
    provider: String,
    model: String,
    #[sqlx(flatten)]
    measure: Measure,
}

/// An hour of a model.
#[derive(sqlx::FromRow)]
pub struct Cell {
    pub hour: i64,
    pub provider: String,
    pub model: String,
    #[sqlx(flatten)]
    pub measure: Measure,
}

/// What somebody used.
#[derive(sqlx::FromRow)]
pub struct OfUser {
    pub user_id: Uuid,
    /// Absent: they are not there any more.
    pub name: Option<String>,
    pub email: Option<String>,
    #[sqlx(flatten)]
    pub measure: Measure,
}

/// How many people asked a model, and how many did in as long a time before.
#[derive(sqlx::FromRow)]
pub struct Active {
    pub day: i64,
    pub day_before: i64,
    pub week: i64,
    pub week_before: i64,
    pub month: i64,
    pub month_before: i64,
    pub period: i64,
    pub period_before: i64,
}

/// Binds a scope in some hours.
macro_rules! scoped {
    ($query:expr, $scope:expr, $hours:expr) => {
        $query.bind($scope.whose()).bind($hours.start).bind($hours.end).bind(&$scope.provider).bind(&$scope.model)
    };
}

impl Statistics<'_> {
    /// The sums of each hour that has any.
    pub async fn hours(&self, scope: &Scope, hours: &Hours) -> sqlx::Result<Vec<(i64, Measure)>> {
        let rows: Vec<HourRow> = on!(self.0.read(), c => scoped!(sqlx::query_as(HOURS), scope, hours).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|row| (row.hour, row.measure)).collect())
    }

    /// The sums of each provider and model.
    pub async fn models(&self, scope: &Scope, hours: &Hours) -> sqlx::Result<Vec<(String, String, Measure)>> {
        let rows: Vec<ModelRow> = on!(self.0.read(), c => scoped!(sqlx::query_as(MODELS), scope, hours).fetch_all(c).await)?;
        Ok(rows.into_iter().map(|row| (row.provider, row.model, row.measure)).collect())
    }

    /// The next `limit` hours of models after this one, oldest first.
    pub async fn cells(&self, scope: &Scope, hours: &Hours, after: Option<&Cell>, limit: i64) -> sqlx::Result<Vec<Cell>> {
        let (hour, provider, model) = after.map_or((i64::MIN, "", ""), |cell| (cell.hour, &cell.provider, &cell.model));
        on!(self.0.read(), c => {
            scoped!(sqlx::query_as(CELLS), scope, hours).bind(hour).bind(provider).bind(model).bind(limit).fetch_all(c).await
        })
    }

    /// How many calls waited how long for the first token: hour, bucket, calls.
    pub async fn waits(&self, scope: &Scope, hours: &Hours) -> sqlx::Result<Vec<(i64, i64, i64)>> {
        on!(self.0.read(), c => scoped!(sqlx::query_as(WAITS_OF_HOURS), scope, hours).fetch_all(c).await)
    }

    /// The same of each provider and model.
    pub async fn waits_of_models(&self, scope: &Scope, hours: &Hours) -> sqlx::Result<Vec<(String, String, i64, i64)>> {
        on!(self.0.read(), c => scoped!(sqlx::query_as(WAITS_OF_MODELS), scope, hours).fetch_all(c).await)
    }

    /// How many calls failed for each reason, from the middle on and before it; what happened most first.
    pub async fn failures(&self, scope: &Scope, hours: &Hours, middle: i64) -> sqlx::Result<Vec<(String, i64, i64)>> {
        on!(self.0.read(), c => scoped!(sqlx::query_as(FAILURES), scope, hours).bind(middle).fetch_all(c).await)
    }

    /// The `limit` people who used most.
    pub async fn users(&self, scope: &Scope, hours: &Hours, limit: i64) -> sqlx::Result<Vec<OfUser>> {
        on!(self.0.read(), c => {
            let query = sqlx::query_as(USERS).bind(EVERYBODY).bind(hours.start).bind(hours.end).bind(&scope.provider).bind(&scope.model);
            query.bind(scope.user).bind(limit).fetch_all(c).await
        })
    }

    /// Who asked a model, up to the end of these hours.
    pub async fn active(&self, before: i64, hours: &Hours) -> sqlx::Result<Active> {
        let first = before.min(hours.end - 1440);
        on!(self.0.read(), c => {
            let query = sqlx::query_as(ACTIVE).bind(before).bind(hours.start).bind(hours.end);
            query.bind(EVERYBODY).bind(ERASED).bind(first).fetch_one(c).await
        })
    }
}
