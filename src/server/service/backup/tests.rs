//! Backups by the clock: made, read again, rotated; and what is said when they cannot be made.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::server::clock::Clock;
use crate::server::config::Config;
use crate::server::db::testing::{TestDb, databases};
use crate::server::job::run_next;
use crate::server::service::limit::LimitConfig;
use crate::server::service::mail::tests::{clock, person};
use crate::server::service::system;
use crate::server::testing;

const PASSPHRASE: &str = "one calm river 42";

/// A server that makes a backup every six hours into this folder and keeps two.
async fn served(test: &TestDb, clock: &Clock, dir: &Path, data: &Path) -> Server {
    let values = [
        ("LIAO_DATABASE_URL", test.url.as_str()),
        ("LIAO_BACKUP_DIR", dir.to_str().unwrap()),
        ("LIAO_BACKUP_PASSPHRASE", PASSPHRASE),
        ("LIAO_BACKUP_HOURS", "6"),
        ("LIAO_BACKUP_KEEP", "2"),
        ("LIAO_FAKE_PROVIDER", "true"),
        ("LIAO_OLLAMA_URL", "off"),
    ];
    let config = Config::with(data, &values).unwrap();
    testing::server_with(test.db.clone(), clock.clone(), config, LimitConfig::default()).await
}

/// Queues what is due and runs it; says whether there was something.
async fn tick(server: &Server) -> bool {
    queue(server).await.unwrap();
    queue(server).await.unwrap();
    let ran = run_next(server).await.unwrap();
    assert!(!run_next(server).await.unwrap(), "it was queued twice");
    ran
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_made_when_it_is_time_and_old_ones_are_removed() {
    for test in databases().await {
        let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
        let dir = folder.path().join("deep/backups");
        let server = served(&test, &clock, &dir, folder.path()).await;
        let root = person(&server, "root").await;
        let seen = system::look(&server, &root).await.unwrap().backup.unwrap();
        assert_eq!((seen.last, seen.kept, seen.next_at, seen.failure), (None, 0, clock.now(), None), "{}", test.engine);
        assert!(tick(&server).await, "{}: the first one is made at once", test.engine);
        assert!(!tick(&server).await, "{}: and then it is not time", test.engine);
        let first = dir.join("liao-20270115T080000Z.liao");
        assert!(backup::check(&first, PASSPHRASE).unwrap().entries > 0, "{}", test.engine);
        assert!(backup::check(&first, "another passphrase").is_err(), "{}", test.engine);
        assert_eq!(std::fs::metadata(&first).unwrap().permissions().mode() & 0o077, 0);
        assert_eq!(std::fs::metadata(&dir).unwrap().permissions().mode() & 0o077, 0);

        // What others put there, and what a backup that was cut off has left.
        std::fs::write(dir.join("notes.liao"), "mine").unwrap();
        std::fs::write(dir.join("liao-20200101T000000Z.liao.part"), "cut").unwrap();
        std::fs::write(dir.join("liao-20200101T000000Z.liao.part.db"), "cut").unwrap();
        for _ in 0..2 {
            clock.advance(TimeDelta::hours(6) - TimeDelta::seconds(1));
            assert!(!tick(&server).await, "{}: a second too early", test.engine);
            clock.advance(TimeDelta::seconds(1));
            assert!(tick(&server).await, "{}", test.engine);
        }
        let mut names: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!(names, ["liao-20270115T140000Z.liao", "liao-20270115T200000Z.liao", "notes.liao"], "{}", test.engine);
        let seen = system::look(&server, &root).await.unwrap().backup.unwrap();
        let last = seen.last.unwrap();
        assert_eq!((last.name.as_str(), last.made_at, seen.kept), ("liao-20270115T200000Z.liao", clock.now(), 2), "{}", test.engine);
        assert_eq!(last.bytes, std::fs::metadata(dir.join(&last.name)).unwrap().len());
        assert_eq!((seen.next_at, seen.failure), (clock.now() + TimeDelta::hours(6), None), "{}", test.engine);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_that_cannot_be_made_is_tried_again_and_administrators_see_why() {
    for test in databases().await {
        let (clock, folder) = (clock(), tempfile::tempdir().unwrap());
        let dir = folder.path().join("backups");
        std::fs::write(&dir, "a file where the folder should be").unwrap();
        let server = served(&test, &clock, &dir, folder.path()).await;
        let root = person(&server, "root").await;
        assert!(tick(&server).await, "{}", test.engine);
        let job = server.db.jobs().last_of_kind(JobKind::Backup).await.unwrap().unwrap();
        assert_eq!((job.state, job.attempts), (JobState::Queued, 1), "{}: it is tried again", test.engine);
        let seen = system::look(&server, &root).await.unwrap();
        let failure = seen.backup.unwrap().failure.unwrap();
        assert!(failure.error.contains("backups"), "{}: {}", test.engine, failure.error);
        assert_eq!((seen.open_jobs[0].kind, seen.open_jobs[0].can_retry), (JobKind::Backup, true), "{}", test.engine);

        std::fs::remove_file(&dir).unwrap();
        clock.advance(TimeDelta::minutes(1));
        assert!(run_next(&server).await.unwrap(), "{}", test.engine);
        let seen = system::look(&server, &root).await.unwrap().backup.unwrap();
        assert_eq!((seen.kept, seen.failure), (1, None), "{}", test.engine);
    }
}

#[tokio::test]
async fn a_server_without_a_folder_makes_none() {
    for test in databases().await {
        let server = testing::server(test.db.clone(), clock()).await;
        let root = person(&server, "root").await;
        assert!(!tick(&server).await && system::look(&server, &root).await.unwrap().backup.is_none(), "{}", test.engine);
    }
}

#[test]
fn only_names_of_our_own_are_backups_of_ours() {
    assert_eq!(begun("liao-20270115T080000Z.liao").unwrap().timestamp(), 1_800_000_000);
    for name in ["liao-today.liao", "liao-20270115T080000Z.liao.part", "20270115T080000Z.liao", "liao-20270115T080000Z.zip", "x"] {
        assert!(begun(name).is_none(), "{name}");
    }
    let left = |name: &str| is_left_over(&Path::new("/b").join(name));
    assert!(left("liao-20270115T080000Z.liao.part") && left("liao-20270115T080000Z.liao.part.db"));
    assert!(!left("liao-20270115T080000Z.liao") && !left("liao.db") && !left("other.part"));
}
