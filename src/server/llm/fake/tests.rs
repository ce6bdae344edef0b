//! What the scripts say and count.

use super::*;

fn request(model: &str, turns: &[(Author, &str)]) -> ChatRequest {
    let turns = turns.iter().map(|(author, text)| Turn::new(*author, *text)).collect();
    ChatRequest { model: model.into(), turns, ..ChatRequest::default() }
}

async fn play(fake: &Fake, request: ChatRequest) -> (String, String, Option<LlmError>, Vec<Delta>) {
    let mut stream = match fake.chat(request).await {
        Ok(stream) => stream,
        Err(error) => return (String::new(), String::new(), Some(error), Vec::new()),
    };
    let (mut text, mut reasoning, mut rest) = (String::new(), String::new(), Vec::new());
    while let Some(next) = stream.next().await {
        match next {
            Ok(Delta::Text(t)) => text.push_str(&t),
            Ok(Delta::Reasoning(r)) => reasoning.push_str(&r),
            Ok(other) => rest.push(other),
            Err(error) => return (text, reasoning, Some(error), rest),
        }
    }
    (text, reasoning, None, rest)
}

#[tokio::test]
async fn words_are_in_sequence_and_counted() {
    let fake = Fake::default();
    let (text, _, error, rest) = play(&fake, request("words-1200@0", &[(Author::User, "go")])).await;
    assert!(error.is_none());
    assert!(text.split_whitespace().enumerate().all(|(i, word)| word == format!("w{}", i + 1)));
    assert_eq!(text.split_whitespace().count(), 1200);
    assert_eq!(rest, [Delta::Usage(Usage::new(1, 1200)), Delta::Stop(StopReason::End)]);
    assert_eq!(fake.counters().finished.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_begun_answer_is_continued_where_it_ended() {
    let fake = Fake::default();
    let (whole, ..) = play(&fake, request("words-20@0", &[(Author::User, "go")])).await;
    for cut in [1, 5, whole.len() / 2, whole.len()] {
        let (rest, ..) = play(&fake, request("words-20@0", &[(Author::User, "go"), (Author::Assistant, &whole[..cut])])).await;
        assert_eq!(format!("{}{rest}", &whole[..cut]), whole);
    }
}

#[tokio::test]
async fn the_rate_is_kept() {
    let fake = Fake::default();
    let begun = std::time::Instant::now();
    play(&fake, request("words-100@500", &[(Author::User, "go")])).await;
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(195), "{took:?}");
    assert!(took < Duration::from_millis(1500), "{took:?}");
}

#[tokio::test]
async fn failures_come_as_scripted() {
    let fake = Fake::default();
    let ask = |model: &str| request(model, &[(Author::User, "go")]);
    for attempt in 0..6 {
        let (text, _, error, _) = play(&fake, ask("fail-first-2@0")).await;
        assert_eq!(error.is_some(), attempt % 3 < 2, "attempt {attempt}");
        assert_eq!(text.is_empty(), attempt % 3 < 2, "attempt {attempt}");
    }
    let (text, _, error, _) = play(&fake, ask("fail-mid@0")).await;
    assert_eq!((text.as_str(), error.unwrap().kind), ("w1 w2 w3 w4 w5", FailureKind::Network));
    let (text, _, error, _) = play(&fake, ask("garbage@0")).await;
    assert_eq!((text.is_empty(), error.unwrap().kind), (false, FailureKind::Protocol));
    assert_eq!(play(&fake, ask("fail-auth")).await.2.unwrap().kind, FailureKind::Auth);
    assert_eq!(play(&fake, ask("fail-rate")).await.2.unwrap().retry_after, Some(Duration::from_secs(1)));
    assert_eq!(play(&fake, ask("no-such-script")).await.2.unwrap().kind, FailureKind::UnknownModel);
    let long = "word ".repeat(4000);
    assert_eq!(play(&fake, request("echo", &[(Author::User, &long)])).await.2.unwrap().kind, FailureKind::ContextTooLong);
}

#[tokio::test]
async fn a_stalled_answer_that_is_dropped_counts_as_cancelled() {
    let fake = Fake::default();
    let mut stream = fake.chat(request("stall@0", &[(Author::User, "go")])).await.unwrap();
    for _ in 0..3 {
        stream.next().await.unwrap().unwrap();
    }
    assert!(tokio::time::timeout(Duration::from_millis(50), stream.next()).await.is_err(), "it did not stall");
    drop(stream);
    assert_eq!(fake.counters().cancelled.load(Ordering::Relaxed), 1);
    assert_eq!(fake.counters().finished.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn samples_come_whole_and_max_tokens_cuts() {
    let fake = Fake::default();
    let (text, reasoning, ..) = play(&fake, request("reasoning@0", &[(Author::User, "go")])).await;
    assert!(!text.is_empty() && !reasoning.is_empty());
    let (text, ..) = play(&fake, request("markdown@0", &[(Author::User, "go")])).await;
    for part in ["# ", "```rust", "```python", "| --- |", "$$", "- [x]", "你好"] {
        assert!(text.contains(part), "{part} is missing");
    }
    let (text, ..) = play(&fake, request("echo@0", &[(Author::User, "  你好,\nworld  again")])).await;
    assert_eq!(text, "  你好,\nworld  again");
    let mut short = request("words-10@0", &[(Author::User, "go")]);
    short.max_tokens = Some(2);
    let (text, _, _, rest) = play(&fake, short).await;
    assert_eq!((text.as_str(), rest.last()), ("w1 w2 ", Some(&Delta::Stop(StopReason::Length))));
}
