//! What models are shown, on both databases: what is counted, what stays, what is left out, and what is read for it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use proptest::prelude::{Just, ProptestConfig, prop, prop_oneof, proptest};
use proptest::strategy::Strategy as _;

use super::*;
use crate::model::context::estimate_tokens;
use crate::model::error::Rule;
use crate::model::setup::Effort;
use crate::model::user::{Role, User};
use crate::server::db::testing::{TestDb, databases, sqlite};
use crate::server::db::{Change, Given, NewChat, NewRun, Pool, on};
use crate::server::error::Error;
use crate::server::llm::fake::Fake;
use crate::server::llm::{Bounds, Facts, Upstream};

pub(in super::super) fn resolved(context: Option<u32>, ignores: Vec<Parameter>) -> Resolved {
    let (provider, facts) = (Arc::new(Fake::default()), Facts { output: Some(500), ..Facts::default() });
    let upstream = Arc::new(Upstream::new("fake", vec![(None, None, provider.clone())], Bounds::default(), false));
    let (id, model) = ("fake/echo".into(), "echo".into());
    Resolved { provider_id: Uuid::nil(), upstream, provider, id, model, context, facts, ignores, setup: Setup::default() }
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn asked(text: &str) -> Asked {
    Asked { question: Some(text.into()), ..Asked::default() }
}

fn after(leaf: Uuid, text: &str) -> Asked {
    Asked { question: Some(text.into()), leaf: Some(leaf), ..Asked::default() }
}

fn told(setup: Setup) -> Given {
    Given { setup, ..Given::default() }
}

/// Some of whose messages are pinned.
fn pinning() -> Given {
    Given { pinned: true, ..Given::default() }
}

/// A conversation without messages.
async fn chat(test: &TestDb) -> Uuid {
    let user = User::new(Uuid::now_v7(), format!("{}@example.org", Uuid::new_v4()), "Ada".into(), Role::User, now());
    let user = test.db.users().insert(user, None).await.unwrap().unwrap();
    let [chat, question, message, run] = std::array::from_fn(|_| Uuid::now_v7());
    let started =
        Started { chat_id: chat, question_id: Some(question), message_id: message, generation_id: run, model: "fake/echo".into() };
    let kind = RunKind::Question { new: Some(NewChat::default()), parent: None, text: "first".into(), attachments: Vec::new() };
    let run = NewRun { started, user_id: user.id, request_id: None, node: "n".into(), now: now(), kind, others: Vec::new() };
    test.db.generations().store(&[Change::Begin(Box::new(run))]).await.unwrap();
    let sql = "DELETE FROM messages WHERE chat_id = $1";
    on!(test.db.write(), c => sqlx::query(sql).bind(chat).execute(c).await.map(drop)).unwrap();
    chat
}

/// A message below that one; a user's where the text is at an even place.
async fn put(test: &TestDb, chat: Uuid, parent: Option<Uuid>, (role, text): (&str, &str), pinned: bool) -> Uuid {
    let id = Uuid::now_v7();
    let sql = "INSERT INTO messages (id, chat_id, parent_id, role, content, status, created_at, pinned_at) VALUES ($1, $2, $3, $4, $5, 'done', $6, $7)";
    let at = pinned.then(now);
    on!(test.db.write(), c => sqlx::query(sql).bind(id).bind(chat).bind(parent).bind(role).bind(text).bind(now()).bind(at).execute(c).await.map(drop)).unwrap();
    id
}

/// Turns below each other, a user's first; answers their ids.
async fn talk(test: &TestDb, chat: Uuid, texts: &[String], pins: &[usize]) -> Vec<Uuid> {
    let (mut ids, mut parent) = (Vec::new(), None);
    for (index, text) in texts.iter().enumerate() {
        let role = if index % 2 == 0 { "user" } else { "assistant" };
        let id = put(test, chat, parent, (role, text), pins.contains(&index)).await;
        parent = Some(id);
        ids.push(id);
    }
    ids
}

/// Tokens of a request by our count.
fn size(request: &ChatRequest) -> usize {
    let texts = request.system.iter().chain(request.turns.iter().map(|turn| &turn.text));
    texts.map(|text| estimate_tokens(text) + 8).sum()
}

fn refusal(built: Result<Prompt>) -> (String, Rule) {
    let Err(Error::Client(error)) = built else { panic!("it was built") };
    let field = error.fields.into_iter().next().unwrap();
    (field.field, field.rule)
}

#[tokio::test]
async fn what_a_model_does_not_take_is_left_out_and_of_two_limits_the_lower_holds() {
    for test in databases().await {
        let setup = Setup {
            system_prompt: Some("Be brief.".into()),
            temperature: Some(0.5),
            top_p: Some(0.5),
            max_tokens: Some(100),
            reasoning_effort: Some(Effort::High),
            stop: vec!["END".into()],
        };
        let full = resolved(Some(4_096), vec![]);
        let all = build(&test.db, &full, Some("You are Liao."), told(setup.clone()), asked("Hi")).await.unwrap().request;
        assert_eq!(all.system.as_deref(), Some("You are Liao.\n\nBe brief."));
        assert_eq!((all.temperature, all.top_p, all.max_tokens, all.effort), (Some(0.5), Some(0.5), Some(100), Some(Effort::High)));
        assert_eq!(all.stop, ["END"]);
        let ignores = vec![Parameter::Temperature, Parameter::TopP, Parameter::ReasoningEffort, Parameter::Stop];
        let few = build(&test.db, &resolved(Some(4_096), ignores), None, told(setup.clone()), asked("Hi")).await.unwrap().request;
        assert_eq!((few.temperature, few.top_p, few.effort, few.stop.len()), (None, None, None, 0));
        let most = Setup { max_tokens: Some(900), ..setup };
        assert_eq!(build(&test.db, &full, None, told(most), asked("Hi")).await.unwrap().request.max_tokens, Some(500));
    }
}

#[tokio::test]
async fn a_system_prompt_takes_its_place_in_the_window() {
    for test in databases().await {
        let setup = Setup { system_prompt: Some("long word ".repeat(400)), ..Setup::default() };
        let full = resolved(Some(4_096), vec![]);
        let without = build(&test.db, &full, None, Given::default(), asked("Hi")).await.unwrap();
        let with = build(&test.db, &full, None, told(setup), asked("Hi")).await.unwrap();
        assert!(with.tokens >= without.tokens + 1_000, "{} {}", with.tokens, without.tokens);
    }
}

#[tokio::test]
async fn the_oldest_turns_make_room_and_the_rest_begins_with_a_question() {
    for test in databases().await {
        let chat = chat(&test).await;
        let texts: Vec<String> = (0..40).map(|i| format!("turn {i} {}", "word ".repeat(100))).collect();
        let ids = talk(&test, chat, &texts, &[]).await;
        let prompt = build(&test.db, &resolved(Some(4_096), vec![]), None, Given::default(), after(ids[39], "And now?")).await.unwrap();
        assert!(prompt.trimmed && prompt.tokens <= 3_072, "{}", prompt.tokens);
        let turns = &prompt.request.turns;
        assert_eq!((turns[0].author, turns.last().map(|turn| turn.text.as_str())), (Author::User, Some("And now?")));
        assert!(turns.len() > 15 && turns[turns.len() - 2].text == texts[39], "{}: the newest stay", test.engine);
        // A window that nobody told is taken for a common one, and its question is never refused.
        let unknown = build(&test.db, &resolved(None, vec![]), None, Given::default(), asked(&"word ".repeat(40_000))).await.unwrap();
        assert_eq!((unknown.request.turns.len(), unknown.request.max_tokens), (1, Some(500)));
    }
}

#[tokio::test]
async fn a_pinned_message_stays_wherever_it_is_and_only_on_its_branch() {
    for test in databases().await {
        let chat = chat(&test).await;
        let texts: Vec<String> = (0..60).map(|i| format!("turn {i} {}", "word ".repeat(100))).collect();
        let ids = talk(&test, chat, &texts, &[0, 3, 59]).await;
        let elsewhere = put(&test, chat, Some(ids[1]), ("user", "another branch"), true).await;
        let full = resolved(Some(4_096), vec![]);
        let prompt = build(&test.db, &full, Some("You are Liao."), pinning(), after(ids[59], "And now?")).await.unwrap();
        let system = prompt.request.system.clone().unwrap();
        assert!(system.starts_with("You are Liao.\n\nThe user pinned"), "{system}");
        assert!(system.contains(&format!("<message from=\"user\">\n{}", texts[0])), "{}: {system}", test.engine);
        assert!(system.contains(&format!("<message from=\"assistant\">\n{}", texts[3])), "{system}");
        assert!(!system.contains("another branch") && !system.contains(&texts[59]), "{}: {system}", test.engine);
        assert!(prompt.request.turns.iter().any(|turn| turn.text == texts[59]), "a pinned one that fits is an ordinary turn");
        assert!(prompt.parts.pinned > 300 && prompt.tokens <= 3_072, "{:?}", prompt.parts);
        let other = build(&test.db, &full, None, pinning(), after(elsewhere, "And here?")).await.unwrap();
        assert!(!other.trimmed && other.request.system.is_none() && other.request.turns.len() == 4, "{}", test.engine);
    }
}

#[tokio::test]
async fn what_cannot_fit_is_refused_with_the_field_and_the_numbers() {
    for test in databases().await {
        let (full, chat) = (resolved(Some(4_096), vec![]), chat(&test).await);
        let long = "word ".repeat(4_000);
        let room = 4_096 - 256;
        let (field, rule) = refusal(build(&test.db, &full, None, pinning(), asked(&long)).await);
        assert_eq!((field.as_str(), rule), ("message", Rule::Tokens(5_008, room)), "{}", test.engine);
        let setup = Setup { system_prompt: Some(long.clone()), ..Setup::default() };
        assert_eq!(
            refusal(build(&test.db, &full, None, told(setup), asked("Hi")).await),
            ("system_prompt".into(), Rule::Tokens(5_008, room))
        );
        // Four fifths of the window are fine for one question: the answer becomes short.
        assert!(build(&test.db, &full, None, pinning(), asked(&"word ".repeat(2_900))).await.is_ok());
        let ids = talk(&test, chat, &[long.clone(), "yes".into()], &[0]).await;
        let (field, rule) = refusal(build(&test.db, &full, None, pinning(), after(ids[1], "Hi")).await);
        assert!(field == "pins" && matches!(rule, Rule::Tokens(5_001.., 3_840)), "{}: {field} {rule:?}", test.engine);
        // Looking what is in the window refuses nothing.
        let seen = build(&test.db, &full, None, pinning(), Asked::before(Some(ids[1]))).await.unwrap();
        assert!(seen.parts.pinned > 5_000, "{:?}", seen.parts);
    }
}

#[tokio::test]
async fn an_answer_has_the_tokens_that_its_own_model_counted() {
    for test in databases().await {
        let chat = chat(&test).await;
        let ids = talk(&test, chat, &["Hi".into(), "hello there".into()], &[]).await;
        let budget =
            async || build(&test.db, &resolved(Some(4_096), vec![]), None, Given::default(), Asked::before(Some(ids[1]))).await.unwrap();
        let before = budget().await.parts.messages;
        let sql = "UPDATE messages SET model = 'fake/echo', usage = $2 WHERE id = $1";
        let used = crate::model::usage::Used { input_tokens: 5, output_tokens: 105, reasoning_tokens: 5, ..Default::default() };
        let used = sqlx::types::Json(used);
        on!(test.db.write(), c => sqlx::query(sql).bind(ids[1]).bind(used).execute(c).await.map(drop)).unwrap();
        assert_eq!(budget().await.parts.messages, before - 3 + 100, "{}", test.engine);
    }
}

#[tokio::test]
async fn a_long_conversation_is_read_no_further_than_it_is_shown() {
    for test in databases().await {
        let chat = chat(&test).await;
        let ids = long_talk(&test, chat, 5_000).await;
        let full = resolved(Some(4_096), vec![]);
        let prompt = build(&test.db, &full, None, pinning(), after(ids.1, "And now?")).await.unwrap();
        let shown = prompt.request.turns.len();
        assert!(prompt.trimmed && shown > 100, "{shown}");
        // The pins, and a page beyond what is shown at most.
        assert!(
            prompt.reads.rows <= shown + PAGE as usize && prompt.reads.queries as usize <= 2 + shown / PAGE as usize + 1,
            "{}: {:?}",
            test.engine,
            prompt.reads
        );
        test.db.contexts().pin(ids.0, Some(now())).await.unwrap();
        let pinned = build(&test.db, &full, None, pinning(), after(ids.1, "And now?")).await.unwrap();
        assert!(pinned.request.system.unwrap().contains("message 1 "), "{}", test.engine);
        assert!(pinned.reads.rows <= shown + PAGE as usize + 1 && pinned.reads.queries <= prompt.reads.queries, "{:?}", pinned.reads);
    }
}

/// So many short messages below each other, in one statement; answers the first and the last.
async fn long_talk(test: &TestDb, chat: Uuid, count: i64) -> (Uuid, Uuid) {
    let id = |i: &str| match test.engine {
        "sqlite" => format!("unhex(printf('0190a5f0000070008000%012x', {i}))"),
        _ => format!("CAST('0190a5f0-0000-7000-8000-' || lpad(to_hex({i}), 12, '0') AS UUID)"),
    };
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < $2)
        INSERT INTO messages (id, chat_id, parent_id, role, content, status, created_at)
        SELECT {}, $1, CASE WHEN i = 1 THEN NULL ELSE {} END, CASE i % 2 WHEN 1 THEN 'user' ELSE 'assistant' END,
            'message ' || i || ' of a long conversation', 'done', $3 FROM n",
        id("i"),
        id("(i - 1)")
    );
    on!(test.db.write(), c => sqlx::query(sqlx::AssertSqlSafe(sql)).bind(chat).bind(count).bind(now()).execute(c).await.map(drop)).unwrap();
    let at = |i: i64| Uuid::parse_str(&format!("0190a5f0-0000-7000-8000-{i:012x}")).unwrap();
    (at(1), at(count))
}

#[test]
fn an_estimate_is_near_what_real_tokenizers_count() {
    // Counted with the tokenizers of GPT-4o (o200k) and GPT-4 (cl100k).
    let english = "The tide is the regular rise and fall of the sea. It follows the moon, because the moon's pull is a little stronger on the near \
                   side of the earth than on the far side; the sun helps at new and full moon.";
    let chinese = "潮汐是海水有规律的涨落。它跟随月亮，因为月亮对地球近侧的引力比远侧稍强；在新月和满月时，太阳也会加强这种作用。";
    let code = "fn window(budget: usize, costs: &[usize]) -> usize {\n    let mut used = 0;\n    for (index, cost) in costs.iter().enumerate() {\n        if used + cost > budget { return index; }\n        used += cost;\n    }\n    costs.len()\n}\n";
    let json = r#"{"id": 4096, "items": [{"name": "a", "price": 12.50}, {"name": "b", "price": 7.25}], "next": null}"#;
    let mixed = "用 Rust 写一个 HTTP 服务器，端口是 8080，返回 {\"ok\": true}。😀";
    for (text, o200k, cl100k) in [(english, 48, 48), (chinese, 49, 73), (code, 62, 61), (json, 43, 43), (mixed, 23, 25)] {
        let about = estimate_tokens(text);
        assert!(about * 100 >= o200k * 85 && about * 100 >= cl100k * 70, "{about} is too few: {o200k}, {cl100k} {text}");
        assert!(about * 100 <= o200k * 160, "{about} is too many: {o200k}, {cl100k} {text}");
    }
}

proptest! {
    #[test]
    fn an_estimate_of_two_texts_is_never_less_than_of_both_together(a in ".{0,60}", b in ".{0,60}") {
        let both = [a.as_str(), b.as_str()].concat();
        assert!(estimate_tokens(&a) + estimate_tokens(&b) >= estimate_tokens(&both));
    }
}

/// A conversation at random: its turns in words, which are pinned, the window, the system prompt, the question.
fn any_talk() -> impl proptest::strategy::Strategy<Value = (Vec<usize>, Vec<usize>, Option<u32>, usize, usize)> {
    (
        prop::collection::vec(1usize..400, 0..40).prop_map(|mut words| {
            words.truncate(words.len() / 2 * 2);
            words
        }),
        prop::collection::vec(0usize..40, 0..4),
        prop_oneof![Just(None), (512u32..20_000).prop_map(Some)],
        0usize..600,
        1usize..3_000,
    )
}

#[test]
fn a_prompt_never_exceeds_the_window_and_always_holds_system_prompt_pins_and_question() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let test = runtime.block_on(sqlite());
    let Pool::Sqlite(_) = test.db.read() else { panic!("the other engine is tested above") };
    let config = ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |((words, pins, window, system, question) in any_talk())| {
        runtime.block_on(async {
            let chat = chat(&test).await;
            let texts: Vec<String> = words.iter().enumerate().map(|(i, n)| format!("#{i}# {}", "字 word ".repeat(*n))).collect();
            let ids = talk(&test, chat, &texts, &pins).await;
            let (model, system, question) = (resolved(window, vec![]), format!("SYSTEM {}", "word ".repeat(system)), format!("QUESTION {}", "word ".repeat(question)));
            let asked = Asked { question: Some(question.clone()), leaf: ids.last().copied(), ..Asked::default() };
            let pinned: Vec<&String> = texts.iter().enumerate().filter(|(i, _)| pins.contains(i)).map(|(_, text)| text).collect();
            let must: usize = [&system, &question].into_iter().chain(pinned.iter().copied()).map(|text| estimate_tokens(text) + 30).sum::<usize>() + 40;
            match build(&test.db, &model, Some(&system), pinning(), asked).await {
                Ok(prompt) => {
                    let (told, count) = (prompt.request.system.clone().unwrap_or_default(), size(&prompt.request));
                    assert!(window.is_none_or(|window| count <= window as usize), "{count} of {window:?}");
                    assert!(count <= prompt.tokens as usize + 8, "{count}, and it says {}", prompt.tokens);
                    assert!(told.contains(&system) && prompt.request.turns.last().is_some_and(|turn| turn.text == question));
                    for pin in &pinned {
                        assert!(told.contains(*pin) || prompt.request.turns.iter().any(|turn| turn.text == **pin), "a pin is missing");
                    }
                    assert!(prompt.request.max_tokens.is_some_and(|most| most >= 1));
                }
                Err(Error::Client(error)) => {
                    let window = window.expect("nothing is refused where the window is not known") as usize;
                    assert!(error.field("message").or(error.field("pins")).or(error.field("system_prompt")).is_some());
                    assert!(must > window - window / 16 - 16, "{must} fits {window}: {error:?}");
                }
                Err(other) => panic!("{other}"),
            }
        });
    });
}
