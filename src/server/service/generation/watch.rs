//! Following a run as a page does: block patches of its rendered markdown. One renderer a run serves every page; a page
//! holds two cursors. Frames come at most every [`FRAME`], so that a slow page skips what it cannot show anyway.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

use super::cite::may_cite;
use super::event::{End, Kind};
use super::follow::{Follower, follow};
use super::hub::Live;
use crate::model::generation::Notice;
use crate::model::message::Message;
use crate::model::passage::Source as Cited;
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::render::{Cursor, Patch, Stream};
use crate::server::service::viewer::Viewer;

/// Shortest time between two frames: one of a 60 Hz display.
const FRAME: Duration = Duration::from_millis(16);
/// Silence of the model after which a page is shown also what the renderer holds back to save work.
const PAUSE: Duration = Duration::from_millis(120);

/// Content and reasoning of a growing answer, as blocks.
pub struct Rendered {
    content: Stream,
    reasoning: Stream,
    /// Events that are in.
    events: usize,
}

impl Rendered {
    fn new((content, reasoning): &(String, String), sources: Arc<[Cited]>) -> Self {
        let mut rendered = Self { content: Stream::citing(sources), reasoning: Stream::new(), events: 0 };
        rendered.content.push(content);
        rendered.reasoning.push(reasoning);
        rendered
    }

    fn push(&mut self, kind: Kind, text: &str) {
        match kind {
            Kind::Text => self.content.push(text),
            Kind::Reasoning => self.reasoning.push(text),
            Kind::Notice => {}
        }
    }

    fn finish(&mut self) {
        self.content.finish();
        self.reasoning.finish();
    }

    fn refresh(&mut self) {
        self.content.refresh();
        self.reasoning.refresh();
    }

    fn blocks(stream: &Stream) -> Vec<String> {
        stream.closed().iter().map(|block| block.to_string()).chain(stream.open().map(str::to_owned)).collect()
    }
}

impl Live {
    /// Brings the blocks up to date and hands them over.
    fn with_rendered<T>(&self, use_it: impl FnOnce(&Rendered, Option<End>) -> T) -> T {
        let mut slot = self.rendered.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let rendered = slot.get_or_insert_with(|| Rendered::new(&self.base, self.sources()));
        let mut new: Vec<(Kind, String)> = Vec::new();
        // The buffer is held for copying only; rendering goes on without it.
        let mut last = rendered.events as u64;
        let end = self.since(rendered.events, |seq, kind, text| {
            last = seq;
            match new.last_mut() {
                Some((same, merged)) if *same == kind => merged.push_str(text),
                _ => new.push((kind, text.to_owned())),
            }
        });
        rendered.events = last as usize;
        let since = Instant::now();
        for (kind, text) in &new {
            rendered.push(*kind, text);
        }
        if end.is_some() {
            rendered.finish();
        }
        self.trace(|tracer| tracer.rendered(since));
        use_it(rendered, end)
    }

    /// Renders what is held back to save work.
    fn refresh_rendered(&self) {
        if let Some(rendered) = self.rendered.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).as_mut() {
            rendered.refresh();
        }
    }

    /// The blocks of content and reasoning as they are now; the last of each may still be open.
    pub fn blocks(&self) -> (Vec<String>, Vec<String>) {
        self.with_rendered(|rendered, _| (Rendered::blocks(&rendered.content), Rendered::blocks(&rendered.reasoning)))
    }
}

impl Live {
    /// The blocks that are finished after so many of reasoning and content.
    pub(super) fn finished(&self, (reasoning, content): (usize, usize)) -> (Vec<String>, Vec<String>) {
        let after = |stream: &Stream, from: usize| stream.closed().iter().skip(from).map(|block| block.to_string()).collect();
        self.with_rendered(|rendered, _| (after(&rendered.reasoning, reasoning), after(&rendered.content, content)))
    }
}

/// What a page gets.
#[derive(Debug)]
pub struct Frame {
    pub patches: Patches,
    pub notices: Vec<Notice>,
    pub end: Option<End>,
    /// Where to go on after a broken connection: closed blocks of reasoning and content, `r.c`.
    pub place: String,
}

/// Patches of reasoning and content.
#[derive(Debug, Serialize)]
pub struct Patches {
    #[serde(rename = "r", skip_serializing_if = "Vec::is_empty")]
    pub reasoning: Vec<Patch>,
    #[serde(rename = "c", skip_serializing_if = "Vec::is_empty")]
    pub content: Vec<Patch>,
}

/// A page that follows a run.
pub struct Watcher {
    chat_id: Uuid,
    source: Source,
    reasoning: Cursor,
    content: Cursor,
    notices: usize,
    /// What the renderer held back was shown since the last change.
    refreshed: bool,
    ended: bool,
}

enum Source {
    Memory { live: Arc<Live>, changes: watch::Receiver<u64>, last: Option<tokio::time::Instant> },
    Stored { rendered: Box<Rendered>, follower: Option<Box<Follower>>, end: Option<End>, notices: Vec<Notice> },
}

/// Follows the viewer's run as blocks, for a page that holds this many closed blocks of reasoning and content.
pub async fn watch(server: &Server, viewer: &Viewer, run: Uuid, (reasoning, content): (usize, usize)) -> Result<Watcher> {
    Ok(Watcher::new(source(server, viewer, run).await?, (reasoning, content)))
}

async fn source(server: &Server, viewer: &Viewer, run: Uuid) -> Result<(Uuid, Source)> {
    if let Some(live) = server.generations.live_for(viewer, run) {
        return Ok(in_memory(live));
    }
    let follower = follow(server, viewer, run, 0).await?;
    if let Some(live) = server.generations.live_for(viewer, run) {
        return Ok(in_memory(live));
    }
    let chat_id = follower.started.chat_id;
    let message = server.db.messages().find_for(viewer.user.id, follower.started.message_id).await?;
    let message = message.ok_or_else(|| Error::not_found("generation"))?;
    let sources = if may_cite(&message) { server.db.messages().sources(message.id).await? } else { Vec::new() };
    let Message { content, reasoning, status, usage, error, notices, .. } = message;
    let mut rendered = Box::new(Rendered::new(&(content, reasoning.unwrap_or_default()), sources.into()));
    if status.is_running() {
        return Ok((chat_id, Source::Stored { rendered, follower: Some(Box::new(follower)), end: None, notices }));
    }
    rendered.finish();
    Ok((chat_id, Source::Stored { rendered, follower: None, end: Some(End { status, usage, error }), notices }))
}

fn in_memory(live: Arc<Live>) -> (Uuid, Source) {
    (live.started.chat_id, Source::Memory { changes: live.changes(), live, last: None })
}

impl Watcher {
    fn new((chat_id, source): (Uuid, Source), (reasoning, content): (usize, usize)) -> Self {
        let (reasoning, content) = (Cursor::at(reasoning), Cursor::at(content));
        Self { chat_id, source, reasoning, content, notices: 0, refreshed: false, ended: false }
    }

    /// Follows a run of this node from its beginning.
    pub(super) fn live(live: Arc<Live>) -> Self {
        Self::new(in_memory(live), (0, 0))
    }

    /// The conversation of the run.
    pub fn chat_id(&self) -> Uuid {
        self.chat_id
    }

    /// What changed since the last call; waits for it. `None` after the end.
    pub async fn next(&mut self) -> Result<Option<Frame>> {
        while !self.ended {
            let frame = match &mut self.source {
                Source::Memory { live, changes, last } => {
                    if let Some(last) = last.replace(tokio::time::Instant::now()) {
                        tokio::time::sleep_until(last + FRAME).await;
                    }
                    changes.borrow_and_update();
                    let (reasoning, content) = (&mut self.reasoning, &mut self.content);
                    let frame = live.with_rendered(|rendered, end| frame(rendered, (reasoning, content), Vec::new(), end));
                    // After the end was read, so that what was noticed just before it is not missed.
                    Frame { notices: live.notices().split_off(self.notices), ..frame }
                }
                Source::Stored { rendered, end, notices, .. } => {
                    let notices = notices.split_off(self.notices.min(notices.len()));
                    frame(rendered, (&mut self.reasoning, &mut self.content), notices, end.clone())
                }
            };
            self.notices += frame.notices.len();
            self.ended = frame.end.is_some();
            if frame.has_something() {
                return Ok(Some(frame));
            }
            self.wait().await?;
        }
        Ok(None)
    }
}

impl Watcher {
    /// Waits for something new; after a pause of the model once for what is held back.
    async fn wait(&mut self) -> Result<()> {
        if self.refreshed {
            self.refreshed = false;
            return self.source.changed().await;
        }
        let changed = tokio::time::timeout(PAUSE, self.source.changed()).await;
        changed.unwrap_or_else(|_| {
            self.refreshed = true;
            self.source.refresh();
            Ok(())
        })
    }
}

impl Source {
    /// Renders what is held back, whatever it costs.
    fn refresh(&mut self) {
        match self {
            Self::Memory { live, .. } => live.refresh_rendered(),
            Self::Stored { rendered, .. } => rendered.refresh(),
        }
    }

    /// Waits for something new.
    async fn changed(&mut self) -> Result<()> {
        match self {
            Self::Memory { changes, .. } => changes.changed().await.map_err(Error::internal),
            Self::Stored { rendered, follower, end, notices } => {
                let Some(batch) = (match follower {
                    Some(follower) => follower.next().await?,
                    None => None,
                }) else {
                    return Ok(());
                };
                for (_, kind, text) in &batch.events {
                    rendered.push(*kind, text);
                    if *kind == Kind::Notice {
                        notices.extend(serde_json::from_str::<Notice>(text).ok());
                    }
                }
                if let Some((_, ended)) = batch.end {
                    rendered.finish();
                    *end = Some(ended);
                }
                Ok(())
            }
        }
    }
}

impl Frame {
    fn has_something(&self) -> bool {
        !self.patches.is_empty() || !self.notices.is_empty() || self.end.is_some()
    }
}

impl Patches {
    pub fn is_empty(&self) -> bool {
        self.reasoning.is_empty() && self.content.is_empty()
    }
}

fn frame(rendered: &Rendered, (reasoning, content): (&mut Cursor, &mut Cursor), notices: Vec<Notice>, end: Option<End>) -> Frame {
    let patches = Patches { reasoning: rendered.reasoning.patches(reasoning), content: rendered.content.patches(content) };
    let place = format!("{}.{}", rendered.reasoning.closed().len(), rendered.content.closed().len());
    Frame { patches, notices, end, place }
}
