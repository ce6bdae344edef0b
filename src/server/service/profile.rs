//! What people tell about themselves, and how they like things.

use serde_json::json;

use super::activity::{self, Event};
use super::presence;
use super::viewer::{Origin, Viewer};
use crate::model::activity::Action;
use crate::model::error::Rule;
use crate::model::look::{Look, LookChange};
use crate::model::preference::{Preferences, PreferencesChange};
use crate::model::user::{Profile, User};
use crate::server::Server;
use crate::server::error::{Error, Result};

/// Names of the IANA time zone database, one a line.
const ZONES: &str = include_str!("profile/zones.txt");

/// The time zones to choose from.
pub fn time_zones() -> impl Iterator<Item = &'static str> {
    ZONES.lines()
}

/// Changes what the viewer tells about themselves. Errors: `Invalid`.
pub async fn update(server: &Server, viewer: &Viewer, origin: &Origin, change: Profile) -> Result<User> {
    let change = change.checked()?;
    if let Some(Some(zone)) = &change.time_zone
        && !time_zones().any(|known| known == zone)
    {
        return Err(Error::invalid("time_zone", Rule::Unknown, "time_zone must be a name of the IANA database, like Asia/Shanghai."));
    }
    let before = &viewer.user;
    let Profile { name, language, bio, time_zone } = change;
    let mut user = before.clone();
    user.name = name.unwrap_or(user.name);
    user.language = language.unwrap_or(user.language);
    user.bio = bio.unwrap_or(user.bio);
    user.time_zone = time_zone.unwrap_or(user.time_zone);
    let changed = changed(before, &user);
    if changed.is_empty() {
        return Ok(user);
    }
    let user = server.db.users().update_profile(&user, server.clock.now()).await?.ok_or_else(Error::unauthenticated)?;
    // What it is now is in the account; the log says that it was changed.
    activity::record(server, Event::new(Action::ProfileChanged, origin).of(user.id).detail(json!({ "fields": changed }))).await;
    presence::update(server, &user);
    Ok(user)
}

fn changed(before: &User, after: &User) -> Vec<&'static str> {
    let pairs = [
        ("name", before.name != after.name),
        ("language", before.language != after.language),
        ("bio", before.bio != after.bio),
        ("time_zone", before.time_zone != after.time_zone),
    ];
    pairs.into_iter().filter_map(|(field, changed)| changed.then_some(field)).collect()
}

/// Changes the viewer's preferences. Errors: `Invalid`.
pub async fn set_preferences(server: &Server, viewer: &Viewer, change: PreferencesChange) -> Result<Preferences> {
    let preferences = viewer.user.preferences.clone().with(change)?;
    if preferences == viewer.user.preferences {
        return Ok(preferences);
    }
    if !server.db.people().set_preferences(viewer.user.id, &preferences, server.clock.now()).await? {
        return Err(Error::unauthenticated());
    }
    presence::update(server, &User { preferences: preferences.clone(), ..viewer.user.clone() });
    Ok(preferences)
}

/// Changes what the viewer's pages look like.
pub async fn set_look(server: &Server, viewer: &Viewer, change: LookChange) -> Result<Look> {
    let look = viewer.user.look.with(change);
    if look != viewer.user.look && !server.db.people().set_look(viewer.user.id, look, server.clock.now()).await? {
        return Err(Error::unauthenticated());
    }
    Ok(look)
}

/// The choice of this name, if one is named. Errors: `Invalid`, where nothing has the name.
pub fn choice<T>(field: &str, name: Option<&str>, from: fn(&str) -> Option<T>) -> Result<Option<T>> {
    let Some(name) = name else { return Ok(None) };
    from(name).map(Some).ok_or_else(|| Error::invalid(field, Rule::Unknown, format!("{field} is none of the choices.")))
}
