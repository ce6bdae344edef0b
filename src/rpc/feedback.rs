//! What people think of answers, for who looks after the models.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::feedback::{FeedbackCount, FeedbackQuery};

/// How many answers of each model were found good or bad, and why. Administrators only.
#[server(endpoint = "feedback/counts", output = crate::rpc::Wire)]
pub async fn counts(query: Option<FeedbackQuery>) -> Rpc<Vec<FeedbackCount>> {
    use crate::server::service::feedback;
    let (server, viewer) = asked()?;
    answer(feedback::counts(&server, &viewer, query.unwrap_or_default()).await)
}
