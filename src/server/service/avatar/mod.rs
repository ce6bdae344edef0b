//! Pictures of people: kept as three squares under their content's hash, and initials where there is none.

mod initials;
#[cfg(test)]
mod tests;

use serde_json::json;
use uuid::Uuid;

use super::activity::{self, Event};
use super::viewer::{Origin, Viewer};
use super::{feature, presence, screen};
use crate::model::activity::Action;
use crate::model::avatar::{BYTES_MAX, SIDES, file_name};
use crate::model::error::{Code, Rule};
use crate::model::operation::Feature;
use crate::model::user::User;
use crate::server::Server;
use crate::server::crypto::content_hash;
use crate::server::error::{Error, Result};
use crate::server::storage::Bytes;

/// Gives the viewer this picture. What was sent is read within limits, cropped to its middle, and written anew.
/// Errors: `TooLarge`, `UnsupportedMediaType`, `Invalid` (field `avatar`), `RateLimited`, `Unavailable`.
pub async fn set(server: &Server, viewer: &Viewer, origin: &Origin, file: Vec<u8>) -> Result<User> {
    feature::require(server, Feature::Avatars)?;
    if file.len() > BYTES_MAX {
        return Err(too_large());
    }
    if file.is_empty() {
        return Err(Error::invalid("avatar", Rule::Required, "Send a picture."));
    }
    // Before it is decoded: a decoder is what malware in a picture is made for.
    screen::pass(server, viewer, ("avatar", "avatar"), file.as_slice()).await?;
    let id = viewer.user.id;
    let squares = server.pictures.squares(file, SIDES).await?;
    let largest: &[u8] = squares.first().map_or(&[], Vec::as_slice);
    // The user is part of the hash: no two people share a file, so that one of them can go without asking the other.
    let hash = content_hash(&[id.as_bytes(), largest]);
    for (side, square) in SIDES.iter().zip(squares) {
        server.storage.put(&key(&hash, *side), square).await?;
    }
    change(server, viewer, origin, Some(hash)).await
}

/// Takes the viewer's picture away; the initials come back. Without one nothing happens.
pub async fn remove(server: &Server, viewer: &Viewer, origin: &Origin) -> Result<User> {
    if viewer.user.avatar.is_none() { Ok(viewer.user.clone()) } else { change(server, viewer, origin, None).await }
}

async fn change(server: &Server, viewer: &Viewer, origin: &Origin, hash: Option<String>) -> Result<User> {
    let id = viewer.user.id;
    let before = server.db.people().set_avatar(id, hash.as_deref(), server.clock.now()).await?.ok_or_else(Error::unauthenticated)?;
    if let Some(before) = before.filter(|before| hash.as_ref() != Some(before)) {
        erase(server, &before).await?;
    }
    let done = if hash.is_some() { "set" } else { "removed" };
    activity::record(server, Event::new(Action::ProfileChanged, origin).of(id).detail(json!({ "avatar": done }))).await;
    let user = User { avatar: hash, ..viewer.user.clone() };
    presence::update(server, &user);
    Ok(user)
}

/// Removes the files of a picture.
pub(super) async fn erase(server: &Server, hash: &str) -> Result<()> {
    for side in SIDES {
        server.storage.delete(&key(hash, *side)).await?;
    }
    Ok(())
}

/// A picture's WebP file by its name, `{hash}-{side}.webp`.
pub async fn find(server: &Server, name: &str) -> Result<Bytes> {
    let missing = || Error::not_found("picture");
    let (hash, side) = name.strip_suffix(".webp").and_then(|stem| stem.split_once('-')).ok_or_else(missing)?;
    let side = SIDES.iter().find(|known| known.to_string() == side).ok_or_else(missing)?;
    let plain = hash.len() == 32 && hash.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if !plain {
        return Err(missing());
    }
    server.storage.get(&key(hash, *side)).await?.ok_or_else(missing)
}

/// The user's initials on a quiet ground, as SVG; the colour is the user's own.
pub async fn initials(server: &Server, id: Uuid) -> Result<String> {
    let name = server.db.people().name(id).await?.ok_or_else(|| Error::not_found("user"))?;
    Ok(initials::svg(id, &name))
}

/// The picture is larger than may be sent.
pub fn too_large() -> Error {
    Error::new(Code::TooLarge, format!("A picture may have at most {} MiB.", BYTES_MAX / 1024 / 1024))
}

fn key(hash: &str, side: u32) -> String {
    format!("avatar/{}", file_name(hash, side))
}
