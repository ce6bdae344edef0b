//! What models are shown of files, on both databases; the scripted model says what it was shown.

use super::*;
use crate::model::catalogue::{ModelForm, ModelSettings};
use crate::model::chat::{Ask, Opening, Started};
use crate::model::error::{ApiError, Code};
use crate::model::generation::NoticeCode;
use crate::model::message::Message;
use crate::model::provider::Abilities;
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::databases;
use crate::server::extract::tests::paged;
use crate::server::job;
use crate::server::service::generation::{budget, follow, keep, regenerate, send_with};
use crate::server::service::viewer::{Origin, Via};
use crate::server::service::{account, catalogue, chat, provider};
use crate::server::testing::server;

#[test]
fn a_fence_names_its_file() {
    let fence = fenced("a.txt", "0123456789abcdef", "text\n");
    assert_eq!(fence, "[File 0123456789ab begins: a.txt]\ntext\n[File 0123456789ab ends]\n\n");
    assert_eq!((start("聊天", 4), start("", 4)), ("聊", ""));
}

async fn person(server: &Server) -> Viewer {
    provider::start(server).await.unwrap();
    keep(server);
    let registration = Registration { email: "ada@example.org".into(), name: "Ada".into(), password: "correct horse battery".into() };
    let user = account::create(server, registration, Role::User).await.unwrap();
    Viewer { user, via: Via::Session { id_hash: [0; 32] } }
}

async fn sent(server: &Server, viewer: &Viewer, name: &str, bytes: impl Into<Vec<u8>>) -> Uuid {
    let pieces = futures::stream::iter([Ok(bytes.into().into())]);
    let id = file::store(server, viewer, name, pieces).await.unwrap().0.id;
    while job::run_next(server).await.unwrap() {}
    id
}

async fn picture(server: &Server, viewer: &Viewer) -> Uuid {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(20, 10).write_to(&mut png, image::ImageFormat::Png).unwrap();
    sent(server, viewer, "dot.png", png.into_inner()).await
}

async fn ask(server: &Server, viewer: &Viewer, ask: Ask, files: &[Uuid]) -> Result<Message, ApiError> {
    let started = send_with(server, viewer, ask, Opening::default(), files).await.map_err(Error::into_api)?;
    Ok(answer(server, viewer, &started).await)
}

async fn answer(server: &Server, viewer: &Viewer, started: &Started) -> Message {
    let mut follower = follow(server, viewer, started.generation_id, 0).await.unwrap();
    while follower.next().await.unwrap().is_some() {}
    chat::message(server, viewer, started.message_id).await.unwrap()
}

fn question(text: &str, model: &str) -> Ask {
    Ask { chat_id: None, text: text.into(), model: Some(model.into()), request_id: None, replaces: None }
}

#[tokio::test]
async fn a_model_is_shown_the_text_of_a_document_and_a_picture_as_one() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let ada = person(&server).await;
        let (notes, dot) = (sent(&server, &ada, "notes.txt", "Tea grows on hills.").await, picture(&server, &ada).await);
        let said = ask(&server, &ada, question("Where?", "fake/echo@0"), &[notes, dot]).await.unwrap();
        let expected = ["[image/jpeg, ", " begins: notes.txt]\nTea grows on hills.\n[File ", "\n\nWhere?"];
        assert!(expected.iter().all(|part| said.content.contains(part)), "{}: {}", test.engine, said.content);
        let asked = chat::message(&server, &ada, said.parent_id.unwrap()).await.unwrap();
        let names: Vec<_> = asked.attachments.iter().map(|file| (file.id, file.name.as_str())).collect();
        assert_eq!((asked.content.as_str(), names), ("Where?", vec![(notes, "notes.txt"), (dot, "dot.png")]), "{}", test.engine);
        // Another wording keeps the files; one that is gone is said to be.
        file::delete(&server, &ada, notes).await.unwrap();
        let again = Ask { replaces: said.parent_id, ..question("And where not?", "fake/echo@0") };
        let again = ask(&server, &ada, again, &[]).await.unwrap();
        assert!(
            again.content.contains("[The file notes.txt is not there any more.]") && again.content.contains("[image/jpeg"),
            "{again:?}"
        );
        // Files alone are a message, too.
        let alone = ask(&server, &ada, question("", "fake/echo@0"), &[dot]).await.unwrap();
        assert!(alone.content.starts_with("[image/jpeg, "), "{}: {}", test.engine, alone.content);
        assert_eq!(chat::find(&server, &ada, alone.session_id).await.unwrap().title, "dot.png");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_said_before_anything_is_stored() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let ada = person(&server).await;
        let dot = picture(&server, &ada).await;
        let broken = sent(&server, &ada, "broken.pdf", "%PDF-1.7 nothing").await;
        let waiting = futures::stream::iter([Ok("later".into())]);
        let waiting = file::store(&server, &ada, "later.txt", waiting).await.unwrap().0.id;
        let refused = async |model: &str, files: &[Uuid]| ask(&server, &ada, question("?", model), files).await.unwrap_err();
        let rule = |error: &ApiError| error.field("attachments").map(|field| field.rule.clone());
        assert_eq!(rule(&refused("fake/words-3@0", &[dot]).await), Some(Rule::NoVision), "{}", test.engine);
        assert_eq!(rule(&refused("fake/echo@0", &[Uuid::now_v7()]).await), Some(Rule::Unknown), "{}", test.engine);
        assert_eq!(rule(&refused("fake/echo@0", &[broken]).await), Some(Rule::Unreadable), "{}", test.engine);
        assert_eq!(rule(&refused("fake/echo@0", &[dot; 11]).await), Some(Rule::TooLong(10)), "{}", test.engine);
        assert_eq!(refused("fake/echo@0", &[waiting]).await.code, Code::Conflict, "{}", test.engine);
        assert!(chat::list(&server, &ada, None, None).await.unwrap().items.is_empty(), "{}", test.engine);
        // A model that sees nothing is told of a picture that another one was shown.
        let said = ask(&server, &ada, question("?", "fake/echo@0"), &[dot]).await.unwrap();
        let again = regenerate(&server, &ada, said.id, Some("fake/words-2@0".into()), None).await.unwrap();
        assert_eq!(answer(&server, &ada, &again).await.content, "w1 w2", "{}", test.engine);
    }
}

#[tokio::test]
async fn a_long_document_takes_its_share_of_the_window_and_no_more() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let ada = person(&server).await;
        let book = sent(&server, &ada, "book.txt", "All the words of a long book. ".repeat(4_000)).await;
        let said = ask(&server, &ada, question("Summary?", "fake/echo@0"), &[book]).await.unwrap();
        assert!(said.content.contains("It does not fit whole") && said.content.ends_with("Summary?"), "{}", test.engine);
        let notice = said.notices.iter().find(|notice| notice.code == NoticeCode::FileCut);
        assert_eq!(notice.map(|notice| notice.message.as_str()), Some("book.txt"), "{}", test.engine);
        let tokens = crate::server::llm::estimate_tokens(&said.content);
        assert!((1_100..1_700).contains(&tokens), "{}: about half of what is left for the prompt, not {tokens}", test.engine);
    }
}

#[tokio::test]
async fn a_question_with_pictures_goes_to_the_model_for_them_where_the_chosen_one_sees_none() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let ada = person(&server).await;
        let (dot, notes) = (picture(&server, &ada).await, sent(&server, &ada, "notes.txt", "Tea.").await);
        let group = ModelSettings { vision: Some("fake/echo@0".into()), ..ModelSettings::default() };
        catalogue::set_defaults(&server, &ada, &Origin::default(), group).await.unwrap();
        let said = ask(&server, &ada, question("?", "fake/words-3@0"), &[dot]).await.unwrap();
        assert_eq!(said.model.as_deref(), Some("fake/echo@0"), "{}: and it says so", test.engine);
        assert!(said.content.starts_with("[image/jpeg, "), "{}: {}", test.engine, said.content);
        assert_eq!(chat::find(&server, &ada, said.session_id).await.unwrap().model.as_deref(), Some("fake/echo@0"), "it goes on with it");
        let words = ask(&server, &ada, question("?", "fake/words-3@0"), &[notes]).await.unwrap();
        assert_eq!(words.model.as_deref(), Some("fake/words-3@0"), "{}: a document needs no eyes", test.engine);
    }
}

#[tokio::test]
async fn a_document_that_the_model_reads_itself_is_handed_to_it_as_it_is_and_counted() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let ada = person(&server).await;
        let pages = paged(&["Tea grows on hills.", "Coffee grows, too."], 0);
        let size = pages.len();
        let (report, notes) = (sent(&server, &ada, "report.pdf", pages).await, sent(&server, &ada, "notes.txt", "Water.").await);
        let unsaid = ask(&server, &ada, question("Where?", "fake/echo@0"), &[report]).await.unwrap();
        let text = [" begins: report.pdf]\n[Page 1]\n\nTea grows on hills.", "[Page 2]"];
        assert!(text.iter().all(|part| unsaid.content.contains(part)), "{}: where nobody knows, the text: {}", test.engine, unsaid.content);

        let provider = server.registry.resolve(Some("fake/echo@0"), ada.who()).unwrap().provider_id;
        let abilities = Abilities { files: Some(true), ..Abilities::default() };
        let form = ModelForm { abilities, ..ModelForm::default() };
        catalogue::save(&server, &ada, &Origin::default(), (provider, "echo@0"), form).await.unwrap();
        let handed = ask(&server, &ada, question("Where?", "fake/echo@0"), &[report, notes]).await.unwrap();
        assert!(
            handed.content.starts_with(&format!("[report.pdf: application/pdf, {size} bytes]\n")),
            "{}: {}",
            test.engine,
            handed.content
        );
        assert!(handed.content.contains(" begins: notes.txt]\nWater.") && !handed.content.contains("Tea"), "{}", test.engine);
        // Two pages of a hundred tokens each, and their text.
        let counted = budget(&server, &ada, Some(handed.session_id), Some("fake/echo@0")).await.unwrap().messages;
        assert!((200..400).contains(&counted), "{}: {counted}", test.engine);

        // What has more pages than there is room for is shown as before.
        let long = sent(&server, &ada, "long.pdf", paged(&["A word."; 20], 0)).await;
        let shown = ask(&server, &ada, question("What?", "fake/echo@0"), &[long]).await.unwrap();
        assert!(shown.content.contains(" begins: long.pdf]") && shown.content.contains("[Page 20]"), "{}: {}", test.engine, shown.content);
        // And so is one that has more bytes.
        let heavy = sent(&server, &ada, "heavy.pdf", paged(&["A word."], 12 << 20)).await;
        let shown = ask(&server, &ada, question("What?", "fake/echo@0"), &[heavy]).await.unwrap();
        assert!(shown.content.contains(" begins: heavy.pdf]"), "{}: {}", test.engine, shown.content);
        // Another model is shown the text.
        let other = regenerate(&server, &ada, handed.id, Some("fake/echo@1000".into()), None).await.unwrap();
        assert!(answer(&server, &ada, &other).await.content.contains("Tea grows"), "{}", test.engine);
    }
}
