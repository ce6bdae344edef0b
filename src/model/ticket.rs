//! What a single-use token is good for.

use serde::{Deserialize, Serialize};

/// The purpose of a ticket: one that was made for another is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Proves that the address in its data belongs to the user.
    VerifyEmail,
    /// Sets a new password.
    ResetPassword,
    /// Lets somebody register.
    Invitation,
    /// A right password (or the like) was given; the second factor is still to come.
    SecondFactor,
    /// Downloads a data export.
    Export,
    /// A passkey is being made; its data is the server's half of the ceremony.
    PasskeyRegistration,
    /// Somebody is asked to prove who they are with a passkey; the same.
    PasskeyProof,
    /// Somebody is on their way to another service and back.
    Identity,
    /// Another service has vouched for somebody, whose address is still to be asked.
    IdentityAddress,
    /// Shows somebody again what they wrote in a form that was refused.
    Returned,
}
