//! Conversations: list, open, switch branches, rename, delete and bring back. Everything is looked up for its viewer.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
use uuid::Uuid;

use super::generation::{self, Live, may_cite};
use super::usage::zone::Zone;
use super::viewer::Viewer;
use super::{presence, suggestion};
use crate::model::Page;
use crate::model::chat::{Chat, ChatSetup, Conversation, TITLE_MAX};
use crate::model::context::Strategy;
use crate::model::error::{Fields, Rule};
use crate::model::generation::Status;
use crate::model::message::{Author, Message, Shown};
use crate::model::passage::Source;
use crate::model::presence::Happened;
use crate::model::setup::Setup;
use crate::model::shelf::Selection;
use crate::model::usage::Sum;
use crate::server::Server;
use crate::server::db::QUARTER;
use crate::server::error::{Error, Result};
use crate::server::render;

/// Messages that a page opens with, and that "earlier" adds.
const OPEN: i64 = 50;
/// So many of the messages below one that is looked for are shown with it.
const AROUND: usize = 15;
/// Conversations and messages of a list page, by default and at most.
pub(super) const LIST: u32 = 30;
const LIST_MAX: u32 = 200;

/// The viewer's conversations that are not archived, last written first. `after` is the `next` of the page before.
pub async fn list(server: &Server, viewer: &Viewer, after: Option<&str>, limit: Option<u32>) -> Result<Page<Chat>> {
    select_some(server, viewer, &Selection::current(), after, limit).await
}

/// The viewer's conversations of a selection, last written first.
pub async fn select_some(
    server: &Server,
    viewer: &Viewer,
    selection: &Selection,
    after: Option<&str>,
    limit: Option<u32>,
) -> Result<Page<Chat>> {
    let limit = limit.unwrap_or(LIST).clamp(1, LIST_MAX) as usize;
    let after = after.map(parse_cursor).transpose()?;
    let mut items = server.db.chats().list_for(viewer.user.id, selection, after, limit as i64 + 1).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| format!("{}.{}", last.updated_at.timestamp_micros(), last.id));
    Ok(Page { items, next })
}

/// `microseconds.id`, as [`list`] makes it.
fn parse_cursor(cursor: &str) -> Result<(DateTime<Utc>, Uuid)> {
    let parsed = cursor.split_once('.').and_then(|(micros, id)| {
        let at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        Some((at, Uuid::parse_str(id).ok()?))
    });
    parsed.ok_or_else(|| Error::invalid("after", Rule::Format, "after must be the `next` of a page before."))
}

/// Tells the viewer's pages that a conversation is not as it was.
pub(super) fn changed(server: &Server, viewer: &Viewer, id: Uuid) {
    presence::news(server, viewer.user.id, Some(id), Happened::Changed);
}

/// Notes that the viewer has seen all that a conversation has. Errors: `NotFound`.
pub async fn read(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    let mut chat = find(server, viewer, id).await?;
    looked_at(server, viewer, &mut chat).await
}

/// The viewer looks at a conversation: what ended in it is no news any more, on no device.
pub async fn looked_at(server: &Server, viewer: &Viewer, chat: &mut Chat) -> Result<()> {
    if chat.unread && server.db.chats().read_for(viewer.user.id, chat.id, server.clock.now()).await? {
        presence::news(server, viewer.user.id, Some(chat.id), Happened::Read);
    }
    chat.unread = false;
    Ok(())
}

/// How many of the viewer's conversations have an answer that nobody has looked at, this one apart.
pub async fn count_unread(server: &Server, viewer: &Viewer, except: Option<Uuid>) -> Result<u32> {
    Ok(u32::try_from(server.db.chats().count_unread(viewer.user.id, except).await?).unwrap_or(u32::MAX))
}

/// Every message of a conversation, all branches, oldest first. `after` is the `next` of the page before.
pub async fn messages(server: &Server, viewer: &Viewer, id: Uuid, after: Option<Uuid>, limit: Option<u32>) -> Result<Page<Message>> {
    find(server, viewer, id).await?;
    let limit = limit.unwrap_or(LIST).clamp(1, LIST_MAX) as usize;
    let mut items = server.db.messages().list(id, after, limit as i64 + 1).await?;
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(|last| last.id.to_string());
    let mut caught_up = Vec::with_capacity(items.len());
    for message in items {
        caught_up.push(catch_up(server, viewer, message).await?);
    }
    Ok(Page { items: caught_up, next })
}

/// The viewer's conversation.
pub async fn find(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Chat> {
    let found = server.db.chats().find_for(viewer.user.id, id).await?;
    found.map(|found| found.chat).ok_or_else(|| Error::not_found("conversation"))
}

/// The viewer's conversation, and what all of it used.
pub async fn find_with_use(server: &Server, viewer: &Viewer, id: Uuid) -> Result<(Chat, Sum)> {
    let chat = find(server, viewer, id).await?;
    Ok((chat, server.db.ledger().of_chat(id).await?))
}

/// The viewer's message, with what a running answer has so far.
pub async fn message(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Message> {
    let found = server.db.messages().find_for(viewer.user.id, id).await?;
    catch_up(server, viewer, found.ok_or_else(|| Error::not_found("message"))?).await
}

/// The newest messages of the shown branch, rendered; with `before`, those above that message.
pub async fn open(server: &Server, viewer: &Viewer, id: Uuid, before: Option<Uuid>) -> Result<Conversation> {
    let found = server.db.chats().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    let leaf = match before {
        None => found.leaf_id,
        Some(before) => {
            let message = server.db.messages().find_for(viewer.user.id, before).await?;
            message.filter(|message| message.session_id == id).ok_or_else(|| Error::not_found("message"))?.parent_id
        }
    };
    let setup = found.given.setup.into();
    let Some(leaf) = leaf else {
        return Ok(Conversation { chat: found.chat, messages: Vec::new(), earlier: None, setup, summary: None, used: Sum::default() });
    };
    let strategy = found.given.strategy;
    let (branch, siblings, used, summary) = tokio::try_join!(
        async { server.db.messages().branch(leaf, OPEN).await },
        async { server.db.messages().siblings(id, leaf, OPEN).await },
        async { server.db.ledger().of_chat(id).await },
        async { if strategy == Strategy::Summary { server.db.contexts().summary(leaf).await } else { Ok(None) } },
    )?;
    let earlier = branch.last().filter(|oldest| oldest.parent_id.is_some()).map(|oldest| oldest.id);
    let mut by_parent: HashMap<Option<Uuid>, Vec<Uuid>> = HashMap::new();
    for (parent, sibling) in siblings {
        by_parent.entry(parent).or_default().push(sibling);
    }
    let mut messages = Vec::with_capacity(branch.len());
    for message in branch.into_iter().rev() {
        messages.push(show_now(server, viewer, message, &by_parent).await?);
    }
    if before.is_none() && suggestion::follows_up(server, viewer) {
        follow_ups(server, id, &mut messages).await?;
    }
    Ok(Conversation { chat: found.chat, messages, earlier, setup, summary, used })
}

/// The conversation around a message, on the branch that the message is on, which is the one that is shown from now on. A message that
/// is not there (any more) is no reason not to show the conversation.
pub async fn open_at(server: &Server, viewer: &Viewer, id: Uuid, at: Uuid) -> Result<Conversation> {
    let found = server.db.chats().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    let message = server.db.messages().find_for(viewer.user.id, at).await?;
    let Some(message) = message.filter(|message| message.session_id == id) else { return open(server, viewer, id, None).await };
    let messages = server.db.messages();
    let mut below = match found.leaf_id {
        Some(leaf) => messages.down_to(leaf, message.id).await?,
        None => None,
    };
    if below.is_none() {
        // It is on another branch.
        let leaf = messages.newest_leaf(id, message.id).await?;
        server.db.chats().set_leaf(id, leaf).await?;
        below = messages.down_to(leaf, message.id).await?;
    }
    let below = below.unwrap_or_default();
    let before = (below.len() >= OPEN as usize).then(|| below.get(below.len() - AROUND)).flatten().copied();
    open(server, viewer, id, before).await
}

/// The first message of the shown branch on this day or after it, where the viewer lives; `offset` is the browser's distance from UTC in
/// minutes east, for who has not said where that is. Absent: there is none. Errors: `NotFound`.
pub async fn since(server: &Server, viewer: &Viewer, id: Uuid, day: NaiveDate, offset: i32) -> Result<Option<Uuid>> {
    let found = server.db.chats().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    let begin = match viewer.user.time_zone.as_deref() {
        Some(zone) => DateTime::from_timestamp(Zone::named(Some(zone)).start(day).saturating_mul(QUARTER), 0),
        None => day.and_time(NaiveTime::MIN).and_utc().checked_sub_signed(Duration::minutes(offset.into())),
    };
    let (Some(leaf), Some(begin)) = (found.leaf_id, begin) else { return Ok(None) };
    Ok(server.db.messages().first_since(leaf, begin).await?)
}

/// Puts the questions that may come next below the last answer, as a block of its own.
async fn follow_ups(server: &Server, chat_id: Uuid, messages: &mut [Shown]) -> Result<()> {
    let Some(last) = messages.last_mut().filter(|last| last.message.role == Author::Assistant && last.message.status == Status::Done)
    else {
        return Ok(());
    };
    let questions = server.db.messages().follow_ups(last.message.id).await?;
    last.blocks.extend(suggestion::form(chat_id, &questions));
    Ok(())
}

/// The message, and its run if it is here. A run that ended after the row was read is not here any more, but its row has the end:
/// it is stored before the run is forgotten.
async fn settle(server: &Server, viewer: &Viewer, message: Message) -> Result<(Message, Option<Arc<Live>>)> {
    if !message.status.is_running() {
        return Ok((message, None));
    }
    if let Some(live) = message.generation_id.and_then(|run| server.generations.live(run)) {
        return Ok((message, Some(live)));
    }
    let again = server.db.messages().find_for(viewer.user.id, message.id).await?;
    Ok((again.unwrap_or(message), None))
}

/// These messages, rendered, by themselves.
pub(super) async fn shown(server: &Server, viewer: &Viewer, messages: Vec<Message>) -> Result<Vec<Shown>> {
    let mut all = Vec::with_capacity(messages.len());
    for message in messages {
        all.push(show_now(server, viewer, message, &HashMap::new()).await?);
    }
    Ok(all)
}

/// The message as it is now.
async fn show_now(server: &Server, viewer: &Viewer, message: Message, by_parent: &HashMap<Option<Uuid>, Vec<Uuid>>) -> Result<Shown> {
    let (message, live) = settle(server, viewer, message).await?;
    let sources = if live.is_none() { sources(server, &message).await? } else { Vec::new() };
    Ok(show(message, live.as_deref(), sources, by_parent))
}

/// Renders an answer and says where it stands among its siblings.
fn show(mut message: Message, live: Option<&Live>, sources: Vec<Source>, by_parent: &HashMap<Option<Uuid>, Vec<Uuid>>) -> Shown {
    let siblings = by_parent.get(&message.parent_id).cloned().unwrap_or_else(|| vec![message.id]);
    let (blocks, reasoning_blocks) = match (message.role, live) {
        (Author::User, _) => Default::default(),
        (Author::Assistant, Some(live)) => live.blocks(),
        (Author::Assistant, None) => {
            let cited = render::cited_blocks(&message.content, sources.into());
            (strings(&cited), strings(&render::blocks(message.reasoning.as_deref().unwrap_or_default())))
        }
    };
    if message.role == Author::Assistant {
        // The blocks say it; the text itself is not sent twice.
        message.content = String::new();
        message.reasoning = None;
    }
    Shown { message, blocks, reasoning_blocks, siblings }
}

fn strings(blocks: &[Arc<str>]) -> Vec<String> {
    blocks.iter().map(|block| block.to_string()).collect()
}

/// What an answer can cite.
pub async fn sources(server: &Server, message: &Message) -> Result<Vec<Source>> {
    if message.role == Author::User || !may_cite(message) {
        return Ok(Vec::new());
    }
    Ok(server.db.messages().sources(message.id).await?)
}

/// A running answer's text is in memory, not in its row.
pub(super) async fn catch_up(server: &Server, viewer: &Viewer, message: Message) -> Result<Message> {
    let (mut message, live) = settle(server, viewer, message).await?;
    if let Some(live) = live {
        let (content, reasoning, _) = live.so_far();
        message.content = content;
        message.reasoning = Some(reasoning).filter(|text| !text.is_empty());
        message.notices = live.notices();
    }
    Ok(message)
}

/// Shows the branch that this message is on, down to its newest leaf.
pub async fn select(server: &Server, viewer: &Viewer, message_id: Uuid) -> Result<Conversation> {
    let message = server.db.messages().find_for(viewer.user.id, message_id).await?.ok_or_else(|| Error::not_found("message"))?;
    let leaf = server.db.messages().newest_leaf(message.session_id, message_id).await?;
    server.db.chats().set_leaf(message.session_id, leaf).await?;
    open(server, viewer, message.session_id, None).await
}

pub(super) fn checked_title(title: &str) -> Result<String> {
    let title = title.trim().replace(|c: char| c.is_control(), " ");
    let mut fields = Fields::default();
    fields.length("title", &title, 1, TITLE_MAX);
    fields.check()?;
    Ok(title)
}

/// Gives a conversation another title.
pub async fn rename(server: &Server, viewer: &Viewer, id: Uuid, title: &str) -> Result<Chat> {
    let title = checked_title(title)?;
    if !server.db.chats().rename_for(viewer.user.id, id, &title).await? {
        return Err(Error::not_found("conversation"));
    }
    changed(server, viewer, id);
    find(server, viewer, id).await
}

/// The viewer's conversation, and what its models are told and set to.
pub async fn setup(server: &Server, viewer: &Viewer, id: Uuid) -> Result<ChatSetup> {
    let found = server.db.chats().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    Ok(ChatSetup { chat: found.chat, setup: found.given.setup, context: found.given.strategy })
}

/// Changes what the models of a conversation are told and set to; absent, the title stays. It holds from the next answer on.
pub async fn set_up(server: &Server, viewer: &Viewer, id: Uuid, title: Option<String>, setup: Setup) -> Result<ChatSetup> {
    let ChatSetup { mut chat, context, .. } = self::setup(server, viewer, id).await?;
    let setup = setup.checked()?;
    if let Some(title) = title {
        chat.title = checked_title(&title)?;
    }
    if !server.db.chats().change_for(viewer.user.id, id, &chat.title, &setup).await? {
        return Err(Error::not_found("conversation"));
    }
    changed(server, viewer, id);
    Ok(ChatSetup { chat, setup, context })
}

/// Changes how a conversation makes room. It holds from the next answer on.
pub async fn make_room(server: &Server, viewer: &Viewer, id: Uuid, context: Strategy) -> Result<()> {
    if !server.db.contexts().set_strategy_for(viewer.user.id, id, context).await? {
        return Err(Error::not_found("conversation"));
    }
    Ok(())
}

/// Deletes a conversation and stops what is being written in it. [`restore`] brings it back for seven days.
pub async fn delete(server: &Server, viewer: &Viewer, id: Uuid) -> Result<()> {
    find(server, viewer, id).await?;
    generation::stop_in(server, id);
    if !server.db.chats().delete_for(viewer.user.id, id, server.clock.now()).await? {
        return Err(Error::not_found("conversation"));
    }
    changed(server, viewer, id);
    Ok(())
}

/// Brings a deleted conversation back.
pub async fn restore(server: &Server, viewer: &Viewer, id: Uuid) -> Result<Chat> {
    if !server.db.chats().restore_for(viewer.user.id, id).await? {
        return Err(Error::not_found("conversation"));
    }
    changed(server, viewer, id);
    find(server, viewer, id).await
}
