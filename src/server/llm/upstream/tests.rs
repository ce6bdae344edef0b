//! Keys in turn, keys set aside, and a provider that is left alone.

use std::collections::VecDeque;

use async_trait::async_trait;
use futures::stream;

use super::breaker::{FAILURES, PAUSE};
use super::key::REFUSED;
use super::*;
use crate::model::provider::Circuit;
use crate::server::llm::{Delta, StopReason};

/// Answers as it is told: an error, or a text. With nothing left to say it answers.
#[derive(Default)]
struct Scripted {
    says: Mutex<VecDeque<LlmError>>,
    /// The models that it was asked for.
    asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Provider for Scripted {
    async fn models(&self) -> Result<Vec<ModelInfo>, LlmError> {
        Ok(Vec::new())
    }

    async fn chat(&self, request: ChatRequest) -> Result<DeltaStream, LlmError> {
        self.asked.lock().unwrap().push(request.model);
        let says = self.says.lock().unwrap().pop_front();
        match says {
            // One that comes inside of the answer, but before its first piece.
            Some(error) if error.message == "inside" => Ok(stream::iter([Err(error)]).boxed()),
            Some(error) if error.message == "never" => std::future::pending().await,
            Some(error) => Err(error),
            None => Ok(stream::iter([Ok(Delta::Text("hi".into())), Ok(Delta::Stop(StopReason::End))]).boxed()),
        }
    }
}

struct Keys {
    upstream: Upstream,
    keys: Vec<Arc<Scripted>>,
}

impl Keys {
    fn new(count: u128) -> Self {
        Self::bounded(count, Bounds::default())
    }

    fn bounded(count: u128, bounds: Bounds) -> Self {
        let keys: Vec<_> = (0..count).map(|_| Arc::new(Scripted::default())).collect();
        let named = keys
            .iter()
            .zip(1..)
            .map(|(key, n)| (Some(Uuid::from_u128(n)), Some(format!("key {n}").into()), key.clone() as Arc<dyn Provider>));
        Self { upstream: Upstream::new("lab", named.collect(), bounds, true), keys }
    }

    fn will(&self, key: usize, kind: FailureKind) {
        self.say(key, LlmError::new(kind, "no"));
    }

    fn say(&self, key: usize, error: LlmError) {
        self.keys[key].says.lock().unwrap().push_back(error);
    }

    async fn ask(&self, model: &str) -> Result<Option<Uuid>, LlmError> {
        let request = ChatRequest { model: model.into(), ..ChatRequest::default() };
        self.upstream.ask(&request).await.map(|begun| begun.key)
    }

    fn counts(&self) -> Vec<usize> {
        self.keys.iter().map(|key| key.asked.lock().unwrap().len()).collect()
    }

    fn standing(&self, key: u128) -> Standing {
        self.upstream.standing(Uuid::from_u128(key + 1))
    }
}

#[tokio::test]
async fn keys_take_turns() {
    let lab = Keys::new(3);
    for _ in 0..6 {
        lab.ask("m").await.unwrap();
    }
    assert_eq!(lab.counts(), [2, 2, 2]);
}

#[tokio::test]
async fn a_refused_key_is_set_aside_and_the_next_one_answers() {
    for kind in [FailureKind::Auth, FailureKind::Quota] {
        let lab = Keys::new(2);
        lab.will(0, kind);
        for _ in 0..4 {
            assert_eq!(lab.ask("m").await.unwrap(), Some(Uuid::from_u128(2)));
        }
        assert_eq!(lab.counts(), [1, 4], "it is not asked again");
        assert_eq!(lab.standing(0), Standing { circuit: Circuit::Closed, aside: Some(kind), seconds: Some(3600) });
        lab.upstream.watch.advance(REFUSED);
        lab.ask("m").await.unwrap();
        lab.ask("m").await.unwrap();
        assert_eq!(lab.counts(), [2, 5], "after an hour it is tried again");
    }
}

#[tokio::test]
async fn a_key_that_was_asked_too_often_rests_for_as_long_as_the_provider_says() {
    let lab = Keys::new(1);
    lab.say(0, LlmError { retry_after: Some(Duration::from_secs(20)), ..LlmError::new(FailureKind::RateLimited, "slow down") });
    assert_eq!(lab.ask("m").await.unwrap_err().retry_after, Some(Duration::from_secs(20)));
    lab.upstream.watch.advance(Duration::from_secs(5));
    let error = lab.ask("m").await.unwrap_err();
    assert_eq!((error.kind, error.retry_after.map(breaker::seconds), error.is_retryable()), (FailureKind::RateLimited, Some(15), true));
    assert_eq!(lab.counts(), [1], "nobody was asked meanwhile");
    lab.upstream.watch.advance(Duration::from_secs(15));
    lab.ask("m").await.unwrap();
}

#[tokio::test]
async fn what_is_refused_for_one_model_is_refused_for_that_model_only() {
    let lab = Keys::new(1);
    lab.say(0, LlmError { of_model: true, ..LlmError::new(FailureKind::Auth, "not this model") });
    let error = lab.ask("dear").await.unwrap_err();
    assert!(!error.unasked);
    assert!(lab.ask("dear").await.unwrap_err().unasked, "it is known by now");
    lab.ask("cheap").await.unwrap();
    assert_eq!(lab.counts(), [2]);
    assert_eq!(lab.standing(0), Standing::default(), "the key is good");
    lab.upstream.again();
    lab.ask("dear").await.unwrap();
}

#[tokio::test]
async fn when_every_key_is_refused_the_one_that_comes_back_first_is_told_of() {
    let lab = Keys::new(3);
    lab.will(0, FailureKind::Auth);
    lab.say(1, LlmError { retry_after: Some(Duration::from_secs(9)), ..LlmError::new(FailureKind::RateLimited, "later") });
    lab.will(2, FailureKind::Quota);
    let error = lab.ask("m").await.unwrap_err();
    assert_eq!((error.kind, lab.counts()), (FailureKind::RateLimited, vec![1, 1, 1]));
    let again = lab.ask("m").await.unwrap_err();
    assert_eq!((again.kind, lab.counts()), (FailureKind::RateLimited, vec![1, 1, 1]));
}

#[tokio::test]
async fn a_provider_that_fails_too_often_is_left_alone_and_tried_with_one_question() {
    let lab = Keys::new(2);
    for n in 0..FAILURES {
        lab.will(n % 2, [FailureKind::Network, FailureKind::VendorDown, FailureKind::Timeout][n % 3]);
        assert!(lab.ask("m").await.unwrap_err().is_retryable());
    }
    let error = lab.ask("m").await.unwrap_err();
    assert!(error.unasked && !error.is_retryable() && error.is_of_provider(), "{error:?}");
    assert_eq!(lab.counts().iter().sum::<usize>(), FAILURES);
    let health = lab.upstream.health();
    assert_eq!((health.circuit, health.seconds), (Circuit::Open, Some(PAUSE.as_secs())));
    assert_eq!(health.failure.map(|failure| failure.message).as_deref(), Some("no"));
    lab.upstream.watch.advance(PAUSE);
    assert_eq!(lab.upstream.health().circuit, Circuit::HalfOpen);
    lab.ask("m").await.unwrap();
    assert_eq!(lab.upstream.health().circuit, Circuit::Closed);
}

#[tokio::test]
async fn a_key_whose_questions_fail_is_left_alone_while_the_others_answer() {
    let lab = Keys::new(2);
    for _ in 0..FAILURES {
        lab.will(0, FailureKind::VendorDown);
    }
    let mut failed = 0;
    for _ in 0..4 * FAILURES {
        failed += usize::from(lab.ask("m").await.is_err());
    }
    assert_eq!(failed, FAILURES);
    assert_eq!((lab.standing(0).circuit, lab.upstream.health().circuit), (Circuit::Open, Circuit::Closed));
    assert_eq!(lab.counts()[0], FAILURES);
    lab.upstream.watch.advance(PAUSE);
    lab.ask("m").await.unwrap();
    lab.ask("m").await.unwrap();
    assert_eq!(lab.standing(0).circuit, Circuit::Closed);
}

#[tokio::test]
async fn what_fails_before_the_first_piece_fails_here_also_inside_of_the_answer_or_by_silence() {
    let lab = Keys::bounded(1, Bounds { first_byte: Duration::from_secs(1), ..Bounds::default() });
    lab.say(0, LlmError::new(FailureKind::VendorDown, "inside"));
    assert_eq!(lab.ask("m").await.unwrap_err().kind, FailureKind::VendorDown);
    lab.say(0, LlmError::new(FailureKind::VendorDown, "never"));
    let error = lab.ask("m").await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (FailureKind::Timeout, "The model did not begin to answer within 1 s."));
}
