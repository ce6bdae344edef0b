//! What waits above the composer, as HTML: part of a conversation's page, and by itself at `/chat/{id}/queue`, where `public/desk.js`
//! fetches it anew. Plain forms, so that it works without a script.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use http::header::CACHE_CONTROL;
use http::request::Parts;
use leptos::server_fn::ServerFn;
use uuid::Uuid;

use super::notice::locale;
use super::rest::problem::{Path, Problem};
use crate::app::state::queue::Waiting;
use crate::i18n::Queueing;
use crate::model::message::MESSAGE_MAX;
use crate::model::queue::{Paused, Queue, Queued};
use crate::rpc::queue::{AskQueued, MoveQueued, PauseQueue, RemoveQueued, WriteQueued};
use crate::server::Server;
use crate::server::render::escaped;
use crate::server::service::queue;
use crate::server::service::viewer::Viewer;

/// The route.
pub fn router() -> Router<Server> {
    Router::new().route("/chat/{id}/queue", get(part))
}

async fn part(State(server): State<Server>, viewer: Viewer, Path(id): Path<Uuid>, parts: Parts) -> Result<Response, Problem> {
    let queue = queue::list(&server, &viewer, id).await?;
    let html = List { chat: id, words: locale(&parts).texts().queue() }.html(&queue);
    Ok(([(CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// Puts what waits where the page of a conversation finds it.
pub async fn bring(server: &Server, request: Request) -> Request {
    let chat = request.uri().path().strip_prefix("/chat/").and_then(|id| Uuid::parse_str(id).ok());
    let viewer = request.extensions().get::<Viewer>().cloned();
    let (Some(chat), Some(viewer)) = (chat, viewer) else { return request };
    // A conversation that is not there says so by itself.
    let Ok(queue) = queue::list(server, &viewer, chat).await else { return request };
    let (mut parts, body) = request.into_parts();
    let words = locale(&parts).texts().queue();
    let writes = parts.uri.query().unwrap_or_default().split('&').any(|pair| pair == "write=1");
    let list = List { chat, words }.html(&queue);
    parts.extensions.insert(Waiting { list, plain: plain(chat, writes, words) });
    Request::from_parts(parts, body)
}

/// For a page without scripts, while an answer is being written: it is loaded again and again, unless somebody writes.
fn plain(chat: Uuid, writes: bool, words: &Queueing) -> String {
    match writes {
        true => format!("<p class=\"queue-plain\"><a href=\"/chat/{chat}\">{}</a></p>", words.watch),
        false => format!(
            "<meta http-equiv=\"refresh\" content=\"2\"><p class=\"queue-plain\"><a href=\"/chat/{chat}?write=1\">{}</a></p>",
            words.write
        ),
    }
}

/// The list of one conversation.
struct List {
    chat: Uuid,
    words: &'static Queueing,
}

impl List {
    fn html(&self, queue: &Queue) -> String {
        let words = self.words;
        let button = format!(
            "<button type=\"submit\" form=\"composer\" class=\"button quiet small queue-add\" data-failed=\"{}\">{}</button>",
            words.problem, words.add
        );
        if queue.items.is_empty() {
            return button;
        }
        let count = queue.items.len();
        let items: String = queue.items.iter().enumerate().map(|(at, item)| self.item(item, at, count)).collect();
        let (state, action) = match queue.paused {
            Some(why) => (self.why(why), self.form(PauseQueue::PATH, None, &[("paused", "false")], words.go_on, "seal-button")),
            None => ((words.waits)(count), self.form(PauseQueue::PATH, None, &[("paused", "true")], words.pause, "quiet")),
        };
        let class = if queue.paused.is_some() { "queue paused" } else { "queue" };
        format!(
            "<section class=\"{class}\" aria-label=\"{}\"><div class=\"queue-state\"><p role=\"status\">{state}</p>{action}</div><ol>{items}</ol></section>{button}",
            words.title
        )
    }

    fn why(&self, why: Paused) -> String {
        match why {
            Paused::Stopped => self.words.stopped,
            Paused::Failed => self.words.failed,
            Paused::Refused => self.words.refused,
            Paused::Asked => self.words.paused,
        }
        .to_owned()
    }

    fn item(&self, item: &Queued, at: usize, count: usize) -> String {
        let words = self.words;
        let (text, place) = (escaped(&item.message), at + 1);
        let files = match item.attachments.len() {
            0 => String::new(),
            n => format!(" <small>{}</small>", (words.files)(n)),
        };
        let step = |to: usize, label: &str, glyph: &str, on: bool| {
            let form = self.icon(MoveQueued::PATH, item.id, &[("position", &to.to_string())], label, glyph);
            if on { form } else { String::new() }
        };
        let up = step(at, words.earlier, UP, at > 0);
        let down = step(place + 1, words.later, DOWN, place < count);
        let now = self.form(AskQueued::PATH, Some(item.id), &[], words.now, "quiet");
        let remove = self.icon(RemoveQueued::PATH, item.id, &[], words.remove, CROSS);
        format!(
            "<li><details class=\"queue-item\"><summary title=\"{edit}\"><span class=\"queue-text\">{text}</span>{files}</summary>\
            <form method=\"post\" action=\"{path}\" class=\"queue-edit\">{ids}\
            <textarea name=\"text\" rows=\"3\" maxlength=\"{MESSAGE_MAX}\" aria-label=\"{edit}\">\n{text}</textarea>\
            <button type=\"submit\" class=\"button small\">{save}</button></form></details>\
            <div class=\"queue-acts\">{up}{down}{now}{remove}</div></li>",
            edit = words.edit,
            path = WriteQueued::PATH,
            ids = self.ids(Some(item.id)),
            save = words.save,
        )
    }

    fn ids(&self, item: Option<Uuid>) -> String {
        let item = item.map(|id| format!("<input type=\"hidden\" name=\"queued_id\" value=\"{id}\">")).unwrap_or_default();
        format!("<input type=\"hidden\" name=\"chat_id\" value=\"{}\">{item}", self.chat)
    }

    /// A form of one button.
    #[expect(clippy::too_many_arguments, reason = "what a form is made of")]
    fn form(&self, path: &str, item: Option<Uuid>, fields: &[(&str, &str)], label: &str, class: &str) -> String {
        format!("{}<button type=\"submit\" class=\"button small {class}\">{label}</button></form>", self.open(path, item, fields))
    }

    /// A form of one button that shows a picture only.
    #[expect(clippy::too_many_arguments, reason = "what a form is made of")]
    fn icon(&self, path: &str, item: Uuid, fields: &[(&str, &str)], label: &str, glyph: &str) -> String {
        let open = self.open(path, Some(item), fields);
        format!(
            "{open}<button type=\"submit\" class=\"icon-button\" aria-label=\"{label}\" title=\"{label}\">\
            <svg class=\"icon\" viewBox=\"0 0 24 24\" aria-hidden=\"true\"><path d=\"{glyph}\"/></svg></button></form>"
        )
    }

    fn open(&self, path: &str, item: Option<Uuid>, fields: &[(&str, &str)]) -> String {
        let fields: String =
            fields.iter().map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")).collect();
        format!("<form method=\"post\" action=\"{path}\" class=\"plain\">{}{fields}", self.ids(item))
    }
}

const UP: &str = "M6 14l6-6 6 6";
const DOWN: &str = "M6 10l6 6 6-6";
const CROSS: &str = "M7 7l10 10M17 7L7 17";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn what_somebody_wrote_is_text_and_nothing_else() {
        let list = List { chat: Uuid::nil(), words: Locale::En.texts().queue() };
        let item = Queued {
            id: Uuid::from_u128(1),
            message: "</textarea><script>alert(\"1\")</script>".into(),
            model: None,
            attachments: Vec::new(),
            request_id: "r".into(),
            created_at: Default::default(),
        };
        let html = list.html(&Queue { items: vec![item.clone(), item], paused: Some(Paused::Failed) });
        assert!(!html.contains("<script") && html.matches("</textarea>").count() == 2, "{html}");
        assert!(html.contains(list.words.failed) && html.contains(list.words.go_on));
        assert_eq!(html.matches(list.words.earlier).count(), 2, "the first cannot move up: {html}");
        assert!(!list.html(&Queue::default()).contains("<section"));
    }
}
