//! `liao config`: what is set, by whom, and what can be set.

use clap::Subcommand;

use super::Failure;
use crate::server::config::{Config, Settings, example, print};

pub const EXAMPLES: &str = "Examples:
  liao config print                      every setting, its value, where it came from
  liao config example > liao.toml        a file to begin with
  LIAO_CONFIG=/etc/liao.toml liao serve  use a file from elsewhere";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print every setting with its value, where the value came from, and its default. Secrets are masked.
    #[command(after_help = "Example:\n  LIAO_ADDR=0.0.0.0:80 liao config print")]
    Print,
    /// Print a liao.toml with every key, its meaning and its default.
    #[command(after_help = "Example:\n  liao config example > liao.toml")]
    Example,
}

pub fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Example => print!("{}", example()),
        Command::Print => {
            let settings = Settings::read()?;
            print!("{}", print(&settings));
            // Shown first, so that the wrong value can be seen among the others.
            Config::from_settings(&settings)?;
        }
    }
    Ok(())
}
