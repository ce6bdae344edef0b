//! The line: one Redis, through which words go, and which holds what is shared and short-lived: the tails of running answers, the rates
//! of doors, who leads. While it does not answer, everything goes on without it.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::StreamExt;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, FromRedisValue, Pipeline, RedisResult, Script};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

use super::Word;

/// How long Redis may take to answer; an answer that is being written waits for it.
const PATIENCE: Duration = Duration::from_millis(500);
/// After it did not, it is not asked for so long.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a word is tried to be said, so long apart; then it is old.
const TRIES: u32 = 5;
/// Words that wait to be said; what comes beyond is not said.
const WORDS: usize = 4096;
/// Words that are said at once.
const BREATH: usize = 128;
/// How long the tail of a run stays that nobody ended.
const TAIL_KEPT: i64 = 3600;
/// How long an answer waits for who asked.
const ANSWER_KEPT: u64 = 10;
/// How long a run may wait for a worker, and a little.
const TRACE_KEPT: u64 = 120;

/// The generic cell rate algorithm, by Redis' own clock: `ARGV` are microseconds between two and how many at once. Answers the
/// microseconds to wait, 0 where it was counted. <https://brandur.org/rate-limiting>
const GCRA: &str = r"
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local every, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = due + every - every * burst - now
if wait > 0 then return wait end
redis.call('SET', KEYS[1], string.format('%.0f', due + every), 'PX', math.ceil((due + every - now) / 1000) + 1)
return 0";

/// Takes the lease if nobody else has it, or goes on with it.
const LEAD: &str = r"
local leader = redis.call('GET', KEYS[1])
if leader and leader ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1";

/// Why there is no line: a sentence for the administrator.
#[derive(Debug, thiserror::Error)]
#[error("LIAO_REDIS_URL cannot be used: {0}")]
pub struct BusError(#[from] redis::RedisError);

/// The line to the other nodes.
pub struct Line {
    client: Client,
    connection: ConnectionManager,
    /// Begins every name in Redis.
    group: String,
    node: String,
    out: mpsc::Sender<String>,
    /// Taken by whoever speaks.
    unsaid: Mutex<Option<mpsc::Receiver<String>>>,
    /// Whether words of others are heard.
    up: AtomicBool,
    /// When it may be asked again.
    asked_after: Mutex<Instant>,
}

/// A word with who said it.
#[derive(Serialize, Deserialize)]
struct Said<W> {
    from: String,
    #[serde(flatten)]
    word: W,
}

/// What listening brings.
#[derive(Debug)]
pub enum Heard {
    /// The line is there, as from now: what was said before was not heard.
    Joined,
    /// A word of this node.
    Word(String, Word),
}

impl Line {
    /// Nothing is connected yet: a Redis that is away at start is waited for.
    pub fn open(url: &str, group: &str, node: &str) -> Result<Self, BusError> {
        let client = Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(0);
        let connection = client.get_connection_manager_lazy(config)?;
        let (out, unsaid) = mpsc::channel(WORDS);
        Ok(Self {
            client,
            connection,
            group: group.to_owned(),
            node: node.to_owned(),
            out,
            unsaid: Mutex::new(Some(unsaid)),
            up: AtomicBool::new(false),
            asked_after: Mutex::new(Instant::now()),
        })
    }

    /// Whether words of others are heard.
    pub fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    fn name(&self, what: &str) -> String {
        format!("{}:{what}", self.group)
    }

    /// Has the word said soon.
    pub(super) fn tell(&self, word: &Word) {
        let said = Said { from: self.node.clone(), word };
        let Ok(text) = serde_json::to_string(&said) else { return };
        if self.out.try_send(text).is_err() {
            tracing::debug!("too many words wait for Redis; one is not said");
        }
    }

    /// Says what is to be said, until the program ends.
    pub async fn speak(&self) {
        let Some(mut unsaid) = self.unsaid.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        let channel = self.name("words");
        let mut words = Vec::with_capacity(BREATH);
        while unsaid.recv_many(&mut words, BREATH).await > 0 {
            let mut breath = redis::pipe();
            words.drain(..).for_each(|word| {
                breath.publish(&channel, word).ignore();
            });
            // The first command after Redis was away finds the connection broken.
            for _ in 0..TRIES {
                if self.ask::<()>(&breath).await.is_some() {
                    break;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Hears what the others say, until the program ends.
    pub async fn listen(&self, heard: mpsc::Sender<Heard>) {
        loop {
            if let Err(cause) = self.hear(&heard).await {
                tracing::warn!(%cause, "the line to the other nodes is broken");
            }
            self.up.store(false, Ordering::Relaxed);
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn hear(&self, heard: &mpsc::Sender<Heard>) -> RedisResult<()> {
        let mut listening = self.client.get_async_pubsub().await?;
        listening.subscribe(self.name("words")).await?;
        self.up.store(true, Ordering::Relaxed);
        tracing::info!("the line to the other nodes is there");
        let _ = heard.send(Heard::Joined).await;
        let mut messages = listening.into_on_message();
        while let Some(message) = messages.next().await {
            let Ok(text) = message.get_payload::<String>() else { continue };
            match serde_json::from_str::<Said<Word>>(&text) {
                Ok(said) if said.from != self.node => drop(heard.send(Heard::Word(said.from, said.word)).await),
                Ok(_) => {}
                Err(cause) => tracing::debug!(%cause, "a word was not understood"),
            }
        }
        Ok(())
    }

    /// Asks Redis. Absent: it does not answer, and is left alone for a moment.
    async fn ask<T: FromRedisValue>(&self, commands: &Pipeline) -> Option<T> {
        if self.is_paused() {
            return None;
        }
        let mut connection = self.connection.clone();
        self.answered(commands.query_async(&mut connection).await)
    }

    fn is_paused(&self) -> bool {
        Instant::now() < *self.asked_after.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered<T>(&self, answer: RedisResult<T>) -> Option<T> {
        answer
            .inspect_err(|cause| {
                tracing::warn!(%cause, "Redis did not answer");
                *self.asked_after.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + PAUSE;
            })
            .ok()
    }

    async fn script<T: FromRedisValue>(&self, code: &str, key: String, (first, second): (String, String)) -> Option<T> {
        if self.is_paused() {
            return None;
        }
        let mut connection = self.connection.clone();
        self.answered(Script::new(code).key(key).arg(first).arg(second).invoke_async(&mut connection).await)
    }

    /// Counts one of `burst` that come back one every `every`; answers how long to wait, zero where it was counted. Absent: nobody knows.
    pub async fn count(&self, key: &str, every: Duration, burst: u32) -> Option<Duration> {
        let quota = (every.as_micros().to_string(), burst.to_string());
        let wait: u64 = self.script(GCRA, self.name(&format!("rate:{key}")), quota).await?;
        Some(Duration::from_micros(wait))
    }

    /// Whether this node leads for so long: one of all that ask. Absent: nobody knows.
    pub async fn lead(&self, lease: Duration) -> Option<bool> {
        let asked = (self.node.clone(), lease.as_millis().to_string());
        self.script(LEAD, self.name("leader"), asked).await
    }

    /// Notes which part of a trace a run is, for the node that takes it.
    pub async fn hand_on(&self, run: Uuid, parent: &str) {
        let mut commands = redis::pipe();
        commands.set_ex(self.name(&format!("trace:{run}")), parent, TRACE_KEPT).ignore();
        self.ask::<()>(&commands).await;
    }

    /// What was noted of it.
    pub async fn handed_on(&self, run: Uuid) -> Option<String> {
        let mut commands = redis::pipe();
        commands.get_del(self.name(&format!("trace:{run}")));
        self.ask::<(Option<String>,)>(&commands).await?.0
    }

    /// Leaves an answer for the node that asked.
    pub async fn answer(&self, ask: Uuid, text: &str) {
        let mut commands = redis::pipe();
        commands.set_ex(self.name(&format!("answer:{ask}")), text, ANSWER_KEPT).ignore();
        self.ask::<()>(&commands).await;
    }

    /// Takes the answer to what was asked, if it is there.
    pub async fn answer_to(&self, ask: Uuid) -> Option<String> {
        let mut commands = redis::pipe();
        commands.get_del(self.name(&format!("answer:{ask}")));
        self.ask::<(Option<String>,)>(&commands).await?.0
    }

    fn tail(&self, run: Uuid) -> String {
        self.name(&format!("run:{run}"))
    }

    /// Keeps a piece of a run outside of the machine that writes it.
    pub async fn keep(&self, run: Uuid, piece: &[u8]) {
        let key = self.tail(run);
        let mut commands = redis::pipe();
        commands.rpush(&key, piece).ignore().expire(&key, TAIL_KEPT).ignore();
        self.ask::<()>(&commands).await;
    }

    /// The pieces that were kept of a run, in order; some may be missing.
    pub async fn kept(&self, run: Uuid) -> Vec<Vec<u8>> {
        let mut commands = redis::pipe();
        commands.lrange(self.tail(run), 0, -1);
        self.ask::<(Vec<Vec<u8>>,)>(&commands).await.map(|(kept,)| kept).unwrap_or_default()
    }

    /// Forgets it.
    pub async fn forget(&self, run: Uuid) {
        let mut commands = redis::pipe();
        commands.del(self.tail(run)).ignore();
        self.ask::<()>(&commands).await;
    }
}
