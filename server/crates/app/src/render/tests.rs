//! What people write, and what nobody honest would.

use std::time::{Duration, Instant};

use super::{LinkContext, highlight, markdown, plain_text};

fn context(dir: &str) -> LinkContext {
    LinkContext {
        files: "/alice/tool/src/branch/main".to_owned(),
        raw: "/api/v1/repos/alice/tool/raw".to_owned(),
        raw_query: "?ref=main".to_owned(),
        dir: dir.to_owned(),
    }
}

fn render(text: &str) -> String {
    markdown(text, &context(""))
}

#[test]
fn github_flavoured_markdown_is_rendered() {
    let html = render(
        "# Title *here*\n\n- [x] done\n- [ ] open\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n~~old~~ www.example.org [^1]\n\n[^1]: note\n\n> [!WARNING]\n> careful\n",
    );
    for expected in [
        "id=\"user-content-title-here\"",
        "href=\"#user-content-title-here\"",
        "class=\"anchor\"",
        "<em>here</em>",
        "type=\"checkbox\"",
        "<table>",
        "align=\"right\"",
        "<del>old</del>",
        "href=\"http://www.example.org\"",
        "href=\"#user-content-fn-1\"",
        "id=\"user-content-fn-1\"",
        "markdown-alert-warning",
        "rel=\"noopener noreferrer nofollow\"",
    ] {
        assert!(html.contains(expected), "{expected} in {html}");
    }
    assert_eq!(html.matches("disabled=\"\"").count(), 2, "{html}");
}

#[test]
fn code_blocks_are_coloured() {
    let html = render("```rust\nlet x = \"<b>\"; // hi\n```\n\n```nonsense\n<script>\n```\n");
    assert!(html.contains("<span class=\"hl-keyword\">let</span>"), "{html}");
    assert!(html.contains("<span class=\"hl-comment\">// hi</span>"), "{html}");
    assert!(html.contains("&lt;b&gt;") && html.contains("&lt;script&gt;") && !html.contains("<script"), "{html}");
}

#[test]
fn links_lead_to_files_and_images_to_raw_bytes() {
    let html = |text: &str| markdown(text, &context("docs/guide"));
    for (text, expected) in [
        ("[a](other.md)", "href=\"/alice/tool/src/branch/main/docs/guide/other.md\""),
        ("[a](./other.md#part)", "href=\"/alice/tool/src/branch/main/docs/guide/other.md#user-content-part\""),
        ("[a](../../src/x.rs#L10)", "href=\"/alice/tool/src/branch/main/src/x.rs#L10\""),
        ("[a](/LICENSE?x=1)", "href=\"/alice/tool/src/branch/main/LICENSE\""),
        ("[a](#part)", "href=\"#user-content-part\""),
        ("[a](https://example.org/x?y#z)", "href=\"https://example.org/x?y#z\""),
        ("[a](//example.org/x)", "href=\"https://example.org/x\""),
        ("[a](mailto:a@example.org)", "href=\"mailto:a@example.org\""),
        ("![a](pic%20one.png)", "src=\"/api/v1/repos/alice/tool/raw/docs/guide/pic%20one.png?ref=main\""),
        ("<img src='/logo.svg?raw=true'>", "src=\"/api/v1/repos/alice/tool/raw/logo.svg?ref=main\""),
        ("<a href=\"../up\">x</a>", "href=\"/alice/tool/src/branch/main/docs/up\""),
    ] {
        assert!(html(text).contains(expected), "{text}: {}", html(text));
    }
}

#[test]
fn no_link_leaves_the_repository_by_dots() {
    for path in
        ["../../../../settings", "/../../settings", "..\\..\\..\\..\\settings", "%2e%2e/%2E./../../settings", "./.././../../../settings"]
    {
        let html = markdown(&format!("<a href=\"{path}\">x</a>"), &context("docs/guide"));
        assert!(html.contains("href=\"/alice/tool/src/branch/main/settings\""), "{path}: {html}");
    }
}

#[test]
fn nothing_that_runs_gets_through() {
    for text in [
        "<script>alert(1)</script>",
        "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><animate attributeName=href values=javascript:alert(1) />",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
        "<iframe src=\"javascript:alert(1)\"></iframe>",
        "<object data=x></object><embed src=x>",
        "<form action=/api/v1/user><button formaction=x>go</button></form>",
        "<input type=text name=password onfocus=alert(1) autofocus>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "<a href=\"java&#10;script:alert(1)\">x</a>",
        "<a href=\" &#1; javascript:alert(1)\">x</a>",
        "[x](vbscript:msgbox)",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "<a href=x style=\"position:fixed;inset:0\" onclick=alert(1) target=_top>x</a>",
        "<div style=\"background:url(javascript:alert(1))\" class=\"app-header\" id=\"app\">x</div>",
        "<base href=//evil.example><meta http-equiv=refresh content=0><link rel=stylesheet href=x>",
        "<style>*{display:none}</style>",
        "<template><script>alert(1)</script></template>",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "# <img src=x onerror=alert(1)>",
        "```\"><img src=x onerror=alert(1)>\nx\n```",
        "`<script>`\n\n[a]: javascript:alert(1)\n\n[a]",
        "<a xlink:href=\"javascript:alert(1)\">x</a>",
        "<video src=x onerror=alert(1)><source src=x></video>",
    ] {
        // Shown as text it may be; as markup it may not.
        let html = render(text).to_ascii_lowercase();
        let tags: Vec<&str> = html.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or(rest)).collect();
        for tag in &tags {
            let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
            let bad = [
                "script", "style", "iframe", "object", "embed", "form", "button", "svg", "math", "base", "meta", "link", "template",
                "video", "noscript",
            ];
            assert!(!bad.contains(&name.as_str()), "{text}: {html}");
            for word in [
                " on",
                "javascript:",
                "vbscript:",
                "data:",
                "style=",
                "target=",
                "formaction",
                "autofocus",
                "app-header",
                "id=\"app\"",
                "type=\"text\"",
            ] {
                assert!(!tag.contains(word), "{word} after {text}: {html}");
            }
        }
    }
}

#[test]
fn deep_and_large_documents_end_quickly() {
    let cases = [
        ">".repeat(100_000),
        "> ".repeat(50_000) + "x",
        "- ".repeat(50_000) + "x",
        "[".repeat(100_000),
        "![".repeat(50_000),
        "*a ".repeat(50_000),
        "**_".repeat(50_000),
        "<div>".repeat(50_000),
        "<b><i>".repeat(20_000),
        "`a".repeat(50_000),
        "[a](<".repeat(30_000),
        "[a]: /x\n".repeat(20_000) + &"[a]".repeat(20_000),
        "|".repeat(5_000) + "\n" + &"|-".repeat(5_000) + "\n" + &"|\n".repeat(5_000),
        (0..2000).map(|n| " ".repeat(n) + "- x\n").collect(),
        "a\n".repeat(200_000),
        "<!--".repeat(50_000),
        "&#x41;".repeat(50_000),
        "x".repeat(600_000),
        "[^a]".repeat(20_000) + "\n\n[^a]: x",
        "http://a.b/".repeat(20_000),
        "\u{0}".repeat(50_000),
    ];
    for text in cases {
        let started = Instant::now();
        let html = render(&text);
        let name: String = text.chars().take(12).collect();
        assert!(started.elapsed() < Duration::from_secs(10), "{name:?} took {:?}", started.elapsed());
        assert!(html.len() < 32 << 20, "{name:?} became {} bytes", html.len());
    }
}

#[test]
fn plain_text_is_only_escaped() {
    assert_eq!(plain_text("<a>&\"\n"), "<pre>&lt;a&gt;&amp;&quot;\n</pre>");
}

#[test]
fn no_document_grows_to_more_than_a_few_times_its_size() {
    const MOST: usize = (2 << 20) + (200 << 10);
    let documents = [
        ("a long address used often", format!("[a]: {}\n\n{}", "u".repeat(200_000), "[a]\n\n".repeat(50_000))),
        ("a footnote used often", format!("[^1]: x\n\n{}", "[^1] ".repeat(80_000))),
        ("a wide table", format!("|{}\n|{}\n{}", "a|".repeat(20_000), "-|".repeat(20_000), "|\n".repeat(200_000))),
        ("headings", "# a\n".repeat(120_000)),
        ("tasks", "- [ ] a\n".repeat(60_000)),
        ("links", "[](b)".repeat(100_000)),
        ("characters not to be seen", "\u{1}".repeat(500_000)),
        ("the same in code", format!("```rust\n{}\n```", "\u{1}".repeat(60_000)).repeat(8)),
        ("tags", "<b>x</b>".repeat(60_000)),
        ("quotes", "\"'".repeat(250_000)),
    ];
    for (what, text) in documents {
        let html = render(&text);
        assert!(html.len() <= MOST, "{what}: {} bytes become {}", text.len(), html.len());
        assert!(html.len() > 1000, "{what}: something is shown");
    }
    let large = render(&"# a\n".repeat(120_000));
    assert!(large.starts_with("<p><em>Rendered, this document would be too large; here is its text.</em></p><pre># a\n# a\n"));
    assert!(plain_text(&"\u{1}".repeat(500_000)).ends_with("</pre><p><em>Only the beginning is shown.</em></p>"));
}

#[test]
fn no_source_grows_to_more_than_a_few_times_its_size() {
    let sources = [
        ("a.txt", "\u{1}\n".repeat(500_000)),
        ("a.txt", "\u{202e}".repeat(300).repeat(1100)),
        ("a.rs", "+1-2*3\n".repeat(70_000)),
        ("a.json", "[1,\n".repeat(130_000)),
        ("a.rs", "\"\u{1}\u{1}\u{1}\"\n".repeat(80_000)),
    ];
    for (path, text) in sources {
        let shown = highlight(path, text.as_bytes());
        let bytes: usize = shown.lines.iter().map(String::len).sum();
        assert_eq!(shown.lines.len(), text.lines().count());
        assert!(bytes <= 12 << 20, "{path}: {} bytes become {bytes}", text.len());
        assert!(!shown.lines.iter().any(|line| line.contains(['\u{202e}', '\u{1}'])), "{path}: nothing is hidden");
    }
}

#[test]
fn source_is_coloured_line_by_line() {
    let shown = highlight("src/main.rs", b"/* a\nb */ fn main() {\r\n    let n = 42;\n}\n");
    assert_eq!(shown.language.as_deref(), Some("Rust"));
    assert_eq!(shown.lines.len(), 4);
    assert_eq!(shown.lines[0], "<span class=\"hl-comment\">/* a</span>");
    assert!(shown.lines[1].starts_with("<span class=\"hl-comment\">b */</span>") && shown.lines[1].contains("hl-function"));
    assert!(shown.lines[2].contains("<span class=\"hl-number\">42</span>"));
    for line in &shown.lines {
        assert_eq!(line.matches("<span").count(), line.matches("</span>").count(), "{line}");
    }
}

#[test]
fn languages_are_found_by_name_ending_and_first_line() {
    for (path, content, language) in [
        ("Cargo.toml", "a = 1\n", "TOML"),
        ("web/x.ts", "let a: number = 1\n", "TypeScript"),
        ("a/Makefile", "all:\n", "Makefile"),
        ("Dockerfile", "FROM x\n", "Dockerfile"),
        ("x.py", "a = 1\n", "Python"),
        ("run", "#!/bin/bash\nls\n", "Bourne Again Shell (bash)"),
        ("data.json", "{}\n", "JSON"),
    ] {
        assert_eq!(highlight(path, content.as_bytes()).language.as_deref(), Some(language), "{path}");
    }
    assert_eq!(highlight("notes.txt", b"hello\n").language, None);
    assert_eq!(highlight("LICENSE", b"hello\n").language, None);
}

#[test]
fn hostile_source_is_escaped_and_hidden_characters_show() {
    let shown = highlight("a.txt", "<script>\u{202e}x\u{0007}".as_bytes());
    assert_eq!(shown.lines, ["&lt;script&gt;<span class=\"hl-hidden\">U+202E</span>x<span class=\"hl-hidden\">U+0007</span>"]);
    let invalid = highlight("a.rs", b"let \xff = 1;\n");
    assert!(invalid.lines[0].contains('\u{fffd}'));
    assert!(highlight("x.png", b"\x89PNG\0").binary);
    assert_eq!(highlight("x.rs", b""), super::Highlighted { language: Some("Rust".to_owned()), ..Default::default() });
}

#[test]
fn large_and_long_sources_end_quickly() {
    let minified = "function(a){return a+1};".repeat(10_000);
    let nested = "((((".repeat(400) + "\n";
    let cases = [
        ("a.js", minified),
        ("b.rs", "let x = \"abc\"; // comment\n".repeat(15_000)),
        ("c.md", "*".repeat(1900) + "\n"),
        ("d.js", nested.repeat(100)),
        ("e.html", "<".repeat(1900) + "\n" + &"<a ".repeat(600)),
        ("f.rs", "fn f() {}\n".repeat(100_000)),
    ];
    for (path, text) in cases {
        let started = Instant::now();
        let shown = highlight(path, text.as_bytes());
        assert_eq!(shown.lines.len(), text.lines().count(), "{path}");
        assert!(started.elapsed() < Duration::from_secs(10), "{path} took {:?}", started.elapsed());
    }
}
