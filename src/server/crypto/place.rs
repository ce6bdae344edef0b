//! Everything that is stored encrypted. Nothing else can be encrypted, and a new place does not compile before
//! `db/secret.rs` says where it stands: `liao secret rotate` cannot forget it.

use uuid::Uuid;

/// What a ciphertext is bound to: one that was made for another context cannot be decrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context(pub(super) String);

impl std::fmt::Display for Context {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! places {
    ($($(#[$doc:meta])* $name:ident: $says:literal),+ $(,)?) => {
        /// A kind of thing that is stored encrypted.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Place {
            $($(#[$doc])* $name),+
        }

        impl Place {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// What contexts of this kind begin with. What is stored was made with it: it is never changed.
            fn says(self) -> &'static str {
                match self {
                    $(Self::$name => $says),+
                }
            }
        }
    };
}

places! {
    /// A provider's key, bound to the provider.
    ProviderKey: "provider ",
    /// The secret of an authenticator app, bound to the user.
    Totp: "totp ",
    /// The text of a mail that is not sent yet, bound to the mail.
    Mail: "mail ",
    /// The secret of a service to sign in with, bound to the service.
    IdentityProvider: "identity provider ",
    /// The link to a chat, bound to the share.
    Share: "share/",
    /// The mail server's password.
    MailServer: "mail",
    /// The address of an export, bound to its job.
    Export: "export ",
    /// The invitation of somebody who is on the way to another service and back.
    Invitation: "invitation on its way",
    /// New recovery codes, until their owner has seen them.
    RecoveryCodes: "codes",
    /// The address of a webhook and its secret, bound to the channel.
    AlertChannel: "alert channel ",
    /// Address and keys of a device that is told of answers, bound to the device.
    PushDevice: "push device ",
    /// The key by which push services know this server.
    Vapid: "vapid",
}

impl Place {
    /// The context of what belongs to this row.
    pub fn of(self, id: Uuid) -> Context {
        Context(format!("{}{id}", self.says()))
    }

    /// The context of what belongs to no row.
    pub fn alone(self) -> Context {
        Context(self.says().to_owned())
    }

    /// In words, for administrators.
    pub fn name(self) -> &'static str {
        match self {
            Self::ProviderKey => "keys of providers",
            Self::Totp => "authenticator apps",
            Self::Mail => "mails in the outbox",
            Self::IdentityProvider => "secrets of services to sign in with",
            Self::Share => "links to chats",
            Self::MailServer => "password of the mail server",
            Self::Export => "addresses of exports",
            Self::Invitation => "invitations on their way",
            Self::RecoveryCodes => "recovery codes that are being shown",
            Self::AlertChannel => "webhooks of alerts",
            Self::PushDevice => "devices that are told of answers",
            Self::Vapid => "key for push services",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_stored_before_is_bound_to_the_same_words() {
        let id = Uuid::from_u128(1);
        let of = |place: Place| place.of(id).0;
        assert_eq!(of(Place::ProviderKey), "provider 00000000-0000-0000-0000-000000000001");
        assert_eq!(of(Place::Totp), format!("totp {id}"));
        assert_eq!(of(Place::Mail), format!("mail {id}"));
        assert_eq!(of(Place::IdentityProvider), format!("identity provider {id}"));
        assert_eq!(of(Place::Share), format!("share/{id}"));
        assert_eq!(of(Place::Export), format!("export {id}"));
        assert_eq!(of(Place::AlertChannel), format!("alert channel {id}"));
        assert_eq!(of(Place::PushDevice), format!("push device {id}"));
        let alone = [Place::MailServer, Place::Invitation, Place::RecoveryCodes, Place::Vapid].map(|place| place.alone().0);
        assert_eq!(alone, ["mail", "invitation on its way", "codes", "vapid"]);
    }
}
