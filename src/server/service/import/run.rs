//! The job: reads the file conversation by conversation, and counts them, or takes them. Cut off, it is begun anew; what it took before is
//! known again and counts as taken.

use std::collections::HashSet;
use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use futures::StreamExt;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::runtime::Handle;
use uuid::Uuid;

use super::key;
use crate::model::import::{ImportFault, ImportState, SKIPPED_SHOWN, Skipped, Source, TITLES_SHOWN, Tally};
use crate::model::presence::Happened;
use crate::server::Server;
use crate::server::crypto::content_hash;
use crate::server::db::{Arrival, StoredImport};
use crate::server::error::{Error, Result};
use crate::server::import::{Found, Grown, grow, read};
use crate::server::job::{self, Failure, Job};
use crate::server::service::presence;

/// Longest name of a conversation at its source that is kept as it is, in bytes.
const NAME_MAX: usize = 200;

/// Does what the state of the import of this job says.
pub async fn run(server: &Server, job: &Job) -> Result<Value, Failure> {
    let id = job.payload["import_id"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    let id = id.ok_or_else(|| Failure::Final("an import of nothing".into()))?;
    let Some(stored) = server.db.imports().find(id).await?.filter(|stored| stored.import.is_busy()) else {
        return Ok(json!({ "done": false }));
    };
    let path = working_copy(server, id);
    let outcome = match fetch(server, &stored, &path).await {
        Ok(true) => work(server, job.id, &stored, &path).await,
        Ok(false) => Ok(Err(ImportFault::Server)),
        Err(error) => Err(error.into()),
    };
    let _ = tokio::fs::remove_file(&path).await;
    settle(server, stored, outcome?).await
}

/// Keeps what came of it.
async fn settle(server: &Server, stored: StoredImport, outcome: Result<Tally, ImportFault>) -> Result<Value, Failure> {
    let (id, user_id, now, imports) = (stored.import.id, stored.user_id, server.clock.now(), server.db.imports());
    let told = match &outcome {
        Ok(tally) => json!({ "conversations": tally.conversations, "already": tally.already, "skipped": tally.skipped }),
        Err(fault) => json!({ "fault": fault }),
    };
    match outcome {
        // What was found is asked for again when it is taken.
        Ok(tally) if stored.import.state == ImportState::Reading => {
            return imports.set_found(id, &tally, now).await.map(|()| told).map_err(Failure::from);
        }
        Ok(tally) => {
            imports.set_report(id, &tally, now).await?;
            presence::news(server, user_id, None, Happened::Changed);
        }
        Err(fault) => imports.fail(id, fault, now).await?,
    }
    server.storage.delete(&key(user_id, id)).await?;
    Ok(told)
}

/// Where the file is read: on this node's disk.
fn working_copy(server: &Server, id: Uuid) -> PathBuf {
    server.config.data_dir.join(format!("import-{id}.tmp"))
}

/// Brings the file there. False: it is gone.
async fn fetch(server: &Server, stored: &StoredImport, path: &Path) -> Result<bool> {
    let key = key(stored.user_id, stored.import.id);
    let Some(mut pieces) = server.storage.stream(&key, 0..stored.import.size).await? else { return Ok(false) };
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options.create(true).truncate(true).write(true).mode(0o600).open(path).await.map_err(Error::internal)?;
    while let Some(piece) = pieces.next().await {
        file.write_all(&piece?).await.map_err(Error::internal)?;
    }
    file.flush().await.map_err(Error::internal)?;
    Ok(true)
}

/// Reads the file on a thread of its own.
async fn work(server: &Server, job: Uuid, stored: &StoredImport, path: &Path) -> Result<Result<Tally, ImportFault>, Failure> {
    let file = File::open(path).map_err(Error::internal)?;
    let mut reader = Reader {
        server: server.clone(),
        handle: Handle::current(),
        job,
        import: stored.import.id,
        user_id: stored.user_id,
        taking: stored.import.state == ImportState::Importing,
        tally: Tally::default(),
        seen: HashSet::new(),
        told: 0,
        stopped: None,
    };
    let reading = move || {
        let read = read(file, &mut |found, part| reader.take(found, part));
        (read, reader.tally, reader.stopped)
    };
    let (read, tally, stopped) = tokio::task::spawn_blocking(reading).await.map_err(|error| Failure::Again(error.to_string()))?;
    match stopped {
        Some(failure) => Err(failure),
        None => Ok(read.map(|()| tally)),
    }
}

/// What has been read so far.
struct Reader {
    server: Server,
    handle: Handle,
    job: Uuid,
    import: Uuid,
    user_id: Uuid,
    /// The conversations are taken, not only counted.
    taking: bool,
    tally: Tally,
    /// Those of this file, by the hash of their names: what stands in it twice is new once.
    seen: HashSet<u64>,
    told: u8,
    stopped: Option<Failure>,
}

impl Reader {
    fn take(&mut self, found: Found, part: f64) -> ControlFlow<()> {
        match self.step(found, part) {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                self.stopped = Some(failure);
                ControlFlow::Break(())
            }
        }
    }

    fn step(&mut self, found: Found, part: f64) -> Result<(), Failure> {
        match found {
            Found::Skipped(skipped) => self.skip(skipped),
            Found::Conversation(conversation) => match grow(*conversation, self.server.clock.now()) {
                Ok(grown) => self.one(&grown)?,
                Err(skipped) => self.skip(skipped),
            },
        }
        let percent = (part * 100.0).clamp(0.0, 99.0) as u8;
        if percent > self.told {
            self.told = percent;
            if !self.handle.block_on(job::progress(&self.server, self.job, percent))? {
                return Err(Failure::Final("cancelled".into()));
            }
        }
        Ok(())
    }

    fn one(&mut self, grown: &Grown) -> Result<(), Failure> {
        let name = name(grown);
        let mut hasher = DefaultHasher::new();
        (grown.source, &name).hash(&mut hasher);
        let known = self.handle.block_on(known(&self.server, self.user_id, grown.source, &name))?;
        let twice = !self.seen.insert(hasher.finish());
        if twice || known.is_some_and(|by| by != self.import) {
            self.tally.already += 1;
            return Ok(());
        }
        if self.taking && known.is_none() {
            let arrival = Arrival {
                user_id: self.user_id,
                import_id: self.import,
                id: grown.id,
                source: grown.source,
                source_id: &name,
                title: &grown.title,
                leaf_id: grown.leaf_id,
                pinned: grown.pinned,
                archived: grown.archived,
                tags: &grown.tags,
                created_at: grown.created_at,
                updated_at: grown.updated_at,
                messages: &grown.messages,
            };
            self.handle.block_on(self.server.db.chats().receive(&arrival))?;
        }
        self.count(grown);
        Ok(())
    }

    fn count(&mut self, grown: &Grown) {
        let tally = &mut self.tally;
        if let Err(at) = tally.sources.binary_search(&grown.source) {
            tally.sources.insert(at, grown.source);
        }
        tally.conversations += 1;
        tally.messages += grown.messages.len() as u64;
        tally.files += grown.files;
        let times = || grown.messages.iter().map(|message| message.created_at);
        tally.first_at = tally.first_at.into_iter().chain(times()).min();
        tally.last_at = tally.last_at.into_iter().chain(times()).max();
        if tally.titles.len() < TITLES_SHOWN {
            tally.titles.push(grown.title.clone());
        }
    }

    fn skip(&mut self, skipped: Skipped) {
        self.tally.skipped += 1;
        if self.tally.reasons.len() < SKIPPED_SHOWN {
            self.tally.reasons.push(skipped);
        }
    }
}

/// By what the conversation is known again: how its source calls it, else by what it says.
fn name(grown: &Grown) -> String {
    if !grown.source_id.is_empty() && grown.source_id.len() <= NAME_MAX {
        return grown.source_id.clone();
    }
    let mut parts = vec![grown.source_id.as_bytes()];
    if grown.source_id.is_empty() {
        parts.push(grown.title.as_bytes());
        parts.extend(grown.messages.iter().map(|message| message.content.as_bytes()));
    }
    format!("sha256:{}", content_hash(&parts))
}

/// By which import the user has the conversation. One of this very server's may never have left.
async fn known(server: &Server, user_id: Uuid, source: Source, name: &str) -> Result<Option<Uuid>> {
    if source == Source::Liao
        && let Ok(id) = Uuid::parse_str(name)
        && server.db.chats().find_for(user_id, id).await?.is_some()
    {
        return Ok(Some(Uuid::nil()));
    }
    Ok(server.db.imports().known(user_id, source, name).await?)
}
