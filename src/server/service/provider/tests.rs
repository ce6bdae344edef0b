//! Providers on both databases: who may change what, keys at rest, and the connection test.

use axum::Router;
use axum::routing::any;
use http::StatusCode;
use secrecy::ExposeSecret;

use super::*;
use crate::model::error::Code;
use crate::model::provider::KeyForm;
use crate::model::user::{Role, User};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::llm::ANYBODY;
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
    ProviderForm {
        slug: slug.into(),
        kind: Kind::Openai,
        base_url: Some(base_url.into()),
        api_key: api_key.map(Into::into),
        enabled: true,
        private: true,
        api: Api::Chat,
        limits: Limits::default(),
    }
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
        let cipher = row.keys[0].cipher.clone();
        assert!(!String::from_utf8_lossy(&cipher).contains("sk-live"), "{}: in the clear", test.engine);
        assert_eq!(entry(&server, &row).unwrap().keys[0].secret.expose_secret(), KEY);
        let shown = serde_json::to_string(&list(&server, &admin).await.unwrap()).unwrap();
        assert!(!shown.contains("sk-live"), "{shown}");

        let changed = save(&server, &admin, &Origin::default(), Some(added.id), form("mine", "http://127.0.0.1:2/v1", None)).await.unwrap();
        assert!(changed.has_key);
        let row = server.db.providers().find(added.id).await.unwrap().unwrap();
        assert_eq!((row.provider.base_url.as_deref(), &row.keys[0].cipher), (Some("http://127.0.0.1:2/v1"), &cipher));
        assert_eq!(row.keys.len(), 1);
    }
}

#[tokio::test]
async fn what_is_switched_off_or_removed_cannot_be_asked() {
    for (server, test) in servers().await {
        let admin = viewer(&server, Role::Admin);
        let added = save(&server, &admin, &Origin::default(), None, form("mine", "http://127.0.0.1:1/v1", None)).await.unwrap();
        let known = || server.registry.resolve(Some("mine/any"), ANYBODY).is_ok();
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
        assert!(server.registry.resolve(Some("fake/echo"), ANYBODY).is_err(), "{}: a restart switched it on", test.engine);
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
        let limits = |limits| ProviderForm { limits, ..form("new", "http://x", None) };
        let cases = cases.into_iter().chain([
            (None, limits(Limits { idle: Some(0), ..Limits::default() }), "idle"),
            (None, limits(Limits { concurrent: Some(10_001), ..Limits::default() }), "concurrent"),
        ]);
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
            ("empty", empty.as_str(), "It answers, but it lists no models to talk with."),
            ("away", "http://127.0.0.1:1/v1", "No connection to 127.0.0.1:1"),
        ];
        for (slug, url, message) in cases {
            let added = save(&server, &admin, &Origin::default(), None, form(slug, url, Some(KEY))).await.unwrap();
            let told = test(&server, &admin, added.id).await.unwrap();
            assert!(!told.ok && told.message.starts_with(message), "{told:?}");
        }
    }
}

#[tokio::test]
async fn an_address_in_a_private_network_has_to_be_allowed_and_metadata_never_is() {
    for (server, test) in servers().await {
        let admin = viewer(&server, Role::Admin);
        let add = async |url: &str, private| {
            let form = ProviderForm { private, ..form("lab", url, None) };
            save(&server, &admin, &Origin::default(), None, form).await.map_err(|error| error.into_api().fields[0].rule.clone())
        };
        for url in ["http://127.0.0.1:1/v1", "http://10.0.0.7/v1", "http://[::1]:1/v1", "http://2130706433/v1", "http://localhost:1/v1"] {
            assert_eq!(add(url, false).await.unwrap_err(), Rule::Private, "{}: {url}", test.engine);
        }
        for (url, private) in [("http://169.254.169.254/latest", true), ("http://[fe80::1]/", false), ("http://0.0.0.0:1/", true)] {
            assert_eq!(add(url, private).await.unwrap_err(), Rule::Forbidden, "{url}");
        }
        let added = add("http://127.0.0.1:1/v1", true).await.unwrap();
        assert!(added.private && get(&server, &admin, added.id).await.unwrap().private);
        // As if somebody had found a way around the form: the connection itself is refused.
        let row = server.db.providers().find(added.id).await.unwrap().unwrap();
        server.db.providers().update(&Provider { private: false, ..row.provider }, server.clock.now()).await.unwrap();
        let told = super::test(&server, &admin, added.id).await.unwrap();
        assert!(!told.ok && told.message.contains("127.0.0.1 is in a private network"), "{told:?}");
    }
}

#[tokio::test]
async fn keys_are_added_relabelled_and_removed_and_never_shown() {
    for (server, test) in servers().await {
        let (admin, here) = (viewer(&server, Role::Admin), Origin::default());
        let added = save(&server, &admin, &here, None, form("lab", "http://127.0.0.1:1/v1", Some(KEY))).await.unwrap();
        let key = |label: &str, text: Option<&str>| KeyForm { label: label.into(), api_key: text.map(Into::into) };
        let second = add_key(&server, &admin, &here, added.id, key(" team B ", Some("sk-two"))).await.unwrap();
        let labels = async || get(&server, &admin, added.id).await.unwrap().keys.into_iter().map(|key| key.label).collect::<Vec<_>>();
        assert_eq!(labels().await, ["default", "team B"], "{}", test.engine);
        let secrets = async || {
            let row = server.db.providers().find(added.id).await.unwrap().unwrap();
            entry(&server, &row).unwrap().keys.into_iter().map(|key| key.secret.expose_secret().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(secrets().await, [KEY, "sk-two"]);
        change_key(&server, &admin, &here, (added.id, second.id), key("B", None)).await.unwrap();
        assert_eq!((labels().await, secrets().await), (vec!["default".into(), "B".to_owned()], vec![KEY.into(), "sk-two".to_owned()]));
        change_key(&server, &admin, &here, (added.id, second.id), key("B", Some("sk-three"))).await.unwrap();
        assert_eq!(secrets().await, [KEY, "sk-three"]);
        let shown = serde_json::to_string(&get(&server, &admin, added.id).await.unwrap()).unwrap();
        assert!(!shown.contains("sk-"), "{shown}");
        delete_key(&server, &admin, &here, (added.id, second.id)).await.unwrap();
        assert_eq!(labels().await, ["default"]);
        let gone = delete_key(&server, &admin, &here, (added.id, second.id)).await.unwrap_err();
        assert_eq!(code(gone).0, Code::NotFound);
        for (form, field) in [(key("", Some("k")), "label"), (key("x", None), "api_key"), (key("x", Some("a b")), "api_key")] {
            assert_eq!(code(add_key(&server, &admin, &here, added.id, form).await.unwrap_err()).1, [field]);
        }
        let user = viewer(&server, Role::User);
        assert_eq!(code(add_key(&server, &user, &here, added.id, key("x", Some("k"))).await.unwrap_err()).0, Code::Forbidden);
        let log = activity::list(&server, &admin, &here, Default::default(), None).await.unwrap().items;
        let actions: Vec<_> = log.iter().map(|entry| entry.activity.action).collect();
        for action in [Action::ProviderAdded, Action::ProviderKeyAdded, Action::ProviderKeyChanged, Action::ProviderKeyDeleted] {
            assert!(actions.contains(&action), "{}: {action:?} is not in the log", test.engine);
        }
    }
}

#[tokio::test]
async fn what_is_asked_instead_is_stored_replaced_and_never_a_circle() {
    for (server, test) in servers().await {
        let (admin, here) = (viewer(&server, Role::Admin), Origin::default());
        for slug in ["a", "b"] {
            save(&server, &admin, &here, None, form(slug, "http://127.0.0.1:1/v1", None)).await.unwrap();
        }
        let set = async |model: &str, next: &str| set_fallback(&server, &admin, &here, model, next).await;
        let first = set("a/*", "b/x").await.unwrap();
        assert_eq!((first.model.as_str(), first.next.as_str()), ("a/*", "b/x"), "{}", test.engine);
        let next =
            |id: &str| server.registry.next(&server.registry.resolve(Some(id), ANYBODY).unwrap(), ANYBODY).map(|resolved| resolved.id);
        assert_eq!(next("a/any").as_deref(), Some("b/x"));
        assert_eq!(next("b/x"), None);
        for (model, to, field) in [
            ("b/x", "a/z", "next"),
            ("b/*", "a/x", "next"),
            ("b/y", "b/y", "next"),
            ("a/*", "b/*", "next"),
            ("nobody/x", "b/x", "model"),
            ("a", "b/x", "model"),
            ("a/x", "nobody/y", "next"),
        ] {
            assert_eq!(code(set(model, to).await.unwrap_err()), (Code::Invalid, vec![field.to_owned()]), "{model} → {to}");
        }
        let second = set("a/*", "fake/echo").await.unwrap();
        assert_eq!((second.id, fallbacks(&server, &admin).await.unwrap().len()), (first.id, 1), "{}: replaced", test.engine);
        assert_eq!(next("a/any").as_deref(), Some("fake/echo"));
        remove_fallback(&server, &admin, &here, first.id).await.unwrap();
        assert_eq!(next("a/any"), None);
        assert_eq!(code(remove_fallback(&server, &admin, &here, first.id).await.unwrap_err()).0, Code::NotFound);
    }
}

#[tokio::test]
async fn what_the_server_brings_can_be_limited() {
    for (server, test) in servers().await {
        let (admin, here) = (viewer(&server, Role::Admin), Origin::default());
        let fake = list(&server, &admin).await.unwrap().into_iter().find(|p| p.slug == "fake").unwrap();
        let limits = Limits { concurrent: Some(2), queue: Some(7), ..Limits::default() };
        let form = ProviderForm { kind: Kind::Fake, base_url: None, private: false, limits: limits.clone(), ..form("fake", "", None) };
        let saved = save(&server, &admin, &here, Some(fake.id), form).await.unwrap();
        assert!(saved.builtin && saved.limits == limits, "{}: {saved:?}", test.engine);
        let bounds = server.registry.resolve(Some("fake/echo"), ANYBODY).unwrap().upstream.bounds;
        assert_eq!((bounds.concurrent, bounds.queue, bounds.idle), (Some(2), Duration::from_secs(7), Duration::from_secs(120)));
    }
}

/// A list of one model.
const LISTED: &str = r#"{"data":[{"id":"m"}]}"#;

#[tokio::test]
async fn models_are_offered_in_the_order_that_an_administrator_arranges() {
    for (server, test) in servers().await {
        let admin = viewer(&server, Role::Admin);
        let origin = Origin::default();
        for slug in ["alpha", "beta"] {
            let url = upstream(200, LISTED).await;
            save(&server, &admin, &origin, None, form(slug, &url, None)).await.unwrap();
        }
        let slugs = async || list(&server, &admin).await.unwrap().into_iter().map(|one| (one.slug, one.position)).collect::<Vec<_>>();
        let names = |all: &[(String, u32)]| all.iter().map(|(slug, _)| slug.clone()).collect::<Vec<_>>();
        let before = slugs().await;
        assert!(before.iter().map(|(_, position)| *position).eq(1..=before.len() as u32), "{}: {before:?}", test.engine);
        let beta = list(&server, &admin).await.unwrap().into_iter().find(|one| one.slug == "beta").unwrap();
        let moved = arrange(&server, &admin, &origin, beta.id, Place::At(1)).await.unwrap();
        assert_eq!((moved.position, names(&slugs().await)[0].as_str()), (1, "beta"), "{}", test.engine);
        let models: Vec<_> = models(&server, &admin).await.unwrap().into_iter().map(|model| model.provider).collect();
        let of = |slug: &str| models.iter().position(|provider| provider == slug);
        assert!(of("beta") < of("alpha") && of("alpha").is_some(), "{}: {models:?}", test.engine);
        // One that is added now is the last; what is moved by one changes places with its neighbour.
        let url = upstream(200, LISTED).await;
        let added = save(&server, &admin, &origin, None, form("new", &url, None)).await.unwrap();
        assert_eq!(added.position as usize, before.len() + 1, "{}", test.engine);
        arrange(&server, &admin, &origin, beta.id, Place::Down).await.unwrap();
        assert_eq!(names(&slugs().await)[1], "beta", "{}", test.engine);
        assert!(check_position(Some(0)).is_err() && check_position(None).is_ok());
    }
}

#[tokio::test]
async fn only_openais_shape_has_two_apis() {
    for (server, test) in servers().await {
        let admin = viewer(&server, Role::Admin);
        let wrong = ProviderForm { kind: Kind::Anthropic, api: Api::Responses, ..form("new", "http://127.0.0.1:1", None) };
        let refused = save(&server, &admin, &Origin::default(), None, wrong).await.unwrap_err();
        assert_eq!(code(refused), (Code::Invalid, vec!["api".to_owned()]), "{}", test.engine);
        let right = ProviderForm { api: Api::Responses, ..form("new", "http://127.0.0.1:1", None) };
        let saved = save(&server, &admin, &Origin::default(), None, right).await.unwrap();
        assert_eq!(get(&server, &admin, saved.id).await.unwrap().api, Api::Responses, "{}", test.engine);
    }
}
