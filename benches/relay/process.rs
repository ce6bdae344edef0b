//! The measured programs, each a child process: its URL, its CPU time, its memory.

use std::path::Path;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// A child that serves HTTP; killed when dropped.
pub struct Process {
    pub url: String,
    pid: u32,
    _child: Child,
}

impl Process {
    /// This program in another role.
    pub async fn role(role: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg(role).args(arguments);
        Self::start(command).await
    }

    /// The server, with the upstream as its OpenAI.
    pub async fn liao(data: &Path, upstream: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_liao"));
        command.arg("serve").current_dir(data).env_clear().env("PATH", "/usr/bin:/bin");
        for (name, value) in [
            ("LIAO_ADDR", "127.0.0.1:0"),
            ("LIAO_LOG", "warn"),
            ("LIAO_AUTO_TITLE", "false"),
            ("LIAO_REGISTER_RATE", "1000"),
            ("LIAO_LOGIN_RATE", "1000"),
            ("OPENAI_API_KEY", "none"),
            ("LIAO_OLLAMA_URL", "http://127.0.0.1:9"),
        ] {
            command.env(name, value);
        }
        command.env("LIAO_DATA_DIR", data).env("OPENAI_BASE_URL", format!("{upstream}/v1"));
        Self::start(command).await
    }

    /// Waits for the line that names the address.
    async fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let url = loop {
            let line = lines.next_line().await.expect("output").expect("the program says where it listens");
            if let Some(at) = line.find("http://") {
                break line[at..].split_whitespace().next().expect("a URL").trim_end_matches('/').to_owned();
            }
        };
        // What it says later must not fill the pipe.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { url, pid: child.id().expect("running"), _child: child }
    }

    /// User and system time so far, in milliseconds (proc(5): fields 14 and 15 of stat, in ticks of 10 ms).
    pub fn cpu_ms(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).expect("the process is there");
        let after = stat.rsplit(')').next().expect("fields");
        let ticks: u64 = after.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        ticks as f64 * 10.0
    }

    /// Resident memory in KiB.
    pub fn rss_kib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).expect("the process is there");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        line.split_whitespace().next().and_then(|kib| kib.parse().ok()).expect("a number")
    }
}
