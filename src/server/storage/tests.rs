//! The store, on a folder that is thrown away and on a bucket: everything that is kept is kept alike.

mod bucket;

use std::path::Path;

use super::*;
use crate::server::config::Bucket;

fn folder_storage(folder: &Path) -> Storage {
    Storage::open(&Files { dir: folder.join("files"), uploads: folder.join("uploads"), s3: None }).unwrap()
}

/// Both kinds, with their names.
async fn storages(folder: &Path) -> [(&'static str, Storage); 2] {
    let s3 = Bucket {
        name: "pictures".into(),
        region: "eu-central-1".into(),
        endpoint: Some(bucket::serve().await),
        access_key: Some(bucket::ACCESS_KEY.into()),
        secret_key: Some("wJalrXUtnFEMI/K7MDENG".into()),
    };
    let s3 = Storage::open(&Files { dir: "unused".into(), uploads: "unused".into(), s3: Some(s3) }).unwrap();
    [("folder", folder_storage(folder)), ("bucket", s3)]
}

async fn text(pieces: Pieces) -> String {
    let bytes: Vec<u8> = pieces.try_fold(Vec::new(), |all, piece| async move { Ok([all, piece.to_vec()].concat()) }).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn what_was_kept_comes_back_whole_and_in_part() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, storage) in storages(folder.path()).await {
        storage.put("a/one.txt", b"0123456789".to_vec()).await.unwrap();
        assert_eq!(storage.get("a/one.txt").await.unwrap().unwrap(), "0123456789", "{kind}");
        assert_eq!(text(storage.stream("a/one.txt", 3..6).await.unwrap().unwrap()).await, "345", "{kind}");
        assert!(storage.get("a/two.txt").await.unwrap().is_none(), "{kind}");
        assert!(storage.stream("a/two.txt", 0..1).await.unwrap().is_none(), "{kind}");
    }
}

#[tokio::test]
async fn a_large_file_is_copied_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, storage) in storages(folder.path()).await {
        let bytes: Vec<u8> = (0..12_000_001u32).map(|i| (i % 251) as u8).collect();
        let file = folder.path().join("large");
        std::fs::write(&file, &bytes).unwrap();
        assert_eq!(storage.put_file("export/large", &file).await.unwrap(), 12_000_001, "{kind}");
        assert!(storage.get("export/large").await.unwrap().unwrap() == bytes, "{kind}");
    }
}

#[tokio::test]
async fn a_folder_goes_with_everything_in_it_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    for (kind, storage) in storages(folder.path()).await {
        for key in ["export/1/a", "export/1/b/c", "export/11/a", "avatar/1"] {
            storage.put(key, b"x".to_vec()).await.unwrap();
        }
        storage.delete_folder("export/1").await.unwrap();
        let mut left = storage.list("export", DateTime::<Utc>::MAX_UTC).await.unwrap();
        left.extend(storage.list("avatar", DateTime::<Utc>::MAX_UTC).await.unwrap());
        assert_eq!(left, ["export/11/a", "avatar/1"], "{kind}");
        storage.delete("export/1/a").await.unwrap();
        assert!(storage.list("export", DateTime::<Utc>::MIN_UTC).await.unwrap().is_empty(), "{kind}: nothing is that old");
    }
}

#[tokio::test]
async fn no_key_leads_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    let storage = folder_storage(folder.path());
    for key in ["../secret", "a/../../secret", "/etc/../secret"] {
        assert!(!matches!(storage.get(key).await, Ok(Some(_))), "{key}");
    }
}

#[tokio::test]
async fn a_bucket_that_refuses_is_an_error_and_its_secret_is_not_told() {
    let secret = "wJalrXUtnFEMI/K7MDENG";
    let s3 = Bucket {
        name: "pictures".into(),
        region: "eu-central-1".into(),
        endpoint: Some(bucket::serve().await),
        access_key: Some("SOMEBODY".into()),
        secret_key: Some(secret.into()),
    };
    let storage = Storage::open(&Files { dir: "unused".into(), uploads: "unused".into(), s3: Some(s3) }).unwrap();
    let refused = storage.put("a", b"x".to_vec()).await.unwrap_err();
    assert!(!format!("{refused:?} {refused}").contains(secret));
    assert!(storage.get("a").await.is_err(), "refused is not the same as not there");
}
