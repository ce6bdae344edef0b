//! What of a tree is drawn. A line is a branch from its top down: at each fork it takes the child that is shown, else the newest. What the others
//! begin stands beside the child that the line took. Runs without a fork are folded, and every count is bounded: the rest is a link.

use std::collections::HashMap;

use uuid::Uuid;

use crate::model::tree::{TreeItem, TreeKind, TreeQuery};

/// Places of the line that a drawing is of, its newest ones.
const LINE: usize = 100;
/// Places of a line beside another one, from its top.
const SIDE: usize = 8;
/// Lines beside one message.
const BESIDE: usize = 8;
/// How many lines may stand around a line.
const DEPTH: u32 = 3;
/// Places beside the line in all, about; those of the newest messages come first.
const ROOM: usize = 250;
/// Shorter runs are not folded.
const FOLD: usize = 3;
/// Messages of a run that are shown when it is opened.
const OPEN: usize = 100;

/// Who follows whom.
pub struct Skeleton {
    ids: Vec<Uuid>,
    at: HashMap<Uuid, usize>,
    parent: Vec<Option<usize>>,
    below: Vec<Vec<usize>>,
    roots: Vec<usize>,
    /// Of each message: itself and all below.
    size: Vec<u32>,
}

impl Skeleton {
    /// `(id, parent)`; those with the same parent stand together, oldest first. Whose parent is not there begins a branch.
    pub fn new(rows: Vec<(Uuid, Option<Uuid>)>) -> Self {
        let ids: Vec<Uuid> = rows.iter().map(|(id, _)| *id).collect();
        let at: HashMap<Uuid, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let parent: Vec<Option<usize>> = rows.iter().map(|(_, parent)| parent.and_then(|id| at.get(&id).copied())).collect();
        let (mut below, mut roots) = (vec![Vec::new(); ids.len()], Vec::new());
        for (child, parent) in parent.iter().enumerate() {
            parent.map_or(&mut roots, |parent| &mut below[parent]).push(child);
        }
        roots.sort_by_key(|root| ids[*root]);
        let (mut order, mut next) = (roots.clone(), 0);
        while let Some(message) = order.get(next).copied() {
            order.extend_from_slice(&below[message]);
            next += 1;
        }
        let mut size = vec![1; ids.len()];
        for message in order.into_iter().rev() {
            if let Some(parent) = parent[message] {
                size[parent] += size[message];
            }
        }
        Self { ids, at, parent, below, roots, size }
    }

    /// How many messages there are, and how many branches end.
    pub fn counts(&self) -> (u32, u32) {
        (self.ids.len() as u32, self.below.iter().filter(|below| below.is_empty()).count() as u32)
    }

    /// The versions of a message, itself among them, oldest first.
    fn versions(&self, message: usize) -> &[usize] {
        self.parent[message].map_or(&self.roots, |parent| &self.below[parent])
    }

    /// The message that is named, if any is; nothing where it is not there.
    fn named(&self, id: Option<Uuid>) -> Option<Option<usize>> {
        id.map_or(Some(None), |id| self.at.get(&id).map(|at| Some(*at)))
    }
}

/// What is drawn, without what the messages say.
pub struct Drawing {
    pub items: Vec<TreeItem>,
    pub earlier: Option<Uuid>,
}

/// Some messages of a line that follow one another: one that is shown, or a run that is folded.
#[derive(Clone, Copy)]
struct Part {
    at: usize,
    len: usize,
}

struct Pen<'a> {
    tree: &'a Skeleton,
    /// Of each message, whether it is on the branch that is shown.
    active: Vec<bool>,
    open: Option<usize>,
    room: usize,
}

/// Draws; nothing where a message that is named is not there, or not on the line.
pub fn draw(tree: &Skeleton, leaf: Option<Uuid>, query: &TreeQuery) -> Option<Drawing> {
    let (from, before, open) = (tree.named(query.from)?, tree.named(query.before)?, tree.named(query.open)?);
    let mut active = vec![false; tree.ids.len()];
    let mut above = tree.named(leaf).flatten();
    while let Some(message) = above {
        active[message] = true;
        above = tree.parent[message];
    }
    let mut pen = Pen { tree, active, open, room: ROOM };
    let Some(start) = from.or_else(|| pen.chosen(&tree.roots)) else { return Some(Drawing { items: Vec::new(), earlier: None }) };
    let mut line = pen.line(start);
    if let Some(before) = before {
        line.truncate(line.iter().position(|message| *message == before)?);
    }
    let mut parts = pen.parts(&line);
    let cut = parts.len().saturating_sub(LINE);
    let earlier = (cut > 0).then(|| tree.ids[line[parts[cut].at]]);
    let beside = match from {
        None => pen.others(start),
        Some(_) if query.beside => pen.others(start).into_iter().filter(|other| tree.ids[*other] > tree.ids[start]).collect(),
        Some(_) => Vec::new(),
    };
    parts.drain(..cut);
    let parts = pen.opened(&line, parts);
    Some(Drawing { items: pen.items(&line, &parts, 0, beside), earlier })
}

impl Pen<'_> {
    /// Which of these a line goes on with.
    fn chosen(&self, of: &[usize]) -> Option<usize> {
        of.iter().find(|message| self.active[**message]).or(of.last()).copied()
    }

    fn line(&self, start: usize) -> Vec<usize> {
        std::iter::successors(Some(start), |message| self.chosen(&self.tree.below[*message])).collect()
    }

    /// The other versions of a message.
    fn others(&self, message: usize) -> Vec<usize> {
        self.tree.versions(message).iter().filter(|other| **other != message).copied().collect()
    }

    /// The line's beginning and end, its forks and what they follow, with runs between them.
    fn parts(&self, line: &[usize]) -> Vec<Part> {
        let forks = |at: usize| line.get(at).is_some_and(|message| self.tree.versions(*message).len() > 1);
        let stays = |at: usize| at == 0 || at + 1 == line.len() || forks(at) || forks(at + 1);
        let mut parts = Vec::new();
        let mut at = 0;
        while at < line.len() {
            let run = (at..line.len()).take_while(|at| !stays(*at)).count();
            if run >= FOLD {
                parts.push(Part { at, len: run });
            } else {
                parts.extend((at..at + run.max(1)).map(|at| Part { at, len: 1 }));
            }
            at += run.max(1);
        }
        parts
    }

    /// The same with the run that is opened in pieces.
    fn opened(&self, line: &[usize], parts: Vec<Part>) -> Vec<Part> {
        let Some(open) = self.open.and_then(|open| line.iter().position(|message| *message == open)) else { return parts };
        let pieces = |part: Part| {
            let end = part.at + part.len;
            if part.len == 1 || !(part.at..end).contains(&open) {
                return vec![part];
            }
            let until = (open + OPEN).min(end);
            let runs = [Part { at: part.at, len: open - part.at }, Part { at: until, len: end - until }];
            let [above, below] = runs.map(|run| (run.len > 0).then_some(run));
            above.into_iter().chain((open..until).map(|at| Part { at, len: 1 })).chain(below).collect()
        };
        parts.into_iter().flat_map(pieces).collect()
    }

    /// A line's places, each followed by the lines beside it. `beside` stands beside the first message of all.
    fn items(&mut self, line: &[usize], parts: &[Part], depth: u32, beside: Vec<usize>) -> Vec<TreeItem> {
        let mut places = Vec::new();
        // The newest first: what is beside them has room in any case.
        for (n, part) in parts.iter().enumerate().rev() {
            let message = line[part.at];
            let kind = if part.len == 1 { TreeKind::Message } else { TreeKind::Fold };
            let mut place = vec![TreeItem { begins: n == 0, messages: part.len as u32, ..self.item(kind, message, depth) }];
            if kind == TreeKind::Message {
                let others = if part.at == 0 { beside.clone() } else { self.others(message) };
                place.extend(self.beside(&others, depth + 1));
            }
            places.push(place);
        }
        places.into_iter().rev().flatten().collect()
    }

    /// The lines that these versions begin.
    fn beside(&mut self, others: &[usize], depth: u32) -> Vec<TreeItem> {
        let mut items = Vec::new();
        for (n, other) in others.iter().enumerate() {
            if n == BESIDE || self.room == 0 || depth > DEPTH {
                let rest = &others[n..];
                let messages = rest.iter().map(|other| self.tree.size[*other]).sum();
                let versions = rest.len() as u32;
                items.push(TreeItem { begins: true, messages, versions, ..self.item(TreeKind::Beside, *other, depth) });
                break;
            }
            items.extend(self.side(*other, depth));
        }
        items
    }

    fn side(&mut self, start: usize, depth: u32) -> Vec<TreeItem> {
        let line = self.line(start);
        let mut parts = self.parts(&line);
        let opened = self.open.and_then(|open| line.iter().position(|message| *message == open));
        let opened = opened.and_then(|open| parts.iter().position(|part| (part.at..part.at + part.len).contains(&open)));
        parts.truncate(opened.map_or(SIDE, |opened| SIDE.max(opened + 1)));
        let last = parts.last().map(|part| line[part.at + part.len - 1]).unwrap_or(start);
        let parts = self.opened(&line, parts);
        self.room = self.room.saturating_sub(parts.len());
        let mut items = self.items(&line, &parts, depth, Vec::new());
        let messages = self.tree.size[last] - 1;
        if messages > 0 {
            items.push(TreeItem { messages, ..self.item(TreeKind::Below, last, depth) });
        }
        items
    }

    fn item(&self, kind: TreeKind, message: usize, depth: u32) -> TreeItem {
        let versions = self.tree.versions(message);
        let version = versions.iter().position(|one| *one == message).map_or(1, |at| at as u32 + 1);
        TreeItem {
            kind,
            id: self.tree.ids[message],
            depth,
            begins: false,
            active: self.active[message],
            messages: 1,
            versions: versions.len() as u32,
            version,
            message: None,
        }
    }
}

#[cfg(test)]
mod tests;
