//! Mail through a real mail server (aiosmtpd): read back, and its links followed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};

use crate::client::Client;
use crate::liao::{Liao, client};

const PASSWORD: &str = "correct horse battery";
const NEW: &str = "another calm river 42";

/// A running mail server.
struct MailServer {
    port: u16,
    lines: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl MailServer {
    /// Absent where aiosmtpd is not installed; with `LIAO_REQUIRE_SMTP=1` that is an error.
    async fn start(arguments: &[&str]) -> Option<Self> {
        let Some(packages) = std::env::var_os("LIAO_TEST_AIOSMTPD") else {
            assert!(std::env::var("LIAO_REQUIRE_SMTP").is_err(), "LIAO_REQUIRE_SMTP=1, but LIAO_TEST_AIOSMTPD is not set");
            return None;
        };
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mail_server.py");
        let mut command = Command::new("python3");
        command.arg(program).args(arguments).env("PYTHONPATH", packages).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().expect("python3");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let port = lines.next_line().await.expect("readable").expect("a port").parse().expect("a number");
        Some(Self { port, lines, _child: child })
    }

    /// The next mail.
    async fn mail(&mut self) -> Value {
        let line = tokio::time::timeout(Duration::from_secs(20), self.lines.next_line()).await.expect("a mail in time");
        serde_json::from_str(&line.expect("readable").expect("a mail")).expect("JSON")
    }

    /// The next mail with this subject; others are passed over.
    async fn titled(&mut self, subject: &str) -> Value {
        loop {
            let mail = self.mail().await;
            if mail["subject"] == subject {
                return mail;
            }
        }
    }
}

/// The link in a mail: the same in both forms.
fn link(mail: &Value) -> String {
    let text = mail["text"].as_str().expect("a text");
    let link = text.split_whitespace().find(|word| word.starts_with("http")).expect("a link").to_owned();
    assert!(mail["html"].as_str().expect("HTML").contains(&format!("href=\"{link}\"")), "{}", mail["html"]);
    link
}

fn token(link: &str) -> &str {
    link.split_once("token=").or_else(|| link.split_once("invitation=")).expect("a token").1
}

/// Posts a plain form; answers where it leads.
async fn form(liao: &Liao, function: &str, body: &str) -> String {
    let request = client().post(liao.at(&format!("/rpc/{function}"))).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let response = request.header(ACCEPT, "text/html").header("origin", &liao.url).body(body.to_owned()).send().await.expect("an answer");
    response.headers()[LOCATION].to_str().expect("a path").to_owned()
}

async fn page(url: &str) -> (u16, String) {
    let response = client().get(url).header(ACCEPT, "text/html").send().await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("a page"))
}

/// Whether a page fetches a script or WASM. (What Leptos writes into a page, to be hydrated or not, is no file.)
fn loads_code(html: &str) -> bool {
    ["<script src", "type=\"module\"", "modulepreload", ".wasm", ".js\""].iter().any(|mark| html.contains(mark))
}

async fn post(liao: &Liao, path: &str, body: &Value) -> (u16, String) {
    let response = client().post(liao.at(path)).json(body).send().await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("a body"))
}

async fn me(client: &Client) -> Value {
    client.get("/api/users/me/").await.json().await.expect("JSON")
}

#[tokio::test]
async fn an_address_is_verified_by_the_link_in_a_mail_and_looking_at_the_link_does_not_use_it_up() {
    let Some(mut mails) = MailServer::start(&[]).await else { return };
    let url = format!("smtp://127.0.0.1:{}", mails.port);
    let liao = Liao::start(&[("LIAO_SMTP_URL", &url), ("LIAO_MAIL_FROM", "Liao <liao@example.org>")]).await;
    let ada = Client::register(&liao.url, "ada").await;
    let mail = mails.mail().await;
    assert_eq!((&mail["to"], &mail["from"]), (&json!("ada@example.org"), &json!("Liao <liao@example.org>")));
    let link = link(&mail);
    assert!(link.starts_with(&format!("{}/verify?token=", liao.url)), "{link}");
    for _ in 0..2 {
        let (status, html) = page(&link).await;
        assert!(status == 200 && html.contains("Confirm my address") && html.contains("action=\"/rpc/verification/redeem\""), "{html}");
        assert!(!loads_code(&html), "{html}");
    }
    assert!(loads_code(&page(&liao.at("/login")).await.1), "the sign-in page has a script, and this sees it");
    assert_eq!(me(&ada).await["email_verified"], false);
    assert_eq!(form(&liao, "verification/redeem", &format!("token={}", token(&link))).await, "/verify?done=1");
    assert_eq!(me(&ada).await["email_verified"], true);
    let again = form(&liao, "verification/redeem", &format!("token={}", token(&link))).await;
    assert!(again.starts_with("/verify?") && again.contains("__err="), "{again}");
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_mail_and_nobody_hears_who_has_an_account() {
    let Some(mut mails) = MailServer::start(&[]).await else { return };
    let url = format!("smtp://127.0.0.1:{}", mails.port);
    let liao = Liao::start(&[("LIAO_SMTP_URL", &url)]).await;
    let ada = Client::register(&liao.url, "ada").await;
    let known = post(&liao, "/api/auth/password/reset/", &json!({ "email": "ada@example.org" })).await;
    let unknown = post(&liao, "/api/auth/password/reset/", &json!({ "email": "eve@example.org" })).await;
    assert_eq!(known, unknown);
    assert_eq!(known.0, 202);
    let link = link(&mails.titled("Set a new password").await);
    let (status, html) = page(&link).await;
    let asks = |html: &str| html.contains("name=\"password\"") && html.contains("action=\"/rpc/password/confirm\"");
    // But the one that says how good the new password is.
    assert!(status == 200 && asks(&html) && !loads_code(&html.replace("<script src=\"/meter.js\"", "")), "{html}");
    let weak = form(&liao, "password/confirm", &format!("token={}&password=password1", token(&link))).await;
    assert!(weak.contains("__err="), "{weak}");
    let done = form(&liao, "password/confirm", &format!("token={}&password={}", token(&link), NEW.replace(' ', "+"))).await;
    assert_eq!(done, "/login?set=1");
    assert_eq!(ada.get("/api/users/me/").await.status(), 401, "every sign-in ended");
    let login = |password: &'static str| post_login(&liao, password);
    assert_eq!(login(PASSWORD).await, 401);
    assert_eq!(login(NEW).await, 200);
    mails.titled("Your password was changed").await;
    let (status, html) = page(&link).await;
    assert!(status == 200 && html.contains("This link was used") && html.contains("Ask for a new link"), "{html}");
    assert!(!html.contains("type=\"password\"") && !html.contains("/rpc/password/confirm"), "a used link asks for no password: {html}");
}

async fn post_login(liao: &Liao, password: &str) -> u16 {
    post(liao, "/api/auth/login/", &json!({ "email": "ada@example.org", "password": password })).await.0
}

#[tokio::test]
async fn another_address_is_verified_before_it_is_used_and_an_invitation_makes_an_account() {
    let Some(mut mails) = MailServer::start(&[]).await else { return };
    let url = format!("smtp://127.0.0.1:{}", mails.port);
    let liao = Liao::start(&[("LIAO_SMTP_URL", &url)]).await;
    let ada = Client::register(&liao.url, "ada").await;
    let changed = ada.post("/api/users/me/email/", &json!({ "email": "ada@new.example" })).await;
    assert_eq!(changed.status(), 202, "{}", changed.text().await.unwrap_or_default());
    let (mut link_new, mut warned) = (None, false);
    while link_new.is_none() || !warned {
        let mail = mails.mail().await;
        warned |= mail["to"] == "ada@example.org" && mail["subject"] == "Your e-mail address is to be changed";
        link_new = link_new.or((mail["to"] == "ada@new.example").then(|| link(&mail)));
    }
    let link_new = link_new.expect("found");
    assert_eq!(me(&ada).await["email"], "ada@example.org");
    assert_eq!(post(&liao, "/api/auth/verify-email/", &json!({ "token": token(&link_new) })).await.0, 200);
    assert_eq!(me(&ada).await["email"], "ada@new.example");
    assert_eq!(mails.titled("Your e-mail address was changed").await["to"], "ada@example.org");

    let rules = json!({ "mode": "invitation" });
    let set =
        ada.http.put(liao.at("/api/admin/settings/registration/")).bearer_auth(&ada.token).json(&rules).send().await.expect("an answer");
    assert_eq!(set.status(), 200);
    let eve = json!({ "email": "eve@example.org", "password": PASSWORD });
    assert_eq!(post(&liao, "/api/auth/register/", &eve).await.0, 403);
    assert_eq!(ada.post("/api/users/invite/", &json!({ "email": "eve@example.org", "language": "zh-CN" })).await.status(), 201);
    let mail = mails.mail().await;
    let link = link(&mail);
    assert!(mail["subject"].as_str().is_some_and(|subject| subject.starts_with("邀请您加入")), "{mail}");
    let (_, html) = page(&link).await;
    assert!(html.contains("value=\"eve@example.org\"") && html.contains("ada invited you"), "{html}");
    let eve = json!({ "email": "eve@example.org", "password": PASSWORD, "invitation": token(&link) });
    let (status, body) = post(&liao, "/api/auth/register/", &eve).await;
    assert_eq!(status, 201, "{body}");
    assert!(body.contains("\"email_verified\":true"), "{body}");
    assert_eq!(post(&liao, "/api/auth/register/", &eve).await.0, 422, "the invitation is used up");
}

#[tokio::test]
async fn a_dead_mail_server_holds_nobody_up_and_administrators_see_why() {
    let liao = Liao::start(&[("LIAO_SMTP_URL", "smtp://127.0.0.1:9")]).await;
    let begun = std::time::Instant::now();
    let ada = Client::register(&liao.url, "ada").await;
    assert!(begun.elapsed() < Duration::from_secs(5));
    let mut mail = Value::Null;
    for _ in 0..100 {
        let outbox: Value = ada.get("/api/admin/mail/outbox/").await.json().await.expect("JSON");
        mail = outbox["items"][0].clone();
        if !mail["error"].is_null() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((&mail["state"], &mail["letter"]), (&json!("queued"), &json!("verify_email")));
    assert!(mail["error"].as_str().is_some_and(|error| !error.is_empty()), "{mail}");
    let test: Value = ada.post("/api/admin/mail/test/", &json!({})).await.json().await.expect("JSON");
    assert_eq!(test["ok"], false);
}

#[tokio::test]
async fn without_a_mail_server_the_terminal_prints_the_link_and_administrators_read_the_mail() {
    let liao = Liao::start(&[]).await;
    let ada = Client::register(&liao.url, "ada").await;
    let outbox: Value = ada.get("/api/admin/mail/outbox/?state=held").await.json().await.expect("JSON");
    let id = outbox["items"][0]["id"].as_str().expect("a mail");
    let mail: Value = ada.get(&format!("/api/admin/mail/outbox/{id}/")).await.json().await.expect("JSON");
    let link = link(&mail["body"]);
    assert_eq!(post(&liao, "/api/auth/verify-email/", &json!({ "token": token(&link) })).await.0, 200);
    assert!(liao.printed().iter().any(|line| line.contains(&link)), "{:?}", liao.printed());
}

/// A certificate for 127.0.0.1 that its own file makes trusted.
fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let made = std::process::Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&cert)
        .output()
        .expect("openssl");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    (cert, key)
}

#[tokio::test]
async fn mail_is_set_up_in_the_ui_with_tls_and_a_password() {
    let folder = tempfile::tempdir().expect("a folder");
    let (cert, key) = certificate(folder.path());
    let (cert, key) = (cert.to_str().expect("a path"), key.to_str().expect("a path"));
    for kind in ["starttls", "smtps"] {
        let Some(mut mails) = MailServer::start(&["--auth", "liao:hunter2", "--tls", kind, cert, key]).await else { return };
        let liao = Liao::start(&[("SSL_CERT_FILE", cert)]).await;
        let ada = Client::register(&liao.url, "ada").await;
        let security = if kind == "smtps" { "tls" } else { "starttls" };
        let set = async |password: &str, security: &str| {
            let body = json!({ "host": "localhost", "port": mails.port, "security": security, "user": "liao", "password": password });
            let answer =
                ada.http.put(liao.at("/api/admin/mail/settings/")).bearer_auth(&ada.token).json(&body).send().await.expect("an answer");
            assert_eq!(answer.status(), 200);
            let text = answer.text().await.expect("a body");
            assert!(text.contains("\"has_password\":true") && !text.contains(password), "{text}");
            let test: Value = ada.post("/api/admin/mail/test/", &json!({ "to": "ada@example.org" })).await.json().await.expect("JSON");
            test
        };
        let plain = set("hunter2", "plain").await;
        assert_eq!(plain["ok"], false, "{kind}: a server that asks for TLS is not spoken to without: {plain}");
        let wrong = set("wrong", security).await;
        assert!(wrong["ok"] == false && wrong["message"].as_str().is_some_and(|words| words.contains("535")), "{kind}: {wrong}");
        let right = set("hunter2", security).await;
        assert_eq!(right["ok"], true, "{kind}: {right}");
        let mail = mails.mail().await;
        assert_eq!((&mail["tls"], &mail["user"]), (&json!(true), &json!("liao")), "{kind}");
        let refused: Value = ada.post("/api/admin/mail/test/", &json!({ "to": "nobody@example.org" })).await.json().await.expect("JSON");
        assert!(refused["message"].as_str().is_some_and(|words| words.contains("no such mailbox")), "{refused}");
    }
}
