//! Passkeys from the first ceremony to the last, on both databases, and everything that must not work.

use chrono::Duration;
use http::Method;
use serde_json::json;

use super::authenticator::Authenticator;
use super::*;
use crate::server::config::Site;

async fn local_apps() -> Vec<App> {
    let site = Site { public_url: Some("http://localhost:3000".into()), ..testing::config().site };
    apps_with(Config { site, ..testing::config() }, LimitConfig::per_ip(0, 0)).await
}

impl App {
    async fn add_passkey(&self, access: &str, authenticator: &mut Authenticator, name: &str) -> Answer {
        let start = self.authorized(Method::POST, "/api/auth/passkeys/register/start/", access, None).await;
        assert_eq!(start.status, StatusCode::OK, "{}", start.text);
        let ceremony = start.json();
        let body = json!({"ticket": ceremony["ticket"], "credential": authenticator.create(&ceremony), "name": name});
        self.authorized(Method::POST, "/api/auth/passkeys/register/finish/", access, Some(body)).await
    }

    async fn ask(&self, email: Option<&str>) -> Value {
        self.post("/api/auth/passkeys/login/start/", json!({"email": email})).await.json()
    }

    async fn enter(&self, ticket: &Value, credential: Value) -> Answer {
        self.post("/api/auth/passkeys/login/finish/", json!({"ticket": ticket, "credential": credential})).await
    }
}

#[tokio::test]
async fn a_passkey_signs_in_by_address_and_without_and_skips_the_code() {
    for app in local_apps().await {
        let ada = app.register("ada@example.org").await;
        let mut phone = Authenticator::new(1);
        let made = app.add_passkey(text(&ada["access"]), &mut phone, " Phone ").await;
        assert_eq!((made.status, &made.json()["name"]), (StatusCode::CREATED, &json!("Phone")), "{}: {}", app.test.engine, made.text);
        for email in [Some("ada@example.org"), None] {
            let ceremony = app.ask(email).await;
            let answer = phone.get(&ceremony);
            let inside = app.enter(&ceremony["ticket"], answer.clone()).await;
            assert_eq!(inside.status, StatusCode::OK, "{}: {}", app.test.engine, inside.text);
            assert_eq!(inside.json()["user"]["email"], "ada@example.org");
            let again = app.enter(&ceremony["ticket"], answer).await;
            assert_eq!(again.json()["errors"][0]["field"], "ticket", "a ceremony is good once: {}", again.text);
        }
        let list = app.authorized(Method::GET, "/api/auth/passkeys/", text(&ada["access"]), None).await.json();
        assert!(list["items"][0]["last_used_at"].is_string(), "{list}");
        app.set_up(text(&ada["access"])).await;
        let ceremony = app.ask(None).await;
        assert_eq!(app.enter(&ceremony["ticket"], phone.get(&ceremony)).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn what_a_passkey_must_not_do_is_refused() {
    for app in local_apps().await {
        let ada = app.register("ada@example.org").await;
        let mut phone = Authenticator::new(1);
        assert_eq!(app.add_passkey(text(&ada["access"]), &mut phone, "Phone").await.status, StatusCode::CREATED);
        let attempt = async |bend: &dyn Fn(&mut Authenticator), change: &dyn Fn(&mut Value)| {
            let mut bent = Authenticator::new(1);
            bent.count = 5;
            let mut ceremony = app.ask(None).await;
            bend(&mut bent);
            change(&mut ceremony);
            let answer = bent.get(&ceremony);
            app.enter(&ceremony["ticket"], answer).await
        };
        let refused = (401, "bad_credentials".to_owned());
        let right = |_: &mut Value| ();
        assert_eq!(attempt(&|one| one.verifies = false, &right).await.problem(), refused, "it did not check its owner");
        assert_eq!(attempt(&|one| one.origin = "http://evil.example", &right).await.problem(), refused, "another site");
        assert_eq!(
            attempt(&|_| (), &|c| c["options"]["publicKey"]["challenge"] = json!("AAAA")).await.problem(),
            refused,
            "another challenge"
        );
        assert_eq!(
            attempt(&|_| (), &|c| c["options"]["publicKey"]["rpId"] = json!("evil.example")).await.problem(),
            refused,
            "another host"
        );
        assert_eq!(attempt(&|one| *one = Authenticator::new(9), &right).await.problem(), refused, "nobody's passkey");
        let ceremony = app.ask(None).await;
        let mut foreign = phone.get(&ceremony);
        foreign["response"]["userHandle"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
        assert_eq!(app.enter(&ceremony["ticket"], foreign).await.problem(), refused, "somebody else's name on it");
        let ceremony = app.ask(None).await;
        let answer = phone.get(&ceremony);
        app.clock.advance(Duration::minutes(10));
        assert_eq!(app.enter(&ceremony["ticket"], answer).await.json()["errors"][0]["field"], "ticket", "too late");
        let ceremony = app.ask(None).await;
        assert_eq!(app.enter(&ceremony["ticket"], phone.get(&ceremony)).await.status, StatusCode::OK, "{}", app.test.engine);
        let ceremony = app.ask(None).await;
        phone.count = 0;
        assert_eq!(app.enter(&ceremony["ticket"], phone.get(&ceremony)).await.problem(), refused, "a copy counts anew");
    }
}

#[tokio::test]
async fn a_locked_user_is_not_let_in_by_a_passkey() {
    for app in local_apps().await {
        let ada = app.register("ada@example.org").await;
        let mut phone = Authenticator::new(1);
        app.add_passkey(text(&ada["access"]), &mut phone, "Phone").await;
        crate::server::service::account::set_disabled(&app.server, "ada@example.org", true).await.unwrap();
        let ceremony = app.ask(None).await;
        assert_eq!(app.enter(&ceremony["ticket"], phone.get(&ceremony)).await.problem(), (403, "forbidden".into()), "{}", app.test.engine);
    }
}

#[tokio::test]
async fn passkeys_are_renamed_and_removed_by_their_owner_only() {
    for app in local_apps().await {
        let (ada, bob) = (app.register("ada@example.org").await, app.register("bob@example.org").await);
        let (ada, bob) = (text(&ada["access"]), text(&bob["access"]));
        let mut phone = Authenticator::new(1);
        let made = app.add_passkey(ada, &mut phone, "Phone").await.json();
        assert_eq!(
            app.add_passkey(bob, &mut Authenticator::new(1), "Copy").await.problem(),
            (409, "conflict".into()),
            "one credential, one user"
        );
        let path = format!("/api/auth/passkeys/{}/", text(&made["id"]));
        let rename = async |access, name: &str| app.authorized(Method::PATCH, &path, access, Some(json!({"name": name}))).await;
        assert_eq!(rename(bob, "Mine").await.problem(), (404, "not_found".into()));
        assert_eq!(rename(ada, " ").await.problem(), (422, "invalid".into()));
        assert_eq!(rename(ada, "Old phone").await.json()["name"], "Old phone");
        let delete = async |access| app.authorized(Method::DELETE, &path, access, None).await;
        assert_eq!(delete(bob).await.problem(), (404, "not_found".into()));
        app.clock.advance(Duration::minutes(10));
        assert_eq!(delete(ada).await.problem(), (403, "step_up".into()));
        let ceremony = app.ask(Some("ada@example.org")).await;
        let body = json!({"passkey": {"ticket": ceremony["ticket"], "credential": phone.get(&ceremony)}});
        let proved = app.authorized(Method::POST, "/api/auth/step-up/", ada, Some(body)).await;
        assert_eq!(proved.status, StatusCode::OK, "{}", proved.text);
        assert_eq!(delete(ada).await.status, StatusCode::NO_CONTENT);
        let ceremony = app.ask(None).await;
        assert_eq!(app.enter(&ceremony["ticket"], phone.get(&ceremony)).await.problem().0, 401, "{}", app.test.engine);
    }
}

#[tokio::test]
async fn a_proof_with_somebody_elses_passkey_is_none() {
    for app in local_apps().await {
        let (ada, bob) = (app.register("ada@example.org").await, app.register("bob@example.org").await);
        let mut phone = Authenticator::new(1);
        app.add_passkey(text(&ada["access"]), &mut phone, "Phone").await;
        let ceremony = app.ask(None).await;
        let body = json!({"passkey": {"ticket": ceremony["ticket"], "credential": phone.get(&ceremony)}});
        let answer = app.authorized(Method::POST, "/api/auth/step-up/", text(&bob["access"]), Some(body)).await;
        assert_eq!(answer.problem(), (401, "bad_credentials".into()), "{}", app.test.engine);
    }
}

#[tokio::test]
async fn where_a_second_factor_is_required_a_passkey_is_one() {
    for app in local_apps().await {
        app.register("admin@example.org").await;
        let ada = app.register("ada@example.org").await;
        app.require_factor(&[crate::model::user::Role::User]).await;
        assert_eq!(app.me(text(&ada["access"])).await.problem(), (403, "factor_missing".into()));
        let mut phone = Authenticator::new(1);
        app.add_passkey(text(&ada["access"]), &mut phone, "Phone").await;
        assert_eq!(app.me(text(&ada["access"])).await.status, StatusCode::OK);
        let half = app.login("ada@example.org", PASSWORD).await;
        assert_eq!(
            (half.status, &half.json()["second_factor"]["methods"]),
            (StatusCode::ACCEPTED, &json!(["passkey"])),
            "{}",
            app.test.engine
        );
    }
}
