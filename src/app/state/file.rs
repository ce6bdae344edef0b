//! The files beside the message that is being written.

use leptos::prelude::*;
use uuid::Uuid;

use crate::model::error::ApiError;
use crate::model::file::{Attachment, Fault};

/// How far a file is on its way to the message.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// So many bytes are on the server.
    Sending(u64),
    /// The same; the line is broken, and it goes on by itself when it is there again.
    Waiting(u64),
    /// All of it is there, and is being read.
    Reading,
    Ready,
    /// It could not be sent; that may be tried again.
    Refused(ApiError),
    /// It could not be read.
    Unread(Fault),
}

impl Step {
    /// The reader has to decide what becomes of it.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::Unread(_))
    }
}

/// A file as it is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Now {
    /// Its id is nil until all of it is on the server.
    pub file: Attachment,
    pub step: Step,
    /// The address of the picture in this browser.
    pub preview: Option<String>,
    /// It came to the server with this message: taken out again, it is forgotten there too.
    pub fresh: bool,
}

/// A file beside the message.
#[derive(Clone)]
pub struct Attached {
    pub key: Uuid,
    pub now: ArcRwSignal<Now>,
}

impl Attached {
    pub fn new(key: Uuid, now: Now) -> Self {
        Self { key, now: ArcRwSignal::new(now) }
    }
}

/// All of them, and what the page shows of files.
#[derive(Clone, Copy, Default)]
pub struct Files {
    pub list: RwSignal<Vec<Attached>>,
    /// Grows with every choice, drop and paste. Above zero, what takes care of files is wanted.
    pub picked: RwSignal<u32>,
    /// The message is sent as soon as they are ready.
    pub waits: RwSignal<bool>,
    /// There are pictures, and the model sees none.
    pub blind: RwSignal<bool>,
    /// The picture of a message that is looked at.
    pub looked_at: RwSignal<Option<Uuid>>,
}

impl Files {
    /// Files were chosen, dropped or pasted.
    pub fn pick(self) {
        self.picked.update(|n| *n += 1);
    }

    pub fn is_empty(self) -> bool {
        self.list.read().is_empty()
    }

    /// Whether a message may be sent with them. If not yet, it is sent as soon as that is so.
    pub fn may_go(self) -> bool {
        let all = self.list.read_untracked().iter().all(|one| one.now.read_untracked().step == Step::Ready);
        let blind = self.blind.get_untracked();
        self.waits.set(!all && !blind);
        all && !blind
    }

    /// Takes them for a message. From then on they may be a message's, so they are not forgotten with it.
    pub fn take(self) -> Vec<Attached> {
        let taken = self.list.try_update(std::mem::take).unwrap_or_default();
        taken.iter().for_each(|one| one.now.update(|now| now.fresh = false));
        taken
    }
}

/// What is sent of them.
pub fn attachments(files: &[Attached]) -> Vec<Attachment> {
    files.iter().map(|one| one.now.read_untracked().file.clone()).collect()
}
