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
