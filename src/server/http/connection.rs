//! Accepts connections and serves them until told to stop. Ours instead of `axum::serve` for the sake of a time limit on
//! request heads and of a stop that does not wait for streams that never end.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::ConnectInfo;
use axum::{BoxError, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

/// How long a client may take to send the head of a request, and to keep an idle connection.
const HEAD_TIMEOUT: Duration = Duration::from_secs(60);
/// Pause after an accept that failed for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `stop`, then answers what is being asked and accepts nothing more. The returned tracker is empty when the
/// last connection has ended; whoever waits for it decides for how long.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) -> TaskTracker {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => drop(connections.spawn(connection(stream, peer, router.clone(), stop.clone()))),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    connections.close();
    connections
}

async fn connection(stream: TcpStream, peer: SocketAddr, router: Router, stop: CancellationToken) {
    // Small pieces of an answer must not wait for each other.
    let _ = stream.set_nodelay(true);
    let service = router.map_request(move |request| from_peer(request, peer));
    // Browsers speak HTTP/2 over TLS only, which ends at the proxy; without the choice there is no preface to wait for.
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let mut connection = pin!(builder.serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(service)));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, %peer, "a connection broke");
    }
}

/// The request as the router takes it, with the address of who is connected.
fn from_peer<B>(request: http::Request<B>, peer: SocketAddr) -> http::Request<Body>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}
