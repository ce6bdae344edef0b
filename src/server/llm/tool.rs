//! Calls of tools, as models wish for them. Nothing here offers a tool: that a model calls one all the same is told, and the answer fails.

use serde_json::Value;

use super::LlmError;
use crate::model::generation::FailureKind;

/// Most characters of a tool's name that are told.
const NAME_MAX: usize = 64;
/// Most names that are told.
const NAMES_MAX: usize = 3;

/// A piece of a call. The first of each names the tool; the arguments are JSON when the pieces are put together in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolCall {
    /// Tells the calls of an answer apart: their pieces may come mixed.
    pub index: u32,
    /// What the vendor calls this call, if anything.
    pub id: Option<String>,
    pub name: Option<String>,
    /// The next piece of the arguments.
    pub arguments: String,
}

impl ToolCall {
    /// The beginning of a call, or the whole of it.
    pub(super) fn named(index: u32, id: Option<String>, name: String, arguments: String) -> Self {
        Self { index, id: id.filter(|id| !id.is_empty()), name: Some(name), arguments }
    }

    /// The next piece of its arguments.
    pub(super) fn piece(index: u32, arguments: String) -> Self {
        Self { index, arguments, ..Self::default() }
    }
}

/// Arguments as text: most vendors write them as JSON in a string, some as JSON.
pub(super) fn arguments(value: Option<Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text,
        Some(json) => json.to_string(),
    }
}

/// The failure of an answer that ended in calls of these tools. The names are the model's own words.
pub fn called(names: &[String]) -> LlmError {
    let plain = |name: &String| name.chars().filter(|c| !c.is_control()).take(NAME_MAX).collect::<String>();
    let named = names.iter().map(plain).filter(|name| !name.is_empty()).take(NAMES_MAX).collect::<Vec<_>>().join(", ");
    let what = if named.is_empty() { "a tool".to_owned() } else { format!("a tool ({named})") };
    LlmError::new(FailureKind::ToolCall, format!("The model called {what} and waits for its result; no tools are offered here."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_are_text_however_they_are_written() {
        assert_eq!(arguments(Some(json!("{\"a\":"))), "{\"a\":");
        assert_eq!(arguments(Some(json!({"a": 1}))), "{\"a\":1}");
        assert_eq!((arguments(None), arguments(Some(Value::Null))), (String::new(), String::new()));
    }

    #[test]
    fn the_failure_names_the_tools_and_no_more_than_a_sentence_can_hold() {
        let message = |names: &[&str]| called(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()).message;
        assert_eq!(message(&["get_weather"]), "The model called a tool (get_weather) and waits for its result; no tools are offered here.");
        assert_eq!(message(&[""]), "The model called a tool and waits for its result; no tools are offered here.");
        let long = "x".repeat(10_000);
        assert!(message(&[&long, "a\nb", "c", "d"]).len() < 200);
        assert!(!message(&["a\nb"]).contains('\n'));
    }
}
