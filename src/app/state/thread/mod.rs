//! The conversation that the page shows: its messages, and what the reader does with them.

mod act;

pub use act::in_front;

use chrono::{DateTime, Utc};
use leptos::children::ViewFn;
use leptos::html;
use leptos::prelude::*;
use uuid::Uuid;

use super::chats::Chats;
use super::file::Files;
use super::toast::Toasts;
use crate::app::browser::{self, End, KeyboardEvent};
use crate::i18n::Texts;
use crate::model::chat::{Badge, Chat, Conversation, Started};
use crate::model::context::Summary;
use crate::model::error::ApiError;
use crate::model::generation::{NoticeCode, Status};
use crate::model::message::{Author, Message, Shown};
use crate::model::setup::Typed;
use crate::model::usage::Sum;

/// A message on the page. Its key stays when the server gives the message its id.
#[derive(Clone)]
pub struct Entry {
    pub key: Uuid,
    pub shown: ArcRwSignal<Shown>,
}

impl Entry {
    pub fn new(shown: Shown) -> Self {
        Self { key: shown.message.id, shown: ArcRwSignal::new(shown) }
    }

    /// The message's id, without following it.
    pub fn id(&self) -> Uuid {
        self.shown.read_untracked().message.id
    }

    /// Takes what a stream wrote onto the page, and only there, into the state: the message may leave the page, and come back.
    fn keep_blocks(&self) {
        let streamed = |shown: &Shown| shown.message.role == Author::Assistant && shown.blocks.is_empty();
        if !self.shown.with_untracked(streamed) {
            return;
        }
        if let Some([reasoning, content]) = browser::blocks_of(&format!("m-{}", self.id())) {
            self.shown.update_untracked(|shown| (shown.reasoning_blocks, shown.blocks) = (reasoning, content));
        }
    }
}

/// The id of a message's element, for links to it.
pub fn anchor(entry: &Entry) -> impl Fn() -> String + Send + Sync + 'static {
    let shown = entry.shown.clone();
    move || format!("m-{}", shown.read().message.id)
}

/// A conversation that was just begun on the page for new ones, for the page that shows it next.
#[derive(Clone, Copy, Default)]
pub struct Handoff(RwSignal<Option<Conversation>>);

impl Handoff {
    /// The conversation with this id, if it was handed over.
    pub fn take(self, id: Uuid) -> Option<Conversation> {
        let here = self.0.try_with_untracked(|held| held.as_ref().is_some_and(|c| c.chat.id == id)).unwrap_or(false);
        here.then(|| self.0.write_untracked().take()).flatten()
    }
}

/// What a new conversation begins with.
#[derive(Clone, Default)]
pub struct Beginning {
    pub assistant: Option<Badge>,
    pub model: Option<String>,
    pub setup: Typed,
    /// What stands in the composer.
    pub text: Option<String>,
    /// The folder that it will be in.
    pub folder: Option<Uuid>,
    /// What stands where the messages will be.
    pub greeting: Option<ViewFn>,
}

/// The state of the conversation that is shown, and its surroundings.
#[derive(Clone, Copy)]
pub struct Thread {
    /// Absent until the first message of a new conversation was sent.
    pub chat: StoredValue<Option<Chat>>,
    pub entries: RwSignal<Vec<Entry>>,
    /// Cursor of the messages before these.
    pub earlier: RwSignal<Option<Uuid>>,
    /// What stands for the oldest messages.
    pub summary: RwSignal<Option<Summary>>,
    /// Tokens of what is being written, about.
    pub draft: RwSignal<usize>,
    /// Grows with every change of what models are shown.
    pub changes: RwSignal<u32>,
    /// What the whole conversation used.
    pub used: RwSignal<Sum>,
    /// The model for the next answer; absent: the server's choice.
    pub model: RwSignal<Option<String>>,
    /// The run that is going on.
    pub running: Memo<Option<Uuid>>,
    /// A message is on its way to the server.
    pub sending: RwSignal<bool>,
    /// Why the last thing that the reader tried did not work.
    pub error: RwSignal<Option<ApiError>>,
    /// A text that could not be sent, to go back into the composer.
    pub returned: RwSignal<Option<String>>,
    /// The question whose edit could not be sent, and its text: its editor opens with it.
    pub edited: StoredValue<Option<(Uuid, String)>>,
    /// For screen readers.
    pub announcement: RwSignal<&'static str>,
    /// The settings as they are typed.
    pub setup: RwSignal<Typed>,
    pub beginning: StoredValue<Beginning>,
    /// The files beside what is being written.
    pub files: Files,
    /// Where the reader writes.
    pub area: NodeRef<html::Textarea>,
    /// What follows the slash that a message begins with, while that is being typed.
    pub slash: RwSignal<Option<String>>,
    /// Takes the keys for the list that the slash opened, and says whether it used one.
    pub slash_key: StoredValue<Option<Callback<KeyboardEvent, bool>>>,
    /// The id of what is chosen in that list.
    pub active: RwSignal<Option<String>>,
    /// What scrolls, and whether the reader is at its end.
    pub scroller: NodeRef<html::Div>,
    pub at_end: RwSignal<bool>,
    chats: Chats,
    toasts: Toasts,
    handoff: Handoff,
    go: Callback<String>,
    texts: &'static Texts,
}

impl Thread {
    /// The state of a conversation, or of a new one. `go` leads to a path on this server.
    pub fn new(conversation: Option<Conversation>, beginning: Beginning, go: Callback<String>, texts: &'static Texts) -> Self {
        let used = RwSignal::new(conversation.as_ref().map(|c| c.used).unwrap_or_default());
        let summary = RwSignal::new(conversation.as_ref().and_then(|c| c.summary.clone()));
        let (chat, messages, earlier, setup) = match conversation {
            Some(c) => (Some(c.chat), c.messages, c.earlier, c.setup),
            None => (None, Vec::new(), None, beginning.setup.clone()),
        };
        let entries = RwSignal::new(messages.into_iter().map(Entry::new).collect());
        Self {
            model: RwSignal::new(chat.as_ref().and_then(|chat| chat.model.clone()).or(beginning.model.clone())),
            setup: RwSignal::new(setup),
            beginning: StoredValue::new(beginning),
            files: Files::default(),
            area: NodeRef::new(),
            slash: RwSignal::new(None),
            slash_key: StoredValue::new(None),
            active: RwSignal::new(None),
            chat: StoredValue::new(chat),
            entries,
            running: Memo::new(move |_| running_in(&entries.read())),
            earlier: RwSignal::new(earlier),
            used,
            summary,
            draft: RwSignal::new(0),
            changes: RwSignal::new(0),
            sending: RwSignal::new(false),
            error: RwSignal::new(None),
            returned: RwSignal::new(None),
            edited: StoredValue::new(None),
            announcement: RwSignal::new(""),
            scroller: NodeRef::new(),
            at_end: RwSignal::new(true),
            chats: expect_context(),
            toasts: expect_context(),
            handoff: expect_context(),
            go,
            texts,
        }
    }

    pub fn id(self) -> Option<Uuid> {
        self.chat.with_value(|chat| chat.as_ref().map(|chat| chat.id))
    }

    /// Where this browser keeps what is being written.
    pub fn draft_key(self) -> String {
        self.id().map_or_else(|| "liao.draft".to_owned(), |id| format!("liao.draft.{id}"))
    }

    /// The title, as it was typed or made last; empty for none.
    pub fn title(self) -> String {
        let listed = self.id().and_then(|id| self.chats.find(id));
        listed.map(|chat| chat.title).or_else(|| self.chat.with_value(|c| c.as_ref().map(|c| c.title.clone()))).unwrap_or_default()
    }

    /// The assistant of the conversation.
    pub fn badge(self) -> Option<Badge> {
        let chosen = || self.beginning.with_value(|beginning| beginning.assistant.clone());
        self.chat.with_value(|chat| chat.as_ref().and_then(|chat| chat.assistant.clone())).or_else(chosen)
    }

    /// The folder that a new conversation will be in.
    pub fn folder(self) -> Option<Uuid> {
        self.beginning.with_value(|beginning| beginning.folder).filter(|_| self.id().is_none())
    }

    /// The settings of a new conversation, where they are not what it would begin with anyway.
    fn typed(self) -> Option<Typed> {
        let typed = self.setup.get_untracked();
        let given = self.beginning.with_value(|beginning| beginning.setup == typed);
        Some(typed).filter(|_| self.id().is_none() && !given)
    }

    /// Puts a prompt's text into the composer, in place of the slash.
    pub fn insert(self, text: String) {
        self.slash.set(None);
        if let Some(area) = self.area.get_untracked() {
            area.set_value("");
            self.returned.set(Some(text));
        }
        self.write_on();
    }

    /// Puts the caret into the composer, as soon as nothing stands in front of it.
    pub fn write_on(self) {
        request_animation_frame(move || {
            if let Some(area) = self.area.try_get_untracked().flatten() {
                browser::focus(&area);
            }
        });
    }

    /// Keeps the reader at the end, if that is where they are. The page may have gone since a frame was asked for.
    pub fn follow_end(self) {
        if self.at_end.try_get_untracked() == Some(true)
            && let Some(scroller) = self.scroller.try_get_untracked().flatten()
        {
            browser::scroll_to_end(&scroller);
        }
    }

    /// Takes the reader to the end.
    pub fn jump_to_end(self) {
        self.at_end.set(true);
        // What was just added is on the page in the next frame.
        request_animation_frame(move || self.follow_end());
    }

    /// A run is over: the message, the list and screen readers hear about it.
    pub fn finish(self, entry: &Entry, end: End) {
        entry.shown.update(|shown| {
            shown.message.status = end.status;
            shown.message.error = end.error;
            shown.message.usage = end.usage.or(shown.message.usage);
        });
        if let Some(used) = end.used {
            self.used.set(used);
        }
        // What waited is being answered already.
        let goes_on = end.chat.as_ref().is_some_and(|chat| chat.running);
        if let Some(chat) = end.chat {
            self.chats.put(chat);
        }
        if end.status == Status::Done {
            self.announcement.set(self.texts.chat.finished);
        }
        self.changes.update(|n| *n += 1);
        if goes_on || entry.shown.read_untracked().message.notices.iter().any(|notice| notice.code == NoticeCode::Summarized) {
            self.look_again();
        }
        self.chats.refresh_for_title();
        request_animation_frame(move || self.follow_end());
    }

    /// Shows this conversation's branch. Messages that are on the page already stay as they are, and so do those before the first of it.
    fn merge(self, conversation: Conversation) {
        let kept = conversation.messages.first().and_then(|first| self.position(first.message.id)).unwrap_or(0);
        if kept == 0 {
            self.earlier.set(conversation.earlier);
        }
        self.used.set(conversation.used);
        self.summary.set(conversation.summary);
        self.changes.update(|n| *n += 1);
        let old = self.entries.get_untracked();
        let entries = conversation.messages.into_iter().map(|shown| {
            let Some(entry) = old.iter().find(|entry| entry.id() == shown.message.id) else { return Entry::new(shown) };
            let (before, now) = (entry.shown.get_untracked().message, &shown.message);
            // What was asked for before an answer's end may arrive after it: the page knows more.
            let late = now.status.is_running() && !before.status.is_running() && before.generation_id == now.generation_id;
            if before.status != now.status && !late {
                // Shown anew: with the key of the old one nobody would follow it.
                return Entry { key: browser::new_id(), shown: ArcRwSignal::new(shown) };
            }
            entry.shown.update(|s| s.siblings.clone_from(&shown.siblings));
            entry.clone()
        });
        let entries: Vec<Entry> = old[..kept].iter().cloned().chain(entries).collect();
        self.entries.set(entries);
    }

    /// Where a message stands.
    fn position(self, id: Uuid) -> Option<usize> {
        self.entries.read_untracked().iter().position(|entry| entry.id() == id)
    }

    /// A conversation that was just begun.
    fn new_chat(self, id: Uuid, title: String, now: DateTime<Utc>) -> Chat {
        Chat {
            id,
            title,
            model: None,
            assistant: self.badge(),
            running: true,
            unread: false,
            pinned: false,
            archived: false,
            folder_id: self.folder(),
            tags: Vec::new(),
            created_at: now,
            updated_at: now,
        }
    }

    fn show_running(self, started: &Started) {
        let Some(now) = browser::now() else { return };
        let known = self.chat.get_value();
        let chat = known.unwrap_or_else(|| self.new_chat(started.chat_id, String::new(), now));
        let title = untrack(|| self.chats.find(chat.id)).map_or(chat.title, |listed| listed.title);
        self.chats.put(Chat { running: true, updated_at: now, model: Some(started.model.clone()), title, ..chat });
    }
}

/// The run that writes one of these messages.
fn running_in(entries: &[Entry]) -> Option<Uuid> {
    entries.iter().rev().find_map(|entry| {
        let shown = entry.shown.read();
        shown.message.status.is_running().then_some(shown.message.generation_id).flatten()
    })
}

/// A message that the server has not shown us yet.
fn blank(id: Uuid, chat: Uuid, role: Author, content: &str) -> Shown {
    Shown {
        message: Message {
            id,
            session_id: chat,
            parent_id: None,
            role,
            content: content.to_owned(),
            reasoning: None,
            model: None,
            status: Status::Done,
            generation_id: None,
            usage: None,
            error: None,
            notices: Vec::new(),
            attachments: Vec::new(),
            created_at: browser::now().unwrap_or_default(),
            pinned: false,
        },
        blocks: Vec::new(),
        reasoning_blocks: Vec::new(),
        siblings: vec![id],
    }
}

/// The answer that a run has begun to write.
fn running(started: &Started, mut siblings: Vec<Uuid>) -> Shown {
    if !siblings.contains(&started.message_id) {
        siblings.push(started.message_id);
    }
    let mut shown = blank(started.message_id, started.chat_id, Author::Assistant, "");
    shown.message.status = Status::Running;
    shown.message.generation_id = Some(started.generation_id);
    shown.message.model = Some(started.model.clone());
    Shown { siblings, ..shown }
}
