//! Citations: `[3]`, `[3, 5]` and `[3][5]` where these are numbers of passages that the model was shown. Each becomes a link to where the
//! passage stands; what the answer has cited is listed below it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::escape::push_escaped;
use crate::model::passage::Source;

/// What an address of a citation begins with. Nothing else of it leaves the renderer, and without sources it is no address.
const SCHEME: &str = "cite:";
/// Passages that are listed where the answer cites none: what it had to go by.
const UNCITED: usize = 8;

/// The passages that can be cited, and those that are.
#[derive(Default)]
pub(super) struct Sources {
    all: Arc<[Source]>,
    cited: Mutex<BTreeSet<u32>>,
}

impl Sources {
    pub(super) fn new(all: Arc<[Source]>) -> Self {
        Self { all, cited: Mutex::default() }
    }

    fn find(&self, n: u32) -> Option<&Source> {
        self.all.iter().find(|source| source.n == n)
    }

    /// The numbers in a label, if it has nothing else and all of them can be cited.
    fn numbers(&self, label: &str) -> Option<Vec<u32>> {
        if self.all.is_empty() {
            return None;
        }
        let parts = label.split([',', '，', '、', ';']).map(|part| part.trim().parse::<u32>().ok().filter(|n| self.find(*n).is_some()));
        parts.collect::<Option<Vec<u32>>>().filter(|numbers| !numbers.is_empty())
    }

    /// The address of a label.
    pub(super) fn address(&self, label: &str) -> Option<String> {
        self.numbers(label).map(|_| format!("{SCHEME}{label}"))
    }

    /// The numbers in an address.
    pub(super) fn at(&self, address: &str) -> Option<Vec<u32>> {
        self.numbers(address.strip_prefix(SCHEME)?)
    }

    /// Appends the links for a label; false if it is none.
    pub(super) fn push_label(&self, out: &mut String, label: &str) -> bool {
        let numbers = self.numbers(label);
        numbers.iter().flatten().for_each(|n| self.push(out, *n));
        numbers.is_some()
    }

    /// Appends one link.
    pub(super) fn push(&self, out: &mut String, n: u32) {
        let Some(source) = self.find(n) else { return };
        self.cited.lock().unwrap_or_else(PoisonError::into_inner).insert(n);
        out.push_str("<a class=\"cite\" target=\"_blank\" href=\"");
        push_escaped(out, &source.href());
        out.push_str("\" title=\"");
        push_escaped(out, &source.name);
        out.push_str(&format!("\">[{n}]</a>"));
    }

    /// What was cited, as a list; of an answer that cites nothing, some of what it could have. Once.
    pub(super) fn list(&mut self) -> Option<String> {
        let all = std::mem::take(&mut self.all);
        let cited = std::mem::take(&mut *self.cited.lock().unwrap_or_else(PoisonError::into_inner));
        let some: Vec<_> = match cited.is_empty() {
            true => all.iter().take(UNCITED).collect(),
            false => all.iter().filter(|source| cited.contains(&source.n)).collect(),
        };
        let class = if cited.is_empty() { "sources uncited" } else { "sources" };
        (!some.is_empty()).then(|| format!("<ol class=\"{class}\">{}</ol>", some.into_iter().map(line).collect::<String>()))
    }
}

/// One line of the list. The words around the page's number are the style sheet's: a block has no language.
fn line(source: &Source) -> String {
    let mut out = format!("<li value=\"{}\"><a target=\"_blank\" href=\"", source.n);
    push_escaped(&mut out, &source.href());
    out.push_str("\">");
    push_escaped(&mut out, &source.name);
    out.push_str("</a>");
    if let Some(page) = source.page {
        out.push_str(&format!(" <span class=\"source-page\">{page}</span>"));
    }
    out.push_str("</li>");
    out
}
