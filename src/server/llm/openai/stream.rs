//! Reads the events of an answer.

use super::super::deltas::Said;
use super::super::{StopReason, failure};
use super::wire::{Chunk, stop_reason};

/// What one event says.
pub(super) fn read(chunk: Chunk, said: &mut Vec<Said>) {
    if let Some(error) = chunk.error.filter(|e| !e.is_null()) {
        return said.push(Said::Failed(failure::from_event(&error)));
    }
    for choice in chunk.choices.into_iter().flatten().take(1) {
        if let Some(piece) = choice.delta {
            said.extend(piece.reasoning_content.or(piece.reasoning).map(Said::Reasoning));
            said.extend(piece.content.map(Said::Text));
            let calls = piece.tool_calls.into_iter().flatten().enumerate().map(|(place, call)| call.told(place));
            said.extend(calls.chain(piece.function_call.map(|call| call.told(0))).map(Said::ToolCall));
            if let Some(refusal) = piece.refusal.filter(|text| !text.is_empty()) {
                said.extend([Said::Text(refusal), Said::Stop(StopReason::Filter)]);
            }
        }
        if let Some(name) = choice.finish_reason.filter(|n| !n.is_empty()) {
            said.push(Said::Stop(stop_reason(&name)));
        }
    }
    said.extend(chunk.usage.map(|counts| Said::Usage(counts.into())));
}
