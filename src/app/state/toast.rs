//! Short messages at the edge of the page, some with something to do about them.

use std::time::Duration;

use leptos::prelude::*;

use super::session::leave_if_signed_out;
use crate::i18n::{Texts, sentence};
use crate::model::error::ApiError;

/// How long a toast stays: long enough to read it and to undo.
const STAY: Duration = Duration::from_secs(7);

/// One message.
#[derive(Clone)]
pub struct Toast {
    pub id: u64,
    pub text: String,
    pub error: bool,
    /// A button: its label, and what it does.
    pub action: Option<(&'static str, Callback<()>)>,
}

/// The messages that are shown.
#[derive(Clone, Copy)]
pub struct Toasts {
    pub shown: RwSignal<Vec<Toast>>,
    count: StoredValue<u64>,
    texts: &'static Texts,
}

impl Toasts {
    pub fn new(texts: &'static Texts) -> Self {
        Self { shown: RwSignal::default(), count: StoredValue::default(), texts }
    }

    /// Says something.
    pub fn say(self, text: impl Into<String>, action: Option<(&'static str, Callback<()>)>) {
        self.push(text.into(), false, action);
    }

    /// Says what went wrong; a session that is over leads to the sign-in page instead.
    pub fn fail(self, error: &ApiError) {
        if !leave_if_signed_out(error) {
            self.push(sentence(self.texts, error), true, None);
        }
    }

    pub fn dismiss(self, id: u64) {
        // The page may be gone when the time is up.
        let _ = self.shown.try_update(|shown| shown.retain(|toast| toast.id != id));
    }

    fn push(self, text: String, error: bool, action: Option<(&'static str, Callback<()>)>) {
        self.count.update_value(|n| *n += 1);
        let id = self.count.get_value();
        self.shown.update(|shown| shown.push(Toast { id, text, error, action }));
        set_timeout(move || self.dismiss(id), STAY);
    }
}
