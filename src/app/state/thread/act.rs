//! What the reader does with a conversation: ask, edit, answer again, go on, stop, switch branches, look back.

use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::{Entry, Thread, blank, running};
use crate::app::browser;
use crate::app::state::file::{Attached, attachments};
use crate::app::state::session::leave_if_signed_out;
use crate::model::chat::{Chat, Conversation, Started, provisional_title};
use crate::model::error::{ApiError, Code};
use crate::model::file::Attachment;
use crate::model::message::Author;
use crate::rpc;

/// A message on its way, and what has to be put back if it does not arrive.
struct Sending {
    text: String,
    replaces: Option<Uuid>,
    files: Vec<Attached>,
    before: Vec<Entry>,
    entry: Entry,
}

/// A text that comes back, and what was typed since.
pub fn in_front(text: String, rest: Option<String>) -> String {
    match rest.filter(|rest| !rest.is_empty()) {
        Some(rest) => format!("{text}\n\n{rest}"),
        None => text,
    }
}

/// Where a message whose fate is not known is kept beside a draft: whether the line went, its request id, its files, its text. Sent again it is
/// the same request, by whomever (`public/live.js`, `public/desk.js`).
fn unsure(draft: &str) -> String {
    format!("{draft}.unsure")
}

impl Thread {
    /// Sends a message with the files beside it; `replaces` makes it a sibling of that one. The question is on the page at once. If the
    /// server does not take it, the page is as it was: the text and the files go back into the composer, an edited text into its editor.
    /// False: not now, or there is nothing to send.
    pub fn ask(self, text: String, replaces: Option<Uuid>) -> bool {
        if self.sending.get_untracked() || self.running.get_untracked().is_some() {
            return false;
        }
        if replaces.is_none() && !self.files.may_go() {
            self.returned.set(Some(text));
            return false;
        }
        // What replaces a question keeps its files.
        let files = if replaces.is_none() { self.files.take() } else { Vec::new() };
        if text.trim().is_empty() && files.is_empty() {
            return false;
        }
        let before = self.entries.get_untracked();
        let entry = self.show_question(&text, replaces, attachments(&files));
        self.sending.set(true);
        self.error.set(None);
        self.announcement.set("");
        self.jump_to_end();
        spawn_local(self.send(Sending { text, replaces, files, before, entry }));
        true
    }

    async fn send(self, sending: Sending) {
        let Sending { text, replaces, files, before, entry } = sending;
        let ids: Vec<String> = attachments(&files).iter().map(|file| file.id.to_string()).collect();
        let ids = Some(ids.join(",")).filter(|ids| !ids.is_empty());
        let said = format!("{}\n{text}", ids.as_deref().unwrap_or_default());
        let (request, key) = (self.request_id(&said), self.draft_key());
        let (chat, model, sent) = (self.id(), self.model.get_untracked(), Some(request.clone()));
        let assistant = self.badge().map(|badge| badge.id).filter(|_| chat.is_none());
        let sending = rpc::chat::send_message(chat, text.clone(), model, sent, replaces, ids, assistant, self.typed(), self.folder());
        let answer = sending.await;
        match &answer {
            // It may have arrived. Kept where the scripts beside the WASM find it, and for the page that comes after this one.
            Err(ApiError { code: code @ (Code::Offline | Code::Internal | Code::Unavailable), .. }) => {
                browser::store(&unsure(&key), &format!("{}\n{request}\n{said}", *code == Code::Offline));
            }
            _ => browser::forget(&unsure(&key)),
        }
        match answer {
            // The reader went to another page meanwhile: the text is a draft when they come back.
            Err(_) if self.sending.is_disposed() => browser::store(&key, &in_front(text, browser::stored(&key))),
            Ok(_) if self.sending.is_disposed() => {}
            Ok(started) => self.asked(&entry, started),
            Err(error) => {
                self.sending.set(false);
                match replaces {
                    Some(question) => self.edited.set_value(Some((question, text))),
                    None => self.returned.set(Some(text)),
                }
                self.entries.set(before);
                if !files.is_empty() {
                    self.files.list.set(files);
                }
                self.fail(error);
            }
        }
    }

    /// Answers a question again, in place of this answer.
    pub fn answer_again(self, message: Uuid) {
        let model = self.model.get_untracked();
        self.start(message, move |request| rpc::chat::regenerate(message, model, Some(request)));
    }

    /// Goes on with an answer that was cut short.
    pub fn go_on(self, message: Uuid) {
        self.start(message, move |request| rpc::chat::resume(message, Some(request)));
    }

    /// Stops the run that is going on.
    pub fn stop(self) {
        // Whoever asks when nothing is being written wants to know what is new: a script that had the server ask what waits.
        let Some(generation) = self.running.get_untracked() else { return self.look_again() };
        spawn_local(async move {
            if let Err(error) = rpc::chat::stop(generation).await {
                self.toasts.fail(&error);
            }
        });
    }

    /// Shows the branch that this message is on.
    pub fn select(self, message: Uuid) {
        spawn_local(async move {
            match rpc::chat::select(message).await {
                Ok(conversation) => self.merge(conversation),
                Err(error) => self.toasts.fail(&error),
            }
        });
    }

    /// Copies the branch that ends in this message into a conversation of its own, and goes there.
    pub fn fork(self, message: Uuid) {
        spawn_local(async move {
            match rpc::shelf::fork(message).await {
                Ok(chat) => {
                    let path = format!("/chat/{}", chat.id);
                    self.chats.put(chat);
                    self.go.run(path);
                }
                Err(error) => self.toasts.fail(&error),
            }
        });
    }

    /// Keeps a message in what models are shown, or takes that back.
    pub fn pin(self, entry: Entry) {
        let on = !entry.shown.read_untracked().message.pinned;
        spawn_local(async move {
            match rpc::context::pin(entry.id(), on).await {
                Ok(()) => {
                    entry.shown.update(|shown| shown.message.pinned = on);
                    _ = self.changes.try_update(|n| *n += 1);
                }
                Err(error) => self.toasts.fail(&error),
            }
        });
    }

    /// Fetches what is new: a summary that was just written, a question that had waited and its answer.
    pub(super) fn look_again(self) {
        let Some(chat) = self.id() else { return };
        spawn_local(async move {
            if let Ok(conversation) = rpc::chat::open(chat, None).await
                && !self.sending.is_disposed()
            {
                self.merge(conversation);
                request_animation_frame(move || self.follow_end());
            }
        });
    }

    /// Shows the messages before those that are on the page; what the reader looks at stays in its place.
    pub fn look_back(self) {
        let (Some(chat), Some(before)) = (self.id(), self.earlier.get_untracked()) else { return };
        spawn_local(async move {
            let conversation = match rpc::chat::earlier(chat, before).await {
                Ok(conversation) => conversation,
                Err(error) => return self.toasts.fail(&error),
            };
            let Some(scroller) = self.scroller.try_get_untracked().flatten() else { return };
            let height = browser::scroll_height(&scroller);
            self.earlier.set(conversation.earlier);
            self.entries.update(|entries| {
                entries.splice(0..0, conversation.messages.into_iter().map(Entry::new));
            });
            request_animation_frame(move || browser::keep_place(&scroller, height));
        });
    }

    /// The same id as before for a text whose sending failed on the way, else a new one.
    fn request_id(self, text: &str) -> String {
        let kept = browser::stored(&unsure(&self.draft_key())).unwrap_or_default();
        let mut kept = kept.splitn(3, '\n').skip(1);
        let (request, sent) = (kept.next(), kept.next());
        request.filter(|_| sent == Some(text)).map_or_else(|| browser::new_id().to_string(), str::to_owned)
    }

    fn show_question(self, text: &str, replaces: Option<Uuid>, attachments: Vec<Attachment>) -> Entry {
        let id = browser::new_id();
        let mut shown = blank(id, self.id().unwrap_or(id), Author::User, text);
        shown.message.attachments = attachments;
        let at = replaces.and_then(|old| self.position(old));
        if let Some(at) = at {
            self.entries.read_untracked()[at..].iter().for_each(Entry::keep_blocks);
        }
        self.entries.update(|entries| {
            if let Some(at) = at {
                let old = entries[at].shown.read_untracked();
                shown.siblings.clone_from(&old.siblings);
                shown.message.attachments.clone_from(&old.message.attachments);
                drop(old);
                entries.truncate(at);
            }
        });
        let entry = Entry::new(shown);
        self.entries.update(|entries| entries.push(entry.clone()));
        entry
    }

    /// The server took the question: its answer follows. A new conversation moves to its own page.
    fn asked(self, entry: &Entry, started: Started) {
        entry.shown.update(|shown| {
            let id = started.question_id.unwrap_or(shown.message.id);
            shown.message.id = id;
            if shown.siblings.len() == 1 && shown.siblings[0] == entry.key {
                shown.siblings.clear();
            }
            if !shown.siblings.contains(&id) {
                shown.siblings.push(id);
            }
        });
        self.show_running(&started);
        if self.id().is_none() {
            // It stays busy until it has gone: nothing more begins here.
            return self.move_to_own_page(entry, &started);
        }
        self.sending.set(false);
        self.entries.update(|entries| entries.push(Entry::new(running(&started, Vec::new()))));
        self.jump_to_end();
    }

    fn move_to_own_page(self, entry: &Entry, started: &Started) {
        let now = browser::now().unwrap_or_default();
        let model = Some(started.model.clone());
        // As the server calls it until the model has found a title.
        let title = {
            let message = &entry.shown.read_untracked().message;
            let named = message.attachments.first().map_or("", |file| file.name.as_str());
            provisional_title(if message.content.trim().is_empty() { named } else { &message.content })
        };
        let chat = Chat { model, ..self.new_chat(started.chat_id, title, now) };
        self.take_draft_along(&chat);
        let messages = vec![entry.shown.get_untracked(), running(started, Vec::new())];
        let setup = self.setup.get_untracked();
        let used = Default::default();
        self.handoff.0.set(Some(Conversation { chat, messages, earlier: None, setup, summary: None, used }));
        self.go.run(format!("/chat/{}", started.chat_id));
    }

    /// What was typed and picked meanwhile, and is until the other page is there, belongs to the conversation.
    fn take_draft_along(self, chat: &Chat) {
        let old = self.draft_key();
        self.chat.set_value(Some(chat.clone()));
        for part in ["", ".files"] {
            let key = format!("{old}{part}");
            if let Some(kept) = browser::stored(&key) {
                browser::forget(&key);
                browser::store(&format!("{}{part}", self.draft_key()), &kept);
            }
        }
    }

    /// Starts a run for an answer that is on the page.
    fn start<F>(self, message: Uuid, call: impl FnOnce(String) -> F + 'static)
    where
        F: Future<Output = rpc::Rpc<Started>> + 'static,
    {
        if self.sending.get_untracked() || self.running.get_untracked().is_some() {
            return;
        }
        self.sending.set(true);
        self.error.set(None);
        self.announcement.set("");
        spawn_local(async move {
            let answer = call(browser::new_id().to_string()).await;
            if self.sending.is_disposed() {
                return;
            }
            self.sending.set(false);
            match answer {
                Ok(started) => self.started(message, &started),
                Err(error) => self.fail(error),
            }
        });
    }

    fn started(self, message: Uuid, started: &Started) {
        self.show_running(started);
        let Some(at) = self.position(message) else { return };
        self.entries.update(|entries| {
            if started.message_id == message {
                entries[at].shown.update(|shown| {
                    shown.message.status = crate::model::generation::Status::Running;
                    shown.message.generation_id = Some(started.generation_id);
                    shown.message.error = None;
                    shown.message.notices.clear();
                    shown.message.content.clear();
                });
            } else {
                let siblings = entries[at].shown.read_untracked().siblings.clone();
                entries.truncate(at);
                entries.push(Entry::new(running(started, siblings)));
            }
        });
        self.jump_to_end();
    }

    fn fail(self, error: ApiError) {
        if !leave_if_signed_out(&error) {
            self.error.set(Some(error));
        }
    }
}
