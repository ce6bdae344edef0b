//! The rows behind a figure, and both as files.

use chrono::DateTime;
use futures::StreamExt;
use futures::stream;
use serde_json::{Value, json};
use uuid::Uuid;

use super::asked::{Asked, filter, moment};
use super::tally::sum;
use crate::model::Page;
use crate::model::activity::Action;
use crate::model::error::Rule;
use crate::model::sheet::SheetFormat;
use crate::model::statistics::{CallRow, Query};
use crate::server::Server;
use crate::server::db::{Cell, Hours, Rows, Scope, StatisticsCall};
use crate::server::error::{Error, Result};
use crate::server::service::activity::{self, Event};
use crate::server::service::sheet::{self, Sheet};
use crate::server::service::viewer::{Origin, Viewer};

/// Rows of a page.
const PAGE: i64 = 50;
/// Rows that are read at a time for a file.
const BATCH: i64 = 1000;
const HOURS: &[&str] = &[
    "hour",
    "provider",
    "model",
    "calls",
    "answers",
    "failed",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "reasoning_tokens",
    "estimated",
    "cost",
    "unpriced",
];
const CALLS: &[&str] = &[
    "id",
    "finished_at",
    "user_id",
    "user_name",
    "purpose",
    "provider",
    "model",
    "key",
    "input_tokens",
    "cached_tokens",
    "output_tokens",
    "reasoning_tokens",
    "estimated",
    "cost",
    "tries",
    "first_token_ms",
    "tokens_per_second",
    "outcome",
    "failure",
];

/// The calls that are behind the figures, the newest first; `after` is the `next` of the page before. Administrators only. Errors: `Invalid`.
pub async fn rows(server: &Server, viewer: &Viewer, query: &Query, after: Option<&str>) -> Result<Page<CallRow>> {
    viewer.require_admin()?;
    let Asked { hours, scope, .. } = Asked::of(server, viewer, query).await?;
    let rows = Rows { scope, hours, failure: query.failure, key: filter("key", &query.key)?, after: after.map(place).transpose()? };
    let mut found = server.db.statistics().rows(&rows, PAGE + 1).await?;
    let more = found.len() as i64 > PAGE;
    found.truncate(PAGE as usize);
    let next = found.last().filter(|_| more).map(|last| format!("{}.{}", last.quarter, last.id.simple()));
    Ok(Page { items: found.into_iter().map(row).collect(), next })
}

fn place(after: &str) -> Result<(i64, Uuid)> {
    let parts = after.split_once('.').and_then(|(quarter, id)| Some((quarter.parse().ok()?, Uuid::parse_str(id).ok()?)));
    parts.ok_or_else(|| Error::invalid("after", Rule::Format, "after must be the `next` of a page before."))
}

fn row(call: StatisticsCall) -> CallRow {
    let count = |n: i64| u64::try_from(n).unwrap_or_default();
    CallRow {
        id: call.id,
        finished_at: call.finished_at,
        user_id: call.user_id,
        user_name: call.user_name,
        purpose: call.purpose,
        provider: call.provider,
        model: call.model,
        key: call.key,
        input_tokens: count(call.input_tokens),
        cached_tokens: count(call.cached_tokens),
        output_tokens: count(call.output_tokens),
        reasoning_tokens: count(call.reasoning_tokens),
        estimated: call.estimated,
        cost: call.cost.map(count),
        tries: count(call.tries),
        first_token_ms: call.first_token_ms.map(count),
        tokens_per_second: call.tokens_per_second,
        outcome: call.outcome,
        failure: call.failure.and_then(|failure| serde_json::from_value(failure.into()).ok()),
    }
}

/// The hours behind the figures as a file: a row for each hour, provider and model. Administrators only. Errors: `Invalid`.
pub async fn export(server: &Server, viewer: &Viewer, query: &Query, format: SheetFormat) -> Result<Sheet> {
    viewer.require_admin()?;
    let Asked { hours, scope, .. } = Asked::of(server, viewer, query).await?;
    super::keep::catch_up(server).await?;
    type State = (Server, Scope, Hours, Option<Cell>);
    let begin: Option<State> = Some((server.clone(), scope, hours, None));
    let batches = stream::try_unfold(begin, |state| async move {
        let Some((server, scope, hours, after)) = state else { return Ok(None) };
        let mut cells = server.db.statistics().cells(&scope, &hours, after.as_ref(), BATCH).await?;
        let rows = cells.iter().map(cell).collect::<Result<Vec<_>>>()?;
        let last = if (cells.len() as i64) < BATCH { None } else { cells.pop() };
        Ok(Some((rows, last.map(|last| (server, scope, hours, Some(last))))))
    });
    Ok(sheet::write(format, "liao-statistics", HOURS, batches.boxed()))
}

fn cell(cell: &Cell) -> Result<Vec<Value>> {
    let mut figures = serde_json::to_value(sum(&cell.measure)).map_err(Error::internal)?;
    let begin = [json!(moment(cell.hour)), json!(cell.provider), json!(cell.model)];
    let own = [("answers", cell.measure.answers), ("failed", cell.measure.failed)];
    let column = |name: &&str| own.iter().find(|(own, _)| own == name).map_or_else(|| figures[*name].take(), |(_, value)| json!(value));
    let figures: Vec<Value> = HOURS[3..].iter().map(column).collect();
    Ok(begin.into_iter().chain(figures).collect())
}

/// The calls as a file. Administrators only; it is noted, because people are named in it. Errors: `Invalid`.
pub async fn export_rows(server: &Server, viewer: &Viewer, origin: &Origin, query: &Query, format: SheetFormat) -> Result<Sheet> {
    viewer.require_admin()?;
    let Asked { hours, scope, .. } = Asked::of(server, viewer, query).await?;
    let detail = json!({ "format": format, "what": "calls" });
    activity::record(server, Event::new(Action::UsersExported, origin).by(viewer.user.id).detail(detail)).await;
    let begin = Some((server.clone(), Rows { scope, hours, failure: query.failure, key: filter("key", &query.key)?, after: None }));
    let batches = stream::try_unfold(begin, |state| async move {
        let Some((server, mut rows)) = state else { return Ok(None) };
        let found = server.db.statistics().rows(&rows, BATCH).await?;
        rows.after = found.last().map(|last| (last.quarter, last.id));
        let more = found.len() as i64 == BATCH;
        let cells = found.into_iter().map(|call| cells(row(call))).collect::<Result<Vec<_>>>()?;
        Ok(Some((cells, more.then_some((server, rows)))))
    });
    Ok(sheet::write(format, "liao-calls", CALLS, batches.boxed()))
}

fn cells(row: CallRow) -> Result<Vec<Value>> {
    let finished = row.finished_at;
    let mut row = serde_json::to_value(row).map_err(Error::internal)?;
    // To the second, as spreadsheets read it.
    row["finished_at"] = json!(DateTime::from_timestamp(finished.timestamp(), 0));
    Ok(CALLS.iter().map(|name| row[*name].take()).collect())
}
