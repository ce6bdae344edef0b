//! Backups that are made while somebody writes, restored elsewhere and compared; and files that somebody has bent.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::archive::{Part, Reader, Writer};
use super::*;
use crate::model::user::{Role, User};
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::db::testing::{TestDb, databases};
use crate::server::db::{Db, Pool, on};
use crate::server::storage::Storage;

const PASSPHRASE: &str = "one calm river 42";

/// A place to back up, or to restore into: a folder, and the database of this address.
struct Place {
    folder: tempfile::TempDir,
    config: Config,
}

impl Place {
    fn of(url: Option<&str>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = url.map_or_else(|| format!("sqlite://{}", folder.path().join("liao.db").display()), str::to_owned);
        let config = Config::with(folder.path(), &[("LIAO_DATABASE_URL", &url)]).unwrap();
        Self { folder, config }
    }

    fn storage(&self) -> Storage {
        Storage::open(&self.config.files).unwrap()
    }

    async fn backup(&self, db: &Db, passphrase: &str) -> Result<Summary, BackupError> {
        let of = Source { config: &self.config, db, storage: &self.storage(), clock: &Clock::default() };
        backup(&of, &self.file(), passphrase).await
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("made.liao")
    }
}

/// Two rows in one transaction: a user, and a prompt of theirs with the same name.
async fn add(db: &Db, n: u32) {
    let now = Clock::default().now();
    let user = User::new(Uuid::now_v7(), format!("p{n}@example.org"), format!("名字 \t\\ {n}"), Role::User, now);
    let id = user.id;
    db.users().insert(user, None).await.unwrap().unwrap();
    let sql = "INSERT INTO token_families (id, user_id, created_at) VALUES ($1, $2, $3)";
    on!(db.write(), c => sqlx::query(sql).bind(Uuid::now_v7()).bind(id).bind(now).execute(c).await.map(drop)).unwrap();
}

/// Every row of every table in text, in an order of its own.
async fn dump(db: &Db) -> Vec<String> {
    let tables = match db.read() {
        Pool::Sqlite(c) => {
            let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations' ORDER BY name";
            sqlx::query_scalar::<_, String>(sql).fetch_all(c).await.unwrap()
        }
        Pool::Postgres(_) => db.tables().await.unwrap(),
    };
    assert!(tables.len() > 30, "{tables:?}");
    let mut rows = Vec::new();
    for table in tables {
        let found: Vec<String> = match db.read() {
            Pool::Postgres(c) => {
                sqlx::query_scalar(AssertSqlSafe(format!("SELECT CAST(t AS TEXT) FROM \"{table}\" t"))).fetch_all(c).await.unwrap()
            }
            Pool::Sqlite(c) => {
                let names = format!("SELECT '\"' || name || '\"' FROM pragma_table_info('{table}')");
                let names: Vec<String> = sqlx::query_scalar(AssertSqlSafe(names)).fetch_all(c).await.unwrap();
                let quoted = names.iter().map(|name| format!("quote({name})")).collect::<Vec<_>>().join(" || ',' || ");
                sqlx::query_scalar(AssertSqlSafe(format!("SELECT {quoted} FROM \"{table}\""))).fetch_all(c).await.unwrap()
            }
        };
        rows.extend(found.into_iter().map(|row| format!("{table}: {row}")));
    }
    rows.sort();
    rows
}

async fn count(db: &Db, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) FROM {table}");
    on!(db.read(), c => sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(c).await).unwrap()
}

/// A new database beside this one, where nothing is.
async fn empty(test: &TestDb) -> (Place, Option<(sqlx::PgPool, String)>) {
    if test.engine == "sqlite" {
        return (Place::of(None), None);
    }
    let Pool::Postgres(pool) = test.db.read() else { panic!("PostgreSQL") };
    let name = format!("liao_test_restore_{}", Uuid::new_v4().simple());
    sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}"))).execute(pool).await.unwrap();
    let (base, _) = test.url.rsplit_once('/').unwrap();
    (Place::of(Some(&format!("{base}/{name}"))), Some((pool.clone(), name)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_backed_up_while_others_write_comes_back_as_it_was_at_one_moment() {
    for test in databases().await {
        let from = Place::of(Some(&test.url));
        std::fs::write(from.folder.path().join("secret"), "s".repeat(40)).unwrap();
        from.storage().put("avatar/a/1.webp", vec![7; 300_000]).await.unwrap();
        from.storage().put("export/b/x.zip", Vec::new()).await.unwrap();
        for n in 0..50 {
            add(&test.db, n).await;
        }
        let stop = Arc::new(AtomicBool::new(false));
        let (db, stopped) = (test.db.clone(), stop.clone());
        let writer = tokio::spawn(async move {
            let mut n = 1000;
            while !stopped.load(Ordering::Relaxed) {
                add(&db, n).await;
                n += 1;
            }
            n
        });
        let made = from.backup(&test.db, PASSPHRASE).await.unwrap();
        let meanwhile = count(&test.db, "users").await;
        stop.store(true, Ordering::Relaxed);
        writer.await.unwrap();
        assert!(made.head.secret && made.entries >= 4 && made.head.engine.to_lowercase().starts_with(test.engine), "{made:?}");

        let (to, made_there) = empty(&test).await;
        let restored = restore(&to.config, &from.file(), PASSPHRASE).await.unwrap();
        assert_eq!(restored, made, "{}", test.engine);
        let url = secrecy::ExposeSecret::expose_secret(&to.config.database_url).to_owned();
        let there = Db::open(&url).await.unwrap();
        let (users, families) = (count(&there, "users").await, count(&there, "token_families").await);
        assert!((50..=meanwhile).contains(&users), "{}: {users} of up to {meanwhile}", test.engine);
        // A family is written after its user, never before.
        assert!((users - 1..=users).contains(&families), "{}: {users} users, {families} families", test.engine);
        let (whole, part) = (dump(&test.db).await, dump(&there).await);
        let missing: Vec<_> = part.iter().filter(|row| whole.binary_search(row).is_err()).collect();
        assert!(missing.is_empty(), "{}: rows that were never there: {missing:?}", test.engine);
        let picture: Vec<_> = to.storage().stream("avatar/a/1.webp", 0..300_000).await.unwrap().unwrap().collect().await;
        assert_eq!(picture.into_iter().map(|piece| piece.unwrap().len()).sum::<usize>(), 300_000);
        assert!(to.storage().has("export/b/x.zip").await.unwrap());
        assert_eq!(std::fs::read_to_string(to.folder.path().join("secret")).unwrap().len(), 40);
        // What is there now is kept.
        there.close().await;
        let again = restore(&to.config, &from.file(), PASSPHRASE).await.unwrap_err();
        assert!(matches!(again, BackupError::NotEmpty(_)), "{}: {again}", test.engine);
        // When nobody writes, everything is the same.
        std::fs::remove_file(from.file()).unwrap();
        from.backup(&test.db, PASSPHRASE).await.unwrap();
        let (last, made_last) = empty(&test).await;
        restore(&last.config, &from.file(), PASSPHRASE).await.unwrap();
        let there = Db::open(secrecy::ExposeSecret::expose_secret(&last.config.database_url)).await.unwrap();
        assert_eq!(dump(&there).await, dump(&test.db).await, "{}", test.engine);
        assert!(there.migrate(None, "test").await.unwrap().applied.is_empty(), "{}: it is as new as it was", test.engine);
        there.close().await;
        for (pool, name) in [made_there, made_last].into_iter().flatten() {
            sqlx::query(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"))).execute(&pool).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_backup_is_not_written_over_anything_nor_with_a_weak_passphrase_nor_into_the_other_engine() {
    for test in databases().await {
        let from = Place::of(Some(&test.url));
        let make = async |passphrase: &str| from.backup(&test.db, passphrase).await;
        assert!(matches!(make("short").await, Err(BackupError::Passphrase)));
        make(PASSPHRASE).await.unwrap();
        assert!(matches!(make(PASSPHRASE).await, Err(BackupError::Taken(_))), "{}", test.engine);
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(from.file()).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{}: nobody else may read it", test.engine);
        let other = if test.engine == "sqlite" { Place::of(Some("postgres://nobody@127.0.0.1:1/none")) } else { Place::of(None) };
        let refused = restore(&other.config, &from.file(), PASSPHRASE).await.unwrap_err();
        assert!(matches!(refused, BackupError::Engine { .. }), "{}: {refused}", test.engine);
        let wrong = check(&from.file(), "another passphrase").unwrap_err().to_string();
        assert!(wrong.contains("passphrase"), "{wrong}");
    }
}

fn head() -> Head {
    Head { version: "1".into(), engine: "SQLite".into(), schema: 1, made_at: "now".into(), secret: false }
}

fn archive(pieces: &[usize]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), PASSPHRASE, head()).unwrap();
    for (n, length) in pieces.iter().enumerate() {
        writer.whole(&format!("files/{n}"), &vec![n as u8; *length]).unwrap();
    }
    writer.finish().unwrap().0
}

fn read(sealed: &[u8]) -> io::Result<(u64, u64)> {
    let mut reader = Reader::new(sealed, PASSPHRASE)?;
    loop {
        if let Part::Done(summary) = reader.next()? {
            return Ok((summary.entries, summary.bytes));
        }
    }
}

#[test]
fn entries_of_every_size_come_back_and_nothing_can_be_changed_cut_off_or_moved_unseen() {
    for pieces in [&[][..], &[0], &[1], &[65_535, 65_536, 65_537], &[3_000_000, 1]] {
        let total: usize = pieces.iter().sum();
        assert_eq!(read(&archive(pieces)).unwrap(), (pieces.len() as u64, total as u64), "{pieces:?}");
    }
    let whole = archive(&[200_000]);
    assert!(!whole.windows(7).any(|window| window == b"files/0"), "names are hidden, too");
    for at in [0, 5, 20, 30, 36, 40, 70_000, whole.len() - 1] {
        let mut bent = whole.clone();
        bent[at] ^= 1;
        assert!(read(&bent).is_err(), "byte {at} was changed");
    }
    for length in [0, 10, 37, 65_600, whole.len() - 1, whole.len() - 30] {
        assert!(read(&whole[..length]).is_err(), "cut off at {length}");
    }
    // Two pieces change places; the end is a piece that was not the last.
    let (begin, size) = (37, 65_536 + 16);
    let moved = [&whole[..begin], &whole[begin + size..begin + 2 * size], &whole[begin..begin + size], &whole[begin + 2 * size..]].concat();
    assert!(read(&moved).is_err(), "pieces in another order");
    assert!(read(&whole[..begin + size]).is_err(), "ends with a piece that is not the last");
    assert!(read(&[&whole[..], b"more"].concat()).is_err(), "something behind the end");
    assert!(read(b"PK\x03\x04 something else entirely, long enough to be a header").is_err());
}
