//! The spans of a run: one for all of it, and one for each stage, made at its end of the trace that it kept anyway (`model/trace.rs`).

use std::time::{Duration, SystemTime};

use opentelemetry::trace::{SpanKind, Status, TraceContextExt, Tracer};
use opentelemetry::{Context, KeyValue};
use uuid::Uuid;

use super::{Telemetry, word};
use crate::model::generation::Status as Ended;
use crate::model::trace::{AskedUpstream, Stage, StageKind, Trace};
use crate::server::service::generation::End;

/// The run that is going on here has ended so, and this is how it came about.
pub fn ended(telemetry: &Telemetry, trace: &Trace, (run, end): (Uuid, &End)) {
    let Some(inner) = &telemetry.0 else { return };
    let context = Context::current();
    let span = context.span();
    if !span.is_recording() {
        return;
    }
    let at = |micros: u64| SystemTime::from(trace.begun_at) + Duration::from_micros(micros);
    let mut asked = trace.asked.iter();
    for stage in &trace.stages {
        // Each time that it was connected something was asked, in this order.
        let asked = if stage.kind == StageKind::Connect { asked.next() } else { None };
        let builder = inner.tracer.span_builder(name(stage.kind)).with_kind(kind(stage)).with_start_time(at(stage.from));
        let one = context.with_span(inner.tracer.build_with_context(builder.with_attributes(asked_of(asked)), &context));
        if asked.is_some_and(|asked| asked.failure.is_some()) {
            one.span().set_status(Status::error(""));
        }
        one.span().end_with_timestamp(at(stage.to));
    }
    span.set_attributes(about(trace, run, end));
    if end.status == Ended::Failed {
        span.set_status(Status::error(""));
    }
    span.end_with_timestamp(at(trace.length()));
}

fn name(kind: StageKind) -> String {
    format!("generation.{}", word(&kind))
}

fn kind(stage: &Stage) -> SpanKind {
    if stage.kind == StageKind::Connect { SpanKind::Client } else { SpanKind::Internal }
}

/// Which model was asked, and the head of what it answered; not where, and not by which key.
fn asked_of(asked: Option<&AskedUpstream>) -> Vec<KeyValue> {
    let Some(asked) = asked else { return Vec::new() };
    let mut about = model(&asked.model);
    about.push(KeyValue::new("liao.prompt.tokens", number(asked.shape.tokens)));
    about.extend(asked.status.map(|status| KeyValue::new("http.response.status_code", i64::from(status))));
    about.extend(asked.failure.map(|failure| KeyValue::new("error.type", word(&failure))));
    about
}

/// `provider/model` by the names that OpenTelemetry has for them.
fn model(id: &str) -> Vec<KeyValue> {
    let (provider, model) = id.split_once('/').unwrap_or(("", id));
    vec![
        KeyValue::new("gen_ai.operation.name", "chat"),
        KeyValue::new("gen_ai.provider.name", provider.to_owned()),
        KeyValue::new("gen_ai.request.model", model.to_owned()),
    ]
}

fn about(trace: &Trace, run: Uuid, end: &End) -> Vec<KeyValue> {
    let mut about = trace.asked.last().map(|asked| model(&asked.model)).unwrap_or_default();
    about.extend([
        KeyValue::new("liao.generation.id", run.to_string()),
        KeyValue::new("liao.generation.status", word(&end.status)),
        KeyValue::new("liao.generation.asked", number(trace.asked.len() as u64)),
        KeyValue::new("liao.generation.reads", number(trace.reads)),
        KeyValue::new("liao.generation.characters", number(trace.characters)),
        // They happen in many small pieces while the answer comes, so they are sums and no spans.
        KeyValue::new("liao.generation.render_us", number(trace.render)),
        KeyValue::new("liao.generation.flush_us", number(trace.flush)),
    ]);
    if let Some(used) = &end.usage {
        about.push(KeyValue::new("gen_ai.usage.input_tokens", number(used.input_tokens)));
        about.push(KeyValue::new("gen_ai.usage.output_tokens", number(used.output_tokens)));
    }
    about.extend(end.error.as_ref().map(|error| KeyValue::new("error.type", word(&error.kind))));
    about
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
