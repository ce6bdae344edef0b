//! What the page hears from the server without asking: whether it is connected, who is online, and that something has changed.

use leptos::prelude::*;

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
}

impl Live {
    /// A line that is not open yet; `me` is read anew when the server says that it changed.
    pub fn of(me: Me) -> Self {
        Self { connected: RwSignal::new(false), online: RwSignal::new(None), export: RwSignal::new(0), watching: RwSignal::new(false), me }
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
            Heard::Lost => self.connected.set(false),
            Heard::Open => {
                self.connected.set(true);
                // A new line knows nothing of what the last one was asked for.
                if self.watching.get_untracked() {
                    browser::say(FromPage::Watch { topic: Topic::Online });
                }
            }
            Heard::Online(text) => self.online.set(Some(text)),
            Heard::Changed(What::Profile) => {
                let Me(me) = self.me;
                me.refetch();
            }
            Heard::Changed(What::Export) => self.export.update(|n| *n += 1),
        }
    }
}
