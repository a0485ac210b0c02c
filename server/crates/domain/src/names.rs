//! Names of accounts and repositories: the parts of an address.

use crate::error::Invalid;

/// Names that would shadow an address of the server or of the UI.
const RESERVED_ACCOUNTS: &[&str] = &[
    "-",
    "about",
    "admin",
    "api",
    "archive",
    "assets",
    "attachments",
    "avatar",
    "avatars",
    "captcha",
    "debug",
    "explore",
    "favicon.ico",
    "ghost",
    "hardie",
    "healthz",
    "help",
    "info",
    "install",
    "issues",
    "livez",
    "login",
    "logout",
    "manifest.json",
    "metrics",
    "milestones",
    "new",
    "notifications",
    "org",
    "organizations",
    "orgs",
    "plugins",
    "pulls",
    "raw",
    "readyz",
    "repo",
    "repos",
    "robots.txt",
    "search",
    "settings",
    "ssh",
    "static",
    "swagger.v1.json",
    "teams",
    "user",
    "users",
    "v1",
    "v2",
];
const RESERVED_REPOS: &[&str] = &["-", "settings", "repositories", "packages", "members", "teams", "plugins"];
const RESERVED_TEAMS: &[&str] = &["new", "search"];
/// Ends that git, feeds or our own addresses give a meaning to.
const RESERVED_REPO_ENDINGS: &[&str] = &[".git", ".wiki", ".lock", ".atom", ".rss", ".keys", ".gpg"];

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Checks a name; the error says which rule it breaks.
            pub fn parse(name: &str) -> Result<Self, Invalid> {
                $check(name).map(|()| Self(name.to_owned()))
            }

            /// A name that was checked when it was stored. Rules may have grown since; what exists keeps its name.
            pub fn from_stored(name: String) -> Self {
                Self(name)
            }

            /// As its owner wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The form under which it is unique.
            pub fn lower(&self) -> String {
                self.0.to_ascii_lowercase()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type!(
    /// The name of a user or an organisation: 1 to 40 of `a-z A-Z 0-9 . _ -`, unique without case.
    AccountName,
    check_account
);
name_type!(
    /// The name of a repository: 1 to 100 of `a-z A-Z 0-9 . _ -`, unique without case under its owner.
    RepoName,
    check_repo
);

name_type!(
    /// The name of a team: 1 to 255 of `a-z A-Z 0-9 . _ -`, unique without case in its organisation.
    TeamName,
    check_team
);

fn check_account(name: &str) -> Result<(), Invalid> {
    check_common("username", name, 40)?;
    if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.ends_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err(Invalid::new("username", "must begin and end with a letter or a digit"));
    }
    refuse_reserved("username", name, RESERVED_ACCOUNTS)
}

fn check_repo(name: &str) -> Result<(), Invalid> {
    check_common("name", name, 100)?;
    let lower = name.to_ascii_lowercase();
    if let Some(ending) = RESERVED_REPO_ENDINGS.iter().find(|e| lower.ends_with(**e)) {
        return Err(Invalid::new("name", format!("must not end in {ending:?}")));
    }
    refuse_reserved("name", name, RESERVED_REPOS)
}

fn check_team(name: &str) -> Result<(), Invalid> {
    check_common("name", name, 255)?;
    refuse_reserved("name", name, RESERVED_TEAMS)
}

fn check_common(field: &'static str, name: &str, most: usize) -> Result<(), Invalid> {
    if name.is_empty() || name.len() > most {
        return Err(Invalid::new(field, format!("must have 1 to {most} characters, has {}", name.chars().count())));
    }
    if let Some(c) = name.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))) {
        return Err(Invalid::new(field, format!("may hold letters, digits, '.', '_' and '-', not {c:?}")));
    }
    if name.chars().all(|c| c == '.') || name.contains("..") {
        return Err(Invalid::new(field, "must not be dots alone nor hold two dots in a row"));
    }
    Ok(())
}

fn refuse_reserved(field: &'static str, name: &str, reserved: &[&str]) -> Result<(), Invalid> {
    match reserved.contains(&name.to_ascii_lowercase().as_str()) {
        true => Err(Invalid::new(field, format!("{name:?} is reserved"))),
        false => Ok(()),
    }
}

/// The address of a repository as a person or a client wrote it, not yet looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepoPath {
    /// The owner's name, unchecked.
    pub owner: String,
    /// The repository's name, unchecked and without `.git`.
    pub name: String,
}

impl RepoPath {
    /// Takes `owner/name`, with a leading `/` and a trailing `/` or `.git` allowed, as git clients send it.
    pub fn parse(path: &str) -> Option<RepoPath> {
        let path = path.strip_prefix('/').unwrap_or(path);
        let path = path.strip_suffix('/').unwrap_or(path);
        let (owner, name) = path.split_once('/')?;
        let name = name.strip_suffix(".git").unwrap_or(name);
        match owner.is_empty() || name.is_empty() || name.contains('/') {
            true => None,
            false => Some(RepoPath { owner: owner.to_owned(), name: name.to_owned() }),
        }
    }
}

impl std::fmt::Display for RepoPath {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::{AccountName, RepoName, RepoPath};

    #[test]
    fn ordinary_names_pass_and_traps_do_not() {
        for good in ["alice", "a", "Big-Corp_2", "x.y"] {
            assert!(AccountName::parse(good).is_ok(), "{good}");
            assert!(RepoName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", ".", "..", "a..b", "a/b", "a b", "naïve", "API", "login", "-x", "x-", &"a".repeat(41)] {
            assert!(AccountName::parse(bad).is_err(), "{bad}");
        }
        for bad in ["", ".", "..", "x.git", "x.GIT", "a/b", "a\0b", "settings", &"a".repeat(101)] {
            assert!(RepoName::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn git_addresses_are_taken_apart() {
        for path in ["/alice/tool.git", "alice/tool", "/alice/tool/", "alice/tool.git/"] {
            assert_eq!(RepoPath::parse(path).map(|p| p.to_string()).as_deref(), Some("alice/tool"), "{path}");
        }
        for path in ["", "/", "alice", "/alice/", "a/b/c", "//b"] {
            assert_eq!(RepoPath::parse(path), None, "{path}");
        }
    }
}
