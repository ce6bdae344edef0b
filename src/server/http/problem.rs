//! Errors as HTTP: RFC 9457 problem details.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::model::error::{ApiError, Code};
use crate::server::error::status;

/// The members of RFC 9457, and ours.
#[derive(Serialize)]
struct Problem<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    #[serde(flatten)]
    error: &'a ApiError,
}

/// The answer to a request that failed.
pub fn problem(error: impl Into<ApiError>) -> Response {
    let error = error.into();
    let status = status(error.code);
    let title = status.canonical_reason().unwrap_or("Error");
    let body = Problem { kind: "about:blank", title, status: status.as_u16(), detail: &error.message, error: &error };
    let mut response = (status, Json(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = error.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(http::header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// 404 for a path that nothing answers.
pub fn no_such_page() -> Response {
    problem(ApiError::new(Code::NotFound, "There is nothing at this address."))
}

/// 405 for a path that answers other methods.
pub async fn method_not_allowed() -> Response {
    problem(ApiError::new(Code::MethodNotAllowed, "This address does not answer this method."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::error::Error;

    #[tokio::test]
    async fn a_problem_says_what_to_do_and_keeps_the_cause_to_itself() {
        let limited = problem(Error::rate_limited(7));
        assert_eq!((limited.status(), &limited.headers()[RETRY_AFTER]), (StatusCode::TOO_MANY_REQUESTS, &HeaderValue::from_static("7")));
        assert_eq!(limited.headers()[CONTENT_TYPE], "application/problem+json");
        let internal = problem(Error::internal("the password is hunter2"));
        let body = axum::body::to_bytes(internal.into_body(), 10_000).await.unwrap();
        let json: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&json["status"], &json["type"], &json["code"]), (&500.into(), &"about:blank".into(), &"internal".into()));
        assert!(!String::from_utf8_lossy(&body).contains("hunter2"));
    }
}
