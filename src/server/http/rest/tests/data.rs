//! The export of one's data and the end of an account, as clients see them.

use std::io::{Cursor, Read};

use http::Method;
use tower::ServiceExt;

use super::*;
use crate::model::activity::Action;
use crate::model::chat::Ask;
use crate::model::job::JobKind;
use crate::model::mail::LetterKind;
use crate::server::job;
use crate::server::service::activity::{self, Event};
use crate::server::service::mail::tests::letters;
use crate::server::service::viewer::{Origin, Via, Viewer};
use crate::server::service::{account, generation, provider};

impl App {
    /// Has a conversation as this user.
    async fn converse(&self, email: &str, text: &str) {
        provider::start(&self.server).await.unwrap();
        let user = account::find(&self.server, email).await.unwrap();
        let viewer = Viewer { user, via: Via::Token { family: uuid::Uuid::nil() } };
        let ask = Ask { chat_id: None, text: text.into(), model: Some("fake/echo".into()), request_id: None, replaces: None };
        let started = generation::send(&self.server, &viewer, ask).await.unwrap();
        let mut follower = generation::follow(&self.server, &viewer, started.generation_id, 0).await.unwrap();
        while follower.next().await.unwrap().is_some() {}
    }

    async fn fetch(&self, url: &str, headers: &[(header::HeaderName, &str)]) -> (u16, HeaderMap, Vec<u8>) {
        let mut request = Request::builder().uri(url);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let response = self.router().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        (parts.status.as_u16(), parts.headers, to_bytes(body, usize::MAX).await.unwrap().to_vec())
    }

    async fn run_jobs(&self) {
        while job::run_next(&self.server).await.unwrap() {}
    }
}

fn unpack(zip: &[u8]) -> std::collections::BTreeMap<String, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(zip)).unwrap();
    let mut files = std::collections::BTreeMap::new();
    for i in 0..archive.len() {
        let mut file = archive.by_index(i).unwrap();
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).unwrap();
        files.insert(file.name().unwrap().to_string(), String::from_utf8_lossy(&bytes).into_owned());
    }
    files
}

/// A passkey and a linked account of this user's.
async fn ways_in(app: &App, user_id: uuid::Uuid) {
    use crate::server::db::{NewIdentity, NewPasskey, StoredIdentityProvider};
    let (id, at) = (uuid::Uuid::now_v7(), app.clock.now());
    let credential = json!({ "key": "the-key" });
    let passkey =
        NewPasskey { id, user_id, credential_id: b"the-credential", credential: &credential, name: "Ada's phone", created_at: at };
    assert!(app.server.db.passkeys().insert(&passkey, 10).await.unwrap());
    let provider = crate::server::db::testing::identity_provider(at);
    let id = provider.id;
    assert!(app.server.db.identities().insert_provider(&StoredIdentityProvider { provider, secret_cipher: None }).await.unwrap());
    let linked = NewIdentity { id, provider_id: id, subject: "42", user_id, email: Some("ada@idp.example"), name: None, at };
    assert!(app.server.db.identities().insert(&linked).await.unwrap());
}

#[tokio::test]
async fn an_export_holds_everything_can_be_resumed_and_expires() {
    for app in apps().await {
        generation::keep(&app.server);
        let (ada, bob) = (app.register("ada@example.org").await, app.register("bob@example.org").await);
        app.converse("ada@example.org", "What is a **journal**?").await;
        app.converse("bob@example.org", "bob's own words").await;
        let ada_id: uuid::Uuid = text(&ada["user"]["id"]).parse().unwrap();
        let bob_id: uuid::Uuid = text(&bob["user"]["id"]).parse().unwrap();
        let ada = text(&ada["access"]);
        ways_in(&app, ada_id).await;
        let elsewhere = Origin { ip: Some([198, 51, 100, 7].into()), user_agent: None };
        activity::record(&app.server, Event::new(Action::SignedOutByAdmin, &elsewhere).of(ada_id).by(bob_id)).await;
        let path = "/api/users/me/export/";
        let call = async |method| app.call(method, path, Some(ada), None).await;
        assert_eq!(call(Method::GET).await.json()["state"], "none");
        // Twice at once, by a button that was pressed twice: one is made.
        let (begun, twin) = tokio::join!(call(Method::POST), call(Method::POST));
        assert_eq!(twin.json()["requested_at"], begun.json()["requested_at"], "{}", app.test.engine);
        assert_eq!((begun.status, &begun.json()["state"]), (StatusCode::ACCEPTED, &json!("running")));
        assert_eq!(call(Method::POST).await.json()["requested_at"], begun.json()["requested_at"], "one at a time");
        let exports = app.server.db.jobs().list(None, None, 100).await.unwrap();
        assert_eq!(exports.iter().filter(|job| job.kind == JobKind::Export).count(), 1, "{}", app.test.engine);
        app.run_jobs().await;
        let ready = call(Method::GET).await.json();
        assert_eq!((&ready["state"], &ready["progress"]), (&json!("ready"), &json!(100)), "{}: {ready}", app.test.engine);
        assert_eq!(call(Method::POST).await.problem().0, 429, "soon after the last one");
        assert_eq!(app.call(Method::GET, path, Some(text(&bob["access"])), None).await.json()["state"], "none");

        let url = text(&ready["url"]);
        let token = url.split('/').nth(2).unwrap();
        for table in ["jobs", "tickets", "activity"] {
            assert!(!app.dump(table).await.iter().any(|row| row.contains(token)), "{table} holds the address");
        }
        let (status, headers, whole) = app.fetch(url, &[]).await;
        assert_eq!((status, whole.len() as u64), (200, ready["size"].as_u64().unwrap()));
        let tag = headers[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(headers[header::ACCEPT_RANGES], "bytes");
        let (status, headers, rest) = app.fetch(url, &[(header::RANGE, "bytes=100-"), (header::IF_RANGE, &tag)]).await;
        assert_eq!((status, &rest[..]), (206, &whole[100..]));
        assert_eq!(headers[header::CONTENT_RANGE].to_str().unwrap(), format!("bytes 100-{}/{}", whole.len() - 1, whole.len()));
        assert_eq!(app.fetch(url, &[(header::RANGE, "bytes=100-"), (header::IF_RANGE, "\"other\"")]).await.0, 200);
        assert_eq!(app.fetch(url, &[(header::RANGE, "bytes=99999999-")]).await.0, 416);
        assert_eq!(app.fetch(&url.replace(token, "guessed"), &[]).await.0, 404);

        let files = unpack(&whole);
        let chat = files.keys().find(|name| name.starts_with("conversations/") && name.ends_with(".md")).unwrap();
        assert!(files[chat].contains("What is a **journal**?") && files[chat].contains("**You**"), "{}", files[chat]);
        let full: Value = serde_json::from_str(&files[&chat.replace(".md", ".json")]).unwrap();
        assert_eq!(full["messages"].as_array().unwrap().len(), 2);
        let profile: Value = serde_json::from_str(&files["profile.json"]).unwrap();
        assert_eq!(profile["user"]["email"], "ada@example.org");
        assert_eq!(profile["user"]["preferences"]["notifications"]["new_device"], true, "{profile}");
        assert_eq!(profile["linked_accounts"][0]["email"], "ada@idp.example", "{profile}");
        let security: Value = serde_json::from_str(&files["security.json"]).unwrap();
        assert_eq!((&security["passkeys"][0]["name"], &security["has_password"]), (&json!("Ada's phone"), &json!(true)), "{security}");
        assert_eq!((&security["sign_ins"][0]["ip"], &security["sign_ins"][0]["kind"]), (&json!("192.0.2.1"), &json!("program")));
        assert!(security["devices"][0]["last_used_at"].is_string(), "{security}");
        for secret in ["the-credential", "the-key", "hash", "argon2"] {
            assert!(!files["security.json"].contains(secret) && !files["profile.json"].contains(secret), "{secret}: {security}");
        }
        let log: Value = serde_json::from_str(&files["activity.json"]).unwrap();
        let entry = |action: &str| log.as_array().unwrap().iter().find(|entry| entry["action"] == action).unwrap_or(&Value::Null);
        assert_eq!(entry("export_requested")["ip"], "192.0.2.1", "{log}");
        assert_eq!(
            (&entry("signed_out_by_admin")["actor_id"], &entry("signed_out_by_admin")["ip"]),
            (&json!(bob_id), &Value::Null),
            "{log}"
        );
        assert!(!files["activity.json"].contains("198.51.100.7"), "where others act from is theirs: {log}");
        assert!(serde_json::from_str::<Value>(&files["usage.json"]).unwrap()["fake/echo"]["calls"] == 1, "{}", files["usage.json"]);
        let lines: Vec<_> = files["usage.csv"].lines().collect();
        assert!(
            lines.len() == 2 && lines[0].starts_with("started_at,finished_at,purpose,") && lines[1].contains(",chat,fake,echo,"),
            "{lines:?}"
        );
        assert!(!files.values().any(|text| text.contains("bob's own words")), "somebody else's");

        app.clock.advance(chrono::Duration::hours(49));
        assert_eq!(app.fetch(url, &[]).await.0, 404);

        let told = async || {
            let all = letters(&app.server, "ada@example.org").await;
            all.into_iter().filter(|(kind, _)| *kind == LetterKind::ExportReady).count()
        };
        assert_eq!(told().await, 1, "{}", app.test.engine);
        let access = app.login("ada@example.org", PASSWORD).await.json()["access"].clone();
        let quiet = Some(json!({"notifications": {"export_ready": false}}));
        assert_eq!(app.call(Method::PATCH, "/api/users/me/preferences/", Some(text(&access)), quiet).await.status, StatusCode::OK);
        assert_eq!(app.call(Method::POST, path, Some(text(&access)), None).await.status, StatusCode::ACCEPTED);
        app.run_jobs().await;
        assert_eq!(app.call(Method::GET, path, Some(text(&access)), None).await.json()["state"], "ready", "{}", app.test.engine);
        assert_eq!(told().await, 1, "{}: who does not want to hear of it does not", app.test.engine);
    }
}

#[tokio::test]
async fn an_account_goes_after_the_days_of_grace_unless_its_owner_comes_back() {
    for app in apps().await {
        let admin = app.register("root@example.org").await;
        let ada = app.register("ada@example.org").await;
        let delete = async |access: &str, password: &str| {
            app.call(Method::DELETE, "/api/users/me/", Some(access), Some(json!({ "password": password }))).await
        };
        let access = text(&ada["access"]);
        assert_eq!(delete(access, "wrong password").await.problem(), (401, "bad_credentials".into()));
        assert_eq!(delete(text(&admin["access"]), PASSWORD).await.problem(), (409, "conflict".into()), "the last administrator of others");
        let accepted = delete(access, PASSWORD).await;
        assert_eq!(accepted.status, StatusCode::ACCEPTED, "{}", accepted.text);
        assert_eq!(app.me(access).await.status, StatusCode::UNAUTHORIZED, "signed out everywhere");

        app.clock.advance(chrono::Duration::days(6));
        app.run_jobs().await;
        let back = app.login("ada@example.org", PASSWORD).await.json();
        app.clock.advance(chrono::Duration::days(2));
        app.run_jobs().await;
        assert_eq!(app.login("ada@example.org", PASSWORD).await.status, StatusCode::OK, "{}: called off", app.test.engine);
        app.clock.advance(-chrono::Duration::days(2));
        assert_eq!(delete(text(&back["access"]), PASSWORD).await.status, StatusCode::ACCEPTED);
        app.clock.advance(chrono::Duration::days(7));
        app.run_jobs().await;
        assert_eq!(app.login("ada@example.org", PASSWORD).await.status, StatusCode::UNAUTHORIZED, "{}: erased", app.test.engine);
        assert_eq!(app.dump("users").await.len(), 1);
        assert_eq!(
            app.call(Method::POST, "/api/auth/register/", None, Some(json!({"email": "ada@example.org", "password": PASSWORD})))
                .await
                .status,
            StatusCode::CREATED,
            "the address is free again"
        );
    }
}
