//! What administrators tell everybody, at the top of every page.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields, Rule};

/// Longest text, in characters.
pub const TEXT_MAX: usize = 1_000;
/// Most announcements that there can be at a time.
pub const ANNOUNCEMENTS_MAX: usize = 50;
/// The languages that a text can be in.
pub const LANGUAGES: [&str; 2] = ["en", "zh-CN"];

/// One text in several languages: BCP 47 tag and text.
pub type Words = BTreeMap<String, String>;

/// How much it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AnnouncementLevel {
    #[default]
    Info,
    Warning,
    Critical,
}

impl AnnouncementLevel {
    /// Every one, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];
}

/// An announcement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Announcement {
    pub id: Uuid,
    pub level: AnnouncementLevel,
    /// By language; who reads another one gets the first that there is.
    #[schema(value_type = std::collections::BTreeMap<String, String>, example = json!({"en": "We move on Sunday.", "zh-CN": "周日迁移。"}))]
    pub texts: Words,
    /// Whoever is signed in can have it go away.
    pub dismissible: bool,
    pub starts_at: DateTime<Utc>,
    /// Null: until it is removed.
    pub ends_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl Announcement {
    /// Whether it is shown at this time.
    pub fn is_shown(&self, now: DateTime<Utc>) -> bool {
        self.starts_at <= now && self.ends_at.is_none_or(|end| now < end)
    }
}

/// What is said of an announcement.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnouncementForm {
    #[serde(default)]
    pub level: AnnouncementLevel,
    /// By language, `en` or `zh-CN`; at least one. At most 1,000 characters each, markdown.
    #[schema(value_type = std::collections::BTreeMap<String, String>, example = json!({"en": "We move on Sunday.", "zh-CN": "周日迁移。"}))]
    pub texts: Words,
    #[serde(default)]
    pub dismissible: bool,
    /// Absent: now.
    #[serde(default)]
    pub starts_at: Option<DateTime<Utc>>,
    /// Absent: until it is removed.
    #[serde(default)]
    pub ends_at: Option<DateTime<Utc>>,
}

impl AnnouncementForm {
    /// Trims, and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        self.texts = trimmed(self.texts, "text", &mut fields);
        if self.texts.is_empty() && fields.is_empty() {
            fields.add(&text_field("text", LANGUAGES[0]), Rule::Required, "texts needs at least one text.");
        }
        if let (Some(start), Some(end)) = (self.starts_at, self.ends_at)
            && end <= start
        {
            fields.add("ends_at", Rule::Format, "ends_at must be later than starts_at.");
        }
        fields.check()?;
        Ok(self)
    }
}

/// What the field of a form is called that holds the text in this language.
fn text_field(name: &str, language: &str) -> String {
    format!("{name}_{}", language.replace('-', "_").to_lowercase())
}

/// The texts without those that are empty; of each that is wrong a note. `name` begins the names of their fields: `text_zh_cn`.
pub fn trimmed(texts: Words, name: &str, fields: &mut Fields) -> Words {
    let mut kept = Words::new();
    for (language, text) in texts {
        let text = text.trim().to_owned();
        if !LANGUAGES.contains(&language.as_str()) {
            fields.add("texts", Rule::Unknown, format!("{language} is no language of the pages: {}.", LANGUAGES.join(", ")));
        } else if text.contains('\0') {
            fields.add(&text_field(name, &language), Rule::Format, "A text may not hold a NUL character.");
        } else if !text.is_empty() {
            fields.length(&text_field(name, &language), &text, 0, TEXT_MAX);
            kept.insert(language, text);
        }
    }
    kept
}

/// The text for who reads this language: in it, else in the first language that there is.
pub fn text_for<'a>(texts: &'a Words, language: &str) -> Option<&'a str> {
    texts.get(language).or_else(|| texts.values().next()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(texts: &[(&str, &str)]) -> AnnouncementForm {
        let texts = texts.iter().map(|(language, text)| ((*language).to_owned(), (*text).to_owned())).collect();
        AnnouncementForm { texts, ..Default::default() }
    }

    #[test]
    fn one_language_is_enough_and_what_is_wrong_is_named() {
        let kept = form(&[("en", " Hello "), ("zh-CN", " ")]).checked().unwrap();
        assert_eq!(kept.texts, Words::from([("en".to_owned(), "Hello".to_owned())]));
        assert_eq!((text_for(&kept.texts, "zh-CN"), text_for(&Words::new(), "en")), (Some("Hello"), None));
        assert!(form(&[]).checked().unwrap_err().field("text_en").is_some());
        assert!(form(&[("fr", "Bonjour")]).checked().unwrap_err().field("texts").is_some());
        assert!(form(&[("zh-CN", &"字".repeat(TEXT_MAX + 1))]).checked().unwrap_err().field("text_zh_cn").is_some());
        let at = DateTime::from_timestamp(1_800_000_000, 0);
        let backwards = AnnouncementForm { starts_at: at, ends_at: at, ..form(&[("en", "x")]) };
        assert!(backwards.checked().unwrap_err().field("ends_at").is_some());
    }

    #[test]
    fn it_is_shown_from_its_beginning_until_before_its_end() {
        let at = |seconds: i64| DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap();
        let of = |ends_at| Announcement {
            id: Uuid::nil(),
            level: AnnouncementLevel::Info,
            texts: Words::new(),
            dismissible: false,
            starts_at: at(0),
            ends_at,
            created_at: at(0),
        };
        assert_eq!([-1, 0, 9, 10].map(|s| of(Some(at(10))).is_shown(at(s))), [false, true, true, false]);
        assert!(of(None).is_shown(at(1_000_000)));
    }
}
