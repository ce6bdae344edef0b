//! The outbox, without a mail server, with one that is not there, and with one that answers.

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;

use super::super::account;
use super::super::viewer::Via;
use super::*;
use crate::model::user::{Registration, Role, User};
use crate::server::clock::Clock;
use crate::server::crypto::sha256;
use crate::server::db::testing::databases;
use crate::server::db::{NewFamily, NewToken, SignInKey, on};
use crate::server::testing::server;

/// A clock that stands still at a fixed moment.
pub fn clock() -> Clock {
    Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap())
}

/// Somebody with an account that the command line made, just signed in; the first one administers.
pub async fn person(server: &Server, name: &str) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let user = account::create(server, registration, Role::User).await.unwrap();
    let (family, now) = (Uuid::now_v7(), server.clock.now());
    let token = NewToken { hash: sha256(&family.to_string()), created_at: now, expires_at: now + Duration::days(1) };
    let family = NewFamily { id: family, user_id: user.id, user_agent: None, ip: None };
    server.db.tokens().begin(&family, token).await.unwrap();
    Viewer { user, via: Via::Token { family: family.id } }
}

/// The person proves again who they are.
async fn prove(server: &Server, viewer: &Viewer) {
    let Via::Token { family } = viewer.via else { return };
    server.db.sign_ins().prove(SignInKey::Program(family), server.clock.now()).await.unwrap();
}

/// What waits in the outbox for this address, the oldest first.
pub async fn letters(server: &Server, to: &str) -> Vec<(LetterKind, MailBody)> {
    let mut found = Vec::new();
    for mail in server.db.mails().list(None, None, 100).await.unwrap().into_iter().rev().filter(|mail| mail.recipient == to) {
        let (mail, sealed) = server.db.mails().find(mail.id).await.unwrap().unwrap();
        found.push((mail.letter, opened(server, mail.id, &sealed.unwrap()).unwrap().body));
    }
    found
}

/// The token in the link of the last letter of this kind to this address.
pub async fn token(server: &Server, to: &str, kind: LetterKind) -> String {
    let all = letters(server, to).await;
    let (_, body) = all.iter().rev().find(|(found, _)| *found == kind).unwrap_or_else(|| panic!("no {kind:?} to {to}: {all:?}"));
    let (_, rest) = body.text.split_once('=').unwrap();
    rest.split_whitespace().next().unwrap().to_owned()
}

/// A mail server that answers every recipient with this line; each mail that it took is sent on.
async fn mail_server(rcpt: &'static str) -> (u16, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (taken, mails) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let taken = taken.clone();
            tokio::spawn(async move {
                let (read, mut write) = stream.into_split();
                let mut lines = BufReader::new(read).lines();
                write.write_all(b"220 test\r\n").await.unwrap();
                while let Ok(Some(line)) = lines.next_line().await {
                    let answer = match line.split([' ', ':']).next().unwrap() {
                        "DATA" => {
                            write.write_all(b"354 go on\r\n").await.unwrap();
                            let mut text = String::new();
                            while let Ok(Some(line)) = lines.next_line().await {
                                if line == "." {
                                    break;
                                }
                                text += &format!("{line}\n");
                            }
                            let _ = taken.send(text);
                            "250 2.0.0 queued as 1"
                        }
                        "RCPT" => rcpt,
                        "QUIT" => "221 bye",
                        _ => "250 fine",
                    };
                    write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
                }
            });
        }
    });
    (port, mails)
}

async fn set(server: &Server, admin: &Viewer, port: u16) {
    let form =
        MailForm { host: "127.0.0.1".into(), port: Some(port), security: crate::model::mail::Security::Plain, ..MailForm::default() };
    prove(server, admin).await;
    set_up(server, admin, &Origin::default(), form).await.unwrap();
}

async fn only(server: &Server) -> Mail {
    let all = server.db.mails().list(None, None, 10).await.unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

fn reset() -> Letter {
    Letter::ResetPassword { link: "/reset/confirm?token=s3cr3t-t0ken".into() }
}

#[tokio::test]
async fn without_a_mail_server_a_letter_is_held_encrypted_and_only_administrators_read_it() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let (admin, ada) = (person(&server, "root").await, person(&server, "ada").await);
        letter::post(&server, &Recipient::from(&ada.user), reset()).await;
        let mail = only(&server).await;
        assert_eq!((mail.state, mail.letter, mail.user_id), (MailState::Held, LetterKind::ResetPassword, Some(ada.user.id)));
        let (_, sealed) = server.db.mails().find(mail.id).await.unwrap().unwrap();
        assert!(!String::from_utf8_lossy(&sealed.unwrap()).contains("s3cr3t"), "{}", test.engine);
        assert!(!job::run_next(&server).await.unwrap(), "nothing is queued");

        prove(&server, &admin).await;
        let opened = open(&server, &admin, &Origin::default(), mail.id).await.unwrap();
        assert!(opened.body.unwrap().text.contains("/reset/confirm?token=s3cr3t-t0ken"));
        let log = activity::own(&server, &ada, None).await.unwrap();
        assert_eq!((log.items[0].activity.action, log.items[0].activity.actor_id), (Action::MailRead, Some(admin.user.id)));
        assert!(open(&server, &ada, &Origin::default(), mail.id).await.is_err());
        assert!(list(&server, &ada, None, None, None).await.is_err());
        assert!(retry(&server, &admin, mail.id).await.is_err(), "there is nowhere to send it");
    }
}

#[tokio::test]
async fn a_mail_is_sent_and_its_text_goes() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let (admin, ada) = (person(&server, "root").await, person(&server, "ada").await);
        let (port, mut mails) = mail_server("250 fine").await;
        set(&server, &admin, port).await;
        letter::post(&server, &Recipient::from(&ada.user), reset()).await;
        assert_eq!(only(&server).await.state, MailState::Queued);
        assert!(job::run_next(&server).await.unwrap());
        let text = mails.recv().await.unwrap();
        assert!(text.contains("To: ada@example.org") && text.contains("Subject: Set a new password"), "{text}");
        let mail = only(&server).await;
        assert_eq!((mail.state, mail.attempts, mail.sent_at), (MailState::Sent, 1, Some(server.clock.now())), "{}", test.engine);
        prove(&server, &admin).await;
        assert_eq!(open(&server, &admin, &Origin::default(), mail.id).await.unwrap().body, None);
        assert!(retry(&server, &admin, mail.id).await.is_err(), "a sent mail is not sent again");
        let said = super::test(&server, &admin, None).await.unwrap();
        assert!(said.ok && said.message.starts_with("250"), "{said:?}");
    }
}

#[tokio::test]
async fn a_mail_server_that_is_not_there_changes_nothing_for_who_asks_and_is_tried_until_it_is_given_up() {
    for test in databases().await {
        let clock = clock();
        let server = server(test.db.clone(), clock.clone()).await;
        let (admin, ada) = (person(&server, "root").await, person(&server, "ada").await);
        set(&server, &admin, 9).await;
        letter::post(&server, &Recipient::from(&ada.user), reset()).await;
        for attempt in 1..=job::ATTEMPTS {
            assert!(job::run_next(&server).await.unwrap(), "{attempt}");
            let mail = only(&server).await;
            let state = if attempt == job::ATTEMPTS { MailState::Failed } else { MailState::Queued };
            assert_eq!((mail.state, mail.attempts), (state, attempt), "{}", test.engine);
            assert!(mail.error.is_some());
            clock.advance(Duration::hours(1));
        }
        assert!(!job::run_next(&server).await.unwrap(), "given up");
        let said = super::test(&server, &admin, Some("bob@example.org".into())).await.unwrap();
        assert!(!said.ok && !said.message.is_empty());
        // It is back: the same mail goes out.
        let (port, mut mails) = mail_server("250 fine").await;
        set(&server, &admin, port).await;
        assert_eq!(retry(&server, &admin, only(&server).await.id).await.unwrap().state, MailState::Queued);
        assert!(job::run_next(&server).await.unwrap());
        assert!(mails.recv().await.is_some());
        assert_eq!(only(&server).await.state, MailState::Sent);
    }
}

#[tokio::test]
async fn what_the_mail_server_refuses_for_good_is_given_up_at_once() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let (admin, ada) = (person(&server, "root").await, person(&server, "ada").await);
        let (port, _mails) = mail_server("550 5.1.1 no such mailbox").await;
        set(&server, &admin, port).await;
        letter::post(&server, &Recipient::from(&ada.user), reset()).await;
        assert!(job::run_next(&server).await.unwrap());
        let mail = only(&server).await;
        assert_eq!(mail.state, MailState::Failed, "{}", test.engine);
        assert!(mail.error.unwrap().contains("no such mailbox"));
    }
}

#[tokio::test]
async fn the_password_is_stored_encrypted_and_stays_for_the_same_server_only() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let (admin, ada) = (person(&server, "root").await, person(&server, "ada").await);
        let save = async |host: &str, password: Option<&str>| {
            let form = MailForm { host: host.into(), user: "liao".into(), password: password.map(str::to_owned), ..MailForm::default() };
            set_up(&server, &admin, &Origin::default(), form).await.unwrap().settings.has_password
        };
        assert!(save("smtp.example.org", Some("hunter2")).await);
        let row: String =
            on!(test.db.read(), c => sqlx::query_scalar("SELECT CAST(value AS TEXT) FROM settings WHERE name = 'mail'").fetch_one(c).await)
                .unwrap();
        assert!(!row.contains("hunter2"), "{row}");
        let before = stored(&server).await.unwrap();
        assert!(
            line(&server, &before).await.unwrap()
                == Some(Line::Server {
                    host: "smtp.example.org".into(),
                    port: 587,
                    security: Default::default(),
                    user: "liao".into(),
                    password: Some("hunter2".into())
                })
        );
        assert!(save("smtp.example.org", None).await, "kept");
        assert!(!save("smtp.evil.example", None).await, "another server does not get it");
        assert!(setup(&server, &ada).await.is_err() && set_up(&server, &ada, &Origin::default(), MailForm::default()).await.is_err());
    }
}

#[tokio::test]
async fn an_erased_person_gets_a_receipt_of_which_nothing_stays() {
    for test in databases().await {
        let server = server(test.db.clone(), clock()).await;
        let (admin, ada) = (person(&server, "root").await, person(&server, "ada").await);
        let gone = Recipient { user_id: None, ..Recipient::from(&ada.user) };
        letter::post(&server, &gone, Letter::Erased).await;
        assert!(server.db.mails().list(None, None, 10).await.unwrap().is_empty(), "held for nobody");
        let (port, mut mails) = mail_server("250 fine").await;
        set(&server, &admin, port).await;
        letter::post(&server, &gone, Letter::Erased).await;
        letter::post(&server, &Recipient::from(&ada.user), Letter::Approved).await;
        erase(&server, ada.user.id, "nobody@example.org").await.unwrap();
        assert_eq!(only(&server).await.letter, LetterKind::Erased);
        while job::run_next(&server).await.unwrap() {}
        assert!(mails.recv().await.unwrap().contains("Your account was erased"));
        assert!(server.db.mails().list(None, None, 10).await.unwrap().is_empty(), "{}", test.engine);
    }
}

#[tokio::test]
async fn the_outbox_is_read_page_by_page_and_old_mails_go() {
    for test in databases().await {
        let clock = clock();
        let server = server(test.db.clone(), clock.clone()).await;
        let admin = person(&server, "root").await;
        for i in 0..5 {
            let user = User { email: format!("{i}@example.org"), ..admin.user.clone() };
            letter::post(&server, &Recipient::from(&user), Letter::Approved).await;
        }
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = list(&server, &admin, Some(MailState::Held), before, Some(2)).await.unwrap();
            seen.extend(page.items.iter().map(|mail| mail.recipient.clone()));
            before = page.next.map(|next| Uuid::parse_str(&next).unwrap());
            if before.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["4", "3", "2", "1", "0"].map(|i| format!("{i}@example.org")), "{}", test.engine);
        assert!(list(&server, &admin, Some(MailState::Sent), None, None).await.unwrap().items.is_empty());
        clock.advance(Duration::days(31));
        sweep(&server).await.unwrap();
        assert!(list(&server, &admin, None, None, None).await.unwrap().items.is_empty());
    }
}
