//! Files as their owner sees them, on both databases.

use std::sync::atomic::Ordering;

use super::*;
use crate::model::activity::Action;
use crate::model::error::Code;
use crate::model::file::{Fault, FileState};
use crate::model::setting::{FileSettings, Settings};
use crate::model::user::{Registration, Role};
use crate::server::clock::Clock;
use crate::server::db::testing::databases;
use crate::server::job;
use crate::server::scan::tests::{EICAR, Mood, screened};
use crate::server::service::viewer::Via;
use crate::server::service::{account, activity};
use crate::server::testing::server;

type Piece = std::result::Result<Bytes, String>;

fn sent(bytes: impl Into<Bytes>) -> impl futures::Stream<Item = Piece> + Unpin {
    futures::stream::iter([Ok(bytes.into())])
}

async fn person(server: &Server, name: &str) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "correct horse battery".into() };
    let user = account::create(server, registration, Role::User).await.unwrap();
    Viewer { user, via: Via::Session { id_hash: [0; 32] } }
}

fn code(error: Error) -> Code {
    error.into_api().code
}

async fn kept(server: &Server) -> usize {
    server.storage.list(FOLDER, chrono::DateTime::<chrono::Utc>::MAX_UTC).await.unwrap().len()
}

#[tokio::test]
async fn the_same_content_is_kept_once_until_its_last_file_goes() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let (ada, bob) = (person(&server, "ada").await, person(&server, "bob").await);
        let (one, new) = store(&server, &ada, "a.txt", sent("tea")).await.unwrap();
        assert!(new && one.state == FileState::Waiting && one.media_type == "text/plain" && one.size == 3);
        let (again, new) = store(&server, &ada, "a.txt", sent("tea")).await.unwrap();
        assert_eq!((again.id, new), (one.id, false), "{}", test.engine);
        let (other, new) = store(&server, &ada, "b.txt", sent("tea")).await.unwrap();
        assert!(new && other.sha256 == one.sha256);
        assert_eq!((kept(&server).await, room(&server, &ada).await.unwrap().used), (1, 3), "{}", test.engine);
        store(&server, &bob, "a.txt", sent("tea")).await.unwrap();
        assert_eq!(kept(&server).await, 2, "no two people share a file");
        while job::run_next(&server).await.unwrap() {}
        assert_eq!(text(&server, &ada, other.id).await.unwrap(), "tea\n");
        assert_eq!(code(text(&server, &bob, other.id).await.unwrap_err()), Code::NotFound);
        assert_eq!(code(delete(&server, &bob, one.id).await.unwrap_err()), Code::NotFound);
        delete(&server, &ada, one.id).await.unwrap();
        assert_eq!(text(&server, &ada, other.id).await.unwrap(), "tea\n", "{}", test.engine);
        delete(&server, &ada, other.id).await.unwrap();
        assert_eq!((kept(&server).await, list(&server, &ada, None, None).await.unwrap().items.len()), (2, 0), "{}", test.engine);
    }
}

#[tokio::test]
async fn an_upload_goes_on_where_its_line_broke() {
    for test in databases().await {
        let clock = Clock::fixed(chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap());
        let server = server(test.db.clone(), clock.clone()).await;
        let ada = person(&server, "ada").await;
        let begun = begin(&server, &ada, "../long.txt", 10).await.unwrap();
        assert_eq!((begun.name.as_str(), begun.state), ("long.txt", FileState::Uploading));
        let broken = futures::stream::iter([Ok(Bytes::from("hello")), Err("the line broke".to_owned())]);
        assert_eq!(code(append(&server, &ada, begun.id, 0, broken).await.unwrap_err()), Code::Malformed);
        assert_eq!(offset(&server, &ada, &begun).await, 5, "{}: what came is kept", test.engine);
        assert_eq!(code(append(&server, &ada, begun.id, 0, sent("hello")).await.unwrap_err()), Code::Conflict);
        assert_eq!(code(append(&server, &ada, begun.id, 5, sent("too much")).await.unwrap_err()), Code::TooLarge);
        assert_eq!(code(content(&server, &ada, begun.id).await.err().unwrap()), Code::Conflict);
        assert_eq!(append(&server, &ada, begun.id, 5, sent("world")).await.unwrap(), 10);
        let whole = find(&server, &ada, begun.id).await.unwrap();
        assert_eq!((whole.state, whole.size), (FileState::Waiting, 10), "{}", test.engine);
        while job::run_next(&server).await.unwrap() {}
        assert_eq!(text(&server, &ada, begun.id).await.unwrap(), "helloworld\n");
        // An upload that nobody goes on with is forgotten after a day.
        let half = begin(&server, &ada, "half.txt", 10).await.unwrap();
        clock.advance(Duration::hours(23));
        sweep(&server).await.unwrap();
        assert!(find(&server, &ada, half.id).await.is_ok());
        clock.advance(Duration::hours(2));
        sweep(&server).await.unwrap();
        assert_eq!(code(find(&server, &ada, half.id).await.unwrap_err()), Code::NotFound, "{}", test.engine);
    }
}

#[tokio::test]
async fn there_is_an_end_to_what_may_be_sent_and_kept() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let ada = person(&server, "ada").await;
        server.settings.put(Settings { files: FileSettings { file_mb: 1, user_mb: 2 }, ..Settings::default() });
        let mb = |letter: u8| vec![letter; 1024 * 1024];
        let large = [mb(b'a'), vec![b'a']].concat();
        assert_eq!(code(store(&server, &ada, "large.txt", sent(large)).await.unwrap_err()), Code::TooLarge);
        assert_eq!(code(begin(&server, &ada, "large.txt", 1024 * 1024 + 1).await.unwrap_err()), Code::TooLarge);
        assert_eq!(code(store(&server, &ada, "empty.txt", sent("")).await.unwrap_err()), Code::Invalid);
        assert_eq!(code(store(&server, &ada, "film.pdf", sent(&b"\0\0\0\x18ftypmp42"[..])).await.unwrap_err()), Code::UnsupportedMediaType);
        store(&server, &ada, "a.txt", sent(mb(b'a'))).await.unwrap();
        store(&server, &ada, "b.txt", sent(mb(b'b'))).await.unwrap();
        let full = store(&server, &ada, "c.txt", sent("c")).await.unwrap_err().into_api();
        assert_eq!(full.field("file").map(|field| &field.rule), Some(&Rule::Full), "{}", test.engine);
        assert!(begin(&server, &ada, "c.txt", 1).await.is_err());
        // What is there already takes no room.
        assert!(store(&server, &ada, "a.txt", sent(mb(b'a'))).await.is_ok());
        assert_eq!(std::fs::read_dir(server.config.data_dir.join("uploads")).unwrap().count(), 0, "nothing is left behind");
    }
}

#[tokio::test]
async fn pictures_lose_what_they_say_and_what_cannot_be_read_says_why() {
    for test in databases().await {
        let server = server(test.db.clone(), Clock::default()).await;
        let ada = person(&server, "ada").await;
        let mut png = std::io::Cursor::new(Vec::new());
        image::RgbImage::new(3000, 1500).write_to(&mut png, image::ImageFormat::Png).unwrap();
        let png = png.into_inner();
        let (picture, _) = store(&server, &ada, "wide.png", sent(png.clone())).await.unwrap();
        let (cut, _) = store(&server, &ada, "cut.png", sent(png[..60].to_vec())).await.unwrap();
        let (damaged, _) = store(&server, &ada, "damaged.pdf", sent("%PDF-1.7\nnothing")).await.unwrap();
        while job::run_next(&server).await.unwrap() {}
        let (bytes, kind) = view(&server, &ada, picture.id).await.unwrap();
        let seen = image::load_from_memory(&bytes).unwrap();
        assert_eq!((kind, seen.width(), seen.height()), ("image/jpeg", 2048, 1024), "{}", test.engine);
        for id in [cut.id, damaged.id] {
            let file = find(&server, &ada, id).await.unwrap();
            assert_eq!((file.state, file.error.map(|error| error.code)), (FileState::Failed, Some(Fault::Damaged)), "{}", test.engine);
            assert!(content(&server, &ada, id).await.is_ok(), "the file itself is kept");
        }
        assert_eq!(code(text(&server, &ada, damaged.id).await.unwrap_err()), Code::Conflict);
    }
}

#[tokio::test]
async fn what_the_scanner_finds_is_refused_and_noted_and_without_it_nothing_is_taken() {
    for test in databases().await {
        for (name, mood, fail_open) in [("ada", Mood::Well, false), ("bob", Mood::Gone, false), ("cy", Mood::Gone, true)] {
            let (server, asked) = screened(&test.db, mood, fail_open).await;
            let ada = person(&server, name).await;
            let clean = store(&server, &ada, "tea.txt", sent("tea")).await;
            let takes = matches!(mood, Mood::Well) || fail_open;
            assert_eq!(clean.as_ref().err().is_none(), takes, "{}", test.engine);
            assert_eq!(asked.load(Ordering::SeqCst), 1);
            if let Err(refused) = clean {
                assert_eq!(code(refused), Code::Unavailable);
                assert_eq!(list(&server, &ada, None, None).await.unwrap().items.len(), 0, "nothing is left of it");
                continue;
            }
            if fail_open {
                continue;
            }
            let refused = store(&server, &ada, "bad.txt", sent(EICAR)).await.unwrap_err().into_api();
            assert_eq!(refused.field("file").map(|field| &field.rule), Some(&Rule::Forbidden), "{}", test.engine);
            assert!(refused.field("file").unwrap().message.contains("Eicar-Test-Signature"), "{refused:?}");
            // In parts it is no other file.
            let begun = begin(&server, &ada, "bad.txt", EICAR.len() as u64).await.unwrap();
            assert_eq!(code(append(&server, &ada, begun.id, 0, sent(EICAR)).await.unwrap_err()), Code::Invalid);
            assert_eq!((list(&server, &ada, None, None).await.unwrap().items.len(), kept(&server).await), (1, 1), "{}", test.engine);
            let notes = activity::own(&server, &ada, None).await.unwrap().items;
            let notes: Vec<_> = notes.iter().filter(|note| note.activity.action == Action::FileRefused).collect();
            assert_eq!((notes.len(), notes[0].activity.detail["found"].as_str()), (2, Some("Eicar-Test-Signature")), "{}", test.engine);
        }
    }
}
