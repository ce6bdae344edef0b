//! The list of people: `users` searched, filtered and sorted within its indexes, and what administrators do to accounts.

mod query;

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;

use query::{SELECT, among, select, write};

use super::user::{END_PROGRAMS, END_SESSIONS, UserRow};
use super::{Db, Pool, on, tx};
use crate::model::directory::{Query, Sort, State, state};
use crate::model::user::User;

/// What the list is sorted by, of one person.
#[derive(Clone, Debug, PartialEq)]
pub enum Key {
    Time(DateTime<Utc>),
    Text(String),
}

/// Which people are asked for.
#[derive(Default)]
pub struct Wanted {
    pub query: Query,
    /// Who is online, where that is asked for.
    pub online: Vec<Uuid>,
    /// Only people behind this one.
    pub after: Option<(Key, Uuid)>,
}

/// Somebody in the list.
#[derive(Clone)]
pub struct Listed {
    pub user: User,
    pub has_password: bool,
    /// An authenticator app or a passkey.
    pub second_factor: bool,
    pub disabled_at: Option<DateTime<Utc>>,
    pub pending_since: Option<DateTime<Utc>>,
    pub delete_after: Option<DateTime<Utc>>,
    pub last_seen_at: Option<DateTime<Utc>>,
    pub updated_at: DateTime<Utc>,
    /// The name as this database sorts it.
    name_key: String,
}

impl Listed {
    /// Whether the account can be used.
    pub fn state(&self) -> State {
        state(self.disabled_at.is_some(), self.pending_since.is_some(), self.delete_after.is_some())
    }

    /// What this order sorts it by.
    pub fn key(&self, sort: Sort) -> Key {
        match sort {
            Sort::Newest | Sort::Oldest => Key::Time(self.user.created_at),
            Sort::Seen => Key::Time(self.last_seen_at.unwrap_or(self.user.created_at)),
            Sort::Name => Key::Text(self.name_key.clone()),
            Sort::Email => Key::Text(self.user.email.clone()),
        }
    }
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    user: UserRow,
    has_password: bool,
    second_factor: bool,
    disabled_at: Option<DateTime<Utc>>,
    pending_since: Option<DateTime<Utc>>,
    delete_after: Option<DateTime<Utc>>,
    last_seen_at: Option<DateTime<Utc>>,
    updated_at: DateTime<Utc>,
    name_key: String,
}

impl From<ListedRow> for Listed {
    fn from(row: ListedRow) -> Self {
        let ListedRow { user, has_password, second_factor, disabled_at, pending_since, delete_after, last_seen_at, updated_at, name_key } =
            row;
        Self {
            user: user.into(),
            has_password,
            second_factor,
            disabled_at,
            pending_since,
            delete_after,
            last_seen_at,
            updated_at,
            name_key,
        }
    }
}

/// Holds unless the account is the last one that administers.
pub(super) const NOT_THE_LAST: &str = "(role <> 'admin' OR EXISTS (SELECT 1 FROM users o WHERE o.id <> $1 AND o.role = 'admin'
    AND o.disabled_at IS NULL AND o.pending_since IS NULL AND o.delete_after IS NULL))";

/// Has others wait who change who administers: SQLite lets one transaction write at a time, PostgreSQL would let two demote each other.
pub(super) fn one_at_a_time(db: &Db) -> &'static str {
    match db {
        Db::Postgres(_) => "SELECT id FROM users WHERE role = 'admin' ORDER BY id FOR UPDATE",
        Db::Sqlite { .. } => "SELECT 1",
    }
}

/// The list of people of [`Db`].
pub struct Directory<'a>(&'a Db);

impl Db {
    pub fn directory(&self) -> Directory<'_> {
        Directory(self)
    }
}

impl Directory<'_> {
    /// At most `limit` people, in the order that is asked for.
    pub async fn list(&self, wanted: &Wanted, limit: i64) -> sqlx::Result<Vec<Listed>> {
        let rows: Vec<ListedRow> = match self.0.read() {
            Pool::Sqlite(c) => select::<sqlx::Sqlite>(wanted, limit).build_query_as().fetch_all(c).await?,
            Pool::Postgres(c) => select::<sqlx::Postgres>(wanted, limit).build_query_as().fetch_all(c).await?,
        };
        Ok(rows.into_iter().map(Listed::from).collect())
    }

    /// How the database finds them, in its own words, for tests.
    pub async fn plan(&self, wanted: &Wanted, limit: i64) -> sqlx::Result<String> {
        use sqlx::Row;
        match self.0.read() {
            Pool::Sqlite(c) => {
                let mut query = QueryBuilder::<sqlx::Sqlite>::new("EXPLAIN QUERY PLAN ");
                write(&mut query, wanted, limit);
                let rows = query.build().fetch_all(c).await?;
                Ok(rows.iter().map(|row| row.get::<String, _>("detail")).collect::<Vec<_>>().join("\n"))
            }
            Pool::Postgres(c) => {
                let mut query = QueryBuilder::<sqlx::Postgres>::new("EXPLAIN ");
                write(&mut query, wanted, limit);
                let rows = query.build().fetch_all(c).await?;
                Ok(rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>().join("\n"))
            }
        }
    }

    /// The person with this id.
    pub async fn find(&self, id: Uuid) -> sqlx::Result<Option<Listed>> {
        let sql = sqlx::AssertSqlSafe(format!("{SELECT} WHERE u.id = $1"));
        let row: Option<ListedRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(id).fetch_optional(c).await)?;
        Ok(row.map(Listed::from))
    }

    /// How many browsers and how many programs are signed in.
    pub async fn sign_ins(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<(i64, i64)> {
        let browsers = "SELECT COUNT(*) FROM sessions WHERE user_id = $1 AND expires_at > $2";
        let programs = "SELECT COUNT(*) FROM token_families f WHERE f.user_id = $1 AND f.ended_at IS NULL
            AND EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.family_id = f.id AND t.expires_at > $2)";
        let browsers = on!(self.0.read(), c => sqlx::query_scalar(browsers).bind(id).bind(now).fetch_one(c).await)?;
        let programs = on!(self.0.read(), c => sqlx::query_scalar(programs).bind(id).bind(now).fetch_one(c).await)?;
        Ok((browsers, programs))
    }

    /// Name and address of these people, as far as there are such.
    pub async fn names(&self, ids: &[Uuid]) -> sqlx::Result<Vec<(Uuid, String, String)>> {
        const NAMES: &str = "SELECT id, name, email FROM users WHERE id IN ";
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        match self.0.read() {
            Pool::Sqlite(c) => among::<sqlx::Sqlite>(NAMES, ids).build_query_as().fetch_all(c).await,
            Pool::Postgres(c) => among::<sqlx::Postgres>(NAMES, ids).build_query_as().fetch_all(c).await,
        }
    }

    /// Writes name, address and whether it is verified. False: somebody else has the address.
    pub async fn update(&self, user: &User, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let User { id, name, email, email_verified, .. } = user;
        let sql = "UPDATE users SET name = $2, email = $3, updated_at = $5,
            email_verified_at = CASE WHEN $4 THEN COALESCE(email_verified_at, $5) ELSE NULL END WHERE id = $1";
        let done = on!(self.0.write(), c => {
            sqlx::query(sql).bind(*id).bind(name).bind(email).bind(*email_verified).bind(now).execute(c).await.map(drop)
        });
        match done {
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Ok(false),
            done => done.map(|()| true),
        }
    }

    /// Takes the user's role of an administrator. False: nobody else has it.
    pub async fn demote(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = format!("UPDATE users SET role = 'user', updated_at = $2 WHERE id = $1 AND {NOT_THE_LAST}");
        self.guarded(id, now, None, sql).await
    }

    /// Locks the user out, and signs them out everywhere. False: nobody else administers.
    pub async fn disable(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = format!("UPDATE users SET disabled_at = COALESCE(disabled_at, $3), updated_at = $2 WHERE id = $1 AND {NOT_THE_LAST}");
        self.guarded(id, now, Some(now), sql).await
    }

    /// Locks the user out, signs them out everywhere, and notes that the account is to be erased. False: nobody else administers.
    pub async fn delete(&self, id: Uuid, erased_after: DateTime<Utc>, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = format!(
            "UPDATE users SET delete_after = $3, disabled_at = COALESCE(disabled_at, $2), updated_at = $2 WHERE id = $1 AND {NOT_THE_LAST}"
        );
        self.guarded(id, now, Some(erased_after), sql).await
    }

    /// Runs the statement when nobody else changes who administers; with a third value it also ends the sign-ins.
    async fn guarded(&self, id: Uuid, now: DateTime<Utc>, third: Option<DateTime<Utc>>, sql: String) -> sqlx::Result<bool> {
        tx!(self.0, tx => {
            sqlx::query(one_at_a_time(self.0)).execute(&mut *tx).await?;
            let query = sqlx::query(sqlx::AssertSqlSafe(sql.clone())).bind(id).bind(now);
            let query = if let Some(third) = third { query.bind(third) } else { query };
            let done = query.execute(&mut *tx).await?.rows_affected() == 1;
            if done && third.is_some() {
                sqlx::query(END_SESSIONS).bind(id).execute(&mut *tx).await?;
                sqlx::query(END_PROGRAMS).bind(id).bind(now).execute(&mut *tx).await?;
            }
            Ok(done)
        })
    }

    /// Calls the deletion off and lets the user in again.
    pub async fn restore(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
        let sql = "UPDATE users SET delete_after = NULL, disabled_at = NULL, updated_at = $2 WHERE id = $1";
        on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(now).execute(c).await.map(drop))
    }

    /// Ends every sign-in of the user, of browsers and of programs.
    pub async fn sign_out(&self, id: Uuid, now: DateTime<Utc>) -> sqlx::Result<()> {
        tx!(self.0, tx => {
            sqlx::query(END_SESSIONS).bind(id).execute(&mut *tx).await?;
            sqlx::query(END_PROGRAMS).bind(id).bind(now).execute(&mut *tx).await?;
            Ok(())
        })
    }
}
