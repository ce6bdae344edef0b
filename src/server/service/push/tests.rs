//! Messages to a push service that takes them, read as the device would read them.

use std::sync::Arc;

use http::HeaderMap;

use super::*;
use crate::model::error::Code;
use crate::model::push::PushKeys;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::crypto::push::tests::{PUBLIC, SECRET, claims, decrypted};
use crate::server::db::testing::{TestDb, databases};
use crate::server::db::{Session, SessionData};
use crate::server::reach::Allowed;
use crate::server::service::{account, chat, generation, profile, provider};
use crate::server::testing::{config, server_with};
use crate::server::webhook::testing::Taker;

const SESSION: [u8; 32] = [7; 32];

async fn people(test: &TestDb) -> (Server, Clock, [Viewer; 2]) {
    let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let mut config = config();
    config.allowed = Arc::new(Allowed::parse("127.0.0.1").unwrap());
    let server = server_with(test.db.clone(), clock.clone(), config, Default::default()).await;
    provider::start(&server).await.unwrap();
    let mut viewers = Vec::new();
    for name in ["ada", "bob"] {
        let registration =
            Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
        let user = account::create(&server, registration, Role::User).await.unwrap();
        viewers.push(Viewer { user, via: Via::Session { id_hash: SESSION } });
    }
    sign_in(&server, &viewers[0]).await;
    (server, clock, viewers.try_into().unwrap())
}

async fn sign_in(server: &Server, viewer: &Viewer) {
    let (now, data) = (server.clock.now(), SessionData::new());
    let expires_at = now + chrono::Duration::days(1);
    let session =
        Session { id_hash: &SESSION, user_id: Some(viewer.user.id), data: &data, user_agent: None, ip: None, used_at: now, expires_at };
    assert!(server.db.sessions().insert(&session).await.unwrap());
}

fn device(endpoint: &str) -> NewPush {
    NewPush { endpoint: endpoint.into(), keys: PushKeys { p256dh: PUBLIC.into(), auth: SECRET.into() } }
}

/// An answer that nobody looks at, and the jobs that come of it.
async fn answered_and_told(server: &Server, clock: &Clock, viewer: &Viewer) -> Uuid {
    let ask = crate::model::chat::Ask {
        chat_id: None,
        text: "Something private".into(),
        model: Some("fake/words-10@20".into()),
        request_id: None,
        replaces: None,
    };
    let started = generation::send(server, viewer, ask).await.unwrap();
    clock.advance(chrono::Duration::seconds(1));
    generation::whole(server, viewer, &started).await.unwrap();
    // What is told is queued by a task of its own.
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        if server.db.jobs().is_due(JobKind::Push).await.unwrap() {
            break;
        }
    }
    clock.advance(WAIT);
    while job::run_next(server).await.unwrap() {}
    started.chat_id
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
}

#[tokio::test]
async fn a_device_is_told_that_an_answer_is_there_and_nothing_of_what_it_says() {
    for test in databases().await {
        let (server, clock, [ada, bob]) = people(&test).await;
        let service = Taker::begin(201, "").await;
        let origin = Origin { ip: None, user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into()) };
        let made = subscribe(&server, &ada, &origin, device(&service.url)).await.unwrap();
        assert_eq!((made.browser.as_deref(), made.told_at), (Some("Firefox"), None));
        let id = answered_and_told(&server, &clock, &ada).await;
        let taken = service.taken();
        assert_eq!(taken.len(), 1, "{}", test.engine);
        let message: Value = serde_json::from_slice(&decrypted(&taken[0].bytes)).unwrap();
        let path = format!("/chat/{id}");
        assert_eq!(message, json!({ "path": path, "title": "Liao", "body": "The answer has ended.", "tag": id }));
        let headers = &taken[0].headers;
        assert_eq!((header(headers, "content-encoding"), header(headers, "ttl")), ("aes128gcm".into(), "86400".into()));
        let authorization = header(headers, "authorization");
        let said = claims(&authorization);
        assert_eq!(said["aud"].as_str(), service.url.strip_suffix("/hook"));
        let listed = list(&server, &ada).await.unwrap();
        assert!(authorization.ends_with(&format!("k={}", listed.key)) && listed.items[0].told_at.is_some());
        assert_eq!(list(&server, &bob).await.unwrap(), PushDevices { key: listed.key, items: Vec::new() }, "one key, and her device");
        // What is stored is of no use to who reads it.
        let rows = server.db.pushes().list_for(ada.user.id, clock.now()).await.unwrap();
        assert!(!String::from_utf8_lossy(&rows[0].cipher).contains("127.0.0.1"));
        let kept = server.db.pushes().key(None).await.unwrap().unwrap().to_string();
        assert!(Vapid::read(&URL_SAFE_NO_PAD.decode(kept.split('"').nth(3).unwrap()).unwrap()).is_err(), "the key is encrypted");

        // In her language; not when somebody has looked, not when she does not want it.
        let chinese = crate::model::user::Profile { language: Some(Some("zh-CN".into())), ..Default::default() };
        profile::update(&server, &ada, &origin, chinese).await.unwrap();
        answered_and_told(&server, &clock, &ada).await;
        let message: Value = serde_json::from_slice(&decrypted(&service.taken()[0].bytes)).unwrap();
        assert_eq!(message["body"], "回答已结束。");
        chat::read(&server, &ada, id).await.unwrap();
        answered(&server, ada.user.id, id);
        tokio::time::sleep(Duration::from_millis(100)).await;
        clock.advance(WAIT);
        while job::run_next(&server).await.unwrap() {}
        let silent = serde_json::from_str(r#"{"answer_ready":false}"#).unwrap();
        profile::set_preferences(&server, &ada, silent).await.unwrap();
        answered_and_told(&server, &clock, &ada).await;
        assert_eq!(service.taken().len(), 0, "{}", test.engine);
    }
}

#[tokio::test]
async fn a_device_that_is_gone_is_forgotten_and_a_service_that_is_down_is_asked_again() {
    for test in databases().await {
        let (server, clock, [ada, _]) = people(&test).await;
        let service = Taker::begin(503, "").await;
        subscribe(&server, &ada, &Origin::default(), device(&service.url)).await.unwrap();
        answered_and_told(&server, &clock, &ada).await;
        assert_eq!(service.taken().len(), 1);
        service.answers(201, "");
        clock.advance(chrono::Duration::minutes(1));
        while job::run_next(&server).await.unwrap() {}
        assert_eq!(service.taken().len(), 1, "{}", test.engine);
        service.answers(410, "");
        answered_and_told(&server, &clock, &ada).await;
        assert!(list(&server, &ada).await.unwrap().items.is_empty(), "{}", test.engine);
    }
}

#[tokio::test]
async fn a_device_is_told_for_as_long_as_its_sign_in_lives_and_is_one_persons() {
    for test in databases().await {
        let (server, clock, [ada, bob]) = people(&test).await;
        let service = Taker::begin(201, "").await;
        let one = subscribe(&server, &ada, &Origin::default(), device(&service.url)).await.unwrap();
        assert_eq!(remove(&server, &bob, one.id).await.unwrap_err().into_api().code, Code::NotFound);
        // The same browser once more is the same device.
        let two = subscribe(&server, &ada, &Origin::default(), device(&service.url)).await.unwrap();
        let ids = async |viewer: &Viewer| list(&server, viewer).await.unwrap().items.iter().map(|item| item.id).collect::<Vec<_>>();
        assert_eq!(ids(&ada).await, [two.id]);
        server.db.sessions().delete(&SESSION).await.unwrap();
        assert!(ids(&ada).await.is_empty());
        answered_and_told(&server, &clock, &ada).await;
        assert!(service.taken().is_empty(), "{}: told after signing out", test.engine);
        assert_eq!(server.db.pushes().delete_ended(clock.now()).await.unwrap(), 1);
        // Somebody else signs in there.
        sign_in(&server, &bob).await;
        let three = subscribe(&server, &bob, &Origin::default(), device(&service.url)).await.unwrap();
        assert_eq!((ids(&bob).await, ids(&ada).await), (vec![three.id], vec![]));
        remove(&server, &bob, three.id).await.unwrap();
        assert!(ids(&bob).await.is_empty());
    }
}

#[tokio::test]
async fn only_the_address_of_a_push_service_and_keys_that_may_be_some_are_taken() {
    let test = databases().await.remove(0);
    let (server, _, [ada, _]) = people(&test).await;
    let wrong = async |new: NewPush| {
        let error = subscribe(&server, &ada, &Origin::default(), new).await.unwrap_err().into_api();
        error.fields.into_iter().map(|wrong| wrong.field).collect::<Vec<_>>()
    };
    for endpoint in [
        "",
        "nonsense",
        "http://push.example/x",
        "https://10.0.0.1/x",
        "https://169.254.169.254/latest",
        "http://localhost:1/x",
        "ftp://push.example/",
    ] {
        assert_eq!(wrong(device(endpoint)).await, ["endpoint"], "{endpoint}");
    }
    let long = format!("https://push.example/{}", "x".repeat(ENDPOINT_MAX));
    assert_eq!(wrong(device(&long)).await, ["endpoint"]);
    let keys = PushKeys { p256dh: "AAAA".into(), auth: "%".into() };
    assert_eq!(wrong(NewPush { keys, ..device("https://push.example/x") }).await, ["keys.p256dh", "keys.auth"]);
    for n in 0..DEVICES_MAX {
        subscribe(&server, &ada, &Origin::default(), device(&format!("https://push.example/{n}"))).await.unwrap();
    }
    let more = subscribe(&server, &ada, &Origin::default(), device("https://push.example/more")).await.unwrap_err();
    assert_eq!(more.into_api().code, Code::Conflict);
    assert!(subscribe(&server, &ada, &Origin::default(), device("https://push.example/3")).await.is_ok(), "a known one is none more");
}
