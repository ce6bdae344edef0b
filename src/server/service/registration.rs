//! Who may make an account here, and how it begins: the rule for every door (form, REST, another service's sign-in).

use crate::model::error::{Code, Rule};
use crate::model::setting::RegistrationMode;
use crate::server::Server;
use crate::server::error::{Error, Result};

/// How a new account begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Beginning {
    /// It waits for an administrator's approval.
    pub pending: bool,
}

/// Whether somebody with this (normalized) address may make an account now. The first account of a server always may.
/// Errors: `Forbidden` (closed, or only by invitation), `Invalid` (`email`: not a domain that may register).
pub async fn check(server: &Server, email: &str) -> Result<Beginning> {
    if !server.db.has_users().await? {
        return Ok(Beginning::default());
    }
    let settings = server.settings.get();
    let rules = &settings.registration;
    match rules.mode {
        RegistrationMode::Open => {}
        RegistrationMode::Invitation => return Err(Error::new(Code::Forbidden, "Registration here is by invitation only.")),
        RegistrationMode::Closed => return Err(Error::new(Code::Forbidden, "Registration is closed on this server.")),
    }
    if !rules.allows_domain(email) {
        return Err(Error::invalid("email", Rule::Unknown, "Addresses of this domain may not register here."));
    }
    Ok(Beginning { pending: rules.approval })
}
