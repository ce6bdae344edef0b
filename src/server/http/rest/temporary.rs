//! `POST /api/llm/chat/` with `temporary`: an answer of which nothing is stored. It ends with the request that asked for it.

use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CACHE_CONTROL;
use serde::Serialize;
use utoipa::ToSchema;

use super::llm::Question;
use super::problem::{Json, Problem};
use super::stream::Events;
use crate::model::error::{Fields, Rule};
use crate::model::generation::{Failure, Status};
use crate::model::usage::Used;
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::http::sse;
use crate::server::service::generation::{self, Spoken, Whole};
use crate::server::service::viewer::Viewer;

/// An answer of which nothing is stored.
#[derive(Serialize, ToSchema)]
pub struct TemporaryAnswer {
    /// Always true.
    pub temporary: bool,
    pub content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    /// The model that really answered.
    pub model: String,
    pub status: Status,
    pub usage: Option<Used>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
}

/// Whether what is asked fits together. Errors: `Invalid`.
pub fn check(question: &Question) -> Result<()> {
    let mut fields = Fields::default();
    if !question.temporary {
        if !question.history.is_empty() {
            fields.add("history", Rule::Unknown, "history is for temporary chats; of others the server has it.");
        }
        return Ok(fields.check()?);
    }
    let stored = [
        ("session_id", question.session_id.is_some(), "A temporary chat is no stored conversation: send what was said as history."),
        ("folder_id", question.folder_id.is_some(), "A temporary chat is in no folder."),
        ("attachments", !question.attachments.is_empty(), "A temporary chat takes no files: they would have to be stored."),
        ("queue", question.queue, "Nothing waits in a temporary chat: it is not stored."),
        ("request_id", question.request_id.is_some(), "Nothing is remembered of a temporary chat, request ids neither."),
    ];
    for (field, _, sentence) in stored.into_iter().filter(|(_, given, _)| *given) {
        fields.add(field, Rule::Unknown, sentence);
    }
    Ok(fields.check()?)
}

/// Asks, and answers whole or as events.
pub async fn answer(server: &Server, viewer: &Viewer, mut question: Question) -> std::result::Result<Response, Problem> {
    let (stream, history) = (question.stream, std::mem::take(&mut question.history));
    let (ask, opening) = question.parts();
    let passing = generation::pass(server, viewer, Spoken { text: ask.text, history, model: ask.model, opening }).await?;
    if stream {
        return Ok(unkept(sse::response(Events::temporary(passing))));
    }
    let Whole { content, reasoning, model, end, .. } = passing.whole().await;
    if let Some(error) = end.error.as_ref().filter(|_| content.is_empty()) {
        return Err(Error::upstream(error).into());
    }
    let answer = TemporaryAnswer { temporary: true, content, reasoning, model, status: end.status, usage: end.usage, error: end.error };
    Ok(unkept(Json(answer).into_response()))
}

/// Nobody on the way keeps it either.
pub fn unkept(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    response
}
