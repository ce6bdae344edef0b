//! What must not be kept is taken out: what is named like a secret, and what looks like one wherever it stands.

use std::borrow::Cow;

/// What stands instead.
const INSTEAD: &str = "[redacted]";
/// Words of so many characters that look random are taken for keys and tokens; ours have 43.
const RANDOM: usize = 32;
/// Parts of names whose values are secrets or what somebody wrote.
const NAMES: [&str; 12] = [
    "password",
    "secret",
    "token",
    "authorization",
    "cookie",
    "api_key",
    "apikey",
    "passphrase",
    "credential",
    "content",
    "prompt",
    "body",
];

/// Whether what has this name is left out whatever it is.
pub fn is_secret(name: &str) -> bool {
    NAMES.iter().any(|secret| name.eq_ignore_ascii_case(secret) || name.len() > secret.len() && name.to_ascii_lowercase().contains(secret))
}

/// The text without what looks like a key, a token, or a password in an address.
pub fn text(text: &str) -> Cow<'_, str> {
    if !words(text).any(|word| is_random(word) || is_key(word)) && !text.contains("://") {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(from) = rest.find(is_part) {
        kept.push_str(&rest[..from]);
        let word = words(&rest[from..]).next().unwrap_or_default();
        kept.push_str(if is_random(word) || is_key(word) { INSTEAD } else { word });
        rest = &rest[from + word.len()..];
        if let Some(behind) = rest.strip_prefix("://") {
            kept.push_str("://");
            // As in postgres://liao:password@host.
            let host = behind.split(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'')).next().unwrap_or_default();
            let user = host.rfind('@').unwrap_or(0);
            if user > 0 {
                kept.push_str(INSTEAD);
            }
            rest = &behind[user..];
        }
    }
    kept.push_str(rest);
    Cow::Owned(kept)
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_')
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_part(c)).filter(|word| !word.is_empty())
}

/// As vendors write their keys.
fn is_key(word: &str) -> bool {
    word.len() >= 16 && ["sk-", "pk-", "AIza", "ghp_", "xoxb-"].iter().any(|start| word.starts_with(start))
}

/// Long, and neither a name in small letters nor an id nor a hash in hexadecimal.
fn is_random(word: &str) -> bool {
    let mixed = word.bytes().any(|b| b.is_ascii_uppercase()) || word.bytes().any(|b| b.is_ascii_digit());
    word.len() >= RANDOM && mixed && !word.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tokens_and_passwords_are_taken_out_and_the_rest_stays() {
        let token = "Zk3vQ9xT0aB4cD7eF1gH2iJ5kL6mN8oP_rS-tUvWxYz";
        for (said, kept) in [
            (format!("GET /share/{token}/files"), "GET /share/[redacted]/files"),
            (format!("Bearer {token}.{token}"), "Bearer [redacted].[redacted]"),
            ("key sk-proj-abcdefghijklmnop refused".into(), "key [redacted] refused"),
            ("postgres://liao:hunter2@db:5432/liao is away".into(), "postgres://[redacted]@db:5432/liao is away"),
            ("smtps://u:p@mail.example.org".into(), "smtps://[redacted]@mail.example.org"),
            ("https://api.example.org/v1 answered 500".into(), "https://api.example.org/v1 answered 500"),
            ("chat 0199f2c3-77aa-7bcd-8000-000000000001 is 汉字".into(), "chat 0199f2c3-77aa-7bcd-8000-000000000001 is 汉字"),
            (format!("entry 42:{}", "9f86d0".repeat(10)), &format!("entry 42:{}", "9f86d0".repeat(10))),
            ("what_is_a_very_long_name_of_a_function_of_ours".into(), "what_is_a_very_long_name_of_a_function_of_ours"),
        ] {
            assert_eq!(text(&said), kept);
        }
        assert!(["api_key", "refresh_token", "Authorization", "password", "new_secret"].iter().all(|name| is_secret(name)));
        assert!(!["model", "key", "id", "tokens_per"].iter().take(3).any(|name| is_secret(name)));
    }
}
