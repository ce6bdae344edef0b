//! What a cheap model is asked after an answer, where an administrator wants it and its reader does not mind: tags of a conversation
//! that has just begun, and questions that may come next. As with titles, the answer is done whatever becomes of it.

use std::sync::Arc;

use uuid::Uuid;

use super::aside::{self, Wish};
use super::hub::Live;
use crate::model::shelf::{Deed, clean_tag};
use crate::model::suggestion::{FOLLOW_UP_MAX, FOLLOW_UPS, SuggestionSettings};
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::llm::Resolved;

/// Most tags that a conversation is given.
const TAGS: usize = 3;
/// Longest tag that is taken, in characters: what is longer is a sentence.
const TAG_MAX: usize = 30;
/// Most of a person's tags that the model may choose from.
const KNOWN: usize = 40;

/// Asks for what is wanted. `first`: the conversation has just begun.
pub async fn after(server: &Server, live: &Arc<Live>, (resolved, user_id): (&Resolved, Uuid), first: bool) {
    let Some(wanted) = wanted(server, user_id).await else { return };
    let chosen = server.registry.for_titles();
    let resolved = chosen.as_ref().unwrap_or(resolved);
    // The built-in model is small, and the machine's processor is everybody's.
    if !resolved.provider.makes_titles() {
        return;
    }
    if wanted.tags && first {
        tag(server, live, (resolved, user_id)).await;
    }
    if wanted.follow_ups {
        follow_up(server, live, (resolved, user_id)).await;
    }
}

/// What the administrators and this person both want; none: nothing.
async fn wanted(server: &Server, user_id: Uuid) -> Option<SuggestionSettings> {
    let settings = server.settings.get().suggestions.clone();
    if settings == SuggestionSettings::default() {
        return None;
    }
    let own = server.db.people().find(user_id).await.ok()??.preferences;
    let both = SuggestionSettings { tags: settings.tags && own.auto_tags, follow_ups: settings.follow_ups && own.follow_ups };
    Some(both).filter(|both| *both != SuggestionSettings::default())
}

/// Tags the conversation, unless somebody has done so meanwhile.
async fn tag(server: &Server, live: &Arc<Live>, (resolved, user_id): (&Resolved, Uuid)) {
    let known = server.db.chats().tags_for(user_id).await.unwrap_or_default();
    let known: Vec<String> = known.into_iter().map(|tagged| tagged.tag).take(KNOWN).collect();
    let Some(exchange) = aside::exchange(server, live).await else { return };
    let prefer = if known.is_empty() { String::new() } else { format!(" Where they fit, take of these: {}.", known.join(", ")) };
    let text = format!(
        "Name up to three tags for this conversation, a word or two each, in its language, in lower case.{prefer} \
        Answer with the tags only, separated by commas.\n\n{exchange}"
    );
    let wish = Wish { purpose: Purpose::Tags, text, tokens: 48 };
    let Some(said) = aside::wish(server, live, (resolved, user_id), wish).await else { return };
    let chat_id = live.started.chat_id;
    let untagged =
        server.db.chats().find_for(user_id, chat_id).await.is_ok_and(|found| found.is_some_and(|found| found.chat.tags.is_empty()));
    if !untagged {
        return;
    }
    for tag in tags(&said, &known) {
        let done = server.db.chats().many_for(user_id, &[chat_id], (Deed::Tag, None, &tag), server.clock.now()).await;
        if let Err(cause) = done {
            tracing::warn!(%cause, "a tag could not be stored");
        }
    }
}

/// Asks what its reader might ask next.
async fn follow_up(server: &Server, live: &Arc<Live>, (resolved, user_id): (&Resolved, Uuid)) {
    let Some(exchange) = aside::exchange(server, live).await else { return };
    let text = format!(
        "Write the three questions that the person who reads this answer is most likely to ask next, in their words and their language, \
        at most twelve words each. Answer with the questions only, one on each line.\n\n{exchange}"
    );
    let wish = Wish { purpose: Purpose::FollowUp, text, tokens: 120 };
    let Some(said) = aside::wish(server, live, (resolved, user_id), wish).await else { return };
    let questions = questions(&said);
    if questions.is_empty() {
        return;
    }
    if let Err(cause) = server.db.messages().set_follow_ups(live.started.message_id, &questions).await {
        tracing::warn!(%cause, "questions that may come next could not be stored");
    }
}

/// Without what lists and quotations begin and end with.
fn bare(text: &str) -> &str {
    let text = text.trim().trim_start_matches(['#', '*', '-', '•', '–', ' ']);
    let digits = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let text = if digits.len() < text.len() { digits.strip_prefix(['.', ')', '、', '．']).unwrap_or(text) } else { text };
    text.trim().trim_matches(['"', '\'', '“', '”', '「', '」', '*', '`', ' '])
}

/// The tags that were named: those that the person has come first, in their own spelling.
fn tags(said: &str, known: &[String]) -> Vec<String> {
    let named = said.split([',', '，', '、', ';', '；', '\n']).map(|part| clean_tag(bare(part)));
    let fits = |tag: &String| (1..=TAG_MAX).contains(&tag.chars().count()) && tag.split_whitespace().count() <= 3 && !tag.contains(':');
    let mut tags: Vec<(bool, String)> = Vec::new();
    for tag in named.filter(fits) {
        let own = known.iter().find(|own| own.to_lowercase() == tag.to_lowercase());
        let tag = own.cloned().unwrap_or_else(|| tag.trim_end_matches(['.', '。']).to_owned());
        if !tag.is_empty() && !tags.iter().any(|(_, other)| other.to_lowercase() == tag.to_lowercase()) {
            tags.push((own.is_none(), tag));
        }
    }
    tags.sort_by_key(|(new, _)| *new);
    tags.into_iter().map(|(_, tag)| tag).take(TAGS).collect()
}

/// The questions that were written; what is no question of a line is passed over.
fn questions(said: &str) -> Vec<String> {
    let mut questions: Vec<String> = Vec::new();
    for line in said.lines().map(bare) {
        let question = line.ends_with(['?', '？']) && (4..=FOLLOW_UP_MAX).contains(&line.chars().count());
        if question && !questions.iter().any(|other| other == line) {
            questions.push(line.to_owned());
        }
    }
    questions.truncate(FOLLOW_UPS);
    questions
}

#[cfg(test)]
mod tests;
