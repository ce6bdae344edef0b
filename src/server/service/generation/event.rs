//! The events of a run: numbered from 1 without gaps, the same in memory, in the journal, in the database and on the wire.

use serde::{Deserialize, Serialize};

use crate::model::generation::{Failure, Notice, Status};
use crate::model::usage::Used;
use crate::server::llm::Delta;

/// What an event holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    #[serde(rename = "t")]
    Text,
    #[serde(rename = "r")]
    Reasoning,
    /// A [`Notice`] as JSON.
    #[serde(rename = "n")]
    Notice,
}

/// One event of a run's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    #[serde(rename = "k")]
    pub kind: Kind,
    #[serde(rename = "t")]
    pub text: String,
}

impl Event {
    /// A notice as an event.
    pub fn notice(notice: &Notice) -> Self {
        Self { kind: Kind::Notice, text: serde_json::to_string(notice).unwrap_or_default() }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    pub status: Status,
    /// Of the whole answer.
    pub usage: Option<Used>,
    pub error: Option<Failure>,
}

/// Turns the deltas of one upstream read into events: neighbours of one kind become one.
/// A NUL cannot be stored as text by PostgreSQL, so it becomes U+FFFD.
pub fn merge(deltas: impl IntoIterator<Item = Delta>) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    for delta in deltas {
        let (kind, text) = match delta {
            Delta::Text(text) => (Kind::Text, text),
            Delta::Reasoning(text) => (Kind::Reasoning, text),
            Delta::Notice(notice) => {
                events.push(Event::notice(&notice));
                continue;
            }
            Delta::Sealed(_) | Delta::ToolCall(_) | Delta::Usage(_) | Delta::Stop(_) => continue,
        };
        if text.is_empty() {
            continue;
        }
        let text = if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text };
        match events.last_mut() {
            Some(last) if last.kind == kind => last.text.push_str(&text),
            _ => events.push(Event { kind, text }),
        }
    }
    events
}

/// All text of one kind, in order; notices are left out.
pub fn collect(events: &[Event], kind: Kind) -> String {
    events.iter().filter(|event| event.kind == kind).map(|event| event.text.as_str()).collect()
}

/// The notices, in order.
pub fn notices(events: &[Event]) -> Vec<Notice> {
    events.iter().filter(|event| event.kind == Kind::Notice).filter_map(|event| serde_json::from_str(&event.text).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::generation::Usage;

    #[test]
    fn neighbours_of_one_kind_become_one_event() {
        let text = |t: &str| Delta::Text(t.into());
        let events = merge([text("a"), text("b"), Delta::Reasoning("c".into()), text(""), Delta::Usage(Usage::default()), text("d")]);
        let kinds: Vec<_> = events.iter().map(|e| (e.kind, e.text.as_str())).collect();
        assert_eq!(kinds, [(Kind::Text, "ab"), (Kind::Reasoning, "c"), (Kind::Text, "d")]);
    }

    #[test]
    fn a_nul_is_replaced() {
        assert_eq!(merge([Delta::Text("a\0b".into())])[0].text, "a\u{FFFD}b");
    }
}
