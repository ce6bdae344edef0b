//! Registration, sign-in, profile, and what a locked account or a guesser gets.

use http::Method;
use serde_json::json;

use super::*;
use crate::model::user::{Role, User};
use crate::server::service::account;

#[tokio::test]
async fn registering_signs_in_and_only_the_first_is_an_administrator() {
    for app in apps().await {
        let body = json!({"email": " Ada@Example.org ", "name": "Ada", "password": PASSWORD});
        let answer = app.post("/api/auth/register/", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}: {}", app.test.engine, answer.text);
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
        let signed_in = answer.json();
        assert_eq!(signed_in["user"]["email"], "ada@example.org");
        assert_eq!(signed_in["user"]["role"], "admin");
        assert_eq!(signed_in["expires_in"], 900);
        assert!(!answer.text.contains("password") && !answer.text.contains("argon2"), "{}", answer.text);
        let me = app.me(text(&signed_in["access"])).await.json();
        assert!(signed_in["user"].as_object().unwrap().iter().all(|(field, value)| me[field] == *value), "{me}");
        let second = app.register("bob@example.org").await;
        assert_eq!((&second["user"]["role"], &second["user"]["name"]), (&json!("user"), &json!("bob")));
    }
}

#[tokio::test]
async fn a_taken_address_is_told_at_its_field_in_any_case() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let answer = app.post("/api/auth/register/", json!({"email": "ADA@example.org", "password": PASSWORD})).await;
        assert_eq!(answer.problem(), (422, "invalid".into()));
        assert_eq!((&answer.json()["errors"][0]["field"], &answer.json()["errors"][0]["rule"]), (&json!("email"), &json!("taken")));
    }
}

#[tokio::test]
async fn of_people_who_register_at_once_one_becomes_administrator() {
    for app in apps().await {
        let bodies = (0..6).map(|i| json!({"email": format!("u{i}@example.org"), "password": PASSWORD}));
        let answers = futures::future::join_all(bodies.map(|body| app.post("/api/auth/register/", body))).await;
        let roles: Vec<String> = answers.iter().map(|answer| text(&answer.json()["user"]["role"]).to_owned()).collect();
        assert_eq!(roles.iter().filter(|role| *role == "admin").count(), 1, "{}: {roles:?}", app.test.engine);
    }
}

#[tokio::test]
async fn of_rows_inserted_at_once_one_becomes_administrator() {
    for _ in 0..5 {
        for app in apps().await {
            let inserts = (0..12).map(|i| {
                let (db, now) = (app.test.db.clone(), app.clock.now());
                let (email, name) = (format!("u{i}@example.org"), format!("u{i}"));
                let user = User::new(uuid::Uuid::now_v7(), email, name, Role::User, now);
                tokio::spawn(async move { db.users().insert(user, None).await.unwrap().unwrap() })
            });
            let users = futures::future::join_all(inserts.collect::<Vec<_>>()).await;
            let admins = users.into_iter().filter(|user| user.as_ref().unwrap().is_admin()).count();
            assert_eq!(admins, 1, "{}", app.test.engine);
        }
    }
}

#[tokio::test]
async fn unknown_wrong_and_locked_get_one_answer_for_the_same_work() {
    for app in apps().await {
        app.register("ada@example.org").await;
        app.register("bob@example.org").await;
        account::set_disabled(&app.server, "bob@example.org", true).await.unwrap();
        let now = app.clock.now();
        let stranger = User::new(uuid::Uuid::now_v7(), "eve@example.org".into(), "Eve".into(), Role::User, now);
        app.test.db.users().insert(stranger, None).await.unwrap().unwrap();
        let mut answers = Vec::new();
        for (email, password) in [
            ("ada@example.org", "wrong password"),
            ("nobody@example.org", "wrong password"),
            ("bob@example.org", PASSWORD),
            ("bob@example.org", "wrong password"),
            ("eve@example.org", "has no password"),
        ] {
            let before = app.server.passwords.computed();
            let answer = app.login(email, password).await;
            assert_eq!(answer.problem(), (401, "bad_credentials".into()), "{email}");
            assert_eq!(app.server.passwords.computed() - before, 1, "{email}: as much work as any other");
            answers.push((answer.headers, answer.text));
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(app.login("ada@example.org", PASSWORD).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_locked_user_is_refused_with_what_they_had_and_let_in_again_later() {
    for app in apps().await {
        let ada = app.register("ada@example.org").await;
        account::set_disabled(&app.server, "ada@example.org", true).await.unwrap();
        assert_eq!(app.me(text(&ada["access"])).await.problem(), (401, "unauthenticated".into()));
        let refresh = app.post("/api/auth/token/refresh/", json!({"refresh": ada["refresh"]})).await;
        assert_eq!(refresh.problem(), (401, "unauthenticated".into()));
        account::set_disabled(&app.server, "ada@example.org", false).await.unwrap();
        // Whoever had a copy of what they had comes in no more.
        assert_eq!(app.me(text(&ada["access"])).await.status, StatusCode::UNAUTHORIZED, "{}", app.test.engine);
        let refresh = app.post("/api/auth/token/refresh/", json!({"refresh": ada["refresh"]})).await;
        assert_eq!(refresh.status, StatusCode::UNAUTHORIZED, "{}", app.test.engine);
        assert_eq!(app.login("ada@example.org", PASSWORD).await.status, StatusCode::OK, "{}", app.test.engine);
    }
}

#[tokio::test]
async fn a_new_password_ends_every_sign_in() {
    for app in apps().await {
        let ada = app.register("ada@example.org").await;
        account::set_password(&app.server, "ada@example.org", "another long one".into()).await.unwrap();
        assert_eq!(app.me(text(&ada["access"])).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.login("ada@example.org", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.login("ada@example.org", "another long one").await.status, StatusCode::OK);
        assert!(account::set_password(&app.server, "ada@example.org", "short".into()).await.is_err());
    }
}

#[tokio::test]
async fn the_sixth_guess_at_an_account_waits_even_if_it_is_right() {
    for app in apps_with(testing::config(), LimitConfig::default()).await {
        app.register("ada@example.org").await;
        for _ in 0..5 {
            assert_eq!(app.login("ada@example.org", "wrong password").await.status, StatusCode::UNAUTHORIZED);
        }
        let before = app.server.passwords.computed();
        let answer = app.login(" ADA@example.org", PASSWORD).await;
        assert_eq!(answer.problem(), (429, "rate_limited".into()));
        assert_eq!((answer.header(header::RETRY_AFTER), &answer.json()["retry_after"]), ("12", &json!(12)));
        assert_eq!(app.server.passwords.computed(), before, "nothing was computed for it");
        app.clock.advance(chrono::Duration::seconds(12));
        assert_eq!(app.login("ada@example.org", PASSWORD).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn guesses_at_nobody_are_stopped_when_and_as_guesses_at_somebody_are() {
    for app in apps_with(testing::config(), LimitConfig { logins_per_ip: 0, ..LimitConfig::default() }).await {
        app.register("ada@example.org").await;
        app.register("bob@example.org").await;
        account::set_disabled(&app.server, "bob@example.org", true).await.unwrap();
        let mut seen = Vec::new();
        for email in ["ada@example.org", "bob@example.org", "nobody@example.org"] {
            let mut answers = Vec::new();
            for wait in [0, 0, 0, 0, 0, 0, 11, 1, 60, 0] {
                app.clock.advance(chrono::Duration::seconds(wait));
                let answer = app.login(email, "wrong password").await;
                answers.push((answer.status.as_u16(), answer.headers, answer.text));
            }
            let statuses: Vec<u16> = answers.iter().map(|(status, ..)| *status).collect();
            assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 401, 401, 401], "{email}");
            seen.push(answers);
        }
        assert!(seen.iter().all(|answers| *answers == seen[0]), "byte by byte");
    }
}

#[tokio::test]
async fn registrations_from_one_address_are_limited() {
    for app in apps_with(testing::config(), LimitConfig::default()).await {
        for i in 0..5 {
            app.register(&format!("u{i}@example.org")).await;
        }
        let answer = app.post("/api/auth/register/", json!({"email": "u6@example.org", "password": PASSWORD})).await;
        assert_eq!(answer.problem(), (429, "rate_limited".into()));
        assert_eq!(answer.header(header::RETRY_AFTER), "12");
    }
}

#[tokio::test]
async fn the_profile_changes_where_a_field_is_sent() {
    for app in apps().await {
        let ada = app.register("ada@example.org").await;
        let patch = async |body| app.call(Method::PATCH, "/api/users/me/", Some(text(&ada["access"])), Some(body)).await;
        let changed = patch(json!({"name": "  Ada L. ", "language": "zh-CN"})).await.json();
        assert_eq!((&changed["name"], &changed["language"]), (&json!("Ada L."), &json!("zh-CN")));
        let changed = patch(json!({"language": null})).await.json();
        assert_eq!((&changed["name"], &changed["language"]), (&json!("Ada L."), &json!(null)));
        assert_eq!(app.me(text(&ada["access"])).await.json(), changed);
        for (body, field) in [
            (json!({"name": " "}), "name"),
            (json!({"name": "x".repeat(81)}), "name"),
            (json!({"name": "a\u{0}b"}), "name"),
            (json!({"language": "tlh"}), "language"),
        ] {
            let answer = patch(body).await;
            assert_eq!(answer.problem(), (422, "invalid".into()));
            assert_eq!(answer.json()["errors"][0]["field"], field);
        }
        assert_eq!(app.me(text(&ada["access"])).await.json(), changed, "nothing was changed by a refused one");
    }
}

#[tokio::test]
async fn the_language_of_who_registers_is_the_bodys_else_the_requests_and_letters_come_in_it() {
    use crate::server::service::mail::tests::letters;
    for app in apps().await {
        let register = async |name: &str, language: Option<&str>, accept: &str| {
            let body = json!({"email": format!("{name}@example.org"), "password": PASSWORD, "language": language}).to_string();
            let request = Request::builder().method(Method::POST).uri("/api/auth/register/").header(header::ACCEPT_LANGUAGE, accept);
            app.send(request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()).await
        };
        for (name, body, accept, stored, subject) in [
            ("ada", Some("zh-CN"), "en", json!("zh-CN"), "这是您的邮箱吗"),
            ("bob", None, "zh-TW;q=0.9, fr", json!("zh-CN"), "这是您的邮箱吗"),
            ("eve", Some("en"), "zh-CN", json!("en"), "Is this your address?"),
            ("mia", Some(""), "fr", json!(null), "Is this your address?"),
        ] {
            let answer = register(name, body, accept).await;
            assert_eq!(answer.json()["user"]["language"], stored, "{}: {}", app.test.engine, answer.text);
            let (_, letter) = letters(&app.server, &format!("{name}@example.org")).await.pop().unwrap();
            assert!(letter.text.contains(subject), "{name}: {}", letter.text);
        }
        let unknown = register("zoe", Some("fr"), "").await;
        assert_eq!((unknown.problem().0, &unknown.json()["errors"][0]["field"]), (422, &json!("language")));
    }
}

#[tokio::test]
async fn a_password_with_an_accent_is_the_same_from_every_keyboard() {
    for app in apps().await {
        let (composed, decomposed) = ("caf\u{e9} und zehn Kr\u{e4}hen", "cafe\u{301} und zehn Kra\u{308}hen");
        for (email, first, then) in [("ada@example.org", composed, decomposed), ("bob@example.org", decomposed, composed)] {
            let made = app.post("/api/auth/register/", json!({"email": email, "password": first})).await;
            assert_eq!(made.status, StatusCode::CREATED, "{}: {}", app.test.engine, made.text);
            assert_eq!(app.login(email, then).await.status, StatusCode::OK, "{}: {email}", app.test.engine);
            assert_eq!(app.login(email, first).await.status, StatusCode::OK);
            assert_eq!(app.login(email, "cafe und zehn Krahen").await.status, StatusCode::UNAUTHORIZED);
        }
    }
}

#[tokio::test]
async fn a_password_that_is_too_long_to_be_one_is_not_rated() {
    for app in apps().await {
        let ada = app.register("ada@example.org").await;
        let rate = async |length: usize| {
            let body = json!({"password": "x".repeat(length)});
            app.call(Method::POST, "/api/auth/password/strength/", Some(text(&ada["access"])), Some(body)).await
        };
        assert_eq!(rate(256).await.json()["score"], 0);
        assert_eq!(rate(257).await.problem(), (422, "invalid".into()), "{}", app.test.engine);
    }
}

#[tokio::test]
async fn a_page_of_any_list_has_one_to_two_hundred_items() {
    for app in apps().await {
        let admin = app.register("root@example.org").await;
        for list in ["/api/users/", "/api/admin/mail/outbox/", "/api/llm/sessions/"] {
            let of = async |limit: &str| app.call(Method::GET, &format!("{list}?limit={limit}"), Some(text(&admin["access"])), None).await;
            for limit in ["1", "200"] {
                assert_eq!(of(limit).await.status, StatusCode::OK, "{list} {limit}");
            }
            for limit in ["0", "201", "2000000000", "-1"] {
                assert_eq!(of(limit).await.problem(), (400, "malformed".into()), "{list} {limit}");
            }
        }
    }
}
