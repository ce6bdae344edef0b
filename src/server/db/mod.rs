//! SQL and rows → model. One file per noun; one SQL text per query for both engines, `$1` placeholders, real types.
//! Never reads the clock and never lets a row struct out.

mod activity;
mod alert;
mod announcement;
mod assistant;
mod backup;
mod batch;
mod chat;
mod connections;
mod context;
mod credential;
mod device;
mod digest;
mod directory;
mod draft;
mod erasure;
mod factor;
mod feedback;
mod file;
mod folder;
mod generation;
mod identity;
mod import;
mod inspection;
mod job;
mod ledger;
mod mail;
mod message;
mod migrate;
mod model;
mod node;
mod passage;
mod passkey;
mod person;
mod prompt;
mod provider;
mod push;
mod queue;
mod report;
mod search;
mod secret;
mod session;
mod setting;
mod share;
mod shelf;
mod sign_in;
mod statistics;
mod status;
mod text;
mod ticket;
mod token;
mod transfer;
mod tree;
mod user;

pub mod testing;

use std::path::Path;
use std::time::Duration;

pub use activity::{Entry as ActivityEntry, Filter as ActivityFilter, Mark as ActivityMark, NewEntry as NewActivity};
pub use alert::{Due as DueDelivery, OpenAlert, StoredChannel, Tried};
pub use backup::{Copied, Loaded};
pub use chat::{Chats, Found as FoundChat};
use connections::Connections;
pub use context::{Contexts, NewSummary};
pub use credential::Kept;
pub use digest::{NewDigest, Wish};
pub use directory::{Key as DirectoryKey, Listed, Wanted};
pub use factor::{Factor, Standing};
pub use feedback::Filter as FeedbackFilter;
pub use file::{Content as FileContent, NewFile, Reading};
pub use generation::{
    Base, Change, Clash, Found as FoundRun, Generations, Logged, NewChat, NewRun, Orphan, Outcome, RunKind, Running, Taken, clash,
    request_of,
};
pub use identity::{NewIdentity, Stored as StoredIdentityProvider, Unlinked};
pub use import::{NewImport, StoredImport};
pub use inspection::Filter as InspectionFilter;
pub use job::{Job, Lane, NewJob};
pub use ledger::{Call, Entry as LedgerEntry, Measured, OfUserRow, QUARTER, Span};
pub use mail::NewMail;
pub use message::{Given, Messages};
pub use migrate::{MigrateError, Report};
pub use model::Stored as StoredModel;
pub use passage::Passage;
pub use passkey::{NewPasskey, StoredPasskey};
pub use person::People;
pub use provider::{Stored as StoredProvider, StoredFallback, StoredKey};
pub use push::StoredPush;
pub use queue::Next;
pub use report::NewReport;
pub use search::{Candidate, Sought, Term};
pub use session::{Data as SessionData, Session, Sessions};
pub use share::{NewShare, SharedChat};
pub use shelf::{Arrival, Copy as ChatCopy};
pub use sign_in::{BrowserRow, Key as SignInKey, NAME_BYTES, ProgramRow};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Executor, PgPool};
pub use statistics::{
    Active, Call as StatisticsCall, Cell, ERASED, EVERYBODY, Hours, Measure, OfUser as StatisticsOfUser, QUARTERS, Rows, Scope, Written,
    bucket, middle, thousandths,
};
pub(crate) use text::Text;
pub use ticket::{NewTicket, Ticket};
pub use token::{NewFamily, NewToken, Rotation, Tokens};
pub use transfer::{Digest, Moved, TransferError, Transferred, sqlite_path};
pub use user::{Account, Users};

/// The database. A cheap handle.
#[derive(Clone)]
pub enum Db {
    /// One writer, many readers: SQLite lets one connection write at a time, so that waiting happens in our queue, not in its lock.
    Sqlite {
        read: Connections,
        write: Connections,
    },
    Postgres(PgPool),
}

/// One of the two pools, for `on!`.
pub enum Pool<'a> {
    Sqlite(&'a Connections),
    Postgres(&'a PgPool),
}

/// Runs the same expression on whichever engine it is: `on!(db.read(), c => query.fetch_all(c).await)`.
macro_rules! on {
    ($pool:expr, $c:ident => $e:expr) => {
        match $pool {
            $crate::server::db::Pool::Sqlite($c) => $e,
            $crate::server::db::Pool::Postgres($c) => $e,
        }
    };
}

/// Runs the block in one transaction and commits it; `?` inside rolls back. `$tx` is used as `&mut *$tx`.
macro_rules! tx {
    ($db:expr, $tx:ident => $body:block) => {
        match $db.write() {
            $crate::server::db::Pool::Sqlite(pool) => {
                let mut lent = pool.lend().await?;
                let mut $tx = lent.begin().await?;
                let result = $body;
                $tx.commit().await?;
                lent.trust();
                result
            }
            $crate::server::db::Pool::Postgres(pool) => {
                let mut $tx = pool.begin().await?;
                let result = $body;
                $tx.commit().await?;
                result
            }
        }
    };
}

#[allow(unused_imports, reason = "the nouns use them")]
pub(crate) use {on, tx};

impl Db {
    /// Opens `sqlite://path`, `sqlite::memory:`-free file paths, or `postgres://…`.
    pub async fn open(url: &str) -> Result<Self, sqlx::Error> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            // No statement of ours takes so long that compiling it first pays, but some look so to the planner: that was seconds of a search.
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(10))
                .after_connect(|connection, _| Box::pin(async move { connection.execute("SET jit = off").await.map(drop) }));
            return Ok(Self::Postgres(pool.connect(url).await?));
        }
        Self::open_sqlite(Path::new(url.trim_start_matches("sqlite://").trim_start_matches("sqlite:"))).await
    }

    /// Opens the SQLite file, made if it is not there.
    async fn open_sqlite(path: &Path) -> Result<Self, sqlx::Error> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // In WAL mode a crash of the process loses nothing; a power cut may lose the last moments, never consistency.
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            // A page of rows is handed over at once: the thread need not wait for its reader in the middle.
            .row_buffer_size(256)
            // SQLite leaves what was deleted in the file until the place is used again, unless it is told to write zeros: who is
            // erased has to be gone from the bytes, too.
            .pragma("secure_delete", "ON")
            .pragma("cache_size", "-2000")
            .pragma("temp_store", "memory");
        let write = Connections::open(options.clone(), 1).await?;
        let read = Connections::open(options.read_only(true), 4).await?;
        Ok(Self::Sqlite { read, write })
    }

    /// For queries that only read.
    pub fn read(&self) -> Pool<'_> {
        match self {
            Self::Sqlite { read, .. } => Pool::Sqlite(read),
            Self::Postgres(pool) => Pool::Postgres(pool),
        }
    }

    /// For statements that write.
    pub fn write(&self) -> Pool<'_> {
        match self {
            Self::Sqlite { write, .. } => Pool::Sqlite(write),
            Self::Postgres(pool) => Pool::Postgres(pool),
        }
    }

    /// Whether several processes can serve it.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// `SQLite` or `PostgreSQL`, for people.
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// Waits for the connections in use and closes all.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}
