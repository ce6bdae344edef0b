//! Documents that do not fit whole, on both databases: what of them is chosen for a question, what an answer can cite, and what embedding
//! adds and costs.

use super::*;
use crate::model::catalogue::ModelSettings;
use crate::model::chat::{Ask, Opening};
use crate::model::job::JobState;
use crate::model::message::Message;
use crate::model::passage::Source;
use crate::model::usage::Purpose;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::databases;
use crate::server::service::generation::{follow, keep as keep_runs, send_with, watch};
use crate::server::service::viewer::{Origin, Via, Viewer};
use crate::server::service::{account, catalogue, chat, file, provider};
use crate::server::testing::server;

/// A server, and its administrator.
async fn stage(db: crate::server::db::Db) -> (Server, Viewer) {
    let server = server(db, Clock::default()).await;
    provider::start(&server).await.unwrap();
    keep_runs(&server);
    let registration = Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
    let user = account::create(&server, registration, Role::Admin).await.unwrap();
    (server, Viewer { user, via: Via::Session { id_hash: [0; 32] } })
}

/// Many paragraphs about nothing, with these among them.
fn book(needles: &[&str]) -> String {
    let filler = |n: usize| format!("Chapter {n}. {}\n\n", "Nothing happened on that day, and nobody wrote it down. ".repeat(20));
    let mut parts: Vec<String> = (0..60).map(filler).collect();
    for (n, needle) in needles.iter().enumerate() {
        parts.insert(20 + 13 * n, format!("{needle}\n\n"));
    }
    parts.concat()
}

async fn sent(server: &Server, viewer: &Viewer, name: &str, text: String) -> Uuid {
    let pieces = futures::stream::iter([Ok(text.into_bytes().into())]);
    let id = file::store(server, viewer, name, pieces).await.unwrap().0.id;
    while job::run_next(server).await.unwrap() {}
    id
}

fn question(text: &str, model: &str) -> Ask {
    Ask { chat_id: None, text: text.into(), model: Some(model.into()), request_id: None, replaces: None }
}

/// The answer, and what it can cite.
async fn ask(server: &Server, viewer: &Viewer, ask: Ask, files: &[Uuid]) -> (Message, Vec<Source>) {
    let started = send_with(server, viewer, ask, Opening::default(), files).await.unwrap();
    let mut follower = follow(server, viewer, started.generation_id, 0).await.unwrap();
    while follower.next().await.unwrap().is_some() {}
    let message = chat::message(server, viewer, started.message_id).await.unwrap();
    let sources = chat::sources(server, &message).await.unwrap();
    assert_eq!(follower.sources().await.unwrap(), sources, "whoever followed it knows them too");
    (message, sources)
}

/// The text of a source, as the page of its file marks it.
async fn marked(server: &Server, viewer: &Viewer, source: &Source) -> String {
    let look = file::look(server, viewer, source.file_id, Some(source.passage)).await.unwrap();
    let marked = look.marked.unwrap();
    assert!(marked.before.len() + marked.after.len() > marked.text.len(), "with what is around it");
    marked.text
}

#[tokio::test]
async fn what_fits_the_question_is_chosen_from_a_long_document_and_can_be_cited() {
    for test in databases().await {
        let (server, ada) = stage(test.db.clone()).await;
        let needles = ["The lighthouse keeper's parrot was called Bartholomew.", "灯塔看守人的猫叫做小满，它喜欢晒太阳。"];
        let diary = sent(&server, &ada, "diary.txt", book(&needles)).await;
        for (asked, needle) in [("What was the parrot called?", needles[0]), ("猫叫什么名字？", needles[1])] {
            let (said, sources) = ask(&server, &ada, question(asked, "fake/echo@0"), &[diary]).await;
            assert!(said.content.contains(needle) && said.content.contains("It does not fit whole"), "{}: {}", test.engine, said.content);
            let mut cited = None;
            for source in &sources {
                assert_eq!((source.file_id, source.name.as_str()), (diary, "diary.txt"));
                cited = cited.or(marked(&server, &ada, source).await.contains(needle).then_some(source));
            }
            let cited = cited.expect("a source for what was found");
            let (label, link) = (format!("[{}]\n", cited.n), format!("href=\"{}\"", cited.href()));
            let at = said.content.find(&label).unwrap();
            assert!(said.content[at..].find(needle).unwrap() < 1_300, "{}: below its number", test.engine);
            // The scripted model repeats the numbers: the page has links of them, and a list.
            let page = chat::open(&server, &ada, said.session_id, None).await.unwrap();
            let blocks = page.messages.last().unwrap().blocks.concat();
            assert!(blocks.contains("class=\"cite\"") && blocks.matches(&link).count() >= 2, "{}: {blocks}", test.engine);
            assert!(blocks.contains("<ol class=\"sources\">"), "{}", test.engine);
        }
    }
}

#[tokio::test]
async fn a_page_that_watches_an_answer_gets_its_citations_and_their_list() {
    for test in databases().await {
        let (server, ada) = stage(test.db.clone()).await;
        let diary = sent(&server, &ada, "diary.txt", book(&["The parrot was called Bartholomew."])).await;
        let started = send_with(&server, &ada, question("The parrot?", "fake/echo@0"), Opening::default(), &[diary]).await.unwrap();
        let mut watcher = watch(&server, &ada, started.generation_id, (0, 0)).await.unwrap();
        let mut seen = String::new();
        while let Some(frame) = watcher.next().await.unwrap() {
            seen.push_str(&serde_json::to_string(&frame.patches).unwrap());
        }
        assert!(seen.contains("class=\\\"cite\\\"") && seen.contains("<ol class=\\\"sources\\\">"), "{}: {seen}", test.engine);
        let mut later = watch(&server, &ada, started.generation_id, (0, 0)).await.unwrap();
        let again = serde_json::to_string(&later.next().await.unwrap().unwrap().patches).unwrap();
        assert!(again.contains("<ol class=\\\"sources\\\">"), "{}: also from the database", test.engine);
    }
}

#[tokio::test]
async fn a_later_question_is_answered_from_other_passages_of_the_same_document() {
    for test in databases().await {
        let (server, ada) = stage(test.db.clone()).await;
        let diary = sent(&server, &ada, "diary.txt", book(&["The parrot was called Bartholomew.", "The harbour froze in 1911."])).await;
        let (first, _) = ask(&server, &ada, question("The parrot?", "fake/words-3@0"), &[diary]).await;
        let next = Ask { chat_id: Some(first.session_id), ..question("When did the harbour freeze?", "fake/words-3@0") };
        let (_, sources) = ask(&server, &ada, next, &[]).await;
        let mut texts = Vec::new();
        for source in &sources {
            texts.push(marked(&server, &ada, source).await);
        }
        assert!(texts.iter().any(|text| text.contains("froze in 1911")), "{}: {texts:?}", test.engine);
        // An answer that cites nothing shows what it had to go by.
        let page = chat::open(&server, &ada, first.session_id, None).await.unwrap();
        assert!(page.messages.last().unwrap().blocks.concat().contains("<ol class=\"sources uncited\">"), "{}", test.engine);
        // A short document is shown whole, and nothing of it is numbered.
        let note = sent(&server, &ada, "note.txt", "Tea at four.".into()).await;
        let (said, sources) = ask(&server, &ada, question("When?", "fake/echo@0"), &[note]).await;
        assert!(sources.is_empty() && !said.content.contains("[1]"), "{}: {}", test.engine, said.content);
    }
}

/// The administrator chooses a model that embeds.
async fn choose(server: &Server, ada: &Viewer, model: &str) {
    let group = ModelSettings { embedding: Some(model.into()), ..ModelSettings::default() };
    catalogue::set_defaults(server, ada, &Origin::default(), group).await.unwrap();
}

/// Calls that embedded something.
async fn calls(server: &Server, ada: &Viewer) -> Vec<(String, i64)> {
    let rows = server.db.ledger().entries(ada.user.id, None, 100).await.unwrap();
    rows.into_iter().filter(|row| row.purpose == Purpose::Embedding).map(|row| (row.model, row.input_tokens)).collect()
}

#[tokio::test]
async fn what_says_the_same_in_other_words_is_found_by_a_model_that_embeds() {
    const NEEDLE: &str = "Vincent's automobile stood outside.";
    const ASKED: &str = "Whose car?";
    for test in databases().await {
        let (server, ada) = stage(test.db.clone()).await;
        // Before there is such a model: the words alone do not find it.
        let diary = sent(&server, &ada, "diary.txt", book(&[NEEDLE])).await;
        let (said, _) = ask(&server, &ada, question(ASKED, "fake/echo@0"), &[diary]).await;
        assert!(!said.content.contains(NEEDLE) && calls(&server, &ada).await.is_empty(), "{}", test.engine);
        choose(&server, &ada, "fake/embed").await;
        // It was read before: it is embedded when it is first asked about, and till then found by words.
        let (said, _) = ask(&server, &ada, question(ASKED, "fake/echo@0"), &[diary]).await;
        assert!(!said.content.contains(NEEDLE), "{}", test.engine);
        while job::run_next(&server).await.unwrap() {}
        let (said, _) = ask(&server, &ada, question(ASKED, "fake/echo@0"), &[diary]).await;
        assert!(said.content.contains(NEEDLE), "{}: {}", test.engine, said.content);
        let calls = calls(&server, &ada).await;
        let passages = server.db.passages().list(diary).await.unwrap().len();
        assert_eq!(calls.len(), passages.div_ceil(32) + 1, "{}: batches and one question: {calls:?}", test.engine);
        assert!(calls.iter().all(|(model, tokens)| model == "embed" && *tokens > 0), "{}: {calls:?}", test.engine);
        assert_eq!(server.db.passages().embedded(diary, "fake/embed").await.unwrap(), passages as i64, "{}", test.engine);
        // What is sent from now on is embedded as it is read; what is deleted leaves nothing.
        let other = sent(&server, &ada, "other.txt", book(&["Another one."])).await;
        assert!(server.db.passages().embedded(other, "fake/embed").await.unwrap() > 0, "{}", test.engine);
        file::delete(&server, &ada, other).await.unwrap();
        let left = (server.db.passages().embedded(other, "fake/embed").await.unwrap(), server.db.passages().list(other).await.unwrap());
        assert_eq!(left, (0, Vec::new()), "{}", test.engine);
    }
}

#[tokio::test]
async fn a_model_that_does_not_embed_just_now_is_done_without() {
    for test in databases().await {
        let (server, ada) = stage(test.db.clone()).await;
        choose(&server, &ada, "fake/embed-down").await;
        let diary = sent(&server, &ada, "diary.txt", book(&["The parrot was called Bartholomew."])).await;
        let (said, sources) = ask(&server, &ada, question("What was the parrot called?", "fake/echo@0"), &[diary]).await;
        assert!(said.content.contains("Bartholomew") && !sources.is_empty(), "{}: {}", test.engine, said.content);
        let job = server.db.jobs().last_of(ada.user.id, JobKind::Embed).await.unwrap().unwrap();
        assert_eq!((job.state, job.attempts), (JobState::Queued, 1), "{}: it is tried again later", test.engine);
        assert_eq!(server.db.files().find_for(ada.user.id, diary).await.unwrap().unwrap().error, None, "{}", test.engine);
        assert!(!calls(&server, &ada).await.is_empty(), "{}: failures are in the ledger", test.engine);
    }
}
