//! What stood in a form for a message that was refused: a page without scripts shows it again.

use http::request::Parts;
use leptos::prelude::*;
use uuid::Uuid;

/// What somebody wrote, and the question that it was to replace. The server puts it into the extensions of the page's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    pub text: String,
    pub replaces: Option<Uuid>,
}

/// What was written in place of this question, or for a new one, and was refused. A browser keeps by itself what stands in its page.
pub fn returned(replaces: Option<Uuid>) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let returned = parts.extensions.get::<Returned>()?;
    (returned.replaces == replaces).then(|| returned.text.clone())
}
