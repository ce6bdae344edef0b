//! What everybody is told: rows of `announcements`, and of `announcement_dismissals` for who does not want to see one any more.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, Text, on};
use crate::model::announcement::{Announcement, AnnouncementLevel, Words};

const ALL: &str = "SELECT id, level, texts, dismissible, starts_at, ends_at, created_at FROM announcements";

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    level: Text<AnnouncementLevel>,
    texts: Json<Words>,
    dismissible: bool,
    starts_at: DateTime<Utc>,
    ends_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl From<Row> for Announcement {
    fn from(row: Row) -> Self {
        let Row { id, level, texts, dismissible, starts_at, ends_at, created_at } = row;
        Self { id, level: level.0, texts: texts.0, dismissible, starts_at, ends_at, created_at }
    }
}

/// The announcements of [`Db`].
pub struct Announcements<'a>(&'a Db);

impl Db {
    pub fn announcements(&self) -> Announcements<'_> {
        Announcements(self)
    }
}

impl Announcements<'_> {
    /// All that were not removed, the newest first.
    pub async fn list(&self) -> sqlx::Result<Vec<Announcement>> {
        let sql = AssertSqlSafe(format!("{ALL} ORDER BY id DESC"));
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sql).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Announcement::from).collect())
    }

    /// Those that are shown now or will be, in the order of their beginning.
    pub async fn not_over(&self, now: DateTime<Utc>) -> sqlx::Result<Vec<Announcement>> {
        let sql = AssertSqlSafe(format!("{ALL} WHERE ends_at IS NULL OR ends_at > $1 ORDER BY starts_at, id"));
        let rows: Vec<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(now).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Announcement::from).collect())
    }

    pub async fn find(&self, id: Uuid) -> sqlx::Result<Option<Announcement>> {
        let sql = AssertSqlSafe(format!("{ALL} WHERE id = $1"));
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.map(Announcement::from))
    }

    /// Adds the announcement, or changes it. Of one whose words changed nobody has said yet that they do not want to see it: `renewed`.
    pub async fn put(&self, of: &Announcement, renewed: bool) -> sqlx::Result<()> {
        let sql =
            "INSERT INTO announcements (id, level, texts, dismissible, starts_at, ends_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO UPDATE SET level = $2, texts = $3, dismissible = $4, starts_at = $5, ends_at = $6";
        on!(self.0.write(), c => sqlx::query(sql).bind(of.id).bind(Text(of.level)).bind(Json(&of.texts)).bind(of.dismissible)
            .bind(of.starts_at).bind(of.ends_at).bind(of.created_at).execute(c).await.map(drop))?;
        if renewed {
            let sql = "DELETE FROM announcement_dismissals WHERE announcement_id = $1";
            on!(self.0.write(), c => sqlx::query(sql).bind(of.id).execute(c).await.map(drop))?;
        }
        Ok(())
    }

    /// Removes the announcement; false when there is none.
    pub async fn delete(&self, id: Uuid) -> sqlx::Result<bool> {
        let sql = "DELETE FROM announcements WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).execute(c).await.map(|done| done.rows_affected() > 0))
    }

    /// This person does not want to see it any more.
    pub async fn dismiss(&self, id: Uuid, user_id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "INSERT INTO announcement_dismissals (announcement_id, user_id, created_at)
            SELECT id, $2, $3 FROM announcements WHERE id = $1 ON CONFLICT DO NOTHING";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(user_id).bind(now).execute(c).await.map(drop))
    }

    /// Which this person does not want to see any more.
    pub async fn dismissed_by(&self, user_id: Uuid) -> sqlx::Result<Vec<Uuid>> {
        let sql = "SELECT announcement_id FROM announcement_dismissals WHERE user_id = $1";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(user_id).fetch_all(c).await)
    }
}
