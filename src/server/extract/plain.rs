//! Text in whatever encoding it was written.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, GBK};

use crate::model::file::Fault;

/// The text of a text file: UTF-8, what a mark at its beginning says, or what its bytes look like.
pub fn text(file: &[u8]) -> Result<String, Fault> {
    if let Some((encoding, mark)) = Encoding::for_bom(file) {
        return Ok(encoding.decode_without_bom_handling(&file[mark..]).0.into_owned());
    }
    if let Ok(text) = std::str::from_utf8(file) {
        return Ok(text.to_owned());
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(file, true);
    let guessed = detector.guess(None, Utf8Detection::Allow);
    // The larger set of which the other one is a part.
    let encoding = if guessed == GBK { GB18030 } else { guessed };
    Ok(encoding.decode(file).0.into_owned())
}
