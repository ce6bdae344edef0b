//! Splits `<think>…</think>` at the beginning of an answer (as local reasoning models emit it) into reasoning.

use super::Delta;

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";
const BLANK: [char; 3] = ['\n', '\r', ' '];

/// Where in the answer we are.
#[derive(Debug, Default)]
enum State {
    /// Nothing but white space and perhaps a part of `<think>` came yet; it is held back.
    #[default]
    Start,
    /// `<think>` came; the blank lines after it are dropped.
    Opened,
    /// Inside; what may be the beginning of `</think>` is held back.
    Thinking,
    /// `</think>` came; the blank lines after it are dropped.
    After,
    Text,
}

/// The splitter of one answer. It works across the boundaries of chunks and never loses a byte of the text.
#[derive(Debug, Default)]
pub(super) struct Think {
    state: State,
    held: String,
}

impl Think {
    /// For an answer that is continued: its beginning is over.
    pub fn past() -> Self {
        Self { state: State::Text, held: String::new() }
    }

    /// Takes the next piece of text and hands out what is certain.
    pub fn push(&mut self, text: String, mut out: impl FnMut(Delta)) {
        if matches!(self.state, State::Text) {
            return emit(Delta::Text, text, &mut out);
        }
        self.held.push_str(&text);
        self.advance(&mut out);
    }

    /// The end of the answer: hands out what was held back.
    pub fn finish(&mut self, mut out: impl FnMut(Delta)) {
        let held = std::mem::take(&mut self.held);
        match self.state {
            State::Thinking => emit(Delta::Reasoning, held, &mut out),
            State::Opened | State::After => {}
            State::Start | State::Text => emit(Delta::Text, held, &mut out),
        }
    }

    fn advance(&mut self, out: &mut impl FnMut(Delta)) {
        if matches!(self.state, State::Start) && !self.start(out) {
            return;
        }
        if matches!(self.state, State::Opened) {
            self.held = self.held.trim_start_matches(BLANK).to_owned();
            if self.held.is_empty() {
                return;
            }
            self.state = State::Thinking;
        }
        if matches!(self.state, State::Thinking) && !self.think(out) {
            return;
        }
        if matches!(self.state, State::After) {
            let kept = self.held.trim_start_matches(BLANK).to_owned();
            self.held.clear();
            if kept.is_empty() {
                return;
            }
            self.state = State::Text;
            emit(Delta::Text, kept, out);
        }
    }

    /// Whether to go on to the next state at once.
    fn start(&mut self, out: &mut impl FnMut(Delta)) -> bool {
        let trimmed = self.held.trim_start();
        if let Some(rest) = trimmed.strip_prefix(OPEN) {
            self.held = rest.to_owned();
            self.state = State::Opened;
            return true;
        }
        if !OPEN.starts_with(trimmed) {
            self.state = State::Text;
            emit(Delta::Text, std::mem::take(&mut self.held), out);
        }
        false
    }

    fn think(&mut self, out: &mut impl FnMut(Delta)) -> bool {
        if let Some(at) = self.held.find(CLOSE) {
            let rest = self.held.split_off(at + CLOSE.len());
            let mut thought = std::mem::replace(&mut self.held, rest);
            thought.truncate(at);
            emit(Delta::Reasoning, thought, out);
            self.state = State::After;
            return true;
        }
        let keep = (1..CLOSE.len()).rev().find(|&n| self.held.ends_with(&CLOSE[..n])).unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - keep);
        emit(Delta::Reasoning, std::mem::replace(&mut self.held, rest), out);
        false
    }
}

fn emit(kind: fn(String) -> Delta, text: String, out: &mut impl FnMut(Delta)) {
    if !text.is_empty() {
        out(kind(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text and the reasoning of an answer that comes in pieces of `size` characters.
    fn split(answer: &str, size: usize) -> (String, String) {
        let (mut think, mut deltas) = (Think::default(), Vec::new());
        let chars: Vec<char> = answer.chars().collect();
        for piece in chars.chunks(size) {
            think.push(piece.iter().collect(), |d| deltas.push(d));
        }
        think.finish(|d| deltas.push(d));
        let mut all = (String::new(), String::new());
        for delta in deltas {
            match delta {
                Delta::Text(t) => all.0.push_str(&t),
                Delta::Reasoning(r) => all.1.push_str(&r),
                other => panic!("unexpected {other:?}"),
            }
        }
        all
    }

    #[test]
    fn thinking_at_the_beginning_becomes_reasoning_whatever_the_chunks() {
        for size in 1..40 {
            let (text, reasoning) = split("\n<think>\nIs 2 < 3? </thin> yes.</think>\n\nYes <think> is a tag.</think>", size);
            assert_eq!(text, "Yes <think> is a tag.</think>", "in pieces of {size}");
            assert_eq!(reasoning, "Is 2 < 3? </thin> yes.", "in pieces of {size}");
        }
    }

    #[test]
    fn an_answer_without_thinking_is_untouched() {
        for answer in ["  Hello\n<think>no</think>", "<thing> is HTML", "<", "", "   ", "<thin", "答：<think>"] {
            for size in 1..10 {
                assert_eq!(split(answer, size), (answer.to_owned(), String::new()), "{answer:?} in pieces of {size}");
            }
        }
    }

    #[test]
    fn an_answer_that_ends_while_thinking_keeps_the_thought() {
        assert_eq!(split("<think>half a thou</th", 3), (String::new(), "half a thou</th".to_owned()));
        assert_eq!(split("<think>whole</think>\n\n", 4), (String::new(), "whole".to_owned()));
    }
}
