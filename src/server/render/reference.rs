//! Link references: `[text][label]` and the definitions of labels.

use std::collections::HashMap;
use std::sync::Arc;

use pulldown_cmark::{BrokenLink, CowStr, Parser};

use super::cite::Sources;
use super::inline::options;
use crate::model::passage::Source;

/// Link reference definitions of the blocks that are finished: lower-case label → address and title. And what can be cited.
#[derive(Default)]
pub(super) struct References {
    defined: HashMap<String, (String, String)>,
    pub sources: Sources,
}

impl References {
    /// Of a text that can cite these.
    pub(super) fn to(sources: Arc<[Source]>) -> Self {
        Self { defined: HashMap::new(), sources: Sources::new(sources) }
    }

    /// The list of what was cited.
    pub(super) fn list(&mut self) -> Option<String> {
        self.sources.list()
    }

    /// Takes up the definitions of a finished block.
    pub(super) fn learn(&mut self, source: &str) {
        if !source.contains("]:") {
            return;
        }
        for (label, link) in Parser::new_ext(source, options()).reference_definitions().iter() {
            let title = link.title.as_deref().unwrap_or_default().to_owned();
            self.defined.entry(label.to_lowercase()).or_insert_with(|| (link.dest.to_string(), title));
        }
    }

    /// The address and title of a link whose definition is not in its own block.
    pub(super) fn find<'a>(&self, link: &BrokenLink) -> Option<(CowStr<'a>, CowStr<'a>)> {
        if let Some(address) = self.sources.address(&link.reference) {
            return Some((address.into(), CowStr::Borrowed("")));
        }
        let (url, title) = self.defined.get(&link.reference.to_lowercase())?;
        Some((url.clone().into(), title.clone().into()))
    }
}
