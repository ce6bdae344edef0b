//! The terms of a text: what the index of messages holds of it, on both engines. Words are folded (no case, no accents, no difference of
//! width); scripts that leave no space between words are cut into single characters and pairs of neighbours, so that a word of one or
//! two characters is found as surely as a long one.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization;

/// Longest word that is kept, in characters; of a longer one the beginning.
const WORD: usize = 40;
/// Most bytes of terms that are kept of one text: PostgreSQL takes 1 MiB. What comes after is not found.
const BYTES: usize = 600_000;
/// Shorter words are looked for as they are, longer ones may go on.
pub const PREFIX: usize = 3;

/// A character as it is compared, and where it came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folded {
    pub c: char,
    /// Where the character that it came from begins, in bytes.
    pub at: usize,
}

/// What kind of a character it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Of a word that spaces surround.
    Word,
    /// Of a script without spaces.
    Dense,
    /// A sign that is a term by itself: an emoji.
    Sign,
    /// Between the others.
    Gap,
}

/// What kind a folded character is of.
pub fn kind(c: char) -> Kind {
    match c as u32 {
        // Han, kana, bopomofo, hangul, Yi; Thai, Lao, Myanmar, Khmer.
        0x2E80..=0x2FDF
        | 0x3005..=0x3007
        | 0x3021..=0x3029
        | 0x3040..=0x30FF
        | 0x3100..=0x318F
        | 0x31A0..=0x31FF
        | 0x3400..=0x4DBF
        | 0x4E00..=0x9FFF
        | 0xA000..=0xA4CF
        | 0xAC00..=0xD7AF
        | 0xF900..=0xFAFF
        | 0x0E00..=0x0EFF
        | 0x1000..=0x109F
        | 0x1780..=0x17FF
        | 0x1_B000..=0x1_B16F
        | 0x2_0000..=0x3_FFFF => Kind::Dense,
        0x2190..=0x21FF | 0x2300..=0x23FF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x1_F000..=0x1_FAFF => Kind::Sign,
        _ if c.is_alphanumeric() => Kind::Word,
        _ => Kind::Gap,
    }
}

/// A text as it is compared. It should be in NFC, so that what looks the same is the same.
pub fn folded(text: &str) -> Vec<Folded> {
    let mut all = Vec::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c.is_ascii() {
            all.push(Folded { c: c.to_ascii_lowercase(), at });
            continue;
        }
        // Accents of European scripts go; the marks of kana stay, which make another sound of a sign.
        let base = std::iter::once(c)
            .nfkd()
            .flat_map(char::to_lowercase)
            .filter(|c| !matches!(*c as u32, 0x300..=0x36F | 0xFE00..=0xFE0F | 0x200B..=0x200D));
        all.extend(base.nfc().map(|c| Folded { c, at }));
    }
    all
}

/// A part of a text that is one term or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Word(String),
    /// Neighbours of a script without spaces.
    Run(Vec<char>),
    Sign(char),
}

/// The parts of a folded text, in order.
pub fn parts(text: &[Folded]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let mut before = Kind::Gap;
    for &Folded { c, .. } in text {
        let now = kind(c);
        match (now, parts.last_mut()) {
            (Kind::Gap, _) => {}
            (Kind::Sign, _) => parts.push(Part::Sign(c)),
            (Kind::Word, Some(Part::Word(word))) if before == Kind::Word => word.push(c),
            (Kind::Word, _) => parts.push(Part::Word(c.to_string())),
            (Kind::Dense, Some(Part::Run(run))) if before == Kind::Dense => run.push(c),
            (Kind::Dense, _) => parts.push(Part::Run(vec![c])),
        }
        before = now;
    }
    parts
}

/// A word as it is kept.
pub fn cut(word: &str) -> String {
    word.chars().take(WORD).collect()
}

/// All terms of a text, each once, with spaces between them.
pub fn of(text: &str) -> String {
    let text: String = text.nfc().collect();
    let mut seen: HashSet<String> = HashSet::new();
    let mut all = String::new();
    let mut add = |term: String| {
        if all.len() + term.len() < BYTES && !seen.contains(&term) {
            if !all.is_empty() {
                all.push(' ');
            }
            all.push_str(&term);
            seen.insert(term);
        }
    };
    for part in parts(&folded(&text)) {
        match part {
            Part::Word(word) => add(cut(&word)),
            Part::Sign(sign) => add(sign.to_string()),
            Part::Run(run) => {
                run.iter().for_each(|c| add(c.to_string()));
                run.windows(2).for_each(|pair| add(pair.iter().collect()));
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(text: &str) -> Vec<String> {
        let mut all: Vec<String> = of(text).split(' ').map(str::to_owned).collect();
        all.sort();
        all
    }

    #[test]
    fn words_are_folded_and_scripts_without_spaces_are_cut_into_pairs() {
        assert_eq!(sorted("The Café, the CAFE\u{301}!"), ["cafe", "the"]);
        assert_eq!(sorted("学习Rust"), ["rust", "习", "学", "学习"]);
        assert_eq!(sorted("ＡＢＣ１２３ ﬁne"), ["abc123", "fine"]);
        assert_eq!(sorted("がぎ"), ["が", "がぎ", "ぎ"]);
        assert_eq!(sorted("か\u{3099}"), ["が"], "the same sign, written in two");

        assert_eq!(sorted("tea 🍵👍🏽 time"), ["tea", "time", "🍵", "🏽", "👍"]);
        assert_eq!(sorted("İstanbul"), ["istanbul"]);
        assert_eq!(sorted("snake_case-word"), ["case", "snake", "word"]);
        assert_eq!(of("  …  "), "");
    }

    #[test]
    fn a_text_that_is_too_long_is_kept_in_part() {
        let long: String = (0..0x5000).filter_map(|n| char::from_u32(0x4E00 + n)).collect::<String>().repeat(6);
        assert!(of(&long).len() <= BYTES);
        assert_eq!(of(&"x".repeat(1000)).len(), WORD);
    }
}
