//! With 200 runs at once, readers that go away, stops and every fault of an upstream, the ledger equals what the upstream served.

use std::collections::HashMap;
use std::time::Duration;

use futures::future::join_all;

use super::upstream::{self, Served, Way};
use super::*;
use crate::model::provider::{Kind, ProviderForm};
use crate::server::config::Config;
use crate::server::db::LedgerEntry;
use crate::server::job;
use crate::server::llm::estimate_tokens;
use crate::server::service::limit::LimitConfig;
use crate::server::service::viewer::Origin;

const RUNS: u64 = 200;

/// What a reader does with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reader {
    Stays,
    /// Goes away in the middle, and comes back at the end.
    GoesAway,
    Stops,
}

/// Numbers that look like chance and are the same every time.
fn chance(seed: u64) -> u64 {
    let mut x = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

async fn serving(test: &TestDb, base_url: String) -> Server {
    let folder = std::env::temp_dir().join(format!("liao-test-{}", Uuid::new_v4().simple()));
    let config = Config::with(&folder, &[("LIAO_FAKE_PROVIDER", "true"), ("LIAO_AUTO_TITLE", "true"), ("LIAO_OLLAMA_URL", "off")]).unwrap();
    let server = testing::server_with(test.db.clone(), Clock::default(), config, LimitConfig::default()).await;
    provider::start(&server).await.unwrap();
    let root = person(&server, "root", Role::Admin).await;
    // One for each run: what becomes of one must not set another's key aside.
    for n in 0..RUNS {
        let (slug, base_url) = (format!("up{n}"), Some(base_url.clone()));
        let form = ProviderForm {
            slug,
            kind: Kind::Openai,
            base_url,
            api_key: None,
            enabled: true,
            private: true,
            api: Default::default(),
            limits: Default::default(),
        };
        provider::save(&server, &root, &Origin::default(), None, form).await.unwrap();
    }
    generation::keep(&server);
    server
}

/// One run, as its reader sees it; answers the message.
async fn run(server: &Server, viewer: &Viewer, question: &str, reader: Reader, patience: u64) -> Uuid {
    let started = send(server, viewer, asking(question, &format!("up{}/m", question.split(' ').nth(1).unwrap()))).await.unwrap();
    let mut follower = generation::follow(server, viewer, started.generation_id, 0).await.unwrap();
    match reader {
        Reader::Stays => while follower.next().await.unwrap().is_some() {},
        Reader::GoesAway => drop(tokio::time::timeout(Duration::from_millis(patience), follower.next()).await),
        Reader::Stops => {
            tokio::time::sleep(Duration::from_millis(patience)).await;
            generation::stop(server, viewer, started.generation_id).await.unwrap();
        }
    }
    drop(follower);
    whole(server, viewer, &started).await.unwrap();
    started.message_id
}

/// What the ledger says of one run against what was served.
fn compare(case: &str, way: Way, served: &Served, entry: Option<&LedgerEntry>, content: &str) {
    let Some(entry) = entry else {
        assert_eq!(served.requests, 0, "{case}: a call that nobody counts");
        return;
    };
    let (tries, requests) = (entry.tries, i64::from(served.requests));
    match entry.outcome {
        // Stopped while it was being asked, it may not have been heard.
        Status::Stopped => assert!((requests..=requests + 1).contains(&tries), "{case}: {entry:?} {served:?}"),
        _ => assert_eq!(tries, requests, "{case}: {entry:?}"),
    }
    let tokens = (entry.input_tokens, entry.output_tokens);
    if let (false, Some(told)) = (entry.estimated, served.told) {
        assert_eq!((tokens, entry.cached_tokens, entry.reasoning_tokens), (told, 2, 1), "{case}: as it was told");
    } else {
        assert!(entry.estimated, "{case}: nobody told it: {entry:?}");
        let received = i64::try_from(estimate_tokens(content)).unwrap();
        assert_eq!(entry.output_tokens, received, "{case}: what was received");
        assert!(served.text.contains(content) && received <= i64::try_from(estimate_tokens(&served.text)).unwrap(), "{case}");
    }
    let (outcome, failure) = (entry.outcome, entry.failure.as_deref());
    let fits = match way {
        _ if outcome == Status::Stopped => failure.is_none(),
        Way::Refused => failure == Some("auth") && tokens == (0, 0),
        Way::Down => failure == Some("vendor_down") && tokens == (0, 0) && tries == 4,
        Way::BrokenAmid => failure == Some("network") && tokens.0 > 0 && tokens.1 > 0,
        Way::Stalls => false,
        Way::DownTwice => outcome == Status::Done && tries == 3 && !entry.estimated,
        Way::BrokenFirst => outcome == Status::Done && tries == 2 && !entry.estimated,
        Way::Good | Way::Slow => outcome == Status::Done && tries == 1 && !entry.estimated,
        Way::Uncounted => outcome == Status::Done && tries == 1 && entry.estimated,
    };
    assert!(fits, "{case}: {entry:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_ledger_equals_what_the_upstream_served() {
    for test in databases().await {
        let (url, log) = upstream::begin().await;
        let server = serving(&test, url).await;
        let ada = person(&server, "ada", Role::User).await;
        let plans = (0..RUNS).map(|n| {
            let way = Way::ALL[(chance(n) % Way::ALL.len() as u64) as usize];
            let reader = match chance(n + RUNS) % 3 {
                _ if way == Way::Stalls => Reader::Stops,
                0 => Reader::Stays,
                1 => Reader::GoesAway,
                _ => Reader::Stops,
            };
            (format!("{way:?} {n}"), way, reader, chance(n + 2 * RUNS) % 400)
        });
        let plans: Vec<_> = plans.collect();
        let messages = join_all(plans.iter().map(|(question, _, reader, patience)| run(&server, &ada, question, *reader, *patience))).await;
        server.generations.shutdown(Duration::from_secs(60)).await;
        // Titles come after the answers.
        while job::run_next(&server).await.unwrap() {}
        assert_eq!(server.generations.count(), 0, "{}: a run that does not end", test.engine);

        let entries = server.db.ledger().entries(ada.user.id, None, 10_000).await.unwrap();
        let (titles, chats): (Vec<_>, Vec<_>) = entries.iter().partition(|entry| entry.purpose == crate::model::usage::Purpose::Title);
        let by_message: HashMap<Uuid, &LedgerEntry> = chats.iter().map(|entry| (entry.message_id.unwrap(), *entry)).collect();
        assert_eq!(by_message.len(), chats.len(), "{}: one line a run", test.engine);
        let log = log.lock().unwrap().clone();
        let mut outcomes: HashMap<String, u32> = HashMap::new();
        for ((question, way, reader, _), message_id) in plans.iter().zip(&messages) {
            let (entry, served) = (by_message.get(message_id).copied(), log.get(question).cloned().unwrap_or_default());
            let message = chat::message(&server, &ada, *message_id).await.unwrap();
            compare(&format!("{}: {question} {reader:?}", test.engine), *way, &served, entry, &message.content);
            assert_eq!(message.usage.map(|used| used.output_tokens as i64), entry.map(|entry| entry.output_tokens), "{question}");
            *outcomes.entry(entry.map_or("none".into(), |entry| format!("{:?}", entry.outcome))).or_default() += 1;
        }
        let asked_titles: u32 =
            log.iter().filter(|(question, _)| question.starts_with("Write a title")).map(|(_, served)| served.requests).sum();
        assert_eq!(titles.len() as u32, asked_titles, "{}: a line for each title that was asked for", test.engine);
        assert!(titles.iter().all(|entry| !entry.estimated && entry.outcome == Status::Done), "{}: {titles:?}", test.engine);
        for outcome in ["Done", "Stopped", "Failed"] {
            assert!(outcomes.get(outcome).is_some_and(|n| *n > 10), "{}: too few to prove anything: {outcomes:?}", test.engine);
        }

        let sum: u64 = server.db.ledger().of_models(ada.user.id, ALL).await.unwrap().iter().map(|(_, sum)| sum.tokens()).sum();
        let each: i64 = entries.iter().map(|entry| entry.input_tokens + entry.output_tokens).sum();
        assert_eq!(i64::try_from(sum).unwrap(), each, "{}", test.engine);
    }
}
