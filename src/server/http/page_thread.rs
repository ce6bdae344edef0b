//! Pages are rendered on threads of their own, each page on one from its first word to its last. Leptos spawns a task for every
//! resource and every Suspense of a page. Where these run on several threads, one that looks for a context while another lets go of
//! an owner above it waits for itself for ever, and so does whoever asked for the page. As many pages as there are processors are
//! rendered at a time, so nothing is lost by it.

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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::thread::ThreadId;

    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use http::StatusCode;
    use tower::ServiceExt;

    use super::*;

    fn app() -> Router {
        let page = || async {
            let here = || std::thread::current().id();
            let mut seen: HashSet<ThreadId> = HashSet::from([here()]);
            for _ in 0..64 {
                seen.insert(tokio::spawn(async move { here() }).await.unwrap());
                tokio::task::yield_now().await;
            }
            assert_eq!(seen.len(), 1, "a page's tasks ran on several threads");
            format!("{:?}", here())
        };
        let broken = || async {
            if true {
                panic!("on purpose")
            }
        };
        Router::new().route("/", get(page)).route("/broken", get(broken)).layer(from_fn_with_state(threads(), layer))
    }

    async fn ask(app: &Router, path: &str) -> (StatusCode, String) {
        let response = app.clone().oneshot(Request::builder().uri(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status();
        (status, String::from_utf8(to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec()).unwrap())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn whatever_a_page_spawns_runs_on_the_pages_thread() {
        let app = app();
        let asked = futures::future::join_all((0..40).map(|_| ask(&app, "/"))).await;
        assert!(asked.iter().all(|(status, _)| *status == StatusCode::OK));
        let threads: HashSet<_> = asked.into_iter().map(|(_, thread)| thread).collect();
        assert!(threads.len() <= super::threads().num_threads(), "{threads:?}");
        assert!(!threads.contains(&format!("{:?}", std::thread::current().id())));
    }

    #[tokio::test]
    async fn a_page_that_panics_is_an_error_and_the_next_one_is_shown() {
        let app = app();
        assert_eq!(ask(&app, "/broken").await.0, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(ask(&app, "/").await.0, StatusCode::OK);
    }
}
