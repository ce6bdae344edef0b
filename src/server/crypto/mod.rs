//! Keys derived from the server's one secret, what is done with them, and the only place where chance comes from.

mod hmac;
pub mod jwt;
pub mod password;
mod place;
pub mod push;
mod secret;

use aes_gcm::aead::{Aead, Nonce, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
pub use hmac::hmac_sha256;
pub use place::{Context, Place};
pub use secret::{SECRET_MIN, SecretError, SecretFile};
use sha2::{Digest, Sha256};

use crate::server::error::{Error, Result};

/// Bytes of an AES-GCM nonce.
const NONCE: usize = 12;

/// Keys derived from the server's secret: one per purpose, so that none can stand in for another.
pub struct Keys {
    cipher: Aes256Gcm,
    jwt: jwt::Signer,
    pseudonyms: [u8; 32],
}

impl Keys {
    /// Derives every key. The secret has to be hard to guess: 32 random bytes, or what [`Keys::load_or_create`] accepts.
    pub fn from_secret(secret: &[u8]) -> Self {
        let cipher = Aes256Gcm::new(&derive("encryption at rest", secret).into());
        Self { cipher, jwt: jwt::Signer::new(&derive("token signing", secret)), pseudonyms: derive("pseudonyms", secret) }
    }

    /// Encrypts with AES-256-GCM; the answer is the random nonce and then the ciphertext. `context` (what it is, and
    /// whose) is authenticated with it: what was encrypted for one context cannot be decrypted for another.
    pub fn encrypt(&self, plaintext: &[u8], context: &Context) -> Result<Vec<u8>> {
        let nonce = random::<NONCE>();
        let payload = Payload { msg: plaintext, aad: context.0.as_bytes() };
        let sealed = self.cipher.encrypt(&Nonce::<Aes256Gcm>::from(nonce), payload).map_err(|_| Error::internal("encryption failed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// The plaintext of what [`Keys::encrypt`] made for this context. Fails if a byte was changed, the context is another, or
    /// the server's secret was replaced.
    pub fn decrypt(&self, sealed: &[u8], context: &Context) -> Result<Vec<u8>> {
        let refused = || Error::internal("a stored secret cannot be decrypted: was LIAO_SECRET or the secret file replaced?");
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>().ok_or_else(refused)?;
        let payload = Payload { msg: ciphertext, aad: context.0.as_bytes() };
        self.cipher.decrypt(&Nonce::<Aes256Gcm>::from(*nonce), payload).map_err(|_| refused())
    }

    /// Bytes that always stand for this text and look random to everybody else.
    pub fn pseudonym(&self, purpose: &str, text: &str) -> [u8; 32] {
        let inner = Sha256::new().chain_update(self.pseudonyms).chain_update(purpose).chain_update([0]).chain_update(text).finalize();
        Sha256::new().chain_update(self.pseudonyms).chain_update(inner).finalize().into()
    }

    /// The name of what has this secret, for a place that several installations share: it tells nothing of the secret.
    pub fn group(&self) -> String {
        let name = self.pseudonym("group", "bus");
        format!("liao:{}", name[..8].iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    /// Signs and checks access tokens.
    pub fn jwt(&self) -> &jwt::Signer {
        &self.jwt
    }
}

/// A key for one purpose. The secret is high in entropy and the label fixed, so one hash over both is a sound derivation.
fn derive(purpose: &str, secret: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update("liao v1 ").chain_update(purpose).chain_update([0]).chain_update(secret).finalize().into()
}

/// Bytes nobody can guess.
#[allow(clippy::disallowed_methods, reason = "the one place that chance comes from")]
pub fn random<const N: usize>() -> [u8; N] {
    rand::random()
}

/// 32 random bytes in base64url: a token that stands for itself and is stored only as its [`sha256`].
pub fn random_token() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// SHA-256, for what is random already (tokens, session ids). Not for passwords.
pub fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// 32 hexadecimal digits that stand for these bytes: no two contents that anybody can find have the same.
pub fn content_hash(parts: &[&[u8]]) -> String {
    let hash = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update((part.len() as u64).to_be_bytes()).chain_update(part));
    hash.finalize()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// SHA-256 of a file's content, in hexadecimal.
pub fn file_hash(file: &mut impl std::io::Read) -> std::io::Result<String> {
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 256 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            n => hash.update(&buffer[..n]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encrypted_comes_back_only_for_its_context_and_key() {
        let keys = Keys::from_secret(&[7; 32]);
        let [one, two] = [1, 2].map(|n| Place::ProviderKey.of(uuid::Uuid::from_u128(n)));
        let sealed = keys.encrypt(b"sk-secret", &one).unwrap();
        assert_eq!(keys.decrypt(&sealed, &one).unwrap(), b"sk-secret");
        assert!(!sealed.windows(9).any(|w| w == b"sk-secret"));
        assert!(keys.decrypt(&sealed, &two).is_err(), "another context");
        assert!(Keys::from_secret(&[8; 32]).decrypt(&sealed, &one).is_err(), "another secret");
        for i in 0..sealed.len() {
            let mut bent = sealed.clone();
            bent[i] ^= 1;
            assert!(keys.decrypt(&bent, &one).is_err(), "byte {i} changed");
        }
        assert!(keys.decrypt(&sealed[..5], &one).is_err(), "cut off");
    }

    #[test]
    fn the_same_text_is_never_encrypted_to_the_same_bytes() {
        let keys = Keys::from_secret(&[7; 32]);
        let context = Place::MailServer.alone();
        assert_ne!(keys.encrypt(b"x", &context).unwrap(), keys.encrypt(b"x", &context).unwrap());
    }

    #[test]
    fn tokens_are_32_bytes_and_never_twice() {
        let (one, two) = (random_token(), random_token());
        assert_eq!(URL_SAFE_NO_PAD.decode(&one).unwrap().len(), 32);
        assert_ne!(one, two);
    }

    #[test]
    fn a_content_hash_tells_where_one_part_ends() {
        assert_eq!(content_hash(&[b"ab", b"c"]).len(), 32);
        assert_ne!(content_hash(&[b"ab", b"c"]), content_hash(&[b"a", b"bc"]));
    }

    #[test]
    fn each_purpose_has_its_own_key() {
        assert_ne!(derive("encryption at rest", b"s"), derive("token signing", b"s"));
    }
}
