//! What Prometheus is told, on a listener of its own: counters that are counted where things happen, and what is looked up when asked.
//!
//! | Metric | Labels |
//! |---|---|
//! | `liao_http_requests_total`, `liao_http_request_seconds` | `area` (page, rpc, api, events, asset, socket, health), `method`, `status` (2xx …) |
//! | `liao_calls_total`, `liao_call_tokens_total`, `liao_call_cost_dollars_total` | `provider`, `model`; `outcome`; `kind` |
//! | `liao_call_failures_total` | `provider`, `class` |
//! | `liao_first_token_seconds`, `liao_tokens_per_second` | `provider` |
//! | `liao_generations_running`, `liao_people_online`, `liao_start_time_seconds`, `liao_build_info` | |
//! | `liao_activity_last_entry`, `liao_jobs`, `liao_mails_waiting`, `liao_database_bytes`, `liao_database_up`, `liao_disk_free_bytes`, `liao_provider_up` | `state`; `provider` |
//! | `liao_jobs`, `liao_mails_waiting`, `liao_database_bytes`, `liao_database_up`, `liao_disk_free_bytes`, `liao_provider_up` | `state`; `provider` |
//! | `liao_last_backup_time_seconds` | |
//! | `liao_spans_sent_total`, `liao_spans_dropped_total` | `why` (queue: it was full; collector: it did not take them) |

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::db::Call;
use super::error::{Error, Result};
use crate::model::generation::{FailureKind, Status, Usage};
use crate::model::provider::Price;
use crate::model::usage::Purpose;

/// Ends of the buckets, in seconds: from the quickest asset to the slowest answer.
const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];
/// The same, in tokens per second.
const RATES: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Asked {
    area: &'static str,
    method: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Called {
    provider: String,
    model: String,
    outcome: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Tokens {
    provider: String,
    model: String,
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Failed {
    provider: String,
    class: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Model {
    provider: String,
    model: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Provider {
    provider: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Why {
    why: &'static str,
}

/// What became of the spans for a collector.
#[derive(Clone, Debug, Default)]
pub struct Spans {
    sent: Counter,
    dropped: Family<Why, Counter>,
}

impl Spans {
    /// The collector took so many.
    pub fn sent(&self, count: u64) {
        self.sent.inc_by(count);
    }

    /// It did not take so many.
    pub fn lost(&self, count: u64) {
        self.dropped.get_or_create(&Why { why: "collector" }).inc_by(count);
    }

    /// One had no room in the queue.
    pub fn crowded(&self) {
        self.dropped.get_or_create(&Why { why: "queue" }).inc();
    }

    /// How many were dropped.
    #[cfg(test)]
    pub fn dropped(&self) -> u64 {
        ["collector", "queue"].map(|why| self.dropped.get_or_create(&Why { why }).get()).iter().sum()
    }
}

type Dollars = Counter<f64, AtomicU64>;

/// What is looked up when somebody asks.
#[derive(Clone, Debug, Default)]
pub struct Now {
    pub running: usize,
    pub online: usize,
    /// State and number.
    pub jobs: Vec<(&'static str, u64)>,
    pub mails: u64,
    /// Number of the last entry of the security log. None: there is none, or it could not be read.
    pub last_entry: Option<i64>,
    /// None: it did not answer.
    pub database_bytes: Option<u64>,
    pub disk_free: Option<u64>,
    /// When the last backup of the schedule was made; none: there is no schedule, or there was none yet.
    pub last_backup: Option<chrono::DateTime<chrono::Utc>>,
    /// Short name, and whether it is asked.
    pub providers: Vec<(String, bool)>,
}

/// The metrics of this process.
pub struct Metrics {
    registry: Registry,
    requests: Family<Asked, Counter>,
    seconds: Family<Asked, Histogram>,
    calls: Family<Called, Counter>,
    tokens: Family<Tokens, Counter>,
    cost: Family<Model, Dollars>,
    failures: Family<Failed, Counter>,
    first_token: Family<Provider, Histogram>,
    rate: Family<Provider, Histogram>,
    running: Gauge,
    online: Gauge,
    jobs: Family<State, Gauge>,
    mails: Gauge,
    last_entry: Gauge,
    database_bytes: Gauge,
    database_up: Gauge,
    disk_free: Gauge,
    last_backup: Gauge,
    providers: Family<Provider, Gauge>,
    started: Gauge,
    /// What became of spans.
    pub spans: Spans,
}

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

fn rates() -> Histogram {
    Histogram::new(RATES)
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("liao"),
            requests: Family::default(),
            seconds: Family::new_with_constructor(seconds),
            calls: Family::default(),
            tokens: Family::default(),
            cost: Family::default(),
            failures: Family::default(),
            first_token: Family::new_with_constructor(seconds),
            rate: Family::new_with_constructor(rates),
            running: Gauge::default(),
            online: Gauge::default(),
            jobs: Family::default(),
            mails: Gauge::default(),
            last_entry: Gauge::default(),
            database_bytes: Gauge::default(),
            database_up: Gauge::default(),
            disk_free: Gauge::default(),
            last_backup: Gauge::default(),
            providers: Family::default(),
            started: Gauge::default(),
            spans: Spans::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let r = &mut self.registry;
        // The library adds `_total` to counters.
        r.register("http_requests", "Requests that were answered", self.requests.clone());
        r.register("http_request_seconds", "From a request to the beginning of its answer", self.seconds.clone());
        r.register("calls", "Calls to models that have ended", self.calls.clone());
        r.register("call_tokens", "Tokens of these calls", self.tokens.clone());
        r.register("call_cost_dollars", "What these calls cost, where the price is known", self.cost.clone());
        r.register("call_failures", "Calls that failed, by class", self.failures.clone());
        r.register("first_token_seconds", "From asking a model to its first token", self.first_token.clone());
        r.register("tokens_per_second", "From the first token to the last", self.rate.clone());
        r.register("generations_running", "Answers that are being written on this node", self.running.clone());
        r.register("people_online", "People who have a page open on this node", self.online.clone());
        r.register("jobs", "Background jobs", self.jobs.clone());
        r.register("mails_waiting", "Mails that were not sent yet", self.mails.clone());
        r.register("activity_last_entry", "Number of the last entry of the security log", self.last_entry.clone());
        r.register("database_bytes", "Size of the database", self.database_bytes.clone());
        r.register("database_up", "1: the database answers", self.database_up.clone());
        r.register("disk_free_bytes", "Room on the disk of the data folder", self.disk_free.clone());
        r.register(
            "last_backup_time_seconds",
            "When the last scheduled backup was made, since 1970; 0: there is none",
            self.last_backup.clone(),
        );
        r.register("provider_up", "0: a provider is left alone for a while, because it failed too often", self.providers.clone());
        r.register("start_time_seconds", "When this process was started, since 1970", self.started.clone());
        r.register("spans_sent", "Spans that the collector took", self.spans.sent.clone());
        r.register("spans_dropped", "Spans that were dropped", self.spans.dropped.clone());
        r.register("build", "What runs", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
    }

    /// The process was started.
    pub fn started(&self, at: chrono::DateTime<chrono::Utc>) {
        self.started.set(at.timestamp());
    }

    /// When the process was started.
    pub fn start(&self) -> chrono::DateTime<chrono::Utc> {
        chrono::DateTime::from_timestamp(self.started.get(), 0).unwrap_or_default()
    }

    /// A request was answered.
    pub fn answered(&self, path: &str, method: &http::Method, status: http::StatusCode, after: Duration) {
        let asked = Asked { area: area(path), method: verb(method), status: class(status) };
        self.requests.get_or_create(&asked).inc();
        self.seconds.get_or_create(&asked).observe(after.as_secs_f64());
    }

    /// A call to a model has ended.
    pub fn called(&self, call: &Call) {
        let word = |value: serde_json::Result<serde_json::Value>| {
            value.ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
        };
        let Call { provider, tokens, .. } = call;
        let model = model(call);
        let outcome = word(serde_json::to_value(call.outcome));
        self.calls.get_or_create(&Called { provider: provider.clone(), model: model.clone(), outcome }).inc();
        for (kind, count) in [("input", tokens.input_tokens), ("output", tokens.output_tokens)] {
            self.tokens.get_or_create(&Tokens { provider: provider.clone(), model: model.clone(), kind }).inc_by(count);
        }
        if let Some(cost) = call.cost() {
            self.cost.get_or_create(&Model { provider: provider.clone(), model }).inc_by(cost as f64 / 1e6);
        }
        if let Some(failure) = call.failure {
            self.failures.get_or_create(&Failed { provider: provider.clone(), class: word(serde_json::to_value(failure)) }).inc();
        }
        let of = Provider { provider: provider.clone() };
        if let Some(ms) = call.first_token_ms {
            self.first_token.get_or_create(&of).observe(ms as f64 / 1000.0);
        }
        if let Some(rate) = call.tokens_per_second {
            self.rate.get_or_create(&of).observe(rate);
        }
    }

    /// One of everything that has labels, for who wants to see all names.
    pub fn example(&self) {
        self.spans.crowded();
        self.answered("/", &http::Method::GET, http::StatusCode::OK, Duration::from_millis(5));
        self.called(&Call {
            purpose: Purpose::Chat,
            provider: "shop".into(),
            model: "m".into(),
            tokens: Usage::new(1, 1),
            estimated: false,
            price: Some(Price { input: 1, output: 1, cached: None }),
            measured: None,
            key: None,
            tries: 1,
            first_token_ms: Some(10),
            tokens_per_second: Some(20.0),
            outcome: Status::Failed,
            failure: Some(FailureKind::Timeout),
            started_at: chrono::DateTime::UNIX_EPOCH,
            finished_at: chrono::DateTime::UNIX_EPOCH,
        });
    }

    /// Everything in the text format, with what was looked up.
    pub fn text(&self, now: &Now) -> Result<String> {
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        self.running.set(number(now.running as u64));
        self.online.set(number(now.online as u64));
        now.jobs.iter().for_each(|(state, count)| _ = self.jobs.get_or_create(&State { state }).set(number(*count)));
        self.mails.set(number(now.mails));
        // It never goes back; what could not be read is not told as if it had.
        if let Some(last) = now.last_entry {
            self.last_entry.set(last);
        }
        self.database_up.set(now.database_bytes.is_some().into());
        self.database_bytes.set(number(now.database_bytes.unwrap_or_default()));
        self.disk_free.set(number(now.disk_free.unwrap_or_default()));
        self.last_backup.set(now.last_backup.map_or(0, |at| at.timestamp()));
        // One that was removed is not there any more.
        self.providers.clear();
        for (provider, up) in &now.providers {
            self.providers.get_or_create(&Provider { provider: provider.clone() }).set((*up).into());
        }
        let mut text = String::new();
        encode(&mut text, &self.registry).map_err(Error::internal)?;
        Ok(text)
    }
}

/// The model's name, where it is not one that a person may have typed: there are only so many lines that a monitor can hold.
fn model(call: &Call) -> String {
    if call.price.is_some() || call.failure.is_none() { call.model.clone() } else { "other".to_owned() }
}

/// The part of the server that a path belongs to.
pub fn area(path: &str) -> &'static str {
    match path.split('/').nth(1).unwrap_or_default() {
        "api" => "api",
        "rpc" => "rpc",
        "events" => "events",
        "pkg" | "avatar" => "asset",
        "ws" => "socket",
        "healthz" | "readyz" => "health",
        _ => "page",
    }
}

fn verb(method: &http::Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

fn class(status: http::StatusCode) -> &'static str {
    ["1xx", "2xx", "3xx", "4xx", "5xx"].get(usize::from(status.as_u16() / 100).wrapping_sub(1)).copied().unwrap_or("other")
}
