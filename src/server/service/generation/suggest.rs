//! What a cheap model is asked after an answer, where an administrator wants it and its reader does not mind: tags of a conversation
//! that has just begun, and questions that may come next. When it is asked is in `after`.

use uuid::Uuid;

use super::after::About;
use super::aside::{self, Wish};
use crate::model::shelf::{Deed, clean_tag};
use crate::model::suggestion::{FOLLOW_UP_MAX, FOLLOW_UPS, SuggestionSettings};
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::job::Failure;

/// Most tags that a conversation is given.
const TAGS: usize = 3;
/// Longest tag that is taken, in characters: what is longer is a sentence.
const TAG_MAX: usize = 30;
/// Most of a person's tags that the model may choose from.
const KNOWN: usize = 40;

/// What the administrators and this person both want now.
pub async fn wanted(server: &Server, user_id: Uuid) -> Result<SuggestionSettings, sqlx::Error> {
    let settings = server.settings.get().suggestions.clone();
    let Some(person) = server.db.people().find(user_id).await? else { return Ok(SuggestionSettings::default()) };
    let own = person.preferences;
    Ok(SuggestionSettings { tags: settings.tags && own.auto_tags, follow_ups: settings.follow_ups && own.follow_ups })
}

/// Tags the conversation, unless somebody has done so meanwhile.
pub async fn tag(server: &Server, about: &About) -> Result<(), Failure> {
    let (user_id, chat_id) = (about.user_id, about.chat.id);
    let known = server.db.chats().tags_for(user_id).await?;
    let known: Vec<String> = known.into_iter().map(|tagged| tagged.tag).take(KNOWN).collect();
    let prefer = if known.is_empty() { String::new() } else { format!(" Where they fit, take of these: {}.", known.join(", ")) };
    let text = format!(
        "Name up to three tags for this conversation, a word or two each, in its language, in lower case.{prefer} \
        Answer with the tags only, separated by commas.\n\n{}",
        about.exchange()
    );
    let said = aside::wish(server, about, Wish { purpose: Purpose::Tags, text, tokens: 48 }).await?;
    let found = server.db.chats().find_for(user_id, chat_id).await?;
    if !found.is_some_and(|found| found.chat.tags.is_empty()) {
        return Ok(());
    }
    for tag in tags(&said, &known) {
        server.db.chats().many_for(user_id, &[chat_id], (Deed::Tag, None, &tag), server.clock.now()).await?;
    }
    Ok(())
}

/// Asks what its reader might ask next.
pub async fn follow_up(server: &Server, about: &About) -> Result<(), Failure> {
    let text = format!(
        "Write the three questions that the person who reads this answer is most likely to ask next, in their words and their language, \
        at most twelve words each. Answer with the questions only, one on each line.\n\n{}",
        about.exchange()
    );
    let said = aside::wish(server, about, Wish { purpose: Purpose::FollowUp, text, tokens: 120 }).await?;
    let questions = questions(&said);
    if !questions.is_empty() {
        server.db.messages().set_follow_ups(about.answer.id, &questions).await?;
    }
    Ok(())
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
