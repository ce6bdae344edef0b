//! The security log: rows of `activity`, chained by their hashes. Rows are added and never changed, save that what tells about
//! a person can be erased; and they are removed only up to a mark. Triggers of both databases hold that.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::{Db, Pool, Text, on, tx};
use crate::model::activity::{Action, Outcome};

/// What is chained: everything of an entry but its place.
pub struct NewEntry {
    pub at: DateTime<Utc>,
    pub action: Action,
    pub result: Outcome,
    pub user_id: Option<Uuid>,
    pub actor_id: Option<Uuid>,
    /// Address, browser, details and salt, as JSON text.
    pub personal: String,
    pub personal_hash: [u8; 32],
}

/// An entry as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Entry {
    pub seq: i64,
    pub at: DateTime<Utc>,
    #[sqlx(rename = "action")]
    pub action_name: String,
    #[sqlx(rename = "result")]
    pub result_name: String,
    pub user_id: Option<Uuid>,
    pub actor_id: Option<Uuid>,
    /// Absent: erased.
    pub personal: Option<String>,
    pub personal_hash: Vec<u8>,
    pub hash: Vec<u8>,
}

/// Where the chain begins after entries were removed.
#[derive(Debug, sqlx::FromRow)]
pub struct Mark {
    /// Number and hash of the last entry that went.
    pub seq: i64,
    pub hash: Vec<u8>,
    /// Number of the entry that tells of it; absent: there were no such entries yet.
    pub told_by: Option<i64>,
}

/// Which entries are asked for. Absent: any.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Whose account it is about, or who acted.
    pub person: Option<Uuid>,
    pub user_id: Option<Uuid>,
    pub actor_id: Option<Uuid>,
    pub action: Option<Action>,
    pub result: Option<Outcome>,
    /// As it is written in the entry.
    pub ip: Option<String>,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// Only entries before this one.
    pub before: Option<i64>,
}

/// The security log of [`Db`].
pub struct ActivityLog<'a>(&'a Db);

impl Db {
    pub fn activity(&self) -> ActivityLog<'_> {
        ActivityLog(self)
    }
}

const COLUMNS: &str = "seq, at, action, result, user_id, actor_id, personal, personal_hash, hash";

/// Adds the entry behind the last one, in a transaction that others who write wait for; its number.
macro_rules! append {
    ($tx:ident, $entry:expr, $chain:expr) => {{
        let last = "SELECT seq, hash FROM activity ORDER BY seq DESC LIMIT 1";
        let last: Option<(i64, Vec<u8>)> = sqlx::query_as(last).fetch_optional(&mut *$tx).await?;
        let (seq, before) = last.map_or((1, Vec::new()), |(seq, hash)| (seq + 1, hash));
        let (entry, hash): (&NewEntry, [u8; 32]) = ($entry, $chain(seq, &before));
        let sql = "INSERT INTO activity (seq, at, action, result, user_id, actor_id, personal, personal_hash, hash)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let query = sqlx::query(sql).bind(seq).bind(entry.at).bind(Text(entry.action)).bind(Text(entry.result)).bind(entry.user_id);
        let query = query.bind(entry.actor_id).bind(entry.personal.as_str()).bind(entry.personal_hash.as_slice()).bind(hash.as_slice());
        query.execute(&mut *$tx).await?;
        seq
    }};
}

impl ActivityLog<'_> {
    /// Has others who write wait: SQLite lets one transaction write at a time, PostgreSQL queues here.
    fn lock(&self) -> &'static str {
        match self.0 {
            Db::Postgres(_) => "LOCK TABLE activity IN EXCLUSIVE MODE",
            Db::Sqlite { .. } => "SELECT 1",
        }
    }

    /// Adds the entry behind the last one; `chain` makes its hash of its number and the hash before (empty at the beginning).
    pub async fn append(&self, entry: &NewEntry, chain: impl Fn(i64, &[u8]) -> [u8; 32]) -> sqlx::Result<i64> {
        tx!(self.0, tx => {
            sqlx::query(self.lock()).execute(&mut *tx).await?;
            Ok(append!(tx, entry, chain))
        })
    }

    /// At most `limit` entries, the newest first.
    pub async fn list(&self, filter: &Filter, limit: i64) -> sqlx::Result<Vec<Entry>> {
        match self.0.read() {
            Pool::Sqlite(c) => select::<sqlx::Sqlite>(filter, limit, "json_extract(personal, '$.ip')").build_query_as().fetch_all(c).await,
            Pool::Postgres(c) => {
                select::<sqlx::Postgres>(filter, limit, "(CAST(personal AS jsonb) ->> 'ip')").build_query_as().fetch_all(c).await
            }
        }
    }

    /// At most `limit` entries behind this one, the oldest first.
    pub async fn after(&self, seq: i64, limit: i64) -> sqlx::Result<Vec<Entry>> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM activity WHERE seq > $1 ORDER BY seq LIMIT $2"));
        on!(self.0.read(), c => sqlx::query_as(sql).bind(seq).bind(limit).fetch_all(c).await)
    }

    /// Erases what the log tells about the person: address, browser, details. The chain still holds.
    pub async fn erase(&self, user_id: Uuid) -> sqlx::Result<u64> {
        let sql = "UPDATE activity SET personal = NULL WHERE (user_id = $1 OR actor_id = $1) AND personal IS NOT NULL";
        on!(self.0.write(), c => sqlx::query(sql).bind(user_id).execute(c).await.map(|r| r.rows_affected()))
    }

    /// Number and hash of the last entry from before then that is not the very last, and how many go up to it.
    pub async fn last_before(&self, then: DateTime<Utc>) -> sqlx::Result<Option<(i64, Vec<u8>, i64)>> {
        let sql = "SELECT a.seq, a.hash, (SELECT COUNT(*) FROM activity b WHERE b.seq <= a.seq) FROM activity a
            WHERE a.at < $1 AND a.seq < (SELECT MAX(seq) FROM activity) ORDER BY a.seq DESC LIMIT 1";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(then).fetch_optional(c).await)
    }

    /// Removes the entries up to this one, adds the entry that tells of it, and marks where the chain goes on. False: they were removed before.
    pub async fn remove_to(&self, seq: i64, told: &NewEntry, chain: impl Fn(i64, &[u8]) -> [u8; 32]) -> sqlx::Result<bool> {
        let mark = "INSERT INTO activity_marks (seq, hash, told_by) SELECT seq, hash, CAST($2 AS BIGINT) FROM activity WHERE seq = $1";
        tx!(self.0, tx => {
            sqlx::query(self.lock()).execute(&mut *tx).await?;
            let there = sqlx::query("SELECT 1 FROM activity WHERE seq = $1").bind(seq).fetch_optional(&mut *tx).await?.is_some();
            if there {
                let told_by = append!(tx, told, chain);
                sqlx::query(mark).bind(seq).bind(told_by).execute(&mut *tx).await?;
                sqlx::query("DELETE FROM activity WHERE seq <= $1").bind(seq).execute(&mut *tx).await?;
                sqlx::query("DELETE FROM activity_marks WHERE seq < $1").bind(seq).execute(&mut *tx).await?;
            }
            Ok(there)
        })
    }

    /// Where the chain begins, if entries were removed.
    pub async fn mark(&self) -> sqlx::Result<Option<Mark>> {
        let sql = "SELECT seq, hash, told_by FROM activity_marks ORDER BY seq DESC LIMIT 1";
        on!(self.0.read(), c => sqlx::query_as(sql).fetch_optional(c).await)
    }

    /// Number and hash of the last entry.
    pub async fn last(&self) -> sqlx::Result<Option<(i64, Vec<u8>)>> {
        let sql = "SELECT seq, hash FROM activity ORDER BY seq DESC LIMIT 1";
        on!(self.0.read(), c => sqlx::query_as(sql).fetch_optional(c).await)
    }
}

/// `address` is what the database calls the client's address: the expression of its index.
fn select<DB: sqlx::Database>(filter: &Filter, limit: i64, address: &str) -> QueryBuilder<DB>
where
    String: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    Uuid: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    DateTime<Utc>: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    i64: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    Text<Action>: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM activity WHERE 1 = 1");
    if let Some(person) = filter.person {
        query.push(" AND (user_id = ").push_bind(person).push(" OR actor_id = ").push_bind(person).push(")");
    }
    if let Some(user_id) = filter.user_id {
        query.push(" AND user_id = ").push_bind(user_id);
    }
    if let Some(action) = filter.action {
        query.push(" AND action = ").push_bind(Text(action));
    }
    if let Some(actor_id) = filter.actor_id {
        query.push(" AND actor_id = ").push_bind(actor_id);
    }
    // Not bound: the index of what was refused is known by this word.
    match filter.result {
        None => {}
        Some(Outcome::Done) => _ = query.push(" AND result = 'done'"),
        Some(Outcome::Refused) => _ = query.push(" AND result = 'refused'"),
    }
    if let Some(ip) = &filter.ip {
        query.push(format!(" AND {address} = ")).push_bind(ip.clone());
    }
    if let Some(since) = filter.since {
        query.push(" AND at >= ").push_bind(since);
    }
    if let Some(until) = filter.until {
        query.push(" AND at < ").push_bind(until);
    }
    if let Some(before) = filter.before {
        query.push(" AND seq < ").push_bind(before);
    }
    query.push(" ORDER BY seq DESC LIMIT ").push_bind(limit);
    query
}
