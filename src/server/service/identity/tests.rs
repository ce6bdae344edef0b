//! Who is recognised, who gets an account, what is linked; each against a service that plays along or does not.

mod entry;

use chrono::{DateTime, Duration};
use uuid::Uuid;

use super::*;
use crate::model::activity::Action;
use crate::model::error::Code;
use crate::model::identity::{IdentityKind, IdentityProviderForm};
use crate::model::setting::{RegistrationMode, RegistrationSettings};
use crate::model::ticket::Purpose;
use crate::model::user::{Registration, Role, User};
use crate::server::clock::Clock;
use crate::server::crypto::sha256;
use crate::server::db::testing::{TestDb, databases};
use crate::server::db::{NewFamily, NewToken, on};
use crate::server::identity::tests::fake::{CLIENT, Fake, NOW, Play, SECRET};
use crate::server::service::viewer::{Origin, Via, Viewer};
use crate::server::service::{account, activity, setting, ticket};
use crate::server::testing::server_with;
use crate::server::{service::limit::LimitConfig, testing};

const BACK: &str = "http://127.0.0.1:3000/oauth/idp/callback";

/// A server with one service, and its administrator.
struct Stage {
    server: Server,
    clock: Clock,
    fake: Fake,
    admin: Viewer,
    test: TestDb,
}

/// The user, just signed in.
pub async fn viewer(server: &Server, user: User) -> Viewer {
    let (id, now) = (Uuid::now_v7(), server.clock.now());
    let token = NewToken { hash: sha256(&id.to_string()), created_at: now, expires_at: now + Duration::days(1) };
    server.db.tokens().begin(&NewFamily { id, user_id: user.id, user_agent: None, ip: None }, token).await.unwrap();
    Viewer { user, via: Via::Token { family: id } }
}

fn form(kind: IdentityKind, slug: &str, url: &str) -> IdentityProviderForm {
    IdentityProviderForm {
        slug: slug.into(),
        kind,
        name: "The IdP".into(),
        issuer: Some(url.into()),
        client_id: CLIENT.into(),
        client_secret: Some(SECRET.into()),
        scopes: String::new(),
        enabled: true,
        allow_sign_up: true,
        position: 0,
    }
}

async fn stages(kind: IdentityKind) -> Vec<Stage> {
    let mut stages = Vec::new();
    for test in databases().await {
        let clock = Clock::fixed(DateTime::from_timestamp(NOW, 0).unwrap());
        let server = server_with(test.db.clone(), clock.clone(), testing::config(), LimitConfig::per_ip(0, 0)).await;
        let fake = Fake::start().await;
        let admin = viewer(&server, person(&server, "admin").await).await;
        provider::save(&server, &admin, &Origin::default(), None, form(kind, "idp", &fake.url)).await.unwrap();
        stages.push(Stage { server, clock, fake, admin, test });
    }
    stages
}

async fn person(server: &Server, name: &str) -> User {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    account::create(server, registration, Role::User).await.unwrap()
}

fn ada() -> Play {
    Play { subject: "42".into(), email: Some("ada@example.org".into()), verified: true, name: Some("Ada L.".into()), ..Play::default() }
}

impl Stage {
    async fn set_out(&self, link: Option<&Viewer>) -> Outcome<Began> {
        self.set_out_with(link, Brought::default()).await
    }

    async fn set_out_with(&self, link: Option<&Viewer>, brought: Brought) -> Outcome<Began> {
        let start = Start { slug: "idp", redirect_uri: BACK.into(), next: Some("/chat/1".into()), link, brought };
        super::start(&self.server, &Origin::default(), start).await
    }

    /// Sets out from the page of an invitation.
    async fn invited(&self, play: Play, token: &str) -> Outcome<Entry> {
        self.fake.play(play);
        let began = self.set_out_with(None, Brought { invitation: Some(token.into()), language: Some("zh-CN".into()) }).await?;
        let trip = back(&self.server, "idp", self.came(&began)).await?;
        arrive(&self.server, &Origin::default(), trip).await
    }

    /// Invites this address for so long; answers the token.
    async fn invite(&self, email: &str, lifetime: Duration) -> String {
        let data = serde_json::json!({ "email": email, "by": "admin" });
        ticket::issue(&self.server, Purpose::Invitation, None, data, lifetime).await.unwrap()
    }

    fn came(&self, began: &Began) -> Return {
        let (code, state) = self.fake.sign_in(&began.url);
        Return { handle: began.handle.clone(), state, code: Some(code), error: None, iss: None }
    }

    async fn trip(&self, play: Play, link: Option<&Viewer>) -> Outcome<Trip> {
        self.fake.play(play);
        let began = self.set_out(link).await?;
        back(&self.server, "idp", self.came(&began)).await
    }

    async fn sign_in(&self, play: Play) -> Outcome<Entry> {
        let trip = self.trip(play, None).await?;
        arrive(&self.server, &Origin::default(), trip).await
    }

    async fn known(&self, play: Play) -> User {
        match self.sign_in(play).await {
            Ok(Entry::Known { user, next }) => {
                assert_eq!(next.as_deref(), Some("/chat/1"));
                user
            }
            other => panic!("{}: {other:?}", self.test.engine),
        }
    }

    async fn refused(&self, play: Play) -> Refusal {
        let stop = self.sign_in(play).await.expect_err("refused");
        stop.reason().unwrap_or_else(|| panic!("{stop:?}"))
    }

    async fn link(&self, viewer: &Viewer, play: Play) -> Outcome<()> {
        let trip = self.trip(play, Some(viewer)).await?;
        finish_link(&self.server, viewer, &Origin::default(), trip).await.map(drop)
    }

    async fn logged(&self, action: Action) -> usize {
        let page = activity::list(&self.server, &self.admin, &Origin::default(), Default::default(), None).await.unwrap();
        page.items.into_iter().filter(|entry| entry.activity.action == action).count()
    }
}

#[tokio::test]
async fn who_is_new_gets_an_account_and_is_recognised_by_the_subject_alone() {
    for stage in stages(IdentityKind::Oidc).await {
        let new = stage.known(ada()).await;
        assert_eq!((new.email.as_str(), new.name.as_str(), new.email_verified, new.role), ("ada@example.org", "Ada L.", true, Role::User));
        let stored = stage.server.db.users().find_by_email("ada@example.org").await.unwrap().unwrap();
        assert!(stored.password_hash.is_none() && stored.user.email_verified, "{}", stage.test.engine);
        let again = stage.known(Play { email: Some("renamed@example.org".into()), ..ada() }).await;
        assert_eq!((again.id, again.email.as_str()), (new.id, "ada@example.org"), "the address there may change");
        let linked = list(&stage.server, &viewer(&stage.server, new).await).await.unwrap().linked;
        assert_eq!((linked.len(), linked[0].email.as_deref()), (1, Some("renamed@example.org")));
        assert!(linked[0].last_used_at.is_some());
        assert_eq!((stage.logged(Action::Registered).await, stage.logged(Action::IdentityLinked).await), (1, 0));
    }
}

#[tokio::test]
async fn an_address_is_linked_without_asking_only_if_both_sides_have_proved_it() {
    for stage in stages(IdentityKind::Oidc).await {
        let local = person(&stage.server, "ada").await;
        assert_eq!(stage.refused(ada()).await, Refusal::EmailTaken, "{}: not proved here", stage.test.engine);
        assert!(stage.server.db.credentials().verify_email(local.id, &local.email, stage.clock.now()).await.unwrap());
        assert_eq!(stage.refused(Play { verified: false, ..ada() }).await, Refusal::EmailTaken, "{}: not proved there", stage.test.engine);
        assert!(list(&stage.server, &viewer(&stage.server, local.clone()).await).await.unwrap().linked.is_empty());
        assert_eq!(stage.known(ada()).await.id, local.id, "{}", stage.test.engine);
        assert_eq!(stage.logged(Action::IdentityLinked).await, 1);
    }
}

#[tokio::test]
async fn an_address_that_the_service_has_not_verified_is_not_verified_here() {
    for stage in stages(IdentityKind::Oidc).await {
        assert!(!stage.known(Play { verified: false, ..ada() }).await.email_verified);
        assert!(!stage.server.db.users().find_by_email("ada@example.org").await.unwrap().unwrap().user.email_verified);
    }
}

#[tokio::test]
async fn a_trip_is_good_once_for_ten_minutes_for_its_service_and_its_state() {
    for stage in stages(IdentityKind::Oidc).await {
        stage.fake.play(ada());
        let (server, expired) = (&stage.server, |result: Outcome<Trip>| result.err().and_then(|stop| stop.reason()));
        let other = form(IdentityKind::Oidc, "other", &stage.fake.url);
        provider::save(server, &stage.admin, &Origin::default(), None, other).await.unwrap();
        let began = stage.set_out(None).await.unwrap();
        let came = || stage.came(&began);
        assert_eq!(expired(back(server, "idp", Return { handle: "made up".into(), ..came() }).await), Some(Refusal::Expired));
        assert!(back(server, "idp", came()).await.is_ok());
        assert_eq!(expired(back(server, "idp", came()).await), Some(Refusal::Expired), "{}: again", stage.test.engine);
        let began = stage.set_out(None).await.unwrap();
        let came = stage.came(&began);
        assert_eq!(expired(back(server, "other", came).await), Some(Refusal::Expired), "another service");
        let began = stage.set_out(None).await.unwrap();
        let came = Return { state: "another".into(), ..stage.came(&began) };
        assert_eq!(expired(back(server, "idp", came).await), Some(Refusal::Expired), "another state");
        let began = stage.set_out(None).await.unwrap();
        let came = Return { iss: Some("https://evil.example".into()), ..stage.came(&began) };
        assert_eq!(expired(back(server, "idp", came).await), Some(Refusal::Unverifiable), "another issuer (RFC 9207)");
        let began = stage.set_out(None).await.unwrap();
        let came = Return { code: Some("made up".into()), ..stage.came(&began) };
        assert_eq!(expired(back(server, "idp", came).await), Some(Refusal::Expired), "a code of nobody");
        let began = stage.set_out(None).await.unwrap();
        stage.clock.advance(Duration::minutes(10));
        assert_eq!(expired(back(server, "idp", stage.came(&began)).await), Some(Refusal::Expired), "{}: too late", stage.test.engine);
    }
}

#[tokio::test]
async fn a_trip_to_sign_in_does_not_link_and_one_to_link_does_not_sign_in() {
    for stage in stages(IdentityKind::Oidc).await {
        let (bob, eve) = (person(&stage.server, "bob").await, person(&stage.server, "eve").await);
        let (bob, eve) = (viewer(&stage.server, bob).await, viewer(&stage.server, eve).await);
        let trip = stage.trip(ada(), None).await.unwrap();
        let linked = finish_link(&stage.server, &bob, &Origin::default(), trip).await;
        assert_eq!(linked.err().and_then(|stop| stop.reason()), Some(Refusal::Expired));
        let trip = stage.trip(ada(), Some(&bob)).await.unwrap();
        assert_eq!(arrive(&stage.server, &Origin::default(), trip).await.err().and_then(|stop| stop.reason()), Some(Refusal::Expired));
        let trip = stage.trip(ada(), Some(&bob)).await.unwrap();
        let linked = finish_link(&stage.server, &eve, &Origin::default(), trip).await;
        assert_eq!(linked.err().and_then(|stop| stop.reason()), Some(Refusal::Expired), "begun by somebody else");
        assert!(stage.server.db.identities().list_for(bob.user.id).await.unwrap().is_empty(), "{}", stage.test.engine);
    }
}

#[tokio::test]
async fn what_the_service_does_wrong_is_told_by_its_reason() {
    for stage in stages(IdentityKind::Oidc).await {
        for (wrong, reason) in [
            ("down", Refusal::Unreachable),
            ("garbage", Refusal::Unverifiable),
            ("signature", Refusal::Unverifiable),
            ("nonce", Refusal::Unverifiable),
            ("audience", Refusal::Unverifiable),
            ("issuer", Refusal::Unverifiable),
            ("expired", Refusal::Unverifiable),
        ] {
            assert_eq!(stage.refused(Play { wrong, ..ada() }).await, reason, "{}: {wrong}", stage.test.engine);
        }
        stage.fake.play(ada());
        let began = stage.set_out(None).await.unwrap();
        let denied = Return { code: None, error: Some("access_denied".into()), ..stage.came(&began) };
        let stop = back(&stage.server, "idp", denied).await.err().and_then(|stop| stop.reason());
        assert_eq!(stop, Some(Refusal::Cancelled));
        assert!(stage.server.db.users().find_by_email("ada@example.org").await.unwrap().is_none(), "nobody came in");
    }
}

#[tokio::test]
async fn the_rules_of_registration_hold_for_who_comes_from_elsewhere() {
    for stage in stages(IdentityKind::Oidc).await {
        let rules = async |settings| setting::update_registration(&stage.server, &stage.admin, &Origin::default(), settings).await.unwrap();
        rules(RegistrationSettings { mode: RegistrationMode::Closed, ..Default::default() }).await;
        assert_eq!(stage.refused(ada()).await, Refusal::RegistrationClosed);
        rules(RegistrationSettings { domains: vec!["example.com".into()], ..Default::default() }).await;
        assert_eq!(stage.refused(ada()).await, Refusal::DomainRefused);
        rules(RegistrationSettings::default()).await;
        let user = stage.known(ada()).await;
        rules(RegistrationSettings { mode: RegistrationMode::Closed, ..Default::default() }).await;
        assert_eq!(stage.known(ada()).await.id, user.id, "{}: who has an account comes in", stage.test.engine);
        account::set_disabled(&stage.server, "ada@example.org", true).await.unwrap();
        assert_eq!(stage.refused(ada()).await, Refusal::Disabled, "{}", stage.test.engine);
    }
}

#[tokio::test]
async fn an_invitation_lets_in_who_comes_from_elsewhere_once_and_with_the_address_that_was_invited() {
    for kind in [IdentityKind::Oidc, IdentityKind::Wechat] {
        for stage in stages(kind).await {
            let only = RegistrationSettings { mode: RegistrationMode::Invitation, ..Default::default() };
            setting::update_registration(&stage.server, &stage.admin, &Origin::default(), only).await.unwrap();
            assert_eq!(stage.refused(ada()).await, Refusal::InvitationOnly, "{}", stage.test.engine);
            let token = stage.invite("ada@work.example", Duration::days(7)).await;
            let Ok(Entry::Known { user, .. }) = stage.invited(ada(), &token).await else { panic!("{}: is let in", stage.test.engine) };
            assert_eq!((user.email.as_str(), user.email_verified, user.language.as_deref()), ("ada@work.example", true, Some("zh-CN")));
            assert_eq!(stage.known(ada()).await.id, user.id, "and from then on without");
            let bob = Play { subject: "43".into(), email: Some("bob@example.org".into()), ..ada() };
            let again = stage.invited(bob.clone(), &token).await.err().and_then(|stop| stop.reason());
            assert_eq!(again, Some(Refusal::InvitationGone), "{}: used up", stage.test.engine);
            let second = stage.invite("bob@example.org", Duration::days(7)).await;
            stage.fake.play(bob.clone());
            stage.set_out_with(None, Brought { invitation: Some(second.clone()), ..Brought::default() }).await.unwrap();
            let rows: Vec<String> =
                on!(stage.test.db.read(), c => sqlx::query_scalar("SELECT CAST(data AS TEXT) FROM tickets").fetch_all(c).await).unwrap();
            assert!(!rows.is_empty() && !rows.iter().any(|row| row.contains(&second)), "the token does not stand in the clear");
            let old = stage.invite("bob@example.org", Duration::zero()).await;
            let late = stage.invited(bob, &old).await.err().and_then(|stop| stop.reason());
            assert_eq!(late, Some(Refusal::InvitationGone), "too late");
        }
    }
}

#[tokio::test]
async fn a_service_can_be_switched_off_and_told_to_make_no_accounts() {
    for stage in stages(IdentityKind::Oidc).await {
        let id = provider::list(&stage.server, &stage.admin, "").await.unwrap()[0].id;
        let origin = Origin::default();
        let no_sign_up =
            IdentityProviderForm { allow_sign_up: false, client_secret: None, ..form(IdentityKind::Oidc, "x", &stage.fake.url) };
        provider::save(&stage.server, &stage.admin, &origin, Some(id), no_sign_up).await.unwrap();
        assert_eq!(stage.refused(ada()).await, Refusal::SignUpOff, "{}: and the secret was kept", stage.test.engine);
        assert_eq!(stage.refused(Play { email: None, ..ada() }).await, Refusal::SignUpOff, "no address is asked for in vain");
        stage.fake.play(ada());
        let began = stage.set_out(None).await.unwrap();
        provider::enable(&stage.server, &stage.admin, &origin, id, false).await.unwrap();
        let late = back(&stage.server, "idp", stage.came(&began)).await.err().and_then(|stop| stop.reason());
        assert_eq!(late, Some(Refusal::Unavailable), "also for who is on the way");
        assert_eq!(stage.set_out(None).await.unwrap_err().reason(), Some(Refusal::Unavailable));
        assert!(offered(&stage.server).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn who_has_no_address_there_names_one_and_it_counts_as_not_verified() {
    for stage in stages(IdentityKind::Wechat).await {
        let play = Play { subject: "openid".into(), email: None, name: Some("小明".into()), ..Play::default() };
        let Ok(Entry::AddressNeeded { handle }) = stage.sign_in(play.clone()).await else { panic!("an address is needed") };
        let shown = newcomer(&stage.server, &handle).await.unwrap().unwrap();
        assert_eq!((shown.provider_name.as_str(), shown.name.as_deref()), ("The IdP", Some("小明")));
        let complete = async |email: &str| complete(&stage.server, &Origin::default(), &handle, email, Some(" ")).await;
        let wrong = complete("no address").await.unwrap_err();
        assert!(matches!(&wrong, Stop::Failed(Error::Client(e)) if e.code == Code::Invalid && e.field("email").is_some()), "{wrong:?}");
        assert_eq!(complete("admin@example.org").await.unwrap_err().reason(), Some(Refusal::EmailTaken), "somebody else's");
        let (user, next, slug) = complete(" Ming@Example.ORG ").await.unwrap();
        assert_eq!((user.email.as_str(), user.name.as_str(), user.email_verified), ("ming@example.org", "小明", false));
        assert_eq!((next.as_deref(), slug.as_str()), (Some("/chat/1"), "idp"));
        assert_eq!(complete("ming2@example.org").await.unwrap_err().reason(), Some(Refusal::Expired), "{}: once", stage.test.engine);
        assert_eq!(stage.known(play).await.id, user.id, "{}", stage.test.engine);
        assert!(newcomer(&stage.server, &handle).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn linking_and_unlinking_are_noted_and_never_take_what_is_somebody_elses() {
    for stage in stages(IdentityKind::Github).await {
        let (bob, eve) = (person(&stage.server, "bob").await, person(&stage.server, "eve").await);
        let (bob, eve) = (viewer(&stage.server, bob).await, viewer(&stage.server, eve).await);
        stage.link(&bob, ada()).await.unwrap();
        stage.link(&bob, ada()).await.expect("again is no harm");
        assert_eq!(stage.known(ada()).await.id, bob.user.id, "the address there is another one");
        assert_eq!(stage.link(&eve, ada()).await.unwrap_err().reason(), Some(Refusal::LinkedElsewhere));
        let other = Play { subject: "43".into(), ..ada() };
        assert_eq!(stage.link(&bob, other).await.unwrap_err().reason(), Some(Refusal::LinkedAlready));
        assert_eq!(list(&stage.server, &eve).await.unwrap().others.len(), 1);
        let unlink = async |viewer: &Viewer| unlink(&stage.server, viewer, &Origin::default(), "idp").await;
        assert!(matches!(unlink(&eve).await.unwrap_err(), Stop::Failed(Error::Client(e)) if e.code == Code::NotFound));
        unlink(&bob).await.unwrap();
        assert_eq!((stage.logged(Action::IdentityLinked).await, stage.logged(Action::IdentityUnlinked).await), (1, 1));
        let new = stage.known(Play { email: Some("new@example.org".into()), ..ada() }).await;
        assert_ne!(new.id, bob.user.id, "{}", stage.test.engine);
        assert_eq!(unlink(&viewer(&stage.server, new).await).await.unwrap_err().reason(), Some(Refusal::LastWay), "{}", stage.test.engine);
    }
}

#[tokio::test]
async fn secrets_are_stored_encrypted_and_an_issuer_stays_while_accounts_are_linked() {
    for stage in stages(IdentityKind::Oidc).await {
        let (server, origin) = (&stage.server, Origin::default());
        let listed = provider::list(server, &stage.admin, "https://chat.example").await.unwrap();
        let id = listed[0].id;
        assert_eq!((listed[0].has_secret, listed[0].redirect_uri.as_str()), (true, "https://chat.example/oauth/idp/callback"));
        let cipher = server.db.identities().find_provider(id).await.unwrap().unwrap().secret_cipher.unwrap();
        assert!(!cipher.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()));
        let moved = || form(IdentityKind::Oidc, "idp", "https://elsewhere.example");
        stage.known(ada()).await;
        let error = provider::save(server, &stage.admin, &origin, Some(id), moved()).await.unwrap_err();
        assert!(matches!(error, Error::Client(e) if e.code == Code::Conflict), "{}", stage.test.engine);
        let taken = provider::save(server, &stage.admin, &origin, None, moved()).await.unwrap_err();
        assert!(matches!(taken, Error::Client(e) if e.field("slug").is_some()));
        let bare = IdentityProviderForm { client_secret: None, ..form(IdentityKind::Github, "hub", &stage.fake.url) };
        let bare = provider::save(server, &stage.admin, &origin, None, bare).await.unwrap_err();
        assert!(matches!(bare, Error::Client(e) if e.field("client_secret").is_some()));
        let user = viewer(server, person(server, "bob").await).await;
        assert!(provider::list(server, &user, "").await.is_err() && provider::delete(server, &user, &origin, id).await.is_err());
        assert!(
            provider::save(server, &user, &origin, None, moved()).await.is_err() && provider::test(server, &user, "", id).await.is_err()
        );
        provider::delete(server, &stage.admin, &origin, id).await.unwrap();
        assert!(provider::list(server, &stage.admin, "").await.unwrap().is_empty());
    }
}
