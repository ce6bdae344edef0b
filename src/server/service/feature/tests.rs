//! Every switch, at the place where its thing is done, on both databases.

use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::i18n::Locale;
use crate::model::activity::{Action, ActivityQuery};
use crate::model::chat::Ask;
use crate::model::operation::FeatureSettings;
use crate::model::share::{Format, ShareForm};
use crate::model::user::{Registration, Role};
use crate::model::voice::Reading;
use crate::server::clock::Clock;
use crate::server::db::testing::databases;
use crate::server::service::viewer::{Origin, Site};
use crate::server::service::{
    account, activity, avatar, erasure, export, file, generation, import, provider, setting, share, token, transcript, voice,
};
use crate::server::storage::Bytes;
use crate::server::testing::{self, signed_in};

/// Whether a service said that this is switched off.
fn is_off<T>(done: Result<T>) -> bool {
    let Err(error) = done else { return false };
    let error = error.into_api();
    error.code == Code::Forbidden && error.message.ends_with("is switched off on this server.")
}

/// Does what the switch is about; whether it was refused for it.
async fn refused(server: &Server, viewer: &Viewer, chat: Uuid, feature: Feature) -> bool {
    let (origin, bytes) = (Origin::default(), || futures::stream::iter([Ok(Bytes::from_static(b"words"))]));
    match feature {
        Feature::Sharing => {
            let form = ShareForm { session_id: chat, live: true, sign_in: false, indexed: false, files: false, days: None };
            is_off(share::create(server, viewer, &origin, &Site::default(), form).await)
        }
        Feature::Imports => is_off(import::receive(server, viewer, "conversations.json", bytes()).await),
        Feature::Exports => {
            let one = is_off(transcript::of(server, viewer, chat, Format::Text, Locale::En).await);
            assert_eq!(one, is_off(export::start(server, viewer, &origin).await), "both or neither");
            one
        }
        Feature::Uploads => {
            let whole = is_off(file::store(server, viewer, "notes.txt", bytes()).await);
            assert_eq!(whole, is_off(file::begin(server, viewer, "large.txt", 10).await), "both or neither");
            whole
        }
        Feature::Avatars => is_off(avatar::set(server, viewer, &origin, b"no picture".to_vec()).await),
        Feature::Voice => is_off(voice::speak(server, viewer, Reading { input: "a".into(), ..Reading::default() }).await),
        Feature::Api => {
            let password = "correct horse battery".to_owned();
            is_off(token::login(server, &origin, &Default::default(), &viewer.user.email, password).await)
        }
        Feature::Deletion => is_off(erasure::request(server, viewer, &origin, Some("not the password".into())).await),
    }
}

#[tokio::test]
async fn what_is_switched_off_is_refused_to_everybody_and_on_again_it_is_not() {
    for test in databases().await {
        let server = testing::server(test.db.clone(), Clock::default()).await;
        provider::start(&server).await.unwrap();
        generation::keep(&server);
        let form =
            |name: &str| Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
        let root = signed_in(&server, account::create(&server, form("root"), Role::Admin).await.unwrap()).await;
        let ada = signed_in(&server, account::create(&server, form("ada"), Role::User).await.unwrap()).await;
        let ask = Ask { chat_id: None, text: "go".into(), model: Some("fake/echo@0".into()), request_id: None, replaces: None };
        let started = generation::send(&server, &ada, ask).await.unwrap();
        generation::whole(&server, &ada, &started).await.unwrap();
        let origin = Origin::default();
        let set = async |viewer: &Viewer, off: &[Feature]| {
            setting::update_features(&server, viewer, &origin, FeatureSettings { off: off.to_vec() }).await
        };
        let link = ShareForm { session_id: started.chat_id, live: true, sign_in: false, indexed: false, files: false, days: None };
        let link = share::create(&server, &ada, &origin, &Site::default(), link).await.unwrap().url;
        let token = link.rsplit('/').next().unwrap().to_owned();
        assert_eq!(set(&ada, &[Feature::Voice]).await.unwrap_err().into_api().code, Code::Forbidden, "{}", test.engine);
        for feature in Feature::ALL {
            assert!(!refused(&server, &ada, started.chat_id, feature).await, "{}: {feature:?} is on", test.engine);
            set(&root, &[feature]).await.unwrap();
            for person in [&ada, &root] {
                assert!(refused(&server, person, started.chat_id, feature).await, "{}: {feature:?} is off", test.engine);
            }
            assert_eq!(off(&server), feature.name());
            assert_eq!(share::open(&server, None, &token, None).await.is_ok(), feature != Feature::Sharing, "a link that is there");
            set(&root, &[]).await.unwrap();
        }
        let asked = ActivityQuery { action: Some(Action::SettingsChanged), ..ActivityQuery::default() };
        let log = activity::list(&server, &root, &origin, asked, None).await.unwrap();
        let noted = log.items.first();
        assert_eq!(noted.map(|entry| &entry.activity.detail), Some(&json!({"group": "features", "on": "deletion"})), "{}", test.engine);
    }
}
