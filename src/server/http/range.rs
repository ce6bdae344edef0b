//! Which part of a file a request asks for (RFC 9110 §14).

use std::ops::Range;

use http::header::{IF_RANGE, RANGE};
use http::{HeaderMap, HeaderName};

/// What of a file is asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    Whole,
    Part(Range<u64>),
    /// Nothing that the file has.
    Nothing,
}

/// One range is served; several, or one of another unit, are answered with the whole, and so is the part of another file.
pub fn wanted(headers: &HeaderMap, size: u64, tag: &str) -> Wanted {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let other = text(IF_RANGE).is_some_and(|found| found != tag);
    match text(RANGE).and_then(|range| range.strip_prefix("bytes=")) {
        Some(range) if !other && !range.contains(',') => part(range.trim(), size),
        _ => Wanted::Whole,
    }
}

/// `5-9`, `5-`, `-5` of a file of this size.
fn part(range: &str, size: u64) -> Wanted {
    let Some((first, last)) = range.split_once('-') else { return Wanted::Whole };
    let (first, last) = (first.trim(), last.trim());
    let number = |text: &str| text.parse::<u64>().ok();
    let asked = match (first.is_empty(), last.is_empty()) {
        (true, true) => None,
        (true, false) => number(last).map(|n| size.saturating_sub(n)..size),
        (false, true) => number(first).map(|first| first..size),
        (false, false) => number(first)
            .zip(number(last))
            .filter(|(first, last)| first <= last)
            .map(|(first, last)| first..last.saturating_add(1).min(size)),
    };
    match asked {
        // What cannot be read is as if it were not there.
        None => Wanted::Whole,
        Some(range) if range.start >= size || range.is_empty() => Wanted::Nothing,
        Some(range) => Wanted::Part(range),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_the_standard_says() {
        assert_eq!(part("0-499", 1000), Wanted::Part(0..500));
        assert_eq!(part("500-", 1000), Wanted::Part(500..1000));
        assert_eq!(part("-300", 1000), Wanted::Part(700..1000));
        assert_eq!(part("-3000", 1000), Wanted::Part(0..1000));
        assert_eq!(part("900-5000", 1000), Wanted::Part(900..1000));
        for none in ["1000-", "2000-3000", "-0"] {
            assert_eq!(part(none, 1000), Wanted::Nothing, "{none}");
        }
        for odd in ["-", "x-y", "9-5", "12"] {
            assert_eq!(part(odd, 1000), Wanted::Whole, "{odd}");
        }
    }
}
