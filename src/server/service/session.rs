//! Cookie sessions of browsers: what is kept about them, and signing in and out with them.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Duration, Utc};
use tower_sessions::cookie::time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::{Session, SessionStore, session, session_store};
use uuid::Uuid;

use super::account;
use super::activity::{self, Event};
use super::admission::{self, Admission, Proof};
use super::device::Device;
use super::registration::Application;
use super::viewer::{Origin, Via, Viewer};
use crate::model::activity::Action;
use crate::model::factor::{Challenge, RecoveryCodes};
use crate::model::token::SIGN_IN_DAYS;
use crate::model::user::{Registration, User};
use crate::server::Server;
use crate::server::clock::Clock;
use crate::server::crypto::{Place, sha256};
use crate::server::db::{self, Db};
use crate::server::error::{Error, Result};

/// A session ends when it was not used for this long.
pub const IDLE_DAYS: i64 = 30;
/// A session ends this long after signing in, however much it is used.
pub const LIFE_DAYS: i64 = SIGN_IN_DAYS;
/// The use of a session is written down at most this often.
const TOUCH_SECONDS: i64 = 60;

/// Keys of what a session remembers: the signed-in user's id, and where they signed in from.
const USER: &str = "user";
const ORIGIN: &str = "origin";
/// The ticket of somebody whose second factor is still to come.
const TICKET: &str = "ticket";
/// Recovery codes that were just made, encrypted, until their owner says that they have them.
const CODES: &str = "codes";
/// How long they are shown at most.
const CODES_SHOWN: Duration = Duration::minutes(15);

/// The browser that asks: its session, where it is, and whether it was here before.
#[derive(Clone)]
pub struct Browser {
    pub session: Session,
    pub origin: Origin,
    pub device: Device,
}

/// Makes an account and signs in with it. Errors as of [`account::register`] and [`admission::admit`].
pub async fn register(server: &Server, browser: &Browser, registration: Registration, application: Application<'_>) -> Result<Admission> {
    let user = account::register(server, &browser.origin, registration, application).await?;
    enter(server, browser, user, &Proof::Registration).await
}

/// Signs in, or begins to. Errors as of [`account::authenticate`] and [`admission::admit`].
pub async fn login(server: &Server, browser: &Browser, email: &str, password: String) -> Result<Admission> {
    let user = account::authenticate(server, &browser.origin, email, password).await?;
    enter(server, browser, user, &Proof::Password).await
}

/// Signs in who has proved who they are, if nothing more is asked of them. Errors as of [`admission::admit`].
pub async fn enter(server: &Server, browser: &Browser, user: User, proof: &Proof) -> Result<Admission> {
    let admission = admission::admit(server, &browser.origin, Some(&browser.device), user, proof).await?;
    match &admission {
        Admission::In(user) => sign_in(browser, user).await?,
        Admission::SecondFactor { ticket } => browser.session.insert(TICKET, ticket).await.map_err(Error::internal)?,
    }
    Ok(admission)
}

/// Where a browser goes next: in, or to the page that asks for the second factor.
pub fn way(admission: &Admission, next: Option<&str>) -> String {
    match (admission, safe_next(next)) {
        (Admission::In(_), next) => next,
        (Admission::SecondFactor { .. }, next) if next == "/" => "/login/factor".to_owned(),
        (Admission::SecondFactor { .. }, next) => format!("/login/factor?next={}", percent_encoded(&next)),
    }
}

/// What is asked of this browser after its first factor. Errors: `Invalid` (`ticket` is `Expired`).
pub async fn challenge(server: &Server, browser: &Browser) -> Result<Challenge> {
    let ticket: Option<String> = browser.session.get(TICKET).await.map_err(Error::internal)?;
    admission::challenge(server, ticket.unwrap_or_default()).await
}

/// Signs in with the second factor. Errors as of [`admission::admit_second`].
pub async fn second(server: &Server, browser: &Browser, code: &str, remember: bool) -> Result<()> {
    let ticket: Option<String> = browser.session.get(TICKET).await.map_err(Error::internal)?;
    let (ticket, device) = (ticket.unwrap_or_default(), Some(&browser.device));
    let user = admission::admit_second(server, &browser.origin, device, &ticket, code, remember).await?;
    sign_in(browser, &user).await
}

/// Keeps recovery codes for the page that shows them, readable by this server only.
pub async fn show_codes(server: &Server, browser: &Browser, codes: &RecoveryCodes) -> Result<()> {
    let text = codes.recovery_codes.join(" ");
    let sealed = server.keys.encrypt(text.as_bytes(), &Place::RecoveryCodes.alone())?;
    browser.session.insert(CODES, (sealed, server.clock.now() + CODES_SHOWN)).await.map_err(Error::internal)
}

/// The recovery codes that are to be shown.
pub async fn shown_codes(server: &Server, browser: &Browser) -> Result<Option<RecoveryCodes>> {
    let kept: Option<(Vec<u8>, DateTime<Utc>)> = browser.session.get(CODES).await.map_err(Error::internal)?;
    let Some((sealed, _)) = kept.filter(|(_, until)| *until > server.clock.now()) else { return Ok(None) };
    let text = String::from_utf8(server.keys.decrypt(&sealed, &Place::RecoveryCodes.alone())?).map_err(Error::internal)?;
    Ok(Some(RecoveryCodes { recovery_codes: text.split(' ').map(str::to_owned).collect() }))
}

/// Their owner has them.
pub async fn hide_codes(browser: &Browser) -> Result<()> {
    browser.session.remove_value(CODES).await.map_err(Error::internal).map(drop)
}

/// Ends the session, on the server and (by the cookie layer) in the browser.
pub async fn logout(server: &Server, browser: &Browser) -> Result<()> {
    if browser.session.id().is_none() {
        return Ok(());
    }
    let viewer = viewer(server, &browser.session).await?;
    browser.session.flush().await.map_err(Error::internal)?;
    if let Some(viewer) = viewer {
        activity::record(server, Event::new(Action::SignedOut, &browser.origin).of(viewer.user.id)).await;
    }
    Ok(())
}

/// The session gets a new id, so that one that was planted before is worth nothing, and forgets whoever was signed in with it.
async fn sign_in(browser: &Browser, user: &User) -> Result<()> {
    let Browser { session, origin, .. } = browser;
    let signed_in: Result<(), session::Error> = async {
        session.clear().await;
        session.cycle_id().await?;
        session.insert(USER, user.id).await?;
        session.insert(ORIGIN, origin).await
    }
    .await;
    signed_in.map_err(Error::internal)
}

/// Who is signed in with this session; notes the use now and then.
pub async fn viewer(server: &Server, session: &Session) -> Result<Option<Viewer>> {
    let Some(id) = session.id() else { return Ok(None) };
    let (hash, now) = (sha256(&id.to_string()), server.clock.now());
    let Some((user, last_used_at)) = server.db.sessions().find_user(&hash, now, oldest(now)).await? else { return Ok(None) };
    if now - last_used_at >= Duration::seconds(TOUCH_SECONDS)
        && let Err(error) = server.db.sessions().touch(&hash, now, now + Duration::days(IDLE_DAYS)).await
    {
        tracing::warn!(cause = %error, "the use of a session could not be noted");
    }
    Ok(Some(Viewer { user, via: Via::Session { id_hash: hash } }))
}

/// Removes the sessions and API sign-ins that have ended.
pub async fn sweep(server: &Server) -> Result<()> {
    let now = server.clock.now();
    let sessions = server.db.sessions().delete_expired(now, oldest(now)).await?;
    let families = server.db.tokens().delete_expired(now).await?;
    let devices = server.db.devices().delete_expired(now).await?;
    tracing::debug!(sessions, families, devices, "ended sign-ins were removed");
    Ok(())
}

/// Sessions that began at this time or before have ended.
fn oldest(now: DateTime<Utc>) -> DateTime<Utc> {
    now - Duration::days(LIFE_DAYS)
}

/// Where to go after signing in: a path on this server, else `/`. Browsers read `\` as `/` and drop tabs and line ends, so
/// `/\evil.example` and `/<tab>/evil.example` would leave it.
pub fn safe_next(next: Option<&str>) -> String {
    let local =
        |path: &&str| path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && !path.chars().any(char::is_control);
    next.filter(local).unwrap_or("/").to_owned()
}

/// The text as it stands in a query.
fn percent_encoded(text: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// Keeps sessions in the database, under the hash of their id: who reads the table cannot use what is in it.
#[derive(Clone)]
pub struct Store {
    db: Db,
    clock: Clock,
}

impl Store {
    pub fn new(server: &Server) -> Self {
        Self { db: server.db.clone(), clock: server.clock.clone() }
    }

    async fn write(&self, record: &Record, new: bool) -> session_store::Result<bool> {
        let (hash, now) = (sha256(&record.id.to_string()), self.clock.now());
        let value = |key: &str| record.data.get(key).cloned();
        let user_id: Option<Uuid> = value(USER).and_then(|v| serde_json::from_value(v).ok());
        let origin: Origin = value(ORIGIN).and_then(|v| serde_json::from_value(v).ok()).unwrap_or_default();
        let row = db::Session {
            id_hash: &hash,
            user_id,
            data: &record.data,
            user_agent: origin.user_agent.as_deref(),
            ip: origin.ip.map(|ip| ip.to_string()),
            used_at: now,
            // Ours, not the record's: that one was made with the system's clock.
            expires_at: now + Duration::days(IDLE_DAYS),
        };
        let sessions = self.db.sessions();
        let written = if new { sessions.insert(&row).await } else { sessions.update(&row).await };
        written.map_err(backend)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("session::Store")
    }
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        while !self.write(record, true).await? {
            record.id = Id::default();
        }
        Ok(())
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        // False when it was ended meanwhile (signed out elsewhere, swept): then it stays ended.
        self.write(record, false).await.map(|_| ())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let now = self.clock.now();
        let found = self.db.sessions().find(&sha256(&id.to_string()), now, oldest(now)).await.map_err(backend)?;
        Ok(found.map(|(data, ends)| Record { id: *id, data, expiry_date: offset(ends) }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.db.sessions().delete(&sha256(&id.to_string())).await.map_err(backend)
    }
}

fn backend(error: impl fmt::Display) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

fn offset(time: DateTime<Utc>) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(time.timestamp()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}
