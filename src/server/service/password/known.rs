//! Passwords that are tried first: those of published breaches that zxcvbn's own list lacks, and a common word with a year or a mark.

use sha2::{Digest, Sha256};
use zxcvbn::matching::patterns::MatchPattern;
use zxcvbn::zxcvbn;

/// The first four bytes of the SHA-256 of each, in order (`scripts/passwords.py` makes it).
static KNOWN: &[u8] = include_bytes!("known.bin");
const PREFIX: usize = 4;
/// Most characters around a word that programs that guess try with every word they know.
const AROUND: usize = 7;
/// A word of so many letters that falls to fewer guesses is one of those.
const LETTERS: usize = 4;
const WORD: u64 = 50_000;

/// Whether many know it. `lowered` is the password in small letters, `words` what is known of its owner.
pub fn is_known(lowered: &str, words: &[&str]) -> bool {
    let bare: String = lowered.chars().filter(|c| c.is_alphanumeric()).collect();
    is_listed(lowered) || is_listed(&bare) || is_decked_word(lowered, words)
}

fn is_listed(word: &str) -> bool {
    let (hash, (entries, _)) = (Sha256::digest(word), KNOWN.as_chunks::<PREFIX>());
    hash.first_chunk().is_some_and(|prefix| entries.binary_search(prefix).is_ok())
}

/// `Summer2024!`, `admin@123456`: zxcvbn takes each part for a thing to be guessed by itself.
fn is_decked_word(lowered: &str, words: &[&str]) -> bool {
    let word = lowered.trim_matches(|c: char| !c.is_alphabetic());
    let letters = word.chars().count();
    if letters < LETTERS || !(1..=AROUND).contains(&(lowered.chars().count() - letters)) {
        return false;
    }
    let found = zxcvbn(word, words);
    found.guesses() < WORD && !found.sequence().iter().any(|part| matches!(part.pattern, MatchPattern::BruteForce))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order_and_of_a_sensible_size() {
        let (entries, rest) = KNOWN.as_chunks::<PREFIX>();
        assert!(rest.is_empty() && entries.len() > 30_000 && entries.is_sorted_by(|a, b| a < b), "{}", entries.len());
    }

    #[test]
    fn what_many_know_is_known_however_it_is_spaced() {
        for known in ["correct horse battery staple", "qwertyuiopasdfghjklzxcvbnm", "zaq12wsxcde34rfv", "woaini-1314520", "我爱你一生一世"]
        {
            assert!(is_known(known, &[]), "{known}");
        }
        for known in ["summer2024!", "p@ssw0rd2024!", "admin@123456", "letmein12345!", "!!dragon99"] {
            assert!(is_known(known, &[]), "{known}");
        }
        for mine in [
            "one calm river 42",
            "correct horse battery",
            "xkqvbw2024!",
            "2024 was a very odd year",
            "90817263545",
            "7kqv!92#4",
            "1tzkf72!9",
        ] {
            assert!(!is_known(mine, &[]), "{mine}");
        }
        assert!(is_known("quarkel2024!", &["quarkel"]), "a name of one's own is a word");
    }
}
