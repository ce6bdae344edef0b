//! What people set about themselves. The forms are plain: they post, and the page comes back as changed.
#![allow(clippy::too_many_arguments, reason = "a form's fields are its server function's arguments")]

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::look::Look;

/// Changes name and bio.
#[server(endpoint = "profile/save", output = crate::rpc::Wire)]
pub async fn save_profile(name: String, bio: Option<String>) -> Rpc<()> {
    use crate::model::user::Profile;
    use crate::server::service::profile;
    let (server, viewer, origin) = asked_from()?;
    let change = Profile { name: Some(name), bio: Some(bio.unwrap_or_default()), ..Profile::default() };
    answer(profile::update(&server, &viewer, &origin, change).await)?;
    leptos_axum::redirect("/settings/profile?saved=1");
    Ok(())
}

/// Changes the preferences; a box that is not ticked is not sent, and what is empty is left to the browser.
#[server(endpoint = "profile/preferences", output = crate::rpc::Wire)]
pub async fn save_preferences(
    language: Option<String>,
    time_zone: Option<String>,
    model: Option<String>,
    send_key: Option<String>,
    new_device: Option<bool>,
    export_ready: Option<bool>,
    show_presence: Option<bool>,
    auto_tags: Option<bool>,
    follow_ups: Option<bool>,
    answer_ready: Option<bool>,
) -> Rpc<()> {
    use crate::i18n::COOKIE;
    use crate::model::preference::{NotificationsChange, PreferencesChange, SendKey};
    use crate::model::user::Profile;
    use crate::server::service::profile;
    let (server, viewer, origin) = asked_from()?;
    let chosen = |text: Option<String>| text.filter(|text| !text.is_empty());
    let language = chosen(language);
    let notifications = NotificationsChange { new_device: Some(new_device.is_some()), export_ready: Some(export_ready.is_some()) };
    let change = PreferencesChange {
        model: Some(chosen(model)),
        send_key: send_key.as_deref().and_then(SendKey::from_name),
        notifications: Some(notifications),
        show_presence: Some(show_presence.is_some()),
        auto_tags: Some(auto_tags.is_some()),
        follow_ups: Some(follow_ups.is_some()),
        answer_ready: Some(answer_ready.is_some()),
        ..PreferencesChange::default()
    };
    let about = Profile { language: Some(language.clone()), time_zone: Some(chosen(time_zone)), ..Profile::default() };
    answer(profile::update(&server, &viewer, &origin, about).await)?;
    answer(profile::set_preferences(&server, &viewer, change).await)?;
    // The pages before sign-in know only the cookies.
    if let Some(language) = language {
        remember(COOKIE, &language, super::preference::YEAR);
    }
    leptos_axum::redirect("/settings/preferences?saved=1");
    Ok(())
}

/// What the viewer's pages look like.
#[server(endpoint = "profile/read_look", output = crate::rpc::Wire)]
pub async fn read_look() -> Rpc<Look> {
    let (_, viewer) = asked()?;
    Ok(viewer.user.look)
}

/// Changes what the viewer's pages look like; what is absent stays, and an empty theme is left to the browser.
#[server(endpoint = "profile/look", output = crate::rpc::Wire)]
pub async fn save_look(
    theme: Option<String>,
    contrast: Option<String>,
    text_size: Option<String>,
    density: Option<String>,
    code_theme: Option<String>,
    chat_width: Option<String>,
) -> Rpc<()> {
    use crate::model::look::{ChatWidth, CodeTheme, Contrast, Density, LOOK_COOKIE, LookChange, TextSize};
    use crate::model::preference::{PreferencesChange, THEME_COOKIE, Theme};
    use crate::server::service::profile;
    let (server, viewer) = asked()?;
    let change = LookChange {
        contrast: answer(profile::choice("contrast", contrast.as_deref(), Contrast::from_name))?,
        text: answer(profile::choice("text_size", text_size.as_deref(), TextSize::from_name))?,
        density: answer(profile::choice("density", density.as_deref(), Density::from_name))?,
        code: answer(profile::choice("code_theme", code_theme.as_deref(), CodeTheme::from_name))?,
        width: answer(profile::choice("chat_width", chat_width.as_deref(), ChatWidth::from_name))?,
    };
    let cleared = theme.as_deref() == Some("");
    let theme = answer(profile::choice("theme", theme.as_deref().filter(|name| !name.is_empty()), Theme::from_name))?;
    let look = answer(profile::set_look(&server, &viewer, change).await)?;
    if theme.is_some() || cleared {
        let change = PreferencesChange { theme: Some(theme), ..PreferencesChange::default() };
        answer(profile::set_preferences(&server, &viewer, change).await)?;
    }
    // The pages before sign-in know only the cookies.
    remember(LOOK_COOKIE, &look.cookie(), super::preference::YEAR);
    if let Some(theme) = theme {
        remember(THEME_COOKIE, theme.name(), super::preference::YEAR);
    }
    leptos_axum::redirect("/settings/preferences?saved=1");
    Ok(())
}

/// The time zones to choose from.
#[server(endpoint = "profile/time_zones", output = crate::rpc::Wire)]
pub async fn time_zones() -> Rpc<Vec<String>> {
    use crate::server::service::profile;
    asked()?;
    Ok(profile::time_zones().map(str::to_owned).collect())
}

/// Takes the picture away.
#[server(endpoint = "profile/remove_avatar", output = crate::rpc::Wire)]
pub async fn remove_avatar() -> Rpc<()> {
    use crate::server::service::avatar;
    let (server, viewer, origin) = asked_from()?;
    answer(avatar::remove(&server, &viewer, &origin).await)?;
    leptos_axum::redirect("/settings/profile");
    Ok(())
}
