//! Each service as it should be, and each thing that can be wrong with it.

pub(crate) mod fake;

use chrono::DateTime;
use fake::{CLIENT, Fake, NOW, Play, SECRET};

use super::*;

fn client(kind: IdentityKind, url: &str) -> Client {
    Client {
        kind,
        issuer: Some(url.into()),
        id: CLIENT.into(),
        secret: Some(SecretString::from(SECRET)),
        scopes: String::new(),
        redirect_uri: "http://127.0.0.1:3000/oauth/x/callback".into(),
    }
}

fn ada(wrong: &'static str) -> Play {
    Play { subject: "42".into(), email: Some("ada@example.org".into()), verified: true, name: Some("Ada".into()), unionid: None, wrong }
}

/// The whole way of the person who is on stage.
async fn trip(fake: &Fake, kind: IdentityKind) -> Result<Claims> {
    let (client, secrets) = (client(kind, &fake.url), Secrets::new());
    let url = begin(&client, &secrets).await?;
    let (code, state) = fake.sign_in(&url);
    assert_eq!(state, secrets.state);
    finish(&client, &secrets, &code, DateTime::from_timestamp(NOW, 0).unwrap()).await
}

async fn kind_of_trouble(fake: &Fake, kind: IdentityKind) -> (TroubleKind, String) {
    let trouble = trip(fake, kind).await.expect_err("something is wrong");
    assert!(!trouble.message.contains(SECRET), "{trouble}");
    (trouble.kind, trouble.message)
}

fn claims(subject: &str, email: Option<&str>, name: &str) -> Claims {
    Claims { subject: subject.into(), email: email.map(str::to_owned), email_verified: email.is_some(), name: Some(name.into()) }
}

#[tokio::test]
async fn an_issuer_that_can_be_discovered_tells_who_it_is() {
    let fake = Fake::start().await;
    for wrong in ["", "userinfo_only"] {
        fake.play(ada(wrong));
        assert_eq!(trip(&fake, IdentityKind::Oidc).await.unwrap(), claims("42", Some("ada@example.org"), "Ada"), "{wrong}");
    }
    fake.play(Play { verified: false, ..ada("") });
    assert!(!trip(&fake, IdentityKind::Google).await.unwrap().email_verified, "an address counts only if the issuer says so");
}

#[tokio::test]
async fn an_issuer_that_does_one_thing_wrong_vouches_for_nobody() {
    let fake = Fake::start().await;
    let unsound = ["nonce", "audience", "issuer", "expired", "signature", "unsigned", "no_id_token", "userinfo_of_another"];
    let undiscovered = ["garbage", "huge", "redirect", "discovery_issuer", "plain_endpoint"];
    for wrong in unsound.into_iter().chain(undiscovered) {
        fake.play(ada(wrong));
        let (kind, message) = kind_of_trouble(&fake, IdentityKind::Oidc).await;
        assert_eq!(kind, TroubleKind::Unverifiable, "{wrong}: {message}");
        assert!(message.len() > 20 && message.ends_with(['.', '>', '!']), "{wrong}: {message}");
    }
    fake.play(ada("down"));
    assert_eq!(kind_of_trouble(&fake, IdentityKind::Oidc).await.0, TroubleKind::Unreachable);
}

#[tokio::test]
async fn a_code_is_good_once_and_for_its_verifier() {
    let fake = Fake::start().await;
    fake.play(ada(""));
    for kind in [IdentityKind::Oidc, IdentityKind::Github, IdentityKind::Wechat] {
        let (client, secrets) = (client(kind, &fake.url), Secrets::new());
        let now = DateTime::from_timestamp(NOW, 0).unwrap();
        let (code, _) = fake.sign_in(&begin(&client, &secrets).await.unwrap());
        assert!(finish(&client, &secrets, &code, now).await.is_ok());
        assert_eq!(finish(&client, &secrets, &code, now).await.unwrap_err().kind, TroubleKind::Expired, "{kind:?}: again");
        if kind == IdentityKind::Wechat {
            continue; // It has no verifier.
        }
        let (code, _) = fake.sign_in(&begin(&client, &secrets).await.unwrap());
        let other = Secrets { verifier: random_token(), ..secrets.clone() };
        assert_eq!(finish(&client, &other, &code, now).await.unwrap_err().kind, TroubleKind::Expired, "{kind:?}: another verifier");
    }
}

#[tokio::test]
async fn github_is_believed_about_the_primary_address_if_it_is_verified() {
    let fake = Fake::start().await;
    fake.play(ada(""));
    assert_eq!(trip(&fake, IdentityKind::Github).await.unwrap(), claims("42", Some("ada@example.org"), "Ada"));
    fake.play(Play { verified: false, name: None, ..ada("") });
    let told = trip(&fake, IdentityKind::Github).await.unwrap();
    assert_eq!(told, claims("42", None, "octocat"), "neither an unverified address, nor another one, nor the public one");
    fake.play(ada("down"));
    assert_eq!(kind_of_trouble(&fake, IdentityKind::Github).await.0, TroubleKind::Unreachable);
}

#[tokio::test]
async fn wechat_is_recognised_by_the_unionid_if_there_is_one_and_tells_no_address() {
    let fake = Fake::start().await;
    fake.play(Play { subject: "openid-1".into(), email: None, ..ada("") });
    assert_eq!(trip(&fake, IdentityKind::Wechat).await.unwrap(), claims("openid-1", None, "Ada"));
    fake.play(Play { subject: "openid-1".into(), unionid: Some("union-1".into()), ..ada("") });
    assert_eq!(trip(&fake, IdentityKind::Wechat).await.unwrap().subject, "union-1");
    fake.play(Play { subject: "openid-1".into(), ..ada("openid") });
    assert_eq!(kind_of_trouble(&fake, IdentityKind::Wechat).await.0, TroubleKind::Unverifiable, "tells about somebody else");
    fake.play(ada("busy"));
    assert_eq!(kind_of_trouble(&fake, IdentityKind::Wechat).await.0, TroubleKind::Unreachable, "an error that comes with 200");
}

/// What their documentation says can go wrong, each with its kind.
#[tokio::test]
async fn what_github_and_wechat_refuse_is_told_by_its_kind() {
    use IdentityKind::{Github, Wechat};
    use TroubleKind::{Expired, Misconfigured, Unreachable, Unverifiable};
    let fake = Fake::start().await;
    for (kind, wrong, expected, words) in [
        (Github, "mismatch", Misconfigured, "redirect_uri_mismatch"),
        (Github, "suspended", Misconfigured, "application_suspended"),
        (Github, "no_token", Unverifiable, "GitHub refused"),
        (Github, "token_garbage", Unverifiable, "answered 200"),
        (Github, "revoked", Unverifiable, "answered 401"),
        (Github, "no_emails", Unverifiable, "answered 404"),
        (Github, "down", Unreachable, "answered 502"),
        (Github, "limited", Unreachable, "answered 429"),
        (Wechat, "busy", Unreachable, "-1"),
        (Wechat, "used", Expired, "40163"),
        (Wechat, "no_scope", Misconfigured, "48001"),
        (Wechat, "no_openid", Unverifiable, "lacks something"),
        (Wechat, "token_garbage", Unverifiable, "answered 200"),
        (Wechat, "token_expired", Unverifiable, "42001"),
        (Wechat, "openid", Unverifiable, "somebody else"),
    ] {
        fake.play(ada(wrong));
        let (found, message) = kind_of_trouble(&fake, kind).await;
        assert!(found == expected && message.contains(words), "{kind:?} {wrong}: {found:?} {message}");
    }
}

#[tokio::test]
async fn wechat_is_asked_as_its_documentation_says() {
    let secrets = Secrets { state: "s".into(), nonce: "n".into(), verifier: "v".into() };
    let mut client = client(IdentityKind::Wechat, "");
    client.issuer = None;
    let url = begin(&client, &secrets).await.unwrap();
    let expected = "https://open.weixin.qq.com/connect/qrconnect?appid=liao-client\
        &redirect_uri=http%3A%2F%2F127.0.0.1%3A3000%2Foauth%2Fx%2Fcallback&response_type=code&scope=snsapi_login&state=s#wechat_redirect";
    assert_eq!(url, expected);
}

#[tokio::test]
async fn a_test_tells_whether_the_service_knows_us() {
    let fake = Fake::start().await;
    fake.play(ada(""));
    for kind in [IdentityKind::Oidc, IdentityKind::Github, IdentityKind::Wechat] {
        let right = client(kind, &fake.url);
        assert!(test(&right).await.unwrap().contains("knows this client"), "{kind:?}");
        let wrong = Client { secret: Some(SecretString::from("not-it")), ..client(kind, &fake.url) };
        let trouble = test(&wrong).await.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Misconfigured, "{kind:?}: {trouble}");
    }
    // Nothing listens there any more.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for kind in [IdentityKind::Oidc, IdentityKind::Github, IdentityKind::Wechat] {
        let trouble = test(&client(kind, &format!("http://{gone}"))).await.unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Unreachable, "{trouble}");
        assert!(trouble.message.contains("No connection to 127.0.0.1"), "{trouble}");
    }
}

#[test]
fn what_cannot_be_kept_is_cut_and_an_address_without_one_is_not_verified() {
    let told = Claims {
        subject: "s".into(),
        email: Some(" \u{0} ".into()),
        email_verified: true,
        name: Some(format!(" A\nda{}", "x".repeat(999))),
    };
    let kept = told.tidy();
    assert_eq!((kept.email, kept.email_verified), (None, false));
    assert!(kept.name.is_some_and(|name| name.starts_with("Ada") && name.chars().count() <= TEXT_MAX));
}
