//! Tags and questions that a model suggests: whether it is asked, and what it said. Asking is `generation::suggest`.

use uuid::Uuid;

use super::setting;
use super::viewer::{Origin, Viewer};
use crate::model::file::FORM;
use crate::model::suggestion::SuggestionSettings;
use crate::server::Server;
use crate::server::error::{Error, Result};

/// The name of the group in the database.
pub(super) const SUGGESTIONS: &str = "suggestions";

/// What models are asked beside answers. Administrators only.
pub fn settings(server: &Server, viewer: &Viewer) -> Result<SuggestionSettings> {
    viewer.require_admin()?;
    Ok(server.settings.get().suggestions.clone())
}

/// Sets it. Administrators only.
pub async fn update(server: &Server, viewer: &Viewer, origin: &Origin, group: SuggestionSettings) -> Result<SuggestionSettings> {
    viewer.require_admin()?;
    setting::write(server, viewer, origin, SUGGESTIONS, &group).await?;
    settings(server, viewer)
}

/// Whether questions that may come next are made for this person.
pub fn follows_up(server: &Server, viewer: &Viewer) -> bool {
    server.settings.get().suggestions.follow_ups && viewer.user.preferences.follow_ups
}

/// The questions that may follow the viewer's answer; none: none were made, or not yet. Errors: `NotFound`.
pub async fn follow_ups(server: &Server, viewer: &Viewer, message_id: Uuid) -> Result<Vec<String>> {
    let message = server.db.messages().find_for(viewer.user.id, message_id).await?.ok_or_else(|| Error::not_found("message"))?;
    Ok(server.db.messages().follow_ups(message.id).await?)
}

/// The same as a form whose buttons ask them: it works without scripts, and `public/follow.js` sends them through the composer.
pub(super) fn form(chat_id: Uuid, questions: &[String]) -> Option<String> {
    if questions.is_empty() {
        return None;
    }
    let buttons = questions.iter().map(|question| {
        let question = escaped(question);
        format!("<button type=\"submit\" name=\"text\" value=\"{question}\" class=\"button quiet small\">{question}</button>")
    });
    let buttons: String = buttons.collect();
    Some(format!(
        "<form class=\"follow-ups\" method=\"post\" action=\"{FORM}\" enctype=\"multipart/form-data\">\
        <input type=\"hidden\" name=\"chat_id\" value=\"{chat_id}\">{buttons}</form>"
    ))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_wrote_is_text_and_nothing_else() {
        let html = form(Uuid::nil(), &["Is \"a\" < <b> & c?".to_owned()]).unwrap();
        assert!(html.contains("value=\"Is &quot;a&quot; &lt; &lt;b&gt; &amp; c?\""), "{html}");
        assert!(!html.contains("<b>"));
        assert_eq!(form(Uuid::nil(), &[]), None);
    }
}
