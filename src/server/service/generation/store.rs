//! Group commit of beginnings and ends: whatever is to be stored in one moment is one transaction, so that a thousand runs that begin
//! together do not queue for a thousand of them. Nobody hears of what is not stored, and each hears of its own failure only.

use std::sync::{Mutex, MutexGuard};

use tokio::sync::oneshot;

use crate::server::Server;
use crate::server::db::Change;

/// Most changes of one transaction: the first of them waits for the last.
const GROUP: usize = 64;

/// What waits to be stored.
#[derive(Default)]
pub struct Store(Mutex<Queue>);

#[derive(Default)]
struct Queue {
    waiting: Vec<(Change, Tell)>,
    /// A task takes what waits, until nothing does.
    storing: bool,
}

type Tell = oneshot::Sender<sqlx::Result<bool>>;

impl Store {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// True: nobody is storing, so the caller has to see to it.
    fn push(&self, change: Change, tell: Tell) -> bool {
        let mut queue = self.queue();
        queue.waiting.push((change, tell));
        !std::mem::replace(&mut queue.storing, true)
    }

    fn take(&self) -> Option<(Vec<Change>, Vec<Tell>)> {
        let mut queue = self.queue();
        let count = queue.waiting.len().min(GROUP);
        queue.storing = count > 0;
        (count > 0).then(|| queue.waiting.drain(..count).unzip())
    }
}

/// Stores the change, with those of others. Answers whether it took place, as [`crate::server::db::Generations::store`] does.
/// Once asked for, it goes on whether or not anybody waits for the answer.
pub(super) async fn store(server: &Server, change: Change) -> sqlx::Result<bool> {
    let (tell, told) = oneshot::channel();
    if server.generations.store.push(change, tell) {
        // A task of its own: a caller who goes away must not take others' changes along.
        tokio::spawn(drain(server.clone()));
    }
    told.await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
}

async fn drain(server: Server) {
    let _over = Over(&server.generations.store);
    while let Some((changes, tells)) = server.generations.store.take() {
        match server.db.generations().store(&changes).await {
            Ok(done) => done.into_iter().zip(tells).for_each(|(done, tell)| drop(tell.send(Ok(done)))),
            Err(cause) if changes.len() == 1 => tells.into_iter().next().map_or((), |tell| drop(tell.send(Err(cause)))),
            // One of them is at fault; each alone finds out which.
            Err(_) => {
                for (change, tell) in changes.into_iter().zip(tells) {
                    let done = server.db.generations().store(std::slice::from_ref(&change)).await;
                    let _ = tell.send(done.map(|done| done == [true]));
                }
            }
        }
    }
}

/// Should storing panic, those who wait hear of it, and the next change is stored by a new task.
struct Over<'a>(&'a Store);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            *self.0.queue() = Queue::default();
        }
    }
}
