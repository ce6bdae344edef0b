//! Access and refresh tokens.

use chrono::Duration;
use http::Method;
use serde_json::json;

use super::*;

impl App {
    async fn refresh(&self, refresh: &Value) -> Answer {
        self.post("/api/auth/token/refresh/", json!({"refresh": refresh})).await
    }
}

#[tokio::test]
async fn a_used_refresh_token_that_comes_back_ends_its_whole_sign_in() {
    for app in apps().await {
        let first = app.register("ada@example.org").await;
        let elsewhere = app.login("ada@example.org", PASSWORD).await.json();
        let second = app.refresh(&first["refresh"]).await.json();
        assert_ne!(first["refresh"], second["refresh"]);
        assert_eq!(app.me(text(&second["access"])).await.status, StatusCode::OK);
        assert_eq!(app.refresh(&first["refresh"]).await.problem(), (401, "unauthenticated".into()), "reuse");
        assert_eq!(app.refresh(&second["refresh"]).await.status, StatusCode::UNAUTHORIZED, "the thief's or the owner's");
        for tokens in [&first, &second] {
            assert_eq!(app.me(text(&tokens["access"])).await.status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(app.me(text(&elsewhere["access"])).await.status, StatusCode::OK, "another sign-in goes on");
    }
}

#[tokio::test]
async fn of_two_who_use_a_refresh_token_at_once_one_wins_and_the_sign_in_ends() {
    for app in apps().await {
        let first = app.register("ada@example.org").await;
        let answers = futures::future::join_all((0..4).map(|_| app.refresh(&first["refresh"]))).await;
        let won: Vec<&Answer> = answers.iter().filter(|answer| answer.status == StatusCode::OK).collect();
        assert_eq!(won.len(), 1, "{}", app.test.engine);
        assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 401)));
        assert_eq!(app.me(text(&won[0].json()["access"])).await.status, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn signing_out_ends_the_sign_in_by_either_token() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let by_refresh = app.login("ada@example.org", PASSWORD).await.json();
        let by_access = app.login("ada@example.org", PASSWORD).await.json();
        let out = app.post("/api/auth/logout/", json!({"refresh": by_refresh["refresh"]})).await;
        assert_eq!((out.status, out.text.as_str()), (StatusCode::NO_CONTENT, ""));
        let out = app.call(Method::POST, "/api/auth/logout/", Some(text(&by_access["access"])), None).await;
        assert_eq!(out.status, StatusCode::NO_CONTENT);
        for tokens in [by_refresh, by_access] {
            assert_eq!(app.me(text(&tokens["access"])).await.status, StatusCode::UNAUTHORIZED);
            assert_eq!(app.refresh(&tokens["refresh"]).await.status, StatusCode::UNAUTHORIZED);
        }
        let nobody = app.call(Method::POST, "/api/auth/logout/", None, None).await;
        assert_eq!(nobody.problem(), (401, "unauthenticated".into()));
    }
}

#[tokio::test]
async fn an_access_token_holds_a_quarter_of_an_hour_and_a_refresh_token_thirty_days() {
    for app in apps().await {
        let tokens = app.register("ada@example.org").await;
        let verify = async || app.post("/api/auth/token/verify/", json!({"token": tokens["access"]})).await;
        let until = app.clock.now() + Duration::minutes(15);
        assert_eq!(verify().await.json(), json!({"valid": true, "expires_at": until}));
        app.clock.advance(Duration::minutes(15));
        assert_eq!(verify().await.problem(), (401, "unauthenticated".into()));
        assert_eq!(app.me(text(&tokens["access"])).await.problem(), (401, "unauthenticated".into()));
        app.clock.advance(Duration::days(29));
        let tokens = app.refresh(&tokens["refresh"]).await.json();
        assert_eq!(app.me(text(&tokens["access"])).await.status, StatusCode::OK);
        app.clock.advance(Duration::days(30));
        assert_eq!(app.refresh(&tokens["refresh"]).await.problem(), (401, "unauthenticated".into()));
    }
}

#[tokio::test]
async fn a_sign_in_that_is_refreshed_every_week_ends_after_ninety_days() {
    for app in apps().await {
        let mut tokens = app.register("ada@example.org").await;
        for _ in 0..12 {
            app.clock.advance(Duration::days(7));
            tokens = app.refresh(&tokens["refresh"]).await.json();
            assert_eq!(app.me(text(&tokens["access"])).await.status, StatusCode::OK);
        }
        app.clock.advance(Duration::days(6));
        assert_eq!(app.refresh(&tokens["refresh"]).await.problem(), (401, "unauthenticated".into()), "{}", app.test.engine);
    }
}

#[tokio::test]
async fn a_stale_token_is_refused_where_it_is_needed_and_does_not_hinder_signing_in() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let stale = Some("not.a.token");
        let me = app.call(Method::GET, "/api/users/me/", stale, None).await;
        assert_eq!(me.problem(), (401, "unauthenticated".into()));
        assert_eq!(me.header(header::WWW_AUTHENTICATE), "Bearer");
        assert_eq!(app.call(Method::GET, "/api/nothing/", stale, None).await.status, StatusCode::UNAUTHORIZED);
        let body = json!({"email": "ada@example.org", "password": PASSWORD});
        let login = app.call(Method::POST, "/api/auth/login/", stale, Some(body)).await;
        assert_eq!(login.status, StatusCode::OK);
        assert_eq!(app.call(Method::GET, "/page", stale, None).await.text, "a page");
        assert_eq!(app.call(Method::GET, "/api/users/me/", None, None).await.problem(), (401, "unauthenticated".into()));
    }
}

#[tokio::test]
async fn tokens_are_stored_only_as_hashes_and_old_ones_are_swept() {
    use crate::server::service::session;
    for app in apps().await {
        let tokens = app.register("ada@example.org").await;
        let rows = app.dump("refresh_tokens").await;
        assert_eq!(rows.len(), 1);
        assert!(!rows[0].contains(text(&tokens["refresh"])) && !rows[0].contains(&hex(text(&tokens["refresh"]).as_bytes())), "{rows:?}");
        assert!(rows[0].contains(&hex(&crate::server::crypto::sha256(text(&tokens["refresh"])))), "{rows:?}");
        app.refresh(&tokens["refresh"]).await;
        session::sweep(&app.server).await.unwrap();
        assert_eq!(app.dump("refresh_tokens").await.len(), 2, "a used one stays while its sign-in lives");
        app.clock.advance(Duration::days(31));
        session::sweep(&app.server).await.unwrap();
        assert_eq!((app.dump("refresh_tokens").await.len(), app.dump("token_families").await.len()), (0, 0));
    }
}
