//! Second factors, as programs and pages see them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Digits of a code of an authenticator app.
pub const CODE_DIGITS: usize = 6;
/// How many recovery codes there are at a time.
pub const RECOVERY_CODES: usize = 10;
/// Longest code that is looked at, in characters: a recovery code with its dashes, and some room.
pub const CODE_MAX: usize = 64;
/// How long the second factor may take after the first, in minutes.
pub const TICKET_MINUTES: i64 = 10;
/// How long a browser is not asked for a second factor, if its owner wants that, in days.
pub const TRUST_DAYS: i64 = 30;

/// What a second factor can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// A code of an authenticator app.
    Totp,
    RecoveryCode,
    /// Signing in with a passkey instead.
    Passkey,
}

/// The first factor was right; this is still to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Challenge {
    /// Stands for the first factor; good once.
    #[schema(example = "q5Yk0dGJm0b2m7pY1tqkq1Wb0hXr3v1r8m0O6xY5c2A")]
    pub ticket: String,
    pub methods: Vec<Method>,
    /// Seconds that the ticket holds.
    #[schema(example = 600)]
    pub expires_in: i64,
}

/// How a user's second factor stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FactorStatus {
    /// Whether a code of an authenticator app is asked for.
    pub enabled: bool,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// Recovery codes that were not used yet.
    #[schema(example = 10)]
    pub recovery_codes_left: i64,
    /// Whether an administrator asks this user's role for a second factor.
    pub required: bool,
    /// Whether there is a password.
    pub has_password: bool,
}

/// What an authenticator app needs. It holds when a code of it was shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AppSetup)]
pub struct Setup {
    /// Base 32, to type it.
    #[schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    pub secret: String,
    #[schema(example = "otpauth://totp/Liao:ada%40example.org?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Liao")]
    pub url: String,
    /// A picture of `url` (PNG as a data URL), to scan it.
    #[schema(example = "data:image/png;base64,iVBORw0KGgo…")]
    pub qr: String,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup").finish_non_exhaustive()
    }
}

/// Codes that stand in for the authenticator app, each once. They are told this once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RecoveryCodes {
    #[schema(example = json!(["7ZQK-M2XA-RT5B-HJ3C-WN6D-PQ4E"]))]
    pub recovery_codes: Vec<String>,
}

impl std::fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecoveryCodes").finish_non_exhaustive()
    }
}
