//! Web Push: what a message is encrypted with (RFC 8291, in the coding of RFC 8188), and how the push service knows who sends it
//! (VAPID, RFC 8292).

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::{hmac_sha256, random};
use crate::server::error::{Error, Result};

/// Bytes of a point on P-256, uncompressed, and of a device's secret.
pub const POINT: usize = 65;
pub const AUTH: usize = 16;
/// Size of a record, of which a message is one; push services take 4096 bytes.
const RECORD: u32 = 4096;
const SALT: usize = 16;
const TAG: usize = 16;
/// How long a signature holds; services take up to a day.
const HOLDS: Duration = Duration::hours(12);

/// The server's key pair, by which push services know it.
pub struct Vapid {
    pair: EcdsaKeyPair,
}

fn failed<E>(what: &'static str) -> impl Fn(E) -> Error {
    move |_| Error::internal(what)
}

impl Vapid {
    /// A new one, as PKCS#8.
    pub fn generate() -> Result<Vec<u8>> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Ok(made.map_err(failed("no key pair could be made"))?.as_ref().to_vec())
    }

    pub fn read(pkcs8: &[u8]) -> Result<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8);
        Ok(Self { pair: pair.map_err(failed("the stored key pair cannot be read"))? })
    }

    /// The point that browsers are told, base64url.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.pair.public_key().as_ref())
    }

    /// The `Authorization` of a message to a service (`https://host`), from somebody who can be reached at `contact` (`https:` or `mailto:`).
    pub fn authorization(&self, service: &str, contact: &str, now: DateTime<Utc>) -> Result<String> {
        let claims = json!({ "aud": service, "exp": (now + HOLDS).timestamp(), "sub": contact });
        let said = [json!({ "typ": "JWT", "alg": "ES256" }), claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature = self.pair.sign(&SystemRandom::new(), said.as_bytes()).map_err(failed("signing failed"))?;
        Ok(format!("vapid t={said}.{}, k={}", URL_SAFE_NO_PAD.encode(signature.as_ref()), self.public()))
    }
}

/// Encrypts a message for the device with this point and this secret. Errors: the point is none.
pub fn encrypt(point: &[u8], auth: &[u8], message: &[u8]) -> Result<Vec<u8>> {
    let own = PrivateKey::generate(&ECDH_P256).map_err(failed("no key pair could be made"))?;
    sealed(&own, random::<SALT>(), (point, auth), message)
}

/// HKDF-SHA-256 (RFC 5869) of at most 32 bytes: one step of it.
fn derived<const N: usize>(salt: &[u8], secret: &[u8], info: &[u8]) -> [u8; N] {
    let long = hmac_sha256(&hmac_sha256(salt, secret), &[info, &[1]].concat());
    std::array::from_fn(|at| long[at])
}

fn sealed(own: &PrivateKey, salt: [u8; SALT], (point, auth): (&[u8], &[u8]), message: &[u8]) -> Result<Vec<u8>> {
    if message.len() + 1 + TAG > RECORD as usize {
        return Err(Error::internal("the message is too long"));
    }
    let ours = own.compute_public_key().map_err(failed("no public key"))?;
    let peer = UnparsedPublicKey::new(&ECDH_P256, point);
    let shared = agree(own, peer, (), |secret| Ok(secret.to_vec())).map_err(failed("the device's key is no point on the curve"))?;
    let secret: [u8; 32] = derived(auth, &shared, &[b"WebPush: info\0", point, ours.as_ref()].concat());
    let key: [u8; 16] = derived(&salt, &secret, b"Content-Encoding: aes128gcm\0");
    let nonce: [u8; 12] = derived(&salt, &secret, b"Content-Encoding: nonce\0");
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).map_err(failed("no key"))?);
    // The last record ends with a 2.
    let mut text = [message, &[2]].concat();
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut text).map_err(failed("encryption failed"))?;
    Ok([&salt[..], &RECORD.to_be_bytes(), &[POINT as u8], ours.as_ref(), &text].concat())
}

#[cfg(test)]
pub mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey as Verifier};

    use super::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// A device of RFC 8291, Appendix A.
    pub const PRIVATE: &str = "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94";
    pub const PUBLIC: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    pub const SECRET: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    /// What that device reads, made without anything of [`encrypt`] but the derivation.
    pub fn decrypted(body: &[u8]) -> Vec<u8> {
        let (salt, rest) = body.split_at(SALT);
        assert_eq!((&rest[..4], rest[4]), (&RECORD.to_be_bytes()[..], 65));
        let (sender, text) = rest[5..].split_at(POINT);
        let own = PrivateKey::from_private_key(&ECDH_P256, &bytes(PRIVATE)).unwrap();
        let shared = agree(&own, UnparsedPublicKey::new(&ECDH_P256, sender), (), |secret| Ok(secret.to_vec())).unwrap();
        let secret: [u8; 32] = derived(&bytes(SECRET), &shared, &[b"WebPush: info\0", &bytes(PUBLIC)[..], sender].concat());
        let key: [u8; 16] = derived(salt, &secret, b"Content-Encoding: aes128gcm\0");
        let nonce: [u8; 12] = derived(salt, &secret, b"Content-Encoding: nonce\0");
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
        let mut text = text.to_vec();
        let plain = key.open_in_place(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut text).unwrap();
        let (end, plain) = plain.split_last().unwrap();
        assert_eq!(*end, 2, "the last record");
        plain.to_vec()
    }

    /// Whether the `Authorization` is signed by the key that it names, and what it claims.
    pub fn claims(authorization: &str) -> serde_json::Value {
        let (token, key) = authorization.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        let (said, signature) = token.rsplit_once('.').unwrap();
        Verifier::new(&ECDSA_P256_SHA256_FIXED, bytes(key)).verify(said.as_bytes(), &bytes(signature)).unwrap();
        serde_json::from_slice(&bytes(said.split_once('.').unwrap().1)).unwrap()
    }

    #[test]
    fn a_message_is_encrypted_as_rfc_8291_says() {
        let own = PrivateKey::from_private_key(&ECDH_P256, &bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).unwrap();
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let device = (&bytes(PUBLIC)[..], &bytes(SECRET)[..]);
        let body = sealed(&own, salt, device, b"When I grow up, I want to be a watermelon").unwrap();
        let expected = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95b\
            Qpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";
        assert_eq!(URL_SAFE_NO_PAD.encode(&body), expected);
        assert_eq!(decrypted(&body), b"When I grow up, I want to be a watermelon");
    }

    #[test]
    fn each_message_has_keys_of_its_own_and_what_is_no_point_is_refused() {
        let encrypted = || encrypt(&bytes(PUBLIC), &bytes(SECRET), b"hello").unwrap();
        let (one, two) = (encrypted(), encrypted());
        assert_ne!(one[..90], two[..90]);
        assert_eq!((decrypted(&one), decrypted(&two)), (b"hello".to_vec(), b"hello".to_vec()));
        for wrong in [&[4; POINT][..], &bytes(PUBLIC)[..64], &[]] {
            assert!(encrypt(wrong, &bytes(SECRET), b"hello").is_err());
        }
        assert!(encrypt(&bytes(PUBLIC), &bytes(SECRET), &[0; 4096]).is_err());
    }

    #[test]
    fn a_service_can_tell_who_sends() {
        let vapid = Vapid::read(&Vapid::generate().unwrap()).unwrap();
        assert_eq!(bytes(&vapid.public()).len(), POINT);
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let said = claims(&vapid.authorization("https://push.example", "https://chat.example", now).unwrap());
        assert_eq!(said, json!({ "aud": "https://push.example", "exp": 1_800_043_200, "sub": "https://chat.example" }));
        assert!(Vapid::read(b"nonsense").is_err());
    }
}
