//! What administrators may do about jobs, and what comes of what these were for.

use chrono::Duration;
use serde_json::Value;

use super::*;
use crate::model::error::Code;
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::db::{ActivityFilter, Lane};
use crate::server::job::{NewJob, enqueue, run_next};
use crate::server::service::letter::{self, Letter, Recipient};
use crate::server::service::mail::tests::{clock, person};
use crate::server::testing;

struct World {
    server: Server,
    clock: Clock,
    root: Viewer,
    ada: Viewer,
    origin: Origin,
}

async fn world(test: &TestDb) -> World {
    let clock = clock();
    let server = testing::server(test.db.clone(), clock.clone()).await;
    let (root, ada) = (person(&server, "root").await, person(&server, "ada").await);
    World { server, clock, root, ada, origin: Origin::default() }
}

impl World {
    async fn queue(&self, kind: JobKind, payload: Value) -> Uuid {
        enqueue(&self.server, NewJob::new(kind, payload)).await.unwrap()
    }

    /// Begins the job and lets it fail: for good, or to be tried again in an hour.
    async fn fail(&self, id: Uuid, for_good: bool) {
        let (jobs, now) = (self.server.db.jobs(), self.server.clock.now());
        assert_eq!(jobs.claim(Lane::Any, now, now + Duration::minutes(5)).await.unwrap().unwrap().id, id);
        match for_good {
            true => jobs.finish(id, Err("it broke"), now).await.unwrap(),
            false => jobs.retry(id, now + Duration::hours(1), "it broke").await.unwrap(),
        }
    }

    async fn retry(&self, id: Uuid) -> Result<JobEntry, Code> {
        retry(&self.server, &self.root, &self.origin, id).await.map_err(|error| error.into_api().code)
    }

    async fn cancel(&self, id: Uuid) -> Result<JobEntry, Code> {
        cancel(&self.server, &self.root, &self.origin, id).await.map_err(|error| error.into_api().code)
    }

    async fn noted(&self, action: Action) -> usize {
        let filter = ActivityFilter { action: Some(action), ..Default::default() };
        let found = self.server.db.activity().list(&filter, 100).await.unwrap();
        assert!(found.iter().all(|entry| entry.actor_id == Some(self.root.user.id)));
        found.len()
    }
}

#[tokio::test]
async fn a_job_that_was_given_up_is_tried_again_and_the_security_log_says_by_whom() {
    for test in databases().await {
        let world = world(&test).await;
        let id = world.queue(JobKind::Sweep, Value::Null).await;
        world.fail(id, true).await;
        let page = list(&world.server, &world.root, Some(JobState::Failed), None, None).await.unwrap();
        let seen = &page.items[0];
        assert_eq!((page.items.len(), seen.id, seen.error.as_deref()), (1, id, Some("it broke")), "{}", test.engine);
        assert!(seen.can_retry && !seen.can_cancel);
        let again = world.retry(id).await.unwrap();
        assert_eq!((again.state, again.attempts, again.finished_at), (JobState::Queued, 0, None), "{}", test.engine);
        assert!(run_next(&world.server).await.unwrap());
        assert_eq!(world.server.db.jobs().find(id).await.unwrap().unwrap().state, JobState::Done, "{}", test.engine);
        assert_eq!(world.retry(id).await.unwrap_err(), Code::Conflict, "it is done");
        assert_eq!(world.noted(Action::JobRetried).await, 1, "{}", test.engine);
        assert!(list(&world.server, &world.root, Some(JobState::Failed), None, None).await.unwrap().items.is_empty());
    }
}

#[tokio::test]
async fn what_waits_after_a_failure_runs_now_and_what_waits_for_its_time_does_not() {
    for test in databases().await {
        let world = world(&test).await;
        let id = world.queue(JobKind::Sweep, Value::Null).await;
        world.fail(id, false).await;
        assert!(!run_next(&world.server).await.unwrap(), "it waits for an hour");
        world.retry(id).await.unwrap();
        assert!(run_next(&world.server).await.unwrap(), "{}", test.engine);

        let later = enqueue(&world.server, NewJob::new(JobKind::Sweep, Value::Null).after(Duration::hours(1))).await.unwrap();
        assert_eq!(world.retry(later).await.unwrap_err(), Code::Conflict, "{}: nothing failed", test.engine);
        assert_eq!(world.cancel(later).await.unwrap().state, JobState::Cancelled, "{}", test.engine);
        assert_eq!(world.cancel(later).await.unwrap_err(), Code::Conflict);
        world.clock.advance(Duration::minutes(30));
        world.retry(later).await.unwrap();
        assert!(!run_next(&world.server).await.unwrap(), "{}: before its time", test.engine);
        world.clock.advance(Duration::minutes(30));
        assert!(run_next(&world.server).await.unwrap(), "{}", test.engine);
        assert_eq!((world.noted(Action::JobRetried).await, world.noted(Action::JobCancelled).await), (2, 1), "{}", test.engine);
    }
}

#[tokio::test]
async fn members_neither_see_nor_steer_jobs_and_pages_go_on() {
    for test in databases().await {
        let world = world(&test).await;
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(world.queue(JobKind::Sweep, Value::Null).await);
        }
        let code = |error: Error| error.into_api().code;
        assert_eq!(list(&world.server, &world.ada, None, None, None).await.map_err(code).unwrap_err(), Code::Forbidden);
        assert_eq!(retry(&world.server, &world.ada, &world.origin, ids[0]).await.map_err(code).unwrap_err(), Code::Forbidden);
        assert_eq!(cancel(&world.server, &world.ada, &world.origin, ids[0]).await.map_err(code).unwrap_err(), Code::Forbidden);
        assert_eq!(world.cancel(Uuid::now_v7()).await.unwrap_err(), Code::NotFound);
        assert_eq!(world.retry(Uuid::now_v7()).await.unwrap_err(), Code::NotFound);
        ids.reverse();
        let page = list(&world.server, &world.root, None, None, Some(2)).await.unwrap();
        assert_eq!(page.items.iter().map(|job| job.id).collect::<Vec<_>>(), ids[..2], "{}", test.engine);
        let next = page.next.map(|id| Uuid::parse_str(&id).unwrap());
        let rest = list(&world.server, &world.root, None, next, Some(2)).await.unwrap();
        assert_eq!((rest.items[0].id, rest.items.len(), rest.next), (ids[2], 1, None), "{}", test.engine);
    }
}

#[tokio::test]
async fn an_erasure_is_not_cancelled_here_and_tried_again_only_with_a_fresh_proof() {
    for test in databases().await {
        let world = world(&test).await;
        let id = world.queue(JobKind::Erase, json!({ "user_id": world.ada.user.id })).await;
        assert_eq!(world.cancel(id).await.unwrap_err(), Code::Conflict, "{}", test.engine);
        world.fail(id, true).await;
        world.clock.advance(Duration::minutes(11));
        assert_eq!(world.retry(id).await.unwrap_err(), Code::StepUp, "{}", test.engine);
        assert_eq!(world.server.db.jobs().find(id).await.unwrap().unwrap().state, JobState::Failed);
        let root = testing::signed_in(&world.server, world.root.user.clone()).await;
        retry(&world.server, &root, &world.origin, id).await.unwrap();
        assert_eq!(world.server.db.jobs().find(id).await.unwrap().unwrap().state, JobState::Queued, "{}", test.engine);
    }
}

#[tokio::test]
async fn the_mail_of_a_cancelled_job_can_be_sent_again_and_is_sent_once() {
    for test in databases().await {
        let world = world(&test).await;
        letter::post(&world.server, &Recipient::from(&world.ada.user), Letter::ExportReady { link: "/settings/data".into() }).await;
        let mails = world.server.db.mails();
        let mail = mails.list(None, None, 1).await.unwrap().remove(0).id;
        let state = async || mails.find(mail).await.unwrap().unwrap().0.state;
        mails.set_state(mail, MailState::Queued).await.unwrap();
        let id = world.queue(JobKind::Mail, json!({ "mail": mail })).await;
        world.cancel(id).await.unwrap();
        assert_eq!(state().await, MailState::Failed, "{}: it would wait for ever", test.engine);
        world.retry(id).await.unwrap();
        assert_eq!(state().await, MailState::Queued, "{}", test.engine);
        world.fail(id, true).await;
        assert_eq!(world.retry(id).await.unwrap_err(), Code::Conflict, "{}: another job is at it", test.engine);
        mails.sent(mail, world.server.clock.now()).await.unwrap();
        assert_eq!(world.retry(id).await.unwrap_err(), Code::Conflict, "{}: it was sent", test.engine);
    }
}

#[tokio::test]
async fn an_older_export_does_not_take_the_place_of_a_newer_one() {
    for test in databases().await {
        let world = world(&test).await;
        let ada = world.ada.user.id;
        let old = enqueue(&world.server, NewJob::new(JobKind::Export, json!({})).of(ada)).await.unwrap();
        world.fail(old, true).await;
        world.clock.advance(Duration::minutes(1));
        let new = enqueue(&world.server, NewJob::new(JobKind::Export, json!({})).of(ada)).await.unwrap();
        assert_eq!(world.retry(old).await.unwrap_err(), Code::Conflict, "{}", test.engine);
        world.fail(new, true).await;
        let again = world.retry(new).await.unwrap();
        assert_eq!((again.user_id, again.user_name.as_deref()), (Some(ada), Some("ada")), "{}", test.engine);
    }
}
