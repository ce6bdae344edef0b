//! The configuration for people: what is set and by whom, and the example file. Secrets are masked.

use std::fmt::Write;

use super::settings::{Setting, Settings, Source};
use super::variable::{Shown, VARIABLES, Variable};

const MASK: &str = "******";
const NONE: &str = "(none)";

/// Every variable with its value, who set it, and its default, as a table.
pub fn print(settings: &Settings) -> String {
    let file = settings.file.as_ref().map(|f| f.display().to_string()).unwrap_or_default();
    let header = ["VARIABLE", "VALUE", "FROM", "DEFAULT"].map(str::to_owned);
    let rows = settings.iter().map(|setting| {
        let from = match setting.source {
            Source::Default => "default",
            Source::File => &file,
            Source::Environment => "environment",
        };
        [setting.variable.name.to_owned(), value(setting), from.to_owned(), or_none(setting.variable.default)]
    });
    let rows: Vec<_> = std::iter::once(header).chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let (name, value, from) = (width(0), width(1), width(2));
    rows.iter().map(|[a, b, c, d]| format!("{a:<name$}  {b:<value$}  {c:<from$}  {d}\n")).collect()
}

/// The text of `liao.example.toml`: every key with its meaning and its default, commented out.
pub fn example() -> String {
    let mut text = String::from(
        "# Configuration of Liao: copy to liao.toml and uncomment what you change.\n\
         # The environment wins over this file. `liao config print` shows what is in force and why.\n",
    );
    for Variable { name, key, default, doc, .. } in VARIABLES.iter().filter(|v| !v.key.is_empty()) {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n# {doc} ({name})\n# {key} = {}\n", toml::Value::from(*default));
    }
    text
}

fn value(setting: &Setting) -> String {
    match setting.variable.shown {
        _ if setting.value.is_empty() => NONE.to_owned(),
        Shown::Whole => setting.value.clone(),
        Shown::WithoutPassword => without_password(&setting.value),
        Shown::Never => MASK.to_owned(),
    }
}

fn or_none(text: &str) -> String {
    if text.is_empty() { NONE.to_owned() } else { text.to_owned() }
}

/// `postgres://user:password@host` → `postgres://user:******@host`, and any `password=` of the query.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (front, query) = rest.split_once('?').map_or((rest, None), |(front, query)| (front, Some(query)));
    // The last @ ends the user's part: a password may hold others, and a slash.
    let front = match front.rsplit_once('@') {
        Some((user, host)) => format!("{}:{MASK}@{host}", user.split(':').next().unwrap_or_default()),
        None => front.to_owned(),
    };
    let Some(query) = query else { return format!("{scheme}://{front}") };
    let secret = |key: &str| ["password", "key", "token", "secret"].iter().any(|word| key.to_ascii_lowercase().contains(word));
    let masked = query.split('&').map(|pair| match pair.split_once('=') {
        Some((key, _)) if secret(key) => format!("{key}={MASK}"),
        _ => pair.to_owned(),
    });
    format!("{scheme}://{front}?{}", masked.collect::<Vec<_>>().join("&"))
}
