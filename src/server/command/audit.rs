//! `liao audit`: the security log from the command line.

use clap::Subcommand;

use super::Failure;
use crate::server::boot;
use crate::server::config::Config;
use crate::server::service::activity::{self, Head, Verified};

pub const EXAMPLES: &str = "Examples:
  liao audit verify                      exit code 0: every entry is as it was written; 1: the first one that is not is named
  liao audit verify --expect 42:9f86…    also that the log has this entry: its end was not cut off since, nor the log written anew";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check that no entry of the security log was changed, removed or put in between.
    #[command(after_help = EXAMPLES)]
    Verify {
        /// An entry that has to be there: where the log ended, by an earlier check or by the server's own log. May be given several times.
        #[arg(long, value_name = "NUMBER:HASH")]
        expect: Vec<Head>,
    },
}

pub async fn run(command: Command, config: Config) -> Result<(), Failure> {
    let Command::Verify { expect } = command;
    let (server, _) = boot::server(config).await?;
    let verified = activity::verify(&server, &expect).await?;
    server.db.close().await;
    let Verified { entries, erased, head, untold, broken } = verified;
    if let Some((seq, why)) = broken {
        return Err(Failure::Other(format!("entry {seq} of the security log {why}; {entries} entries hold")));
    }
    println!("{entries} entries hold; the details of {erased} were erased with their accounts.");
    if let Some(seq) = untold {
        println!("Those up to number {seq} were removed before the log told of that: by retention, if the server's own log says so.");
    }
    if let Some(head) = head {
        println!("The last one is {head}: keep that elsewhere, and give it to --expect later.");
    }
    Ok(())
}
