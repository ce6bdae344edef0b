//! `/temporary`: the page of a conversation that nobody stores. A question goes to the same address, with what was said before, and its answer
//! comes in the response: as events for the page's script, else as the page itself, whose blocks are written as they are finished.

mod page;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::multipart::MultipartError;
use axum::extract::{FromRequest, Multipart, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::request::Parts;
use serde::{Deserialize, Serialize};

use super::notice::locale;
use super::rest::problem::{Json, Problem};
use super::rest::unkept;
use super::sse::{self, Frames};
use super::ssr;
use super::viewer::limited;
use crate::i18n::usage::{count, money};
use crate::i18n::{Texts, failure_sentence, notice_sentence, sentence};
use crate::model::chat::Opening;
use crate::model::error::{ApiError, Code};
use crate::model::generation::{NoticeCode, Status};
use crate::model::temporary::Said;
use crate::model::usage::Used;
use crate::server::Server;
use crate::server::error::{Error, Result, status};
use crate::server::service::generation::{self, End, Frame, Passing, Spoken};
use crate::server::service::import;
use crate::server::service::viewer::Viewer;

/// Where it is.
pub const PATH: &str = "/temporary";
/// Where it becomes a stored one.
pub const KEEP: &str = "/temporary/keep";

/// What its doors need.
#[derive(Clone)]
pub struct Door {
    server: Server,
    /// Answers with the page, rendered.
    page: Router,
}

/// The page, and what is asked on it.
pub fn router(server: &Server, page: Router) -> Router {
    let door = Door { server: server.clone(), page: page.clone() };
    let asking = Router::new().route(PATH, post(ask)).route(KEEP, post(keep)).with_state(door);
    page.merge(asking)
}

/// As the script sends it, and the form.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    message: String,
    #[serde(default)]
    history: Vec<Said>,
    model: Option<String>,
}

/// What came: from the script, or of the form.
enum Came {
    Script(Question),
    Form(Box<Parts>, Question, Result<()>),
}

/// Reads it. Errors: the answer, for who cannot ask or whose request cannot be read.
async fn came(viewer: std::result::Result<Viewer, Problem>, request: Request) -> std::result::Result<(Viewer, Came), Box<Response>> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let script = kind.is_some_and(|kind| kind.starts_with("application/json"));
    let viewer = viewer.map_err(|problem| match script {
        true => Box::new(problem.into_response()),
        // A form is read by a person, who is led to what comes first.
        false if limited(request.extensions()).is_some() => Box::new(ssr::see_other("/settings/security")),
        false => Box::new(ssr::see_other("/login")),
    })?;
    if script {
        let Json(question) = Json::<Question>::from_request(request, &()).await.map_err(|problem| Box::new(problem.into_response()))?;
        return Ok((viewer, Came::Script(question)));
    }
    let (parts, body) = request.into_parts();
    let (question, read) = form(Request::from_parts(parts.clone(), body)).await;
    Ok((viewer, Came::Form(Box::new(parts), question, read)))
}

async fn ask(State(door): State<Door>, viewer: std::result::Result<Viewer, Problem>, parts: Parts, request: Request) -> Response {
    let texts = locale(&parts).texts();
    let (viewer, came) = match came(viewer, request).await {
        Ok(came) => came,
        Err(response) => return *response,
    };
    let question = match came {
        Came::Script(question) => question,
        Came::Form(parts, question, Err(error)) => return page::answer(&door, *parts, question, Err(error)).await,
        Came::Form(parts, question, Ok(())) => {
            let asked = begin(&door.server, &viewer, &question).await;
            return page::answer(&door, *parts, question, asked).await;
        }
    };
    match begin(&door.server, &viewer, &question).await {
        Ok(passing) => unkept(sse::response(Events { model: passing.model().to_owned(), passing, texts, greeted: false })),
        Err(error) => refused(texts, error.into_api()),
    }
}

/// Stores what was said, because its person says so, and leads there.
async fn keep(State(door): State<Door>, viewer: std::result::Result<Viewer, Problem>, parts: Parts, request: Request) -> Response {
    let texts = locale(&parts).texts();
    let (viewer, came) = match came(viewer, request).await {
        Ok(came) => came,
        Err(response) => return *response,
    };
    let (server, tag) = (&door.server, texts.temporary().kept_title);
    match came {
        Came::Script(question) => match import::keep(server, &viewer, question.history, tag).await {
            Ok(id) => unkept(axum::Json(serde_json::json!({ "path": format!("/chat/{id}") })).into_response()),
            Err(error) => refused(texts, error.into_api()),
        },
        Came::Form(parts, question, Err(error)) => page::answer(&door, *parts, question, Err(error)).await,
        Came::Form(parts, question, Ok(())) => match import::keep(server, &viewer, question.history.clone(), tag).await {
            Ok(id) => ssr::see_other(&format!("/chat/{id}")),
            Err(error) => page::answer(&door, *parts, question, Err(error)).await,
        },
    }
}

async fn begin(server: &Server, viewer: &Viewer, question: &Question) -> Result<Passing> {
    let Question { message, history, model } = question;
    let spoken = Spoken { text: message.clone(), history: history.clone(), model: model.clone(), opening: Opening::default() };
    generation::pass(server, viewer, spoken).await
}

/// Reads the form: what came before an error stays of it.
async fn form(request: Request) -> (Question, Result<()>) {
    let mut question = Question::default();
    let read = fill(&mut question, request).await;
    (question, read)
}

async fn fill(question: &mut Question, request: Request) -> Result<()> {
    let malformed = |said: &str| Error::new(Code::Malformed, format!("The form cannot be read: {said}."));
    let wrong = |error: MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(Code::TooLarge, "That is too large."),
        _ => malformed(&error.body_text()),
    };
    let mut form = Multipart::from_request(request, &()).await.map_err(|refused| malformed(&refused.body_text()))?;
    while let Some(field) = form.next_field().await.map_err(wrong)? {
        let name = field.name().unwrap_or_default().to_owned();
        let text = field.text().await.map_err(wrong)?;
        match name.as_str() {
            // A form sends every end of a line as two characters.
            "text" => question.message = text.replace("\r\n", "\n"),
            "model" => question.model = Some(text),
            "history" if !text.is_empty() => {
                question.history = serde_json::from_str(&text).map_err(|error| malformed(&error.to_string()))?
            }
            _ => {}
        }
    }
    Ok(())
}

/// What was wrong, in the reader's words.
fn why(texts: &Texts, error: &ApiError) -> String {
    match error.field("history") {
        Some(_) => texts.temporary().too_long.to_owned(),
        None => sentence(texts, error),
    }
}

/// The same for the script.
fn refused(texts: &Texts, error: ApiError) -> Response {
    let body = serde_json::json!({ "code": error.code, "message": why(texts, &error) });
    let mut response = (status(error.code), axum::Json(body)).into_response();
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    unkept(response)
}

/// How an answer ended, in a sentence; none where all is said.
fn ended(texts: &Texts, end: &End) -> Option<&'static str> {
    match (end.status, &end.error) {
        (Status::Done | Status::Running, _) => None,
        (Status::Stopped, _) => Some(texts.chat.stopped),
        (Status::Interrupted, _) => Some(texts.temporary().interrupted),
        (Status::Failed, Some(failure)) => Some(failure_sentence(texts, failure)),
        (Status::Failed, None) => Some(texts.chat.failed),
    }
}

/// What it used, in a line.
fn used(texts: &Texts, used: &Used) -> String {
    let (t, about) = (&texts.usage, if used.estimated { "≈ " } else { "" });
    let cost = used.cost.map_or_else(|| t.no_price.to_owned(), |cost| format!("{about}{}", money(cost)));
    format!("{}: {about}{} · {}: {about}{} · {}: {cost}", t.input, count(used.input_tokens), t.output, count(used.output_tokens), t.cost)
}

/// The answer as events for the page's script. When the page goes away this goes, and the answer stops.
struct Events {
    passing: Passing,
    /// The one that answers.
    model: String,
    texts: &'static Texts,
    greeted: bool,
}

/// Blocks, and the text that they are made of.
#[derive(Serialize)]
struct Piece {
    #[serde(flatten)]
    patches: generation::Patches,
    #[serde(rename = "t")]
    text: String,
}

impl sse::Source for Events {
    async fn next(&mut self) -> Option<Frames> {
        let mut frames = Frames::default();
        if !self.greeted {
            self.greeted = true;
            frames.push(0, "start", &serde_json::json!({ "model": self.model }));
            return Some(frames);
        }
        let (Frame { patches, notices, end, place }, text) = self.passing.next().await.ok()??;
        for notice in &notices {
            let said = notice_sentence(self.texts, notice);
            if notice.code == NoticeCode::FellBack {
                self.model.clone_from(&notice.message);
            }
            frames.push(&place, "notice", &serde_json::json!({ "text": said, "passes": notice.code.passes(), "model": self.model }));
        }
        if !patches.is_empty() || !text.is_empty() {
            frames.push(&place, "patch", &Piece { patches, text });
        }
        if let Some(end) = end {
            frames.push(&place, "end", &self.told(&end));
        }
        Some(frames)
    }
}

impl Events {
    fn told(&self, end: &End) -> serde_json::Value {
        serde_json::json!({
            "status": end.status,
            "text": ended(self.texts, end),
            "words": end.error.as_ref().and_then(|failure| failure.words()),
            "model": self.model,
            "used": end.usage.as_ref().map(|usage| used(self.texts, usage)),
        })
    }
}
