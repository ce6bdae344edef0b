//! Asks a virus scanner whether a file holds malware: clamd, by its `INSTREAM` command
//! (<https://docs.clamav.net/manual/Usage/Scanning.html#clamd>), so that scanner and server need no folder in common.

#[cfg(test)]
pub(crate) mod tests;

use std::io::{Error, ErrorKind, Result};
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);
/// How long a whole scan may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Bytes that are sent at a time.
const PIECE: usize = 64 * 1024;
/// Longest answer that is read, in bytes.
const ANSWER: u64 = 4096;

/// Where clamd listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// `host:port`
    Tcp(String),
    /// The path of a socket.
    Unix(PathBuf),
}

impl Address {
    /// `host:port`, or `unix:` and a path.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(path) = text.strip_prefix("unix:") {
            return path.starts_with('/').then(|| Self::Unix(path.into()));
        }
        let text = text.strip_prefix("tcp://").unwrap_or(text);
        let (host, port) = text.rsplit_once(':')?;
        let bracketed = host.starts_with('[') && host.ends_with(']');
        let named = !host.is_empty() && (bracketed || !host.contains(':')) && !host.contains('/');
        (named && port.parse::<u16>().is_ok_and(|port| port > 0)).then(|| Self::Tcp(text.to_owned()))
    }
}

/// What the scanner says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Clean,
    /// The name of what it holds.
    Infected(String),
}

/// Has a content scanned. An error: there is no verdict.
pub async fn scan(address: &Address, content: impl AsyncRead + Unpin) -> Result<Verdict> {
    let late = |_| Error::new(ErrorKind::TimedOut, "the scanner took too long");
    tokio::time::timeout(PATIENCE, ask(address, content)).await.map_err(late)?
}

async fn ask(address: &Address, content: impl AsyncRead + Unpin) -> Result<Verdict> {
    let late = |_| Error::new(ErrorKind::TimedOut, "no connection to the scanner");
    match address {
        Address::Tcp(address) => talk(tokio::time::timeout(CONNECT, TcpStream::connect(address)).await.map_err(late)??, content).await,
        Address::Unix(socket) => talk(tokio::time::timeout(CONNECT, UnixStream::connect(socket)).await.map_err(late)??, content).await,
    }
}

async fn talk(mut clamd: impl AsyncRead + AsyncWrite + Unpin, content: impl AsyncRead + Unpin) -> Result<Verdict> {
    // It may answer, and hang up, before all is sent: what it says then matters, not that it no longer listens.
    let sent = send(&mut clamd, content).await;
    let mut answer = Vec::new();
    let read = (&mut clamd).take(ANSWER).read_to_end(&mut answer).await;
    if answer.is_empty() {
        sent.and(read)?;
    }
    verdict(&String::from_utf8_lossy(&answer))
}

/// The command, the content in pieces with their lengths before them, and a piece of no length.
async fn send(clamd: &mut (impl AsyncWrite + Unpin), mut content: impl AsyncRead + Unpin) -> Result<()> {
    clamd.write_all(b"zINSTREAM\0").await?;
    let mut piece = vec![0; PIECE];
    loop {
        let read = content.read(&mut piece).await?;
        let length = u32::try_from(read).map_err(Error::other)?;
        clamd.write_all(&length.to_be_bytes()).await?;
        if read == 0 {
            return clamd.flush().await;
        }
        clamd.write_all(&piece[..read]).await?;
    }
}

/// `stream: OK`, `stream: NAME FOUND`; anything else is no verdict.
fn verdict(answer: &str) -> Result<Verdict> {
    let answer = answer.trim_end_matches(['\0', '\n', '\r', ' ']);
    let said = answer.strip_prefix("stream: ").unwrap_or(answer);
    match said.strip_suffix(" FOUND") {
        Some(name) => Ok(Verdict::Infected(name.to_owned())),
        None if said == "OK" => Ok(Verdict::Clean),
        None => Err(Error::other(format!("the scanner answered {answer:?}"))),
    }
}
