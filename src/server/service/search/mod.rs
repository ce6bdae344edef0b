//! Searching all messages of the viewer: the index names what has the terms, and each of these is looked at once more, so that what is
//! found is what was typed, on both engines alike.

mod backfill;
mod query;
mod snippet;

pub use backfill::{begin, run};

use std::collections::HashSet;

use super::viewer::Viewer;
use crate::model::folder::tree;
use crate::model::search::{Found, Hit, Titled};
use crate::server::Server;
use crate::server::db::Sought;
use crate::server::error::Result;
use query::{Asked, Folder};
use unicode_normalization::UnicodeNormalization;

/// Messages of a page, by default and at most.
const LIST: u32 = 20;
const LIST_MAX: u32 = 50;
/// The index is asked for so many at a time, and at most so often for one page.
const CANDIDATES: i64 = 40;
const ROUNDS: usize = 5;
/// Newest conversations whose titles are looked at, and how many are shown.
const TITLES: i64 = 2_000;
const TITLES_SHOWN: usize = 5;

/// Finds messages. `after` is the `next` of the page before. Errors: `Invalid` (field `q`: too long, a date that is none).
pub async fn find(server: &Server, viewer: &Viewer, q: &str, after: Option<&str>, limit: Option<u32>) -> Result<Found> {
    let asked = query::parse(q)?;
    let limit = limit.unwrap_or(LIST).clamp(1, LIST_MAX) as usize;
    let indexed = backfill::progress(server).await?;
    if asked.is_empty() {
        return Ok(Found { indexed, ..Found::default() });
    }
    let Some(sought) = sought(server, viewer, &asked).await? else {
        return Ok(Found { indexed, ..Found::default() });
    };
    let titled = async { if after.is_none() { titles(server, viewer, &asked, &sought).await } else { Ok(Vec::new()) } };
    // Titles are compared while the database looks for words.
    let ((items, next), sessions) = tokio::try_join!(hits(server, viewer, &asked, &sought, (after, limit)), titled)?;
    Ok(Found { items, next, sessions, indexed })
}

/// A page of messages that have all that is looked for, and the cursor of the next one.
async fn hits(
    server: &Server,
    viewer: &Viewer,
    asked: &Asked,
    sought: &Sought,
    (after, limit): (Option<&str>, usize),
) -> Result<(Vec<Hit>, Option<String>)> {
    let (mut items, mut place, mut more) = (Vec::new(), after.map(str::to_owned), true);
    for _ in 0..ROUNDS {
        let candidates = server.db.search().find_for(viewer.user.id, sought, place.as_deref(), CANDIDATES).await?;
        more = candidates.len() as i64 == CANDIDATES;
        for candidate in candidates {
            if items.len() == limit {
                more = true;
                break;
            }
            place = Some(candidate.place);
            let content: String = candidate.content.nfc().collect();
            let Some(snippet) = snippet::of(&content, &asked.pieces) else { continue };
            items.push(Hit {
                session_id: candidate.chat_id,
                title: candidate.title,
                message_id: candidate.id,
                role: candidate.role,
                model: candidate.model,
                snippet,
                created_at: candidate.created_at,
            });
        }
        if !more || items.len() == limit {
            break;
        }
    }
    Ok((items, place.filter(|_| more)))
}

/// What the index is asked; nothing where a folder or tag is named that the viewer does not have.
async fn sought(server: &Server, viewer: &Viewer, asked: &Asked) -> Result<Option<Sought>> {
    let mut terms = Vec::new();
    let mut seen = HashSet::new();
    for term in asked.pieces.iter().flat_map(|piece| piece.terms.iter()) {
        if seen.insert(term.clone()) {
            terms.push(term.clone());
        }
    }
    let chats = chats(server, viewer, asked).await?;
    if chats.as_ref().is_some_and(Vec::is_empty) {
        return Ok(None);
    }
    let Asked { role, model, since, until, file, .. } = asked;
    Ok(Some(Sought { terms, chats, role: *role, model: model.clone(), since: *since, until: *until, file: *file }))
}

/// The conversations that the filters leave; absent where there are none of these filters.
async fn chats(server: &Server, viewer: &Viewer, asked: &Asked) -> Result<Option<Vec<uuid::Uuid>>> {
    if asked.folder.is_none() && asked.tags.is_empty() {
        return Ok(None);
    }
    let user_id = viewer.user.id;
    let mut left: Option<HashSet<uuid::Uuid>> = None;
    let mut keep = |found: Vec<uuid::Uuid>| {
        let found: HashSet<_> = found.into_iter().collect();
        left = Some(match left.take() {
            Some(left) => left.intersection(&found).copied().collect(),
            None => found,
        });
    };
    if let Some(wanted) = &asked.folder {
        let all = tree(server.db.folders().list_for(user_id).await?);
        let is_it = |folder: &&crate::model::folder::Folder| match wanted {
            Folder::Id(id) => folder.id == *id,
            Folder::Name(name) => folder.form.name.to_lowercase() == *name,
        };
        let named: HashSet<uuid::Uuid> = all.iter().filter(is_it).map(|folder| folder.id).collect();
        // And those within.
        let within = |id| crate::model::folder::upwards(&all, id).iter().any(|folder| named.contains(&folder.id));
        let ids: Vec<uuid::Uuid> = all.iter().map(|folder| folder.id).filter(|id| within(*id)).collect();
        keep(server.db.search().chats_in(user_id, Some(&ids), None).await?);
    }
    for tag in &asked.tags {
        keep(server.db.search().chats_in(user_id, None, Some(tag)).await?);
    }
    Ok(left.map(|left| left.into_iter().collect()))
}

/// Conversations whose titles have all that is looked for.
async fn titles(server: &Server, viewer: &Viewer, asked: &Asked, sought: &Sought) -> Result<Vec<Titled>> {
    if asked.pieces.is_empty() {
        return Ok(Vec::new());
    }
    let all = server.db.search().titles_for(viewer.user.id, TITLES).await?;
    let chats: Option<HashSet<_>> = sought.chats.as_ref().map(|chats| chats.iter().collect());
    let fits = |(id, title): &(uuid::Uuid, String)| {
        let allowed = chats.as_ref().is_none_or(|chats| chats.contains(id));
        allowed && snippet::of(&title.nfc().collect::<String>(), &asked.pieces).is_some()
    };
    let found = all.into_iter().filter(fits).take(TITLES_SHOWN);
    Ok(found.map(|(id, title)| Titled { id, title }).collect())
}

#[cfg(test)]
mod tests;
