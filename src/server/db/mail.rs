//! The outbox: rows of `mails`. Their text is encrypted by who writes it.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Db, Text, on};
use crate::model::mail::{LetterKind, Mail, MailState};

/// A mail as it is written.
pub struct NewMail<'a> {
    pub mail: &'a Mail,
    pub body: &'a [u8],
}

/// A mail is put into the outbox.
pub(super) const INSERT: &str = "INSERT INTO mails (id, user_id, recipient, letter, language, subject, body, state, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";

#[derive(sqlx::FromRow)]
struct MailRow {
    id: Uuid,
    user_id: Option<Uuid>,
    recipient: String,
    letter: Text<LetterKind>,
    language: String,
    subject: String,
    state: Text<MailState>,
    attempts: i64,
    error: Option<String>,
    created_at: DateTime<Utc>,
    sent_at: Option<DateTime<Utc>>,
}

impl From<MailRow> for Mail {
    fn from(row: MailRow) -> Self {
        let MailRow { id, user_id, recipient, letter, language, subject, state, attempts, error, created_at, sent_at } = row;
        Self { id, user_id, recipient, letter: letter.0, language, subject, state: state.0, attempts, error, created_at, sent_at }
    }
}

#[derive(sqlx::FromRow)]
struct WholeRow {
    #[sqlx(flatten)]
    mail: MailRow,
    body: Option<Vec<u8>>,
}

macro_rules! columns {
    () => {
        "id, user_id, recipient, letter, language, subject, state, attempts, error, created_at, sent_at"
    };
}

/// The outbox of [`Db`].
pub struct Mails<'a>(&'a Db);

impl Db {
    pub fn mails(&self) -> Mails<'_> {
        Mails(self)
    }
}

impl Mails<'_> {
    /// Adds the mail.
    pub async fn insert(&self, new: &NewMail<'_>) -> sqlx::Result<()> {
        let Mail { id, user_id, recipient, letter, language, subject, state, created_at, .. } = new.mail;
        on!(self.0.write(), c => {
            let query = sqlx::query(INSERT).bind(*id).bind(*user_id).bind(recipient).bind(Text(*letter)).bind(language).bind(subject);
            query.bind(new.body).bind(Text(*state)).bind(*created_at).execute(c).await.map(drop)
        })
    }

    /// The newest first, those in this state or all, older than `before`.
    pub async fn list(&self, state: Option<MailState>, before: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<Mail>> {
        let of = if state.is_some() { "state = $2" } else { "$2 IS NULL" };
        let older = if before.is_some() { "AND id < $3" } else { "AND $3 IS NULL" };
        let sql = format!("SELECT {} FROM mails WHERE {of} {older} ORDER BY id DESC LIMIT $1", columns!());
        let rows: Vec<MailRow> = on!(self.0.read(), c => {
            let query = sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(limit).bind(state.map(Text)).bind(before);
            query.fetch_all(c).await
        })?;
        Ok(rows.into_iter().map(Mail::from).collect())
    }

    /// The mail and its text, as far as that is still there.
    pub async fn find(&self, id: Uuid) -> sqlx::Result<Option<(Mail, Option<Vec<u8>>)>> {
        let sql = concat!("SELECT ", columns!(), ", body FROM mails WHERE id = $1");
        let row: Option<WholeRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.map(|row| (row.mail.into(), row.body)))
    }

    /// It was sent: its text goes.
    pub async fn sent(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE mails SET state = 'sent', body = NULL, error = NULL, attempts = attempts + 1, sent_at = $2 WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(now).execute(c).await.map(drop))
    }

    /// A try did not succeed.
    pub async fn refused(&self, id: Uuid, state: MailState, error: &str) -> sqlx::Result<()> {
        let sql = "UPDATE mails SET state = $2, error = $3, attempts = attempts + 1 WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Text(state)).bind(error).execute(c).await.map(drop))
    }

    /// Puts the mail into this state. False: it was sent meanwhile, or is not there.
    pub async fn set_state(&self, id: Uuid, state: MailState) -> sqlx::Result<bool> {
        let sql = "UPDATE mails SET state = $2 WHERE id = $1 AND body IS NOT NULL";
        let rows = on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Text(state)).execute(c).await.map(|r| r.rows_affected()))?;
        Ok(rows == 1)
    }

    /// Removes the mail.
    pub async fn delete(&self, id: Uuid) -> sqlx::Result<()> {
        on!(self.0.write(), c => sqlx::query("DELETE FROM mails WHERE id = $1").bind(id).execute(c).await.map(drop))
    }

    /// Removes what was written to this person: to their account, or to its address.
    pub async fn delete_to(&self, user_id: Uuid, address: &str) -> sqlx::Result<()> {
        let sql = "DELETE FROM mails WHERE user_id = $1 OR recipient = $2";
        on!(self.0.write(), c => sqlx::query(sql).bind(user_id).bind(address).execute(c).await.map(drop))
    }

    /// Removes the mails that were written before then; answers how many.
    pub async fn delete_old(&self, before: DateTime<Utc>) -> sqlx::Result<u64> {
        let sql = "DELETE FROM mails WHERE created_at < $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(before).execute(c).await.map(|r| r.rows_affected()))
    }
}
