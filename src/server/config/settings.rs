//! Where values come from: the environment over `liao.toml` over the defaults. The only reader of `std::env`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::variable::{Shown, VARIABLES, Variable, is_reserved};

/// Why the configuration cannot be used: one sentence that names the variable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

/// Who set a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Default,
    File,
    Environment,
}

/// The value of one variable.
#[derive(Clone, Debug)]
pub struct Setting {
    pub variable: &'static Variable,
    /// Empty: none.
    pub value: String,
    pub source: Source,
}

/// The value of every variable, in the table's order.
#[derive(Clone, Debug)]
pub struct Settings {
    all: Vec<Setting>,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Addresses of the proxies that requests go through.
    proxies: Vec<String>,
}

type Values = BTreeMap<&'static str, String>;

impl Settings {
    /// Reads the environment, and the file that it names or that lies in the working folder.
    pub fn read() -> Result<Self, ConfigError> {
        let environment = environment()?;
        let named = environment.get("LIAO_CONFIG").map(PathBuf::from);
        let path = named.clone().unwrap_or_else(|| PathBuf::from("liao.toml"));
        let settings = match std::fs::read_to_string(&path) {
            Ok(text) => Self::of(environment, Some((path, text))),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && named.is_none() => Self::of(environment, None),
            Err(e) => Err(ConfigError(format!("LIAO_CONFIG is {}, which cannot be read: {e}.", path.display()))),
        }?;
        Ok(Self { proxies: proxies(), ..settings })
    }

    /// The same from values at hand: what the environment says, and path and text of a file.
    pub fn of(environment: Values, file: Option<(PathBuf, String)>) -> Result<Self, ConfigError> {
        let from_file = file.as_ref().map(|(path, text)| parse_file(path, text)).transpose()?.unwrap_or_default();
        let all = VARIABLES
            .iter()
            .map(|variable| {
                let (value, source) = match (environment.get(variable.name), from_file.get(variable.name)) {
                    (Some(value), _) => (value.clone(), Source::Environment),
                    (None, Some(value)) => (value.clone(), Source::File),
                    (None, None) => (variable.default.to_owned(), Source::Default),
                };
                Setting { variable, value, source }
            })
            .collect();
        let mut settings = Self { all, file: file.map(|(path, _)| path), proxies: Vec::new() };
        let data_dir = settings.text("LIAO_DATA_DIR").trim_end_matches('/').to_owned();
        for setting in settings.all.iter_mut().filter(|s| s.source == Source::Default) {
            setting.value = setting.value.replace("{data_dir}", &data_dir);
        }
        Ok(settings)
    }

    /// Addresses of the proxies that requests go through.
    pub fn proxies(&self) -> &[String] {
        &self.proxies
    }

    /// Every setting, in the table's order.
    pub fn iter(&self) -> impl Iterator<Item = &Setting> {
        self.all.iter()
    }

    /// The text of a variable; empty when it has none.
    pub fn text(&self, name: &str) -> &str {
        self.all.iter().find(|s| s.variable.name == name).map_or("", |s| &s.value)
    }

    /// The text of a variable, if it has one.
    pub fn optional(&self, name: &str) -> Option<&str> {
        Some(self.text(name)).filter(|text| !text.is_empty())
    }

    /// A value of this type; `expected` ends the sentence "… must be".
    pub fn parse<T: FromStr>(&self, name: &str, expected: &str) -> Result<T, ConfigError> {
        self.text(name).parse().map_err(|_| self.wrong(name, expected))
    }

    /// The sentence about a value that cannot be used.
    pub fn wrong(&self, name: &str, expected: &str) -> ConfigError {
        let Some(setting) = self.all.iter().find(|s| s.variable.name == name) else {
            return ConfigError(format!("{name} is not a variable."));
        };
        let value = if setting.variable.shown == Shown::Whole { format!("is \"{}\", but ", setting.value) } else { String::new() };
        let place = match (setting.source, &self.file) {
            (Source::File, Some(path)) => format!(" ({} in {})", setting.variable.key, path.display()),
            _ => String::new(),
        };
        ConfigError(format!("{name}{place} {value}must be {expected}."))
    }
}

/// The proxies that the environment names, as the HTTP client reads them.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn proxies() -> Vec<String> {
    let names = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
    let named = names.iter().filter_map(|name| std::env::var(name).ok()).filter(|value| !value.is_empty());
    named.map(|value| if value.contains("://") { value } else { format!("http://{value}") }).collect()
}

/// Our variables in the environment. An empty one counts as not set, as compose files write them.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn environment() -> Result<Values, ConfigError> {
    let mut values = Values::new();
    let mut unknown = Vec::new();
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        let Some(variable) = Variable::named(name) else {
            if name.starts_with("LIAO_") && !is_reserved(name) {
                unknown.push(name.to_owned());
            }
            continue;
        };
        let Some(value) = value.to_str() else { return Err(ConfigError(format!("{name} is not valid UTF-8."))) };
        if !value.is_empty() {
            values.insert(variable.name, value.to_owned());
        }
    }
    if unknown.is_empty() { Ok(values) } else { Err(unknown_names(unknown, "in the environment, which Liao does not know")) }
}

/// The values of a `liao.toml`.
fn parse_file(path: &Path, text: &str) -> Result<Values, ConfigError> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
        let line = e.span().map_or(1, |span| text[..span.start].lines().count().max(1));
        ConfigError(format!("{} is not valid TOML, line {line}: {}.", path.display(), e.message()))
    })?;
    let mut values = Values::new();
    let mut unknown = Vec::new();
    for (key, value) in table {
        let Some(variable) = VARIABLES.iter().find(|v| v.key == key && !key.is_empty()) else {
            unknown.push(key);
            continue;
        };
        let value = plain(&value).ok_or_else(|| {
            ConfigError(format!(
                "{key} ({}) in {} must be a text, a number, true, false or a list of texts.",
                variable.name,
                path.display()
            ))
        })?;
        values.insert(variable.name, value);
    }
    if unknown.is_empty() { Ok(values) } else { Err(unknown_names(unknown, &format!("in {}, which Liao does not know", path.display()))) }
}

/// A TOML value as the environment would write it.
fn plain(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(yes) => Some(yes.to_string()),
        toml::Value::Array(items) => items.iter().map(plain).collect::<Option<Vec<_>>>().map(|texts| texts.join(",")),
        _ => None,
    }
}

fn unknown_names(mut names: Vec<String>, place: &str) -> ConfigError {
    names.sort();
    let verb = if names.len() == 1 { "is set" } else { "are set" };
    ConfigError(format!("{} {verb} {place}; `liao config print` lists every variable.", names.join(", ")))
}
