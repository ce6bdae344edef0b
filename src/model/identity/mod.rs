//! Accounts at other services: which services administrators offer for signing in, and what people have linked.

mod refusal;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields, Rule};
pub use refusal::Refusal;

/// Longest short name, in characters.
pub const SLUG_MAX: usize = 40;
/// Longest name on a button, in characters.
pub const NAME_MAX: usize = 40;
/// Longest address of a service.
pub const ISSUER_MAX: usize = 500;
/// Longest id and secret that a service gives us.
pub const CLIENT_ID_MAX: usize = 300;
pub const SECRET_MAX: usize = 1000;
/// Longest list of scopes.
pub const SCOPES_MAX: usize = 500;
/// Last place among the buttons.
pub const POSITION_MAX: u32 = 1000;

/// The cookie of somebody whom a service has vouched for, and whose address is still to be asked.
pub const NEWCOMER_COOKIE: &str = "liao_newcomer";

/// How a service is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    Google,
    Github,
    /// The open platform's QR code (`snsapi_login`).
    Wechat,
    /// Any issuer of OpenID Connect that can be discovered.
    Oidc,
}

impl IdentityKind {
    /// Every kind, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Google, Self::Github, Self::Wechat, Self::Oidc];

    /// As it is written in forms and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Google => "google",
            Self::Github => "github",
            Self::Wechat => "wechat",
            Self::Oidc => "oidc",
        }
    }
}

/// A service as administrators see it. The secret never leaves the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IdentityProvider {
    pub id: Uuid,
    /// Stands in addresses: `/oauth/{slug}/…`. It never changes.
    #[schema(example = "github")]
    pub slug: String,
    pub kind: IdentityKind,
    /// On its button.
    #[schema(example = "GitHub")]
    pub name: String,
    /// Of `oidc`: the issuer. Of the others: another home than the usual one, like a GitHub Enterprise; null: the usual one.
    pub issuer: Option<String>,
    #[schema(example = "Iv1.8a61f9b3a7aba766")]
    pub client_id: String,
    pub has_secret: bool,
    /// Separated by spaces; empty: the kind's own.
    pub scopes: String,
    pub enabled: bool,
    /// Whether somebody who has no account here gets one.
    pub allow_sign_up: bool,
    /// Of its button among the others; the smallest is first.
    pub position: u32,
    /// Accounts here that are linked to one there.
    pub linked: u64,
    /// The address to register with the service.
    #[schema(example = "https://chat.example.org/oauth/github/callback")]
    pub redirect_uri: String,
    pub created_at: DateTime<Utc>,
}

/// What an administrator types to add or change a service. Slug and kind of one that is there do not change.
#[derive(Clone, Serialize, Deserialize)]
pub struct IdentityProviderForm {
    pub slug: String,
    pub kind: IdentityKind,
    pub name: String,
    pub issuer: Option<String>,
    pub client_id: String,
    /// Absent or empty: keep the secret there is.
    pub client_secret: Option<String>,
    pub scopes: String,
    pub enabled: bool,
    pub allow_sign_up: bool,
    pub position: u32,
}

impl std::fmt::Debug for IdentityProviderForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityProviderForm").field("slug", &self.slug).field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl IdentityProviderForm {
    /// Trims and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let empty = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        self.slug = self.slug.trim().to_lowercase();
        self.name = self.name.trim().to_owned();
        self.client_id = self.client_id.trim().to_owned();
        self.client_secret = empty(self.client_secret);
        self.scopes = self.scopes.split_whitespace().collect::<Vec<_>>().join(" ");
        self.issuer = empty(self.issuer).map(|issuer| tidy(&issuer, self.kind));
        let mut fields = Fields::default();
        fields.length("slug", &self.slug, 1, SLUG_MAX);
        if !self.slug.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
            fields.add("slug", Rule::Format, "slug may hold letters, digits and '-'.");
        }
        fields.length("name", &self.name, 1, NAME_MAX);
        if self.name.chars().any(char::is_control) {
            fields.add("name", Rule::Format, "name may not have control characters.");
        }
        self.check_service(&mut fields);
        if self.position > POSITION_MAX {
            fields.add("position", Rule::Range(0, POSITION_MAX), format!("position must be from 0 to {POSITION_MAX}."));
        }
        fields.check()?;
        Ok(self)
    }

    /// What the service was told about us and we about it.
    fn check_service(&self, fields: &mut Fields) {
        match &self.issuer {
            None if self.kind == IdentityKind::Oidc => fields.add("issuer", Rule::Required, "issuer is required."),
            None => {}
            Some(issuer) => {
                fields.length("issuer", issuer, 1, ISSUER_MAX);
                if !is_safe_url(issuer) {
                    fields.add("issuer", Rule::Format, "issuer must start with https:// (http:// is for this machine only).");
                }
            }
        }
        fields.length("client_id", &self.client_id, 1, CLIENT_ID_MAX);
        if let Some(secret) = &self.client_secret {
            fields.length("client_secret", secret, 1, SECRET_MAX);
        }
        for (field, text) in [("client_id", &self.client_id), ("client_secret", self.client_secret.as_ref().unwrap_or(&String::new()))] {
            if text.chars().any(|c| c.is_whitespace() || c.is_control() || !c.is_ascii()) {
                fields.add(field, Rule::Format, format!("{field} may hold visible ASCII characters only."));
            }
        }
        fields.length("scopes", &self.scopes, 0, SCOPES_MAX);
        // RFC 6749 §3.3
        if self.scopes.chars().any(|c| !(' '..='~').contains(&c) || matches!(c, '"' | '\\')) {
            fields.add("scopes", Rule::Format, "scopes are words, separated by spaces.");
        }
    }
}

/// The issuer of a pasted discovery address; the home of the others without a slash at the end (an issuer may have one).
fn tidy(issuer: &str, kind: IdentityKind) -> String {
    let issuer = issuer.trim_end_matches(".well-known/openid-configuration");
    match kind {
        IdentityKind::Oidc | IdentityKind::Google => issuer.to_owned(),
        IdentityKind::Github | IdentityKind::Wechat => issuer.trim_end_matches('/').to_owned(),
    }
}

/// Whether what is sent to this address cannot be read on its way: TLS, or it does not leave the machine.
pub fn is_safe_url(url: &str) -> bool {
    let plain = |rest: &str| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host =
            authority.rsplit_once(':').filter(|(_, port)| port.chars().all(|c| c.is_ascii_digit())).map_or(authority, |(host, _)| host);
        matches!(host, "localhost" | "127.0.0.1" | "[::1]")
    };
    let clean = !url.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '@' | '#' | '?' | '\\'));
    let safe = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => !rest.is_empty() && !rest.starts_with(['/', ':']),
        (_, Some(rest)) => plain(rest),
        _ => false,
    };
    clean && safe
}

/// What "Test" found: what the service really said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct IdentityProviderTest {
    pub ok: bool,
    /// In English, without secrets.
    pub message: String,
    /// Milliseconds until the answer.
    pub millis: u64,
}

/// A service that anybody may sign in with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OfferedProvider {
    #[schema(example = "github")]
    pub slug: String,
    #[schema(example = "GitHub")]
    pub name: String,
    pub kind: IdentityKind,
}

/// An account at another service that may sign in here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Identity {
    /// The service's short name.
    #[schema(example = "github")]
    pub provider: String,
    /// The service's name.
    #[schema(example = "GitHub")]
    pub provider_name: String,
    pub kind: IdentityKind,
    /// The address there, as the service told it last.
    pub email: Option<String>,
    /// The name there.
    pub name: Option<String>,
    pub linked_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// What the viewer has linked, and what they could.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LinkedAccounts {
    pub linked: Vec<Identity>,
    /// Services that are offered and not linked.
    pub others: Vec<OfferedProvider>,
}

/// Somebody whom a service has vouched for, and whose address is still to be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Newcomer {
    /// The service's name.
    pub provider_name: String,
    /// What they are called there.
    pub name: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(kind: IdentityKind, issuer: &str) -> IdentityProviderForm {
        IdentityProviderForm {
            slug: " My-IDP ".into(),
            kind,
            name: "My IdP".into(),
            issuer: Some(issuer.into()),
            client_id: "id".into(),
            client_secret: Some(" ".into()),
            scopes: " openid  email ".into(),
            enabled: true,
            allow_sign_up: true,
            position: 0,
        }
    }

    #[test]
    fn a_form_is_trimmed_and_an_issuer_keeps_its_slash() {
        let checked = form(IdentityKind::Oidc, "https://id.example.org/").checked().unwrap();
        assert_eq!((checked.slug.as_str(), checked.scopes.as_str()), ("my-idp", "openid email"));
        assert_eq!((checked.issuer.as_deref(), checked.client_secret), (Some("https://id.example.org/"), None));
        let pasted = form(IdentityKind::Oidc, "https://id.example.org/.well-known/openid-configuration").checked().unwrap();
        assert_eq!(pasted.issuer.as_deref(), Some("https://id.example.org/"));
        assert_eq!(form(IdentityKind::Github, "https://ghe.example/").checked().unwrap().issuer.as_deref(), Some("https://ghe.example"));
    }

    #[test]
    fn what_could_be_read_on_its_way_is_refused() {
        for safe in ["https://id.example", "https://id.example:8443/x", "http://127.0.0.1:9000", "http://localhost/x", "http://[::1]:3"] {
            assert!(is_safe_url(safe), "{safe}");
        }
        for unsafe_url in [
            "http://id.example",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.1@evil.example",
            "ftp://x",
            "https://",
            "https://a b",
            "x",
            "",
        ] {
            assert!(!is_safe_url(unsafe_url), "{unsafe_url}");
        }
        assert!(form(IdentityKind::Oidc, "http://id.example").checked().unwrap_err().field("issuer").is_some());
        assert!(form(IdentityKind::Oidc, "").checked().unwrap_err().field("issuer").is_some(), "required");
        assert!(form(IdentityKind::Google, "").checked().is_ok());
    }

    #[test]
    fn a_debug_line_does_not_hold_the_secret() {
        let form = IdentityProviderForm { client_secret: Some("tell nobody".into()), ..form(IdentityKind::Google, "") };
        assert!(!format!("{form:?}").contains("tell nobody"));
    }
}
