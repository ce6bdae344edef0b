//! The people who come, and what belongs to the user among them.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use chrono::DateTime;
use http::request::Builder;
use http::{Request, header};
use tower::ServiceExt;
use tower_sessions::Session;
use uuid::Uuid;

use super::answer::Answer;
use super::route::{Kind, Route};
use super::rule::Thing;
use crate::model::announcement::AnnouncementForm;
use crate::model::assistant::AssistantForm;
use crate::model::chat::{Ask, Started};
use crate::model::context::Summary;
use crate::model::error::Code;
use crate::model::folder::FolderForm;
use crate::model::generation::Usage;
use crate::model::prompt::PromptForm;
use crate::model::push::{NewPush, PushKeys};
use crate::model::queue::NewQueued;
use crate::model::setting::Settings;
use crate::model::share::ShareForm;
use crate::model::usage::Purpose;
use crate::model::user::{Registration, Role, User};
use crate::server::Server;
use crate::server::clock::Clock;
use crate::server::crypto::push::tests::{PUBLIC, SECRET};
use crate::server::db::testing::{TestDb, identity_provider};
use crate::server::db::{Call, Change, NewPasskey, NewSummary, StoredIdentityProvider, on};
use crate::server::http::router;
use crate::server::http::viewer::COOKIE;
use crate::server::job;
use crate::server::service::admission::Proof;
use crate::server::service::limit::LimitConfig;
use crate::server::service::session::{self, Browser, Store};
use crate::server::service::viewer::{Origin, Site, Via, Viewer};
use crate::server::service::{
    account, announcement, assistant, file, folder, generation, import, prompt, provider, push, queue, share, sign_in, token,
};
use crate::server::testing;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Person {
    Nobody,
    /// Has the things.
    User,
    /// Has none of them.
    Other,
    Admin,
    /// Was locked out after signing in.
    Disabled,
    /// Waits for an administrator's approval, and so could never sign in.
    Pending,
    /// Their role has to have a second factor, and they have none.
    FactorMissing,
    /// Has to prove their address before chatting, and has not.
    Unverified,
}

impl Person {
    /// Everybody; the owner of the things last.
    pub const ALL: [Self; 8] =
        [Self::Nobody, Self::Disabled, Self::Pending, Self::FactorMissing, Self::Unverified, Self::Other, Self::Admin, Self::User];

    /// The rules that hold while they are here.
    fn rules(self) -> Settings {
        let mut rules = Settings::default();
        match self {
            Self::FactorMissing => rules.security.second_factor = vec![Role::User],
            Self::Unverified => rules.security.require_verification = true,
            _ => {}
        }
        rules
    }
}

/// A picture.
fn dot() -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(2, 2).write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

/// How somebody shows who they are: the header's name and value.
type Badge = (header::HeaderName, String);

/// A server with people and things.
pub struct World {
    pub server: Server,
    router: axum::Router,
    people: HashMap<Person, User>,
    things: HashMap<Thing, Uuid>,
    /// By which who is locked out was signed in: a token, a cookie.
    old: [Option<Badge>; 2],
}

impl World {
    pub async fn new(test: &TestDb) -> Self {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = testing::server_with(test.db.clone(), clock, testing::config(), LimitConfig::per_ip(0, 0)).await;
        provider::start(&server).await.unwrap();
        generation::keep(&server);
        let router = router(&server);
        let mut world = Self { server, router, people: HashMap::new(), things: HashMap::new(), old: [None, None] };
        let signed_in = Person::ALL.into_iter().filter(|person| !matches!(person, Person::Nobody | Person::Pending));
        for person in signed_in {
            let role = if person == Person::Admin { Role::Admin } else { Role::User };
            let email = format!("{person:?}@example.org");
            let registration = Registration { email, name: format!("{person:?}"), password: "correct horse battery".into() };
            world.people.insert(person, account::create(&world.server, registration, role).await.unwrap());
        }
        world.old = [world.badge(Person::Disabled, true).await, world.badge(Person::Disabled, false).await];
        world.lock_out(Person::Disabled).await;
        world.turn_away_pending().await;
        world.make_things().await;
        world
    }

    /// Locks somebody out and leaves them their sign-ins, which an administrator's doing would end: that nobody comes in by one is asked twice.
    async fn lock_out(&self, person: Person) {
        let (sql, now) = ("UPDATE users SET disabled_at = $2 WHERE id = $1", self.server.clock.now());
        let id = self.people[&person].id;
        on!(self.server.db.write(), c => sqlx::query(sql).bind(id).bind(now).execute(c).await.map(drop)).unwrap();
    }

    /// Who waits for approval gets neither token nor cookie, and comes as nobody.
    async fn turn_away_pending(&self) {
        let (server, origin) = (&self.server, Origin::default());
        let user = User::new(Uuid::now_v7(), "pending@example.org".into(), "Pending".into(), Role::User, server.clock.now());
        let user = server.db.users().insert_as(user, None, true).await.unwrap().unwrap();
        let by_token = token::enter(server, &origin, None, user.clone(), &Proof::Password).await.err().map(|error| error.into_api().code);
        let session = Session::new(None, Arc::new(Store::new(server)), None);
        let browser = Browser { session, origin, device: Default::default() };
        let by_cookie = session::enter(server, &browser, user, &Proof::Password).await.err().map(|error| error.into_api().code);
        assert_eq!([by_token, by_cookie], [Some(Code::Pending); 2]);
    }

    async fn make_things(&mut self) {
        let viewer = |person| Viewer { user: self.people[&person].clone(), via: Via::Token { family: Uuid::nil() } };
        let ask = Ask { chat_id: None, text: "hello".into(), model: Some("fake/echo@0".into()), request_id: None, replaces: None };
        let started = generation::send(&self.server, &viewer(Person::User), ask).await.unwrap();
        let mut follower = generation::follow(&self.server, &viewer(Person::User), started.generation_id, 0).await.unwrap();
        while follower.next().await.unwrap().is_some() {}
        self.summarise(&started).await;
        let spare = Registration { email: "spare@example.org".into(), name: "Spare".into(), password: "correct horse battery".into() };
        let spare = account::create(&self.server, spare, Role::User).await.unwrap();
        let provider = provider::list(&self.server, &viewer(Person::Admin)).await.unwrap().remove(0);
        self.badge(Person::User, true).await;
        let sign_in = sign_in::list(&self.server, &viewer(Person::User)).await.unwrap().remove(0);
        let (passkey, credential) = (Uuid::now_v7(), serde_json::json!({}));
        let new = NewPasskey {
            id: passkey,
            user_id: self.people[&Person::User].id,
            credential_id: b"a key",
            credential: &credential,
            name: "Key",
            created_at: self.server.clock.now(),
        };
        assert!(self.server.db.passkeys().insert(&new, 10).await.unwrap());
        let service = identity_provider(self.server.clock.now());
        let identity_provider = service.id;
        let service = StoredIdentityProvider { provider: service, secret_cipher: None };
        assert!(self.server.db.identities().insert_provider(&service).await.unwrap());
        let user = viewer(Person::User);
        let form = AssistantForm { name: "A".into(), ..AssistantForm::default() };
        let assistant = assistant::save(&self.server, &user, None, form).await.unwrap().id;
        let form = PromptForm { title: "P".into(), command: "p".into(), body: "P".into(), shared: false };
        let prompt = prompt::save(&self.server, &user, None, form).await.unwrap().id;
        let form = ShareForm { session_id: started.chat_id, live: false, sign_in: false, indexed: false, files: false, days: None };
        let share = share::create(&self.server, &user, &Origin::default(), &Site::default(), form).await.unwrap().id;
        let form = FolderForm { name: "F".into(), ..FolderForm::default() };
        let folder = folder::save(&self.server, &user, None, form).await.unwrap().id;
        self.things = HashMap::from([
            (Thing::Share, share),
            (Thing::IdentityProvider, identity_provider),
            (Thing::Announcement, self.announcement().await),
            (Thing::Passkey, passkey),
            (Thing::SignIn, sign_in.id),
            (Thing::Chat, started.chat_id),
            (Thing::Answer, started.message_id),
            (Thing::Run, started.generation_id),
            (Thing::Provider, provider.id),
            (Thing::Account, spare.id),
            (Thing::Assistant, assistant),
            (Thing::Prompt, prompt),
            (Thing::Folder, folder),
            (Thing::Queued, self.queued(&user, started.chat_id).await),
            (Thing::Import, self.import().await),
            (Thing::Device, self.device(&user).await),
            (Thing::File, self.file("notes.txt", b"A text.".to_vec()).await),
            (Thing::Picture, self.file("dot.png", dot()).await),
        ]);
    }

    async fn announcement(&self) -> Uuid {
        let root = Viewer { user: self.people[&Person::Admin].clone(), via: Via::Token { family: Uuid::nil() } };
        let texts = [("en".to_owned(), "Hello".to_owned())].into();
        let form = AnnouncementForm { texts, dismissible: true, ..AnnouncementForm::default() };
        announcement::save(&self.server, &root, &Origin::default(), None, form).await.unwrap().id
    }

    /// A message that waits until somebody says that it goes on.
    async fn queued(&self, viewer: &Viewer, chat_id: Uuid) -> Uuid {
        queue::pause(&self.server, viewer, chat_id).await.unwrap();
        let new = NewQueued { message: "next".into(), model: Some("fake/echo@0".into()), ..NewQueued::default() };
        queue::add(&self.server, viewer, chat_id, new).await.unwrap().id
    }

    /// A file of the user's that was read.
    async fn file(&self, name: &str, bytes: Vec<u8>) -> Uuid {
        let viewer = Viewer { user: self.people[&Person::User].clone(), via: Via::Token { family: Uuid::nil() } };
        let pieces = futures::stream::iter([Ok(bytes.into())]);
        let (file, _) = file::store(&self.server, &viewer, name, pieces).await.unwrap();
        while job::run_next(&self.server).await.unwrap() {}
        file.id
    }

    /// A file with conversations that was looked through.
    async fn import(&self) -> Uuid {
        let viewer = Viewer { user: self.people[&Person::User].clone(), via: Via::Token { family: Uuid::nil() } };
        let file = br#"[{"mapping": {"a": {"message": {"author": {"role": "user"}, "content": {"parts": ["Hello"]}}}}}]"#;
        let pieces = futures::stream::iter([Ok(file.to_vec().into())]);
        let import = import::receive(&self.server, &viewer, "conversations.json", pieces).await.unwrap();
        while job::run_next(&self.server).await.unwrap() {}
        import.id
    }

    /// A device that is told of answers.
    async fn device(&self, viewer: &Viewer) -> Uuid {
        let keys = PushKeys { p256dh: PUBLIC.into(), auth: SECRET.into() };
        let new = NewPush { endpoint: "https://push.example/1".into(), keys };
        push::subscribe(&self.server, viewer, &Origin::default(), new).await.unwrap().id
    }

    /// The user's conversation has a summary.
    async fn summarise(&self, started: &Started) {
        let now = self.server.clock.now();
        let call = Call { purpose: Purpose::Summary, ..Call::example("fake", "echo@0", Usage::new(1, 1), now) };
        let summary = Summary {
            id: Uuid::now_v7(),
            upto_id: started.message_id,
            content: "hello".into(),
            messages: 2,
            partial: false,
            model: started.model.clone(),
            created_at: now,
            edited_at: None,
        };
        let (chat_id, run, from) = (started.chat_id, started.generation_id, [started.question_id, Some(started.message_id)]);
        let new = NewSummary { summary, chat_id, from, run, call };
        self.server.db.generations().store(&[Change::Summarised(Box::new(new))]).await.unwrap();
    }

    /// The id of the thing.
    pub fn id(&self, thing: Thing) -> String {
        self.things[&thing].to_string()
    }

    /// Signs in anew, so that nothing that was ended by the walk is missed: with a token, or with a cookie.
    async fn badge(&self, person: Person, by_token: bool) -> Option<Badge> {
        let user = self.people.get(&person)?.clone();
        if person == Person::Disabled && self.old[0].is_some() {
            return self.old[usize::from(!by_token)].clone();
        }
        let origin = Origin::default();
        if by_token {
            let token::Entry::In(_, tokens) = token::enter(&self.server, &origin, None, user, &Proof::Password).await.unwrap() else {
                return None;
            };
            return Some((header::AUTHORIZATION, format!("Bearer {}", tokens.access)));
        }
        let session = Session::new(None, Arc::new(Store::new(&self.server)), None);
        let browser = Browser { session: session.clone(), origin, device: Default::default() };
        session::enter(&self.server, &browser, user, &Proof::Password).await.unwrap();
        session.save().await.unwrap();
        Some((header::COOKIE, format!("{COOKIE}={}", session.id().unwrap())))
    }

    /// Asks the route as this person: programs with a token, browsers with a cookie from a page of ours.
    pub async fn ask(&self, route: &Route, person: Person) -> Answer {
        let rest = matches!(route.kind, Kind::Rest(_));
        let accept = if matches!(route.kind, Kind::Page) { "text/html" } else { "application/json" };
        let mut request: Builder = Request::builder().method(route.method.clone()).uri(&route.url).header(header::HOST, "chat.example");
        request = request.header(header::ACCEPT, accept);
        if !rest {
            request = request.header("sec-fetch-site", "same-origin");
        }
        // What an administrator has set meanwhile is taken back: it holds for everybody.
        self.server.settings.put(Settings::default());
        if let Some((name, value)) = self.badge(person, rest).await {
            request = request.header(name, value);
        }
        if let Some((kind, _)) = &route.body {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        let body = route.body.as_ref().map_or_else(Body::empty, |(_, text)| Body::from(text.clone()));
        let mut request = request.body(body).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([192, 0, 2, 1], 4000))));
        self.server.settings.put(person.rules());
        let answered = tokio::time::timeout(PATIENCE, self.answered(route, request)).await;
        answered.unwrap_or_else(|_| Answer::none("no answer in time"))
    }

    async fn answered(&self, route: &Route, request: Request<Body>) -> Answer {
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        match to_bytes(body, usize::MAX).await {
            Ok(bytes) => Answer::of(route, parts.status, &parts.headers, &String::from_utf8_lossy(&bytes)),
            Err(cause) => Answer::none(&cause.to_string()),
        }
    }
}
