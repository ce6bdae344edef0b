//! The one thread that writes: lines into files of a few MiB that follow one another, named by the number of their first line.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::{RECENT, Shared, Told, read};

/// Bytes after which another file begins.
const FILE: u64 = 4 << 20;
/// Lines a second that are written in the long run, and how many more in a burst.
const RATE: f64 = 500.0;
const BURST: f64 = 10_000.0;
/// Most files.
const FILES: usize = 2_000;

/// Writes what it is told.
pub struct Writer {
    folder: PathBuf,
    shared: Arc<Shared>,
    file: Option<File>,
    size: u64,
    /// The number of the next line.
    next: u64,
    /// Lines that may be written now, and when that was found.
    room: (f64, Instant),
    /// Lines that were left out since the last one that was written, for want of room.
    left_out: u64,
}

impl Writer {
    pub fn open(folder: &Path, shared: Arc<Shared>) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let last = read::files(folder)?.last().map(|(first, path)| read::last_number(path).unwrap_or(*first));
        let next = last.map_or(1, |last| last + 1);
        shared.last.send_replace(next - 1);
        let folder = folder.to_owned();
        let writer = Self { folder, shared, file: None, size: 0, next, room: (BURST, Instant::now()), left_out: 0 };
        writer.prune();
        Ok(writer)
    }

    /// Until nobody can log any more.
    pub fn run(mut self, told: &Receiver<Told>) {
        let mut batch = Vec::new();
        while let Ok(first) = told.recv() {
            let mut flushed = Vec::new();
            let mut newest = Vec::new();
            for one in std::iter::once(first).chain(told.try_iter().take(512)) {
                match one {
                    Told::Line(line) => self.add(&line, &mut batch, &mut newest),
                    Told::Flush(tell) => flushed.push(tell),
                }
            }
            if let Some((first, _)) = newest.first() {
                self.put(&batch, *first);
            }
            batch.clear();
            self.publish(newest);
            for tell in flushed {
                let _ = tell.try_send(());
            }
        }
    }

    /// Numbers the line, if there is room for one now.
    fn add(&mut self, line: &str, batch: &mut Vec<u8>, newest: &mut Vec<(u64, Arc<str>)>) {
        let (room, since) = self.room;
        let now = Instant::now();
        let room = (now.duration_since(since).as_secs_f64().mul_add(RATE, room)).min(BURST);
        if room < 1.0 {
            self.room = (room, now);
            self.left_out += 1;
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.room = (room - 1.0, now);
        if self.left_out > 0 {
            let count = std::mem::take(&mut self.left_out);
            // It has the time of the line that comes after them.
            let at = line.split(',').next().unwrap_or_default();
            let note = format!(
                "{at},\"level\":\"warn\",\"target\":\"liao::server::log\",\"message\":\"lines were left out: there were too many\",\"fields\":{{\"count\":\"{count}\"}}}}"
            );
            self.number(&note, batch, newest);
        }
        self.number(line, batch, newest);
    }

    fn number(&mut self, line: &str, batch: &mut Vec<u8>, newest: &mut Vec<(u64, Arc<str>)>) {
        let line = format!("{{\"n\":{},{line}", self.next);
        batch.extend_from_slice(line.as_bytes());
        batch.push(b'\n');
        newest.push((self.next, line.into()));
        self.next += 1;
    }

    /// Writes the batch, whose lines begin with this number. What cannot be written is lost: there is nobody to tell but the standard error, which has it.
    fn put(&mut self, batch: &[u8], first: u64) {
        if self.size >= FILE {
            self.file = None;
        }
        if self.file.is_none() {
            self.begin(first);
        }
        let Some(file) = &mut self.file else { return };
        if file.write_all(batch).is_ok() {
            self.size += batch.len() as u64;
            self.shared.bytes.fetch_add(batch.len() as u64, Ordering::Relaxed);
        } else {
            self.file = None;
        }
    }

    /// Another file, named by the number of its first line; the oldest go if there are too many.
    fn begin(&mut self, first: u64) {
        let path = self.folder.join(format!("{first:016}.jsonl"));
        self.file = OpenOptions::new().create(true).append(true).open(path).ok();
        self.size = 0;
        self.prune();
    }

    fn publish(&self, newest: Vec<(u64, Arc<str>)>) {
        let Some((last, _)) = newest.last() else { return };
        let last = *last;
        let mut recent = self.shared.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.extend(newest);
        let over = recent.len().saturating_sub(RECENT);
        recent.drain(..over);
        drop(recent);
        self.shared.last.send_replace(last);
    }

    /// Removes what is too old or too much; the file that is being written stays.
    fn prune(&self) {
        let Ok(files) = read::files(&self.folder) else { return };
        let age = Duration::from_secs(self.shared.most_seconds.load(Ordering::Relaxed));
        let most = self.shared.most_bytes.load(Ordering::Relaxed).saturating_sub(FILE);
        let mut kept = 0_u64;
        for (index, (_, path)) in files.iter().rev().enumerate() {
            let Ok(metadata) = path.metadata() else { continue };
            let old = metadata.modified().ok().and_then(|at| at.elapsed().ok()).is_some_and(|elapsed| elapsed > age);
            let writing = index == 0 && self.file.is_some();
            if !writing && (old || kept + metadata.len() > most || index >= FILES) {
                let _ = fs::remove_file(path);
            } else {
                kept += metadata.len();
            }
        }
        self.shared.bytes.store(kept, Ordering::Relaxed);
    }
}
