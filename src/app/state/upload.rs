//! The way of a file to the server in parts (tus): what is done next after what was heard. It asks nobody itself.

use std::ops::Range;

use uuid::Uuid;

/// Bytes of a part. A file that is not larger is sent in one piece.
pub const PART: u64 = 1024 * 1024;
/// Milliseconds until the first new try after a failure, and at most.
const PAUSE: u64 = 500;
const PAUSE_MAX: u64 = 5_000;
/// Failures in a row, with a line to somewhere, after which it is given up.
const TRIES: u32 = 8;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Announce the upload.
    Begin,
    /// Ask how much of it is there.
    Ask(Uuid),
    /// Send these bytes.
    Send(Uuid, Range<u64>),
    Done(Uuid),
}

/// An upload on its way.
#[derive(Clone, Debug)]
pub struct Upload {
    size: u64,
    id: Option<Uuid>,
    /// Bytes that are there; none: to be asked.
    offset: Option<u64>,
    /// The most that was ever there.
    seen: u64,
    /// Since more of it was there.
    failures: u32,
}

impl Upload {
    pub fn new(size: u64) -> Self {
        Self { size, id: None, offset: None, seen: 0, failures: 0 }
    }

    /// Bytes of the whole.
    pub fn size(&self) -> u64 {
        self.size
    }

    pub fn next(&self) -> Next {
        match (self.id, self.offset) {
            (None, _) => Next::Begin,
            (Some(id), None) => Next::Ask(id),
            (Some(id), Some(at)) if at < self.size => Next::Send(id, at..self.size.min(at + PART)),
            (Some(id), Some(_)) => Next::Done(id),
        }
    }

    /// The server has begun it.
    pub fn begun(&mut self, id: Uuid) {
        (self.id, self.offset, self.failures) = (Some(id), Some(0), 0);
    }

    /// So many bytes are there.
    pub fn has(&mut self, offset: u64) {
        self.offset = Some(offset);
        if offset > self.seen {
            (self.seen, self.failures) = (offset, 0);
        }
    }

    /// The upload, if it was begun.
    pub fn id(&self) -> Option<Uuid> {
        self.id
    }

    /// The line broke: how long to wait, in milliseconds, before it is asked where to go on; none: give up. `offline`: the browser
    /// knows that it has no line at all, which is waited for without end.
    pub fn broken(&mut self, offline: bool) -> Option<u64> {
        self.offset = None;
        if !offline {
            self.failures += 1;
        }
        let pause = PAUSE << self.failures.saturating_sub(1).min(8);
        (self.failures < TRIES).then(|| pause.min(PAUSE_MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_follow_each_other_to_the_end() {
        let (mut upload, id) = (Upload::new(2 * PART + 5), Uuid::from_u128(7));
        assert_eq!(upload.next(), Next::Begin);
        upload.begun(id);
        assert_eq!(upload.next(), Next::Send(id, 0..PART));
        upload.has(PART);
        assert_eq!(upload.next(), Next::Send(id, PART..2 * PART));
        upload.has(2 * PART);
        assert_eq!(upload.next(), Next::Send(id, 2 * PART..2 * PART + 5));
        upload.has(2 * PART + 5);
        assert_eq!(upload.next(), Next::Done(id));
    }

    #[test]
    fn after_a_broken_line_it_goes_on_where_the_server_is() {
        let (mut upload, id) = (Upload::new(3 * PART), Uuid::from_u128(7));
        upload.begun(id);
        upload.has(PART);
        assert_eq!(upload.broken(false), Some(500));
        assert_eq!(upload.next(), Next::Ask(id));
        // Half of a part had come.
        upload.has(PART + 10);
        assert_eq!(upload.next(), Next::Send(id, PART + 10..2 * PART + 10));
    }

    #[test]
    fn without_a_line_it_is_waited_for_and_with_one_it_is_given_up_in_the_end() {
        let mut upload = Upload::new(1);
        assert!((0..100).all(|_| upload.broken(true) == Some(500)));
        let pauses: Vec<_> = (0..8).map(|_| upload.broken(false)).collect();
        assert_eq!(pauses[..5], [Some(500), Some(1_000), Some(2_000), Some(4_000), Some(5_000)]);
        assert_eq!(pauses[7], None);
        upload.has(0);
        assert_eq!(upload.broken(false), None, "being told the same again is no progress");
        assert_eq!(upload.next(), Next::Begin, "nothing was begun");
    }
}
