//! Hostile text: nothing in an answer may run, load or submit anything.

use proptest::prelude::*;

use super::super::{Stream, blocks, html};
use super::tokens;

const HOSTILE: &[&str] = &[
    "<script>alert(1)</script>",
    "a <script>alert(1)</script> b",
    "<img src=x onerror=alert(1)>",
    "- <img src=x onerror=alert(1)>\n- b",
    "> <svg onload=alert(1)>",
    "| a |\n|---|\n| <svg/onload=alert(1)> |",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\nscript:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](&#x01;javascript:alert(1))",
    "[a](  javascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "[a](//evil.example/x)",
    "[a]: javascript:alert(1)\n\n[a]",
    "<javascript:alert(1)>",
    "![a](javascript:alert(1))",
    "![a](data:image/svg+xml;base64,PHN2Zz4=)",
    "![a](data:text/html;base64,PHN2Zz4=)",
    "![a](data:image/png;base64,AA\"onerror=alert(1)//)",
    "![\"onerror=\"alert(1)](data:image/png;base64,AAAA)",
    "[a](http://x/\"onmouseover=\"alert(1))",
    "[a](http://x 'y\" onmouseover=\"alert(1)')",
    "```\"><script>alert(1)</script>\nx\n```",
    "```html\n<script>alert(1)</script>\n```",
    "`<script>`",
    "# <script>alert(1)</script>",
    "$<script>alert(1)</script>$",
    "$$\n\\text{<script>alert(1)</script>}\n$$",
    "\\(\\href{javascript:alert(1)}{x}\\)",
    "$\\unknown{<img src=x onerror=alert(1)>}$",
    "$a<b&c$ and \\(x<img\\)",
    "[^<script>]: <script>alert(1)</script>\n\na[^<script>]",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<br onclick=alert(1)> <br>",
    "<!-- --><script>alert(1)</script>",
    "[![a](http://x/y.png)](javascript:alert(1))",
    "[![a](http://x/y.png)](http://ok)",
    "\u{fdd0}0\u{fdd1} \u{0}<b>",
];

/// The tags and attributes that the renderer is allowed to write.
fn assert_harmless(markup: &str, source: &str) {
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        let end = at + rest[at..].find('>').unwrap_or_else(|| panic!("an open tag in {markup} from {source}"));
        let tag = rest[at + 1..end].trim_end_matches('/').trim_end();
        rest = &rest[end + 1..];
        let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
        let known = "div p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code figure figcaption span button a img em strong del sup br hr table thead tbody \
                     tr th td math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd merror mpadded \
                     mphantom menclose";
        assert!(known.split_whitespace().any(|known| known == name), "<{tag}> in {markup} from {source}");
        let attributes = tag.split('"').step_by(2).flat_map(|names| names.split_whitespace().skip(usize::from(names.starts_with(name))));
        for attribute in attributes.map(|attribute| attribute.trim_end_matches('=')).filter(|attribute| !tag.starts_with(attribute)) {
            let forbidden = attribute.starts_with("on") || attribute == "style" || attribute == "srcset" || attribute == "id";
            assert!(!forbidden, "{attribute} in <{tag}> from {source}");
        }
        for url in tag.split("href=\"").skip(1).chain(tag.split("src=\"").skip(1)).filter_map(|rest| rest.split('"').next()) {
            let fine = ["http://", "https://", "mailto:", "#", "data:image/png;base64,"].into_iter().any(|start| url.starts_with(start));
            assert!(fine, "{url} in {markup} from {source}");
        }
    }
}

#[test]
fn hostile_text_is_harmless_when_finished() {
    for source in HOSTILE {
        assert_harmless(&html(source), source);
    }
}

#[test]
fn hostile_text_is_harmless_at_every_token() {
    for source in HOSTILE {
        let mut stream = Stream::new();
        for token in tokens(source) {
            stream.push(token);
            stream.refresh();
            assert_harmless(stream.open().unwrap_or_default(), source);
        }
    }
}

#[test]
fn the_guard_itself_finds_what_it_looks_for() {
    for bad in ["<script>", "<p onclick=\"x\">", "<a href=\"javascript:x\">", "<p style=\"x\">", "<svg/onload=x>", "<p "] {
        assert!(std::panic::catch_unwind(|| assert_harmless(bad, "")).is_err(), "{bad}");
    }
}

#[test]
fn links_lead_outside_without_a_trace_or_are_text() {
    let link = |source: &str| blocks(source).concat();
    let outside = "rel=\"noopener noreferrer nofollow\" target=\"_blank\"";
    assert_eq!(link("[a](https://b.c/?d=1&e=2)"), format!("<p><a href=\"https://b.c/?d=1&amp;e=2\" {outside}>a</a></p>"));
    assert_eq!(link("<me@b.c>"), format!("<p><a href=\"mailto:me@b.c\" {outside}>me@b.c</a></p>"));
    assert_eq!(link("[a](#b)"), "<p><a href=\"#b\">a</a></p>");
    assert_eq!(link("[a](javascript:b)"), "<p>a</p>");
    assert_eq!(link("![a *b*](http://c/d.png)"), format!("<p><a href=\"http://c/d.png\" {outside}>a b</a></p>"));
    let image = "<p><img loading=\"lazy\" referrerpolicy=\"no-referrer\" alt=\"a\" src=\"data:image/png;base64,AAAA\"></p>";
    assert_eq!(link("![a](data:image/png;base64,AAAA)"), image);
}

/// Formulas that never end, nest too deep or are long: answered with their source, at once.
#[test]
fn formulas_cannot_take_the_server_down() {
    let deep = format!("${}x{}$", "{".repeat(3_000), "}".repeat(3_000));
    let roots = format!("${}x$", "\\sqrt".repeat(800));
    let scripts = format!("$x{}$", "^x_".repeat(1_000));
    let long = format!("${}$", "x+".repeat(100_000));
    let mut hostile = vec![deep, roots, scripts, long];
    hostile.extend(
        ["\\frac", "\\hat", "\\mathbf", "\\text", "\\left(", "\\overset", "\\begin{matrix}", "'", "\\big", "\\not"]
            .map(|name| format!("$x{}$", name.repeat(300))),
    );
    hostile.extend(["$\\def\\a{\\a\\a}\\a$", "$\\newcommand{\\a}{\\a}\\a$", "$\\let\\a\\b$", "$\\frac{a}$", "$\\left($"].map(String::from));
    for source in &hostile {
        // The least of three: the machine may be busy with something else.
        let least = (0..3).map(|_| {
            let started = std::time::Instant::now();
            assert_harmless(&html(source), source);
            started.elapsed().as_millis()
        });
        assert!(least.min() < Some(500), "{}", &source[..20.min(source.len())]);
    }
    // Found by `any_formula_is_harmless`: the library leaves half a tag.
    assert!(html("$$\\begin{cases}\\mathrm\\\\rule{1em}{1em}\\end{cases}$$").contains("<code class=\"math-error\">"));
    assert!(html("$\\frac{a}$").contains("<code class=\"math-error\">\\frac{a}</code>"));
}

/// Texts on which a careless scanner is quadratic.
#[test]
fn long_hostile_text_takes_no_longer_than_long_text() {
    for part in ["\\(", "`", "1", "-", "[", "![", "**", "<", "$", "$$\na\n", "|", "> ", "(", "a\n", "- ", "```", "``` `` ", "&", "\\["] {
        let text = part.repeat(60_000 / part.len());
        let started = std::time::Instant::now();
        let mut stream = Stream::new();
        for token in tokens(&text) {
            stream.push(token);
        }
        stream.finish();
        let elapsed = started.elapsed();
        // A tenth of a second on a quiet machine; a quadratic scanner takes minutes on any.
        assert!(elapsed.as_secs() < 20, "{part:?} took {elapsed:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_formula_is_harmless(parts in prop::collection::vec(prop::sample::select(vec![
        "x", "1", " ", "{", "}", "^", "_", "&", "\\\\", "<", ">", "\"", "'", "\\frac", "\\sqrt[3]", "\\left", "\\right", "(", ")", "[", "]", "|", "\\|", "\\{", "\\}",
        "\\begin{matrix}", "\\end{matrix}", "\\begin{aligned}", "\\end{aligned}", "\\begin{cases}", "\\end{cases}", "\\begin{array}{cc}", "\\end{array}", "\\text{a<b}",
        "\\color{red}", "\\cancel", "\\not", "\\limits", "\\sum", "\\int", "\\lim", "\\mathbb{R}", "\\hline", "\\quad", "\\hspace{1em}", "\\overline", "\\underbrace",
        "\\tag{1}", "\\operatorname{f}", "\\middle", "\\big", "\\char", "\\mathrm", "\\rule{1em}{1em}", "中", "%", "#1", "\\", "\\href{javascript:x}{y}", "<img src=x>",
    ]), 0..14)) {
        let source = format!("$${}$$", parts.concat());
        assert_harmless(&html(&source), &source);
    }
}
