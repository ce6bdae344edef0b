//! Reports of abuse.
#![allow(clippy::too_many_arguments, reason = "the arguments are the fields of a plain form")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::Page;
use crate::model::report::{OwnReport, Report, ReportReason, ReportState, Reportable, Ruling};

/// What may be reported, of a conversation of the viewer's or of one that a link shows; and what they have reported.
#[server(endpoint = "report/offer", output = crate::rpc::Wire)]
pub async fn offer(chat: Option<Uuid>, share: Option<String>, message: Option<Uuid>) -> Rpc<(Vec<Reportable>, Vec<OwnReport>)> {
    use crate::server::service::report;
    let (server, viewer) = asked()?;
    let offered = match (chat, share, message) {
        (Some(chat), _, message) => answer(report::offered(&server, &viewer, chat, message).await)?,
        (None, Some(token), Some(message)) => vec![answer(report::offered_by(&server, &viewer, &token, message).await)?],
        _ => Vec::new(),
    };
    Ok((offered, answer(report::own(&server, &viewer).await)?.items))
}

/// Reports a message: one that a link shows, or an answer of the viewer's.
#[server(endpoint = "report/make", output = crate::rpc::Wire)]
pub async fn make(message: Uuid, reason: ReportReason, note: Option<String>, share: Option<String>) -> Rpc<()> {
    use crate::model::report::ReportForm;
    use crate::server::service::report;
    let (server, viewer, origin) = asked_from()?;
    let form = ReportForm { reason, note: note.unwrap_or_default() };
    match share.filter(|token| !token.is_empty()) {
        Some(token) => answer(report::of_shared(&server, &viewer, &origin, &token, message, form).await)?,
        None => answer(report::of_own(&server, &viewer, &origin, message, form).await)?,
    };
    leptos_axum::redirect("/settings/report?sent=1");
    Ok(())
}

/// Everybody's reports. Administrators only.
#[server(endpoint = "report/list", output = crate::rpc::Wire)]
pub async fn list(state: Option<ReportState>, after: Option<Uuid>) -> Rpc<Page<Report>> {
    use crate::server::service::report;
    let (server, viewer) = asked()?;
    answer(report::list(&server, &viewer, state, after).await)
}

/// Says what became of a report. Administrators only.
#[server(endpoint = "report/resolve", output = crate::rpc::Wire)]
pub async fn resolve(id: Uuid, ruling: Ruling) -> Rpc<()> {
    use crate::server::service::report;
    let (server, viewer, origin) = asked_from()?;
    answer(report::resolve(&server, &viewer, &origin, id, ruling).await)?;
    leptos_axum::redirect("/admin/reports?state=open");
    Ok(())
}
