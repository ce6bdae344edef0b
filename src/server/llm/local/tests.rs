//! The built-in model with its real weights, where `LIAO_MODEL` names them. `LIAO_REQUIRE_MODEL=1` makes their absence a failure.

use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;

use super::*;
use crate::model::message::Author;
use crate::server::llm::{StopReason, Turn};

#[allow(clippy::disallowed_methods, reason = "tests are told by the environment where the weights are")]
fn weights() -> Option<ModelFile> {
    let file = std::env::var("LIAO_MODEL").ok().map(|path| ModelFile { path: path.into(), ..ModelFile::default() });
    let file = file.filter(ModelFile::installed);
    let required = std::env::var("LIAO_REQUIRE_MODEL").is_ok_and(|v| v == "1");
    assert!(file.is_some() || !required, "LIAO_REQUIRE_MODEL=1, but LIAO_MODEL names no file");
    file
}

fn ask(local: &Local, turns: &[(Author, &str)], max_tokens: u32) -> ChatRequest {
    let turns = turns.iter().map(|(author, text)| Turn::new(*author, *text)).collect();
    ChatRequest { model: local.file.name(), turns, max_tokens: Some(max_tokens), temperature: Some(0.0), ..ChatRequest::default() }
}

#[derive(Debug, Default)]
struct Answer {
    text: String,
    notices: Vec<Notice>,
    usage: crate::model::generation::Usage,
    stop: Option<StopReason>,
    error: Option<LlmError>,
}

async fn read(mut stream: DeltaStream) -> Answer {
    let mut answer = Answer::default();
    while let Some(next) = stream.next().await {
        match next {
            Ok(Delta::Text(text)) => answer.text.push_str(&text),
            Ok(Delta::Reasoning(text)) => panic!("no reasoning was expected: {text}"),
            Ok(Delta::Notice(notice)) => answer.notices.push(notice),
            Ok(other @ (Delta::Sealed(_) | Delta::ToolCall(_))) => panic!("unexpected {other:?}"),
            Ok(Delta::Usage(usage)) => answer.usage = usage,
            Ok(Delta::Stop(stop)) => answer.stop = Some(stop),
            Err(error) => answer.error = Some(error),
        }
    }
    answer
}

#[tokio::test]
async fn the_real_model_answers_a_question_and_counts_its_tokens() {
    let Some(file) = weights() else { return };
    let local = Local::new(file);
    let begun = Instant::now();
    let answer = read(local.chat(ask(&local, &[(Author::User, "What is the capital of France?")], 60)).await.unwrap()).await;
    eprintln!("answered in {:?}: {answer:?}", begun.elapsed());
    assert!(["Paris", "France"].iter().any(|word| answer.text.contains(word)), "{answer:?}");
    assert_eq!(answer.stop, Some(StopReason::End));
    assert!(answer.usage.output_tokens > 2 && answer.usage.input_tokens > 20, "{answer:?}");
    assert!(answer.notices.iter().any(|n| n.code == NoticeCode::ModelLoading), "loading was not told");
    // The real tokenizer: digits apart, no space put before words (from the model's own tokenizer).
    for (text, count) in [("Hello world", 2), ("1234", 4), ("", 0)] {
        assert_eq!(local.tokens(text), count, "{text}");
    }
}

#[tokio::test]
async fn a_begun_answer_is_continued() {
    let Some(file) = weights() else { return };
    let local = Local::new(file);
    let turns = [(Author::User, "What is the capital of France?"), (Author::Assistant, "The capital of France is")];
    let answer = read(local.chat(ask(&local, &turns, 8)).await.unwrap()).await;
    assert!(answer.text.starts_with(" Paris"), "{answer:?}");
}

#[tokio::test]
async fn a_chat_that_goes_on_where_it_was_answers_as_a_fresh_one_does() {
    let Some(file) = weights() else { return };
    let (used, fresh) = (Local::new(file.clone()), Local::new(file));
    let first = [(Author::User, "Name three colours.")];
    let answer = read(used.chat(ask(&used, &first, 12)).await.unwrap()).await;
    let talk = [first[0], (Author::Assistant, &answer.text), (Author::User, "And three animals?")];
    // Continued exactly where it was cut: nothing but the new tokens is to be read.
    let cut = [first[0], (Author::Assistant, answer.text.as_str())];
    for turns in [talk.as_slice(), cut.as_slice()] {
        let (a, b) = (used.chat(ask(&used, turns, 10)).await.unwrap(), fresh.chat(ask(&fresh, turns, 10)).await.unwrap());
        assert_eq!(read(a).await.text, read(b).await.text);
    }
}

#[tokio::test]
async fn max_tokens_and_the_window_are_kept() {
    let Some(file) = weights() else { return };
    let local = Local::new(file);
    let answer = read(local.chat(ask(&local, &[(Author::User, "Count to one hundred.")], 5)).await.unwrap()).await;
    assert_eq!((answer.stop, answer.usage.output_tokens), (Some(StopReason::Length), 5), "{answer:?}");
    let long = "word ".repeat(5000);
    let answer = read(local.chat(ask(&local, &[(Author::User, &long)], 5)).await.unwrap()).await;
    assert_eq!(answer.error.map(|e| e.kind), Some(FailureKind::ContextTooLong));
    assert_eq!(local.models().await.unwrap()[0].context, Some(4096));
}

#[tokio::test]
async fn chats_take_turns_and_the_fifth_waits_and_hears_its_place() {
    let Some(file) = weights() else { return };
    let local = Local::new(file);
    let question = "Write a long story about a river.";
    read(local.chat(ask(&local, &[(Author::User, "Hi")], 1)).await.unwrap()).await;
    let alone = read(local.chat(ask(&local, &[(Author::User, question)], 24)).await.unwrap()).await;
    let mut chats = Vec::new();
    for _ in 0..5 {
        let stream = local.chat(ask(&local, &[(Author::User, question)], 24)).await.unwrap();
        chats.push(tokio::spawn(read(stream)));
    }
    let answers: Vec<Answer> = futures::future::join_all(chats).await.into_iter().map(Result::unwrap).collect();
    for answer in &answers {
        assert_eq!(answer.text, alone.text, "another chat leaked into this one");
    }
    let queued: Vec<_> = answers.iter().map(|a| a.notices.iter().any(|n| n.code == NoticeCode::Queued && n.message == "1")).collect();
    assert_eq!(queued, [false, false, false, false, true]);
}

#[tokio::test]
async fn a_chat_that_nobody_reads_ends_within_a_token() {
    let Some(file) = weights() else { return };
    let local = Local::new(file);
    let mut stream = local.chat(ask(&local, &[(Author::User, "Write a very long story about a river.")], 1000)).await.unwrap();
    while !matches!(stream.next().await, Some(Ok(Delta::Text(_)))) {}
    drop(stream);
    let begun = Instant::now();
    read(local.chat(ask(&local, &[(Author::User, "Hi")], 1)).await.unwrap()).await;
    // A thousand tokens take longer than that on any machine that runs tests.
    assert!(begun.elapsed() < Duration::from_secs(6), "the dropped chat held the model up for {:?}", begun.elapsed());
}

#[tokio::test]
async fn an_idle_model_is_unloaded_and_comes_back() {
    let Some(file) = weights() else { return };
    let mut local = Local::new(file.clone());
    local.engine = Engine::with_idle(file.path, Duration::from_millis(100));
    for _ in 0..2 {
        let answer = read(local.chat(ask(&local, &[(Author::User, "Hi")], 3)).await.unwrap()).await;
        assert!(answer.error.is_none(), "{answer:?}");
        assert!(local.engine.vocab().is_some());
        let begun = Instant::now();
        while local.engine.vocab().is_some() {
            assert!(begun.elapsed() < Duration::from_secs(20), "it is still loaded");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// Prints what `docs/PERFORMANCE.md` states; `cargo test --release --features ssr speed -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement"]
async fn speed() {
    let file = weights().expect("LIAO_MODEL names the weights");
    let begun = Instant::now();
    load(&file);
    eprintln!("load: {:?}, resident {} MB", begun.elapsed(), resident());
    let local = Local::new(file);
    read(local.chat(ask(&local, &[(Author::User, "Hi")], 1)).await.unwrap()).await;
    for chats in [1, 4] {
        let begun = Instant::now();
        let mut running = Vec::new();
        for _ in 0..chats {
            let stream = local.chat(ask(&local, &[(Author::User, "Write a very long story about a river.")], 200)).await.unwrap();
            running.push(tokio::spawn(read(stream)));
        }
        let tokens: u64 = futures::future::join_all(running).await.into_iter().map(|a| a.unwrap().usage.output_tokens).sum();
        eprintln!("{chats} chats: {:.1} tokens/s together", tokens as f64 / begun.elapsed().as_secs_f64());
    }
    let long = "The river runs through the valley. ".repeat(150);
    let begun = Instant::now();
    let answer = read(local.chat(ask(&local, &[(Author::User, &long)], 1)).await.unwrap()).await;
    eprintln!("prompt of {} tokens: {:?}; resident {} MB", answer.usage.input_tokens, begun.elapsed(), resident());
}

fn load(file: &ModelFile) {
    weights::load(&file.path, &mut |_| {}).unwrap();
}

fn resident() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    pages.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096 / 1_000_000
}

#[tokio::test]
async fn a_name_that_is_not_the_models_is_unknown() {
    let local = Local::new(ModelFile::default());
    let request = ChatRequest { model: "gpt".into(), ..ChatRequest::default() };
    assert_eq!(local.chat(request).await.err().map(|e| e.kind), Some(FailureKind::UnknownModel));
}

#[tokio::test]
async fn a_file_that_is_no_model_fails_with_its_name_and_the_next_chat_tries_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.gguf");
    std::fs::write(&path, b"GGUF but not really").unwrap();
    let local = Local::new(ModelFile { path, ..ModelFile::default() });
    for _ in 0..2 {
        let answer = read(local.chat(ask(&local, &[(Author::User, "Hi")], 1)).await.unwrap()).await;
        let error = answer.error.expect("an error");
        assert!(error.message.contains("broken.gguf"), "{}", error.message);
    }
}

#[tokio::test]
async fn missing_weights_are_fetched_on_the_first_chat_and_all_who_wait_see_it() {
    let body = [b"GGUF".as_slice(), &[1; 200_000]].concat();
    let app = Router::new().route("/w", get(move || async move { body }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/w", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let folder = tempfile::tempdir().unwrap();
    let file = ModelFile { path: folder.path().join("m/tiny.gguf"), url, sha256: None };
    let local = Local::new(file.clone());
    let (a, b) = (local.chat(ask(&local, &[], 1)).await.unwrap(), local.chat(ask(&local, &[], 1)).await.unwrap());
    for answer in [read(a).await, read(b).await] {
        assert!(answer.notices.iter().any(|n| n.code == NoticeCode::ModelLoading), "{answer:?}");
        // It is no real model; that it was fetched and tried is the point.
        assert!(answer.error.is_some_and(|e| e.message.contains("tiny.gguf")));
    }
    assert!(file.installed());
}

#[tokio::test]
async fn weights_that_cannot_be_fetched_are_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = ModelFile { path: folder.path().join("m.gguf"), url: "http://127.0.0.1:1/w".into(), sha256: None };
    let local = Local::new(file);
    let error = read(local.chat(ask(&local, &[], 1)).await.unwrap()).await.error.expect("an error");
    assert!(error.message.contains("could not be fetched") && error.message.contains("liao model pull"), "{}", error.message);
    assert_eq!(error.kind, FailureKind::Network);
}
