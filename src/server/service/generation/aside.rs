//! A call to a model beside the answer: a title, a summary. It is short, it is not shown while it is written, it is asked once, and
//! whatever becomes of it the answer does not wait for long.

use std::time::Duration;

use futures::StreamExt;
use uuid::Uuid;

use super::meter::{Estimate, Meter};
use crate::model::generation::{FailureKind, Status};
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::db::Call;
use crate::server::llm::{ChatRequest, Delta, LlmError, Permit, Resolved};

/// One call: what it uses, and what was said so far. It can be told to the ledger at any moment.
pub struct Aside {
    meter: Meter,
    input: u64,
    said: String,
}

impl Aside {
    pub fn new(resolved: &Resolved, purpose: Purpose) -> Self {
        Self { meter: Meter::new(resolved, purpose), input: 0, said: String::new() }
    }

    /// Asks and listens to the end, in at most this time; before, the user's turn is waited for as long.
    pub async fn ask(
        &mut self,
        server: &Server,
        (resolved, user_id): (&Resolved, Uuid),
        request: &ChatRequest,
        patience: Duration,
    ) -> Result<(), FailureKind> {
        let texts = request.system.iter().chain(request.turns.iter().map(|turn| &turn.text));
        self.input = texts.map(|text| resolved.provider.tokens(text) as u64).sum();
        let _permit = turn(resolved, user_id, patience).await.ok_or(FailureKind::Busy)?;
        self.meter.ask(server.clock.now());
        match tokio::time::timeout(patience, self.listen(resolved, request)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(error.kind),
            Err(_) => Err(FailureKind::Timeout),
        }
    }

    async fn listen(&mut self, resolved: &Resolved, request: &ChatRequest) -> Result<(), LlmError> {
        let mut stream = resolved.upstream.ask(request).await?.stream;
        while let Some(delta) = stream.next().await {
            let delta = delta?;
            self.meter.hear(&delta);
            match delta {
                Delta::Text(text) => self.said.push_str(&text),
                Delta::Stop(_) => break,
                _ => {}
            }
        }
        Ok(())
    }

    /// What was said.
    pub fn said(&self) -> &str {
        &self.said
    }

    /// The line of the ledger; none if nobody was asked.
    pub fn call(&self, server: &Server, resolved: &Resolved, outcome: Result<(), FailureKind>) -> Option<Call> {
        let (status, failure) = match outcome {
            Ok(()) => (Status::Done, None),
            Err(kind) => (Status::Failed, Some(kind)),
        };
        self.meter.call(self.estimate(resolved), status, failure, server.clock.now())
    }

    /// The same of one that is given up with the run that wanted it.
    pub fn given_up(&self, server: &Server, resolved: &Resolved, outcome: Status) -> Option<Call> {
        self.meter.call(self.estimate(resolved), outcome, None, server.clock.now())
    }

    fn estimate(&self, resolved: &Resolved) -> Estimate {
        Estimate { input: self.input, output: resolved.provider.tokens(&self.said) as u64 }
    }
}

/// The user's turn at the provider; what is only beside an answer does not wait for long.
async fn turn(resolved: &Resolved, user_id: Uuid, patience: Duration) -> Option<Permit> {
    match resolved.upstream.enter(user_id) {
        Ok(permit) => Some(permit),
        Err(mut waiting) => tokio::time::timeout(patience, waiting.admitted()).await.ok(),
    }
}
