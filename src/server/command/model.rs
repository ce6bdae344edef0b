//! `liao model`: the models that run in this process.

use clap::Subcommand;

use super::Failure;
use crate::server::config::Config;

pub const EXAMPLES: &str = "Examples:
  liao model list
  liao model pull";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the built-in models and whether their weights are here.
    #[command(after_help = "Example:\n  liao model list")]
    List,
    /// Download the weights of the built-in model; checks what is there already.
    #[command(after_help = "Example:\n  LIAO_DATA_DIR=/var/lib/liao liao model pull")]
    Pull,
}

pub async fn run(command: Command, config: Config) -> Result<(), Failure> {
    let file = &config.models.file;
    match command {
        Command::List => {
            let state = if file.is_file() { "here" } else { "not downloaded; run: liao model pull" };
            println!("{} ({state})", file.display());
            Ok(())
        }
        Command::Pull => Err(Failure::Other("not built".into())),
    }
}
