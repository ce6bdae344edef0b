//! What the page of a temporary chat begins with. The server puts it there, and a script goes on with it: no WASM knows what it is.

use http::request::Parts;
use leptos::prelude::*;

/// Where the server writes the answer while it comes; what was said, for the next question; and what is being written. In this order.
pub const MARKS: [&str; 3] = ["<!--answer-->", "<!--said-->", "<!--draft-->"];

/// HTML that the server puts into the extensions of the page's request.
#[derive(Clone)]
pub struct Talk {
    /// The turns so far.
    pub log: String,
    /// Why the last question was not asked.
    pub refused: Option<String>,
    /// The model that was chosen.
    pub model: Option<String>,
}

/// What was said; nothing where it begins. The marks are on the page where there is something.
pub fn talk() -> Option<Talk> {
    use_context::<Parts>()?.extensions.get().cloned()
}
