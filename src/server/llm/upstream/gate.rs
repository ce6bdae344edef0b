//! How many a provider answers at a time, and whose turn is next: users take turns, so that who asks fifty questions at once does
//! not keep the others waiting. A place is counted as it would come if nobody else asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

/// The gate of one provider. A cheap handle.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    /// Absent: any number.
    limit: Option<u32>,
    state: Mutex<State>,
    /// Changes when somebody's place may have.
    moved: watch::Sender<()>,
}

#[derive(Default)]
struct State {
    running: u32,
    next_ticket: u64,
    /// Who waits, in the order in which their turns come; nobody in it has an empty line.
    ring: VecDeque<Line>,
}

/// The questions of one user.
struct Line {
    user: Uuid,
    waiting: VecDeque<(u64, oneshot::Sender<Permit>)>,
}

/// Leave to ask; given back when it is dropped.
pub struct Permit(Option<Gate>);

/// Waits for a permit; dropping it leaves the line.
pub struct Waiting {
    gate: Gate,
    user: Uuid,
    ticket: u64,
    turn: oneshot::Receiver<Permit>,
    moved: watch::Receiver<()>,
}

impl Gate {
    pub fn new(limit: Option<u32>) -> Self {
        Self(Arc::new(Inner { limit, state: Mutex::default(), moved: watch::Sender::new(()) }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A permit at once, where nobody has to wait; else a place in the line.
    pub fn enter(&self, user: Uuid) -> Result<Permit, Waiting> {
        let mut state = self.state();
        if self.0.limit.is_none_or(|limit| state.running < limit) {
            state.running += 1;
            return Ok(Permit(Some(self.clone())));
        }
        let (tell, turn) = oneshot::channel();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        match state.ring.iter_mut().find(|line| line.user == user) {
            Some(line) => line.waiting.push_back((ticket, tell)),
            None => state.ring.push_back(Line { user, waiting: VecDeque::from([(ticket, tell)]) }),
        }
        Err(Waiting { gate: self.clone(), user, ticket, turn, moved: self.0.moved.subscribe() })
    }

    /// Answers that are being written, and questions that wait.
    pub fn counts(&self) -> (u32, u32) {
        let state = self.state();
        let waiting: usize = state.ring.iter().map(|line| line.waiting.len()).sum();
        (state.running, u32::try_from(waiting).unwrap_or(u32::MAX))
    }

    /// Gives a permit to the next who still waits.
    fn pass_on(&self) {
        let mut state = self.state();
        let next = loop {
            let Some(mut line) = state.ring.pop_front() else {
                state.running = state.running.saturating_sub(1);
                break None;
            };
            let Some((_, tell)) = line.waiting.pop_front() else { continue };
            if !line.waiting.is_empty() {
                state.ring.push_back(line);
            }
            if !tell.is_closed() {
                break Some(tell);
            }
        };
        drop(state);
        // Who went away in this very moment drops the permit, and it is passed on from there.
        if let Some(tell) = next {
            drop(tell.send(Permit(Some(self.clone()))));
        }
        self.0.moved.send_replace(());
    }

    fn leave(&self, user: Uuid, ticket: u64) {
        let mut state = self.state();
        for line in state.ring.iter_mut().filter(|line| line.user == user) {
            line.waiting.retain(|(other, _)| *other != ticket);
        }
        state.ring.retain(|line| !line.waiting.is_empty());
        drop(state);
        self.0.moved.send_replace(());
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if let Some(gate) = self.0.take() {
            gate.pass_on();
        }
    }
}

impl Waiting {
    /// The place in the line, from 1; none when it is over.
    pub fn place(&self) -> Option<usize> {
        let state = self.gate.state();
        let at = state.ring.iter().position(|line| line.user == self.user)?;
        let depth = state.ring[at].waiting.iter().position(|(ticket, _)| *ticket == self.ticket)?;
        // Of those whose turn comes before this user's, one more each.
        let before = state.ring.iter().enumerate().filter(|(index, _)| *index != at);
        let ahead: usize = before.map(|(index, line)| line.waiting.len().min(depth + usize::from(index < at))).sum();
        Some(ahead + depth + 1)
    }

    /// Waits until it is its turn.
    pub async fn admitted(&mut self) -> Permit {
        match (&mut self.turn).await {
            Ok(permit) => permit,
            // The line is never thrown away while somebody stands in it.
            Err(_) => std::future::pending().await,
        }
    }

    /// The same, or nothing when places may have changed, which is not told before `earliest`.
    pub async fn news(&mut self, earliest: Instant) -> Option<Permit> {
        let mut moved = self.moved.clone();
        tokio::select! {
            biased;
            permit = self.admitted() => return Some(permit),
            Ok(()) = async { let changed = moved.changed().await; sleep_until(earliest).await; changed } => {}
        }
        self.moved = moved;
        None
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.gate.leave(self.user, self.ticket);
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn line(gate: &Gate, user: Uuid) -> Waiting {
        gate.enter(user).err().expect("it has to wait")
    }

    #[tokio::test]
    async fn users_take_turns_and_places_say_when() {
        let gate = Gate::new(Some(1));
        let [greedy, modest, other] = [1, 2, 3].map(Uuid::from_u128);
        let first = gate.enter(greedy).ok().unwrap();
        let mut waiting = [line(&gate, greedy), line(&gate, greedy), line(&gate, greedy), line(&gate, modest), line(&gate, other)];
        let places: Vec<_> = waiting.iter().map(|waiting| waiting.place().unwrap()).collect();
        assert_eq!(places, [1, 4, 5, 2, 3], "each one's first comes before anybody's second");
        assert_eq!(gate.counts(), (1, 5));
        let mut served = Vec::new();
        let mut permit = first;
        for _ in 0..5 {
            drop(permit);
            let mut turn = None;
            for (index, one) in waiting.iter_mut().enumerate().filter(|(index, _)| !served.contains(index)) {
                if let Some(got) = one.admitted().now_or_never() {
                    turn = Some((index, got));
                    break;
                }
            }
            let (index, got) = turn.expect("somebody's turn");
            served.push(index);
            permit = got;
        }
        assert_eq!(served, [0, 3, 4, 1, 2]);
        drop(permit);
        assert_eq!(gate.counts(), (0, 0));
    }

    #[tokio::test]
    async fn who_leaves_makes_room_and_a_permit_that_nobody_takes_is_passed_on() {
        let gate = Gate::new(Some(1));
        let [a, b] = [1, 2].map(Uuid::from_u128);
        let first = gate.enter(a).ok().unwrap();
        let (gone, stays) = (line(&gate, a), line(&gate, b));
        assert_eq!(stays.place(), Some(2));
        drop(gone);
        assert!(stays.moved.has_changed().unwrap() && stays.place() == Some(1));
        let late = line(&gate, a);
        drop(first);
        // Its turn came, but it goes away before it looks.
        drop(stays);
        let mut late = late;
        assert!(late.admitted().now_or_never().is_some(), "the permit was lost");
    }

    #[tokio::test]
    async fn without_a_limit_nobody_waits() {
        let gate = Gate::new(None);
        let permits: Vec<_> = (0..100).map(|n| gate.enter(Uuid::from_u128(n)).ok().unwrap()).collect();
        assert_eq!(gate.counts(), (100, 0));
        drop(permits);
        assert_eq!(gate.counts(), (0, 0));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn however_many_come_and_go_no_more_than_the_limit_are_in_and_none_is_left() {
        let (gate, most) = (Gate::new(Some(3)), Arc::new(Mutex::new((0u32, 0u32))));
        let tasks: Vec<_> = (0..300u128)
            .map(|n| {
                let (gate, most) = (gate.clone(), most.clone());
                tokio::spawn(async move {
                    let permit = match gate.enter(Uuid::from_u128(n % 7)) {
                        Ok(permit) => permit,
                        // Every fifth has no patience.
                        Err(_) if n % 5 == 0 => return,
                        Err(mut waiting) => waiting.admitted().await,
                    };
                    let now = {
                        let mut m = most.lock().unwrap();
                        m.0 += 1;
                        m.1 = m.1.max(m.0);
                        m.1
                    };
                    assert!(now <= 3);
                    tokio::task::yield_now().await;
                    most.lock().unwrap().0 -= 1;
                    drop(permit);
                })
            })
            .collect();
        for task in tasks {
            tokio::time::timeout(std::time::Duration::from_secs(20), task).await.expect("somebody waits for ever").unwrap();
        }
        assert_eq!(gate.counts(), (0, 0));
    }
}
