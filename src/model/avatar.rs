//! Pictures of people, and the initials that stand in for one.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::user::User;

/// Where a plain form posts a picture to, as the field `avatar`.
pub const FORM: &str = "/avatar/";
/// Largest picture that may be sent, in bytes.
pub const BYTES_MAX: usize = 5 * 1024 * 1024;
/// Longest side of a picture that may be sent, in pixels.
pub const SIDE_MAX: u32 = 8192;
/// The sides of the squares that are kept, in pixels, largest first.
pub const SIDES: &[u32] = &[512, 128, 48];

/// Where a person's picture is. Without one all three show the initials, which scale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Avatar {
    /// 48 pixels a side.
    #[schema(example = "/avatar/0c8f1b0e6a7d4c2f9b3e5d1a7c6f8e90-48.webp")]
    pub small: String,
    /// 128 pixels a side.
    #[schema(example = "/avatar/0c8f1b0e6a7d4c2f9b3e5d1a7c6f8e90-128.webp")]
    pub medium: String,
    /// 512 pixels a side.
    #[schema(example = "/avatar/0c8f1b0e6a7d4c2f9b3e5d1a7c6f8e90-512.webp")]
    pub large: String,
}

impl Avatar {
    /// The picture of this user, or what stands in for it. Every address is of one content for ever.
    pub fn of(user: &User) -> Self {
        let Some(hash) = &user.avatar else {
            // The version changes with the name.
            let initials = format!("/avatar/initials/{}.svg?v={:x}", user.id, fnv(&user.name));
            return Self { small: initials.clone(), medium: initials.clone(), large: initials };
        };
        let url = |side: u32| format!("/avatar/{}", file_name(hash, side));
        Self { small: url(48), medium: url(128), large: url(512) }
    }
}

/// The name of a picture's file: its content's hash and its side.
pub fn file_name(hash: &str, side: u32) -> String {
    format!("{hash}-{side}.webp")
}

/// One or two letters for a name: of its first and its last word; the last character of a name that is written without spaces
/// in Han characters (the given name ends there).
pub fn initials(name: &str) -> String {
    let mut words = name.split_whitespace();
    let (first, last) = (words.next().unwrap_or_default(), words.next_back());
    if last.is_none() && first.chars().any(is_han) {
        return first.chars().rev().find(|c| c.is_alphanumeric()).map(String::from).unwrap_or_default();
    }
    let letter = |word: &str| word.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().collect::<String>());
    format!("{}{}", letter(first).unwrap_or_default(), last.and_then(letter).unwrap_or_default())
}

fn is_han(c: char) -> bool {
    matches!(u32::from(c), 0x3400..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

/// A short number for a text, the same everywhere (FNV-1a). It guards nothing.
pub fn fnv(text: &str) -> u32 {
    text.bytes().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        for (name, expected) in [
            ("Ada Lovelace", "AL"),
            ("ada", "A"),
            ("Johann Sebastian Bach", "JB"),
            ("王小明", "明"),
            ("王<", "王"),
            ("élan vital", "ÉV"),
            ("  (x)  ", "X"),
            ("!!!", ""),
            ("", ""),
        ] {
            assert_eq!(initials(name), expected, "{name:?}");
        }
    }
}
