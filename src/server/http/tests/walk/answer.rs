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
    /// A second factor has to be set up first: 403, or led to that page.
    FactorMissing,
    /// The address has to be proved first: 403.
    Unverified,
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
        let page = matches!(route.kind, Kind::Page);
        let verdict = match (status.as_u16(), code.as_deref()) {
            // Who they are was known, and what they typed was wrong, or said too long ago.
            (401, Some("bad_credentials")) | (403, Some("step_up")) => Verdict::Passed,
            (401, _) => Verdict::SignIn,
            (303, _) if location == "/login" || location.starts_with("/login?next=") => Verdict::SignIn,
            (303, _) if page && location == "/" => Verdict::Home,
            (303, _) if page && location == "/settings/security" => Verdict::FactorMissing,
            (403, Some("factor_missing")) => Verdict::FactorMissing,
            (403, Some("unverified")) => Verdict::Unverified,
            (403, _) => Verdict::Forbidden,
            (404, _) => Verdict::NotFound,
            // Whom somebody else has to answer may say that they did not.
            (502, Some("upstream")) => Verdict::Passed,
            (500.., _) => Verdict::Broken,
            _ => Verdict::Passed,
        };
        let start: String = text.chars().take(400).collect();
        Self { verdict, said: format!("{status} {location}{start}") }
    }

    pub fn none(cause: &str) -> Self {
        Self { verdict: Verdict::Broken, said: cause.to_owned() }
    }
}
