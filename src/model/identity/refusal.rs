//! Why a sign-in with another service, or a link to it, did not come about.

use serde::{Deserialize, Serialize};

use crate::model::error::{ApiError, Code};

/// Why a sign-in or a link did not come about. Pages have a sentence for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// No such service, or it is switched off.
    Unavailable,
    /// Its user did not want to, there.
    Cancelled,
    /// Too old, used up, or begun elsewhere.
    Expired,
    /// The service does not answer.
    Unreachable,
    /// The service does not accept how we are registered with it.
    Misconfigured,
    /// What the service said is not sound.
    Unverifiable,
    /// There is an account with the same address, and not both are proved.
    EmailTaken,
    /// There is no account here, and this service makes none.
    SignUpOff,
    RegistrationClosed,
    /// Whoever is new needs an invitation, and came without one.
    InvitationOnly,
    /// The invitation that they came with is used up or too old.
    InvitationGone,
    DomainRefused,
    /// That account there belongs to somebody else here.
    LinkedElsewhere,
    /// Another account there is linked already.
    LinkedAlready,
    /// The account here is locked.
    Disabled,
    /// Without it there would be no way to sign in.
    LastWay,
}

impl Refusal {
    /// Every reason with its name in addresses.
    const ALL: [(Self, &'static str); 16] = [
        (Self::Unavailable, "unavailable"),
        (Self::Cancelled, "cancelled"),
        (Self::Expired, "expired"),
        (Self::Unreachable, "unreachable"),
        (Self::Misconfigured, "misconfigured"),
        (Self::Unverifiable, "unverifiable"),
        (Self::EmailTaken, "email_taken"),
        (Self::SignUpOff, "sign_up_off"),
        (Self::RegistrationClosed, "registration_closed"),
        (Self::InvitationOnly, "invitation_only"),
        (Self::InvitationGone, "invitation_gone"),
        (Self::DomainRefused, "domain_refused"),
        (Self::LinkedElsewhere, "linked_elsewhere"),
        (Self::LinkedAlready, "linked_already"),
        (Self::Disabled, "disabled"),
        (Self::LastWay, "last_way"),
    ];

    /// Its name in addresses.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(each, _)| *each == self).map_or("", |(_, name)| name)
    }

    /// The reason of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, each)| *each == name).map(|(reason, _)| *reason)
    }

    /// The same for programs: a code and a sentence.
    pub fn error(self) -> ApiError {
        let (code, sentence) = match self {
            Self::Unavailable => (Code::NotFound, "There is no such service to sign in with."),
            Self::Cancelled => (Code::Forbidden, "The sign-in was cancelled at the service."),
            Self::Expired => (Code::Conflict, "This sign-in is too old, was used, or was begun for something else. Begin again."),
            Self::Unreachable => (Code::Upstream, "The service could not be reached."),
            Self::Misconfigured => (Code::Upstream, "The service does not accept how this server is registered with it."),
            Self::Unverifiable => (Code::Upstream, "What the service answered could not be verified."),
            Self::EmailTaken => (Code::Conflict, "There is an account with this address. Sign in to it and link the service there."),
            Self::SignUpOff => (Code::Forbidden, "No account here is linked to this one, and this service makes none."),
            Self::RegistrationClosed => (Code::Forbidden, "Registration is closed on this server."),
            Self::InvitationOnly => (Code::Forbidden, "Registration here is by invitation only."),
            Self::InvitationGone => (Code::Conflict, "The invitation was used or is too old. Ask for a new one."),
            Self::DomainRefused => (Code::Forbidden, "Addresses of this domain may not register here."),
            Self::LinkedElsewhere => (Code::Conflict, "That account is linked to somebody else here."),
            Self::LinkedAlready => (Code::Conflict, "Another account of this service is linked. Unlink it first."),
            Self::Disabled => (Code::Forbidden, "This account is locked."),
            Self::LastWay => (Code::Conflict, "It is the only way into this account. Set a password first."),
        };
        ApiError::new(code, sentence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_name_that_leads_back_to_it() {
        for (reason, name) in Refusal::ALL {
            assert_eq!(Refusal::from_name(reason.name()), Some(reason));
            assert_eq!(serde_json::to_value(reason).unwrap(), name);
        }
        assert_eq!(Refusal::from_name("nonsense"), None);
    }
}
