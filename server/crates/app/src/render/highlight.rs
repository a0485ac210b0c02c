//! Source code as lines in which tokens carry class names.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use syntect::parsing::{ParseState, ScopeStack, SyntaxReference};

use super::escape;
use super::languages::{GRAMMARS, begins_anew, class_of, for_file};

/// Files above this are shown without colours.
const MOST_BYTES: usize = 512 << 10;
/// Lines above this are minified or data; a grammar's patterns may take very long over them.
const MOST_LINE_BYTES: usize = 2000;
/// After this long the rest of a text stays plain.
const MOST_TIME: Duration = Duration::from_millis(500);
/// Once the lines have so many bytes, the rest is shown without colours, whose marks can be thirty times the text.
const MOST_COLOURED: usize = 2 << 20;
/// And after so many, what is not to be seen is shown by one sign instead of by name.
const MOST_NAMED: usize = 4 << 20;
/// Git's own test: a NUL byte in the first 8,000 says binary.
const SNIFFED_BYTES: usize = 8000;

/// A text made ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Highlighted {
    /// One string a line, without its newline: escaped HTML in which only `<span class="…">` occurs, closed on its line.
    /// Empty for a binary file.
    pub lines: Vec<String>,
    /// The language by which it was coloured; `None` if by none.
    pub language: Option<String>,
    /// Whether it is not text.
    pub binary: bool,
}

/// Colours a file by its name and content. Invalid UTF-8 is replaced.
pub fn highlight(path: &str, content: &[u8]) -> Highlighted {
    if content.get(..SNIFFED_BYTES).unwrap_or(content).contains(&0) {
        return Highlighted { binary: true, ..Highlighted::default() };
    }
    let text = String::from_utf8_lossy(content);
    let first = text.lines().next().unwrap_or_default();
    let grammar = if text.len() <= MOST_BYTES { for_file(path, first) } else { None };
    let lines = colour(&text, grammar);
    Highlighted { lines, language: grammar.map(|g| g.name.clone()), binary: false }
}

/// Colours a text by one grammar, line by line.
pub fn colour(text: &str, grammar: Option<&SyntaxReference>) -> Vec<String> {
    let coloured = grammar.and_then(|grammar| {
        // A grammar that came with the crate is still a program fed with a stranger's text.
        catch_unwind(AssertUnwindSafe(|| by_grammar(text, grammar))).ok()
    });
    coloured.unwrap_or_else(|| {
        let mut made = 0;
        split(text).map(|line| counted(&mut made, line, plain)).collect()
    })
}

/// Lines without their ends; the last newline ends a line rather than beginning one.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').map(|line| line.strip_suffix('\n').unwrap_or(line)).map(|line| line.strip_suffix('\r').unwrap_or(line))
}

fn plain(line: &str) -> String {
    let mut out = String::with_capacity(line.len() + line.len() / 8);
    escape::text(&mut out, line);
    out
}

/// Makes a line within what all lines together may have.
fn counted(made: &mut usize, line: &str, make: impl FnOnce(&str) -> String) -> String {
    let out = if *made > MOST_NAMED { escape::terse(line) } else { make(line) };
    *made += out.len();
    out
}

fn by_grammar(text: &str, grammar: &SyntaxReference) -> Vec<String> {
    let started = Instant::now();
    let mut state = Some(ParseState::new(grammar));
    let mut scopes = ScopeStack::new();
    let mut terminated = String::new();
    let mut made = 0;
    let mut line = |line: &str, so_far: usize| {
        if line.len() > MOST_LINE_BYTES || started.elapsed() > MOST_TIME || so_far > MOST_COLOURED {
            // From here on the state is unknown, and wrong colours are worse than none.
            state = None;
        }
        let Some(parser) = &mut state else { return plain(line) };
        terminated.clear();
        terminated.push_str(line);
        terminated.push('\n');
        match parser.parse_line(&terminated, &GRAMMARS) {
            Ok(operations) => spans(line, &operations, &mut scopes).unwrap_or_else(|| plain(line)),
            Err(_) => {
                state = None;
                plain(line)
            }
        }
    };
    split(text)
        .map(|text| {
            let so_far = made;
            counted(&mut made, text, |text| line(text, so_far))
        })
        .collect()
}

/// Writes one line, neighbours of one class together; `None` if the operations do not fit the line.
fn spans(line: &str, operations: &[(usize, syntect::parsing::ScopeStackOp)], scopes: &mut ScopeStack) -> Option<String> {
    let mut runs: Vec<(Option<&'static str>, usize, usize)> = Vec::new();
    let mut add = |class: Option<&'static str>, from: usize, to: usize| match runs.last_mut() {
        _ if from >= to => {}
        Some(last) if last.0 == class => last.2 = to,
        _ => runs.push((class, from, to)),
    };
    let mut at = 0;
    for (position, operation) in operations {
        let position = (*position).min(line.len());
        add(class_in(scopes), at, position);
        at = at.max(position);
        scopes.apply(operation).ok()?;
    }
    add(class_in(scopes), at, line.len());

    let mut out = String::with_capacity(line.len() * 2);
    for (class, from, to) in runs {
        let piece = line.get(from..to)?;
        match class.filter(|_| !piece.trim().is_empty()) {
            Some(class) => {
                out.push_str("<span class=\"");
                out.push_str(class);
                out.push_str("\">");
                escape::text(&mut out, piece);
                out.push_str("</span>");
            }
            None => escape::text(&mut out, piece),
        }
    }
    Some(out)
}

fn class_in(scopes: &ScopeStack) -> Option<&'static str> {
    let inner_first = scopes.as_slice().iter().rev();
    inner_first.take_while(|scope| !begins_anew(**scope)).find_map(|scope| class_of(*scope))
}
