//! Who may make an account: open, by invitation, by domain, closed, and with an administrator's approval.

use super::super::mail::tests::{clock, letters, person, token};
use super::super::{account, setting, token as bearer};
use super::*;
use crate::model::mail::LetterKind;
use crate::model::user::{self, User};
use crate::server::db::testing::databases;
use crate::server::service::device::Device;
use crate::server::testing::server_with;

async fn set(server: &Server, admin: &Viewer, group: RegistrationSettings) {
    setting::update_registration(server, admin, &Origin::default(), group).await.unwrap();
}

async fn register(server: &Server, email: &str, invitation: Option<&str>) -> Result<User> {
    let form = user::Registration { email: email.into(), name: "Eve".into(), password: "correct horse battery".into() };
    account::register(server, &Origin::default(), form, Application { invitation, language: None }).await
}

fn code<T>(result: Result<T>) -> Option<Code> {
    match result {
        Err(Error::Client(error)) => Some(error.code),
        _ => None,
    }
}

macro_rules! each_server {
    ($server:ident, $admin:ident, $test:ident => $body:block) => {
        for $test in databases().await {
            let limits = crate::server::service::limit::LimitConfig::per_ip(0, 0);
            let $server = server_with($test.db.clone(), clock(), crate::server::testing::config(), limits).await;
            let $admin = person(&$server, "root").await;
            $body
        }
    };
}

#[tokio::test]
async fn an_open_server_takes_everybody_and_asks_for_a_proof_of_the_address() {
    each_server!(server, _admin, test => {
        let user = register(&server, "eve@example.org", None).await.unwrap();
        assert!(!user.email_verified, "{}", test.engine);
        assert_eq!(letters(&server, "eve@example.org").await[0].0, LetterKind::VerifyEmail);
    });
}

#[tokio::test]
async fn an_invitation_is_for_one_address_once_and_proves_it() {
    each_server!(server, admin, test => {
        set(&server, &admin, RegistrationSettings { mode: RegistrationMode::Invitation, approval: true, ..Default::default() }).await;
        assert_eq!(code(register(&server, "eve@example.org", None).await), Some(Code::Forbidden));
        assert_eq!(code(register(&server, "eve@example.org", Some("made up")).await), Some(Code::Invalid));
        let sent = invite(&server, &admin, &Origin::default(), " Eve@example.org ", Some("zh-CN".into())).await.unwrap();
        assert_eq!(sent.email, "eve@example.org");
        let link = token(&server, "eve@example.org", LetterKind::Invitation).await;
        assert_eq!(look(&server, &link).await.unwrap().by, "root");
        assert_eq!(code(register(&server, "mallory@example.org", Some(&link)).await), Some(Code::Invalid), "somebody else's");
        let user = register(&server, "eve@example.org", Some(&link)).await.unwrap();
        assert!(user.email_verified, "{}", test.engine);
        assert!(server.db.sign_ins().standing(&user).await.unwrap().unwrap().pending_since.is_none(), "{}", test.engine);
        assert!(look(&server, &link).await.is_err(), "good once");
        assert!(!letters(&server, "eve@example.org").await.iter().any(|(kind, _)| *kind == LetterKind::VerifyEmail));
        let again = invite(&server, &admin, &Origin::default(), "eve@example.org", None).await;
        assert_eq!(code(again), Some(Code::Invalid), "there is an account already");
    });
}

#[tokio::test]
async fn only_some_domains_and_nobody_where_it_is_closed() {
    each_server!(server, admin, test => {
        set(&server, &admin, RegistrationSettings { domains: vec!["example.org".into()], ..Default::default() }).await;
        let Err(Error::Client(error)) = register(&server, "eve@evil.example", None).await else { panic!("{}", test.engine) };
        assert_eq!(error.field("email").map(|field| &field.rule), Some(&Rule::Domain));
        invite(&server, &admin, &Origin::default(), "eve@evil.example", None).await.unwrap();
        let link = token(&server, "eve@evil.example", LetterKind::Invitation).await;
        assert!(register(&server, "ada@example.org", None).await.is_ok());
        set(&server, &admin, RegistrationSettings { mode: RegistrationMode::Closed, ..Default::default() }).await;
        assert_eq!(code(register(&server, "bob@example.org", None).await), Some(Code::Forbidden));
        assert_eq!(code(register(&server, "eve@evil.example", Some(&link)).await), Some(Code::Forbidden));
        assert_eq!(code(invite(&server, &admin, &Origin::default(), "x@example.org", None).await), Some(Code::Conflict));
    });
}

#[tokio::test]
async fn an_account_that_waits_for_approval_cannot_be_signed_in_to() {
    each_server!(server, admin, test => {
        set(&server, &admin, RegistrationSettings { approval: true, ..Default::default() }).await;
        let user = register(&server, "eve@example.org", None).await.unwrap();
        let login = async || bearer::login(&server, &Origin::default(), &Device::default(), "eve@example.org", "correct horse battery".into()).await;
        assert_eq!(code(login().await), Some(Code::Pending), "{}", test.engine);
        let eve = Viewer { user: user.clone(), ..admin.clone() };
        assert_eq!(code(approve(&server, &eve, &Origin::default(), user.id).await), Some(Code::Forbidden));
        assert_eq!(code(approve(&server, &admin, &Origin::default(), Uuid::new_v4()).await), Some(Code::NotFound));
        assert!(approve(&server, &admin, &Origin::default(), user.id).await.unwrap());
        assert!(!approve(&server, &admin, &Origin::default(), user.id).await.unwrap(), "once");
        assert!(login().await.is_ok());
        assert_eq!(letters(&server, "eve@example.org").await.last().map(|(kind, _)| *kind), Some(LetterKind::Approved));
    });
}
