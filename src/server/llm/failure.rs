//! What a provider's error answer means, and how to show it without showing the key.

use std::time::Duration;

use chrono::DateTime;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::LlmError;
use crate::model::generation::FailureKind;

/// Longest text of a provider that is passed on, in characters.
const TEXT_MAX: usize = 500;

/// What vendors say when a conversation is too long for the model.
const TOO_LONG: [&str; 9] = [
    "context_length",
    "context length",
    "maximum context",
    "context window",
    "context size",
    "too many tokens",
    "prompt is too long",
    "input token count",
    "input is too long",
];

/// The parts of an error answer that decide.
#[derive(Debug, Default)]
struct Said {
    text: String,
    /// `code`, `type` and `status`, lower-cased.
    code: String,
    json: bool,
    /// How long to wait, where the body says it (Gemini's `RetryInfo`).
    wait: Option<Duration>,
}

/// Classifies an answer that is not a success.
pub(super) fn from_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> LlmError {
    let said = read(body);
    let kind = classify(status, &said);
    let wait = retry_after(headers).or(said.wait);
    let message = match (said.text.is_empty(), status.is_redirection()) {
        (_, true) => format!("The provider redirects elsewhere ({status}); check the base URL."),
        (false, _) if said.json => said.text,
        (false, _) => format!("The provider answered {status}: {}", said.text),
        (true, _) => format!("The provider answered {status}."),
    };
    LlmError { retry_after: wait, of_model: status == StatusCode::FORBIDDEN, ..LlmError::new(kind, message) }
}

/// Classifies an `error` object that came inside a stream; its code may be an HTTP status.
pub(super) fn from_event(error: &Value) -> LlmError {
    let said = said(error);
    let status = error.get("code").and_then(number).and_then(|n| StatusCode::from_u16(n).ok()).filter(|s| s.as_u16() >= 400);
    let kind = match (status, classify(status.unwrap_or(StatusCode::BAD_REQUEST), &said)) {
        // Without a status nothing says that asking the same again cannot help.
        (None, FailureKind::Protocol) => FailureKind::VendorDown,
        (_, kind) => kind,
    };
    let text = if said.text.is_empty() { "The provider reported an error without words.".to_owned() } else { said.text };
    LlmError::new(kind, text)
}

fn classify(status: StatusCode, said: &Said) -> FailureKind {
    let text = said.text.to_lowercase();
    let has = |needles: &[&str]| needles.iter().any(|n| text.contains(n) || said.code.contains(n));
    match status.as_u16() {
        401 => FailureKind::Auth,
        402 => FailureKind::Quota,
        // Gemini says "quota" of a minute's limit too; then it also says when to ask again.
        429 if has(&["insufficient_quota", "billing", "credit balance", "exceeded your current quota"]) && said.wait.is_none() => {
            FailureKind::Quota
        }
        429 => FailureKind::RateLimited,
        408 => FailureKind::Timeout,
        425 | 500..=599 => FailureKind::VendorDown,
        413 => FailureKind::ContextTooLong,
        _ if has(&TOO_LONG) => FailureKind::ContextTooLong,
        _ if has(&["content_filter", "content_policy", "content policy", "content management policy"]) => FailureKind::Refused,
        // OpenAI's words for a question against its rules.
        _ if said.code.contains("invalid_prompt") || said.code.contains("bio_policy") => FailureKind::Refused,
        403 => FailureKind::Auth,
        _ if has(&["invalid_api_key", "authentication", "api key not valid", "api_key_invalid"]) => FailureKind::Auth,
        _ if has(&["credit balance", "insufficient_quota"]) => FailureKind::Quota,
        _ if has(&["rate_limit_error", "rate_limit_exceeded"]) => FailureKind::RateLimited,
        _ if has(&["overloaded_error", "api_error"]) => FailureKind::VendorDown,
        404 if said.json => FailureKind::UnknownModel,
        _ if has(&["model_not_found", "unknown_model", "invalid_model"]) => FailureKind::UnknownModel,
        _ if text.contains("model") && has(&["not found", "does not exist", "not exist"]) => FailureKind::UnknownModel,
        _ => FailureKind::Protocol,
    }
}

/// The words of an error body: of JSON in any vendor's shape, or of plain text; HTML pages say nothing.
fn read(body: &[u8]) -> Said {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        let error = json.get(0).unwrap_or(&json);
        return said(error.get("error").filter(|e| !e.is_null()).unwrap_or(error));
    }
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.starts_with('<') { Said::default() } else { Said { text: shortened(text), ..Said::default() } }
}

fn said(error: &Value) -> Said {
    let text = match error {
        Value::String(text) => text.as_str(),
        _ => ["message", "detail", "error", "msg"].iter().find_map(|k| error.get(k)?.as_str()).unwrap_or_default(),
    };
    let details = error.get("details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let reasons = details.iter().filter_map(|detail| detail.get("reason")?.as_str());
    let code = ["code", "type", "status"].iter().filter_map(|k| error.get(k)?.as_str()).chain(reasons);
    let code = code.collect::<Vec<_>>().join(" ").to_lowercase();
    let wait = details.iter().find_map(|detail| seconds(detail.get("retryDelay")?.as_str()?));
    Said { text: shortened(text.trim()), code, json: true, wait }
}

/// A protobuf duration in JSON, such as `17s` or `0.5s`; a day at most.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
    (0.0..=86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

fn number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|n| u16::try_from(n).ok()).or_else(|| value.as_str()?.parse().ok())
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= TEXT_MAX { text.to_owned() } else { text.chars().take(TEXT_MAX).chain(['…']).collect() }
}

/// Seconds, OpenAI's own milliseconds, or a date; a day at most. What the date is compared with is the answer's own: nothing here
/// knows the time, and the provider's clock may differ.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let read = |name: &str| text(name)?.parse::<f64>().ok().filter(|n| (0.0..=86_400_000.0).contains(n));
    let date = |name: &str| DateTime::parse_from_rfc2822(text(name)?).ok();
    let until = || (date(RETRY_AFTER.as_str())? - date(DATE.as_str())?).to_std().ok();
    read("retry-after-ms")
        .map(|ms| Duration::from_secs_f64(ms / 1000.0))
        .or_else(|| read(RETRY_AFTER.as_str()).map(Duration::from_secs_f64))
        .or_else(until)
        .map(|wait| wait.min(Duration::from_secs(86_400)))
}

/// The error without the key in its words.
pub(super) fn without(mut error: LlmError, key: &SecretString) -> LlmError {
    error.message = masked(&error.message, key.expose_secret());
    error
}

/// Hides a key, and what vendors echo of it (`sk-ab***yz`), in a text that will be shown.
pub(super) fn masked(text: &str, key: &str) -> String {
    if key.is_empty() {
        return text.to_owned();
    }
    let text = text.replace(key, "***");
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*' | '.' | '…' | '•') {
            word.push(c);
            continue;
        }
        flush(&mut word, key, &mut out);
        out.push(c);
    }
    flush(&mut word, key, &mut out);
    out
}

fn flush(word: &mut String, key: &str, out: &mut String) {
    let end = word.trim_end_matches('.').len();
    let (core, dots) = word.split_at(end);
    out.push_str(if echoes(core, key) { "***" } else { core });
    out.push_str(dots);
    word.clear();
}

/// Whether a word is, or shows a part of, the key. Short keys are compared whole, as ordinary words would match them.
fn echoes(word: &str, key: &str) -> bool {
    if word.starts_with("sk-") && word.len() >= 8 {
        return true;
    }
    if key.len() < 12 || word.len() < 4 || !key.is_ascii() {
        return word == key;
    }
    let hidden = word.contains(['*', '…', '•']);
    let (first, last) = (&key[..4], &key[key.len() - 4..]);
    (hidden && (word.starts_with(first) || word.ends_with(last)))
        || (word.len() >= 8 && (key.contains(word) || word.starts_with(&key[..8])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, body: &str) -> FailureKind {
        from_answer(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes()).kind
    }

    #[test]
    fn error_answers_are_classified_by_what_can_be_done_about_them() {
        use FailureKind::*;
        let cases = [
            (401, r#"{"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}"#, Auth),
            (403, "", Auth),
            (429, r#"{"error":{"message":"Slow down","type":"requests"}}"#, RateLimited),
            (429, r#"{"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}"#, Quota),
            (402, r#"{"error":{"message":"Insufficient credits"}}"#, Quota),
            (404, r#"{"error":{"message":"The model `x` does not exist","code":"model_not_found"}}"#, UnknownModel),
            (404, r#"{"error":"model 'x' not found"}"#, UnknownModel),
            (404, "404 page not found", Protocol),
            (
                400,
                r#"{"error":{"message":"This model's maximum context length is 4096 tokens","code":"context_length_exceeded"}}"#,
                ContextTooLong,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"the request exceeds the available context size","type":"exceed_context_size_error"}}"#,
                ContextTooLong,
            ),
            (400, r#"{"error":{"message":"filtered","code":"content_filter"}}"#, Refused),
            (400, r#"{"error":{"message":"'temperature' is too high"}}"#, Protocol),
            (422, r#"{"detail":"bad"}"#, Protocol),
            (500, "oops", VendorDown),
            (529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, VendorDown),
            (301, "", Protocol),
            // Anthropic's shapes
            (
                400,
                r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum"}}"#,
                ContextTooLong,
            ),
            (400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}"#, Quota),
            (404, r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-x"}}"#, UnknownModel),
            // Gemini's
            (
                400,
                r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#,
                Auth,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"The input token count (9) exceeds the maximum number of tokens allowed (8)."}}"#,
                ContextTooLong,
            ),
            (
                429,
                r#"{"error":{"code":429,"message":"You exceeded your current quota","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"17s"}]}}"#,
                RateLimited,
            ),
        ];
        for (status, body, expected) in cases {
            assert_eq!(kind(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn the_providers_own_words_are_kept_and_html_is_not() {
        let text = |status: u16, body: &str| from_answer(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.as_bytes()).message;
        assert_eq!(text(400, r#"{"error":{"message":"Say please."}}"#), "Say please.");
        assert_eq!(text(502, "<html><body>Bad Gateway</body></html>"), "The provider answered 502 Bad Gateway.");
        assert_eq!(text(500, "no memory"), "The provider answered 500 Internal Server Error: no memory");
        assert_eq!(text(400, r#"{"detail":"No."}"#), "No.");
        assert!(text(500, &"x".repeat(10_000)).chars().count() < 600);
    }

    #[test]
    fn retry_after_is_read_in_seconds_and_milliseconds() {
        let headers = |name: &'static str, value: &'static str| HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]);
        assert_eq!(retry_after(&headers("retry-after", "7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers("retry-after-ms", "250")), Some(Duration::from_millis(250)));
        for bad in ["soon", "-1", "nan", "1e300"] {
            assert_eq!(retry_after(&headers("retry-after", bad)), None, "{bad}");
        }
    }

    #[test]
    fn a_wait_inside_the_body_is_read() {
        let body = br#"{"error":{"code":429,"message":"Slow down","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"17.5s"}]}}"#;
        let error = from_answer(StatusCode::TOO_MANY_REQUESTS, &HeaderMap::new(), body);
        assert_eq!(error.retry_after, Some(Duration::from_millis(17_500)));
        assert_eq!(seconds("soon"), None);
    }

    #[test]
    fn errors_inside_a_stream_are_told_by_their_type() {
        let kind = |text: &str| from_event(&serde_json::from_str(text).unwrap()).kind;
        assert_eq!(kind(r#"{"type":"overloaded_error","message":"Overloaded"}"#), FailureKind::VendorDown);
        assert_eq!(kind(r#"{"type":"rate_limit_error","message":"Slow"}"#), FailureKind::RateLimited);
        assert_eq!(kind(r#"{"type":"authentication_error","message":"No"}"#), FailureKind::Auth);
        // OpenAI's Responses
        assert_eq!(kind(r#"{"code":"server_error","message":"Try again"}"#), FailureKind::VendorDown);
        assert_eq!(kind(r#"{"code":"rate_limit_exceeded","message":"Rate limit reached"}"#), FailureKind::RateLimited);
        assert_eq!(kind(r#"{"code":"insufficient_quota","message":"You exceeded your current quota"}"#), FailureKind::Quota);
        assert_eq!(kind(r#"{"code":"invalid_prompt","message":"Your prompt was flagged"}"#), FailureKind::Refused);
        assert_eq!(kind(r#"{"code":"context_length_exceeded","message":"Too long"}"#), FailureKind::ContextTooLong);
    }

    #[test]
    fn no_part_of_the_key_is_shown() {
        let key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789";
        for echo in [key, "sk-proj-********************6789", "sk-p…6789", "abcdefghijkl", "****6789", "sk-proj-abcdefgh"] {
            let shown = masked(&format!("Incorrect API key provided: {echo}. Find yours, 'key={echo}'"), key);
            assert_eq!(shown, "Incorrect API key provided: ***. Find yours, 'key=***'", "{echo}");
        }
        assert_eq!(masked("The project is abc; model gpt-4.1-mini is fine.", key), "The project is abc; model gpt-4.1-mini is fine.");
        assert_eq!(masked("ollama says: ollama-model", "ollama"), "*** says: ***-model");
        assert_eq!(masked("any text", ""), "any text");
    }
}
