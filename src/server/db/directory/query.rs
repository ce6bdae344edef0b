//! The SQL that finds a page of the list of people: its ids within an index, and then their rows.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::super::user::user_columns;
use super::{Key, Wanted};
use crate::model::directory::{Query, Sort, State};
use crate::model::user::Role;

/// Whether who is in this table has an authenticator app or a passkey.
macro_rules! second_factor {
    ($table:literal) => {
        concat!(
            "(EXISTS (SELECT 1 FROM factors f WHERE f.user_id = ",
            $table,
            ".id AND f.confirmed_at IS NOT NULL) OR EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = ",
            $table,
            ".id))"
        )
    };
}

/// The columns of a row of the list, of the table `u`.
pub(super) const SELECT: &str = concat!(
    "SELECT ",
    user_columns!(),
    ", u.password_hash IS NOT NULL AS has_password, u.disabled_at, u.pending_since, u.delete_after, u.last_seen_at, u.updated_at, ",
    "lower(u.name) AS name_key, ",
    second_factor!("u"),
    " AS second_factor FROM users u"
);

/// The column or expression of an index that an order sorts by, of the table with this prefix.
fn key(sort: Sort, table: &str) -> String {
    match sort {
        Sort::Newest | Sort::Oldest => format!("{table}created_at"),
        Sort::Seen => format!("COALESCE({table}last_seen_at, {table}created_at)"),
        Sort::Name => format!("lower({table}name)"),
        Sort::Email => format!("{table}email"),
    }
}

pub(super) fn select<DB: sqlx::Database>(wanted: &Wanted, limit: i64) -> QueryBuilder<DB>
where
    Uuid: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    DateTime<Utc>: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    String: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let mut query = QueryBuilder::new("");
    write(&mut query, wanted, limit);
    query
}

/// The page's ids are found within an index; only then their rows are read.
pub(super) fn write<DB: sqlx::Database>(query: &mut QueryBuilder<DB>, wanted: &Wanted, limit: i64)
where
    Uuid: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    DateTime<Utc>: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    String: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let sort = wanted.query.sort;
    let (direction, beyond) = match sort {
        Sort::Newest | Sort::Seen => ("DESC", "<"),
        Sort::Oldest | Sort::Name | Sort::Email => ("ASC", ">"),
    };
    let inner = key(sort, "");
    query.push(SELECT).push(" JOIN (SELECT id FROM users WHERE 1 = 1");
    filter(query, wanted);
    if let Some((from, id)) = &wanted.after {
        // The first comparison says nothing new; SQLite needs it to begin within an index of an expression.
        query.push(format!(" AND {inner} {beyond}= "));
        bind(query, from);
        query.push(format!(" AND ({inner}, id) {beyond} ("));
        bind(query, from);
        query.push(", ").push_bind(*id).push(")");
    }
    // As a number and not bound: PostgreSQL plans a statement that it has seen five times for any limit, and then reads the whole table.
    query.push(format!(" ORDER BY {inner} {direction}, id {direction} LIMIT {limit}"));
    query.push(format!(") k ON k.id = u.id ORDER BY {} {direction}, u.id {direction}", key(sort, "u.")));
}

fn bind<DB: sqlx::Database>(query: &mut QueryBuilder<DB>, key: &Key)
where
    DateTime<Utc>: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    String: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    match key {
        Key::Time(at) => query.push_bind(*at),
        Key::Text(text) => query.push_bind(text.clone()),
    };
}

fn filter<DB: sqlx::Database>(query: &mut QueryBuilder<DB>, wanted: &Wanted)
where
    Uuid: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    String: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    for word in wanted.query.search.iter().flat_map(|text| text.split_whitespace()) {
        let pattern = containing(word);
        query.push(" AND (lower(name) LIKE ").push_bind(pattern.clone()).push(" ESCAPE '\\' OR email LIKE ").push_bind(pattern);
        query.push(" ESCAPE '\\')");
    }
    for condition in conditions(&wanted.query) {
        query.push(condition);
    }
    match &wanted.query.online {
        None => {}
        Some(true) if wanted.online.is_empty() => {
            query.push(" AND 1 = 0");
        }
        Some(false) if wanted.online.is_empty() => {}
        Some(online) => {
            query.push(if *online { " AND id IN " } else { " AND id NOT IN " });
            list(query, &wanted.online);
        }
    }
}

/// The filters that hold no text of anybody's.
fn conditions(Query { role, state, verified, second_factor, .. }: &Query) -> [&'static str; 4] {
    let role = match role {
        None => "",
        Some(Role::Admin) => " AND role = 'admin'",
        Some(Role::User) => " AND role = 'user'",
    };
    let state = match state {
        None => "",
        Some(State::Active) => " AND disabled_at IS NULL AND pending_since IS NULL AND delete_after IS NULL",
        Some(State::Pending) => " AND pending_since IS NOT NULL AND disabled_at IS NULL AND delete_after IS NULL",
        Some(State::Disabled) => " AND disabled_at IS NOT NULL AND delete_after IS NULL",
        Some(State::Deleting) => " AND delete_after IS NOT NULL",
    };
    let verified = match verified {
        None => "",
        Some(true) => " AND email_verified_at IS NOT NULL",
        Some(false) => " AND email_verified_at IS NULL",
    };
    let second_factor = match second_factor {
        None => "",
        Some(true) => concat!(" AND ", second_factor!("users")),
        Some(false) => concat!(" AND NOT ", second_factor!("users")),
    };
    [role, state, verified, second_factor]
}

/// A pattern for texts that hold this word.
fn containing(word: &str) -> String {
    let escaped = word.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

pub(super) fn among<DB: sqlx::Database>(sql: &'static str, ids: &[Uuid]) -> QueryBuilder<DB>
where
    Uuid: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let mut query = QueryBuilder::new(sql);
    list(&mut query, ids);
    query
}

fn list<DB: sqlx::Database>(query: &mut QueryBuilder<DB>, ids: &[Uuid])
where
    Uuid: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    query.push("(");
    let mut separated = query.separated(", ");
    for id in ids {
        separated.push_bind(*id);
    }
    query.push(")");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_page_is_stands_in_the_statement() {
        let wanted = Wanted { query: Query::default(), online: Vec::new(), after: None };
        let sql = select::<sqlx::Postgres>(&wanted, 51).sql();
        assert!(sql.as_str().contains(" LIMIT 51) k ON"), "{}", sql.as_str());
    }
}
