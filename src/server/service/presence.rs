//! Who is online: the open pages of this node, in memory, and what other nodes say of theirs. What is stored is only when somebody was seen
//! last, at most once a minute each.

mod word;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;
pub use word::{dismiss, news, tell, update};

use super::viewer::Viewer;
use crate::model::avatar::Avatar;
use crate::model::presence::{Happened, News, Online, Person, ToPage, Topic, What};
use crate::model::user::User;
use crate::server::Server;
use crate::server::bus::Distant;
use crate::server::error::{Error, Result};

/// Open pages of one user; one more is refused.
pub const PAGES_MAX: usize = 16;
/// Words that wait for a page. One that does not take them in is dropped; it comes back when it can.
const WORDS_MAX: usize = 16;
/// Somebody's being seen is written down at most this often.
const SEEN_EVERY: TimeDelta = TimeDelta::seconds(60);
/// What another node says of who is there is believed for so long; it says it anew well within.
const BELIEVED: Duration = Duration::from_secs(70);
/// The list of who is online is sent at most this often to a page that watches it.
const SETTLE: Duration = Duration::from_millis(300);

/// What happens to conversations is told so long after, all of it in one word, and so long after the last time at the soonest.
const GATHER: Duration = Duration::from_millis(200);
const APART: Duration = Duration::from_millis(600);
/// News that a page has missed which was written before them and listens since after them: so old at most, and told so long after it came.
const MISSED: Duration = Duration::from_secs(10);
const CATCH_UP: Duration = Duration::from_secs(3);

/// The open pages of this node.
pub struct Presence {
    people: Mutex<HashMap<Uuid, Here>>,
    /// Who is on each other node, and when it said so.
    others: Mutex<HashMap<String, (Instant, Vec<Distant>)>>,
    /// When each user's being seen was written last.
    written: Mutex<HashMap<Uuid, DateTime<Utc>>>,
    /// When something happened last to a conversation of each user's.
    news: Mutex<HashMap<Uuid, Instant>>,
    /// Counts comings and goings.
    changes: watch::Sender<u64>,
    ids: AtomicU64,
    stop: CancellationToken,
    pages: TaskTracker,
}

/// Somebody who has pages open.
struct Here {
    user: User,
    since: DateTime<Utc>,
    pages: Vec<(u64, mpsc::Sender<ToPage>)>,
}

impl Default for Presence {
    fn default() -> Self {
        Self {
            people: Mutex::default(),
            others: Mutex::default(),
            written: Mutex::default(),
            news: Mutex::default(),
            changes: watch::Sender::new(0),
            ids: AtomicU64::default(),
            stop: CancellationToken::new(),
            pages: TaskTracker::new(),
        }
    }
}

impl Presence {
    /// Ends with the server.
    pub fn stop(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// What runs for an open page; [`Presence::shutdown`] waits for it.
    pub fn tracker(&self) -> &TaskTracker {
        &self.pages
    }

    /// Tells every page that the server goes, and waits until they have heard, for so long at most.
    pub async fn shutdown(&self, within: Duration) {
        self.pages.close();
        self.stop.cancel();
        if tokio::time::timeout(within, self.pages.wait()).await.is_err() {
            tracing::info!(count = self.pages.len(), "some pages did not hear that the server stops");
        }
    }

    /// Tells every open page of the user on this node.
    pub(super) fn tell(&self, user_id: Uuid, word: &ToPage) {
        if let Some(here) = self.people().get_mut(&user_id) {
            // Who does not listen is let go: the end of the channel is the end of the connection.
            here.pages.retain(|(_, page)| page.try_send(word.clone()).is_ok());
        }
    }

    /// Something happened to a conversation of the user's, absent: to several. Every open page here hears of it.
    pub(super) fn news(&self, user_id: Uuid, chat: Option<Uuid>, what: Happened) {
        self.recent().insert(user_id, Instant::now());
        let word = ToPage::Chats { news: vec![News { chat, what }] };
        if let Some(here) = self.people().get_mut(&user_id) {
            // Where many wait already, one more says nothing new: the page asks for its list after those.
            here.pages.retain(|(_, page)| !matches!(page.try_send(word.clone()), Err(TrySendError::Closed(_))));
        }
    }

    fn recent(&self) -> MutexGuard<'_, HashMap<Uuid, Instant>> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The user is now this one: tells their pages here and shows it to others.
    pub(super) fn update(&self, user: &User) {
        if let Some(here) = self.people().get_mut(&user.id) {
            here.user = user.clone();
        }
        self.tell(user.id, &ToPage::Changed { what: What::Profile });
        self.changes.send_modify(|n| *n += 1);
    }

    /// Closes every page of the user on this node.
    pub(super) fn dismiss(&self, user_id: Uuid) {
        self.people().remove(&user_id);
        self.changes.send_modify(|n| *n += 1);
    }

    /// Whether others may see that the user is online.
    pub fn is_online(&self, user_id: Uuid) -> bool {
        let here = self.people().get(&user_id).is_some_and(|here| here.user.preferences.show_presence);
        here || self.distant().iter().any(|distant| distant.shown && distant.person.id == user_id)
    }

    /// How many people have a page open, those who do not show it among them.
    pub fn count(&self) -> usize {
        let mut ids: HashSet<Uuid> = self.people().keys().copied().collect();
        ids.extend(self.distant().iter().map(|distant| distant.person.id));
        ids.len()
    }

    /// Whoever is online and shows it.
    pub fn visible(&self) -> Vec<Uuid> {
        self.online().items.into_iter().map(|person| person.id).collect()
    }

    /// Who is on this node, those who do not show it among them.
    pub(super) fn local(&self) -> Vec<Distant> {
        self.people().values().map(|here| Distant { person: here.person(), shown: here.user.preferences.show_presence }).collect()
    }

    /// Another node says who is there now.
    pub(super) fn heard(&self, node: String, people: Vec<Distant>) {
        self.others().insert(node, (Instant::now(), people));
        self.changes.send_modify(|n| *n += 1);
    }

    /// Who is on the other nodes, as far as they have said so lately.
    fn distant(&self) -> Vec<Distant> {
        let mut others = self.others();
        others.retain(|_, (said, _)| said.elapsed() < BELIEVED);
        others.values().flat_map(|(_, people)| people.iter().cloned()).collect()
    }

    /// Tells when somebody came or went.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    fn online(&self) -> Online {
        let mut all: HashMap<Uuid, Distant> = HashMap::new();
        for one in self.local().into_iter().chain(self.distant()) {
            match all.get_mut(&one.person.id) {
                Some(known) => {
                    known.person.pages += one.person.pages;
                    known.person.since = known.person.since.min(one.person.since);
                }
                None => drop(all.insert(one.person.id, one)),
            }
        }
        let (shown, hidden): (Vec<_>, Vec<_>) = all.into_values().partition(|one| one.shown);
        let mut items: Vec<Person> = shown.into_iter().map(|one| one.person).collect();
        items.sort_by_key(|person| (std::cmp::Reverse(person.since), person.id));
        Online { items, hidden: hidden.len() }
    }

    fn others(&self) -> MutexGuard<'_, HashMap<String, (Instant, Vec<Distant>)>> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn people(&self) -> MutexGuard<'_, HashMap<Uuid, Here>> {
        self.people.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the user's being seen is to be written now.
    fn is_news(&self, user_id: Uuid, now: DateTime<Utc>) -> bool {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if written.get(&user_id).is_some_and(|last| now - *last < SEEN_EVERY) {
            return false;
        }
        written.insert(user_id, now);
        true
    }

    /// Forgets when the idle were written, and what is no news any more; called now and then.
    pub fn sweep(&self, now: DateTime<Utc>) {
        self.recent().retain(|_, last| last.elapsed() < MISSED);
        self.written.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, last| now - *last < SEEN_EVERY);
    }
}

impl Here {
    fn person(&self) -> Person {
        let User { id, name, email, .. } = self.user.clone();
        Person { id, name, email, avatar: Avatar::of(&self.user).small, pages: self.pages.len(), since: self.since }
    }
}

/// An open page. It is gone when this is dropped.
pub struct Page {
    server: Server,
    pub user_id: Uuid,
    admin: bool,
    id: u64,
    words: mpsc::Receiver<ToPage>,
    changes: watch::Receiver<u64>,
    watching: bool,
    /// When the list is sent next: comings and goings soon after each other are one change.
    due: Option<Instant>,
    /// What happened to conversations, and when it is told.
    news: Vec<News>,
    news_due: Option<Instant>,
    news_told: Option<Instant>,
}

/// Opens a page of the viewer's. Errors: `RateLimited` (too many are open), `Unavailable` (the server stops).
pub fn enter(server: &Server, viewer: &Viewer) -> Result<Page> {
    let presence = &server.presence;
    if presence.stop.is_cancelled() {
        return Err(Error::new(crate::model::error::Code::Unavailable, "The server is stopping."));
    }
    let (id, user_id, now) = (presence.ids.fetch_add(1, Ordering::Relaxed), viewer.user.id, server.clock.now());
    let (sender, words) = mpsc::channel(WORDS_MAX);
    {
        let mut people = presence.people();
        let here = people.entry(user_id).or_insert_with(|| Here { user: viewer.user.clone(), since: now, pages: Vec::new() });
        if here.pages.len() >= PAGES_MAX {
            return Err(Error::rate_limited(60));
        }
        here.user = viewer.user.clone();
        here.pages.push((id, sender));
    }
    presence.changes.send_modify(|n| *n += 1);
    seen(server, user_id);
    let changes = presence.changes.subscribe();
    let missed = presence.recent().get(&user_id).is_some_and(|last| last.elapsed() < MISSED);
    Ok(Page {
        server: server.clone(),
        user_id,
        admin: viewer.user.is_admin(),
        id,
        words,
        changes,
        watching: false,
        due: None,
        news: if missed { vec![News { chat: None, what: Happened::Changed }] } else { Vec::new() },
        news_due: missed.then(|| Instant::now() + CATCH_UP),
        news_told: None,
    })
}

impl Page {
    /// The next word for the page; absent: it was let go. Nothing is lost when this is not waited for to its end.
    pub async fn next(&mut self) -> Option<ToPage> {
        loop {
            tokio::select! {
                word = self.words.recv() => match word {
                    Some(ToPage::Chats { news }) => self.gather(news),
                    word => return word,
                },
                () = tokio::time::sleep_until(self.news_due.unwrap_or_else(Instant::now)), if self.news_due.is_some() => {
                    (self.news_due, self.news_told) = (None, Some(Instant::now()));
                    return Some(ToPage::Chats { news: std::mem::take(&mut self.news) });
                }
                // The sender lives as long as the server.
                _ = self.changes.changed(), if self.watching && self.due.is_none() => self.due = Some(Instant::now() + SETTLE),
                () = tokio::time::sleep_until(self.due.unwrap_or_else(Instant::now)), if self.due.is_some() => {
                    self.due = None;
                    self.changes.mark_unchanged();
                    return Some(ToPage::Online(self.server.presence.online()));
                }
            }
        }
    }

    fn gather(&mut self, news: Vec<News>) {
        for one in news {
            if !self.news.contains(&one) {
                self.news.push(one);
            }
        }
        let soon = Instant::now() + GATHER;
        let soon = self.news_told.map_or(soon, |told| soon.max(told + APART));
        self.news_due = Some(self.news_due.map_or(soon, |due| due.min(soon)));
    }

    /// The page lives.
    pub fn seen(&self) {
        seen(&self.server, self.user_id);
    }

    /// Begins to tell the page about a topic; answers how it is now.
    pub fn watch(&mut self, topic: Topic) -> ToPage {
        match topic {
            Topic::Online if self.admin => {
                self.watching = true;
                self.changes.mark_unchanged();
                ToPage::Online(self.server.presence.online())
            }
            Topic::Online => ToPage::Refused { topic },
        }
    }

    /// Tells no more of it.
    pub fn unwatch(&mut self, topic: Topic) {
        match topic {
            Topic::Online => (self.watching, self.due) = (false, None),
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        {
            let mut people = self.server.presence.people();
            let Some(here) = people.get_mut(&self.user_id) else { return };
            here.pages.retain(|(id, _)| *id != self.id);
            if here.pages.is_empty() {
                people.remove(&self.user_id);
            }
        }
        self.server.presence.changes.send_modify(|n| *n += 1);
        seen(&self.server, self.user_id);
    }
}

/// Notes that the user was here: written at most once a minute, and never waited for.
pub fn seen(server: &Server, user_id: Uuid) {
    let now = server.clock.now();
    if !server.presence.is_news(user_id, now) {
        return;
    }
    let server = server.clone();
    // A page may be dropped where no runtime is left to write with.
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    runtime.spawn(async move {
        if let Err(error) = server.db.people().set_seen(user_id, now, now - SEEN_EVERY).await {
            tracing::warn!(cause = %error, "that somebody was here could not be noted");
        }
    });
}

/// Everybody who is online, for administrators. Errors: `Forbidden`.
pub fn online(server: &Server, viewer: &Viewer) -> Result<Online> {
    viewer.require_admin()?;
    Ok(server.presence.online())
}

#[cfg(test)]
mod tests;
