//! One conversation as a file: the branch that is shown as Markdown, text or a page of its own; or all of it as JSON.

use std::fmt::Write;

use serde_json::json;
use uuid::Uuid;

use super::feature;
use super::viewer::Viewer;
use crate::i18n::Locale;
use crate::model::chat::{Chat, ChatSetup};
use crate::model::message::{Author, Message};
use crate::model::operation::Feature;
use crate::model::share::Format;
use crate::server::Server;
use crate::server::db::FoundChat;
use crate::server::error::{Error, Result};
use crate::server::render;

/// Most messages of a file.
const MESSAGES: i64 = 20_000;
/// How the page looks: as the chat does, and on paper.
const STYLE: [&str; 4] = [
    include_str!("../../../style/tokens.css"),
    include_str!("../../../style/component/prose.css"),
    include_str!("../../../style/component/code.css"),
    include_str!("transcript.css"),
];

/// A file.
pub struct Transcript {
    pub name: String,
    pub media_type: &'static str,
    pub body: String,
}

/// The viewer's conversation in this form. Errors: `NotFound`.
pub async fn of(server: &Server, viewer: &Viewer, id: Uuid, format: Format, locale: Locale) -> Result<Transcript> {
    feature::require(server, Feature::Exports)?;
    let found = server.db.chats().find_for(viewer.user.id, id).await?.ok_or_else(|| Error::not_found("conversation"))?;
    make(server, found, format, locale).await
}

/// This conversation in this form, whosever it is.
pub(super) async fn make(server: &Server, found: FoundChat, format: Format, locale: Locale) -> Result<Transcript> {
    let id = found.chat.id;
    let (ending, media_type) = format.file();
    let name = format!("{}.{ending}", file_name(&found.chat));
    let body = match format {
        Format::Json => {
            let mut messages = server.db.messages().list(id, None, MESSAGES).await?;
            messages.iter_mut().for_each(|message| message.generation_id = None);
            let summaries = server.db.contexts().summaries(id).await?;
            let conversation = ChatSetup { chat: found.chat, setup: found.given.setup, context: found.given.strategy };
            let all = json!({ "conversation": conversation, "summaries": summaries, "messages": messages });
            serde_json::to_string_pretty(&all).map_err(Error::internal)?
        }
        _ => {
            let mut branch = match found.leaf_id {
                Some(leaf) => server.db.messages().branch(leaf, MESSAGES).await?,
                None => Vec::new(),
            };
            branch.reverse();
            written(&found.chat, &branch, format, locale)
        }
    };
    Ok(Transcript { name, media_type, body })
}

/// The title in characters that every file system takes.
fn file_name(chat: &Chat) -> String {
    let name: String = chat.title.chars().take(60).map(|c| if c.is_alphanumeric() { c } else { '-' }).collect();
    let name = name.split('-').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    if name.is_empty() { "chat".to_owned() } else { name }
}

fn written(chat: &Chat, messages: &[Message], format: Format, locale: Locale) -> String {
    let texts = locale.texts();
    let title = if chat.title.is_empty() { texts.sidebar.untitled } else { &chat.title };
    let who = |message: &Message| match (message.role, &message.model) {
        (Author::User, _) => texts.chat.you.to_owned(),
        (Author::Assistant, Some(model)) => format!("{} ({model})", texts.chat.assistant),
        (Author::Assistant, None) => texts.chat.assistant.to_owned(),
    };
    let each = |line: fn(String, String, &str) -> String| -> String {
        messages.iter().map(|message| line(who(message), when(message), &message.content)).collect()
    };
    match format {
        Format::Html => {
            let mut body = String::new();
            // Writing to a string does not fail.
            let _ = page(&mut body, title, messages, locale, who);
            body
        }
        Format::Text => format!("{title}\n{}", each(|who, when, text| format!("\n{who} · {when}\n\n{text}\n"))),
        _ => format!("# {title}\n{}", each(|who, when, text| format!("\n---\n\n**{who}** · {when}\n\n{text}\n"))),
    }
}

fn when(message: &Message) -> String {
    message.created_at.format("%Y-%m-%d %H:%M UTC").to_string()
}

fn page(body: &mut String, title: &str, messages: &[Message], locale: Locale, who: impl Fn(&Message) -> String) -> std::fmt::Result {
    let title = render::escaped(title);
    writeln!(body, "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">", locale.tag())?;
    writeln!(body, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>")?;
    writeln!(body, "<style>\n{}</style>\n</head>\n<body class=\"transcript\">\n<h1>{title}</h1>", STYLE.concat())?;
    for message in messages {
        let (class, content) = match message.role {
            Author::User => ("question", format!("<div class=\"bubble\" dir=\"auto\">{}</div>", render::escaped(&message.content))),
            Author::Assistant => ("answer", format!("<div class=\"prose\">{}</div>", render::html(&message.content))),
        };
        let files: String = message.attachments.iter().map(|file| format!("<li>{}</li>", render::escaped(&file.name))).collect();
        let files = if files.is_empty() { files } else { format!("<ul class=\"files\">{files}</ul>") };
        let head = format!("{} · {}", render::escaped(&who(message)), when(message));
        writeln!(body, "<article class=\"{class}\">\n<p class=\"head\">{head}</p>\n{files}{content}\n</article>")?;
    }
    writeln!(body, "</body>\n</html>")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(title: &str) -> Chat {
        serde_json::from_value(json!({"id": Uuid::nil(), "title": title, "running": false,
            "created_at": "2026-01-15T08:00:00Z", "updated_at": "2026-01-15T08:00:00Z"}))
        .unwrap()
    }

    fn message(role: &str, content: &str) -> Message {
        serde_json::from_value(json!({"id": Uuid::nil(), "session_id": Uuid::nil(), "parent_id": null, "role": role, "content": content,
            "model": "fake/echo", "status": "done", "created_at": "2026-01-15T08:00:00Z"}))
        .unwrap()
    }

    #[test]
    fn a_page_shows_what_was_typed_as_text_and_an_answer_as_it_is_rendered() {
        let messages = [message("user", "<script>alert(1)</script>"), message("assistant", "**Bold** <script>alert(2)</script>")];
        let html = written(&chat("A <b> & more"), &messages, Format::Html, Locale::default());
        assert!(html.contains("<title>A &lt;b&gt; &amp; more</title>"), "{html}");
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && html.contains("<strong>Bold</strong>"), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn text_and_markdown_have_every_message_once_in_its_order() {
        let messages = [message("user", "first"), message("assistant", "second")];
        for format in [Format::Text, Format::Markdown] {
            let text = written(&chat("Title"), &messages, format, Locale::default());
            let at = |word: &str| text.find(word).unwrap_or_else(|| panic!("{word}: {text}"));
            assert!(at("Title") < at("first") && at("first") < at("second") && text.matches("Title").count() == 1, "{text}");
        }
    }

    #[test]
    fn a_title_becomes_a_name_that_leads_nowhere() {
        assert_eq!(file_name(&chat("../../etc/passwd")), "etc-passwd");
        assert_eq!(file_name(&chat("天空为什么是蓝色的？")), "天空为什么是蓝色的");
        assert_eq!(file_name(&chat("///")), "chat");
    }
}
