//! No answer is ever lost: reloads, kills, many readers, failures, stops. Against the real program with its scripted models.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, Event, Events, text};
use crate::liao::Liao;

/// `w1 w2 … wN `, as the scripted model says it.
fn words(n: usize) -> Vec<String> {
    (1..=n).map(|i| format!("w{i}")).collect()
}

fn assert_words(text: &str, n: usize) {
    let said: Vec<&str> = text.split_whitespace().collect();
    assert_eq!(said, words(n), "every word exactly once, in order");
}

async fn liao() -> Liao {
    Liao::start(&[("LIAO_FAKE_PROVIDER", "true"), ("LIAO_AUTO_TITLE", "false"), ("LIAO_REGISTER_RATE", "1000")]).await
}

fn start_of(event: &Event) -> (String, String, String) {
    assert_eq!(event.name, "start");
    let get = |name: &str| event.data[name].as_str().expect(name).to_owned();
    (get("session_id"), get("message_id"), get("generation_id"))
}

#[tokio::test]
async fn an_answer_streams_as_start_deltas_end() {
    let liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    let events = client.ask("go", "fake/words-50").await.all().await;
    start_of(&events[0]);
    assert_words(&text(&events), 50);
    let end = events.last().expect("an end");
    assert_eq!((end.name.as_str(), end.data["status"].as_str()), ("end", Some("done")));
    assert!(end.data["usage"]["output_tokens"].as_u64() > Some(0));
    let ids: Vec<u64> = events.iter().map(|event| event.id.parse().expect("a number")).collect();
    assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "ids grow: {ids:?}");
}

#[tokio::test]
async fn a_reader_that_reconnects_at_any_place_sees_every_word_once() {
    let liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    for cut in 0..20 {
        let mut events = client.ask("go", "fake/words-300@600").await;
        let (_, _, run) = start_of(&events.next().await.expect("start"));
        let mut seen = Vec::new();
        // Anywhere: at the first words, in the middle, at the last ones.
        let (at, pause) = (rand::random_range(1..300), rand::random_range(0..100));
        while text(&seen).split_whitespace().count() < at {
            seen.push(events.next().await.expect("an event"));
        }
        drop(events);
        println!("round {cut}: cut after {at} words, back after {pause} ms");
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let after = seen.last().expect("seen").id.parse().expect("a number");
        seen.extend(client.follow(&run, after).await.all().await);
        assert_words(&text(&seen), 300);
        assert_eq!(seen.iter().filter(|event| event.name == "end").count(), 1, "one end");
    }
}

#[tokio::test]
async fn a_killed_server_keeps_everything_that_was_read_and_goes_on() {
    let mut liao = liao().await;
    let mut client = Client::register(&liao.url, "ada").await;
    let (mut read_some, mut cut_off) = (0, 0);
    for round in 0..20u64 {
        // A second long; the kill comes before the first word, in the middle, or about the end.
        let mut events = client.ask("go", "fake/words-1000@1000").await;
        let (session, message, _) = start_of(&events.next().await.expect("start"));
        let reader = tokio::spawn(async move {
            let mut read = String::new();
            while let Some(event) = events.next().await {
                read.push_str(event.data["text"].as_str().unwrap_or_default());
            }
            read
        });
        let moment = rand::random_range(0..1150);
        println!("round {round}: killed after {moment} ms");
        tokio::time::sleep(Duration::from_millis(moment)).await;
        liao.kill().await;
        let read = reader.await.expect("the reader ends");
        liao.restart().await;
        client = client.at(&liao.url);
        let stored = client.messages(&session).await;
        let stored = stored.iter().find(|stored| stored["id"] == message.as_str()).expect("the answer is there");
        let content = stored["content"].as_str().expect("text");
        assert!(content.starts_with(&read), "round {round}: read {} bytes, stored {}", read.len(), content.len());
        match stored["status"].as_str() {
            Some("interrupted") => cut_off += 1,
            Some("done") => assert_words(content, 1000),
            other => panic!("round {round}: {other:?}"),
        }
        read_some += usize::from(!read.is_empty());
    }
    assert!(read_some >= 12 && cut_off >= 8, "the kills came too early or too late to prove anything: {read_some}, {cut_off}");
}

#[tokio::test]
async fn two_stops_that_race_the_end_leave_one_end_and_it_is_what_is_stored() {
    let liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    let mut ends = std::collections::BTreeMap::<String, u32>::new();
    for round in 0..20 {
        // Takes about 60 ms.
        let mut events = client.ask("go", "fake/words-30@500").await;
        let (session, message, run) = start_of(&events.next().await.expect("start"));
        let stop = async |after: u64| {
            tokio::time::sleep(Duration::from_millis(after)).await;
            client.post(&format!("/api/llm/generations/{run}/stop/"), &json!({})).await.status().as_u16()
        };
        let moment = rand::random_range(20..80);
        let (one, two, seen) = tokio::join!(stop(moment), stop(moment + rand::random_range(0..3)), events.all());
        assert_eq!((one, two), (204, 204), "round {round}");
        assert_eq!(seen.iter().filter(|event| event.name == "end").count(), 1, "round {round}: one end");
        let status = seen.last().expect("an end").data["status"].as_str().expect("a status").to_owned();
        let stored = client.messages(&session).await;
        let stored = stored.iter().find(|stored| stored["id"] == message.as_str()).expect("the answer");
        assert_eq!(stored["status"].as_str(), Some(status.as_str()), "round {round}: stopped {moment} ms after the start");
        assert_eq!(stored["content"].as_str(), Some(text(&seen).as_str()), "round {round}");
        *ends.entry(status).or_default() += 1;
    }
    println!("ends: {ends:?}");
    assert!(ends.keys().all(|status| status == "stopped" || status == "done"), "{ends:?}");
}

#[tokio::test]
async fn five_hundred_readers_of_one_run_see_the_same() {
    let liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    let mut events = client.ask("go", "fake/words-300@100").await;
    let (_, _, run) = start_of(&events.next().await.expect("start"));
    let readers: Vec<_> = (0..500)
        .map(|_| {
            let (client, run) = (client.clone(), run.clone());
            tokio::spawn(async move { text(&client.follow(&run, 0).await.all().await) })
        })
        .collect();
    for reader in readers {
        assert_words(&reader.await.expect("a reader"), 300);
    }
}

#[tokio::test]
async fn the_same_request_id_starts_one_run() {
    let liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    let body = json!({ "message": "go", "model": "fake/words-20", "request_id": "r-1" });
    let twice = tokio::join!(client.post("/api/llm/chat/", &body), client.post("/api/llm/chat/", &body));
    let (one, two): (Value, Value) = (twice.0.json().await.expect("JSON"), twice.1.json().await.expect("JSON"));
    assert_eq!(one["generation_id"], two["generation_id"]);
    assert!(one["generation_id"].is_string(), "{one}");
    let sessions: Value = client.get("/api/llm/sessions/").await.json().await.expect("JSON");
    assert_eq!(sessions["items"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn stop_keeps_what_was_read_and_a_second_stop_changes_nothing() {
    let liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    let mut events = client.ask("go", "fake/long-5000@200").await;
    let (session, message, run) = start_of(&events.next().await.expect("start"));
    let mut seen = vec![events.next().await.expect("a word"), events.next().await.expect("a word")];
    let path = format!("/api/llm/generations/{run}/stop/");
    let nothing = json!({});
    let (one, two) = tokio::join!(client.post(&path, &nothing), client.post(&path, &nothing));
    assert_eq!((one.status().as_u16(), two.status().as_u16()), (204, 204));
    seen.extend(events.all().await);
    assert_eq!(seen.last().expect("end").data["status"], "stopped");
    let stored = client.messages(&session).await;
    let stored = stored.iter().find(|stored| stored["id"] == message.as_str()).expect("the answer");
    assert_eq!(stored["content"].as_str(), Some(text(&seen).as_str()), "stored is what was read");
    assert_eq!(stored["status"], "stopped");
    assert_eq!(client.post(&path, &nothing).await.status(), 204, "a run that has ended stays as it is");
}

#[tokio::test]
async fn a_failure_before_the_first_word_is_tried_again_and_one_in_the_middle_is_kept() {
    let liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    let retried = client.ask("go", "fake/fail-first-2").await.all().await;
    assert_eq!(retried.iter().filter(|event| event.data["code"] == "retrying").count(), 2);
    assert_eq!(retried.last().expect("end").data["status"], "done");

    let cut = client.ask("go", "fake/fail-mid").await.all().await;
    let end = cut.last().expect("end");
    assert_eq!(end.data["status"], "failed");
    assert!(!text(&cut).is_empty());
    let (session, message, _) = start_of(&cut[0]);
    let stored = client.messages(&session).await;
    let stored = stored.iter().find(|stored| stored["id"] == message.as_str()).expect("the answer");
    assert_eq!(stored["content"].as_str(), Some(text(&cut).as_str()));
    assert!(stored["error"]["message"].is_string(), "{stored}");
}

#[tokio::test]
async fn an_answer_that_the_length_limit_cuts_off_says_so_and_can_be_continued_to_its_end() {
    let liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    let limits = |notices: &Value| notices.as_array().is_some_and(|all| all.iter().any(|notice| notice["code"] == "length_limit"));
    let cut = client.ask("go", "fake/cut-20").await.all().await;
    assert_words(&text(&cut), 20);
    assert_eq!(cut.last().expect("end").data["status"], "done");
    assert_eq!(cut.iter().filter(|event| event.name == "notice" && event.data["code"] == "length_limit").count(), 1);
    let (session, message, run) = start_of(&cut[0]);
    let answer = || async {
        let stored = client.messages(&session).await;
        stored.into_iter().find(|stored| stored["id"] == message.as_str()).expect("the answer")
    };
    assert!(limits(&answer().await["notices"]));
    // A page that comes late hears of it too.
    let late = page(&client, &run).await.all().await;
    assert!(late.iter().any(|event| event.name == "notice" && event.data["code"] == "length_limit"), "{late:?}");

    let form = client.http.post(format!("{}/rpc/chat/resume", liao.url)).bearer_auth(&client.token);
    let response = form.form(&[("message_id", message.as_str())]).send().await.expect("an answer");
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap_or_default());
    let started: Value = response.json().await.expect("JSON");
    client.follow(started["generation_id"].as_str().expect("a run"), 0).await.all().await;
    let whole = answer().await;
    assert_words(whole["content"].as_str().expect("text"), 40);
    assert!(!limits(&whole["notices"]), "what was continued to its end is no longer cut: {whole}");
}

#[tokio::test]
async fn a_refused_key_is_not_tried_again() {
    let liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    let events = client.ask("go", "fake/fail-auth").await.all().await;
    assert!(events.iter().all(|event| event.data["code"] != "retrying"));
    assert_eq!(events.last().expect("end").data["error"]["kind"], "auth");
    let plain = client.post("/api/llm/chat/", &json!({ "message": "go", "model": "fake/fail-auth" })).await;
    assert_eq!(plain.status(), 502);
}

#[tokio::test]
async fn a_silent_model_ends_as_failed_after_the_idle_time() {
    let env = [("LIAO_FAKE_PROVIDER", "true"), ("LIAO_AUTO_TITLE", "false"), ("LIAO_IDLE_TIMEOUT", "1")];
    let liao = Liao::start(&env).await;
    let client = Client::register(&liao.url, "ada").await;
    let events = client.ask("go", "fake/stall").await.all().await;
    let end = events.last().expect("end");
    assert_eq!((end.data["status"].as_str(), end.data["error"]["kind"].as_str()), (Some("failed"), Some("timeout")));
    assert!(!text(&events).is_empty(), "what came before the silence is kept");
}

#[tokio::test]
async fn two_answers_at_once_in_one_conversation_are_refused() {
    let liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    let mut events = client.ask("go", "fake/long-2000@200").await;
    let (session, ..) = start_of(&events.next().await.expect("start"));
    let second = client.post("/api/llm/chat/", &json!({ "message": "and?", "session_id": session, "model": "fake/echo" })).await;
    assert_eq!(second.status(), 409);
    assert_eq!(client.messages(&session).await.len(), 2, "the refused question is not stored");
}

#[tokio::test]
async fn a_graceful_stop_interrupts_a_long_answer_honestly() {
    let mut liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    let mut events = client.ask("go", "fake/long-5000@100").await;
    let (session, message, _) = start_of(&events.next().await.expect("start"));
    let reader = tokio::spawn(events.all());
    tokio::time::sleep(Duration::from_millis(300)).await;
    let begin = std::time::Instant::now();
    assert_eq!(liao.stop().await.code(), Some(0));
    assert!(begin.elapsed() <= Duration::from_secs(10), "{:?}", begin.elapsed());
    let read = reader.await.expect("the reader");
    assert_eq!(read.last().map(|event| event.data["status"].clone()), Some(json!("interrupted")));
    liao.restart().await;
    let stored = client.at(&liao.url).messages(&session).await;
    let stored = stored.iter().find(|stored| stored["id"] == message.as_str()).expect("the answer");
    assert_eq!(stored["content"].as_str(), Some(text(&read).as_str()));
}

/// The events of a page (block patches), as the browser gets them.
async fn page(client: &Client, run: &str) -> Events {
    Events::of(client.get(&format!("/events/generations/{run}/?r=0&c=0")).await)
}

#[tokio::test]
async fn a_page_costs_at_most_one_and_a_half_times_the_text_and_200_bytes_an_event() {
    let liao = liao().await;
    let client = Client::register(&liao.url, "ada").await;
    let mut raw = client.ask("go", "fake/long-20000@2000").await;
    let (session, message, run) = start_of(&raw.next().await.expect("start"));
    drop(raw);
    let mut events = page(&client, &run).await;
    let mut count = 0;
    while let Some(event) = events.next().await {
        count += 1;
        if event.name == "end" {
            break;
        }
    }
    let stored = client.messages(&session).await;
    let stored = stored.iter().find(|stored| stored["id"] == message.as_str()).expect("the answer");
    let length = stored["content"].as_str().expect("text").len();
    assert!(length > 60_000, "a long answer: {length}");
    let bound = length * 3 / 2 + 200 * count;
    assert!(events.received <= bound, "{} bytes for {length} of text in {count} events; at most {bound}", events.received);
}
