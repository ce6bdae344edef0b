//! How the end of a run is stored: tried again while the database is away, and where another node has called the run interrupted meanwhile,
//! in place of that.
//!
//! A node that was cut off for longer than a node may be silent is taken for dead, and another one ends its runs with what it knows of
//! them. The first one has all of the text, and its readers have seen it; so its own end counts when it is back, unless somebody has gone
//! on from what is stored. Then that stays, and the readers here are told what the database says.

use std::sync::Arc;
use std::time::Duration;

use super::hub::Live;
use super::store;
use crate::model::generation::{Status, Usage};
use crate::server::db::{Call, Change, Outcome};
use crate::server::error::is_away;
use crate::server::{Server, job};

/// How often the database may refuse the end before the run is left to the reaper. While it is away, that is no refusal.
const REFUSALS: u32 = 5;
/// Between two tries to store the end.
const PAUSE: Duration = if cfg!(test) { Duration::from_millis(20) } else { Duration::from_secs(1) };

/// What is stored in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// This end.
    Ours,
    /// Somebody else's, as this.
    Theirs(Status),
    /// Nothing: the database does not take it.
    Refused,
}

/// Stores the end, and wakes who asks what is wanted after it.
pub async fn keep(server: &Server, live: &Live, outcome: &Arc<Outcome>) -> Fate {
    let fate = match patiently(server, || Change::End(outcome.clone())).await {
        Ok(true) => Fate::Ours,
        Ok(false) => late(server, live, outcome).await,
        Err(_) => Fate::Refused,
    };
    if fate == Fate::Ours && outcome.after.is_some() {
        job::ring(server);
    }
    fate
}

/// The end of a run that somebody else has ended.
async fn late(server: &Server, live: &Live, outcome: &Outcome) -> Fate {
    let Ok(Some((status, told))) = server.db.generations().instead(outcome.generation_id).await else {
        // It went with its conversation; nobody is there who could be told otherwise.
        return Fate::Theirs(outcome.status);
    };
    if status != Status::Interrupted {
        return Fate::Theirs(status);
    }
    let ours = Arc::new(Outcome { calls: besides(outcome.calls.clone(), told), tail: live.all(), ..outcome.clone() });
    match patiently(server, || Change::Late(ours.clone())).await {
        Ok(true) => {
            tracing::info!(id = %outcome.generation_id, "a run that was taken for dead has come to its own end");
            Fate::Ours
        }
        _ => Fate::Theirs(status),
    }
}

/// What the ledger does not have yet of these calls: who ended the run counted what it knew of.
fn besides(mut calls: Vec<Call>, told: Usage) -> Vec<Call> {
    let (mut input, mut output) = (told.input_tokens, told.output_tokens);
    for call in calls.iter_mut().rev() {
        let tokens = &mut call.tokens;
        let (less_input, less_output) = (input.min(tokens.input_tokens), output.min(tokens.output_tokens));
        (input, output) = (input - less_input, output - less_output);
        (tokens.input_tokens, tokens.output_tokens) = (tokens.input_tokens - less_input, tokens.output_tokens - less_output);
        tokens.cached_tokens = tokens.cached_tokens.min(tokens.input_tokens);
        tokens.reasoning_tokens = tokens.reasoning_tokens.min(tokens.output_tokens);
        call.estimated |= less_input + less_output > 0;
    }
    calls
}

/// Tries again as long as the database is away: the readers have all of the text, and so has the journal, but only what is stored has ended.
async fn patiently(server: &Server, change: impl Fn() -> Change) -> sqlx::Result<bool> {
    let mut refusals = 0;
    loop {
        let stored = store::store(server, change()).await;
        let Err(cause) = &stored else { return stored };
        tracing::error!(%cause, refusals, "the end of a run could not be stored");
        refusals += u32::from(!is_away(cause));
        if refusals == REFUSALS {
            return stored;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests;
