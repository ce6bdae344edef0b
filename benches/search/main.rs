//! How long a search takes among many messages, on SQLite and where there is one on PostgreSQL.
//! `LIAO_BENCH_MESSAGES=1000000 cargo bench --features ssr --bench search`; 100,000 if absent. `LIAO_BENCH_ENGINE=postgres`: only that one.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and the environment")]

mod fill;
mod words;

use std::time::{Duration, Instant};

use liao::model::user::{Registration, Role};
use liao::server::Server;
use liao::server::clock::Clock;
use liao::server::db::testing::{TestDb, databases};
use liao::server::service::viewer::{Via, Viewer};
use liao::server::service::{account, search};
use liao::server::testing;
use uuid::Uuid;

/// Searches of each kind, and those of them that only warm up.
const ROUNDS: usize = 100;
const WARM: usize = 5;

/// What is looked for: a name, and the question of a round.
type Kind = (&'static str, fn(usize) -> String);

const KINDS: [Kind; 9] = [
    ("a frequent word", |n| words::word(n % 20)),
    ("a rare word", |n| words::word(3_000 + n)),
    ("two words", |n| format!("{} {}", words::word(n % 50), words::word(200 + n))),
    ("the beginning of a word", |n| words::word(500 + n).chars().take(4).collect()),
    ("one Chinese character", |n| words::han(n % 50).to_string()),
    ("two Chinese characters", |n| words::pair(n % 500)),
    ("a Chinese sentence's part", |n| format!("{}{}", words::pair(n), words::pair(n + 1))),
    ("a frequent word of one tag", |n| format!("{} tag:rare", words::word(n % 20))),
    ("nothing that is there", |n| format!("zzq{n}")),
];

#[tokio::main]
async fn main() {
    let messages: usize = std::env::var("LIAO_BENCH_MESSAGES").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    println!("| engine | messages | what | found | p50 | p99 |\n|---|---|---|---|---|---|");
    let only = std::env::var("LIAO_BENCH_ENGINE").ok();
    for test in databases().await {
        if only.as_ref().is_some_and(|only| test.engine != *only) {
            continue;
        }
        let (server, viewer) = crowd(&test, messages).await;
        let mut all = Vec::new();
        for (name, question) in KINDS {
            let (times, found) = measure(&server, &viewer, question).await;
            println!("| {} | {messages} | {name} | {found} | {:.1?} | {:.1?} |", test.engine, at(&times, 50), at(&times, 99));
            all.extend(times);
        }
        all.sort();
        println!("| {} | {messages} | **all** | | {:.1?} | {:.1?} |", test.engine, at(&all, 50), at(&all, 99));
    }
}

fn at(times: &[Duration], percent: usize) -> Duration {
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

/// Sorted times of one kind, and how many hits there were in all.
async fn measure(server: &Server, viewer: &Viewer, question: fn(usize) -> String) -> (Vec<Duration>, usize) {
    let (mut times, mut found) = (Vec::new(), 0);
    for round in 0..ROUNDS + WARM {
        let begun = Instant::now();
        let hits = search::find(server, viewer, &question(round), None, None).await.expect("a search");
        if round >= WARM {
            times.push(begun.elapsed());
            found += hits.items.len();
        }
    }
    times.sort();
    (times, found)
}

/// Somebody who has half of the messages; the rest is of a hundred others.
async fn crowd(test: &TestDb, messages: usize) -> (Server, Viewer) {
    let server = testing::server(test.db.clone(), Clock::default()).await;
    let mut people = Vec::new();
    for n in 0..101 {
        let registration = Registration { email: format!("p{n}@example.org"), name: "P".into(), password: "correct horse battery".into() };
        let user = match n {
            0 => account::create(&server, registration, Role::User).await.expect("an account"),
            _ => fill::person(test, n).await,
        };
        people.push(user);
    }
    let begun = Instant::now();
    fill::messages(test, &people.iter().map(|user| user.id).collect::<Vec<_>>(), messages).await;
    eprintln!("{}: {messages} messages in {:.0?}", test.engine, begun.elapsed());
    let user = people.swap_remove(0);
    (server, Viewer { user, via: Via::Token { family: Uuid::nil() } })
}
