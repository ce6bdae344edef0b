//! Accounts: registration, credentials, profile. How a sign-in is remembered is `session`'s and `token`'s.

use serde_json::{Value, json};
use uuid::Uuid;

use super::activity::{self, Event};
use super::registration::{self, Application, Beginning};
use super::viewer::Origin;
use super::{password, verification};
use crate::model::activity::Action;
use crate::model::error::{Code, Rule};
use crate::model::user::{LANGUAGES, Registration, Role, User, check_credentials, normal_email};
use crate::server::Server;
use crate::server::db::Account;
use crate::server::error::{Error, Result};

/// Makes an account for somebody who asks for one, and sends the link that proves the address. The first of all becomes an administrator.
/// Errors: `Invalid` (with every wrong field; `email` is `Taken`), `RateLimited`, `Unavailable`, those of [`registration::check`].
pub async fn register(server: &Server, origin: &Origin, registration: Registration, application: Application<'_>) -> Result<User> {
    let registration = registration.checked()?;
    let Application { invitation, language } = application;
    if language.is_some_and(|language| !LANGUAGES.contains(&language)) {
        return Err(Error::invalid("language", Rule::Unknown, format!("language must be one of {}.", LANGUAGES.join(", "))));
    }
    server.limits.registration(origin).await?;
    let beginning = registration::check(server, &registration.email, invitation).await?;
    let user = add(server, registration, Role::User, beginning, language).await?;
    registration::used(server, invitation).await;
    activity::record(server, Event::new(Action::Registered, origin).of(user.id)).await;
    if !beginning.verified
        && let Err(cause) = verification::send(server, &user, &user.email, language).await
    {
        tracing::error!(user = %user.id, %cause, "the link that proves an address could not be sent");
    }
    Ok(user)
}

/// Makes an account from the command line: no limit on how often.
pub async fn create(server: &Server, registration: Registration, role: Role) -> Result<User> {
    let user = add(server, registration.checked()?, role, Beginning::default(), None).await?;
    from_the_machine(server, Action::UserCreated, user.id, json!({ "role": user.role })).await;
    Ok(user)
}

/// Notes what whoever has the machine did with `liao user`.
async fn from_the_machine(server: &Server, action: Action, user_id: Uuid, mut detail: Value) {
    detail["by"] = json!("command_line");
    activity::record(server, Event::new(action, &Origin::default()).of(user_id).by_nobody().detail(detail)).await;
}

async fn add(server: &Server, registration: Registration, role: Role, beginning: Beginning, language: Option<&str>) -> Result<User> {
    let Registration { email, name, password } = registration;
    password::check("password", &password, &[&email, &name])?;
    let hash = server.passwords.hash(password).await?;
    let mut user = User::new(Uuid::now_v7(), email, name, role, server.clock.now());
    (user.email_verified, user.language) = (beginning.verified, language.map(str::to_owned));
    let added = server.db.users().insert_as(user, Some(&hash), beginning.pending).await?;
    let user = added.ok_or_else(|| Error::invalid("email", Rule::Taken, "There is an account with this email already."))?;
    tracing::info!(user = %user.id, role = ?user.role, "an account was made");
    Ok(user)
}

/// The user with this address and password. An unknown address, a wrong password and a locked account get the same answer after
/// the same work. Errors: `BadCredentials`, `Invalid` (empty or too long), `RateLimited`, `Unavailable`.
pub async fn authenticate(server: &Server, origin: &Origin, email: &str, password: String) -> Result<User> {
    check_credentials(email, &password)?;
    let email = normal_email(email);
    server.limits.login(origin, &email).await?;
    let account = server.db.users().find_by_email(&email).await?;
    let hash = account.as_ref().and_then(|account| account.password_hash.clone());
    let verified = server.passwords.verify(password, hash).await?;
    match account {
        Some(Account { user, disabled: false, .. }) if verified => Ok(user),
        Some(Account { user, .. }) => {
            // Not waited for: an unknown address has nothing to write, and must not be quicker.
            let why = if verified { "disabled" } else { "wrong_password" };
            activity::record_later(server, origin, move |origin| {
                Event::new(Action::SignedIn, origin).of(user.id).by_nobody().refused().detail(json!({ "why": why }))
            });
            Err(wrong())
        }
        None => Err(wrong()),
    }
}

fn wrong() -> Error {
    Error::new(Code::BadCredentials, "The email and the password do not belong together.")
}

/// The user with this address, for the command line.
pub async fn find(server: &Server, email: &str) -> Result<User> {
    let account = server.db.users().find_by_email(&normal_email(email)).await?;
    Ok(account.ok_or_else(|| Error::not_found("user"))?.user)
}

/// Gives the user this role, for the command line.
pub async fn set_role(server: &Server, email: &str, role: Role) -> Result<User> {
    let user = find(server, email).await?;
    server.db.users().set_role(user.id, role, server.clock.now()).await?;
    from_the_machine(server, Action::RoleChanged, user.id, json!({ "role": role })).await;
    Ok(User { role, ..user })
}

/// Replaces the user's password and signs them out everywhere, for the command line.
pub async fn set_password(server: &Server, email: &str, password: String) -> Result<User> {
    let user = find(server, email).await?;
    let candidate = Registration { email: user.email.clone(), name: user.name.clone(), password };
    let password = candidate.checked()?.password;
    password::check("password", &password, &[&user.email, &user.name])?;
    let hash = server.passwords.hash(password).await?;
    server.db.users().set_password(user.id, &hash, server.clock.now()).await?;
    from_the_machine(server, Action::PasswordSet, user.id, json!({})).await;
    Ok(user)
}

/// Locks the user out, or lets them in again, for the command line.
pub async fn set_disabled(server: &Server, email: &str, disabled: bool) -> Result<User> {
    let (user, now) = (find(server, email).await?, server.clock.now());
    server.db.users().set_disabled(user.id, disabled.then_some(now), now).await?;
    let action = if disabled { Action::Disabled } else { Action::Enabled };
    from_the_machine(server, action, user.id, json!({})).await;
    Ok(user)
}
