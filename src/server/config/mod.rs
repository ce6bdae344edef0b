//! Configuration: one small struct per concern, read once at start. [`VARIABLES`] lists every variable.

mod backup;
mod cluster;
mod files;
mod network;
mod origin;
mod settings;
mod show;
mod telemetry;
#[cfg(test)]
mod tests;
mod variable;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use backup::Backups;
pub use cluster::Role;
pub use files::{Bucket, Files, Scan};
pub use network::Network;
pub use origin::Origins;
use secrecy::SecretString;
pub use settings::{ConfigError, Setting, Settings, Source};
pub use show::{example, print};
pub use telemetry::Traces;
pub use variable::{Shown, VARIABLES, Variable};

use super::crypto::SECRET_MIN;
use super::llm::{Bounds, ModelFile};
use super::mail::{is_sender, is_smtp_url};
use super::reach::Allowed;

/// Everything that can be configured.
#[derive(Clone, Debug)]
pub struct Config {
    /// `LIAO_ADDR`
    pub addr: SocketAddr,
    /// `LIAO_METRICS_ADDR`; none: nobody is told.
    pub metrics_addr: Option<SocketAddr>,
    /// `LIAO_OTLP_ENDPOINT` and its like; none: no spans are made.
    pub traces: Option<Traces>,
    /// `LIAO_BACKUP_PASSPHRASE`
    pub backup_passphrase: Option<SecretString>,
    /// Absent: the server makes no backups by itself.
    pub backups: Option<Backups>,
    /// `LIAO_DATA_DIR`: database, backups, models, generated secret.
    pub data_dir: PathBuf,
    /// `LIAO_DATABASE_URL`; secret because it may hold a password.
    pub database_url: SecretString,
    /// `LIAO_REDIS_URL`: the line to other nodes; secret because it may hold a password. Absent: this is the only node.
    pub redis_url: Option<SecretString>,
    /// `LIAO_ROLE`
    pub role: Role,
    /// `LIAO_SECRET`, at least [`SECRET_MIN`] characters; absent: generated into the data folder.
    pub secret: Option<SecretString>,
    /// `LIAO_NEW_SECRET`: the one that `liao secret rotate` puts in its place.
    pub new_secret: Option<SecretString>,
    pub site: Site,
    pub rates: Rates,
    pub log: Log,
    pub files: Files,
    /// Absent: uploads are not scanned.
    pub scan: Option<Scan>,
    pub mail: Mail,
    pub models: Models,
    /// `LIAO_ALLOW_HOSTS`
    pub allowed: Arc<Allowed>,
}

/// How clients see this server.
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// `LIAO_PUBLIC_URL` as an origin: scheme, host and port, no slash at the end.
    pub public_url: Option<String>,
    /// `LIAO_TRUSTED_PROXIES`
    pub trusted_proxies: Vec<Network>,
    /// `LIAO_CORS_ORIGINS`
    pub cors: Origins,
}

impl Site {
    /// Whether browsers come over TLS, so that cookies may be marked `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }
}

/// How often a client address may try, per minute.
#[derive(Clone, Copy, Debug)]
pub struct Rates {
    /// `LIAO_LOGIN_RATE`
    pub login: NonZeroU32,
    /// `LIAO_REGISTER_RATE`
    pub register: NonZeroU32,
}

/// What is logged and how.
#[derive(Clone, Debug)]
pub struct Log {
    /// `LIAO_LOG`, a valid tracing filter.
    pub filter: String,
    /// `LIAO_LOG_FORMAT` is `json`.
    pub json: bool,
}

/// How letters are sent, where the environment says so.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// `LIAO_SMTP_URL`; secret because it may hold a password. It wins over what is set in the UI.
    pub smtp_url: Option<SecretString>,
    /// `LIAO_MAIL_FROM`; it wins, too.
    pub from: Option<String>,
}

/// Models and their providers.
#[derive(Clone, Debug)]
pub struct Models {
    /// `LIAO_MODEL_FILE`: the built-in model's weights.
    pub file: PathBuf,
    /// `LIAO_MODEL_URL`: where to fetch them; absent: the standard model's home.
    pub url: Option<String>,
    /// `LIAO_MODEL_SHA256` of the GGUF file.
    pub sha256: Option<String>,
    /// `LIAO_SYSTEM_PROMPT`
    pub system_prompt: Option<String>,
    /// `LIAO_CONNECT_TIMEOUT` and its like: how long a provider may take.
    pub bounds: Bounds,
    /// `LIAO_AUTO_TITLE`: whether models make titles of conversations.
    pub auto_title: bool,
    /// `LIAO_FAKE_PROVIDER`
    pub fake: bool,
    /// `OPENAI_API_KEY`
    pub openai_api_key: Option<SecretString>,
    /// `OPENAI_BASE_URL`
    pub openai_base_url: Option<String>,
    /// `LIAO_OLLAMA_URL`; none: do not look.
    pub ollama_url: Option<String>,
}

impl Config {
    /// Reads the environment and `liao.toml`.
    pub fn read() -> Result<Self, ConfigError> {
        Self::from_settings(&Settings::read()?)
    }

    /// The defaults with this data folder and these values over them, for tests: `&[("LIAO_FAKE_PROVIDER", "true")]`.
    pub fn with(data_dir: &std::path::Path, values: &[(&'static str, &str)]) -> Result<Self, ConfigError> {
        let folder = ("LIAO_DATA_DIR", data_dir.display().to_string());
        let values = values.iter().map(|(name, value)| (*name, (*value).to_owned())).chain([folder]).collect();
        Self::from_settings(&Settings::of(values, None)?)
    }

    /// The same with this role, where the command line names one. Errors: a role that needs other nodes, without a line to them.
    pub fn as_role(self, role: Option<Role>) -> Result<Self, ConfigError> {
        let role = role.unwrap_or(self.role);
        if role != Role::All && self.redis_url.is_none() {
            return Err(ConfigError(format!(
                "--role {} needs LIAO_REDIS_URL: what one node leaves to others goes through it.",
                role.name()
            )));
        }
        Ok(Self { role, ..self })
    }

    /// Checks every value.
    pub fn from_settings(s: &Settings) -> Result<Self, ConfigError> {
        Ok(Self {
            addr: s.parse("LIAO_ADDR", "an address and a port, like 127.0.0.1:3000")?,
            metrics_addr: metrics_addr(s)?,
            traces: telemetry::traces(s)?,
            backup_passphrase: s.optional("LIAO_BACKUP_PASSPHRASE").map(SecretString::from),
            backups: backup::backups(s)?,
            data_dir: s.parse("LIAO_DATA_DIR", "the path of a folder")?,
            database_url: database_url(s)?,
            redis_url: cluster::redis_url(s)?,
            role: cluster::role(s)?,
            secret: secret(s, "LIAO_SECRET")?,
            new_secret: secret(s, "LIAO_NEW_SECRET")?,
            site: Site { public_url: origin::public_url(s)?, trusted_proxies: trusted_proxies(s)?, cors: origin::cors(s)? },
            rates: Rates {
                login: s.parse("LIAO_LOGIN_RATE", "a whole number of attempts a minute, at least 1")?,
                register: s.parse("LIAO_REGISTER_RATE", "a whole number of registrations a minute, at least 1")?,
            },
            log: log(s)?,
            files: files::files(s)?,
            scan: files::scan(s)?,
            mail: mail(s)?,
            models: models(s)?,
            allowed: allowed(s)?,
        })
    }
}

fn metrics_addr(s: &Settings) -> Result<Option<SocketAddr>, ConfigError> {
    let named = s.optional("LIAO_METRICS_ADDR");
    named.map(|_| s.parse("LIAO_METRICS_ADDR", "an address and a port, like 127.0.0.1:9090")).transpose()
}

fn database_url(s: &Settings) -> Result<SecretString, ConfigError> {
    let url = s.text("LIAO_DATABASE_URL");
    let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:"));
    let usable = match path {
        // One database per connection would lose everything that the other connection wrote.
        Some(path) => !path.is_empty() && !path.contains(":memory:"),
        None => url.starts_with("postgres://") || url.starts_with("postgresql://"),
    };
    if usable { Ok(url.into()) } else { Err(s.wrong("LIAO_DATABASE_URL", "sqlite://path/to/a/file or postgres://user:password@host/name")) }
}

fn secret(s: &Settings, name: &'static str) -> Result<Option<SecretString>, ConfigError> {
    let Some(secret) = s.optional(name) else { return Ok(None) };
    if secret.chars().count() < SECRET_MIN {
        return Err(s.wrong(name, &format!("at least {SECRET_MIN} characters (try: openssl rand -base64 48)")));
    }
    Ok(Some(secret.into()))
}

fn trusted_proxies(s: &Settings) -> Result<Vec<Network>, ConfigError> {
    let wrong = || s.wrong("LIAO_TRUSTED_PROXIES", "addresses or networks separated by commas, like 10.0.0.0/8,::1");
    let names = s.text("LIAO_TRUSTED_PROXIES").split(',').map(str::trim).filter(|t| !t.is_empty());
    names.map(|name| name.parse().map_err(|()| wrong())).collect()
}

fn log(s: &Settings) -> Result<Log, ConfigError> {
    let filter = s.text("LIAO_LOG").to_owned();
    if tracing_subscriber::EnvFilter::builder().parse(&filter).is_err() {
        return Err(s.wrong("LIAO_LOG", "a tracing filter, like info or liao=debug,warn"));
    }
    let json = match s.text("LIAO_LOG_FORMAT") {
        "text" => false,
        "json" => true,
        _ => return Err(s.wrong("LIAO_LOG_FORMAT", "text or json")),
    };
    Ok(Log { filter, json })
}

fn mail(s: &Settings) -> Result<Mail, ConfigError> {
    let smtp_url = s.optional("LIAO_SMTP_URL");
    if smtp_url.is_some_and(|url| !is_smtp_url(url)) {
        return Err(s.wrong("LIAO_SMTP_URL", "smtp:// or smtps:// with a host, and tls=required or tls=opportunistic after a ? if at all"));
    }
    let from = s.optional("LIAO_MAIL_FROM");
    if from.is_some_and(|from| !is_sender(from)) {
        return Err(s.wrong("LIAO_MAIL_FROM", "an address, like Liao <liao@example.org>"));
    }
    Ok(Mail { smtp_url: smtp_url.map(Into::into), from: from.map(str::to_owned) })
}

fn models(s: &Settings) -> Result<Models, ConfigError> {
    let (file, url) = (model_file(s)?, web_address(s, "LIAO_MODEL_URL")?);
    Ok(Models {
        file,
        url,
        sha256: sha256(s)?,
        system_prompt: s.optional("LIAO_SYSTEM_PROMPT").map(str::to_owned),
        bounds: Bounds {
            connect: seconds(s, "LIAO_CONNECT_TIMEOUT")?,
            first_byte: seconds(s, "LIAO_FIRST_BYTE_TIMEOUT")?,
            idle: seconds(s, "LIAO_IDLE_TIMEOUT")?,
            total: seconds(s, "LIAO_TOTAL_TIMEOUT")?,
            queue: seconds(s, "LIAO_QUEUE_TIMEOUT")?,
            concurrent: None,
        },
        auto_title: boolean(s, "LIAO_AUTO_TITLE")?,
        fake: boolean(s, "LIAO_FAKE_PROVIDER")?,
        openai_api_key: s.optional("OPENAI_API_KEY").map(Into::into),
        openai_base_url: web_address(s, "OPENAI_BASE_URL")?,
        ollama_url: if s.text("LIAO_OLLAMA_URL") == "off" { None } else { web_address(s, "LIAO_OLLAMA_URL")? },
    })
}

/// A file that somebody names has to be there, or be fetched from somewhere; the standard one is fetched.
fn model_file(s: &Settings) -> Result<PathBuf, ConfigError> {
    let file: PathBuf = s.parse("LIAO_MODEL_FILE", "the path of a GGUF file")?;
    let fetched = ModelFile::at(file.clone(), s.optional("LIAO_MODEL_URL").map(str::to_owned), None);
    if fetched.url.is_empty() && !fetched.installed() {
        return Err(s.wrong("LIAO_MODEL_FILE", "the path of a GGUF file that is there, or of one that LIAO_MODEL_URL says where to fetch"));
    }
    Ok(file)
}

fn seconds(s: &Settings, name: &str) -> Result<Duration, ConfigError> {
    let seconds: NonZeroU32 = s.parse(name, "a whole number of seconds, at least 1")?;
    Ok(Duration::from_secs(u64::from(seconds.get())))
}

/// What may be reached besides the internet: what is named, and the proxies that everything goes through.
fn allowed(s: &Settings) -> Result<Arc<Allowed>, ConfigError> {
    let expected = "names, addresses or networks separated by commas, like vllm.lan,10.0.0.0/8";
    let allowed = Allowed::parse(s.text("LIAO_ALLOW_HOSTS")).ok_or_else(|| s.wrong("LIAO_ALLOW_HOSTS", expected))?;
    Ok(Arc::new(s.proxies().iter().fold(allowed, |allowed, proxy| allowed.with_host_of(Some(proxy)))))
}

fn sha256(s: &Settings) -> Result<Option<String>, ConfigError> {
    let Some(text) = s.optional("LIAO_MODEL_SHA256") else { return Ok(None) };
    let shaped = text.len() == 64 && text.chars().all(|c| c.is_ascii_hexdigit());
    if shaped { Ok(Some(text.to_lowercase())) } else { Err(s.wrong("LIAO_MODEL_SHA256", "64 hexadecimal digits")) }
}

fn boolean(s: &Settings, name: &str) -> Result<bool, ConfigError> {
    match s.text(name) {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(s.wrong(name, "true or false")),
    }
}

fn web_address(s: &Settings, name: &str) -> Result<Option<String>, ConfigError> {
    let Some(text) = s.optional(name) else { return Ok(None) };
    let url = text.parse::<http::Uri>().ok().filter(|u| matches!(u.scheme_str(), Some("http" | "https")) && u.host().is_some());
    if url.is_none() {
        return Err(s.wrong(name, "an http:// or https:// address"));
    }
    Ok(Some(text.trim_end_matches('/').to_owned()))
}
