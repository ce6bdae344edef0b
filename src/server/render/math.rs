//! LaTeX → MathML.

use std::panic::{AssertUnwindSafe, catch_unwind};

use pulldown_latex::config::DisplayMode;
use pulldown_latex::{Parser, RenderConfig, Storage, push_mathml};

use super::escape::push_escaped;

/// The longest formula that is typeset, in bytes.
pub(super) const LONGEST: usize = 4096;
/// The deepest nesting of groups that is typeset: the parser recurses.
const DEEPEST: usize = 64;
const MATH: &str = "<math";
/// Definitions are refused: `\def\a{\a\a}\a` never ends.
const REFUSED: [&str; 8] = ["\\def", "\\edef", "\\gdef", "\\xdef", "\\let", "\\newcommand", "\\renewcommand", "\\providecommand"];

/// Appends a formula as MathML with its source beside it, or its source alone where it is not LaTeX that we can set.
pub(super) fn push(out: &mut String, tex: &str, display: bool) {
    let start = out.len();
    if mathml(tex, display).is_some_and(|markup| push_clean(out, &markup)) {
        if out[start..].starts_with(MATH) {
            out.insert_str(start + MATH.len(), &source(tex, display));
        }
        return;
    }
    out.truncate(start);
    out.push_str("<code class=\"math-error\">");
    push_escaped(out, tex);
    out.push_str("</code>");
}

/// The source as an attribute, for who copies the formula or cannot see it (MathML 3, 2.2.1: `alttext`). One that stands alone may be
/// wider than the page, so it is to be reached by keys.
fn source(tex: &str, display: bool) -> String {
    let mut attributes = String::from(" alttext=\"");
    push_escaped(&mut attributes, tex);
    // An attribute on one line is the same to a browser, and easier to cut for who streams it.
    let focus = if display { "\" tabindex=\"0\"" } else { "\"" };
    attributes.replace('\n', "&#10;") + focus
}

fn mathml(tex: &str, display: bool) -> Option<String> {
    let depth = tex.bytes().filter(|&byte| byte == b'{').count() + tex.matches("\\left").count() + tex.matches("\\begin").count();
    if tex.len() > LONGEST || depth > DEEPEST || REFUSED.into_iter().any(|name| tex.contains(name)) {
        return None;
    }
    let display_mode = if display { DisplayMode::Block } else { DisplayMode::Inline };
    let config = RenderConfig { display_mode, ..RenderConfig::default() };
    // The library panics on some input that is not LaTeX; that must not end the answer it stands in.
    let set = AssertUnwindSafe(|| {
        let storage = Storage::new();
        let events = Parser::new(tex, &storage).collect::<Result<Vec<_>, _>>().ok()?;
        let mut markup = String::new();
        push_mathml(&mut markup, events.into_iter().map(Ok::<_, pulldown_latex::ParserError>), config).ok()?;
        Some(markup)
    });
    catch_unwind(set).ok().flatten()
}

/// Appends the library's markup, with its bare `<` of the relation escaped and without `style` attributes, which the content
/// security policy forbids. False where its elements do not nest: a line break inside a font's argument makes it write half tags.
fn push_clean(out: &mut String, markup: &str) -> bool {
    let mut rest = markup;
    let mut open = Vec::new();
    while let Some(at) = rest.find(['<', '&']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let next = rest.as_bytes().get(1).copied().unwrap_or(b' ');
        let known_entity = ["&amp;", "&lt;", "&gt;", "&quot;", "&nbsp;"].into_iter().any(|entity| rest.starts_with(entity));
        let len = match rest.as_bytes()[0] {
            b'<' if next == b'/' || next.is_ascii_alphabetic() => rest.find('>').map_or(rest.len(), |end| end + 1),
            b'&' if known_entity => 1,
            _ => {
                push_escaped(out, &rest[..1]);
                rest = &rest[1..];
                continue;
            }
        };
        if len > 1 && !nests(&mut open, &rest[..len]) {
            return false;
        }
        push_tag(out, &rest[..len]);
        rest = &rest[len..];
    }
    out.push_str(rest);
    open.is_empty()
}

/// Enters a tag into the elements that are open; false where it is not whole or closes another than the last.
fn nests<'a>(open: &mut Vec<&'a str>, tag: &'a str) -> bool {
    let Some(inner) = tag.strip_prefix('<').and_then(|tag| tag.strip_suffix('>')) else { return false };
    if inner.contains('<') {
        return false;
    }
    if let Some(name) = inner.strip_prefix('/') {
        return open.pop() == Some(name);
    }
    if !inner.ends_with('/') {
        open.push(inner.split(' ').next().unwrap_or_default());
    }
    true
}

fn push_tag(out: &mut String, tag: &str) {
    let (head, tail) = match tag.split_once(" style=\"") {
        Some((head, rest)) => (head, rest.split_once('"').map_or("", |(_, tail)| tail)),
        None => (tag, ""),
    };
    for part in [head, tail] {
        out.push_str(&part.replace("\"minsize", "\" minsize"));
    }
}
