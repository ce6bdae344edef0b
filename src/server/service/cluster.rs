//! The nodes of one installation: that each lives, what it does when it hears from another, and which of them leads.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

use super::generation::interrupt;
use super::{log, provider, setting};
use crate::model::generation::Status;
use crate::server::Server;
use crate::server::bus::{Heard, Word};
use crate::server::error::Result;
use crate::server::job;

/// How often a node says that it lives. One is taken for dead after some of them.
const BEAT: Duration = Duration::from_secs(2);
/// A node judges others only after it could say so many times in a row that it lives: when the database was away, everybody was silent.
const STEADY: u32 = 6;
/// How long the leader leads without saying it again.
const LEASE: Duration = Duration::from_secs(10);
/// Words of others that wait to be obeyed; who says more waits.
const WORDS: usize = 1024;
/// How long a run waits for a worker.
const WAIT: Duration = Duration::from_secs(60);
/// How often it is said who is here, when nobody comes or goes; and the shortest time between two times.
const SAY: Duration = Duration::from_secs(25);
const SETTLE: Duration = Duration::from_secs(1);

/// Whether this node leads.
pub struct Leader(AtomicBool);

impl Default for Leader {
    fn default() -> Self {
        Self(AtomicBool::new(true))
    }
}

/// Whether what is to be done once for all nodes is this one's to do. While nobody knows, everybody does it: it does no harm twice.
pub fn leads(server: &Server) -> bool {
    server.leader.0.load(Ordering::Relaxed)
}

/// Starts what runs for as long as the server does.
pub async fn keep(server: &Server) -> Result<()> {
    if server.db.is_shared() {
        let (node, role) = (&server.generations.node, server.config.role.name());
        server.db.nodes().begin(node, role, env!("CARGO_PKG_VERSION")).await?;
        tokio::spawn(beat(server.clone()));
    }
    let Some(line) = server.bus.line().cloned() else { return Ok(()) };
    let speaking = line.clone();
    tokio::spawn(async move { speaking.speak().await });
    tokio::spawn(say(server.clone()));
    let (heard, mut words) = mpsc::channel(WORDS);
    tokio::spawn(async move { line.listen(heard).await });
    let server = server.clone();
    tokio::spawn(async move {
        while let Some(heard) = words.recv().await {
            hear(&server, heard).await;
        }
    });
    Ok(())
}

/// This node ends: nobody has to find out that it is gone.
pub async fn leave(server: &Server) {
    if let Err(cause) = server.db.nodes().leave(&server.generations.node).await {
        tracing::warn!(%cause, "the other nodes could not be told that this one ends");
    }
}

/// Says that this node lives, and looks for those that do not.
async fn beat(server: Server) {
    let mut ticks = tokio::time::interval(BEAT);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut steady, mut waiting) = (0, HashMap::new());
    loop {
        ticks.tick().await;
        lead(&server).await;
        let (node, role) = (&server.generations.node, server.config.role.name());
        match server.db.nodes().beat(node, role, env!("CARGO_PKG_VERSION")).await {
            Ok(()) => steady += 1,
            Err(cause) => {
                steady = 0;
                tracing::warn!(%cause, "this node could not say that it lives");
            }
        }
        if steady >= STEADY
            && let Err(cause) = reap(&server, &mut waiting).await
        {
            tracing::error!(%cause, "runs of nodes that died could not be ended");
        }
    }
}

async fn lead(server: &Server) {
    let leads = match server.bus.line() {
        Some(_) if !server.config.role.works() => false,
        Some(line) => line.lead(LEASE).await.unwrap_or(true),
        None => true,
    };
    if server.leader.0.swap(leads, Ordering::Relaxed) != leads {
        tracing::info!(leads, "who leads has changed");
    }
}

/// Ends the runs of nodes that died, and those that no worker takes.
async fn reap(server: &Server, waiting: &mut HashMap<Uuid, Instant>) -> Result<()> {
    for orphan in server.db.nodes().orphans().await? {
        interrupt(server, &orphan, Status::Interrupted).await?;
    }
    let still = server.db.nodes().waiting().await?;
    waiting.retain(|run, _| still.iter().any(|orphan| orphan.id == *run));
    for orphan in still {
        // By our own clock, which is not that of the node which began it.
        if waiting.entry(orphan.id).or_insert_with(Instant::now).elapsed() > WAIT {
            tracing::error!(run = %orphan.id, "no worker took a run");
            interrupt(server, &orphan, Status::Interrupted).await?;
        }
    }
    Ok(())
}

/// Says who is here, now and whenever that changes.
async fn say(server: Server) {
    let mut changes = server.presence.changes();
    loop {
        let _ = tokio::time::timeout(SAY, changes.changed()).await;
        here(&server);
        tokio::time::sleep(SETTLE).await;
    }
}

fn here(server: &Server) {
    server.bus.tell(Word::Here { people: server.presence.local() });
}

async fn hear(server: &Server, heard: Heard) {
    match heard {
        // What was said while nobody listened is found by looking.
        Heard::Joined => {
            server.bus.tell(Word::Who);
            here(server);
            server.bus.rouse();
            job::ring_here(server);
            reload(server).await;
        }
        Heard::Word(from, Word::Here { people }) => server.presence.heard(from, people),
        Heard::Word(_, Word::Reload) => reload(server).await,
        Heard::Word(_, word) => obey(server, word),
    }
}

fn obey(server: &Server, word: Word) {
    match word {
        Word::Grown { runs } => server.bus.grown(&runs),
        Word::Waiting => server.bus.rouse(),
        Word::Stop { run } => server.generations.stop(run),
        Word::StopIn { chat } => server.generations.stop_in(chat),
        Word::StopOf { user } => server.generations.stop_of(user),
        Word::Job => job::ring_here(server),
        Word::Tell { user, said } => server.presence.tell(user, &said),
        Word::News { user, chat, what } => server.presence.news(user, chat, what),
        Word::Update { user } => server.presence.update(&user),
        Word::Dismiss { user } => server.presence.dismiss(user),
        Word::Who => here(server),
        Word::Logs { node, ask, query, look } if node == server.generations.node => {
            let server = server.clone();
            // It reads files; the next word need not wait for that.
            tokio::spawn(async move { log::answer(&server, (ask, *query), look).await });
        }
        Word::Here { .. } | Word::Reload | Word::Logs { .. } => {}
    }
}

async fn reload(server: &Server) {
    let read = async {
        setting::load(server).await?;
        provider::reload(server).await
    };
    if let Err(cause) = read.await {
        tracing::error!(%cause, "what another node has set could not be read");
    }
}
