//! What stands over every page for a moment: the command palette, the sheet of shortcuts. Its code comes when it is opened.

use leptos::prelude::*;

use crate::app::browser::AppKey;
use crate::app::chunk::Part;

/// The part that is open.
#[derive(Clone, Copy, Default)]
pub struct Opened(pub RwSignal<Option<Part>>);

impl Opened {
    /// What a key asks for. What is open stays: it closes itself, and gives the focus back.
    pub fn by_key(self, key: AppKey) {
        let part = if key == AppKey::Palette { Part::Palette } else { Part::Keys };
        if self.0.get_untracked() != Some(part) {
            self.0.set(Some(part));
        }
    }
}
