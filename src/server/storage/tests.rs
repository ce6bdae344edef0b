//! The store, on a folder that is thrown away.

use std::path::Path;

use super::*;

fn storage(folder: &Path) -> Storage {
    Storage::open(&Files { dir: folder.join("files"), s3: None }).unwrap()
}

async fn text(pieces: Pieces) -> String {
    let bytes: Vec<u8> = pieces.try_fold(Vec::new(), |all, piece| async move { Ok([all, piece.to_vec()].concat()) }).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn what_was_kept_comes_back_whole_and_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let storage = storage(folder.path());
    storage.put("a/one.txt", b"0123456789".to_vec()).await.unwrap();
    assert_eq!(storage.get("a/one.txt").await.unwrap().unwrap(), "0123456789");
    assert_eq!(text(storage.stream("a/one.txt", 3..6).await.unwrap().unwrap()).await, "345");
    assert!(storage.get("a/two.txt").await.unwrap().is_none());
    assert!(storage.stream("a/two.txt", 0..1).await.unwrap().is_none());
}

#[tokio::test]
async fn a_large_file_is_copied_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let storage = storage(folder.path());
    let bytes: Vec<u8> = (0..12_000_001u32).map(|i| (i % 251) as u8).collect();
    let file = folder.path().join("large");
    std::fs::write(&file, &bytes).unwrap();
    assert_eq!(storage.put_file("export/large", &file).await.unwrap(), 12_000_001);
    assert!(storage.get("export/large").await.unwrap().unwrap() == bytes);
}

#[tokio::test]
async fn a_folder_goes_with_everything_in_it_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let storage = storage(folder.path());
    for key in ["export/1/a", "export/1/b/c", "export/11/a", "avatar/1"] {
        storage.put(key, b"x".to_vec()).await.unwrap();
    }
    storage.delete_folder("export/1").await.unwrap();
    let mut left = storage.list("export", DateTime::<Utc>::MAX_UTC).await.unwrap();
    left.extend(storage.list("avatar", DateTime::<Utc>::MAX_UTC).await.unwrap());
    assert_eq!(left, ["export/11/a", "avatar/1"]);
    storage.delete("export/1/a").await.unwrap();
    assert!(storage.list("export", DateTime::<Utc>::MIN_UTC).await.unwrap().is_empty(), "nothing is that old");
}

#[tokio::test]
async fn no_key_leads_out_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("secret"), "secret").unwrap();
    let storage = storage(folder.path());
    for key in ["../secret", "a/../../secret", "/etc/../secret"] {
        assert!(!matches!(storage.get(key).await, Ok(Some(_))), "{key}");
    }
}

#[test]
fn a_bucket_without_the_feature_is_refused_with_a_sentence() {
    let bucket = crate::server::config::Bucket { name: "b".into(), region: "r".into(), endpoint: None, access_key: None, secret_key: None };
    let opened = Storage::open(&Files { dir: "unused".into(), s3: Some(bucket) });
    assert!(opened.is_ok() || opened.err().unwrap().starts_with("LIAO_S3_BUCKET"));
}
