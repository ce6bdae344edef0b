//! Measures and prints Markdown; every row beside the bare relay's of the same run.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::load::{self, Door, Load};
use crate::process::Process;

/// Keeps the bare relay's numbers of the section for the ratios.
#[derive(Default)]
pub struct Report {
    bare: Option<f64>,
}

impl Report {
    pub fn section(&mut self, title: &str) {
        self.bare = None;
        println!("\n### {title}\n");
    }

    pub fn idle(&self, process: &Process) {
        println!("Memory of Liao now: {:.1} MiB", process.rss_kib() / 1024.0);
    }

    /// Tokens/s, CPU and memory of a load.
    pub async fn relayed(&mut self, name: &str, process: &Process, load: Load) {
        let (cpu, rss) = (process.cpu_ms(), process.rss_kib());
        let peak = std::sync::atomic::AtomicU64::new(0);
        let watching = async {
            loop {
                peak.fetch_max(process.rss_kib() as u64, std::sync::atomic::Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let (took, failed) = tokio::select! { result = load.run() => result, () = watching => unreachable!() };
        let tokens = (load.streams * load.tokens) as f64;
        let rate = tokens / took.as_secs_f64();
        let base = *self.bare.get_or_insert(rate);
        let grown = (peak.into_inner() as f64 - rss).max(0.0) / load.streams as f64;
        println!(
            "- {name}: {rate:.0} tokens/s (× {:.2}), {:.2} CPU ms per 1,000 tokens, + {grown:.0} KiB a stream, {failed} failed",
            rate / base,
            (process.cpu_ms() - cpu) / tokens * 1000.0
        );
    }

    pub async fn first_token(&mut self, name: &str, door: &Door) {
        let client = load::client();
        let mut times = Vec::new();
        for _ in 0..100 {
            times.push(door.clone().read(client.clone(), "words-3@200".into()).await.first.as_secs_f64() * 1000.0);
        }
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        let base = *self.bare.get_or_insert(median);
        println!("- {name}: {median:.2} ms (+ {:.2} ms), p95 {:.2} ms", median - base, times[times.len() * 95 / 100]);
    }

    pub async fn turns(&mut self, liao: &Process, token: &str, turns: usize) {
        let client = load::client();
        let (cpu, begin) = (liao.cpu_ms(), Instant::now());
        for _ in 0..turns {
            let body = json!({ "message": "go", "model": "openai/words-20@0" });
            let answer = client.post(format!("{}/api/llm/chat/", liao.url)).bearer_auth(token).json(&body).send().await.expect("an answer");
            assert_eq!(answer.status(), 200);
            let _ = answer.bytes().await.expect("a body");
        }
        let each = begin.elapsed().as_secs_f64() * 1000.0 / turns as f64;
        println!("- {:.2} CPU ms and {each:.2} ms a turn", (liao.cpu_ms() - cpu) / turns as f64);
    }

    pub async fn pages(&self, name: &str, liao: &Process, (url, cookie): (&str, Option<&str>), time: Duration) {
        load::hammer(url, cookie, Duration::from_millis(500)).await;
        let cpu = liao.cpu_ms();
        let served = load::hammer(url, cookie, time).await as f64;
        let cpu = (liao.cpu_ms() - cpu) / served;
        println!(
            "- {name}: {:.0} pages/s with the readers on the same two cores; {cpu:.3} CPU ms a page, that is {:.0} pages/s of two cores",
            served / time.as_secs_f64(),
            2000.0 / cpu
        );
    }
}
