//! Mail that the server writes to people. Posting never fails and never waits for a mail server: a letter is stored in the outbox
//! (see `service::mail`), and a job hands it over.

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::digest::{self, Sheet};
use super::mail;
use super::sign_in::agent;
use super::viewer::Origin;
use crate::i18n::Locale;
use crate::model::mail::{LetterKind, MailBody};
use crate::model::user::User;
use crate::server::Server;
use crate::server::error::Result;
use crate::server::mail::template::{self, Values};

/// Who a letter is for.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// Absent: somebody who has no account (yet).
    pub user_id: Option<Uuid>,
    pub email: String,
    pub name: String,
    /// BCP 47 tag of the language; absent: the server's.
    pub language: Option<String>,
}

impl From<&User> for Recipient {
    fn from(user: &User) -> Self {
        Self { user_id: Some(user.id), email: user.email.clone(), name: user.name.clone(), language: user.language.clone() }
    }
}

impl Recipient {
    /// The same person at another address.
    pub fn at(self, email: &str) -> Self {
        Self { email: email.to_owned(), ..self }
    }

    /// In this language, unless they have chosen one.
    pub fn or_in(self, language: Option<&str>) -> Self {
        Self { language: self.language.or(language.map(str::to_owned)), ..self }
    }

    pub(super) fn locale(&self) -> Locale {
        self.language.as_deref().and_then(Locale::from_tag).unwrap_or_default()
    }
}

/// What a letter says. Links are paths on this server.
#[derive(Clone)]
pub enum Letter {
    /// Follow this link to prove that the address is yours.
    VerifyEmail {
        link: String,
    },
    /// To the old address: somebody named another one.
    EmailChanging {
        to: String,
    },
    /// To the old address: the new one holds.
    EmailChanged {
        to: String,
    },
    ResetPassword {
        link: String,
    },
    PasswordChanged {
        origin: Origin,
    },
    Invitation {
        link: String,
        by: String,
    },
    Approved,
    NewDevice {
        origin: Origin,
        at: DateTime<Utc>,
    },
    /// A second factor or a passkey was added or removed; `what` is a sentence's object in English ("passkey", "authenticator app").
    FactorChanged {
        what: &'static str,
        added: bool,
        origin: Origin,
    },
    /// An account at another service was linked or unlinked.
    IdentityChanged {
        provider: String,
        added: bool,
        origin: Origin,
    },
    ExportReady {
        link: String,
    },
    DeletionRequested {
        erased_after: DateTime<Utc>,
    },
    /// An administrator has the account erased, and only administrators can call it off.
    DeletionOrdered {
        erased_after: DateTime<Utc>,
    },
    /// An administrator called that off.
    Restored,
    Erased,
    /// To see whether mail works.
    Test,
    /// An administrator opened a conversation, and said why; the link leads there.
    ChatOpened {
        by: String,
        why: String,
        link: String,
    },
    /// The same, and saved it as a file.
    ChatExported {
        by: String,
        why: String,
        link: String,
    },
    /// The same, and deleted it.
    ChatErased {
        by: String,
        why: String,
    },
    /// To who looks after the server: something goes wrong there, or does not any more.
    Alert {
        title: String,
        text: String,
    },
    /// What was used in a week or a month. The path of `stop` ends these letters; empty: this is none that was sent.
    Digest {
        sheet: Box<Sheet>,
        stop: String,
    },
}

/// Puts a letter on its way.
pub async fn post(server: &Server, to: &Recipient, letter: Letter) {
    let kind = letter.kind();
    if let Err(cause) = mail::store(server, to, letter).await {
        tracing::error!(user = ?to.user_id, letter = kind.name(), %cause, "a letter could not be stored");
    }
}

impl Letter {
    /// What it is about.
    pub fn kind(&self) -> LetterKind {
        match self {
            Self::VerifyEmail { .. } => LetterKind::VerifyEmail,
            Self::EmailChanging { .. } => LetterKind::EmailChanging,
            Self::EmailChanged { .. } => LetterKind::EmailChanged,
            Self::ResetPassword { .. } => LetterKind::ResetPassword,
            Self::PasswordChanged { .. } => LetterKind::PasswordChanged,
            Self::Invitation { .. } => LetterKind::Invitation,
            Self::Approved => LetterKind::Approved,
            Self::NewDevice { .. } => LetterKind::NewDevice,
            Self::FactorChanged { .. } => LetterKind::FactorChanged,
            Self::IdentityChanged { .. } => LetterKind::IdentityChanged,
            Self::ExportReady { .. } => LetterKind::ExportReady,
            Self::DeletionRequested { .. } => LetterKind::DeletionRequested,
            Self::DeletionOrdered { .. } => LetterKind::DeletionOrdered,
            Self::Restored => LetterKind::Restored,
            Self::Erased => LetterKind::Erased,
            Self::Test => LetterKind::Test,
            Self::ChatOpened { .. } => LetterKind::ChatOpened,
            Self::ChatExported { .. } => LetterKind::ChatExported,
            Self::ChatErased { .. } => LetterKind::ChatErased,
            Self::Alert { .. } => LetterKind::Alert,
            Self::Digest { .. } => LetterKind::Digest,
        }
    }

    /// The path that its button leads to, if it has one.
    pub fn link(&self) -> Option<&str> {
        match self {
            Self::VerifyEmail { link } | Self::ResetPassword { link } | Self::Invitation { link, .. } | Self::ExportReady { link } => {
                Some(link)
            }
            Self::ChatOpened { link, .. } | Self::ChatExported { link, .. } => Some(link),
            Self::Approved | Self::Restored => Some("/login"),
            Self::Alert { .. } => Some("/admin/alerts"),
            Self::Digest { .. } => Some("/settings/usage"),
            _ => None,
        }
    }

    /// One of this kind, to be looked at.
    fn sample(kind: LetterKind, locale: Locale, now: DateTime<Utc>) -> Self {
        let link = |path: &str| format!("{path}?token=q3nYJm0Zr4dWm8v3cKq9xS1uT5bE7hL2pR6aV0iO4g");
        let user_agent = Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned());
        let origin = Origin { ip: Some([192, 0, 2, 1].into()), user_agent };
        match kind {
            LetterKind::VerifyEmail => Self::VerifyEmail { link: link("/verify") },
            LetterKind::EmailChanging => Self::EmailChanging { to: "ada@new.example.org".into() },
            LetterKind::EmailChanged => Self::EmailChanged { to: "ada@new.example.org".into() },
            LetterKind::ResetPassword => Self::ResetPassword { link: link("/reset/confirm") },
            LetterKind::PasswordChanged => Self::PasswordChanged { origin },
            LetterKind::Invitation => Self::Invitation { link: link("/register"), by: "Charles Babbage".into() },
            LetterKind::Approved => Self::Approved,
            LetterKind::NewDevice => Self::NewDevice { origin, at: now },
            LetterKind::FactorChanged => Self::FactorChanged { what: "passkey", added: true, origin },
            LetterKind::IdentityChanged => Self::IdentityChanged { provider: "GitHub".into(), added: true, origin },
            LetterKind::ExportReady => Self::ExportReady { link: "/settings/data".into() },
            LetterKind::DeletionRequested => Self::DeletionRequested { erased_after: now + Duration::days(7) },
            LetterKind::DeletionOrdered => Self::DeletionOrdered { erased_after: now + Duration::days(7) },
            LetterKind::Restored => Self::Restored,
            LetterKind::Erased => Self::Erased,
            LetterKind::Test => Self::Test,
            LetterKind::ChatOpened | LetterKind::ChatExported | LetterKind::ChatErased => Self::sample_of_chat(kind),
            LetterKind::Digest => Self::Digest {
                sheet: Box::new(digest::sample(locale)),
                stop: "/unsubscribe/q3nYJm0Zr4dWm8v3cKq9xS1uT5bE7hL2pR6aV0iO4g".into(),
            },
            LetterKind::Alert => Self::Alert { title: "Alert: Disk".into(), text: "900 MiB are free on the disk.".into() },
        }
    }

    fn sample_of_chat(kind: LetterKind) -> Self {
        let (by, why) = ("Charles Babbage".to_owned(), "A report of abuse".to_owned());
        let link = format!("/chat/{}", Uuid::nil());
        match kind {
            LetterKind::ChatErased => Self::ChatErased { by, why },
            LetterKind::ChatExported => Self::ChatExported { by, why, link },
            _ => Self::ChatOpened { by, why, link },
        }
    }
}

/// Subject and text of a letter to somebody.
pub(super) fn compose(server: &Server, to: &Recipient, letter: &Letter) -> Result<(String, MailBody)> {
    let (base, locale) = (base(server), to.locale());
    let mut values = Values {
        name: to.name.clone(),
        host: base.split_once("://").map_or(base.as_str(), |(_, host)| host).to_owned(),
        link: letter.link().map(|path| format!("{base}{path}")).unwrap_or_default(),
        to: to.email.clone(),
        ..Values::default()
    };
    let now = server.clock.now();
    match letter {
        Letter::EmailChanging { to } | Letter::EmailChanged { to } => values.to.clone_from(to),
        Letter::PasswordChanged { origin } => from(&mut values, origin, now),
        Letter::Invitation { by, .. } => values.by.clone_from(by),
        Letter::NewDevice { origin, at } => from(&mut values, origin, *at),
        Letter::FactorChanged { what, added, origin } => {
            (values.what, values.added) = (factor(what, locale), *added);
            from(&mut values, origin, now);
        }
        Letter::IdentityChanged { provider, added, origin } => {
            (values.provider, values.added) = (provider.clone(), *added);
            from(&mut values, origin, now);
        }
        Letter::DeletionRequested { erased_after } | Letter::DeletionOrdered { erased_after } => values.at = moment(*erased_after),
        Letter::ChatOpened { by, why, .. } | Letter::ChatExported { by, why, .. } | Letter::ChatErased { by, why } => {
            (values.by, values.why, values.at) = (by.clone(), why.clone(), moment(now));
        }
        Letter::Alert { title, text } => (values.what, values.why) = (title.clone(), text.clone()),
        Letter::Digest { sheet, stop } => {
            values.what.clone_from(&sheet.title);
            values.sheet = Some(sheet.value());
            // What the last lines say holds of a mail only.
            values.why.clone_from(stop);
            values.stop = if stop.is_empty() { String::new() } else { format!("{base}{stop}") };
        }
        // Anybody can name any address: a stranger there gets no words of theirs.
        Letter::VerifyEmail { .. } => values.name.clear(),
        Letter::ResetPassword { .. } | Letter::Approved | Letter::ExportReady { .. } | Letter::Restored | Letter::Erased | Letter::Test => {
        }
    }
    template::render(letter.kind(), locale, &values)
}

/// A letter of this kind as it would look to this person.
pub(super) fn sample(server: &Server, to: &Recipient, kind: LetterKind) -> Result<(String, MailBody)> {
    compose(server, to, &Letter::sample(kind, to.locale(), server.clock.now()))
}

/// What links in letters begin with: the public address, else where this server listens. Never what a request names.
pub(super) fn base(server: &Server) -> String {
    let config = &server.config;
    let here = || server.mailer.here().map(str::to_owned);
    config.site.public_url.clone().or_else(here).unwrap_or_else(|| format!("http://{}", config.addr))
}

fn from(values: &mut Values, origin: &Origin, at: DateTime<Utc>) {
    values.at = moment(at);
    values.ip = origin.ip.map(|ip| ip.to_string()).unwrap_or_default();
    let (browser, system) = agent::read(origin.user_agent.as_deref());
    values.browser = browser.into_iter().chain(system).collect::<Vec<_>>().join(", ");
}

fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A second factor by its name in the reader's language.
fn factor(what: &str, locale: Locale) -> String {
    let known = match (locale, what) {
        (Locale::En, _) => what,
        (Locale::ZhCn, "passkey") => "通行密钥",
        (Locale::ZhCn, "authenticator app") => "验证器应用",
        (Locale::ZhCn, "set of recovery codes") => "一组恢复码",
        (Locale::ZhCn, "recovery code") => "一个恢复码",
        (Locale::ZhCn, "second factor") => "两步验证",
        (Locale::ZhCn, other) => other,
    };
    known.to_owned()
}
