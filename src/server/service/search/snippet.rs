//! What is shown of a message that was found: the words around the first place, with all places in them marked. A message that has the
//! terms and not what was typed has no snippet.

use super::query::Wanted;
use crate::model::search::Piece;
use crate::server::terms::{self, Folded, Kind};

/// Characters before the first place, and after its beginning.
const BEFORE: usize = 50;
const AFTER: usize = 150;

/// The snippet of a text in NFC; nothing if it lacks one of what is wanted. Without anything wanted it is the text's beginning.
pub fn of(text: &str, wanted: &[Wanted]) -> Option<Vec<Piece>> {
    let folded = terms::folded(text);
    let mut first: Option<usize> = None;
    for one in wanted {
        let (start, _) = place(&folded, one, 0)?;
        first = Some(first.map_or(start, |first| first.min(start)));
    }
    let from = window_start(&folded, first.unwrap_or(0));
    let to = (from + BEFORE + AFTER).min(folded.len());
    let mut marks: Vec<(usize, usize)> = Vec::new();
    for one in wanted {
        let mut at = from;
        while let Some((start, end)) = place(&folded[..to], one, at) {
            marks.push((start, end));
            at = end.max(start + 1);
        }
    }
    marks.sort_unstable();
    Some(pieces(text, &folded, (from, to), &marks))
}

/// Some way before the first place, at the beginning of a word.
fn window_start(folded: &[Folded], first: usize) -> usize {
    let earliest = first.saturating_sub(BEFORE);
    if earliest == 0 {
        return 0;
    }
    let gap = folded[earliest..first].iter().position(|one| terms::kind(one.c) == Kind::Gap);
    gap.map_or(earliest, |gap| earliest + gap + 1)
}

fn pieces(text: &str, folded: &[Folded], (from, to): (usize, usize), marks: &[(usize, usize)]) -> Vec<Piece> {
    let offset = |index: usize| folded.get(index).map_or(text.len(), |one| one.at);
    let mut all: Vec<Piece> = Vec::new();
    let mut add = |from: usize, to: usize, hit: bool| {
        let shown = text[offset(from)..offset(to).max(offset(from))].split_whitespace().collect::<Vec<_>>().join(" ");
        let slice = &text[offset(from)..offset(to).max(offset(from))];
        let space = |edge: Option<char>| edge.is_some_and(char::is_whitespace);
        let mut shown = if space(slice.chars().next()) { format!(" {shown}") } else { shown };
        if space(slice.chars().next_back()) && !shown.ends_with(' ') {
            shown.push(' ');
        }
        if !shown.is_empty() {
            all.push(Piece { text: shown, hit });
        }
    };
    let mut at = from;
    for &(start, end) in marks {
        let (start, end) = (start.max(at), end.min(to));
        if start < end {
            add(at, start, false);
            add(start, end, true);
            at = end;
        }
    }
    add(at, to, false);
    if from > 0
        && let Some(first) = all.first_mut()
    {
        first.text = format!("…{}", first.text.trim_start());
    }
    if to < folded.len()
        && let Some(last) = all.last_mut()
    {
        last.text = format!("{}…", last.text.trim_end());
    }
    all
}

/// The first place of this at or after an index: where it begins and ends.
fn place(text: &[Folded], wanted: &Wanted, from: usize) -> Option<(usize, usize)> {
    let first = *wanted.text.first()?;
    let words = terms::kind(first) == Kind::Word;
    (from..text.len()).find_map(|start| {
        if text[start].c != first && !(first.is_whitespace() && text[start].c.is_whitespace()) {
            return None;
        }
        // A word is found from its beginning.
        if words && start > 0 && terms::kind(text[start - 1].c) == Kind::Word {
            return None;
        }
        let end = fits(&text[start..], &wanted.text)? + start;
        let last = *wanted.text.last()?;
        let goes_on = terms::kind(last) == Kind::Word && text.get(end).is_some_and(|one| terms::kind(one.c) == Kind::Word);
        (!goes_on || wanted.open).then_some((start, end))
    })
}

/// Whether the text begins with this, however wide its spaces are; answers how much of it that is.
fn fits(text: &[Folded], wanted: &[char]) -> Option<usize> {
    let mut at = 0;
    let mut wanted = wanted.iter().peekable();
    while let Some(c) = wanted.next() {
        if c.is_whitespace() {
            while wanted.peek().is_some_and(|c| c.is_whitespace()) {
                wanted.next();
            }
            let spaces = text[at.min(text.len())..].iter().take_while(|one| one.c.is_whitespace()).count();
            if spaces == 0 {
                return None;
            }
            at += spaces;
        } else if text.get(at).is_some_and(|one| one.c == *c) {
            at += 1;
        } else {
            return None;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::super::query::parse;
    use super::*;

    /// The snippet with its marks as brackets.
    fn shown(text: &str, q: &str) -> Option<String> {
        let asked = parse(q).unwrap();
        let mark = |piece: Piece| if piece.hit { format!("[{}]", piece.text) } else { piece.text };
        Some(of(text, &asked.pieces)?.into_iter().map(mark).collect())
    }

    #[test]
    fn every_place_in_the_window_is_marked() {
        assert_eq!(shown("The Café by the cafe.", "cafe").unwrap(), "The [Café] by the [cafe].");
        assert_eq!(shown("机器学习和深度学习", "学习").unwrap(), "机器[学习]和深度[学习]");
        assert_eq!(shown("ﬁne ＡＢＣ", "abc fine").unwrap(), "[ﬁne] [ＡＢＣ]");
        assert_eq!(shown("tea 🍵 time", "🍵").unwrap(), "tea [🍵] time");
    }

    #[test]
    fn what_only_has_the_terms_is_not_found() {
        assert_eq!(shown("学习机器", "机器学习"), None);
        assert_eq!(shown("average moving", "\"moving average\""), None);
        assert_eq!(shown("moving\n\n  average", "\"moving average\"").unwrap(), "[moving average]");
        assert_eq!(shown("particle", "art"), None, "not from the middle of a word");
        assert_eq!(shown("artful", "art").unwrap(), "[art]ful");
        assert_eq!(shown("of often", "of").unwrap(), "[of] often", "a short word does not go on");
        assert_eq!(shown("artful", "\"art\""), None);
    }

    #[test]
    fn a_long_text_is_cut_around_the_first_place() {
        let long = format!("{}needle{}", "hay ".repeat(200), " straw".repeat(200));
        let snippet = shown(&long, "needle").unwrap();
        assert!(snippet.starts_with("…hay") && snippet.contains("[needle]") && snippet.ends_with('…'), "{snippet}");
        assert!(snippet.chars().count() < BEFORE + AFTER + 10);
        let chinese = format!("{}针{}", "草".repeat(300), "叶".repeat(300));
        assert!(shown(&chinese, "针").unwrap().contains("[针]"));
    }
}
