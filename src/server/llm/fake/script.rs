//! The scripts: from a model's name to its tokens.

use super::super::Delta;

/// How an answer ends, or fails before it begins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Good,
    Stall,
    /// Fails this often before the first byte.
    First(u32),
    /// The length limit cuts it off after this many tokens.
    Length(u32),
    Broken,
    Garbage,
    Auth,
    Rate,
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Says {
    Echo,
    Words(u32),
    Markdown,
    Reasoning,
}

/// A script, as a model's name spells it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Script {
    says: Says,
    pub end: End,
    /// Tokens per second; 0: no delay.
    pub rate: u32,
}

const RATE: u32 = 100;
const WORDS_MAX: u32 = 200_000;

impl Script {
    /// None where no script has this name.
    pub fn parse(name: &str) -> Option<Self> {
        let (name, rate) = match name.split_once('@') {
            Some((name, rate)) => (name, Some(rate.parse().ok()?)),
            None => (name, None),
        };
        let number = |prefix: &str| name.strip_prefix(prefix)?.parse::<u32>().ok().filter(|n| *n <= WORDS_MAX);
        let (says, end) = match name {
            "echo" => (Says::Echo, End::Good),
            "markdown" => (Says::Markdown, End::Good),
            "reasoning" => (Says::Reasoning, End::Good),
            "slow" => (Says::Words(100), End::Good),
            "stall" => (Says::Words(3), End::Stall),
            "fail-mid" => (Says::Words(5), End::Broken),
            "garbage" => (Says::Words(3), End::Garbage),
            "fail-auth" => (Says::Words(0), End::Auth),
            "fail-rate" => (Says::Words(0), End::Rate),
            _ => match (number("words-").or_else(|| number("long-")), number("fail-first-"), number("cut-")) {
                (Some(n), ..) => (Says::Words(n), End::Good),
                (_, Some(n), _) => (Says::Words(20), End::First(n)),
                (.., Some(n)) => (Says::Words(2 * n), End::Length(n)),
                _ => return None,
            },
        };
        Some(Self { says, end, rate: rate.unwrap_or(if name == "slow" { 5 } else { RATE }) })
    }

    /// The tokens of the answer to `question`; `said` is what of it there is already.
    pub fn deltas(&self, question: &str, said: &str) -> Vec<Delta> {
        let (reasoning, text) = match self.says {
            Says::Echo => ("", question.to_owned()),
            Says::Words(n) => ("", (1..=n).map(|i| format!("w{i}")).collect::<Vec<_>>().join(" ")),
            Says::Markdown => ("", include_str!("sample.md").to_owned()),
            Says::Reasoning => (REASONING, REASONED.to_owned()),
        };
        let rest = text.strip_prefix(said).unwrap_or(&text);
        let reasoning = if said.is_empty() { tokens(reasoning) } else { Vec::new() };
        reasoning.into_iter().map(Delta::Reasoning).chain(tokens(rest).into_iter().map(Delta::Text)).collect()
    }
}

/// Words with the white space after them; a wide character is one by itself.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    for c in text.chars() {
        let begins = token.ends_with(char::is_whitespace) && !c.is_whitespace();
        if !token.is_empty() && (begins || c as u32 >= 0x2E80) {
            tokens.push(std::mem::take(&mut token));
        }
        token.push(c);
    }
    if !token.is_empty() {
        tokens.push(token);
    }
    tokens
}

const REASONING: &str = "The question is short. First I think about what is asked, then about what would help.\n\n\
    1. It is a test of the reasoning display.\n2. So a few lines of thought will do.\n\nNow the answer can be short.";

const REASONED: &str = "After some thought: **yes**. The thinking above was scripted, and so is this answer.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_spell_scripts() {
        assert_eq!(Script::parse("words-7@200"), Some(Script { says: Says::Words(7), end: End::Good, rate: 200 }));
        assert_eq!(Script::parse("fail-first-3").map(|s| s.end), Some(End::First(3)));
        assert_eq!(Script::parse("slow").map(|s| s.rate), Some(5));
        assert_eq!(Script::parse("long-20000@0").map(|s| (s.says, s.rate)), Some((Says::Words(20_000), 0)));
        for bad in ["", "words-", "words-x", "echo@", "echo@fast", "gpt-4", "words-9999999", "Echo"] {
            assert_eq!(Script::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn tokens_put_together_are_the_text() {
        for text in ["", " a  b\n\nc", "你好，world 再见", include_str!("sample.md")] {
            assert_eq!(tokens(text).concat(), text);
        }
        assert_eq!(tokens("one two 三四"), ["one ", "two ", "三", "四"]);
    }
}
