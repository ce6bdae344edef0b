//! What a recording is, by its content.

/// A kind of recording that models take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    pub media_type: &'static str,
    /// Vendors tell by its ending what it is.
    pub file_name: &'static str,
}

/// The kind; none for what is no recording, or one that models do not take.
pub fn of(bytes: &[u8]) -> Option<Kind> {
    let kind = |media_type, file_name| Some(Kind { media_type, file_name });
    let at = |from: usize, what: &[u8]| bytes.get(from..from + what.len()) == Some(what);
    match () {
        () if at(0, &[0x1A, 0x45, 0xDF, 0xA3]) => kind("audio/webm", "audio.webm"),
        () if at(0, b"OggS") => kind("audio/ogg", "audio.ogg"),
        () if at(0, b"fLaC") => kind("audio/flac", "audio.flac"),
        () if at(0, b"RIFF") && at(8, b"WAVE") => kind("audio/wav", "audio.wav"),
        () if at(4, b"ftyp") => kind("audio/mp4", "audio.m4a"),
        () if at(0, b"ID3") || is_mpeg(bytes) => kind("audio/mpeg", "audio.mp3"),
        () => None,
    }
}

/// The head of an MPEG frame of layer II or III (ISO 11172-3, 2.4.2.3). AAC has the layer 0 in the same place, and layer I, which
/// nobody sends, is also what text in UTF-16 begins with.
fn is_mpeg(bytes: &[u8]) -> bool {
    let [0xFF, second, third, ..] = bytes else { return false };
    let (version, layer, rate) = (second >> 3 & 3, second >> 1 & 3, third >> 2 & 3);
    second >> 5 == 7 && version != 1 && matches!(layer, 1 | 2) && rate != 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_recording_is_its_content_says() {
        for (bytes, expected) in [
            (&b"\x1A\x45\xDF\xA3\x01\0\0\0"[..], Some("audio/webm")),
            (b"OggS\0\x02", Some("audio/ogg")),
            (b"RIFF\x24\0\0\0WAVEfmt ", Some("audio/wav")),
            (b"RIFF\x24\0\0\0AVI LIST", None),
            (b"\0\0\0\x18ftypM4A ", Some("audio/mp4")),
            (b"fLaC\0\0\0\x22", Some("audio/flac")),
            (b"ID3\x04\0", Some("audio/mpeg")),
            (b"\xFF\xFB\x90\x64", Some("audio/mpeg")),
            (b"\xFF\xF3\x40\xC0", Some("audio/mpeg")),
            (b"\xFF\xF1\x50\x80", None),
            (b"\xFF\xFEh\0i\0", None),
            (b"#!/bin/sh", None),
            (b"", None),
        ] {
            assert_eq!(of(bytes).map(|kind| kind.media_type), expected, "{bytes:?}");
        }
    }
}
