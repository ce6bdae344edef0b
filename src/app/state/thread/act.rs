//! What the reader does with a conversation: ask, edit, answer again, go on, stop, switch branches, look back.

use leptos::prelude::*;
use leptos::task::spawn_local;
use uuid::Uuid;

use super::{Entry, Thread, blank, running};
use crate::app::browser;
use crate::app::state::session::leave_if_signed_out;
use crate::model::chat::{Chat, Conversation, Started, provisional_title};
use crate::model::error::{ApiError, Code};
use crate::model::message::Author;
use crate::rpc;

impl Thread {
    /// Sends a message; `replaces` makes it a sibling of that one. The question is on the page at once. If the server does
    /// not take it, the page is as it was and the text goes back into the composer.
    pub fn ask(self, text: String, replaces: Option<Uuid>) {
        if text.trim().is_empty() || self.sending.get_untracked() || self.running.get_untracked().is_some() {
            return;
        }
        let before = self.entries.get_untracked();
        let entry = self.show_question(&text, replaces);
        self.sending.set(true);
        self.error.set(None);
        self.announcement.set("");
        self.jump_to_end();
        let request = self.request_id(&text);
        spawn_local(async move {
            let (chat, model, sent) = (self.id(), self.model.get_untracked(), Some(request.clone()));
            let assistant = self.badge().map(|badge| badge.id).filter(|_| chat.is_none());
            let answer =
                rpc::chat::send_message(chat, text.clone(), model, sent, replaces, None, assistant, self.typed(), self.folder()).await;
            if self.sending.is_disposed() {
                return;
            }
            self.sending.set(false);
            match answer {
                Ok(started) => self.asked(&entry, started),
                Err(error) => {
                    let unsure = matches!(error.code, Code::Offline | Code::Internal | Code::Unavailable);
                    self.unsure.set_value(unsure.then(|| (text.clone(), request)));
                    self.entries.set(before);
                    self.returned.set(Some(text));
                    self.fail(error);
                }
            }
        });
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
        let Some(generation) = self.running.get_untracked() else { return };
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
        let unsure = self.unsure.with_value(|unsure| unsure.as_ref().filter(|(sent, _)| sent == text).map(|(_, id)| id.clone()));
        unsure.unwrap_or_else(|| browser::new_id().to_string())
    }

    fn show_question(self, text: &str, replaces: Option<Uuid>) -> Entry {
        let id = browser::new_id();
        let mut shown = blank(id, self.id().unwrap_or(id), Author::User, text);
        let at = replaces.and_then(|old| self.position(old));
        self.entries.update(|entries| {
            if let Some(at) = at {
                shown.siblings.clone_from(&entries[at].shown.read_untracked().siblings);
                entries.truncate(at);
            }
        });
        let entry = Entry::new(shown);
        self.entries.update(|entries| entries.push(entry.clone()));
        entry
    }

    /// The server took the question: its answer follows. A new conversation moves to its own page.
    fn asked(self, entry: &Entry, started: Started) {
        self.unsure.set_value(None);
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
            return self.move_to_own_page(entry, &started);
        }
        self.entries.update(|entries| entries.push(Entry::new(running(&started, Vec::new()))));
        self.jump_to_end();
    }

    fn move_to_own_page(self, entry: &Entry, started: &Started) {
        let now = browser::now().unwrap_or_default();
        let model = Some(started.model.clone());
        // As the server calls it until the model has found a title.
        let title = provisional_title(&entry.shown.read_untracked().message.content);
        let chat = Chat { model, ..self.new_chat(started.chat_id, title, now) };
        let messages = vec![entry.shown.get_untracked(), running(started, Vec::new())];
        let setup = self.setup.get_untracked();
        let used = Default::default();
        self.handoff.0.set(Some(Conversation { chat, messages, earlier: None, setup, summary: None, used }));
        self.go.run(format!("/chat/{}", started.chat_id));
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
