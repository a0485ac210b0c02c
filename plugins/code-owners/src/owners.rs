//! CODEOWNERS, read: sections of rules, of which the last that matches counts.
//!
//! What GitHub documents ("About code owners") and GitLab adds to it (sections, `^[optional]`, default owners, `!` for what nobody owns,
//! `@@` for roles). Gitea reads the patterns as regular expressions; those are not read.

use std::collections::BTreeSet;

use crate::index::Index;
use crate::pattern::Pattern;

/// Rules that are read.
const RULES: usize = 5000;
/// Sections that are read; each file is held against each.
const SECTIONS: usize = 500;
/// Owners of one rule.
const NAMED: usize = 100;

/// The whole file.
#[derive(Clone, Debug, Default)]
pub struct Owners {
    /// In the order of the file; those of one name are one. The first has no name.
    pub sections: Vec<Section>,
    /// Lines that could not be read, for the pusher.
    pub notes: Vec<String>,
}

/// Rules that count for themselves, beside those of other sections.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// As first written; empty for rules outside of any.
    pub name: String,
    /// Its owners need not be asked.
    pub optional: bool,
    /// Rules by what they match, and the owners of each.
    rules: Index,
    owners: Vec<Vec<Owner>>,
}

/// Whom a file belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// `@ann`, `@ops`, `@org/ops`, without the `@`.
    Name(String),
    /// `ann@example.org`.
    Email(String),
    /// `@@maintainer`: whoever has a role here, in the singular.
    Role(String),
}

impl std::fmt::Display for Owner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Owner::Name(name) => write!(f, "@{name}"),
            Owner::Email(email) => f.write_str(email),
            Owner::Role(role) => write!(f, "@@{role}"),
        }
    }
}

impl Owners {
    /// Reads a file. Lines that make no sense become notes and nothing else, as on other forges.
    pub fn parse(text: &str) -> Owners {
        let mut owners = Owners { sections: vec![Section::default()], notes: Vec::new() };
        let (mut section, mut defaults, mut rules) = (0, Some(Vec::new()), 0);
        for (number, line) in (1..).zip(text.strip_prefix('\u{feff}').unwrap_or(text).lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some((name, optional, rest)) = heading(line) {
                defaults = owners.read(number, &words(rest));
                let Some(at) = owners.section(name, optional) else {
                    owners.notes.push(format!("line {number}: more than {SECTIONS} sections; the rest is not read"));
                    break;
                };
                section = at;
                continue;
            }
            let words = words(line);
            let Some((pattern, rest)) = words.split_first() else { continue };
            rules += 1;
            if rules > RULES {
                owners.notes.push(format!("line {number}: more than {RULES} rules; the rest is not read"));
                break;
            }
            let (pattern, named) = match pattern.strip_prefix('!') {
                Some(pattern) => (pattern, Some(Vec::new())),
                None if rest.is_empty() => (pattern.as_str(), defaults.clone()),
                None => (pattern.as_str(), owners.read(number, rest)),
            };
            // Somebody was meant: that nobody could be read must not free what an earlier rule gave to others.
            let Some(mut named) = named else {
                owners.notes.push(format!("line {number}: none of its owners could be read, so the rule does not count"));
                continue;
            };
            named.dedup();
            if let Some(section) = owners.sections.get_mut(section) {
                section.rules.add(section.owners.len(), Pattern::new(pattern));
                section.owners.push(named);
            }
        }
        owners
    }

    /// `None` if there are too many.
    fn section(&mut self, name: &str, optional: bool) -> Option<usize> {
        let same = |section: &Section| !section.name.is_empty() && section.name.eq_ignore_ascii_case(name);
        if let Some(at) = self.sections.iter().position(same) {
            return Some(at);
        }
        if self.sections.len() > SECTIONS {
            return None;
        }
        self.sections.push(Section { name: name.to_owned(), optional, ..Section::default() });
        Some(self.sections.len() - 1)
    }

    /// `None` if there are words and none is an owner.
    fn read(&mut self, number: usize, words: &[String]) -> Option<Vec<Owner>> {
        if words.len() > NAMED {
            self.notes.push(format!("line {number}: more than {NAMED} owners; the rest is not read"));
        }
        let mut named = Vec::new();
        for word in words.iter().take(NAMED) {
            match owner(word) {
                Some(owner) => named.push(owner),
                None => self.notes.push(format!("line {number}: {word:?} is no owner; @name, @team and name@example.org are")),
            }
        }
        (words.is_empty() || !named.is_empty()).then_some(named)
    }

    /// Everybody who owns something, once.
    pub fn all(&self) -> BTreeSet<&Owner> {
        self.sections.iter().filter(|section| !section.optional).flat_map(|section| section.owners.iter().flatten()).collect()
    }
}

impl Section {
    /// Whom a file belongs to by this section. `steps` grows by what it took to find out.
    pub fn owners(&self, path: &[u8], steps: &mut usize) -> &[Owner] {
        self.rules.last(path, steps).and_then(|place| self.owners.get(place)).map_or(&[], Vec::as_slice)
    }
}

fn owner(word: &str) -> Option<Owner> {
    match word.strip_prefix("@@") {
        Some(role) if !role.is_empty() => return Some(Owner::Role(role.strip_suffix('s').unwrap_or(role).to_ascii_lowercase())),
        Some(_) => return None,
        None => {}
    }
    match word.split_once('@') {
        Some(("", name)) if !name.is_empty() => Some(Owner::Name(name.to_owned())),
        Some((local, domain)) if !local.is_empty() && domain.contains('.') => Some(Owner::Email(word.to_owned())),
        _ => None,
    }
}

/// `[Name]`, `^[Name]`, `[Name][2]`, each with default owners behind it.
fn heading(line: &str) -> Option<(&str, bool, &str)> {
    let (optional, rest) = line.strip_prefix('^').map_or((false, line), |rest| (true, rest));
    let (name, rest) = rest.strip_prefix('[')?.split_once(']')?;
    // How many must approve: one push has one pusher.
    let rest = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((count, rest)) if count.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => rest,
    };
    let whole = !name.trim().is_empty() && (rest.is_empty() || rest.starts_with(char::is_whitespace));
    whole.then(|| (name.trim(), optional, rest.trim()))
}

/// Words between blanks, up to a comment. A backslash keeps a blank or a `#`.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut letters) = (Vec::new(), String::new(), line.chars().peekable());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek().is_some_and(|next| next.is_whitespace() || *next == '#') => word.extend(letters.next()),
            '#' if word.is_empty() => break,
            letter if letter.is_whitespace() => words.push(std::mem::take(&mut word)),
            letter => word.push(letter),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owners<'a>(file: &'a Owners, path: &str) -> Vec<(&'a str, String)> {
        let shown = |owners: &[Owner]| owners.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        let all = file.sections.iter().map(|section| (section.name.as_str(), shown(section.owners(path.as_bytes(), &mut 0))));
        all.filter(|(_, owners)| !owners.is_empty()).collect()
    }

    #[test]
    fn the_last_rule_that_matches_counts_and_one_without_owners_frees() {
        let file = Owners::parse("# all\n*  @ann\n/docs/ @bob @org/writers # for them\n/docs/free\n*.md carl@example.org\n!secret.md\n");
        assert_eq!(owners(&file, "src/a.rs"), [("", "@ann".to_owned())]);
        assert_eq!(owners(&file, "docs/a.txt"), [("", "@bob @org/writers".to_owned())]);
        assert_eq!(owners(&file, "docs/a.md"), [("", "carl@example.org".to_owned())]);
        assert!(owners(&file, "docs/free/x").is_empty() && owners(&file, "docs/secret.md").is_empty());
        assert!(file.notes.is_empty(), "{:?}", file.notes);
    }

    #[test]
    fn sections_count_for_themselves_have_default_owners_and_may_be_optional() {
        let file =
            Owners::parse("* @all\n[Docs] @writers\n*.md\ninternal.md @ann\n^[Style][2] @@maintainers\n*.css\n[docs]\n*.adoc @adoc\n");
        assert_eq!(owners(&file, "a.md"), [("", "@all".to_owned()), ("Docs", "@writers".to_owned())]);
        assert_eq!(owners(&file, "internal.md"), [("", "@all".to_owned()), ("Docs", "@ann".to_owned())]);
        assert_eq!(owners(&file, "a.css"), [("", "@all".to_owned()), ("Style", "@@maintainer".to_owned())]);
        assert_eq!(owners(&file, "a.adoc"), [("", "@all".to_owned()), ("Docs", "@adoc".to_owned())]);
        assert_eq!(file.sections.iter().map(|section| section.optional).collect::<Vec<_>>(), [false, false, true]);
    }

    #[test]
    fn nonsense_of_any_kind_is_read_to_its_end() {
        let text = "# x\n^[Ä][2] @a b@c.d\n!\n\\\n/ü/*? @@ @\n[\n[]\n^\n[x][\n[x]y\n** @é\n[[a] @b\n";
        for at in text.char_indices().map(|(at, _)| at) {
            for part in [&text[..at], &text[at..]] {
                let file = Owners::parse(part);
                for path in [&b""[..], b"a", b"/", b"a//b", "ü/x".as_bytes(), b"\xff/\xff"] {
                    let mut steps = 0;
                    file.sections.iter().for_each(|section| drop(section.owners(path, &mut steps).to_vec()));
                    assert!(steps < 10_000);
                }
            }
        }
        let many = "*.c @ann\n".repeat(RULES + 1);
        assert!(Owners::parse(&many).notes[0].contains("the rest is not read"));
    }

    #[test]
    fn a_rule_whose_owners_cannot_be_read_does_not_free_what_it_matches() {
        let file = Owners::parse("* @ann\n/a nobody\n[S] bob\n/b\n[T]\n/c\n");
        assert_eq!(owners(&file, "a"), [("", "@ann".to_owned())]);
        assert_eq!(owners(&file, "b"), [("", "@ann".to_owned())]);
        assert_eq!(file.notes.len(), 4, "{:?}", file.notes);
    }

    #[test]
    fn sections_and_owners_of_a_line_are_bounded_and_that_is_said() {
        let file = Owners::parse(&(0..600).map(|n| format!("[{n}] @ann\n*\n")).collect::<String>());
        assert!(file.sections.len() == 501 && file.notes[0].contains("more than 500 sections"), "{:?}", file.notes);
        let file = Owners::parse(&format!("* {}\n", (0..200).map(|n| format!("@u{n}")).collect::<Vec<_>>().join(" ")));
        assert!(owners(&file, "a")[0].1.ends_with("@u99") && file.notes[0].contains("more than 100 owners"), "{:?}", file.notes);
    }

    #[test]
    fn blanks_and_marks_can_be_escaped_and_nonsense_is_noted() {
        let file = Owners::parse("\u{feff}my\\ file.txt @ann\n\\#x @bob\na.c nobody @@\n[ab]*.c @ann\n");
        assert_eq!(owners(&file, "my file.txt"), [("", "@ann".to_owned())]);
        assert_eq!(owners(&file, "#x"), [("", "@bob".to_owned())]);
        assert_eq!(owners(&file, "ax.c"), [("", "@ann".to_owned())]);
        assert_eq!(file.notes.len(), 3, "{:?}", file.notes);
    }
}
