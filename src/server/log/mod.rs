//! The server's own log, kept for administrators: what tracing hears, as lines of JSON in files of the data folder that follow one another.
//!
//! Whoever logs waits for nobody: a line goes into a bounded queue, and where that is full it is counted instead. One thread writes. It
//! takes so many lines a second and no more, and files that are too old or too many are removed, so that a flood fills neither the
//! disk nor drives out what was kept within a second. Files and not rows, because the one writer of SQLite belongs to answers, and because
//! a database that fails is what a log has to tell of.

mod layer;
mod read;
mod redact;
#[cfg(test)]
mod tests;
mod write;

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

pub use layer::Keep;
pub use read::{Filter, Found};
pub use redact::text as redacted;
use tokio::sync::watch;

/// Lines that wait to be written, at most.
const QUEUE: usize = 4096;
/// Newest lines that are held in memory, for who follows.
const RECENT: usize = 2000;

/// The log that is kept. Until it is opened nothing is. A cheap handle.
#[derive(Clone, Default)]
pub struct Logs(Arc<Inner>);

#[derive(Default)]
struct Inner {
    queue: OnceLock<SyncSender<Told>>,
    shared: Arc<Shared>,
}

/// What the thread that writes is told.
enum Told {
    /// A line of JSON, without its number.
    Line(String),
    /// Everything before is to be written; the answer says that it is.
    Flush(SyncSender<()>),
}

/// What the thread that writes has in common with everybody else.
struct Shared {
    folder: OnceLock<PathBuf>,
    /// Lines that were left out.
    dropped: AtomicU64,
    /// Bounds of what is kept: bytes, and seconds.
    most_bytes: AtomicU64,
    most_seconds: AtomicU64,
    bytes: AtomicU64,
    recent: Mutex<VecDeque<(u64, Arc<str>)>>,
    /// The number of the newest line.
    last: watch::Sender<u64>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            folder: OnceLock::new(),
            dropped: AtomicU64::new(0),
            most_bytes: AtomicU64::new(64 << 20),
            most_seconds: AtomicU64::new(7 * 86_400),
            bytes: AtomicU64::new(0),
            recent: Mutex::default(),
            last: watch::Sender::new(0),
        }
    }
}

impl Logs {
    /// What hears the lines.
    pub fn layer(&self) -> Keep {
        Keep::new(self.clone())
    }

    /// Begins to keep lines in this folder, which belongs to this process alone.
    pub fn open(&self, folder: &Path) -> io::Result<()> {
        let (sender, receiver): (_, Receiver<Told>) = sync_channel(QUEUE);
        let writer = write::Writer::open(folder, self.0.shared.clone())?;
        std::thread::Builder::new().name("log".into()).spawn(move || writer.run(&receiver))?;
        let _ = self.0.shared.folder.set(folder.to_owned());
        let _ = self.0.queue.set(sender);
        Ok(())
    }

    /// Bounds what is kept, from the next file on.
    pub fn bound(&self, megabytes: u32, days: u32) {
        self.0.shared.most_bytes.store(u64::from(megabytes) << 20, Ordering::Relaxed);
        self.0.shared.most_seconds.store(u64::from(days) * 86_400, Ordering::Relaxed);
    }

    /// What is kept, in bytes, and how many lines were left out.
    pub fn standing(&self) -> (u64, u64) {
        (self.0.shared.bytes.load(Ordering::Relaxed), self.0.shared.dropped.load(Ordering::Relaxed))
    }

    /// Takes a line, if there is room.
    fn take(&self, line: String) {
        let Some(queue) = self.0.queue.get() else { return };
        if let Err(TrySendError::Full(_)) = queue.try_send(Told::Line(line)) {
            self.0.shared.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits, a second at most, until what was logged before is in the files.
    pub fn flush(&self) {
        let Some(queue) = self.0.queue.get() else { return };
        let (tell, told) = sync_channel(1);
        if queue.send(Told::Flush(tell)).is_ok() {
            let _ = told.recv_timeout(Duration::from_secs(1));
        }
    }

    /// Whether anything is kept here.
    pub fn is_open(&self) -> bool {
        self.0.queue.get().is_some()
    }

    /// Hears of every newer line.
    pub fn news(&self) -> watch::Receiver<u64> {
        self.0.shared.last.subscribe()
    }

    /// Lines after this one that are still in memory, the oldest first.
    pub fn after(&self, number: u64) -> Vec<Arc<str>> {
        let recent = self.0.shared.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.iter().filter(|(n, _)| *n > number).map(|(_, line)| line.clone()).collect()
    }

    /// So many lines that fit, the newest first, below this number. It reads files.
    pub fn page(&self, filter: &Filter, before: Option<u64>, limit: usize) -> io::Result<Found> {
        match self.0.shared.folder.get() {
            Some(folder) => read::page(folder, filter, before, limit),
            None => Ok(Found::default()),
        }
    }
}
