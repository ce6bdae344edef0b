//! What goes to a provider with the next question: less where it finds the conversation too long, and its own thoughts.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;

use super::*;

/// The next question of a conversation, and its whole answer.
async fn turn(server: &Server, viewer: &Viewer, chat_id: &mut Option<Uuid>, (model, text): (&str, String)) -> Message {
    let ask = Ask { chat_id: *chat_id, text, model: Some(model.into()), request_id: None, replaces: None };
    let started = send(server, viewer, ask).await.unwrap();
    whole(server, viewer, &started).await.unwrap();
    *chat_id = Some(started.chat_id);
    chat::message(server, viewer, started.message_id).await.unwrap()
}

/// What the provider was asked for the question, and nothing of what it is asked beside it: a title, which shows no conversation.
async fn question(server: &Server, told: &mut UnboundedReceiver<Value>) -> Value {
    let asked = told.recv().await.unwrap();
    while server.generations.count() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    while let Ok(Some(_)) = tokio::time::timeout(Duration::from_millis(200), told.recv()).await {}
    asked
}

/// A provider of OpenAI's shape that finds every request of more than so many bytes too long, and counts the requests.
async fn narrow(bytes: usize) -> (String, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let answer = move |body: String| async move {
        count.fetch_add(1, Ordering::SeqCst);
        if body.len() > bytes {
            let body = r#"{"error":{"message":"This model's maximum context length is exceeded","code":"context_length_exceeded"}}"#;
            return (StatusCode::BAD_REQUEST, body).into_response();
        }
        let event = |choice: &str| {
            format!("data: {{\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{choice}]}}\n\n")
        };
        let text = event(r#"{"index":0,"delta":{"content":"fits"},"finish_reason":null}"#);
        let end = event(r#"{"index":0,"delta":{},"finish_reason":"stop"}"#);
        ([("content-type", "text/event-stream")], format!("{text}{end}data: [DONE]\n\n")).into_response()
    };
    let app = Router::new().route("/v1/chat/completions", post(answer));
    (serve(app).await + "/v1", asked)
}

#[tokio::test]
async fn a_conversation_that_the_provider_finds_too_long_is_asked_once_more_with_less_of_it() {
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        let (url, asked) = narrow(12_000).await;
        add(&server, &admin, form("narrow", Kind::Openai, &url, Limits::default())).await;
        let mut chat_id = None;
        for number in 0..4 {
            let text = format!("{number} {}", "word ".repeat(900));
            let message = turn(&server, &admin, &mut chat_id, ("narrow/m", text)).await;
            assert_eq!((message.status, message.content.as_str()), (Status::Done, "fits"), "{}: turn {number}", test.engine);
            assert_eq!(has(&message, NoticeCode::ContextTrimmed), number >= 2, "{}: turn {number}", test.engine);
        }
        assert_eq!(asked.load(Ordering::SeqCst), 6, "{}: twice where it did not fit", test.engine);
        let entries = server.db.ledger().entries(admin.user.id, None, 10).await.unwrap();
        assert_eq!(entries.iter().filter(|entry| entry.model == "m").map(|entry| entry.tries).sum::<i64>(), 6, "{}", test.engine);
    }
}

/// A provider of OpenAI's Responses API that thinks, and tells what it was asked.
pub(super) async fn thinking() -> (String, UnboundedReceiver<Value>) {
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    let answer = move |body: axum::Json<Value>| async move {
        tell.send(body.0).unwrap();
        let item = json!({"type": "response.output_item.done", "item": {"type": "reasoning", "id": "rs_1", "summary": [],
            "encrypted_content": "gAAAA"}});
        let end = r#"{"type":"response.completed","response":{"usage":{"input_tokens":9,"output_tokens":5,"output_tokens_details":{"reasoning_tokens":4}}}}"#;
        let text = r#"{"type":"response.output_text.delta","delta":"Because."}"#;
        let events = [item.to_string(), text.into(), end.into()].map(|event| format!("data: {event}\n\n")).concat();
        ([("content-type", "text/event-stream")], events).into_response()
    };
    (serve(Router::new().route("/v1/responses", post(answer))).await + "/v1", told)
}

#[tokio::test]
async fn what_a_model_thought_goes_back_to_it_with_the_next_question_and_to_nobody_else() {
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        let (url, mut told) = thinking().await;
        for slug in ["one", "other"] {
            add(&server, &admin, ProviderForm { api: Api::Responses, ..form(slug, Kind::Openai, &url, Limits::default()) }).await;
        }
        let mut chat_id = None;
        let mut inputs = Vec::new();
        for model in ["one/m", "one/m", "other/m"] {
            let message = turn(&server, &admin, &mut chat_id, (model, "go".into())).await;
            assert_eq!((message.status, message.content.as_str()), (Status::Done, "Because."), "{}: {model}", test.engine);
            assert!(!serde_json::to_string(&message).unwrap().contains("gAAAA"), "it is nobody's to read");
            inputs.push(question(&server, &mut told).await["input"].clone());
        }
        let kinds = |input: &Value| input.as_array().unwrap().iter().filter(|item| item["type"] == "reasoning").count();
        assert_eq!(inputs.iter().map(kinds).collect::<Vec<_>>(), [0, 1, 0], "{}: {inputs:?}", test.engine);
        assert_eq!(inputs[1][1]["encrypted_content"], "gAAAA", "before the answer that it led to");
        let rows = server.db.ledger().entries(admin.user.id, None, 10).await.unwrap();
        assert!(rows.iter().any(|row| (row.input_tokens, row.reasoning_tokens) == (9, 4)), "{}", test.engine);
    }
}

/// A provider of Gemini's shape that signs what it says, and tells what it was asked.
async fn signing() -> (String, UnboundedReceiver<Value>) {
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    let answer = move |body: axum::Json<Value>| async move {
        tell.send(body.0).unwrap();
        let parts = json!([{"text": "Because."}, {"text": "", "thoughtSignature": "Sig"}]);
        let event = json!({"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]});
        ([("content-type", "text/event-stream")], format!("data: {event}\n\n")).into_response()
    };
    (serve(Router::new().route("/v1beta/models/{model}", post(answer))).await, told)
}

#[tokio::test]
async fn every_answer_that_is_shown_goes_back_to_gemini_as_it_was_signed() {
    for test in databases().await {
        let (server, admin) = stage(&test).await;
        let (url, mut told) = signing().await;
        for slug in ["one", "other"] {
            add(&server, &admin, form(slug, Kind::Gemini, &url, Limits::default())).await;
        }
        let (mut chat_id, mut signed) = (None, Vec::new());
        for model in ["one/m", "one/m", "other/m", "one/m"] {
            turn(&server, &admin, &mut chat_id, (model, "go".into())).await;
            let contents = question(&server, &mut told).await["contents"].as_array().unwrap().clone();
            let has = |content: &Value| content["parts"].as_array().unwrap().iter().any(|part| part["thoughtSignature"] == "Sig");
            signed.push(contents.iter().enumerate().filter(|(_, content)| has(content)).map(|(at, _)| at).collect::<Vec<_>>());
        }
        // The third question was for another provider, which cannot read them, and neither can the fourth's what that one signed.
        assert_eq!(signed, [vec![], vec![1], vec![], vec![1, 3]], "{}", test.engine);
    }
}
