//! Titles of conversations: the question's first line at once, and a better one by the model after the first answer.

use super::after::About;
use super::aside::{self, Wish};
use crate::model::chat::TITLE_MAX;
use crate::model::presence::Happened;
use crate::model::usage::Purpose;
use crate::server::Server;
use crate::server::job::Failure;
use crate::server::service::presence;

/// Asks the model for a title of the first exchange. What is no title leaves the provisional one, and so does a failure.
pub async fn make(server: &Server, about: &About) -> Result<(), Failure> {
    let exchange = about.exchange();
    let text =
        format!("Write a title of at most six words for this conversation, in its language. Answer with the title only.\n\n{exchange}");
    let said = aside::wish(server, about, Wish { purpose: Purpose::Title, text, tokens: 32 }).await?;
    if let Some(title) = clean(&said)
        && server.db.chats().retitle(about.chat.id, &about.chat.title, &title).await?
    {
        presence::news(server, about.user_id, Some(about.chat.id), Happened::Changed);
    }
    Ok(())
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
