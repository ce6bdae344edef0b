//! Recovery codes: 120 random bits each, so that their SHA-256 is all that has to be stored (NIST SP 800-63B-4 §3.1.2.2 asks for
//! a password hash below 112).

use crate::model::factor::{RECOVERY_CODES, RecoveryCodes};
use crate::server::crypto::{random, sha256};

/// Crockford's base 32: no I, L, O and U, which are read as something else. Five bits each.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 24;
const GROUP: usize = 4;

/// New codes as people write them down, and what is stored of each.
pub fn make() -> (RecoveryCodes, Vec<[u8; 32]>) {
    let bare: Vec<String> =
        (0..RECOVERY_CODES).map(|_| random::<LENGTH>().iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect()).collect();
    let hashes = bare.iter().map(|code| sha256(code)).collect();
    let grouped = bare.iter().map(|code| {
        let groups: Vec<&str> = (0..LENGTH / GROUP).map(|i| &code[i * GROUP..(i + 1) * GROUP]).collect();
        groups.join("-")
    });
    (RecoveryCodes { recovery_codes: grouped.collect() }, hashes)
}

/// What is stored of a code, however it was typed; absent: it cannot be one.
pub fn hash(typed: &str) -> Option<[u8; 32]> {
    let letters = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    });
    let bare: String = letters.collect();
    let ours = bare.len() == LENGTH && bare.bytes().all(|b| LETTERS.contains(&b));
    ours.then(|| sha256(&bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_again_however_it_is_typed() {
        let (codes, hashes) = make();
        assert_eq!((codes.recovery_codes.len(), hashes.len()), (RECOVERY_CODES, RECOVERY_CODES));
        for (code, stored) in codes.recovery_codes.iter().zip(&hashes) {
            assert_eq!(code.len(), 29, "{code}");
            let spoken = code.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
            assert_eq!(hash(&spoken).as_ref(), Some(stored), "{code}");
        }
        let mut different = hashes.clone();
        different.sort_unstable();
        different.dedup();
        assert_eq!(different.len(), RECOVERY_CODES);
        assert!(hash("123456").is_none() && hash(&"U".repeat(24)).is_none() && hash("").is_none());
    }
}
