//! What the renderer promises, on samples of what models write.

mod cite;
mod follow;
mod markup;
mod safety;
mod samples;

use proptest::prelude::*;

use super::{Stream, blocks};
use samples::{SAMPLES, answer};

/// A text cut at the given points, each taken modulo its length and moved to the next character.
fn cut<'a>(text: &'a str, points: &[usize]) -> Vec<&'a str> {
    let mut ends: Vec<usize> = points.iter().map(|point| text.floor_char_boundary(point % (text.len() + 1))).collect();
    ends.push(text.len());
    ends.sort_unstable();
    let mut from = 0;
    ends.into_iter().map(|end| &text[std::mem::replace(&mut from, end)..end]).collect()
}

fn streamed<'a>(pieces: impl IntoIterator<Item = &'a str>) -> Stream {
    let mut stream = Stream::new();
    for piece in pieces {
        stream.push(piece);
    }
    stream.finish();
    stream
}

/// About four bytes at a time, as tokens come.
fn tokens(text: &str) -> Vec<&str> {
    let points: Vec<usize> = (0..text.len()).step_by(4).collect();
    cut(text, &points)
}

#[test]
fn every_sample_ends_the_same_byte_by_byte_as_at_once() {
    for sample in SAMPLES {
        let letters: Vec<String> = sample.chars().map(String::from).collect();
        let stream = streamed(letters.iter().map(String::as_str));
        assert_eq!(stream.closed(), blocks(sample), "{sample}");
        assert!(stream.open().is_none());
    }
}

/// The open block of a text that came in tokens is the one of a text that came at once: the short cut for plain text is exact.
#[test]
fn the_open_block_does_not_depend_on_the_cuts_either() {
    for sample in SAMPLES {
        let mut stream = Stream::new();
        let mut seen = String::new();
        for letter in sample.chars() {
            stream.push(letter.encode_utf8(&mut [0; 4]));
            seen.push(letter);
            stream.refresh();
            let mut whole = Stream::new();
            whole.push(&seen);
            whole.refresh();
            assert_eq!(stream.open(), whole.open(), "after {seen:?}");
            assert_eq!(stream.closed(), whole.closed(), "after {seen:?}");
        }
    }
}

#[test]
fn closed_blocks_never_change() {
    let text = answer(4_000);
    let mut stream = Stream::new();
    let mut before = Vec::new();
    for token in tokens(&text) {
        stream.push(token);
        assert_eq!(before[..], stream.closed()[..before.len()]);
        before.extend_from_slice(&stream.closed()[before.len()..]);
    }
}

#[test]
fn the_version_changes_with_what_is_shown() {
    for sample in SAMPLES {
        let mut stream = Stream::new();
        let mut before = (0, None, 0);
        for token in tokens(sample) {
            stream.push(token);
            let after = (stream.closed().len(), stream.open().map(str::to_owned), stream.version());
            assert!(after.2 != before.2 || (&after.0, &after.1) == (&before.0, &before.1), "{sample}");
            before = after;
        }
    }
}

/// The bound of the whole design: a token costs the same at the end of a long answer as at its beginning.
#[test]
fn a_long_answer_is_parsed_at_most_eight_times() {
    let text = answer(80_000);
    let stream = streamed(tokens(&text));
    let factor = stream.work() as f64 / text.len() as f64;
    println!("{} bytes, {} blocks, work factor {factor:.2}", text.len(), stream.closed().len());
    assert!(factor <= 8.0, "{factor}");
}

/// Samples chosen to be hard: one list item, one table, one paragraph, one quotation that do not end.
#[test]
fn endless_blocks_are_parsed_at_most_eight_times_too() {
    let endless = [
        "- **a** `b` *c*\n".repeat(3_000),
        format!("- a\n{}", "  - **b** `c`\n".repeat(3_000)),
        format!("| a | b |\n|---|---|\n{}", "| **x** | `y` |\n".repeat(3_000)),
        "**a** `b` *c* ".repeat(3_000),
        "> **a** `b` *c*\n".repeat(3_000),
        format!("```rust\n{}", "fn main() { let a = \"b\"; }\n".repeat(1_000)),
        "[a](b)* ".repeat(5_000),
    ];
    for text in endless {
        let stream = streamed(tokens(&text));
        let factor = stream.work() as f64 / text.len() as f64;
        assert!(factor <= 8.0, "{factor} for {}", &text[..40]);
    }
}

fn any_markdown() -> impl Strategy<Value = String> {
    let snippet = prop::sample::select(vec![
        "a",
        "中文",
        "。",
        "，",
        " ",
        "  ",
        "    ",
        "\n",
        "\n\n",
        "\t",
        "**",
        "*",
        "_",
        "`",
        "```",
        "~~~",
        "```rust",
        "~~",
        "- ",
        "1. ",
        "2) ",
        "10. ",
        "> ",
        "# ",
        "###### ",
        "---",
        "===",
        "|",
        "| a | b |\n|---|:-:|\n",
        "$",
        "$$",
        "\\(",
        "\\)",
        "\\[",
        "\\]",
        "\\",
        "[a](http://b.c)",
        "![a](d)",
        "[^1]",
        "[^1]: ",
        "[r]",
        "[r]: http://x.y\n",
        "<b>",
        "<div>",
        "<br>",
        "<!--",
        "&amp;",
        "&",
        "\"",
        "x^2",
        "\\frac{a}{b}",
        "fn main() {}",
        "[ ] ",
        "[x] ",
        "\r\n",
        "😀",
        "：",
        "「",
        "」",
        "http://a.b",
        "https://c.d/e_f",
        "www.a.b",
        "w",
        "://",
        "&#119;",
        "0",
        "1",
        ".",
        "!",
        "(",
        ")",
        "{",
        "}",
        "\u{0}",
        "\u{2028}",
        "\u{fdd0}",
    ]);
    prop::collection::vec(snippet, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn samples_in_any_chunks_end_as_at_once(sample in prop::sample::select(SAMPLES), points in prop::collection::vec(any::<usize>(), 0..30)) {
        let stream = streamed(cut(sample, &points));
        prop_assert_eq!(stream.closed(), blocks(sample));
    }

    #[test]
    fn anything_in_any_chunks_ends_as_at_once(text in any_markdown(), points in prop::collection::vec(any::<usize>(), 0..30)) {
        let stream = streamed(cut(&text, &points));
        prop_assert_eq!(stream.closed(), blocks(&text));
    }

    #[test]
    fn the_short_cut_for_plain_text_is_exact(text in any_markdown()) {
        let mut stream = Stream::new();
        for (at, letter) in text.char_indices() {
            let seen = &text[..at + letter.len_utf8()];
            stream.push(letter.encode_utf8(&mut [0; 4]));
            stream.refresh();
            let mut whole = Stream::new();
            whole.push(seen);
            whole.refresh();
            prop_assert_eq!(stream.open(), whole.open(), "after {:?}", seen);
        }
    }
}
