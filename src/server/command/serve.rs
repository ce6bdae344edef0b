//! `liao serve`: starts, says where, and stops gracefully.

use std::io::{IsTerminal, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use super::{Failure, migrate};
use crate::server::config::{Config, Log};
use crate::server::log::Logs;
use crate::server::service::{cluster, status};
use crate::server::{Server, boot, http, memory};

pub const EXAMPLES: &str = "Examples:
  liao serve
  LIAO_ADDR=0.0.0.0:8080 LIAO_PUBLIC_URL=https://chat.example.org liao serve
  LIAO_LOG=liao=debug liao serve
  LIAO_REDIS_URL=redis://cache LIAO_DATABASE_URL=postgres://… liao serve --role worker

SIGTERM or Ctrl+C stops it within 10 seconds; a second one at once.";

/// How long running answers may take to end honestly when the server stops.
const RUNS_WITHIN: Duration = Duration::from_secs(7);
/// How long open connections may then take; streams without end are dropped.
const CONNECTIONS_WITHIN: Duration = Duration::from_secs(1);

pub async fn run(config: Config) -> Result<(), Failure> {
    let logs = Logs::default();
    start_log(&config.log, &logs);
    // Every stream is a file descriptor; the soft limit is often 1024.
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files cannot be raised");
    }
    let (addr, public_url) = (config.addr, config.site.public_url.clone());
    let _lock = boot::lock(&config)?;
    // It is a convenience: a disk that does not take it is no reason not to serve.
    if let Err(error) = logs.open(&config.data_dir.join("logs")) {
        tracing::warn!(%error, "the log cannot be kept for administrators");
    }
    let (server, report) = boot::logging(config, logs.clone()).await?;
    if !report.applied.is_empty() {
        tracing::info!("{}", migrate::sentence(&report, server.db.engine()));
    }
    boot::background(&server).await?;
    let signals = Signals::listen()?;
    let listener = TcpListener::bind(addr).await.map_err(|e| Failure::Other(format!("LIAO_ADDR: cannot listen on {addr}: {e}.")))?;
    let bound = listener.local_addr().unwrap_or(addr);
    server.mailer.listens_at(format!("http://{}", reachable(bound)));
    if !http::assets::is_embedded() {
        tracing::warn!("built without the site: pages have no style and no scripts (build with cargo leptos)");
    }
    let router = http::router(&server);
    let told = match server.config.metrics_addr {
        Some(addr) => {
            Some(TcpListener::bind(addr).await.map_err(|e| Failure::Other(format!("LIAO_METRICS_ADDR: cannot listen on {addr}: {e}.")))?)
        }
        None => None,
    };
    memory::started();
    greet(&server, bound, public_url).await;
    let stop = CancellationToken::new();
    if let Some(listener) = told {
        tracing::info!(addr = ?listener.local_addr().ok(), "metrics are told");
        tokio::spawn(http::connection::serve(listener, http::metrics::router(&server), stop.clone()));
    }
    serve(&server, listener, router, signals, stop).await;
    logs.flush();
    Ok(())
}

/// Serves until a signal comes, then stops.
async fn serve(server: &Server, listener: TcpListener, router: axum::Router, mut signals: Signals, stop: CancellationToken) {
    let serving = tokio::spawn(http::connection::serve(listener, router, stop.clone()));
    signals.next().await;
    tracing::info!("stopping");
    stop.cancel();
    let stopping = async {
        server.presence.shutdown(CONNECTIONS_WITHIN).await;
        server.generations.shutdown(RUNS_WITHIN).await;
        cluster::leave(server).await;
        if let Ok(connections) = serving.await
            && tokio::time::timeout(CONNECTIONS_WITHIN, connections.wait()).await.is_err()
        {
            tracing::info!(count = connections.len(), "connections were still open and are dropped");
        }
        server.telemetry.flush(CONNECTIONS_WITHIN).await;
        // A query that hangs must not hold the exit; what was committed is safe.
        let _ = tokio::time::timeout(CONNECTIONS_WITHIN, server.db.close()).await;
    };
    tokio::select! {
        () = stopping => tracing::info!("stopped"),
        () = signals.next() => tracing::warn!("stopped at once by a second signal"),
    }
}

/// SIGTERM and SIGINT.
struct Signals(Signal, Signal);

impl Signals {
    fn listen() -> Result<Self, Failure> {
        let listen = |kind| signal(kind).map_err(|e| Failure::Other(format!("cannot listen for signals: {e}")));
        Ok(Self(listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?))
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

/// Logs to standard error, and to the files that are kept.
fn start_log(log: &Log, logs: &Logs) {
    // The configuration has parsed this filter already.
    let filter = EnvFilter::new(&log.filter);
    let lines = fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    let lines = if log.json { lines.json().flatten_event(true).boxed() } else { lines.boxed() };
    let started = tracing_subscriber::registry().with(filter).with(lines).with(logs.layer()).try_init();
    if let Err(error) = started {
        eprintln!("liao: logging cannot start: {error}");
    }
}

/// The one line that says where to go.
async fn greet(server: &Server, bound: SocketAddr, public_url: Option<String>) {
    let here = format!("http://{}", reachable(bound));
    let public = public_url.map(|url| format!(", for browsers {url}")).unwrap_or_default();
    let next = if status::has_users(server).await.unwrap_or(true) { "" } else { " - open it and make the first account" };
    let mut out = std::io::stdout();
    // Nobody may be reading our output; that is no reason not to serve.
    let _ = writeln!(out, "Liao is ready: {here}{public}{next}").and_then(|()| out.flush());
}

/// An address that a browser on this machine can open.
fn reachable(bound: SocketAddr) -> SocketAddr {
    match bound {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => (Ipv4Addr::LOCALHOST, v4.port()).into(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => (Ipv6Addr::LOCALHOST, v6.port()).into(),
        other => other,
    }
}
