//! How mail is sent, how letters look, and the outbox. Administrators only. Every form is plain.
#![allow(clippy::too_many_arguments, reason = "a form's fields are its server function's arguments")]

use leptos::prelude::*;
use uuid::Uuid;

use super::Rpc;
#[allow(unused_imports, reason = "the bodies are compiled on the server only")]
use super::*;
use crate::model::Page;
use crate::model::mail::{LetterKind, Mail, MailBody, MailSetup, MailState, OpenMail, Security};

/// The page where the forms of this file stand.
#[allow(dead_code, reason = "the bodies are compiled on the server only")]
const PAGE: &str = "/admin/settings/mail";

/// How mail is sent.
#[server(endpoint = "mail/setup", output = crate::rpc::Wire)]
pub async fn setup() -> Rpc<MailSetup> {
    use crate::server::service::mail;
    let (server, viewer) = asked()?;
    answer(mail::setup(&server, &viewer).await)
}

/// Sets how mail is sent. An empty password stays as it was.
#[server(endpoint = "mail/save", output = crate::rpc::Wire)]
pub async fn save(
    host: Option<String>,
    port: Option<String>,
    security: Security,
    user: Option<String>,
    password: Option<String>,
    from: Option<String>,
) -> Rpc<()> {
    use crate::model::error::Rule;
    use crate::model::mail::MailForm;
    use crate::server::error::Error;
    use crate::server::service::mail;
    let (server, viewer, origin) = asked_from()?;
    let port = port.map(|port| port.trim().to_owned()).filter(|port| !port.is_empty()).map(|port| port.parse::<u16>()).transpose();
    let port = answer(port.map_err(|_| Error::invalid("port", Rule::Range(1, 65535), "port must be from 1 to 65535.")))?;
    let text = Option::unwrap_or_default;
    let form = MailForm { host: text(host), port, security, user: text(user), password, from: text(from) };
    answer(mail::set_up(&server, &viewer, &origin, form).await)?;
    leptos_axum::redirect(&format!("{PAGE}?saved=1"));
    Ok(())
}

/// Sends a test mail; the page shows what came of it.
#[server(endpoint = "mail/test", output = crate::rpc::Wire)]
pub async fn test(to: Option<String>) -> Rpc<()> {
    use crate::server::service::mail;
    let (server, viewer) = asked()?;
    let test = answer(mail::test(&server, &viewer, to).await)?;
    let said: String = test.message.chars().take(400).collect();
    let outcome = if test.ok { "ok" } else { "failed" };
    leptos_axum::redirect(&format!("{PAGE}?tested={outcome}&said={}#test", leptos_router::location::Url::escape(&said)));
    Ok(())
}

/// The outbox, the newest first.
#[server(endpoint = "mail/outbox", output = crate::rpc::Wire)]
pub async fn outbox(state: Option<MailState>, after: Option<Uuid>) -> Rpc<Page<Mail>> {
    use crate::server::service::mail;
    let (server, viewer) = asked()?;
    answer(mail::list(&server, &viewer, state, after, None).await)
}

/// One mail with its text, as long as it was not sent.
#[server(endpoint = "mail/open", output = crate::rpc::Wire)]
pub async fn open(id: Uuid) -> Rpc<OpenMail> {
    use crate::server::service::mail;
    let (server, viewer, origin) = asked_from()?;
    answer(mail::open(&server, &viewer, &origin, id).await)
}

/// Has a mail sent that was given up or held.
#[server(endpoint = "mail/retry", output = crate::rpc::Wire)]
pub async fn retry(id: Uuid) -> Rpc<()> {
    use crate::server::service::mail;
    let (server, viewer) = asked()?;
    answer(mail::retry(&server, &viewer, id).await)?;
    leptos_axum::redirect(&format!("{PAGE}#outbox"));
    Ok(())
}

/// Subject and text of a letter in a language, by their names.
#[server(endpoint = "mail/preview", output = crate::rpc::Wire)]
pub async fn preview(letter: LetterKind, language: String) -> Rpc<(String, MailBody)> {
    use crate::i18n::Locale;
    use crate::server::service::mail;
    let (server, viewer) = asked()?;
    answer(mail::preview(&server, &viewer, letter, Locale::from_tag(&language).unwrap_or_default()))
}
