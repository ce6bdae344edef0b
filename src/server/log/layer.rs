//! What hears the lines: a layer of tracing. Of the spans around a line it takes who asked, by which request, and for which answer.

use std::fmt::{Debug, Write};

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::{Logs, redact};
use crate::server::clock::Clock;

/// Longest value, in bytes: what is longer is cut.
const VALUE_MAX: usize = 2_000;

/// The layer.
pub struct Keep {
    logs: Logs,
    clock: Clock,
}

impl Keep {
    pub(super) fn new(logs: Logs) -> Self {
        Self { logs, clock: Clock::default() }
    }
}

/// What a span says about the lines within.
#[derive(Default)]
struct About {
    /// The span is a request's, or a run's.
    request: bool,
    run: bool,
    id: Option<String>,
    user: Option<String>,
    trace_id: Option<String>,
    /// Method and path.
    path: String,
}

impl Visit for About {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "id" => self.id = Some(value.to_owned()),
            "user" => self.user = Some(value.to_owned()),
            "trace_id" => self.trace_id = Some(value.to_owned()),
            "method" => self.path.insert_str(0, &format!("{value} ")),
            "path" => self.path.push_str(value),
            _ => {}
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if matches!(field.name(), "id" | "user" | "method" | "path") {
            self.record_str(field, &format!("{value:?}"));
        }
    }

    fn record_f64(&mut self, _: &Field, _: f64) {}
    fn record_u64(&mut self, _: &Field, _: u64) {}
}

/// What a line says.
#[derive(Default)]
struct Said {
    message: String,
    /// The rest, as the inside of a JSON object.
    fields: String,
}

impl Said {
    fn add(&mut self, name: &str, value: &str) {
        // The line's own sentence comes first. Another message is somebody else's: a provider's words may repeat what it was sent.
        if name == "message" && !self.message.is_empty() {
            return;
        }
        if name == "message" {
            self.message.push_str(&redact::text(short(value)));
            return;
        }
        let value = if redact::is_secret(name) { "[redacted]".into() } else { redact::text(short(value)) };
        let comma = if self.fields.is_empty() { "" } else { "," };
        let _ = write!(self.fields, "{comma}{}:{}", quoted(name), quoted(&value));
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field.name(), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field.name(), &format!("{value:?}"));
    }
}

fn short(value: &str) -> &str {
    &value[..value.floor_char_boundary(VALUE_MAX)]
}

/// The text as JSON.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Keep {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let name = attributes.metadata().name();
        let Some(span) = context.span(id).filter(|_| matches!(name, "http.request" | "generation.run")) else { return };
        let mut about = About { request: name == "http.request", run: name == "generation.run", ..About::default() };
        attributes.record(&mut about);
        span.extensions_mut().insert(about);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(about) = span.extensions_mut().get_mut::<About>() {
            values.record(about);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if self.logs.0.queue.get().is_none() {
            return;
        }
        let (metadata, mut said) = (event.metadata(), Said::default());
        event.record(&mut said);
        let level = match *metadata.level() {
            Level::ERROR => "error",
            Level::WARN => "warn",
            Level::INFO => "info",
            Level::DEBUG => "debug",
            Level::TRACE => "trace",
        };
        let at = self.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
        let mut line = format!("\"at\":\"{at}\",\"level\":\"{level}\",\"target\":\"{}\"", metadata.target());
        let _ = write!(line, ",\"message\":{}", quoted(&said.message));
        // The innermost span of a kind says it.
        let [mut request, mut generation, mut user, mut trace, mut path] = [const { None }; 5];
        for span in context.event_scope(event).into_iter().flatten() {
            let extensions = span.extensions();
            let Some(about) = extensions.get::<About>() else { continue };
            let id = if about.run { &mut generation } else { &mut request };
            *id = id.take().or_else(|| about.id.clone());
            user = user.or_else(|| about.user.clone());
            trace = trace.or_else(|| about.trace_id.clone());
            path = path.or_else(|| about.request.then(|| about.path.clone()));
        }
        for (name, value) in [("request", request), ("user", user), ("generation", generation)] {
            if let Some(value) = value {
                let _ = write!(line, ",\"{name}\":{}", quoted(&value));
            }
        }
        for (name, value) in [("path", path), ("trace_id", trace)] {
            if let Some(value) = value {
                said.add(name, &value);
            }
        }
        if !said.fields.is_empty() {
            let _ = write!(line, ",\"fields\":{{{}}}", said.fields);
        }
        line.push('}');
        self.logs.take(line);
    }
}
