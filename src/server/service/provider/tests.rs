//! Providers on both databases: who may change what, keys at rest, and the connection test.

use axum::Router;
use axum::routing::any;
use http::StatusCode;
use secrecy::ExposeSecret;

use super::*;
use crate::model::error::Code;
use crate::model::user::{Role, User};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::viewer::Via;
use crate::server::testing;

const KEY: &str = "sk-live-abcdefghijklmnop";

async fn servers() -> Vec<(Server, TestDb)> {
    let mut all = Vec::new();
    for test in databases().await {
        let server = testing::server(test.db.clone(), Clock::default()).await;
        start(&server).await.unwrap();
        all.push((server, test));
    }
    all
}

fn viewer(server: &Server, role: Role) -> Viewer {
    let created_at = server.clock.now();
    let user = User::new(Uuid::now_v7(), "a@example.org".into(), "A".into(), role, created_at);
    Viewer { user, via: Via::Session { id_hash: [0; 32] } }
}

fn form(slug: &str, base_url: &str, api_key: Option<&str>) -> ProviderForm {
    ProviderForm { slug: slug.into(), kind: Kind::Openai, base_url: Some(base_url.into()), api_key: api_key.map(Into::into), enabled: true }
}

fn code(error: Error) -> (Code, Vec<String>) {
    let error = error.into_api();
    (error.code, error.fields.into_iter().map(|f| f.field).collect())
}

/// An upstream that answers everything with this.
async fn upstream(status: u16, body: &'static str) -> String {
    let status = StatusCode::from_u16(status).unwrap();
    let app = Router::new().fallback(any(move || async move { (status, [("content-type", "application/json")], body) }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test]
async fn a_key_is_stored_encrypted_kept_when_absent_and_used() {
    for (server, test) in servers().await {
        let admin = viewer(&server, Role::Admin);
        let added = save(&server, &admin, &Origin::default(), None, form("mine", "http://127.0.0.1:1/v1", Some(KEY))).await.unwrap();
        assert!(added.has_key && !added.builtin);
        let row = server.db.providers().find(added.id).await.unwrap().unwrap();
        let cipher = row.key_cipher.clone().unwrap();
        assert!(!String::from_utf8_lossy(&cipher).contains("sk-live"), "{}: in the clear", test.engine);
        assert_eq!(entry(&server, &row).unwrap().key.unwrap().expose_secret(), KEY);
        let shown = serde_json::to_string(&list(&server, &admin).await.unwrap()).unwrap();
        assert!(!shown.contains("sk-live"), "{shown}");

        let changed = save(&server, &admin, &Origin::default(), Some(added.id), form("mine", "http://127.0.0.1:2/v1", None)).await.unwrap();
        assert!(changed.has_key);
        let row = server.db.providers().find(added.id).await.unwrap().unwrap();
        assert_eq!((row.provider.base_url.as_deref(), row.key_cipher), (Some("http://127.0.0.1:2/v1"), Some(cipher)));
    }
}

#[tokio::test]
async fn what_is_switched_off_or_removed_cannot_be_asked() {
    for (server, test) in servers().await {
        let admin = viewer(&server, Role::Admin);
        let added = save(&server, &admin, &Origin::default(), None, form("mine", "http://127.0.0.1:1/v1", None)).await.unwrap();
        let known = || server.registry.resolve(Some("mine/any")).is_ok();
        assert!(known(), "{}", test.engine);
        enable(&server, &admin, &Origin::default(), added.id, false).await.unwrap();
        assert!(!known(), "{}: it is switched off", test.engine);
        enable(&server, &admin, &Origin::default(), added.id, true).await.unwrap();
        assert!(known());
        delete(&server, &admin, &Origin::default(), added.id).await.unwrap();
        assert!(!known(), "{}: it is gone", test.engine);
        assert_eq!(code(delete(&server, &admin, &Origin::default(), added.id).await.unwrap_err()).0, Code::NotFound);
    }
}

#[tokio::test]
async fn what_the_server_brings_can_be_switched_but_not_changed_and_stays_switched() {
    for (server, test) in servers().await {
        let admin = viewer(&server, Role::Admin);
        let fake = list(&server, &admin).await.unwrap().into_iter().find(|p| p.slug == "fake").expect("it is offered");
        assert!(fake.builtin && fake.enabled);
        assert_eq!(
            code(save(&server, &admin, &Origin::default(), Some(fake.id), form("x", "http://x", None)).await.unwrap_err()).0,
            Code::Conflict
        );
        assert_eq!(code(delete(&server, &admin, &Origin::default(), fake.id).await.unwrap_err()).0, Code::Conflict);
        enable(&server, &admin, &Origin::default(), fake.id, false).await.unwrap();
        start(&server).await.unwrap();
        assert!(server.registry.resolve(Some("fake/echo")).is_err(), "{}: a restart switched it on", test.engine);
    }
}

#[tokio::test]
async fn wrong_forms_are_errors_about_their_fields() {
    for (server, _test) in servers().await {
        let admin = viewer(&server, Role::Admin);
        save(&server, &admin, &Origin::default(), None, form("mine", "http://127.0.0.1:1/v1", None)).await.unwrap();
        let other = save(&server, &admin, &Origin::default(), None, form("other", "http://127.0.0.1:1/v1", None)).await.unwrap();
        let cases = [
            (None, form("mine", "http://x", None), "slug"),
            (Some(other.id), form("mine", "http://x", None), "slug"),
            (None, form("fake", "http://x", None), "slug"),
            (None, form("a/b", "http://x", None), "slug"),
            (None, form("new", "file:///etc/passwd", None), "base_url"),
            (None, form("new", "http://x", Some("two words")), "api_key"),
            (None, ProviderForm { kind: Kind::Local, ..form("new", "http://x", None) }, "kind"),
        ];
        for (id, form, field) in cases {
            let error = save(&server, &admin, &Origin::default(), id, form.clone()).await.expect_err(field);
            assert_eq!(code(error), (Code::Invalid, vec![field.to_owned()]), "{form:?}");
        }
        let unknown = save(&server, &admin, &Origin::default(), Some(Uuid::now_v7()), form("new", "http://x", None)).await;
        assert_eq!(code(unknown.unwrap_err()).0, Code::NotFound);
    }
}

#[tokio::test]
async fn only_administrators_see_and_change_providers() {
    for (server, _test) in servers().await {
        let user = viewer(&server, Role::User);
        let id = list(&server, &viewer(&server, Role::Admin)).await.unwrap()[0].id;
        let refused = [
            list(&server, &user).await.err(),
            save(&server, &user, &Origin::default(), None, form("x", "http://x", None)).await.err(),
            enable(&server, &user, &Origin::default(), id, false).await.err(),
            delete(&server, &user, &Origin::default(), id).await.err(),
            get(&server, &user, id).await.err(),
            test(&server, &user, id).await.err(),
        ];
        for (n, error) in refused.into_iter().enumerate() {
            assert_eq!(code(error.unwrap_or_else(|| panic!("call {n} was allowed"))).0, Code::Forbidden);
        }
        assert!(models(&server, &user).await.unwrap().iter().any(|m| m.id == "fake/echo"));
    }
}

#[tokio::test]
async fn the_connection_test_tells_the_real_answer_or_the_real_error_without_the_key() {
    for (server, _test) in servers().await {
        let admin = viewer(&server, Role::Admin);
        let fake = list(&server, &admin).await.unwrap().into_iter().find(|p| p.slug == "fake").unwrap();
        let told = test(&server, &admin, fake.id).await.unwrap();
        assert!(told.ok && told.message == "Say hello." && told.models.contains(&"echo".to_owned()), "{told:?}");

        let refusing = upstream(401, r#"{"error":{"message":"Incorrect API key provided: sk-live-abcdefghijklmnop."}}"#).await;
        let empty = upstream(200, r#"{"object":"list","data":[]}"#).await;
        let cases = [
            ("refusing", refusing.as_str(), "Incorrect API key provided: ***."),
            ("empty", empty.as_str(), "It answers, but it lists no models."),
            ("away", "http://127.0.0.1:1/v1", "No connection to 127.0.0.1:1"),
        ];
        for (slug, url, message) in cases {
            let added = save(&server, &admin, &Origin::default(), None, form(slug, url, Some(KEY))).await.unwrap();
            let told = test(&server, &admin, added.id).await.unwrap();
            assert!(!told.ok && told.message.starts_with(message), "{told:?}");
        }
    }
}
