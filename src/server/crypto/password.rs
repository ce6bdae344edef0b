//! argon2id on a bounded number of threads: a burst of sign-ins waits or is turned away, it cannot use up memory or the CPU.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization;

use crate::model::error::{ApiError, Code};
use crate::server::error::{Error, Result};
use crate::server::memory;

/// OWASP Password Storage Cheat Sheet: argon2id, m = 19 MiB, t = 2, p = 1.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A hash that no password has, of the same cost as a real one.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes computed at once; each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// Hashes computed or waited for; beyond it callers are turned away.
const QUEUE: usize = 64;

/// The password as it is hashed: in NFKC (NIST SP 800-63B), because keyboards and systems write the same letters in different ways:
/// an é as one character or as two, a digit of an input method at full width.
pub fn normal(password: &str) -> String {
    password.nfkc().collect()
}

/// Hashes and checks passwords.
pub struct Passwords {
    threads: Arc<Semaphore>,
    queue: Semaphore,
    computed: Arc<AtomicU64>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self::bounded(AT_ONCE, QUEUE)
    }
}

impl Passwords {
    /// At most `at_once` hashes computed at a time, and `queue` computed or waited for.
    pub fn bounded(at_once: usize, queue: usize) -> Self {
        Self { threads: Arc::new(Semaphore::new(at_once)), queue: Semaphore::new(queue), computed: Arc::default() }
    }

    /// The PHC string of this password, with a fresh salt.
    pub async fn hash(&self, password: String) -> Result<String> {
        let password = normal(&password);
        let hash = self.run(move |argon| PasswordHasher::<PasswordHash>::hash_password(argon, password.as_bytes())).await?;
        hash.map(|hash| hash.to_string()).map_err(Error::internal)
    }

    /// Whether this is the password of the PHC string. Without one (no such user, or one without a password) the answer is no,
    /// after the same work: its duration does not tell who has an account.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool> {
        let normal = normal(&password);
        let typed = (normal != password).then_some(password);
        let right = self.verify_exactly(normal, hash.clone()).await?;
        match typed {
            // A hash of the time before passwords were normalised is one of what was typed.
            Some(typed) if !right => self.verify_exactly(typed, hash).await,
            _ => Ok(right),
        }
    }

    async fn verify_exactly(&self, password: String, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| NOBODYS.to_owned());
        let verified = self.run(move |argon| PasswordVerifier::<str>::verify_password(argon, password.as_bytes(), hash.as_str())).await?;
        match verified {
            Ok(()) => Ok(known),
            Err(password_hash::Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(Error::internal(format!("a stored password hash cannot be read: {error}"))),
        }
    }

    /// Hashes computed since the start.
    pub fn computed(&self) -> u64 {
        self.computed.load(Ordering::Relaxed)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Argon2<'static>) -> T + Send + 'static) -> Result<T> {
        let Ok(_place) = self.queue.try_acquire() else {
            let message = "Too many people are signing in at once. Try again in a moment.";
            return Err(ApiError { retry_after: Some(1), ..ApiError::new(Code::Unavailable, message) }.into());
        };
        let thread = self.threads.clone().acquire_owned().await.map_err(Error::internal)?;
        let computed = self.computed.clone();
        let work = move || {
            // Held by the thread, not by the request: one that was given up still counts until its work is over.
            let _thread = thread;
            let argon = argon()?;
            computed.fetch_add(1, Ordering::Relaxed);
            Ok(work(&argon))
        };
        let done = tokio::task::spawn_blocking(work).await.map_err(Error::internal)?;
        memory::freed();
        done
    }
}

fn argon() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(Error::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_checked_against_its_own_hash_with_the_documented_parameters() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("wrong horse".into(), Some(hash.clone())).await.unwrap());
        assert_ne!(hash, passwords.hash("correct horse".into()).await.unwrap(), "salted");
    }

    #[tokio::test]
    async fn the_same_letters_are_the_same_password_however_they_are_written() {
        let passwords = Passwords::default();
        let (composed, decomposed) = ("caf\u{e9} \u{ff11}\u{ff12}", "cafe\u{301} 12");
        let hash = passwords.hash(decomposed.into()).await.unwrap();
        for written in [composed, decomposed, "caf\u{e9} 12"] {
            assert!(passwords.verify(written.into(), Some(hash.clone())).await.unwrap(), "{written:?}");
        }
        for other in ["cafe 12", "caf\u{e8} 12", "Caf\u{e9} 12"] {
            assert!(!passwords.verify(other.into(), Some(hash.clone())).await.unwrap(), "{other:?}");
        }
        // Of the time before: its owner still comes in with what was typed then.
        let argon = argon().unwrap();
        let old = PasswordHasher::<PasswordHash>::hash_password(&argon, decomposed.as_bytes()).unwrap().to_string();
        assert!(passwords.verify(decomposed.into(), Some(old.clone())).await.unwrap());
        assert!(!passwords.verify("cafe 12".into(), Some(old)).await.unwrap());
    }

    #[tokio::test]
    async fn an_unknown_user_costs_what_a_known_one_costs() {
        let passwords = Passwords::default();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        let (real, nobodys) = (PasswordHash::new(&hash).unwrap(), PasswordHash::new(NOBODYS).unwrap());
        assert_eq!(Params::try_from(&real).unwrap(), Params::try_from(&nobodys).unwrap(), "the same parameters");
        let before = passwords.computed();
        assert!(!passwords.verify("wrong".into(), Some(hash)).await.unwrap());
        let known = passwords.computed() - before;
        assert!(!passwords.verify("wrong".into(), None).await.unwrap());
        assert_eq!((known, passwords.computed() - before - known), (1, 1));
    }

    #[tokio::test]
    async fn beyond_the_queue_callers_are_turned_away_and_room_comes_back() {
        let passwords = Passwords::bounded(1, 2);
        let results = futures::future::join_all((0..4).map(|_| passwords.hash("x".into()))).await;
        let refused: Vec<ApiError> = results.into_iter().filter_map(Result::err).map(Error::into_api).collect();
        assert_eq!(refused.len(), 2);
        assert!(refused.iter().all(|e| e.code == Code::Unavailable && e.retry_after == Some(1)));
        assert!(passwords.hash("x".into()).await.is_ok());
    }
}
