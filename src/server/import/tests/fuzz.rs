//! Files cut and bent at random, as the others that read what strangers send: every one comes to an end without a panic, what is taken of it
//! can be stored, and how its bytes come makes no difference. A bounded number of cases, so that it is a test like the others.

use std::io::{BufReader, Read};

use proptest::prelude::*;

use super::super::split::{Elements, Piece};
use super::*;

/// Bytes that mean something to a reader of JSON or of ZIP.
const BENT: [u8; 16] = [b'{', b'}', b'[', b']', b'"', b'\\', b',', b':', b'0', b'-', b'n', b' ', 0, 0x80, 0xff, b'P'];

fn files() -> Vec<Vec<u8>> {
    let all = [CHATGPT, CLAUDE, OPEN_WEBUI, LIBRECHAT, LIAO].map(str::as_bytes);
    let zip = zipped(&[("conversations.json", all[0]), ("a/b.json", all[4])]);
    all.into_iter().map(<[u8]>::to_vec).chain([zip]).collect()
}

/// Gives out a few bytes at a time.
struct Dribble<'a>(&'a [u8], usize);

impl Read for Dribble<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.0.len().min(buffer.len()).min(self.1);
        let (now, rest) = self.0.split_at(n);
        buffer[..n].copy_from_slice(now);
        self.0 = rest;
        Ok(n)
    }
}

fn split(bytes: &[u8], step: usize) -> Vec<String> {
    let mut elements = Elements::new(BufReader::with_capacity(step, Dribble(bytes, step)), 1 << 20);
    let mut all = Vec::new();
    while let Some(piece) = elements.element().unwrap() {
        all.push(match piece {
            Piece::Whole(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            other => format!("{other:?}"),
        });
        assert!(all.len() <= bytes.len() + 1, "every element takes a byte");
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn a_bent_file_is_read_to_its_end(
        which in 0..6_usize,
        cut in any::<prop::sample::Index>(),
        bends in prop::collection::vec((any::<prop::sample::Index>(), prop::sample::select(&BENT[..])), 0..12),
        whole in any::<bool>(),
    ) {
        let mut file = files().swap_remove(which);
        for (place, byte) in bends {
            let place = place.index(file.len());
            file[place] = byte;
        }
        if !whole {
            file.truncate(cut.index(file.len()));
        }
        if let Ok(took) = take(&file) {
            took.grown.iter().for_each(assert_sound);
        }
    }

    #[test]
    fn how_the_bytes_come_makes_no_difference(bytes in prop::collection::vec(prop::sample::select(&BENT[..]), 0..200), step in 1..7_usize) {
        prop_assert_eq!(split(&bytes, step), split(&bytes, 4096));
    }

    #[test]
    fn what_stands_in_a_list_comes_out_of_it(texts in prop::collection::vec(".{0,20}", 0..8), step in 1..7_usize) {
        let values: Vec<_> = texts.iter().map(|text| serde_json::json!({ "t": text, "l": [text, { "x": [] }] }).to_string()).collect();
        let list = format!("[{}]", values.join(" ,\n"));
        prop_assert_eq!(split(list.as_bytes(), step), values);
    }
}
