//! Reports of abuse: rows of `reports`.

use chrono::{DateTime, Utc};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{Db, Text, on};
use crate::model::report::{OwnReport, Report, ReportForm, ReportReason, ReportState};

const OWN: &str = "SELECT r.id, r.message_id, r.reason, r.note, r.state, r.created_at, r.resolved_at";

#[derive(sqlx::FromRow)]
struct OwnRow {
    id: Uuid,
    message_id: Option<Uuid>,
    reason: Text<ReportReason>,
    note: String,
    state: Text<ReportState>,
    created_at: DateTime<Utc>,
    resolved_at: Option<DateTime<Utc>>,
}

#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    own: OwnRow,
    chat_id: Option<Uuid>,
    shared: bool,
    reporter_id: Uuid,
    reporter_name: String,
    owner_id: Uuid,
    owner_name: String,
    resolved_by: Option<Uuid>,
    resolved_name: Option<String>,
}

impl From<OwnRow> for OwnReport {
    fn from(row: OwnRow) -> Self {
        Self {
            id: row.id,
            message_id: row.message_id,
            reason: row.reason.0,
            note: row.note,
            state: row.state.0,
            created_at: row.created_at,
            resolved_at: row.resolved_at,
        }
    }
}

impl From<Row> for Report {
    fn from(row: Row) -> Self {
        Self {
            report: row.own.into(),
            reporter_id: row.reporter_id,
            reporter_name: row.reporter_name,
            owner_id: row.owner_id,
            owner_name: row.owner_name,
            session_id: row.chat_id,
            shared: row.shared,
            resolved_by: row.resolved_by,
            resolved_name: row.resolved_name,
        }
    }
}

/// A report that is made.
pub struct NewReport<'a> {
    pub id: Uuid,
    pub reporter_id: Uuid,
    pub chat_id: Uuid,
    pub message_id: Uuid,
    /// Found by a link.
    pub shared: bool,
    pub form: &'a ReportForm,
    pub created_at: DateTime<Utc>,
}

/// The reports of [`Db`].
pub struct Reports<'a>(&'a Db);

impl Db {
    pub fn reports(&self) -> Reports<'_> {
        Reports(self)
    }
}

impl Reports<'_> {
    /// Keeps a report; what the same person reported of the same message before is replaced as long as it is open. Answers its id; nothing
    /// where it was resolved, or the conversation is gone.
    pub async fn put(&self, new: &NewReport<'_>) -> sqlx::Result<Option<Uuid>> {
        let NewReport { id, reporter_id, chat_id, message_id, shared, form, created_at } = new;
        let sql = "INSERT INTO reports (id, reporter_id, owner_id, chat_id, message_id, shared, reason, note, state, created_at)
            SELECT $1, $2, c.user_id, c.id, $4, $5, $6, $7, 'open', $8 FROM chats c WHERE c.id = $3
            ON CONFLICT (reporter_id, message_id) DO UPDATE SET reason = excluded.reason, note = excluded.note WHERE reports.state = 'open'
            RETURNING id";
        on!(self.0.write(), c => sqlx::query_scalar(sql).bind(*id).bind(*reporter_id).bind(*chat_id).bind(*message_id).bind(*shared)
            .bind(Text(form.reason)).bind(&form.note).bind(*created_at).fetch_optional(c).await)
    }

    /// How many of somebody's reports are open.
    pub async fn count_open(&self, reporter_id: Uuid) -> sqlx::Result<i64> {
        let sql = "SELECT COUNT(*) FROM reports WHERE reporter_id = $1 AND state = 'open'";
        on!(self.0.read(), c => sqlx::query_scalar(sql).bind(reporter_id).fetch_one(c).await)
    }

    /// What somebody has reported, the newest first.
    pub async fn list_for(&self, reporter_id: Uuid, limit: i64) -> sqlx::Result<Vec<OwnReport>> {
        let sql = format!("{OWN} FROM reports r WHERE r.reporter_id = $1 ORDER BY r.id DESC LIMIT $2");
        let rows: Vec<OwnRow> =
            on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(reporter_id).bind(limit).fetch_all(c).await)?;
        Ok(rows.into_iter().map(OwnReport::from).collect())
    }

    /// Reports in this state, or all, the newest first, before this one.
    pub async fn list(&self, state: Option<ReportState>, before: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<Report>> {
        let sql = whole("WHERE ($1 IS NULL OR r.state = $1) AND ($2 IS NULL OR r.id < $2) ORDER BY r.id DESC LIMIT $3");
        let rows: Vec<Row> = on!(self.0.read(), c =>
            sqlx::query_as(AssertSqlSafe(sql)).bind(state.map(Text)).bind(before).bind(limit).fetch_all(c).await)?;
        Ok(rows.into_iter().map(Report::from).collect())
    }

    pub async fn find(&self, id: Uuid) -> sqlx::Result<Option<Report>> {
        let sql = whole("WHERE r.id = $1");
        let row: Option<Row> = on!(self.0.read(), c => sqlx::query_as(AssertSqlSafe(sql)).bind(id).fetch_optional(c).await)?;
        Ok(row.map(Report::from))
    }

    /// Says what became of an open report; false when it is not open any more.
    pub async fn resolve(&self, id: Uuid, state: ReportState, by: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE reports SET state = $2, resolved_by = $3, resolved_at = $4 WHERE id = $1 AND state = 'open'";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Text(state)).bind(by).bind(now).execute(c).await
            .map(|done| done.rows_affected() > 0))
    }

    /// The same of every open report of a conversation: it was deleted for it.
    pub async fn uphold_in(&self, chat_id: Uuid, by: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE reports SET state = 'upheld', resolved_by = $2, resolved_at = $3 WHERE chat_id = $1 AND state = 'open'";
        on!(self.0.write(), c => sqlx::query(sql).bind(chat_id).bind(by).bind(now).execute(c).await.map(drop))
    }
}

fn whole(rest: &str) -> String {
    format!(
        "{OWN}, r.chat_id, r.shared, r.reporter_id, p.name AS reporter_name, r.owner_id, o.name AS owner_name, r.resolved_by, a.name AS resolved_name
        FROM reports r JOIN users p ON p.id = r.reporter_id JOIN users o ON o.id = r.owner_id LEFT JOIN users a ON a.id = r.resolved_by {rest}"
    )
}
