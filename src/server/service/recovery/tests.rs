//! A forgotten password: the answer tells nothing, the link is good once, everything else ends.

use super::super::mail::tests::{clock, letters, person, token};
use super::super::{account, token as bearer};
use super::*;
use crate::model::error::{Code, Rule};
use crate::model::mail::LetterKind;
use crate::server::db::testing::databases;
use crate::server::service::device::Device;
use crate::server::testing::server;

const NEW: &str = "another calm river 42";

#[tokio::test]
async fn known_and_unknown_addresses_get_the_same_answer_before_anything_is_looked_up() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        person(&server, "ada").await;
        // `ask` cannot wait for a database: it is no async function. What it answers is decided by the address alone.
        for email in ["ada@example.org", "nobody@example.org"] {
            assert!(ask(&server, &Origin::default(), email, None).await.is_ok(), "{email}");
            let Err(Error::Client(again)) = ask(&server, &Origin::default(), email, None).await else { panic!("{email}") };
            assert_eq!((again.code, again.retry_after), (Code::RateLimited, Some(60)), "{email}");
        }
        assert!(ask(&server, &Origin::default(), "no address", None).await.is_err());
        // What was begun after the answers.
        while letters(&server, "ada@example.org").await.is_empty() {
            tokio::task::yield_now().await;
        }
        send(&server, &Origin::default(), "nobody@example.org", None).await.unwrap();
        assert!(letters(&server, "nobody@example.org").await.is_empty(), "{}", test.engine);
        account::set_disabled(&server, "ada@example.org", true).await.unwrap();
        let before = letters(&server, "ada@example.org").await.len();
        send(&server, &Origin::default(), "ada@example.org", None).await.unwrap();
        assert_eq!(letters(&server, "ada@example.org").await.len(), before, "a locked account gets no link");
    }
}

#[tokio::test]
async fn the_link_sets_the_password_once_and_every_sign_in_ends() {
    for test in databases().await {
        let clock = clock();
        let server = server(test.db.clone(), clock.clone()).await;
        let ada = person(&server, "ada").await;
        let login = async |password: &str| {
            bearer::login(&server, &Origin::default(), &Device::default(), "ada@example.org", password.to_owned()).await
        };
        let bearer::Entry::In(_, tokens) = login("correct horse battery").await.unwrap() else { panic!("a second factor") };
        send(&server, &Origin::default(), "ada@example.org", None).await.unwrap();
        let link = token(&server, "ada@example.org", LetterKind::ResetPassword).await;
        look(&server, &link).await.unwrap();
        let Err(Error::Client(weak)) = confirm(&server, &Origin::default(), &link, "ada@example".into()).await else { panic!("weak") };
        assert!(matches!(weak.field("password").map(|field| &field.rule), Some(Rule::Weak(_))));
        confirm(&server, &Origin::default(), &link, NEW.into()).await.unwrap();
        assert!(confirm(&server, &Origin::default(), &link, NEW.into()).await.is_err(), "{}: good once", test.engine);
        assert!(login("correct horse battery").await.is_err());
        assert!(
            bearer::viewer(&server, &tokens.access).await.is_err()
                && bearer::refresh(&server, &Origin::default(), &tokens.refresh).await.is_err()
        );
        clock.advance(Duration::minutes(1));
        assert!(login(NEW).await.is_ok());
        let sent = letters(&server, "ada@example.org").await;
        assert_eq!(sent.last().map(|(kind, _)| *kind), Some(LetterKind::PasswordChanged));
        assert!(server.db.people().find(ada.user.id).await.unwrap().unwrap().email_verified, "who has the link reads the mail");
    }
}

#[tokio::test]
async fn a_link_ends_after_half_an_hour_and_when_a_newer_one_is_sent() {
    for test in databases().await {
        let clock = clock();
        let server = server(test.db.clone(), clock.clone()).await;
        person(&server, "ada").await;
        send(&server, &Origin::default(), "ada@example.org", None).await.unwrap();
        let first = token(&server, "ada@example.org", LetterKind::ResetPassword).await;
        send(&server, &Origin::default(), "ada@example.org", None).await.unwrap();
        let second = token(&server, "ada@example.org", LetterKind::ResetPassword).await;
        assert!(look(&server, &first).await.is_err() && look(&server, &second).await.is_ok(), "{}", test.engine);
        clock.advance(LIFETIME);
        assert!(confirm(&server, &Origin::default(), &second, NEW.into()).await.is_err());
    }
}

#[tokio::test]
async fn changing_the_password_keeps_the_sign_in_that_asked_and_ends_the_others() {
    for test in databases().await {
        let clock = clock();
        let server = server(test.db.clone(), clock.clone()).await;
        person(&server, "ada").await;
        let login = async || match bearer::login(
            &server,
            &Origin::default(),
            &Device::default(),
            "ada@example.org",
            "correct horse battery".into(),
        )
        .await
        {
            Ok(bearer::Entry::In(_, tokens)) => tokens,
            other => panic!("{other:?}"),
        };
        let (mine, other) = (login().await, login().await);
        let viewer = bearer::viewer(&server, &mine.access).await.unwrap();
        let change = async |current: Option<&str>, new: &str| {
            password::change(&server, &viewer, &Origin::default(), current.map(str::to_owned), new.to_owned()).await
        };
        assert!(matches!(change(Some("wrong"), NEW).await, Err(Error::Client(error)) if error.code == Code::BadCredentials));
        assert!(matches!(change(None, NEW).await, Err(Error::Client(error)) if error.code == Code::BadCredentials));
        assert!(
            matches!(change(Some("correct horse battery"), "12345678").await, Err(Error::Client(error)) if error.code == Code::Invalid)
        );
        clock.advance(Duration::minutes(1));
        change(Some("correct horse battery"), NEW).await.unwrap();
        assert!(bearer::viewer(&server, &mine.access).await.is_ok(), "{}", test.engine);
        assert!(
            bearer::viewer(&server, &other.access).await.is_err()
                && bearer::refresh(&server, &Origin::default(), &other.refresh).await.is_err()
        );
    }
}
