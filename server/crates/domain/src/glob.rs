//! Patterns over branch names: `*` within one part, `**` across `/`, `?` one character. Anything else stands for itself.

use crate::error::Invalid;

/// A pattern such as `main`, `release/*` or `**/stable`.
#[derive(Clone, Debug)]
pub struct Glob {
    text: String,
    /// For each byte, the places at which a name may hold it: bit `i` stands for the pattern's place `i`, wildcards for any
    /// number of bytes not counted.
    accepts: Vec<Places>,
    /// Places before which `*` stands.
    part: Places,
    /// Places before which `**` stands.
    any: Places,
    /// The place behind the last.
    end: Places,
}

impl Glob {
    /// The most bytes of a pattern: its places are then the bits of [`Places`].
    pub const MAX_BYTES: usize = 255;

    /// Checks a pattern over branches: what no branch name can hold is refused, so that a typing error does not protect nothing.
    pub fn parse(text: &str) -> Result<Glob, Invalid> {
        Glob::over_refs("rule_name", text)
    }

    /// As [`Glob::parse`], for the short names of branches or tags. `field` is where it was given.
    pub fn over_refs(field: &'static str, text: &str) -> Result<Glob, Invalid> {
        let refuse = |why: String| Err(Invalid::new(field, why));
        Glob::check_length(field, text)?;
        if let Some(c) = text.chars().find(|c| c.is_control() || " ~^:\\[]{}".contains(*c)) {
            return refuse(format!("{c:?} is not taken: use a branch name, with '*', '**' or '?' as wildcards"));
        }
        if text.starts_with("refs/") {
            return refuse("is matched against the short name: leave out refs/heads/ or refs/tags/".to_owned());
        }
        if text.starts_with('/') || text.ends_with('/') || text.contains("//") || text.contains("..") {
            return refuse("no branch or tag begins or ends with '/' or holds '//' or '..'".to_owned());
        }
        Ok(Glob::compile(text))
    }

    /// A pattern over paths of files, in which capitals count as small letters: match it with [`Glob::matches_path`].
    pub fn over_paths(field: &'static str, text: &str) -> Result<Glob, Invalid> {
        Glob::check_path(field, text).map(|()| Glob::compile(&text.to_ascii_lowercase()))
    }

    /// A pattern over paths of files, in which capitals are capitals: what it lets through is no more than it says. Match it with
    /// [`Glob::matches`].
    pub fn over_exact_paths(field: &'static str, text: &str) -> Result<Glob, Invalid> {
        Glob::check_path(field, text).map(|()| Glob::compile(text))
    }

    fn check_path(field: &'static str, text: &str) -> Result<(), Invalid> {
        let refuse = |why: String| Err(Invalid::new(field, why));
        Glob::check_length(field, text)?;
        if let Some(c) = text.chars().find(|c| c.is_control() || "\\[]{}!".contains(*c)) {
            return refuse(format!("{c:?} is not taken: use paths such as docs/** with '*', '**' or '?' as wildcards"));
        }
        if text.starts_with('/') || text.contains("//") || text.starts_with("./") {
            return refuse("paths begin with the name of a file or folder, as in docs/**".to_owned());
        }
        Ok(())
    }

    /// A pattern over names in which `/` is a character as any other: names of checks.
    pub fn over_names(field: &'static str, text: &str) -> Result<Glob, Invalid> {
        Glob::check_length(field, text)?;
        if let Some(c) = text.chars().find(|c| c.is_control()) {
            return Err(Invalid::new(field, format!("{c:?} is not taken")));
        }
        let glob = Glob::compile(text);
        Ok(Glob { any: glob.part, ..glob })
    }

    fn check_length(field: &'static str, text: &str) -> Result<(), Invalid> {
        match text.is_empty() || text.len() > Self::MAX_BYTES {
            true => Err(Invalid::new(field, format!("a pattern has 1 to {} bytes, this one {}", Self::MAX_BYTES, text.len()))),
            false => Ok(()),
        }
    }

    /// Whether it holds no wildcard, so that it fits itself alone.
    pub fn is_plain(&self) -> bool {
        !self.text.contains(['*', '?'])
    }

    /// Whether a path fits a pattern of [`Glob::over_paths`].
    pub fn matches_path(&self, path: &[u8]) -> bool {
        self.matches(&path.to_ascii_lowercase())
    }

    fn compile(text: &str) -> Glob {
        let (mut part, mut any, mut single) = (Places::NONE, Places::NONE, Places::NONE);
        let mut accepts = vec![Places::NONE; 256];
        let mut here = Places::FIRST;
        let mut after_star = false;
        for byte in text.bytes() {
            match (byte, accepts.get_mut(usize::from(byte))) {
                (b'*', _) if after_star => any = any.or(here),
                (b'*', _) => part = part.or(here),
                (b'?', _) => single = single.or(here),
                (_, places) => places.into_iter().for_each(|places| *places = places.or(here)),
            }
            after_star = byte == b'*';
            if !after_star {
                here = here.next();
            }
        }
        for (byte, places) in accepts.iter_mut().enumerate() {
            if byte != usize::from(b'/') {
                *places = places.or(single);
            }
        }
        Glob { text: text.to_owned(), accepts, part: part.or(any), any, end: here }
    }

    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a short branch name (without `refs/heads/`) fits. Bytes, since git does not promise UTF-8.
    ///
    /// A few operations for each byte of the name, whatever the pattern: all places at which the name may be in the pattern
    /// are kept at once and move together (the bit-parallel automaton of Baeza-Yates and Gonnet). Whoever writes a pattern or
    /// a name is a stranger, and there may be thousands of each.
    pub fn matches(&self, name: &[u8]) -> bool {
        let mut reached = Places::FIRST;
        for byte in name {
            let taken = self.accepts.get(usize::from(*byte)).map_or(Places::NONE, |places| reached.and(*places)).next();
            let kept = reached.and(if *byte == b'/' { self.any } else { self.part });
            reached = taken.or(kept);
            if reached == Places::NONE {
                return false;
            }
        }
        reached.and(self.end) != Places::NONE
    }
}

/// A set of places in a pattern, and the place behind it: 0 to 255.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Places {
    low: u128,
    high: u128,
}

impl Places {
    const NONE: Places = Places { low: 0, high: 0 };
    const FIRST: Places = Places { low: 1, high: 0 };

    fn or(self, other: Places) -> Places {
        Places { low: self.low | other.low, high: self.high | other.high }
    }

    fn and(self, other: Places) -> Places {
        Places { low: self.low & other.low, high: self.high & other.high }
    }

    /// Each place's successor.
    fn next(self) -> Places {
        Places { low: self.low << 1, high: self.high << 1 | self.low >> 127 }
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    fn fits(pattern: &str, name: &str) -> bool {
        Glob::parse(pattern).unwrap().matches(name.as_bytes())
    }

    #[test]
    fn wildcards_stay_within_a_part_unless_doubled() {
        assert!(fits("main", "main") && !fits("main", "mains") && !fits("main", "mai") && !fits("main", ""));
        assert!(fits("release/*", "release/1.0") && !fits("release/*", "release/1/0") && !fits("release/*", "release"));
        assert!(fits("release/**", "release/1/0") && fits("**", "a/b/c") && fits("*", "a") && !fits("*", "a/b"));
        assert!(fits("**/stable", "a/b/stable") && !fits("**/stable", "stable"));
        assert!(fits("v?.?", "v1.2") && !fits("v?", "v/") && !fits("v?", "v"));
        assert!(fits("a*b*c", "aXbYc") && fits("***", "x/y"));
    }

    #[test]
    fn paths_have_no_capitals_and_names_no_folders() {
        let path = |pattern: &str, path: &str| Glob::over_paths("f", pattern).unwrap().matches_path(path.as_bytes());
        assert!(path("Docs/**", "docs/A/b.MD") && path("*.md", "README.md") && !path("*.md", "a/b.md") && path("a b/*", "a b/c"));
        let exact = |pattern: &str, path: &str| Glob::over_exact_paths("f", pattern).unwrap().matches(path.as_bytes());
        assert!(exact("Docs/**", "Docs/A/b.MD") && !exact("Docs/**", "docs/a") && !exact("*.md", "README.MD") && !exact("*", "a/b"));
        assert!(Glob::over_exact_paths("f", "/a").is_err());
        let name = |pattern: &str, name: &str| Glob::over_names("f", pattern).unwrap().matches(name.as_bytes());
        assert!(name("ci/*", "ci/a/b (push)") && name("*", "a/b") && !name("ci/*", "CI/a") && name("[x] {y}", "[x] {y}"));
        for bad in ["", "/a", "a//b", "./a", "[ab]", "a\\b", "!a", "a\n"] {
            assert!(Glob::over_paths("f", bad).is_err(), "{bad}");
        }
        assert!(Glob::over_names("f", "a\n").is_err());
    }

    #[test]
    fn a_name_that_is_not_utf8_can_be_protected() {
        assert!(Glob::parse("feature/**").unwrap().matches(b"feature/\xff\xfe"));
    }

    #[test]
    fn what_no_branch_can_be_called_is_refused() {
        for bad in ["", "a b", "refs/heads/main", "[ab]", "{a,b}", "a\\b", "/a", "a/", "a//b", "a..b", "a\n", &"a".repeat(256)] {
            assert!(Glob::parse(bad).is_err(), "{bad}");
        }
    }

    /// By the definition, trying every split; for small patterns and names only.
    fn fits_by_definition(pattern: &[u8], name: &[u8]) -> bool {
        let stars = pattern.iter().take_while(|b| **b == b'*').count();
        match (pattern.split_first(), name.split_first()) {
            (None, _) => name.is_empty(),
            (Some((b'*', _)), _) => (0..=name.len())
                .take_while(|n| stars > 1 || !name[..*n].contains(&b'/'))
                .any(|n| fits_by_definition(&pattern[stars..], &name[n..])),
            (Some((b'?', rest)), Some((byte, after))) => *byte != b'/' && fits_by_definition(rest, after),
            (Some((want, rest)), Some((byte, after))) => want == byte && fits_by_definition(rest, after),
            (Some(_), None) => false,
        }
    }

    #[test]
    fn every_small_pattern_fits_what_its_definition_says() {
        let words = |letters: &[u8], longest: usize| {
            let mut all: Vec<Vec<u8>> = vec![Vec::new()];
            let mut from = 0;
            for _ in 0..longest {
                let until = all.len();
                for at in from..until {
                    let longer: Vec<_> = letters.iter().map(|c| [all[at].as_slice(), &[*c]].concat()).collect();
                    all.extend(longer);
                }
                from = until;
            }
            all
        };
        let names = words(b"ab/", 4);
        for pattern in words(b"a/*?", 5).into_iter().filter(|p| !p.is_empty()) {
            let glob = Glob::compile(std::str::from_utf8(&pattern).unwrap());
            for name in &names {
                assert_eq!(glob.matches(name), fits_by_definition(&pattern, name), "{pattern:?} {name:?}");
            }
        }
    }

    #[test]
    fn the_longest_pattern_counts_to_its_last_place() {
        let (pattern, name) = ("?".repeat(254) + "b", "a".repeat(254) + "b");
        assert!(fits(&pattern, &name) && !fits(&pattern, &name[1..]) && !fits(&pattern, &(name.clone() + "b")));
        assert!(fits(&name, &name) && !fits(&name, &name.replace('b', "a")));
    }

    #[test]
    fn hostile_patterns_over_hostile_names_end_soon() {
        // What a push of a hundred refs into a repository with 100 such rules asks. Trying splits takes years, and looking at
        // one place after the other minutes.
        let began = std::time::Instant::now();
        let globs = ["*a".repeat(127), "**a*a?".repeat(42), "a*".repeat(127), "*".repeat(254) + "b"].map(|p| Glob::parse(&p).unwrap());
        let name = "a".repeat(1000) + "/b/c";
        let fitting = (0..10_000).filter(|n| globs[n % 4].matches(name.as_bytes())).count();
        assert_eq!(fitting, 0);
        assert!(began.elapsed().as_secs() < 30, "{:?}", began.elapsed());
    }
}
