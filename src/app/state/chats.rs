//! The list of conversations in the sidebar.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use leptos::prelude::*;
use leptos::task::spawn_local;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::preference::utc_offset;
use crate::app::browser;
use crate::model::chat::Chat;
use crate::model::shelf::{FolderLink, Shelf};
use crate::rpc::{self, Rpc};

/// A new title is made after the answer, by a quick model or a slow one; the list looks for it after these times.
const TITLE_DELAYS: [Duration; 3] = [Duration::from_secs(3), Duration::from_secs(10), Duration::from_secs(30)];

/// The newest conversations, and what day it is for their reader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    shelf: Shelf,
    #[serde(with = "crate::model::instant")]
    now: DateTime<Utc>,
    /// Minutes east of UTC.
    offset: i32,
}

/// Asks for the newest conversations, so many as are shown already.
pub async fn load(shown: Option<u32>) -> Rpc<Listing> {
    let offset = utc_offset();
    let shelf = rpc::shelf::top(shown).await?;
    let now = match browser::now() {
        Some(now) => now,
        None => DateTime::from_timestamp_millis(rpc::preference::now().await?).unwrap_or_default(),
    };
    Ok(Listing { shelf, now, offset })
}

/// How long ago a conversation was last written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Age {
    /// However long ago.
    Pinned,
    Today,
    Yesterday,
    Week,
    Older,
}

/// The conversations that are listed, last written first.
#[derive(Clone, Copy, Default)]
pub struct Chats {
    items: RwSignal<Vec<Chat>>,
    next: RwSignal<Option<String>>,
    now: RwSignal<DateTime<Utc>>,
    offset: RwSignal<i32>,
    /// Each followed by those in it.
    pub folders: RwSignal<Vec<FolderLink>>,
    /// How many have an answer that nobody has looked at.
    pub unread: RwSignal<u32>,
    /// Whether the server tells of changes; absent until it was heard of.
    pub told: StoredValue<Option<bool>>,
}

impl Chats {
    /// Takes over the newest page. Older ones that were loaded before stay.
    pub fn fill(self, listing: Listing) {
        let Listing { shelf: Shelf { pinned, page, folders, unread }, now, offset } = listing;
        self.now.set(now);
        self.offset.set(offset);
        self.folders.set(folders);
        self.unread.set(unread);
        self.items.update(|items| {
            let oldest = page.items.last().map(|chat| chat.updated_at).filter(|_| page.next.is_some());
            let mut fresh: Vec<Chat> = pinned.into_iter().chain(page.items).collect();
            let kept: Vec<Chat> = items
                .drain(..)
                .filter(|old| !old.pinned && oldest.is_some_and(|o| old.updated_at < o) && !fresh.iter().any(|c| c.id == old.id))
                .collect();
            if kept.is_empty() {
                self.next.set(page.next.clone());
            }
            fresh.extend(kept);
            fresh.sort_by_key(|chat| std::cmp::Reverse((chat.updated_at, chat.id)));
            *items = fresh;
        });
    }

    /// Asks for the newest again, now and when a title may have been made, unless the server tells.
    pub fn refresh_for_title(self) {
        if self.told.get_value() == Some(true) {
            return;
        }
        self.refresh();
        for delay in TITLE_DELAYS {
            set_timeout(move || self.refresh(), delay);
        }
    }

    /// Asks for the newest again. A failure is silent: the list is as it was.
    pub fn refresh(self) {
        let shown = self.items.read_untracked().len() as u32;
        spawn_local(async move {
            if let Ok(listing) = load(Some(shown)).await
                && !self.items.is_disposed()
            {
                self.fill(listing);
            }
        });
    }

    /// Whether there are older ones.
    pub fn has_more(self) -> bool {
        self.next.read().is_some()
    }

    /// Asks for the page after those that are shown.
    pub async fn more(self) -> Rpc<()> {
        let page = rpc::shelf::older(self.next.get_untracked().unwrap_or_default()).await?;
        self.next.set(page.next);
        self.items.update(|items| {
            let fresh: Vec<Chat> = page.items.into_iter().filter(|chat| !items.iter().any(|old| old.id == chat.id)).collect();
            items.extend(fresh);
        });
        Ok(())
    }

    /// Shows a conversation as it is now, at the top when it was just written in. What is archived is not listed.
    pub fn put(self, chat: Chat) {
        self.items.update(|items| {
            items.retain(|old| old.id != chat.id);
            if chat.archived {
                return;
            }
            let at = items.partition_point(|old| old.updated_at > chat.updated_at);
            items.insert(at, chat);
        });
    }

    pub fn remove(self, id: Uuid) {
        self.items.update(|items| items.retain(|chat| chat.id != id));
    }

    /// One conversation as the list knows it.
    pub fn find(self, id: Uuid) -> Option<Chat> {
        self.items.read().iter().find(|chat| chat.id == id).cloned()
    }

    /// All that are listed.
    pub fn all(self) -> Vec<Chat> {
        self.items.get()
    }

    pub fn is_empty(self) -> bool {
        self.items.read().is_empty()
    }

    /// The conversations by the reader's days, after those that are pinned.
    pub fn groups(self) -> Vec<(Age, Vec<Chat>)> {
        let shift = TimeDelta::minutes(self.offset.get().into());
        let day = |at: DateTime<Utc>| (at + shift).date_naive();
        let today = day(self.now.get());
        let items = self.items.read();
        let mut groups: Vec<(Age, Vec<Chat>)> = Vec::new();
        let pinned: Vec<Chat> = items.iter().filter(|chat| chat.pinned).cloned().collect();
        if !pinned.is_empty() {
            groups.push((Age::Pinned, pinned));
        }
        for chat in items.iter().filter(|chat| !chat.pinned) {
            let age = match today.signed_duration_since(day(chat.updated_at)).num_days() {
                ..=0 => Age::Today,
                1 => Age::Yesterday,
                2..=7 => Age::Week,
                _ => Age::Older,
            };
            match groups.last_mut() {
                Some((last, chats)) if *last == age => chats.push(chat.clone()),
                _ => groups.push((age, vec![chat.clone()])),
            }
        }
        groups
    }

    /// After hydration: the days of the browser's own time zone, which the server learns for the next page.
    pub fn use_local_days(self) {
        let offset = browser::utc_offset();
        if offset != self.offset.get_untracked() {
            self.offset.set(offset);
        }
        browser::remember_offset(offset);
    }
}
