//! Taking the messages of a database that is older than the index into it: a job in the background, page by page, newest first. How far
//! it is stands in the database, so that it goes on where it was cut off.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::model::job::JobKind;
use crate::server::Server;
use crate::server::error::Result;
use crate::server::job::{self, Failure, Job, NewJob};

/// The row of the settings that holds how far it is.
const NAME: &str = "search_index";
/// Messages of one transaction: others wait for it.
const PAGE: i64 = 100;

/// At boot: queues the job, unless all is in the index.
pub async fn begin(server: &Server) -> Result<()> {
    if done(server).await? {
        return Ok(());
    }
    let (messages, _) = server.db.search().extent().await?;
    if messages == 0 {
        // A new database: whatever comes is indexed as it comes.
        return Ok(server.db.settings().put(NAME, &json!({ "done": true }), server.clock.now()).await?);
    }
    job::enqueue(server, NewJob::new(JobKind::Index, json!({}))).await?;
    Ok(())
}

async fn state(server: &Server) -> Result<Value> {
    Ok(server.db.settings().find(NAME).await?.unwrap_or_default())
}

async fn done(server: &Server) -> Result<bool> {
    Ok(state(server).await?["done"] == true)
}

/// How much is in the index, in percent; nothing once that is all.
pub async fn progress(server: &Server) -> Result<Option<u8>> {
    let state = state(server).await?;
    if state["done"] == true || state.is_null() {
        return Ok(None);
    }
    Ok(Some(u8::try_from(state["percent"].as_u64().unwrap_or_default()).unwrap_or(100)))
}

/// The job.
pub async fn run(server: &Server, job: &Job) -> Result<Value, Failure> {
    let state = state(server).await?;
    if state["done"] == true {
        return Ok(json!({ "indexed": 0 }));
    }
    let mut before = state["before"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    let (messages, already) = server.db.search().extent().await?;
    let (mut indexed, mut told) = (0_i64, None);
    loop {
        let page = server.db.search().missing(before, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        before = Some(*last);
        indexed += page.len() as i64;
        server.db.search().index_older(&page).await?;
        let percent = u8::try_from((already + indexed) * 99 / messages.max(1)).unwrap_or(99).min(99);
        if told != Some(percent) {
            told = Some(percent);
            server.db.settings().put(NAME, &json!({ "before": before, "percent": percent }), server.clock.now()).await?;
            if !job::progress(server, job.id, percent).await? {
                return Ok(json!({ "indexed": indexed, "cancelled": true }));
            }
        }
        // Whoever waits to write goes first.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    server.db.settings().put(NAME, &json!({ "done": true }), server.clock.now()).await?;
    tracing::info!(indexed, "all messages are in the index");
    Ok(json!({ "indexed": indexed }))
}
