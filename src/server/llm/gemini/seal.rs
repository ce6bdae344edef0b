//! Signatures of thoughts (<https://ai.google.dev/gemini-api/docs/thought-signatures>): each goes back in the very part that it came in, which
//! is neither joined to another nor cut. The text of an answer is kept with the message; so only the lengths of its parts are kept here.

use serde::{Deserialize, Serialize};

/// A part of an answer's text, or a thought that is signed itself.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
struct Kept {
    /// In characters: a NUL, which the database does not take, is replaced by one of three bytes.
    #[serde(default, skip_serializing_if = "is_zero")]
    length: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    thought: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

fn is_zero(length: &usize) -> bool {
    *length == 0
}

/// What is kept of an answer while it comes.
#[derive(Debug, Default)]
pub(super) struct Seal {
    parts: Vec<Kept>,
    signed: bool,
}

impl Seal {
    /// A part came.
    pub fn take(&mut self, text: &str, thought: bool, signature: Option<String>) {
        let signature = signature.filter(|signature| !signature.is_empty());
        self.signed |= signature.is_some();
        match (self.parts.last_mut(), thought) {
            // What is thought is told again only where it is signed.
            (_, true) => {
                self.parts.extend(signature.map(|own| Kept { length: 0, thought: Some(text.into()), signature: Some(own) }));
            }
            (Some(last @ Kept { signature: None, .. }), false) if signature.is_none() => last.length += text.chars().count(),
            _ => self.parts.push(Kept { length: text.chars().count(), thought: None, signature }),
        }
    }

    /// The whole, where some of it is signed.
    pub fn close(&mut self) -> Option<String> {
        let parts = std::mem::take(&mut self.parts);
        std::mem::take(&mut self.signed).then(|| serde_json::to_string(&parts).unwrap_or_default())
    }
}

/// A part as it goes back.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Part {
    text: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    thought: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thought_signature: Option<String>,
}

impl Part {
    fn is_nothing(&self) -> bool {
        self.text.is_empty() && self.thought_signature.is_none()
    }
}

/// The parts of an answer. Words before those that were sealed are from before it was gone on with. None: it is not what was sealed.
pub(super) fn open(text: &str, sealed: &str) -> Option<Vec<Part>> {
    let kept: Vec<Kept> = serde_json::from_str(sealed).ok()?;
    let before = text.chars().count().checked_sub(kept.iter().map(|part| part.length).sum())?;
    let mut rest = text;
    let mut cut = |length: usize| {
        let (piece, after) = rest.split_at(rest.char_indices().nth(length).map_or(rest.len(), |(at, _)| at));
        rest = after;
        piece.to_owned()
    };
    let mut parts = vec![Part { text: cut(before), thought: false, thought_signature: None }];
    for Kept { length, thought, signature } in kept {
        let words = cut(length);
        parts.push(Part { thought: thought.is_some(), text: thought.unwrap_or(words), thought_signature: signature });
    }
    parts.retain(|part| !part.is_nothing());
    Some(parts)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn back(text: &str, sealed: &str) -> Value {
        serde_json::to_value(open(text, sealed)).unwrap()
    }

    #[test]
    fn every_part_that_is_signed_comes_back_as_it_was_and_what_is_not_is_put_together() {
        let mut seal = Seal::default();
        let signed = |name: &str| Some(name.to_owned());
        for (text, thought, signature) in [
            ("Hm.", true, None),
            ("你", false, None),
            ("好\0", false, signed("A")),
            ("a", false, None),
            ("b", false, signed("")),
            ("Hm!", true, signed("B")),
            ("", false, signed("C")),
        ] {
            seal.take(text, thought, signature);
        }
        let sealed = seal.close().expect("it is signed");
        let text = "你好\u{FFFD}ab";
        let mut expected = vec![
            json!({"text": "你"}),
            json!({"text": "好\u{FFFD}", "thoughtSignature": "A"}),
            json!({"text": "ab"}),
            json!({"text": "Hm!", "thought": true, "thoughtSignature": "B"}),
            json!({"text": "", "thoughtSignature": "C"}),
        ];
        assert_eq!(back(text, &sealed), json!(expected));
        assert_eq!(seal.close(), None, "nothing is left over");
        // An answer that was gone on with.
        expected.insert(0, json!({"text": "Before. "}));
        assert_eq!(back(&format!("Before. {text}"), &sealed), json!(expected));
    }

    #[test]
    fn what_is_not_signed_is_not_sealed_and_what_does_not_match_is_not_opened() {
        let mut seal = Seal::default();
        seal.take("a", false, None);
        assert_eq!(seal.close(), None);
        seal.take("abc", false, Some("A".into()));
        let sealed = seal.close().unwrap();
        assert_eq!(open("ab", &sealed), None, "shorter than what was sealed");
        assert_eq!(open("abc", "what an older version may have kept"), None);
    }
}
