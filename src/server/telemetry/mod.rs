//! Spans for a collector of OpenTelemetry (`LIAO_OTLP_ENDPOINT`): of requests, of runs with their stages, and of background jobs. Without a
//! collector nothing is made, and everything here is free.
//!
//! Who makes a span waits for nobody: it goes into a bounded queue, and where that is full it is counted instead (`export`).
//!
//! Spans hold names, numbers and our own ids: never what people write, a vendor's words, a key, an address, or who asks. A trace goes on
//! from a proxy that is trusted and to no vendor: whose request it was is nobody's to know out there.

mod export;
mod run;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use export::Outbox;
use futures::future::Either;
use http::{HeaderMap, Method, StatusCode};
use opentelemetry::propagation::{Extractor, TextMapPropagator};
use opentelemetry::trace::{FutureExt, SpanKind, Status, TraceContextExt, Tracer, TracerProvider};
use opentelemetry::{Context, ContextGuard, InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
pub use run::ended;

use super::config::Traces;
use super::db::Job;
use super::metrics::Spans;
use crate::model::trace::Trace;

/// The header, and the name under which a parent is handed on.
const TRACEPARENT: &str = "traceparent";

/// Makes spans, where a collector is configured. A cheap handle.
#[derive(Clone, Default)]
pub struct Telemetry(Option<Arc<Inner>>);

struct Inner {
    tracer: SdkTracer,
    outbox: Outbox,
}

impl Telemetry {
    /// Spans of this node for that collector. Nothing is sent before [`Self::send`].
    pub fn open(traces: Option<&Traces>, node: &str, counted: Spans) -> Self {
        let Some(traces) = traces else { return Self::default() };
        let about = [
            KeyValue::new("service.name", traces.service.clone()),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", node.to_owned()),
        ];
        let resource = Resource::builder_empty().with_attributes(about).build();
        let outbox = Outbox::new(traces, &resource, counted);
        // Who asked first decides whether a trace is made, so that none lacks its middle.
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(traces.sample)));
        let provider =
            SdkTracerProvider::builder().with_span_processor(outbox.queue()).with_sampler(sampler).with_resource(resource).build();
        let tracer = provider.tracer_with_scope(InstrumentationScope::builder("liao").with_version(env!("CARGO_PKG_VERSION")).build());
        Self(Some(Arc::new(Inner { tracer, outbox })))
    }

    /// Sends what has ended, until the program does.
    pub async fn send(&self) {
        if let Some(inner) = &self.0 {
            inner.outbox.send().await;
        }
    }

    /// Waits, for so long at most, until what has ended is sent.
    pub async fn flush(&self, within: Duration) {
        if let Some(inner) = &self.0 {
            inner.outbox.flush(within).await;
        }
    }

    fn begin(&self, parent: &Context, name: String, kind: SpanKind, about: Vec<KeyValue>) -> Traced {
        let Some(inner) = &self.0 else { return Traced(None) };
        let builder = inner.tracer.span_builder(name).with_kind(kind).with_attributes(about);
        Traced(Some(parent.with_span(inner.tracer.build_with_context(builder, parent))))
    }

    /// A request has come. `from` has the caller's part of the trace, where its word is believed.
    pub fn request(&self, method: &Method, route: Option<&str>, id: &str, from: Option<&HeaderMap>) -> Traced {
        if self.0.is_none() {
            return Traced(None);
        }
        let parent = from.map_or_else(Context::new, |headers| parent(&Headers(headers)));
        let method = verb(method);
        let name = route.map_or_else(|| method.to_owned(), |route| format!("{method} {route}"));
        let mut about = vec![KeyValue::new("http.request.method", method), KeyValue::new("liao.request.id", id.to_owned())];
        about.extend(route.map(|route| KeyValue::new("http.route", route.to_owned())));
        self.begin(&parent, name, SpanKind::Server, about)
    }

    /// A job is begun. It is a trace of its own: who queued it may be long gone.
    pub fn job(&self, job: &Job) -> Traced {
        if self.0.is_none() {
            return Traced(None);
        }
        let kind = word(&job.kind);
        let about = vec![
            KeyValue::new("liao.job.id", job.id.to_string()),
            KeyValue::new("liao.job.kind", kind.clone()),
            KeyValue::new("liao.job.attempt", job.attempts),
        ];
        self.begin(&Context::new(), format!("job {kind}"), SpanKind::Consumer, about)
    }

    /// A run is begun, by the request or the run that is going on here; its trace says since when.
    pub fn run(&self, trace: &Trace) -> Traced {
        let Some(inner) = &self.0 else { return Traced(None) };
        let parent = Context::current();
        let builder = inner.tracer.span_builder("generation").with_start_time(trace.begun_at);
        Traced(Some(parent.with_span(inner.tracer.build_with_context(builder, &parent))))
    }

    /// What another node has to know to go on with the trace that is going on here; none where nothing is traced.
    pub fn handed_on(&self) -> Option<String> {
        self.0.as_ref()?;
        let mut carried = HashMap::new();
        TraceContextPropagator::new().inject_context(&Context::current(), &mut carried);
        carried.remove(TRACEPARENT)
    }

    /// Goes on with it, for as long as the guard is held.
    pub fn take_up(&self, handed: Option<String>) -> Option<ContextGuard> {
        self.0.as_ref()?;
        Some(parent(&HashMap::from([(TRACEPARENT.to_owned(), handed?)])).attach())
    }

    /// Whether there is a collector.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }
}

/// Has what is spawned belong to the trace that is going on here.
pub fn along<F: Future>(future: F) -> impl Future<Output = F::Output> {
    future.with_current_context()
}

fn parent(carrier: &dyn Extractor) -> Context {
    TraceContextPropagator::new().extract_with_context(&Context::new(), carrier)
}

/// Headers as the library reads them.
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(http::HeaderName::as_str).collect()
    }
}

/// A span that goes on; it ends with the last handle. Nothing where nothing is traced.
#[derive(Clone, Default)]
pub struct Traced(Option<Context>);

impl Traced {
    /// What is done within it.
    pub fn within<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        match &self.0 {
            Some(context) => Either::Left(future.with_context(context.clone())),
            None => Either::Right(future),
        }
    }

    fn context(&self) -> Option<&Context> {
        self.0.as_ref().filter(|context| context.span().span_context().is_valid())
    }

    /// Its ids, for lines of the log.
    pub fn trace_id(&self) -> Option<String> {
        Some(self.context()?.span().span_context().trace_id().to_string())
    }

    pub fn span_id(&self) -> Option<String> {
        Some(self.context()?.span().span_context().span_id().to_string())
    }

    /// The request's answer begins.
    pub fn answered(&self, status: StatusCode) {
        let Some(context) = &self.0 else { return };
        let span = context.span();
        span.set_attribute(KeyValue::new("http.response.status_code", i64::from(status.as_u16())));
        if status.is_server_error() {
            span.set_attribute(KeyValue::new("error.type", status.as_str().to_owned()));
            span.set_status(Status::error(""));
        }
        span.end();
    }

    /// The job was done, or not.
    pub fn done(&self, well: bool) {
        let Some(context) = &self.0 else { return };
        if !well {
            context.span().set_status(Status::error(""));
        }
        context.span().end();
    }
}

/// Methods that are known; others would be anybody's words.
fn verb(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| method == *known).unwrap_or("_OTHER")
}

/// The word of a value, as it stands in JSON.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
}
