//! What a collector of OpenTelemetry is told, by everything that a served request passes; and that one which is away harms nobody.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::ConnectInfo;
use axum::routing::post;
use http::{HeaderMap, Request, StatusCode, header};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Any;
use opentelemetry_proto::tonic::trace::v1::Span;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use prost::Message;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt;
use tracing_subscriber::layer::SubscriberExt;

use crate::model::job::JobKind;
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::db::testing::{TestDb, databases};
use crate::server::job::{self, NewJob};
use crate::server::service::limit::LimitConfig;
use crate::server::service::provider;
use crate::server::{Server, testing};

const PATIENCE: Duration = Duration::from_secs(10);
/// Of somebody else's trace, as the specification has it.
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// A collector: what it was sent, and what it answers.
#[derive(Clone, Default)]
struct Collector {
    taken: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
}

impl Collector {
    /// Answers where it listens.
    async fn listen(&self, status: StatusCode) -> String {
        let taken = self.taken.clone();
        let take = move |headers: HeaderMap, body: Bytes| {
            taken.lock().unwrap().push((headers, body));
            async move { status }
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().route("/v1/traces", post(take));
        tokio::spawn(async move { axum::serve(listener, app).await });
        format!("http://{address}")
    }

    fn spans(&self) -> Vec<Span> {
        let taken = self.taken.lock().unwrap();
        let requests = taken.iter().map(|(_, body)| ExportTraceServiceRequest::decode(body.clone()).expect("protobuf"));
        let resources = requests.flat_map(|request| request.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        self.taken.lock().unwrap().iter().flat_map(|(_, body)| body.to_vec()).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn said(span: &Span) -> BTreeMap<String, String> {
    let text = |value: Any| match value {
        Any::StringValue(text) => text,
        Any::IntValue(number) => number.to_string(),
        other => format!("{other:?}"),
    };
    let pairs = span.attributes.iter().filter_map(|pair| Some((pair.key.clone(), text(pair.value.clone()?.value?))));
    pairs.collect()
}

async fn tracing_to(test: &TestDb, endpoint: &str) -> Server {
    let folder = std::env::temp_dir().join(format!("liao-test-{}", uuid::Uuid::new_v4().simple()));
    let values = [
        ("LIAO_FAKE_PROVIDER", "true"),
        ("LIAO_AUTO_TITLE", "false"),
        ("LIAO_OLLAMA_URL", "off"),
        ("LIAO_OTLP_ENDPOINT", endpoint),
        ("LIAO_OTLP_HEADERS", "authorization=Bearer%20of-the-collector"),
        ("LIAO_TRUSTED_PROXIES", "10.0.0.0/8"),
    ];
    let config = Config::with(&folder, &values).unwrap();
    let server = testing::server_with(test.db.clone(), Clock::default(), config, LimitConfig::per_ip(0, 0)).await;
    provider::start(&server).await.unwrap();
    let telemetry = server.telemetry.clone();
    tokio::spawn(async move { telemetry.send().await });
    server
}

/// What is answered to this, sent from there as part of that trace.
async fn ask(server: &Server, from: [u8; 4], path: &str, token: Option<&str>, body: Value) -> (StatusCode, Value) {
    let request = Request::builder().method("POST").uri(path).header(header::HOST, "chat.example");
    let request = request.header(header::CONTENT_TYPE, "application/json").header("x-request-id", "request-of-ada-1");
    let request = request.header("traceparent", format!("00-{TRACE}-{PARENT}-01"));
    let request = token.into_iter().fold(request, |request, token| request.header(header::AUTHORIZATION, format!("Bearer {token}")));
    let mut request = request.body(Body::from(body.to_string())).unwrap();
    request.extensions_mut().insert(ConnectInfo(SocketAddr::from((from, 4000))));
    let response = crate::server::http::router(server).oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

async fn register(server: &Server) -> String {
    let body = json!({"email": "ada@example.org", "name": "Ada Lovelace", "password": "correct horse battery"});
    let (status, tokens) = ask(server, [192, 0, 2, 1], "/api/auth/register/", None, body).await;
    assert_eq!(status, 201, "{tokens}");
    tokens["access"].as_str().expect("a token").to_owned()
}

/// Lines of JSON, as a server that logs so writes them.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn of(&self, message: &str) -> Vec<Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines.filter(|line| line["message"] == message).collect()
    }
}

#[tokio::test]
async fn a_collector_gets_requests_answers_with_their_stages_and_jobs_and_nothing_that_is_secret() {
    for test in databases().await {
        let (collector, lines) = (Collector::default(), Lines::default());
        let writer = lines.clone();
        let json = tracing_subscriber::fmt::layer().json().flatten_event(true).with_writer(move || writer.clone());
        let logging = tracing::subscriber::set_default(tracing_subscriber::registry().with(json));
        let server = tracing_to(&test, &collector.listen(StatusCode::OK).await).await;
        let token = register(&server).await;
        let body = json!({"message": "my secret words", "model": "fake/echo@0"});
        let (status, answer) = ask(&server, [10, 0, 0, 1], "/api/llm/chat/", Some(&token), body).await;
        assert_eq!((status, answer["content"].as_str()), (StatusCode::OK, Some("my secret words")), "{answer}");
        let health = ask(&server, [10, 0, 0, 1], "/healthz", None, json!({})).await;
        job::enqueue(&server, NewJob::new(JobKind::Sweep, Value::Null)).await.unwrap();
        assert!(job::run_next(&server).await.unwrap());
        server.telemetry.flush(PATIENCE).await;
        drop(logging);

        let spans = collector.spans();
        let one = |name: &str| {
            let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
            assert_eq!(found.len(), 1, "{}: {name} among {:?}", test.engine, spans.iter().map(|span| &span.name).collect::<Vec<_>>());
            found[0]
        };
        // Of whom nobody knows a trace goes on from nowhere; a proxy's goes on.
        let stranger = one("POST /api/auth/register/");
        assert!(hex(&stranger.trace_id) != TRACE && stranger.parent_span_id.is_empty());
        let request = one("POST /api/llm/chat/");
        assert_eq!((hex(&request.trace_id).as_str(), hex(&request.parent_span_id).as_str()), (TRACE, PARENT));
        assert_eq!(request.kind(), SpanKind::Server);
        let told = said(request);
        assert_eq!(
            told.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>(),
            ["http.request.method=POST", "http.response.status_code=200", "http.route=/api/llm/chat/", "liao.request.id=request-of-ada-1"]
        );
        assert!(!spans.iter().any(|span| span.name.contains("healthz")), "{health:?}");

        let run = one("generation");
        assert_eq!((&run.trace_id, &run.parent_span_id), (&request.trace_id, &request.span_id));
        let told = said(run);
        assert_eq!(told["liao.generation.id"], answer["generation_id"].as_str().unwrap());
        assert_eq!(
            [&told["gen_ai.provider.name"], &told["gen_ai.request.model"], &told["liao.generation.status"]],
            ["fake", "echo@0", "done"]
        );
        assert!(told["gen_ai.usage.output_tokens"].parse::<u32>().unwrap() > 0 && told.contains_key("liao.generation.flush_us"));
        let mut at = run.start_time_unix_nano;
        for stage in ["context", "begin", "queue", "connect", "first_token", "answer", "finish"] {
            let span = one(&format!("generation.{stage}"));
            assert_eq!((&span.trace_id, &span.parent_span_id), (&run.trace_id, &run.span_id), "{}: {stage}", test.engine);
            assert!(at <= span.start_time_unix_nano && span.start_time_unix_nano <= span.end_time_unix_nano, "{stage}");
            at = span.end_time_unix_nano;
        }
        assert!(at <= run.end_time_unix_nano, "the run has all of its stages");
        assert_eq!(one("generation.connect").kind(), SpanKind::Client);
        let sweep = one("job sweep");
        assert!(sweep.parent_span_id.is_empty() && sweep.trace_id != run.trace_id && said(sweep)["liao.job.attempt"] == "1");

        let headers = collector.taken.lock().unwrap()[0].0.clone();
        assert!(
            headers["authorization"] == "Bearer of-the-collector" && headers["content-type"] == "application/x-protobuf",
            "{headers:?}"
        );
        let all = String::from_utf8_lossy(&collector.bytes()).into_owned();
        let user = test.db.users().find_by_email("ada@example.org").await.unwrap().unwrap().user.id.to_string();
        for secret in ["secret words", "correct horse", "ada@", "Lovelace", &token, "192.0.2.1", "10.0.0.1", &user, "of-the-collector"] {
            assert!(!all.contains(secret), "{}: {secret} was sent", test.engine);
        }
        let text = server.metrics.text(&Default::default()).unwrap();
        assert!(text.contains(&format!("liao_spans_sent_total {}", spans.len())), "{text}");

        let lines = lines.of("a request was answered");
        let line = lines.iter().find(|line| line["span"]["trace_id"] == TRACE).unwrap_or_else(|| panic!("{lines:#?}"));
        assert_eq!(line["span"]["span_id"], hex(&request.span_id).as_str());
    }
}

#[tokio::test]
async fn a_collector_that_is_away_or_refuses_costs_nobody_anything_and_what_is_lost_is_counted() {
    for test in databases().await {
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let server = tracing_to(&test, &format!("http://{nobody}")).await;
        let token = register(&server).await;
        let begun = Instant::now();
        let body = json!({"message": "Hello", "model": "fake/echo@0"});
        assert_eq!(ask(&server, [192, 0, 2, 1], "/api/llm/chat/", Some(&token), body).await.0, 200);
        assert!(begun.elapsed() < Duration::from_secs(5), "{}: it was waited for", test.engine);
        // More than the queue holds, and nobody waits for room.
        let begun = Instant::now();
        for _ in 0..10_000 {
            server.telemetry.request(&http::Method::GET, Some("/"), "id", None).answered(StatusCode::OK);
        }
        assert!(begun.elapsed() < Duration::from_secs(5) && server.metrics.spans.dropped() >= 5_000, "{:?}", begun.elapsed());
        let text = server.metrics.text(&Default::default()).unwrap();
        assert!(text.contains("liao_spans_dropped_total{why=\"queue\"}"), "{text}");

        let collector = Collector::default();
        let server = tracing_to(&test, &collector.listen(StatusCode::BAD_REQUEST).await).await;
        for _ in 0..10 {
            server.telemetry.request(&http::Method::GET, Some("/"), "id", None).answered(StatusCode::OK);
        }
        server.telemetry.flush(PATIENCE).await;
        assert_eq!((server.metrics.spans.dropped(), collector.spans().len()), (10, 10), "{}: it is not asked again", test.engine);
    }
}

#[tokio::test]
async fn a_part_of_the_traces_is_made_where_a_part_is_wanted_and_none_without_a_collector() {
    let off = crate::server::telemetry::Telemetry::default();
    let traced = off.request(&http::Method::GET, Some("/"), "id", None);
    assert!(!off.is_on() && traced.trace_id().is_none() && off.handed_on().is_none());
    let collector = Collector::default();
    let endpoint = collector.listen(StatusCode::OK).await;
    let values = [("LIAO_OTLP_ENDPOINT", endpoint.as_str()), ("LIAO_OTLP_SAMPLE", "0.5")];
    let config = Config::with(std::path::Path::new("/tmp"), &values).unwrap();
    let telemetry = crate::server::telemetry::Telemetry::open(config.traces.as_ref(), "here", Default::default());
    let sending = telemetry.clone();
    tokio::spawn(async move { sending.send().await });
    for _ in 0..400 {
        telemetry.request(&http::Method::GET, Some("/"), "id", None).answered(StatusCode::OK);
    }
    // What another node hands on is made or not as that node decided.
    for (flag, made) in [("01", true), ("00", false)] {
        let handed = format!("00-{TRACE}-{PARENT}-{flag}");
        let within = telemetry.take_up(Some(handed.clone()));
        assert_eq!(telemetry.handed_on(), Some(handed), "{made}");
        drop(within);
    }
    telemetry.flush(PATIENCE).await;
    let made = collector.spans().len();
    assert!((120..280).contains(&made), "{made} of 400");
}
