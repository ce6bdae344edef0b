//! Text on paper: Helvetica for Latin letters, STSong-Light for all others. Neither is part of the file; every reader has the first, and
//! something for the second (Adobe's set of characters GB1).

use std::collections::BTreeSet;
use std::fmt::Write;

/// Widths of Helvetica's letters from the space to the tilde, in thousandths of the size.
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278,
    278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722,
    667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556,
    556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/// How much wider the bold letters are, at most.
const BOLD: f32 = 1.08;
/// Stands for what has no place in two bytes.
const NONE: char = '□';

/// How text is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    pub size: f32,
    pub bold: bool,
    pub quiet: bool,
}

/// A letter of one of the two fonts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Glyph {
    /// In the encoding of Windows.
    Latin(u8),
    /// UCS-2.
    Other(u16),
}

fn glyph(c: char) -> Glyph {
    let latin = match c {
        c if c.is_control() => b' ',
        ' '..='~' | '\u{a0}'..='ÿ' => u32::from(c).try_into().unwrap_or(b'?'),
        '€' => 0x80,
        '…' => 0x85,
        '‘' => 0x91,
        '’' => 0x92,
        '“' => 0x93,
        '”' => 0x94,
        '•' => 0x95,
        // The sign of minus is not among them.
        '–' | '−' => 0x96,
        '—' => 0x97,
        other => return Glyph::Other(u32::from(other).try_into().unwrap_or_else(|_| u32::from(NONE).try_into().unwrap_or_default())),
    };
    Glyph::Latin(latin)
}

impl Glyph {
    /// In thousandths of the size.
    fn width(self) -> u16 {
        match self {
            Self::Latin(byte @ 0x20..=0x7e) => WIDTHS[usize::from(byte) - 0x20],
            Self::Latin(0xb7) => 278,
            Self::Latin(0x91 | 0x92) => 222,
            Self::Latin(0x93 | 0x94) => 333,
            Self::Latin(0x85 | 0x97) | Self::Other(_) => 1000,
            Self::Latin(_) => 584,
        }
    }
}

/// How wide the text is, in points; of bold Latin letters a little more than it is.
pub fn width(text: &str, style: Style) -> f32 {
    let thousandths: u32 = text.chars().map(|c| u32::from(glyph(c).width())).sum();
    thousandths as f32 / 1000.0 * style.size * if style.bold { BOLD } else { 1.0 }
}

/// The text in lines that are not wider than this: broken at spaces, between Chinese characters, and where a word alone is too wide.
pub fn lines(text: &str, style: Style, room: f32) -> Vec<String> {
    let (mut lines, mut line, mut gap) = (Vec::new(), String::new(), None);
    for c in text.chars() {
        let c = if c.is_whitespace() || c.is_control() { ' ' } else { c };
        line.push(c);
        if width(&line, style) > room && line.chars().count() > 1 {
            let cut = gap.filter(|gap| *gap > 0 && *gap < line.len()).unwrap_or(line.len() - c.len_utf8());
            let rest = line.split_off(cut);
            lines.push(line.trim_end().to_owned());
            line = rest.trim_start().to_owned();
            gap = None;
        }
        let breaks = c == ' ' || matches!(glyph(c), Glyph::Other(_));
        if breaks {
            gap = Some(line.len());
        }
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// What writes one line there; the characters of the second font are noted.
pub fn show(text: &str, (x, y): (f32, f32), style: Style, used: &mut BTreeSet<u16>) -> String {
    let Style { size, bold, quiet } = style;
    let ink = if quiet { "0.40 0.38 0.35" } else { "0.11 0.105 0.10" };
    let mut out = format!("BT {ink} rg {ink} RG 1 0 0 1 {x:.2} {y:.2} Tm\n");
    let glyphs: Vec<Glyph> = text.chars().map(glyph).collect();
    for run in glyphs.chunk_by(|one, next| matches!((one, next), (Glyph::Latin(_), Glyph::Latin(_)) | (Glyph::Other(_), Glyph::Other(_)))) {
        let mut hex = String::new();
        for glyph in run {
            let _ = match glyph {
                Glyph::Latin(byte) => write!(hex, "{byte:02X}"),
                Glyph::Other(code) => {
                    used.insert(*code);
                    write!(hex, "{code:04X}")
                }
            };
        }
        let (font, stroke) = match (run.first(), bold) {
            (Some(Glyph::Other(_)), true) => ("F3", "2 Tr 0.35 w"),
            (Some(Glyph::Other(_)), false) => ("F3", "0 Tr"),
            (_, true) => ("F2", "0 Tr"),
            (_, false) => ("F1", "0 Tr"),
        };
        let _ = writeln!(out, "/{font} {size:.1} Tf {stroke} <{hex}> Tj");
    }
    out.push_str("ET\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { size: 10.0, bold: false, quiet: false };

    #[test]
    fn numbers_are_as_wide_as_helvetica_has_them() {
        assert!((width("1,234", PLAIN) - (4.0 * 5.56 + 2.78)).abs() < 0.01);
        assert!((width("用量", PLAIN) - 20.0).abs() < 0.01);
    }

    #[test]
    fn lines_break_at_spaces_between_characters_and_within_a_word_that_is_too_wide() {
        assert_eq!(lines("one two three", PLAIN, 40.0), ["one two", "three"]);
        assert_eq!(lines("您的用量周报", PLAIN, 41.0), ["您的用量", "周报"]);
        assert_eq!(lines("aaaaaaaaaa", PLAIN, 30.0), ["aaaaa", "aaaaa"]);
        assert_eq!(lines("", PLAIN, 30.0), [""]);
        for text in ["one two three four five", "provider/a-very-long-name-of-a-model", "混合 mixed 文字 text"] {
            let kept: String = lines(text, PLAIN, 50.0).concat().split_whitespace().collect();
            assert_eq!(kept, text.split_whitespace().collect::<String>());
            assert!(lines(text, PLAIN, 50.0).iter().all(|line| width(line, PLAIN) <= 50.0), "{text}");
        }
    }

    #[test]
    fn each_letter_is_written_in_a_font_that_has_it() {
        let mut used = BTreeSet::new();
        let out = show("a·é 周😀−", (0.0, 0.0), PLAIN, &mut used);
        assert!(
            out.contains("/F1 10.0 Tf 0 Tr <61B7E920> Tj") && out.contains("/F3 10.0 Tf 0 Tr <546825A1> Tj") && out.contains("<96> Tj"),
            "{out}"
        );
        assert_eq!(used.into_iter().collect::<Vec<_>>(), [0x25a1, 0x5468]);
    }
}
