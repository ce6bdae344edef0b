//! The command line: one file per command. Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.

mod audit;
mod backup;
mod config;
mod extract;
mod maintenance;
mod migrate;
mod model;
mod r#move;
mod secret;
mod serve;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use super::boot::BootError;
use super::config::{Config, ConfigError, Role};
use super::error::Error;
use super::llm;

/// A self-hosted, multi-user LLM chat platform in one binary.
#[derive(Debug, Parser)]
#[command(name = "liao", version, arg_required_else_help = true, disable_help_subcommand = true)]
#[command(after_help = "Examples:
  liao serve                                 start on http://127.0.0.1:3000
  LIAO_ADDR=0.0.0.0:8080 liao serve          listen on every address
  liao user create ada@example.org --admin   make an account; prints a password
  liao config print                          show every setting and where it came from

Settings come from the environment (LIAO_*) and ./liao.toml; see: liao config --help")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the server.
    #[command(after_help = serve::EXAMPLES)]
    Serve {
        /// What this node does where there are several: by default what `LIAO_ROLE` says.
        #[arg(long)]
        role: Option<Role>,
    },
    /// Bring the database up to date, after a backup copy of a SQLite file; `serve` does this by itself.
    #[command(after_help = migrate::EXAMPLES)]
    Migrate,
    /// Write everything into one encrypted file; the server may go on running.
    #[command(after_help = backup::BACKUP_EXAMPLES)]
    Backup(backup::Target),
    /// Put a backup where nothing is.
    #[command(after_help = backup::RESTORE_EXAMPLES)]
    Restore {
        #[command(flatten)]
        target: backup::Target,
        /// Only read it, and say whether it is whole.
        #[arg(long)]
        check: bool,
    },
    /// Move everything in the database from SQLite to PostgreSQL, or back; the server must not run.
    #[command(after_help = r#move::EXAMPLES)]
    Move(r#move::Target),
    /// Change the secret that keys are derived from.
    #[command(subcommand, arg_required_else_help = true, after_help = secret::EXAMPLES)]
    Secret(secret::Command),
    /// Make accounts, promote users, set passwords.
    #[command(subcommand, arg_required_else_help = true, after_help = user::EXAMPLES)]
    User(user::Command),
    /// See and download models that run in this process.
    #[command(subcommand, arg_required_else_help = true, after_help = model::EXAMPLES)]
    Model(model::Command),
    /// Let only administrators in, or everybody again; servers that run notice within seconds.
    #[command(subcommand, arg_required_else_help = true, after_help = maintenance::EXAMPLES)]
    Maintenance(maintenance::Command),
    /// Check the security log.
    #[command(subcommand, arg_required_else_help = true, after_help = audit::EXAMPLES)]
    Audit(audit::Command),
    /// See the configuration.
    #[command(subcommand, arg_required_else_help = true, after_help = config::EXAMPLES)]
    Config(config::Command),
    /// Read the text of a file from the standard input; the server starts this by itself.
    #[command(hide = true, after_help = extract::EXAMPLES)]
    Extract {
        /// What the file is.
        media_type: String,
    },
}

/// Why a command did not do its work.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Boot(#[from] BootError),
    /// A rule of a service said no.
    #[error("{0}")]
    Refused(#[from] Error),
    #[error("{0}")]
    Other(String),
}

impl Failure {
    fn exit_code(&self) -> ExitCode {
        ExitCode::from(if matches!(self, Self::Config(_)) { 2 } else { 1 })
    }
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    llm::limit_threads();
    let arguments = Arguments::parse();
    if let Command::Extract { media_type } = &arguments.command {
        return extract::run(media_type);
    }
    match run(arguments.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("liao: {failure}");
            failure.exit_code()
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    if let Command::Config(command) = command {
        return config::run(command);
    }
    let config = Config::read()?;
    // One TLS implementation for all that speaks TLS; some of it takes the process's default.
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        return Err(Failure::Other("another TLS provider is installed already".into()));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Other(format!("the runtime cannot start: {error}")))?;
    let done = runtime.block_on(async {
        match command {
            Command::Serve { role } => serve::run(config.as_role(role)?).await,
            Command::Migrate => migrate::run(config).await,
            Command::Backup(target) => backup::make(target, config).await,
            Command::Restore { target, check } => backup::restore(target, check, config).await,
            Command::Move(target) => r#move::run(target, config).await,
            Command::Secret(command) => secret::run(command, config).await,
            Command::User(command) => user::run(command, config).await,
            Command::Model(command) => model::run(command, config).await,
            Command::Maintenance(command) => maintenance::run(command, config).await,
            Command::Audit(command) => audit::run(command, config).await,
            Command::Config(command) => config::run(command),
            Command::Extract { .. } => Err(Failure::Other("it reads without a server".into())),
        }
    });
    // What still runs (a blocking thread, a stream without end) must not hold the exit.
    runtime.shutdown_background();
    done
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_every_command_has_examples() {
        fn check(command: &clap::Command) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Example"), "`{}` has no examples", command.get_name());
            command.get_subcommands().for_each(check);
        }
        Arguments::command().debug_assert();
        check(&Arguments::command());
    }
}
