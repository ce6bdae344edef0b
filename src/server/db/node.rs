//! The processes that serve this database: rows of `nodes`. Only PostgreSQL has more than one, and time is the database's own here: the
//! clocks of machines differ, and what one takes for silence may be another's haste.

use chrono::{DateTime, Utc};

use super::{Db, Orphan, on};
use crate::model::system::NodeStanding;

/// A node that has not said for so long that it lives has died, in seconds.
const SILENCE: i32 = 9;
/// A node that is gone for so long is forgotten, in seconds.
const FORGOTTEN: i32 = 86_400;

type Row = (String, String, String, DateTime<Utc>, DateTime<Utc>, bool);

fn standing((id, role, version, started_at, seen_at, alive): Row) -> NodeStanding {
    NodeStanding { id, role, version, started_at, seen_at, alive }
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
    pub async fn list(&self) -> sqlx::Result<Vec<NodeStanding>> {
        let Some(pool) = self.pool() else { return Ok(Vec::new()) };
        let sql =
            "SELECT id, role, version, started_at, seen_at, seen_at > now() - make_interval(secs => $1) AS alive FROM nodes ORDER BY id";
        let rows: Vec<Row> = sqlx::query_as(sql).bind(f64::from(SILENCE)).fetch_all(pool).await?;
        Ok(rows.into_iter().map(standing).collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::db::testing::databases;

    #[tokio::test]
    async fn nodes_are_known_while_they_say_so_and_a_file_knows_none() {
        for test in databases().await {
            let nodes = test.db.nodes();
            for (id, role) in [("b", "worker"), ("a", "web")] {
                nodes.begin(id, role, "1").await.unwrap();
            }
            nodes.beat("b", "worker", "2").await.unwrap();
            let known = async || {
                let all = test.db.nodes().list().await.unwrap();
                all.into_iter().map(|node| format!("{} {} {} {}", node.id, node.role, node.version, node.alive)).collect::<Vec<_>>()
            };
            let Db::Postgres(pool) = &test.db else {
                assert!(known().await.is_empty());
                continue;
            };
            assert_eq!(known().await, ["a web 1 true", "b worker 2 true"]);
            let silent = "UPDATE nodes SET seen_at = now() - make_interval(secs => 10) WHERE id = 'a'";
            sqlx::query(silent).execute(pool).await.unwrap();
            assert_eq!(known().await, ["a web 1 false", "b worker 2 true"], "ten seconds without a word");
            nodes.leave("b").await.unwrap();
            nodes.begin("a", "all", "1").await.unwrap();
            assert_eq!(known().await, ["a all 1 true"]);
        }
    }
}
