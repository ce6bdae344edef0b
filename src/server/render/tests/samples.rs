//! Markdown as models write it, in English and in Chinese, and what has proved hard.

/// One sample for each thing that has its own rule.
pub(super) const SAMPLES: &[&str] = &[
    "Sure! Here's a quick overview.\n\nThe **borrow checker** enforces *three* rules:\n\n1. Each value has one owner.\n2. References must be valid.\n3. No aliasing with mutation.\n\nLet me know if you'd like more detail!",
    "当然可以！下面是一个简单的例子：\n\n**注意：**请先安装依赖。然后运行**「构建」**命令，最后查看`target`目录。\n\n- **第一步：**克隆仓库\n- **第二步：**编译\n  - 需要 Rust 1.90\n  - 需要 SQLite\n- **第三步：**运行\n\n完成后，访问 http://127.0.0.1:3000 即可。",
    "```rust\nfn main() {\n    // a comment\n    let s = \"two\n  lines\";\n    println!(\"{s} <&>\");\n}\n```\n\nThat prints *two* lines.",
    "Here is some Python:\n```python\ndef f(x: int) -> str:\n    \"\"\"Doc\n    string.\"\"\"\n    return f\"{x!r} and {x + 1}\"\n```\nand the output:\n```\n'1' and 2\n```",
    "| Feature | SQLite | PostgreSQL |\n|:--------|:------:|-----------:|\n| Setup | **none** | some |\n| `json` | yes | yes \\| jsonb |\n| a<br>b | | 3 |\n\nAfter the table.",
    "| 列一 | 列二 |\n| --- | --- |\n| **甲：**说明 | `代码` |\n| 乙 | 公式 $x_1$ |\n后面没有空行",
    "The roots are\n\n$$\nx = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}\n$$\n\nwhere $a \\neq 0$, and the *discriminant* is $b^2-4ac$. It costs $5 or $6.",
    "二次方程的解为：\n\\[\nx = \\frac{-b \\pm \\sqrt{\\Delta}}{2a}\n\\]\n其中 \\( \\Delta = b^2 - 4ac \\)，当 \\(\\Delta < 0\\) 时没有实数解。",
    "1. First\n\n   A second paragraph with `code`.\n\n   ```bash\n   cargo build --release\n\n   cargo test\n   ```\n\n2. Second\n   > a quotation in it\n3. Third\n\n\nAfter.",
    "- [x] done\n- [ ] not *done*\n- [ ] with `code` and [a link](https://example.com/a?b=c&d=e \"title\")\n\n* another list\n* of stars\n\n+ and\n+ pluses",
    "# Title #\n\nSetext one\n==========\n\nSetext two\nof two lines\n---\n\n---\n***\n### Third ###\n####### not a heading\n#neither",
    "> A quotation\n> of two lines\nwith a lazy one\n\n> Another\n>\n> > nested\n> - list\n> ```js\n> let a = 1\n> ```\nend",
    "A footnote[^1] and another[^note].\n\n[^1]: The first.\n\n[^note]: The second one\nwith a lazy line.\n\nText with a [reference][ref] before.\n\n[ref]: https://example.com 'T'\n\nAnd a [reference][ref] after, [ref] alone.",
    "<div class=\"x\">\n<b>raw</b> **not bold?**\n</div>\n\ninline <kbd>Ctrl</kbd>+<kbd>C</kbd> and <!-- comment --> &amp; &copy; &nosuch; \\* \\_ \\\\",
    "    indented code\n    <b>\n\n    more of it\n\nparagraph\n    not code\n\n\tcode by tab",
    "1. one\n1. two\n10. ten\n\n3) three\n4) four\n\n2024. not that\n\n1986 was a *year*\n\n- \n- empty above\n-\n\n  not in it",
    "Unclosed **bold and *italic and `code and [link](http://x and $math and ~~strike\n\nnext paragraph closes nothing** here*",
    "Nested:\n\n- a\n  - b\n    - c\n      - d\n\n        deep paragraph\n    - e\n\n  back in a\n- f\n1. ordered after bullets\n   - sub\n2. next",
    "~~~markdown\n# not a heading\n```\nnested fence\n```\n~~~\n````\n```\n````\n`` a ` b ``",
    "Emoji 😀👩‍👩‍👧 and **粗体😀**后 and *é* and `😀`\n\n- 😀\n- 🇨🇳 **中国**人",
    "hard  \nbreak and\\\nanother  \n\ntrailing spaces   \n   leading spaces\n\ttab inside",
    "`a` *b* **c** ***d*** _e_ __f__ ~~g~~ snake_case_word 2*3*4 a**b**c **a**b **(x)**y“**z**”",
    "<https://example.com> <me@example.com> [a](javascript:alert(1)) ![alt *text*](https://example.com/x.png) ![](data:image/png;base64,AAAA) [![b](http://c/d)](http://e)",
    "para\n- list right after\n\npara\n1. ordered right after\n\npara\n2. not a list\n\npara\n> quote right after\n\npara\n# heading right after\npara\n```\ncode right after\n```\npara\n| a |\n|---|\n| b |\npara",
    "\r\nwindows\r\nlines\r\n\r\n- a\r\n- b\r\n\r\n```js\r\nlet a = 1;\r\n```\r\n",
    "$$x$$ inline display $$y$$\n\n$$\na\n\nb\n$$\n\n\\[ z \\] tail\n\n$$ w $$\n\n$$\nq\n$$ after\n\n\\[ never closed\n- item\n\nend",
    "总结：\n\n1. **性能**：使用 `tokio`，*异步*处理；\n2. **安全**：避免 `unsafe`；\n\n   补充说明（见[文档](https://doc.rust-lang.org)）。\n3. **可维护性**——模块划分清晰。\n\n> 引用：**“简单”**是终极的复杂。\n\n---\n\n希望对你有帮助！",
    "|a|b|\n|-|-|\n|`x|y`|z|\n|<!-- c -->|\n|- not a list|\n    | indented |\n- list ends it",
    "- item\n\n      code in item\n\n-     code at once\n- ```js\n  let a = 1;\n  ```\n- ~~~\n  x\nlazy outside\n- last ```x``` y",
    "a\n\n\n\n\nb\n \n\t\nc",
];

/// A long answer of about `bytes` bytes: prose, lists, tables, code and formulas, half in English and half in Chinese.
pub(super) fn answer(bytes: usize) -> String {
    let prose = "When a request arrives, the server looks up the session, checks that the **viewer** may see the chat, and starts a run. Every delta is \
                 appended to the log (at most every 200 ms), so that *nothing* is lost when the process ends; see `service/generation` for the details.\n\n";
    let chinese = "当请求到达时，服务器会先查找会话，**确认权限：**只有本人可以查看。然后开始生成，每个片段都会写入日志，所以即使进程被终止，读者看到的内容也不会丢失。\n\n";
    let code = "```rust\n/// Appends one delta.\npub async fn append(&self, delta: Delta) -> Result<u64, Error> {\n    let seq = self.seq.fetch_add(1, Ordering::SeqCst);\n    \
                self.buffer.lock().await.push(Event { seq, text: format!(\"{delta}\") });\n    Ok(seq)\n}\n```\n\n";
    let table = "| Step | Cost | Note |\n|:-----|-----:|------|\n| parse | 1 µs | `O(1)` per token |\n| render | 2 µs | **cached** blocks |\n| send | 3 µs | one write |\n\n";
    let math = "The total is $$\\sum_{i=1}^{n} c_i \\le 8n$$ for $n$ tokens, that is \\(O(n)\\).\n\n";
    let mut text = String::new();
    for section in 1.. {
        text += &format!(
            "## {section}. A section\n\n{prose}- **First point**: it is short.\n- **Second point**: it has `code` in it.\n  1. nested\n  2. list\n\n"
        );
        text += &[chinese, code, prose, table, chinese, math].concat();
        if text.len() >= bytes {
            return text;
        }
    }
    text
}
