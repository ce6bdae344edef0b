//! `liao user`: accounts from the command line, by the same rules as from the browser.

use std::io::Read;

use clap::{Args, Subcommand};

use super::Failure;
use crate::model::user::{Registration, Role};
use crate::server::boot;
use crate::server::config::Config;
use crate::server::crypto::random_token;
use crate::server::service::account;

pub const EXAMPLES: &str = "Examples:
  liao user create ada@example.org --name Ada --admin
  liao user promote ada@example.org
  liao user password ada@example.org --password-stdin < secret.txt";

/// Characters of a generated password: 144 bits.
const GENERATED_LENGTH: usize = 24;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an account.
    #[command(after_help = "Examples:
  liao user create ada@example.org --name Ada --admin        prints a generated password
  liao user create ada@example.org --password-stdin < file   takes the first line of a file")]
    Create {
        /// E-mail address to sign in with.
        email: String,
        /// Name that is shown; by default the part of the address before the @.
        #[arg(long, default_value = "")]
        name: String,
        /// Make an administrator.
        #[arg(long)]
        admin: bool,
        #[command(flatten)]
        password: Password,
    },
    /// Make a user an administrator.
    #[command(after_help = "Example:\n  liao user promote ada@example.org")]
    Promote {
        /// E-mail address of the account.
        email: String,
    },
    /// Lock an account: every sign-in ends, and nobody can use it until it is enabled again.
    #[command(after_help = "Example:\n  liao user disable ada@example.org")]
    Disable {
        /// E-mail address of the account.
        email: String,
    },
    /// Unlock an account.
    #[command(after_help = "Example:\n  liao user enable ada@example.org")]
    Enable {
        /// E-mail address of the account.
        email: String,
    },
    /// Set a password; every device of the user is signed out.
    #[command(after_help = "Examples:
  liao user password ada@example.org                       prints a generated password
  liao user password ada@example.org --password-stdin      reads it from a pipe or the keyboard")]
    Password {
        /// E-mail address of the account.
        email: String,
        #[command(flatten)]
        password: Password,
    },
}

#[derive(Debug, Args)]
pub struct Password {
    /// Read the password from standard input (its first line) instead of generating one.
    #[arg(long)]
    password_stdin: bool,
}

pub async fn run(command: Command, config: Config) -> Result<(), Failure> {
    let (server, _) = boot::server(config).await?;
    match command {
        Command::Create { email, name, admin, password } => {
            let (password, generated) = password.take()?;
            let role = if admin { Role::Admin } else { Role::User };
            let user = account::create(&server, Registration { email, name, password: password.clone() }, role).await?;
            let kind = if user.is_admin() { "administrator" } else { "user" };
            println!("Made the {kind} {}.", user.email);
            print_generated(&password, generated);
        }
        Command::Promote { email } => {
            let user = account::set_role(&server, &email, Role::Admin).await?;
            println!("{} is an administrator.", user.email);
        }
        Command::Disable { email } => {
            let user = account::set_disabled(&server, &email, true).await?;
            println!("{} is locked.", user.email);
        }
        Command::Enable { email } => {
            let user = account::set_disabled(&server, &email, false).await?;
            println!("{} is unlocked.", user.email);
        }
        Command::Password { email, password } => {
            let (password, generated) = password.take()?;
            let user = account::set_password(&server, &email, password.clone()).await?;
            println!("The password of {} is set.", user.email);
            print_generated(&password, generated);
        }
    }
    server.db.close().await;
    Ok(())
}

impl Password {
    /// The password, and whether it was generated.
    fn take(&self) -> Result<(String, bool), Failure> {
        if !self.password_stdin {
            return Ok((generate(), true));
        }
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map_err(|e| Failure::Other(format!("the password cannot be read: {e}")))?;
        Ok((text.lines().next().unwrap_or_default().to_owned(), false))
    }
}

/// A password that nobody can guess.
fn generate() -> String {
    random_token().chars().take(GENERATED_LENGTH).collect()
}

fn print_generated(password: &str, generated: bool) {
    if generated {
        println!("Password, shown this once: {password}");
    }
}
