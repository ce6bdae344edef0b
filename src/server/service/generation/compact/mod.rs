//! Compaction: where a conversation no longer fits, the model writes a summary of its oldest turns, which stands for them from then on.
//!
//! The newest turns that fill half of the window stay as they are, so that it is not needed again with the next question. What is older
//! goes into the summary, together with the one before it: it covers the branch from its beginning to the message just before the
//! first that stays. It is noted at the question and the answer that wanted it, and what follows them takes it over (`db/context.rs`):
//! another branch, which may lack what it covers, never finds it. A summary that cannot be had in time is done without.

mod cut;
#[cfg(test)]
mod tests;

use std::time::Duration;

use cut::Cut;
use uuid::Uuid;

use super::aside::Aside;
use super::event::{End, Event};
use super::run::{Plan, publish};
use super::{cite, prompt, store};
use crate::model::chat::Started;
use crate::model::context::{SUMMARY_MAX, Strategy, Summary};
use crate::model::generation::{FailureKind, Notice, NoticeCode};
use crate::model::message::Author;
use crate::model::setup::Parameter;
use crate::model::trace::StageKind;
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::db::{Call, Change, NewSummary};
use crate::server::llm::{ChatRequest, Resolved, Turn};

/// Longest time that an answer waits for a summary.
const PATIENCE: Duration = Duration::from_secs(20);
/// Most tokens of a summary; of a small window an eighth.
const TOKENS: u32 = 1_000;

const ASK: &str = "Summarise the conversation below for an assistant that will go on with it and cannot see it. Write in the language of the \
    conversation, at most 300 words. Keep what the user wants and has said about themselves, names, numbers, decisions, code that matters, \
    and questions that are open. If there is an earlier summary, take it over. Write nothing but the summary.";

/// Where the prompt left something out and the conversation wants a summary of it: has one written, and builds the prompt anew. Without
/// one the prompt stays as it is, and the reader is told.
pub(super) async fn make_room(server: &Server, plan: &mut Plan) -> Result<(), End> {
    if !std::mem::take(&mut plan.trimmed) || plan.told.strategy != Strategy::Summary {
        return Ok(());
    }
    plan.live.trace(|tracer| tracer.enter(StageKind::Summary));
    tell(server, plan, NoticeCode::Summarizing, String::new()).await?;
    let written = write(server, plan).await;
    let Some(count) = written else {
        return keep(server, plan, NoticeCode::SummaryFailed, "The oldest messages could not be summarised and were left out.".into())
            .await;
    };
    let system = server.config.models.system_prompt.as_deref();
    match prompt::build(server, &plan.resolved, system, plan.told.clone(), plan.asked.clone()).await {
        Ok(prompt) => {
            cite::cite(server, &plan.live, prompt.sources).await;
            (plan.request, plan.input_tokens) = (prompt.request, prompt.tokens);
        }
        Err(cause) => tracing::error!(%cause, "a prompt could not be built with its summary"),
    }
    keep(server, plan, NoticeCode::Summarized, count.to_string()).await
}

/// Writes and stores the summary; answers how many messages it covers.
async fn write(server: &Server, plan: &mut Plan) -> Option<u32> {
    let leaf = plan.asked.leaf()?;
    let before = server.db.contexts().summary(leaf).await.inspect_err(log).ok()?;
    let (resolved, started, user_id) = (plan.resolved.clone(), plan.live.started.clone(), plan.user_id);
    let cut = cut::find(&server.db, &resolved, leaf, (before.as_ref(), most(&resolved))).await.inspect_err(log).ok()??;
    let request = request(&resolved, before.as_ref(), &cut);
    let aside = plan.aside.insert(Aside::new(&resolved, Purpose::Summary));
    let asked = aside.ask(server, (&resolved, user_id), &request, PATIENCE).await.map_err(|error| error.kind);
    let content: String = aside.said().trim().replace('\0', "\u{FFFD}").chars().take(SUMMARY_MAX).collect();
    let outcome = if content.is_empty() { asked.and(Err(FailureKind::Protocol)) } else { asked };
    let call = aside.call(server, &resolved, outcome);
    plan.aside = None;
    if let Err(kind) = outcome {
        tracing::warn!(?kind, model = resolved.id, "a summary could not be written");
    }
    let summary = Summary {
        id: Uuid::now_v7(),
        upto_id: cut.upto,
        content,
        messages: before.map_or(0, |before| before.messages) + u32::try_from(cut.turns.len()).unwrap_or(u32::MAX),
        partial: cut.partial,
        model: resolved.id.clone(),
        created_at: server.clock.now(),
        edited_at: None,
    };
    save(server, &started, call?, outcome.is_ok().then_some(summary)).await
}

/// Stores the summary with its call, or the call alone.
async fn save(server: &Server, started: &Started, call: Call, summary: Option<Summary>) -> Option<u32> {
    let count = summary.as_ref().map(|summary| summary.messages);
    let change = match summary {
        Some(summary) => {
            let from = [started.question_id, Some(started.message_id)];
            Change::Summarised(Box::new(NewSummary { summary, chat_id: started.chat_id, from, run: started.generation_id, call }))
        }
        None => Change::Called(started.generation_id, Box::new(call)),
    };
    if let Err(cause) = store::store(server, change).await {
        tracing::error!(%cause, "a summary could not be stored");
        return None;
    }
    count
}

/// Most tokens of this model's summary.
fn most(resolved: &Resolved) -> u32 {
    TOKENS.min(resolved.context.unwrap_or(prompt::UNKNOWN_CONTEXT) / 8)
}

fn request(resolved: &Resolved, before: Option<&Summary>, cut: &Cut) -> ChatRequest {
    let earlier = before.map(|before| format!("<earlier-summary>\n{}\n</earlier-summary>\n", before.content)).unwrap_or_default();
    let quoted: Vec<_> = cut.turns.iter().map(|(author, text)| prompt::quoted(*author, text)).collect();
    let text = format!("{ASK}\n\n{earlier}{}", quoted.join("\n"));
    ChatRequest {
        model: resolved.model.clone(),
        turns: vec![Turn::new(Author::User, text)],
        max_tokens: Some(most(resolved)),
        temperature: Some(0.2).filter(|_| !resolved.ignores.contains(&Parameter::Temperature)),
        ..ChatRequest::default()
    }
}

/// What only explains a wait.
async fn tell(server: &Server, plan: &mut Plan, code: NoticeCode, message: String) -> Result<(), End> {
    publish(server, plan, &[Event::notice(&Notice { code, message })]).await
}

/// What stays with the answer.
async fn keep(server: &Server, plan: &mut Plan, code: NoticeCode, message: String) -> Result<(), End> {
    let notice = Notice { code, message };
    let event = Event::notice(&notice);
    plan.notices.push(notice);
    publish(server, plan, &[event]).await
}

fn log(cause: &sqlx::Error) {
    tracing::error!(%cause, "what is to be summarised could not be read");
}
