//! Bare addresses in a text become links: the extended autolinks of GFM (§6.9) with `http://`, `https://` and `www.`.
//!
//! Two things are not as there, for Chinese and Japanese, which have no spaces: a full-width mark ends an address, and so does a
//! letter of theirs right after the domain (`见https://example.com。`, `请看www.example.com吧`). Before `www.` may stand what is not ASCII.

use std::ops::Range;

use super::prepare::{CLOSE, OPEN, is_mark};

/// The first address in a text.
pub(super) fn find(text: &str) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(at) = marker(&text[from..]).map(|at| from + at) {
        if let Some(found) = address(text, at) {
            return Some(found);
        }
        from = at + 1;
    }
    None
}

/// Where `://` or `www.` stands first.
fn marker(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|&at| match bytes[at] {
        b':' => bytes[at..].starts_with(b"://"),
        b'w' | b'W' => bytes[at..].get(..4).is_some_and(|head| head.eq_ignore_ascii_case(b"www.")),
        _ => false,
    })
}

/// Whether a text holds what an address is known by.
pub(super) fn is_near(text: &str) -> bool {
    marker(text).is_some()
}

/// Whether what follows may still belong to an address at the end of this text.
pub(super) fn is_unfinished(text: &str) -> bool {
    let word = text.rsplit(ends).next().unwrap_or_default();
    let rest = word.trim_end_matches(['w', 'W']);
    is_near(word) || (rest.len() < word.len() && !rest.ends_with(|c: char| c.is_ascii_alphanumeric()))
}

/// The address whose marker stands at `at`.
fn address(text: &str, at: usize) -> Option<Range<usize>> {
    let before = |at: usize| text[..at].chars().next_back();
    let (start, domain, short) = if text[at..].starts_with(':') {
        let scheme = ["https", "http"].into_iter().find(|scheme| {
            let head = at.checked_sub(scheme.len()).and_then(|from| text.get(from..at));
            head.is_some_and(|head| head.eq_ignore_ascii_case(scheme))
        })?;
        let start = at - scheme.len();
        (start, at + 3, before(start).is_none_or(|c| !c.is_ascii_alphanumeric()).then_some(true)?)
    } else {
        let free = before(at).is_none_or(|c| c.is_whitespace() || "*_~(".contains(c) || !c.is_ascii());
        (at, at, free.then_some(false)?)
    };
    let domain = domain..domain + domain_len(&text[domain..], short)?;
    let rest = &text[domain.end..];
    let end = match rest.chars().next() {
        Some(c) if !c.is_ascii() => domain.end,
        _ => domain.end + rest.find(ends).unwrap_or(rest.len()),
    };
    let end = start + trimmed(&text[start..end]);
    (end > domain.start).then_some(start..end)
}

/// The length of the domain that the text begins with. `short`: it needs no dot (`http://localhost`).
fn domain_len(text: &str, short: bool) -> Option<usize> {
    let len = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(text.len());
    let domain = text[..len].trim_end_matches(['.', '-', '_']);
    let mut parts = domain.rsplit('.');
    let lasting = parts.by_ref().take(2).all(|part| !part.contains('_'));
    let begins = domain.starts_with(|c: char| c.is_ascii_alphanumeric()) && !domain.starts_with("www..");
    (lasting && begins && (short || domain.contains('.'))).then_some(len)
}

/// What ends an address.
fn ends(c: char) -> bool {
    c.is_whitespace() || matches!(c, '<' | OPEN | CLOSE | '“' | '”' | '‘' | '’' | '…' | '—') || (!c.is_ascii() && is_mark(c))
}

/// The length without the punctuation at the end that belongs to the sentence.
fn trimmed(address: &str) -> usize {
    let mut rest = address;
    while let Some(last) = rest.chars().next_back() {
        let shorter = &rest[..rest.len() - last.len_utf8()];
        rest = match last {
            '?' | '!' | '.' | ',' | ':' | '*' | '_' | '~' | '\'' | '"' => shorter,
            ')' if rest.matches(')').count() > rest.matches('(').count() => shorter,
            // `&amp;` and its like are no part of the address, nor is a semicolon.
            ';' => match shorter.rfind('&') {
                Some(at) if at + 1 < shorter.len() && shorter[at + 1..].bytes().all(|b| b.is_ascii_alphanumeric()) => &rest[..at],
                _ => shorter,
            },
            _ => return rest.len(),
        };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        find(text).map(|range| &text[range])
    }

    #[test]
    fn the_examples_of_the_specification() {
        for (text, address) in [
            ("www.commonmark.org", "www.commonmark.org"),
            ("Visit www.commonmark.org/help for more information.", "www.commonmark.org/help"),
            ("Visit www.commonmark.org.", "www.commonmark.org"),
            ("Visit www.commonmark.org/a.b.", "www.commonmark.org/a.b"),
            ("www.google.com/search?q=Markup+(business)", "www.google.com/search?q=Markup+(business)"),
            ("www.google.com/search?q=Markup+(business)))", "www.google.com/search?q=Markup+(business)"),
            ("(www.google.com/search?q=Markup+(business))", "www.google.com/search?q=Markup+(business)"),
            ("(www.google.com/search?q=Markup+(business)", "www.google.com/search?q=Markup+(business)"),
            ("www.google.com/search?q=(business))+ok", "www.google.com/search?q=(business))+ok"),
            ("www.google.com/search?q=commonmark&hl=en", "www.google.com/search?q=commonmark&hl=en"),
            ("www.google.com/search?q=commonmark&hl;", "www.google.com/search?q=commonmark"),
            ("www.commonmark.org/he<lp", "www.commonmark.org/he"),
            ("http://commonmark.org", "http://commonmark.org"),
            ("(Visit https://encrypted.google.com/search?q=Markup+(business))", "https://encrypted.google.com/search?q=Markup+(business)"),
        ] {
            assert_eq!(found(text), Some(address), "{text}");
        }
    }

    #[test]
    fn where_an_address_begins_and_ends() {
        for (text, address) in [
            ("HTTPS://Example.org/A?!", "HTTPS://Example.org/A"),
            ("see http://localhost:3000/a_b, please", "http://localhost:3000/a_b"),
            ("见https://example.com。然后", "https://example.com"),
            ("请看www.example.com吧", "www.example.com"),
            ("https://zh.wikipedia.org/wiki/中国（又名", "https://zh.wikipedia.org/wiki/中国"),
            ("\"https://a.b\"", "https://a.b"),
            ("x://a.b https://c.d", "https://c.d"),
        ] {
            assert_eq!(found(text), Some(address), "{text}");
        }
        for text in [
            "xhttp://a.b",
            "awww.a.b",
            "www.",
            "www..a",
            "http://",
            "http://_a.b",
            "http://a_b.c",
            "https://.",
            "ftp://a.b",
            "javascript://a.b",
            "/www.a.b",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    #[test]
    fn an_address_that_may_go_on_is_unfinished() {
        for text in ["http://", "see https://a.b.", "w", "a ww", "www", "（www.a", "http://_"] {
            assert!(is_unfinished(text), "{text}");
        }
        for text in ["now", "https://a.b and", "http", "https://a.b。", "", "a: b"] {
            assert!(!is_unfinished(text), "{text}");
        }
    }
}
