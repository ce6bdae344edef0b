//! Where somebody is signed in, ending it, and passkeys' ceremonies as far as they go without an authenticator.

use http::Method;
use serde_json::json;
use uuid::Uuid;

use super::*;

impl App {
    async fn login_as(&self, email: &str, agent: &str) -> Value {
        let body = json!({"email": email, "password": PASSWORD}).to_string();
        let request = Request::builder().method(Method::POST).uri("/api/auth/login/").header(header::USER_AGENT, agent);
        self.send(request.header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()).await.json()
    }

    async fn sessions(&self, access: &str) -> Vec<Value> {
        let answer = self.authorized(Method::GET, "/api/auth/sessions/", access, None).await;
        answer.json()["items"].as_array().unwrap_or_else(|| panic!("{}", answer.text)).clone()
    }
}

#[tokio::test]
async fn sign_ins_are_listed_and_ended_one_by_one_or_all_others() {
    for app in apps().await {
        app.register("ada@example.org").await;
        let bob = app.register("bob@example.org").await;
        let one = app.login_as("ada@example.org", "curl/8.5.0").await;
        let two = app.login_as("ada@example.org", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0").await;
        let (one, two) = (text(&one["access"]), text(&two["access"]));
        let list = app.sessions(two).await;
        assert_eq!(list.len(), 3, "{}: {list:?}", app.test.engine);
        assert_eq!((&list[0]["current"], &list[0]["browser"], &list[0]["system"]), (&json!(true), &json!("Firefox"), &json!("Linux")));
        assert_eq!((&list[0]["kind"], &list[0]["ip"]), (&json!("program"), &json!("192.0.2.1")));
        let curl = list.iter().find(|session| session["browser"] == "curl").unwrap();
        let end = async |access: &str, id: &str| app.authorized(Method::DELETE, &format!("/api/auth/sessions/{id}/"), access, None).await;
        assert_eq!(end(text(&bob["access"]), text(&curl["id"])).await.problem(), (404, "not_found".into()), "somebody else's");
        assert_eq!(end(two, &Uuid::new_v4().to_string()).await.problem().0, 404);
        assert_eq!(end(two, "no-id").await.problem().0, 400);
        assert_eq!(end(two, text(&curl["id"])).await.status, StatusCode::NO_CONTENT);
        assert_eq!(app.me(one).await.status, StatusCode::UNAUTHORIZED);
        let others = app.authorized(Method::POST, "/api/auth/sessions/revoke-others/", two, None).await;
        assert_eq!(others.json(), json!({"ended": 1}), "the registration's");
        assert_eq!(app.sessions(two).await.len(), 1);
        assert_eq!(app.me(text(&bob["access"])).await.status, StatusCode::OK, "nobody else's");
    }
}

#[tokio::test]
async fn a_new_device_is_news_to_its_user_and_a_known_one_is_not() {
    use crate::model::mail::LetterKind;
    use crate::server::service::mail::tests::letters;
    for app in apps().await {
        app.register("ada@example.org").await;
        let sign_in = async |ip: [u8; 4], agent: &str, cookie: &str| {
            let request = Request::builder().method(Method::POST).uri("/rpc/auth/login").header(header::HOST, "chat.example");
            let request =
                request.header(header::ORIGIN, "http://chat.example").header(header::USER_AGENT, agent).header(header::COOKIE, cookie);
            let body = format!("email=ada%40example.org&password={}", PASSWORD.replace(' ', "+"));
            let mut request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded").body(Body::from(body)).unwrap();
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from((ip, 4000))));
            let answer = app.send(request).await;
            let set = |name: &str| {
                let mut cookies = answer.headers.get_all(header::SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap());
                cookies.find(|cookie| cookie.starts_with(name)).and_then(|cookie| cookie.split(';').next()).map(str::to_owned)
            };
            assert!(set("liao_session=").is_some(), "signed in: {}", answer.text);
            set("liao_device=").unwrap_or_default()
        };
        let news = async || {
            let all = letters(&app.server, "ada@example.org").await;
            all.into_iter().filter(|(kind, _)| *kind == LetterKind::NewDevice).map(|(_, letter)| letter.text).collect::<Vec<_>>()
        };
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let cookie = sign_in([198, 51, 100, 7], firefox, "").await;
        let told = news().await;
        assert_eq!(told.len(), 1, "{}: {told:?}", app.test.engine);
        assert!(told[0].contains("Firefox, Linux") && told[0].contains("198.51.100.7"), "{}", told[0]);
        sign_in([198, 51, 100, 7], firefox, &cookie).await;
        sign_in([203, 0, 113, 9], "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0", &cookie).await;
        sign_in([198, 51, 100, 8], firefox, "").await;
        assert_eq!(news().await.len(), 1, "{}: its cookie, or its name and network, is known", app.test.engine);
        sign_in([203, 0, 113, 200], firefox, "").await;
        assert_eq!(news().await.len(), 2, "{}: another network without the cookie", app.test.engine);
        let ada = app.login("ada@example.org", PASSWORD).await.json();
        let before = news().await.len();
        let quiet = Some(json!({"notifications": {"new_device": false}}));
        let set = app.authorized(Method::PATCH, "/api/users/me/preferences/", text(&ada["access"]), quiet).await;
        assert_eq!(set.status, StatusCode::OK, "{}", set.text);
        sign_in([192, 0, 2, 99], firefox, "").await;
        assert_eq!(news().await.len(), before, "{}: who does not want to hear of it does not", app.test.engine);
    }
}

#[tokio::test]
async fn a_ceremony_looks_the_same_for_an_address_that_nobody_has() {
    let config = crate::server::config::Config { site: localhost(), ..testing::config() };
    for app in apps_with(config, LimitConfig::per_ip(0, 0)).await {
        app.register("ada@example.org").await;
        let start = async |body| app.post("/api/auth/passkeys/login/start/", body).await;
        let shape = |answer: &Answer| {
            let key = answer.json()["options"]["publicKey"].clone();
            let ids: Vec<usize> = key["allowCredentials"].as_array().unwrap().iter().map(|one| text(&one["id"]).len()).collect();
            (ids, key["rpId"].clone(), key["userVerification"].clone())
        };
        let (known, unknown) = (start(json!({"email": "ada@example.org"})).await, start(json!({"email": "no@example.org"})).await);
        assert_eq!(known.status, StatusCode::OK, "{}: {}", app.test.engine, known.text);
        assert_eq!(shape(&known), shape(&unknown));
        assert_eq!(shape(&known), (vec![43], json!("localhost"), json!("required")));
        let same = start(json!({"email": "no@example.org"})).await.json()["options"]["publicKey"]["allowCredentials"].clone();
        assert_eq!(unknown.json()["options"]["publicKey"]["allowCredentials"], same, "asked twice, the same");
        assert_eq!(start(json!({})).await.json()["options"]["publicKey"]["allowCredentials"], json!([]), "whoever has one");
        let finish = app.post("/api/auth/passkeys/login/finish/", json!({"ticket": known.json()["ticket"], "credential": {"id": 1}})).await;
        assert_eq!((finish.problem().0, &finish.json()["errors"][0]["field"]), (422, &json!("credential")));
    }
}

#[tokio::test]
async fn without_a_host_name_there_are_no_passkeys() {
    for app in apps().await {
        let ada = app.register("ada@example.org").await;
        let start = app.authorized(Method::POST, "/api/auth/passkeys/register/start/", text(&ada["access"]), None).await;
        assert_eq!(start.problem(), (409, "conflict".into()), "{}", app.test.engine);
        assert!(text(&start.json()["detail"]).contains("LIAO_PUBLIC_URL"));
    }
}

fn localhost() -> crate::server::config::Site {
    crate::server::config::Site { public_url: Some("http://localhost:3000".into()), ..testing::config().site }
}
