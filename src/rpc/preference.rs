//! Language and theme: remembered by the browser in cookies, and with the account of who is signed in.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;

/// How long a preference is remembered, in seconds: a year.
pub const YEAR: u32 = 31_536_000;

/// Shows the pages in this language from now on. `back` is a path on this server to go to.
#[server(endpoint = "preference/language", output = crate::rpc::Wire)]
pub async fn set_language(language: String, back: Option<String>) -> Rpc<()> {
    use crate::i18n::{COOKIE, Locale};
    use crate::model::error::Rule;
    use crate::model::user::Profile;
    use crate::server::error::Error;
    use crate::server::service::{profile, session};
    let unknown = || Error::invalid("language", Rule::Unknown, "language must be en or zh-CN.");
    let locale = answer(Locale::from_tag(&language).ok_or_else(unknown))?;
    remember(COOKIE, locale.tag(), YEAR);
    if let (Some(viewer), server, origin) = (maybe_viewer(), server()?, origin()) {
        let change = Profile { language: Some(Some(locale.tag().to_owned())), ..Profile::default() };
        answer(profile::update(&server, &viewer, &origin, change).await)?;
    }
    leptos_axum::redirect(&session::safe_next(back.as_deref()));
    Ok(())
}

/// Shows the pages in this theme from now on: `system`, `light` or `dark`.
#[server(endpoint = "preference/theme", output = crate::rpc::Wire)]
pub async fn set_theme(theme: String, back: Option<String>) -> Rpc<()> {
    use crate::model::error::Rule;
    use crate::model::preference::{PreferencesChange, THEME_COOKIE, Theme};
    use crate::server::error::Error;
    use crate::server::service::{profile, session};
    let unknown = || Error::invalid("theme", Rule::Unknown, "theme must be system, light or dark.");
    let theme = answer(Theme::from_name(&theme).ok_or_else(unknown))?;
    remember(THEME_COOKIE, theme.name(), YEAR);
    if let (Some(viewer), server) = (maybe_viewer(), server()?) {
        let change = PreferencesChange { theme: Some(Some(theme)), ..PreferencesChange::default() };
        answer(profile::set_preferences(&server, &viewer, change).await)?;
    }
    leptos_axum::redirect(&session::safe_next(back.as_deref()));
    Ok(())
}

/// The server's time, in milliseconds since 1970: "Today" in the list of chats must be the same day for the HTML and for its hydration.
#[server(endpoint = "preference/now", output = crate::rpc::Wire)]
pub async fn now() -> Rpc<i64> {
    Ok(server()?.clock.now().timestamp_millis())
}
