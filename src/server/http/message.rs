//! `POST /chat/`: a message with its files, from a form without a script. The files are kept and read; the rest of the form goes on to
//! the server function that sends messages, which answers as it does to any plain form.

use axum::Router;
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Request, State};
use axum::response::Response;
use axum::routing::post;
use futures::StreamExt;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, REFERER};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use uuid::Uuid;

use super::middleware::{BODY_MAX, FILE_MAX};
use super::rest::problem::Problem;
use super::{returned, ssr};
use crate::app::state::returned::Returned;
use crate::model::error::{ApiError, Code, Rule};
use crate::model::file::{ATTACHED_MAX, FILE_MB_MAX, FORM};
use crate::model::queue::NewQueued;
use crate::rpc::chat::SendMessage;
use crate::rpc::comparison;
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::service::viewer::Viewer;
use crate::server::service::{file, queue};

/// The page on which several models are asked at once.
const COMPARISON: &str = "/compare/new";

/// What was typed into the form, and the files beside it.
#[derive(Default)]
struct Filled {
    pairs: Vec<(String, String)>,
    bytes: usize,
    files: Vec<Uuid>,
}

/// The route.
pub fn router() -> Router<Server> {
    Router::new().route(FORM, post(form).layer(DefaultBodyLimit::max(FILE_MAX)))
}

async fn form(State(server): State<Server>, viewer: std::result::Result<Viewer, Problem>, request: Request) -> Response {
    // A form is read by a person: who has to sign in first is led there.
    let Ok(viewer) = viewer else { return ssr::see_other("/login") };
    let (mut parts, body) = request.into_parts();
    let mut filled = Filled::default();
    let read = filled.fill(&server, &viewer, Request::from_parts(parts.clone(), body)).await;
    let written = filled.written();
    // The choice of models comes back with the page.
    if let Some(page) = filled.comparison().filter(|_| filled.compares()) {
        parts.headers.insert(REFERER, page);
    }
    let waits = match read {
        Ok(()) if filled.compares() => Ok(None),
        Ok(()) => filled.waits(&server, &viewer).await,
        Err(error) => Err(error),
    };
    match waits {
        Ok(None) => {}
        Ok(Some(chat_id)) => return ssr::see_other(&format!("/chat/{chat_id}")),
        Err(error) => return returned::keep(&server, &viewer, written, back(&parts.headers, error.into_api())).await,
    }
    parts.uri = Uri::from_static(if filled.compares() { comparison::Start::PATH } else { SendMessage::PATH });
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    let answer = ssr::rpc(State(server.clone()), Request::from_parts(parts, Body::from(filled.encoded()))).await;
    returned::keep(&server, &viewer, written, answer).await
}

impl Filled {
    /// Reads the form, which what came before an error stays of.
    async fn fill(&mut self, server: &Server, viewer: &Viewer, request: Request) -> Result<()> {
        let mut form = Multipart::from_request(request, &()).await.map_err(|refused| malformed(&refused.body_text()))?;
        while let Some(field) = form.next_field().await.map_err(wrong)? {
            // A choice of no file is sent as one without a name.
            match field.file_name().map(str::to_owned) {
                Some(name) if !name.is_empty() => self.keep(server, viewer, &name, field).await?,
                Some(_) => {}
                None => self.read(field).await?,
            }
        }
        for id in &self.files {
            file::settled(server, viewer, *id).await?;
        }
        Ok(())
    }

    /// What its writer would miss.
    fn written(&self) -> Returned {
        let of = |wanted: &str| self.pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let replaces = of("replaces").and_then(|id| Uuid::parse_str(id).ok());
        Returned { text: of("text").unwrap_or_default().to_owned(), replaces }
    }

    /// It is the form of a comparison.
    fn compares(&self) -> bool {
        self.pairs.iter().any(|(name, _)| name == "compare")
    }

    /// The address of the page of a comparison that is filled in so.
    fn comparison(&self) -> Option<HeaderValue> {
        let of = |wanted: &'static str, name: &'static str| {
            let found = self.pairs.iter().filter(move |(name, _)| name == wanted);
            found.map(move |(_, value)| format!("{name}={}", ssr::percent_encoded(value)))
        };
        let query: Vec<String> = of("chat_id", "chat").chain(of("models[]", "models")).collect();
        HeaderValue::from_str(&format!("{}{COMPARISON}?{}", ssr::NOWHERE, query.join("&"))).ok()
    }

    /// A message for a conversation in which an answer is being written waits for its end; answers the conversation. Whoever has a script
    /// is not led here while that is so.
    async fn waits(&self, server: &Server, viewer: &Viewer) -> Result<Option<Uuid>> {
        let of = |wanted: &str| self.pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
        let id = |name: &str| of(name).and_then(|id| Uuid::parse_str(&id).ok());
        let (Some(chat_id), None) = (id("chat_id"), id("replaces")) else { return Ok(None) };
        if !queue::is_busy(server, viewer, chat_id).await? {
            return Ok(None);
        }
        let (message, model, request_id) = (of("text").unwrap_or_default(), of("model"), of("request_id"));
        queue::add(server, viewer, chat_id, NewQueued { message, model, attachments: self.files.clone(), request_id }).await?;
        Ok(Some(chat_id))
    }

    async fn keep(&mut self, server: &Server, viewer: &Viewer, name: &str, field: Field<'_>) -> Result<()> {
        if self.files.len() == ATTACHED_MAX {
            let message = format!("A message may have at most {ATTACHED_MAX} files.");
            return Err(Error::invalid("attachments", Rule::Range(0, ATTACHED_MAX as u32), message));
        }
        let pieces = field.map(|piece| piece.map_err(|error| error.body_text()));
        let (file, _) = file::store(server, viewer, name, pieces).await?;
        self.files.push(file.id);
        Ok(())
    }

    async fn read(&mut self, mut field: Field<'_>) -> Result<()> {
        let name = field.name().unwrap_or_default().to_owned();
        let mut bytes = Vec::new();
        while let Some(piece) = field.chunk().await.map_err(wrong)? {
            self.bytes += piece.len();
            if self.bytes > BODY_MAX {
                return Err(Error::new(Code::TooLarge, format!("The form may have at most {BODY_MAX} bytes besides its files.")));
            }
            bytes.extend_from_slice(&piece);
        }
        let text = String::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))?;
        // A form sends every end of a line as two characters (HTML, 4.10.22.4), of which a message's length counts one.
        self.pairs.push((name, text.replace("\r\n", "\n")));
        Ok(())
    }

    /// As a form without files is sent.
    fn encoded(mut self) -> String {
        if !self.files.is_empty() {
            let ids: Vec<String> = self.files.iter().map(Uuid::to_string).collect();
            self.pairs.push(("attachments".to_owned(), ids.join(",")));
        }
        let pairs = self.pairs.iter().map(|(name, text)| format!("{}={}", ssr::percent_encoded(name), ssr::percent_encoded(text)));
        pairs.collect::<Vec<_>>().join("&")
    }
}

fn wrong(error: MultipartError) -> Error {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Error::new(Code::TooLarge, "That is too large."),
        _ => malformed(&error.body_text()),
    }
}

fn malformed(said: &str) -> Error {
    Error::new(Code::Malformed, format!("The request cannot be read: {said}."))
}

/// Leads back to where messages are written, for the layer that refuses a form unread.
pub fn too_large() -> Response {
    back(&HeaderMap::new(), ApiError::new(Code::TooLarge, format!("No file may have more than {FILE_MB_MAX} MiB.")))
}

/// Leads back to the page of the form with what was wrong, as a server function does. Only the path and the query of the URL count.
fn back(headers: &HeaderMap, error: ApiError) -> Response {
    let page = page(headers);
    let url = ServerFnUrlError::new(SendMessage::PATH, error).to_url(&format!("http://localhost{page}"));
    url.map_or_else(|_| ssr::see_other(&page), |url| ssr::see_other(&format!("{}?{}", url.path(), url.query().unwrap_or_default())))
}

/// The page that the form stood on: a conversation's, with the question that is edited there, or the one where they begin.
fn page(headers: &HeaderMap) -> String {
    let referer = headers.get(REFERER).and_then(|referer| referer.to_str().ok()).unwrap_or_default();
    let Ok(uri) = referer.parse::<Uri>() else { return "/".to_owned() };
    let path = uri.path();
    if path == COMPARISON {
        return format!("{path}?{}", uri.query().unwrap_or_default());
    }
    let chat = path.strip_prefix("/chat/").is_some_and(|id| Uuid::parse_str(id).is_ok());
    if !chat {
        return "/".to_owned();
    }
    let edit = uri.query().unwrap_or_default().split('&').find_map(|pair| Uuid::parse_str(pair.strip_prefix("edit=")?).ok());
    edit.map_or_else(|| path.to_owned(), |question| format!("{path}?edit={question}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_form_leads_back_to_its_conversation_and_nowhere_else() {
        let of = |referer: &str| page(&HeaderMap::from_iter([(REFERER, HeaderValue::from_str(referer).unwrap())]));
        let chat = "/chat/018f2c3e-77aa-7bcd-8000-000000000001";
        assert_eq!(of(&format!("http://h{chat}?__err=x")), chat);
        let edit = format!("{chat}?edit=018f2c3e-77aa-7bcd-8000-000000000002");
        assert_eq!(of(&format!("http://h{edit}&__err=x")), edit);
        assert_eq!(of(&format!("http://h{chat}?edit=b")), chat);
        for other in ["http://h/chat/x", "http://h/admin/users", "nonsense", "http://h//evil.example"] {
            assert_eq!(of(other), "/", "{other}");
        }
    }

    #[test]
    fn what_was_typed_goes_on_as_it_was_typed() {
        let pairs = vec![("text".to_owned(), "a&b=c +\n聊".to_owned()), ("setup[stop]".to_owned(), String::new())];
        let filled = Filled { pairs, files: vec![Uuid::nil()], bytes: 0 };
        let id = Uuid::nil();
        assert_eq!(filled.encoded(), format!("text=a%26b%3Dc%20%2B%0A%E8%81%8A&setup%5Bstop%5D=&attachments={id}"));
    }
}
