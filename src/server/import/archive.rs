//! A file as it was sent: JSON, or a ZIP file with JSON in it. Either is read from the disk, a piece at a time.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::rc::Rc;

use zip::ZipArchive;
use zip::read::ZipFile;

use super::split::{Elements, Piece};
use super::{Conversation, ELEMENT_MAX, conversation, text};
use crate::model::import::{ImportFault, SkipReason, Skipped};

/// Most bytes that a ZIP file's table of contents may have: some hundred thousand files.
const TABLE_MAX: u64 = 16 * 1024 * 1024;
/// Most bytes that may be unpacked.
const UNPACKED_MAX: u64 = 16 * 1024 * 1024 * 1024;
/// Most bytes that one may become. What people write is packed to a tenth; what is repeated for ever, to a thousandth.
const RATIO_MAX: u64 = 300;
/// As much as this is not looked at so closely.
const RATIO_FROM: u64 = 64 * 1024 * 1024;

/// What stands in a file.
pub enum Found {
    Conversation(Box<Conversation>),
    Skipped(Skipped),
}

impl Found {
    /// Whether it shows that the file is one of conversations.
    fn is_known(&self) -> bool {
        match self {
            Self::Conversation(_) => true,
            Self::Skipped(Skipped { reason: SkipReason::Unknown, .. }) => false,
            Self::Skipped(Skipped { reason: SkipReason::Unreadable | SkipReason::Cut, title }) => !title.is_empty(),
            Self::Skipped(_) => true,
        }
    }
}

/// What is done with it, knowing what part of the file has been read. It may end the reading.
pub type Take<'a> = &'a mut dyn FnMut(Found, f64) -> ControlFlow<()>;

/// Reads the file to its end, or until `take` has enough.
pub fn read(mut file: File, take: Take<'_>) -> Result<(), ImportFault> {
    let size = file.metadata().map_err(server)?.len();
    let mut magic = [0; 2];
    let packed = file.read_exact(&mut magic).is_ok() && &magic == b"PK";
    file.seek(SeekFrom::Start(0)).map_err(server)?;
    if packed {
        return Archive { left: UNPACKED_MAX, known: false, done: 0, size }.read(file, take);
    }
    let count = Rc::new(Cell::new(0));
    let counted = Counted { inner: file, count: count.clone(), most: u64::MAX };
    let mut known = false;
    let mut noted = |found: Found, _: f64| {
        known |= found.is_known();
        take(found, count.get() as f64 / size.max(1) as f64)
    };
    let _ended = elements(BufReader::with_capacity(BUFFER, counted), &mut noted).map_err(server)?;
    if known { Ok(()) } else { Err(ImportFault::Unrecognised) }
}

/// Bytes that are read at a time.
const BUFFER: usize = 128 * 1024;

fn server(error: io::Error) -> ImportFault {
    tracing::error!(%error, "a file that is imported cannot be read");
    ImportFault::Server
}

/// Hands every element on.
fn elements(reader: BufReader<impl Read>, take: Take<'_>) -> io::Result<ControlFlow<()>> {
    let mut elements = Elements::new(reader, ELEMENT_MAX);
    while let Some(piece) = elements.element()? {
        let bare = |reason| Found::Skipped(Skipped { title: String::new(), reason });
        let found = match piece {
            Piece::Whole(bytes) => conversation(bytes).map_or_else(Found::Skipped, |read| Found::Conversation(Box::new(read))),
            Piece::TooLarge => bare(SkipReason::TooLarge),
            Piece::Cut => bare(SkipReason::Cut),
        };
        if take(found, 0.0).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// A file in a ZIP file.
type Entry<'a> = ZipFile<'a, Metered<BufReader<File>>>;

/// A ZIP file that is being read.
struct Archive {
    /// Bytes that may still be unpacked.
    left: u64,
    /// Some file of it held conversations.
    known: bool,
    /// Packed bytes of the files before.
    done: u64,
    size: u64,
}

impl Archive {
    fn read(mut self, file: File, take: Take<'_>) -> Result<(), ImportFault> {
        // The table of contents is held in memory, so it must not be what somebody likes it to be.
        let metered = Metered { inner: BufReader::new(file), count: 0, most: Rc::new(Cell::new(TABLE_MAX)) };
        let most = metered.most.clone();
        let mut zip = ZipArchive::new(metered).map_err(|error| damaged(&error))?;
        most.set(u64::MAX);
        for at in 0..zip.len() {
            let name = zip.name_for_index(at).and_then(Result::ok).map(|name| name.into_owned()).unwrap_or_default();
            if !name.to_lowercase().ends_with(".json") {
                continue;
            }
            let name = text::title(&name);
            let ended = match zip.by_index(at) {
                Ok(entry) => self.entry(entry, name, take)?,
                Err(error) => {
                    tracing::debug!(%error, "a file of an archive cannot be unpacked");
                    take(unreadable(name), self.done as f64 / self.size.max(1) as f64)
                }
            };
            if ended.is_break() {
                return Ok(());
            }
        }
        if self.known { Ok(()) } else { Err(ImportFault::Unrecognised) }
    }

    /// Reads one file of it. One that begins with something else than a conversation is not meant.
    fn entry(&mut self, entry: Entry<'_>, name: String, take: Take<'_>) -> Result<ControlFlow<()>, ImportFault> {
        let (packed, size) = (entry.compressed_size(), entry.size().max(1));
        let most = self.left.min(packed.saturating_mul(RATIO_MAX).max(RATIO_FROM));
        let count = Rc::new(Cell::new(0));
        let counted = Counted { inner: entry, count: count.clone(), most };
        let (mut meant, mut ended) = (None, ControlFlow::Continue(()));
        let (done, all) = (self.done as f64, self.size.max(1) as f64);
        let mut noted = |found: Found, _: f64| {
            if !*meant.get_or_insert(found.is_known()) {
                return ControlFlow::Break(());
            }
            let part = (count.get() as f64 / size as f64).min(1.0);
            ended = take(found, (done + packed as f64 * part) / all);
            ended
        };
        let outcome = elements(BufReader::with_capacity(BUFFER, counted), &mut noted);
        self.known |= meant == Some(true);
        (self.left, self.done) = (self.left.saturating_sub(count.get()), self.done + packed);
        match outcome {
            _ if count.get() > most => Err(ImportFault::TooLarge),
            Err(_) if meant == Some(true) => Ok(take(unreadable(name), self.done as f64 / all)),
            _ => Ok(ended),
        }
    }
}

fn unreadable(title: String) -> Found {
    Found::Skipped(Skipped { title, reason: SkipReason::Unreadable })
}

fn damaged(error: &zip::result::ZipError) -> ImportFault {
    tracing::debug!(%error, "an archive cannot be opened");
    ImportFault::Damaged
}

/// Counts what is read, and reads no more than so much.
struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
    most: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.set(self.count.get() + read as u64);
        if self.count.get() > self.most { Err(io::Error::other("more is unpacked than may be")) } else { Ok(read) }
    }
}

/// The same of a file in which is gone to and fro.
struct Metered<R> {
    inner: R,
    count: u64,
    most: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count += read as u64;
        if self.count > self.most.get() { Err(io::Error::other("the table of contents is too long")) } else { Ok(read) }
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
