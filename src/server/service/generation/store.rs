//! Group commit of beginnings and ends: whatever is to be stored in one moment is one transaction, so that a thousand runs that begin
//! together do not queue for a thousand of them. Nobody hears of what is not stored, and each hears of its own failure only.

use std::sync::{Mutex, MutexGuard};

use tokio::sync::oneshot;

use crate::server::Server;
use crate::server::db::Change;
use crate::server::error::is_away;

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
pub(in crate::server::service) async fn store(server: &Server, change: Change) -> sqlx::Result<bool> {
    let (tell, told) = oneshot::channel();
    let calls = change.calls();
    if server.generations.store.push(change, tell) {
        // A task of its own: a caller who goes away must not take others' changes along.
        tokio::spawn(drain(server.clone()));
    }
    let stored = told.await.unwrap_or(Err(sqlx::Error::WorkerCrashed));
    // Somebody else who ended the run has counted them.
    if matches!(stored, Ok(true)) {
        calls.iter().for_each(|call| server.metrics.called(call));
    }
    stored
}

async fn drain(server: Server) {
    let _over = Over(&server.generations.store);
    while let Some((changes, tells)) = server.generations.store.take() {
        match server.db.generations().store(&changes).await {
            Ok(done) => done.into_iter().zip(tells).for_each(|(done, tell)| drop(tell.send(Ok(done)))),
            Err(cause) if changes.len() == 1 => tells.into_iter().next().map_or((), |tell| drop(tell.send(Err(cause)))),
            // None of them is at fault, and each alone would wait as long for the same.
            Err(cause) if is_away(&cause) => {
                let words = cause.to_string();
                tells.into_iter().for_each(|tell| drop(tell.send(Err(sqlx::Error::Io(std::io::Error::other(words.clone()))))));
            }
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::future::join_all;
    use uuid::Uuid;

    use crate::model::chat::Ask;
    use crate::model::error::Code;
    use crate::model::generation::Status;
    use crate::model::user::{Registration, Role};
    use crate::server::Server;
    use crate::server::clock::Clock;
    use crate::server::db::testing::{TestDb, databases};
    use crate::server::service::generation::{send, whole};
    use crate::server::service::viewer::{Via, Viewer};
    use crate::server::service::{account, chat, provider};
    use crate::server::testing;

    async fn asking(test: &TestDb) -> (Server, Viewer) {
        let server = testing::server(test.db.clone(), Clock::default()).await;
        provider::start(&server).await.unwrap();
        let registration = Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
        let user = account::create(&server, registration, Role::User).await.unwrap();
        (server, Viewer { user, via: Via::Token { family: Uuid::nil() } })
    }

    fn ask(chat_id: Option<Uuid>, request_id: Option<&str>, model: &str) -> Ask {
        Ask { chat_id, text: "go".into(), model: Some(model.into()), request_id: request_id.map(str::to_owned), replaces: None }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn of_many_that_begin_in_one_moment_each_hears_of_its_own_fate() {
        for test in databases().await {
            let (server, viewer) = asking(&test).await;
            let busy = send(&server, &viewer, ask(None, None, "fake/words-1000@10")).await.unwrap().chat_id;
            let mut asks: Vec<Ask> = (0..150).map(|_| ask(None, None, "fake/words-5@0")).collect();
            asks.insert(20, ask(Some(busy), None, "fake/echo@0"));
            asks.insert(40, ask(None, Some("same"), "fake/words-1000@10"));
            asks.insert(90, ask(None, Some("same"), "fake/words-1000@10"));
            let begun = join_all(asks.into_iter().map(|ask| send(&server, &viewer, ask))).await;
            for (index, begun) in begun.iter().enumerate().filter(|(index, _)| ![20, 40, 90].contains(index)) {
                let answer = whole(&server, &viewer, begun.as_ref().unwrap()).await.unwrap();
                assert_eq!((answer.end.status, answer.content.as_str()), (Status::Done, "w1 w2 w3 w4 w5"), "{}: {index}", test.engine);
            }
            let refused = begun[20].as_ref().map(drop).unwrap_err();
            assert!(matches!(refused, crate::server::error::Error::Client(error) if error.code == Code::Conflict), "{}", test.engine);
            let same = [40, 90].map(|index| begun[index].as_ref().unwrap().generation_id);
            assert_eq!(same[0], same[1], "{}: the same request began two runs", test.engine);
        }
    }

    #[tokio::test]
    async fn a_run_whose_asker_went_away_while_it_began_is_written_to_its_end() {
        for test in databases().await {
            let (server, viewer) = asking(&test).await;
            // As a browser that goes somewhere else: the request is given up after 0, 1, 2, … steps.
            for steps in 0..12 {
                let mut sending = Box::pin(send(&server, &viewer, ask(None, None, "fake/words-5@0")));
                for _ in 0..=steps {
                    if futures::poll!(&mut sending).is_ready() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
            let mut waited = 0;
            let open = async || {
                let chats = chat::list(&server, &viewer, None, Some(50)).await.unwrap().items;
                chats.iter().filter(|chat| chat.running).count()
            };
            while open().await + server.generations.count() > 0 {
                waited += 1;
                assert!(waited < 100, "{}: a run that nobody writes", test.engine);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
