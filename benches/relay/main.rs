//! What relaying costs: Liao (durable, raw and rendered) beside a bare axum relay, in front of the same scripted upstream.
//! Each is a process of its own, so that CPU and memory are its own. `cargo bench --features ssr --bench relay`.
#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock and has its own clients")]

mod load;
mod process;
mod report;
mod roles;

use std::time::Duration;

use load::{Door, Load};
use process::Process;
use report::Report;

fn main() {
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let role = words.next();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    match role.as_deref() {
        Some("upstream") => runtime.block_on(roles::upstream()),
        Some("bare") => runtime.block_on(roles::bare(&words.next().expect("the upstream's URL"))),
        _ => runtime.block_on(measure(role.as_deref() == Some("quick"))),
    }
}

/// Runs everything and prints Markdown tables.
async fn measure(quick: bool) {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let upstream = Process::role("upstream", &[]).await;
    let bare = Process::role("bare", &[&upstream.url]).await;
    let data = tempfile::tempdir().expect("a folder");
    let liao = Process::liao(data.path(), &upstream.url).await;
    let token = load::register(&liao.url).await;
    let doors = [
        ("bare relay", Door::Bare { url: bare.url.clone() }, &bare),
        ("Liao, raw events", Door::Raw { url: liao.url.clone(), token: token.clone() }, &liao),
        ("Liao, page", Door::Page { url: liao.url.clone(), token: token.clone() }, &liao),
    ];
    let mut report = Report::default();
    report.idle(&liao);
    for &streams in if quick { &[1, 50][..] } else { &[1, 50, 100, 1000][..] } {
        let tokens = (200_000 / streams).clamp(200, 5_000);
        report.section(&format!("{streams} streams, {tokens} tokens each, no gap"));
        for (name, door, process) in &doors {
            let load = Load { door: door.clone(), streams, tokens, per_second: 0 };
            report.relayed(name, process, load).await;
        }
    }
    report.section("Held: 50 tokens/s each, 10 s");
    let streams = if quick { 100 } else { 1000 };
    for (name, door, process) in &doors {
        report.relayed(name, process, Load { door: door.clone(), streams, tokens: 500, per_second: 50 }).await;
    }
    report.section("Time to the first token, one reader, median of 100");
    for (name, door, _) in &doors {
        report.first_token(name, door).await;
    }
    report.section("A short saved turn (20 tokens), one after the other");
    report.turns(&liao, &token, if quick { 100 } else { 500 }).await;
    report.section("Pages rendered on the server");
    let time = Duration::from_secs(if quick { 2 } else { 8 });
    report.pages("/login", &liao, (&format!("{}/login", liao.url), None), time).await;
    let chat = load::conversation(&liao.url, &token, 25).await;
    let cookie = load::sign_in(&liao.url).await;
    report.pages("a conversation of 50 messages", &liao, (&format!("{}/chat/{chat}", liao.url), Some(&cookie)), time).await;
    report.idle(&liao);
}
