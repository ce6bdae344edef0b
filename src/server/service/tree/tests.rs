//! Trees of conversations, on both engines.

use super::*;
use crate::model::chat::{Ask, Opening};
use crate::model::error::Code;
use crate::model::feedback::{FeedbackForm, Verdict};
use crate::model::generation::Status;
use crate::model::message::{Author, Message};
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::ChatCopy;
use crate::server::db::testing::databases;
use crate::server::service::viewer::Via;
use crate::server::service::{account, chat, context, feedback, generation, provider};
use crate::server::testing;

async fn person(server: &Server, name: &str) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    Viewer { user: account::create(server, registration, Role::User).await.unwrap(), via: Via::Token { family: Uuid::nil() } }
}

async fn ask(server: &Server, viewer: &Viewer, chat_id: Option<Uuid>, text: &str, replaces: Option<Uuid>) -> (Uuid, Uuid, Uuid) {
    let ask = Ask { chat_id, text: text.into(), model: Some("fake/echo@0".into()), request_id: None, replaces };
    let started = generation::send_as(server, viewer, ask, Opening::default()).await.unwrap();
    generation::whole(server, viewer, &started).await.unwrap();
    (started.chat_id, started.question_id.unwrap(), started.message_id)
}

#[tokio::test]
async fn a_tree_tells_of_every_version_and_leads_to_it() {
    for test in databases().await {
        let server = testing::server(test.db.clone(), Clock::default()).await;
        provider::start(&server).await.unwrap();
        let (ada, bob) = (person(&server, "ada").await, person(&server, "bob").await);
        let (id, first, answer) = ask(&server, &ada, None, "# First\n\nwords of it", None).await;
        let (_, second, _) = ask(&server, &ada, Some(id), "second", None).await;
        let (_, edited, new) = ask(&server, &ada, Some(id), "second, edited", Some(second)).await;
        context::pin(&server, &ada, first, true).await.unwrap();
        let good = FeedbackForm { verdict: Verdict::Good, reason: None, note: String::new() };
        feedback::set(&server, &ada, answer, good).await.unwrap();

        let all = tree(&server, &ada, id, &TreeQuery::default()).await.unwrap();
        assert_eq!((all.messages, all.branches, all.leaf_id, all.earlier), (6, 2, Some(new), None), "{}", test.engine);
        let ids: Vec<_> = all.items.iter().map(|item| (item.id, item.depth, item.active)).collect();
        assert_eq!(ids[..4], [(first, 0, true), (answer, 0, true), (edited, 0, true), (second, 1, false)], "{}", test.engine);
        assert_eq!((ids.len(), ids[5]), (6, (new, 0, true)), "{}", test.engine);
        let message = |n: usize| all.items[n].message.clone().unwrap();
        assert_eq!((message(0).beginning.as_str(), message(0).pinned, message(0).role), ("First words of it", true, Author::User));
        assert_eq!((message(1).verdict, message(1).model.as_deref()), (Some(Verdict::Good), Some("fake/echo@0")), "{}", test.engine);
        assert_eq!((all.items[2].version, all.items[2].versions, message(3).beginning.as_str()), (2, 2, "second"), "{}", test.engine);

        // Following a node is what shows its branch.
        chat::open_at(&server, &ada, id, second).await.unwrap();
        let other = tree(&server, &ada, id, &TreeQuery::default()).await.unwrap();
        let at = |wanted: Uuid| other.items.iter().find(|item| item.id == wanted).map(|item| (item.depth, item.active));
        assert_eq!((at(second), at(edited)), (Some((0, true)), Some((1, false))), "{}", test.engine);

        let code = |result: Result<Tree>| result.err().map(|error| error.into_api().code);
        assert_eq!(code(tree(&server, &bob, id, &TreeQuery::default()).await), Some(Code::NotFound), "{}", test.engine);
        let (_, his, _) = ask(&server, &bob, None, "his", None).await;
        let stranger = TreeQuery { from: Some(his), ..TreeQuery::default() };
        assert_eq!(code(tree(&server, &ada, id, &stranger).await), Some(Code::NotFound), "{}", test.engine);
    }
}

fn message(n: usize, chat: Uuid, parent: Option<Uuid>) -> Message {
    Message {
        id: Uuid::now_v7(),
        session_id: chat,
        parent_id: parent,
        role: if n.is_multiple_of(2) { Author::User } else { Author::Assistant },
        content: format!("Message {n}"),
        reasoning: None,
        model: None,
        status: Status::Done,
        generation_id: None,
        usage: None,
        error: None,
        notices: Vec::new(),
        attachments: Vec::new(),
        created_at: chrono::DateTime::from_timestamp(1_790_000_000 + n as i64, 0).unwrap(),
        pinned: false,
    }
}

#[tokio::test]
async fn of_five_thousand_messages_a_few_are_read() {
    for test in databases().await {
        let server = testing::server(test.db.clone(), Clock::default()).await;
        let ada = person(&server, "ada").await;
        let id = Uuid::now_v7();
        let mut messages: Vec<Message> = Vec::new();
        for n in 0..5_000 {
            // Every thousandth message is another version of the one before.
            let parent = if n % 1_000 == 999 { messages[n - 2].id } else { messages.last().map(|last| last.id).unwrap_or_default() };
            messages.push(message(n, id, (n > 0).then_some(parent)));
        }
        let leaf_id = messages.last().map(|last| last.id);
        let copy = ChatCopy { from: None, id, title: "Long".into(), leaf_id, messages: &messages };
        assert!(server.db.chats().copy_for(ada.user.id, &copy, server.clock.now()).await.unwrap());
        let all = tree(&server, &ada, id, &TreeQuery::default()).await.unwrap();
        assert_eq!((all.messages, all.branches), (5_000, 6), "{}", test.engine);
        let (folded, shown): (Vec<_>, Vec<_>) = all.items.iter().partition(|item| item.kind == TreeKind::Fold);
        let covered = folded.iter().map(|item| item.messages as usize).sum::<usize>() + shown.len();
        assert!(all.items.len() < 40 && covered == 5_000, "{}: {} items, {covered} messages", test.engine, all.items.len());
        assert!(shown.iter().all(|item| item.message.is_some()), "{}", test.engine);
        let open = TreeQuery { open: Some(folded[0].id), ..TreeQuery::default() };
        let opened = tree(&server, &ada, id, &open).await.unwrap();
        assert!(opened.items.len() > all.items.len() && opened.items.len() < 200, "{}: {}", test.engine, opened.items.len());
    }
}
