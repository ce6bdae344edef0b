//! What one's calls to models used and cost.

use leptos::prelude::*;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::usage::{OfDay, Period, Report};

/// What the viewer used, and the days of the last year.
#[server(endpoint = "usage/mine", output = crate::rpc::Wire)]
pub async fn mine(period: Period) -> Rpc<(Report, Vec<OfDay>)> {
    use crate::server::service::usage;
    let (server, viewer) = asked()?;
    let report = answer(usage::mine(&server, &viewer, period).await)?;
    let year = answer(usage::mine(&server, &viewer, Period::Year).await)?;
    Ok((report, year.days))
}
