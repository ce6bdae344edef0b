//! Followers: patches bring what a browser holds up to date, at whatever times it asks.

use proptest::prelude::*;

use super::super::{Cursor, Patch, Stream, blocks};
use super::samples::{SAMPLES, answer};
use super::{cut, tokens};

const CODE_END: &str = "</code></pre></figure>";
const TAIL: &str = "<span class=\"tail\">";

/// What the browser does with a patch, on strings instead of elements.
fn apply(page: &mut Vec<String>, patch: &Patch) {
    match patch {
        Patch::Replace { b, at, html } => {
            if *b == page.len() {
                page.push(String::new());
            }
            let old: Vec<u16> = page[*b].encode_utf16().collect();
            page[*b] = String::from_utf16(&old[..*at]).expect("a cut inside a character") + html;
        }
        Patch::Append { b, append, tail } => {
            let lines = page[*b].strip_suffix(CODE_END).expect("appending to what is not a code block");
            let lines = if lines.ends_with("</span>") { lines.rsplit_once(TAIL).map_or(lines, |(lines, _)| lines) } else { lines };
            page[*b] = format!("{lines}{append}{tail}{CODE_END}");
        }
    }
}

fn shown(stream: &Stream) -> Vec<String> {
    stream.closed().iter().map(|html| html.to_string()).chain(stream.open().map(str::to_owned)).collect()
}

fn follow(stream: &Stream, cursor: &mut Cursor, page: &mut Vec<String>) {
    for patch in stream.patches(cursor) {
        apply(page, &patch);
    }
}

#[test]
fn a_follower_that_asks_after_every_token_sees_what_is_open() {
    for sample in SAMPLES {
        let (mut stream, mut cursor, mut page) = (Stream::new(), Cursor::default(), Vec::new());
        for token in tokens(sample) {
            stream.push(token);
            follow(&stream, &mut cursor, &mut page);
            assert_eq!(page, shown(&stream), "{sample}");
            assert_eq!(stream.patches(&mut cursor), [], "nothing has changed since");
        }
        stream.finish();
        follow(&stream, &mut cursor, &mut page);
        assert_eq!(page.concat(), blocks(sample).concat());
    }
}

#[test]
fn a_reader_that_has_the_finished_blocks_gets_the_open_one_whole() {
    let mut stream = Stream::new();
    stream.push("# One\n\nTwo 😀 **three");
    let mut cursor = Cursor::at(1);
    assert_eq!(stream.patches(&mut cursor), [Patch::Replace { b: 1, at: 0, html: stream.open().unwrap_or_default().into() }]);
}

#[test]
fn positions_count_utf16_units() {
    let (mut stream, mut cursor) = (Stream::new(), Cursor::default());
    stream.push("中😀a");
    stream.patches(&mut cursor);
    stream.push("b");
    assert_eq!(stream.patches(&mut cursor), [Patch::Replace { b: 0, at: 7, html: "b</p>".into() }]);
    let json = serde_json::to_string(&Patch::Replace { b: 0, at: 7, html: "b</p>".into() }).unwrap();
    assert_eq!(json, r#"{"b":0,"at":7,"html":"b</p>"}"#);
}

#[test]
fn code_grows_by_lines_and_is_never_sent_again() {
    let (mut stream, mut cursor) = (Stream::new(), Cursor::default());
    stream.push("```rust\nfn main() {\n");
    stream.patches(&mut cursor);
    stream.push("    x(<");
    let tail = format!("{TAIL}    x(&lt;</span>");
    assert_eq!(stream.patches(&mut cursor), [Patch::Append { b: 0, append: String::new(), tail }]);
    stream.push(");\n}\n```\n");
    let patches = stream.patches(&mut cursor);
    let [Patch::Append { b: 0, append, tail }] = patches.as_slice() else { panic!("{patches:?}") };
    assert!(append.contains("<span class=\"f\">x</span>(&lt;);\n}\n") && tail.is_empty(), "{append}");
}

/// Bytes to the browser: 1.5 × the text and 200 per event, for a follower that asks after every token.
#[test]
fn what_is_sent_is_bounded_by_the_text_and_the_events() {
    let endless = [
        answer(80_000),
        format!("```js\n{}", "x+=1;".repeat(4_000)),
        format!("```js\n{}", "let a = 'b'; // c\n".repeat(1_000)),
        "A long paragraph with **some emphasis**, some `code`, and plain words for the rest of it. ".repeat(200),
        "| a | b |\n|---|---|\n".to_owned() + &"| **x** | `y` |\n".repeat(1_000),
    ];
    for text in endless {
        let (mut stream, mut cursor) = (Stream::new(), Cursor::default());
        let (mut sent, mut events) = (0, 0);
        for token in tokens(&text) {
            stream.push(token);
            let patches = stream.patches(&mut cursor);
            events += usize::from(!patches.is_empty());
            sent += serde_json::to_string(&patches).unwrap().len();
        }
        let bound = text.len() * 3 / 2 + 200 * events;
        println!("{} bytes of text, {events} events, {sent} bytes sent, {:.0} per event", text.len(), sent as f64 / events as f64);
        assert!(sent <= bound, "{sent} > {bound} for {}", &text[..30]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Whenever a reader asks, and wherever it starts, its page becomes what is shown.
    #[test]
    fn any_reader_catches_up(
        sample in prop::sample::select(SAMPLES),
        points in prop::collection::vec(any::<usize>(), 0..60),
        asks in prop::collection::vec(any::<bool>(), 61),
        joins in 0..60usize,
    ) {
        let mut stream = Stream::new();
        let mut reader: Option<(Cursor, Vec<String>)> = None;
        for (step, piece) in cut(sample, &points).into_iter().enumerate() {
            stream.push(piece);
            if step == joins.min(points.len()) {
                let page: Vec<String> = stream.closed().iter().map(|html| html.to_string()).collect();
                reader = Some((Cursor::at(page.len()), page));
            }
            if let Some((cursor, page)) = reader.as_mut().filter(|_| asks[step]) {
                follow(&stream, cursor, page);
                prop_assert_eq!(&*page, &shown(&stream));
            }
        }
        stream.finish();
        let (mut cursor, mut page) = reader.expect("joined at the last step or before");
        follow(&stream, &mut cursor, &mut page);
        prop_assert_eq!(page, shown(&stream));
    }
}
