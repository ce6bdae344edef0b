//! Codes are good once, wrong ones lock for a growing while, and recovery codes stand in.

use chrono::TimeDelta;

use super::*;
use crate::model::error::ApiError;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::account;
use crate::server::service::viewer::Via;
use crate::server::testing::server_with;
use crate::server::{service::limit::LimitConfig, testing};

struct Scene {
    server: Server,
    clock: Clock,
    user: User,
    setup: Setup,
    codes: Vec<String>,
    test: TestDb,
}

/// A user with an authenticator app, on each engine, without rate limits.
async fn scenes() -> Vec<Scene> {
    let mut scenes = Vec::new();
    for test in databases().await {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server_with(test.db.clone(), clock.clone(), testing::config(), LimitConfig::per_ip(0, 0)).await;
        let registration = Registration { email: "ada@x".into(), name: "Ada".into(), password: "correct horse battery".into() };
        let user = account::create(&server, registration, Role::User).await.unwrap();
        let secret = totp::new_secret();
        let sealed = server.keys.encrypt(&secret, &context(user.id)).unwrap();
        assert!(server.db.factors().begin(user.id, &sealed, clock.now()).await.unwrap());
        let setup = totp::describe(secret, &user.email).unwrap();
        let viewer = Viewer { user: user.clone(), via: Via::Session { id_hash: [0; 32] } };
        let codes = enable(&server, &viewer, &Origin::default(), &totp::code_at(&setup, clock.now())).await.unwrap().recovery_codes;
        clock.advance(Duration::minutes(2));
        scenes.push(Scene { server, clock, user, setup, codes, test });
    }
    scenes
}

impl Scene {
    fn now(&self) -> String {
        totp::code_at(&self.setup, self.clock.now())
    }

    async fn check(&self, code: &str) -> Result<Method, ApiError> {
        check(&self.server, &Origin::default(), &self.user, code).await.map_err(Error::into_api)
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_no_older_one_after_it() {
    for scene in scenes().await {
        let (earlier, code) = (totp::code_at(&scene.setup, scene.clock.now() - TimeDelta::seconds(30)), scene.now());
        assert_eq!(scene.check(&code).await.unwrap(), Method::Totp, "{}", scene.test.engine);
        for used in [&code, &earlier] {
            assert_eq!(scene.check(used).await.unwrap_err().field("code").unwrap().rule, Rule::Expired);
        }
        scene.clock.advance(Duration::seconds(30));
        assert!(scene.check(&scene.now()).await.is_ok());
    }
}

#[tokio::test]
async fn of_two_who_use_one_code_at_once_one_wins() {
    for scene in scenes().await {
        let code = scene.now();
        let results = futures::future::join_all((0..4).map(|_| scene.check(&code))).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{}: {results:?}", scene.test.engine);
        let recovery = &scene.codes[0];
        let results = futures::future::join_all((0..4).map(|_| scene.check(recovery))).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{}: {results:?}", scene.test.engine);
    }
}

#[tokio::test]
async fn wrong_codes_in_a_row_lock_for_a_growing_while_and_a_right_one_forgets_them() {
    for scene in scenes().await {
        let wrong = || async { scene.check("000000").await.unwrap_err() };
        for _ in 0..4 {
            assert_eq!(wrong().await.code, Code::Invalid);
        }
        assert!(scene.check(&scene.now()).await.is_ok(), "{}: the fifth is right, and the four are forgotten", scene.test.engine);
        scene.clock.advance(Duration::seconds(30));
        for _ in 0..5 {
            assert_eq!(wrong().await.code, Code::Invalid);
        }
        let locked = scene.check(&scene.now()).await.unwrap_err();
        assert_eq!((locked.code, locked.retry_after), (Code::RateLimited, Some(61)), "also the right one");
        assert_eq!(scene.check(&scene.codes[0]).await.unwrap(), Method::RecoveryCode, "nobody guesses these");
        scene.clock.advance(Duration::seconds(60));
        assert_eq!(wrong().await.code, Code::Invalid, "the sixth");
        scene.clock.advance(Duration::seconds(60));
        assert_eq!(wrong().await.code, Code::RateLimited, "now it is two minutes");
        scene.clock.advance(Duration::seconds(60));
        assert!(scene.check(&scene.now()).await.is_ok());
        scene.clock.advance(Duration::seconds(30));
        assert_eq!(wrong().await.code, Code::Invalid, "it begins anew");
    }
}

#[tokio::test]
async fn the_lock_never_lasts_longer_than_an_hour() {
    let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
    let minutes = |failures| locked_until(now, failures).map(|until| (until - now).num_minutes());
    assert_eq!([4, 5, 6, 7, 10, 11, 40, 5000].map(minutes), [None, Some(1), Some(2), Some(4), Some(32), Some(60), Some(60), Some(60)]);
}

#[tokio::test]
async fn a_recovery_code_is_good_once_and_only_its_hash_is_stored() {
    for scene in scenes().await {
        assert_eq!(scene.check(&scene.codes[3].to_lowercase()).await.unwrap(), Method::RecoveryCode);
        assert!(scene.check(&scene.codes[3]).await.is_err(), "{}", scene.test.engine);
        assert_eq!(scene.server.db.factors().standing(scene.user.id).await.unwrap().codes, 9);
        assert!(scene.check(&"Z".repeat(24)).await.is_err());
        for odd in ["", " ", &"x".repeat(65), "12345", "１２３４５６"] {
            assert_eq!(scene.check(odd).await.unwrap_err().code, Code::Invalid, "{odd}");
        }
    }
}

#[tokio::test]
async fn a_set_up_that_is_begun_again_knows_only_the_new_secret() {
    for test in databases().await {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server_with(test.db.clone(), clock.clone(), testing::config(), LimitConfig::per_ip(0, 0)).await;
        let registration = Registration { email: "ada@x".into(), name: "Ada".into(), password: "correct horse battery".into() };
        let user = account::create(&server, registration, Role::User).await.unwrap();
        let viewer = Viewer { user: user.clone(), via: Via::Session { id_hash: [0; 32] } };
        let (first, second) = (totp::new_secret(), totp::new_secret());
        for secret in [&first, &second] {
            let sealed = server.keys.encrypt(secret, &context(user.id)).unwrap();
            assert!(server.db.factors().begin(user.id, &sealed, clock.now()).await.unwrap());
        }
        let code = |secret: &Vec<u8>| totp::code_at(&totp::describe(secret.clone(), "ada@x").unwrap(), clock.now());
        assert!(enable(&server, &viewer, &Origin::default(), &code(&first)).await.is_err(), "{}", test.engine);
        assert!(enable(&server, &viewer, &Origin::default(), &code(&second)).await.is_ok());
        let again = enable(&server, &viewer, &Origin::default(), &code(&second)).await.unwrap_err().into_api();
        assert_eq!(again.code, Code::Conflict, "it holds already");
        assert!(!server.db.factors().begin(user.id, b"another", clock.now()).await.unwrap());
    }
}
