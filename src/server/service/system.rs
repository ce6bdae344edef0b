//! The server about itself, and what administrators may do about what runs.

use serde_json::json;
use uuid::Uuid;

use super::activity::{self, Event};
use super::viewer::{Origin, Viewer};
use super::{backup, generation, job, status};
use crate::model::activity::Action;
use crate::model::system::{JobCounts, ProviderStanding, Standings, System, Writing};
use crate::server::Server;
use crate::server::db::{Db, Running};
use crate::server::error::{Error, Result};

/// Jobs that wait or run, and that were given up, of which is told.
const OPEN: i64 = 20;
const FAILED: i64 = 20;

/// How the server stands. Administrators only.
pub async fn look(server: &Server, viewer: &Viewer) -> Result<System> {
    viewer.require_admin()?;
    let (db, readiness) = (&server.db, status::readiness(server).await);
    let (schema, size, files) = tokio::try_join!(db.schema(), db.size(), db.files_size())?;
    let (jobs, mails) = db.queues().await?;
    let count = |state: &str| jobs.iter().find(|(name, _)| name == state).map_or(0, |(_, count)| count.unsigned_abs());
    let queue = db.jobs();
    let (open, failed) = tokio::try_join!(queue.open(OPEN), queue.last_failed(FAILED))?;
    Ok(System {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started_at: server.metrics.start(),
        node: server.generations.node.clone(),
        role: server.config.role.name().to_owned(),
        nodes: db.nodes().list().await?,
        line: server.bus.line().map(|line| line.is_up()),
        engine: db.engine().to_owned(),
        standings: Standings {
            database: readiness.database.to_owned(),
            migrations: readiness.migrations.to_owned(),
            disk: readiness.disk.to_owned(),
        },
        database_bytes: size.unsigned_abs(),
        files_bytes: files.unsigned_abs(),
        disk_free_bytes: status::disk_free(&server.config.data_dir),
        schema: schema.unsigned_abs(),
        known_schema: Db::newest_schema().unsigned_abs(),
        metrics: server.config.metrics_addr.is_some(),
        online: server.presence.count() as u64,
        providers: server.registry.healths().into_iter().map(|(provider, health)| ProviderStanding { provider, health }).collect(),
        writing: writing(server).await?,
        jobs: JobCounts { queued: count("queued"), running: count("running"), failed: count("failed") },
        open_jobs: job::entries(server, open).await?,
        failed_jobs: job::entries(server, failed).await?,
        backup: backup::standing(server).await?,
        mails_waiting: mails.unsigned_abs(),
    })
}

async fn writing(server: &Server) -> Result<Vec<Writing>> {
    let running = server.db.generations().running().await?;
    let ids: Vec<Uuid> = running.iter().map(|run| run.user_id).collect();
    let names = server.db.directory().names(&ids).await?;
    let name = |id: Uuid| names.iter().find(|(of, ..)| *of == id).map(|(_, name, _)| name.clone());
    let written = |run: Running| Writing {
        generation_id: run.id,
        user_id: run.user_id,
        user_name: name(run.user_id),
        since: run.started_at,
        model: run.model,
        node: Some(run.node).filter(|node| !node.is_empty()),
    };
    Ok(running.into_iter().map(written).collect())
}

/// Stops an answer of anybody's that is being written; what was read stays. It is noted. Administrators only.
pub async fn stop(server: &Server, viewer: &Viewer, origin: &Origin, run: Uuid) -> Result<()> {
    viewer.require_admin()?;
    let running = server.db.generations().running().await?;
    let found = running.into_iter().find(|running| running.id == run).ok_or_else(|| Error::not_found("generation"))?;
    generation::stop_run(server, run);
    let event = Event::new(Action::RunStopped, origin).of(found.user_id).by(viewer.user.id);
    activity::record(server, event.detail(json!({ "model": found.model }))).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::chat::Ask;
    use crate::model::error::Code;
    use crate::model::generation::Status;
    use crate::model::user::{Registration, Role};
    use crate::server::clock::Clock;
    use crate::server::db::testing::databases;
    use crate::server::service::viewer::Via;
    use crate::server::service::{account, generation, provider};
    use crate::server::testing;

    #[tokio::test]
    async fn administrators_see_what_runs_and_stop_it_and_members_do_not() {
        for test in databases().await {
            let server = testing::server(test.db.clone(), Clock::default()).await;
            provider::start(&server).await.unwrap();
            generation::keep(&server);
            let mut people = Vec::new();
            for (name, role) in [("root", Role::Admin), ("ada", Role::User)] {
                let registration =
                    Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
                let user = account::create(&server, registration, role).await.unwrap();
                people.push(Viewer { user, via: Via::Token { family: Uuid::nil() } });
            }
            let (root, ada) = (&people[0], &people[1]);
            let ask = Ask { chat_id: None, text: "go".into(), model: Some("fake/words-1000@20".into()), request_id: None, replaces: None };
            let started = generation::send(&server, ada, ask).await.unwrap();
            let seen = look(&server, root).await.unwrap();
            assert_eq!((seen.writing.len(), seen.writing[0].user_name.as_deref()), (1, Some("ada")), "{}", test.engine);
            assert_eq!((seen.standings.database.as_str(), seen.standings.migrations.as_str()), ("ok", "ok"), "{}", test.engine);
            assert!(seen.database_bytes > 100_000 && seen.schema == seen.known_schema && !seen.providers.is_empty(), "{seen:?}");
            assert!((server.clock.now() - seen.writing[0].since).num_seconds() < 60, "{seen:?}");

            let origin = Origin::default();
            assert_eq!(look(&server, ada).await.unwrap_err().into_api().code, Code::Forbidden);
            let refused = stop(&server, ada, &origin, started.generation_id).await.unwrap_err().into_api();
            assert_eq!((refused.code, server.generations.count()), (Code::Forbidden, 1), "{}", test.engine);
            stop(&server, root, &origin, started.generation_id).await.unwrap();
            let end = generation::whole(&server, ada, &started).await.unwrap().end;
            assert_eq!(end.status, Status::Stopped, "{}", test.engine);
            let gone = stop(&server, root, &origin, started.generation_id).await.unwrap_err().into_api();
            assert_eq!(gone.code, Code::NotFound, "{}", test.engine);
            let log = activity::own(&server, ada, None).await.unwrap();
            assert!(log.items.iter().any(|entry| entry.activity.action == Action::RunStopped), "{}: its owner is told", test.engine);
        }
    }
}
