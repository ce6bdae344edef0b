//! What administrators say of models, on both databases: who may use them, what is known of them, the defaults.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::routing::post;
use http::StatusCode;
use serde_json::Value;
use tokio::net::TcpListener;

use super::*;
use crate::model::chat::Ask;
use crate::model::error::Code;
use crate::model::provider::{Kind, Limits, ProviderForm};
use crate::model::setup::Setup;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::generation::{send, whole};
use crate::server::service::viewer::Via;
use crate::server::service::{account, provider};
use crate::server::testing;

/// A server, its administrator and somebody else.
async fn stage(test: &TestDb) -> (Server, Viewer, Viewer) {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    provider::start(&server).await.unwrap();
    let mut viewers = Vec::new();
    for (name, role) in [("ada", Role::Admin), ("bob", Role::User)] {
        let new = Registration { email: format!("{name}@example.org"), name: name.into(), password: "quiet river, seven".into() };
        let user = account::create(&server, new, role).await.unwrap();
        viewers.push(Viewer { user, via: Via::Session { id_hash: [0; 32] } });
    }
    let bob = viewers.pop().unwrap();
    (server, viewers.pop().unwrap(), bob)
}

async fn fake(server: &Server, admin: &Viewer) -> Uuid {
    provider::list(server, admin).await.unwrap().into_iter().find(|one| one.slug == "fake").unwrap().id
}

async fn ids(server: &Server, viewer: &Viewer) -> Vec<String> {
    provider::models(server, viewer).await.unwrap().into_iter().map(|model| model.id).collect()
}

fn ask(model: &str) -> Ask {
    Ask { chat_id: None, text: "hi".into(), model: Some(model.into()), request_id: None, replaces: None }
}

/// A provider that notes what it is asked, and refuses.
async fn listening(server: &Server, admin: &Viewer) -> (Uuid, Arc<Mutex<Option<Value>>>) {
    let heard: Arc<Mutex<Option<Value>>> = Arc::default();
    let note = heard.clone();
    let answer = post(move |axum::Json(body): axum::Json<Value>| {
        *note.lock().unwrap() = Some(body);
        async { StatusCode::BAD_REQUEST }
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/chat/completions", answer)).await });
    let form = ProviderForm {
        slug: "mine".into(),
        kind: Kind::Openai,
        base_url: Some(url),
        api_key: None,
        enabled: true,
        private: true,
        api: Default::default(),
        limits: Limits::default(),
    };
    (provider::save(server, admin, &Origin::default(), None, form).await.unwrap().id, heard)
}

async fn say(server: &Server, admin: &Viewer, name: &str, form: ModelForm) -> Result<CatalogueEntry> {
    save(server, admin, &Origin::default(), (fake(server, admin).await, name), form).await
}

#[tokio::test]
async fn a_model_is_for_those_it_is_kept_for_everywhere() {
    for test in databases().await {
        let (server, ada, bob) = stage(&test).await;
        assert!(ids(&server, &bob).await.contains(&"fake/echo".to_owned()));
        for (access, people, for_ada, for_bob) in [
            (Access::Admins, vec![], true, false),
            (Access::People, vec!["Bob@Example.org".to_owned()], false, true),
            (Access::Everyone, vec![], true, true),
        ] {
            say(&server, &ada, "echo", ModelForm { access, people, ..ModelForm::default() }).await.unwrap();
            for (viewer, may) in [(&ada, for_ada), (&bob, for_bob)] {
                assert_eq!(ids(&server, viewer).await.contains(&"fake/echo".to_owned()), may, "{}: {access:?}", test.engine);
                for name in ["fake/echo", "echo"] {
                    let asked = send(&server, viewer, ask(name)).await;
                    assert_eq!(asked.is_ok(), may, "{}: {access:?} {name}", test.engine);
                    assert!(may || asked.unwrap_err().into_api().field("model").is_some());
                }
            }
        }
        say(&server, &ada, "echo", ModelForm { enabled: false, ..ModelForm::default() }).await.unwrap();
        assert!(!ids(&server, &ada).await.contains(&"fake/echo".to_owned()), "switched off for administrators too");
        let entry = find(&server, &ada, fake(&server, &ada).await, "echo").await.unwrap();
        assert!(entry.listed && !entry.own.unwrap().enabled);
    }
}

#[tokio::test]
async fn what_was_said_stands_over_what_is_known_and_holds_after_a_restart_until_it_is_forgotten() {
    for test in databases().await {
        let (server, ada, bob) = stage(&test).await;
        let price = crate::model::provider::Price { input: 1_000_000, output: 2_000_000, cached: None };
        let form = ModelForm {
            title: Some("The Echo".into()),
            icon: Some("🪞".into()),
            position: Some(0),
            context: Some(1234),
            price: Some(price),
            ..ModelForm::default()
        };
        let before = find(&server, &ada, fake(&server, &ada).await, "echo").await.unwrap().known;
        let said = say(&server, &ada, "echo", form.clone()).await.unwrap();
        assert_eq!((said.own.as_ref(), &said.known), (Some(&form), &before), "what is known is shown beside it");
        let next = testing::server(test.db.clone(), Clock::default()).await;
        provider::start(&next).await.unwrap();
        let models = provider::models(&next, &bob).await.unwrap();
        let first = models.iter().find(|model| model.provider == "fake").expect("the scripted models are listed");
        assert_eq!((first.id.as_str(), first.name.as_str(), first.icon.as_deref()), ("fake/echo", "The Echo", Some("🪞")));
        assert_eq!((first.context, first.price), (Some(1234), Some(price)), "{}: put first among its provider's", test.engine);
        let resolved = next.registry.resolve(Some("fake/echo"), bob.who()).unwrap();
        assert_eq!((resolved.context, resolved.facts.price), (Some(1234), Some(price)));
        forget(&next, &ada, &Origin::default(), (fake(&next, &ada).await, "echo")).await.unwrap();
        assert_eq!(next.registry.resolve(Some("fake/echo"), bob.who()).unwrap().context, before.context);
        let again = forget(&next, &ada, &Origin::default(), (fake(&next, &ada).await, "echo")).await;
        assert_eq!(again.unwrap_err().into_api().code, Code::NotFound);
    }
}

#[tokio::test]
async fn a_models_own_prompt_is_told_and_its_parameters_hold_where_the_conversation_sets_none() {
    for test in databases().await {
        let (server, ada, bob) = stage(&test).await;
        let (id, heard) = listening(&server, &ada).await;
        let setup = Setup { system_prompt: Some("Speak like a mirror.".into()), max_tokens: Some(7), ..Setup::default() };
        let form = ModelForm { setup: setup.clone(), ..ModelForm::default() };
        save(&server, &ada, &Origin::default(), (id, "m"), form).await.unwrap();
        let started = send(&server, &bob, ask("mine/m")).await.unwrap();
        whole(&server, &bob, &started).await.unwrap();
        let heard = heard.lock().unwrap().clone().expect("the provider was asked").to_string();
        assert!(heard.contains("Speak like a mirror."), "{}: {heard}", test.engine);
        assert!(heard.contains(":7"), "{}: {heard}", test.engine);
        let own = Setup { max_tokens: Some(9), ..Setup::default() }.over(&setup);
        assert_eq!((own.max_tokens, own.system_prompt), (Some(9), None));
    }
}

#[tokio::test]
async fn the_model_for_pictures_is_pointed_out_to_those_who_may_use_it() {
    for test in databases().await {
        let (server, ada, bob) = stage(&test).await;
        let pointed = async |viewer: &Viewer| {
            let models = provider::models(&server, viewer).await.unwrap();
            models.into_iter().filter(|model| model.pictures).map(|model| model.id).collect::<Vec<_>>()
        };
        assert!(pointed(&ada).await.is_empty(), "{}: nobody chose one", test.engine);
        // Not the first that sees.
        let group = ModelSettings { vision: Some("fake/long-20000".into()), ..ModelSettings::default() };
        set_defaults(&server, &ada, &Origin::default(), group).await.unwrap();
        assert_eq!((pointed(&ada).await, pointed(&bob).await), (vec!["fake/long-20000".into()], vec!["fake/long-20000".to_owned()]));
        say(&server, &ada, "long-20000", ModelForm { access: Access::Admins, ..ModelForm::default() }).await.unwrap();
        assert_eq!((pointed(&ada).await.len(), pointed(&bob).await.len()), (1, 0), "{}", test.engine);
    }
}

#[tokio::test]
async fn defaults_are_models_that_there_are_and_hold_for_those_who_may_use_them() {
    for test in databases().await {
        let (server, ada, bob) = stage(&test).await;
        let set = async |chat: &str| {
            set_defaults(&server, &ada, &Origin::default(), ModelSettings { chat: Some(chat.into()), ..ModelSettings::default() }).await
        };
        assert!(set("nobody/knows").await.unwrap_err().into_api().field("chat").is_some());
        set("fake/markdown").await.unwrap();
        assert_eq!(server.registry.resolve(None, bob.who()).unwrap().id, "fake/markdown", "{}", test.engine);
        say(&server, &ada, "markdown", ModelForm { access: Access::Admins, ..ModelForm::default() }).await.unwrap();
        assert_eq!(server.registry.resolve(None, ada.who()).unwrap().id, "fake/markdown");
        assert_ne!(server.registry.resolve(None, bob.who()).unwrap().id, "fake/markdown");
        let denied = set_defaults(&server, &bob, &Origin::default(), ModelSettings::default()).await;
        assert_eq!(denied.unwrap_err().into_api().code, Code::Forbidden);
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_of_its_field_and_nothing_is_stored() {
    for test in databases().await {
        let (server, ada, bob) = stage(&test).await;
        let nobody = ModelForm { access: Access::People, people: vec!["nobody@example.org".into()], ..ModelForm::default() };
        let refused = say(&server, &ada, "echo", nobody).await.unwrap_err().into_api();
        assert_eq!(refused.field("people").map(|field| &field.rule), Some(&Rule::Unknown), "{}", test.engine);
        assert!(find(&server, &ada, fake(&server, &ada).await, "echo").await.unwrap().own.is_none());
        let long = say(&server, &ada, &"x".repeat(NAME_MAX + 1), ModelForm::default()).await.unwrap_err().into_api();
        assert!(long.field("name").is_some());
        let stranger = save(&server, &bob, &Origin::default(), (fake(&server, &ada).await, "echo"), ModelForm::default()).await;
        assert_eq!(stranger.unwrap_err().into_api().code, Code::Forbidden);
        let none = find(&server, &ada, Uuid::now_v7(), "echo").await.unwrap_err().into_api();
        assert_eq!(none.code, Code::NotFound);
    }
}
