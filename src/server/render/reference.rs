//! Link references: `[text][label]` and the definitions of labels.

use std::collections::HashMap;

use pulldown_cmark::{BrokenLink, CowStr, Parser};

use super::inline::options;

/// Link reference definitions of the blocks that are finished: lower-case label → address and title.
#[derive(Default)]
pub(super) struct References(HashMap<String, (String, String)>);

impl References {
    /// Takes up the definitions of a finished block.
    pub(super) fn learn(&mut self, source: &str) {
        if !source.contains("]:") {
            return;
        }
        for (label, link) in Parser::new_ext(source, options()).reference_definitions().iter() {
            let title = link.title.as_deref().unwrap_or_default().to_owned();
            self.0.entry(label.to_lowercase()).or_insert_with(|| (link.dest.to_string(), title));
        }
    }

    /// The address and title of a link whose definition is not in its own block.
    pub(super) fn find<'a>(&self, link: &BrokenLink) -> Option<(CowStr<'a>, CowStr<'a>)> {
        let (url, title) = self.0.get(&link.reference.to_lowercase())?;
        Some((url.clone().into(), title.clone().into()))
    }
}
