//! The failure matrix: every vendor's file against everything that can go wrong between it and its vendor. The tables that it and
//! `service/generation/ask/tests.rs` make are `docs/FAILURES.md`; `LIAO_UPDATE_DOCS=1` writes them anew.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::super::anthropic::Anthropic;
use super::super::gemini::Gemini;
use super::super::http::Way;
use super::super::ollama::Ollama;
use super::super::openai::OpenAi;
use super::super::{ChatRequest, Delta, ModelFile, Provider, StopReason, Turn, built_in};
use crate::i18n::{Locale, failure_sentence};
use crate::model::generation::{Failure, FailureKind};
use crate::model::message::Author;
use crate::model::provider::{Api, Kind};

/// How long a stalled answer is waited for here; a run waits for `LIAO_IDLE_TIMEOUT`.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same for an event that takes its time to be sent and read on a busy machine.
const PATIENCE_HUGE: Duration = Duration::from_secs(60);

/// How one vendor says things.
pub(crate) struct Vendor {
    pub name: &'static str,
    pub kind: Kind,
    pub api: Api,
    pub make: fn(&str) -> Arc<dyn Provider>,
    /// The media type of its streams.
    pub stream: &'static str,
    /// An event with the text `a`.
    pub piece: &'static str,
    /// The event, or events, that end an answer.
    pub end: &'static str,
    /// The events of a call of a tool, without its end.
    call: &'static str,
    /// Its error body, with `MESSAGE` and `TYPE` to be filled in.
    error: &'static str,
}

pub(crate) const VENDORS: [Vendor; 5] = [
    Vendor {
        name: "OpenAI",
        kind: Kind::Openai,
        api: Api::Chat,
        make: |url| Arc::new(OpenAi::new(&format!("{url}/v1"), None, Way::anywhere()).unwrap()),
        stream: "text/event-stream",
        piece: "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
        end: "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        call: "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{\"name\":\"look\",\"arguments\":\"{}\"}}]}}]}\n\n",
        error: "{\"error\":{\"message\":\"MESSAGE\",\"type\":\"TYPE\",\"code\":null}}",
    },
    Vendor {
        name: "OpenAI Responses",
        kind: Kind::Openai,
        api: Api::Responses,
        make: |url| Arc::new(OpenAi::new(&format!("{url}/v1"), None, Way::anywhere()).unwrap().through(Api::Responses)),
        stream: "text/event-stream",
        piece: "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n",
        end: "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}\n\n",
        call: "data: {\"type\":\"response.output_item.done\",\"item\":{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"look\",\"arguments\":\"{}\"}}\n\n",
        error: "{\"error\":{\"message\":\"MESSAGE\",\"type\":\"TYPE\",\"code\":null}}",
    },
    Vendor {
        name: "Anthropic",
        kind: Kind::Anthropic,
        api: Api::Chat,
        make: |url| Arc::new(Anthropic::new(url, None, Way::anywhere()).unwrap()),
        stream: "text/event-stream",
        piece: "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"a\"}}\n\n",
        end: "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":1}}\n\n",
        call: "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"tool_use\",\"id\":\"c\",\"name\":\"look\",\"input\":{}}}\n\n",
        error: "{\"type\":\"error\",\"error\":{\"type\":\"TYPE\",\"message\":\"MESSAGE\"}}",
    },
    Vendor {
        name: "Gemini",
        kind: Kind::Gemini,
        api: Api::Chat,
        make: |url| Arc::new(Gemini::new(url, None, Way::anywhere()).unwrap()),
        stream: "text/event-stream",
        piece: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]}}]}\n\n",
        end: "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n",
        call: "data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"look\",\"args\":{}}}]}}]}\n\n",
        error: "{\"error\":{\"code\":400,\"message\":\"MESSAGE\",\"status\":\"TYPE\"}}",
    },
    Vendor {
        name: "Ollama",
        kind: Kind::Ollama,
        api: Api::Chat,
        make: |url| Arc::new(Ollama::new(url, None, Way::anywhere()).unwrap()),
        stream: "application/x-ndjson",
        piece: "{\"message\":{\"content\":\"a\"},\"done\":false}\n",
        end: "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"}\n",
        call: "{\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"look\",\"arguments\":{}}}]},\"done\":false}\n",
        error: "{\"error\":\"MESSAGE\"}",
    },
];

/// What the other side does.
#[derive(Clone, Copy)]
pub(crate) enum Fault {
    /// Answers with a status and the vendor's error body of this message and type.
    Status(u16, &'static str, &'static str),
    /// The same, with a `Retry-After` of two seconds.
    Wait(u16, &'static str, &'static str),
    /// Answers so once, and then as it should.
    Once(u16, &'static str, &'static str),
    /// Nobody listens.
    Refused,
    /// Reads the request and hangs up.
    ResetBefore,
    /// Hangs up after the first piece.
    ResetAfter,
    /// Falls silent after the first piece.
    Stall,
    /// Sends a piece and then what is no event.
    Garbage,
    /// An answer without a word, that ends as it should.
    Empty,
    /// A call of a tool in place of an answer.
    Call,
    /// A page instead of a stream.
    Page,
    /// An event of 20 MB.
    Huge,
    /// A whole answer, byte by byte.
    Drip,
}

pub(crate) const FAULTS: [(&str, Fault); 22] = [
    ("401", Fault::Status(401, "No such key", "authentication_error")),
    ("403", Fault::Status(403, "Not for you", "permission_error")),
    ("404, no such model", Fault::Status(404, "model 'm' not found", "not_found_error")),
    ("400, too long", Fault::Status(400, "prompt is too long: 9 tokens > 8 maximum", "invalid_request_error")),
    ("402", Fault::Status(402, "No credit", "billing_error")),
    ("408", Fault::Status(408, "Too slow", "timeout_error")),
    ("413", Fault::Status(413, "Too large", "request_too_large")),
    ("429", Fault::Status(429, "Slow down", "rate_limit_error")),
    ("429 with Retry-After", Fault::Wait(429, "Slow down", "rate_limit_error")),
    ("500", Fault::Status(500, "Broken", "api_error")),
    ("503", Fault::Status(503, "Overloaded", "overloaded_error")),
    ("503, then as it should", Fault::Once(503, "Overloaded", "overloaded_error")),
    ("connection refused", Fault::Refused),
    ("reset before the first byte", Fault::ResetBefore),
    ("reset in the middle", Fault::ResetAfter),
    ("silence in the middle", Fault::Stall),
    ("an event that is none", Fault::Garbage),
    ("an answer without a word", Fault::Empty),
    ("a call of a tool", Fault::Call),
    ("a page instead of a stream", Fault::Page),
    ("an event of 20 MB", Fault::Huge),
    ("a whole answer, byte by byte", Fault::Drip),
];

/// An address where nobody listens for as long as the socket lives: a port that is free could become another test's.
pub(crate) fn nobody() -> (TcpSocket, String) {
    let taken = TcpSocket::new_v4().unwrap();
    taken.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let url = format!("http://{}", taken.local_addr().unwrap());
    (taken, url)
}

/// Plays the fault to whoever comes; answers the address to ask, and counts the questions.
pub(crate) async fn play(vendor: &'static Vendor, fault: Fault) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    if matches!(fault, Fault::Refused) {
        let (taken, url) = nobody();
        tokio::spawn(async move {
            let _taken = taken;
            std::future::pending::<()>().await;
        });
        return (url, asked);
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let count = asked.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket, vendor, fault, count.clone()));
        }
    });
    (url, asked)
}

async fn serve(mut socket: TcpStream, vendor: &'static Vendor, fault: Fault, count: Arc<AtomicUsize>) {
    let mut request = [0; 8192];
    // Clients open connections that they find no use for.
    let read = socket.read(&mut request).await.unwrap_or(0);
    if read == 0 {
        return;
    }
    // What is no question is answered: Ollama's models are asked for before they can be.
    let list: &[u8] = b"HTTP/1.1 200 X\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{\"models\":[{\"name\":\"m\"}]}";
    let (tags, show) = (request[..read].starts_with(b"GET /api/tags"), request[..read].starts_with(b"POST /api/show"));
    if show || request[..read].starts_with(b"GET") {
        let nothing: &[u8] = b"HTTP/1.1 404 X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let _ = socket.write_all(if tags { list } else { nothing }).await;
        return;
    }
    let before = count.fetch_add(1, Ordering::SeqCst);
    let head =
        |status: u16, kind: &str, more: &str| format!("HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nconnection: close\r\n{more}\r\n");
    let stream = head(200, vendor.stream, "");
    let error = |message: &str, kind: &str| vendor.error.replace("MESSAGE", message).replace("TYPE", kind);
    let answer = match fault {
        Fault::Refused | Fault::ResetBefore => String::new(),
        Fault::Once(..) if before > 0 => stream + vendor.piece + vendor.end,
        Fault::Status(status, message, kind) | Fault::Once(status, message, kind) => {
            head(status, "application/json", "") + &error(message, kind)
        }
        Fault::Wait(status, message, kind) => head(status, "application/json", "retry-after: 2\r\n") + &error(message, kind),
        Fault::ResetAfter | Fault::Stall => stream + vendor.piece,
        Fault::Garbage => stream + vendor.piece + if vendor.name == "Ollama" { "{nonsense\n" } else { "data: {nonsense\n\n" },
        Fault::Empty => stream + vendor.end,
        Fault::Call => stream + vendor.call + vendor.end,
        Fault::Page => head(200, "text/html", "") + "<html>Welcome</html>",
        Fault::Huge => stream + &vendor.piece.replace("\"a\"", &format!("\"{}\"", "x".repeat(20_000_000))) + vendor.end,
        Fault::Drip => stream + vendor.piece + vendor.end,
    };
    let size = if matches!(fault, Fault::Drip) { 1 } else { 1 << 16 };
    for bytes in answer.as_bytes().chunks(size) {
        if socket.write_all(bytes).await.is_err() {
            return;
        }
    }
    if matches!(fault, Fault::Stall) {
        tokio::time::sleep(15 * PATIENCE).await;
    }
}

fn request() -> ChatRequest {
    let turns = vec![Turn::new(Author::User, "Hi")];
    ChatRequest { model: "m".into(), turns, ..ChatRequest::default() }
}

/// What becomes of it: class, whether the run asks again, how much of the answer stays.
async fn outcome(vendor: &'static Vendor, fault: Fault) -> String {
    let (url, _) = play(vendor, fault).await;
    tell((vendor.make)(&url), fault).await
}

async fn tell(provider: Arc<dyn Provider>, fault: Fault) -> String {
    let patience = if matches!(fault, Fault::Huge) { PATIENCE_HUGE } else { PATIENCE };
    let Ok((deltas, error)) = tokio::time::timeout(2 * PATIENCE_HUGE, bounded(provider, patience)).await else {
        return "hangs".into();
    };
    let kept = if deltas.iter().any(|delta| matches!(delta, Delta::Text(_))) { ", text kept" } else { "" };
    match error {
        None if deltas.last() == Some(&Delta::Stop(StopReason::Tool)) => format!("{:?}", super::super::called(&[]).kind),
        None => format!("whole{kept}"),
        Some(error) => {
            let again = if error.is_retryable() && kept.is_empty() { ", asked again" } else { "" };
            let wait = error.retry_after.map(|wait| format!(" after {} s", wait.as_secs())).unwrap_or_default();
            format!("{:?}{again}{wait}{kept}", error.kind)
        }
    }
}

/// Reads the answer as a run does: who is silent for too long has failed.
async fn bounded(provider: Arc<dyn Provider>, patience: Duration) -> (Vec<Delta>, Option<super::super::LlmError>) {
    use futures::StreamExt;
    let silent = || super::super::LlmError::new(crate::model::generation::FailureKind::Timeout, "silent");
    let mut stream = match tokio::time::timeout(patience, provider.chat(request())).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return (Vec::new(), Some(error)),
        Err(_) => return (Vec::new(), Some(silent())),
    };
    let mut deltas = Vec::new();
    loop {
        match tokio::time::timeout(patience, stream.next()).await {
            Ok(Some(Ok(delta))) => deltas.push(delta),
            Ok(Some(Err(error))) => return (deltas, Some(error)),
            Ok(None) => return (deltas, None),
            Err(_) => return (deltas, Some(silent())),
        }
    }
}

/// What the built-in model does where the fault can happen to it: it has no vendor, but its weights are fetched.
async fn local(fault: Fault) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(if matches!(fault, Fault::Refused) { "m.gguf" } else { "other.gguf" });
    let file = ModelFile { path, url: "http://127.0.0.1:1/w".into(), sha256: None };
    match (fault, built_in(&file)) {
        (Fault::Status(404, ..) | Fault::Refused, Some(local)) => tell(local, fault).await,
        _ => "–".into(),
    }
}

/// Holds a part of `docs/FAILURES.md` against what it should be, or writes it where the environment asks for that.
#[allow(clippy::disallowed_methods, reason = "whether the table is to be written anew is said by the environment")]
pub(crate) fn hold(part: &str, text: &str) {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/FAILURES.md");
    let (begin, end) = (format!("<!-- {part} -->\n"), format!("<!-- end of {part} -->\n"));
    let whole = std::fs::read_to_string(path).unwrap();
    let (before, rest) = whole.split_once(&begin).expect("the part is marked in the document");
    let (now, after) = rest.split_once(&end).expect("the part ends in the document");
    if std::env::var_os("LIAO_UPDATE_DOCS").is_some() {
        std::fs::write(path, format!("{before}{begin}{text}{end}{after}")).unwrap();
        return;
    }
    assert_eq!(now, text, "{part}: LIAO_UPDATE_DOCS=1 writes it anew");
}

/// The head of a table with a column for each vendor, and these.
pub(crate) fn head(more: &[&str]) -> String {
    let names: Vec<_> = VENDORS.iter().map(|vendor| vendor.name).chain(more.iter().copied()).collect();
    format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()))
}

#[tokio::test]
async fn every_fault_of_every_vendor_is_what_the_table_says() {
    let mut table = head(&["built-in model"]);
    for (name, fault) in FAULTS {
        let mut cells = Vec::new();
        for vendor in &VENDORS {
            cells.push(outcome(vendor, fault).await);
        }
        cells.push(local(fault).await);
        assert!(!cells.iter().any(|cell| cell == "hangs"), "{name}: {cells:?}");
        writeln!(table, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
    hold("classes", &table);
}

#[test]
fn every_class_has_a_sentence_that_says_what_to_do_in_both_languages() {
    let mut table = String::from("| Class | What people read | 中文 |\n|---|---|---|\n");
    for kind in FailureKind::ALL {
        let said = [Locale::En, Locale::ZhCn].map(|locale| failure_sentence(locale.texts(), &Failure::plain(kind)));
        writeln!(table, "| {kind:?} | {} | {} |", said[0], said[1]).unwrap();
        assert!(said[0].matches(". ").count() >= 1 && said[1].matches('。').count() >= 2, "{kind:?}: it does not say what to do");
    }
    hold("sentences", &table);
}
