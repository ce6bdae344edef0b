//! `/api/llm/…`: ask a model, read conversations, follow and stop runs.

use axum::extract::{DefaultBodyLimit, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::problem::{Json, Path, Problem, Query, page_size, problems};
use super::stream::Events;
use super::temporary::{self, TemporaryAnswer};
use crate::model::Page;
use crate::model::chat::{Ask, Chat, Opening, Started};
use crate::model::generation::{Failure, Status};
use crate::model::message::Message;
use crate::model::passage::Source;
use crate::model::queue::Queued;
use crate::model::setup::{Effort, Setup};
use crate::model::shelf::Selection;
use crate::model::temporary::Said;
use crate::model::usage::Used;
use crate::server::Server;
use crate::server::error::Error;
use crate::server::http::sse;
use crate::server::service::chat;
use crate::server::service::generation::{self, Whole};
use crate::server::service::queue::{self, Sent};
use crate::server::service::viewer::Viewer;

/// Most bytes of a question's body.
pub(super) const QUESTION_MAX: usize = 2 * 1024 * 1024;

/// The routes, with their documentation.
pub fn routes() -> OpenApiRouter<Server> {
    OpenApiRouter::new()
        .routes(routes!(ask))
        .routes(routes!(messages))
        .routes(routes!(sessions))
        .routes(routes!(stop))
        .routes(routes!(events))
        // A message of 100,000 characters has up to 400 kB, more with JSON's escapes.
        .layer(DefaultBodyLimit::max(QUESTION_MAX))
}

/// What a program sends to get an answer.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The message, Markdown, at most 100,000 characters.
    #[schema(example = "Why is the sky darker at altitude?")]
    pub message: String,
    /// The conversation; absent: a new one.
    pub session_id: Option<Uuid>,
    /// `provider/model`; a bare name where it is unambiguous. Absent: the conversation's, else the default.
    #[schema(example = "local/smollm2-135m-instruct")]
    pub model: Option<String>,
    /// True: answer as server-sent events.
    #[serde(default)]
    pub stream: bool,
    /// True: while an answer is being written in the conversation the message waits for its end (202), instead of being refused (409).
    #[serde(default)]
    pub queue: bool,
    /// Made by the client, at most 100 characters: the same id starts one run however often it arrives.
    pub request_id: Option<String>,
    /// True: nothing is stored, neither the message nor the answer, which has no ids and ends when the client goes away. What was said
    /// before goes along as `history`. Without `session_id`, `folder_id`, `attachments`, `queue` and `request_id`.
    #[serde(default)]
    pub temporary: bool,
    /// Of a temporary chat: what was said before, oldest first; at most 400 turns, 400,000 characters together.
    #[serde(default)]
    #[schema(max_items = 400)]
    pub history: Vec<Said>,
    // The fields of [`Setup`] stand here one by one: serde forgets the name of a wrong field in a flattened struct.
    /// Files that go with the message, in order; at most 10. Their text or picture has to be read: `state` is `ready`.
    #[serde(default)]
    #[schema(max_items = 10)]
    pub attachments: Vec<Uuid>,
    /// Of a new conversation: the assistant that it begins with. What is given below goes before what the assistant has.
    pub assistant_id: Option<Uuid>,
    /// Of a new conversation: the folder that it is in. What the folder says holds where nothing else does.
    pub folder_id: Option<Uuid>,
    /// Of a new conversation: what the models are told before anything else, at most 20,000 characters. It is kept with the
    /// conversation, like the parameters below; `PATCH /api/llm/sessions/{id}/` changes them.
    #[schema(example = "Answer in one sentence.")]
    pub system_prompt: Option<String>,
    /// 0 to 2.
    #[schema(minimum = 0, maximum = 2, example = 0.7)]
    pub temperature: Option<f32>,
    /// Above 0, at most 1.
    #[schema(exclusive_minimum = 0, maximum = 1, example = 0.9)]
    pub top_p: Option<f32>,
    /// Most tokens of an answer.
    #[schema(minimum = 1, maximum = 1_000_000, example = 2000)]
    pub max_tokens: Option<u32>,
    pub reasoning_effort: Option<Effort>,
    /// An answer ends before the first of these; at most 4, each of at most 100 characters.
    #[schema(max_items = 4)]
    pub stop: Option<Vec<String>>,
}

impl Question {
    /// What is asked, and what a new conversation begins with.
    pub(super) fn parts(self) -> (Ask, Opening) {
        let Self { message, session_id, model, request_id, assistant_id, folder_id, .. } = self;
        let Self { system_prompt, temperature, top_p, max_tokens, reasoning_effort, stop, .. } = self;
        let stop = stop.unwrap_or_default();
        let setup = Setup { system_prompt, temperature, top_p, max_tokens, reasoning_effort, stop };
        let ask = Ask { chat_id: session_id, text: message, model, request_id, replaces: None };
        let setup = Some(setup).filter(|setup| !setup.is_default());
        (ask, Opening { setup, assistant: assistant_id, folder: folder_id })
    }
}

/// A whole answer.
#[derive(Serialize, ToSchema)]
pub struct Answer {
    pub session_id: Uuid,
    pub message_id: Uuid,
    pub generation_id: Uuid,
    pub content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    pub model: String,
    pub status: Status,
    pub usage: Option<Used>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Failure>,
    /// Passages of long documents that the model was shown; the answer cites them as `[n]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Source>,
}

/// What a question is answered with: of a temporary one nothing is stored, so it has no ids.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it is what the document says")]
enum Reply {
    Stored(Answer),
    Temporary(TemporaryAnswer),
}

/// A message, and what it can cite.
#[derive(Serialize, ToSchema)]
pub struct Cited {
    #[serde(flatten)]
    message: Message,
    /// Of an answer: passages of long documents that the model was shown; the answer cites them as `[n]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sources: Vec<Source>,
}

problems!(AskProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, TooLarge, UnsupportedMediaType, Invalid, Internal, Upstream, Unavailable);
problems!(ReadProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);
problems!(FollowProblems: Malformed, Unauthenticated, Forbidden, NotFound, Conflict, Internal);
problems!(ListProblems: Malformed, Unauthenticated, Forbidden, Invalid, Internal);
problems!(IdProblems: Malformed, Unauthenticated, Forbidden, NotFound, Internal);

/// Ask a model
///
/// Stores the message and its answer. The run goes on when the client goes away; `GET /api/llm/generations/{id}/events/` follows it again.
/// With `stream` the events are `start`, then `delta`, `reasoning` and `notice`, then `end`; `id` is the event's number.
/// With `temporary` nothing is stored, and the run ends when the client goes away.
#[utoipa::path(post, operation_id = "ask", path = "/api/llm/chat/", tag = "llm", request_body = Question, security(("bearer" = [])),
    responses(
        (status = 200, description = "The answer, or its events where `stream` is true", content((Reply = "application/json"), (String = "text/event-stream"))),
        (status = 202, description = "With `queue`: the message waits", body = Queued), AskProblems))]
async fn ask(State(server): State<Server>, viewer: Viewer, Json(question): Json<Question>) -> Result<Response, Problem> {
    temporary::check(&question)?;
    if question.temporary {
        return temporary::answer(&server, &viewer, question).await;
    }
    let (stream, wait) = (question.stream, question.queue);
    let attachments = question.attachments.clone();
    let (ask, opening) = question.parts();
    let sent = match wait {
        true => queue::send(&server, &viewer, ask, opening, &attachments).await?,
        false => Sent::Asked(generation::send_with(&server, &viewer, ask, opening, &attachments).await?),
    };
    let started = match sent {
        Sent::Asked(started) => started,
        Sent::Waits(queued) => return Ok((StatusCode::ACCEPTED, Json(*queued)).into_response()),
    };
    if stream {
        let follower = generation::follow(&server, &viewer, started.generation_id, 0).await?;
        return Ok(sse::response(Events::stored(follower, 0)));
    }
    let whole = generation::whole(&server, &viewer, &started).await?;
    if let Some(error) = whole.end.error.as_ref().filter(|_| whole.content.is_empty()) {
        return Err(Error::upstream(error).into());
    }
    Ok(Json(answer(started, whole)).into_response())
}

fn answer(started: Started, whole: Whole) -> Answer {
    let Whole { content, reasoning, model, sources, end } = whole;
    Answer {
        session_id: started.chat_id,
        message_id: started.message_id,
        generation_id: started.generation_id,
        content,
        reasoning,
        model,
        status: end.status,
        usage: end.usage,
        error: end.error,
        sources,
    }
}

/// Where a page of a list begins, and how long it is.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct MessagesQuery {
    /// The conversation.
    session_id: Uuid,
    /// The `next` of the page before.
    after: Option<Uuid>,
    /// Items of a page; 30 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Messages of a conversation
///
/// All branches, oldest first; `parent_id` makes the tree.
#[utoipa::path(get, operation_id = "messages", path = "/api/llm/messages/", tag = "llm", params(MessagesQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "A page of messages", body = Page<Cited>), ReadProblems))]
async fn messages(State(server): State<Server>, viewer: Viewer, Query(query): Query<MessagesQuery>) -> Result<Json<Page<Cited>>, Problem> {
    let Page { items: found, next } = chat::messages(&server, &viewer, query.session_id, query.after, query.limit).await?;
    let mut items = Vec::with_capacity(found.len());
    for message in found {
        items.push(Cited { sources: chat::sources(&server, &message).await?, message });
    }
    Ok(Json(Page { items, next }))
}

/// Where a page of conversations begins.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SessionsQuery {
    /// True: those that are archived. Absent: those that are not.
    archived: Option<bool>,
    /// True: those that are pinned; false: the others.
    pinned: Option<bool>,
    /// Those in this folder.
    folder_id: Option<Uuid>,
    /// Those with this tag.
    tag: Option<String>,
    /// The `next` of the page before.
    after: Option<String>,
    /// Items of a page; 30 if absent.
    #[serde(default, deserialize_with = "page_size")]
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// Conversations
///
/// Last written first.
#[utoipa::path(get, operation_id = "sessions", path = "/api/llm/sessions/", tag = "llm", params(SessionsQuery), security(("bearer" = [])),
    responses(
        (status = 200, description = "A page of conversations", body = Page<Chat>), ListProblems))]
async fn sessions(State(server): State<Server>, viewer: Viewer, Query(query): Query<SessionsQuery>) -> Result<Json<Page<Chat>>, Problem> {
    let SessionsQuery { archived, pinned, folder_id, tag, after, limit } = query;
    let selection = Selection { archived: archived.or(Some(false)), pinned, folder: folder_id, tag };
    Ok(Json(chat::select_some(&server, &viewer, &selection, after.as_deref(), limit).await?))
}

/// Stop a run
///
/// What was read stays. A run that has ended stays as it is.
#[utoipa::path(post, operation_id = "stop", path = "/api/llm/generations/{id}/stop/", tag = "llm", params(("id" = Uuid, Path, description = "The run")), security(("bearer" = [])),
    responses(
        (status = 204, description = "Stopped, or ended before"), IdProblems))]
async fn stop(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>) -> Result<StatusCode, Problem> {
    generation::stop(&server, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where a reader goes on.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct EventsQuery {
    /// The number of the last event that was read; `Last-Event-ID` does the same and is stronger.
    after: Option<u64>,
}

/// Follow a run
///
/// Every event after the given one, exactly once, then `end`. A stream that closes without `end` is to be resumed. The log is kept for
/// an hour after the end; later the answer comes as one event, or where a part of it was read, as 409: read the message.
#[utoipa::path(get, operation_id = "events", path = "/api/llm/generations/{id}/events/", tag = "llm", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The run"), EventsQuery),
    responses(
        (status = 200, description = "The events", content_type = "text/event-stream", body = String), FollowProblems))]
async fn events(
    State(server): State<Server>,
    viewer: Viewer,
    Path(id): Path<Uuid>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let last = sse::last_event_id(&headers).and_then(|id| id.parse().ok());
    let after = last.or(query.after).unwrap_or(0);
    let follower = generation::follow(&server, &viewer, id, after).await?;
    Ok(sse::response(Events::stored(follower, after)))
}
