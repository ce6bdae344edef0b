//! The provider against scripted upstreams: whole answers, every kind of failure, and what it does when it is dropped.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

use super::*;
use crate::model::generation::Usage;
use crate::server::llm::tests::matrix::nobody;
use crate::server::llm::tests::{self as testing, Asked, read, report, sse, status};
use crate::server::llm::{Delta, Picture, StopReason, ToolCall, Turn};

const KEY: &str = "sk-test-abcdefghijklmnopqrstuvwxyz";

/// A provider whose server gives the same answer to everything and hands out what it was asked.
async fn upstream(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> (OpenAi, mpsc::UnboundedReceiver<Asked>) {
    let (url, asked) = testing::upstream(answer).await;
    (OpenAi::new(&format!("{url}/v1/"), Some(KEY.into()), Way::anywhere()).unwrap(), asked)
}

fn request() -> ChatRequest {
    let turns = vec![Turn::new(Author::User, "Hi")];
    ChatRequest { model: "m".into(), system: Some("Be brief.".into()), turns, max_tokens: Some(5), ..ChatRequest::default() }
}

#[tokio::test]
async fn an_answer_is_read_whole_and_the_stop_comes_last() {
    let (provider, mut asked) = upstream(|| {
        sse(concat!(
            ": a comment\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"Hm\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"reasoning\":\"m.\",\"content\":null}}],\"usage\":null}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"你\"},\"finish_reason\":null}]}\r\n\r\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"好\"},\"finish_reason\":\"length\"}]}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11,\"x\":{},\"prompt_tokens_details\":{\"cached_tokens\":4},\"completion_tokens_details\":{\"reasoning_tokens\":1}}}\n\n",
            "data: [DONE]\n\n",
        ))
    })
    .await;
    let (deltas, error) = read(&provider, request()).await;
    assert!(error.is_none(), "{error:?}");
    let expected = [
        Delta::Reasoning("Hm".into()),
        Delta::Reasoning("m.".into()),
        Delta::Text("你".into()),
        Delta::Text("好".into()),
        Delta::Usage(Usage { cached_tokens: 4, reasoning_tokens: 1, ..Usage::new(9, 2) }),
        Delta::Stop(StopReason::Length),
    ];
    assert_eq!(deltas, expected);

    let Asked { path, headers, body } = asked.recv().await.unwrap();
    assert_eq!(path, "/v1/chat/completions");
    assert_eq!(headers["authorization"], format!("Bearer {KEY}").as_str());
    let messages = json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]);
    let expected = json!({"model": "m", "messages": messages, "stream": true, "stream_options": {"include_usage": true}, "max_tokens": 5});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn thinking_in_tags_is_reasoning() {
    let (provider, _asked) = upstream(|| {
        let pieces = ["<th", "ink>\nWhy", "?</", "think>\n\n", "Because", "."];
        let chunk = |text: &str| format!("data: {}\n\n", json!({"choices": [{"delta": {"content": text}}]}));
        let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        sse(&(pieces.map(chunk).concat() + end))
    })
    .await;
    let expected = [
        Delta::Reasoning("Why".into()),
        Delta::Reasoning("?".into()),
        Delta::Text("Because".into()),
        Delta::Text(".".into()),
        Delta::Stop(StopReason::End),
    ];
    assert_eq!(read(&provider, request()).await.0, expected);
}

#[tokio::test]
async fn an_error_answer_is_classified_asked_once_and_hides_the_key() {
    for (code, kind) in [(401, FailureKind::Auth), (429, FailureKind::RateLimited), (503, FailureKind::VendorDown)] {
        let (provider, mut asked) =
            upstream(move || status(code, r#"{"error":{"message":"No: sk-test-abcdefghijklmnopqrstuvwxyz, sk-te***wxyz"}}"#)).await;
        let (deltas, error) = read(&provider, request()).await;
        let error = error.expect("an error");
        assert!(deltas.is_empty());
        assert_eq!((error.kind, error.message.as_str()), (kind, "No: ***, ***"));
        assert_eq!(error.retry_after, Some(Duration::from_secs(3)));
        assert!(asked.recv().await.is_some());
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(asked.try_recv().is_err(), "{code} was asked again");
    }
}

#[tokio::test]
async fn an_error_inside_the_stream_ends_it_after_the_text() {
    let (provider, _asked) = upstream(|| {
        sse("data: {\"choices\":[{\"delta\":{\"content\":\"Half\"}}]}\n\ndata: {\"error\":{\"message\":\"Overloaded\",\"code\":503}}\n\n")
    })
    .await;
    let (deltas, error) = read(&provider, request()).await;
    assert_eq!(deltas, [Delta::Text("Half".into())]);
    let error = error.expect("an error");
    assert_eq!((error.kind, error.message.as_str()), (FailureKind::VendorDown, "Overloaded"));
}

#[tokio::test]
async fn a_refusal_is_shown_and_stays_one_whatever_its_end_is_called() {
    let (provider, _asked) = upstream(|| {
        sse(concat!(
            "data: {\"choices\":[{\"delta\":{\"refusal\":\"I'm sorry, I cannot.\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
        ))
    })
    .await;
    let (deltas, error) = read(&provider, request()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(deltas, [Delta::Text("I'm sorry, I cannot.".into()), Delta::Stop(StopReason::Filter)]);
}

#[tokio::test]
async fn garbage_is_a_protocol_error() {
    let good = "data: {\"choices\":[{\"delta\":{\"content\":\"Half\"}}]}\n\n";
    let (provider, _asked) = upstream(move || sse(&format!("{good}data: {{not json\n\n"))).await;
    let (deltas, error) = read(&provider, request()).await;
    assert_eq!((deltas.len(), error.map(|e| e.kind)), (1, Some(FailureKind::Protocol)));

    let (provider, _asked) = upstream(|| ([("content-type", "text/html")], "<html>Welcome</html>").into_response()).await;
    assert_eq!(read(&provider, request()).await.1.map(|e| e.kind), Some(FailureKind::Protocol));
}

#[tokio::test]
async fn an_answer_without_an_end_is_a_dropped_connection() {
    let (provider, _asked) = upstream(|| sse("data: {\"choices\":[{\"delta\":{\"content\":\"Half\"}}]}\n\n")).await;
    let (deltas, error) = read(&provider, request()).await;
    let error = error.expect("a silent success");
    assert_eq!(deltas, [Delta::Text("Half".into())]);
    assert!(error.kind == FailureKind::Network && error.message.contains("dropped"), "{error:?}");
}

/// A raw server: reads the request, writes the beginning of an answer and hands over the connection.
async fn raw(beginning: &'static str) -> (OpenAi, oneshot::Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let (give, take) = oneshot::channel();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        let _ = socket.read(&mut buffer).await.unwrap();
        socket.write_all(beginning.as_bytes()).await.unwrap();
        give.send(socket).ok();
    });
    (OpenAi::new(&url, None, Way::anywhere()).unwrap(), take)
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n\
                    2f\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n\r\n";

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_is_a_failure_of_the_network() {
    let (provider, socket) = raw(HEAD).await;
    let mut stream = provider.chat(request()).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), Delta::Text("a".into()));
    drop(socket.await.unwrap());
    let error = stream.next().await.unwrap().expect_err("a broken connection");
    assert_eq!(error.kind, FailureKind::Network);
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn dropping_a_stalled_answer_closes_the_upstream_connection_at_once() {
    let (provider, socket) = raw(HEAD).await;
    let mut stream = provider.chat(request()).await.unwrap();
    stream.next().await.unwrap().unwrap();
    let mut socket = socket.await.unwrap();
    assert!(tokio::time::timeout(Duration::from_millis(100), socket.read(&mut [0; 16])).await.is_err(), "still open while it is read");
    let dropped = Instant::now();
    drop(stream);
    let closed = tokio::time::timeout(Duration::from_secs(5), socket.read(&mut [0; 16])).await.expect("the connection was left open");
    assert!(matches!(closed, Ok(0) | Err(_)));
    assert!(dropped.elapsed() < Duration::from_secs(1), "closed after {:?}", dropped.elapsed());
}

#[tokio::test]
async fn dropping_the_question_before_the_first_byte_closes_the_connection_too() {
    let (provider, socket) = raw("").await;
    let provider = Arc::new(provider);
    let asking = tokio::spawn({
        let provider = provider.clone();
        async move { provider.chat(request()).await.map(|_| ()) }
    });
    let mut socket = socket.await.unwrap();
    asking.abort();
    let closed = tokio::time::timeout(Duration::from_secs(1), socket.read(&mut [0; 4096])).await.expect("the connection was left open");
    assert!(matches!(closed, Ok(0) | Err(_)));
}

#[tokio::test]
async fn an_unreachable_provider_is_a_failure_of_the_network_and_named() {
    let (_taken, url) = nobody();
    let error = OpenAi::new(&format!("{url}/v1"), None, Way::anywhere()).unwrap().models().await.expect_err("nobody is there");
    assert_eq!(error.kind, FailureKind::Network);
    assert!(error.message.contains(url.trim_start_matches("http://")), "{}", error.message);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (provider, mut asked) = upstream(|| (axum::http::StatusCode::FOUND, [("location", "/elsewhere")]).into_response()).await;
    assert_eq!(provider.models().await.unwrap_err().kind, FailureKind::Protocol);
    assert_eq!(asked.recv().await.unwrap().path, "/v1/models");
    assert!(asked.try_recv().is_err(), "the redirect was followed");
}

#[tokio::test]
async fn models_are_listed_sorted_with_their_context_windows() {
    let (provider, _asked) = upstream(|| {
        axum::Json(json!({"object": "list", "data": [
            {"id": "b", "object": "model", "owned_by": "x", "max_model_len": 8192},
            {"id": "a", "name": "Model A", "context_length": 4096, "pricing": {}},
            {"id": "a"},
        ]}))
        .into_response()
    })
    .await;
    let models = provider.models().await.unwrap();
    let names: Vec<_> = models.iter().map(|m| (m.name.as_str(), m.title.as_deref(), m.context)).collect();
    assert_eq!(names, [("a", Some("Model A"), Some(4096)), ("b", None, Some(8192))]);
}

#[test]
fn models_that_cannot_chat_are_left_out_of_openais_own_list() {
    assert!(["gpt-4.1-mini", "gpt-5", "o4-mini", "chatgpt-4o-latest"].into_iter().all(|name| wire::serves(name, false)));
    let voices = ["gpt-4o-mini-tts", "whisper-1", "gpt-4o-transcribe"];
    assert!(voices.into_iter().all(|name| wire::serves(name, false) && wire::serves(name, true)), "they hear and speak");
    assert!(wire::serves("text-embedding-3-small", false), "it embeds");
    let others = ["gpt-4o-audio-preview", "dall-e-3", "gpt-image-1"];
    assert!(!others.into_iter().any(|name| wire::serves(name, false)));
    assert!(wire::serves("gpt-5-codex", true) && !wire::serves("gpt-5-codex", false));
}

#[tokio::test]
async fn parameters_are_sent_in_the_words_of_openai() {
    let (provider, mut asked) = upstream(|| sse("data: [DONE]\n\n")).await;
    let stop = vec!["END".to_owned()];
    let asking =
        ChatRequest { temperature: Some(0.5), top_p: Some(0.25), effort: Some(crate::model::setup::Effort::Low), stop, ..request() };
    read(&provider, asking).await;
    let body = asked.recv().await.unwrap().body;
    let sent = ["temperature", "top_p", "max_tokens", "reasoning_effort", "stop"].map(|name| body[name].clone());
    let expected = [0.5.into(), 0.25.into(), 5.into(), "low".into(), serde_json::json!(["END"])];
    assert_eq!(sent, expected, "{body}");
}

#[test]
fn a_picture_stands_before_the_words_and_words_alone_stay_a_text() {
    let picture = Picture { media_type: "image/png", bytes: bytes::Bytes::from_static(b"png") };
    let turns = vec![Turn { pictures: vec![picture], ..Turn::new(Author::User, "What is it?") }, Turn::new(Author::Assistant, "A dot.")];
    let body = serde_json::to_value(wire::Body::new(&ChatRequest { turns, ..request() }, Dialect::OpenAi)).unwrap();
    let url = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}});
    assert_eq!(body["messages"][1]["content"], json!([url, {"type": "text", "text": "What is it?"}]));
    assert_eq!(body["messages"][2]["content"], "A dot.");
}

/// The part of <https://platform.openai.com/docs/guides/pdf-files> (Chat Completions).
#[test]
fn a_document_is_a_file_before_pictures_and_words() {
    let picture = Picture { media_type: "image/png", bytes: bytes::Bytes::from_static(b"png") };
    let turns = vec![Turn { pictures: vec![picture], documents: vec![report()], ..Turn::new(Author::User, "What does it say?") }];
    let body = serde_json::to_value(wire::Body::new(&ChatRequest { turns, ..request() }, Dialect::OpenAi)).unwrap();
    let file = json!({"type": "file", "file": {"filename": "report.pdf", "file_data": "data:application/pdf;base64,cGRm"}});
    let kinds: Vec<_> = body["messages"][1]["content"].as_array().unwrap().iter().map(|part| part["type"].clone()).collect();
    assert_eq!((&body["messages"][1]["content"][0], kinds), (&file, vec![json!("file"), json!("image_url"), json!("text")]));
}

/// The events of <https://platform.openai.com/docs/guides/function-calling> (streaming), with a second call beside the first.
#[tokio::test]
async fn calls_of_tools_come_in_pieces_and_the_answer_ends_with_them() {
    let call = |index: u32, id: Option<&str>, name: Option<&str>, arguments: &str| {
        let function = json!({"name": name, "arguments": arguments});
        let call = json!({"index": index, "id": id, "type": id.map(|_| "function"), "function": function});
        format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": {"content": null, "tool_calls": [call]}, "finish_reason": null}]}))
    };
    let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";
    let events = call(0, Some("call_DdmO9pD3xa9XTPNJ32zg2hcA"), Some("get_weather"), "")
        + &call(0, None, None, "{\"location")
        + &call(1, Some("call_2"), Some("get_time"), "{}")
        + &call(0, None, None, "\":\"Paris\"}");
    let (provider, _asked) = upstream(move || sse(&(events.clone() + end))).await;
    let (deltas, error) = read(&provider, request()).await;
    assert!(error.is_none(), "{error:?}");
    let begun = |index, id: &str, name: &str, arguments: &str| {
        Delta::ToolCall(ToolCall { index, id: Some(id.into()), name: Some(name.into()), arguments: arguments.into() })
    };
    let piece = |arguments: &str| Delta::ToolCall(ToolCall { arguments: arguments.into(), ..ToolCall::default() });
    let expected = [
        begun(0, "call_DdmO9pD3xa9XTPNJ32zg2hcA", "get_weather", ""),
        piece("{\"location"),
        begun(1, "call_2", "get_time", "{}"),
        piece("\":\"Paris\"}"),
        Delta::Stop(StopReason::Tool),
    ];
    assert_eq!(deltas, expected);
}

#[tokio::test]
async fn a_call_in_an_older_shape_or_without_its_place_is_one_too_and_so_is_one_whose_end_is_called_a_stop() {
    for delta in [
        json!({"function_call": {"name": "look", "arguments": "{}"}}),
        json!({"content": "", "tool_calls": [{"id": "", "function": {"name": "look", "arguments": {}}}]}),
    ] {
        let events = format!("data: {}\n\n", json!({"choices": [{"delta": delta, "finish_reason": "stop"}]}));
        let (provider, _asked) = upstream(move || sse(&events)).await;
        let look = ToolCall { name: Some("look".into()), arguments: "{}".into(), ..ToolCall::default() };
        assert_eq!(read(&provider, request()).await.0, [Delta::ToolCall(look), Delta::Stop(StopReason::Tool)], "{delta}");
    }
}
