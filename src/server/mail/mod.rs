//! The line to the mail server (SMTP), and the letters' templates. What is to be sent, and when, is decided in `service::mail`.

pub mod template;

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use uuid::Uuid;

use crate::model::mail::{MailBody, Security};

type Transport = AsyncSmtpTransport<Tokio1Executor>;

/// How long the way to the mail server may take, and how long a whole mail: lettre waits for each word without end. One that is spoken
/// to in the open and waits for TLS says nothing at all.
const PATIENCE: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(30);
/// Most connections at a time, and how long an idle one is kept.
const CONNECTIONS: u32 = 4;
const IDLE: Duration = Duration::from_secs(60);

/// Where the mail server is, and how to sign in there. Holds a password, so it has no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum Line {
    /// The value of `LIAO_SMTP_URL`.
    Url(String),
    Server {
        host: String,
        port: u16,
        security: Security,
        user: String,
        password: Option<String>,
    },
}

/// One mail on its way.
pub struct Outgoing<'a> {
    pub id: Uuid,
    /// `Name <address>`, or an address.
    pub from: &'a str,
    pub to: &'a str,
    pub subject: &'a str,
    pub body: &'a MailBody,
    /// What goes along.
    pub extra: Option<&'a Extra>,
    pub at: DateTime<Utc>,
}

/// What a mail has besides its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extra {
    /// The name of its file, in plain letters.
    pub name: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
    /// The address that ends mails like this one, also without being looked at (RFC 8058).
    pub stop: String,
}

/// Why a mail was not taken, in the words of the mail server or of the way there.
#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    /// May be taken later.
    Later(String),
    /// Never will.
    Never(String),
}

impl Refusal {
    /// Its words.
    pub fn words(&self) -> &str {
        match self {
            Self::Later(words) | Self::Never(words) => words,
        }
    }
}

impl From<SmtpError> for Refusal {
    fn from(error: SmtpError) -> Self {
        let words = error.to_string();
        if error.is_permanent() { Self::Never(words) } else { Self::Later(words) }
    }
}

/// Sends mail. Connections are kept as long as the line stays the same.
pub struct Mailer {
    open: Mutex<Option<(Line, Transport)>>,
    here: OnceLock<String>,
    patience: Duration,
}

impl Default for Mailer {
    fn default() -> Self {
        Self::patient(WHOLE)
    }
}

impl Mailer {
    /// One that gives a mail up after this time.
    fn patient(patience: Duration) -> Self {
        Self { open: Mutex::default(), here: OnceLock::new(), patience }
    }

    /// Notes where this server listens: links in letters lead there, unless a public address is configured.
    pub fn listens_at(&self, url: String) {
        let _ = self.here.set(url);
    }

    /// Where this server listens, if it does.
    pub fn here(&self) -> Option<&str> {
        self.here.get().map(String::as_str)
    }

    /// Hands the mail over; answers what the mail server said. It ends in half a minute, whatever the mail server does.
    pub async fn send(&self, line: &Line, mail: &Outgoing<'_>) -> Result<String, Refusal> {
        let message = message(mail)?;
        let transport = self.transport(line)?;
        let Ok(said) = tokio::time::timeout(self.patience, transport.send(message)).await else {
            // What was broken off in the middle goes back to the pool: the next mail would read the answers to this one.
            self.hang_up(line);
            return Err(Refusal::Later(format!("the mail server did not answer within {} s", self.patience.as_secs())));
        };
        let said = said?;
        let words: Vec<_> = said.message().collect();
        Ok(format!("{} {}", said.code(), words.join(" ")).trim().to_owned())
    }

    /// Lets the connections of this line go.
    fn hang_up(&self, line: &Line) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.as_ref().is_some_and(|(known, _)| known == line) {
            *open = None;
        }
    }

    fn transport(&self, line: &Line) -> Result<Transport, SmtpError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, transport)) = &*open
            && known == line
        {
            return Ok(transport.clone());
        }
        let transport = connect(line)?;
        *open = Some((line.clone(), transport.clone()));
        Ok(transport)
    }
}

/// Whether this can be the value of `LIAO_SMTP_URL`.
pub fn is_smtp_url(url: &str) -> bool {
    Transport::from_url(url).is_ok()
}

/// Whether this can be who letters are from.
pub fn is_sender(from: &str) -> bool {
    from.parse::<Mailbox>().is_ok()
}

fn connect(line: &Line) -> Result<Transport, SmtpError> {
    let builder = match line {
        Line::Url(url) => Transport::from_url(url)?,
        Line::Server { host, port, security, user, password } => {
            let tls = match security {
                Security::Starttls => Tls::Required(TlsParameters::new(host.clone())?),
                Security::Tls => Tls::Wrapper(TlsParameters::new(host.clone())?),
                Security::Plain => Tls::None,
            };
            let builder = Transport::builder_dangerous(host.clone()).port(*port).tls(tls);
            match user.is_empty() {
                true => builder,
                false => builder.credentials(Credentials::new(user.clone(), password.clone().unwrap_or_default())),
            }
        }
    };
    let pool = PoolConfig::new().max_size(CONNECTIONS).idle_timeout(IDLE);
    Ok(builder.timeout(Some(PATIENCE)).pool_config(pool).build())
}

fn message(mail: &Outgoing<'_>) -> Result<Message, Refusal> {
    let never = |what: &str, cause: &dyn std::fmt::Display| Refusal::Never(format!("{what}: {cause}"));
    let from: Mailbox = mail.from.parse().map_err(|cause| never("the sender is not an address", &cause))?;
    let to: Address = mail.to.parse().map_err(|cause| never("the recipient is not an address", &cause))?;
    // The same mail sent twice (the answer to the first try was lost) can be told by its id.
    let id = format!("<{}@{}>", mail.id, from.email.domain());
    // RFC 3834: nobody's vacation has to answer this.
    let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".to_owned());
    let message = Message::builder().from(from).to(Mailbox::new(None, to)).subject(mail.subject).message_id(Some(id));
    let mut message = message.date(SystemTime::from(mail.at)).raw_header(automatic);
    let mut parts = MultiPart::alternative_plain_html(mail.body.text.clone(), mail.body.html.clone());
    if let Some(extra) = mail.extra {
        for (name, value) in endings(&extra.stop) {
            message = message.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value));
        }
        let kind = ContentType::parse(&extra.media_type).map_err(|cause| never("the file's type is none", &cause))?;
        let file = Attachment::new(extra.name.clone()).body(extra.bytes.clone(), kind);
        parts = MultiPart::mixed().multipart(parts).singlepart(file);
    }
    message.multipart(parts).map_err(|cause| never("the mail cannot be written", &cause))
}

/// How mail programs are told of that: by one click only where nobody on the way can make it (RFC 8058 asks for https).
fn endings(stop: &str) -> Vec<(&'static str, String)> {
    let mut endings = vec![("List-Unsubscribe", format!("<{stop}>"))];
    if stop.starts_with("https://") {
        endings.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
    }
    endings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_goes_along_and_mail_programs_are_told_how_it_ends() {
        let body = MailBody { text: "text".into(), html: "<p>html</p>".into() };
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let written = |stop: &str| {
            let (name, media_type) = ("liao-usage.pdf".to_owned(), "application/pdf".to_owned());
            let extra = Extra { name, media_type, bytes: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3".to_vec(), stop: stop.to_owned() };
            let mail = Outgoing { id: Uuid::nil(), from: "a@b.org", to: "c@d.org", subject: "s", body: &body, extra: Some(&extra), at };
            String::from_utf8(message(&mail).unwrap().formatted()).unwrap()
        };
        let text = written("https://chat.example.org/unsubscribe/q3nYJm0Zr4dWm8v3cKq9xS1uT5bE7hL2pR6aV0iO4g");
        for part in [
            "List-Unsubscribe: <https://chat.example.org/unsubscribe/q3nYJm0Zr4dWm8v3cKq9xS1uT5bE7hL2pR6aV0iO4g>",
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
            "multipart/mixed",
            "multipart/alternative",
            "Content-Disposition: attachment; filename=\"liao-usage.pdf\"",
            "Content-Type: application/pdf",
            "JVBERi0xLjcKJeLjz9M=",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        let open = written("http://localhost/unsubscribe/x");
        assert!(open.contains("List-Unsubscribe: <http://localhost/unsubscribe/x>") && !open.contains("One-Click"), "{open}");
    }

    #[test]
    fn a_message_has_both_forms_and_says_that_it_is_automatic() {
        let body = MailBody { text: "文字".into(), html: "<p>文字</p>".into() };
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mail =
            |to| Outgoing { id: Uuid::nil(), from: "Liao <liao@example.org>", to, subject: "重置密码", body: &body, extra: None, at };
        let text = String::from_utf8(message(&mail("ada@example.org")).unwrap().formatted()).unwrap();
        for part in [
            "From: Liao <liao@example.org>",
            "To: ada@example.org",
            "Auto-Submitted: auto-generated",
            "Message-ID: <00000000-0000-0000-0000-000000000000@example.org>",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000",
            "multipart/alternative",
            "text/plain",
            "text/html",
        ] {
            assert!(text.contains(part), "{part} is missing in\n{text}");
        }
        assert!(matches!(message(&mail("nobody")), Err(Refusal::Never(_))));
    }

    #[tokio::test]
    async fn a_mail_server_that_is_not_there_is_asked_again_later() {
        let (mailer, body) = (Mailer::default(), MailBody::default());
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mail =
            Outgoing { id: Uuid::nil(), from: "liao@example.org", to: "ada@example.org", subject: "x", body: &body, extra: None, at };
        // The discard port: nothing listens there.
        let refusal = mailer.send(&Line::Url("smtp://127.0.0.1:9".into()), &mail).await.unwrap_err();
        assert!(matches!(&refusal, Refusal::Later(words) if !words.is_empty()), "{refusal:?}");
    }

    #[tokio::test]
    async fn a_mail_server_that_says_nothing_is_given_up_and_asked_again_on_a_new_connection() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Line::Url(format!("smtp://{}", listener.local_addr().unwrap()));
        let (mailer, body) = (Mailer::patient(Duration::from_millis(200)), MailBody::default());
        let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let mail =
            Outgoing { id: Uuid::nil(), from: "liao@example.org", to: "ada@example.org", subject: "x", body: &body, extra: None, at };
        let mut taken = Vec::new();
        for _ in 0..2 {
            let (refusal, connection) = tokio::join!(mailer.send(&line, &mail), listener.accept());
            taken.push(connection.unwrap());
            assert!(matches!(&refusal, Err(Refusal::Later(words)) if words.contains("did not answer")), "{refusal:?}");
            assert!(mailer.open.lock().unwrap().is_none(), "its connections are not used again");
        }
    }

    #[test]
    fn wrong_addresses_of_mail_servers_are_told() {
        assert!(is_smtp_url("smtp://127.0.0.1:2525") && is_smtp_url("smtps://u:p@h") && is_smtp_url("smtp://u:p@h:587?tls=required"));
        assert!(!is_smtp_url("http://h") && !is_smtp_url("h:25"));
        assert!(is_sender("Liao <liao@example.org>") && !is_sender("Liao"));
    }
}
