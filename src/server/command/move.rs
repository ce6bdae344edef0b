//! `liao move`: everything in the database to the other engine, where nothing is, and compared there.

use clap::Args;
use secrecy::ExposeSecret;

use super::Failure;
use crate::server::boot;
use crate::server::config::Config;
use crate::server::db::{Db, Moved, TransferError, Transferred, sqlite_path};

pub const EXAMPLES: &str = "Examples:
  liao move --to postgres://liao@db/liao                         from the SQLite file in LIAO_DATA_DIR
  PGPASSWORD=… liao move --to postgres://liao@db/liao            others do not see the password in the list of processes
  LIAO_DATABASE_URL=postgres://liao@db/liao liao move --to sqlite:///srv/liao/liao.db

Stop the server first. The target has to be empty; it gets the tables, all rows, and is compared with the source row by row. If anything
fails, it is as empty as before. The source is only read. Afterwards LIAO_DATABASE_URL has to name the new database.";

/// Where to.
#[derive(Debug, Args)]
pub struct Target {
    /// The other database: postgres://user:password@host/name, or sqlite://path/to/a/file.
    #[arg(long = "to", value_name = "URL")]
    url: String,
}

impl From<TransferError> for Failure {
    fn from(error: TransferError) -> Self {
        Self::Other(error.to_string())
    }
}

pub async fn run(target: Target, config: Config) -> Result<(), Failure> {
    // No server on this folder writes meanwhile.
    let _lock = boot::lock(&config)?;
    let url = config.database_url.expose_secret();
    if sqlite_path(url).is_some_and(|path| !path.exists()) {
        // Opening it would make one.
        return Err(TransferError::Nothing.into());
    }
    let db = Db::open(url).await.map_err(|error| Failure::Other(format!("LIAO_DATABASE_URL: the database cannot be opened: {error}")))?;
    println!("{:<24}{:>12}  SHA-256 OF THE ROWS, ON BOTH SIDES", "TABLE", "ROWS");
    let done = db.transfer(&target.url, |moved| println!("{}", line(moved))).await;
    db.close().await;
    println!("{}", sentences(&done?, &config));
    Ok(())
}

fn line(moved: &Moved) -> String {
    format!("{:<24}{:>12}  {}", moved.table, moved.rows, moved.digest)
}

/// What was done, and what is left to do.
fn sentences(done: &Transferred, config: &Config) -> String {
    let rows: u64 = done.tables.iter().map(|moved| moved.rows).sum();
    let secret = if config.secret.is_some() { "LIAO_SECRET".into() } else { config.data_dir.join("secret").display().to_string() };
    let files = match &config.files.s3 {
        Some(bucket) => format!("the bucket {}", bucket.name),
        None => config.files.dir.display().to_string(),
    };
    let mut text = format!(
        "\n{} tables with {rows} rows are the same on both sides. The source is as it was.\n\
         Now set LIAO_DATABASE_URL to the new address and start the server; the index of the search is built anew in the background.\n\
         Not in the database, and still needed: the secret ({secret}), without which stored keys cannot be read, and the files ({files}).",
        done.tables.len()
    );
    if done.others > 0 {
        text += &format!("\nCaution: {} other connections to the source were open. What they wrote meanwhile is not moved.", done.others);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::clock::Clock;
    use crate::server::db::testing::blank;

    fn config(folder: &std::path::Path) -> Config {
        let url = format!("sqlite://{}", folder.join("liao.db").display());
        Config::with(folder, &[("LIAO_DATABASE_URL", &url)]).unwrap()
    }

    async fn moved(folder: &std::path::Path, to: &str) -> Result<(), String> {
        run(Target { url: to.to_owned() }, config(folder)).await.map_err(|failure| failure.to_string())
    }

    #[tokio::test]
    async fn nothing_is_moved_from_nothing_nor_from_under_a_server() {
        let folder = tempfile::tempdir().unwrap();
        let to = "postgres://nobody@127.0.0.1:1/none";
        assert!(moved(folder.path(), to).await.unwrap_err().contains("nothing to move"));
        assert!(!folder.path().join("liao.db").exists(), "opening it has made one");
        let serving = boot::lock(&config(folder.path())).unwrap();
        assert!(moved(folder.path(), to).await.unwrap_err().contains("another liao is serving"));
        drop(serving);
        let (db, _) = boot::database(&config(folder.path()), &Clock::default()).await.unwrap();
        db.close().await;
        let Some(there) = blank().await else { return };
        moved(folder.path(), &there.url).await.unwrap();
        assert_eq!(there.db.schema().await.unwrap(), Db::newest_schema());
        assert!(moved(folder.path(), "sqlite:///tmp/x.db").await.unwrap_err().contains("Both databases are SQLite"));
    }

    #[test]
    fn what_is_left_to_do_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let done = Transferred {
            tables: vec![Moved { table: "users".into(), rows: 3, digest: Default::default(), parts: 1, largest: 9 }],
            others: 2,
        };
        let text = sentences(&done, &config(folder.path()));
        for word in ["1 tables with 3 rows", "LIAO_DATABASE_URL", "index of the search", "2 other connections"] {
            assert!(text.contains(word), "{text}");
        }
        assert!(text.contains(&folder.path().join("secret").display().to_string()), "{text}");
        assert!(text.contains("files"), "{text}");
        let secret = Config::with(folder.path(), &[("LIAO_SECRET", &"s".repeat(40))]).unwrap();
        assert!(sentences(&Transferred { tables: Vec::new(), others: 0 }, &secret).contains("(LIAO_SECRET)"));
    }
}
