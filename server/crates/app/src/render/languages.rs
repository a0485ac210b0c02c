//! Grammars, and which of the many scopes of a grammar become which class.

use std::path::Path;
use std::sync::LazyLock;

use syntect::parsing::{Scope, SyntaxReference, SyntaxSet};

/// All grammars; unpacked at the first use and compiled piece by piece when needed.
pub static GRAMMARS: LazyLock<SyntaxSet> = LazyLock::new(two_face::syntax::extra_newlines);

/// The class of a scope, the longest prefix first where two match.
static CLASSES: LazyLock<Vec<(Scope, &'static str)>> = LazyLock::new(|| {
    let scope = |(prefix, class): &(&str, &'static str)| Some((Scope::new(prefix).ok()?, *class));
    PREFIXES.iter().filter_map(scope).collect()
});

const PREFIXES: &[(&str, &str)] = &[
    ("comment", "hl-comment"),
    ("constant.character.escape", "hl-escape"),
    ("constant.numeric", "hl-number"),
    ("constant.language", "hl-constant"),
    ("constant", "hl-constant"),
    ("string", "hl-string"),
    ("keyword.operator.word", "hl-keyword"),
    ("keyword.operator", "hl-operator"),
    ("keyword", "hl-keyword"),
    ("storage", "hl-keyword"),
    ("variable.language", "hl-constant"),
    ("variable.function", "hl-function"),
    ("variable.parameter", "hl-variable"),
    ("entity.name.function", "hl-function"),
    ("entity.name.macro", "hl-function"),
    ("entity.name.tag", "hl-tag"),
    ("entity.name.section", "hl-heading"),
    ("entity.other.attribute-name", "hl-attribute"),
    ("entity.other.inherited-class", "hl-type"),
    ("entity.name", "hl-type"),
    ("support.function", "hl-function"),
    ("support.macro", "hl-function"),
    ("support.type.property-name", "hl-attribute"),
    ("support.constant", "hl-constant"),
    ("support", "hl-type"),
    ("markup.heading", "hl-heading"),
    ("markup.bold", "hl-strong"),
    ("markup.italic", "hl-emphasis"),
    ("markup.underline.link", "hl-link"),
    ("markup.inserted", "hl-inserted"),
    ("markup.deleted", "hl-deleted"),
    ("markup.raw", "hl-string"),
    ("meta.diff", "hl-heading"),
    ("invalid", "hl-invalid"),
];

/// The class of a scope, if it has one of its own.
pub fn class_of(scope: Scope) -> Option<&'static str> {
    CLASSES.iter().find(|(prefix, _)| prefix.is_prefix_of(scope)).map(|(_, class)| *class)
}

/// Whether what lies outside this scope says nothing about what is in it: code embedded in a string is code.
pub fn begins_anew(scope: Scope) -> bool {
    static EDGES: LazyLock<Vec<Scope>> =
        LazyLock::new(|| ["source", "meta.interpolation", "meta.template.expression"].iter().filter_map(|s| Scope::new(s).ok()).collect());
    EDGES.iter().any(|edge| edge.is_prefix_of(scope))
}

/// The grammar for a file by its name, then by its ending, then by its first line.
pub fn for_file(path: &str, first_line: &str) -> Option<&'static SyntaxReference> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let ending = Path::new(name).extension().and_then(|e| e.to_str());
    let by_name = GRAMMARS.find_syntax_by_extension(name);
    let by_ending = || ending.and_then(|e| GRAMMARS.find_syntax_by_extension(e));
    let by_line = || GRAMMARS.find_syntax_by_first_line(first_line);
    usable(by_name.or_else(by_ending).or_else(by_line))
}

/// The grammar that a code block names.
pub fn for_word(word: &str) -> Option<&'static SyntaxReference> {
    usable(GRAMMARS.find_syntax_by_token(word))
}

fn usable(grammar: Option<&'static SyntaxReference>) -> Option<&'static SyntaxReference> {
    grammar.filter(|g| g.name != "Plain Text")
}
