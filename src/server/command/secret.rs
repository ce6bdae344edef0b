//! `liao secret`: another secret in the place of the old one.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;

use super::Failure;
use crate::model::activity::Action;
use crate::server::boot;
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::crypto::SecretFile;
use crate::server::db::{Db, sqlite_path};
use crate::server::rotation::{self, Rotation, RotationError, Wish};
use crate::server::service::activity::{self, Event};
use crate::server::service::viewer::Origin;

pub const EXAMPLES: &str = "Examples:
  liao secret rotate                                         generates a new secret into LIAO_DATA_DIR
  LIAO_NEW_SECRET=… liao secret rotate                       where LIAO_SECRET holds the old one
  liao secret rotate --new-secret-file /run/secrets/liao     takes the first line of a file

Stop every server that uses the database first. Everything that is stored encrypted (keys of providers, authenticator apps, mails, links
…) is written anew in one transaction: all of it, or nothing.";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Change the secret, and encrypt everything that is stored encrypted anew; the server must not run.
    #[command(after_help = EXAMPLES)]
    Rotate(Rotate),
}

/// How.
#[derive(Debug, Default, Args)]
pub struct Rotate {
    /// A file whose first line is the new secret; else LIAO_NEW_SECRET; else one is generated, where the old one was.
    #[arg(long, value_name = "FILE")]
    new_secret_file: Option<PathBuf>,
    /// Go on although something cannot be read with the present secret; it stays as it is.
    #[arg(long)]
    leave_unreadable: bool,
    /// Go on although others are connected to the PostgreSQL database: none of them is a server of Liao.
    #[arg(long)]
    others_are_no_servers: bool,
}

impl From<RotationError> for Failure {
    fn from(error: RotationError) -> Self {
        Self::Other(error.to_string())
    }
}

pub async fn run(command: Command, config: Config) -> Result<(), Failure> {
    let Command::Rotate(how) = command;
    println!("{}", rotate(&how, config).await?);
    Ok(())
}

async fn rotate(how: &Rotate, mut config: Config) -> Result<String, Failure> {
    // No server on this folder writes meanwhile.
    let _lock = boot::lock(&config)?;
    let url = config.database_url.expose_secret();
    if sqlite_path(url).is_some_and(|path| !path.exists()) {
        // Opening it would make one.
        return Err(Failure::Other("There is no database of Liao (LIAO_DATABASE_URL): nothing to change.".into()));
    }
    alone(how, url).await?;
    let (db, _) = boot::database(&config, &Clock::default()).await?;
    let new = how.new_secret(&config)?;
    let done = rotation::rotate(&Wish { config: &config, db: &db, new: new.clone(), leave_unreadable: how.leave_unreadable }).await;
    db.close().await;
    let done = done?;
    let text = sentences(&done, &config);
    if config.secret.is_some() {
        config.secret = new.map(Into::into);
    }
    // A server with the new secret notes it: so it starts, too.
    let (server, _) = boot::server(config).await?;
    let left = done.left.len();
    let origin = Origin::default();
    let event = Event::new(Action::SecretRotated, &origin).by_nobody();
    activity::record(&server, event.detail(serde_json::json!({ "unreadable": left }))).await;
    server.db.close().await;
    Ok(text)
}

/// Refuses while somebody else is connected, where that can be known.
async fn alone(how: &Rotate, url: &str) -> Result<(), Failure> {
    let db = Db::open(url).await.map_err(|error| Failure::Other(format!("LIAO_DATABASE_URL: the database cannot be opened: {error}")))?;
    let others = db.others().await;
    db.close().await;
    match others.map_err(RotationError::from)? {
        others if others > 0 && !how.others_are_no_servers => Err(Failure::Other(format!(
            "{others} other connections to the database are open: stop every server that uses it. If none of them is one, add --others-are-no-servers."
        ))),
        _ => Ok(()),
    }
}

impl Rotate {
    fn new_secret(&self, config: &Config) -> Result<Option<String>, Failure> {
        let Some(file) = &self.new_secret_file else {
            return Ok(config.new_secret.as_ref().map(|secret| secret.expose_secret().to_owned()));
        };
        let text = std::fs::read_to_string(file).map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
        Ok(Some(text.lines().next().unwrap_or_default().trim().to_owned()))
    }
}

/// What was done, and what is left to do.
fn sentences(done: &Rotation, config: &Config) -> String {
    let mut text = match done.resumed {
        true => "An earlier change was cut off after the database was written; it is ended now.\n".to_owned(),
        false => String::new(),
    };
    text += "Under the new secret are:\n";
    for (place, count) in &done.places {
        text += &format!("{count:>8}  {}\n", place.name());
    }
    for of in &done.left {
        text += &format!("Could not be read before, and is as it was: {of}\n");
    }
    text += &match config.secret {
        Some(_) => "Now set LIAO_SECRET to the new one, on every node, and start the server.".to_owned(),
        None => format!("The new secret is in {}. Start the server.", SecretFile::of(&config.data_dir).path.display()),
    };
    text += "\nBrowsers stay signed in; programs get a new access token with their refresh token. Backups made before hold, or need, the old secret.";
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::db::ActivityFilter;
    use crate::server::db::testing::databases;

    #[tokio::test]
    async fn nothing_is_changed_under_a_server_and_the_change_is_in_the_security_log() {
        for test in databases().await {
            let folder = tempfile::tempdir().unwrap();
            let config = || Config::with(folder.path(), &[("LIAO_DATABASE_URL", &test.url)]).unwrap();
            let (server, _) = boot::server(config()).await.unwrap();
            let old = std::fs::read_to_string(folder.path().join("secret")).unwrap();
            let serving = boot::lock(&config()).unwrap();
            let refused = rotate(&Rotate::default(), config()).await.unwrap_err().to_string();
            assert!(refused.contains("another liao is serving"), "{refused}");
            drop(serving);
            if test.engine == "postgres" {
                let refused = rotate(&Rotate::default(), config()).await.unwrap_err().to_string();
                assert!(refused.contains("other connections") && refused.contains("--others-are-no-servers"), "{refused}");
            }
            assert_eq!(std::fs::read_to_string(folder.path().join("secret")).unwrap(), old, "{}", test.engine);
            server.db.close().await;
            let how = Rotate { others_are_no_servers: true, ..Rotate::default() };
            let text = rotate(&how, config()).await.unwrap();
            for word in ["keys of providers", "The new secret is in", "Browsers stay signed in"] {
                assert!(text.contains(word), "{text}");
            }
            assert_ne!(std::fs::read_to_string(folder.path().join("secret")).unwrap(), old, "{}", test.engine);
            let log =
                test.db.activity().list(&ActivityFilter { action: Some(Action::SecretRotated), ..Default::default() }, 10).await.unwrap();
            assert_eq!(log.len(), 1, "{}", test.engine);
        }
    }
}
