//! Pictures of people before a virus scanner, on both databases.

use std::io::Cursor;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};

use super::*;
use crate::model::user::{Registration, Role};
use crate::server::db::testing::databases;
use crate::server::scan::tests::{EICAR, Mood, screened};
use crate::server::service::account;
use crate::server::service::viewer::Via;

async fn person(server: &Server, name: &str) -> Viewer {
    let registration = Registration { email: format!("{name}@example.org"), name: name.into(), password: "quiet river, seven".into() };
    let user = account::create(server, registration, Role::User).await.unwrap();
    Viewer { user, via: Via::Session { id_hash: [0; 32] } }
}

/// A picture, with this after its end.
fn png(tail: &[u8]) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image::DynamicImage::from(image::RgbImage::new(8, 8)).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    [bytes.into_inner(), tail.to_vec()].concat()
}

/// Files of a picture that another one has taken the place of are nobody's: they would outlive the account.
#[tokio::test]
async fn of_pictures_that_are_set_at_once_the_files_of_one_stay() {
    for test in databases().await {
        let server = crate::server::testing::server(test.db.clone(), Default::default()).await;
        let viewer = person(&server, "ada").await;
        let hashes: Vec<String> = (0..8).map(|n| format!("{n:032x}")).collect();
        let set = |hash: &String| {
            let (db, id, hash, now) = (test.db.clone(), viewer.user.id, hash.clone(), server.clock.now());
            tokio::spawn(async move { db.people().set_avatar(id, Some(&hash), now).await.unwrap().unwrap() })
        };
        let before = futures::future::join_all(hashes.iter().map(set)).await.into_iter().map(|before| before.unwrap());
        let mut known: Vec<String> = before.flatten().chain(test.db.people().avatar(viewer.user.id).await.unwrap()).collect();
        known.sort();
        assert_eq!(known, hashes, "{}: each was known to one that came after it, or is there", test.engine);
    }
}

#[tokio::test]
async fn a_picture_is_scanned_before_it_is_kept_and_what_is_found_is_refused_and_noted() {
    for test in databases().await {
        for (name, mood, fail_open) in [("ada", Mood::Well, false), ("bob", Mood::Gone, false), ("cy", Mood::Gone, true)] {
            let (server, asked) = screened(&test.db, mood, fail_open).await;
            let viewer = person(&server, name).await;
            let kept = async || server.storage.list("avatar", DateTime::<Utc>::MAX_UTC).await.unwrap().len();
            let bad = set(&server, &viewer, &Origin::default(), png(EICAR.as_bytes())).await;
            if matches!(mood, Mood::Well) {
                let refused = bad.unwrap_err().into_api();
                assert_eq!(refused.field("avatar").map(|field| &field.rule), Some(&Rule::Forbidden), "{}", test.engine);
                let notes = activity::own(&server, &viewer, None).await.unwrap().items;
                assert!(notes.iter().any(|note| note.activity.detail["found"] == "Eicar-Test-Signature"), "{}", test.engine);
                assert_eq!(kept().await, 0, "nothing is left of it");
            } else if fail_open {
                assert!(bad.is_ok(), "{}: nobody found anything", test.engine);
            } else {
                assert_eq!(bad.unwrap_err().into_api().code, Code::Unavailable, "{}", test.engine);
            }
            let clean = set(&server, &viewer, &Origin::default(), png(b"")).await;
            assert_eq!(clean.is_ok(), matches!(mood, Mood::Well) || fail_open, "{}", test.engine);
            assert_eq!(asked.load(Ordering::SeqCst), 2, "{}", test.engine);
        }
    }
}
