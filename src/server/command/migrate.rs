//! `liao migrate`: brings the database up to date and says what it did.

use super::Failure;
use crate::server::boot;
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::db::Report;

pub const EXAMPLES: &str = "Examples:
  liao migrate
  LIAO_DATABASE_URL=postgres://liao@db/liao liao migrate";

pub async fn run(config: Config) -> Result<(), Failure> {
    let (db, report) = boot::database(&config, &Clock::default()).await?;
    db.close().await;
    println!("{}", sentence(&report, db.engine()));
    Ok(())
}

/// What was done, for people.
pub fn sentence(report: &Report, engine: &str) -> String {
    if report.applied.is_empty() {
        return format!("The {engine} database is up to date.");
    }
    let versions: Vec<_> = report.applied.iter().map(ToString::to_string).collect();
    let plural = if versions.len() == 1 { "" } else { "s" };
    let copy = report.backup.as_ref().map(|file| format!(" A copy of it as it was: {}", file.display()));
    format!("The {engine} database got migration{plural} {}.{}", versions.join(", "), copy.unwrap_or_default())
}
