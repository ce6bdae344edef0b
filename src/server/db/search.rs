//! The index of messages: SQLite's FTS5, PostgreSQL's `tsvector`, with the same terms (`server::terms`) in both. Every document also has
//! a term of its user and one of its conversation, so that a search never leaves them. The index is written with the message and goes
//! with it.

use chrono::{DateTime, Utc};
use sqlx::QueryBuilder;
use uuid::Uuid;

use super::batch::{self, Batch, values};
use super::{Db, Pool, Text, on};
use crate::model::message::Author;
use crate::server::terms;

/// Takes a message's terms into the index, in place of those that it has. `$1` is the message, `$2` its terms; `$seq` its row in the
/// index, `$guard` what has to hold besides.
macro_rules! sqlite {
    ($seq:literal, $guard:literal) => {
        concat!(
            "INSERT INTO search_documents (seq, message_id, chat_id) SELECT ",
            $seq,
            ", m.id, m.chat_id FROM messages m WHERE m.id = $1",
            $guard,
            " ON CONFLICT (message_id) DO NOTHING;
            INSERT OR REPLACE INTO search_index (rowid, terms)
            SELECT d.seq, $2 || ' ' || char(57344) || lower(hex(c.user_id)) || ' ' || char(57345) || lower(hex(c.id))
            FROM search_documents d JOIN chats c ON c.id = d.chat_id WHERE d.message_id = $1",
            $guard
        )
    };
}
macro_rules! postgres {
    ($guard:literal) => {
        concat!(
            "INSERT INTO search_documents (message_id, chat_id, user_id, terms)
            SELECT m.id, m.chat_id, c.user_id, array_to_tsvector(string_to_array($2, ' ')
                || ARRAY[chr(57344) || replace(CAST(c.user_id AS TEXT), '-', ''), chr(57345) || replace(CAST(c.id AS TEXT), '-', '')])
            FROM messages m JOIN chats c ON c.id = m.chat_id WHERE m.id = $1",
            $guard,
            " ON CONFLICT (message_id) DO UPDATE SET terms = EXCLUDED.terms"
        )
    };
}
/// One that is newer than all that are in the index.
const NEWER: (&str, &str) = (sqlite!("max(0, COALESCE((SELECT MAX(seq) FROM search_documents), 0)) + 1", ""), postgres!(""));
/// One that is older.
const OLDER: (&str, &str) = (sqlite!("min(0, COALESCE((SELECT MIN(seq) FROM search_documents), 0)) - 1", ""), postgres!(""));
/// What a run wrote, unless somebody else ended the run before. `$3` is the run.
const OF_RUN: (&str, &str) = (
    sqlite!(
        "max(0, COALESCE((SELECT MAX(seq) FROM search_documents), 0)) + 1",
        " AND EXISTS (SELECT 1 FROM generations g WHERE g.id = $3 AND g.status = 'running')"
    ),
    postgres!(" AND EXISTS (SELECT 1 FROM generations g WHERE g.id = $3 AND g.status = 'running')"),
);

/// The statements, one by one, that take a message into the index: `$1` is the message, `$2` its terms.
pub(super) fn statements(db: &Db) -> impl Iterator<Item = &'static str> {
    of(db, NEWER)
}

/// The same of one that is older than all that are in the index.
pub(super) fn older(db: &Db) -> impl Iterator<Item = &'static str> {
    of(db, OLDER)
}

fn of(db: &Db, (sqlite, postgres): (&'static str, &'static str)) -> impl Iterator<Item = &'static str> {
    let all = if matches!(db, Db::Postgres(_)) { postgres } else { sqlite };
    all.split(';')
}

/// The term of a user, and that of a conversation.
fn user_term(id: Uuid) -> String {
    format!("\u{E000}{}", id.simple())
}

fn chat_term(id: Uuid) -> String {
    format!("\u{E001}{}", id.simple())
}

/// Newest documents that PostgreSQL looks at one by one before it asks the index: what is frequent is found there, and the index would
/// name all of it. And as many more, where some of those had the words, but no page full: then the index would name thousands.
const NEWEST: i64 = 2_000;
const FURTHER: i64 = 20_000;
/// As many of the newest make going on worth it: a walk over one costs a seventh of what one costs that the index names.
const SOME: usize = 4;
/// What SQLite's index names of the words alone, newest first, before it is asked for conversations, too: each of those has to be found.
const NAMED: i64 = 8_000;
/// More conversations than this are not named to SQLite's index, but compared.
const CHATS: usize = 100;
/// Most conversations that a filter leaves, newest first: SQLite takes 32,766 values in a statement.
const CHATS_MAX: usize = 20_000;

/// A term that is looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Term {
    pub text: String,
    /// Longer words that begin so, too.
    pub prefix: bool,
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct Sought {
    /// Every one of them.
    pub terms: Vec<Term>,
    /// Only in these conversations.
    pub chats: Option<Vec<Uuid>>,
    pub role: Option<Author>,
    /// A part of the model's name.
    pub model: Option<String>,
    pub since: Option<DateTime<Utc>>,
    pub until: Option<DateTime<Utc>>,
    /// Files were sent with it.
    pub file: bool,
}

/// A message that has all terms.
#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    chat_id: Uuid,
    role: Text<Author>,
    content: String,
    model: Option<String>,
    created_at: DateTime<Utc>,
    title: String,
    /// Where it stands in the index.
    place: String,
}

/// The same.
pub struct Candidate {
    pub id: Uuid,
    pub chat_id: Uuid,
    pub role: Author,
    pub content: String,
    pub model: Option<String>,
    pub created_at: DateTime<Utc>,
    pub title: String,
    /// The cursor of what comes after it.
    pub place: String,
}

impl From<Row> for Candidate {
    fn from(row: Row) -> Self {
        let Row { id, chat_id, role, content, model, created_at, title, place } = row;
        Self { id, chat_id, role: role.0, content, model, created_at, title, place }
    }
}

/// The index of [`Db`].
pub struct Search<'a>(&'a Db);

impl Db {
    pub fn search(&self) -> Search<'_> {
        Search(self)
    }
}

impl Batch {
    /// Takes a message into the index.
    pub(super) fn index(&mut self, message_id: Uuid, text: &str) {
        self.add_for_each(NEWER, values![message_id, terms::of(text).as_str()]);
    }

    /// Takes what a run wrote into the index.
    pub(super) fn index_of_run(&mut self, run: Uuid, message_id: Uuid, text: &str) {
        self.add_for_each(OF_RUN, values![message_id, terms::of(text).as_str(), run]);
    }
}

impl Search<'_> {
    /// Takes older messages into the index, newest of them first, in one transaction.
    pub async fn index_older(&self, messages: &[(Uuid, String)]) -> sqlx::Result<()> {
        let batches = messages.iter().map(|(id, text)| {
            let mut batch = Batch::default();
            batch.add_for_each(OLDER, values![*id, terms::of(text).as_str()]);
            batch
        });
        batch::store(self.0, batches.collect()).await.map(drop)
    }

    /// Messages that are not in the index and not being written, with smaller ids than `before`, newest first.
    pub async fn missing(&self, before: Option<Uuid>, limit: i64) -> sqlx::Result<Vec<(Uuid, String)>> {
        let sql = "SELECT m.id, m.content FROM messages m WHERE m.id < $1 AND m.status <> 'running'
            AND NOT EXISTS (SELECT 1 FROM search_documents d WHERE d.message_id = m.id) ORDER BY m.id DESC LIMIT $2";
        let before = before.unwrap_or(Uuid::max());
        on!(self.0.read(), c => sqlx::query_as(sql).bind(before).bind(limit).fetch_all(c).await)
    }

    /// How many messages there are, and how many are in the index.
    pub async fn extent(&self) -> sqlx::Result<(i64, i64)> {
        let sql = "SELECT (SELECT COUNT(*) FROM messages), (SELECT COUNT(*) FROM search_documents)";
        on!(self.0.read(), c => sqlx::query_as(sql).fetch_one(c).await)
    }

    /// The user's messages that have all terms, newest first, after the place of the last one of the page before.
    pub async fn find_for(&self, user_id: Uuid, sought: &Sought, after: Option<&str>, limit: i64) -> sqlx::Result<Vec<Candidate>> {
        let rows: Vec<Row> = match self.0.read() {
            Pool::Sqlite(connections) => {
                let after = after.and_then(|place| place.parse::<i64>().ok());
                let ask = async |first| sqlite(user_id, sought, after, limit, first).build_query_as().fetch_all(connections).await;
                let first: Vec<Row> = if sought.chats.is_some() { ask(true).await? } else { Vec::new() };
                if first.len() as i64 == limit { first } else { ask(false).await? }
            }
            Pool::Postgres(pool) => {
                let after = after.and_then(|place| Uuid::parse_str(place).ok());
                // Not kept prepared: PostgreSQL would plan them for any words and any conversations after five times.
                let ask =
                    async |newest| postgres(user_id, sought, after, limit, newest).build_query_as().persistent(false).fetch_all(pool).await;
                let mut newest: Vec<Row> = ask(Some(NEWEST)).await?;
                if (SOME..limit as usize).contains(&newest.len()) {
                    newest = ask(Some(FURTHER)).await?;
                }
                if newest.len() as i64 == limit { newest } else { ask(None).await? }
            }
        };
        Ok(rows.into_iter().map(Candidate::from).collect())
    }

    /// The titles of the user's newest conversations.
    pub async fn titles_for(&self, user_id: Uuid, limit: i64) -> sqlx::Result<Vec<(Uuid, String)>> {
        let sql = "SELECT id, title FROM chats WHERE user_id = $1 AND deleted_at IS NULL ORDER BY updated_at DESC, id DESC LIMIT $2";
        on!(self.0.read(), c => sqlx::query_as(sql).bind(user_id).bind(limit).fetch_all(c).await)
    }

    /// The conversations in one of these folders, or with this tag, of the user.
    pub async fn chats_in(&self, user_id: Uuid, folders: Option<&[Uuid]>, tag: Option<&str>) -> sqlx::Result<Vec<Uuid>> {
        on!(self.0.read(), c => {
            let mut query = QueryBuilder::new("SELECT c.id FROM chats c WHERE c.deleted_at IS NULL AND c.user_id = ");
            query.push_bind(user_id);
            if let Some(folders) = folders {
                query.push(" AND c.folder_id");
                among(&mut query, folders);
            }
            if let Some(tag) = tag {
                query.push(" AND EXISTS (SELECT 1 FROM chat_tags t WHERE t.chat_id = c.id AND lower(t.tag) = ").push_bind(tag.to_lowercase()).push(")");
            }
            query.push(format!(" ORDER BY c.updated_at DESC LIMIT {CHATS_MAX}"));
            query.build_query_scalar().fetch_all(c).await
        })
    }

    /// Has SQLite forget the terms of what was removed, in small steps: until then they may stand in its file. PostgreSQL's VACUUM does
    /// the same by itself.
    pub async fn forget_removed(&self) -> sqlx::Result<()> {
        let Pool::Sqlite(connections) = self.0.write() else { return Ok(()) };
        loop {
            let mut lent = connections.lend().await?;
            let connection = lent.connection()?;
            let before: i64 = sqlx::query_scalar("SELECT total_changes()").fetch_one(&mut *connection).await?;
            sqlx::query("INSERT INTO search_index (search_index, rank) VALUES ('merge', -200)").execute(&mut *connection).await?;
            let after: i64 = sqlx::query_scalar("SELECT total_changes()").fetch_one(&mut *connection).await?;
            lent.trust();
            // FTS5 says so: less than two changes are none.
            if after - before < 2 {
                return Ok(());
            }
        }
    }
}

/// The question in FTS5's words, or that for the `first` to be named. Terms hold letters, digits and signs only, so nothing in them has to
/// be escaped.
fn fts5(user_id: Uuid, sought: &Sought, first: bool) -> String {
    let mut all = vec![format!("\"{}\"", user_term(user_id))];
    all.extend(sought.terms.iter().map(|term| format!("\"{}\"{}", term.text, if term.prefix { " *" } else { "" })));
    if let Some(chats) = sought.chats.as_ref().filter(|chats| !first && chats.len() <= CHATS) {
        let any: Vec<_> = chats.iter().map(|id| format!("\"{}\"", chat_term(*id))).collect();
        all.push(format!("({})", any.join(" OR ")));
    }
    all.join(" AND ")
}

/// The same in those of `tsquery`.
fn tsquery(user_id: Uuid, sought: &Sought) -> String {
    let mut all = vec![format!("'{}'", user_term(user_id))];
    all.extend(sought.terms.iter().map(|term| format!("'{}'{}", term.text, if term.prefix { ":*" } else { "" })));
    all.join(" & ")
}

fn sqlite(user_id: Uuid, sought: &Sought, after: Option<i64>, limit: i64, first: bool) -> QueryBuilder<sqlx::Sqlite> {
    // CROSS JOIN keeps the order: the index first, and only of what it names the rows.
    let mut query = QueryBuilder::new(
        "SELECT m.id, m.chat_id, m.role, m.content, m.model, m.created_at, c.title, CAST(i.place AS TEXT) AS place
        FROM (SELECT rowid AS place FROM search_index WHERE search_index MATCH ",
    );
    query.push_bind(fts5(user_id, sought, first));
    if let Some(after) = after {
        query.push(" AND rowid < ").push_bind(after);
    }
    query.push(" ORDER BY rowid DESC");
    if first {
        query.push(format!(" LIMIT {NAMED}"));
    }
    query.push(") i CROSS JOIN search_documents d ON d.seq = i.place");
    if let Some(chats) = &sought.chats {
        query.push(" AND d.chat_id");
        among(&mut query, chats);
    }
    query.push(" CROSS JOIN messages m ON m.id = d.message_id CROSS JOIN chats c ON c.id = m.chat_id WHERE TRUE");
    filters(&mut query, user_id, sought);
    if !first {
        query.push(" ORDER BY i.place DESC");
    }
    // The first that are named come in their order, as the outer loop of all: SQLite does not know, and would sort them all for a page.
    query.push(" LIMIT ").push_bind(limit);
    query
}

/// One of these.
fn among<DB: sqlx::Database>(query: &mut QueryBuilder<DB>, these: &[Uuid])
where
    Uuid: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    query.push(" IN (");
    let mut ids = query.separated(", ");
    these.iter().for_each(|id| {
        ids.push_bind(*id);
    });
    query.push(if these.is_empty() { "NULL)" } else { ")" });
}

fn postgres(user_id: Uuid, sought: &Sought, after: Option<Uuid>, limit: i64, newest: Option<i64>) -> QueryBuilder<sqlx::Postgres> {
    let words = tsquery(user_id, sought);
    let mut query = QueryBuilder::new(
        "SELECT m.id, m.chat_id, m.role, m.content, m.model, m.created_at, c.title, CAST(m.id AS TEXT) AS place FROM (
            SELECT d.message_id",
    );
    if newest.is_some() {
        query.push(", d.chat_id, d.terms FROM search_documents d WHERE d.user_id = ").push_bind(user_id);
    } else {
        query.push(" FROM search_documents d WHERE TRUE");
        fitting(&mut query, words.clone(), sought);
    }
    if let Some(after) = after {
        query.push(" AND d.message_id < ").push_bind(after);
    }
    query.push(" ORDER BY d.message_id DESC");
    // OFFSET 0 keeps it apart: what the index names is sorted by itself, and not found by walking until there are enough that fit.
    query.push(newest.map_or(" OFFSET 0".to_owned(), |count| format!(" LIMIT {count}")));
    // And the rows are read one by one, until the page is full: joined, PostgreSQL walks all messages from the newest down.
    query.push(") d CROSS JOIN LATERAL (SELECT r.* FROM messages r WHERE r.id = d.message_id OFFSET 0) m");
    query.push(" JOIN chats c ON c.id = m.chat_id WHERE TRUE");
    if newest.is_some() {
        fitting(&mut query, words, sought);
    }
    filters(&mut query, user_id, sought);
    // As a number: bound, PostgreSQL would plan for any.
    query.push(format!(" ORDER BY d.message_id DESC LIMIT {limit}"));
    query
}

/// What is asked of a document. Of the index PostgreSQL takes those that have the words, or those of the conversations, whichever are fewer.
fn fitting(query: &mut QueryBuilder<sqlx::Postgres>, words: String, sought: &Sought) {
    query.push(" AND d.terms @@ CAST(").push_bind(words).push(" AS tsquery)");
    if let Some(chats) = &sought.chats {
        query.push(" AND d.chat_id = ANY(").push_bind(chats.clone()).push(")");
    }
}

/// What is asked of the rows themselves. That they are the user's is not left to the index.
fn filters<DB: sqlx::Database>(query: &mut QueryBuilder<DB>, user_id: Uuid, sought: &Sought)
where
    Uuid: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    DateTime<Utc>: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    String: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    query.push(" AND c.deleted_at IS NULL AND c.user_id = ").push_bind(user_id);
    if let Some(role) = sought.role {
        query.push(if role == Author::User { " AND m.role = 'user'" } else { " AND m.role = 'assistant'" });
    }
    if let Some(model) = &sought.model {
        let like = format!("%{}%", model.to_lowercase().replace(['%', '_', '\\'], "_"));
        query.push(" AND lower(COALESCE(m.model, c.model)) LIKE ").push_bind(like);
    }
    if let Some(since) = sought.since {
        query.push(" AND m.created_at >= ").push_bind(since);
    }
    if let Some(until) = sought.until {
        query.push(" AND m.created_at < ").push_bind(until);
    }
    if sought.file {
        query.push(" AND m.attachments IS NOT NULL");
    }
}
