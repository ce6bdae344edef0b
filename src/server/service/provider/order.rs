//! The order of the providers, in which their models are offered: by kind, until an administrator arranges them.

use serde_json::json;
use uuid::Uuid;

use super::{changed, get, record};
use crate::model::activity::Action;
use crate::model::error::Rule;
use crate::model::provider::Provider;
use crate::server::Server;
use crate::server::db::StoredProvider;
use crate::server::error::{Error, Result};
use crate::server::llm;
use crate::server::service::viewer::{Origin, Viewer};

/// Where a provider is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Up,
    Down,
    /// 1 is the first; what lies behind the last is the last.
    At(u32),
}

impl Place {
    /// The index after a move, of one at `from` where `last` is the last.
    fn index(self, from: usize, last: usize) -> usize {
        let to = match self {
            Self::Up => from.saturating_sub(1),
            Self::Down => from + 1,
            Self::At(position) => usize::try_from(position).unwrap_or(usize::MAX).saturating_sub(1),
        };
        to.min(last)
    }
}

/// Whether a place can be one.
pub fn check_position(position: Option<u32>) -> Result<()> {
    if position == Some(0) {
        return Err(Error::invalid("position", Rule::Range(1, u32::MAX), "position must be 1 or more."));
    }
    Ok(())
}

/// Every provider in its order, with its place.
pub(super) async fn ordered(server: &Server) -> Result<Vec<StoredProvider>> {
    let mut rows = server.db.providers().list().await?;
    rows.sort_by(|a, b| {
        let key = |row: &StoredProvider| (row.provider.position, llm::rank(row.provider.kind, row.provider.builtin));
        key(a).cmp(&key(b)).then_with(|| a.provider.slug.cmp(&b.provider.slug))
    });
    rows.iter_mut().zip(1..).for_each(|(row, place)| row.provider.position = place);
    Ok(rows)
}

/// Puts a provider in another place; the others make room.
pub async fn arrange(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, place: Place) -> Result<Provider> {
    viewer.require_admin()?;
    let rows = ordered(server).await?;
    let from = rows.iter().position(|row| row.provider.id == id).ok_or_else(|| Error::not_found("provider"))?;
    let to = place.index(from, rows.len() - 1);
    if to != from {
        let slug = &rows[from].provider.slug;
        let mut ids: Vec<Uuid> = rows.iter().map(|row| row.provider.id).collect();
        let moved = ids.remove(from);
        ids.insert(to, moved);
        server.db.providers().arrange(&ids).await?;
        changed(server).await?;
        record(server, viewer, origin, Action::ProviderChanged, json!({ "provider": slug, "position": to + 1 })).await;
    }
    get(server, viewer, id).await
}

#[cfg(test)]
mod tests {
    use super::Place::{At, Down, Up};

    #[test]
    fn a_move_beyond_an_end_stays_there() {
        let moves = [(Up, 0, 0), (Up, 2, 1), (Down, 2, 2), (Down, 0, 1), (At(1), 2, 0), (At(99), 0, 2), (At(0), 1, 0)];
        for (place, from, to) in moves {
            assert_eq!(place.index(from, 2), to, "{place:?} from {from}");
        }
    }
}
