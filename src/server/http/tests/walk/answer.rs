//! What an answer says about who may come.

use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use super::route::{Kind, Route};

/// What somebody was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They were let in, whatever became of it.
    Passed,
    /// Sign in first: 401, or led to that page.
    SignIn,
    /// 403.
    Forbidden,
    /// 404: it does not exist, or is somebody else's.
    NotFound,
    /// Led away from a page for who is not signed in.
    Home,
    /// 500 and the like, or no answer at all.
    Broken,
}

/// An answer, judged.
pub struct Answer {
    pub verdict: Verdict,
    /// Status and the beginning of the text, for who has to mend it.
    pub said: String,
}

impl Answer {
    pub fn of(route: &Route, status: StatusCode, headers: &HeaderMap, text: &str) -> Self {
        let location = headers.get(header::LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default();
        let code = serde_json::from_str::<Value>(text).ok().and_then(|json| Some(json.get("code")?.as_str()?.to_owned()));
        let verdict = match (status.as_u16(), code.as_deref()) {
            (401, Some("unauthenticated")) => Verdict::SignIn,
            (303, _) if matches!(route.kind, Kind::Page) && location.starts_with("/login") && route.path != "/login" => Verdict::SignIn,
            (303, _) if matches!(route.kind, Kind::Page) && location == "/" => Verdict::Home,
            (403, Some("step_up")) => Verdict::Passed,
            (403, _) => Verdict::Forbidden,
            (404, _) => Verdict::NotFound,
            (500, _) => Verdict::Broken,
            _ => Verdict::Passed,
        };
        let start: String = text.chars().take(160).collect();
        Self { verdict, said: format!("{status} {location}{start}") }
    }

    pub fn none(cause: &str) -> Self {
        Self { verdict: Verdict::Broken, said: cause.to_owned() }
    }
}
