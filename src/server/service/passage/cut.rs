//! A text cut into passages: pieces that are long enough to say something and short enough to be one of many. They end where the text has
//! a seam, if there is one near: a page, a paragraph, a line, a sentence, a word.

use crate::server::db::Passage;

/// Bytes of a passage, about; half of it at least, but for the last. In English some 300 tokens, in Chinese some 400.
const SIZE: usize = 1_200;
/// Passages of a text, at most twice that: those of a longer text are longer.
const MANY: usize = 2_000;
/// How the extractor begins a page.
const PAGE: &str = "[Page ";

/// The passages of a text; `paged`: it tells where pages begin.
pub fn cut(text: &str, paged: bool) -> Vec<Passage> {
    let size = SIZE.max(text.len().div_ceil(MANY));
    let (mut passages, mut page, mut at) = (Vec::new(), None, 0);
    while let Some(start) = text[at..].find(|c: char| !c.is_whitespace()).map(|skip| at + skip) {
        let end = if text.len() - start <= size { text.len() } else { seam(text, start, size, paged) };
        let piece = &text[start..end];
        let first = paged.then(|| number(piece)).flatten();
        passages.push(Passage { start, end: start + piece.trim_end().len(), page: first.or(page) });
        if paged {
            page = last_page(piece).or(page);
        }
        at = end;
    }
    passages
}

/// Where the passage that begins here ends.
fn seam(text: &str, start: usize, size: usize, paged: bool) -> usize {
    let (from, to) = (text.ceil_char_boundary(start + size / 2), text.floor_char_boundary(start + size));
    let window = &text[from..to];
    let page = || window.find("\n[Page ").filter(|_| paged).map(|at| at + 1);
    let blank = || window.rfind("\n\n").map(|at| at + 2);
    let line = || window.rfind('\n').map(|at| at + 1);
    let after = |(at, mark): (usize, &str)| at + mark.len();
    let dense = || window.rmatch_indices(['。', '！', '？', '；']).next().map(after);
    let sentence = || [". ", "! ", "? ", "; "].iter().filter_map(|mark| window.rmatch_indices(mark).next().map(after)).max();
    let word = || window.rmatch_indices(char::is_whitespace).next().map(after);
    let found = page().or_else(blank).or_else(line).or_else(|| dense().max(sentence())).or_else(word);
    from + found.unwrap_or(window.len())
}

/// How many pages the text of a paged file tells of: each begins a line with its number, and a number that is not next is the file's own.
pub fn pages(text: &str) -> usize {
    let next = |count: usize, line: &str| if number(line).is_some_and(|page| page as usize == count + 1) { count + 1 } else { count };
    text.lines().fold(0, next)
}

/// The page that a passage begins with.
fn number(piece: &str) -> Option<u32> {
    piece.strip_prefix(PAGE)?.split_once(']')?.0.parse().ok()
}

fn last_page(piece: &str) -> Option<u32> {
    let starts = piece.rmatch_indices(PAGE).filter(|(at, _)| *at == 0 || piece[..*at].ends_with('\n'));
    starts.map(|(at, _)| &piece[at..]).find_map(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'a>(text: &'a str, passages: &[Passage]) -> Vec<&'a str> {
        passages.iter().map(|passage| &text[passage.start..passage.end]).collect()
    }

    #[test]
    fn a_passage_ends_at_a_seam_and_nothing_is_lost() {
        let paragraphs: Vec<String> = (0..40).map(|n| format!("Paragraph {n} {}", "says something. ".repeat(12).trim_end())).collect();
        let text = paragraphs.join("\n\n");
        let passages = cut(&text, false);
        let pieces = texts(&text, &passages);
        assert!(pieces.iter().all(|piece| piece.starts_with("Paragraph") && piece.len() <= SIZE), "{pieces:?}");
        assert_eq!(pieces.join("\n\n"), text);
        assert!(passages.iter().all(|passage| passage.page.is_none()));
    }

    #[test]
    fn pages_are_counted_by_their_numbers() {
        assert_eq!([pages(""), pages("No [Page 1] here."), pages("[Page 1]\n\na\n\n[Page 7]\nas it says\n\n[Page 2]\n\nb")], [0, 0, 2]);
    }

    #[test]
    fn a_page_begins_a_passage_and_is_told() {
        let page = |n: u32| format!("[Page {n}]\n\n{}\n\n", "Words of a page. ".repeat(60));
        let text: String = (1..=5).map(page).collect();
        let pages: Vec<_> = cut(&text, true).iter().map(|passage| passage.page).collect();
        assert_eq!(pages, [1, 2, 3, 4, 5].map(Some), "{text}");
        // Many short pages are one passage, and the next one goes on from the last of them.
        let short: String = (1..=100).map(|n| format!("[Page {n}]\n\nShort.\n\n")).collect();
        let passages = cut(&short, true);
        assert!(passages.len() < 8 && passages[0].page == Some(1) && passages[1].page > Some(20), "{passages:?}");
    }

    #[test]
    fn what_has_no_seams_is_cut_between_characters() {
        for text in ["聊".repeat(3_000), "x".repeat(5_000), "。".repeat(999), String::new(), " \n ".to_owned(), "🍵".repeat(700)] {
            let pieces = texts(&text, &cut(&text, true)).concat();
            assert_eq!(pieces, text.trim());
        }
    }

    #[test]
    fn a_long_text_has_no_more_passages_than_any() {
        let passages = cut(&"One sentence of many. ".repeat(200_000), false);
        assert!((MANY / 2..=2 * MANY).contains(&passages.len()), "{}", passages.len());
    }
}
