//! The list of people on both databases: every order and filter, page by page. What may be done to whom, the files, and a crowd
//! have files of their own.

mod act;
mod crowd;
mod export;

use std::collections::BTreeSet;

use super::*;
use crate::model::directory::State;
use crate::model::error::{ApiError, Code};
use crate::model::token::Tokens;
use crate::model::user::Registration;
use crate::server::clock::Clock;
use crate::server::db::ActivityFilter;
use crate::server::db::testing::{TestDb, databases};
use crate::server::service::device::Device;
use crate::server::service::viewer::Via;
use crate::server::service::{account, token};
use crate::server::testing::server;

const PASSWORD: &str = "correct horse battery";

struct Place {
    server: Server,
    clock: Clock,
    test: TestDb,
    admin: Viewer,
}

/// A server with one administrator, `ada`, on each database.
async fn places() -> Vec<Place> {
    let mut all = Vec::new();
    for test in databases().await {
        let clock = Clock::fixed(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server(test.db.clone(), clock.clone()).await;
        let admin = person(&server, "ada", Role::Admin).await;
        all.push(Place { server, clock, test, admin });
    }
    all
}

async fn person(server: &Server, name: &str, role: Role) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: PASSWORD.into() };
    let user = account::create(server, registration, role).await.unwrap();
    if role == Role::User {
        return Viewer { user, via: Via::Session { id_hash: [0; 32] } };
    }
    // Who administers has proved who they are a moment ago.
    let tokens = sign_in(server, &user.email).await.unwrap();
    token::viewer(server, &tokens.access).await.unwrap()
}

async fn sign_in(server: &Server, email: &str) -> Result<Tokens> {
    match token::login(server, &Origin::default(), &Device::default(), email, PASSWORD.into()).await? {
        token::Entry::In(_, tokens) => Ok(tokens),
        token::Entry::SecondFactor(_) => panic!("a second factor"),
    }
}

impl Place {
    async fn act(&self, viewer: &Viewer, id: Uuid, what: Act) -> Result<Dossier, ApiError> {
        super::act(&self.server, viewer, &Origin::default(), id, what).await.map_err(Error::into_api)
    }

    /// The names on every page of this many, walked to the end.
    async fn walk(&self, query: Query, limit: u32) -> Vec<String> {
        let (mut names, mut after) = (Vec::new(), None::<String>);
        loop {
            let page = list(&self.server, &self.admin, query.clone(), after.as_deref(), Some(limit)).await.unwrap();
            assert!(page.items.len() <= limit as usize);
            names.extend(page.items.into_iter().map(|member| member.name));
            after = page.next;
            if after.is_none() {
                return names;
            }
        }
    }

    async fn actions(&self, user: Uuid) -> Vec<String> {
        let filter = ActivityFilter { user_id: Some(user), ..ActivityFilter::default() };
        self.server.db.activity().list(&filter, 50).await.unwrap().into_iter().map(|entry| entry.action_name).collect()
    }
}

/// Rows as the tests like them, without hashing a password for each.
async fn fill(place: &Place, names: &[&str]) {
    for name in names {
        place.clock.advance(Duration::seconds(1));
        let mut email = format!("{}@example.org", name.to_lowercase().replace(' ', "."));
        if place.server.db.users().find_by_email(&email).await.unwrap().is_some() {
            email = format!("another.{email}");
        }
        let user = User::new(Uuid::now_v7(), email, (*name).to_owned(), Role::User, place.server.clock.now());
        place.server.db.users().insert(user, None).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn every_order_visits_everybody_once_whatever_the_page() {
    for place in places().await {
        fill(&place, &["Bea", "carl", "王小明", "Dora", "bea", "Élan", "Zoë", "carl Two"]).await;
        let id = |name: &str| format!("{}@example.org", name.to_lowercase());
        let seen = place.server.db.users().find_by_email(&id("carl")).await.unwrap().unwrap().user;
        place.clock.advance(Duration::hours(1));
        place.server.db.people().set_seen(seen.id, place.clock.now(), place.clock.now()).await.unwrap();
        for sort in Sort::ALL {
            let query = Query { sort, ..Query::default() };
            let whole = place.walk(query.clone(), 200).await;
            assert_eq!(whole.len(), 9);
            assert_eq!(whole.iter().collect::<BTreeSet<_>>().len(), 9);
            for limit in [1, 2, 4, 8, 9] {
                assert_eq!(place.walk(query.clone(), limit).await, whole, "{} {sort:?} by {limit}", place.test.engine);
            }
            let first = whole[0].as_str();
            match sort {
                Sort::Newest => assert_eq!(first, "carl Two"),
                Sort::Oldest | Sort::Email => assert_eq!(first, "ada"),
                Sort::Name => assert_eq!((first, whole[1].to_lowercase().as_str()), ("ada", "bea")),
                Sort::Seen => assert_eq!(first, "carl"),
            }
        }
    }
}

#[tokio::test]
async fn people_are_found_by_parts_of_name_and_address_and_by_their_state() {
    for place in places().await {
        fill(&place, &["Grace Hopper", "Grace Kelly", "王小明", "100% sure", "under_score"]).await;
        let find = async |text: &str| place.walk(Query { search: Some(text.into()), ..Query::default() }, 2).await;
        assert_eq!(find("hOPp").await, ["Grace Hopper"], "{}", place.test.engine);
        assert_eq!(find("kelly GRACE").await, ["Grace Kelly"]);
        assert_eq!(find("grace.kelly@").await, ["Grace Kelly"]);
        assert_eq!(find("小明").await, ["王小明"]);
        assert_eq!(find("100%").await, ["100% sure"]);
        assert_eq!(find("_").await, ["under_score"]);
        assert_eq!(find("\\").await, Vec::<String>::new());
        assert_eq!(find("grace").await.len(), 2);
        let id = async |name: &str| place.server.db.users().find_by_email(name).await.unwrap().unwrap().user.id;
        place.act(&place.admin, id("grace.kelly@example.org").await, Act::Disable).await.unwrap();
        place.act(&place.admin, id("under_score@example.org").await, Act::VerifyEmail).await.unwrap();
        place.act(&place.admin, id("100%.sure@example.org").await, Act::Delete).await.unwrap();
        let names = async |query: Query| place.walk(query, 200).await;
        assert_eq!(names(Query { state: Some(State::Disabled), ..Query::default() }).await, ["Grace Kelly"]);
        assert_eq!(names(Query { state: Some(State::Deleting), ..Query::default() }).await, ["100% sure"]);
        assert_eq!(names(Query { state: Some(State::Active), ..Query::default() }).await.len(), 4);
        assert!(names(Query { state: Some(State::Pending), ..Query::default() }).await.is_empty());
        assert_eq!(names(Query { verified: Some(true), ..Query::default() }).await, ["under_score"]);
        assert_eq!(names(Query { role: Some(Role::Admin), ..Query::default() }).await, ["ada"]);
        assert!(names(Query { online: Some(true), ..Query::default() }).await.is_empty());
        let page = crate::server::service::presence::enter(&place.server, &place.admin).unwrap();
        assert_eq!(names(Query { online: Some(true), ..Query::default() }).await, ["ada"]);
        assert_eq!(names(Query { online: Some(false), ..Query::default() }).await.len(), 5);
        drop(page);
    }
}

#[tokio::test]
async fn only_administrators_see_the_list_and_a_wrong_cursor_is_said() {
    for place in places().await {
        let bob = person(&place.server, "bob", Role::User).await;
        let forbidden = list(&place.server, &bob, Query::default(), None, None).await.unwrap_err().into_api();
        assert_eq!(forbidden.code, Code::Forbidden);
        assert_eq!(find(&place.server, &bob, bob.user.id).await.unwrap_err().into_api().code, Code::Forbidden);
        assert_eq!(place.act(&bob, bob.user.id, Act::MakeAdmin).await.unwrap_err().code, Code::Forbidden);
        let page = list(&place.server, &place.admin, Query::default(), None, Some(1)).await.unwrap();
        let other = Query { sort: Sort::Name, ..Query::default() };
        for (query, after) in [(other, page.next.as_deref()), (Query::default(), Some("nonsense")), (Query::default(), Some(""))] {
            let wrong = list(&place.server, &place.admin, query, after, None).await.unwrap_err().into_api();
            assert!(wrong.field("after").is_some(), "{after:?}");
        }
    }
}
