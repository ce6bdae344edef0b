//! Pages are rendered on threads of their own, each page on one from its first word to its last. Leptos spawns a task for every
//! resource and every Suspense of a page; where these run on several threads at once they can wait for each other's locks, or miss
//! each other's news, for ever. As many pages as there are processors are rendered at a time, so nothing is lost by it.

use std::num::NonZero;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use tokio_util::task::LocalPoolHandle;
use tracing::Instrument;

use super::problem::problem;
use crate::model::error::{ApiError, Code};

/// Longest time that a page may take: whoever waits is told, and can try again.
const WITHIN: Duration = Duration::from_secs(20);

/// The threads, one for each processor.
pub fn threads() -> LocalPoolHandle {
    LocalPoolHandle::new(std::thread::available_parallelism().map_or(2, NonZero::get))
}

/// Has the page rendered whole on one thread, and hands it on.
pub async fn layer(State(threads): State<LocalPoolHandle>, request: Request, next: Next) -> Response {
    let page = async move {
        let (parts, body) = next.run(request).await.into_parts();
        // Reading it to its end also ends what Leptos has left to do.
        to_bytes(body, usize::MAX).await.map(|bytes| Response::from_parts(parts, Body::from(bytes)))
    };
    let page = page.in_current_span();
    let mut rendering = threads.spawn_pinned(move || page);
    match tokio::time::timeout(WITHIN, &mut rendering).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Ok(Err(cause))) => broken(&cause),
        Ok(Err(cause)) => broken(&cause),
        Err(_) => {
            rendering.abort();
            tracing::error!(seconds = WITHIN.as_secs(), "a page was not rendered in time");
            problem(ApiError::new(Code::Unavailable, "The server took too long for this page. Load it again."))
        }
    }
}

fn broken(cause: &dyn std::fmt::Display) -> Response {
    tracing::error!(%cause, "a page could not be rendered");
    problem(ApiError::new(Code::Internal, "Something went wrong on the server."))
}
