//! `liao model`: the models that run in this process.

use std::io::Write;

use clap::Subcommand;

use super::Failure;
use crate::server::boot;
use crate::server::config::Config;
use crate::server::llm::{self, ModelFile};

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
    let file = boot::model_file(&config.models);
    match command {
        Command::List => {
            let state = if file.installed() { "here" } else { "not here yet; run: liao model pull" };
            println!("local/{}  {}  ({state})", file.name(), file.path.display());
            Ok(())
        }
        Command::Pull => pull(&file).await,
    }
}

/// Downloads with the per cents on one line.
async fn pull(file: &ModelFile) -> Result<(), Failure> {
    let (name, path) = (file.name(), file.path.display());
    if file.installed() {
        match llm::intact(file) {
            Ok(()) => {
                println!("{name} is here already: {path}");
                return Ok(());
            }
            Err(cause) if file.url.is_empty() => return Err(Failure::Other(format!("LIAO_MODEL_FILE: {path}: {cause}"))),
            Err(cause) => {
                println!("{path}: {cause} It is fetched anew.");
                std::fs::remove_file(&file.path).map_err(|cause| Failure::Other(format!("{path}: {cause}.")))?;
            }
        }
    }
    if file.url.is_empty() {
        return Err(Failure::Other(format!(
            "LIAO_MODEL_FILE: {path} is not there, and LIAO_MODEL_URL does not say where it can be fetched."
        )));
    }
    let mut shown = None;
    let progress = |percent: u8| {
        if shown.replace(percent) != Some(percent) {
            // Nobody may be looking; that is no reason to stop.
            let _ = write!(std::io::stderr(), "\rDownloading {name}: {percent} %");
        }
    };
    let done = llm::pull(file, progress).await;
    let _ = writeln!(std::io::stderr());
    done.map_err(|error| Failure::Other(error.to_string()))?;
    println!("{name} is here: {path}");
    Ok(())
}
