//! The one place that reads the clock, so that tests can set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, SubsecRound, Utc};

/// Tells the time, to the microsecond (what both databases store).
#[derive(Clone, Default)]
pub struct Clock {
    /// Microseconds since 1970 of a clock that stands still; absent: the system's.
    fixed: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// A clock that stands still until [`Clock::advance`].
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self { fixed: Some(Arc::new(AtomicI64::new(at.timestamp_micros()))) }
    }

    /// The time now.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the system's clock")]
    pub fn now(&self) -> DateTime<Utc> {
        match &self.fixed {
            Some(micros) => DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default(),
            None => Utc::now().trunc_subsecs(6),
        }
    }

    /// Moves a fixed clock on; a running one is not changed.
    pub fn advance(&self, by: chrono::Duration) {
        if let Some(micros) = &self.fixed {
            micros.fetch_add(by.num_microseconds().unwrap_or(0), Ordering::SeqCst);
        }
    }
}
