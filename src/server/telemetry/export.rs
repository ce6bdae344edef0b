//! Sends spans to the collector: OTLP over HTTP, in protobuf. <https://opentelemetry.io/docs/specs/otlp/#otlphttp>
//!
//! The bytes are the library's (`opentelemetry-proto`). Its own exporter and processor are not used: they read their configuration from
//! the environment behind our back, need a thread and a blocking client of their own, and do not tell how much they dropped.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use opentelemetry::Context;
use opentelemetry_proto::tonic::collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse};
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use prost::Message;
use reqwest::redirect::Policy;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use crate::server::config::Traces;
use crate::server::metrics::Spans;

/// Spans that wait to be sent; what comes beyond is dropped.
const QUEUE: usize = 4096;
/// Most spans that are sent at once, and how long the first of them waits for others.
const BATCH: usize = 512;
const GATHER: Duration = Duration::from_secs(1);
/// How long the collector may take.
const CONNECT: Duration = Duration::from_secs(3);
const PATIENCE: Duration = Duration::from_secs(10);
/// Pauses before it is tried again where that may help.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];
/// Largest answer that is read, in bytes.
const ANSWER_MAX: u64 = 64 * 1024;

/// What waits for whoever sends.
enum Told {
    Span(Box<SpanData>),
    /// Everything before is to be sent; the answer says that it was tried.
    Flush(oneshot::Sender<()>),
}

/// The way to the collector.
pub struct Outbox {
    out: mpsc::Sender<Told>,
    /// Taken by whoever sends.
    unsent: Mutex<Option<mpsc::Receiver<Told>>>,
    resource: ResourceAttributesWithSchema,
    endpoint: String,
    headers: HeaderMap,
    counted: Spans,
}

/// Why a batch was not taken.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("it answered {0}")]
    Status(StatusCode),
    #[error("{0}")]
    Away(reqwest::Error),
}

impl Refused {
    /// Whether another try may help; what the specification says of it.
    fn passes(&self) -> bool {
        match self {
            Self::Status(status) => [429, 502, 503, 504].contains(&status.as_u16()),
            Self::Away(error) => !error.is_builder(),
        }
    }
}

impl Outbox {
    pub(super) fn new(traces: &Traces, resource: &Resource, counted: Spans) -> Self {
        let (out, unsent) = mpsc::channel(QUEUE);
        let mut headers = traces.headers.clone();
        headers.insert(header::CONTENT_TYPE, http::HeaderValue::from_static("application/x-protobuf"));
        let endpoint = traces.endpoint.clone();
        Self { out, unsent: Mutex::new(Some(unsent)), resource: resource.into(), endpoint, headers, counted }
    }

    /// What takes the spans that end.
    pub(super) fn queue(&self) -> Queue {
        Queue { out: self.out.clone(), counted: self.counted.clone() }
    }

    /// Waits until what ended before is sent, or until it was waited long enough.
    pub(super) async fn flush(&self, within: Duration) {
        let (tell, told) = oneshot::channel();
        let flushed = async {
            if self.out.send(Told::Flush(tell)).await.is_ok() {
                let _ = told.await;
            }
        };
        let _ = timeout(within, flushed).await;
    }

    /// Sends, until the program ends.
    pub(super) async fn send(&self) {
        let Some(mut unsent) = self.unsent.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let client = match client() {
            Ok(client) => client,
            Err(cause) => return tracing::error!(%cause, "spans cannot be sent: the HTTP client could not be made"),
        };
        let mut silent = false;
        loop {
            let (batch, flushed) = gather(&mut unsent).await;
            let count = batch.len() as u64;
            match self.deliver(&client, batch).await {
                Ok(()) if silent => {
                    tracing::info!("spans can be sent again");
                    silent = false;
                }
                Ok(()) => {}
                Err(cause) => {
                    self.counted.lost(count);
                    // Said once: the collector may be away for long.
                    if !silent {
                        tracing::warn!(%cause, "the collector does not take spans; they are dropped");
                        silent = true;
                    }
                }
            }
            if let Some(tell) = flushed {
                let _ = tell.send(());
            }
        }
    }

    async fn deliver(&self, client: &reqwest::Client, batch: Vec<SpanData>) -> Result<(), Refused> {
        if batch.is_empty() {
            return Ok(());
        }
        let count = batch.len() as u64;
        let request = ExportTraceServiceRequest { resource_spans: group_spans_by_resource_and_scope(batch, &self.resource) };
        let body = Bytes::from(request.encode_to_vec());
        let mut pauses = PAUSES.into_iter();
        loop {
            let refused = match self.post(client, body.clone()).await {
                Ok(rejected) => {
                    let rejected = rejected.min(count);
                    self.counted.sent(count - rejected);
                    self.counted.lost(rejected);
                    return Ok(());
                }
                Err(refused) => refused,
            };
            let Some(pause) = pauses.next().filter(|_| refused.passes()) else { return Err(refused) };
            tokio::time::sleep(pause).await;
        }
    }

    /// Answers how many the collector did not want of what it took.
    async fn post(&self, client: &reqwest::Client, body: Bytes) -> Result<u64, Refused> {
        let asked = client.post(&self.endpoint).headers(self.headers.clone()).body(body).send().await;
        let response = asked.map_err(|error| Refused::Away(error.without_url()))?;
        if !response.status().is_success() {
            return Err(Refused::Status(response.status()));
        }
        if response.content_length().is_none_or(|length| length > ANSWER_MAX) {
            return Ok(0);
        }
        let answer = response.bytes().await.ok().and_then(|body| ExportTraceServiceResponse::decode(body).ok());
        let rejected = answer.and_then(|answer| answer.partial_success).map_or(0, |part| part.rejected_spans);
        Ok(u64::try_from(rejected).unwrap_or_default())
    }
}

/// What is sent at once: it waits for the first span, then a moment for others.
async fn gather(unsent: &mut mpsc::Receiver<Told>) -> (Vec<SpanData>, Option<oneshot::Sender<()>>) {
    let mut batch = Vec::new();
    let Some(mut told) = unsent.recv().await else {
        // The sender is beside the receiver's owner, so this is not reached; it must not spin.
        return std::future::pending().await;
    };
    let until = Instant::now() + GATHER;
    loop {
        match told {
            Told::Span(span) => batch.push(*span),
            Told::Flush(tell) => return (batch, Some(tell)),
        }
        if batch.len() >= BATCH {
            return (batch, None);
        }
        told = match timeout_at(until, unsent.recv()).await {
            Ok(Some(next)) => next,
            Ok(None) | Err(_) => return (batch, None),
        };
    }
}

/// It follows no redirect: what the headers hold must not travel to another host.
#[allow(clippy::disallowed_methods, reason = "the one place that builds the HTTP client of the collector")]
fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .connect_timeout(CONNECT)
        .timeout(PATIENCE)
        .redirect(Policy::none())
        .user_agent(concat!("liao/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Takes spans that end, and never waits.
#[derive(Debug)]
pub struct Queue {
    out: mpsc::Sender<Told>,
    counted: Spans,
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.out.try_send(Told::Span(Box::new(span))).is_err() {
            self.counted.crowded();
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}
