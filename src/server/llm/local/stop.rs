//! Stop sequences for a model that knows none: what may be the beginning of one is held back until it is known.

/// Watches a text as it comes.
pub(super) struct Stops {
    sequences: Vec<String>,
    /// The end of what came, which may be the beginning of a sequence.
    held: String,
}

impl Stops {
    pub fn new(sequences: Vec<String>) -> Self {
        Self { sequences: sequences.into_iter().filter(|text| !text.is_empty()).collect(), held: String::new() }
    }

    /// What can be said of the text so far, and whether a sequence has come: what follows is nobody's.
    pub fn push(&mut self, text: &str) -> (String, bool) {
        self.held.push_str(text);
        if let Some(at) = self.sequences.iter().filter_map(|stop| self.held.find(stop)).min() {
            self.held.truncate(at);
            return (std::mem::take(&mut self.held), true);
        }
        let begins = |at: &usize| self.sequences.iter().any(|stop| stop.starts_with(&self.held[*at..]));
        let at = self.held.char_indices().map(|(at, _)| at).find(begins).unwrap_or(self.held.len());
        let rest = self.held.split_off(at);
        (std::mem::replace(&mut self.held, rest), false)
    }

    /// What was held back in vain.
    pub fn rest(&mut self) -> String {
        std::mem::take(&mut self.held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a text that comes in pieces, and whether it was stopped.
    fn said(sequences: &[&str], pieces: &[&str]) -> (String, bool) {
        let mut stops = Stops::new(sequences.iter().map(|text| (*text).to_owned()).collect());
        let mut all = String::new();
        for piece in pieces {
            let (text, stopped) = stops.push(piece);
            all.push_str(&text);
            if stopped {
                return (all, true);
            }
        }
        (all + &stops.rest(), false)
    }

    #[test]
    fn a_sequence_ends_the_answer_however_it_is_cut() {
        let text = "One. 你好 END two";
        for cut in 1..text.chars().count() {
            let chars: Vec<char> = text.chars().collect();
            let pieces: Vec<String> = chars.chunks(cut).map(|piece| piece.iter().collect()).collect();
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            assert_eq!(said(&["two", "END"], &pieces), ("One. 你好 ".into(), true), "{cut}");
        }
    }

    #[test]
    fn what_only_begins_like_one_is_said_after_all() {
        assert_eq!(said(&["ENDE"], &["The E", "N", "D", " is near. EN"]), ("The END is near. EN".into(), false));
        assert_eq!(said(&[], &["a", "b"]), ("ab".into(), false));
        assert_eq!(said(&["aab"], &["a", "a", "a", "b", "c"]), ("a".into(), true));
    }
}
