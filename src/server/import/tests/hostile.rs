//! Files that mean harm, or were cut: each has an end, a bound and a clear word.

use std::io::{BufReader, Read};

use super::super::split::{Elements, Piece};
use super::*;

/// A conversation of ChatGPT with this mapping.
fn mapping(mapping: &str) -> String {
    format!(r#"[{{"title": "T", "conversation_id": "c", "mapping": {mapping}}}]"#)
}

fn node(id: &str, parent: &str, text: &str) -> String {
    format!(r#""{id}": {{"parent": "{parent}", "message": {{"author": {{"role": "user"}}, "content": {{"parts": ["{text}"]}}}}}}"#)
}

fn only(file: &str) -> SkipReason {
    let took = take(file.as_bytes()).unwrap();
    assert!(took.grown.is_empty(), "{took:?}");
    let [reason] = took.reasons()[..] else { panic!("{took:?}") };
    reason
}

#[test]
fn what_leads_in_a_circle_is_left_out_as_a_whole() {
    let circle = format!("{{{}, {}, {}}}", node("a", "", "A"), node("b", "c", "B"), node("c", "b", "C"));
    assert_eq!(only(&mapping(&circle)), SkipReason::Circle);
    assert_eq!(only(&mapping(&format!("{{{}}}", node("a", "a", "A")))), SkipReason::Circle, "its own parent");
    // A parent that is not there is none, and the same node twice hangs where its parent says.
    let lost = format!("{{{}, {}, {}}}", node("a", "gone", "A"), node("b", "a", "B"), node("b", "a", "B2"));
    let took = take(mapping(&lost).as_bytes()).unwrap();
    assert_eq!(took.grown[0].messages.len(), 3);
    took.grown.iter().for_each(assert_sound);
}

#[test]
fn what_is_of_another_kind_is_left_out_and_the_rest_is_taken() {
    let whole = format!("{{{}}}", node("a", "", "A"));
    for wrong in
        [r#""x""#, "7", "[1]", r#"{"a": 3}"#, r#"{"a": {"message": [1]}}"#, r#"{"a": {"message": {"content": {"parts": {"x": 1}}}}}"#]
    {
        assert_eq!(only(&mapping(wrong)), SkipReason::Unreadable, "{wrong}");
    }
    let file =
        format!("[1, null, \"x\", {}, {{}}, {}]", &mapping("7").trim_matches(['[', ']']), &mapping(&whole)[1..mapping(&whole).len() - 1]);
    let took = take(file.as_bytes()).unwrap();
    let unknown = SkipReason::Unknown;
    assert_eq!(took.reasons(), [unknown, unknown, unknown, SkipReason::Unreadable, unknown], "{took:?}");
    assert_eq!((took.grown.len(), took.skipped[3].title.as_str()), (1, "T"));
    // What does not matter may be anything.
    let odd = r#"[{"title": 7, "create_time": "soon", "update_time": -1e300, "is_archived": "yes", "current_node": {}, "mapping": {"a": {"parent": [], "children": null,
        "message": {"author": {"role": "user"}, "create_time": 1e400, "content": {"parts": ["A", 7, null, {"x": []}]}}}}}]"#;
    let odd = odd.replace("1e400", "99999999999999999999");
    let took = take(odd.as_bytes()).unwrap();
    assert_eq!(took.grown[0].title, "A", "{took:?}");
    took.grown.iter().for_each(assert_sound);
}

#[test]
fn nesting_without_end_is_no_stack_without_end() {
    let deep = 1_000_000;
    let nested = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    for file in [
        mapping(&format!(r#"{{"a": {{"message": {{"content": {{"parts": {nested}}}}}}}}}"#)),
        mapping(&nested),
        format!(r#"[{{"mapping": {{}}, "x": {nested}}}]"#),
        format!(r#"{{"conversationId": "c", "title": "T", "messages": {nested}}}"#),
        format!(r#"{{"conversationId": "c", "title": "T", "messages": [{{"x": {nested}}}]}}"#),
    ] {
        let reason = only(&file);
        assert!(matches!(reason, SkipReason::Unreadable | SkipReason::Empty), "{reason:?}");
    }
    assert_eq!(take(nested.as_bytes()).unwrap_err(), ImportFault::Unrecognised);
}

#[test]
fn a_file_that_is_cut_loses_what_it_was_cut_in_and_nothing_else() {
    let whole = take(CHATGPT.as_bytes()).unwrap();
    let second = CHATGPT.rfind("潮汐").unwrap();
    let took = take(&CHATGPT.as_bytes()[..second]).unwrap();
    assert_eq!((took.grown.len(), took.reasons()), (1, vec![SkipReason::Cut]));
    assert_eq!(tree(&took.grown[0].messages), tree(&whole.grown[0].messages));
    assert_eq!(take(&CHATGPT.as_bytes()[..200]).unwrap_err(), ImportFault::Unrecognised);
    // After the last one, before the end of the list: whole, but who knows what came after it.
    let end = CHATGPT.trim_end().len() - 1;
    let took = take(&CHATGPT.as_bytes()[..end]).unwrap();
    assert_eq!((took.grown.len(), took.reasons()), (2, vec![SkipReason::Cut]));
    let zip = zipped(&[("conversations.json", CHATGPT.as_bytes())]);
    assert_eq!(take(&zip[..zip.len() / 2]).unwrap_err(), ImportFault::Damaged);
}

#[test]
fn what_is_in_no_form_is_said_to_be_none() {
    for file in ["", " ", "[]", "{}", "[1, 2]", "PK", "PK\u{3}\u{4}nothing of the sort", "]]]}}},,,", "hello", "{\"messages\": []}"] {
        let fault = take(file.as_bytes()).unwrap_err();
        let expected = if file.starts_with("PK") { ImportFault::Damaged } else { ImportFault::Unrecognised };
        assert_eq!(fault, expected, "{file}");
    }
    assert_eq!(take(&zipped(&[("a.json", b"{}"), ("b.txt", b"x")])).unwrap_err(), ImportFault::Unrecognised);
}

#[test]
fn what_unpacks_without_end_is_given_up() {
    // A conversation, and then as many spaces as make it a thousand times larger than it is packed.
    let mut bomb = CHATGPT.trim_end().trim_end_matches(']').to_owned().into_bytes();
    bomb.resize(bomb.len() + 80 * 1024 * 1024, b' ');
    let zip = zipped(&[("conversations.json", &bomb)]);
    assert!(zip.len() < 200_000, "{}", zip.len());
    assert_eq!(take(&zip).unwrap_err(), ImportFault::TooLarge);
}

#[test]
fn what_is_too_long_is_left_out_and_named() {
    let long = "x".repeat(TEXT_MAX + 1);
    assert_eq!(only(&mapping(&format!("{{{}}}", node("a", "", &long)))), SkipReason::MessageTooLong);
    let many: Vec<_> = (0..=NODES_MAX).map(|n| node(&n.to_string(), "", "x")).collect();
    assert_eq!(only(&mapping(&format!("{{{}}}", many.join(",")))), SkipReason::TooLarge);
    // Small in the file, large in memory: many values of a few bytes each.
    let children = vec!["\"\""; VALUES_MAX + 10].join(",");
    assert_eq!(only(&mapping(&format!(r#"{{"a": {{"children": [{children}]}}}}"#))), SkipReason::TooLarge);
    assert_eq!(take(mapping(&format!("{{{}}}", node("a", "", &long[1..]))).as_bytes()).unwrap().grown.len(), 1);
}

/// Conversations without end, each of about this size.
struct Endless {
    left: usize,
    /// What is being given out.
    piece: Vec<u8>,
    at: usize,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        let rest = &self.piece[self.at..];
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        self.at += n;
        if self.at == self.piece.len() {
            (self.at, self.left) = (0, self.left - 1);
        }
        Ok(n)
    }
}

/// Reads so many elements of this size; answers how many were whole, how many too large, and the most memory that any took, in bytes.
fn held(count: usize, size: usize, most: usize) -> (usize, usize, usize) {
    let piece = format!("{{\"title\": \"{}\"}},\n", "x".repeat(size)).into_bytes();
    let mut elements = Elements::new(BufReader::new(Endless { left: count, piece, at: 0 }), most);
    let (mut whole, mut large, mut held) = (0, 0, 0);
    loop {
        match elements.element().unwrap() {
            Some(Piece::Whole(_)) => whole += 1,
            Some(Piece::TooLarge) => large += 1,
            Some(Piece::Cut) => panic!("nothing is cut"),
            None => return (whole, large, held),
        }
        held = held.max(elements.held());
    }
}

/// The bound of the memory that a file takes: its largest conversation's, whatever the file's size; and where that is too large, the bound.
#[test]
fn a_file_of_any_size_takes_the_memory_of_one_conversation() {
    let (kib, most) = (1024, 256 * 1024);
    let (whole, large, few) = held(4, 100 * kib, most);
    assert_eq!((whole, large), (4, 0));
    // 256 MiB: a hundred times as much, and the same memory.
    assert_eq!(held(2_560, 100 * kib, most), (2_560, 0, few));
    assert!((100 * kib..=128 * kib).contains(&few), "{few}");
    let (whole, large, held) = held(64, 4096 * kib, most);
    assert_eq!((whole, large), (0, 64));
    assert!(held <= most, "{held}");
}
