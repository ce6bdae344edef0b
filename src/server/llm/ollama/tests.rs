//! Against scripted upstreams; the lines have the shape of the vendor's documentation.

use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::model::generation::{FailureKind, Usage};
use crate::model::setup::Effort;
use crate::server::llm::tests::{self as testing, Asked, read, status};
use crate::server::llm::{Delta, StopReason, Texts, ToolCall, Turn};

async fn upstream(answer: impl Fn() -> Response + Clone + Send + Sync + 'static) -> (Ollama, mpsc::UnboundedReceiver<Asked>) {
    let (url, asked) = testing::upstream(answer).await;
    (Ollama::new(&format!("{url}/v1"), None, Way::anywhere()).unwrap(), asked)
}

fn lines(text: &str) -> Response {
    ([("content-type", "application/x-ndjson")], text.to_owned()).into_response()
}

fn request() -> ChatRequest {
    let turns = vec![Turn::new(Author::User, "Hi")];
    ChatRequest { model: "llama".into(), system: Some("Be brief.".into()), turns, max_tokens: Some(5), ..ChatRequest::default() }
}

const ANSWER: &str = concat!(
    "{\"model\":\"llama\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"Hm.\"},\"done\":false}\n",
    "{\"model\":\"llama\",\"message\":{\"role\":\"assistant\",\"content\":\"你\"},\"done\":false}\n\n",
    "{\"model\":\"llama\",\"message\":{\"role\":\"assistant\",\"content\":\"好\"},\"done\":false}\n",
    "{\"model\":\"llama\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"length\",\
     \"prompt_eval_count\":9,\"eval_count\":2}",
);

#[tokio::test]
async fn an_answer_is_read_whole_and_the_stop_comes_last() {
    let (provider, mut asked) = upstream(|| lines(ANSWER)).await;
    let (deltas, error) = read(&provider, request()).await;
    assert!(error.is_none(), "{error:?}");
    let expected = [
        Delta::Reasoning("Hm.".into()),
        Delta::Text("你".into()),
        Delta::Text("好".into()),
        Delta::Usage(Usage::new(9, 2)),
        Delta::Stop(StopReason::Length),
    ];
    assert_eq!(deltas, expected);

    let Asked { path, headers, body } = asked.recv().await.unwrap();
    assert_eq!(path, "/api/chat");
    assert!(headers.get("authorization").is_none());
    let messages = json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]);
    let expected = json!({"model": "llama", "messages": messages, "stream": true, "options": {"num_ctx": 4096, "num_predict": 5}});
    assert_eq!(body, expected);
}

#[tokio::test]
async fn lines_are_put_together_from_pieces_of_any_size() {
    for size in [1, 2, 3, 7, 64, 10_000] {
        let answer = move || {
            let pieces: Vec<_> = ANSWER.as_bytes().chunks(size).map(Ok::<_, std::convert::Infallible>).collect();
            axum::body::Body::from_stream(futures::stream::iter(pieces)).into_response()
        };
        let (provider, _asked) = upstream(answer).await;
        let (deltas, error) = read(&provider, request()).await;
        assert!(error.is_none() && deltas.len() == 5, "{size}: {deltas:?} {error:?}");
    }
}

#[tokio::test]
async fn errors_before_and_inside_an_answer_are_told() {
    let (provider, _asked) = upstream(|| status(404, r#"{"error":"model 'llama' not found"}"#)).await;
    assert_eq!(read(&provider, request()).await.1.map(|e| e.kind), Some(FailureKind::UnknownModel));
    let (provider, _asked) = upstream(|| {
        lines("{\"message\":{\"content\":\"Half\"},\"done\":false}\n{\"error\":\"an error was encountered while running the model\"}\n")
    })
    .await;
    let (deltas, error) = read(&provider, request()).await;
    assert_eq!(deltas, [Delta::Text("Half".into())]);
    let error = error.expect("an error");
    assert_eq!((error.kind, error.message.as_str()), (FailureKind::VendorDown, "an error was encountered while running the model"));
    let (provider, _asked) = upstream(|| lines("{\"message\":{\"content\":\"Half\"},\"done\":false}\n")).await;
    assert_eq!(read(&provider, request()).await.1.map(|e| e.kind), Some(FailureKind::Network), "an answer that just ends");
}

#[tokio::test]
async fn models_are_asked_how_long_their_windows_are() {
    let show = |Json(asked): Json<Value>| async move {
        match asked["model"].as_str() {
            Some("short") => {
                Json(json!({"model_info": {"general.architecture": "llama", "llama.context_length": 2048}, "capabilities": ["completion"]}))
            }
            Some("long") => Json(json!({"model_info": {"qwen3.context_length": 262_144}, "capabilities": ["completion", "thinking"]})),
            Some("embed") => Json(json!({"model_info": {}, "capabilities": ["embedding"]})),
            _ => Json(json!({})),
        }
    };
    let tags = || async { Json(json!({"models": [{"name": "short"}, {"name": "long"}, {"name": "embed"}, {"name": "old"}]})) };
    let app = Router::new().route("/api/tags", get(tags)).route("/api/show", post(show));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let provider = Ollama::new(&url, None, Way::anywhere()).unwrap();
    let models = provider.models().await.unwrap();
    let windows: Vec<_> = models.iter().map(|m| (m.name.as_str(), m.context)).collect();
    assert_eq!(windows, [("embed", Some(4_096)), ("long", Some(16_384)), ("old", Some(4_096)), ("short", Some(2_048))]);
    assert_eq!(provider.context("short"), Some(2_048));
}

#[test]
fn parameters_are_options_and_thinking_is_a_switch_or_a_level() {
    let asked = |model: &str, effort| {
        let stop = vec!["END".to_owned()];
        let request = ChatRequest { model: model.into(), temperature: Some(0.5), top_p: Some(0.25), effort, stop, ..request() };
        serde_json::to_value(wire::Body::new(&request, 4_096, None)).unwrap()
    };
    let body = asked("qwen3:8b", Some(Effort::High));
    let options = json!({"num_ctx": 4096, "num_predict": 5, "temperature": 0.5, "top_p": 0.25, "stop": ["END"]});
    assert_eq!((&body["options"], &body["think"]), (&options, &json!(true)));
    assert_eq!(asked("qwen3:8b", Some(Effort::Off))["think"], json!(false));
    assert_eq!(asked("gpt-oss:20b", Some(Effort::Off))["think"], json!("low"));
    assert_eq!(asked("gpt-oss:20b", Some(Effort::High))["think"], json!("high"));
    assert_eq!(asked("qwen3:8b", None)["think"], Value::Null);
}

#[test]
fn pictures_stand_beside_the_words() {
    let picture = crate::server::llm::Picture { media_type: "image/png", bytes: bytes::Bytes::from_static(b"png") };
    let turns = vec![Turn { pictures: vec![picture], ..Turn::new(Author::User, "What is it?") }];
    let body = serde_json::to_value(wire::Body::new(&ChatRequest { turns, ..request() }, 4_096, None)).unwrap();
    let of = |n: usize| (body["messages"][n]["content"].clone(), body["messages"][n]["images"].clone());
    let last = body["messages"].as_array().unwrap().len() - 1;
    assert_eq!(of(last), ("What is it?".into(), serde_json::json!(["cG5n"])));
    assert!(last == 0 || of(0).1.is_null(), "{body}");
}

/// The lines of <https://docs.ollama.com/capabilities/tool-calling> (streaming).
#[tokio::test]
async fn calls_of_tools_come_whole_and_the_answer_ends_with_them() {
    let (provider, _asked) = upstream(|| {
        lines(concat!(
            "{\"model\":\"qwen3\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"get_temperature\",\
             \"arguments\":{\"city\":\"New York\"}}}]},\"done\":false}\n",
            "{\"model\":\"qwen3\",\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"id\":\"call_2\",\"function\":{\"index\":0,\
             \"name\":\"get_time\",\"arguments\":{}}}]},\"done\":false}\n",
            "{\"model\":\"qwen3\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"eval_count\":2}\n",
        ))
    })
    .await;
    let (deltas, error) = read(&provider, request()).await;
    assert!(error.is_none(), "{error:?}");
    let call = |index, id: Option<&str>, name: &str, arguments: &str| {
        Delta::ToolCall(ToolCall { index, id: id.map(str::to_owned), name: Some(name.into()), arguments: arguments.into() })
    };
    let expected = [
        call(0, None, "get_temperature", "{\"city\":\"New York\"}"),
        call(1, Some("call_2"), "get_time", "{}"),
        Delta::Usage(Usage::new(0, 2)),
        Delta::Stop(StopReason::Tool),
    ];
    assert_eq!(deltas, expected);
}

#[tokio::test]
async fn a_model_is_fetched_with_its_progress() {
    // https://docs.ollama.com/api/pull
    const LINES: &str = concat!(
        "{\"status\":\"pulling manifest\"}\n",
        "{\"status\":\"pulling a\",\"digest\":\"sha256:a\",\"total\":100}\n",
        "{\"status\":\"pulling a\",\"digest\":\"sha256:a\",\"total\":100,\"completed\":50}\n",
        "{\"status\":\"pulling b\",\"digest\":\"sha256:b\",\"total\":300,\"completed\":0}\n",
        "{\"status\":\"pulling b\",\"digest\":\"sha256:b\",\"total\":300,\"completed\":300}\n",
        "{\"status\":\"verifying sha256 digest\"}\n{\"status\":\"success\"}\n",
    );
    let (provider, mut asked) = upstream(|| lines(LINES)).await;
    let percents: Vec<u8> = provider.pull("qwen3:0.6b").await.unwrap().map(Result::unwrap).collect().await;
    assert_eq!(percents, [0, 0, 49, 49, 86, 86, 100], "it never goes back");
    let asked = asked.recv().await.unwrap();
    assert_eq!(asked.body, json!({ "model": "qwen3:0.6b", "stream": true }));
    for (lines_, kind) in [
        ("{\"error\":\"pull model manifest: file does not exist\"}", FailureKind::UnknownModel),
        ("{\"status\":\"x\"}", FailureKind::Network),
    ] {
        let (provider, _asked) = upstream(move || lines(lines_)).await;
        let last = provider.pull("none").await.unwrap().collect::<Vec<_>>().await.pop().unwrap();
        assert_eq!(last.unwrap_err().kind, kind);
    }
}

#[tokio::test]
async fn texts_are_embedded_and_how_long_a_model_stays_is_said() {
    let (provider, mut asked) = upstream(|| lines("{\"embeddings\":[[1,0],[0,1]],\"prompt_eval_count\":4}")).await;
    let texts = Texts { model: "all-minilm".into(), texts: vec!["a".into(), "b".into()], asked: false };
    let found = provider.embed(texts).await.unwrap();
    assert_eq!((found.vectors.len(), found.usage), (2, Some(Usage::new(4, 0))));
    assert_eq!(asked.recv().await.unwrap().body, json!({ "model": "all-minilm", "input": ["a", "b"] }));
    let (provider, mut asked) = upstream(|| lines(ANSWER)).await;
    drop(provider.keeping(Some(60)).chat(request()).await.unwrap());
    assert_eq!(asked.recv().await.unwrap().body["keep_alive"], 60);
}
