//! Second factors at the door: what is asked, what is remembered, who has to have one, and what asks for a fresh proof.

use chrono::Duration;
use http::Method;
use serde_json::json;
use totp_rs::{Builder, Secret};

use super::*;
use crate::model::setting::SecuritySettings;
use crate::model::user::Role;
use crate::server::service::setting;

/// The code that an app with this secret shows now.
fn code(secret: &str, app: &App) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    totp.generate(u64::try_from(app.clock.now().timestamp()).unwrap()).to_string()
}

impl App {
    pub(super) async fn authorized(&self, method: Method, path: &str, access: &str, body: Option<Value>) -> Answer {
        self.call(method, path, Some(access), body).await
    }

    async fn act(&self, path: &str, access: &str, body: Option<Value>) -> Answer {
        self.authorized(Method::POST, path, access, body).await
    }

    /// Sets up an authenticator app; answers its secret and the recovery codes.
    pub(super) async fn set_up(&self, access: &str) -> (String, Vec<String>) {
        let setup = self.act("/api/auth/2fa/setup/", access, None).await;
        assert_eq!(setup.status, StatusCode::OK, "{}", setup.text);
        let secret = text(&setup.json()["secret"]).to_owned();
        let enabled = self.act("/api/auth/2fa/enable/", access, Some(json!({"code": code(&secret, self)}))).await;
        assert_eq!(enabled.status, StatusCode::OK, "{}", enabled.text);
        let codes = enabled.json()["recovery_codes"].as_array().unwrap().iter().map(|code| text(code).to_owned()).collect();
        self.clock.advance(Duration::minutes(1));
        (secret, codes)
    }

    /// Requires a second factor of this role, without going through a page.
    pub(super) async fn require_factor(&self, roles: &[Role]) {
        let security = SecuritySettings { second_factor: roles.to_vec(), ..Default::default() };
        self.server.db.settings().put("security", &serde_json::to_value(security).unwrap(), self.clock.now()).await.unwrap();
        setting::load(&self.server).await.unwrap();
    }
}

#[tokio::test]
async fn signing_in_asks_for_a_code_that_is_good_once() {
    for app in apps().await {
        let ada = app.register("ada@example.org").await;
        let (secret, codes) = app.set_up(text(&ada["access"])).await;
        let half = app.login("ada@example.org", PASSWORD).await;
        assert_eq!(half.status, StatusCode::ACCEPTED, "{}: {}", app.test.engine, half.text);
        let half = half.json()["second_factor"].clone();
        assert_eq!((&half["methods"], &half["expires_in"]), (&json!(["totp", "recovery_code"]), &json!(600)));
        let verify = async |ticket: &Value, code: &str| app.post("/api/auth/2fa/verify/", json!({"ticket": ticket, "code": code})).await;
        let wrong = verify(&half["ticket"], "000000").await;
        assert_eq!((wrong.problem().0, &wrong.json()["errors"][0]["field"]), (422, &json!("code")));
        let good = code(&secret, &app);
        let signed_in = verify(&half["ticket"], &good).await;
        assert_eq!(signed_in.status, StatusCode::OK, "{}", signed_in.text);
        assert_eq!(app.me(text(&signed_in.json()["access"])).await.status, StatusCode::OK);
        let again = verify(&half["ticket"], &codes[0]).await;
        assert_eq!(again.json()["errors"][0]["field"], "ticket", "the ticket is used up: {}", again.text);
        let next = app.login("ada@example.org", PASSWORD).await.json()["second_factor"]["ticket"].clone();
        assert_eq!(verify(&next, &good).await.problem().0, 422, "the code was used");
        assert_eq!(verify(&next, &codes[0]).await.status, StatusCode::OK, "a recovery code stands in");
        let last = app.login("ada@example.org", PASSWORD).await.json()["second_factor"]["ticket"].clone();
        app.clock.advance(Duration::minutes(10));
        assert_eq!(verify(&last, &code(&secret, &app)).await.json()["errors"][0]["field"], "ticket", "too late");
        let log = app.dump("activity").await.join("\n");
        for kind in ["factor_enabled", "recovery_code_used"] {
            assert!(log.contains(kind) || log.contains(&hex(kind.as_bytes())), "{kind}");
        }
    }
}

#[tokio::test]
async fn guesses_at_the_second_factor_are_limited_for_the_account() {
    for app in apps_with(
        testing::config(),
        LimitConfig { logins_per_ip: 0, logins_per_account: 5, registrations_per_ip: 0, ..LimitConfig::default() },
    )
    .await
    {
        let ada = app.register("ada@example.org").await;
        let (secret, _) = app.set_up(text(&ada["access"])).await;
        let ticket = app.login("ada@example.org", PASSWORD).await.json()["second_factor"]["ticket"].clone();
        let verify = async |code: &str| app.post("/api/auth/2fa/verify/", json!({"ticket": ticket, "code": code})).await;
        for _ in 0..5 {
            assert_eq!(verify("000000").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
        let limited = verify(&code(&secret, &app)).await;
        assert_eq!((limited.problem(), limited.header(header::RETRY_AFTER)), ((429, "rate_limited".into()), "12"));
        app.clock.advance(Duration::minutes(1));
        assert_eq!(verify(&code(&secret, &app)).await.status, StatusCode::OK, "after the lock of the factor, too");
    }
}

#[tokio::test]
async fn a_remembered_browser_is_not_asked_for_thirty_days() {
    for app in apps().await {
        let ada = app.register("ada@example.org").await;
        let (secret, _) = app.set_up(text(&ada["access"])).await;
        let ticket = app.login("ada@example.org", PASSWORD).await.json()["second_factor"]["ticket"].clone();
        let body = json!({"ticket": ticket, "code": code(&secret, &app), "remember": true});
        let answer = app.post("/api/auth/2fa/verify/", body).await;
        let set = answer.header(header::SET_COOKIE).to_owned();
        assert!(set.starts_with("liao_device=") && set.contains("HttpOnly") && set.contains("SameSite=Lax"), "{set}");
        let cookie = set.split(';').next().unwrap().to_owned();
        let token = cookie.split_once('=').unwrap().1.to_owned();
        assert!(!app.dump("devices").await.join("").contains(&token), "only its hash is stored");
        let login = async |cookie: &str| {
            let body = json!({"email": "ada@example.org", "password": PASSWORD}).to_string();
            let request = Request::builder().method(Method::POST).uri("/api/auth/login/").header(header::COOKIE, cookie);
            app.send(request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()).await
        };
        let inside = login(&cookie).await;
        assert_eq!(inside.status, StatusCode::OK, "{}: {}", app.test.engine, inside.text);
        assert_eq!(login("").await.status, StatusCode::ACCEPTED, "another one is asked");
        let others = app.act("/api/auth/sessions/revoke-others/", text(&inside.json()["access"]), None).await;
        assert_eq!(others.status, StatusCode::OK);
        assert_eq!(login(&cookie).await.status, StatusCode::ACCEPTED, "that call came without the cookie");
        let ticket = login(&cookie).await.json()["second_factor"]["ticket"].clone();
        app.clock.advance(Duration::minutes(1));
        let body = json!({"ticket": ticket, "code": code(&secret, &app), "remember": true}).to_string();
        let request = Request::builder().method(Method::POST).uri("/api/auth/2fa/verify/").header(header::COOKIE, &cookie);
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap();
        assert_eq!(app.send(request).await.status, StatusCode::OK);
        app.clock.advance(Duration::days(29));
        assert_eq!(login(&cookie).await.status, StatusCode::OK);
        app.clock.advance(Duration::days(1));
        assert_eq!(login(&cookie).await.status, StatusCode::ACCEPTED, "thirty days are over");
    }
}

#[tokio::test]
async fn a_remembered_browser_is_forgotten_with_the_app_and_by_an_administrator() {
    for app in apps().await {
        let root = app.register("root@example.org").await;
        let ada = app.register("ada@example.org").await;
        let with = async |cookie: &str, path: &str, body: Value| {
            let request = Request::builder().method(Method::POST).uri(path).header(header::COOKIE, cookie);
            app.send(request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body.to_string())).unwrap()).await
        };
        let login = async |cookie: &str| with(cookie, "/api/auth/login/", json!({"email": "ada@example.org", "password": PASSWORD})).await;
        // Signs in with the app and has the browser remembered; its cookie.
        let remember = async |cookie: &str, secret: &str| {
            app.clock.advance(Duration::minutes(1));
            let ticket = login(cookie).await.json()["second_factor"]["ticket"].clone();
            let body = json!({"ticket": ticket, "code": code(secret, &app), "remember": true});
            let answer = with(cookie, "/api/auth/2fa/verify/", body).await;
            assert_eq!(answer.status, StatusCode::OK, "{}: {}", app.test.engine, answer.text);
            let set = answer.headers.get(header::SET_COOKIE).map_or(cookie, |set| set.to_str().unwrap());
            set.split(';').next().unwrap().to_owned()
        };
        let (first, _) = app.set_up(text(&ada["access"])).await;
        let cookie = remember("", &first).await;
        let inside = login(&cookie).await;
        assert_eq!(inside.status, StatusCode::OK, "{}: {}", app.test.engine, inside.text);
        let access = inside.json()["access"].clone();
        assert_eq!(app.act("/api/auth/2fa/disable/", text(&access), None).await.status, StatusCode::NO_CONTENT);
        let (second, _) = app.set_up(text(&access)).await;
        assert_eq!(login(&cookie).await.status, StatusCode::ACCEPTED, "{}: it was for the app before", app.test.engine);
        remember(&cookie, &second).await;
        assert_eq!(login(&cookie).await.status, StatusCode::OK, "{}", app.test.engine);
        let out = format!("/api/users/{}/sign-out/", text(&ada["user"]["id"]));
        assert_eq!(app.act(&out, text(&root["access"]), None).await.status, StatusCode::OK);
        assert_eq!(login(&cookie).await.status, StatusCode::ACCEPTED, "{}: everywhere", app.test.engine);
    }
}

#[tokio::test]
async fn who_has_to_have_a_second_factor_can_only_set_one_up() {
    for app in apps().await {
        app.register("admin@example.org").await;
        let bob = app.register("bob@example.org").await;
        let access = text(&bob["access"]);
        app.require_factor(&[Role::User]).await;
        for (method, path) in [
            (Method::GET, "/api/users/me/"),
            (Method::GET, "/api/llm/sessions/"),
            (Method::POST, "/api/users/me/export/"),
            (Method::GET, "/api/users/me/preferences/"),
            (Method::GET, "/api/admin/settings/security/"),
        ] {
            assert_eq!(app.authorized(method, path, access, None).await.problem(), (403, "factor_missing".into()), "{path}");
        }
        let status = app.authorized(Method::GET, "/api/auth/2fa/", access, None).await.json();
        assert_eq!((&status["enabled"], &status["required"]), (&json!(false), &json!(true)));
        assert_eq!(app.authorized(Method::GET, "/api/auth/sessions/", access, None).await.status, StatusCode::OK);
        app.set_up(access).await;
        assert_eq!(app.me(access).await.status, StatusCode::OK, "{}", app.test.engine);
        let off = app.act("/api/auth/2fa/disable/", access, None).await;
        assert_eq!(off.problem(), (409, "conflict".into()));
        assert_eq!(app.login("admin@example.org", PASSWORD).await.status, StatusCode::OK, "the other role is not asked");
    }
}

#[tokio::test]
async fn what_is_dangerous_asks_for_a_proof_of_the_last_ten_minutes() {
    for app in apps().await {
        app.register("admin@example.org").await;
        let ada = app.register("ada@example.org").await;
        let access = ada["access"].as_str().unwrap();
        let (secret, codes) = app.set_up(access).await;
        app.clock.advance(Duration::minutes(10));
        for path in ["/api/auth/2fa/disable/", "/api/auth/2fa/recovery-codes/", "/api/auth/passkeys/register/start/"] {
            assert_eq!(app.act(path, access, None).await.problem(), (403, "step_up".into()), "{path}");
        }
        let delete = async |body| app.authorized(Method::DELETE, "/api/users/me/", access, Some(body)).await;
        assert_eq!(delete(json!({})).await.problem(), (403, "step_up".into()));
        let prove = async |body| app.act("/api/auth/step-up/", access, Some(body)).await;
        assert_eq!(prove(json!({"password": "not this one"})).await.problem(), (401, "bad_credentials".into()));
        assert_eq!(prove(json!({})).await.problem(), (422, "invalid".into()));
        assert_eq!(prove(json!({"code": "000000"})).await.problem(), (422, "invalid".into()));
        assert_eq!(app.act("/api/auth/2fa/recovery-codes/", access, None).await.problem().0, 403, "still");
        for body in [json!({"password": PASSWORD}), json!({"code": code(&secret, &app)}), json!({"code": codes[1]})] {
            assert_eq!(prove(body).await.status, StatusCode::OK);
            let renewed = app.act("/api/auth/2fa/recovery-codes/", access, None).await;
            assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.text);
            if !renewed.json()["recovery_codes"].as_array().unwrap().contains(&json!(codes[1])) {
                break;
            }
        }
        assert_eq!(app.act("/api/auth/2fa/disable/", access, None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.act("/api/auth/2fa/disable/", access, None).await.problem(), (409, "conflict".into()));
        assert_eq!(app.login("ada@example.org", PASSWORD).await.status, StatusCode::OK, "{}", app.test.engine);
        assert_eq!(delete(json!({})).await.status, StatusCode::ACCEPTED, "without a password, but proved");
    }
}

#[tokio::test]
async fn a_proof_is_kept_with_one_sign_in_and_not_with_another() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let sign_in = async || app.login("ada@example.org", PASSWORD).await.json()["access"].as_str().unwrap().to_owned();
        let (one, two) = (sign_in().await, sign_in().await);
        app.clock.advance(Duration::minutes(10));
        let proof = Some(json!({"password": PASSWORD}));
        assert_eq!(app.act("/api/auth/step-up/", &one, proof).await.status, StatusCode::OK);
        assert_eq!(app.act("/api/auth/2fa/setup/", &one, None).await.status, StatusCode::OK);
        assert_eq!(app.act("/api/auth/2fa/setup/", &two, None).await.problem(), (403, "step_up".into()), "{}", app.test.engine);
    }
}

#[tokio::test]
async fn administrators_set_what_is_asked_and_wrong_values_change_nothing() {
    for app in apps().await {
        let admin = app.register("admin@example.org").await;
        let bob = app.register("bob@example.org").await;
        let put = async |access: &Value, body| app.authorized(Method::PUT, "/api/admin/settings/security/", text(access), Some(body)).await;
        let body = json!({"require_verification": true, "second_factor": ["user"], "activity_days": 90, "deletion_days": 3});
        assert_eq!(put(&bob["access"], body.clone()).await.problem(), (403, "forbidden".into()));
        let set = put(&admin["access"], body.clone()).await;
        assert_eq!((set.status, set.json()), (StatusCode::OK, body.clone()), "{}", app.test.engine);
        for (wrong, field) in
            [(json!({"activity_days": 7, "deletion_days": 1}), "activity_days"), (json!({"deletion_days": 91}), "deletion_days")]
        {
            let answer = put(&admin["access"], wrong).await;
            assert_eq!((answer.problem().0, &answer.json()["errors"][0]["field"]), (422, &json!(field)));
        }
        let read = app.authorized(Method::GET, "/api/admin/settings/security/", text(&admin["access"]), None).await;
        assert_eq!(read.json(), body);
        assert_eq!(app.me(text(&bob["access"])).await.problem(), (403, "factor_missing".into()), "it holds at once");
    }
}
