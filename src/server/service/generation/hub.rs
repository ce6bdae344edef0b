//! The runs of this node, in memory: one append-only buffer a run serves every reader; a reader holds a cursor, not memory.
//!
//! Invariants: events are numbered from 1 without gaps; an event is in the journal before it is in the buffer; only the run itself
//! appends; the end is set once, after the database has it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::event::{End, Event, Kind};
use super::trace::Tracer;
use super::watch::Rendered;
use crate::model::chat::Started;
use crate::model::generation::Status;
use crate::model::passage::Source;
use crate::model::trace::Trace;
use crate::server::db::Logged;

/// A running answer.
pub struct Live {
    pub started: Started,
    /// Text and reasoning that the message had before (the rest of an answer is being written).
    pub base: (String, String),
    /// Nothing of it is stored: it is in this buffer and nowhere else.
    pub passing: bool,
    /// The database has its beginning. A busy one may take its time.
    begun: AtomicBool,
    buffer: Mutex<Buffer>,
    /// Number of events; one more when the end is there.
    version: watch::Sender<u64>,
    /// Ends the run; `ending` says as what.
    pub cancel: CancellationToken,
    ending: Mutex<Status>,
    /// Held while a part of the log is being stored, so that the part is stored once.
    pub(super) storing: tokio::sync::Mutex<()>,
    /// Blocks of the answer, made when the first page follows.
    pub(super) rendered: Mutex<Option<Rendered>>,
    /// How it comes about.
    tracer: Mutex<Tracer>,
    /// What the answer can cite; decided before its first word.
    sources: Mutex<Arc<[Source]>>,
}

/// Text of all kinds in one string, and where each event ends in it: 8 bytes an event beside its text.
#[derive(Default)]
struct Buffer {
    text: String,
    marks: Vec<(u32, Kind)>,
    /// Events that the database has.
    stored: usize,
    end: Option<End>,
}

impl Buffer {
    fn event(&self, index: usize) -> (Kind, &str) {
        let from = if index == 0 { 0 } else { self.marks[index - 1].0 as usize };
        let (to, kind) = self.marks[index];
        (kind, &self.text[from..to as usize])
    }
}

impl Live {
    pub fn new(started: Started, base: (String, String), tracer: Tracer) -> Self {
        Self {
            started,
            base,
            passing: false,
            begun: AtomicBool::new(false),
            buffer: Mutex::default(),
            version: watch::Sender::new(0),
            cancel: CancellationToken::new(),
            ending: Mutex::new(Status::Stopped),
            storing: tokio::sync::Mutex::default(),
            rendered: Mutex::default(),
            tracer: Mutex::new(tracer),
            sources: Mutex::new(Arc::default()),
        }
    }

    /// One of which nothing is stored.
    pub fn passing(started: Started, tracer: Tracer) -> Self {
        Self { passing: true, ..Self::new(started, Default::default(), tracer) }
    }

    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        // Nothing panics while holding it; a poisoned buffer is still a whole one.
        self.buffer.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Notes something for its trace.
    pub(super) fn trace<T>(&self, note: impl FnOnce(&mut Tracer) -> T) -> T {
        note(&mut self.tracer.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    /// How it has come about so far.
    pub fn traced(&self) -> Trace {
        self.trace(|tracer| tracer.so_far())
    }

    /// What the answer can cite.
    pub fn sources(&self) -> Arc<[Source]> {
        self.sources.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// It can cite these from now on. What was rendered before is rendered anew.
    pub(super) fn cite(&self, sources: Vec<Source>) {
        *self.sources.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = sources.into();
        *self.rendered.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = None;
    }

    /// The database has its beginning.
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::Release);
    }

    /// Whether the database calls it running until it ends.
    pub(super) fn is_known(&self) -> bool {
        !self.passing && self.begun.load(Ordering::Acquire)
    }

    /// Publishes events that are in the journal.
    pub fn publish(&self, events: &[Event]) {
        let count = {
            let mut buffer = self.buffer();
            for event in events {
                buffer.text.push_str(&event.text);
                let end = u32::try_from(buffer.text.len()).unwrap_or(u32::MAX);
                buffer.marks.push((end, event.kind));
            }
            buffer.marks.len()
        };
        self.version.send_replace(count as u64);
    }

    /// Publishes the end; the database has it.
    pub fn close(&self, end: End) {
        let count = {
            let mut buffer = self.buffer();
            buffer.end.get_or_insert(end);
            buffer.marks.len()
        };
        self.version.send_replace(count as u64 + 1);
    }

    /// Waits for the end.
    pub async fn ended(&self) -> End {
        let mut changes = self.changes();
        loop {
            changes.borrow_and_update();
            if let Some(end) = self.buffer().end.clone() {
                return end;
            }
            // The sender is ours, so it does not go away meanwhile.
            let _ = changes.changed().await;
        }
    }

    /// Asks the run to end as `Stopped` or `Interrupted`. The first to ask decides.
    pub fn ask_to_end(&self, status: Status) {
        let mut ending = self.ending.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if !self.cancel.is_cancelled() {
            *ending = status;
            self.cancel.cancel();
        }
    }

    /// What the run was asked to end as.
    pub fn ending(&self) -> Status {
        *self.ending.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Text and reasoning so far, the base before them, and the number of events: one moment of the run.
    pub fn so_far(&self) -> (String, String, u64) {
        let (mut content, mut reasoning) = self.base.clone();
        let buffer = self.buffer();
        for index in 0..buffer.marks.len() {
            match buffer.event(index) {
                (Kind::Text, text) => content.push_str(text),
                (Kind::Reasoning, text) => reasoning.push_str(text),
                (Kind::Notice, _) => {}
            }
        }
        (content, reasoning, buffer.marks.len() as u64)
    }

    /// The notices so far.
    pub fn notices(&self) -> Vec<crate::model::generation::Notice> {
        let buffer = self.buffer();
        let notices = (0..buffer.marks.len()).map(|index| buffer.event(index)).filter(|(kind, _)| *kind == Kind::Notice);
        notices.filter_map(|(_, text)| serde_json::from_str(text).ok()).collect()
    }

    /// The events after `from` (a count), each as it is, and the end if it is there.
    pub fn since(&self, from: usize, mut each: impl FnMut(u64, Kind, &str)) -> Option<End> {
        let buffer = self.buffer();
        for index in from..buffer.marks.len() {
            let (kind, text) = buffer.event(index);
            each(index as u64 + 1, kind, text);
        }
        buffer.end.clone()
    }

    /// The events that the database does not have yet, as a part of the log. [`Live::stored`] confirms it.
    pub fn unstored(&self) -> Option<Logged> {
        let stored = self.buffer().stored;
        self.logged(stored + 1)
    }

    /// All events, as one part of the log.
    pub fn all(&self) -> Option<Logged> {
        self.logged(1)
    }

    fn logged(&self, first: usize) -> Option<Logged> {
        let buffer = self.buffer();
        let last = buffer.marks.len();
        if first > last {
            return None;
        }
        let events: Vec<Event> =
            (first..=last).map(|seq| buffer.event(seq - 1)).map(|(kind, text)| Event { kind, text: text.to_owned() }).collect();
        drop(buffer);
        let events = serde_json::to_string(&events).unwrap_or_default();
        Some(Logged { generation_id: self.started.generation_id, first: first as i64, last: last as i64, events })
    }

    /// The database has the events up to `last`.
    pub fn stored(&self, last: i64) {
        let mut buffer = self.buffer();
        buffer.stored = buffer.stored.max(usize::try_from(last).unwrap_or(0));
    }

    /// Whether there is more than notices after this many events.
    pub fn so_far_is_more_than_notices(&self, from: u64) -> bool {
        self.buffer().marks.iter().skip(from as usize).any(|(_, kind)| *kind != Kind::Notice)
    }

    /// Number of events so far.
    pub fn seq(&self) -> u64 {
        self.buffer().marks.len() as u64
    }

    /// Tells when something was published.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}

/// A reader of a running answer: every event after `cursor`, exactly once.
pub struct Reader {
    live: Arc<Live>,
    changes: watch::Receiver<u64>,
    cursor: u64,
    ended: bool,
}

/// What a reader gets: consecutive events, neighbours of one kind merged, each with the number of its last event.
#[derive(Debug, Default, PartialEq)]
pub struct Batch {
    pub events: Vec<(u64, Kind, String)>,
    /// The end, with the number after the last event.
    pub end: Option<(u64, End)>,
}

impl Reader {
    pub fn new(live: Arc<Live>, after: u64) -> Self {
        let changes = live.changes();
        Self { live, changes, cursor: after, ended: false }
    }

    /// What the answer can cite.
    pub fn sources(&self) -> Arc<[Source]> {
        self.live.sources()
    }

    /// What came since the last call; waits for it. `None` after the end.
    pub async fn next(&mut self) -> Option<Batch> {
        while !self.ended {
            self.changes.borrow_and_update();
            let batch = self.take();
            if !batch.events.is_empty() || batch.end.is_some() {
                return Some(batch);
            }
            self.changes.changed().await.ok()?;
        }
        None
    }

    fn take(&mut self) -> Batch {
        let mut batch = Batch::default();
        let end = self.live.since(self.cursor as usize, |seq, kind, text| match batch.events.last_mut() {
            Some((last, same, merged)) if *same == kind && kind != Kind::Notice => {
                *last = seq;
                merged.push_str(text);
            }
            _ => batch.events.push((seq, kind, text.to_owned())),
        });
        if let Some((seq, ..)) = batch.events.last() {
            self.cursor = *seq;
        }
        self.ended = end.is_some();
        batch.end = end.map(|end| (self.cursor + 1, end));
        batch
    }
}
