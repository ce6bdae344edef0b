//! A running `liao serve` for tests: `Liao::start(&[("LIAO_FAKE_PROVIDER", "true")]).await`.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

/// How long a start may take before the test gives up.
const START: Duration = Duration::from_secs(30);
/// The server promises to stop within 10 s.
const STOP: Duration = Duration::from_secs(15);

/// What it printed after its greeting.
type Printed = Arc<Mutex<Vec<String>>>;

/// A server of its own. It is killed when this is dropped, and its data folder goes with it.
pub struct Liao {
    /// `http://127.0.0.1:port`, without a slash at the end.
    pub url: String,
    /// The first line it printed.
    pub greeting: String,
    pub child: Child,
    printed: Printed,
    data: TempDir,
    env: Vec<(String, String)>,
}

#[allow(dead_code, reason = "each test file uses what it needs")]
impl Liao {
    /// Starts a server on a free port with an empty data folder.
    pub async fn start(env: &[(&str, &str)]) -> Self {
        Self::start_in(TempDir::new().expect("a temporary folder"), env).await
    }

    /// The same on this data folder.
    pub async fn start_in(data: TempDir, env: &[(&str, &str)]) -> Self {
        let env: Vec<_> = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (child, greeting, printed) = spawn(data.path(), &env).await;
        Self { url: address(&greeting), greeting, child, printed, data, env }
    }

    pub fn data_dir(&self) -> &Path {
        self.data.path()
    }

    pub fn sqlite(&self) -> PathBuf {
        self.data.path().join("liao.db")
    }

    /// The lines that it printed after its greeting.
    pub fn printed(&self) -> Vec<String> {
        self.printed.lock().expect("nobody panicked").clone()
    }

    /// `self.url` and this path.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// `kill -9`.
    pub async fn kill(&mut self) {
        self.child.kill().await.expect("the server can be killed");
    }

    /// Sends a signal, like `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().expect("the server runs").to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill runs");
        assert!(sent.success());
    }

    /// Waits for the end of the process.
    pub async fn ended(&mut self) -> ExitStatus {
        tokio::time::timeout(STOP, self.child.wait()).await.expect("the server stops in time").expect("the server can be waited for")
    }

    /// SIGTERM, and the exit status.
    pub async fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended().await
    }

    /// Starts again on the same data and with the same settings, after [`Liao::kill`] or [`Liao::stop`]. The port is another one.
    pub async fn restart(&mut self) {
        let (child, greeting, printed) = spawn(self.data.path(), &self.env).await;
        (self.child, self.url, self.greeting, self.printed) = (child, address(&greeting), greeting, printed);
    }
}

/// Runs a command to its end, on this data folder.
pub async fn run(data: &Path, arguments: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = command(data);
    command.args(arguments).envs(env.iter().copied());
    tokio::time::timeout(START, command.output()).await.expect("the command ends").expect("the command runs")
}

/// The same with this on its standard input.
pub async fn run_with_input(data: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = command(data);
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command runs");
    let mut stdin = child.stdin.take().expect("its input");
    // A command that does not read its input may have ended already.
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    tokio::time::timeout(START, child.wait_with_output()).await.expect("the command ends").expect("the command runs")
}

/// A client that follows no redirect and keeps no cookie.
pub fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    builder.build().expect("a client")
}

/// The binary with nothing of our environment but a path to find `kill` by; a setting can be given over it.
fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_liao"));
    command.env_clear().current_dir(data).kill_on_drop(true);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    // No Ollama: a test must not depend on what else runs on this machine.
    let settings = [("LIAO_ADDR", "127.0.0.1:0"), ("LIAO_OLLAMA_URL", "off"), ("LIAO_LOG", "error")];
    command.env("LIAO_DATA_DIR", data).envs(settings);
    command
}

async fn spawn(data: &Path, env: &[(String, String)]) -> (Child, String, Printed) {
    let mut command = command(data);
    command.arg("serve").envs(env.iter().map(|(name, value)| (name, value))).stdout(Stdio::piped());
    let mut child = command.spawn().expect("the server starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let greeting = tokio::time::timeout(START, lines.next_line()).await.expect("the server is ready in time");
    let greeting = greeting.expect("its output can be read").expect("it says where it is before it ends");
    // Reads on, so that a full pipe never stops the server.
    let printed = Printed::default();
    let log = printed.clone();
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            log.lock().expect("nobody panicked").push(line);
        }
    });
    (child, greeting, printed)
}

fn address(greeting: &str) -> String {
    let url = greeting.split_whitespace().find(|word| word.starts_with("http://")).expect("the greeting has an address");
    url.trim_end_matches(',').to_owned()
}
