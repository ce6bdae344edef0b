//! An address is proved by a link that is good once; another one is used only when it is proved.

use super::super::mail::tests::{clock, letters, person, token};
use super::super::setting;
use super::*;
use crate::model::mail::LetterKind;
use crate::model::setting::SecuritySettings;
use crate::server::db::testing::databases;
use crate::server::testing::server;

async fn now(server: &Server, viewer: &Viewer) -> Viewer {
    let user = server.db.people().find(viewer.user.id).await.unwrap().unwrap();
    Viewer { user, ..viewer.clone() }
}

#[tokio::test]
async fn an_address_is_proved_once_and_in_time() {
    for test in databases().await {
        let clock = clock();
        let server = server(test.db.clone(), clock.clone()).await;
        let ada = person(&server, "ada").await;
        ask(&server, &ada, &Origin::default(), Some("zh-CN")).await.unwrap();
        let early = token(&server, "ada@example.org", LetterKind::VerifyEmail).await;
        assert!(letters(&server, "ada@example.org").await[0].1.html.contains("lang=\"zh-CN\""), "in the language of the page");
        let Err(Error::Client(again)) = ask(&server, &ada, &Origin::default(), None).await else { panic!("no cool-down") };
        assert_eq!((again.code, again.retry_after), (Code::RateLimited, Some(60)));
        clock.advance(Duration::minutes(1));
        ask(&server, &ada, &Origin::default(), None).await.unwrap();
        let token = token(&server, "ada@example.org", LetterKind::VerifyEmail).await;
        assert!(redeem(&server, &Origin::default(), &early).await.is_err(), "the newer link ends it");
        assert_eq!(redeem(&server, &Origin::default(), &token).await.unwrap(), "ada@example.org");
        assert!(redeem(&server, &Origin::default(), &token).await.is_err(), "good once");
        let ada = now(&server, &ada).await;
        assert!(ada.user.email_verified, "{}", test.engine);
        clock.advance(Duration::minutes(1));
        let before = letters(&server, "ada@example.org").await.len();
        assert!(ask(&server, &ada, &Origin::default(), None).await.unwrap().verified);
        assert_eq!(letters(&server, "ada@example.org").await.len(), before, "there is nothing to prove");
    }
}

#[tokio::test]
async fn a_late_link_proves_nothing() {
    for test in databases().await {
        let clock = clock();
        let server = server(test.db.clone(), clock.clone()).await;
        let ada = person(&server, "ada").await;
        ask(&server, &ada, &Origin::default(), None).await.unwrap();
        let token = token(&server, "ada@example.org", LetterKind::VerifyEmail).await;
        clock.advance(LIFETIME);
        assert!(redeem(&server, &Origin::default(), &token).await.is_err(), "{}", test.engine);
        assert!(!now(&server, &ada).await.user.email_verified);
    }
}

#[tokio::test]
async fn another_address_holds_when_it_is_proved_and_both_hear_of_it() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let (ada, _bob) = (person(&server, "ada").await, person(&server, "bob").await);
        let refused = async |email: &str| match change(&server, &ada, &Origin::default(), email, None).await {
            Err(Error::Client(error)) => error.field("email").map(|field| field.rule.clone()),
            _ => None,
        };
        assert_eq!(refused("nonsense").await, Some(Rule::Format));
        assert_eq!(refused("ADA@example.org").await, Some(Rule::Taken));
        assert_eq!(refused("bob@example.org").await, Some(Rule::Taken));
        let state = change(&server, &ada, &Origin::default(), "Ada@New.example", None).await.unwrap();
        assert_eq!((state.email.as_str(), state.pending.as_deref()), ("ada@example.org", Some("ada@new.example")));
        assert_eq!(letters(&server, "ada@example.org").await[0].0, LetterKind::EmailChanging);
        assert_eq!(now(&server, &ada).await.user.email, "ada@example.org", "the old one stays");
        let token = token(&server, "ada@new.example", LetterKind::VerifyEmail).await;
        assert_eq!(redeem(&server, &Origin::default(), &token).await.unwrap(), "ada@new.example");
        let ada = now(&server, &ada).await;
        assert!(ada.user.email == "ada@new.example" && ada.user.email_verified, "{}", test.engine);
        assert_eq!(letters(&server, "ada@example.org").await[1].0, LetterKind::EmailChanged);
        assert_eq!(super::state(&server, &ada).await.unwrap().pending, None);
    }
}

#[tokio::test]
async fn an_address_that_somebody_took_meanwhile_is_not_given_twice() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let ada = person(&server, "ada").await;
        change(&server, &ada, &Origin::default(), "eve@example.org", None).await.unwrap();
        let token = token(&server, "eve@example.org", LetterKind::VerifyEmail).await;
        person(&server, "eve").await;
        let Err(Error::Client(error)) = redeem(&server, &Origin::default(), &token).await else { panic!("{}", test.engine) };
        assert_eq!(error.field("email").map(|field| &field.rule), Some(&Rule::Taken));
        assert_eq!(now(&server, &ada).await.user.email, "ada@example.org");
    }
}

#[tokio::test]
async fn chatting_waits_for_the_proof_where_administrators_say_so() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let (admin, ada) = (person(&server, "root").await, person(&server, "ada").await);
        assert!(require(&server, &ada).is_ok());
        let group = SecuritySettings { require_verification: true, ..Default::default() };
        setting::update_security(&server, &admin, &Origin::default(), group).await.unwrap();
        let Err(Error::Client(error)) = require(&server, &ada) else { panic!("{}", test.engine) };
        assert_eq!(error.code, Code::Unverified);
        let ask = crate::model::chat::Ask { chat_id: None, text: "hi".into(), model: None, request_id: None, replaces: None };
        let refused = crate::server::service::generation::send(&server, &ada, ask).await;
        assert!(matches!(refused, Err(Error::Client(error)) if error.code == Code::Unverified));
        server.db.credentials().verify_email(ada.user.id, "ada@example.org", server.clock.now()).await.unwrap();
        assert!(require(&server, &now(&server, &ada).await).is_ok());
    }
}
