//! A call to a model beside the answer: a title, a summary. It is short, it is not shown while it is written, it is asked once, and
//! where the answer waits for it, it does not wait for long.

use std::time::Duration;

use futures::StreamExt;
use uuid::Uuid;

use super::after::About;
use super::meter::{Estimate, Meter};
use super::store;
use crate::model::generation::{FailureKind, Status};
use crate::model::message::Author;
use crate::model::setup::Parameter;
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::db::{Call, Change};
use crate::server::job::Failure;
use crate::server::llm::{ChatRequest, Delta, LlmError, Permit, Resolved, Turn};

/// Longest time that what is asked for after an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is asked for after an answer: a title, tags, what may be asked next.
pub struct Wish {
    pub purpose: Purpose,
    pub text: String,
    /// Most tokens of what is said.
    pub tokens: u32,
}

/// Asks for it once the run has ended, and notes the call in the ledger.
pub async fn wish(server: &Server, about: &About, wish: Wish) -> Result<String, Failure> {
    let Wish { purpose, text, tokens } = wish;
    let resolved = &about.resolved;
    let request = ChatRequest {
        model: resolved.model.clone(),
        turns: vec![Turn::new(Author::User, text)],
        max_tokens: Some(tokens),
        temperature: Some(0.2).filter(|_| !resolved.ignores.contains(&Parameter::Temperature)),
        ..ChatRequest::default()
    };
    let mut aside = Aside::new(resolved, purpose);
    let asked = aside.ask(server, (resolved, about.user_id), &request, PATIENCE).await;
    let outcome = asked.as_ref().copied().map_err(|error| error.kind);
    if let Some(call) = aside.call(server, resolved, outcome)
        && let Err(cause) = store::store(server, Change::Called(about.run, Box::new(call))).await
    {
        tracing::error!(%cause, ?purpose, "a call could not be noted in the ledger");
    }
    asked?;
    Ok(aside.said)
}

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
    ) -> Result<(), LlmError> {
        let texts = request.system.iter().chain(request.turns.iter().map(|turn| &turn.text));
        self.input = texts.map(|text| resolved.provider.tokens(text) as u64).sum();
        let late = |kind: FailureKind| LlmError::new(kind, format!("{}: {}", resolved.id, kind.sentence()));
        let _permit = turn(resolved, user_id, patience).await.ok_or_else(|| late(FailureKind::Busy))?;
        self.meter.ask(server.clock.now());
        let listening = tokio::time::timeout(patience, self.listen(resolved, request));
        listening.await.unwrap_or_else(|_| Err(late(FailureKind::Timeout)))
    }

    async fn listen(&mut self, resolved: &Resolved, request: &ChatRequest) -> Result<(), LlmError> {
        let begun = resolved.upstream.ask(request).await.inspect_err(|error| self.meter.with(error.key.as_ref()))?;
        self.meter.with(begun.label.as_ref());
        let mut stream = begun.stream;
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
