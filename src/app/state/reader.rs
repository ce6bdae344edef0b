//! What the server knows of who reads a page, for the page's head: no WASM knows what it is.

use http::request::Parts;
use leptos::prelude::*;
use uuid::Uuid;

/// What the server puts into the extensions of the page's request.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    pub user_id: Uuid,
    /// Conversations with an answer that nobody has looked at, the one of this page apart.
    pub unread: u32,
    /// Whether they want to be told of finished answers.
    pub answer_ready: bool,
}

/// Who reads the page; nobody in a browser, and before sign-in.
pub fn reader() -> Option<Reader> {
    use_context::<Parts>()?.extensions.get().copied()
}
