//! A document that does not fit whole: as many of its passages as fit, the best first, in the order of the text and numbered, so that an
//! answer can cite them.

use super::attach::start;
use crate::model::file::Attachment;
use crate::model::passage::Source;
use crate::server::llm::Resolved;
use crate::server::service::passage::Ranked;

/// Most passages of one document: their numbers are kept with the answer.
const MOST: usize = 200;
/// Tokens of what stands around a passage.
const LABEL: usize = 12;
/// Where there is room for so many tokens, a document's first passage is shown in any case: it says what the document is.
const ROOMY: usize = 4_000;

/// The document as a model is shown it in so many tokens, and what can be cited of it, numbered from this number on.
pub fn excerpt(
    resolved: &Resolved,
    (file, hash): (&Attachment, &str),
    ranked: &Ranked,
    (share, from): (usize, u32),
) -> (String, Vec<Source>) {
    let chosen = chosen(resolved, ranked, share);
    let (mark, name) = (start(hash, 12), &file.name);
    let mut text = format!(
        "[File {mark} begins: {name}. It does not fit whole: these are the passages of it that fit the question best, each below its number. \
        Where you use one, cite it by its number in square brackets, like [{from}].]\n"
    );
    let mut sources = Vec::with_capacity(chosen.len());
    for (n, ordinal) in (from..).zip(chosen) {
        let passage = ranked.passages[ordinal];
        let page = passage.page.map(|page| format!(" (page {page})")).unwrap_or_default();
        text.push_str(&format!("[{n}]{page}\n{}\n\n", part(ranked, ordinal)));
        let passage_number = u32::try_from(ordinal).unwrap_or(u32::MAX);
        sources.push(Source { n, file_id: file.id, name: name.clone(), passage: passage_number, page: passage.page });
    }
    text.push_str(&format!("[File {mark} ends]\n\n"));
    (text, sources)
}

/// The passages that are shown, in the order of the text: the best, then the beginning, as many as fit.
fn chosen(resolved: &Resolved, ranked: &Ranked, share: usize) -> Vec<usize> {
    let many = ranked.passages.len();
    let mut taken = vec![false; many];
    let (mut left, mut room) = (share, MOST);
    let first = (share >= ROOMY).then_some(0);
    for ordinal in first.into_iter().chain(ranked.best.iter().copied()).chain(0..many) {
        if room == 0 || left <= LABEL {
            break;
        }
        if taken.get(ordinal).is_none_or(|taken| *taken) {
            continue;
        }
        let cost = resolved.provider.tokens(part(ranked, ordinal)) + LABEL;
        if cost <= left {
            taken[ordinal] = true;
            (left, room) = (left - cost, room - 1);
        } else if left < share / 8 {
            // The room that is left is not worth looking for what is short enough.
            break;
        }
    }
    taken.iter().enumerate().filter(|(_, taken)| **taken).map(|(ordinal, _)| ordinal).collect()
}

fn part(ranked: &Ranked, ordinal: usize) -> &str {
    let passage = ranked.passages[ordinal];
    ranked.text.get(passage.start..passage.end).unwrap_or_default()
}
