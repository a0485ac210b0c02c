//! Markdown (CommonMark with GitHub's extensions) as HTML.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use comrak::adapters::SyntaxHighlighterAdapter;
use comrak::options::Plugins;
use comrak::{Arena, Options, format_html_with_plugins, parse_document};

use super::escape;
use super::highlight::colour;
use super::languages::for_word;
use super::links::LinkContext;
use super::sanitize::clean;

/// Documents above this are shown as plain text.
const MOST_BYTES: usize = 512 << 10;
/// Nesting above this is an attack on the parser, the sanitiser or the reader's browser.
const MOST_NESTED: usize = 64;
/// Code blocks above this stay without colours.
const MOST_CODE_BYTES: usize = 64 << 10;

/// Answers above this are an attack too: a few words of a document can stand for a thousand times as many bytes of HTML.
const MOST_RENDERED: usize = 2 << 20;
/// Of a plain text so many bytes are escaped at a time; each becomes 35 at most.
const PART: usize = 4 << 10;

/// Renders a document. What is too large or too deep to be rendered safely is shown as the text that it is.
pub fn markdown(text: &str, links: &LinkContext) -> String {
    if text.len() > MOST_BYTES || is_too_deep(text) {
        return plain_text(text);
    }
    // Parser and sanitiser are fed with a stranger's text; should one of them fail, the page still shows that text.
    let rendered = catch_unwind(AssertUnwindSafe(|| to_html(text).map(|html| clean(&html, links))));
    match rendered {
        Ok(Some(html)) if html.len() <= MOST_RENDERED => html,
        Ok(_) => format!("<p><em>Rendered, this document would be too large; here is its text.</em></p>{}", plain_text(text)),
        Err(_) => plain_text(text),
    }
}

/// Shows a text as it is, in a fixed-width block; of a very long one the beginning.
pub fn plain_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MOST_BYTES) * 9 / 8);
    out.push_str("<pre>");
    let mut left = text.get(..text.floor_char_boundary(MOST_BYTES)).unwrap_or_default();
    while !left.is_empty() && out.len() < MOST_RENDERED {
        let (part, rest) = left.split_at(left.floor_char_boundary(PART));
        escape::text(&mut out, part);
        left = rest;
    }
    out.push_str("</pre>");
    if !left.is_empty() || text.len() > MOST_BYTES {
        out.push_str("<p><em>Only the beginning is shown.</em></p>");
    }
    out
}

/// `None` if it grows too large.
fn to_html(text: &str) -> Option<String> {
    let mut options = Options::default();
    let extension = &mut options.extension;
    extension.strikethrough = true;
    extension.table = true;
    extension.autolink = true;
    extension.tasklist = true;
    extension.footnotes = true;
    extension.alerts = true;
    // The sanitiser puts the prefix before every id.
    extension.header_id_prefix = Some(String::new());
    extension.front_matter_delimiter = Some("---".to_owned());
    options.render.tasklist_classes = true;
    // HTML in a document is what the sanitiser is for.
    options.render.r#unsafe = true;
    let mut plugins = Plugins::default();
    plugins.render.codefence_syntax_highlighter = Some(&Highlighter);
    let arena = Arena::new();
    let mut out = Bounded(String::new());
    format_html_with_plugins(parse_document(&arena, text, &options), &options, &mut out, &plugins).ok()?;
    Some(out.0)
}

/// HTML on its way, which ends early when it grows too large: it must not take the memory first.
struct Bounded(String);

impl fmt::Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > MOST_RENDERED {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

/// Whether some line opens more quotes, lists or brackets than any document that a person wrote, or unclosed HTML elements
/// pile up. A cheap look at the text: time and stack of what follows grow with the depth.
fn is_too_deep(text: &str) -> bool {
    let markers = |line: &str| {
        let leading = line.split(|c: char| !matches!(c, '>' | '-' | '*' | '+' | ' ' | '\t')).next().unwrap_or_default();
        // A rule of dashes or stars is one thing, however long.
        let containers = leading.split([' ', '\t']).filter(|word| word.len() == 1).count();
        let quotes = leading.matches('>').count();
        containers.max(quotes)
    };
    let indented = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len() > MOST_NESTED * 8;
    let brackets = |line: &str| longest_run(line, &['[', '(', '*', '_', '~', '!']);
    text.lines().any(|line| markers(line) > MOST_NESTED || indented(line) || brackets(line) > MOST_NESTED * 16) || open_elements(text) > 400
}

fn longest_run(line: &str, of: &[char]) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for c in line.chars() {
        run = if of.contains(&c) { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// The most tags that are open at a time, as far as a look at `<x` and `</x` tells.
fn open_elements(text: &str) -> usize {
    let (mut open, mut most) = (0usize, 0);
    for (at, _) in text.match_indices('<') {
        match text.as_bytes().get(at + 1) {
            Some(b'/') => open = open.saturating_sub(1),
            Some(c) if c.is_ascii_alphabetic() && !is_void(text.get(at + 1..).unwrap_or_default()) => open += 1,
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// Elements and autolinks that have no end.
fn is_void(tag: &str) -> bool {
    let name: String = tag.chars().take(8).take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    matches!(name.as_str(), "br" | "img" | "hr" | "input" | "col" | "wbr" | "source" | "p" | "li" | "http" | "https" | "mailto")
}

struct Highlighter;

impl SyntaxHighlighterAdapter for Highlighter {
    fn write_highlighted(&self, output: &mut dyn fmt::Write, lang: Option<&str>, code: &str) -> fmt::Result {
        let word = lang.and_then(|lang| lang.split([',', ' ', '{']).next()).filter(|word| !word.is_empty());
        let grammar = word.filter(|_| code.len() <= MOST_CODE_BYTES).and_then(for_word);
        for line in colour(code, grammar) {
            output.write_str(&line)?;
            output.write_str("\n")?;
        }
        Ok(())
    }

    fn write_pre_tag(&self, output: &mut dyn fmt::Write, _attributes: HashMap<&'static str, Cow<'_, str>>) -> fmt::Result {
        output.write_str("<pre>")
    }

    fn write_code_tag(&self, output: &mut dyn fmt::Write, _attributes: HashMap<&'static str, Cow<'_, str>>) -> fmt::Result {
        output.write_str("<code>")
    }
}
