//! The outbox, and how its mail is sent. A letter is stored and a job hands it over, again and again if it must; without a mail
//! server it is held for administrators to read. A text goes when its mail was sent: the links in it are for its recipient alone.

use std::io::Write;
use std::time::Instant;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Duration;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::activity::{self, Event};
use super::letter::{self, Letter, Recipient};
use super::viewer::{Origin, Viewer};
use super::{setting, step_up};
use crate::i18n::Locale;
use crate::model::Page;
use crate::model::activity::Action;
use crate::model::error::Rule;
use crate::model::job::JobKind;
use crate::model::mail::{
    KEEP_DAYS, LetterKind, Mail, MailBody, MailForm, MailSettings, MailSetup, MailState, MailTest, OpenMail, address,
};
use crate::model::user::normal_email;
use crate::server::Server;
use crate::server::crypto::{Context, Place};
use crate::server::db::{self, NewMail};
use crate::server::error::{Error, Result};
use crate::server::job::{self, Failure, Job, NewJob};
use crate::server::mail::{Extra, Line, Outgoing, Refusal};

/// The name of the group of settings in the database, and what the password in it is encrypted for.
const GROUP: &str = "mail";
/// Default and largest number of mails of one page.
const LIST: u32 = 30;
const LIST_MAX: u32 = 200;

/// The settings as they are stored.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Stored {
    #[serde(flatten)]
    settings: MailSettings,
    /// Encrypted, in base64url.
    password: Option<String>,
}

async fn stored(server: &Server) -> Result<Stored> {
    let Some(value) = server.db.settings().find(GROUP).await? else { return Ok(Stored::default()) };
    serde_json::from_value(value).map_err(Error::internal)
}

/// The line to the mail server, if there is one. It is read each time: another node may have set it.
async fn line(server: &Server, stored: &Stored) -> Result<Option<Line>> {
    if let Some(url) = &server.config.mail.smtp_url {
        return Ok(Some(Line::Url(url.expose_secret().to_owned())));
    }
    let MailSettings { host, port, security, user, .. } = stored.settings.clone();
    if host.is_empty() {
        return Ok(None);
    }
    let password = stored.password.as_deref().map(|sealed| unseal(server, sealed)).transpose()?;
    Ok(Some(Line::Server { host, port: port.unwrap_or(security.port()), security, user, password }))
}

fn unseal(server: &Server, sealed: &str) -> Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(Error::internal)?;
    String::from_utf8(server.keys.decrypt(&bytes, &Place::MailServer.alone())?).map_err(Error::internal)
}

/// Who letters are from.
fn sender(server: &Server, stored: &Stored) -> String {
    let set = Some(stored.settings.from.clone()).filter(|from| !from.is_empty());
    server.config.mail.from.clone().or(set).unwrap_or_else(|| {
        let base = letter::base(server);
        let host = base.split_once("://").map_or("", |(_, host)| host).split(':').next().unwrap_or_default();
        // An address of numbers is none that mail is sent from.
        let host = if host.parse::<std::net::IpAddr>().is_ok() || host.is_empty() || host.starts_with('[') { "localhost" } else { host };
        format!("Liao <liao@{host}>")
    })
}

/// How mail is sent. Administrators only.
pub async fn setup(server: &Server, viewer: &Viewer) -> Result<MailSetup> {
    viewer.require_admin()?;
    let stored = stored(server).await?;
    let (sender, base) = (sender(server, &stored), letter::base(server));
    Ok(MailSetup { settings: stored.settings, fixed: server.config.mail.smtp_url.is_some(), sender, base })
}

/// Sets how mail is sent. A password that is not given stays, for the same server and user. Administrators only.
/// Errors: `Invalid`, `StepUp`, `Conflict` (the environment names the mail server).
pub async fn set_up(server: &Server, viewer: &Viewer, origin: &Origin, form: MailForm) -> Result<MailSetup> {
    viewer.require_admin()?;
    // Who chooses the mail server reads every link that lets a password be set.
    step_up::require(server, viewer).await?;
    let form = form.checked()?;
    if server.config.mail.smtp_url.is_some() {
        return Err(Error::conflict("LIAO_SMTP_URL names the mail server; change it there."));
    }
    let before = stored(server).await?;
    let same = before.settings.host == form.host && before.settings.user == form.user;
    let password = match form.password {
        Some(password) => Some(URL_SAFE_NO_PAD.encode(server.keys.encrypt(password.as_bytes(), &Place::MailServer.alone())?)),
        // Another server does not get to see it.
        None => before.password.filter(|_| same && !form.user.is_empty()),
    };
    let MailForm { host, port, security, user, from, .. } = form;
    let settings = MailSettings { host, port, security, user, from, has_password: password.is_some() };
    setting::write(server, viewer, origin, GROUP, &Stored { settings, password }).await?;
    setup(server, viewer).await
}

/// Sends a test mail, now: what the mail server really said, or why it could not be asked. To the viewer, if to nobody else.
/// Administrators only. Errors: `Invalid` (`to`), `Conflict` (there is no mail server).
pub async fn test(server: &Server, viewer: &Viewer, to: Option<String>) -> Result<MailTest> {
    viewer.require_admin()?;
    let to = to.filter(|to| !to.trim().is_empty()).map_or_else(|| viewer.user.email.clone(), |to| normal_email(&to));
    if address(&to) != Some(to.as_str()) {
        return Err(Error::invalid("to", Rule::Format, "to must look like name@example.org."));
    }
    let stored = stored(server).await?;
    let line = line(server, &stored).await?.ok_or_else(nowhere)?;
    let (subject, body) = letter::compose(server, &Recipient::from(&viewer.user).at(&to), &Letter::Test)?;
    let from = sender(server, &stored);
    let (id, at) = (Uuid::now_v7(), server.clock.now());
    let mail = Outgoing { id, from: &from, to: &to, subject: &subject, body: &body, extra: None, at };
    let begun = Instant::now();
    let said = server.mailer.send(&line, &mail).await;
    let millis = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(match said {
        Ok(message) => MailTest { ok: true, message, millis },
        Err(refusal) => MailTest { ok: false, message: refusal.words().to_owned(), millis },
    })
}

fn nowhere() -> Error {
    Error::conflict("There is no mail server; name one first.")
}

/// How a letter looks in a language. Administrators only.
pub fn preview(server: &Server, viewer: &Viewer, kind: LetterKind, locale: Locale) -> Result<(String, MailBody)> {
    viewer.require_admin()?;
    let to = Recipient { language: Some(locale.tag().to_owned()), ..Recipient::from(&viewer.user) };
    letter::sample(server, &to, kind)
}

/// Stores a letter in the outbox and has it sent, or held if there is no mail server.
pub(super) async fn store(server: &Server, to: &Recipient, letter: Letter) -> Result<()> {
    let there = line(server, &stored(server).await?).await?.is_some();
    if letter.kind() == LetterKind::Erased && !there {
        // The address of somebody who was erased is not kept for a letter that nobody will send.
        return Ok(());
    }
    let (mail, sealed) = written(server, to, &letter, None, there)?;
    server.db.mails().insert(&NewMail { mail: &mail, body: &sealed }).await?;
    match mail.state {
        MailState::Queued => enqueue(server, &mail).await,
        _ => {
            announce(server, &mail, &letter);
            Ok(())
        }
    }
}

/// A mail with what goes along, as it is put into the outbox, and the job that sends it; no job where there is no mail server. For who
/// stores both together with something else.
pub(super) async fn prepare(server: &Server, to: &Recipient, letter: &Letter, extra: Extra) -> Result<(Mail, Vec<u8>, Option<db::NewJob>)> {
    let there = line(server, &stored(server).await?).await?.is_some();
    let (mail, sealed) = written(server, to, letter, Some(extra), there)?;
    let (id, payload, run_at) = (Uuid::now_v7(), json!({ "mail": mail.id }), mail.created_at);
    let job = db::NewJob { id, kind: JobKind::Mail, payload, user_id: mail.user_id, run_at, created_at: run_at };
    Ok((mail, sealed, there.then_some(job)))
}

/// A letter as a row of the outbox, and its text, encrypted for it.
fn written(server: &Server, to: &Recipient, letter: &Letter, extra: Option<Extra>, there: bool) -> Result<(Mail, Vec<u8>)> {
    let (subject, body) = letter::compose(server, to, letter)?;
    let (id, created_at) = (Uuid::now_v7(), server.clock.now());
    let state = if there { MailState::Queued } else { MailState::Held };
    let mail = Mail {
        id,
        user_id: to.user_id,
        recipient: to.email.clone(),
        letter: letter.kind(),
        language: to.locale().tag().to_owned(),
        subject,
        state,
        attempts: 0,
        error: None,
        created_at,
        sent_at: None,
    };
    let whole = Whole { body, extra: extra.map(Kept::from) };
    let sealed = server.keys.encrypt(&serde_json::to_vec(&whole).map_err(Error::internal)?, &context(id))?;
    Ok((mail, sealed))
}

/// What the outbox keeps of a mail until it was sent.
#[derive(Serialize, Deserialize)]
struct Whole {
    #[serde(flatten)]
    body: MailBody,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    extra: Option<Kept>,
}

/// What goes along, its bytes in base64url.
#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    media_type: String,
    bytes: String,
    stop: String,
}

impl From<Extra> for Kept {
    fn from(extra: Extra) -> Self {
        let Extra { name, media_type, bytes, stop } = extra;
        Self { name, media_type, bytes: URL_SAFE_NO_PAD.encode(bytes), stop }
    }
}

impl Kept {
    fn open(self) -> Result<Extra> {
        let Self { name, media_type, bytes, stop } = self;
        Ok(Extra { name, media_type, bytes: URL_SAFE_NO_PAD.decode(bytes).map_err(Error::internal)?, stop })
    }
}

async fn enqueue(server: &Server, mail: &Mail) -> Result<()> {
    let job = NewJob::new(JobKind::Mail, json!({ "mail": mail.id }));
    let job = match mail.user_id {
        Some(user_id) => job.of(user_id),
        None => job,
    };
    job::enqueue(server, job).await.map(drop)
}

/// What the encrypted text is bound to.
fn context(id: Uuid) -> Context {
    Place::Mail.of(id)
}

/// Without a mail server the link stands in the terminal: on standard output, not in the log.
fn announce(server: &Server, mail: &Mail, letter: &Letter) {
    tracing::info!(mail = %mail.id, letter = mail.letter.name(), "there is no mail server: a mail is held in the outbox");
    let Some(path) = letter.link() else { return };
    let mut out = std::io::stdout();
    // Nobody may be reading our output; the outbox has it, too.
    let _ = writeln!(out, "Mail to {}: {}\n  {}{path}", mail.recipient, mail.subject, letter::base(server)).and_then(|()| out.flush());
}

/// Hands the mail of this job over.
pub async fn run(server: &Server, job: &Job) -> Result<Value, Failure> {
    let id = job.payload["mail"].as_str().and_then(|id| Uuid::parse_str(id).ok());
    let id = id.ok_or_else(|| Failure::Final("a mail without an id".into()))?;
    // Erased meanwhile, or sent by a worker that died before it could say so.
    let Some((mail, Some(sealed))) = server.db.mails().find(id).await? else { return Ok(json!({ "sent": false })) };
    let stored = stored(server).await?;
    let Some(line) = line(server, &stored).await? else {
        server.db.mails().set_state(id, MailState::Held).await?;
        return Ok(json!({ "sent": false }));
    };
    let (Whole { body, extra }, from) = (opened(server, id, &sealed)?, sender(server, &stored));
    let extra = extra.map(Kept::open).transpose()?;
    let (to, subject) = (mail.recipient.as_str(), mail.subject.as_str());
    let outgoing = Outgoing { id, from: &from, to, subject, body: &body, extra: extra.as_ref(), at: mail.created_at };
    match server.mailer.send(&line, &outgoing).await {
        Ok(_) => {
            done(server, &mail, None).await?;
            Ok(json!({ "sent": true }))
        }
        Err(Refusal::Later(words)) if job.attempts < job::ATTEMPTS => {
            server.db.mails().refused(id, MailState::Queued, &words).await?;
            Err(Failure::Again(words))
        }
        Err(refusal) => {
            done(server, &mail, Some(refusal.words())).await?;
            Err(Failure::Final(refusal.words().to_owned()))
        }
    }
}

/// Notes the end of a mail. Of the last one to somebody who was erased nothing is kept.
async fn done(server: &Server, mail: &Mail, error: Option<&str>) -> Result<()> {
    let mails = server.db.mails();
    match error {
        _ if mail.letter == LetterKind::Erased => mails.delete(mail.id).await?,
        Some(words) => mails.refused(mail.id, MailState::Failed, words).await?,
        None => mails.sent(mail.id, server.clock.now()).await?,
    }
    Ok(())
}

fn opened(server: &Server, id: Uuid, sealed: &[u8]) -> Result<Whole> {
    serde_json::from_slice(&server.keys.decrypt(sealed, &context(id))?).map_err(Error::internal)
}

/// The outbox, the newest first; `before` is the `next` of the page before. Administrators only.
pub async fn list(
    server: &Server,
    viewer: &Viewer,
    state: Option<MailState>,
    before: Option<Uuid>,
    limit: Option<u32>,
) -> Result<Page<Mail>> {
    viewer.require_admin()?;
    let limit = limit.unwrap_or(LIST).clamp(1, LIST_MAX) as usize;
    let mut items = server.db.mails().list(state, before, limit as i64 + 1).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.id.to_string());
    Ok(Page { items, next })
}

/// One mail and what it says, as long as it was not sent. Who reads it is noted, and has to have proved
/// who they are: a held letter may have a link that sets a password. Administrators only. Errors: `NotFound`, `StepUp`.
pub async fn open(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<OpenMail> {
    viewer.require_admin()?;
    step_up::require(server, viewer).await?;
    let (mail, sealed) = server.db.mails().find(id).await?.ok_or_else(|| Error::not_found("mail"))?;
    let body = sealed.map(|sealed| opened(server, id, &sealed).map(|whole| whole.body)).transpose()?;
    if let (Some(user_id), true) = (mail.user_id, body.is_some()) {
        let event = Event::new(Action::MailRead, origin).of(user_id).by(viewer.user.id);
        activity::record(server, event.detail(json!({ "letter": mail.letter.name() }))).await;
    }
    Ok(OpenMail { mail, body })
}

/// Has a mail sent that was given up or held. Administrators only.
/// Errors: `NotFound`, `Conflict` (it was sent, or there is no mail server).
pub async fn retry(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Mail> {
    viewer.require_admin()?;
    let (mail, _) = server.db.mails().find(id).await?.ok_or_else(|| Error::not_found("mail"))?;
    if line(server, &stored(server).await?).await?.is_none() {
        return Err(nowhere());
    }
    if !server.db.mails().set_state(id, MailState::Queued).await? {
        return Err(Error::conflict("It was sent."));
    }
    if mail.state != MailState::Queued {
        enqueue(server, &mail).await?;
    }
    Ok(Mail { state: MailState::Queued, ..mail })
}

/// Removes everything that was written to this person.
pub(super) async fn erase(server: &Server, user_id: Uuid, address: &str) -> Result<()> {
    Ok(server.db.mails().delete_to(user_id, address).await?)
}

/// Removes old mails; called about once an hour.
pub async fn sweep(server: &Server) -> Result<()> {
    let removed = server.db.mails().delete_old(server.clock.now() - Duration::days(KEEP_DAYS)).await?;
    tracing::debug!(removed, "old mails were removed");
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
