//! Where spans are sent.

use http::{HeaderMap, HeaderName, HeaderValue};

use super::settings::{ConfigError, Settings};

/// A collector of OpenTelemetry.
#[derive(Clone, Debug)]
pub struct Traces {
    /// `LIAO_OTLP_ENDPOINT`, whole: with `/v1/traces`.
    pub endpoint: String,
    /// `LIAO_OTLP_HEADERS`; marked as secret, so that they are not printed.
    pub headers: HeaderMap,
    /// `LIAO_OTLP_SERVICE`
    pub service: String,
    /// `LIAO_OTLP_SAMPLE`: which part of the traces that begin here are made, 0 to 1.
    pub sample: f64,
}

/// None: nobody is told. Ours win over the standard's variables, which only the environment has.
pub(super) fn traces(s: &Settings) -> Result<Option<Traces>, ConfigError> {
    let (sample, headers) = (sample(s)?, headers(s)?);
    let named = |ours, standard| if s.optional(ours).is_some() { ours } else { standard };
    let name = named("LIAO_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT");
    let Some(address) = super::web_address(s, name)? else { return Ok(None) };
    if address.contains(['?', '#']) {
        return Err(s.wrong(name, "an http:// or https:// address without a query, like http://collector:4318"));
    }
    let endpoint = if address.ends_with("/v1/traces") { address } else { format!("{address}/v1/traces") };
    let service = s.optional(named("LIAO_OTLP_SERVICE", "OTEL_SERVICE_NAME")).unwrap_or("liao").to_owned();
    Ok(Some(Traces { endpoint, headers, service, sample }))
}

fn sample(s: &Settings) -> Result<f64, ConfigError> {
    let expected = "a number from 0 to 1, like 0.1";
    let sample: f64 = s.parse("LIAO_OTLP_SAMPLE", expected)?;
    if (0.0..=1.0).contains(&sample) { Ok(sample) } else { Err(s.wrong("LIAO_OTLP_SAMPLE", expected)) }
}

/// `name=value,name=value`, values percent-encoded where they hold what separates.
fn headers(s: &Settings) -> Result<HeaderMap, ConfigError> {
    let name = if s.optional("LIAO_OTLP_HEADERS").is_some() { "LIAO_OTLP_HEADERS" } else { "OTEL_EXPORTER_OTLP_HEADERS" };
    let pairs = s.text(name).split(',').map(str::trim).filter(|pair| !pair.is_empty());
    let read = pairs.map(header).collect::<Option<HeaderMap>>();
    read.ok_or_else(|| s.wrong(name, "headers as name=value, separated by commas, like authorization=Bearer%20abc"))
}

fn header(pair: &str) -> Option<(HeaderName, HeaderValue)> {
    let (name, value) = pair.split_once('=')?;
    let mut value = HeaderValue::from_bytes(&decoded(value.trim())?).ok()?;
    value.set_sensitive(true);
    Some((name.trim().parse().ok()?, value))
}

/// Without percent signs; none: one of them is followed by no number.
fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        bytes.push(u8::from_str_radix(piece.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;
    use super::*;

    fn of(values: &[(&'static str, &str)]) -> Option<Traces> {
        Config::with(Path::new("/tmp"), values).unwrap().traces
    }

    #[test]
    fn ours_win_over_the_standards_and_nobody_is_told_without_an_address() {
        assert!(of(&[("OTEL_SERVICE_NAME", "shop"), ("LIAO_OTLP_SAMPLE", "0.5")]).is_none());
        let standard = [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4318/"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Basic%20YTpi%3D, x-tenant = 7"),
            ("OTEL_SERVICE_NAME", "shop"),
        ];
        let traces = of(&standard).unwrap();
        assert_eq!((traces.endpoint.as_str(), traces.service.as_str(), traces.sample), ("http://collector:4318/v1/traces", "shop", 1.0));
        assert!(traces.headers["authorization"] == "Basic YTpi=" && traces.headers["x-tenant"] == "7");
        assert!(!format!("{traces:?}").contains("YTpi"), "a header is a secret");
        let ours = [
            ("LIAO_OTLP_ENDPOINT", "https://traces.example/otlp/v1/traces"),
            ("LIAO_OTLP_HEADERS", "x-key=k"),
            ("LIAO_OTLP_SERVICE", "chat"),
        ];
        let traces = of(&[&ours[..], &standard[..]].concat()).unwrap();
        assert_eq!((traces.endpoint.as_str(), traces.service.as_str()), ("https://traces.example/otlp/v1/traces", "chat"));
        assert_eq!(traces.headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-key"]);
    }

    #[test]
    fn what_is_no_header_is_refused_and_not_repeated() {
        for wrong in ["authorization", "a b=c", "x=%2", "x=%zz", "x=%0a", "=v"] {
            let error = Config::with(Path::new("/tmp"), &[("LIAO_OTLP_HEADERS", wrong)]).unwrap_err().0;
            assert!(error.starts_with("LIAO_OTLP_HEADERS must be"), "{wrong}: {error}");
        }
    }
}
