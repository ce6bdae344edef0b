//! The pieces that a message is made of, as vendors' APIs have them.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::lenient::Words;

/// Text, or a piece of a message that may hold some.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Piece {
    Text(String),
    Block(Block),
    #[allow(dead_code, reason = "whatever else there is, is passed over")]
    Other(IgnoredAny),
}

/// What a message is made of, as vendors' APIs have it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Block {
    #[serde(rename = "type")]
    pub kind: Words,
    pub content_type: Words,
    pub text: Value,
    pub thinking: Words,
    pub think: Value,
}

/// Text, or an object that has it as its value.
#[derive(Debug, Default)]
pub struct Value(pub String);

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(String),
            Inside {
                #[serde(default)]
                value: Words,
            },
            #[allow(dead_code, reason = "it is no text")]
            Other(IgnoredAny),
        }
        Ok(match Either::deserialize(deserializer)? {
            Either::Text(text) => Self(text),
            Either::Inside { value } => Self(value.0),
            Either::Other(_) => Self::default(),
        })
    }
}

/// What is said, and what is thought, in pieces of a message.
pub fn said(pieces: Vec<Piece>) -> (String, String) {
    let (mut text, mut thought) = (Vec::new(), Vec::new());
    for piece in pieces {
        match piece {
            Piece::Text(said) => text.push(said),
            Piece::Block(block) => match block.kind.0.as_str() {
                "thinking" => thought.push(block.thinking.0),
                "think" => thought.push(block.think.0),
                "tool_use" | "tool_result" | "tool_call" => {}
                _ => text.push(block.text.0),
            },
            Piece::Other(_) => {}
        }
    }
    let join = |mut all: Vec<String>| {
        all.retain(|one| !one.trim().is_empty());
        all.join("\n\n")
    };
    (join(text), join(thought))
}
