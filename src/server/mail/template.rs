//! The letters: words of each language, and one layout for all, filled in as HTML and as text.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior, Value, context};
use serde::Deserialize;

use crate::i18n::Locale;
use crate::model::mail::{LetterKind, MailBody};
use crate::server::error::{Error, Result};

/// What a letter is filled in with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Values {
    /// Who it is to; empty: nobody knows.
    pub name: String,
    /// This server's name.
    pub host: String,
    /// Where its button leads; empty: it has none.
    pub link: String,
    pub to: String,
    pub by: String,
    pub what: String,
    pub why: String,
    pub provider: String,
    pub added: bool,
    pub at: String,
    pub ip: String,
    pub browser: String,
    /// A report of use.
    pub sheet: Option<Value>,
    /// Where letters like this one are ended; empty: nowhere.
    pub stop: String,
}

impl Values {
    /// By the names that the words use.
    fn named(&self) -> Value {
        let Self { name, host, link, to, by, what, why, provider, added, at, ip, browser, .. } = self;
        context! {
            name => name.as_str(), host => host.as_str(), link => link.as_str(), to => to.as_str(), by => by.as_str(),
            what => what.as_str(), why => why.as_str(), provider => provider.as_str(), added => *added, at => at.as_str(), ip => ip.as_str(),
            browser => browser.as_str(),
        }
    }
}

/// The words of one letter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    subject: String,
    heading: String,
    lines: Vec<String>,
    #[serde(default)]
    facts: Vec<(String, String)>,
    #[serde(default)]
    button: String,
    #[serde(default)]
    note: String,
}

/// What stands around every letter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frame {
    greeting: String,
    plain: String,
    footer: String,
    stop: String,
}

#[derive(Deserialize)]
struct Letters {
    layout: Frame,
    #[serde(flatten)]
    letters: BTreeMap<String, Words>,
}

/// Read at the first letter; a test renders every one, so they are sound.
static ENGLISH: LazyLock<Option<Letters>> = LazyLock::new(|| toml::from_str(include_str!("template/en.toml")).ok());
static CHINESE: LazyLock<Option<Letters>> = LazyLock::new(|| toml::from_str(include_str!("template/zh-CN.toml")).ok());
static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(engine);

fn engine() -> Environment<'static> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    for (name, text) in [("sheet.html", include_str!("template/sheet.html")), ("sheet.txt", include_str!("template/sheet.txt"))] {
        // A test renders both, so they are sound.
        let _ = engine.add_template(name, text);
    }
    engine
}

const HTML: (&str, &str) = ("layout.html", include_str!("template/layout.html"));
const TEXT: (&str, &str) = ("layout.txt", include_str!("template/layout.txt"));

/// Subject and text of a letter. The name of the layout decides whether what is filled in is escaped.
pub fn render(kind: LetterKind, locale: Locale, values: &Values) -> Result<(String, MailBody)> {
    let letters = match locale {
        Locale::En => ENGLISH.as_ref(),
        Locale::ZhCn => CHINESE.as_ref(),
    };
    let found = letters.and_then(|all| all.letters.get(kind.name()).map(|words| (words, &all.layout)));
    let (words, frame) = found.ok_or_else(|| Error::internal(format!("there is no letter {} in {}", kind.name(), locale.tag())))?;
    let subject = ENGINE.render_named_str("subject.txt", &words.subject, values.named()).map_err(Error::internal)?;
    let body = MailBody {
        text: filled(TEXT, words, frame, &subject, locale, values).map_err(Error::internal)?,
        html: filled(HTML, words, frame, &subject, locale, values).map_err(Error::internal)?,
    };
    // A header is one line.
    Ok((subject.split_whitespace().collect::<Vec<_>>().join(" "), body))
}

#[expect(clippy::too_many_arguments, reason = "what a letter is made of")]
fn filled(
    (name, layout): (&str, &'static str),
    words: &Words,
    frame: &Frame,
    subject: &str,
    locale: Locale,
    values: &Values,
) -> std::result::Result<String, minijinja::Error> {
    let given = values.named();
    // What was filled in is escaped by now, and not again in the layout.
    let fill = |text: &str| ENGINE.render_named_str(name, text, given.clone()).map(Value::from_safe_string);
    let lines = words.lines.iter().map(|line| fill(line)).collect::<std::result::Result<Vec<_>, _>>()?;
    let facts = words.facts.iter().map(|(label, text)| Ok(vec![fill(label)?, fill(text)?]));
    let facts = facts.collect::<std::result::Result<Vec<_>, minijinja::Error>>()?;
    // A fact that is not known is left out.
    let facts: Vec<_> = facts.into_iter().filter(|fact| fact.last().is_some_and(|value| !value.to_string().is_empty())).collect();
    let greeting = if values.name.is_empty() { Value::from("") } else { fill(&frame.greeting)? };
    // Of our own making: our address, a path and a token; nothing in it needs escaping.
    let around = context! {
        tag => locale.tag(), subject, link => Value::from_safe_string(values.link.clone()), heading => fill(&words.heading)?, greeting, lines, facts,
        button => fill(&words.button)?, note => fill(&words.note)?, plain => frame.plain.as_str(), footer => fill(&frame.footer)?,
        sheet => values.sheet.clone(), stop => Value::from_safe_string(values.stop.clone()), stop_word => frame.stop.as_str(),
    };
    ENGINE.render_named_str(name, layout, around)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        let text = |text: &str| text.to_owned();
        Values {
            name: text("Ada <b>"),
            host: text("chat.example.org"),
            link: text("https://chat.example.org/verify?token=a-b_c"),
            to: text("new@example.org"),
            by: text("Bob & Co"),
            what: text("Passkey"),
            why: text("A report"),
            provider: text("GitHub"),
            added: true,
            at: text("2027-01-15 08:00 UTC"),
            ip: text("192.0.2.1"),
            browser: text("Firefox"),
            sheet: None,
            stop: text("https://chat.example.org/unsubscribe/a-b_c"),
        }
    }

    #[test]
    fn every_letter_is_whole_in_both_languages() {
        for locale in Locale::ALL {
            for kind in LetterKind::ALL {
                let (subject, body) = render(kind, locale, &values()).unwrap_or_else(|error| panic!("{kind:?} {}: {error}", locale.tag()));
                assert!(!subject.is_empty() && !subject.contains(['\n', '{']), "{subject}");
                assert!(body.text.contains("chat.example.org") && body.html.contains("chat.example.org"), "{kind:?}");
                assert!(!body.text.contains("{{") && !body.html.contains("{{") && !body.html.contains("{%"), "{kind:?}");
                assert!(body.html.starts_with("<!DOCTYPE html>") && body.html.contains(&format!("lang=\"{}\"", locale.tag())));
            }
        }
    }

    #[test]
    fn what_is_filled_in_is_escaped_once_in_html_and_not_in_text() {
        let (_, body) = render(LetterKind::Invitation, Locale::En, &values()).unwrap();
        assert!(body.html.contains("Bob &amp; Co invites") && body.html.contains("Hello Ada &lt;b&gt;,"), "{}", body.html);
        assert!(body.text.contains("Bob & Co invites") && body.text.contains("Hello Ada <b>,"), "{}", body.text);
        assert!(body.text.contains("Make your account:\nhttps://chat.example.org/verify?token=a-b_c\n"), "{}", body.text);
    }

    #[test]
    fn what_is_not_known_is_left_out() {
        let values = Values { ip: String::new(), name: String::new(), ..values() };
        let (_, body) = render(LetterKind::PasswordChanged, Locale::En, &values).unwrap();
        assert!(!body.text.contains("Address:") && body.text.contains("Browser: Firefox") && !body.text.contains("Hello"), "{}", body.text);
    }

    #[test]
    fn both_languages_have_the_same_letters() {
        let keys = |letters: &Option<Letters>| letters.as_ref().unwrap().letters.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&ENGLISH), keys(&CHINESE));
        assert_eq!(keys(&ENGLISH).len(), LetterKind::ALL.len());
    }
}
