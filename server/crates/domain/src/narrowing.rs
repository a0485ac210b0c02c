//! What a token is narrowed to beyond its scopes: some repositories, some refs, reading alone. A narrowed token is for the content of repositories; it
//! administers nothing.

use crate::error::Invalid;
use crate::glob::Glob;
use crate::ids::RepoId;
use crate::refname::RefName;
use crate::scope::Level;

/// The most repositories that one token names.
pub const MAX_REPOS: usize = 20;
/// The most patterns of refs that one token has.
pub const MAX_REFS: usize = 20;

/// A narrowing. It never widens what the scopes give.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowing {
    /// The only repositories that there are for its bearer; `None` for all.
    pub repos: Option<Vec<RepoId>>,
    /// The only refs that it moves; all if empty.
    pub refs: Vec<RefPattern>,
    /// Read: nothing is changed. Write: what a push may change.
    pub level: Level,
}

impl Narrowing {
    /// Whether this repository is there for its bearer.
    pub fn shows(&self, repo: RepoId) -> bool {
        self.repos.as_ref().is_none_or(|repos| repos.contains(&repo))
    }

    /// Whether its bearer may move this ref.
    pub fn moves(&self, name: &RefName) -> bool {
        self.refs.is_empty() || self.refs.iter().any(|pattern| pattern.matches(name))
    }

    /// Why a ref that it does not move is refused.
    pub fn refusal(&self) -> String {
        let patterns: Vec<String> = self.refs.iter().map(ToString::to_string).collect();
        format!("this access token moves {} only", patterns.join(", "))
    }
}

/// A pattern over full names of refs, such as `refs/heads/ci/**`.
#[derive(Clone, Debug)]
pub struct RefPattern(Glob);

/// What all refs begin with.
const PREFIX: &str = "refs/";

impl RefPattern {
    /// Checks a pattern.
    pub fn parse(text: &str) -> Result<RefPattern, Invalid> {
        let invalid = |why: String| Invalid::new("refs", format!("{text:?}: {why}"));
        let short = text.strip_prefix(PREFIX).ok_or_else(|| invalid("must begin with refs/, such as refs/heads/ci/**".to_owned()))?;
        Glob::parse(short).map(RefPattern).map_err(|error| invalid(error.reason))
    }

    fn matches(&self, name: &RefName) -> bool {
        name.as_bytes().strip_prefix(PREFIX.as_bytes()).is_some_and(|short| self.0.matches(short))
    }
}

impl std::fmt::Display for RefPattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{PREFIX}{}", self.0.as_str())
    }
}

impl PartialEq for RefPattern {
    fn eq(&self, other: &RefPattern) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Eq for RefPattern {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_refs_from_their_beginning() {
        let narrowing = Narrowing { repos: None, refs: vec![RefPattern::parse("refs/heads/ci/*").unwrap()], level: Level::Write };
        let moves = |name: &str| narrowing.moves(&RefName::parse(name.as_bytes()).unwrap());
        assert!(moves("refs/heads/ci/a"));
        for other in ["refs/heads/ci/a/b", "refs/heads/ci", "refs/tags/ci/a", "refs/heads/refs/heads/ci/a", "refs/heads/main"] {
            assert!(!moves(other), "{other}");
        }
        assert_eq!(narrowing.refs[0].to_string(), "refs/heads/ci/*");
        assert!(Narrowing { refs: Vec::new(), ..narrowing }.moves(&RefName::parse(b"refs/heads/main").unwrap()));
    }

    #[test]
    fn what_fits_no_ref_is_refused() {
        for bad in [
            "",
            "refs/",
            "main",
            "heads/main",
            "refs/heads/",
            "refs//x",
            "refs/heads/a b",
            "refs/refs/heads/x",
            &format!("refs/{}", "x".repeat(300)),
        ] {
            assert!(RefPattern::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn repositories_that_are_named_are_the_only_ones() {
        let narrowing = |repos| Narrowing { repos, refs: Vec::new(), level: Level::Read };
        assert!(narrowing(None).shows(RepoId(1)) && narrowing(Some(vec![RepoId(1)])).shows(RepoId(1)));
        assert!(!narrowing(Some(vec![RepoId(2)])).shows(RepoId(1)) && !narrowing(Some(Vec::new())).shows(RepoId(1)));
    }
}
