//! Requests that axum cannot read, told as problems: a sentence, and the field where there is one.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request};
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use serde_json::{Map, Value};

use super::problem::{Json, Problem};
use crate::model::error::{ApiError, Code, FieldError, Rule};

/// `axum::extract::Query` whose rejections are problems.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

/// `axum::extract::Path` whose rejections are problems.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        object(&json(request, state).await?)
    }
}

/// No `Content-Type`, or null: no body.
impl<T: DeserializeOwned, S: Send + Sync> OptionalFromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Problem> {
        if request.headers().get(header::CONTENT_TYPE).is_none() {
            return Ok(None);
        }
        let bytes = json(request, state).await?;
        if bytes.trim_ascii() == b"null" { Ok(None) } else { object(&bytes).map(Some) }
    }
}

/// The bytes of a body that says that it is JSON.
async fn json<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    if !says_json(request.headers()) {
        return Err(ApiError::new(Code::UnsupportedMediaType, "Send the body as Content-Type: application/json.").into());
    }
    Ok(Bytes::from_request(request, state).await?)
}

fn says_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json" || kind.starts_with("application/") && kind.ends_with("+json")
}

/// Reads an object. Serde by itself would take an array for the fields in their order, too.
fn object<T: DeserializeOwned>(bytes: &[u8]) -> Result<Json<T>, Problem> {
    if !matches!(bytes.trim_ascii_start().first(), None | Some(b'{')) {
        return Err(malformed("expected an object"));
    }
    let axum::Json(value) = axum::Json::<T>::from_bytes(bytes)?;
    Ok(Json(value))
}

/// What is there, with these changes (RFC 7396): what is absent stays, what is null becomes as if nobody had set it. A name that the
/// thing does not have is refused.
pub fn merged<T: Serialize + DeserializeOwned>(now: &T, change: Map<String, Value>) -> Result<T, Problem> {
    laid_over(now, change, true)
}

/// The thing that this body describes: what is absent is as usual, and null is refused for what is never null.
pub fn written<T: Default + Serialize + DeserializeOwned>(body: Map<String, Value>) -> Result<T, Problem> {
    laid_over(&T::default(), body, false)
}

fn laid_over<T: Serialize + DeserializeOwned>(now: &T, change: Map<String, Value>, resets: bool) -> Result<T, Problem> {
    let Ok(Value::Object(mut all)) = serde_json::to_value(now) else { return Err(malformed("expected an object")) };
    let known: HashSet<String> = all.keys().cloned().collect();
    all.retain(|_, value| !value.is_null());
    for (name, value) in change {
        if !known.contains(&name) {
            return Err(wrong(&name, Rule::Unknown, "there is no such field"));
        }
        all.insert(name.clone(), value);
        all.retain(|_, value| !(resets && value.is_null()));
        // Read after each of them: so it is known which one cannot be read.
        if let Err(cause) = serde_json::from_value::<T>(Value::Object(all.clone())) {
            let said = cause.to_string();
            let said = said.find("expected ").map_or("it cannot be read", |at| &said[at..]);
            return Err(wrong(&name, Rule::Format, said));
        }
    }
    serde_json::from_value(Value::Object(all)).map_err(|cause| malformed(&cause.to_string()))
}

/// How many items a page of a list may have.
pub const PAGE: RangeInclusive<u32> = 1..=200;

/// Reads the length of a page: `#[serde(default, deserialize_with = "page_size")]`.
pub fn page_size<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let size = Option::<u32>::deserialize(deserializer)?;
    match size {
        Some(size) if !PAGE.contains(&size) => Err(D::Error::custom("expected a number from 1 to 200")),
        other => Ok(other),
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(Code::TooLarge, "The body is too large.").into(),
            _ => malformed(&rejection.body_text()),
        }
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => ApiError::new(Code::TooLarge, "The body is too large.").into(),
            _ => malformed(&rejection.body_text()),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        malformed(&rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        use axum::extract::path::ErrorKind;
        let PathRejection::FailedToDeserializePathParams(cause) = &rejection else { return malformed(&rejection.body_text()) };
        match cause.kind() {
            ErrorKind::ParseErrorAtKey { key, expected_type, .. } => wrong(key, Rule::Format, &format!("expected {expected_type}")),
            ErrorKind::DeserializeError { key, message, .. } => wrong(key, Rule::Format, message),
            other => malformed(&other.to_string()),
        }
    }
}

/// axum says `Failed to …: path.to.field: what serde says at line 1 column 9`.
fn malformed(text: &str) -> Problem {
    let said = text.split_once(": ").map_or(text, |(_, said)| said);
    let said = said.rsplit_once(" at line ").map_or(said, |(said, _)| said);
    let (path, said) = match said.split_once(": ") {
        Some((path, rest)) if is_path(path) => (Some(path), rest),
        _ => (None, said),
    };
    if let Some(field) = said.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        let field = path.map_or_else(|| field.to_owned(), |path| format!("{path}.{field}"));
        return wrong(&field, Rule::Required, "the field is missing");
    }
    // What was sent is not sent back: it may be a password in the wrong place.
    let said = said.find("expected ").map_or(said, |at| &said[at..]);
    match path {
        Some(field) => wrong(field, Rule::Format, said),
        None => ApiError::new(Code::Malformed, format!("The request cannot be read: {said}.")).into(),
    }
}

/// Whether serde named a field: `email`, `usage.input`, `items[0].id`. Its other sentences have spaces.
fn is_path(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '[' | ']' | '?'))
}

fn wrong(field: &str, rule: Rule, said: &str) -> Problem {
    let message = format!("{field}: {said}.");
    let fields = vec![FieldError { field: field.to_owned(), rule, message: message.clone() }];
    ApiError { fields, ..ApiError::new(Code::Malformed, format!("The request cannot be read: {message}")) }.into()
}
