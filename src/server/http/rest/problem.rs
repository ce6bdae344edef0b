//! Errors of the REST API: problem details (RFC 9457), also for what axum itself refuses; and how they are documented.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};

use crate::model::error::{ApiError, Code, FieldError, Rule};
use crate::server::error::{Error, status};

/// The media type of problem details.
const MEDIA_TYPE: &str = "application/problem+json";

/// An error on its way out of a REST handler: `Result<_, Problem>`, made by `?` from the service's errors.
#[derive(Debug)]
pub struct Problem(Box<ApiError>);

/// Problem details (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Document {
    /// `about:blank`: the status says the kind, and `code` says it more finely.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    status: u16,
    /// What went wrong, in a sentence.
    detail: String,
    code: Code,
    /// What is wrong with which field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Wrong>,
    /// Seconds until trying again makes sense; also in `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

/// What is wrong with one field.
#[derive(Serialize, ToSchema)]
#[schema(as = ProblemField)]
pub struct Wrong {
    field: String,
    /// `required`, `too_short`, `too_long`, `format`, `taken`, `unknown`, `weak`,
    /// `domain`, `expired`, `full`, `no_vision`, `range` or `tokens`.
    rule: &'static str,
    /// Of `too_short` and `too_long`: the number of characters; of `tokens`: how many the model takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<usize>,
    message: String,
}

impl From<FieldError> for Wrong {
    fn from(FieldError { field, rule, message }: FieldError) -> Self {
        let (rule, limit) = match rule {
            Rule::Required => ("required", None),
            Rule::TooShort(limit) => ("too_short", Some(limit)),
            Rule::TooLong(limit) => ("too_long", Some(limit)),
            Rule::Format => ("format", None),
            Rule::Taken => ("taken", None),
            Rule::Unknown => ("unknown", None),
            Rule::Private => ("private", None),
            Rule::Forbidden => ("forbidden", None),
            Rule::Circle => ("circle", None),
            Rule::Weak(_) => ("weak", None),
            Rule::Animated => ("animated", None),
            Rule::Unreadable => ("unreadable", None),
            Rule::Pixels(limit) => ("pixels", Some(limit as usize)),
            Rule::Domain => ("domain", None),
            Rule::Expired => ("expired", None),
            Rule::Full => ("full", None),
            Rule::NoVision => ("no_vision", None),
            // The bounds are in the sentence.
            Rule::Range(..) => ("range", None),
            Rule::Tokens(_, most) => ("tokens", Some(most as usize)),
        };
        Self { field, rule, limit, message }
    }
}

impl From<ApiError> for Document {
    fn from(error: ApiError) -> Self {
        let ApiError { code, message, fields, retry_after } = error;
        let status = status(code);
        let errors = fields.into_iter().map(Wrong::from).collect();
        let title = status.canonical_reason().unwrap_or("Error");
        Self { kind: "about:blank", title, status: status.as_u16(), detail: message, code, errors, retry_after }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        error.into_api().into()
    }
}

impl From<ApiError> for Problem {
    fn from(error: ApiError) -> Self {
        Self(Box::new(error))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = Document::from(*self.0);
        let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))]);
        if let Some(seconds) = document.retry_after {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        let status = StatusCode::from_u16(document.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status == StatusCode::UNAUTHORIZED {
            // RFC 9110 §15.5.2: a 401 has to say how to do better.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        let body = serde_json::to_vec(&document).unwrap_or_default();
        (status, headers, body).into_response()
    }
}

/// A request that a middleware turns away: a problem where programs ask, else the error as server functions expect it.
pub fn refusal(path: &str, error: ApiError) -> Response {
    if path.starts_with("/api/") || path.starts_with("/v1/") {
        return Problem::from(error).into_response();
    }
    let mut response = (status(error.code), axum::Json(&error)).into_response();
    if let Some(seconds) = error.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// JSON whose rejections are problems. Asked for: an object; answered: anything.
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

pub use super::unreadable::{Path, Query, merged, page_size, written};

/// Documents these problems, each with an example: `responses((status = 200, …), Problems<…>)` by a unit type.
macro_rules! problems {
    ($(#[$doc:meta])* $name:ident: $($code:ident),+) => {
        $(#[$doc])*
        pub struct $name;
        impl utoipa::IntoResponses for $name {
            fn responses() -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<utoipa::openapi::Response>> {
                $crate::server::http::rest::problem::documented(&[$($crate::model::error::Code::$code),+])
            }
        }
    };
}
pub(crate) use problems;

/// The OpenAPI responses of errors of these kinds.
pub fn documented(codes: &[Code]) -> BTreeMap<String, RefOr<utoipa::openapi::Response>> {
    codes.iter().map(|code| (status(*code).as_u16().to_string(), document(*code).into())).collect()
}

fn document(code: Code) -> utoipa::openapi::Response {
    let (sentence, example) = example(code);
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .example(serde_json::to_value(Document::from(example)).ok())
        .build();
    ResponseBuilder::new().description(sentence).content(MEDIA_TYPE, content).build()
}

/// When an error of this kind is answered, and how it looks.
fn example(code: Code) -> (&'static str, ApiError) {
    let plain = |message: &str| ApiError::new(code, message);
    let field = |field: &str, rule, why: &str, message: &str| {
        let fields = vec![FieldError { field: field.into(), rule, message: why.into() }];
        ApiError { fields, ..plain(message) }
    };
    let later = |seconds, message: &str| ApiError { retry_after: Some(seconds), ..plain(message) };
    match code {
        Code::Malformed => (
            "The request cannot be read: broken JSON, a missing field, a wrong type.",
            field("password", Rule::Required, "missing field `password`", "The request cannot be read: missing field `password`"),
        ),
        Code::Unauthenticated => ("Nobody is signed in, or the token does not hold.", plain("Sign in first.")),
        Code::BadCredentials => {
            ("The email and the password do not belong together.", plain("The email and the password do not belong together."))
        }
        Code::Forbidden => ("Not allowed.", plain("You are not allowed to do this.")),
        Code::Pending => {
            ("An administrator has to approve the account first.", plain("An administrator has to approve this account first."))
        }
        Code::Unverified => ("The e-mail address has to be verified first.", plain("Verify your e-mail address first.")),
        Code::StepUp => ("Who asks has to prove again that it is them.", plain("Prove again that it is you.")),
        Code::FactorMissing => ("The role needs a second factor.", plain("Your role needs a second factor. Set one up first.")),
        Code::NotFound => ("No such thing, or somebody else's.", plain("There is no such conversation.")),
        Code::MethodNotAllowed => ("The method is not for this path.", plain("This path does not know the method.")),
        Code::Conflict => ("Its state does not allow this.", plain("An answer is being written already.")),
        Code::TooLarge => ("The body is too large.", plain("The body may have at most 65536 bytes.")),
        Code::UnsupportedMediaType => ("The body is not JSON.", plain("Send the body as Content-Type: application/json.")),
        Code::Invalid => (
            "A field is wrong; `errors` says which and why.",
            field("email", Rule::Format, "email must look like name@example.org.", "email must look like name@example.org."),
        ),
        Code::RateLimited => ("Too often. `Retry-After` says how many seconds to wait.", later(6, "Too many attempts. Try again in 6 s.")),
        Code::Upstream => ("The model's provider failed.", plain("The provider answered 500.")),
        Code::Unavailable | Code::Offline => (
            "Busy. `Retry-After` says how many seconds to wait.",
            later(1, "Too many people are signing in at once. Try again in a moment."),
        ),
        Code::Internal => ("Our fault; the log has the cause.", plain("Something went wrong on the server.")),
    }
}
