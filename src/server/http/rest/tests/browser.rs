//! Cookie sessions: what the browser is sent, what is stored, and who may make it do things.

use chrono::Duration;
use http::Method;
use http::request::Builder;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};

use super::*;
use crate::server::config::Site;
use crate::server::service::session::{self, Store};

const FORM: &str = "application/x-www-form-urlencoded";

fn form(path: &str) -> Builder {
    let request = Request::builder().method(Method::POST).uri(path).header(header::HOST, "chat.example");
    request.header(header::CONTENT_TYPE, FORM).header(header::USER_AGENT, "Browser/1")
}

/// The session cookie as it is set, among others; empty if it is not.
fn set_cookie(answer: &Answer) -> &str {
    let mut cookies = answer.headers.get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
    cookies.find(|cookie| cookie.starts_with("liao_session=")).unwrap_or_default()
}

fn cookie(answer: &Answer) -> &str {
    set_cookie(answer).split(';').next().unwrap()
}

impl App {
    /// Signs in like the page's form, from our own origin.
    async fn sign_in(&self, cookie: &str, email: &str, password: &str) -> Answer {
        let request = form("/rpc/auth/login").header(header::ORIGIN, "http://chat.example").header(header::COOKIE, cookie);
        let body = format!("email={email}&password={}&next=/chat/1", password.replace(' ', "+"));
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    async fn me_by(&self, cookie: &str) -> Answer {
        let request = Request::builder().uri("/api/users/me/").header(header::COOKIE, cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn signing_in_sets_a_cookie_that_scripts_cannot_read_and_goes_where_it_was_asked() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let answer = app.sign_in("", "ada@example.org", PASSWORD).await;
        let set = set_cookie(&answer);
        assert!(set.starts_with("liao_session="), "{}: {set} {}", app.test.engine, answer.text);
        for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
            assert!(set.contains(part), "{set}");
        }
        assert!(!set.contains("Secure"), "plain HTTP: {set}");
        assert_eq!(answer.header(header::LOCATION), "/chat/1");
        assert_eq!(app.me_by(cookie(&answer)).await.json()["email"], "ada@example.org");
    }
}

#[tokio::test]
async fn registering_by_the_form_signs_in() {
    for app in apps().await {
        let request = form("/rpc/auth/register").header(header::ORIGIN, "http://chat.example");
        let answer = app.send(request.body(Body::from("email=ada@example.org&name=&password=correct+horse+battery")).unwrap()).await;
        assert_eq!(app.me_by(cookie(&answer)).await.json()["name"], "ada", "{}", answer.text);
    }
}

#[tokio::test]
async fn a_registration_that_comes_back_keeps_address_and_name_and_never_the_password() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let request = form("/rpc/auth/register").header(header::ORIGIN, "http://chat.example").header(header::ACCEPT, "text/html");
        let refused = request.header(header::REFERER, "http://chat.example/register?next=/chat/1");
        let refused = refused.body(Body::from("email=bob@example.org&name=Bob+%E9%B2%8D;+%22B%22&password=bobexample1")).unwrap();
        let refused = app.send(refused).await;
        let cookies = refused.headers.get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
        let (cookies, back) = (cookies.collect::<Vec<_>>().join("; "), refused.header(header::LOCATION));
        assert!(back.contains("/register?next=") && back.contains("__err="), "{}: {back}", app.test.engine);
        assert!(!cookies.contains("bobexample1"), "{cookies}");
        // What the page fills its fields with (end2end/tests/nojs.spec.ts looks at it).
        let typed = |name: &str, text: &str| cookies.contains(&format!("{name}={}", leptos_router::location::Url::escape(text)));
        assert!(typed("typed", "bob@example.org") && typed("typed_name", "Bob 鲍; \"B\""), "{cookies}");
    }
}

#[tokio::test]
async fn wrong_credentials_set_no_cookie() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let answer = app.sign_in("", "ada@example.org", "wrong password").await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        assert_eq!(set_cookie(&answer), "");
        assert_eq!(app.dump("sessions").await.len(), 0);
    }
}

#[tokio::test]
async fn each_sign_in_gets_a_new_id_and_forgets_the_one_before() {
    for app in apps().await {
        app.register("ada@example.org").await;
        app.register("bob@example.org").await;
        let planted = format!("liao_session={}", Id::default());
        let first = app.sign_in(&planted, "ada@example.org", PASSWORD).await;
        assert_ne!(cookie(&first), planted);
        let second = app.sign_in(cookie(&first), "bob@example.org", PASSWORD).await;
        assert_ne!(cookie(&second), cookie(&first));
        assert_eq!(app.me_by(cookie(&second)).await.json()["email"], "bob@example.org");
        for old in [planted.as_str(), cookie(&first)] {
            assert_eq!(app.me_by(old).await.status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(app.dump("sessions").await.len(), 1);
    }
}

#[tokio::test]
async fn the_table_holds_who_and_where_from_and_a_hash_of_the_id() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let answer = app.sign_in("", "ada@example.org", PASSWORD).await;
        let id = cookie(&answer).split_once('=').unwrap().1.to_owned();
        let rows = app.dump("sessions").await;
        let row = rows[0].to_lowercase();
        assert!(row.contains(&hex(&crate::server::crypto::sha256(&id))), "{row}");
        let bytes = id.parse::<Id>().unwrap().0;
        for raw in [id.to_lowercase(), hex(id.as_bytes()), hex(&bytes.to_le_bytes()), bytes.to_string()] {
            assert!(!row.contains(&raw), "{row}");
        }
        assert!(row.contains("browser/1") && row.contains("192.0.2.1"), "{row}");
    }
}

#[tokio::test]
async fn signing_out_ends_the_session_and_removes_the_cookie() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let signed_in = app.sign_in("", "ada@example.org", PASSWORD).await;
        let request = form("/rpc/auth/logout").header(header::ORIGIN, "http://chat.example");
        let out = app.send(request.header(header::COOKIE, cookie(&signed_in)).body(Body::empty()).unwrap()).await;
        assert!(set_cookie(&out).contains("Max-Age=0"), "{:?} {}", out.headers, out.text);
        assert_eq!(app.me_by(cookie(&signed_in)).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.dump("sessions").await.len(), 0);
    }
}

#[tokio::test]
async fn a_session_lives_for_thirty_days_after_its_last_use_and_is_then_swept() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let answer = app.sign_in("", "ada@example.org", PASSWORD).await;
        app.clock.advance(Duration::days(29));
        assert_eq!(app.me_by(cookie(&answer)).await.status, StatusCode::OK);
        app.clock.advance(Duration::days(29));
        assert_eq!(app.me_by(cookie(&answer)).await.status, StatusCode::OK, "58 days after signing in");
        app.clock.advance(Duration::days(30));
        assert_eq!(app.me_by(cookie(&answer)).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(app.dump("sessions").await.len(), 1);
        session::sweep(&app.server).await.unwrap();
        assert_eq!(app.dump("sessions").await.len(), 0);
    }
}

#[tokio::test]
async fn a_session_that_is_used_every_day_ends_ninety_days_after_signing_in() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let answer = app.sign_in("", "ada@example.org", PASSWORD).await;
        for day in 1..90 {
            app.clock.advance(Duration::days(1));
            assert_eq!(app.me_by(cookie(&answer)).await.status, StatusCode::OK, "day {day}");
        }
        app.clock.advance(Duration::days(1));
        assert_eq!(app.me_by(cookie(&answer)).await.status, StatusCode::UNAUTHORIZED);
        session::sweep(&app.server).await.unwrap();
        assert_eq!(app.dump("sessions").await.len(), 0);
    }
}

#[tokio::test]
async fn the_use_of_a_session_is_written_at_most_once_a_minute() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let answer = app.sign_in("", "ada@example.org", PASSWORD).await;
        let written = app.dump("sessions").await;
        app.clock.advance(Duration::seconds(59));
        app.me_by(cookie(&answer)).await;
        assert_eq!(app.dump("sessions").await, written);
        app.clock.advance(Duration::seconds(1));
        app.me_by(cookie(&answer)).await;
        assert_ne!(app.dump("sessions").await, written);
    }
}

#[tokio::test]
async fn a_locked_users_cookie_is_refused() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let answer = app.sign_in("", "ada@example.org", PASSWORD).await;
        crate::server::service::account::set_disabled(&app.server, "ada@example.org", true).await.unwrap();
        assert_eq!(app.me_by(cookie(&answer)).await.status, StatusCode::UNAUTHORIZED);
        crate::server::service::account::set_disabled(&app.server, "ada@example.org", false).await.unwrap();
        assert_eq!(app.me_by(cookie(&answer)).await.status, StatusCode::UNAUTHORIZED, "{}: it has ended", app.test.engine);
    }
}

#[tokio::test]
async fn another_site_cannot_use_the_cookie() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let signed_in = app.sign_in("", "ada@example.org", PASSWORD).await;
        let patch = async |name: &str, value: &str, cookie: &str| {
            let request = Request::builder().method(Method::PATCH).uri("/api/users/me/").header(header::HOST, "chat.example");
            let request = request.header(header::CONTENT_TYPE, "application/json").header(name, value).header(header::COOKIE, cookie);
            app.send(request.body(Body::from("{}")).unwrap()).await
        };
        let cookie = cookie(&signed_in);
        assert_eq!(patch("origin", "http://chat.example", cookie).await.status, StatusCode::OK);
        assert_eq!(patch("sec-fetch-site", "same-origin", cookie).await.status, StatusCode::OK);
        assert_eq!(patch("origin", "http://evil.example", cookie).await.problem(), (403, "forbidden".into()));
        assert_eq!(patch("sec-fetch-site", "cross-site", cookie).await.problem(), (403, "forbidden".into()));
        assert_eq!(patch("x-nothing", "", cookie).await.problem(), (403, "forbidden".into()), "hides where it was made");
        assert_eq!(patch("x-nothing", "", "other=1").await.status, StatusCode::UNAUTHORIZED, "a program without the cookie");
        assert_eq!(patch("authorization", "Bearer wrong", cookie).await.status, StatusCode::UNAUTHORIZED, "the token, not the cookie");
        let foreign = form("/rpc/auth/logout").header(header::ORIGIN, "http://evil.example").header(header::COOKIE, cookie);
        let foreign = app.send(foreign.body(Body::empty()).unwrap()).await;
        assert_eq!((foreign.status, &foreign.json()["code"]), (StatusCode::FORBIDDEN, &json!("forbidden")));
        assert_eq!(app.me_by(cookie).await.status, StatusCode::OK, "still signed in");
    }
}

#[tokio::test]
async fn the_forms_share_their_limits_with_the_api() {
    for app in apps_with(testing::config(), LimitConfig::default()).await {
        for _ in 0..5 {
            app.login("ada@example.org", "wrong password").await;
        }
        let answer = app.sign_in("", "ada@example.org", "wrong password").await;
        assert_eq!((answer.status, &answer.json()["retry_after"]), (StatusCode::TOO_MANY_REQUESTS, &json!(12)), "{}", answer.text);
    }
}

#[tokio::test]
async fn cookies_are_secure_when_a_trusted_proxy_says_tls() {
    let config = |public: Option<&str>, proxies: &[&str]| Config {
        site: Site {
            public_url: public.map(str::to_owned),
            cors: Default::default(),
            trusted_proxies: proxies.iter().map(|proxy| proxy.parse().unwrap()).collect(),
        },
        ..testing::config()
    };
    for (config, secure) in [
        (config(None, &["192.0.2.0/24"]), true),
        (config(None, &[]), false),
        (config(Some("https://chat.example"), &[]), true),
        (config(Some("http://chat.example"), &[]), false),
    ] {
        for app in apps_with(config, LimitConfig::default()).await {
            app.register("ada@example.org").await;
            let request = form("/rpc/auth/login").header("x-forwarded-proto", "https").header("x-forwarded-for", "198.51.100.7");
            let request = request.header(header::ORIGIN, "http://chat.example");
            let body = format!("email=ada@example.org&password={}", PASSWORD.replace(' ', "+"));
            let answer = app.send(request.body(Body::from(body)).unwrap()).await;
            assert_eq!(set_cookie(&answer).contains("; Secure"), secure, "{:?}", app.server.config.site);
            let proxied = !app.server.config.site.trusted_proxies.is_empty();
            assert_eq!(app.dump("sessions").await[0].contains("198.51.100.7"), proxied);
        }
    }
}

fn record() -> Record {
    let expiry_date = tower_sessions::cookie::time::OffsetDateTime::UNIX_EPOCH;
    Record { id: Id::default(), data: [("k".to_owned(), json!(["v", 1]))].into(), expiry_date }
}

#[tokio::test]
async fn the_store_creates_saves_loads_and_deletes() {
    for app in apps().await {
        let (store, mut record) = (Store::new(&app.server), record());
        store.create(&mut record).await.unwrap();
        assert_eq!(store.load(&record.id).await.unwrap().unwrap().data, record.data);
        record.data.insert("more".into(), json!(null));
        store.save(&record).await.unwrap();
        assert_eq!(store.load(&record.id).await.unwrap().unwrap().data, record.data);
        store.delete(&record.id).await.unwrap();
        assert!(store.load(&record.id).await.unwrap().is_none());
        store.save(&record).await.unwrap();
        assert!(store.load(&record.id).await.unwrap().is_none(), "an ended session is not made again by a late save");
    }
}

#[tokio::test]
async fn a_colliding_id_is_replaced_and_the_first_session_is_left_alone() {
    for app in apps().await {
        let (store, mut first) = (Store::new(&app.server), record());
        store.create(&mut first).await.unwrap();
        let mut second = Record { data: Default::default(), ..first.clone() };
        store.create(&mut second).await.unwrap();
        assert_ne!(first.id, second.id);
        assert_eq!(store.load(&first.id).await.unwrap().unwrap().data, first.data);
        assert!(store.load(&second.id).await.unwrap().unwrap().data.is_empty());
    }
}

#[tokio::test]
async fn an_idle_session_is_not_loaded() {
    for app in apps().await {
        let (store, mut record) = (Store::new(&app.server), record());
        store.create(&mut record).await.unwrap();
        app.clock.advance(Duration::days(30));
        assert!(store.load(&record.id).await.unwrap().is_none());
    }
}

#[test]
fn after_signing_in_nobody_is_sent_to_another_site() {
    assert_eq!(session::safe_next(Some("/chat/1?a=b#c")), "/chat/1?a=b#c");
    for next in ["//evil.example", "/\\evil.example", "https://evil.example", "chat", "", "/\t/evil.example", "/x\r\nSet-Cookie: a=b"] {
        assert_eq!(session::safe_next(Some(next)), "/", "{next:?}");
    }
    assert_eq!(session::safe_next(None), "/");
}
