//! The page with an answer in it, for who has no script: it is written on with every block that is finished, and then with the form, which
//! holds what was said so far. Nobody keeps it on the way.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::Response;
use futures::StreamExt;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use tower::ServiceExt;

use super::{Door, PATH, Question, ended, used, why};
use crate::app::state::temporary::{MARKS, Talk};
use crate::i18n::{Texts, notice_sentence};
use crate::model::error::{ApiError, Code};
use crate::model::generation::{NoticeCode, Status};
use crate::model::message::Author;
use crate::model::temporary::Said;
use crate::server::error::{Result, status};
use crate::server::http::notice::locale;
use crate::server::http::problem::problem;
use crate::server::render::{self, escaped};
use crate::server::service::generation::{End, Frame, Passing};

/// Answers with the page: with the answer as it comes, or with why there is none and the question in its field.
pub async fn answer(door: &Door, mut parts: Parts, question: Question, asked: Result<Passing>) -> Response {
    let texts = locale(&parts).texts();
    let mut log: String = question.history.iter().map(|said| turn(texts, said)).collect();
    let (passing, refused) = match asked {
        Ok(passing) => (Some(passing), None),
        Err(error) => (None, Some(error.into_api())),
    };
    if passing.is_some() {
        log += &turn(texts, &Said { role: Author::User, content: question.message.clone() });
        log += MARKS[0];
    }
    let code = refused.as_ref().map_or(StatusCode::OK, |error| status(error.code));
    let refused = refused.map(|error| why(texts, &error));
    (parts.method, parts.uri) = (Method::GET, Uri::from_static(PATH));
    for name in [CONTENT_TYPE, CONTENT_LENGTH] {
        parts.headers.remove(name);
    }
    parts.extensions.insert(Talk { log, refused, model: question.model.clone() });
    let Ok(page) = door.page.clone().oneshot(Request::from_parts(parts, Body::empty())).await;
    if page.status() != StatusCode::OK {
        return page;
    }
    let (mut head, body) = page.into_parts();
    let html = to_bytes(body, usize::MAX).await.ok().and_then(|bytes| String::from_utf8(bytes.into()).ok());
    let Some(html) = html else { return problem(ApiError::new(Code::Internal, "Something went wrong on the server.")) };
    head.status = code;
    head.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    // It is not held back, by nobody on the way.
    head.headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    let writing = Writing::new(&html, passing, texts, question);
    let pieces = futures::stream::unfold(writing, |mut writing| async move { Some((writing.next().await?, writing)) });
    Response::from_parts(head, Body::from_stream(pieces.map(Ok::<_, std::convert::Infallible>)))
}

/// One turn of what was said.
fn turn(texts: &Texts, said: &Said) -> String {
    match said.role {
        Author::User => {
            let (you, text) = (texts.chat.you, escaped(&said.content));
            format!("<article class=\"question\" aria-label=\"{you}\"><div class=\"bubble\" dir=\"auto\">{text}</div></article>")
        }
        Author::Assistant => {
            let (assistant, html) = (texts.chat.assistant, render::html(&said.content));
            format!("<article class=\"answer\" aria-label=\"{assistant}\"><div class=\"blocks prose\">{html}</div></article>")
        }
    }
}

/// What of the answer is being written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Nothing,
    Reasoning,
    Content,
}

/// The page while it is written. When nobody reads it any more it goes, and the answer stops.
struct Writing {
    /// The page up to the answer, until it was sent; and after it.
    before: String,
    after: String,
    passing: Option<Passing>,
    texts: &'static Texts,
    question: Question,
    /// The answer so far.
    content: String,
    /// What is to be known of it.
    notices: String,
    part: Part,
    /// Blocks of reasoning and content that were written.
    closed: (usize, usize),
    over: bool,
}

impl Writing {
    fn new(html: &str, passing: Option<Passing>, texts: &'static Texts, question: Question) -> Self {
        let (before, after) = html.split_once(MARKS[0]).unwrap_or((html, ""));
        let (before, after) = (before.to_owned(), after.to_owned());
        let (content, notices) = Default::default();
        Self { before, after, passing, texts, question, content, notices, part: Part::Nothing, closed: (0, 0), over: false }
    }

    /// The next piece of the page.
    async fn next(&mut self) -> Option<String> {
        if self.over {
            return None;
        }
        if !self.before.is_empty() {
            let mut before = std::mem::take(&mut self.before);
            match self.passing {
                Some(_) => before += &format!("<article class=\"answer\" aria-label=\"{}\">", self.texts.chat.assistant),
                None => {
                    self.over = true;
                    before = self.filled(&before, false);
                }
            }
            return Some(before);
        }
        let Some(passing) = &mut self.passing else { return None };
        loop {
            let Ok(Some((frame, text))) = passing.next().await else { return None };
            self.content += &text;
            let blocks = passing.finished(self.closed);
            self.closed = (self.closed.0 + blocks.0.len(), self.closed.1 + blocks.1.len());
            let html = write(self.texts, &mut self.part, blocks);
            let Frame { notices, end, .. } = frame;
            let stays = notices.iter().filter(|notice| !notice.code.passes() && notice.code != NoticeCode::LengthLimit);
            self.notices.extend(stays.map(|notice| format!("<p class=\"notice\">{}</p>", escaped(&notice_sentence(self.texts, notice)))));
            if let Some(end) = end {
                return Some(html + &self.end(&end));
            }
            if !html.is_empty() {
                return Some(html);
            }
        }
    }

    /// The rest of the page.
    fn end(&mut self, end: &End) -> String {
        self.over = true;
        let close = match self.part {
            Part::Nothing => "",
            Part::Reasoning => "</div></details>",
            Part::Content => "</div>",
        };
        let notices = format!("<div class=\"notices\">{}</div>", self.notices);
        let class = if end.status == Status::Failed { "status failed" } else { "status" };
        let why = ended(self.texts, end).map(|why| format!("<div class=\"{class}\" role=\"alert\"><span>{why}</span></div>"));
        let model = self.passing.as_ref().map_or("", Passing::model);
        let used = end.usage.as_ref().map(|usage| used(self.texts, usage)).unwrap_or_default();
        let foot = format!("<div class=\"actions\"><small class=\"model\">{} · {used}</small></div></article>", escaped(model));
        let after = std::mem::take(&mut self.after);
        format!("{close}{notices}{}{foot}{}", why.unwrap_or_default(), self.filled(&after, true))
    }

    /// A part of the page with what was said in its form. A question without an answer comes back to its field.
    fn filled(&self, html: &str, asked: bool) -> String {
        let Question { message, history, .. } = &self.question;
        let answered = asked && !self.content.trim().is_empty();
        let said = |role, content: &str| Said { role, content: content.to_owned() };
        let new = [said(Author::User, message), said(Author::Assistant, &self.content)].into_iter().filter(|_| answered);
        let history: Vec<Said> = history.iter().cloned().chain(new).collect();
        let json = serde_json::to_string(&history).unwrap_or_default();
        let field = format!("<input type=\"hidden\" name=\"history\" value=\"{}\"/>", escaped(&json));
        // The first end of a line in a field is the markup's.
        let draft = if answered { String::new() } else { format!("\n{}", escaped(message)) };
        html.replacen(MARKS[1], &field, 1).replacen(MARKS[2], &draft, 1)
    }
}

/// Blocks that are finished, in their place. Thoughts that come after the first word are not shown.
fn write(texts: &Texts, part: &mut Part, (reasoning, content): (Vec<String>, Vec<String>)) -> String {
    let blocks = |blocks: Vec<String>| blocks.into_iter().map(|block| format!("<div class=\"b\">{block}</div>")).collect::<String>();
    let mut html = String::new();
    if !reasoning.is_empty() && *part != Part::Content {
        if *part == Part::Nothing {
            *part = Part::Reasoning;
            html += &format!("<details class=\"reasoning\" open><summary>{}</summary><div class=\"blocks prose\">", texts.chat.reasoning);
        }
        html += &blocks(reasoning);
    }
    if !content.is_empty() {
        if *part == Part::Reasoning {
            html += "</div></details>";
        }
        if *part != Part::Content {
            *part = Part::Content;
            html += "<div class=\"blocks prose\">";
        }
        html += &blocks(content);
    }
    html
}
