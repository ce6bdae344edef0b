//! The server about itself, for the administrators' page.

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::system::System;

/// How the server stands. Administrators only.
#[server(endpoint = "system/look", output = crate::rpc::Wire)]
pub async fn look() -> Rpc<System> {
    use crate::server::service::system;
    let (server, viewer) = asked()?;
    answer(system::look(&server, &viewer).await)
}

/// Stops an answer of anybody's. Administrators only.
#[server(endpoint = "system/stop", output = crate::rpc::Wire)]
pub async fn stop(generation_id: Uuid) -> Rpc<()> {
    use crate::server::service::system;
    let (server, viewer, origin) = asked_from()?;
    answer(system::stop(&server, &viewer, &origin, generation_id).await)
}

/// Tries a background job again. Administrators only.
#[server(endpoint = "system/retry_job", output = crate::rpc::Wire)]
pub async fn retry_job(job_id: Uuid) -> Rpc<()> {
    use crate::server::service::job;
    let (server, viewer, origin) = asked_from()?;
    answer(job::retry(&server, &viewer, &origin, job_id).await)?;
    leptos_axum::redirect("/admin/system");
    Ok(())
}

/// Cancels a background job. Administrators only.
#[server(endpoint = "system/cancel_job", output = crate::rpc::Wire)]
pub async fn cancel_job(job_id: Uuid) -> Rpc<()> {
    use crate::server::service::job;
    let (server, viewer, origin) = asked_from()?;
    answer(job::cancel(&server, &viewer, &origin, job_id).await)?;
    leptos_axum::redirect("/admin/system");
    Ok(())
}
