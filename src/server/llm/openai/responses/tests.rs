//! The events of OpenAI's documentation, and what becomes of them; what is sent; what is left out where it is refused.

use axum::response::{IntoResponse, Response as Answer};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::super::OpenAi;
use super::*;
use crate::model::provider::Api;
use crate::server::llm::http::Way;
use crate::server::llm::tests::{self as testing, Asked, read, report, sse, status};
use crate::server::llm::{Delta, Facts, Picture, Provider, Unseals};

const KEY: &str = "sk-test-abcdefghijklmnopqrstuvwxyz";

async fn upstream(answer: impl Fn() -> Answer + Clone + Send + Sync + 'static) -> (OpenAi, mpsc::UnboundedReceiver<Asked>) {
    let (url, asked) = testing::upstream(answer).await;
    (OpenAi::new(&format!("{url}/v1"), Some(KEY.into()), Way::anywhere()).unwrap().through(Api::Responses), asked)
}

fn request(model: &str) -> ChatRequest {
    let turns = vec![Turn::new(Author::User, "Hi")];
    ChatRequest { model: model.into(), system: Some("Be brief.".into()), turns, max_tokens: Some(5), ..ChatRequest::default() }
}

/// Events as the vendor writes them: their name, and the same in their data.
fn events(all: &[Value]) -> String {
    all.iter().map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())).collect()
}

/// What the events say.
async fn told(all: &[Value]) -> (Vec<Delta>, Option<LlmError>) {
    let text = events(all);
    let (provider, _asked) = upstream(move || sse(&text)).await;
    read(&provider, request("m")).await
}

fn completed(usage: Value) -> Value {
    json!({"type": "response.completed", "sequence_number": 9, "response": {"id": "resp_67c9", "object": "response", "created_at": 1741290958,
        "status": "completed", "error": null, "incomplete_details": null, "output": [], "usage": usage}})
}

fn usage() -> Value {
    json!({"input_tokens": 37, "input_tokens_details": {"cached_tokens": 4}, "output_tokens": 11,
        "output_tokens_details": {"reasoning_tokens": 2}, "total_tokens": 48})
}

/// The example of <https://platform.openai.com/docs/api-reference/responses/create> (streaming), shortened in its repetitions.
fn greeting() -> Vec<Value> {
    let response = json!({"id": "resp_67c9", "object": "response", "created_at": 1741290958, "status": "in_progress", "error": null,
        "incomplete_details": null, "instructions": "You are a helpful assistant.", "model": "gpt-4.1-2025-04-14", "output": [],
        "parallel_tool_calls": true, "reasoning": {"effort": null, "summary": null}, "store": true, "usage": null});
    vec![
        json!({"type": "response.created", "response": response}),
        json!({"type": "response.in_progress", "response": response}),
        json!({"type": "response.output_item.added", "output_index": 0, "item": {"id": "msg_67c9", "type": "message", "status": "in_progress",
            "role": "assistant", "content": []}}),
        json!({"type": "response.content_part.added", "item_id": "msg_67c9", "output_index": 0, "content_index": 0,
            "part": {"type": "output_text", "text": "", "annotations": []}}),
        json!({"type": "response.output_text.delta", "item_id": "msg_67c9", "output_index": 0, "content_index": 0, "delta": "Hi"}),
        json!({"type": "response.output_text.delta", "item_id": "msg_67c9", "output_index": 0, "content_index": 0, "delta": " there!"}),
        json!({"type": "response.output_text.done", "item_id": "msg_67c9", "output_index": 0, "content_index": 0, "text": "Hi there!"}),
        json!({"type": "response.content_part.done", "item_id": "msg_67c9", "output_index": 0, "content_index": 0,
            "part": {"type": "output_text", "text": "Hi there!", "annotations": []}}),
        json!({"type": "response.output_item.done", "output_index": 0, "item": {"id": "msg_67c9", "type": "message", "status": "completed",
            "role": "assistant", "content": [{"type": "output_text", "text": "Hi there!", "annotations": []}]}}),
        completed(usage()),
    ]
}

#[tokio::test]
async fn the_documentations_answer_is_read_whole_and_the_stop_comes_last() {
    let counted = Usage { cached_tokens: 4, reasoning_tokens: 2, ..Usage::new(37, 11) };
    let (deltas, error) = told(&greeting()).await;
    assert!(error.is_none(), "{error:?}");
    let text = |text: &str| Delta::Text(text.into());
    assert_eq!(deltas, [text("Hi"), text(" there!"), Delta::Usage(counted), Delta::Stop(StopReason::End)]);
}

#[tokio::test]
async fn thoughts_are_told_in_paragraphs_and_what_is_encrypted_of_them_is_kept() {
    let thought = |delta: &str| json!({"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0, "summary_index": 0, "delta": delta});
    let part = |index: u32| {
        json!({"type": "response.reasoning_summary_part.added", "item_id": "rs_1", "output_index": 0, "summary_index": index,
        "part": {"type": "summary_text", "text": ""}})
    };
    let summary = json!([{"type": "summary_text", "text": "**Greeting**"}, {"type": "summary_text", "text": "Short."}]);
    let item = json!({"type": "response.output_item.done", "output_index": 0, "item": {"id": "rs_1", "type": "reasoning", "summary": summary,
        "encrypted_content": "gAAAAABh", "status": "completed"}});
    let mut all = vec![part(0), thought("**Gree"), thought("ting**"), part(1), thought("Short."), item];
    all.extend(greeting());
    let (deltas, error) = told(&all).await;
    assert!(error.is_none(), "{error:?}");
    let reasoning: String =
        deltas.iter().filter_map(|delta| if let Delta::Reasoning(text) = delta { Some(text.as_str()) } else { None }).collect();
    assert_eq!(reasoning, "**Greeting**\n\nShort.");
    let sealed = deltas.iter().find_map(|delta| if let Delta::Sealed(text) = delta { Some(text.clone()) } else { None }).expect("kept");
    let kept: Value = serde_json::from_str(&sealed).unwrap();
    assert_eq!(
        kept,
        json!([{"type": "reasoning", "summary": summary, "encrypted_content": "gAAAAABh"}]),
        "without an id: nothing is stored there"
    );

    // And with the next question it stands before the answer that it led to.
    let answer = Turn { sealed: Some(sealed), ..Turn::new(Author::Assistant, "Hi there!") };
    let asking = ChatRequest { turns: vec![Turn::new(Author::User, "Hi"), answer, Turn::new(Author::User, "So?")], ..request("gpt-5.2") };
    let body = serde_json::to_value(Body::new(&asking, Dialect::OpenAi, Spare::default())).unwrap();
    let input = json!([{"role": "user", "content": "Hi"}, kept[0], {"role": "assistant", "content": "Hi there!"}, {"role": "user", "content": "So?"}]);
    assert_eq!(body["input"], input);
    let lean = serde_json::to_value(Body::new(&asking, Dialect::OpenAi, Spare { thoughts: true, summary: true })).unwrap();
    assert_eq!((lean["input"].as_array().unwrap().len(), &lean["reasoning"]), (3, &Value::Null));
}

#[tokio::test]
async fn every_end_of_an_answer_is_told() {
    let text = json!({"type": "response.output_text.delta", "delta": "Half"});
    let incomplete = |reason: Value| json!({"type": "response.incomplete", "response": {"status": "incomplete", "incomplete_details": reason, "usage": usage()}});
    let call = json!({"type": "response.output_item.done", "item": {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_weather",
        "arguments": "{\"location\":\"Paris\"}", "status": "completed"}});
    let cases = [
        (vec![text.clone(), incomplete(json!({"reason": "max_output_tokens"}))], StopReason::Length),
        (vec![text.clone(), incomplete(json!({"reason": "content_filter"}))], StopReason::Filter),
        (vec![text.clone(), incomplete(Value::Null)], StopReason::Length),
        (vec![json!({"type": "response.refusal.delta", "delta": "I'm sorry, I cannot."}), completed(usage())], StopReason::Filter),
        (vec![call, completed(usage())], StopReason::Tool),
        (vec![text.clone(), completed(Value::Null)], StopReason::End),
    ];
    for (all, stop) in cases {
        let (deltas, error) = told(&all).await;
        assert_eq!((deltas.last(), error.map(|error| error.kind)), (Some(&Delta::Stop(stop)), None), "{all:?}");
    }
}

#[tokio::test]
async fn errors_in_the_stream_are_classified_and_what_was_said_before_stays() {
    let failed = |error: Value| json!({"type": "response.failed", "response": {"id": "resp_123", "object": "response", "status": "failed", "error": error}});
    let cases = [
        // Both from the documentation's list of events.
        (failed(json!({"code": "server_error", "message": "The model failed to generate a response."})), FailureKind::VendorDown),
        (
            json!({"type": "error", "code": "ERR_SOMETHING", "message": "Something went wrong", "param": null, "sequence_number": 1}),
            FailureKind::VendorDown,
        ),
        (failed(json!({"code": "rate_limit_exceeded", "message": "Rate limit reached"})), FailureKind::RateLimited),
        (failed(json!({"code": "invalid_prompt", "message": "Your prompt was flagged"})), FailureKind::Refused),
        (
            json!({"type": "error", "error": {"type": "invalid_request_error", "code": "context_length_exceeded", "message": "Too long"}}),
            FailureKind::ContextTooLong,
        ),
        (failed(Value::Null), FailureKind::VendorDown),
    ];
    for (event, kind) in cases {
        let (deltas, error) = told(&[json!({"type": "response.output_text.delta", "delta": "Half"}), event.clone()]).await;
        assert_eq!((deltas, error.map(|error| error.kind)), (vec![Delta::Text("Half".into())], Some(kind)), "{event}");
    }
    let (_, error) = told(&[json!({"type": "response.output_text.delta", "delta": "Half"})]).await;
    assert_eq!(error.map(|error| error.kind), Some(FailureKind::Network), "an answer that just ends");
}

#[tokio::test]
async fn a_question_is_sent_in_the_words_of_this_api() {
    let (provider, mut asked) = upstream(|| sse(&events(&greeting()))).await;
    let picture = Picture { media_type: "image/png", bytes: bytes::Bytes::from_static(b"png") };
    let turns = vec![Turn { pictures: vec![picture], documents: vec![report()], ..Turn::new(Author::User, "What is it?") }];
    let stop = vec!["END".to_owned()];
    let asking = ChatRequest { turns, temperature: Some(0.5), top_p: Some(0.25), effort: Some(Effort::Low), stop, ..request("m") };
    read(&provider, asking).await;
    let Asked { path, headers, body } = asked.recv().await.unwrap();
    assert_eq!((path.as_str(), headers["authorization"].to_str().unwrap()), ("/v1/responses", format!("Bearer {KEY}").as_str()));
    let image = json!({"type": "input_image", "image_url": "data:image/png;base64,cG5n", "detail": "auto"});
    let file = json!({"type": "input_file", "filename": "report.pdf", "file_data": "data:application/pdf;base64,cGRm"});
    let input = json!([{"role": "user", "content": [file, image, {"type": "input_text", "text": "What is it?"}]}]);
    let expected = json!({"model": "m", "instructions": "Be brief.", "input": input, "stream": true, "store": false, "max_output_tokens": 16,
        "temperature": 0.5, "top_p": 0.25, "reasoning": {"effort": "low"}});
    assert_eq!(body, expected, "no stop: this API has none");
    assert!(
        provider.ignores("m", &Facts::default()).contains(&crate::model::setup::Parameter::Stop) && provider.unseals() == Unseals::Newest
    );
}

#[test]
fn thoughts_are_asked_for_of_models_that_have_them() {
    let of = |model: &str, effort| {
        let asking = ChatRequest { effort, ..request(model) };
        let body = serde_json::to_value(Body::new(&asking, Dialect::OpenAi, Spare::default())).unwrap();
        (body["reasoning"].clone(), body["include"].clone())
    };
    let include = json!(["reasoning.encrypted_content"]);
    assert_eq!(of("gpt-5.2", None), (json!({"summary": "auto"}), include.clone()));
    assert_eq!(of("o3", Some(Effort::High)), (json!({"effort": "high", "summary": "auto"}), include.clone()));
    assert_eq!(of("gpt-5.2", Some(Effort::Off)), (json!({"effort": "none"}), include));
    assert_eq!(of("gpt-4o", Some(Effort::High)), (Value::Null, Value::Null));
}

#[tokio::test]
async fn what_is_refused_and_not_needed_is_left_out_and_nothing_else_is_asked_twice() {
    let error = |message: &str| LlmError::new(FailureKind::Protocol, message);
    let unproven = error("Your organization must be verified to generate reasoning summaries.");
    let foreign = error("The encrypted content gAAA could not be verified.");
    let less = Spare::default().after(&unproven).expect("without summaries");
    assert_eq!(less, Spare { summary: true, thoughts: false });
    assert_eq!(less.after(&unproven), None, "it was left out already");
    assert_eq!(less.after(&foreign), Some(Spare { summary: true, thoughts: true }));
    assert_eq!(Spare::default().after(&error("'temperature' is not supported")), None);
    assert_eq!(Spare::default().after(&LlmError::new(FailureKind::Auth, "reasoning summaries")), None);

    let (provider, mut asked) =
        upstream(|| status(400, r#"{"error":{"message":"Your organization must be verified to generate reasoning summaries."}}"#)).await;
    assert_eq!(read(&provider, request("m")).await.1.map(|error| error.kind), Some(FailureKind::Protocol));
    assert!(asked.recv().await.is_some() && asked.recv().await.is_some());
    read(&provider, request("m")).await;
    assert!(asked.recv().await.is_some());
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(asked.try_recv().is_err(), "what is known is not tried again");
}

#[tokio::test]
async fn a_server_without_this_api_is_a_failure_that_says_so() {
    let (provider, _asked) = upstream(|| (axum::http::StatusCode::NOT_FOUND, "404 page not found").into_response()).await;
    let error = read(&provider, request("m")).await.1.expect("an error");
    assert!(error.kind == FailureKind::Protocol && error.message.contains("404"), "{error:?}");
}

/// The events of <https://platform.openai.com/docs/guides/function-calling> (streaming).
#[tokio::test]
async fn calls_of_tools_come_in_pieces_and_one_that_only_ends_comes_whole() {
    let item = |arguments: &str, status: &str| json!({"type": "function_call", "id": "fc_1234xyz", "call_id": "call_1234xyz", "name": "get_weather", "arguments": arguments, "status": status});
    let piece =
        |delta: &str| json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1234xyz", "output_index": 1, "delta": delta});
    let whole = "{\"location\":\"Paris\"}";
    let done = json!({"type": "response.output_item.done", "output_index": 1, "item": item(whole, "completed")});
    let all = [
        json!({"type": "response.output_item.added", "output_index": 1, "item": item("", "in_progress")}),
        piece("{\"location"),
        piece("\":\"Paris\"}"),
        json!({"type": "response.function_call_arguments.done", "item_id": "fc_1234xyz", "output_index": 1, "arguments": whole}),
        done.clone(),
        completed(Value::Null),
    ];
    let call = |name: Option<&str>, arguments: &str| {
        Delta::ToolCall(ToolCall {
            index: 1,
            id: name.map(|_| "call_1234xyz".into()),
            name: name.map(str::to_owned),
            arguments: arguments.into(),
        })
    };
    let (weather, stop) = (Some("get_weather"), Delta::Stop(StopReason::Tool));
    assert_eq!(told(&all).await.0, [call(weather, ""), call(None, "{\"location"), call(None, "\":\"Paris\"}"), stop.clone()]);
    assert_eq!(told(&[done, completed(Value::Null)]).await.0, [call(weather, whole), stop]);
}
