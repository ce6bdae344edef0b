//! Passkeys (WebAuthn): made by who is signed in, and then a way to sign in that is two factors in one, since the authenticator
//! checks its owner. The server's half of a ceremony is the data of a single-use ticket.

use chrono::Duration;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;
use webauthn_rs::Webauthn;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Url,
    WebauthnBuilder, WebauthnError,
};

use super::activity::{self, Event};
use super::viewer::{Origin, Viewer};
use super::{factor, step_up, ticket};
use crate::model::activity::Action;
use crate::model::error::{Code, Rule};
use crate::model::passkey::{Ceremony, PASSKEYS_MAX, Passkey, checked_name};
use crate::model::ticket::Purpose;
use crate::model::user::{User, normal_email};
use crate::server::Server;
use crate::server::db::NewPasskey;
use crate::server::error::{Error, Result};

/// How long a ceremony may take.
const LIFETIME: Duration = Duration::minutes(10);

/// Whether passkeys can be used at the address that was asked: they belong to a host name.
pub fn is_possible(server: &Server, host: Option<&str>) -> bool {
    party(server, host).is_ok()
}

/// Who asks: the host of `LIAO_PUBLIC_URL`; without it, the host that was asked, if it is this machine by its name.
/// Errors: `Conflict` (there is no host name).
fn party(server: &Server, host: Option<&str>) -> Result<Webauthn> {
    let none = || Error::conflict("Passkeys need a host name: set LIAO_PUBLIC_URL, or open the server as http://localhost.");
    let local = || {
        let name = host?.rsplit_once(':').map_or(host?, |(name, _)| name);
        (name == "localhost" || name.ends_with(".localhost")).then(|| format!("http://{}", host.unwrap_or_default()))
    };
    let origin = server.config.site.public_url.clone().or_else(local).ok_or_else(none)?;
    let origin = Url::parse(&origin).map_err(|_| none())?;
    let name = origin.domain().ok_or_else(none)?.to_owned();
    let builder = WebauthnBuilder::new(&name, &origin).map_err(|_| none())?;
    builder.rp_name("Liao").build().map_err(Error::internal)
}

/// The viewer's passkeys, the oldest first.
pub async fn list(server: &Server, viewer: &Viewer) -> Result<Vec<Passkey>> {
    Ok(server.db.passkeys().list(viewer.user.id).await?)
}

/// Begins to make a passkey. Errors: `StepUp`, `Conflict` (no host name).
pub async fn begin_registration(server: &Server, viewer: &Viewer, host: Option<&str>) -> Result<Ceremony> {
    step_up::require(server, viewer).await?;
    let (user, party) = (&viewer.user, party(server, host)?);
    let known = server.db.passkeys().credential_ids(user.id).await?;
    let (options, state) = party.start_passkey_registration(user.id, &user.email, &user.name, Some(known)).map_err(Error::internal)?;
    let mut options = serde_json::to_value(options).map_err(Error::internal)?;
    // So that nothing has to be typed to sign in. The crate cannot ask for it, and does not have to know: it changes no check.
    options["publicKey"]["authenticatorSelection"]["residentKey"] = json!("preferred");
    ceremony(server, Purpose::PasskeyRegistration, Some(user.id), &state, options).await
}

/// Keeps the passkey that an authenticator has made. Errors: `StepUp`, `Invalid` (`ticket`, `credential`, `name`), `Conflict`.
#[expect(clippy::too_many_arguments, reason = "what a ceremony ends with")]
pub async fn finish_registration(
    server: &Server,
    viewer: &Viewer,
    origin: &Origin,
    host: Option<&str>,
    answer: Answer,
    name: &str,
) -> Result<Passkey> {
    step_up::require(server, viewer).await?;
    let (user, name, party) = (&viewer.user, checked_name(name)?, party(server, host)?);
    let credential: RegisterPublicKeyCredential = answer.read()?;
    let state = ticket::redeem(server, Purpose::PasskeyRegistration, &answer.ticket).await.map_err(expired)?;
    if state.user_id != Some(user.id) {
        return Err(refused());
    }
    let state: PasskeyRegistration = serde_json::from_value(state.data).map_err(Error::internal)?;
    let made = party.finish_passkey_registration(&credential, &state).map_err(rejected)?;
    let stored = serde_json::to_value(&made).map_err(Error::internal)?;
    let now = server.clock.now();
    let passkey = Passkey { id: Uuid::now_v7(), name, created_at: now, last_used_at: None };
    let row = NewPasskey {
        id: passkey.id,
        user_id: user.id,
        credential_id: made.cred_id().as_ref(),
        credential: &stored,
        name: &passkey.name,
        created_at: now,
    };
    if !server.db.passkeys().insert(&row, PASSKEYS_MAX).await? {
        return Err(Error::conflict(format!("The passkey is there already, or there are {PASSKEYS_MAX}.")));
    }
    record(server, Action::PasskeyAdded, user, origin, &passkey.name).await;
    factor::tell(server, user, origin, "passkey", true).await;
    Ok(passkey)
}

/// Gives the viewer's passkey another name. Errors: `Invalid` (`name`), `NotFound`.
pub async fn rename(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid, name: &str) -> Result<Passkey> {
    let name = checked_name(name)?;
    let renamed = server.db.passkeys().rename(id, viewer.user.id, &name).await?;
    let renamed = renamed.ok_or_else(|| Error::not_found("passkey"))?;
    record(server, Action::PasskeyRenamed, &viewer.user, origin, &name).await;
    Ok(renamed)
}

/// Removes the viewer's passkey. Errors: `NotFound`, `StepUp`.
pub async fn delete(server: &Server, viewer: &Viewer, origin: &Origin, id: Uuid) -> Result<()> {
    let mine = list(server, viewer).await?.into_iter().find(|passkey| passkey.id == id);
    let passkey = mine.ok_or_else(|| Error::not_found("passkey"))?;
    step_up::require(server, viewer).await?;
    if server.db.passkeys().delete(id, viewer.user.id).await? {
        record(server, Action::PasskeyDeleted, &viewer.user, origin, &passkey.name).await;
        factor::tell(server, &viewer.user, origin, "passkey", false).await;
    }
    Ok(())
}

async fn record(server: &Server, action: Action, user: &User, origin: &Origin, name: &str) {
    activity::record(server, Event::new(action, origin).of(user.id).detail(json!({ "name": name }))).await;
}

/// Begins to ask somebody who they are. With an address their authenticators are asked by name; the answer for one that nobody
/// has, or that has no passkey, looks the same. Errors: `Conflict` (no host name), `RateLimited`.
pub async fn begin_proof(server: &Server, origin: &Origin, host: Option<&str>, email: Option<&str>) -> Result<Ceremony> {
    let party = party(server, host)?;
    server.limits.ceremony(origin).await?;
    let (options, state) = party.start_discoverable_authentication().map_err(Error::internal)?;
    let mut options = serde_json::to_value(options).map_err(Error::internal)?;
    if let Some(email) = email.map(normal_email).filter(|email| !email.is_empty()) {
        options["publicKey"]["allowCredentials"] = allowed(server, &email).await?;
        if let Some(options) = options.as_object_mut() {
            options.remove("mediation");
        }
    }
    ceremony(server, Purpose::PasskeyProof, None, &state, options).await
}

async fn allowed(server: &Server, email: &str) -> Result<Value> {
    use base64::Engine;
    let mut ids = match server.db.users().find_by_email(email).await? {
        Some(account) => server.db.passkeys().credential_ids(account.user.id).await?,
        None => Vec::new(),
    };
    if ids.is_empty() {
        ids.push(server.keys.pseudonym("passkey", email).to_vec());
    }
    let encode = |id: &Vec<u8>| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(id);
    Ok(ids.iter().map(|id| json!({ "type": "public-key", "id": encode(id) })).collect())
}

/// An authenticator's answer, and the ticket of the ceremony.
pub struct Answer {
    pub ticket: String,
    /// `PublicKeyCredential` as JSON, bytes in base64url.
    pub credential: Value,
}

impl Answer {
    /// The same from a form, where the credential is text. Errors: `Invalid` (`credential`).
    pub fn parse(ticket: String, credential: &str) -> Result<Self> {
        let wrong = |_| Error::invalid("credential", Rule::Format, "credential is not JSON.");
        Ok(Self { ticket, credential: serde_json::from_str(credential).map_err(wrong)? })
    }

    fn read<T: DeserializeOwned>(&self) -> Result<T> {
        let wrong = |cause| Error::invalid("credential", Rule::Format, format!("credential is not a PublicKeyCredential: {cause}."));
        serde_json::from_value(self.credential.clone()).map_err(wrong)
    }
}

/// Whose passkey it is that answered. Errors: `Invalid` (`ticket`, `credential`), `BadCredentials`, `RateLimited`, `Conflict`.
pub async fn prove(server: &Server, origin: &Origin, host: Option<&str>, answer: Answer) -> Result<User> {
    let party = party(server, host)?;
    server.limits.ceremony(origin).await?;
    let credential: PublicKeyCredential = answer.read()?;
    let state = ticket::redeem(server, Purpose::PasskeyProof, &answer.ticket).await.map_err(expired)?;
    let state: DiscoverableAuthentication = serde_json::from_value(state.data).map_err(Error::internal)?;
    let stored = server.db.passkeys().find(credential.get_credential_id()).await?.ok_or_else(refused)?;
    // Authenticators that know whom the passkey belongs to have to agree.
    if credential.get_user_unique_id().is_some_and(|id| id != stored.user_id.as_bytes()) {
        return Err(refused());
    }
    let mut passkey: webauthn_rs::prelude::Passkey = serde_json::from_value(stored.credential.0).map_err(Error::internal)?;
    let key = DiscoverableKey::from(&passkey);
    let result = party.finish_discoverable_authentication_v2(&credential, state, &key).map_err(rejected)?;
    if !result.user_verified() {
        return Err(refused());
    }
    passkey.update_credential(&result);
    let now = server.clock.now();
    server.db.passkeys().used(stored.id, &serde_json::to_value(&passkey).map_err(Error::internal)?, now).await?;
    server.db.people().find(stored.user_id).await?.ok_or_else(refused)
}

/// The answer to a passkey that is not good here.
pub fn refused() -> Error {
    Error::new(Code::BadCredentials, "This passkey is not known here, or did not answer as it should.")
}

fn rejected(cause: WebauthnError) -> Error {
    tracing::info!(%cause, "a passkey was refused");
    refused()
}

fn expired(error: Error) -> Error {
    match error {
        Error::Client(_) => Error::invalid("ticket", Rule::Expired, "It took too long, or was done already: begin again."),
        other => other,
    }
}

async fn ceremony<S: serde::Serialize>(
    server: &Server,
    purpose: Purpose,
    user_id: Option<Uuid>,
    state: &S,
    options: Value,
) -> Result<Ceremony> {
    let state = serde_json::to_value(state).map_err(Error::internal)?;
    Ok(Ceremony { ticket: ticket::issue(server, purpose, user_id, state, LIFETIME).await?, options })
}
