//! Citations of passages: links where the numbers are known, text everywhere else.

use std::sync::Arc;

use uuid::Uuid;

use super::super::{Stream, cited_blocks};
use crate::model::passage::Source;

fn sources() -> Arc<[Source]> {
    let source = |n: u32, name: &str, page| Source { n, file_id: Uuid::nil(), name: name.into(), passage: n + 10, page };
    [source(1, "a \"b\".pdf", Some(7)), source(2, "b.txt", None), source(3, "b.txt", None)].into()
}

/// The blocks, with each link as its number in braces.
fn shown(markdown: &str) -> Vec<String> {
    let blocks = cited_blocks(markdown, sources());
    let plain = |block: &Arc<str>| {
        let mut html = block.to_string();
        while let Some(from) = html.find("<a class=\"cite\"") {
            let to = from + html[from..].find("</a>").unwrap() + 4;
            let number = html[from..to].split("\">[").nth(1).unwrap().trim_end_matches("]</a>").to_owned();
            html.replace_range(from..to, &format!("{{{number}}}"));
        }
        html
    };
    blocks.iter().map(plain).collect()
}

#[test]
fn a_known_number_is_a_link_to_its_passage() {
    let html = cited_blocks("So [1].", sources()).concat();
    let link = "<a class=\"cite\" target=\"_blank\" href=\"/files/00000000-0000-0000-0000-000000000000?passage=11#passage-11\" \
        title=\"a &quot;b&quot;.pdf\">[1]</a>";
    assert!(html.starts_with(&format!("<p>So {link}.</p>")), "{html}");
    assert_eq!(
        shown("One [1][2], two [1, 3], three [2][] and 中文[1，2]。")[0],
        "<p>One {1}{2}, two {1}{3}, three {2} and 中文{1}{2}。</p>"
    );
    assert_eq!(shown("See [the report][2].")[0], "<p>See the report{2}.</p>");
}

#[test]
fn what_is_no_citation_stays_what_it_is() {
    for text in ["An [4] unknown one.", "[1, 9]", "[x](cite:1)"] {
        assert!(!cited_blocks(text, sources()).concat().contains("class=\"cite\""), "{text}");
    }
    assert!(shown("`a[1]`")[0].contains("a[1]"), "code");
    assert!(shown("```\na[1]\n```")[0].contains("[1]") && !shown("```\na[1]\n```")[0].contains("{1}"), "code");
    assert!(shown("- [ ] [1] task")[0].contains("{1} task"));
    assert_eq!(cited_blocks("[1]", Arc::default()).concat(), "<p>[1]</p>", "nothing can be cited");
}

#[test]
fn what_is_cited_is_listed_once_when_the_text_ends() {
    let list = shown("First [3].\n\nThen [1] and [3].").pop().unwrap();
    assert!(list.starts_with("<ol class=\"sources\"><li value=\"1\">") && list.contains("<li value=\"3\">"), "{list}");
    assert!(!list.contains("<li value=\"2\">") && list.contains("<span class=\"source-page\">7</span>"), "{list}");
    assert!(shown("Nothing is cited.").pop().unwrap().starts_with("<ol class=\"sources uncited\"><li value=\"1\">"));
    assert_eq!(shown(""), [] as [String; 0]);
    let mut stream = Stream::citing(sources());
    let text = "So it is [1][2], he said [3]; not [4].";
    text.chars().for_each(|c| stream.push(c.encode_utf8(&mut [0; 4])));
    stream.finish();
    stream.finish();
    assert_eq!(stream.closed(), cited_blocks(text, sources()), "letter by letter as at once");
}
