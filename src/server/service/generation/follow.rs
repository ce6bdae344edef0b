//! Following a run as raw events: from memory where it runs, from the database where it ran.

use std::collections::VecDeque;
use std::sync::Arc;

use uuid::Uuid;

use super::event::{End, Event, Kind};
use super::hub::{Batch, Live, Reader};
use crate::model::chat::Started;
use crate::model::generation::NoticeCode;
use crate::model::message::Message;
use crate::model::passage::Source as Cited;
use crate::server::Server;
use crate::server::db::FoundRun;
use crate::server::error::{Error, Result};
use crate::server::service::chat;
use crate::server::service::viewer::Viewer;

/// A reader of a run, wherever it is. Gets every event after its cursor exactly once, then the end.
pub struct Follower {
    pub started: Started,
    source: Source,
}

enum Source {
    Memory(Reader),
    Stored(Stored),
}

/// Reads a run's log from the database.
struct Stored {
    server: Server,
    user_id: Uuid,
    run: Uuid,
    cursor: i64,
    ready: VecDeque<Batch>,
    ended: bool,
}

/// Follows the viewer's run after event number `after`.
pub async fn follow(server: &Server, viewer: &Viewer, run: Uuid, after: u64) -> Result<Follower> {
    if let Some(live) = server.generations.live_for(viewer, run) {
        return Ok(Follower::live(live, after));
    }
    let found = server.db.generations().find_for(viewer.user.id, run).await?.ok_or_else(|| Error::not_found("generation"))?;
    // It may have begun between the two looks.
    if let Some(live) = server.generations.live_for(viewer, run) {
        return Ok(Follower::live(live, after));
    }
    let cursor = i64::try_from(after).unwrap_or(i64::MAX);
    let mut stored = Stored { server: server.clone(), user_id: viewer.user.id, run, cursor, ready: VecDeque::new(), ended: false };
    if !found.status.is_running() {
        stored.read().await?;
        if stored.cursor < found.last_seq {
            stored.take_message(server, viewer, &found).await?;
        }
    }
    Ok(Follower { started: found.started, source: Source::Stored(stored) })
}

/// An answer that has ended.
pub struct Whole {
    pub content: String,
    pub reasoning: Option<String>,
    /// The model that really answered.
    pub model: String,
    /// What the answer can cite.
    pub sources: Vec<Cited>,
    pub end: End,
}

impl Whole {
    /// Waits for the end of a run of this node.
    pub(super) async fn of(live: &Live) -> Self {
        let end = live.ended().await;
        let (content, reasoning, _) = live.so_far();
        let instead = live.notices().into_iter().rev().find(|notice| notice.code == NoticeCode::FellBack);
        let model = instead.map_or_else(|| live.started.model.clone(), |notice| notice.message);
        Self { content, reasoning: Some(reasoning).filter(|text| !text.is_empty()), model, sources: live.sources().to_vec(), end }
    }
}

/// Waits for the end of the viewer's run; what the answer is then. One that is written here is in memory to its end.
pub async fn whole(server: &Server, viewer: &Viewer, started: &Started) -> Result<Whole> {
    if let Some(live) = server.generations.live_for(viewer, started.generation_id) {
        return Ok(Whole::of(&live).await);
    }
    let growth = server.bus.growth(started.generation_id);
    loop {
        let look =
            async { chat::message(server, viewer, started.message_id).await.map(|it| Some(it).filter(|it| !it.status.is_running())) };
        if let Some(message) = growth.or(look).await? {
            let sources = chat::sources(server, &message).await?;
            let Message { content, reasoning, model, status, usage, error, .. } = message;
            let model = model.unwrap_or_else(|| started.model.clone());
            return Ok(Whole { content, reasoning, model, sources, end: End { status, usage, error } });
        }
    }
}

impl Follower {
    /// Follows a run of this node.
    pub fn live(live: Arc<Live>, after: u64) -> Self {
        Self { started: live.started.clone(), source: Source::Memory(Reader::new(live, after)) }
    }

    /// What the answer can cite.
    pub async fn sources(&self) -> Result<Vec<Cited>> {
        match &self.source {
            Source::Memory(reader) => Ok(reader.sources().to_vec()),
            Source::Stored(stored) => Ok(stored.server.db.messages().sources(self.started.message_id).await?),
        }
    }

    /// What came since the last call; waits for it. `None` after the end.
    pub async fn next(&mut self) -> Result<Option<Batch>> {
        match &mut self.source {
            Source::Memory(reader) => Ok(reader.next().await),
            Source::Stored(stored) => stored.next().await,
        }
    }
}

impl Stored {
    async fn next(&mut self) -> Result<Option<Batch>> {
        let server = self.server.clone();
        let growth = server.bus.growth(self.run);
        while self.ready.is_empty() && !self.ended {
            growth.or(self.look()).await?;
        }
        Ok(self.ready.pop_front())
    }

    /// Takes what is new. Absent: nothing is.
    async fn look(&mut self) -> Result<Option<()>> {
        // The status first: what it says has ended has its whole log.
        let found = self.server.db.generations().find_for(self.user_id, self.run).await?.ok_or_else(|| Error::not_found("generation"))?;
        self.read().await?;
        if !found.status.is_running() {
            self.ended = true;
            let end = End { status: found.status, usage: found.usage, error: found.error };
            self.ready.push_back(Batch { events: Vec::new(), end: Some((found.last_seq as u64 + 1, end)) });
        }
        Ok((!self.ready.is_empty()).then_some(()))
    }

    /// The log of a run is kept for an hour after its end. Who has read nothing of it gets what became of it in one piece, which is
    /// the message; who has read a part is told so, and not left with a stream that never ends.
    async fn take_message(&mut self, server: &Server, viewer: &Viewer, found: &FoundRun) -> Result<()> {
        if self.cursor > 0 {
            return Err(Error::conflict("The log of this answer is no longer kept; read its message."));
        }
        let Message { content, reasoning, .. } = chat::message(server, viewer, found.started.message_id).await?;
        let last = u64::try_from(found.last_seq).unwrap_or_default();
        let texts = [(last.saturating_sub(1), Kind::Reasoning, reasoning.unwrap_or_default()), (last, Kind::Text, content)];
        let events = texts.into_iter().filter(|(.., text)| !text.is_empty()).collect();
        self.ready.push_back(Batch { events, end: None });
        self.cursor = found.last_seq;
        Ok(())
    }

    /// Takes the parts that follow the cursor without a gap.
    async fn read(&mut self) -> Result<()> {
        for (first, last, part) in self.server.db.generations().log(self.run, self.cursor).await? {
            if first > self.cursor + 1 {
                break;
            }
            let events: Vec<Event> = serde_json::from_str(&part).map_err(Error::internal)?;
            let skipped = usize::try_from(self.cursor + 1 - first).unwrap_or(0);
            let numbered = events.into_iter().enumerate().skip(skipped);
            let events = numbered.map(|(index, event)| (first as u64 + index as u64, event.kind, event.text)).collect();
            self.ready.push_back(Batch { events, end: None });
            self.cursor = last;
        }
        Ok(())
    }
}
