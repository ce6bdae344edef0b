//! `liao audit`: the security log from the command line.

use clap::Subcommand;

use super::Failure;
use crate::server::boot;
use crate::server::config::Config;
use crate::server::service::activity;

pub const EXAMPLES: &str = "Example:
  liao audit verify    exit code 0: every entry is as it was written; 1: the first one that is not is named";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check that no entry of the security log was changed, removed or put in between.
    #[command(after_help = EXAMPLES)]
    Verify,
}

pub async fn run(command: Command, config: Config) -> Result<(), Failure> {
    let Command::Verify = command;
    let (server, _) = boot::server(config).await?;
    let verified = activity::verify(&server).await?;
    server.db.close().await;
    if let Some((seq, why)) = verified.broken {
        return Err(Failure::Other(format!("entry {seq} of the security log {why}; {} entries before it hold", verified.entries)));
    }
    println!("{} entries hold; the details of {} were erased with their accounts.", verified.entries, verified.erased);
    if let Some((seq, hash)) = verified.head {
        println!("The last one is number {seq} with the hash {hash}: keep both elsewhere to notice later if the end was cut off.");
    }
    Ok(())
}
