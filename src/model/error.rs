//! The one error that crosses the wire: a code, a sentence, and the fields it is about.

use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

use super::password::Weakness;
use super::wire::JsonText;

/// What went wrong, by kind. The UI translates it; REST maps it to a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// 400: the request cannot be read (broken JSON, wrong type).
    Malformed,
    /// 401: nobody is signed in, or the token is not valid.
    Unauthenticated,
    /// 401: the e-mail address and the password do not belong together.
    BadCredentials,
    /// 403: signed in, but not allowed.
    Forbidden,
    /// 403: an administrator has to approve the account first.
    Pending,
    /// 403: the e-mail address has to be verified first.
    Unverified,
    /// 403: who they are has to be proved again, because it was too long ago for what they want to do.
    StepUp,
    /// 403: an administrator asks this role for a second factor, and there is none yet.
    FactorMissing,
    /// 404: no such thing, or not yours.
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 409: the thing is in a state that does not allow this.
    Conflict,
    /// 413
    TooLarge,
    /// 415
    UnsupportedMediaType,
    /// 422: a field is wrong; `fields` says which.
    Invalid,
    /// 429: too often; try again after `retry_after` seconds.
    RateLimited,
    /// 502: the model's provider failed; the message is its own.
    Upstream,
    /// 503: busy or shutting down.
    Unavailable,
    /// 500: our fault; the log has the cause under the request id.
    Internal,
    /// The browser could not reach the server.
    Offline,
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "rule", content = "limit")]
pub enum Rule {
    Required,
    /// Fewer than this many characters.
    TooShort(usize),
    /// More than this many characters.
    TooLong(usize),
    /// Not in the expected form (an address, a URL, an id …).
    Format,
    /// Somebody else has it.
    Taken,
    /// No such value.
    Unknown,
    /// An address in a private network, which has to be allowed.
    Private,
    /// An address that is never asked.
    Forbidden,
    /// It would lead in a circle.
    Circle,
    /// Too easy to guess, and what makes it so.
    Weak(Weakness),
    /// A picture that moves.
    Animated,
    /// A file that is damaged or cut off.
    Unreadable,
    /// A picture with more than this many pixels a side.
    Pixels(u32),
    /// An address of a domain that may not be used here.
    Domain,
    /// Was good once: used up, replaced or too old.
    Expired,
    /// There is no room left for it.
    Full,
    /// A picture, for a model that sees none.
    NoVision,
    /// Not between these two, both included.
    Range(u32, u32),
    /// So many tokens, where a model takes only so many.
    Tokens(u32, u32),
}

/// One field and what is wrong with it. `field_error` reads it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    pub field: String,
    #[serde(flatten)]
    pub rule: Rule,
    /// The same in an English sentence, for API users and logs.
    pub message: String,
}

/// An error as the browser and API clients see it. It never carries an internal cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
    pub code: Code,
    /// One English sentence.
    pub message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// Seconds until trying again makes sense.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

impl ApiError {
    /// An error of this kind with this sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fields: Vec::new(), retry_after: None }
    }

    /// The error about this field, if there is one.
    pub fn field(&self, name: &str) -> Option<&FieldError> {
        self.fields.iter().find(|f| f.field == name)
    }
}

/// Most of what a reader of arguments says that is told on, in characters: it may repeat what it was given.
const CAUSE_MAX: usize = 200;

fn short(cause: &str) -> String {
    let shown: String = cause.chars().take(CAUSE_MAX).collect();
    if shown.len() < cause.len() { format!("{shown}…") } else { shown }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(cause) => Self::new(Code::Offline, format!("The server could not be reached: {cause}")),
            ServerFnErrorErr::Args(cause) | ServerFnErrorErr::MissingArg(cause) => {
                Self::new(Code::Malformed, format!("The request could not be read: {}", short(&cause)))
            }
            ServerFnErrorErr::Deserialization(cause) => {
                Self::new(Code::Malformed, format!("The message could not be read: {}", short(&cause)))
            }
            _ => Self::new(Code::Internal, "Something went wrong on the server."),
        }
    }
}

/// Collects field errors, so that a form hears about all of them at once.
#[derive(Debug, Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    /// Notes that `field` breaks `rule`; `message` says it in English.
    pub fn add(&mut self, field: &str, rule: Rule, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), rule, message: message.into() });
    }

    /// Whether nothing was noted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that the text has `min..=max` characters; an empty one with a minimum is `Required`.
    pub fn length(&mut self, field: &str, text: &str, min: usize, max: usize) {
        let n = text.chars().count();
        if n == 0 && min > 0 {
            self.add(field, Rule::Required, format!("{field} is required."));
        } else if n < min {
            self.add(field, Rule::TooShort(min), format!("{field} needs at least {min} characters."));
        } else if n > max {
            self.add(field, Rule::TooLong(max), format!("{field} may have at most {max} characters; it has {n}."));
        }
    }

    /// Ok when nothing was noted, else one `Invalid` error with every field.
    pub fn check(self) -> Result<(), ApiError> {
        let Some(first) = self.0.first() else { return Ok(()) };
        Err(ApiError { fields: self.0.clone(), ..ApiError::new(Code::Invalid, first.message.clone()) })
    }
}
