//! The tags that are written as they are.

use pulldown_cmark::{Tag, TagEnd};

/// What opens and what closes a table's HTML.
pub(super) const TABLE: &str = "<div class=\"table-wrap\" tabindex=\"0\"><table>";
pub(super) const TABLE_END: &str = "</tbody></table></div>";

/// A box, ticked or not. A disabled checkbox would be a form control without a label.
pub(super) fn task_mark(done: bool) -> &'static str {
    if done { "<span class=\"task done\">☑</span> " } else { "<span class=\"task\">☐</span> " }
}

/// Whether a raw tag is `<br>`.
pub(super) fn is_line_break(tag: &str) -> bool {
    tag.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("<br")) && matches!(tag[3..].trim_start(), ">" | "/>")
}

/// What a tag without attributes becomes; nothing for those that are written in other ways.
pub(super) fn opening(tag: &Tag) -> &'static str {
    match tag {
        Tag::Paragraph | Tag::HtmlBlock => "<p>",
        Tag::Heading { level, .. } => ["<h1>", "<h2>", "<h3>", "<h4>", "<h5>", "<h6>"][*level as usize - 1],
        Tag::BlockQuote(_) => "<blockquote>",
        Tag::List(None) => "<ul>",
        Tag::List(Some(_)) => "<ol>",
        Tag::Item => "<li>",
        Tag::TableHead => "<thead><tr>",
        Tag::TableRow => "<tr>",
        Tag::Emphasis => "<em>",
        Tag::Strong => "<strong>",
        Tag::Strikethrough => "<del>",
        _ => "",
    }
}

/// What closes it.
pub(super) fn closing(tag: TagEnd) -> &'static str {
    match tag {
        TagEnd::Paragraph | TagEnd::HtmlBlock => "</p>",
        TagEnd::Heading(level) => ["</h1>", "</h2>", "</h3>", "</h4>", "</h5>", "</h6>"][level as usize - 1],
        TagEnd::BlockQuote(_) => "</blockquote>",
        TagEnd::List(true) => "</ol>",
        TagEnd::List(false) => "</ul>",
        TagEnd::Item => "</li>",
        TagEnd::Table => TABLE_END,
        TagEnd::TableHead => "</tr></thead><tbody>",
        TagEnd::TableRow => "</tr>",
        TagEnd::Emphasis => "</em>",
        TagEnd::Strong => "</strong>",
        TagEnd::Strikethrough => "</del>",
        TagEnd::FootnoteDefinition => "</div>",
        _ => "",
    }
}
