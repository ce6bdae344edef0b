//! What programs sign in with: a short access token, and a refresh token that is good once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How long an access token holds, in seconds.
pub const ACCESS_SECONDS: i64 = 15 * 60;
/// How long an unused refresh token holds, in days.
pub const REFRESH_DAYS: i64 = 30;
/// How long a sign-in holds however much it is used, in days.
pub const SIGN_IN_DAYS: i64 = 90;

/// A pair of tokens.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Tokens {
    /// Goes into `Authorization: Bearer …`.
    #[schema(example = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIwMTlh….x3Q…")]
    pub access: String,
    /// Good for one `POST /api/auth/token/refresh/`. Used twice, it ends the whole sign-in.
    #[schema(example = "T2x2aWEg8J-Ml3NlY3JldC1yYW5kb20tYnl0ZXM")]
    pub refresh: String,
    /// Seconds that `access` holds.
    #[schema(example = 900)]
    pub expires_in: i64,
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens").field("expires_in", &self.expires_in).finish_non_exhaustive()
    }
}
