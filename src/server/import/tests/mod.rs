//! Every form as its source writes it, and what becomes of it.

mod fuzz;
mod hostile;

use std::io::{Cursor, Write};
use std::ops::ControlFlow;

use chrono::{DateTime, Utc};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::model::import::ImportFault;
use crate::model::message::{Author, Message};

pub const CHATGPT: &str = include_str!("chatgpt.json");
pub const CLAUDE: &str = include_str!("claude.json");
pub const OPEN_WEBUI: &str = include_str!("open_webui.json");
pub const LIBRECHAT: &str = include_str!("librechat.json");
pub const LIAO: &str = include_str!("liao.json");

pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// What was read of a file: conversations that can be stored, and those that are left out.
#[derive(Debug, Default)]
pub struct Took {
    pub grown: Vec<Grown>,
    pub skipped: Vec<Skipped>,
    /// The parts of the file that had been read.
    pub parts: Vec<f64>,
}

impl Took {
    pub fn reasons(&self) -> Vec<SkipReason> {
        self.skipped.iter().map(|skipped| skipped.reason).collect()
    }
}

/// Reads a file with these bytes.
pub fn take(bytes: &[u8]) -> Result<Took, ImportFault> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    std::io::Seek::rewind(&mut file).unwrap();
    let mut took = Took::default();
    read(file, &mut |found, part| {
        took.parts.push(part);
        let grown = match found {
            Found::Conversation(conversation) => grow(*conversation, now()),
            Found::Skipped(skipped) => Err(skipped),
        };
        match grown {
            Ok(grown) => took.grown.push(grown),
            Err(skipped) => took.skipped.push(skipped),
        }
        ControlFlow::Continue(())
    })?;
    Ok(took)
}

/// A ZIP file of these.
pub fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Every message as `parent's number, who, what`.
fn tree(messages: &[Message]) -> Vec<(Option<usize>, Author, &str)> {
    let place = |id| messages.iter().position(|message| message.id == id).unwrap();
    messages.iter().map(|message| (message.parent_id.map(place), message.role, message.content.as_str())).collect()
}

fn assert_sound(grown: &Grown) {
    assert!(!grown.messages.is_empty() && grown.title.chars().count() <= 120);
    assert!(grown.messages.iter().any(|message| Some(message.id) == grown.leaf_id));
    let mut before: Vec<Uuid> = Vec::new();
    for message in &grown.messages {
        assert!(message.parent_id.is_none_or(|parent| before.contains(&parent)), "parents come first");
        assert!(before.last().is_none_or(|last| *last < message.id), "ids are in order");
        assert!(message.created_at <= now() && !message.content.contains('\0') && !message.content.trim().is_empty());
        before.push(message.id);
    }
}

use uuid::Uuid;

#[test]
fn a_conversation_of_chatgpt_keeps_its_branches_its_reasoning_and_its_order() {
    let took = take(CHATGPT.as_bytes()).unwrap();
    assert!(took.skipped.is_empty(), "{took:?}");
    let [tides, chinese] = &took.grown[..] else { panic!("{took:?}") };
    took.grown.iter().for_each(assert_sound);
    assert_eq!((tides.source, tides.source_id.as_str(), tides.title.as_str()), (Source::Chatgpt, "6525a0c0-0001", "Tides and the moon"));
    assert!(tides.pinned && tides.archived && tides.files == 1);
    assert_eq!(
        tree(&tides.messages),
        [
            (None, Author::User, "[tide table.png]\nWhy are there two tides a day?"),
            (Some(0), Author::Assistant, "Because of **two** bulges."),
            (Some(0), Author::Assistant, "Another answer."),
            (Some(1), Author::User, "Compute it."),
            // What was said before and after a tool is one answer.
            (Some(3), Author::Assistant, "I compute.\n\nIt is 2."),
        ]
    );
    assert_eq!(tides.messages[1].reasoning.as_deref(), Some("**Thinking of gravity**\n\nThe moon pulls both sides."));
    assert_eq!([1, 2, 4].map(|at| tides.messages[at].model.as_deref()), [Some("o3"), Some("gpt-4o"), Some("gpt-4o")]);
    assert_eq!(tides.messages[0].created_at.to_rfc3339(), "2023-10-11T04:53:21.250+00:00");
    assert_eq!((tides.created_at.timestamp(), tides.updated_at.timestamp()), (1_697_000_000, 1_697_000_300));
    assert_eq!(tides.leaf_id, Some(tides.messages[4].id));
    // Without a title, a time or a model, it gets what a new one gets.
    assert_eq!((chinese.title.as_str(), chinese.updated_at.timestamp()), ("潮汐是什么？", 1_697_100_002));
    assert!(!chinese.pinned && !chinese.archived && chinese.messages[1].model.is_none());
}

#[test]
fn a_conversation_of_claude_is_read_as_a_tree_or_as_a_list() {
    let took = take(CLAUDE.as_bytes()).unwrap();
    assert_eq!(took.skipped, [Skipped { title: "Nothing said".into(), reason: SkipReason::Empty }]);
    let [bread, old] = &took.grown[..] else { panic!("{took:?}") };
    took.grown.iter().for_each(assert_sound);
    let question = "[recipe.txt]\n[loaf.jpg]\nHow long?\n\n```\n500 g flour\n350 g water\n```";
    assert_eq!(
        tree(&bread.messages),
        [
            (None, Author::User, question),
            (Some(0), Author::Assistant, "Overnight.\n\nI have set a timer."),
            (Some(0), Author::Assistant, "Eight hours."),
        ]
    );
    assert_eq!(bread.messages[1].reasoning.as_deref(), Some("Cold or warm?"));
    assert_eq!((bread.source, bread.files, bread.created_at.to_rfc3339().as_str()), (Source::Claude, 2, "2024-05-01T12:00:00+00:00"));
    assert_eq!(tree(&old.messages)[1], (Some(0), Author::Assistant, "Still read."));
    assert_eq!(old.title, "Old form, without parents");
}

#[test]
fn a_chat_of_open_webui_keeps_what_stands_about_it() {
    let took = take(OPEN_WEBUI.as_bytes()).unwrap();
    let [knots, old] = &took.grown[..] else { panic!("{took:?}") };
    took.grown.iter().for_each(assert_sound);
    assert_eq!(
        tree(&knots.messages),
        [
            (None, Author::User, "[rope.pdf]\nName a knot."),
            (Some(0), Author::Assistant, "Bowline."),
            (Some(0), Author::Assistant, "Reef knot.")
        ]
    );
    assert_eq!(knots.messages[1].reasoning.as_deref(), Some("A simple one.\nThe bowline."));
    assert_eq!((knots.messages[1].model.as_deref(), knots.pinned), (Some("deepseek-r1:8b"), true));
    assert_eq!((knots.tags.join(" "), knots.leaf_id), ("sailing rope".to_owned(), Some(knots.messages[1].id)), "the branch that was shown");
    assert_eq!(tree(&old.messages), [(None, Author::User, "In pieces"), (Some(0), Author::Assistant, "Yes.")]);
    assert_eq!(old.source_id, "", "it has no name, and is known by what it says");
}

#[test]
fn a_conversation_of_librechat_is_taken_apart() {
    let took = take(LIBRECHAT.as_bytes()).unwrap();
    let [stars] = &took.grown[..] else { panic!("{took:?}") };
    assert_sound(stars);
    assert_eq!(
        tree(&stars.messages),
        [
            (None, Author::User, "[sky.png]\nWhat is a \"star\"? [\"children\": ["),
            (Some(0), Author::Assistant, "A ball of gas."),
            (Some(0), Author::Assistant, "The sun is one."),
            (Some(1), Author::User, "Thanks"),
        ]
    );
    assert_eq!((stars.source, stars.source_id.as_str(), stars.title.as_str()), (Source::Librechat, "11bd8b1f-libre-1", "Stars"));
    assert_eq!((stars.messages[1].reasoning.as_deref(), stars.messages[2].model.as_deref()), (Some("Gas."), Some("claude-3-5-sonnet")));
}

#[test]
fn a_conversation_of_librechat_may_be_thousands_of_messages_deep() {
    let mut text = "[]".to_owned();
    for n in (0..3_000).rev() {
        let parent = if n == 0 { "0".to_owned() } else { format!("m{}", n - 1) };
        text = format!(
            r#"[{{"messageId":"m{n}","parentMessageId":"{parent}","isCreatedByUser":{},"text":"t{n}","children":{text}}}]"#,
            n % 2 == 0
        );
    }
    let took = take(format!(r#"{{"conversationId":"deep","title":"Deep","messages":{text}}}"#).as_bytes()).unwrap();
    assert_eq!((took.grown.len(), took.grown[0].messages.len()), (1, 3_000), "{:?}", took.skipped);
    assert_eq!(took.grown[0].messages[2_999].content, "t2999");
}

#[test]
fn liaos_own_conversations_come_back() {
    let took = take(LIAO.as_bytes()).unwrap();
    let [garden] = &took.grown[..] else { panic!("{took:?}") };
    assert_sound(garden);
    assert_eq!(tree(&garden.messages), [(None, Author::User, "[plan.pdf]\nWhen to plant?"), (Some(0), Author::Assistant, "In March.")]);
    assert_eq!((garden.source, garden.tags.join(" ").as_str(), garden.pinned), (Source::Liao, "garden", true));
    assert_eq!(garden.messages[1].reasoning.as_deref(), Some("Frost."));
}

#[test]
fn what_is_no_conversation_in_a_zip_file_is_passed_over() {
    let zip = zipped(&[
        ("user.json", br#"{"id": "user-1", "email": "ada@example.org"}"#),
        ("message_feedback.json", br#"[{"id": "f", "conversation_id": "c", "rating": "thumbs_up"}]"#),
        ("chat.html", b"<html>"),
        ("export/conversations.json", CHATGPT.as_bytes()),
        ("conversations/00001-Garden.json", LIAO.as_bytes()),
        ("conversations/00001-Garden.md", b"# Garden"),
    ]);
    let took = take(&zip).unwrap();
    assert_eq!((took.grown.len(), took.skipped.len()), (3, 0), "{took:?}");
    assert!(took.parts.is_sorted() && took.parts.iter().all(|part| (0.0..=1.0).contains(part)), "{:?}", took.parts);
}

#[test]
fn values_may_stand_one_after_the_other() {
    let file = format!("\u{feff}{LIBRECHAT}\n{LIAO}\n");
    assert_eq!(take(file.as_bytes()).unwrap().grown.len(), 2);
}
