//! Work that takes long without a word of how far it is.

use std::future::Future;
use std::time::Duration;

use uuid::Uuid;

use super::LEASE;
use crate::server::Server;
use crate::server::error::Result;

/// How often it is said that the worker lives: several times within its lease.
const EVERY: Duration = Duration::from_secs(60);

/// Does the work of this job and says all the while that its worker lives, so that no other one takes it over. Absent: the job was cancelled,
/// and the work broken off.
pub async fn alive<T>(server: &Server, job: Uuid, work: impl Future<Output = T>) -> Result<Option<T>> {
    alive_every(EVERY, server, job, work).await
}

async fn alive_every<T>(every: Duration, server: &Server, job: Uuid, work: impl Future<Output = T>) -> Result<Option<T>> {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok(Some(done)),
            () = tokio::time::sleep(every) => {
                if !server.db.jobs().touch(job, server.clock.now() + LEASE).await? {
                    return Ok(None);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};
    use serde_json::json;

    use super::super::{NewJob, enqueue};
    use super::*;
    use crate::model::job::JobKind;
    use crate::server::clock::Clock;
    use crate::server::db::Lane;
    use crate::server::db::testing::databases;
    use crate::server::testing::server;

    #[tokio::test]
    async fn work_without_a_word_is_not_taken_over_and_ends_when_it_is_cancelled() {
        for test in databases().await {
            let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
            let server = server(test.db.clone(), clock.clone()).await;
            let id = enqueue(&server, NewJob::new(JobKind::Sweep, json!({}))).await.unwrap();
            let claim = async || server.db.jobs().claim(Lane::Any, clock.now(), clock.now() + LEASE).await.unwrap();
            assert_eq!(claim().await.unwrap().id, id, "{}", test.engine);
            clock.advance(LEASE - TimeDelta::seconds(1));
            let (again, soon) = (clock.clone(), Duration::from_millis(20));
            let work = async {
                tokio::time::sleep(soon * 20).await;
                again.advance(TimeDelta::seconds(2));
                7
            };
            assert_eq!(alive_every(soon, &server, id, work).await.unwrap(), Some(7), "{}", test.engine);
            assert!(claim().await.is_none(), "{}: its worker lives", test.engine);
            server.db.jobs().cancel(id, clock.now()).await.unwrap();
            assert_eq!(alive_every(soon, &server, id, std::future::pending::<u8>()).await.unwrap(), None, "{}", test.engine);
        }
    }
}
