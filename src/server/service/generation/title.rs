//! Titles of conversations: the question's first line at once, and a better one by the model after the first answer.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use super::aside::Aside;
use super::hub::Live;
use super::store;
use crate::model::chat::TITLE_MAX;
use crate::model::message::Author;
use crate::model::setup::Parameter;
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::db::Change;
use crate::server::llm::{ChatRequest, Resolved, Turn};

/// Longest time a title may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Of question and answer, what the model is shown, in characters each.
const SHOWN: usize = 600;

/// Asks the model for a title of the first exchange. Any failure leaves the provisional one.
pub async fn make(server: &Server, live: &Arc<Live>, (resolved, user_id): (&Resolved, Uuid), provisional: &str) {
    let chosen = server.registry.for_titles();
    let resolved = chosen.as_ref().unwrap_or(resolved);
    if !server.config.models.auto_title || !resolved.provider.makes_titles() {
        return;
    }
    let Some(text) = question(server, live).await else { return };
    let mut aside = Aside::new(resolved, Purpose::Title);
    let outcome = aside.ask(server, (resolved, user_id), &request(resolved, text), PATIENCE).await;
    let call = aside.call(server, resolved, outcome);
    let title = clean(aside.said()).filter(|_| outcome.is_ok());
    if let Some(call) = call
        && let Err(cause) = store::store(server, Change::Called(live.started.generation_id, Box::new(call))).await
    {
        tracing::error!(%cause, "the call for a title could not be noted in the ledger");
    }
    let Some(title) = title else { return };
    if let Err(cause) = server.db.chats().retitle(live.started.chat_id, provisional, &title).await {
        tracing::warn!(%cause, "a title could not be stored");
    }
}

/// What the model is asked.
async fn question(server: &Server, live: &Live) -> Option<String> {
    let (answer, ..) = live.so_far();
    let question = server.db.messages().branch(live.started.question_id?, 1).await.ok()?.pop()?.content;
    let shown = |text: &str| text.chars().take(SHOWN).collect::<String>();
    Some(format!(
        "Write a title of at most six words for this conversation, in its language. Answer with the title only.\n\n\
        Question: {}\n\nAnswer: {}",
        shown(&question),
        shown(&answer)
    ))
}

fn request(resolved: &Resolved, text: String) -> ChatRequest {
    ChatRequest {
        model: resolved.model.clone(),
        turns: vec![Turn::new(Author::User, text)],
        max_tokens: Some(32),
        temperature: Some(0.2).filter(|_| !resolved.ignores.contains(&Parameter::Temperature)),
        ..ChatRequest::default()
    }
}

/// The first line without quotes, marks and a leading "Title:"; nothing if that is no title.
fn clean(said: &str) -> Option<String> {
    let line = said.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = line.trim_start_matches(['#', '*', ' ']);
    let line = line.strip_prefix("Title:").or_else(|| line.strip_prefix("标题：")).unwrap_or(line);
    let line = line.trim().trim_matches(['"', '\'', '“', '”', '「', '」', '《', '》', '*', '`', '.', '。', ' ']);
    let count = line.chars().count();
    (2..=TITLE_MAX).contains(&count).then(|| line.to_owned()).filter(|line| line.split_whitespace().count() <= 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_title_is_cleaned_or_refused() {
        assert_eq!(clean("Title: \"Moving Averages\"\n\nbla").as_deref(), Some("Moving Averages"));
        assert_eq!(clean("“移动平均”").as_deref(), Some("移动平均"));
        assert_eq!(clean("  \n"), None);
        assert_eq!(clean("Sure, here is a very long sentence that is not a title at all, sorry about that"), None);
    }
}
