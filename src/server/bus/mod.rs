//! What the nodes of one installation tell each other beside the database: short words through Redis, heard by whoever listens in that
//! moment. Without `LIAO_REDIS_URL` there is one node, and nothing is said.
//!
//! Invariant: nothing is right only because a word arrived. What words bring at once is found a little later without them: the log of a
//! run is looked into every quarter of a second, a run that waits every second, a session every minute; and a node that has lost the line
//! reads everything anew when it has it again.

mod line;
mod word;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

pub use line::{BusError, Heard, Line};
use tokio::sync::Notify;
use uuid::Uuid;
pub use word::{Distant, Look, Word};

/// How long a follower of another node's run waits for word of it where there is a line.
const PATIENCE: Duration = Duration::from_secs(2);
/// How often the log of another node's run is read where there is none.
const POLL: Duration = Duration::from_millis(250);

/// The line to the other nodes, if there are others.
#[derive(Default)]
pub struct Bus {
    line: Option<Arc<Line>>,
    /// Who waits for more of a run that another node writes.
    growing: Mutex<HashMap<Uuid, Weak<Notify>>>,
    waiting: Notify,
}

impl Bus {
    /// A line through this Redis. `group` names the installation, so that several can share one Redis; `node` this process.
    pub fn open(url: &str, group: &str, node: &str) -> Result<Self, BusError> {
        Ok(Self { line: Some(Arc::new(Line::open(url, group, node)?)), ..Self::default() })
    }

    /// The line itself; none: this is the only node.
    pub fn line(&self) -> Option<&Arc<Line>> {
        self.line.as_ref()
    }

    /// Tells the other nodes. Never waits, and never fails: see the invariant.
    pub fn tell(&self, word: Word) {
        if let Some(line) = &self.line {
            line.tell(&word);
        }
    }

    /// A run has ended in the database: the others look, and what was kept of it on the line goes.
    pub async fn over(&self, run: Uuid) {
        self.tell(Word::Grown { runs: vec![run] });
        if let Some(line) = &self.line {
            line.forget(run).await;
        }
    }

    /// How long a follower may wait without looking.
    fn patience(&self) -> Duration {
        match &self.line {
            Some(line) if line.is_up() => PATIENCE,
            _ => POLL,
        }
    }

    fn growing(&self) -> MutexGuard<'_, HashMap<Uuid, Weak<Notify>>> {
        self.growing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something that tells when another node's run has more.
    pub fn growth(&self, run: Uuid) -> Growth<'_> {
        let mut growing = self.growing();
        let known = growing.get(&run).and_then(Weak::upgrade);
        let notify = known.unwrap_or_else(|| {
            let notify = Arc::new(Notify::new());
            growing.insert(run, Arc::downgrade(&notify));
            notify
        });
        Growth { bus: self, run, notify }
    }

    /// These runs of other nodes have more.
    pub fn grown(&self, runs: &[Uuid]) {
        let growing = self.growing();
        runs.iter().filter_map(|run| growing.get(run)?.upgrade()).for_each(|notify| notify.notify_waiters());
    }

    /// Runs wait for a worker.
    pub fn rouse(&self) {
        self.waiting.notify_one();
    }

    /// Waits until it is said that runs wait, for so long at most.
    pub async fn roused(&self, within: Duration) {
        let _ = tokio::time::timeout(within, self.waiting.notified()).await;
    }
}

/// Tells when a run has more. Whoever looks between two waits misses nothing that was told after the look began.
pub struct Growth<'a> {
    bus: &'a Bus,
    run: Uuid,
    notify: Arc<Notify>,
}

impl Growth<'_> {
    /// Does `look`, and if it finds nothing waits for word, or for a while.
    pub async fn or<T, E>(&self, look: impl Future<Output = Result<Option<T>, E>>) -> Result<Option<T>, E> {
        let mut told = std::pin::pin!(self.notify.notified());
        told.as_mut().enable();
        let found = look.await?;
        if found.is_none() {
            let _ = tokio::time::timeout(self.bus.patience(), told).await;
        }
        Ok(found)
    }
}

impl Drop for Growth<'_> {
    fn drop(&mut self) {
        let mut growing = self.bus.growing();
        if Arc::strong_count(&self.notify) == 1 {
            growing.remove(&self.run);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_follower_is_woken_by_word_and_looks_without_it() {
        let bus = Bus::default();
        let run = Uuid::now_v7();
        let growth = bus.growth(run);
        let began = tokio::time::Instant::now();
        // The word comes while the look is going on.
        let found = growth.or(async {
            bus.grown(&[run]);
            Ok::<Option<()>, ()>(None)
        });
        assert_eq!(found.await, Ok(None));
        assert!(began.elapsed() < POLL, "it was not waited for");
        assert_eq!(growth.or(async { Ok::<Option<()>, ()>(None) }).await, Ok(None));
        assert!(began.elapsed() >= POLL, "nobody says anything on the only node");
        assert_eq!(growth.or(async { Ok::<_, ()>(Some(7)) }).await, Ok(Some(7)));
        drop(growth);
        assert!(bus.growing().is_empty());
    }
}
