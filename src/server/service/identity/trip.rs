//! The way to a service and back.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Outcome, client, enabled};
use crate::model::error::Rule;
use crate::model::identity::Refusal;
use crate::model::ticket::Purpose;
use crate::server::Server;
use crate::server::crypto::{Place, sha256};
use crate::server::db::StoredIdentityProvider;
use crate::server::error::Error;
use crate::server::identity::{self, Claims, Secrets};
use crate::server::service::viewer::{Origin, Viewer};
use crate::server::service::{step_up, ticket};

/// How long somebody may be on their way, in minutes.
const MINUTES: i64 = 10;

/// What somebody brings along who may have no account yet.
#[derive(Clone, Debug, Default)]
pub struct Brought {
    /// The token of an invitation.
    pub invitation: Option<String>,
    /// BCP 47 tag of the language that they read.
    pub language: Option<String>,
}

/// What somebody sets out with.
pub struct Start<'a> {
    /// The service's short name.
    pub slug: &'a str,
    /// Where the service sends them back to.
    pub redirect_uri: String,
    /// The page to go to afterwards.
    pub next: Option<String>,
    /// Whom to link the account there to; absent: to sign in with it.
    pub link: Option<&'a Viewer>,
    pub brought: Brought,
}

/// Somebody may set out.
#[derive(Debug)]
pub struct Began {
    /// The address to go to, at the service.
    pub url: String,
    /// Proves afterwards who began: it is kept by them and never travels to the service.
    pub handle: String,
    /// What the service sends back with them.
    pub state: String,
}

/// What somebody comes back with.
pub struct Return {
    pub handle: String,
    pub state: String,
    pub code: Option<String>,
    /// The service's error, instead of a code.
    pub error: Option<String>,
    /// The issuer that the answer names (RFC 9207).
    pub iss: Option<String>,
}

/// What is kept of somebody who is on their way.
#[derive(Serialize, Deserialize)]
struct Kept {
    provider_id: Uuid,
    secrets: Secrets,
    redirect_uri: String,
    next: Option<String>,
    /// Encrypted, in base64url: who reads the table cannot register with it.
    #[serde(default)]
    invitation: Option<String>,
    #[serde(default)]
    language: Option<String>,
}

/// Somebody came back, and the service vouches for them.
pub struct Trip {
    pub provider: StoredIdentityProvider,
    pub claims: Claims,
    pub next: Option<String>,
    /// Whom to link the account there to; absent: to sign in with it.
    pub link: Option<Uuid>,
    pub brought: Brought,
}

/// Sets out. Refusals: `Unavailable`, `Unreachable`, `Misconfigured`, `Unverifiable`; errors: `RateLimited`, `StepUp` (of a link).
pub async fn start(server: &Server, origin: &Origin, start: Start<'_>) -> Outcome<Began> {
    server.limits.identity(origin).await?;
    let row = enabled(server, start.slug).await?;
    if let Some(viewer) = start.link {
        step_up::require(server, viewer).await?;
    }
    let secrets = Secrets::new();
    let client = client(server, &row, start.redirect_uri)?;
    let url = identity::begin(&client, &secrets).await?;
    let state = secrets.state.clone();
    let Brought { invitation, language } = start.brought;
    let invitation = invitation.map(|token| seal(server, &token)).transpose()?;
    let kept = Kept { provider_id: row.provider.id, secrets, redirect_uri: client.redirect_uri, next: start.next, invitation, language };
    let data = serde_json::to_value(kept).map_err(Error::internal)?;
    let user_id = start.link.map(|viewer| viewer.user.id);
    let handle = ticket::issue(server, Purpose::Identity, user_id, data, Duration::minutes(MINUTES)).await?;
    Ok(Began { url, handle, state })
}

/// Whom the service vouches for. It works once, whatever comes of it. Refusals: `Expired` (also of a trip to another service, or
/// one that somebody else began), `Unavailable`, `Cancelled`, `Unreachable`, `Misconfigured`, `Unverifiable`.
pub async fn back(server: &Server, slug: &str, back: Return) -> Outcome<Trip> {
    let ticket = ticket::redeem(server, Purpose::Identity, &back.handle).await.map_err(|error| match error {
        Error::Client(said) if said.field("token").is_some_and(|field| field.rule == Rule::Expired) => Refusal::Expired.into(),
        other => super::Stop::Failed(other),
    })?;
    let kept: Kept = serde_json::from_value(ticket.data).map_err(Error::internal)?;
    let found = server.db.identities().find_provider(kept.provider_id).await?;
    let row = found.filter(|row| row.provider.slug == slug).ok_or(Refusal::Expired)?;
    // By their hashes, so that the time it takes tells nothing.
    if sha256(&kept.secrets.state) != sha256(&back.state) {
        return Err(Refusal::Expired.into());
    }
    if !row.provider.enabled {
        return Err(Refusal::Unavailable.into());
    }
    let client = client(server, &row, kept.redirect_uri)?;
    if let (Some(said), Some(expected)) = (&back.iss, identity::issuer(&client))
        && said != expected
    {
        return Err(Refusal::Unverifiable.into());
    }
    let code = code(back.code, back.error.as_deref())?;
    let claims = identity::finish(&client, &kept.secrets, &code, server.clock.now()).await?;
    let invitation = kept.invitation.map(|sealed| unseal(server, &sealed)).transpose()?;
    let brought = Brought { invitation, language: kept.language };
    Ok(Trip { provider: row, claims, next: kept.next, link: ticket.user_id, brought })
}

fn seal(server: &Server, token: &str) -> Result<String, Error> {
    Ok(URL_SAFE_NO_PAD.encode(server.keys.encrypt(token.as_bytes(), &Place::Invitation.alone())?))
}

fn unseal(server: &Server, sealed: &str) -> Result<String, Error> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(Error::internal)?;
    String::from_utf8(server.keys.decrypt(&bytes, &Place::Invitation.alone())?).map_err(Error::internal)
}

/// The code, or what the service's error means (RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6).
fn code(code: Option<String>, error: Option<&str>) -> Result<String, Refusal> {
    match (error, code) {
        (None, Some(code)) if !code.is_empty() => Ok(code),
        // WeChat sends who did not want to back with neither.
        (None, _) => Err(Refusal::Cancelled),
        (Some("access_denied" | "login_required" | "consent_required" | "interaction_required" | "account_selection_required"), _) => {
            Err(Refusal::Cancelled)
        }
        (Some("server_error" | "temporarily_unavailable"), _) => Err(Refusal::Unreachable),
        (Some(error), _) => {
            let shown: String = error.chars().filter(|c| !c.is_control()).take(60).collect();
            tracing::warn!(error = shown, "a service refused to sign somebody in");
            Err(Refusal::Misconfigured)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_sends_somebody_back_without_a_code_was_told_no_or_has_a_reason() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(code(some("c"), None), Ok("c".into()));
        assert_eq!(code(None, None), Err(Refusal::Cancelled));
        assert_eq!(code(some(""), None), Err(Refusal::Cancelled));
        assert_eq!(code(some("c"), Some("access_denied")), Err(Refusal::Cancelled));
        assert_eq!(code(None, Some("temporarily_unavailable")), Err(Refusal::Unreachable));
        assert_eq!(code(None, Some("invalid_scope")), Err(Refusal::Misconfigured));
    }
}
