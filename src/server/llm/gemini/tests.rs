//! Against scripted upstreams; the events have the shape of the vendor's documentation.

use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::mpsc;

use super::*;
use crate::model::generation::{FailureKind, Usage};
use crate::model::message::Author;
use crate::model::setup::Effort;
use crate::server::llm::tests::{self as testing, Asked, read, report, sse, status};
use crate::server::llm::{Delta, StopReason, ToolCall, Turn};

const KEY: &str = "AIzaSyTestTestTestTestTestTest";

async fn upstream(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> (Gemini, mpsc::UnboundedReceiver<Asked>) {
    let (url, asked) = testing::upstream(answer).await;
    (Gemini::new(&url, Some(KEY.into()), Way::anywhere()).unwrap(), asked)
}

fn request() -> ChatRequest {
    let turn = |author, text: &str| Turn::new(author, text);
    let turns = vec![turn(Author::User, "Hi"), turn(Author::Assistant, "Hello."), turn(Author::User, "And?")];
    ChatRequest { model: "gemini-x".into(), system: Some("Be brief.".into()), turns, max_tokens: Some(5), ..ChatRequest::default() }
}

const ANSWER: &str = concat!(
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hm.\",\"thought\":true}],\"role\":\"model\"},\"index\":0}],\
     \"usageMetadata\":{\"promptTokenCount\":9,\"totalTokenCount\":9},\"modelVersion\":\"gemini-x\"}\r\n\r\n",
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"你\"},{\"text\":\"好\"}],\"role\":\"model\"},\"index\":0}]}\r\n\r\n",
    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\"}],\"role\":\"model\"},\"finishReason\":\"MAX_TOKENS\",\"index\":0}],\
     \"usageMetadata\":{\"promptTokenCount\":9,\"candidatesTokenCount\":2,\"thoughtsTokenCount\":3,\"cachedContentTokenCount\":4}}\r\n\r\n",
);

#[tokio::test]
async fn an_answer_is_read_whole_and_the_stop_comes_last() {
    let (provider, mut asked) = upstream(|| sse(ANSWER)).await;
    let (deltas, error) = read(&provider, request()).await;
    assert!(error.is_none(), "{error:?}");
    let expected = [
        Delta::Reasoning("Hm.".into()),
        Delta::Text("你".into()),
        Delta::Text("好".into()),
        Delta::Usage(Usage { cached_tokens: 4, reasoning_tokens: 3, ..Usage::new(9, 5) }),
        Delta::Stop(StopReason::Length),
    ];
    assert_eq!(deltas, expected);

    let Asked { path, headers, body } = asked.recv().await.unwrap();
    assert_eq!(path, "/v1beta/models/gemini-x:streamGenerateContent?alt=sse");
    assert_eq!(headers["x-goog-api-key"], KEY);
    let content = |role: &str, text: &str| json!({"role": role, "parts": [{"text": text}]});
    let expected = json!({
        "contents": [content("user", "Hi"), content("model", "Hello."), content("user", "And?")],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "generationConfig": {"maxOutputTokens": 5},
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_refused_prompt_and_a_refused_answer_are_told() {
    let (provider, _asked) =
        upstream(|| sse("data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":3}}\n\n")).await;
    let error = read(&provider, request()).await.1.expect("a refusal");
    assert_eq!((error.kind, error.message.as_str()), (FailureKind::Refused, "The provider refused the prompt (SAFETY)."));
    let (provider, _asked) = upstream(|| sse("data: {\"candidates\":[{\"finishReason\":\"PROHIBITED_CONTENT\"}]}\n\n")).await;
    assert_eq!(read(&provider, request()).await.0, [Delta::Stop(StopReason::Filter)]);
}

#[tokio::test]
async fn error_answers_are_classified_and_hide_the_key() {
    let (provider, _asked) = upstream(|| {
        status(400, r#"{"error":{"code":400,"message":"API key not valid: AIzaSyTestTestTestTestTestTest.","status":"INVALID_ARGUMENT"}}"#)
    })
    .await;
    let error = read(&provider, request()).await.1.expect("an error");
    assert_eq!((error.kind, error.message.as_str()), (FailureKind::Auth, "API key not valid: ***."));
    let cut = ANSWER.split("\r\n\r\n").next().unwrap();
    let (provider, _asked) = upstream(move || sse(&format!("{cut}\n\n"))).await;
    assert_eq!(read(&provider, request()).await.1.map(|e| e.kind), Some(FailureKind::Network), "an answer that just ends");
}

#[tokio::test]
async fn models_that_chat_or_embed_are_listed_and_only_those_that_think_are_asked_for_thoughts() {
    let (provider, mut asked) = upstream(|| {
        let model = |name: &str, method: &str, thinking: bool| {
            json!({"name": format!("models/{name}"), "displayName": name.to_uppercase(), "inputTokenLimit": 1000,
                "supportedGenerationMethods": [method, "countTokens"], "thinking": thinking})
        };
        let models = [
            model("gemini-x", "generateContent", true),
            model("gemini-plain", "generateContent", false),
            model("embedding-1", "embedContent", false),
            model("gemini-x-tts", "generateContent", false),
        ];
        axum::Json(json!({"models": models})).into_response()
    })
    .await;
    let models = provider.models().await.unwrap();
    let names: Vec<_> = models.iter().map(|m| (m.name.as_str(), m.title.as_deref(), m.context)).collect();
    let expected = [("gemini-x", "GEMINI-X"), ("gemini-plain", "GEMINI-PLAIN"), ("embedding-1", "EMBEDDING-1")];
    assert_eq!(names, expected.map(|(name, title)| (name, Some(title), Some(1000))));
    assert_eq!(asked.recv().await.unwrap().path, "/v1beta/models?pageSize=1000");
    let thoughts = |model: &str| serde_json::to_value(wire::Body::new(&request(), provider.thinks(model), true)).unwrap();
    assert_eq!(thoughts("gemini-x")["generationConfig"]["thinkingConfig"], json!({"includeThoughts": true}));
    assert!(thoughts("gemini-plain")["generationConfig"].get("thinkingConfig").is_none());
}

#[test]
fn a_models_name_cannot_lead_to_another_path() {
    assert_eq!(wire::path_segment("models/gemini-2.5-pro"), "gemini-2.5-pro");
    assert_eq!(wire::path_segment("../files/x?y"), "..%2Ffiles%2Fx%3Fy");
    assert_eq!(wire::path_segment(".."), "%2E%2E");
}

#[test]
fn thinking_is_a_budget_before_the_third_generation_and_a_level_since() {
    let config = |model: &str, effort| {
        let stop = vec!["END".to_owned()];
        let request = ChatRequest { model: model.into(), top_p: Some(0.5), effort: Some(effort), stop, ..request() };
        serde_json::to_value(wire::Body::new(&request, true, true)).unwrap()["generationConfig"].clone()
    };
    let low = config("gemini-2.5-flash", Effort::Low);
    assert_eq!(low["thinkingConfig"], json!({"includeThoughts": true, "thinkingBudget": 1_024}));
    assert_eq!((&low["topP"], &low["stopSequences"]), (&json!(0.5), &json!(["END"])));
    let thinking = |model, effort| config(model, effort)["thinkingConfig"].clone();
    assert_eq!(thinking("gemini-2.5-flash", Effort::Off), json!({"includeThoughts": false, "thinkingBudget": 0}));
    assert_eq!(thinking("gemini-2.5-pro", Effort::Off), json!({"includeThoughts": true, "thinkingBudget": 128}));
    assert_eq!(thinking("gemini-3-flash-preview", Effort::Off), json!({"includeThoughts": true, "thinkingLevel": "minimal"}));
    assert_eq!(thinking("gemini-3.1-pro-preview", Effort::High), json!({"includeThoughts": true, "thinkingLevel": "high"}));
}

#[test]
fn a_picture_is_a_part_of_its_own() {
    let picture = crate::server::llm::Picture { media_type: "image/png", bytes: bytes::Bytes::from_static(b"png") };
    let turns = vec![Turn { pictures: vec![picture], ..Turn::new(Author::User, "") }];
    let body = serde_json::to_value(wire::Body::new(&ChatRequest { turns, ..request() }, false, true)).unwrap();
    assert_eq!(body["contents"][0]["parts"], serde_json::json!([{"inlineData": {"mimeType": "image/png", "data": "cG5n"}}]));
}

/// The part of <https://ai.google.dev/gemini-api/docs/document-processing>, below the name that it has nowhere else.
#[test]
fn a_document_is_a_part_below_its_name() {
    let turns = vec![Turn { documents: vec![report()], ..Turn::new(Author::User, "What does it say?") }];
    let body = serde_json::to_value(wire::Body::new(&ChatRequest { turns, ..request() }, false, true)).unwrap();
    let data = serde_json::json!({"inlineData": {"mimeType": "application/pdf", "data": "cGRm"}});
    assert_eq!(body["contents"][0]["parts"], serde_json::json!([{"text": "report.pdf"}, data, {"text": "What does it say?"}]));
}

/// The parts of <https://ai.google.dev/gemini-api/docs/thought-signatures>: without a call the last one is signed, and its text may be empty.
#[tokio::test]
async fn a_signature_is_kept_with_the_answer_and_goes_back_in_the_part_that_it_came_in() {
    let event = |parts: serde_json::Value, reason: Option<&str>| {
        let candidate = json!({"content": {"role": "model", "parts": parts}, "finishReason": reason, "index": 0});
        format!("data: {}\n\n", json!({"candidates": [candidate]}))
    };
    let events = event(json!([{"text": "Hm.", "thought": true}]), None)
        + &event(json!([{"text": "I need to "}]), None)
        + &event(json!([{"text": "think."}]), None)
        + &event(json!([{"text": "", "thoughtSignature": "<Sig A>"}]), Some("STOP"));
    let (provider, mut asked) = upstream(move || sse(&events)).await;
    let (deltas, error) = read(&provider, request()).await;
    assert!(error.is_none(), "{error:?}");
    let Some(Delta::Sealed(sealed)) = deltas.get(3).cloned() else { panic!("no signature: {deltas:?}") };
    let text = |text: &str| Delta::Text(text.into());
    let expected =
        [Delta::Reasoning("Hm.".into()), text("I need to "), text("think."), Delta::Sealed(sealed.clone()), Delta::Stop(StopReason::End)];
    assert_eq!(deltas, expected);

    asked.recv().await.unwrap();
    let answer = Turn { sealed: Some(sealed), ..Turn::new(Author::Assistant, "I need to think.") };
    let turns = vec![Turn::new(Author::User, "Hi"), answer, Turn::new(Author::User, "So?")];
    read(&provider, ChatRequest { turns, ..request() }).await;
    let contents = asked.recv().await.unwrap().body["contents"].clone();
    assert_eq!(contents[1], json!({"role": "model", "parts": [{"text": "I need to think."}, {"text": "", "thoughtSignature": "<Sig A>"}]}));
    assert_eq!(contents[2], json!({"role": "user", "parts": [{"text": "So?"}]}));
}

#[tokio::test]
async fn signatures_that_the_vendor_does_not_take_are_left_out_and_nothing_else_is_asked_twice() {
    let refused = || status(400, r#"{"error":{"code":400,"message":"Thought signature is not valid.","status":"INVALID_ARGUMENT"}}"#);
    let (provider, mut asked) = upstream(refused).await;
    let answer = Turn { sealed: Some(r#"[{"length":5,"signature":"A"}]"#.into()), ..Turn::new(Author::Assistant, "Hello") };
    let turns = vec![Turn::new(Author::User, "Hi"), answer, Turn::new(Author::User, "So?")];
    assert_eq!(read(&provider, ChatRequest { turns, ..request() }).await.1.map(|error| error.kind), Some(FailureKind::Protocol));
    let parts = |asked: Asked| asked.body["contents"][1]["parts"].clone();
    assert_eq!(parts(asked.recv().await.unwrap()), json!([{"text": "Hello", "thoughtSignature": "A"}]));
    assert_eq!(parts(asked.recv().await.unwrap()), json!([{"text": "Hello"}]));
    assert!(asked.try_recv().is_err(), "a third time");
    read(&provider, request()).await;
    assert!(asked.recv().await.is_some() && asked.try_recv().is_err(), "nothing was signed");
}

/// The answer of <https://ai.google.dev/gemini-api/docs/function-calling>; a call that the model was not given has no parts at all.
#[tokio::test]
async fn calls_of_tools_come_whole_and_end_the_answer_whatever_its_end_is_called() {
    let (provider, _asked) = upstream(|| {
        let call = |name: &str| json!({"functionCall": {"name": name, "args": {"location": "London"}}, "thoughtSignature": "<Sig A>"});
        let parts = json!([call("get_current_temperature"), {"functionCall": {"id": "c2", "name": "get_time"}}]);
        sse(&format!("data: {}\n\n", json!({"candidates": [{"content": {"parts": parts, "role": "model"}, "finishReason": "STOP"}]})))
    })
    .await;
    let (deltas, error) = read(&provider, request()).await;
    assert!(error.is_none(), "{error:?}");
    let arguments = "{\"location\":\"London\"}".to_owned();
    let first = ToolCall { name: Some("get_current_temperature".into()), arguments, ..ToolCall::default() };
    let second = ToolCall { index: 1, id: Some("c2".into()), name: Some("get_time".into()), arguments: String::new() };
    assert_eq!(
        deltas,
        [Delta::ToolCall(first), Delta::ToolCall(second), Delta::Stop(StopReason::Tool)],
        "the call's signature is nobody's"
    );
    for reason in ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"] {
        let events = format!("data: {}\n\n", json!({"candidates": [{"finishReason": reason}]}));
        let (provider, _asked) = upstream(move || sse(&events)).await;
        assert_eq!(read(&provider, request()).await.0, [Delta::Stop(StopReason::Tool)], "{reason}");
    }
}
