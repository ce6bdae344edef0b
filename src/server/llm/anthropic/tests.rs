//! Against scripted upstreams; the events are those of the vendor's documentation of streaming.

use axum::response::IntoResponse;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::*;
use crate::model::generation::{FailureKind, Usage};
use crate::model::message::Author;
use crate::model::setup::Effort;
use crate::server::llm::tests::{self as testing, Asked, read, report, sse, status};
use crate::server::llm::{Delta, StopReason, ToolCall, Turn};

const KEY: &str = "sk-ant-test-abcdefghijklmnop";

async fn upstream(
    answer: impl Fn() -> axum::response::Response + Clone + Send + Sync + 'static,
) -> (Anthropic, mpsc::UnboundedReceiver<Asked>) {
    let (url, asked) = testing::upstream(answer).await;
    (Anthropic::new(&format!("{url}/v1/"), Some(KEY.into()), Way::anywhere()).unwrap(), asked)
}

fn request() -> ChatRequest {
    let turn = |author, text: &str| Turn::new(author, text);
    let turns = vec![turn(Author::User, "Hi"), turn(Author::Assistant, "Hello, \n")];
    ChatRequest {
        model: "claude-x".into(),
        system: Some("Be brief.".into()),
        turns,
        max_tokens: Some(5),
        temperature: Some(1.5),
        ..ChatRequest::default()
    }
}

const ANSWER: &str = concat!(
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\
     \"usage\":{\"input_tokens\":9,\"cache_read_input_tokens\":20,\"cache_creation_input_tokens\":1,\"output_tokens\":1}}}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n",
    "event: ping\ndata: {\"type\": \"ping\"}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"Hm.\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"EqQB\"}}\n\n",
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
    "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"你\"}}\n\n",
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"好\"}}\n\n",
    "event: something_new\ndata: {\"type\":\"something_new\",\"x\":1}\n\n",
    "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"max_tokens\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":12}}\n\n",
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
);

#[tokio::test]
async fn an_answer_is_read_whole_and_the_stop_comes_last() {
    let (provider, mut asked) = upstream(|| sse(ANSWER)).await;
    let (deltas, error) = read(&provider, request()).await;
    assert!(error.is_none(), "{error:?}");
    let usage = Usage { cached_tokens: 20, ..Usage::new(30, 12) };
    let expected = [
        Delta::Reasoning("Hm.".into()),
        Delta::Text("你".into()),
        Delta::Text("好".into()),
        Delta::Sealed(json!([{"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}]).to_string()),
        Delta::Usage(usage),
        Delta::Stop(StopReason::Length),
    ];
    assert_eq!(deltas, expected);

    let Asked { path, headers, body } = asked.recv().await.unwrap();
    assert_eq!(path, "/v1/messages");
    assert_eq!((headers["x-api-key"].to_str().unwrap(), headers["anthropic-version"].to_str().unwrap()), (KEY, "2023-06-01"));
    let messages = json!([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello,"}]);
    let expected =
        json!({"model": "claude-x", "system": "Be brief.", "messages": messages, "max_tokens": 5, "stream": true, "temperature": 1.0});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_number_of_tokens_is_always_asked_for() {
    let (provider, mut asked) = upstream(|| sse(ANSWER)).await;
    read(&provider, ChatRequest { max_tokens: None, ..request() }).await;
    assert_eq!(asked.recv().await.unwrap().body["max_tokens"], 8192);
}

#[tokio::test]
async fn a_refusal_is_told_from_an_end() {
    let stop = |reason: &str| {
        let event = json!({"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 1}});
        format!("event: message_delta\ndata: {event}\n\n")
    };
    for (reason, expected) in
        [("end_turn", StopReason::End), ("refusal", StopReason::Filter), ("model_context_window_exceeded", StopReason::Length)]
    {
        let events = stop(reason);
        let (provider, _asked) = upstream(move || sse(&events)).await;
        assert_eq!(read(&provider, request()).await.0.last(), Some(&Delta::Stop(expected)), "{reason}");
    }
}

#[tokio::test]
async fn an_error_answer_is_classified_asked_once_and_hides_the_key() {
    let body = r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key: sk-ant-test-abcdefghijklmnop"},"request_id":"r"}"#;
    for (code, kind) in [(401, FailureKind::Auth), (429, FailureKind::RateLimited), (529, FailureKind::VendorDown)] {
        let (provider, mut asked) = upstream(move || status(code, body)).await;
        let (deltas, error) = read(&provider, request()).await;
        let error = error.expect("an error");
        assert!(deltas.is_empty());
        assert_eq!((error.kind, error.message.as_str()), (kind, "invalid x-api-key: ***"));
        assert_eq!(error.retry_after, Some(std::time::Duration::from_secs(3)));
        assert!(asked.recv().await.is_some() && asked.try_recv().is_err(), "{code} was asked again");
    }
}

#[tokio::test]
async fn an_error_inside_the_stream_ends_it_after_the_text() {
    let (provider, _asked) = upstream(|| {
        sse(concat!(
            "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Half\"}}\n\n",
            "event: error\ndata: {\"type\": \"error\", \"error\": {\"type\": \"overloaded_error\", \"message\": \"Overloaded\"}}\n\n",
        ))
    })
    .await;
    let (deltas, error) = read(&provider, request()).await;
    assert_eq!(deltas, [Delta::Text("Half".into())]);
    assert_eq!(error.map(|e| (e.kind, e.message)), Some((FailureKind::VendorDown, "Overloaded".into())));
}

#[tokio::test]
async fn an_answer_that_just_ends_and_one_that_is_no_stream_have_failed() {
    let cut = ANSWER.split("event: message_delta").next().unwrap();
    let (provider, _asked) = upstream(move || sse(cut)).await;
    assert_eq!(read(&provider, request()).await.1.map(|e| e.kind), Some(FailureKind::Network));
    let (provider, _asked) = upstream(|| sse("event: message_start\ndata: {not json\n\n")).await;
    assert_eq!(read(&provider, request()).await.1.map(|e| e.kind), Some(FailureKind::Protocol));
    let (provider, _asked) = upstream(|| axum::response::Html("<html>Welcome</html>").into_response()).await;
    assert_eq!(read(&provider, request()).await.1.map(|e| e.kind), Some(FailureKind::Protocol));
}

#[tokio::test]
async fn models_are_listed_with_their_names_and_windows() {
    let (provider, mut asked) = upstream(|| {
        axum::Json(
            json!({"data": [{"type": "model", "id": "claude-x-1", "display_name": "Claude X 1", "created_at": "2026-01-01T00:00:00Z"}],
            "has_more": false, "first_id": "claude-x-1", "last_id": "claude-x-1"}),
        )
        .into_response()
    })
    .await;
    let models = provider.models().await.unwrap();
    assert_eq!(models, [ModelInfo { name: "claude-x-1".into(), title: Some("Claude X 1".into()), context: Some(200_000) }]);
    assert_eq!(asked.recv().await.unwrap().path, "/v1/models?limit=1000");
}

#[test]
fn signed_thoughts_go_back_before_the_answer_that_they_led_to_where_the_model_thinks_again() {
    let sealed = json!([{"type": "thinking", "thinking": "Hm.", "signature": "EqQB"}, {"type": "redacted_thinking", "data": "x"}]);
    let answer = Turn { sealed: Some(sealed.to_string()), ..Turn::new(Author::Assistant, "Hello") };
    let turns = vec![Turn::new(Author::User, "Hi"), answer, Turn::new(Author::User, "So?")];
    let body = |effort| {
        let asking = ChatRequest { model: "claude-opus-5".into(), turns: turns.clone(), effort, ..request() };
        serde_json::to_value(wire::Body::new(&asking)).unwrap()["messages"][1]["content"].clone()
    };
    assert_eq!(body(Some(Effort::High)), json!([sealed[0], sealed[1], {"type": "text", "text": "Hello"}]));
    assert_eq!(body(None), "Hello", "without thinking there is no place for thoughts");
}

#[test]
fn thinking_is_asked_for_as_each_generation_takes_it() {
    let asked = |model: &str, effort, max_tokens| {
        let turns = vec![Turn::new(Author::User, "Hi")];
        let stop = vec!["END".to_owned(), " \n".to_owned()];
        let request = ChatRequest {
            model: model.into(),
            turns,
            max_tokens,
            temperature: Some(0.5),
            top_p: Some(0.9),
            effort,
            stop,
            ..ChatRequest::default()
        };
        serde_json::to_value(wire::Body::new(&request)).unwrap()
    };
    let newer = asked("claude-opus-4-6-20260205", Some(Effort::Medium), None);
    assert_eq!((&newer["thinking"], &newer["output_config"]), (&json!({"type": "adaptive"}), &json!({"effort": "medium"})));
    let older = asked("claude-haiku-4-5", Some(Effort::High), Some(20_000));
    assert_eq!(older["thinking"], json!({"type": "enabled", "budget_tokens": 18_976}));
    assert!(older["output_config"].is_null() && older["temperature"].is_null() && older["top_p"].is_null(), "{older}");
    let short = asked("claude-haiku-4-5", Some(Effort::High), Some(1_500));
    assert!(short["thinking"].is_null(), "no room to think: {short}");
    let plain = asked("claude-haiku-4-5", None, None);
    assert_eq!((&plain["temperature"], &plain["top_p"], &plain["thinking"]), (&json!(0.5), &Value::Null, &Value::Null));
    assert_eq!(plain["stop_sequences"], json!(["END"]), "white space alone is refused");
    assert_eq!(asked("claude-opus-5", Some(Effort::Off), None)["thinking"], Value::Null);
}

#[test]
fn what_a_generation_does_not_take_is_known_by_its_version() {
    use Parameter::{ReasoningEffort, Temperature, TopP};
    for (model, ignores) in [
        ("claude-opus-4-7-20260416", vec![Temperature, TopP]),
        ("claude-sonnet-5", vec![Temperature, TopP]),
        ("claude-opus-4-6", vec![]),
        ("claude-sonnet-4-20250514", vec![]),
        ("claude-3-7-sonnet-latest", vec![]),
        ("claude-3-5-haiku-20241022", vec![ReasoningEffort]),
        ("claude-mythos-preview", vec![]),
    ] {
        assert_eq!(wire::ignores(model), ignores, "{model}");
    }
}

#[test]
fn a_picture_is_a_block_before_the_words() {
    let picture = crate::server::llm::Picture { media_type: "image/jpeg", bytes: bytes::Bytes::from_static(b"jpg") };
    let turns = vec![Turn { pictures: vec![picture], ..Turn::new(Author::User, "What is it?") }];
    let body = serde_json::to_value(wire::Body::new(&ChatRequest { turns, ..request() })).unwrap();
    let source = json!({"type": "base64", "media_type": "image/jpeg", "data": "anBn"});
    assert_eq!(body["messages"][0]["content"], json!([{"type": "image", "source": source}, {"type": "text", "text": "What is it?"}]));
}

/// The block of <https://docs.anthropic.com/en/docs/build-with-claude/pdf-support>.
#[test]
fn a_document_is_a_block_before_the_words() {
    let turns = vec![Turn { documents: vec![report()], ..Turn::new(Author::User, "What does it say?") }];
    let body = serde_json::to_value(wire::Body::new(&ChatRequest { turns, ..request() })).unwrap();
    let source = json!({"type": "base64", "media_type": "application/pdf", "data": "cGRm"});
    let document = json!({"type": "document", "source": source, "title": "report.pdf"});
    assert_eq!(body["messages"][0]["content"], json!([document, {"type": "text", "text": "What does it say?"}]));
}

/// The events of <https://docs.anthropic.com/en/docs/build-with-claude/streaming> (tool use), and a tool of the vendor's own before it.
#[tokio::test]
async fn calls_of_tools_come_in_pieces_and_what_the_vendor_does_itself_is_none() {
    let start = |index: u32, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
    let piece = |index: u32, json: &str| json!({"type": "content_block_delta", "index": index, "delta": {"type": "input_json_delta", "partial_json": json}});
    let all = [
        start(0, json!({"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}})),
        piece(0, "{\"query\":\"weather\"}"),
        json!({"type": "content_block_stop", "index": 0}),
        start(1, json!({"type": "tool_use", "id": "toolu_01T1x1fJ34qAmk2tNTrN7Up6", "name": "get_weather", "input": {}})),
        piece(1, ""),
        piece(1, "{\"location\":"),
        piece(1, " \"San Francisco, CA\"}"),
        json!({"type": "content_block_stop", "index": 1}),
        json!({"type": "message_delta", "delta": {"stop_reason": "tool_use", "stop_sequence": null}, "usage": {"output_tokens": 89}}),
    ];
    let events: String = all.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())).collect();
    let (provider, _asked) = upstream(move || sse(&events)).await;
    let (deltas, error) = read(&provider, request()).await;
    assert!(error.is_none(), "{error:?}");
    let piece = |arguments: &str| Delta::ToolCall(ToolCall { index: 1, arguments: arguments.into(), ..ToolCall::default() });
    let begun = ToolCall {
        index: 1,
        id: Some("toolu_01T1x1fJ34qAmk2tNTrN7Up6".into()),
        name: Some("get_weather".into()),
        arguments: String::new(),
    };
    let expected = [
        Delta::ToolCall(begun),
        piece(""),
        piece("{\"location\":"),
        piece(" \"San Francisco, CA\"}"),
        Delta::Usage(Usage::new(0, 89)),
        Delta::Stop(StopReason::Tool),
    ];
    assert_eq!(deltas, expected);
}
