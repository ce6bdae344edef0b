//! Prompts that people keep, with places to fill in: `{{name}}`, `{{name|what stands there}}`, and `{{name:lines}}` for several lines.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::error::{ApiError, Fields, Rule};

/// Longest title, command word and text, in characters.
pub const TITLE_MAX: usize = 80;
pub const COMMAND_MAX: usize = 40;
pub const BODY_MAX: usize = 20_000;
/// Most prompts that somebody keeps.
pub const KEPT_MAX: i64 = 200;
/// Longest name of a place, in characters.
const NAME_MAX: usize = 60;

/// A prompt of somebody's, or one that an administrator shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Prompt {
    pub id: Uuid,
    #[schema(example = "Summarise")]
    pub title: String,
    /// What is typed after the slash.
    #[schema(example = "summarise")]
    pub command: String,
    /// The text, with its places.
    #[schema(example = "Summarise in {{sentences|three}} sentences:\n\n{{text:lines}}")]
    pub body: String,
    /// Offered to everybody.
    pub shared: bool,
    /// The viewer's own.
    pub mine: bool,
    /// The places of the text, in their order.
    pub variables: Vec<Variable>,
    pub updated_at: DateTime<Utc>,
}

/// A place in a text that is filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Variable {
    pub name: String,
    /// What stands there unless something else is filled in.
    pub default: String,
    /// It takes several lines.
    pub lines: bool,
}

/// What is typed to keep or change a prompt.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct PromptForm {
    /// At most 80 characters.
    #[schema(required, example = "Summarise")]
    pub title: String,
    /// What is typed after the slash: letters, digits, `-` and `_`, at most 40.
    #[schema(required, example = "summarise")]
    pub command: String,
    /// At most 20,000 characters. `{{name}}` is a place to fill in, `{{name|text}}` one with a text in it, `{{name:lines}}` one of
    /// several lines.
    #[schema(required, example = "Summarise in {{sentences|three}} sentences:\n\n{{text:lines}}")]
    pub body: String,
    /// Offer it to everybody; administrators only.
    pub shared: bool,
}

impl Prompt {
    /// What was typed.
    pub fn into_form(self) -> PromptForm {
        PromptForm { title: self.title, command: self.command, body: self.body, shared: self.shared }
    }
}

impl PromptForm {
    /// Trims and checks every field.
    pub fn checked(mut self) -> Result<Self, ApiError> {
        self.title = self.title.trim().replace(|c: char| c.is_control(), " ");
        self.command = self.command.trim().trim_start_matches('/').to_lowercase();
        self.body = self.body.trim().replace("\r\n", "\n").replace('\0', "\u{FFFD}");
        let mut fields = Fields::default();
        fields.length("title", &self.title, 1, TITLE_MAX);
        fields.length("command", &self.command, 1, COMMAND_MAX);
        if !self.command.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_')) {
            fields.add("command", Rule::Format, "command may hold letters, digits, '-' and '_'.");
        }
        fields.length("body", &self.body, 1, BODY_MAX);
        fields.check()?;
        Ok(self)
    }
}

/// A piece of a text.
enum Piece<'a> {
    Text(&'a str),
    Place(Variable),
}

/// The text cut at its places.
fn pieces(body: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut rest, mut from) = (Vec::new(), body, 0);
    while let Some(at) = rest[from..].find("{{").map(|at| at + from) {
        let place = rest[at + 2..].find("}}").and_then(|length| Some((variable(&rest[at + 2..at + 2 + length])?, length)));
        let Some((variable, length)) = place else {
            // Braces that name nothing are braces.
            from = at + 2;
            continue;
        };
        pieces.push(Piece::Text(&rest[..at]));
        pieces.push(Piece::Place(variable));
        (rest, from) = (&rest[at + length + 4..], 0);
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// What stands between the braces.
fn variable(inner: &str) -> Option<Variable> {
    let (name, default) = inner.split_once('|').unwrap_or((inner, ""));
    let (name, lines) = name.trim().strip_suffix(":lines").map_or((name.trim(), false), |name| (name.trim_end(), true));
    let good = !name.is_empty() && name.chars().count() <= NAME_MAX && !name.contains(['{', '}', '\n', ':']);
    good.then(|| Variable { name: name.to_owned(), default: default.trim().to_owned(), lines })
}

/// The places of a text, each name once, in their order.
pub fn variables(body: &str) -> Vec<Variable> {
    let mut all: Vec<Variable> = Vec::new();
    for piece in pieces(body) {
        let Piece::Place(found) = piece else { continue };
        match all.iter_mut().find(|known| known.name == found.name) {
            Some(known) => {
                known.lines |= found.lines;
                if known.default.is_empty() {
                    known.default = found.default;
                }
            }
            None => all.push(found),
        }
    }
    all
}

/// The text with its places filled in, in the order of [`variables`]; what is missing is what stands there.
pub fn fill(body: &str, values: &[String]) -> String {
    let places = variables(body);
    let value = |name: &str| {
        let at = places.iter().position(|place| place.name == name)?;
        values.get(at).map(String::as_str).or(Some(&places[at].default))
    };
    let filled = pieces(body).into_iter().map(|piece| match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Place(place) => value(&place.name).unwrap_or_default().to_owned(),
    });
    filled.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(body: &str) -> Vec<(String, String, bool)> {
        variables(body).into_iter().map(|v| (v.name, v.default, v.lines)).collect()
    }

    #[test]
    fn places_are_found_once_and_in_order() {
        let found = names("Dear {{ name }}, {{tone | kind words}} {{text:lines}} {{name|Ada}}");
        let expected = [("name", "Ada", false), ("tone", "kind words", false), ("text", "", true)];
        assert_eq!(found, expected.map(|(name, default, lines)| (name.to_owned(), default.to_owned(), lines)));
        assert_eq!(names("{{}} {{a\nb}} {{ {{x}} }} {{open").len(), 1);
        assert_eq!(names("{{语言|中文}}")[0].0, "语言");
    }

    #[test]
    fn a_text_is_filled_and_what_is_missing_is_what_stands_there() {
        let body = "{{a}} and {{b|two}}, {{a}} again; {{}} stays";
        assert_eq!(fill(body, &["one".into(), "2".into()]), "one and 2, one again; {{}} stays");
        assert_eq!(fill(body, &["{{b}}".into()]), "{{b}} and two, {{b}} again; {{}} stays");
        assert_eq!(fill("plain", &[]), "plain");
    }

    #[test]
    fn a_command_is_one_word() {
        let form = PromptForm { title: "T".into(), command: "/Sum-up".into(), body: "x".into(), shared: false };
        assert_eq!(form.clone().checked().unwrap().command, "sum-up");
        let error = PromptForm { command: "two words".into(), body: " ".into(), ..form }.checked().unwrap_err();
        let named: Vec<_> = error.fields.iter().map(|field| field.field.as_str()).collect();
        assert_eq!(named, ["command", "body"]);
    }
}
