//! What waits above the composer. The server writes it into the page, and a script keeps it (`public/desk.js`): no WASM knows what it is.

use http::request::Parts;
use leptos::prelude::*;

/// HTML that the server puts into the extensions of the page's request.
#[derive(Clone)]
pub struct Waiting {
    /// The list.
    pub list: String,
    /// For a page without scripts, while an answer is being written.
    pub plain: String,
}

/// What waits, and what a page without scripts is told; nothing in a browser.
pub fn waiting() -> Option<Waiting> {
    use_context::<Parts>()?.extensions.get().cloned()
}
