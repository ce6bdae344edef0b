//! How a reader likes the pages, and what they want to hear of and tell.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::{ApiError, Fields, Rule};
use super::look::Look;

/// The cookie that remembers the theme.
pub const THEME_COOKIE: &str = "theme";
/// What the cookie's value begins with as long as the account has not heard of the choice; `public/desk.js` writes it.
const UNHEARD: &str = "new-";
/// The cookie that holds the browser's distance from UTC, in minutes east.
pub const OFFSET_COOKIE: &str = "offset";
/// Longest id of a model, in characters.
pub const MODEL_MAX: usize = 200;

/// Light, dark, or as the system is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// Every theme, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// Its name in the cookie, in forms and in `<html data-theme>`.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The theme of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.name() == name)
    }

    /// The theme of a page: what was chosen in this browser a moment ago, else the account's, else what the browser remembers.
    pub fn of_page(account: Option<Self>, cookie: Option<&str>) -> Option<Self> {
        let remembered = cookie.unwrap_or_default();
        match remembered.strip_prefix(UNHEARD).and_then(Self::from_name) {
            None => account.or_else(|| Self::from_name(remembered)),
            unheard => unheard,
        }
    }
}

/// The key that sends a message; the other one of the two begins a new line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SendKey {
    /// Enter sends, Shift Enter begins a new line.
    #[default]
    Enter,
    /// Ctrl Enter (⌘ Enter) sends, Enter begins a new line.
    CtrlEnter,
}

impl SendKey {
    pub const ALL: [Self; 2] = [Self::Enter, Self::CtrlEnter];

    /// Its name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Enter => "enter",
            Self::CtrlEnter => "ctrl_enter",
        }
    }

    /// The key of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }
}

/// What is written to the user's address besides what they ask for and what protects the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Notifications {
    /// Somebody signed in from a device that was not seen before.
    pub new_device: bool,
    /// The export of their data is ready.
    pub export_ready: bool,
}

impl Default for Notifications {
    fn default() -> Self {
        Self { new_device: true, export_ready: true }
    }
}

/// What is kept with the account and holds on every device. Every field has a default, so that a stored one may lack new ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Preferences {
    /// Null: what the browser remembers.
    pub theme: Option<Theme>,
    /// `provider/model` that new conversations begin with; null: the server's default.
    #[schema(example = "openai/gpt-5")]
    pub model: Option<String>,
    pub send_key: SendKey,
    pub notifications: Notifications,
    /// Whether others may see that the user is online, and when they were last.
    pub show_presence: bool,
    /// Whether a model may tag the user's new conversations, where the server offers that.
    pub auto_tags: bool,
    /// Whether a model may suggest what to ask next, where the server offers that.
    pub follow_ups: bool,
    /// Whether open pages tell of answers that end in another conversation.
    pub answer_ready: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        let (send_key, notifications) = (SendKey::default(), Notifications::default());
        let [show_presence, auto_tags, follow_ups, answer_ready] = [true; 4];
        Self { theme: None, model: None, send_key, notifications, show_presence, auto_tags, follow_ups, answer_ready }
    }
}

/// Changes of the preferences: what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PreferencesChange {
    /// Null: what the browser remembers.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "super::user::present")]
    #[schema(value_type = Option<Theme>)]
    pub theme: Option<Option<Theme>>,
    /// Null: the server's default.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "super::user::present")]
    #[schema(value_type = Option<String>, max_length = 200)]
    pub model: Option<Option<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send_key: Option<SendKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notifications: Option<NotificationsChange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_presence: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_tags: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow_ups: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_ready: Option<bool>,
}

/// Changes of the notifications.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct NotificationsChange {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_device: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_ready: Option<bool>,
}

impl Preferences {
    /// These with the changes. Errors: `Invalid`.
    pub fn with(mut self, change: PreferencesChange) -> Result<Self, ApiError> {
        let PreferencesChange { theme, model, send_key, notifications, show_presence, auto_tags, follow_ups, answer_ready } = change;
        self.theme = theme.unwrap_or(self.theme);
        self.model = model.unwrap_or(self.model).filter(|model| !model.is_empty());
        self.send_key = send_key.unwrap_or(self.send_key);
        self.show_presence = show_presence.unwrap_or(self.show_presence);
        self.auto_tags = auto_tags.unwrap_or(self.auto_tags);
        self.follow_ups = follow_ups.unwrap_or(self.follow_ups);
        self.answer_ready = answer_ready.unwrap_or(self.answer_ready);
        if let Some(NotificationsChange { new_device, export_ready }) = notifications {
            self.notifications.new_device = new_device.unwrap_or(self.notifications.new_device);
            self.notifications.export_ready = export_ready.unwrap_or(self.notifications.export_ready);
        }
        let mut fields = Fields::default();
        let model = self.model.as_deref().unwrap_or_default();
        fields.length("model", model, 0, MODEL_MAX);
        if model.chars().any(char::is_control) {
            fields.add("model", Rule::Format, "model may not have control characters.");
        }
        fields.check()?;
        Ok(self)
    }
}

/// What the account has chosen for every page, for the server that writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// BCP 47 tag; absent: the browser's.
    pub language: Option<String>,
    /// Absent: the browser's.
    pub theme: Option<Theme>,
    /// Absent: the browser's.
    pub look: Option<Look>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(text: &str) -> PreferencesChange {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_absent_stays_and_null_is_told_from_it() {
        let dark = Preferences::default().with(change(r#"{"theme":"dark","model":"a/b","notifications":{"new_device":false}}"#)).unwrap();
        assert_eq!((dark.theme, dark.model.as_deref()), (Some(Theme::Dark), Some("a/b")));
        assert!(!dark.notifications.new_device && dark.notifications.export_ready);
        assert_eq!(dark.clone().with(change("{}")).unwrap(), dark);
        assert_eq!(dark.with(change(r#"{"theme":null,"model":null}"#)).unwrap().theme, None);
    }

    #[test]
    fn a_choice_that_the_account_has_not_heard_of_goes_before_the_accounts() {
        let of = |account, cookie| Theme::of_page(account, cookie);
        assert_eq!(of(Some(Theme::Light), Some("dark")), Some(Theme::Light));
        assert_eq!(of(Some(Theme::Light), Some("new-dark")), Some(Theme::Dark));
        assert_eq!(of(None, Some("dark")), Some(Theme::Dark));
        assert_eq!(of(Some(Theme::Light), Some("new-pink")), Some(Theme::Light));
        assert_eq!((of(None, Some("pink")), of(None, None)), (None, None));
    }

    #[test]
    fn what_was_stored_before_a_field_was_made_is_read() {
        assert_eq!(serde_json::from_str::<Preferences>("{}").unwrap(), Preferences::default());
    }

    #[test]
    fn wrong_values_are_refused() {
        assert!(serde_json::from_str::<PreferencesChange>(r#"{"theme":"pink"}"#).is_err());
        assert!(serde_json::from_str::<PreferencesChange>(r#"{"colour":"pink"}"#).is_err());
        assert!(Preferences::default().with(change(&format!(r#"{{"model":"{}"}}"#, "m".repeat(201)))).is_err());
    }
}
