//! The route walk: every route that the router has, as everybody who may come, with what each of them has to get.
//!
//! The list is the router's own (`route.rs`), so a new route is walked without a word about it:
//!
//! | Route | Who may use it, unless `rule.rs` says otherwise |
//! |---|---|
//! | documented under `/api/` | no `security`: everybody; `security(("bearer" = []))`: who is signed in; `security(("bearer" = ["admin"]))`: administrators |
//! | a page | below `/admin/`: administrators; else who is signed in |
//! | a server function | who is signed in |
//! | any other door | nobody has said: the walk fails until `rule.rs` does |
//!
//! What names a thing (an id in the path, the query, the body or the arguments) must be the user's own: `OWNED` in `rule.rs` says
//! which thing it is, and everybody else, administrators too, must hear that there is none.

mod answer;
mod people;
mod route;
mod rule;
mod sample;

use answer::Verdict;
use people::{Person, World};
use route::{Kind, Route};
use rule::Who;

use crate::server::db::testing::databases;

/// What this person has to get from a route of this kind of people. Absent: they are not asked.
fn expected(who: Who, person: Person) -> Verdict {
    match (who, person) {
        (Who::Anybody, _) => Verdict::Passed,
        (Who::Guest, Person::Nobody | Person::Disabled) => Verdict::Passed,
        (Who::Guest, _) => Verdict::Home,
        (_, Person::Nobody | Person::Disabled) => Verdict::SignIn,
        (Who::Admin, Person::Admin) | (Who::SignedIn, _) | (Who::Owner, Person::User) => Verdict::Passed,
        (Who::Admin, _) => Verdict::Forbidden,
        (Who::Owner, _) => Verdict::NotFound,
    }
}

/// Whether the answer is what was expected: who may use a route may also hear that there is nothing (any more), but not when
/// they read what is theirs.
fn holds(expected: Verdict, got: Verdict, route: &Route, who: Who) -> bool {
    let reads = route.method == http::Method::GET && who == Who::Owner;
    expected == got || expected == Verdict::Passed && got == Verdict::NotFound && !reads
}

#[tokio::test]
async fn every_route_gives_everybody_what_they_may_have() {
    for test in databases().await {
        let world = World::new(&test).await;
        let mut wrong = Vec::new();
        let mut walked = Vec::new();
        for mut route in route::all(&world.server) {
            match rule::of(&mut route, &world).await {
                Ok(who) => walked.push((route, who)),
                Err(problem) => wrong.push(problem),
            }
        }
        let of = |kind: fn(&Kind) -> bool| walked.iter().filter(|(route, _)| kind(&route.kind)).count();
        let counts = (of(|k| matches!(k, Kind::Rest(_))), of(|k| matches!(k, Kind::Page)), of(|k| matches!(k, Kind::Function)));
        assert!(counts.0 >= 25 && counts.1 >= 8 && counts.2 >= 25, "routes are missing: {counts:?} {wrong:#?}");
        // The owner last, and reading first: what they delete is gone for everybody.
        walked.sort_by_key(|(route, _)| route.method != http::Method::GET);
        for person in Person::ALL {
            for (route, who) in &walked {
                let (expected, got) = (expected(*who, person), world.ask(route, person).await);
                if !holds(expected, got.verdict, route, *who) {
                    wrong.push(format!("{} as {person:?}: {:?}, not {expected:?}; it said {}", route.name(), got.verdict, got.said));
                }
            }
        }
        assert!(
            wrong.is_empty(),
            "{}: {} of {} routes; who may use them is said in src/server/http/tests/walk/rule.rs, or by the operation's `security`\n{}",
            test.engine,
            wrong.len(),
            walked.len(),
            wrong.join("\n")
        );
    }
}

/// The guard itself: a route that lets in too many, or too few, is found.
#[test]
fn a_wrong_answer_is_found() {
    let route = |method| Route::of(method, "/api/x/{id}/", Kind::Door);
    for (who, person, got) in [
        (Who::Admin, Person::User, Verdict::Passed),
        (Who::SignedIn, Person::Nobody, Verdict::Passed),
        (Who::SignedIn, Person::Nobody, Verdict::NotFound),
        (Who::SignedIn, Person::Disabled, Verdict::Forbidden),
        (Who::SignedIn, Person::User, Verdict::Forbidden),
        (Who::Owner, Person::Other, Verdict::Passed),
        (Who::Owner, Person::Admin, Verdict::Passed),
        (Who::Owner, Person::User, Verdict::NotFound),
        (Who::Anybody, Person::Nobody, Verdict::Broken),
    ] {
        assert!(!holds(expected(who, person), got, &route(http::Method::GET), who), "{who:?} {person:?} {got:?}");
    }
}
