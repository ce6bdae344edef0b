//! What everybody used as a file.

use futures::StreamExt;
use futures::stream;
use serde_json::{Value, json};

use super::{Between, LIST_MAX, page};
use crate::model::activity::Action;
use crate::model::sheet::SheetFormat;
use crate::model::usage::OfUser;
use crate::server::Server;
use crate::server::error::{Error, Result};
use crate::server::service::activity::{self, Event};
use crate::server::service::sheet::{self, Sheet};
use crate::server::service::viewer::{Origin, Viewer};

const COLUMNS: &[&str] = &[
    "user_id",
    "email",
    "name",
    "model",
    "calls",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "reasoning_tokens",
    "estimated",
    "cost",
    "unpriced",
];

/// A row for each user and model, as [`super::all`] has them. Administrators only. Errors: `Invalid`.
pub async fn export(server: &Server, viewer: &Viewer, origin: &Origin, days: Between, format: SheetFormat) -> Result<Sheet> {
    viewer.require_admin()?;
    let span = days.span()?;
    let detail = json!({ "format": format, "what": "usage" });
    activity::record(server, Event::new(Action::UsersExported, origin).by(viewer.user.id).detail(detail)).await;
    let begin = Some((server.clone(), None));
    let batches = stream::try_unfold(begin, move |state: Option<(Server, Option<String>)>| async move {
        let Some((server, after)) = state else { return Ok(None) };
        let found = page(&server, span, after.as_deref(), LIST_MAX).await?;
        let rows = found.items.into_iter().map(rows).collect::<Result<Vec<_>>>()?;
        Ok(Some((rows.concat(), found.next.map(|next| (server, Some(next))))))
    });
    Ok(sheet::write(format, "liao-usage", COLUMNS, batches.boxed()))
}

fn rows(of: OfUser) -> Result<Vec<Vec<Value>>> {
    let user = of.user.as_ref();
    let who = [json!(user.map(|user| user.id)), json!(user.map(|user| &user.email)), json!(user.map(|user| &user.name))];
    let row = |model: &crate::model::usage::OfModel| {
        let mut sum = serde_json::to_value(model.sum).map_err(Error::internal)?;
        let sums = COLUMNS[4..].iter().map(|name| sum[*name].take());
        Ok(who.iter().cloned().chain([json!(model.model)]).chain(sums).collect())
    };
    of.models.iter().map(row).collect()
}
