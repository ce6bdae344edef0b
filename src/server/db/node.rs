//! The processes that serve this database: rows of `nodes`. Only PostgreSQL has more than one, and time is the database's own here: the
//! clocks of machines differ, and what one takes for silence may be another's haste.

use chrono::{DateTime, Utc};

use super::{Db, Orphan, on};

/// A node that has not said for so long that it lives has died, in seconds.
const SILENCE: i32 = 9;
/// A node that is gone for so long is forgotten, in seconds.
const FORGOTTEN: i32 = 86_400;

/// A process that serves the database.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct NodeRow {
    pub id: String,
    pub role: String,
    pub version: String,
    pub started_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub alive: bool,
}

/// `db.nodes()`
pub struct Nodes<'a>(pub(super) &'a Db);

impl Db {
    pub fn nodes(&self) -> Nodes<'_> {
        Nodes(self)
    }
}

impl Nodes<'_> {
    fn pool(&self) -> Option<&sqlx::PgPool> {
        match self.0 {
            Db::Postgres(pool) => Some(pool),
            Db::Sqlite { .. } => None,
        }
    }

    /// Says that this node lives.
    pub async fn beat(&self, id: &str, role: &str, version: &str) -> sqlx::Result<()> {
        let Some(pool) = self.pool() else { return Ok(()) };
        let sql = "INSERT INTO nodes (id, role, version, started_at, seen_at) VALUES ($1, $2, $3, now(), now())
            ON CONFLICT (id) DO UPDATE SET role = $2, version = $3, seen_at = now()";
        sqlx::query(sql).bind(id).bind(role).bind(version).execute(pool).await.map(drop)
    }

    /// This node has just started.
    pub async fn begin(&self, id: &str, role: &str, version: &str) -> sqlx::Result<()> {
        let Some(pool) = self.pool() else { return Ok(()) };
        sqlx::query("DELETE FROM nodes WHERE id = $1 OR seen_at < now() - make_interval(secs => $2)")
            .bind(id)
            .bind(f64::from(FORGOTTEN))
            .execute(pool)
            .await?;
        self.beat(id, role, version).await
    }

    /// This node ends.
    pub async fn leave(&self, id: &str) -> sqlx::Result<()> {
        on!(self.0.write(), c => sqlx::query("DELETE FROM nodes WHERE id = $1").bind(id).execute(c).await.map(drop))
    }

    /// All that are known, by name.
    pub async fn list(&self) -> sqlx::Result<Vec<NodeRow>> {
        let Some(pool) = self.pool() else { return Ok(Vec::new()) };
        let sql =
            "SELECT id, role, version, started_at, seen_at, seen_at > now() - make_interval(secs => $1) AS alive FROM nodes ORDER BY id";
        sqlx::query_as(sql).bind(f64::from(SILENCE)).fetch_all(pool).await
    }

    /// Whether the node says that it lives; a node that is not known does not.
    pub async fn is_alive(&self, id: &str) -> sqlx::Result<bool> {
        let Some(pool) = self.pool() else { return Ok(false) };
        let sql = "SELECT EXISTS (SELECT 1 FROM nodes WHERE id = $1 AND seen_at > now() - make_interval(secs => $2))";
        sqlx::query_scalar(sql).bind(id).bind(f64::from(SILENCE)).fetch_one(pool).await
    }

    /// Runs of nodes that have died.
    pub async fn orphans(&self) -> sqlx::Result<Vec<Orphan>> {
        let Some(pool) = self.pool() else { return Ok(Vec::new()) };
        let sql = "SELECT g.id, g.user_id, g.chat_id, g.message_id, g.model, g.started_at FROM generations g JOIN nodes n ON n.id = g.node
            WHERE g.status = 'running' AND n.seen_at < now() - make_interval(secs => $1)";
        sqlx::query_as(sql).bind(f64::from(SILENCE)).fetch_all(pool).await
    }

    /// Runs that no worker has taken.
    pub async fn waiting(&self) -> sqlx::Result<Vec<Orphan>> {
        let sql = "SELECT id, user_id, chat_id, message_id, model, started_at FROM generations WHERE status = 'running' AND node = ''";
        on!(self.0.read(), c => sqlx::query_as(sql).fetch_all(c).await)
    }
}
