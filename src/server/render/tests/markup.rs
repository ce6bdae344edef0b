//! What each kind of markdown becomes.

use super::super::blocks;

fn rendered(markdown: &str) -> String {
    blocks(markdown).join("\n")
}

#[track_caller]
fn same(markdown: &str, html: &str) {
    assert_eq!(rendered(markdown), html, "{markdown}");
}

#[test]
fn paragraphs_and_headings() {
    same("a *b* **c** ~~d~~ `e`\nf", "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e</code>\nf</p>");
    same("# A\ntext\n\nB\n---\n***\n", "<h1>A</h1>\n<p>text</p>\n<h2>B</h2>\n<hr>");
    same("a<b>c</b> & \"d\"", "<p>a&lt;b&gt;c&lt;/b&gt; &amp; &quot;d&quot;</p>");
    same("one<br>two  \nthree", "<p>one<br>two<br>\nthree</p>");
}

#[test]
fn lists() {
    same("- a\n- b\n\n- c", "<ul><li>a</li><li>b</li><li>c</li></ul>");
    same("2. a\n3. b\n", "<ol start=\"2\"><li>a</li><li>b</li></ol>");
    same("1. a\n\n   b\n2. c", "<ol><li><p>a</p><p>b</p></li><li>c</li></ol>");
    same("- a\n  - b\n  - c\n- d", "<ul><li>a<ul><li>b</li><li>c</li></ul></li><li>d</li></ul>");
    same("- a\nlazy\n\npara", "<ul><li>a\nlazy</li></ul>\n<p>para</p>");
    same("- a\n* b", "<ul><li>a</li></ul>\n<ul><li>b</li></ul>");
    same(
        "- [x] a\n- [ ] b\n  - [ ] c",
        "<ul><li><span class=\"task done\">☑</span> a</li><li><span class=\"task\">☐</span> b<ul><li><span class=\"task\">☐</span> c</li></ul></li></ul>",
    );
    same("-\ta\n\n\tb", "<ul><li><p>a</p><p>b</p></li></ul>");
    same("1. a\n   ```\n   b\n\n   c\n   ```\n2. d", &format!("<ol><li>a{}b\n\nc\n{}</li><li>d</li></ol>", figure(""), CODE_END));
}

#[test]
fn a_long_list_goes_on_in_the_next_block_with_its_numbers() {
    let list: String = (1..=20).map(|n| format!("{n}. x\n")).collect();
    let blocks = blocks(&list);
    assert_eq!(blocks.len(), 2);
    assert!(blocks[0].starts_with("<ol><li>x</li>") && blocks[0].matches("<li>").count() == 16);
    assert_eq!(&*blocks[1], "<ol start=\"17\" class=\"goes-on\"><li>x</li><li>x</li><li>x</li><li>x</li></ol>");
}

const CODE_END: &str = "</code></pre></figure>";

fn figure(language: &str) -> String {
    let class = if language.is_empty() { String::new() } else { format!(" class=\"language-{language}\"") };
    format!(
        "<figure class=\"code\"><figcaption><span class=\"lang\">{language}</span><button type=\"button\" class=\"copy\" \
         data-copy aria-labelledby=\"copy-label\"></button></figcaption><pre tabindex=\"0\"><code{class}>"
    )
}

#[test]
fn code() {
    let rust = "<span class=\"k\">fn </span><span class=\"f\">main</span>() { <span class=\"k\">let</span> a = <span class=\"s\">&quot;b&quot;</span>; }\n";
    same("```rust\nfn main() { let a = \"b\"; }\n```", &format!("{}{rust}{CODE_END}", figure("rust")));
    same("~~~\n<a>\n```\n~~~\nb", &format!("{}&lt;a&gt;\n```\n{CODE_END}\n<p>b</p>", figure("")));
    same("```mermaid\ngraph TD\n```", &format!("{}graph TD\n{CODE_END}", figure("mermaid")));
    same("```nosuchlanguage\nx", &format!("{}x\n{CODE_END}", figure("nosuchlanguage")));
    let named = |name: &str| figure("html").replacen("\"code\"", &format!("\"code\" data-name=\"{name}\""), 1);
    for (info, name) in [
        ("html title=\"A &lt;clock>\"", "A &amp;lt;clock&gt;"),
        ("html {file='clock.html'}", "clock.html"),
        ("html:pages/clock.html", "pages/clock.html"),
        ("html clock.html", "clock.html"),
        ("html, name=clock", "clock"),
    ] {
        same(&format!("```{info}\n```"), &format!("{}{CODE_END}", named(name)));
    }
    for info in ["html live", "html ..", "html title=\"\"", "html v1.2?x", &format!("html {}.html", "x".repeat(200))] {
        same(&format!("```{info}\n```"), &format!("{}{CODE_END}", figure("html")));
    }
    same("    a\n\n    b\nc", &format!("{}a\n\nb{CODE_END}\n<p>c</p>", figure("")));
    same("a ```b``` c", "<p>a <code>b</code> c</p>");
}

#[test]
fn a_comment_or_string_of_several_lines_keeps_its_colour() {
    let html = rendered("```python\nx = \"\"\"a\nb\"\"\"\n# c\n```");
    assert!(html.contains("<span class=\"s\">b&quot;&quot;&quot;</span>\n<span class=\"c\"># c</span>\n"), "{html}");
}

#[test]
fn common_languages_are_known() {
    let names = "rust python py js javascript ts typescript tsx jsx go golang java kotlin swift c cpp c++ csharp cs c# ruby php sh bash shell zsh sql json yaml \
                 toml html css scss xml diff dockerfile makefile markdown lua r haskell scala nix zig";
    let plain: Vec<&str> = names.split(' ').filter(|name| super::super::highlight::Highlighter::of(name).is_none()).collect();
    assert!(plain.is_empty(), "{plain:?}");
}

#[test]
fn very_long_lines_and_blocks_stay_plain() {
    let line = format!("let a = \"{}\";", "b".repeat(2_000));
    assert!(!rendered(&format!("```rust\n{line}\n```")).contains("<span class=\"k\""));
    let block = rendered(&format!("```rust\n{}```", "let a = 1;\n".repeat(30_000)));
    assert!(block.contains("<span class=\"k\">") && block.ends_with(&format!("let a = 1;\n{CODE_END}")));
}

#[test]
fn tables() {
    let head = "<div class=\"table-wrap\" tabindex=\"0\"><table><thead><tr><th class=\"al-left\">a</th><th class=\"al-center\">b</th><th \
                class=\"al-right\">c</th></tr></thead><tbody>";
    same(
        "| a | b | c |\n|:--|:-:|--:|\n| 1 | **2** |\n\nx",
        &format!(
            "{head}<tr><td class=\"al-left\">1</td><td class=\"al-center\"><strong>2</strong></td><td class=\"al-right\"></td></tr></tbody></table></div>\n<p>x</p>"
        ),
    );
    let plain = "<div class=\"table-wrap\" tabindex=\"0\"><table><thead><tr><th>a</th><th>b</th></tr></thead><tbody>";
    same(
        "text\na | b\n---|---\n1 | `x\\|y`",
        &format!("<p>text</p>\n{plain}<tr><td>1</td><td><code>x|y</code></td></tr></tbody></table></div>"),
    );
    same("| a | b |\n|---|---|", &format!("{plain}</tbody></table></div>"));
    same("| a | b |\n|---|", "<p>| a | b |\n|---|</p>");
    // Inside a list, a table is the parser's own.
    same("- a | b\n  --|--\n  1 | 2", &format!("<ul><li>{plain}<tr><td>1</td><td>2</td></tr></tbody></table></div></li></ul>"));
}

#[test]
fn a_long_table_goes_on_under_the_same_head() {
    let blocks = blocks(&format!("| a |\n|---|\n{}", "| b |\n".repeat(70)));
    assert_eq!(blocks.len(), 2);
    assert!(blocks.iter().all(|block| block.contains("<th>a</th>")));
    assert_eq!(blocks.concat().matches("<td>b</td>").count(), 70);
}

#[test]
fn formulas_in_every_delimiter() {
    for (source, display) in
        [("$x^2$", false), (r"\(x^2\)", false), (r"\( x^2 \)", false), ("$$x^2$$", true), (r"\[x^2\]", true), ("$$\nx^2\n$$", true)]
    {
        let html = rendered(source);
        let kind = if display { "display=\"block\"" } else { "display=\"inline\"" };
        assert!(html.contains("<math") && html.contains(kind) && html.contains("<msup>"), "{source}: {html}");
    }
    let html = rendered("a\n\\[\nx\n- y\n\\]\nb");
    assert!(html.starts_with("<p>a</p>\n<math") && html.ends_with("</math>\n<p>b</p>"), "{html}");
    same(r"`\(x\)` and $5 or $6", r"<p><code>\(x\)</code> and $5 or $6</p>");
    same("$$\nopen", "<p>$$\nopen</p>");
    let html = rendered("1. a\n\n   \\[\n   x\n   \\]\n2. $|a|$");
    assert_eq!(html.matches("<math").count(), 2, "{html}");
    assert!(rendered("$a<b$").contains("<mo>&lt;</mo>"));
    assert!(!rendered("$\\color{red}{x}$").contains("style="));
    let html = rendered("$$\na<\"b\"\n$$");
    assert!(html.starts_with("<math alttext=\"") && html.contains("a&lt;&quot;b&quot;") && html.contains("tabindex=\"0\""), "{html}");
    assert!(!html[..html.find('>').unwrap()].contains('\n'), "{html}");
    assert!(rendered("$x$").starts_with("<p><math alttext=\"x\" "), "{}", rendered("$x$"));
}

#[test]
fn emphasis_next_to_full_width_marks() {
    same("**注意：**请看", "<p><strong>注意：</strong>请看</p>");
    same("前面**「中文」**后面", "<p>前面<strong>「中文」</strong>后面</p>");
    same("- **中文（abc）**后面，**第二。**完", "<ul><li><strong>中文（abc）</strong>后面，<strong>第二。</strong>完</li></ul>");
    same("这是**“引号”**的例子", "<p>这是<strong>“引号”</strong>的例子</p>");
    same("`**注意：**请` a**b", "<p><code>**注意：**请</code> a**b</p>");
    same(
        "| **甲：**乙 |\n|---|",
        "<div class=\"table-wrap\" tabindex=\"0\"><table><thead><tr><th><strong>甲：</strong>乙</th></tr></thead><tbody></tbody></table></div>",
    );
}

#[test]
fn quotations_footnotes_references() {
    same("> a\n> b\nlazy\n\nc", "<blockquote><p>a\nb\nlazy</p></blockquote>\n<p>c</p>");
    same("a[^1]\n\n[^1]: note", "<p>a<sup class=\"footnote-ref\">1</sup></p>\n<div class=\"footnote\"><sup>1</sup> <p>note</p></div>");
    let link = "<a href=\"http://b\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">a</a>";
    same("[a]: http://b\n\n[a] [A]", &format!("\n<p>{link} {}</p>", link.replace(">a<", ">A<")));
}

#[test]
fn text_is_never_lost() {
    for sample in super::samples::SAMPLES {
        let html = rendered(sample);
        // Definitions and the addresses of links that are shown as text are dropped on purpose.
        let dropped = sample.contains("]:") || sample.contains("javascript:") || sample.contains("&copy;") || html.contains("<math");
        for word in sample.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 2 && !dropped) {
            assert!(html.contains(word), "{word} of {sample} in {html}");
        }
    }
}

#[test]
fn bare_addresses_are_links_but_not_in_code_links_or_markup() {
    let link = |href: &str, text: &str| format!("<a href=\"{href}\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">{text}</a>");
    let a = link("https://a.b/c_d?e=1&amp;f", "https://a.b/c_d?e=1&amp;f");
    same("See https://a.b/c_d?e=1&f.", &format!("<p>See {a}.</p>"));
    same("- **www.a.b**", &format!("<ul><li><strong>{}</strong></li></ul>", link("http://www.a.b", "www.a.b")));
    same("见https://a.b。", &format!("<p>见{}。</p>", link("https://a.b", "https://a.b")));
    same("`https://a.b`", "<p><code>https://a.b</code></p>");
    same("[https://a.b](https://c.d)", &format!("<p>{}</p>", link("https://c.d", "https://a.b")));
    same("<https://a.b>", &format!("<p>{}</p>", link("https://a.b", "https://a.b")));
    same("<b title=\"https://a.b\">", "<p>&lt;b title=&quot;https://a.b&quot;&gt;</p>");
    assert!(!rendered("```\nhttps://a.b\n```").contains("<a "));
}
