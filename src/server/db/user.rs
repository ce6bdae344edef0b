//! People: rows of `users`.

use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use super::{Db, Pool, Text, on, tx};
use crate::model::look::Look;
use crate::model::preference::Preferences;
use crate::model::user::{Role, User};

/// The columns of [`UserRow`] of the table `u`.
macro_rules! user_columns {
    () => {
        "u.id, u.email, u.name, u.role, u.language, u.email_verified_at, u.bio, u.time_zone, u.avatar, u.preferences, u.look, u.created_at"
    };
}
pub(super) use user_columns;

#[derive(sqlx::FromRow)]
pub(super) struct UserRow {
    id: Uuid,
    email: String,
    name: String,
    role: Text<Role>,
    language: Option<String>,
    email_verified_at: Option<DateTime<Utc>>,
    bio: String,
    time_zone: Option<String>,
    avatar: Option<String>,
    preferences: Json<Preferences>,
    look: Json<Look>,
    created_at: DateTime<Utc>,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        let UserRow { id, email, name, role, language, email_verified_at, bio, time_zone, avatar, preferences, look, created_at } = row;
        let (role, email_verified, preferences, look) = (role.0, email_verified_at.is_some(), preferences.0, look.0);
        Self { id, email, name, role, language, email_verified, bio, time_zone, avatar, preferences, look, created_at }
    }
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    #[sqlx(flatten)]
    user: UserRow,
    password_hash: Option<String>,
    disabled_at: Option<DateTime<Utc>>,
}

/// A user and what signing in needs to know.
pub struct Account {
    pub user: User,
    /// PHC string; absent: no password was ever set.
    pub password_hash: Option<String>,
    pub disabled: bool,
}

/// The people of [`Db`].
pub struct Users<'a>(&'a Db);

impl Db {
    pub fn users(&self) -> Users<'_> {
        Users(self)
    }
}

/// Ends every sign-in of the user: in browsers, and of programs.
pub(super) const END_SESSIONS: &str = "DELETE FROM sessions WHERE user_id = $1";
pub(super) const END_PROGRAMS: &str = "UPDATE token_families SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL";

impl Users<'_> {
    /// Adds the user; the first of all becomes an administrator, whatever `user.role` says. Absent: the address is taken.
    pub async fn insert(&self, user: User, password_hash: Option<&str>) -> sqlx::Result<Option<User>> {
        self.insert_as(user, password_hash, false).await
    }

    /// The same; `pending`: an administrator has to approve it before it can be used.
    pub async fn insert_as(&self, user: User, password_hash: Option<&str>, pending: bool) -> sqlx::Result<Option<User>> {
        let sql =
            "INSERT INTO users (id, email, name, role, password_hash, language, email_verified_at, pending_since, created_at, updated_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9) ON CONFLICT (email) DO NOTHING";
        let any = "SELECT id FROM users LIMIT 1";
        // SQLite lets one transaction write at a time. PostgreSQL would let two see an empty table, so the first ones queue here.
        let lock = match self.0.write() {
            Pool::Postgres(pool) if sqlx::query(any).fetch_optional(pool).await?.is_none() => {
                "LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE"
            }
            _ => any,
        };
        tx!(self.0, tx => {
            sqlx::query(lock).execute(&mut *tx).await?;
            let others = sqlx::query(any).fetch_optional(&mut *tx).await?.is_some();
            let user = User { role: if others { user.role } else { Role::Admin }, ..user };
            let query = sqlx::query(sql).bind(user.id).bind(user.email.clone()).bind(user.name.clone()).bind(Text(user.role));
            let now = user.created_at;
            let query = query.bind(password_hash).bind(user.language.clone()).bind(user.email_verified.then_some(now));
            let query = query.bind(pending.then_some(now)).bind(now);
            let added = query.execute(&mut *tx).await?.rows_affected() == 1;
            Ok(added.then_some(user))
        })
    }

    /// The account with this (normalized) address.
    pub async fn find_by_email(&self, email: &str) -> sqlx::Result<Option<Account>> {
        let sql = concat!("SELECT ", user_columns!(), ", u.password_hash, u.disabled_at FROM users u WHERE u.email = $1");
        let row: Option<AccountRow> = on!(self.0.read(), c => sqlx::query_as(sql).bind(email).fetch_optional(c).await)?;
        Ok(row.map(|row| Account { user: row.user.into(), password_hash: row.password_hash, disabled: row.disabled_at.is_some() }))
    }

    /// Writes name, language, bio and time zone. Absent: there is no such user.
    pub async fn update_profile(&self, user: &User, now: DateTime<Utc>) -> sqlx::Result<Option<User>> {
        let sql = "UPDATE users SET name = $2, language = $3, bio = $4, time_zone = $5, updated_at = $6 WHERE id = $1
            RETURNING id, email, name, role, language, email_verified_at, bio, time_zone, avatar, preferences, look, created_at";
        let row: Option<UserRow> = on!(self.0.write(), c => {
            let query = sqlx::query_as(sql).bind(user.id).bind(&user.name).bind(user.language.as_deref()).bind(&user.bio);
            query.bind(user.time_zone.as_deref()).bind(now).fetch_optional(c).await
        })?;
        Ok(row.map(User::from))
    }

    /// Makes the user an administrator, or no longer one. False: there is no such user.
    pub async fn set_role(&self, id: Uuid, role: Role, now: DateTime<Utc>) -> sqlx::Result<bool> {
        let sql = "UPDATE users SET role = $2, updated_at = $3 WHERE id = $1";
        let done =
            on!(self.0.write(), c => sqlx::query(sql).bind(id).bind(Text(role)).bind(now).execute(c).await.map(|r| r.rows_affected()))?;
        Ok(done == 1)
    }

    /// Replaces the password and ends every session and token of the user, in one transaction.
    pub async fn set_password(&self, id: Uuid, hash: &str, now: DateTime<Utc>) -> sqlx::Result<()> {
        tx!(self.0, tx => {
            let sql = "UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1";
            sqlx::query(sql).bind(id).bind(hash).bind(now).execute(&mut *tx).await?;
            sqlx::query(END_SESSIONS).bind(id).execute(&mut *tx).await?;
            sqlx::query(END_PROGRAMS).bind(id).bind(now).execute(&mut *tx).await?;
            Ok(())
        })
    }

    /// Locks the user out (a time) and ends every sign-in, or lets them in again: with a new one.
    pub async fn set_disabled(&self, id: Uuid, since: Option<DateTime<Utc>>, now: DateTime<Utc>) -> sqlx::Result<()> {
        tx!(self.0, tx => {
            let sql = "UPDATE users SET disabled_at = $2, updated_at = $3 WHERE id = $1";
            sqlx::query(sql).bind(id).bind(since).bind(now).execute(&mut *tx).await?;
            if since.is_some() {
                sqlx::query(END_SESSIONS).bind(id).execute(&mut *tx).await?;
                sqlx::query(END_PROGRAMS).bind(id).bind(now).execute(&mut *tx).await?;
            }
            Ok(())
        })
    }
}
