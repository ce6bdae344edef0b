//! The words of the UI: one table of strings per language. A string that a table lacks does not compile.

mod activity;
mod alerting;
mod block;
mod catalogue;
mod comparison;
mod context;
mod credential;
mod data;
mod digest;
mod digest_letter;
mod directory;
mod door;
mod en;
mod error;
mod feedback;
pub mod file;
mod identity;
mod import;
mod kept;
mod live;
mod logging;
mod look;
mod mail;
mod operation;
mod oversight;
mod palette;
mod person;
mod provider;
mod queue;
mod reporting;
mod search;
mod security;
mod setup;
mod share;
mod shelf;
mod statistics;
mod suggestion;
mod system;
mod table;
mod temporary;
mod trace;
mod tree;
pub mod usage;
mod usage_page;
mod voice;
mod zh_cn;

pub use activity::Activity;
pub use alerting::Alerting;
pub use block::Blocks;
pub use catalogue::ModelPages;
pub use comparison::Comparing;
pub use context::Context;
pub use credential::Credential;
pub use data::Data;
pub use digest::Digests;
pub use digest_letter::DigestLetter;
pub use directory::Directory;
pub use door::Doors;
pub use error::{
    banner_words, failure_sentence, field_sentence, keys_hint, notice_sentence, online_word, sentence, settings_word, share_word,
};
pub use feedback::Judging;
pub use file::FileWords;
pub use identity::Identity;
pub use import::Importing;

use http::request::Parts;
pub use kept::Kept;
use leptos::prelude::*;
pub use live::LivePages;
pub use logging::Logging;
pub use look::Looks;
pub use mail::MailPages;
pub use operation::Operating;
pub use oversight::Oversight;
pub use palette::Palette;
pub use person::Person;
pub use provider::ProviderPages;
pub use queue::Queueing;
pub use reporting::Reporting;
pub use search::Search;
pub use security::Security;
pub use setup::Setup;
pub use share::Sharing;
pub use shelf::Shelf;
pub use statistics::Dashboard;
pub use suggestion::Suggesting;
pub use system::SystemPage;
pub use table::{Admin, Auth, Chat, Common, Errors, Sidebar, Texts};
pub use temporary::Passing;
pub use trace::Tracing;
pub use tree::Branching;
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

parts!(person: Person, credential: Credential, data: Data, door: Doors, catalogue: ModelPages, mail: MailPages, provider: ProviderPages, security: Security, identity: Identity, directory: Directory, digest: Digests, digest_letter: DigestLetter, activity: Activity, usage_page: UsagePage, comparison: Comparing, context: Context, setup: Setup, kept: Kept, share: Sharing, statistics: Dashboard, system: SystemPage, shelf: Shelf, search: Search, palette: Palette, file: FileWords, voice: Voice, block: Blocks, suggestion: Suggesting, look: Looks, queue: Queueing, import: Importing, oversight: Oversight, reporting: Reporting, alerting: Alerting, operation: Operating, logging: Logging, trace: Tracing, tree: Branching, feedback: Judging, live: LivePages, temporary: Passing);

impl Texts {
    /// What a conversation of this title is called: one that has none yet has a name, too.
    pub fn titled(&self, title: String) -> String {
        if title.is_empty() { self.sidebar.untitled.to_owned() } else { title }
    }
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
