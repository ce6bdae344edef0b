//! A line of the server's log as a row of a table: HTML, written in one way for the page and for what comes while it is open.

use crate::i18n::Logging;
use crate::model::log::{LogLevel, LogLine};

/// The row. What is about the same request or person is looked for on the same node.
pub fn row(line: &LogLine, words: &Logging, node: Option<&str>) -> String {
    let (iso, at) = (line.at.format("%Y-%m-%dT%H:%M:%S%.3fZ"), line.at.format("%Y-%m-%d %H:%M:%S%.3f"));
    let class = if line.level <= LogLevel::Warn { "tag warn" } else { "tag" };
    let fields: String = line.fields.iter().map(|(name, value)| format!(" <span>{}={}</span>", escaped(name), escaped(value))).collect();
    let link = |href: String, word: &str| format!("<li><a href=\"{href}\">{word}</a></li>");
    let node = node.map(|node| format!("&amp;node={}", escaped(node))).unwrap_or_default();
    let links = [
        line.request.as_ref().map(|id| link(format!("/admin/logs?request={}{node}", escaped(id)), words.of_request)),
        line.generation.map(|id| link(format!("/admin/traces/{id}"), words.trace)),
        line.user.map(|id| link(format!("/admin/logs?user={id}{node}"), words.of_person)),
    ];
    let links: String = links.into_iter().flatten().collect();
    format!(
        "<tr data-n=\"{n}\"><td data-label=\"{when}\"><time datetime=\"{iso}\">{at}</time></td>\
        <td data-label=\"{level}\"><span class=\"{class}\">{name}</span></td>\
        <td class=\"log-what\">{message}<small class=\"log-details\"><code>{target}</code>{fields}</small></td>\
        <td data-label=\"{about}\"><ul class=\"log-links\">{links}</ul></td></tr>",
        n = line.number,
        when = words.when,
        level = words.level,
        name = line.level.name(),
        message = escaped(&line.message),
        target = escaped(&line.target),
        about = words.about,
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Locale;

    #[test]
    fn what_was_logged_is_text() {
        let line = LogLine {
            number: 7,
            at: Default::default(),
            level: LogLevel::Warn,
            target: "a".into(),
            message: "<img src=x>".into(),
            request: Some("\"><script>".into()),
            user: None,
            generation: None,
            fields: [("cause".to_owned(), "<b>".to_owned())].into(),
        };
        let html = row(&line, Locale::En.texts().logging(), Some("\"<i>"));
        assert!(!html.contains("<i>") && !html.contains("<img") && !html.contains("<b>") && !html.contains("<script>"), "{html}");
    }
}
