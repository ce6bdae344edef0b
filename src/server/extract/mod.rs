//! The text of files, read by a child process of this program: its memory, its time and its files are limited by the system, it has
//! none of the server's environment, and whatever a file does to it, the server lives.

pub mod child;
mod office;
mod pdf;
mod plain;
mod sheet;
#[cfg(test)]
pub(crate) mod tests;

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use futures::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::sync::Semaphore;

use super::storage::Pieces;
use crate::model::file::Fault;

/// What there is to read besides plain text.
pub const PDF: &str = "application/pdf";
pub const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
pub const PPTX: &str = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Most bytes of the text of one file; what follows is left out.
pub const TEXT_MAX: usize = 4 * 1024 * 1024;
/// Children at a time.
const AT_ONCE: usize = 2;
/// How long a child may take by the clock on the wall; its own limit is on what it computes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most of a child's last words.
const WORDS: u64 = 8 * 1024;
/// Stands before the text: what a library printed before it is not the text.
const MARK: &[u8] = b"\0liao text\0";

/// Reads the text of files.
pub struct Extractor {
    /// This program.
    program: PathBuf,
    places: Semaphore,
}

impl Default for Extractor {
    fn default() -> Self {
        // The file that runs now, also after a newer one has taken its name.
        let own = PathBuf::from("/proc/self/exe");
        let program = if own.exists() { own } else { std::env::current_exe().unwrap_or(own) };
        Self { program, places: Semaphore::new(AT_ONCE) }
    }
}

impl Extractor {
    /// The text of a file of this media type.
    pub async fn text(&self, media_type: &str, pieces: Pieces) -> Result<String, Fault> {
        let _place = self.places.acquire().await.map_err(|_| Fault::Server)?;
        let mut child = self.start(media_type).map_err(|cause| {
            tracing::error!(%cause, "a process that reads files cannot be started");
            Fault::Server
        })?;
        match tokio::time::timeout(PATIENCE, talk(&mut child, pieces)).await {
            Ok(text) => text,
            // Dropping it would kill it too; its end is waited for, so that no more than a few are there at a time.
            Err(_) => {
                let _ = child.kill().await;
                Err(Fault::TooSlow)
            }
        }
    }

    fn start(&self, media_type: &str) -> std::io::Result<Child> {
        let mut command = Command::new(&self.program);
        // A test's program is not ours, but knows the way to it.
        #[cfg(test)]
        command.args(tests::AS_CHILD);
        command.arg("extract").arg(media_type).env_clear().current_dir("/").kill_on_drop(true);
        // The allocator would take a gigabyte of addresses before the first line of the program, and the limit is one of addresses.
        command.env("MIMALLOC_ARENA_RESERVE", "0");
        #[cfg(test)]
        command.env(tests::WANTED, media_type);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    }
}

/// Hands the file to the child and takes the text.
async fn talk(child: &mut Child, mut pieces: Pieces) -> Result<String, Fault> {
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take()) else {
        return Err(Fault::Server);
    };
    let send = async {
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|_| Fault::Server)?;
            // A child that has seen enough, or has died, reads no more: how it ended says which.
            if stdin.write_all(&piece).await.is_err() {
                break;
            }
        }
        drop(stdin);
        Ok(())
    };
    let (mut said, mut words) = (Vec::new(), Vec::new());
    // A child that prints without end is cut off: its pipe closes.
    let mut stdout = stdout.take((2 * TEXT_MAX) as u64);
    let (mut stderr, mut rest) = (stderr.take(WORDS), tokio::io::sink());
    let listen = async {
        let _ = tokio::join!(stdout.read_to_end(&mut said), async {
            let _ = stderr.read_to_end(&mut words).await;
            // What it goes on to say is read and forgotten, so that it does not wait for a reader.
            let _ = tokio::io::copy(&mut stderr.into_inner(), &mut rest).await;
        });
    };
    let (sent, ()) = tokio::join!(send, listen);
    sent?;
    let status = child.wait().await.map_err(|_| Fault::Server)?;
    if !status.success() {
        return Err(fault(status, &String::from_utf8_lossy(&words)));
    }
    let at = said.windows(MARK.len()).rposition(|window| window == MARK).ok_or(Fault::Damaged)?;
    String::from_utf8(said.split_off(at + MARK.len())).map_err(|_| Fault::Damaged)
}

/// Why the child has ended without a text.
fn fault(status: ExitStatus, words: &str) -> Fault {
    use std::os::unix::process::ExitStatusExt;
    const SIGABRT: i32 = 6;
    const SIGKILL: i32 = 9;
    const SIGXCPU: i32 = 24;
    match (status.code(), status.signal()) {
        (Some(code), _) => child::fault(code).unwrap_or(Fault::Damaged),
        (_, Some(SIGKILL | SIGXCPU)) => Fault::TooSlow,
        (_, Some(SIGABRT)) if words.contains("memory allocation") => Fault::TooLarge,
        // A stack that overflowed, and the like.
        _ => Fault::Damaged,
    }
}
