//! Problem details (RFC 9457) for what is answered outside the REST API's handlers.

use axum::response::{IntoResponse, Response};

use super::rest::problem::Problem;
use crate::model::error::{ApiError, Code};

/// The answer to a request that failed.
pub fn problem(error: impl Into<ApiError>) -> Response {
    Problem::from(error.into()).into_response()
}

/// 404 for a path that nothing answers.
pub fn no_such_page() -> Response {
    problem(ApiError::new(Code::NotFound, "There is nothing at this address."))
}

/// 405 for a path that answers other methods.
pub async fn method_not_allowed() -> Response {
    problem(ApiError::new(Code::MethodNotAllowed, "This address does not answer this method."))
}
