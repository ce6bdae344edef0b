//! The tree of an imported conversation: nodes that name their parent, in whatever order, become messages, parents before children. What
//! nobody says falls out of it, and what one answer was in several pieces is one again.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use uuid::{NoContext, Timestamp, Uuid};

use super::text::{clean, title};
use super::{Conversation, Node, Role, TEXT_MAX};
use crate::model::chat::provisional_title;
use crate::model::generation::Status;
use crate::model::import::{SkipReason, Skipped, Source};
use crate::model::message::{Author, Message};
use crate::model::shelf::{TAGS_MAX, checked_tags};

/// Nothing was said to a model before: the first second of 1990.
const FIRST: i64 = 631_152_000;
/// Longest name of a model, in characters.
const MODEL_MAX: usize = 100;

/// A conversation that can be stored.
#[derive(Debug)]
pub struct Grown {
    pub id: Uuid,
    pub source: Source,
    /// How its source calls it; empty: it does not.
    pub source_id: String,
    pub title: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub pinned: bool,
    pub archived: bool,
    pub tags: Vec<String>,
    pub leaf_id: Option<Uuid>,
    /// Parents before children, their ids in the order of their times.
    pub messages: Vec<Message>,
    pub files: u64,
}

/// Makes a tree of messages of the conversation: all of it, or why not.
pub fn grow(conversation: Conversation, now: DateTime<Utc>) -> Result<Grown, Skipped> {
    let Conversation { source, id, title: named, created_at, updated_at, pinned, archived, tags, shown, nodes, files } = conversation;
    let skipped = |reason| Skipped { title: named.clone(), reason };
    let shape = Shape::of(&nodes);
    let shown = shown.and_then(|shown| nodes.iter().position(|node| node.id == shown));
    let begun = created_at.or_else(|| nodes.iter().filter_map(|node| node.at).min()).unwrap_or(now);
    let order = shape.order(&nodes, begun).ok_or_else(|| skipped(SkipReason::Circle))?;
    let mut growing = Growing::new(Uuid::now_v7(), nodes.len(), now);
    let mut nodes: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
    for (at, time) in order {
        if let Some(node) = nodes.get_mut(at).and_then(Option::take) {
            growing.add(&shape, at, node, time);
        }
    }
    let Growing { chat, messages, anchors, .. } = growing;
    let Some(last) = messages.iter().max_by_key(|message| message.id) else { return Err(skipped(SkipReason::Empty)) };
    let too_long = |text: &str| text.len() > TEXT_MAX && text.chars().count() > TEXT_MAX;
    if messages.iter().any(|message| too_long(&message.content) || message.reasoning.as_deref().is_some_and(too_long)) {
        return Err(skipped(SkipReason::MessageTooLong));
    }
    let leaf = shown.and_then(|shown| anchors.get(shown).copied().flatten()).and_then(|at| messages.get(at)).unwrap_or(last).id;
    let question = messages.iter().find(|message| message.role == Author::User).map(|message| message.content.as_str());
    let title = if named.is_empty() { title(&provisional_title(question.unwrap_or_default())) } else { named };
    let newest = messages.iter().map(|message| message.created_at).max();
    let updated_at = updated_at.map(|time| sane(time, now)).or(newest).unwrap_or(now);
    let created_at = sane(begun, now).min(updated_at);
    let (title, tags) = (clean(title), fitting(tags));
    Ok(Grown {
        id: chat,
        source,
        source_id: clean(id),
        title,
        created_at,
        updated_at,
        pinned,
        archived,
        tags,
        leaf_id: Some(leaf),
        messages,
        files,
    })
}

/// The tags that are ones here, too.
fn fitting(tags: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for tag in tags {
        let tag = checked_tags(&[clean(tag)]).ok().and_then(|mut checked| checked.pop());
        if let Some(tag) = tag.filter(|tag| kept.len() < TAGS_MAX && !kept.iter().any(|other| other.to_lowercase() == tag.to_lowercase())) {
            kept.push(tag);
        }
    }
    kept
}

/// A time that can be one of something said.
fn sane(time: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let time = time.min(now).max(DateTime::from_timestamp(FIRST, 0).unwrap_or(now));
    // As exact as both databases are.
    DateTime::from_timestamp_micros(time.timestamp_micros()).unwrap_or(time)
}

/// Who follows whom.
struct Shape {
    parents: Vec<Option<usize>>,
    children: Vec<Vec<usize>>,
}

impl Shape {
    fn of(nodes: &[Node]) -> Self {
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(nodes.len());
        for (at, node) in nodes.iter().enumerate() {
            places.entry(&node.id).or_insert(at);
        }
        // A parent that is not there is none.
        let parents: Vec<_> = nodes.iter().map(|node| node.parent.as_deref().and_then(|parent| places.get(parent).copied())).collect();
        let mut children = vec![Vec::new(); nodes.len()];
        for (at, parent) in parents.iter().enumerate() {
            if let Some(siblings) = parent.and_then(|parent| children.get_mut(parent)) {
                siblings.push(at);
            }
        }
        Self { parents, children }
    }

    fn parent(&self, at: usize) -> Option<usize> {
        self.parents.get(at).copied().flatten()
    }

    /// Whether it is the only one that follows its parent.
    fn is_alone(&self, at: usize) -> bool {
        self.parent(at).and_then(|parent| self.children.get(parent)).is_some_and(|siblings| siblings.len() == 1)
    }

    /// Every node by its time, never before its parent's. Nothing where some are not below a beginning: they follow each other in a circle.
    fn order(&self, nodes: &[Node], begun: DateTime<Utc>) -> Option<Vec<(usize, DateTime<Utc>)>> {
        let roots = (0..nodes.len()).rev().filter(|at| self.parent(*at).is_none());
        let mut open: Vec<(usize, DateTime<Utc>)> = roots.map(|at| (at, begun)).collect();
        let mut order = Vec::with_capacity(nodes.len());
        while let Some((at, above)) = open.pop() {
            let time = nodes.get(at).and_then(|node| node.at).unwrap_or(above).max(above);
            order.push((at, time));
            open.extend(self.children.get(at).into_iter().flatten().rev().map(|child| (*child, time)));
        }
        // Stable: what has the same time stays in the order of the tree.
        order.sort_by_key(|(_, time)| *time);
        (order.len() == nodes.len()).then_some(order)
    }
}

/// The messages so far, and what became of each node.
struct Growing {
    chat: Uuid,
    messages: Vec<Message>,
    /// The message that a node is part of, or the one above it.
    anchors: Vec<Option<usize>>,
    /// What a node thought and no answer has taken yet; nothing of one that is a message.
    thoughts: Vec<Option<String>>,
    /// Whether nothing else follows between it and the message above.
    linked: Vec<bool>,
    /// Milliseconds in the last id.
    last: i64,
    now: DateTime<Utc>,
}

impl Growing {
    fn new(chat: Uuid, nodes: usize, now: DateTime<Utc>) -> Self {
        let (anchors, thoughts, linked) = (vec![None; nodes], vec![None; nodes], vec![false; nodes]);
        Self { chat, messages: Vec::new(), anchors, thoughts, linked, last: 0, now }
    }

    fn add(&mut self, shape: &Shape, at: usize, node: Node, time: DateTime<Utc>) {
        let above = shape.parent(at);
        let anchor = above.and_then(|above| self.anchors.get(above).copied().flatten());
        let silent_above = above.filter(|above| self.thoughts.get(*above).is_some_and(Option::is_some));
        let linked = shape.is_alone(at) && silent_above.is_none_or(|above| self.linked.get(above).copied().unwrap_or_default());
        // Taken, not copied: the same thoughts below every branch would be as much text as a file likes.
        let mut thoughts = silent_above.and_then(|above| self.thoughts.get_mut(above)?.replace(String::new())).unwrap_or_default();
        append(&mut thoughts, node.reasoning);
        let content = clean(node.content);
        let spoken = node.role != Role::Silent && !content.trim().is_empty();
        let goes_on = anchor.filter(|_| linked && node.role == Role::Assistant);
        let goes_on = goes_on.filter(|anchor| self.messages.get(*anchor).is_some_and(|message| message.role == Author::Assistant));
        let placed = match (spoken, goes_on) {
            (false, _) => {
                self.set(at, anchor, Some(thoughts), linked);
                return;
            }
            (true, Some(anchor)) => {
                self.go_on(anchor, content, thoughts, node.model);
                anchor
            }
            (true, None) => {
                let reasoning = Some(clean(thoughts)).filter(|text| node.role == Role::Assistant && !text.trim().is_empty());
                let parent_id = anchor.and_then(|anchor| self.messages.get(anchor)).map(|message| message.id);
                let message = self.message(node.role, parent_id, (content, reasoning, node.model), (node.at.unwrap_or(time), time));
                self.messages.push(message);
                self.messages.len() - 1
            }
        };
        self.set(at, Some(placed), None, false);
    }

    fn set(&mut self, at: usize, anchor: Option<usize>, thoughts: Option<String>, linked: bool) {
        if let (Some(a), Some(t), Some(l)) = (self.anchors.get_mut(at), self.thoughts.get_mut(at), self.linked.get_mut(at)) {
            (*a, *t, *l) = (anchor, thoughts, linked);
        }
    }

    /// More of an answer that is there.
    fn go_on(&mut self, anchor: usize, content: String, thoughts: String, model: Option<String>) {
        let Some(message) = self.messages.get_mut(anchor) else { return };
        append(&mut message.content, content);
        if !thoughts.trim().is_empty() {
            append(message.reasoning.get_or_insert_default(), clean(thoughts));
        }
        message.model = message.model.take().or(model.map(short));
    }

    fn message(
        &mut self,
        role: Role,
        parent_id: Option<Uuid>,
        (content, reasoning, model): (String, Option<String>, Option<String>),
        (said, order): (DateTime<Utc>, DateTime<Utc>),
    ) -> Message {
        // Ids sort by time, and every one after its parent's.
        self.last = sane(order, self.now).timestamp_millis().max(self.last + 1);
        let (seconds, nanos) = (self.last.unsigned_abs() / 1000, (self.last.unsigned_abs() % 1000) as u32 * 1_000_000);
        Message {
            id: Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, nanos)),
            session_id: self.chat,
            parent_id,
            role: if role == Role::User { Author::User } else { Author::Assistant },
            content,
            reasoning,
            model: model.map(short),
            status: Status::Done,
            generation_id: None,
            usage: None,
            error: None,
            notices: Vec::new(),
            attachments: Vec::new(),
            created_at: sane(said, self.now),
            pinned: false,
        }
    }
}

fn short(model: String) -> String {
    clean(model).chars().filter(|c| !c.is_control()).take(MODEL_MAX).collect()
}

/// Adds a paragraph.
fn append(text: &mut String, more: String) {
    if text.is_empty() {
        *text = more;
    } else if !more.is_empty() {
        text.push_str("\n\n");
        text.push_str(&more);
    }
}
