//! How runs begin and end: what each changes, and many of them stored in one transaction.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use super::{Generations, Logged};
use crate::model::chat::Started;
use crate::model::comparison::COMPARED_MAX;
use crate::model::file::Attachment;
use crate::model::generation::{Failure, Notice, Status};
use crate::model::setup::Setup;
use crate::model::trace::Trace;
use crate::model::usage::Used;
use crate::server::db::batch::{self, Batch, values};
use crate::server::db::context::NewSummary;
use crate::server::db::job::NewJob;
use crate::server::db::ledger::Call;

/// What is to be stored of a run.
pub enum Change {
    /// The question, the empty answers and their runs. A run in a conversation in which something else is being written, or with the
    /// same request id as another, is a unique violation (see [`clash`]).
    Begin(Box<NewRun>),
    /// The rest of the log, the message and the status, unless somebody else ended the run before.
    End(Arc<Outcome>),
    /// The end of a run that was taken for dead, by who wrote it all the time: in place of what was made of it, unless somebody has gone on
    /// from that. Its log is written anew, so `tail` has to be all of it.
    Late(Arc<Outcome>),
    /// A call that was made for this run after its end.
    Called(Uuid, Box<Call>),
    /// A call of this account that belongs to no conversation.
    Alone(Uuid, Box<Call>),
    /// A summary that the run wanted, and the call that wrote it.
    Summarised(Box<NewSummary>),
}

/// All that begins a run, in one transaction.
pub struct NewRun {
    pub started: Started,
    pub user_id: Uuid,
    pub request_id: Option<String>,
    pub node: String,
    pub now: DateTime<Utc>,
    pub kind: RunKind,
    /// More answers to the same question, which are written at the same time.
    pub others: Vec<Started>,
}

/// What a run is to write.
pub enum RunKind {
    /// A question, in a new conversation or below `parent`, and its answer.
    Question { new: Option<NewChat>, parent: Option<Uuid>, text: String, attachments: Vec<Attachment> },
    /// One more answer to this question.
    Answer { parent: Uuid },
    /// The rest of an answer that has ended early; `beside` others that are being written to the same question, or alone.
    Rest { beside: bool },
}

/// A conversation that begins.
#[derive(Clone, Default)]
pub struct NewChat {
    pub title: String,
    pub setup: Setup,
    pub assistant_id: Option<Uuid>,
    pub folder_id: Option<Uuid>,
}

/// How a run ended, with all that is stored of it.
#[derive(Clone)]
pub struct Outcome {
    pub generation_id: Uuid,
    pub chat_id: Uuid,
    pub message_id: Uuid,
    pub status: Status,
    pub content: String,
    pub reasoning: Option<String>,
    pub notices: Vec<Notice>,
    /// Of the whole answer.
    pub usage: Option<Used>,
    /// What the run asked models for, for the ledger: a line each.
    pub calls: Vec<Call>,
    /// What the vendor wants back with the next question.
    pub sealed: Option<String>,
    pub error: Option<Failure>,
    pub last_seq: i64,
    /// How it came about.
    pub trace: Option<Trace>,
    /// The part of the log that is not stored yet.
    pub tail: Option<Logged>,
    /// Work that is left when it has ended.
    pub after: Option<NewJob>,
    pub now: DateTime<Utc>,
}

const NEW_CHAT: &str = "INSERT INTO chats (id, user_id, title, model, leaf_id, created_at, updated_at, setup, assistant_id, folder_id,
    read_at) VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8, $9, $6)";
const OLD_CHAT: &str = "UPDATE chats SET model = $2, leaf_id = $3, updated_at = $4, read_at = $4 WHERE id = $1";
const QUESTION: &str = "INSERT INTO messages (id, chat_id, parent_id, role, content, status, created_at, attachments, summary_id)
    VALUES ($1, $2, $3, 'user', $4, 'done', $5, $6, (SELECT p.summary_id FROM messages p WHERE p.id = $3))";
const ANSWER: &str = "INSERT INTO messages (id, chat_id, parent_id, role, content, model, status, generation_id, created_at, summary_id)
    VALUES ($1, $2, $3, 'assistant', '', $4, 'running', $5, $6, (SELECT p.summary_id FROM messages p WHERE p.id = $3))";
const REST: &str =
    "UPDATE messages SET status = 'running', generation_id = $2, error = NULL, notices = NULL, follow_ups = NULL WHERE id = $1";
/// What waited to be asked is asked.
const ASKED: &str = "DELETE FROM queued WHERE user_id = $1 AND request_id = $2";
/// The first seat of its conversation; where others are being written there, the next one if it may be beside them ($9): they are other
/// answers to the same question, and not too many ($10). Else a seat that is taken, which the index refuses. On PostgreSQL the update of the
/// conversation's row before it has those who begin there go one after another.
const RUN: &str =
    "INSERT INTO generations (id, user_id, chat_id, message_id, request_id, model, node, status, last_seq, started_at, heartbeat_at, seat)
    VALUES ($1, $2, $3, $4, $5, $6, $7, 'running', 0, $8, $8, COALESCE((SELECT
        CASE WHEN $9 AND COUNT(*) < $10 AND SUM(CASE WHEN m.id <> $4 AND m.parent_id = (SELECT parent_id FROM messages WHERE id = $4)
            THEN 0 ELSE 1 END) = 0 THEN MAX(g.seat) + 1 ELSE MIN(g.seat) END
        FROM generations g JOIN messages m ON m.id = g.message_id WHERE g.chat_id = $3 AND g.status = 'running'), 0))";

/// Locks the run, and tells whether it is still ours to end: whoever comes second changes no row, and what follows changes nothing.
const CLAIM: &str = "UPDATE generations SET last_seq = $2 WHERE id = $1 AND status = 'running'";
const TAIL: &str = "INSERT INTO generation_log (generation_id, first_seq, last_seq, events)
    SELECT id, $2, $3, $4 FROM generations WHERE id = $1 AND status = 'running'";
const MESSAGE: &str = "UPDATE messages SET status = $3, content = $4, reasoning = $5, usage = $6, error = $7, notices = $8, sealed = $9
    WHERE id = $1 AND EXISTS (SELECT 1 FROM generations WHERE id = $2 AND status = 'running')";
const AFTER: &str = "INSERT INTO jobs (id, kind, payload, user_id, state, run_at, created_at)
    SELECT $2, $3, $4, $5, 'queued', $6, $7 FROM generations WHERE id = $1 AND status = 'running'";
/// There is something to read. What was stopped was looked at.
const ANSWERED: &str = "UPDATE chats SET answered_at = $3
    WHERE id = $1 AND EXISTS (SELECT 1 FROM generations WHERE id = $2 AND status = 'running')";
const END: &str = "UPDATE generations SET status = $2, usage = $3, error = $4, finished_at = $5, trace = $6
    WHERE id = $1 AND status = 'running'";

/// A run that somebody else called interrupted, while nobody has gone on from there: with the rest of the answer, with a question below it,
/// or with something that is being written in its seat.
macro_rules! returns {
    () => {
        "status = 'interrupted'
            AND EXISTS (SELECT 1 FROM messages m WHERE m.id = generations.message_id AND m.generation_id = generations.id AND m.status = 'interrupted')
            AND NOT EXISTS (SELECT 1 FROM messages c WHERE c.parent_id = generations.message_id)
            AND NOT EXISTS (SELECT 1 FROM generations o WHERE o.chat_id = generations.chat_id AND o.seat = generations.seat AND o.status = 'running')"
    };
}
pub(super) use returns;

/// For the rest of this transaction it is running, so that it can end.
const AGAIN: &str = concat!("UPDATE generations SET status = 'running' WHERE id = $1 AND ", returns!());
const ANEW: &str =
    "DELETE FROM generation_log WHERE generation_id = $1 AND EXISTS (SELECT 1 FROM generations WHERE id = $1 AND status = 'running')";

impl Change {
    /// The calls to models that it tells of.
    pub fn calls(&self) -> Vec<Call> {
        match self {
            Self::Begin(_) => Vec::new(),
            Self::End(outcome) | Self::Late(outcome) => outcome.calls.clone(),
            Self::Called(_, call) | Self::Alone(_, call) => vec![Call::clone(call)],
            Self::Summarised(new) => vec![new.call.clone()],
        }
    }
}

impl Generations<'_> {
    /// Stores all changes in one transaction, in order; after an error none is stored. Answers which took place: false for the end
    /// of a run that somebody else had ended.
    pub async fn store(&self, changes: &[Change]) -> sqlx::Result<Vec<bool>> {
        let batches = changes.iter().map(Change::batch).collect::<Result<_, _>>().map_err(|cause| sqlx::Error::Encode(Box::new(cause)))?;
        let changed = batch::store(self.0, batches).await?;
        Ok(changed.into_iter().map(|rows| rows == 1).collect())
    }

    /// Ends one run.
    pub async fn finish(&self, end: Outcome) -> sqlx::Result<bool> {
        Ok(self.store(&[Change::End(Arc::new(end))]).await? == [true])
    }
}

impl Change {
    fn batch(&self) -> serde_json::Result<Batch> {
        match self {
            Self::Begin(run) => begin(run),
            Self::End(outcome) => end(Batch::default(), outcome),
            Self::Late(outcome) => late(outcome),
            Self::Summarised(new) => new.batch(),
            Self::Alone(user_id, call) => {
                let mut batch = Batch::default();
                call.add_alone(*user_id, &mut batch)?;
                Ok(batch)
            }
            Self::Called(run, call) => {
                let mut batch = Batch::default();
                call.add_after(*run, &mut batch)?;
                Ok(batch)
            }
        }
    }
}

fn begin(run: &NewRun) -> serde_json::Result<Batch> {
    let Started { chat_id, question_id, message_id, generation_id, ref model } = run.started;
    let (model, now) = (model.as_str(), run.now);
    let mut batch = Batch::default();
    match &run.kind {
        RunKind::Question { new: Some(NewChat { title, setup, assistant_id, folder_id }), .. } => {
            let setup = json(Some(setup).filter(|setup| !setup.is_default()))?;
            batch.add(NEW_CHAT, values![chat_id, run.user_id, title.as_str(), model, message_id, now, setup, *assistant_id, *folder_id]);
        }
        _ => batch.add(OLD_CHAT, values![chat_id, model, message_id, now]),
    }
    match &run.kind {
        RunKind::Question { parent, text, attachments, .. } => {
            let attachments = json(Some(attachments).filter(|attachments| !attachments.is_empty()))?;
            batch.add(QUESTION, values![question_id, chat_id, *parent, text.as_str(), now, attachments]);
            if let Some(question_id) = question_id {
                batch.index(question_id, text);
            }
            batch.add(ANSWER, values![message_id, chat_id, question_id, model, generation_id, now]);
        }
        RunKind::Answer { parent } => batch.add(ANSWER, values![message_id, chat_id, *parent, model, generation_id, now]),
        RunKind::Rest { .. } => batch.add(REST, values![message_id, generation_id]),
    }
    let (request, node) = (run.request_id.as_deref(), run.node.as_str());
    if let Some(request) = request {
        batch.add(ASKED, values![run.user_id, request]);
    }
    let beside = matches!(run.kind, RunKind::Rest { beside: true });
    let most = COMPARED_MAX as i64;
    batch.add(RUN, values![generation_id, run.user_id, chat_id, message_id, request, model, node, now, beside, most]);
    for (place, Started { message_id, generation_id, model, .. }) in (1..).zip(&run.others) {
        let (model, request) = (model.as_str(), request.map(|request| request_of(request, place)));
        batch.add(ANSWER, values![*message_id, chat_id, question_id, model, *generation_id, now]);
        batch.add(RUN, values![*generation_id, run.user_id, chat_id, *message_id, request.as_deref(), model, node, now, true, most]);
    }
    Ok(batch)
}

fn late(outcome: &Outcome) -> serde_json::Result<Batch> {
    let mut batch = Batch::default();
    batch.add(AGAIN, values![outcome.generation_id]);
    batch.add(ANEW, values![outcome.generation_id]);
    end(batch, outcome)
}

/// Adds the end to what is there.
fn end(mut batch: Batch, end: &Outcome) -> serde_json::Result<Batch> {
    let (run, usage, error) = (end.generation_id, json(end.usage.as_ref())?, json(end.error.as_ref())?);
    let notices = json(Some(&end.notices).filter(|notices| !notices.is_empty()))?;
    let status = serde_json::to_value(end.status)?;
    let status = status.as_str().unwrap_or_default();
    batch.add(CLAIM, values![run, end.last_seq]);
    if let Some(tail) = &end.tail {
        batch.add(TAIL, values![run, tail.first, tail.last, tail.events.as_str()]);
    }
    let (content, reasoning) = (end.content.as_str(), end.reasoning.as_deref());
    let sealed = end.sealed.as_deref();
    batch.add(MESSAGE, values![end.message_id, run, status, content, reasoning, usage.clone(), error.clone(), notices, sealed]);
    batch.index_of_run(run, end.message_id, content);
    for call in &end.calls {
        call.add(run, &mut batch)?;
    }
    if let Some(NewJob { id, kind, payload, user_id, run_at, created_at }) = &end.after {
        let kind = serde_json::to_value(kind)?;
        batch.add(AFTER, values![run, *id, kind.as_str(), Some(payload.clone()), *user_id, *run_at, *created_at]);
    }
    if end.status != Status::Stopped {
        batch.add(ANSWERED, values![end.chat_id, run, end.now]);
    }
    batch.add(END, values![run, status, usage, error, end.now, json(end.trace.as_ref())?]);
    Ok(batch)
}

fn json(value: Option<&impl Serialize>) -> serde_json::Result<Option<serde_json::Value>> {
    value.map(serde_json::to_value).transpose()
}

/// The request id of one of the runs that a request begins together, counted from 0.
pub fn request_of(request: &str, place: usize) -> String {
    if place == 0 { request.to_owned() } else { format!("{request}#{place}") }
}

/// Which uniqueness the beginning of a run broke.
pub enum Clash {
    /// The request id was used before.
    Request,
    /// Something else is being written in the conversation.
    Running,
}

/// Tells a clash from other errors. SQLite names the columns, PostgreSQL the constraint.
pub fn clash(error: &sqlx::Error) -> Option<Clash> {
    let error = error.as_database_error().filter(|error| error.is_unique_violation())?;
    let named = error.constraint().unwrap_or_else(|| error.message());
    if named.contains("request_id") { Some(Clash::Request) } else { Some(Clash::Running) }
}

#[cfg(test)]
mod tests;
