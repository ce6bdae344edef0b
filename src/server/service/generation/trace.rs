//! The trace of a run, while it runs: which stage it is in since when, what was asked, and what that took. It costs a lock that nobody
//! else holds and a look at the clock for each stage, and is stored with the end of the run, in the same row.

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use crate::model::generation::FailureKind;
use crate::model::message::Author;
use crate::model::trace::{ASKED_MAX, AskedUpstream, STAGES_MAX, Shape, Stage, StageKind, Trace};
use crate::server::llm::{ChatRequest, Seen};

/// What is known so far.
#[derive(Debug)]
pub struct Tracer {
    begun: Instant,
    trace: Trace,
    open: Option<StageKind>,
    since: u64,
}

impl Tracer {
    /// It begins now, with a stage.
    pub fn new(now: DateTime<Utc>, first: StageKind) -> Self {
        let trace = Trace { begun_at: now, stages: Vec::new(), asked: Vec::new(), reads: 0, characters: 0, render: 0, flush: 0 };
        Self { begun: Instant::now(), trace, open: Some(first), since: 0 }
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Another stage begins, and the one before it ends. The same goes on.
    pub fn enter(&mut self, kind: StageKind) {
        if self.open != Some(kind) {
            self.close();
            self.open = Some(kind);
        }
    }

    fn close(&mut self) {
        let now = self.elapsed();
        if let Some(kind) = self.open.take()
            && self.trace.stages.len() < STAGES_MAX
        {
            self.trace.stages.push(Stage { kind, from: self.since, to: now });
        }
        self.since = now;
    }

    /// The provider was asked this.
    pub fn asked(&mut self, asked: AskedUpstream) {
        if self.trace.asked.len() < ASKED_MAX {
            self.trace.asked.push(asked);
        }
    }

    /// It did not answer, or not to the end.
    pub fn failed(&mut self, kind: FailureKind) {
        if let Some(asked) = self.trace.asked.last_mut() {
            asked.failure = Some(kind);
        }
    }

    /// Something was read of the provider.
    pub fn read(&mut self, characters: usize) {
        self.trace.reads += 1;
        self.trace.characters += characters as u64;
        if characters > 0 {
            self.enter(StageKind::Answer);
        }
    }

    pub fn flushed(&mut self, since: Instant) {
        self.trace.flush += u64::try_from(since.elapsed().as_micros()).unwrap_or_default();
    }

    pub fn rendered(&mut self, since: Instant) {
        self.trace.render += u64::try_from(since.elapsed().as_micros()).unwrap_or_default();
    }

    /// As it is now; the stage that goes on ends here.
    pub fn so_far(&self) -> Trace {
        let mut trace = self.trace.clone();
        trace.stages.extend(self.open.map(|kind| Stage { kind, from: self.since, to: self.elapsed() }));
        trace
    }
}

/// What was asked of this model, as it was seen on its way.
pub fn asked((model, key): (&str, Option<&str>), request: &ChatRequest, tokens: u64, seen: Option<Seen>) -> AskedUpstream {
    let seen = seen.map(|seen| (Some(seen.address), seen.bytes, seen.status, seen.headers));
    let (address, bytes, status, headers) = seen.unwrap_or_default();
    AskedUpstream {
        model: model.into(),
        key: key.map(Into::into),
        address,
        bytes,
        status,
        headers,
        failure: None,
        shape: shape(request, tokens),
    }
}

fn shape(request: &ChatRequest, tokens: u64) -> Shape {
    let by = |author: Author| request.turns.iter().filter(|turn| turn.author == author).count() as u32;
    Shape {
        questions: by(Author::User),
        answers: by(Author::Assistant),
        pictures: request.turns.iter().map(|turn| turn.pictures.len() as u32).sum(),
        system_characters: request.system.as_ref().map_or(0, |text| text.chars().count() as u64),
        characters: request.turns.iter().map(|turn| turn.text.chars().count() as u64).sum(),
        tokens,
        max_tokens: request.max_tokens,
        temperature: request.temperature,
        top_p: request.top_p,
        effort: request.effort,
        stop: request.stop.len() as u32,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn stages_follow_one_another_without_a_gap() {
        let pause = || std::thread::sleep(Duration::from_millis(2));
        let mut tracer = Tracer::new(Default::default(), StageKind::Context);
        pause();
        tracer.enter(StageKind::Connect);
        tracer.enter(StageKind::Connect);
        pause();
        tracer.enter(StageKind::FirstToken);
        // What is no word leaves it waiting for the first.
        tracer.read(0);
        pause();
        tracer.read(5);
        pause();
        let trace = tracer.so_far();
        let kinds: Vec<_> = trace.stages.iter().map(|stage| stage.kind).collect();
        assert_eq!(kinds, [StageKind::Context, StageKind::Connect, StageKind::FirstToken, StageKind::Answer]);
        assert!(trace.stages.windows(2).all(|pair| pair[0].to == pair[1].from) && trace.stages[0].from == 0, "{trace:?}");
        assert!(trace.stages.iter().all(|stage| stage.to - stage.from >= 2_000), "{trace:?}");
        assert_eq!((trace.reads, trace.characters, trace.length()), (2, 5, trace.stages[3].to));
    }

    #[test]
    fn the_shape_of_a_question_has_numbers_only() {
        let turns =
            vec![crate::server::llm::Turn::new(Author::User, "secret words"), crate::server::llm::Turn::new(Author::Assistant, "汉字")];
        let request = ChatRequest { turns, system: Some("also secret".into()), stop: vec!["END".into()], ..ChatRequest::default() };
        let asked = asked(("p/m", None), &request, 7, None);
        let text = serde_json::to_string(&asked).unwrap();
        assert_eq!((asked.shape.characters, asked.shape.system_characters, asked.shape.answers), (14, 11, 1));
        assert!(!text.contains("secret") && !text.contains("END"), "{text}");
    }
}
