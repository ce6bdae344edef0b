//! What comes over a line, cut and bent at random: every vendor's decoder says the same however its bytes were cut, and comes to an end
//! whatever they are. A bounded number of cases, so that it is a test like the others.

use std::time::Duration;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt, stream};
use proptest::prelude::*;

use super::super::{ChatRequest, Delta, Turn};
use super::matrix::{VENDORS, Vendor};
use super::upstream;
use crate::model::generation::FailureKind;
use crate::model::message::Author;

/// A decoder that is not done by then hangs.
const WITHIN: Duration = Duration::from_secs(20);

/// What a model may say, in pieces: what looks like the format itself, and what is longer than a byte.
const WORDS: [&str; 10] =
    ["a", "Hello", "你好", "🚀", "e\u{301}", "\u{2028}x", "\"q\\", "data: [DONE]", "b\n\ndata: {}\n\n", "{\"done\":true}"];

/// Bytes that mean something to a reader of lines, of JSON or of UTF-8.
const BENT: [u8; 14] = [b'\n', b'\r', b':', b'{', b'}', b'"', b'\\', b'[', b'0', b' ', 0, 0x80, 0xf0, 0xff];

/// The events of an answer that says these words.
fn answer(vendor: &Vendor, words: &[&str], crlf: bool) -> Vec<u8> {
    let piece = |word: &&str| vendor.piece.replace("\"a\"", &serde_json::to_string(word).unwrap());
    let text: String = words.iter().map(piece).chain([vendor.end.to_owned()]).collect();
    if crlf { text.replace('\n', "\r\n").into_bytes() } else { text.into_bytes() }
}

/// The bytes in pieces, cut at these places.
fn cut(bytes: &[u8], places: &[usize]) -> Vec<Bytes> {
    let mut places: Vec<usize> = places.iter().map(|place| place % (bytes.len() + 1)).collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places.windows(2).filter(|pair| pair[0] < pair[1]).map(|pair| Bytes::copy_from_slice(&bytes[pair[0]..pair[1]])).collect()
}

/// The text that the decoder makes of these pieces, and what ended it if not the answer itself.
fn heard(vendor: &Vendor, pieces: Vec<Bytes>) -> (String, Option<FailureKind>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let media_type = vendor.stream;
        let answering = move || -> Response {
            // With a pause, so that a piece comes by itself and not with the next one.
            let pieces = stream::iter(pieces.clone()).then(|piece| async {
                tokio::task::yield_now().await;
                Ok::<_, std::io::Error>(piece)
            });
            ([("content-type", media_type)], Body::from_stream(pieces)).into_response()
        };
        let (url, _asked) = upstream(answering).await;
        let request = ChatRequest { model: "m".into(), turns: vec![Turn::new(Author::User, "Hi")], ..ChatRequest::default() };
        let reading = async {
            let mut text = String::new();
            let mut deltas = match (vendor.make)(&url).chat(request).await {
                Ok(deltas) => deltas,
                Err(error) => return (text, Some(error.kind)),
            };
            while let Some(delta) = deltas.next().await {
                match delta {
                    Ok(Delta::Text(more)) => text += &more,
                    Ok(_) => {}
                    Err(error) => return (text, Some(error.kind)),
                }
            }
            (text, None)
        };
        tokio::time::timeout(WITHIN, reading).await.expect("the decoder comes to an end")
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) })]

    #[test]
    fn an_answer_says_the_same_however_it_was_cut_on_its_way(
        vendor in 0..VENDORS.len(),
        words in prop::collection::vec(prop::sample::select(&WORDS[..]), 1..8),
        places in prop::collection::vec(any::<usize>(), 0..24),
        crlf in any::<bool>(),
    ) {
        let vendor = &VENDORS[vendor];
        let said = answer(vendor, &words, crlf);
        prop_assert_eq!(heard(vendor, cut(&said, &places)), (words.concat(), None), "{}, lines end with CRLF: {}", vendor.name, crlf);
    }

    #[test]
    fn a_bent_answer_ends_with_what_was_said_or_with_a_reason(
        vendor in 0..VENDORS.len(),
        words in prop::collection::vec(prop::sample::select(&WORDS[..]), 1..8),
        places in prop::collection::vec(any::<usize>(), 0..12),
        bends in prop::collection::vec((any::<usize>(), prop::sample::select(&BENT[..]), 0_u8..4), 1..6),
    ) {
        let vendor = &VENDORS[vendor];
        let mut bytes = answer(vendor, &words, false);
        for (place, byte, how) in bends {
            let at = place % bytes.len().max(1);
            match how {
                0 if at < bytes.len() => bytes[at] = byte,
                1 => bytes.insert(at.min(bytes.len()), byte),
                2 if at < bytes.len() => drop(bytes.remove(at)),
                // Cut off, or said again from here.
                3 if byte < b'0' => bytes.truncate(at),
                _ => bytes.extend_from_within(at..),
            }
        }
        let (text, _) = heard(vendor, cut(&bytes, &places));
        prop_assert!(text.len() <= bytes.len() * 3, "{}: more was heard than was sent", vendor.name);
    }
}
