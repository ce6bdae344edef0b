//! A circuit breaker: what failed too often in a row is left alone for a while, then one question finds out whether it works again.
//! It is told the time, so that tests need not wait.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::model::provider::Circuit;

/// Failures without a success between them that open it.
pub(super) const FAILURES: usize = 5;
/// How close together they have to be.
pub(super) const WINDOW: Duration = Duration::from_secs(60);
/// How long it stays open at first; twice as long after every probe that failed.
pub(super) const PAUSE: Duration = Duration::from_secs(20);
/// Longest time that it stays open.
const PAUSE_MAX: Duration = Duration::from_secs(300);

/// Tells the time, which tests move on.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Seconds.
    ahead: AtomicU64,
}

impl Watch {
    pub fn now(&self) -> Instant {
        Instant::now() + Duration::from_secs(self.ahead.load(Ordering::Relaxed))
    }

    /// Moves the time on.
    #[cfg(test)]
    pub fn advance(&self, by: Duration) {
        self.ahead.fetch_add(by.as_secs(), Ordering::Relaxed);
    }
}

/// Whole seconds, the last one begun.
pub(super) fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// One breaker. A cheap handle.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    failures: VecDeque<Instant>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    until: Instant,
    pause: Duration,
    /// Somebody is finding out.
    probing: bool,
}

/// Leave to ask. What came of it is told to it; a probe that is dropped without a word leaves its place to the next.
#[derive(Debug)]
pub(super) struct Pass {
    breaker: Breaker,
    probe: bool,
}

impl Breaker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leave to ask; else how long there will be none.
    pub fn admit(&self, now: Instant) -> Result<Pass, Duration> {
        let mut state = self.state();
        let probe = match &mut state.open {
            None => false,
            Some(open) if now < open.until => return Err(open.until - now),
            // The one that finds out will not take long.
            Some(open) if open.probing => return Err(Duration::from_secs(1)),
            Some(open) => {
                open.probing = true;
                true
            }
        };
        Ok(Pass { breaker: self.clone(), probe })
    }

    /// How it stands, and how long it stays open.
    pub fn standing(&self, now: Instant) -> (Circuit, Option<u64>) {
        match &self.state().open {
            None => (Circuit::Closed, None),
            Some(open) if now < open.until => (Circuit::Open, Some(seconds(open.until - now))),
            Some(_) => (Circuit::HalfOpen, None),
        }
    }

    /// An administrator says that it works again.
    pub fn close(&self) {
        *self.state() = State::default();
    }

    /// A failure of somebody who had been let through long before.
    pub fn failed(&self, now: Instant) {
        self.count(now, false);
    }

    fn count(&self, now: Instant, probe: bool) {
        let mut state = self.state();
        match &mut state.open {
            Some(open) if probe => {
                open.pause = (open.pause * 2).min(PAUSE_MAX);
                (open.until, open.probing) = (now + open.pause, false);
            }
            // What began before it opened says nothing new.
            Some(_) => {}
            None => {
                state.failures.push_back(now);
                while state.failures.front().is_some_and(|at| now.duration_since(*at) > WINDOW) {
                    state.failures.pop_front();
                }
                if state.failures.len() >= FAILURES {
                    *state = State { failures: VecDeque::new(), open: Some(Open { until: now + PAUSE, pause: PAUSE, probing: false }) };
                }
            }
        }
    }
}

impl Pass {
    /// It answers.
    pub fn succeeded(mut self) {
        let mut state = self.breaker.state();
        if self.probe {
            *state = State::default();
        } else {
            state.failures.clear();
        }
        drop(state);
        self.probe = false;
    }

    /// It was in trouble.
    pub fn failed(mut self, now: Instant) {
        self.breaker.count(now, self.probe);
        self.probe = false;
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        if self.probe
            && let Some(open) = &mut self.breaker.state().open
        {
            open.probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn fails(breaker: &Breaker, now: Instant, times: usize) {
        (0..times).for_each(|_| breaker.admit(now).unwrap().failed(now));
    }

    #[tokio::test]
    async fn it_opens_after_failures_in_a_row_and_closes_when_the_one_probe_succeeds() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        fails(&breaker, start, FAILURES - 1);
        breaker.admit(start).unwrap().succeeded();
        fails(&breaker, start, FAILURES - 1);
        assert_eq!(breaker.standing(start), (Circuit::Closed, None), "a success between them begins anew");
        fails(&breaker, start, 1);
        assert_eq!(breaker.standing(start), (Circuit::Open, Some(20)));
        assert_eq!(breaker.admit(start + second(5)).unwrap_err(), second(15));

        let later = start + PAUSE;
        assert_eq!(breaker.standing(later), (Circuit::HalfOpen, None));
        let probe = breaker.admit(later).unwrap();
        assert!(breaker.admit(later).is_err(), "one probe at a time");
        probe.succeeded();
        assert_eq!(breaker.standing(later), (Circuit::Closed, None));
        fails(&breaker, later, FAILURES - 1);
        assert!(breaker.admit(later).is_ok(), "it begins anew");
    }

    #[tokio::test]
    async fn a_probe_that_fails_doubles_the_pause_and_one_that_is_given_up_leaves_its_place() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        fails(&breaker, start, FAILURES);
        let mut now = start + PAUSE;
        drop(breaker.admit(now).unwrap());
        for pause in [40, 80, 160, 300, 300] {
            breaker.admit(now).unwrap().failed(now);
            assert_eq!(breaker.admit(now).unwrap_err(), second(pause));
            now += second(pause);
        }
    }

    #[tokio::test]
    async fn failures_far_apart_and_of_those_who_came_before_it_opened_do_not_count() {
        let (breaker, start) = (Breaker::default(), Instant::now());
        for n in 0..20 {
            fails(&breaker, start + (WINDOW / 2) * n, 1);
        }
        assert_eq!(breaker.standing(start + WINDOW * 10).0, Circuit::Closed);
        let (breaker, late) = (Breaker::default(), start);
        let old: Vec<_> = (0..3).map(|_| breaker.admit(late).unwrap()).collect();
        fails(&breaker, late, FAILURES);
        old.into_iter().for_each(|pass| pass.failed(late + second(19)));
        assert_eq!(breaker.admit(late + second(19)).unwrap_err(), second(1), "it does not stay open for longer");
        breaker.close();
        assert!(breaker.admit(late).is_ok());
    }
}
