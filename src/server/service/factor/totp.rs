//! Codes of authenticator apps: what every app reads (SHA-1, six digits, thirty seconds), one period early or late.

use chrono::{DateTime, Utc};
use totp_rs::{Builder, Totp};

use crate::model::factor::Setup;
use crate::server::crypto::random;
use crate::server::error::{Error, Result};

const ISSUER: &str = "Liao";
/// RFC 4226 §4 recommends 160 bits.
const SECRET_BYTES: usize = 20;

/// A secret that nobody can guess.
pub fn new_secret() -> Vec<u8> {
    random::<SECRET_BYTES>().to_vec()
}

/// The secret as apps take it.
pub fn describe(secret: Vec<u8>, email: &str) -> Result<Setup> {
    // A colon would end the name of the issuer.
    let builder = Builder::new().with_secret(secret).with_issuer(Some(ISSUER)).with_account_name(email.replace(':', "_"));
    let totp = builder.build().map_err(Error::internal)?;
    let url = totp.to_url().map_err(Error::internal)?;
    let qr = totp.to_qr_base64().map_err(Error::internal)?;
    Ok(Setup { secret: totp.secret().to_base32(), url, qr: format!("data:image/png;base64,{qr}") })
}

/// The period that this is the code of, if it is one around now.
pub fn step_of(secret: Vec<u8>, code: &str, now: DateTime<Utc>) -> Result<Option<i64>> {
    let totp: Totp = Builder::new().with_secret(secret).build().map_err(Error::internal)?;
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    let time = u64::try_from(now.timestamp()).map_err(Error::internal)?;
    Ok(totp.check(&code, time).and_then(|step| i64::try_from(step).ok()))
}

#[cfg(test)]
pub fn code_at(setup: &Setup, at: DateTime<Utc>) -> String {
    let secret = totp_rs::Secret::try_from_base32(&setup.secret).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(at.timestamp()).unwrap()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn a_code_is_good_one_period_early_and_late() {
        // RFC 6238 appendix B, SHA-1, T = 1111111109 (step 37037036), the last six digits.
        let secret = || b"12345678901234567890".to_vec();
        assert_eq!(step_of(secret(), "081804", at(1_111_111_109)).unwrap(), Some(37_037_036));
        assert_eq!(step_of(secret(), "081 804", at(1_111_111_109 + 30)).unwrap(), Some(37_037_036));
        assert_eq!(step_of(secret(), "081804", at(1_111_111_109 - 30)).unwrap(), Some(37_037_036));
        assert_eq!(step_of(secret(), "081804", at(1_111_111_109 + 62)).unwrap(), None);
        for odd in ["", "08180", "0818040", "abcdef", "٠٨١٨٠٤"] {
            assert_eq!(step_of(secret(), odd, at(1_111_111_109)).unwrap(), None, "{odd}");
        }
    }

    #[test]
    fn apps_get_an_address_and_a_picture_of_it() {
        let setup = describe(new_secret(), "a:da@example.org").unwrap();
        assert!(setup.url.starts_with("otpauth://totp/"), "{}", setup.url);
        assert!(setup.url.contains(&format!("secret={}", setup.secret)) && setup.url.contains("issuer=Liao"), "{}", setup.url);
        assert_eq!(setup.secret.len(), 32);
        assert!(setup.qr.starts_with("data:image/png;base64,iVBOR"));
        assert!(!format!("{setup:?}").contains(&setup.secret));
    }
}
