//! How long a provider may take, and how much it is asked at a time.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::model::error::{ApiError, Fields, Rule};

/// How long a provider may take, in seconds, and how much it is asked at a time. Absent: as the configuration says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Until there is a connection.
    #[schema(example = 10, minimum = 1, maximum = 86400)]
    pub connect: Option<u32>,
    /// From the question to the first piece of the answer.
    #[schema(example = 120, minimum = 1, maximum = 86400)]
    pub first_byte: Option<u32>,
    /// From one piece to the next.
    #[schema(example = 120, minimum = 1, maximum = 86400)]
    pub idle: Option<u32>,
    /// From the question to the end of the answer.
    #[schema(example = 3600, minimum = 1, maximum = 86400)]
    pub total: Option<u32>,
    /// Until it is a question's turn.
    #[schema(example = 60, minimum = 1, maximum = 86400)]
    pub queue: Option<u32>,
    /// Answers at a time; absent: any number.
    #[schema(example = 8, minimum = 1, maximum = 10000)]
    pub concurrent: Option<u32>,
    /// Of Ollama: how long a model stays in its memory after an answer; absent: as Ollama is set.
    #[schema(example = 1800, minimum = 1, maximum = 86400)]
    pub keep_alive: Option<u32>,
}

/// Longest time of [`Limits`], in seconds.
const SECONDS_MAX: u32 = 86_400;
/// Most answers at a time.
const CONCURRENT_MAX: u32 = 10_000;

impl Limits {
    /// From what was typed, by the names of its fields; what is empty or missing is absent.
    pub fn typed(fields: [(&str, Option<String>); 7]) -> Result<Self, ApiError> {
        let mut limits = Self::default();
        let mut wrong = Fields::default();
        for (name, text) in fields {
            let text = text.unwrap_or_default();
            let value = match text.trim() {
                "" => None,
                digits => match digits.parse() {
                    Ok(value) => Some(value),
                    Err(_) => {
                        wrong.add(name, Rule::Format, format!("{name} must be a whole number."));
                        continue;
                    }
                },
            };
            match name {
                "connect" => limits.connect = value,
                "first_byte" => limits.first_byte = value,
                "idle" => limits.idle = value,
                "total" => limits.total = value,
                "queue" => limits.queue = value,
                "keep_alive" => limits.keep_alive = value,
                _ => limits.concurrent = value,
            }
        }
        wrong.check()?;
        Ok(limits)
    }

    pub(super) fn check(&self, fields: &mut Fields) {
        let Self { connect, first_byte, idle, total, queue, concurrent, keep_alive } = self;
        let times = [("connect", connect), ("first_byte", first_byte), ("idle", idle), ("total", total), ("queue", queue)];
        let times = times.into_iter().chain([("keep_alive", keep_alive)]);
        let all = times.map(|(name, value)| (name, *value, SECONDS_MAX)).chain([("concurrent", *concurrent, CONCURRENT_MAX)]);
        for (name, value, most) in all {
            if value.is_some_and(|value| value == 0 || value > most) {
                fields.add(name, Rule::Range(1, most), format!("{name} must be from 1 to {most}."));
            }
        }
    }
}
