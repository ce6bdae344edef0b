//! The write-ahead journal of one run: what a reader is shown was handed to the operating system before, so that a killed
//! process loses none of it. One file a run, one JSON line an event; line n is event n. Removed when the run has ended in the database.
//! Where there are more nodes, each piece is also kept in Redis before anybody is shown it, so that another node can end the run of a
//! machine that is gone, with everything that was read.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::event::Event;
use crate::server::bus::{Bus, Line};

/// The open journal of a run of this node.
pub struct Journal {
    file: File,
    path: PathBuf,
    run: Uuid,
    line: Vec<u8>,
    /// Events that are in.
    count: usize,
}

/// Events of a run, and the number of the first of them.
#[derive(serde::Serialize, serde::Deserialize)]
struct Piece<E>(usize, E);

impl Journal {
    /// Makes the journal of this run, empty.
    pub fn create(folder: &Path, run: Uuid) -> io::Result<Self> {
        let path = path(folder, run);
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        Ok(Self { file, path, run, line: Vec::new(), count: 0 })
    }

    /// Appends these events in one write.
    pub fn append(&mut self, events: &[Event]) -> io::Result<()> {
        self.line.clear();
        for event in events {
            serde_json::to_writer(&mut self.line, event)?;
            self.line.push(b'\n');
        }
        self.file.write_all(&self.line)?;
        self.count += events.len();
        Ok(())
    }

    /// Keeps these events, which were appended last, on the line to the other nodes, if there is one.
    pub async fn share(&self, bus: &Bus, events: &[Event]) {
        let Some(line) = bus.line() else { return };
        if let Ok(piece) = serde_json::to_vec(&Piece(self.count + 1 - events.len(), events)) {
            line.keep(self.run, &piece).await;
        }
    }

    /// Removes the file; the database has everything.
    pub fn remove(self) {
        if let Err(cause) = std::fs::remove_file(&self.path) {
            tracing::warn!(%cause, path = %self.path.display(), "a journal could not be removed");
        }
    }
}

/// The events of a run after the first `stored`, as they were kept on the line: those that follow without a gap.
pub async fn shared(line: &Line, run: Uuid, stored: usize) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for piece in line.kept(run).await {
        let Ok(Piece(first, piece)) = serde_json::from_slice::<Piece<Vec<Event>>>(&piece) else { break };
        let next = stored + events.len() + 1;
        if first > next {
            break;
        }
        events.extend(piece.into_iter().skip(next - first));
    }
    events
}

/// The events of a journal that was left behind; none if there is no file. A torn last line was never shown to anybody.
pub fn read(folder: &Path, run: Uuid) -> io::Result<Vec<Event>> {
    let file = match File::open(path(folder, run)) {
        Ok(file) => file,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(cause) => return Err(cause),
    };
    let mut events = Vec::new();
    for line in BufReader::new(file).split(b'\n') {
        let Ok(event) = serde_json::from_slice(&line?) else { break };
        events.push(event);
    }
    Ok(events)
}

/// Removes the journal of a run, if there is one.
pub fn forget(folder: &Path, run: Uuid) {
    let _ = std::fs::remove_file(path(folder, run));
}

/// The runs that left a journal.
pub fn left_behind(folder: &Path) -> io::Result<Vec<Uuid>> {
    let mut runs = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let run = path.file_stem().and_then(|stem| stem.to_str()).and_then(|stem| Uuid::parse_str(stem).ok());
        runs.extend(run);
    }
    Ok(runs)
}

fn path(folder: &Path, run: Uuid) -> PathBuf {
    folder.join(format!("{run}.jsonl"))
}
