//! The words of the UI: one table of strings per language. A string that a table lacks does not compile.

mod activity;
mod block;
mod catalogue;
mod context;
mod credential;
mod data;
mod directory;
mod door;
mod en;
mod error;
pub mod file;
mod identity;
mod kept;
mod mail;
mod palette;
mod person;
mod provider;
mod search;
mod security;
mod setup;
mod share;
mod shelf;
mod statistics;
mod suggestion;
mod system;
pub mod usage;
mod usage_page;
mod voice;
mod zh_cn;

pub use activity::Activity;
pub use block::Blocks;
pub use catalogue::ModelPages;
pub use context::Context;
pub use credential::Credential;
pub use data::Data;
pub use directory::Directory;
pub use door::Doors;
pub use error::{
    banner_words, failure_sentence, field_sentence, keys_hint, notice_sentence, online_word, sentence, settings_word, share_word,
};
pub use file::FileWords;
pub use identity::Identity;

use http::request::Parts;
pub use kept::Kept;
use leptos::prelude::*;
pub use mail::MailPages;
pub use palette::Palette;
pub use person::Person;
pub use provider::ProviderPages;
pub use search::Search;
pub use security::Security;
pub use setup::Setup;
pub use share::Sharing;
pub use shelf::Shelf;
pub use statistics::Dashboard;
pub use suggestion::Suggesting;
pub use system::SystemPage;
pub use usage::Usage;
pub use usage_page::UsagePage;
pub use voice::Voice;

/// The cookie that remembers the chosen language.
pub const COOKIE: &str = "lang";

/// A language of the UI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    #[default]
    En,
    ZhCn,
}

impl Locale {
    /// Every language, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::En, Self::ZhCn];

    /// Its BCP 47 tag.
    pub fn tag(self) -> &'static str {
        self.texts().tag
    }

    /// Its strings.
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::En => &en::TEXTS,
            Self::ZhCn => &zh_cn::TEXTS,
        }
    }

    /// The language of a BCP 47 tag; a region or script that we do not have falls back to its language.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            Some(Self::ZhCn)
        } else if primary.eq_ignore_ascii_case("en") {
            Some(Self::En)
        } else {
            None
        }
    }

    /// The best of an `Accept-Language` header (RFC 9110 §12.5.4): the highest weight, the first of equals.
    pub fn from_accept_language(header: &str) -> Option<Self> {
        let mut best: Option<(f32, Self)> = None;
        for range in header.split(',') {
            let mut parts = range.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let weight = parts.find_map(|p| p.trim().strip_prefix("q=")).map_or(1.0, |q| q.trim().parse().unwrap_or(0.0));
            let locale = if tag == "*" { Some(Self::default()) } else { Self::from_tag(tag) };
            if let Some(locale) = locale
                && weight > best.map_or(0.0, |(w, _)| w)
            {
                best = Some((weight, locale));
            }
        }
        best.map(|(_, locale)| locale)
    }

    /// The best that these headers ask for, if they ask for one that we have. `*` alone, which programs send, asks for none.
    pub fn asked_for(headers: &http::HeaderMap) -> Option<Self> {
        let header = headers.get(http::header::ACCEPT_LANGUAGE)?.to_str().ok()?;
        let names_one = header.split(',').any(|range| !range.trim_start().starts_with('*'));
        if names_one { Self::from_accept_language(header) } else { None }
    }

    /// The language of a request: the cookie's, else the best that the browser asks for.
    pub fn of_request(parts: &Parts) -> Self {
        cookie(parts, COOKIE).and_then(|tag| Self::from_tag(&tag)).or_else(|| Self::asked_for(&parts.headers)).unwrap_or_default()
    }
}

/// The value of a cookie of this request.
pub fn cookie(parts: &Parts, name: &str) -> Option<String> {
    let cookies = parts.headers.get_all(http::header::COOKIE);
    cookies
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .find_map(|pair| pair.trim().split_once('=').filter(|(key, _)| *key == name).map(|(_, value)| value.to_owned()))
}

/// The strings of this page's language; constant for the life of the page.
pub fn use_texts() -> &'static Texts {
    use_context::<Locale>().unwrap_or_default().texts()
}

/// Every string of the UI, by where it stands.
pub struct Texts {
    /// BCP 47 tag of the language.
    pub tag: &'static str,
    /// The language's name in itself.
    pub language: &'static str,
    pub common: Common,
    pub auth: Auth,
    pub sidebar: Sidebar,
    pub chat: Chat,
    pub admin: Admin,
    pub usage: Usage,
    pub error: Errors,
}

/// Strings of some pages only. They are not part of the table, so that a page that asks for none of them does not carry them: what is
/// reached from a chunk alone is a part of the chunk (`app/chunk.rs`).
macro_rules! parts {
    ($($name:ident: $texts:ty),*) => {
        impl Texts {
            $(
                pub fn $name(&self) -> &'static $texts {
                    if self.tag == zh_cn::TEXTS.tag { &$name::ZH_CN } else { &$name::EN }
                }
            )*
        }
    };
}

parts!(person: Person, credential: Credential, data: Data, door: Doors, catalogue: ModelPages, mail: MailPages, provider: ProviderPages, security: Security, identity: Identity, directory: Directory, activity: Activity, usage_page: UsagePage, context: Context, setup: Setup, kept: Kept, share: Sharing, statistics: Dashboard, system: SystemPage, shelf: Shelf, search: Search, palette: Palette, file: FileWords, voice: Voice, block: Blocks, suggestion: Suggesting);

/// What every page has.
pub struct Common {
    pub skip: &'static str,
    pub language: &'static str,
    pub theme: &'static str,
    pub theme_system: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub cancel: &'static str,
    pub save: &'static str,
    pub close: &'static str,
    pub undo: &'static str,
    pub retry: &'static str,
    pub loading: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub copy_failed: &'static str,
    pub home: &'static str,
    pub not_found: &'static str,
    pub not_found_text: &'static str,
    pub problem: &'static str,
    pub notifications: &'static str,
}

/// Sign-in and registration.
pub struct Auth {
    pub sign_in: &'static str,
    pub sign_in_title: &'static str,
    pub register: &'static str,
    pub register_title: &'static str,
    pub register_lead: &'static str,
    pub sign_in_lead: &'static str,
    pub email: &'static str,
    pub name: &'static str,
    pub name_hint: &'static str,
    pub password: &'static str,
    pub password_hint: fn(usize) -> String,
    pub no_account: &'static str,
    pub have_account: &'static str,
    pub sign_out: &'static str,
}

/// The list of conversations and the user's menu.
pub struct Sidebar {
    pub label: &'static str,
    pub open: &'static str,
    pub new_chat: &'static str,
    pub untitled: &'static str,
    pub today: &'static str,
    pub yesterday: &'static str,
    pub week: &'static str,
    pub older: &'static str,
    pub more: &'static str,
    pub empty: &'static str,
    pub running: &'static str,
    pub rename: &'static str,
    pub title: &'static str,
    pub delete: &'static str,
    pub deleted: &'static str,
    pub account_menu: &'static str,
    pub administrator: &'static str,
    pub member: &'static str,
    pub providers: &'static str,
    pub pinned: &'static str,
    pub folders: &'static str,
    pub search: &'static str,
    pub all: &'static str,
    pub organise: &'static str,
    pub go_to: &'static str,
}

/// The conversation.
pub struct Chat {
    pub greeting: fn(&str) -> String,
    pub greeting_lead: &'static str,
    pub prompts: [&'static str; 3],
    pub messages: &'static str,
    pub menu: &'static str,
    pub setup: &'static str,
    pub assistants: &'static str,
    pub model: &'static str,
    pub no_models: &'static str,
    pub placeholder: &'static str,
    pub follow_up: &'static str,
    pub running_placeholder: &'static str,
    pub message: &'static str,
    pub send: &'static str,
    pub stop: &'static str,
    pub hint: &'static str,
    pub disclaimer: &'static str,
    pub earlier: &'static str,
    pub latest: &'static str,
    pub you: &'static str,
    pub assistant: &'static str,
    pub edit: &'static str,
    pub resend: &'static str,
    pub regenerate: &'static str,
    pub fork: &'static str,
    pub resume: &'static str,
    pub previous: &'static str,
    pub next: &'static str,
    pub branch: fn(usize, usize) -> String,
    pub thinking: &'static str,
    pub thought: fn(u64) -> String,
    pub reasoning: &'static str,
    pub waiting: &'static str,
    pub stopped: &'static str,
    pub interrupted: &'static str,
    pub failed: &'static str,
    pub details: &'static str,
    pub finished: &'static str,
    pub not_sent: &'static str,
    pub attach: &'static str,
    pub files: &'static str,
    pub drop: &'static str,
    pub pin: &'static str,
    pub unpin: &'static str,
    pub summary_of: fn(u32) -> String,
    pub originals: &'static str,
    pub context: &'static str,
}

/// The administrators' pages.
pub struct Admin {
    pub administration: &'static str,
    pub title: &'static str,
    pub lead: &'static str,
    pub add: &'static str,
    pub edit: &'static str,
    pub edit_one: fn(&str) -> String,
    pub slug: &'static str,
    pub slug_hint: &'static str,
    pub kind: &'static str,
    pub presets: &'static str,
    pub kind_openai: &'static str,
    pub kind_local: &'static str,
    pub kind_fake: &'static str,
    pub base_url: &'static str,
    pub base_url_hint: &'static str,
    pub api_key: &'static str,
    pub key_keep: &'static str,
    pub key_hint: &'static str,
    pub key_set: &'static str,
    pub key_unset: &'static str,
    pub builtin: &'static str,
    pub enabled: &'static str,
    pub disabled: &'static str,
    pub enable: &'static str,
    pub disable: &'static str,
    pub delete: &'static str,
    pub delete_one: fn(&str) -> String,
    pub delete_text: &'static str,
    pub test: &'static str,
    pub testing: &'static str,
    pub test_ok: fn(u64) -> String,
    pub test_failed: fn(u64) -> String,
    pub test_models: fn(usize) -> String,
    pub empty: &'static str,
    pub saved: &'static str,
    pub deleted: &'static str,
}

/// What went wrong, in the reader's language.
pub struct Errors {
    pub malformed: &'static str,
    pub unauthenticated: &'static str,
    pub bad_credentials: &'static str,
    pub pending: &'static str,
    pub unverified: &'static str,
    pub step_up: &'static str,
    pub factor_missing: &'static str,
    pub forbidden: &'static str,
    pub not_found: &'static str,
    pub method_not_allowed: &'static str,
    pub conflict: &'static str,
    pub too_large: &'static str,
    pub unsupported: &'static str,
    pub invalid: &'static str,
    pub rate_limited: &'static str,
    pub rate_limited_for: fn(u64) -> String,
    pub upstream: &'static str,
    pub unavailable: &'static str,
    pub internal: &'static str,
    pub offline: &'static str,
    pub required: &'static str,
    pub too_short: fn(usize) -> String,
    pub too_long: fn(usize) -> String,
    pub format: &'static str,
    pub format_email: &'static str,
    pub format_url: &'static str,
    pub format_slug: &'static str,
    pub taken: &'static str,
    pub unknown: &'static str,
    /// Why follows.
    pub weak: &'static str,
    pub domain: &'static str,
    pub expired: &'static str,
    pub full: &'static str,
    pub no_vision: &'static str,
    pub range: fn(u32, u32) -> String,
    pub notice_trimmed: &'static str,
    pub notice_fetching: fn(&str) -> String,
    pub notice_loading: fn(&str) -> String,
    pub notice_queued: fn(&str) -> String,
    pub notice_retrying: &'static str,
    pub notice_length: &'static str,
    pub notice_file_cut: fn(&str) -> String,
}

#[cfg(test)]
mod tests {
    use super::Locale::{self, En, ZhCn};

    #[test]
    fn the_highest_weight_wins_and_the_first_of_equals() {
        let pick = Locale::from_accept_language;
        assert_eq!(pick("zh-CN,zh;q=0.9,en;q=0.8"), Some(ZhCn));
        assert_eq!(pick("en;q=0.3, zh-TW;q=0.7"), Some(ZhCn));
        assert_eq!(pick("de, fr;q=0.9, en;q=0.1"), Some(En));
        assert_eq!(pick("en,zh"), Some(En));
        assert_eq!(pick("zh;q=0, *;q=0.1"), Some(En));
        assert_eq!(pick("de"), None);
        assert_eq!(pick("zh;q=nonsense"), None);
    }

    #[test]
    fn the_cookie_beats_the_header() {
        let request = http::Request::get("/").header("cookie", "a=b; lang=zh-CN").header("accept-language", "en");
        let (parts, ()) = request.body(()).unwrap().into_parts();
        assert_eq!(Locale::of_request(&parts), ZhCn);
    }
}
