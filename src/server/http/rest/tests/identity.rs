//! Signing in with another service as browsers and programs do it: cookies, redirects, tokens.

use super::*;
use crate::model::identity::{IdentityKind, IdentityProviderForm};
use crate::server::identity::tests::fake::{CLIENT, Fake, Play, SECRET};
use crate::server::service::identity::provider;
use crate::server::service::viewer::Origin;

/// The app with this service.
async fn with_service(app: &App, kind: IdentityKind) -> Fake {
    let fake = Fake::start().await;
    app.register("admin@example.org").await;
    let admin = app.server.db.users().find_by_email("admin@example.org").await.unwrap().unwrap().user;
    let admin = crate::server::service::identity::tests::viewer(&app.server, admin).await;
    let form = IdentityProviderForm {
        slug: "idp".into(),
        kind,
        name: "The IdP".into(),
        issuer: Some(fake.url.clone()),
        client_id: CLIENT.into(),
        client_secret: Some(SECRET.into()),
        scopes: String::new(),
        enabled: true,
        allow_sign_up: true,
        position: 0,
    };
    provider::save(&app.server, &admin, &Origin::default(), None, form).await.unwrap();
    fake.play(ada());
    fake
}

fn ada() -> Play {
    Play { subject: "42".into(), email: Some("ada@example.org".into()), verified: true, name: Some("Ada".into()), ..Play::default() }
}

/// A browser with its cookies.
#[derive(Default)]
struct Browser(std::collections::BTreeMap<String, String>);

impl Browser {
    async fn get(&mut self, app: &App, path: &str, site: Option<&str>) -> Answer {
        let cookies: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::builder().uri(path).header(header::HOST, "chat.example").header(header::COOKIE, cookies.join("; "));
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        let answer = app.send(request.body(Body::empty()).unwrap()).await;
        for line in answer.headers.get_all(header::SET_COOKIE) {
            let line = line.to_str().unwrap();
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax"), "{line}");
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => _ = self.0.remove(name),
                _ => _ = self.0.insert(name.to_owned(), value.to_owned()),
            }
        }
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{path}: {}", answer.text);
        answer
    }

    async fn sign_in(&mut self, app: &App, fake: &Fake) -> String {
        let went = self.get(app, "/oauth/idp/start?next=/chat/7", None).await;
        let (code, state) = fake.sign_in(went.header(header::LOCATION));
        let came = self.get(app, &format!("/oauth/idp/callback?code={code}&state={state}"), Some("cross-site")).await;
        came.header(header::LOCATION).to_owned()
    }

    async fn link(&mut self, app: &App, fake: &Fake) -> String {
        let went = self.get(app, "/oauth/idp/link", Some("same-origin")).await;
        let (code, state) = fake.sign_in(went.header(header::LOCATION));
        self.get(app, &format!("/oauth/idp/callback?code={code}&state={state}"), Some("cross-site"))
            .await
            .header(header::LOCATION)
            .to_owned()
    }

    async fn me(&self, app: &App) -> Answer {
        let cookies: Vec<_> = self.0.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().uri("/api/users/me/").header(header::COOKIE, cookies.join("; "));
        app.send(request.body(Body::empty()).unwrap()).await
    }
}

#[tokio::test]
async fn a_browser_goes_to_the_service_and_comes_back_signed_in() {
    for app in apps().await {
        let fake = with_service(&app, IdentityKind::Oidc).await;
        let mut browser = Browser::default();
        let went = browser.get(&app, "/oauth/idp/start?next=/chat/7", None).await;
        let url = reqwest::Url::parse(went.header(header::LOCATION)).unwrap();
        let asked: std::collections::HashMap<_, _> = url.query_pairs().into_owned().collect();
        assert_eq!(asked["redirect_uri"], "http://chat.example/oauth/idp/callback");
        assert_eq!((asked["code_challenge_method"].as_str(), asked["scope"].as_str()), ("S256", "openid email profile"));
        assert!(asked["state"].len() >= 43 && asked["nonce"].len() >= 43);
        assert_eq!(browser.0.len(), 1, "{:?}", browser.0);
        assert_eq!(browser.sign_in(&app, &fake).await, "/chat/7");
        assert_eq!(browser.me(&app).await.json()["email"], "ada@example.org", "{}", app.test.engine);
        let cookie = went.header(header::SET_COOKIE);
        assert!(cookie.contains("Path=/oauth;") && !cookie.contains(&asked["state"]), "{cookie}");
        assert!(app.dump("tickets").await.iter().all(|row| !row.contains(browser.0.values().next().unwrap())), "only by its hash");
    }
}

#[tokio::test]
async fn another_browser_cannot_end_what_one_began() {
    for app in apps().await {
        let fake = with_service(&app, IdentityKind::Oidc).await;
        let (mut ada, mut eve) = (Browser::default(), Browser::default());
        let went = ada.get(&app, "/oauth/idp/start", None).await;
        let (code, state) = fake.sign_in(went.header(header::LOCATION));
        let path = format!("/oauth/idp/callback?code={code}&state={state}");
        assert_eq!(eve.get(&app, &path, None).await.header(header::LOCATION), "/login?oauth=expired&provider=idp");
        assert_eq!(eve.me(&app).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(ada.get(&app, &path, None).await.header(header::LOCATION), "/", "{}: and hers still holds", app.test.engine);
        assert_eq!(ada.get(&app, &path, None).await.header(header::LOCATION), "/settings/security?oauth=expired&provider=idp");
    }
}

#[tokio::test]
async fn each_failure_leads_to_the_sign_in_page_with_its_reason() {
    for app in apps().await {
        let fake = with_service(&app, IdentityKind::Oidc).await;
        for (wrong, reason) in
            [("signature", "unverifiable"), ("nonce", "unverifiable"), ("audience", "unverifiable"), ("down", "unreachable")]
        {
            let mut browser = Browser::default();
            fake.play(ada());
            let went = browser.get(&app, "/oauth/idp/start", None).await;
            fake.play(Play { wrong, ..ada() });
            let (code, state) = fake.sign_in(went.header(header::LOCATION));
            let came = browser.get(&app, &format!("/oauth/idp/callback?code={code}&state={state}"), None).await;
            assert_eq!(came.header(header::LOCATION), format!("/login?oauth={reason}&provider=idp"), "{}: {wrong}", app.test.engine);
        }
        let mut browser = Browser::default();
        fake.play(Play { wrong: "down", ..ada() });
        assert_eq!(browser.get(&app, "/oauth/idp/start", None).await.header(header::LOCATION), "/login?oauth=unreachable&provider=idp");
        fake.play(ada());
        assert_eq!(browser.get(&app, "/oauth/none/start", None).await.header(header::LOCATION), "/login?oauth=unavailable&provider=none");
        let went = browser.get(&app, "/oauth/idp/start", None).await;
        let (_, state) = fake.sign_in(went.header(header::LOCATION));
        let denied = browser.get(&app, &format!("/oauth/idp/callback?error=access_denied&state={state}"), None).await;
        assert_eq!(denied.header(header::LOCATION), "/login?oauth=cancelled&provider=idp");
        for odd in ["/oauth/idp/callback", "/oauth/idp/callback?code=x", "/oauth/idp/callback?state=x&code=y", "/oauth/%22%3E/callback"] {
            let odd = browser.get(&app, odd, None).await;
            assert!(odd.header(header::LOCATION).starts_with("/login?oauth=expired"), "{}", odd.header(header::LOCATION));
            assert!(!odd.header(header::LOCATION).contains(['"', '>']));
        }
    }
}

#[tokio::test]
async fn only_a_page_of_ours_begins_to_link() {
    for app in apps().await {
        let fake = with_service(&app, IdentityKind::Oidc).await;
        let mut browser = Browser::default();
        assert_eq!(
            browser.get(&app, "/oauth/idp/link", Some("same-origin")).await.header(header::LOCATION),
            "/login?next=/settings/security"
        );
        browser.sign_in(&app, &fake).await;
        for foreign in [None, Some("cross-site"), Some("same-site")] {
            let answer = browser.get(&app, "/oauth/idp/link", foreign).await;
            assert_eq!(answer.header(header::LOCATION), "/settings/security", "{foreign:?}");
        }
        fake.play(Play { subject: "43".into(), ..ada() });
        assert_eq!(browser.link(&app, &fake).await, "/settings/security?oauth=linked_already&provider=idp");
        fake.play(ada());
        assert_eq!(browser.link(&app, &fake).await, "/settings/security?saved=1", "{}", app.test.engine);
    }
}

#[tokio::test]
async fn who_has_no_address_there_is_asked_for_one() {
    for app in apps().await {
        let fake = with_service(&app, IdentityKind::Wechat).await;
        fake.play(Play { subject: "openid".into(), name: Some("Ming".into()), ..Play::default() });
        let mut browser = Browser::default();
        assert_eq!(browser.sign_in(&app, &fake).await, "/login/complete");
        assert_eq!(browser.me(&app).await.status, StatusCode::UNAUTHORIZED, "not before there is an account");
        let handle = browser.0["liao_newcomer"].clone();
        let request = Request::builder().method(Method::POST).uri("/rpc/identity/complete").header(header::HOST, "chat.example");
        let request = request.header(header::ORIGIN, "http://chat.example").header(header::COOKIE, format!("liao_newcomer={handle}"));
        let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").header(header::ACCEPT, "text/html");
        let answer = app.send(request.body(Body::from("email=ming@example.org&name=")).unwrap()).await;
        assert_eq!(answer.header(header::LOCATION), "/chat/7", "{}", answer.text);
        let set: Vec<_> = answer.headers.get_all(header::SET_COOKIE).iter().map(|line| line.to_str().unwrap().to_owned()).collect();
        assert!(set.iter().any(|line| line.starts_with("liao_session=")), "{set:?}");
        assert!(set.iter().any(|line| line.starts_with("liao_newcomer=;")), "{set:?}");
    }
}

#[tokio::test]
async fn a_program_signs_in_links_and_unlinks() {
    for app in apps().await {
        let fake = with_service(&app, IdentityKind::Oidc).await;
        assert_eq!(app.call(Method::GET, "/api/auth/oauth/", None, None).await.json()["items"][0]["slug"], "idp");
        let start = async |purpose: &str, bearer: Option<&str>| {
            let body = json!({ "purpose": purpose, "redirect_uri": "http://127.0.0.1:7777/back" });
            app.call(Method::POST, "/api/auth/oauth/idp/start/", bearer, Some(body)).await
        };
        let came = |began: &Answer| {
            let (code, state) = fake.sign_in(text(&began.json()["url"]));
            json!({ "handle": began.json()["handle"], "state": state, "code": code })
        };
        let began = start("sign_in", None).await;
        let body = came(&began);
        let signed_in = app.post("/api/auth/oauth/idp/callback/", body.clone()).await;
        assert_eq!(
            (signed_in.status, &signed_in.json()["user"]["email"]),
            (StatusCode::OK, &json!("ada@example.org")),
            "{}",
            signed_in.text
        );
        assert_eq!(app.me(text(&signed_in.json()["access"])).await.status, StatusCode::OK);
        assert_eq!(app.post("/api/auth/oauth/idp/callback/", body).await.problem(), (409, "conflict".into()), "once");
        assert_eq!(start("link", None).await.problem(), (401, "unauthenticated".into()));
        let bob = app.register("bob@example.org").await;
        let bob = Some(text(&bob["access"]));
        let began = start("link", bob).await;
        assert_eq!(app.post("/api/auth/oauth/idp/callback/", came(&began)).await.problem().0, 409, "begun to link");
        let began = start("link", bob).await;
        let taken = app.call(Method::POST, "/api/auth/oauth/idp/link/", bob, Some(came(&began))).await;
        assert_eq!(taken.problem(), (409, "conflict".into()), "ada's");
        fake.play(Play { subject: "bob".into(), ..ada() });
        let began = start("link", bob).await;
        let linked = app.call(Method::POST, "/api/auth/oauth/idp/link/", bob, Some(came(&began))).await;
        assert_eq!((linked.status, &linked.json()["provider"]), (StatusCode::OK, &json!("idp")), "{}", linked.text);
        assert_eq!(app.call(Method::GET, "/api/users/me/identities/", bob, None).await.json()["items"].as_array().unwrap().len(), 1);
        assert_eq!(app.call(Method::POST, "/api/auth/oauth/idp/unlink/", bob, None).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.call(Method::POST, "/api/auth/oauth/idp/unlink/", bob, None).await.problem().0, 404);
    }
}

#[tokio::test]
async fn a_program_hears_what_is_wrong() {
    for app in apps().await {
        let fake = with_service(&app, IdentityKind::Wechat).await;
        let start = async |slug: &str, body: Value| app.post(&format!("/api/auth/oauth/{slug}/start/"), body).await;
        assert_eq!(start("none", json!({})).await.problem(), (404, "not_found".into()));
        for elsewhere in ["https://evil.example/", "http://evil.example/", "myapp://back", "http://127.0.0.1@evil.example"] {
            assert_eq!(start("idp", json!({ "redirect_uri": elsewhere })).await.problem(), (422, "invalid".into()), "{elsewhere}");
        }
        let began = start("idp", json!({})).await.json();
        assert_eq!(began["redirect_uri"], "http://chat.example/oauth/idp/callback");
        fake.play(Play { subject: "openid".into(), ..Play::default() });
        let (code, state) = fake.sign_in(text(&began["url"]));
        let body = json!({ "handle": began["handle"], "state": state, "code": code });
        let needed = app.post("/api/auth/oauth/idp/callback/", body).await;
        assert_eq!(needed.status, StatusCode::ACCEPTED, "{}", needed.text);
        let body = |email: &str| json!({ "handle": needed.json()["handle"], "email": email });
        assert_eq!(app.post("/api/auth/oauth/idp/complete/", body("nothing")).await.problem(), (422, "invalid".into()));
        let made = app.post("/api/auth/oauth/idp/complete/", body("ming@example.org")).await;
        assert_eq!((made.status, &made.json()["user"]["email_verified"]), (StatusCode::CREATED, &json!(false)), "{}", made.text);
    }
}
