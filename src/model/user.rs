//! People: who they are, what they may do, and what a valid registration is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields, Rule};
use super::look::Look;
use super::preference::Preferences;

/// Longest e-mail address (RFC 5321 §4.5.3.1.3 allows a path of 256 octets with its brackets).
pub const EMAIL_MAX: usize = 254;
/// Shortest password, in characters (NIST SP 800-63B-4 §3.1.1.2 for a password that is the only factor asks 15; 8 is its floor).
pub const PASSWORD_MIN: usize = 8;
/// Longest password, in characters.
pub const PASSWORD_MAX: usize = 256;
/// Longest display name, in characters.
pub const NAME_MAX: usize = 80;
/// Longest text about oneself, in characters.
pub const BIO_MAX: usize = 500;

/// The languages of the UI.
pub const LANGUAGES: [&str; 2] = ["en", "zh-CN"];

/// What a user may do on this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Admin,
}

/// A person with an account, as the person and the browser may see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct User {
    pub id: Uuid,
    #[schema(example = "ada@example.org")]
    pub email: String,
    #[schema(example = "Ada Lovelace")]
    pub name: String,
    pub role: Role,
    /// BCP 47 tag of the chosen language, `en` or `zh-CN`; null means the browser's.
    #[schema(example = "en")]
    pub language: Option<String>,
    /// Whether the address was proved to be theirs.
    pub email_verified: bool,
    /// A few words about themselves.
    pub bio: String,
    /// IANA name; null: the browser's.
    #[schema(example = "Asia/Shanghai")]
    pub time_zone: Option<String>,
    /// Hash of the picture's content; null: there is none.
    pub avatar: Option<String>,
    pub preferences: Preferences,
    /// What the server writes into every page; no page has to be told.
    #[serde(skip)]
    pub look: Look,
    #[serde(with = "super::instant")]
    pub created_at: DateTime<Utc>,
}

impl User {
    /// A new user of whom only this is known.
    pub fn new(id: Uuid, email: String, name: String, role: Role, created_at: DateTime<Utc>) -> Self {
        Self {
            id,
            email,
            name,
            role,
            language: None,
            email_verified: false,
            bio: String::new(),
            time_zone: None,
            avatar: None,
            preferences: Preferences::default(),
            look: Look::default(),
            created_at,
        }
    }

    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }
}

/// What a new user types.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Registration {
    #[schema(example = "ada@example.org", max_length = 254)]
    pub email: String,
    /// Display name; empty or absent: the part of the address before the `@`.
    #[serde(default)]
    #[schema(example = "Ada Lovelace", max_length = 80)]
    pub name: String,
    #[schema(example = "a sentence nobody guesses", min_length = 8, max_length = 256)]
    pub password: String,
}

impl std::fmt::Debug for Registration {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registration").field("email", &self.email).field("name", &self.name).finish_non_exhaustive()
    }
}

impl Registration {
    /// Trims the address and the name, lowers the address, and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        self.email = normal_email(&self.email);
        self.name = self.name.trim().to_owned();
        if self.name.is_empty() {
            self.name = self.email.split('@').next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(NAME_MAX).collect();
        }
        let mut fields = Fields::default();
        check_email(&mut fields, &self.email);
        check_text(&mut fields, "name", &self.name, 1, NAME_MAX);
        fields.length("password", &self.password, PASSWORD_MIN, PASSWORD_MAX);
        fields.check()?;
        Ok(self)
    }
}

/// What a user changes about themselves: absent fields stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Ada", min_length = 1, max_length = 80)]
    pub name: Option<String>,
    /// `en` or `zh-CN`; null: the browser's.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "zh-CN")]
    pub language: Option<Option<String>>,
    /// A few words about oneself; line ends are allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "Mathematician, on engines.", max_length = 500)]
    pub bio: Option<String>,
    /// A name of the IANA time zone database; null: the browser's.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    #[schema(value_type = Option<String>, example = "Asia/Shanghai")]
    pub time_zone: Option<Option<String>>,
}

/// Tells a null (`Some(None)`) from a field that is not there (`None`).
pub(super) fn present<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

impl Profile {
    /// Trims the texts, and checks every field (which time zones there are, the server knows).
    pub fn checked(mut self) -> Result<Self, ApiError> {
        let mut fields = Fields::default();
        if let Some(name) = &mut self.name {
            *name = name.trim().to_owned();
            check_text(&mut fields, "name", name, 1, NAME_MAX);
        }
        if let Some(bio) = &mut self.bio {
            // Forms send line ends as two characters.
            *bio = bio.trim().replace("\r\n", "\n");
            fields.length("bio", bio, 0, BIO_MAX);
            if bio.chars().any(|c| c.is_control() && c != '\n') {
                fields.add("bio", Rule::Format, "bio may not have control characters.");
            }
        }
        if let Some(Some(language)) = &self.language
            && !LANGUAGES.contains(&language.as_str())
        {
            fields.add("language", Rule::Unknown, format!("language must be one of {}.", LANGUAGES.join(", ")));
        }
        fields.check()?;
        Ok(self)
    }
}

/// How it stands with somebody's e-mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EmailState {
    #[schema(example = "ada@example.org")]
    pub email: String,
    /// Whether it was proved to be theirs.
    pub verified: bool,
    /// Another address that was named; it takes the place of this one when it is proved.
    pub pending: Option<String>,
    /// Whether it has to be proved before chatting.
    pub required: bool,
}

/// An invitation that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    #[schema(example = "ada@example.org")]
    pub email: String,
    pub expires_at: DateTime<Utc>,
}

/// What signing in needs: only the form is checked here, so that the answer does not tell who has an account.
pub fn check_credentials(email: &str, password: &str) -> Result<(), ApiError> {
    let mut fields = Fields::default();
    check_text(&mut fields, "email", email.trim(), 1, EMAIL_MAX);
    fields.length("password", password, 1, PASSWORD_MAX);
    fields.check()
}

/// Checks the length, and that there is no control character (PostgreSQL cannot store U+0000, and nobody can read the others).
pub(super) fn check_text(fields: &mut Fields, field: &str, text: &str, min: usize, max: usize) {
    fields.length(field, text, min, max);
    if text.chars().any(char::is_control) {
        fields.add(field, Rule::Format, format!("{field} may not have control characters."));
    }
}

/// The form in which addresses are stored and compared.
pub fn normal_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Notes an error unless the text has the shape of an address that mail could reach.
pub fn check_email(fields: &mut Fields, email: &str) {
    fields.length("email", email, 1, EMAIL_MAX);
    let shaped = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.contains('@') && !domain.starts_with('.') && !domain.ends_with('.') && !domain.is_empty()
    });
    if !email.is_empty() && (!shaped || email.chars().any(|c| c.is_whitespace() || c.is_control())) {
        fields.add("email", Rule::Format, "email must look like name@example.org.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn registration(email: &str, name: &str, password: &str) -> Result<Registration, ApiError> {
        Registration { email: email.into(), name: name.into(), password: password.into() }.checked()
    }

    #[test]
    fn addresses_are_normalized_and_the_name_has_a_default() {
        let checked = registration("  Ada@Example.ORG ", " ", "12345678").unwrap();
        assert_eq!((checked.email.as_str(), checked.name.as_str()), ("ada@example.org", "ada"));
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let error = registration("no address", &"n".repeat(81), "short").unwrap_err();
        assert_eq!(error.field("email").map(|f| &f.rule), Some(&Rule::Format));
        assert_eq!(error.field("name").map(|f| &f.rule), Some(&Rule::TooLong(80)));
        assert_eq!(error.field("password").map(|f| &f.rule), Some(&Rule::TooShort(8)));
    }

    #[test]
    fn shapes_that_no_mail_reaches_are_refused() {
        for email in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@.c", "a@c.", "a\0@c"] {
            assert!(registration(email, "n", "12345678").is_err(), "{email:?}");
        }
        assert!(registration("a@localhost", "n", "12345678").is_ok());
        assert!(registration("a@c", "n\0", "12345678").is_err());
    }

    #[test]
    fn null_and_absent_are_told_apart() {
        let parse = |text: &str| serde_json::from_str::<Profile>(text).unwrap();
        assert_eq!((parse("{}").language, parse("{}").time_zone), (None, None));
        assert_eq!(parse(r#"{"language":null}"#).language, Some(None));
        assert!(parse(r#"{"language":"fr"}"#).checked().unwrap_err().field("language").is_some());
        assert!(parse(r#"{"language":"zh-CN"}"#).checked().is_ok());
    }

    #[test]
    fn a_debug_line_does_not_hold_the_password() {
        let text = format!("{:?}", registration("a@b", "n", "tell nobody").unwrap());
        assert!(!text.contains("tell nobody"));
    }
}
