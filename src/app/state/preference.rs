//! Language and theme of this page.

use http::request::Parts;
use leptos::prelude::*;

use crate::app::browser;
use crate::i18n::{Locale, cookie};
use crate::model::look::{LOOK_COOKIE, Look};
use crate::model::preference::{Chosen, OFFSET_COOKIE, THEME_COOKIE, Theme};

/// The language of this page: the request's on the server, the document's in the browser.
pub fn locale() -> Locale {
    match use_context::<Parts>() {
        Some(parts) => chosen(&parts).language.and_then(|tag| Locale::from_tag(&tag)).unwrap_or_else(|| Locale::of_request(&parts)),
        None => browser::language().and_then(|tag| Locale::from_tag(&tag)).unwrap_or_default(),
    }
}

/// What the account of who asks has chosen: it goes before what the browser remembers, so that it holds on every device.
fn chosen(parts: &Parts) -> Chosen {
    parts.extensions.get::<Chosen>().cloned().unwrap_or_default()
}

/// The browser's distance from UTC in minutes east: from its cookie on the server, by its clock in the browser.
pub fn utc_offset() -> i32 {
    let known = |parts: Parts| cookie(&parts, OFFSET_COOKIE)?.parse().ok().filter(|minutes: &i32| minutes.abs() <= 14 * 60);
    use_context::<Parts>().map_or_else(browser::utc_offset, |parts| known(parts).unwrap_or(0))
}

/// The look of the page that the server writes: the account's, else the browser's.
pub fn look() -> Look {
    let Some(parts) = use_context::<Parts>() else { return Look::default() };
    chosen(&parts).look.or_else(|| cookie(&parts, LOOK_COOKIE).map(|text| Look::from_cookie(&text))).unwrap_or_default()
}

/// The theme that is shown.
#[derive(Clone, Copy)]
pub struct Appearance(RwSignal<Theme>);

impl Appearance {
    /// The request's theme on the server, the document's in the browser.
    pub fn of_page() -> Self {
        let theme = match use_context::<Parts>() {
            Some(parts) => Theme::of_page(chosen(&parts).theme, cookie(&parts, THEME_COOKIE).as_deref()),
            None => browser::theme().and_then(|name| Theme::from_name(&name)),
        };
        Self(RwSignal::new(theme.unwrap_or_default()))
    }

    pub fn get(self) -> Theme {
        self.0.get()
    }

    /// The theme, without following it.
    pub fn untracked(self) -> Theme {
        self.0.get_untracked()
    }

    /// Shows another theme at once. `public/desk.js`, which hears the same press, has it remembered.
    pub fn choose(self, theme: Theme) {
        self.0.set(theme);
        browser::show_theme(theme.name());
    }
}
