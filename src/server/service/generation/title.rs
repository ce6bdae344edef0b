//! Titles of conversations: the question's first line at once, and a better one by the model after the first answer.

use std::sync::Arc;

use uuid::Uuid;

use super::aside::{self, Wish};
use super::hub::Live;
use crate::model::chat::TITLE_MAX;
use crate::model::presence::Happened;
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::llm::Resolved;

/// Asks the model for a title of the first exchange. Any failure leaves the provisional one.
pub async fn make(server: &Server, live: &Arc<Live>, (resolved, user_id): (&Resolved, Uuid), provisional: &str) {
    let chosen = server.registry.for_titles();
    let resolved = chosen.as_ref().unwrap_or(resolved);
    if !server.config.models.auto_title || !resolved.provider.makes_titles() {
        return;
    }
    let Some(exchange) = aside::exchange(server, live).await else { return };
    let text =
        format!("Write a title of at most six words for this conversation, in its language. Answer with the title only.\n\n{exchange}");
    let wish = Wish { purpose: Purpose::Title, text, tokens: 32 };
    let said = aside::wish(server, live, (resolved, user_id), wish).await;
    let Some(title) = said.as_deref().and_then(clean) else { return };
    match server.db.chats().retitle(live.started.chat_id, provisional, &title).await {
        Ok(_) => server.presence.news(user_id, Some(live.started.chat_id), Happened::Changed),
        Err(cause) => tracing::warn!(%cause, "a title could not be stored"),
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
