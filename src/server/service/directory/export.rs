//! The list of people as a file.

use futures::StreamExt;
use futures::stream;
use serde_json::{Value, json};

use super::{page, shown};
use crate::model::activity::Action;
use crate::model::directory::{Member, Query};
use crate::model::sheet::SheetFormat;
use crate::server::Server;
use crate::server::error::Result;
use crate::server::service::activity::{self, Event};
use crate::server::service::sheet::{self, Sheet};
use crate::server::service::viewer::{Origin, Viewer};

/// People that are read at a time.
const BATCH: usize = 1000;
const COLUMNS: &[&str] =
    &["id", "email", "name", "role", "state", "email_verified", "second_factor", "language", "created_at", "last_seen_at"];

/// Everybody who fits, in the order that is asked for. Administrators only. Errors: `Invalid`.
pub async fn export(server: &Server, viewer: &Viewer, origin: &Origin, query: Query, format: SheetFormat) -> Result<Sheet> {
    viewer.require_admin()?;
    let query = query.checked()?;
    let event = Event::new(Action::UsersExported, origin).by(viewer.user.id).detail(json!({ "format": format }));
    activity::record(server, event).await;
    let begin = Some((server.clone(), query, None));
    let batches = stream::try_unfold(begin, |state| async move {
        let Some((server, query, after)) = state else { return Ok(None) };
        let rows = page(&server, query.clone(), after, BATCH).await?;
        let after = rows.last().filter(|_| rows.len() == BATCH).map(|last| (last.key(query.sort), last.user.id));
        let batch = rows.into_iter().map(|row| cells(shown(&server, row))).collect::<Result<Vec<_>>>()?;
        let next = after.map(|after| (server, query, Some(after)));
        Ok(Some((batch, next)))
    });
    Ok(sheet::write(format, "liao-users", COLUMNS, batches.boxed()))
}

/// The values of the columns.
fn cells(member: Member) -> Result<Vec<Value>> {
    let mut all = serde_json::to_value(member).map_err(crate::server::error::Error::internal)?;
    Ok(COLUMNS.iter().map(|name| all[*name].take()).collect())
}
