//! What the page hears from the server without asking: whether it is connected, who is online, and that something has changed.

use leptos::prelude::*;

use super::chats::Chats;
use super::session::Me;
use crate::app::browser::{self, Heard};
use crate::model::presence::{FromPage, Topic, What};

/// The page's line to the server.
#[derive(Clone, Copy)]
pub struct Live {
    pub connected: RwSignal<bool>,
    /// Who is online, while it is watched: what the server said, for [`crate::model::presence::Online`] to be read from.
    pub online: RwSignal<Option<String>>,
    /// Counts what was heard of the export.
    pub export: RwSignal<u32>,
    watching: RwSignal<bool>,
    me: Me,
    chats: Chats,
}

impl Live {
    /// A line that is not open yet; `me` is read anew when the server says that it changed.
    pub fn of(me: Me, chats: Chats) -> Self {
        let (connected, watching) = (RwSignal::new(false), RwSignal::new(false));
        Self { connected, online: RwSignal::new(None), export: RwSignal::new(0), watching, me, chats }
    }

    /// Opens the line, once for the life of the page.
    pub fn start(self) {
        browser::connect(Callback::new(move |heard| self.hear(heard)));
    }

    /// Has the server tell who is online, until [`Live::unwatch`].
    pub fn watch(self) {
        self.watching.set(true);
        browser::say(FromPage::Watch { topic: Topic::Online });
    }

    pub fn unwatch(self) {
        self.watching.set(false);
        browser::say(FromPage::Unwatch { topic: Topic::Online });
    }

    fn hear(self, heard: Heard) {
        match heard {
            Heard::Lost => {
                self.connected.set(false);
                self.chats.told.set_value(Some(false));
            }
            Heard::Open => {
                self.connected.set(true);
                // What happened while the line was lost was not told.
                if self.chats.told.get_value() == Some(false) {
                    self.chats.refresh();
                }
                self.chats.told.set_value(Some(true));
                // A new line knows nothing of what the last one was asked for.
                if self.watching.get_untracked() {
                    browser::say(FromPage::Watch { topic: Topic::Online });
                }
            }
            Heard::Online(text) => self.online.set(Some(text)),
            Heard::Chats => self.chats.refresh(),
            Heard::Changed(What::Profile) => {
                let Me(me) = self.me;
                me.refetch();
            }
            Heard::Changed(What::Export) => self.export.update(|n| *n += 1),
        }
    }
}
