//! The server's error: built by constructors, mapped to a status and an [`ApiError`] in one place.

use http::StatusCode;

use crate::model::error::{ApiError, Code, Fields, Rule};

/// What the layers below `http` answer with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Something that went wrong: what the client may know, and the cause that only the log may.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The client's doing, or a state that it should hear about.
    #[error("{0}")]
    Client(Box<ApiError>),
    /// The database refused or failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// Anything else that is our fault.
    #[error("{0}")]
    Internal(String),
}

impl Error {
    /// An error of this kind with this sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        ApiError::new(code, message).into()
    }

    /// `thing` does not exist, or not for this viewer.
    pub fn not_found(thing: &str) -> Self {
        Self::new(Code::NotFound, format!("There is no such {thing}."))
    }

    pub fn unauthenticated() -> Self {
        Self::new(Code::Unauthenticated, "Sign in first.")
    }

    pub fn forbidden() -> Self {
        Self::new(Code::Forbidden, "You are not allowed to do this.")
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(Code::Conflict, message)
    }

    /// One field is wrong.
    pub fn invalid(field: &str, rule: Rule, message: impl Into<String>) -> Self {
        let mut fields = Fields::default();
        fields.add(field, rule, message);
        match fields.check() {
            Err(error) => error.into(),
            Ok(()) => Self::internal("a field error without a field"),
        }
    }

    /// Too often; `retry_after` in seconds.
    pub fn rate_limited(retry_after: u64) -> Self {
        let message = format!("Too many attempts. Try again in {retry_after} s.");
        ApiError { retry_after: Some(retry_after), ..ApiError::new(Code::RateLimited, message) }.into()
    }

    /// The model's provider failed; its own words.
    pub fn upstream(failure: &crate::model::generation::Failure) -> Self {
        Self::new(Code::Upstream, failure.message.clone())
    }

    /// Our fault; `cause` goes to the log only.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }

    /// What the client gets to see. An internal cause is logged here, once, and replaced by a general sentence.
    pub fn into_api(self) -> ApiError {
        match self {
            Self::Client(error) => *error,
            Self::Database(cause) if is_away(&cause) => {
                tracing::error!(%cause, "the database does not answer");
                let message = "The database does not answer. Try again in a moment.";
                ApiError { retry_after: Some(AWAY), ..ApiError::new(Code::Unavailable, message) }
            }
            other => {
                tracing::error!(cause = %other, "a request failed");
                ApiError::new(Code::Internal, "Something went wrong on the server.")
            }
        }
    }
}

/// When to ask again while the database is away, in seconds: a restart of it takes about so long.
const AWAY: u64 = 3;

/// Whether the database was not to be had, so that the same may well succeed later. The codes are PostgreSQL's (its documentation, appendix A):
/// no connection, too many of them, shutting down, starting up. Something between us and it may break off what it says.
pub fn is_away(error: &sqlx::Error) -> bool {
    use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, Protocol, Tls};
    let code = match error {
        Io(_) | PoolClosed | PoolTimedOut | Protocol(_) | Tls(_) => return true,
        Database(error) => error.code(),
        _ => None,
    };
    code.is_some_and(|code| code.starts_with("08") || ["53300", "57P01", "57P02", "57P03"].contains(&&*code))
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        Self::Client(Box::new(error))
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        error.into_api()
    }
}

/// The HTTP status of an error of this kind.
pub fn status(code: Code) -> StatusCode {
    match code {
        Code::Malformed => StatusCode::BAD_REQUEST,
        Code::Unauthenticated | Code::BadCredentials => StatusCode::UNAUTHORIZED,
        Code::Forbidden | Code::Pending | Code::Unverified | Code::StepUp | Code::FactorMissing => StatusCode::FORBIDDEN,
        Code::NotFound => StatusCode::NOT_FOUND,
        Code::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Code::Conflict => StatusCode::CONFLICT,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Code::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        Code::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Code::Upstream => StatusCode::BAD_GATEWAY,
        Code::Unavailable | Code::Offline => StatusCode::SERVICE_UNAVAILABLE,
        Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_is_asked_again_and_one_that_refuses_is_our_fault() {
        let away = Error::from(sqlx::Error::PoolTimedOut).into_api();
        assert_eq!((away.code, away.retry_after, status(away.code)), (Code::Unavailable, Some(AWAY), StatusCode::SERVICE_UNAVAILABLE));
        let ours = Error::from(sqlx::Error::RowNotFound).into_api();
        assert_eq!((ours.code, ours.retry_after), (Code::Internal, None));
    }
}
