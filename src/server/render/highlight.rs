//! Colours for code: a handful of classes, worked out line by line.
//!
//! `k` keyword · `s` string · `f` function · `c` comment · `n` number or constant · `t` type or tag. Everything else is ink.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use syntect::parsing::{BasicScopeStackOp, ParseState, Scope, ScopeStack, SyntaxSet};

use super::escape::push_escaped;

/// The grammars in use. Unpacked (4 MB) when the first block in a known language is shown, and compiled language by language
/// (1 to 20 MB each): an idle server does not hold them.
static GRAMMARS: Mutex<Option<Grammars>> = Mutex::new(None);

/// After so many languages the set is let go and a new one begun, so that memory stays bounded.
const MOST_LANGUAGES: usize = 12;

struct Grammars {
    set: Arc<SyntaxSet>,
    /// The languages compiled.
    used: Vec<String>,
}

/// Names that mean "no colours", answered without unpacking the grammars.
const PLAIN: [&str; 12] = ["", "text", "txt", "plain", "plaintext", "output", "console", "mermaid", "math", "ascii", "none", "log"];

/// Names that models use and the grammars do not know.
const ALIASES: [(&str, &str); 16] = [
    // The TypeScript grammar takes 65 MB and three times the time.
    ("ts", "js"),
    ("tsx", "js"),
    ("typescript", "js"),
    ("javascript", "js"),
    ("jsx", "js"),
    ("csharp", "cs"),
    ("golang", "go"),
    ("shell", "bash"),
    ("shellscript", "bash"),
    ("jsonc", "json"),
    ("json5", "json"),
    ("c#", "cs"),
    ("objective-c", "m"),
    ("node", "js"),
    ("postgresql", "sql"),
    ("mysql", "sql"),
];

/// Scope prefixes and what they look like; the first match counts. `None` is ink again, inside a string for instance.
const SCOPES: [(&str, Option<char>); 32] = [
    ("comment", Some('c')),
    ("string", Some('s')),
    ("constant.character", Some('s')),
    ("constant", Some('n')),
    ("keyword.operator.word", Some('k')),
    ("keyword.operator.logical.python", Some('k')),
    ("keyword.operator", None),
    ("keyword", Some('k')),
    ("storage", Some('k')),
    ("variable.language", Some('k')),
    ("variable.function", Some('f')),
    ("entity.name.function", Some('f')),
    ("entity.name.tag", Some('t')),
    ("entity.name.section", Some('k')),
    ("entity.name.class", Some('t')),
    ("entity.name.struct", Some('t')),
    ("entity.name.enum", Some('t')),
    ("entity.name.type", Some('t')),
    ("entity.name.interface", Some('t')),
    ("entity.name.trait", Some('t')),
    ("entity.other.inherited-class", Some('t')),
    ("entity.other.attribute-name", Some('f')),
    ("support.function", Some('f')),
    ("support.macro", Some('f')),
    ("support.type", Some('t')),
    ("support.class", Some('t')),
    ("support.constant", Some('n')),
    ("markup.inserted", Some('s')),
    ("markup.deleted", Some('k')),
    ("markup.heading", Some('k')),
    ("meta.interpolation", None),
    ("meta.template.expression", None),
];

static CLASSES: LazyLock<Vec<(Scope, Option<char>)>> =
    LazyLock::new(|| SCOPES.iter().filter_map(|&(name, class)| Some((Scope::new(name).ok()?, class))).collect());

/// The state of one code block after its finished lines.
pub(super) struct Highlighter {
    set: Arc<SyntaxSet>,
    parser: ParseState,
    scopes: ScopeStack,
    /// The class at each depth of `scopes`.
    classes: Vec<Option<char>>,
}

impl Grammars {
    /// The set to use for a language.
    fn with(language: &str) -> Arc<SyntaxSet> {
        let mut held = GRAMMARS.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |grammars: &Self| grammars.used.len() < MOST_LANGUAGES || grammars.used.iter().any(|used| used == language);
        let mut grammars = held.take().filter(known).unwrap_or_else(Self::unpack);
        // Unknown names compile nothing, and must not push the known ones out.
        if !grammars.used.iter().any(|used| used == language) && grammars.set.find_syntax_by_token(language).is_some() {
            grammars.used.push(language.to_owned());
        }
        held.insert(grammars).set.clone()
    }

    fn unpack() -> Self {
        Self { set: Arc::new(two_face::syntax::extra_newlines()), used: Vec::new() }
    }
}

impl Highlighter {
    /// None where the language has no grammar.
    pub(super) fn of(language: &str) -> Option<Self> {
        let name = language.to_ascii_lowercase();
        if PLAIN.contains(&name.as_str()) {
            return None;
        }
        let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name.as_str(), |(_, known)| known);
        let set = Grammars::with(name);
        let parser = ParseState::new(set.find_syntax_by_token(name)?);
        Some(Self { set, parser, scopes: ScopeStack::new(), classes: Vec::new() })
    }

    /// Appends one line (with its line feed) in spans that end where it ends.
    pub(super) fn push_line(&mut self, out: &mut String, line: &str) {
        let Ok(changes) = self.parser.parse_line(line, &self.set) else { return push_escaped(out, line) };
        let mut spans = Spans { out, class: None };
        let mut from = 0;
        for (at, change) in changes {
            spans.push(&line[from..at], self.classes.last().copied().flatten());
            from = at;
            let classes = &mut self.classes;
            // A grammar that restores scopes it never cleared loses a colour, not the line.
            let _ = self.scopes.apply_with_hook(&change, |change, _| match change {
                BasicScopeStackOp::Push(scope) => classes.push(class_of(scope, classes.last().copied().flatten())),
                BasicScopeStackOp::Pop => drop(classes.pop()),
            });
        }
        spans.push(&line[from..], self.classes.last().copied().flatten());
        spans.close();
    }
}

fn class_of(scope: Scope, around: Option<char>) -> Option<char> {
    CLASSES.iter().find(|(prefix, _)| prefix.is_prefix_of(scope)).map_or(around, |(_, class)| *class)
}

struct Spans<'a> {
    out: &'a mut String,
    class: Option<char>,
}

impl Spans<'_> {
    fn push(&mut self, text: &str, class: Option<char>) {
        if text.is_empty() {
            return;
        }
        // The line feed stays outside, so that a line's markup is complete before it.
        let (text, feed) = text.strip_suffix('\n').map_or((text, ""), |text| (text, "\n"));
        let class = if text.trim().is_empty() { self.class } else { class };
        if class != self.class {
            self.close();
            if let Some(class) = class {
                self.out.push_str("<span class=\"");
                self.out.push(class);
                self.out.push_str("\">");
            }
            self.class = class;
        }
        push_escaped(self.out, text);
        if !feed.is_empty() {
            self.close();
            self.out.push_str(feed);
        }
    }

    fn close(&mut self) {
        if self.class.take().is_some() {
            self.out.push_str("</span>");
        }
    }
}
