//! Connections to the SQLite file, lent to one query or transaction at a time. Ours instead of sqlx's pool, which asks a connection
//! whether it lives before it lends it and when it comes back: every question is a message to the connection's thread and back, so
//! that a query would cost three of them. A file does not hang up; only after a failure a connection is asked.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt, TryStreamExt};
use sqlx::sqlite::{SqliteConnectOptions, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo};
use sqlx::{ConnectOptions, Connection, Describe, Either, Error, Execute, Executor, SqlStr, Sqlite, SqliteConnection, Transaction};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Longest time that a query waits for a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// At most so many connections with the same options. A cheap handle; who comes first is served first.
#[derive(Clone)]
pub struct Connections(Arc<Inner>);

struct Inner {
    options: SqliteConnectOptions,
    /// The one that was used last is at the end, and is lent next.
    idle: Mutex<Vec<Idle>>,
    permits: Semaphore,
    max: u32,
}

struct Idle {
    connection: SqliteConnection,
    /// Its last use failed or was given up: it may be dead, or in the middle of a transaction.
    doubtful: bool,
}

/// A connection for one query or transaction; dropping it gives it back.
pub struct Lent<'a> {
    idle: Option<Idle>,
    owner: &'a Inner,
    _permit: SemaphorePermit<'a>,
}

impl Connections {
    /// Opens the first one, so that a file that cannot be opened is an error now.
    pub async fn open(options: SqliteConnectOptions, max: u32) -> Result<Self, Error> {
        let first = Idle { connection: options.connect().await?, doubtful: false };
        let permits = Semaphore::new(max as usize);
        Ok(Self(Arc::new(Inner { options, idle: Mutex::new(vec![first]), permits, max })))
    }

    /// The next connection that is free. Errors: [`Error::PoolTimedOut`], [`Error::PoolClosed`].
    pub async fn lend(&self) -> Result<Lent<'_>, Error> {
        let permit = match self.0.permits.try_acquire() {
            Ok(permit) => permit,
            Err(_) => {
                let waiting = tokio::time::timeout(PATIENCE, self.0.permits.acquire());
                waiting.await.map_err(|_| Error::PoolTimedOut)?.map_err(|_| Error::PoolClosed)?
            }
        };
        let mut lent = Lent { idle: self.0.idle().pop(), owner: &self.0, _permit: permit };
        if let Some(Idle { connection, doubtful: true }) = &mut lent.idle
            && !is_sound(connection).await
        {
            lent.idle = None;
        }
        if lent.idle.is_none() {
            lent.idle = Some(Idle { connection: self.0.options.connect().await?, doubtful: false });
        }
        Ok(lent)
    }

    /// Waits for the connections in use and closes all; who asks for one then is refused.
    pub async fn close(&self) {
        let all = self.0.permits.acquire_many(self.0.max).await;
        self.0.permits.close();
        drop(all);
        let idle = std::mem::take(&mut *self.0.idle());
        for Idle { connection, .. } in idle {
            if let Err(cause) = connection.close().await {
                tracing::debug!(%cause, "a connection was not closed well");
            }
        }
    }
}

/// Ends the transaction that may be open, and tells whether the connection lives.
async fn is_sound(connection: &mut SqliteConnection) -> bool {
    match connection.execute("ROLLBACK").await {
        // There was none to end.
        Ok(_) | Err(Error::Database(_)) => true,
        Err(_) => false,
    }
}

impl Inner {
    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Lent<'_> {
    /// Begins a transaction that may write. Commit it, then [`Lent::trust`] the connection.
    pub async fn begin(&mut self) -> Result<Transaction<'_, Sqlite>, Error> {
        self.connection()?.begin_with("BEGIN IMMEDIATE").await
    }

    /// The connection, in doubt until it is trusted again.
    pub fn connection(&mut self) -> Result<&mut SqliteConnection, Error> {
        let Some(idle) = &mut self.idle else { return Err(Error::WorkerCrashed) };
        idle.doubtful = true;
        Ok(&mut idle.connection)
    }

    /// What was asked of the connection was done.
    pub fn trust(&mut self) {
        if let Some(idle) = &mut self.idle {
            idle.doubtful = false;
        }
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        // Before the permit, which is dropped after this: who gets it finds the connection.
        if let Some(idle) = self.idle.take() {
            self.owner.idle().push(idle);
        }
    }
}

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connections({})", self.0.max)
    }
}

/// A query borrows a connection for its own time.
impl<'p> Executor<'p> for &'p Connections {
    type Database = Sqlite;

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        // All steps are read before the first is handed on: whoever reads slowly does not keep the connection.
        let steps = async move {
            let mut lent = self.lend().await?;
            let steps: Vec<_> = lent.connection()?.fetch_many(query).try_collect().await?;
            lent.trust();
            Ok::<_, Error>(stream::iter(steps).map(Ok))
        };
        stream::once(steps).try_flatten().boxed()
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        Box::pin(async move {
            let mut lent = self.lend().await?;
            let row = lent.connection()?.fetch_optional(query).await?;
            lent.trust();
            Ok(row)
        })
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [SqliteTypeInfo]) -> BoxFuture<'e, Result<SqliteStatement, Error>>
    where
        'p: 'e,
    {
        Box::pin(async move {
            let mut lent = self.lend().await?;
            let statement = lent.connection()?.prepare_with(sql, parameters).await?;
            lent.trust();
            Ok(statement)
        })
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Sqlite>, Error>>
    where
        'p: 'e,
    {
        Box::pin(async move {
            let mut lent = self.lend().await?;
            let described = lent.connection()?.describe(sql).await?;
            lent.trust();
            Ok(described)
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::server::db::testing::sqlite;
    use crate::server::db::{Db, tx};

    #[tokio::test]
    async fn a_transaction_that_fails_or_is_given_up_leaves_nothing_and_blocks_nobody() {
        let test = sqlite().await;
        let add = "INSERT INTO settings (name, value, updated_at) VALUES ($1, 'x', '2026-01-01')";
        async fn failing(db: &Db, add: &'static str) -> sqlx::Result<()> {
            tx!(db, tx => {
                sqlx::query(add).bind("a").execute(&mut *tx).await?;
                sqlx::query(add).bind("a").execute(&mut *tx).await?;
            });
            Ok(())
        }
        async fn hanging(db: &Db, add: &'static str) -> sqlx::Result<()> {
            tx!(db, tx => {
                sqlx::query(add).bind("b").execute(&mut *tx).await?;
                std::future::pending::<()>().await;
            });
            Ok(())
        }
        assert!(failing(&test.db, add).await.is_err());
        let given_up = tokio::time::timeout(std::time::Duration::from_millis(50), hanging(&test.db, add)).await;
        assert!(given_up.is_err());
        let count = "SELECT count(*) FROM settings WHERE name IN ('a', 'b')";
        let found: i64 = crate::server::db::on!(test.db.write(), c => sqlx::query_scalar(count).fetch_one(c).await).unwrap();
        assert_eq!(found, 0);
        let written = crate::server::db::on!(test.db.write(), c => sqlx::query(add).bind("c").execute(c).await.map(drop));
        written.expect("the writer is free");
    }

    #[tokio::test]
    async fn who_asks_after_closing_is_refused() {
        let test = sqlite().await;
        test.db.close().await;
        let asked = crate::server::db::on!(test.db.read(), c => sqlx::query("SELECT 1").execute(c).await.map(drop));
        assert!(matches!(asked, Err(sqlx::Error::PoolClosed)), "{asked:?}");
    }
}
