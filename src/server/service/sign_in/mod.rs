//! Where somebody is signed in: the list of it, and ending one or all others.

pub(super) mod agent;

use chrono::Duration;
use uuid::Uuid;

use super::activity::{self, Event};
use super::device::{self, Device};
use super::viewer::{Origin, Via, Viewer};
use crate::model::activity::Action;
use crate::model::session::{Session, SessionKind};
use crate::model::token::SIGN_IN_DAYS;
use crate::server::Server;
use crate::server::db::{BrowserRow, NAME_BYTES, ProgramRow, SignInKey};
use crate::server::error::{Error, Result};
use serde_json::json;

/// The viewer's sign-ins: the one that asks first, then the last used.
pub async fn list(server: &Server, viewer: &Viewer) -> Result<Vec<Session>> {
    all(server, viewer.user.id, Some(&viewer.via)).await
}

/// A user's sign-ins; `via` is the one that asks, if one does.
pub(super) async fn all(server: &Server, user_id: Uuid, via: Option<&Via>) -> Result<Vec<Session>> {
    let now = server.clock.now();
    let browsers = server.db.sign_ins().browsers(user_id, now).await?.into_iter().map(|row| browser(row, via));
    let programs = server.db.sign_ins().programs(user_id, now).await?.into_iter().map(|row| program(row, via));
    let lives = |session: &Session| now - session.created_at < Duration::days(SIGN_IN_DAYS);
    let mut all: Vec<Session> = browsers.chain(programs).filter(lives).collect();
    all.sort_by_key(|session| (!session.current, std::cmp::Reverse(session.last_used_at)));
    Ok(all)
}

/// Ends one of the viewer's sign-ins. Errors: `NotFound`.
pub async fn end(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<()> {
    if !server.db.sign_ins().end(viewer.user.id, id, server.clock.now()).await? {
        return Err(Error::not_found("session"));
    }
    activity::record(server, Event::new(Action::SessionEnded, origin).of(viewer.user.id)).await;
    Ok(())
}

/// Ends all of the viewer's sign-ins but the one that asks, and asks for the second factor again everywhere else; answers how many.
pub async fn end_others(server: &Server, viewer: &Viewer, origin: &Origin, device: Option<&Device>) -> Result<u64> {
    let kept = match &viewer.via {
        Via::Session { id_hash } => SignInKey::Browser(id_hash),
        Via::Token { family } => SignInKey::Program(*family),
    };
    let ended = server.db.sign_ins().end_others(viewer.user.id, kept, server.clock.now()).await?;
    device::distrust_others(server, device, &viewer.user).await?;
    let event = Event::new(Action::SessionsEnded, origin).of(viewer.user.id).detail(json!({ "ended": ended }));
    activity::record(server, event).await;
    Ok(ended)
}

fn browser(row: BrowserRow, via: Option<&Via>) -> Session {
    let BrowserRow { id_hash, user_agent, ip, created_at, last_used_at } = row;
    let current = matches!(via, Some(Via::Session { id_hash: mine }) if mine.as_slice() == id_hash);
    // Half of the hash names it; no cookie can be made of it.
    let id = id_hash.get(..NAME_BYTES).and_then(|name| Uuid::from_slice(name).ok()).unwrap_or_default();
    let (browser, system) = agent::read(user_agent.as_deref());
    let ip = ip.and_then(|ip| ip.parse().ok());
    Session { id, kind: SessionKind::Browser, browser, system, ip, created_at, last_used_at, current }
}

fn program(row: ProgramRow, via: Option<&Via>) -> Session {
    let ProgramRow { id, user_agent, ip, created_at, last_used_at } = row;
    let current = matches!(via, Some(Via::Token { family }) if *family == id);
    let (browser, system) = agent::read(user_agent.as_deref());
    let ip = ip.and_then(|ip| ip.parse().ok());
    Session { id, kind: SessionKind::Program, browser, system, ip, created_at, last_used_at, current }
}
