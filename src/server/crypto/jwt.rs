//! Access tokens: JSON Web Tokens (RFC 7519), HS256.

use chrono::{DateTime, Utc};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::server::error::{Error, Result};

const ISSUER: &str = "liao";
/// What the tokens are for: this server's API.
const AUDIENCE: &str = "liao-api";
/// The type in the header (RFC 9068 §2.1): a token that was signed for another purpose is no access token.
const TYPE: &str = "at+jwt";

/// What an access token says. Times in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The user.
    pub sub: Uuid,
    /// The sign-in it belongs to (its family of tokens).
    pub sid: Uuid,
    pub iat: i64,
    pub exp: i64,
    pub iss: String,
    pub aud: String,
}

impl Claims {
    /// Claims of this user and sign-in, from `now` for `seconds`.
    pub fn new(user: Uuid, family: Uuid, now: DateTime<Utc>, seconds: i64) -> Self {
        let iat = now.timestamp();
        Self { sub: user, sid: family, iat, exp: iat + seconds, iss: ISSUER.into(), aud: AUDIENCE.into() }
    }
}

/// Signs access tokens and checks them.
pub struct Signer {
    sign: EncodingKey,
    check: DecodingKey,
    rules: Validation,
}

impl Signer {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["exp", "iss", "sub", "aud"]);
        // Checked below against our clock: the crate reads the system's.
        rules.validate_exp = false;
        Self { sign: EncodingKey::from_secret(key), check: DecodingKey::from_secret(key), rules }
    }

    /// The token with these claims.
    pub fn sign(&self, claims: &Claims) -> Result<String> {
        let header = Header { typ: Some(TYPE.into()), ..Header::new(Algorithm::HS256) };
        jsonwebtoken::encode(&header, claims, &self.sign).map_err(Error::internal)
    }

    /// The claims of a token that we signed and that is not over at `now`; absent for any other text.
    pub fn check(&self, token: &str, now: DateTime<Utc>) -> Option<Claims> {
        let token = jsonwebtoken::decode::<Claims>(token, &self.check, &self.rules).ok()?;
        let ours = token.header.typ.as_deref() == Some(TYPE);
        (ours && token.claims.exp > now.timestamp()).then_some(token.claims)
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_token_holds_until_its_time_and_under_its_key_only() {
        let signer = Signer::new(&[1; 32]);
        let claims = Claims::new(Uuid::from_u128(1), Uuid::from_u128(2), at(1_000), 900);
        let token = signer.sign(&claims).unwrap();
        assert_eq!(signer.check(&token, at(1_899)), Some(claims));
        assert_eq!(signer.check(&token, at(1_900)), None);
        assert_eq!(Signer::new(&[2; 32]).check(&token, at(1_000)), None);
        assert_eq!(signer.check("not.a.token", at(1_000)), None);
    }

    #[test]
    fn neither_an_unsigned_nor_a_bent_token_is_accepted() {
        let signer = Signer::new(&[1; 32]);
        let claims = Claims::new(Uuid::from_u128(1), Uuid::from_u128(2), at(1_000), 900);
        let token = signer.sign(&claims).unwrap();
        let parts: Vec<&str> = token.split('.').collect();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
        assert_eq!(signer.check(&format!("{none}.{}.", parts[1]), at(1_000)), None);
        let other = URL_SAFE_NO_PAD.encode(serde_json::to_string(&Claims { sub: Uuid::from_u128(3), ..claims.clone() }).unwrap());
        assert_eq!(signer.check(&format!("{}.{other}.{}", parts[0], parts[2]), at(1_000)), None);
        let stranger = signer.sign(&Claims { iss: "other".into(), ..claims }).unwrap();
        assert_eq!(signer.check(&stranger, at(1_000)), None);
    }

    #[test]
    fn a_token_of_another_audience_type_or_algorithm_is_refused_although_we_signed_it() {
        let signer = Signer::new(&[1; 32]);
        let claims = Claims::new(Uuid::from_u128(1), Uuid::from_u128(2), at(1_000), 900);
        let elsewhere = signer.sign(&Claims { aud: "elsewhere".into(), ..claims.clone() }).unwrap();
        assert_eq!(signer.check(&elsewhere, at(1_000)), None);
        let signed = |algorithm, typ: Option<&str>| {
            let header = Header { typ: typ.map(str::to_owned), ..Header::new(algorithm) };
            jsonwebtoken::encode(&header, &claims, &signer.sign).unwrap()
        };
        assert!(signer.check(&signed(Algorithm::HS256, Some(TYPE)), at(1_000)).is_some());
        assert_eq!(signer.check(&signed(Algorithm::HS256, Some("JWT")), at(1_000)), None);
        assert_eq!(signer.check(&signed(Algorithm::HS256, None), at(1_000)), None);
        assert_eq!(signer.check(&signed(Algorithm::HS384, Some(TYPE)), at(1_000)), None);
    }
}
