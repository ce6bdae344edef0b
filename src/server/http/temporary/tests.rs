//! The page of a temporary chat, as browsers without and with scripts ask it.

use std::net::SocketAddr;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use http::{Method, header};
use tower::ServiceExt;
use uuid::Uuid;

use super::*;
use crate::app::state::temporary::MARKS;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::http::router;
use crate::server::service::token::{self, Entry};
use crate::server::service::viewer::Origin;
use crate::server::service::{account, admission, chat, provider};
use crate::server::testing;

const BORDER: &str = "----liao";

struct Browser {
    server: Server,
    router: Router,
    bearer: String,
    viewer: Viewer,
    /// Its file stays as long as the test.
    _test: TestDb,
}

impl Browser {
    async fn new() -> Self {
        let test = databases().await.remove(0);
        let server = testing::server(test.db.clone(), Clock::default()).await;
        provider::start(&server).await.unwrap();
        let registration = Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
        let user = account::create(&server, registration, Role::User).await.unwrap();
        let entered = token::enter(&server, &Origin::default(), None, user.clone(), &admission::Proof::Password).await.unwrap();
        let Entry::In(_, tokens) = entered else { panic!("a second factor is asked for") };
        let viewer = token::viewer(&server, &tokens.access).await.unwrap();
        Self { router: router(&server), server, bearer: format!("Bearer {}", tokens.access), viewer, _test: test }
    }

    async fn ask(&self, method: Method, path: &str, kind: &str, body: String) -> (StatusCode, http::HeaderMap, String) {
        let request = Request::builder().method(method).uri(path).header(header::HOST, "chat.example").header(header::ACCEPT, "text/html");
        let request = request.header(header::AUTHORIZATION, &self.bearer).header(CONTENT_TYPE, kind);
        let mut request = request.body(Body::from(body)).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000))));
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        (parts.status, parts.headers, String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap())
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)]) -> (StatusCode, http::HeaderMap, String) {
        let part = |(name, text): &(&str, &str)| format!("--{BORDER}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        let body = fields.iter().map(part).collect::<String>() + &format!("--{BORDER}--\r\n");
        self.ask(Method::POST, path, &format!("multipart/form-data; boundary={BORDER}"), body).await
    }
}

/// What the page's form holds of what was said.
fn held(html: &str) -> Vec<Said> {
    let value = html.split("name=\"history\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let plain = value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&#39;", "'").replace("&amp;", "&");
    serde_json::from_str(&plain).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_scripts_the_page_comes_with_the_answer_and_its_form_holds_what_was_said() {
    let browser = Browser::new().await;
    let (status, headers, empty) = browser.ask(Method::GET, PATH, "text/plain", String::new()).await;
    assert_eq!((status, headers[header::CACHE_CONTROL].as_bytes()), (StatusCode::OK, &b"no-store, no-transform"[..]));
    assert!(empty.contains("temporary-banner") && empty.contains("/temporary.js") && !empty.contains("/desk.js"), "{empty}");
    assert!(!empty.contains(".wasm") && MARKS.iter().all(|mark| !empty.contains(mark)), "no program, no marks");

    let first = [("text", "a <b> & **c**"), ("model", "fake/echo@0"), ("history", "")];
    let (status, headers, page) = browser.form(PATH, &first).await;
    assert_eq!((status, headers["x-accel-buffering"].as_bytes()), (StatusCode::OK, &b"no"[..]), "{page}");
    assert_eq!(headers[header::CACHE_CONTROL], "no-store, no-transform");
    assert!(headers.contains_key(header::CONTENT_SECURITY_POLICY));
    assert!(page.contains("a &lt;b&gt; &amp; **c**</div></article>") && page.contains("<strong>c</strong>"), "{page}");
    assert!(MARKS.iter().all(|mark| !page.contains(mark)) && page.contains("</html>"), "{page}");
    let said = held(&page);
    assert_eq!(said.len(), 2);
    assert_eq!(said[1], Said { role: crate::model::message::Author::Assistant, content: "a <b> & **c**".into() });

    let history = serde_json::to_string(&said).unwrap();
    let (_, _, page) = browser.form(PATH, &[("text", "more"), ("model", "fake/reasoning@0"), ("history", &history)]).await;
    assert_eq!(held(&page).len(), 4);
    assert!(page.contains("<details class=\"reasoning\" open>") && page.contains("<strong>yes</strong>"), "{page}");
    assert!(chat::list(&browser.server, &browser.viewer, None, None).await.unwrap().items.is_empty());

    let (status, headers, _) = browser.form(KEEP, &[("text", ""), ("history", &history)]).await;
    let chats = chat::list(&browser.server, &browser.viewer, None, None).await.unwrap().items;
    let id: Uuid = chats[0].id;
    assert_eq!((status, headers[header::LOCATION].to_str().unwrap()), (StatusCode::SEE_OTHER, format!("/chat/{id}").as_str()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_answered_stands_in_its_field_again_and_nothing_that_was_said_is_lost() {
    let browser = Browser::new().await;
    let said = r#"[{"role":"user","content":"q"},{"role":"assistant","content":"a"}]"#;
    let (status, _, page) = browser.form(PATH, &[("text", "</textarea>x"), ("model", "fake/none"), ("history", said)]).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{page}");
    assert!(page.contains("role=\"alert\"") && page.contains("&lt;/textarea&gt;x</textarea>"), "{page}");
    assert_eq!(held(&page).len(), 2);
    let (status, _, page) = browser.form(PATH, &[("text", "again"), ("model", "fake/fail-auth@0"), ("history", said)]).await;
    assert!(status == StatusCode::OK && page.contains("status failed") && page.contains("again</textarea>"), "{page}");
    assert_eq!(held(&page).len(), 2, "a question without an answer was not said");
    let (status, _, _) = browser.form(PATH, &[("text", "x"), ("history", "nonsense")]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_gets_blocks_and_text_and_sentences_of_its_language() {
    let browser = Browser::new().await;
    let body = serde_json::json!({"message": "**x**", "model": "fake/echo@0", "history": []}).to_string();
    let (status, headers, events) = browser.ask(Method::POST, PATH, "application/json", body).await;
    assert_eq!((status, headers[CONTENT_TYPE].as_bytes()), (StatusCode::OK, &b"text/event-stream"[..]), "{events}");
    assert!(events.contains("event: patch") && events.contains("<strong>x</strong>") && events.contains("\"status\":\"done\""), "{events}");
    let long = serde_json::json!({"message": "x", "history": [{"role": "user", "content": "y".repeat(400_001)}]}).to_string();
    let (status, _, refused) = browser.ask(Method::POST, PATH, "application/json", long).await;
    let words = crate::i18n::Locale::En.texts().temporary();
    assert!(status == StatusCode::UNPROCESSABLE_ENTITY && refused.contains(words.too_long), "{refused}");
    let (status, _, _) = browser.ask(Method::POST, PATH, "application/json", "{".into()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}
