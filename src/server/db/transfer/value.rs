//! What both engines can tell of a value, and the hash of rows that is the same for both.

use std::fmt;

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// In the order of the table's columns.
pub(super) type Row = Vec<Value>;

#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    Bytes(Vec<u8>),
    Id(Uuid),
    /// To the microsecond.
    Time(DateTime<Utc>),
    /// As it was written.
    Json(String),
}

impl Value {
    /// Bytes that it holds, about.
    pub(super) fn size(&self) -> usize {
        match self {
            Self::Text(text) | Self::Json(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
            _ => 16,
        }
    }

    /// For a sentence that names a row.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Id(id) => id.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Text(text) => text.chars().take(40).collect(),
            Self::Bytes(bytes) => hexadecimal(bytes),
            _ => "?".into(),
        }
    }

    /// The same bytes for the same value, however an engine writes it; none of another value.
    fn canonical(&self, out: &mut Vec<u8>) -> Result<(), String> {
        let mut put = |kind: u8, bytes: &[u8]| {
            out.push(kind);
            out.extend((bytes.len() as u64).to_le_bytes());
            out.extend(bytes);
        };
        match self {
            Self::Null => put(0, &[]),
            Self::Bool(truth) => put(1, &[u8::from(*truth)]),
            Self::Integer(number) => put(2, &number.to_le_bytes()),
            // There are two zeros; SQLite keeps one.
            Self::Float(number) => put(3, &(if *number == 0.0 { 0.0 } else { *number }).to_le_bytes()),
            Self::Text(text) => put(4, text.as_bytes()),
            Self::Bytes(bytes) => put(5, bytes),
            Self::Id(id) => put(6, id.as_bytes()),
            Self::Time(at) => put(7, &at.timestamp_micros().to_le_bytes()),
            Self::Json(text) => {
                let json: Json = serde_json::from_str(text).map_err(|error| format!("it is no JSON ({error})"))?;
                let mut written = Vec::with_capacity(text.len());
                canonical(&json, &mut written);
                put(8, &written);
            }
        }
        Ok(())
    }
}

/// Writes JSON with its keys in order and its numbers in one form: JSONB keeps neither order nor exponents.
fn canonical(json: &Json, out: &mut Vec<u8>) {
    match json {
        Json::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|(name, _)| *name);
            out.push(b'{');
            for (name, value) in fields {
                out.extend(Json::from(name.as_str()).to_string().as_bytes());
                out.push(b':');
                canonical(value, out);
                out.push(b',');
            }
            out.push(b'}');
        }
        Json::Array(items) => {
            out.push(b'[');
            for item in items {
                canonical(item, out);
                out.push(b',');
            }
            out.push(b']');
        }
        Json::Number(number) => out.extend(canonical_number(number).as_bytes()),
        Json::Null | Json::Bool(_) | Json::String(_) => out.extend(json.to_string().as_bytes()),
    }
}

/// Below this, every whole number is a float of its own.
const WHOLE: f64 = 9_007_199_254_740_992.0;

fn canonical_number(number: &serde_json::Number) -> String {
    match number.as_f64() {
        _ if number.is_i64() || number.is_u64() => number.to_string(),
        // 1e2 is 100, and -0.0 is 0.
        Some(float) if float.fract() == 0.0 && float.abs() < WHOLE => (float as i64).to_string(),
        // One number in two spellings may be read as two neighbours.
        Some(float) => format!("{float:.14e}"),
        None => number.to_string(),
    }
}

/// SHA-256 of every row's values, added up: the same in whichever order the rows come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Adds a row; where that cannot be done, which of its values it is, and why.
    pub(super) fn add(&mut self, row: &[Value]) -> Result<(), (usize, String)> {
        let mut bytes = Vec::new();
        for (at, value) in row.iter().enumerate() {
            value.canonical(&mut bytes).map_err(|why| (at, why))?;
        }
        let mut carry = 0;
        for (sum, byte) in self.0.iter_mut().zip(Sha256::digest(&bytes)) {
            let more = u16::from(*sum) + u16::from(byte) + carry;
            *sum = more as u8;
            carry = more >> 8;
        }
        Ok(())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hexadecimal(&self.0))
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(rows: &[&[Value]]) -> Digest {
        let mut digest = Digest::default();
        rows.iter().for_each(|row| digest.add(row).unwrap());
        digest
    }

    fn json(text: &str) -> Digest {
        digest(&[&[Value::Json(text.into())]])
    }

    #[test]
    fn the_order_of_rows_does_not_matter_and_every_value_does() {
        let (a, b): (&[Value], &[Value]) = (&[Value::Integer(1), Value::Text("x".into())], &[Value::Integer(2), Value::Null]);
        assert_eq!(digest(&[a, b]), digest(&[b, a]));
        assert_ne!(digest(&[a, b]), digest(&[a, a]));
        assert_ne!(digest(&[a, a]), digest(&[]), "the same row twice is not nothing");
        let pair = |one: &str, two: &str| digest(&[&[Value::Text(one.into()), Value::Text(two.into())]]);
        assert_ne!(pair("ab", "c"), pair("a", "bc"));
        let bytes = digest(&[&[Value::Bytes(b"x".into())]]);
        assert_ne!(bytes, digest(&[&[Value::Text("x".into())]]));
        assert_ne!(digest(&[&[Value::Null]]), digest(&[&[Value::Text(String::new())]]));
        let at = |micros| digest(&[&[Value::Time(DateTime::from_timestamp_micros(micros).unwrap())]]);
        assert_ne!(at(1), at(2));
        assert_eq!(digest(&[&[Value::Float(-0.0)]]), digest(&[&[Value::Float(0.0)]]));
        assert_eq!(digest(&[a]).to_string().len(), 64);
    }

    #[test]
    fn json_is_compared_by_what_it_says() {
        assert_eq!(json(r#"{"bb":1,"a":[1,{"d":2,"c":3}]}"#), json(r#"{"a": [1, {"c": 3, "d": 2}], "bb": 1}"#));
        for (one, other) in [("1e2", "100"), ("100.0", "100"), ("-0.0", "0"), ("-5.0", "-5"), ("1e-7", "0.0000001"), ("1.50", "1.5")] {
            assert_eq!(json(one), json(other), "{one}");
        }
        for (one, other) in [("1", "2"), ("1", "\"1\""), ("0.1", "0.2"), ("[1]", "[1,null]"), ("{}", "[]"), ("[1,2]", "[2,1]"), ("1", "-1")]
        {
            assert_ne!(json(one), json(other), "{one}");
        }
        assert_ne!(json("9007199254740993"), json("9007199254740992"), "whole numbers are exact");
        let (at, why) = Digest::default().add(&[Value::Null, Value::Json("{".into())]).unwrap_err();
        assert!(at == 1 && why.contains("no JSON"), "{why}");
    }
}
