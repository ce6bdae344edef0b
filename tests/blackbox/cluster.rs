//! Several nodes that are one installation: real processes on one PostgreSQL, with one Redis between them.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use liao::server::db::testing::{TestDb, blank};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Client, text};
use crate::liao::Liao;

/// A Redis of its own, in memory.
struct Redis {
    port: u16,
    folder: TempDir,
    child: Child,
}

impl Redis {
    /// Absent: there is no such program here.
    fn start() -> Option<Self> {
        let there = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
        if there.is_err() {
            assert!(std::env::var("LIAO_REQUIRE_REDIS").is_err(), "LIAO_REQUIRE_REDIS is set, but there is no redis-server");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        let folder = TempDir::new().expect("a temporary folder");
        let child = Self::spawn(port, &folder);
        Some(Self { port, folder, child })
    }

    fn spawn(port: u16, folder: &TempDir) -> Child {
        let mut command = Command::new("redis-server");
        command.args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--port", &port.to_string()]);
        command.current_dir(folder.path()).stdout(Stdio::null()).spawn().expect("Redis starts")
    }

    fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    fn kill(&mut self) {
        self.child.kill().and_then(|()| self.child.wait()).expect("Redis can be killed");
    }

    fn again(&mut self) {
        self.child = Self::spawn(self.port, &self.folder);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What nodes share.
struct Shared {
    db: TestDb,
    redis: Redis,
}

impl Shared {
    /// Absent: this machine has not what it takes, and does not have to.
    async fn start() -> Option<Self> {
        Some(Self { redis: Redis::start()?, db: blank().await? })
    }

    async fn node(&self, role: &str) -> Liao {
        self.node_with(role, &[]).await
    }

    async fn node_with(&self, role: &str, more: &[(&str, &str)]) -> Liao {
        let redis = self.redis.url();
        let mut env = vec![
            ("LIAO_DATABASE_URL", self.db.url.as_str()),
            ("LIAO_REDIS_URL", redis.as_str()),
            ("LIAO_ROLE", role),
            ("LIAO_SECRET", "what-all-nodes-of-this-test-know-1"),
            ("LIAO_FAKE_PROVIDER", "true"),
            ("LIAO_AUTO_TITLE", "false"),
            ("LIAO_REGISTER_RATE", "1000"),
        ];
        env.extend(more);
        let node = Liao::start(&env).await;
        // The line is there a moment after the start.
        tokio::time::sleep(Duration::from_millis(300)).await;
        node
    }
}

fn words(n: usize) -> String {
    (1..=n).map(|i| format!("w{i}")).collect::<Vec<_>>().join(" ")
}

fn id(event: &crate::client::Event, name: &str) -> String {
    event.data[name].as_str().expect(name).to_owned()
}

#[tokio::test]
async fn an_answer_is_followed_and_stopped_from_another_node() {
    let Some(shared) = Shared::start().await else { return };
    let (one, two) = (shared.node("all").await, shared.node("all").await);
    let here = Client::register(&one.url, "ada").await;
    let there = here.at(&two.url);

    let mut events = here.ask("go", "fake/words-300@300").await;
    let run = id(&events.next().await.expect("start"), "generation_id");
    let (mine, theirs) = tokio::join!(events.all(), async { there.follow(&run, 0).await.all().await });
    assert_eq!(text(&mine).trim(), words(300));
    assert_eq!(text(&theirs).trim(), words(300), "every word once, in order");
    assert_eq!(theirs.last().expect("an end").data["status"], "done");

    let mut events = here.ask("go", "fake/words-5000@100").await;
    let start = events.next().await.expect("start");
    let mut seen = vec![events.next().await.expect("a word")];
    let asked = Instant::now();
    let path = format!("/api/llm/generations/{}/stop/", id(&start, "generation_id"));
    assert_eq!(there.post(&path, &json!({})).await.status(), 204);
    seen.extend(events.all().await);
    assert_eq!(seen.last().expect("an end").data["status"], "stopped");
    // A second without a word of it, and then the stop would be the database's alone.
    assert!(asked.elapsed() < Duration::from_secs(2), "the stop took {:?}", asked.elapsed());
    let stored = there.messages(&id(&start, "session_id")).await;
    let stored = stored.iter().find(|stored| stored["id"] == id(&start, "message_id").as_str()).expect("the answer");
    assert_eq!(stored["content"].as_str(), Some(text(&seen).as_str()), "stored is what was read");
}

#[tokio::test]
async fn a_web_node_leaves_answers_to_a_worker_and_outlives_it() {
    let Some(shared) = Shared::start().await else { return };
    let (web, mut worker) = (shared.node("web").await, shared.node("worker").await);
    let client = Client::register(&web.url, "ada").await;
    let refused = client.at(&worker.url).get("/api/users/me/").await.status();
    assert_eq!(refused, 404, "a worker serves nobody");

    let answered = client.ask("go", "fake/words-100@1000").await.all().await;
    assert_eq!(text(&answered).trim(), words(100));
    let whole: Value =
        client.post("/api/llm/chat/", &json!({ "message": "go", "model": "fake/words-5" })).await.json().await.expect("JSON");
    assert_eq!(whole["content"], "w1 w2 w3 w4 w5");

    // The worker's machine is gone, and its disk with it: what was read is kept elsewhere.
    let mut events = client.ask("go", "fake/words-20000@200").await;
    let start = events.next().await.expect("start");
    let mut read = Vec::new();
    while text(&read).split_whitespace().count() < 100 {
        read.push(events.next().await.expect("a word"));
    }
    worker.kill().await;
    let died = Instant::now();
    drop(worker);
    read.extend(events.all().await);
    assert_eq!(read.last().expect("an end").data["status"], "interrupted");
    assert!(died.elapsed() < Duration::from_secs(15), "it was noticed after {:?}", died.elapsed());
    let stored = client.messages(&id(&start, "session_id")).await;
    let stored = stored.iter().find(|stored| stored["id"] == id(&start, "message_id").as_str()).expect("the answer");
    assert_eq!(stored["content"].as_str(), Some(text(&read).as_str()), "nothing that was received is lost");
    assert_eq!(stored["status"], "interrupted");

    // What is asked while there is no worker waits for one.
    let asking = tokio::spawn({
        let client = client.clone();
        async move { client.ask("go", "fake/words-20").await.all().await }
    });
    tokio::time::sleep(Duration::from_millis(500)).await;
    let _worker = shared.node("worker").await;
    assert_eq!(text(&asking.await.expect("an answer")).trim(), words(20));
}

#[tokio::test]
async fn answers_go_on_while_redis_is_away_and_nodes_hear_of_each_other_after() {
    let Some(mut shared) = Shared::start().await else { return };
    let (one, two) = (shared.node("all").await, shared.node("all").await);
    let here = Client::register(&one.url, "ada").await;
    let there = here.at(&two.url);

    let mut events = here.ask("go", "fake/words-400@200").await;
    let run = id(&events.next().await.expect("start"), "generation_id");
    let following = tokio::spawn({
        let there = there.clone();
        async move { there.follow(&run, 0).await.all().await }
    });
    events.next().await.expect("a word");
    shared.redis.kill();
    assert!(here.get("/api/users/me/").await.status().is_success());
    let rest = text(&events.all().await);
    assert!(rest.trim().ends_with("w400"), "the answer went on: {}", rest.len());
    assert_eq!(text(&following.await.expect("a follower")).trim(), words(400), "the other node read it from the database");

    shared.redis.again();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let path = "/api/admin/settings/registration/";
    let mut rules: Value = here.get(path).await.json().await.expect("JSON");
    rules["mode"] = json!("closed");
    let response = here.http.put(format!("{}{path}", one.url)).bearer_auth(&here.token).json(&rules).send().await;
    let response = response.expect("an answer");
    assert!(response.status().is_success(), "{}", response.text().await.unwrap_or_default());
    let mut answers = Vec::new();
    for n in 0..10 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let body = json!({ "email": format!("bob{n}@example.org"), "name": "Bob", "password": "correct horse battery" });
        let response = there.http.post(format!("{}/api/auth/register/", two.url)).json(&body).send().await.expect("an answer");
        answers.push(response.status().as_u16());
        if answers.last() == Some(&403) {
            break;
        }
    }
    assert_eq!(answers.last(), Some(&403), "what one node was told holds on the other: {answers:?}");
}

#[tokio::test]
async fn sign_ins_are_counted_for_all_nodes_together() {
    let Some(shared) = Shared::start().await else { return };
    let (one, two) = (shared.node("all").await, shared.node("gateway").await);
    let client = Client::register(&one.url, "ada").await;
    let mut answers = Vec::new();
    for round in 0..8 {
        let url = if round % 2 == 0 { &one.url } else { &two.url };
        let body = json!({ "email": "ada@example.org", "password": "not this one" });
        let response = client.http.post(format!("{url}/api/auth/login/")).json(&body).send().await.expect("an answer");
        answers.push(response.status().as_u16());
    }
    assert_eq!(answers, [401, 401, 401, 401, 401, 429, 429, 429], "five for one account");
    let page = client.http.get(format!("{}/login", two.url)).send().await.expect("an answer");
    assert_eq!(page.status(), 404, "a gateway has no pages");
}

#[tokio::test]
async fn the_log_of_another_node_is_read_and_followed_and_one_that_is_gone_is_said_to_be() {
    let Some(shared) = Shared::start().await else { return };
    let debug = [("LIAO_LOG", "liao=debug")];
    let (one, mut two) = (shared.node_with("all", &debug).await, shared.node_with("all", &debug).await);
    let admin = Client::register(&one.url, "ada").await;
    let there = admin.at(&two.url);
    let name = |node: &Liao| std::fs::read_to_string(node.data_dir().join("node")).expect("a name").trim().to_owned();
    let (mine, theirs) = (name(&one), name(&two));

    let seen = there.get("/api/users/me/").await;
    let request = seen.headers()["x-request-id"].to_str().expect("an id").to_owned();
    let items = async |client: &Client, node: &str| {
        let answer = client.get(&format!("/api/admin/logs/?request={request}{node}")).await;
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.json::<Value>().await.expect("JSON")["items"].as_array().expect("lines").clone()
    };
    // A line is in its file a moment after it was logged.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let lines = items(&admin, &format!("&node={theirs}")).await;
    assert!(!lines.is_empty() && lines.iter().all(|line| line["request"] == request.as_str()), "{lines:?}");
    assert_eq!(lines, items(&there, "").await, "as that node tells it itself");
    assert_eq!(
        (items(&admin, "").await, items(&admin, &format!("&node={mine}")).await),
        (Vec::new(), Vec::new()),
        "it is not in this one's"
    );
    let file = admin.get(&format!("/api/admin/logs/export/?node={theirs}&level=debug")).await.json::<Value>().await.expect("JSON");
    let says = |what: &str, of: &str| file.as_array().is_some_and(|lines| lines.iter().any(|line| line[what] == of));
    assert!(says("request", &request) && says("message", "the line to the other nodes is there"), "{file}");

    let bob = Client::register(&one.url, "bob").await;
    let status = async |client: &Client, node: &str| client.get(&format!("/api/admin/logs/?node={node}")).await.status().as_u16();
    assert_eq!([status(&bob, &theirs).await, status(&admin, "nobody").await], [403, 422]);

    let path = format!("{}/events/logs/?node={theirs}&text=not-there-7f3a", one.url);
    let mut tail = admin.http.get(path).bearer_auth(&admin.token).send().await.expect("a stream");
    let follow = async {
        let mut read = String::new();
        while !read.contains("event: rows") {
            let piece = tail.chunk().await.expect("a piece").expect("it goes on");
            read.push_str(&String::from_utf8_lossy(&piece));
        }
        read
    };
    let ask = async {
        tokio::time::sleep(Duration::from_millis(2500)).await;
        there.get("/api/not-there-7f3a/").await
    };
    let (rows, _) = tokio::time::timeout(Duration::from_secs(15), async { tokio::join!(follow, ask) }).await.expect("it is followed");
    assert!(rows.contains("GET /api/not-there-7f3a/"), "{rows}");

    two.kill().await;
    assert_eq!(status(&admin, &theirs).await, 503, "nobody answers");
    assert_eq!(status(&admin, &mine).await, 200);
}

/// What a collector of OpenTelemetry was sent: the node and its spans.
type Sent = Arc<Mutex<Vec<(String, Span)>>>;

async fn collector() -> (String, Sent) {
    let sent = Sent::default();
    let taking = sent.clone();
    let take = move |body: axum::body::Bytes| {
        for resource in ExportTraceServiceRequest::decode(body).expect("protobuf").resource_spans {
            let named = resource.resource.expect("a resource").attributes.into_iter().find(|pair| pair.key == "service.instance.id");
            let node = format!("{:?}", named.and_then(|pair| pair.value));
            let spans = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            taking.lock().expect("nobody panicked").extend(spans.map(|span| (node.clone(), span)));
        }
        async {}
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let app = axum::Router::new().route("/v1/traces", axum::routing::post(take));
    tokio::spawn(async move { axum::serve(listener, app).await });
    (format!("http://{address}"), sent)
}

#[tokio::test]
async fn the_trace_of_a_request_goes_on_at_the_worker_that_answers_it() {
    let Some(shared) = Shared::start().await else { return };
    let (endpoint, sent) = collector().await;
    let traced = [("LIAO_OTLP_ENDPOINT", endpoint.as_str())];
    let (web, _worker) = (shared.node_with("web", &traced).await, shared.node_with("worker", &traced).await);
    let client = Client::register(&web.url, "ada").await;
    let answered = client.ask("go", "fake/words-20@0").await.all().await;
    assert_eq!(text(&answered).trim(), words(20));
    let of = |name: &str| sent.lock().expect("nobody panicked").iter().find(|(_, span)| span.name == name).cloned();
    for _ in 0..100 {
        if of("generation").is_some() && of("POST /api/llm/chat/").is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let ((web, request), (worker, run)) = (of("POST /api/llm/chat/").expect("the request"), of("generation").expect("the run"));
    assert_eq!((&run.trace_id, &run.parent_span_id), (&request.trace_id, &request.span_id));
    assert_ne!(web, worker, "by two nodes");
}
