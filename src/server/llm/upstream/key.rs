//! One key of a provider: used, set aside for a while, or left alone because what is asked with it fails.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use super::breaker::{Breaker, seconds};
use crate::model::generation::FailureKind;
use crate::model::provider::Standing;
use crate::server::llm::{LlmError, Provider};

/// How long a key is set aside that is not accepted or has no credit, unless an administrator sees to it before.
pub(super) const REFUSED: Duration = Duration::from_secs(3600);
/// How long a key is set aside that was used too often, where the provider does not say.
const BUSY: Duration = Duration::from_secs(1);

/// A key, and the provider that it is good for.
pub(super) struct Key {
    pub id: Option<Uuid>,
    /// What it is called.
    pub label: Option<Arc<str>>,
    pub provider: Arc<dyn Provider>,
    pub breaker: Breaker,
    aside: Mutex<Vec<Aside>>,
}

/// Why a key is not used, and until when.
struct Aside {
    /// Absent: for every model.
    model: Option<String>,
    error: LlmError,
    until: Instant,
}

impl LlmError {
    /// Whether another key may be good where this one was refused.
    pub(super) fn is_of_key(&self) -> bool {
        matches!(self.kind, FailureKind::Auth | FailureKind::Quota | FailureKind::RateLimited)
    }
}

impl Key {
    pub fn new(id: Option<Uuid>, label: Option<Arc<str>>, provider: Arc<dyn Provider>) -> Self {
        Self { id, label, provider, breaker: Breaker::default(), aside: Mutex::default() }
    }

    fn asides(&self) -> MutexGuard<'_, Vec<Aside>> {
        self.aside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What asking with this key for the model would be answered, where that is known.
    pub fn aside(&self, model: &str, now: Instant) -> Option<LlmError> {
        let mut asides = self.asides();
        asides.retain(|aside| aside.until > now);
        let aside = asides.iter().find(|aside| aside.model.as_deref().is_none_or(|of| of == model))?;
        let error = aside.error.clone();
        Some(match error.kind {
            // Waiting helps, and says for how long.
            FailureKind::RateLimited => LlmError { retry_after: Some(aside.until - now), unasked: true, ..error },
            _ => LlmError { unasked: true, ..error },
        })
    }

    /// Sets the key aside where the error is about it. Answers the error, with the time to wait where there is one.
    pub fn put_aside(&self, model: &str, error: LlmError, now: Instant) -> LlmError {
        let (error, pause) = match error.kind {
            FailureKind::Auth | FailureKind::Quota => (error, REFUSED),
            FailureKind::RateLimited => {
                let wait = error.retry_after.unwrap_or(BUSY);
                (LlmError { retry_after: Some(wait), ..error }, wait)
            }
            _ => return error,
        };
        let of = error.of_model.then(|| model.to_owned());
        let mut asides = self.asides();
        asides.retain(|aside| aside.until > now && aside.model != of);
        asides.push(Aside { model: of, error: error.clone(), until: now + pause });
        error
    }

    /// An administrator has seen to it.
    pub fn again(&self) {
        self.breaker.close();
        self.asides().clear();
    }

    /// How it stands now. What is about one model only is not the key's.
    pub fn standing(&self, now: Instant) -> Standing {
        let (circuit, open) = self.breaker.standing(now);
        let asides = self.asides();
        let aside = asides.iter().find(|aside| aside.model.is_none() && aside.until > now);
        let seconds = aside.map(|aside| seconds(aside.until - now)).or(open);
        Standing { circuit, aside: aside.map(|aside| aside.error.kind), seconds }
    }
}
