//! Whether a JPEG file is all there. The decoder fills what is missing with grey and says nothing.

/// Start of image, end of image, start of scan (ITU-T T.81, table B.1).
const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;

/// Whether the segments lead to an end-of-image marker.
pub fn is_whole(file: &[u8]) -> bool {
    walk(file).is_some()
}

fn walk(file: &[u8]) -> Option<()> {
    let mut at = 0;
    let mut scanned = false;
    loop {
        let marker = marker(file, &mut at)?;
        match marker {
            EOI => return scanned.then_some(()),
            // Alone: the start, restarts, and TEM.
            SOI | 0xD0..=0xD7 | 0x01 => {}
            _ => {
                let length = usize::from(u16::from_be_bytes([*file.get(at)?, *file.get(at + 1)?]));
                at = at.checked_add(length.max(2))?;
                if marker == SOS {
                    scanned = true;
                    skip_scan(file, &mut at)?;
                }
            }
        }
    }
}

/// The marker here: 0xFF, any number of times, and its code.
fn marker(file: &[u8], at: &mut usize) -> Option<u8> {
    if *file.get(*at)? != 0xFF {
        return None;
    }
    while *file.get(*at)? == 0xFF {
        *at += 1;
    }
    *at += 1;
    file.get(*at - 1).copied()
}

/// Goes to the marker that ends the scan: in the scan 0xFF is followed by 0, or is a restart.
fn skip_scan(file: &[u8], at: &mut usize) -> Option<()> {
    loop {
        let found = file.get(*at..)?.iter().position(|byte| *byte == 0xFF)? + *at;
        match file.get(found + 1)? {
            0 | 0xD0..=0xD7 => *at = found + 2,
            0xFF => *at = found + 1,
            _ => {
                *at = found;
                return Some(());
            }
        }
    }
}
