//! The list of people on both databases: every order and filter, page by page; what may be done to whom; and the files.

use std::collections::BTreeSet;

use futures::TryStreamExt;

use serde_json::Value;

use super::*;
use crate::model::directory::{Bulk, State};
use crate::model::error::{ApiError, Code};
use crate::model::sheet::SheetFormat;
use crate::model::token::Tokens;
use crate::model::user::Registration;
use crate::server::clock::Clock;
use crate::server::db::testing::{TestDb, databases};
use crate::server::db::{ActivityFilter, Pool};
use crate::server::job;
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
        act(&self.server, viewer, &Origin::default(), id, what).await.map_err(Error::into_api)
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
        place.server.db.people().set_seen(seen.id, place.clock.now()).await.unwrap();
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

#[tokio::test]
async fn nobody_locks_themselves_out_and_the_last_administrator_stays() {
    for place in places().await {
        let (ada, bob) = (&place.admin, person(&place.server, "bob", Role::Admin).await);
        for what in [Act::Disable, Act::MakeUser, Act::Delete] {
            assert_eq!(place.act(ada, ada.user.id, what).await.unwrap_err().code, Code::Conflict, "{what:?} oneself");
        }
        // Both demote the other in the same moment: one of them stays.
        let (a, b) = tokio::join!(place.act(ada, bob.user.id, Act::MakeUser), place.act(&bob, ada.user.id, Act::MakeUser));
        assert!(a.is_ok() != b.is_ok(), "{}: {a:?} {b:?}", place.test.engine);
        let role = async |id| place.server.db.people().find(id).await.unwrap().unwrap().role;
        let admins = [role(ada.user.id).await, role(bob.user.id).await].into_iter().filter(|role| *role == Role::Admin).count();
        assert_eq!(admins, 1);
        // Somebody whose session still says administrator may not take the last one either.
        let (first, last) = if a.is_ok() { (&bob, ada) } else { (ada, &bob) };
        for what in [Act::Disable, Act::MakeUser, Act::Delete] {
            assert_eq!(place.act(first, last.user.id, what).await.unwrap_err().code, Code::Conflict, "{what:?} the last");
        }
        assert_eq!(place.act(last, Uuid::now_v7(), Act::Disable).await.unwrap_err().code, Code::NotFound);
    }
}

#[tokio::test]
async fn what_is_done_to_an_account_holds_at_once_and_is_noted() {
    for place in places().await {
        let bob = person(&place.server, "bob", Role::User).await;
        let enter = async || sign_in(&place.server, "bob@example.org").await;
        let tokens = enter().await.unwrap();
        assert_eq!(find(&place.server, &place.admin, bob.user.id).await.unwrap().programs, 1, "{}", place.test.engine);
        let out = place.act(&place.admin, bob.user.id, Act::SignOut).await.unwrap();
        assert_eq!((out.programs, out.sessions), (0, 0));
        assert!(token::viewer(&place.server, &tokens.access).await.is_err(), "access tokens end with the sign-in");
        assert!(token::refresh(&place.server, &Origin::default(), &tokens.refresh).await.is_err());
        let off = place.act(&place.admin, bob.user.id, Act::Disable).await.unwrap();
        assert_eq!(off.member.state, State::Disabled);
        assert!(enter().await.is_err());
        place.act(&place.admin, bob.user.id, Act::Disable).await.unwrap();
        place.act(&place.admin, bob.user.id, Act::Enable).await.unwrap();
        assert!(enter().await.is_ok());
        let up = place.act(&place.admin, bob.user.id, Act::MakeAdmin).await.unwrap();
        assert_eq!(up.member.role, Role::Admin);
        let noted = place.actions(bob.user.id).await;
        for (action, times) in [("disabled", 1), ("enabled", 1), ("role_changed", 1), ("signed_out_by_admin", 1)] {
            assert_eq!(noted.iter().filter(|name| *name == action).count(), times, "{action} in {noted:?}");
        }
    }
}

#[tokio::test]
async fn a_deleted_account_is_locked_until_it_is_erased_or_restored() {
    for place in places().await {
        let (bob, eve) = (person(&place.server, "bob", Role::User).await, person(&place.server, "eve", Role::User).await);
        for viewer in [&bob, &eve] {
            let gone = place.act(&place.admin, viewer.user.id, Act::Delete).await.unwrap();
            assert_eq!((gone.member.state, gone.delete_after.is_some()), (State::Deleting, true));
            assert_eq!(place.act(&place.admin, viewer.user.id, Act::Enable).await.unwrap_err().code, Code::Conflict);
            let back = sign_in(&place.server, &viewer.user.email).await;
            assert!(back.is_err(), "{}: its owner does not call it off", place.test.engine);
        }
        let back = place.act(&place.admin, bob.user.id, Act::Restore).await.unwrap();
        assert_eq!((back.member.state, back.delete_after), (State::Active, None));
        place.clock.advance(Duration::days(8));
        while job::run_next(&place.server).await.unwrap() {}
        assert!(find(&place.server, &place.admin, bob.user.id).await.is_ok());
        assert_eq!(find(&place.server, &place.admin, eve.user.id).await.unwrap_err().into_api().code, Code::NotFound);
    }
}

#[tokio::test]
async fn accounts_are_made_and_changed_and_every_wrong_field_is_named() {
    for place in places().await {
        let here = Origin::default();
        let new = |email: &str, password: Option<&str>| NewMember {
            email: email.into(),
            name: String::new(),
            role: None,
            password: password.map(str::to_owned),
            email_verified: password.is_some(),
        };
        let make = async |new| create(&place.server, &place.admin, &here, new).await.map_err(Error::into_api);
        let bob = make(new("Bob@example.org", Some(PASSWORD))).await.unwrap();
        assert_eq!((bob.member.name.as_str(), bob.has_password, bob.member.email_verified), ("bob", true, true), "{}", place.test.engine);
        assert!(sign_in(&place.server, "bob@example.org").await.is_ok());
        assert!(!make(new("eve@example.org", None)).await.unwrap().has_password);
        assert!(make(new("bob@example.org", None)).await.unwrap_err().field("email").is_some(), "taken");
        let change = async |change| update(&place.server, &place.admin, &here, bob.member.id, change).await.map_err(Error::into_api);
        let moved = change(MemberChange { email: Some("b@example.org".into()), ..MemberChange::default() }).await.unwrap();
        assert_eq!((moved.member.email.as_str(), moved.member.email_verified), ("b@example.org", false));
        let both =
            MemberChange { name: Some("Robert".into()), role: Some(Role::Admin), email_verified: Some(true), ..MemberChange::default() };
        let member = change(both).await.unwrap().member;
        assert_eq!((member.name.as_str(), member.role, member.email_verified), ("Robert", Role::Admin, true));
        let taken = change(MemberChange { email: Some("eve@example.org".into()), ..MemberChange::default() }).await.unwrap_err();
        assert!(taken.field("email").is_some());
        let noted = place.actions(bob.member.id).await;
        assert!(["user_created", "user_changed", "role_changed"].iter().all(|name| noted.iter().any(|n| n == name)), "{noted:?}");
    }
}

#[tokio::test]
async fn several_are_changed_at_once_and_each_is_told_apart() {
    for place in places().await {
        let (bob, eve) = (person(&place.server, "bob", Role::User).await, person(&place.server, "eve", Role::User).await);
        let nobody = Uuid::now_v7();
        let run = async |ids: Vec<Uuid>| bulk(&place.server, &place.admin, &Origin::default(), Bulk { ids, action: Act::Disable }).await;
        let results = run(vec![bob.user.id, place.admin.user.id, nobody, eve.user.id, bob.user.id]).await.unwrap();
        let found: Vec<_> = results.results.iter().map(|result| (result.id, result.code)).collect();
        let expected =
            [(bob.user.id, None), (place.admin.user.id, Some(Code::Conflict)), (nobody, Some(Code::NotFound)), (eve.user.id, None)];
        assert_eq!((found.as_slice(), results.counts()), (expected.as_slice(), (2, 2)), "{}", place.test.engine);
        assert!(run(vec![]).await.unwrap_err().into_api().field("ids").is_some());
        assert!(run((0..=500).map(|_| Uuid::now_v7()).collect()).await.is_err());
    }
}

#[tokio::test]
async fn the_list_leaves_as_csv_json_and_a_workbook() {
    for place in places().await {
        fill(&place, &["=cmd|' /C calc'!A0", "Grace, \"the\" Hopper", "王小明"]).await;
        let file = async |format, query: Query| {
            let sheet = export(&place.server, &place.admin, &Origin::default(), query, format).await.unwrap();
            sheet.pieces.try_collect::<Vec<_>>().await.unwrap().concat()
        };
        let by_name = || Query { sort: Sort::Name, ..Query::default() };
        let csv = String::from_utf8(file(SheetFormat::Csv, by_name()).await).unwrap();
        let mut reader = ::csv::Reader::from_reader(csv.as_bytes());
        let names: Vec<String> = reader.records().map(|row| row.unwrap()[2].to_owned()).collect();
        assert_eq!(names.len(), 4, "{}", place.test.engine);
        assert!(names.contains(&"'=cmd|' /C calc'!A0".to_owned()) && names.contains(&"Grace, \"the\" Hopper".to_owned()), "{names:?}");
        let json: Vec<Value> = serde_json::from_slice(&file(SheetFormat::Json, by_name()).await).unwrap();
        assert!(json.iter().any(|row| row["name"] == "王小明" && row["state"] == "active"), "{json:?}");
        let xlsx = file(SheetFormat::Xlsx, Query { search: Some("小明".into()), ..Query::default() }).await;
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(xlsx)).unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut zip.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut text).unwrap();
        assert!(text.contains("王小明") && !text.contains("Grace"), "{text}");
        let left = std::fs::read_dir(&place.server.config.data_dir)
            .unwrap()
            .flatten()
            .any(|f| f.file_name().to_string_lossy().starts_with("sheet-"));
        assert!(!left, "the working copy is gone");
    }
}

#[tokio::test]
async fn an_export_of_several_batches_is_whole() {
    for place in places().await {
        crowd(&place.test, 2_500).await;
        let sheet = export(&place.server, &place.admin, &Origin::default(), Query::default(), SheetFormat::Json).await.unwrap();
        let bytes = sheet.pieces.try_collect::<Vec<_>>().await.unwrap().concat();
        let rows: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
        let ids: BTreeSet<&str> = rows.iter().filter_map(|row| row["id"].as_str()).collect();
        assert_eq!((rows.len(), ids.len()), (2_501, 2_501), "{}", place.test.engine);
    }
}

/// Many people at once, made by the database itself.
async fn crowd(test: &TestDb, count: i64) {
    match test.db.write() {
        Pool::Sqlite(pool) => {
            let sql = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
                INSERT INTO users (id, email, name, role, disabled_at, email_verified_at, last_seen_at, created_at, updated_at)
                SELECT randomblob(16), 'p' || i || '@example.org', 'Person ' || (i * 7919 % $1), CASE WHEN i % 20000 = 0 THEN 'admin' ELSE 'user' END,
                CASE WHEN i % 3000 = 0 THEN '2026-06-01T00:00:00+00:00' END, CASE WHEN i % 2 = 0 THEN '2026-06-01T00:00:00+00:00' END,
                CASE WHEN i % 3 = 0 THEN strftime('%Y-%m-%dT%H:%M:%S+00:00', 1780000000 + i, 'unixepoch') END,
                strftime('%Y-%m-%dT%H:%M:%S+00:00', 1770000000 + i, 'unixepoch'), '2026-01-01T00:00:00+00:00' FROM n";
            sqlx::query(sql).bind(count).execute(pool).await.unwrap();
        }
        Pool::Postgres(pool) => {
            let sql = "INSERT INTO users (id, email, name, role, disabled_at, email_verified_at, last_seen_at, created_at, updated_at)
                SELECT gen_random_uuid(), 'p' || i || '@example.org', 'Person ' || (i * 7919 % $1), CASE WHEN i % 20000 = 0 THEN 'admin' ELSE 'user' END,
                CASE WHEN i % 3000 = 0 THEN now() END, CASE WHEN i % 2 = 0 THEN now() END,
                CASE WHEN i % 3 = 0 THEN to_timestamp(1780000000 + i) END, to_timestamp(1770000000 + i), now() FROM generate_series(1, $1) i";
            sqlx::query(sql).bind(count).execute(pool).await.unwrap();
            sqlx::query("VACUUM ANALYZE users").execute(pool).await.unwrap();
        }
    }
}

/// Somewhere in the middle of a list in this order.
async fn middle(place: &Place, sort: Sort) -> (DirectoryKey, Uuid) {
    let query = Query { sort, ..Query::default() };
    let rows = page(&place.server, query, None, 2_000).await.unwrap();
    let row = rows.last().unwrap();
    (row.key(sort), row.user.id)
}

#[tokio::test]
async fn every_page_is_found_within_an_index_and_never_sorted() {
    for place in places().await {
        crowd(&place.test, 6_000).await;
        for sort in Sort::ALL {
            let deep = Some(middle(&place, sort).await);
            for (after, search, state) in [(None, None, None), (deep.clone(), None, None), (deep, Some("person 77"), Some(State::Disabled))]
            {
                let begin = after.is_some();
                let query = Query { sort, search: search.map(str::to_owned), state, ..Query::default() };
                let plan = place.server.db.directory().plan(&Wanted { query, online: vec![], after }, 51).await.unwrap();
                match place.test.engine {
                    "sqlite" => {
                        let verb = if begin { "SEARCH users USING COVERING INDEX" } else { "SCAN users USING COVERING INDEX" };
                        assert!(plan.contains(verb), "{sort:?} {search:?}: {plan}");
                    }
                    // With a search PostgreSQL may well read the table, which is small.
                    _ if search.is_some() => {}
                    _ => assert!(plan.contains("Index Only Scan") && !plan.contains("Seq Scan on users users"), "{sort:?}: {plan}"),
                }
            }
        }
    }
}

/// `cargo test --release --features ssr --lib -- --ignored --nocapture hundred_thousand`: what `docs/PERFORMANCE.md` says.
#[tokio::test]
#[ignore = "measures; run by hand"]
#[allow(clippy::disallowed_methods, reason = "how long it took is what is asked")]
async fn a_list_of_a_hundred_thousand() {
    for place in places().await {
        crowd(&place.test, 100_000).await;
        for sort in Sort::ALL {
            let after = Some({
                let mut key = middle(&place, sort).await;
                for _ in 0..24 {
                    let query = Query { sort, ..Query::default() };
                    let rows = page(&place.server, query, Some(key), 2_000).await.unwrap();
                    key = (rows.last().unwrap().key(sort), rows.last().unwrap().user.id);
                }
                key
            });
            let query = || Query { sort, ..Query::default() };
            let cases = [
                ("first page", query(), None),
                ("50,000 people in", query(), after),
                ("search, one found", Query { search: Some("p77777@".into()), ..query() }, None),
                ("search, none found", Query { search: Some("nobody is called so".into()), ..query() }, None),
                ("search, many found", Query { search: Some("person 7".into()), ..query() }, None),
                ("administrators", Query { role: Some(Role::Admin), ..query() }, None),
                ("disabled", Query { state: Some(State::Disabled), ..query() }, None),
            ];
            for (what, query, after) in cases {
                let mut best = f64::MAX;
                for _ in 0..5 {
                    let begin = std::time::Instant::now();
                    page(&place.server, query.clone(), after.clone(), 51).await.unwrap();
                    best = best.min(begin.elapsed().as_secs_f64() * 1000.0);
                }
                println!("{} {sort:?}: {what}: {best:.1} ms", place.test.engine);
            }
        }
    }
}
