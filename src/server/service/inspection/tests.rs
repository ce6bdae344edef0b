//! Other people's conversations as administrators come to see them, on both databases.

use chrono::Duration;

use super::*;
use crate::model::activity::Outcome;
use crate::model::chat::{Ask, Started};
use crate::model::setting::OversightSettings;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::ActivityFilter;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::generation::{keep, send, whole};
use crate::server::service::{account, chat, provider, setting};
use crate::server::testing::{server, signed_in};

const WHY: &str = "A report of abuse";

struct World {
    server: Server,
    clock: Clock,
    root: Viewer,
    other_root: Viewer,
    ada: Viewer,
    chat: Uuid,
    origin: Origin,
}

async fn person(server: &Server, name: &str, role: Role) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let user = account::create(server, registration, role).await.unwrap();
    signed_in(server, user).await
}

async fn ask(server: &Server, viewer: &Viewer, chat_id: Option<Uuid>, text: &str) -> Started {
    let ask = Ask { chat_id, text: text.into(), model: Some("fake/echo@0".into()), request_id: None, replaces: None };
    let started = send(server, viewer, ask).await.unwrap();
    whole(server, viewer, &started).await.unwrap();
    started
}

async fn world(test: &TestDb) -> World {
    let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let server = server(test.db.clone(), clock.clone()).await;
    provider::start(&server).await.unwrap();
    keep(&server);
    let root = person(&server, "root", Role::Admin).await;
    let (other_root, ada) = (person(&server, "other", Role::Admin).await, person(&server, "ada", Role::User).await);
    let chat = ask(&server, &ada, None, "a secret question").await.chat_id;
    World { server, clock, root, other_root, ada, chat, origin: Origin::default() }
}

fn form(reason: &str) -> ReasonForm {
    ReasonForm { reason: reason.into() }
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    result.unwrap_err().into_api().code
}

impl World {
    async fn open(&self, who: &Viewer) -> Result<Access> {
        open(&self.server, who, &self.origin, self.chat, form(WHY)).await
    }

    /// What Ada's own security log says administrators did, the newest first.
    async fn told(&self) -> Vec<(Action, String)> {
        let own = activity::own(&self.server, &self.ada, None).await.unwrap().items;
        let acts = [Action::ChatOpened, Action::ChatExported, Action::ChatErased];
        let seen = own.into_iter().filter(|entry| acts.contains(&entry.activity.action));
        seen.map(|entry| (entry.activity.action, entry.activity.detail["why"].as_str().unwrap_or_default().to_owned())).collect()
    }

    async fn letters(&self) -> Vec<LetterKind> {
        let page = self.server.db.mails().list(None, None, 50).await.unwrap();
        page.into_iter().filter(|mail| mail.recipient == "ada@example.org").map(|mail| mail.letter).collect()
    }
}

#[tokio::test]
async fn a_conversation_is_read_only_after_a_reason_that_its_owner_is_told() {
    for test in databases().await {
        let world = world(&test).await;
        let World { server, root, other_root, ada, chat, .. } = &world;
        let known = list(server, root, InspectionQuery::default(), None, None).await.unwrap().items;
        assert_eq!((known.len(), known[0].id, known[0].messages, known[0].owner_id), (1, *chat, 2, ada.user.id));
        assert!(!serde_json::to_string(&known).unwrap().contains("secret"), "{known:?}");

        assert_eq!(look(server, root, *chat, None, None).await.unwrap().opened, None);
        assert_eq!(code(messages(server, root, *chat, None, None).await), Code::Forbidden);
        assert_eq!(code(export(server, root, &world.origin, *chat, Format::Text, Locale::En).await.map(|file| file.body)), Code::Forbidden);
        assert_eq!(code(world.open(ada).await), Code::Forbidden, "for administrators only");
        assert_eq!(code(open(server, root, &world.origin, *chat, form("?")).await), Code::Invalid);
        assert_eq!(code(open(server, root, &world.origin, Uuid::now_v7(), form(WHY)).await), Code::NotFound);
        assert!(world.told().await.is_empty() && world.letters().await.is_empty());

        let access = world.open(root).await.unwrap();
        assert_eq!(world.open(root).await.unwrap(), access, "what is open stays as it is");
        assert_eq!(world.told().await, [(Action::ChatOpened, WHY.to_owned())], "{}", test.engine);
        assert_eq!(world.letters().await, [LetterKind::ChatOpened]);
        let opened = look(server, root, *chat, None, None).await.unwrap().opened.unwrap();
        assert_eq!((opened.messages.len(), opened.messages[0].message.content.as_str()), (2, "a secret question"));
        assert_eq!(messages(server, root, *chat, None, None).await.unwrap().items.len(), 2);
        assert_eq!(code(messages(server, other_root, *chat, None, None).await), Code::Forbidden, "not for another administrator");
        let elsewhere = ask(server, ada, None, "another").await.chat_id;
        assert_eq!(code(messages(server, root, elsewhere, None, None).await), Code::Forbidden, "not for another conversation");

        let file = export(server, root, &world.origin, *chat, Format::Text, Locale::En).await.unwrap();
        assert!(file.body.contains("a secret question"));
        assert_eq!(world.told().await[0], (Action::ChatExported, WHY.to_owned()));
        world.clock.advance(Duration::minutes(OPEN_MINUTES));
        assert_eq!(code(messages(server, root, *chat, None, None).await), Code::Forbidden, "it is over");
        assert_eq!(sweep(server).await.unwrap(), 1);
        let log = ActivityFilter { action: Some(Action::ChatOpened), result: Some(Outcome::Done), ..ActivityFilter::default() };
        assert_eq!(server.db.activity().list(&log, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn it_takes_a_fresh_proof_and_a_setting_forbids_it_at_once() {
    for test in databases().await {
        let world = world(&test).await;
        let World { server, root, chat, .. } = &world;
        world.clock.advance(Duration::minutes(11));
        assert_eq!(code(world.open(root).await), Code::StepUp, "{}", test.engine);
        assert_eq!(code(erase(server, root, &world.origin, *chat, form(WHY)).await), Code::StepUp);
        let root = &signed_in(server, root.user.clone()).await;
        world.open(root).await.unwrap();
        let never = OversightSettings { reading: false };
        assert_eq!(code(setting::update_oversight(server, &world.ada, &world.origin, never.clone()).await), Code::Forbidden);
        setting::update_oversight(server, root, &world.origin, never).await.unwrap();
        assert_eq!(code(messages(server, root, *chat, None, None).await), Code::Forbidden, "also what was open");
        let found = look(server, root, *chat, None, None).await.unwrap();
        assert_eq!((found.allowed, found.opened), (false, None));
        assert_eq!(code(world.open(root).await), Code::Forbidden);
        assert_eq!(list(server, root, InspectionQuery::default(), None, None).await.unwrap().items.len(), 1, "that it exists is known");
    }
}

#[tokio::test]
async fn what_cannot_be_noted_is_not_done() {
    for test in databases().await {
        let world = world(&test).await;
        let sql = "ALTER TABLE activity RENAME TO activity_gone";
        crate::server::db::on!(test.db.write(), c => sqlx::query(sql).execute(c).await.map(drop)).unwrap();
        assert_eq!(code(world.open(&world.root).await), Code::Internal, "{}", test.engine);
        assert_eq!(code(erase(&world.server, &world.root, &world.origin, world.chat, form(WHY)).await), Code::Internal);
        assert_eq!(look(&world.server, &world.root, world.chat, None, None).await.unwrap().opened, None);
    }
}

#[tokio::test]
async fn what_an_administrator_deletes_is_gone_and_its_owner_is_told_why() {
    for test in databases().await {
        let world = world(&test).await;
        let World { server, root, ada, chat, .. } = &world;
        assert_eq!(code(erase(server, ada, &world.origin, *chat, form(WHY)).await), Code::Forbidden);
        erase(server, root, &world.origin, *chat, form(WHY)).await.unwrap();
        assert_eq!(code(chat::find(server, ada, *chat).await), Code::NotFound, "{}", test.engine);
        assert_eq!(code(chat::restore(server, ada, *chat).await), Code::NotFound, "it does not come back");
        assert_eq!(code(erase(server, root, &world.origin, *chat, form(WHY)).await), Code::NotFound);
        assert_eq!(world.told().await, [(Action::ChatErased, WHY.to_owned())]);
        assert_eq!(world.letters().await, [LetterKind::ChatErased]);
    }
}

#[tokio::test]
async fn the_list_is_filtered_and_goes_on_where_a_page_ended() {
    for test in databases().await {
        let world = world(&test).await;
        let World { server, root, ada, chat, other_root, .. } = &world;
        let mut written = vec![*chat];
        for n in 0..4 {
            world.clock.advance(Duration::days(1));
            written.insert(0, ask(server, ada, None, &format!("number {n}")).await.chat_id);
        }
        ask(server, ada, Some(written[0]), "and more").await;
        let gone = ask(server, other_root, None, "mine").await.chat_id;
        let ids = async |query: InspectionQuery, after: Option<&str>, limit| {
            let page = list(server, root, query, after, limit).await.unwrap();
            (page.items.into_iter().map(|item| item.id).collect::<Vec<_>>(), page.next)
        };
        let of_ada = || InspectionQuery { owner: Some("ada@example.org".into()), ..InspectionQuery::default() };
        let (mut seen, mut after) = (Vec::new(), None::<String>);
        loop {
            let (page, next) = ids(of_ada(), after.as_deref(), Some(2)).await;
            seen.extend(page);
            after = next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, written, "{}", test.engine);
        assert_eq!(ids(InspectionQuery { messages: Some(4), ..of_ada() }, None, None).await.0, [written[0]]);
        assert!(ids(InspectionQuery { model: Some("fake/none".into()), ..of_ada() }, None, None).await.0.is_empty());
        assert!(ids(InspectionQuery { reported: Some(true), ..of_ada() }, None, None).await.0.is_empty());
        assert_eq!(ids(InspectionQuery { reported: Some(false), ..of_ada() }, None, None).await.0.len(), 5);
        let day = world.clock.now().format("%Y-%m-%d").to_string();
        assert_eq!(ids(InspectionQuery { from: Some(day.clone()), ..of_ada() }, None, None).await.0, [written[0]]);
        let before = InspectionQuery { to: Some((world.clock.now() - Duration::days(1)).to_rfc3339()), ..of_ada() };
        assert_eq!(ids(before, None, None).await.0.len(), 3);
        chat::delete(server, other_root, gone).await.unwrap();
        let of_other = InspectionQuery { owner: Some(other_root.user.id.to_string()), ..InspectionQuery::default() };
        assert!(ids(of_other, None, None).await.0.is_empty(), "what is deleted is not shown");
        for wrong in [
            InspectionQuery { owner: Some("nobody@example.org".into()), ..InspectionQuery::default() },
            InspectionQuery { messages: Some(0), ..InspectionQuery::default() },
            InspectionQuery { from: Some("yesterday".into()), ..InspectionQuery::default() },
        ] {
            assert_eq!(code(list(server, root, wrong, None, None).await), Code::Invalid);
        }
        assert_eq!(code(list(server, root, of_ada(), Some("x"), None).await), Code::Invalid);
    }
}
