//! Moments in JSON, for types that the chat page reads. chrono reads a dozen ways of writing one, which is 4 KB of the page's WASM; what
//! our server writes is one of them. So the browser reads that one, and the server all.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// As chrono writes it: RFC 3339, in UTC.
pub fn serialize<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    at.serialize(to)
}

/// On the server whatever chrono reads, in the browser what `read` does.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    if cfg!(target_arch = "wasm32") {
        let text = String::deserialize(from)?;
        read(&text).ok_or_else(|| serde::de::Error::custom("no moment"))
    } else {
        DateTime::deserialize(from)
    }
}

/// `2026-11-27T14:04:06.123456789Z`, with as many digits behind the dot as there are, or none.
fn read(text: &str) -> Option<DateTime<Utc>> {
    let text = text.strip_suffix('Z')?;
    let number = |from: usize| text.get(from..from + 2)?.parse::<u32>().ok();
    let fraction = text.get(20..).unwrap_or_default();
    let nanos = match fraction.len() {
        0 => 0,
        digits => fraction.parse::<u32>().ok()?.checked_mul(10_u32.checked_pow(9_usize.checked_sub(digits)? as u32)?)?,
    };
    let year = text.get(..4)?.parse().ok()?;
    Some(NaiveDate::from_ymd_opt(year, number(5)?, number(8)?)?.and_hms_nano_opt(number(11)?, number(14)?, number(17)?, nanos)?.and_utc())
}

/// The same of one that may be absent.
pub mod maybe {
    use super::*;

    /// As chrono writes it, or null.
    pub fn serialize<S: Serializer>(at: &Option<DateTime<Utc>>, to: S) -> Result<S::Ok, S::Error> {
        at.serialize(to)
    }

    /// As [`super::deserialize`], or null.
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<DateTime<Utc>>, D::Error> {
        #[derive(Deserialize)]
        struct Here(#[serde(with = "super")] DateTime<Utc>);
        Ok(Option::<Here>::deserialize(from)?.map(|Here(at)| at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_writes_is_read_to_the_nanosecond() {
        for (seconds, nanos) in [(0, 0), (1_795_000_000, 123_456_000), (1_795_000_001, 5_000_000), (951_782_400, 999_999_999), (-1, 1)] {
            let at = DateTime::from_timestamp(seconds, nanos).unwrap();
            let json = serde_json::to_value(at).unwrap();
            assert_eq!(read(json.as_str().unwrap()), Some(at), "{json}");
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "",
            "Z",
            "2026-11-27",
            "2026-13-27T14:04:06Z",
            "2026-11-27T14:04:06+01:00",
            "2026-11-27T14:04:06.Z4Z",
            "2026-11-27T14:04:06.1234567890Z",
            "日2026-11-27T14:04:06Z",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
