//! Other services that say who somebody is, each spoken to in its own way behind one face: begin, finish, test. Translation only:
//! who may come in is `service::identity`'s.

mod github;
mod http;
mod oidc;
#[cfg(test)]
pub(crate) mod tests;
mod wechat;

use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::crypto::random_token;
use crate::model::identity::IdentityKind;

/// How we are registered with a service.
pub struct Client {
    pub kind: IdentityKind,
    /// Absent: the kind's own home.
    pub issuer: Option<String>,
    pub id: String,
    /// Absent: a public client, which PKCE alone protects.
    pub secret: Option<SecretString>,
    /// Separated by spaces; empty: the kind's own.
    pub scopes: String,
    /// Where the service sends people back to.
    pub redirect_uri: String,
}

/// What a trip to a service and back is recognised by; each is made for one trip and used once.
#[derive(Clone, Serialize, Deserialize)]
pub struct Secrets {
    /// Comes back with the browser.
    pub state: String,
    /// Comes back inside the signed answer.
    pub nonce: String,
    /// PKCE (RFC 7636): only its hash travels with the browser.
    pub verifier: String,
}

impl Secrets {
    /// New ones: 256 random bits each.
    #[expect(clippy::new_without_default, reason = "a default would hide that every one is another")]
    pub fn new() -> Self {
        Self { state: random_token(), nonce: random_token(), verifier: random_token() }
    }
}

/// Whom a service vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The service's own id of the account: the only thing that it is recognised by.
    pub subject: String,
    pub email: Option<String>,
    /// Whether the service says that the address is proved to be theirs.
    pub email_verified: bool,
    pub name: Option<String>,
}

/// What went wrong with a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TroubleKind {
    /// No connection, no answer in time, or an answer that says "not now".
    Unreachable,
    /// The code is used up or too old.
    Expired,
    /// It does not accept our id, secret, scopes or address.
    Misconfigured,
    /// The answer is not what was asked for: a wrong signature, nonce, issuer or audience, or no answer of this kind at all.
    Unverifiable,
}

/// The same with a sentence for administrators and the log. It holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Trouble {
    pub kind: TroubleKind,
    pub message: String,
}

impl Trouble {
    fn new(kind: TroubleKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    fn unverifiable(message: impl Into<String>) -> Self {
        Self::new(TroubleKind::Unverifiable, message)
    }
}

type Result<T, E = Trouble> = std::result::Result<T, E>;

/// The address to send the browser to.
pub async fn begin(client: &Client, secrets: &Secrets) -> Result<String> {
    match client.kind {
        IdentityKind::Google | IdentityKind::Oidc => oidc::begin(client, secrets).await,
        IdentityKind::Github => github::begin(client, secrets),
        IdentityKind::Wechat => wechat::begin(client, secrets),
    }
}

/// Who came back with this code. `now` is what signed answers must not be older than.
pub async fn finish(client: &Client, secrets: &Secrets, code: &str, now: DateTime<Utc>) -> Result<Claims> {
    let claims = match client.kind {
        IdentityKind::Google | IdentityKind::Oidc => oidc::finish(client, secrets, code, now).await,
        IdentityKind::Github => github::finish(client, secrets, code).await,
        IdentityKind::Wechat => wechat::finish(client, code).await,
    }?;
    if claims.subject.is_empty() || claims.subject.len() > SUBJECT_MAX || claims.subject.contains('\0') {
        return Err(Trouble::unverifiable("The account there has no id that could be stored."));
    }
    Ok(claims.tidy())
}

/// Whether the service answers and knows us, as far as that can be found out without a person: a sentence.
pub async fn test(client: &Client) -> Result<String> {
    match client.kind {
        IdentityKind::Google | IdentityKind::Oidc => oidc::test(client).await,
        IdentityKind::Github => github::test(client).await,
        IdentityKind::Wechat => wechat::test(client).await,
    }
}

/// The issuer that an answer has to name (RFC 9207); absent: this kind of service does not name it.
pub fn issuer(client: &Client) -> Option<&str> {
    matches!(client.kind, IdentityKind::Google | IdentityKind::Oidc).then(|| oidc::issuer(client))
}

/// Longest id of an account there, in bytes (OpenID Connect Core §2 allows 255 characters).
const SUBJECT_MAX: usize = 255;
/// Longest name and address that are kept, in characters.
const TEXT_MAX: usize = 254;
/// A code that no service has given, to see what it says to it.
const NO_CODE: &str = "liao-connection-test";

impl Claims {
    /// Without control characters, and cut to what is kept.
    fn tidy(mut self) -> Self {
        let clean = |text: String| -> Option<String> {
            let text: String = text.chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect();
            Some(text.trim().to_owned()).filter(|text| !text.is_empty())
        };
        self.name = self.name.and_then(clean);
        self.email = self.email.and_then(clean);
        self.email_verified &= self.email.is_some();
        self
    }
}
