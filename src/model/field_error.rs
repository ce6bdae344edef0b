//! Reads a [`FieldError`] as serde writes it. What serde derives for a flattened enum reads by way of a map of everything, which is
//! 14 KB of the browser's part for the few numbers here.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::error::{FieldError, Rule};
use super::password::Weakness;

#[derive(Deserialize)]
struct Flat {
    field: String,
    rule: String,
    #[serde(default)]
    limit: Limit,
    message: String,
}

/// What stands beside a rule.
#[derive(Default)]
enum Limit {
    #[default]
    None,
    One(u64),
    Two(u64, u64),
    Word(String),
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(LimitVisitor)
    }
}

struct LimitVisitor;

impl<'de> Visitor<'de> for LimitVisitor {
    type Value = Limit;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("a number, two numbers or a word")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Limit, E> {
        Ok(Limit::One(number))
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Limit, E> {
        Ok(Limit::Word(word.to_owned()))
    }

    fn visit_unit<E: Error>(self) -> Result<Limit, E> {
        Ok(Limit::None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Limit, A::Error> {
        match (numbers.next_element()?, numbers.next_element()?) {
            (Some(first), Some(second)) => Ok(Limit::Two(first, second)),
            _ => Err(A::Error::custom("two numbers were expected")),
        }
    }
}

impl<'de> Deserialize<'de> for FieldError {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Flat { field, rule: name, limit, message } = Flat::deserialize(from)?;
        let rule = rule(&name, limit).ok_or_else(|| D::Error::custom("a rule that is not known"))?;
        Ok(Self { field, rule, message })
    }
}

fn rule(name: &str, limit: Limit) -> Option<Rule> {
    let small = |number: u64| u32::try_from(number).ok();
    Some(match (name, limit) {
        ("required", _) => Rule::Required,
        ("too_short", Limit::One(least)) => Rule::TooShort(usize::try_from(least).ok()?),
        ("too_long", Limit::One(most)) => Rule::TooLong(usize::try_from(most).ok()?),
        ("format", _) => Rule::Format,
        ("taken", _) => Rule::Taken,
        ("unknown", _) => Rule::Unknown,
        ("private", _) => Rule::Private,
        ("forbidden", _) => Rule::Forbidden,
        ("circle", _) => Rule::Circle,
        ("weak", Limit::Word(why)) => Rule::Weak(weakness(&why)?),
        ("animated", _) => Rule::Animated,
        ("unreadable", _) => Rule::Unreadable,
        ("pixels", Limit::One(side)) => Rule::Pixels(small(side)?),
        ("domain", _) => Rule::Domain,
        ("expired", _) => Rule::Expired,
        ("full", _) => Rule::Full,
        ("no_vision", _) => Rule::NoVision,
        ("range", Limit::Two(least, most)) => Rule::Range(small(least)?, small(most)?),
        ("tokens", Limit::Two(asked, most)) => Rule::Tokens(small(asked)?, small(most)?),
        _ => return None,
    })
}

fn weakness(name: &str) -> Option<Weakness> {
    Some(match name {
        "common" => Weakness::Common,
        "personal" => Weakness::Personal,
        "word" => Weakness::Word,
        "pattern" => Weakness::Pattern,
        "date" => Weakness::Date,
        "short" => Weakness::Short,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every rule; the match tells whoever adds one to add it here and to [`rule`].
    fn rules() -> Vec<Rule> {
        let known = |rule: &Rule| match rule {
            Rule::Required | Rule::TooShort(_) | Rule::TooLong(_) | Rule::Format | Rule::Taken | Rule::Unknown | Rule::Private => {}
            Rule::Forbidden | Rule::Circle | Rule::Weak(_) | Rule::Animated | Rule::Unreadable | Rule::Pixels(_) | Rule::Domain => {}
            Rule::Expired | Rule::Full | Rule::NoVision | Rule::Range(..) | Rule::Tokens(..) => {}
        };
        let mut all = vec![
            Rule::Required,
            Rule::TooShort(8),
            Rule::TooLong(200),
            Rule::Format,
            Rule::Taken,
            Rule::Unknown,
            Rule::Private,
            Rule::Forbidden,
            Rule::Circle,
            Rule::Animated,
            Rule::Unreadable,
            Rule::Pixels(4096),
            Rule::Domain,
            Rule::Expired,
            Rule::Full,
            Rule::NoVision,
            Rule::Range(1, 30),
            Rule::Tokens(9_000, 4_096),
        ];
        let weak = [Weakness::Common, Weakness::Personal, Weakness::Word, Weakness::Pattern, Weakness::Date, Weakness::Short];
        all.extend(weak.map(Rule::Weak));
        all.iter().for_each(known);
        all
    }

    #[test]
    fn every_rule_is_read_as_it_is_written() {
        for rule in rules() {
            let error = FieldError { field: "name".into(), rule, message: "No.".into() };
            let text = serde_json::to_string(&error).unwrap();
            assert_eq!(serde_json::from_str::<FieldError>(&text).unwrap(), error, "{text}");
        }
        for wrong in [r#"{"field":"a","rule":"odd","message":"m"}"#, r#"{"field":"a","rule":"range","limit":[1],"message":"m"}"#] {
            assert!(serde_json::from_str::<FieldError>(wrong).is_err(), "{wrong}");
        }
    }
}
