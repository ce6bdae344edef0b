//! `liao maintenance`: lets only administrators in, by the same rules as from the browser.

use chrono::{DateTime, Utc};
use clap::Subcommand;

use super::Failure;
use crate::model::announcement::Words;
use crate::model::operation::MaintenanceSettings;
use crate::server::boot;
use crate::server::config::Config;
use crate::server::service::maintenance;

pub const EXAMPLES: &str = "Examples:
  liao maintenance on                                          only administrators get in
  liao maintenance on --text 'Back at ten.' --until 2026-12-01T10:00:00Z
  liao maintenance off                                         everybody gets in again
  liao maintenance status                                      exit code 0 either way; prints on or off";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Only administrators get in; answers that are being written are written to their end.
    #[command(after_help = "Example:\n  liao maintenance on --text 'Back at ten.' --zh-cn '十点恢复。'")]
    On {
        /// What people are told, in English; without it they read what was set before.
        #[arg(long)]
        text: Option<String>,
        /// The same in Chinese.
        #[arg(long)]
        zh_cn: Option<String>,
        /// When it is expected to be over, as 2026-12-01T10:00:00Z.
        #[arg(long)]
        until: Option<DateTime<Utc>>,
    },
    /// Everybody gets in again.
    #[command(after_help = "Example:\n  liao maintenance off")]
    Off,
    /// Say whether it is on.
    #[command(after_help = "Example:\n  liao maintenance status")]
    Status,
}

pub async fn run(command: Command, config: Config) -> Result<(), Failure> {
    let (server, _) = boot::server(config).await?;
    let done = match command {
        Command::On { text, zh_cn, until } => {
            let texts: Words =
                [("en", text), ("zh-CN", zh_cn)].into_iter().filter_map(|(language, text)| Some((language.to_owned(), text?))).collect();
            let told = (!texts.is_empty() || until.is_some()).then_some(MaintenanceSettings { on: true, texts, until });
            maintenance::switch(&server, true, told).await
        }
        Command::Off => maintenance::switch(&server, false, None).await,
        Command::Status => Ok(()),
    };
    let on = server.settings.get().maintenance.on;
    server.db.close().await;
    done?;
    println!("Maintenance mode is {}.", if on { "on: only administrators get in" } else { "off" });
    Ok(())
}
