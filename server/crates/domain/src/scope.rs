//! Scopes of access tokens, with Gitea's names so that existing clients can ask for them.

use crate::error::Invalid;

/// What part of the server a token is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// Federation; kept for the name's sake.
    Activitypub,
    /// Administration of the whole server.
    Admin,
    /// Issues and pull requests.
    Issue,
    /// Everything without a category of its own.
    Misc,
    /// Notifications of the user.
    Notification,
    /// Organisations and teams.
    Organization,
    /// Packages.
    Package,
    /// Repositories: git itself, contents, settings.
    Repository,
    /// The user's own account, keys and e-mail addresses.
    User,
}

/// Read, or read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Look only.
    Read,
    /// Look and change.
    Write,
}

/// Every category, in Gitea's order.
pub const CATEGORIES: [(Category, &str); 9] = [
    (Category::Activitypub, "activitypub"),
    (Category::Admin, "admin"),
    (Category::Issue, "issue"),
    (Category::Misc, "misc"),
    (Category::Notification, "notification"),
    (Category::Organization, "organization"),
    (Category::Package, "package"),
    (Category::Repository, "repository"),
    (Category::User, "user"),
];

/// A set of scopes. Write includes read of the same category; `all` includes everything, later categories too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct ScopeSet {
    all: bool,
    public_only: bool,
    read: u16,
    write: u16,
}

impl ScopeSet {
    /// Everything: what a password or a browser session carries.
    pub const ALL: ScopeSet = ScopeSet { all: true, public_only: false, read: 0, write: 0 };

    /// Parses names such as `read:repository`, `write:user`, `all`, `public-only`.
    pub fn parse<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<ScopeSet, Invalid> {
        let mut set = ScopeSet::default();
        for name in names.into_iter().map(str::trim).filter(|n| !n.is_empty()) {
            set.add(name)?;
        }
        match set.names().is_empty() || set.names() == ["public-only"] {
            true => Err(Invalid::new("scopes", "at least one is needed, such as read:repository or all")),
            false => Ok(set),
        }
    }

    fn add(&mut self, name: &str) -> Result<(), Invalid> {
        match name {
            "all" => self.all = true,
            "public-only" => self.public_only = true,
            _ => {
                let unknown = || Invalid::new("scopes", format!("{name:?} is not a scope; try read:repository, write:user or all"));
                let (level, category) = name.split_once(':').ok_or_else(unknown)?;
                let bit = bit_of(CATEGORIES.iter().find(|(_, n)| *n == category).map(|(c, _)| *c).ok_or_else(unknown)?);
                match level {
                    "read" => self.read |= bit,
                    "write" => self.write |= bit,
                    _ => return Err(unknown()),
                }
            }
        }
        Ok(())
    }

    /// The names in Gitea's order, for showing and storing.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        if self.all {
            names.push("all".to_owned());
        }
        if self.public_only {
            names.push("public-only".to_owned());
        }
        for (category, name) in CATEGORIES {
            if self.write & bit_of(category) != 0 {
                names.push(format!("write:{name}"));
            } else if self.read & bit_of(category) != 0 {
                names.push(format!("read:{name}"));
            }
        }
        names
    }

    /// Whether the set covers this category at this level.
    pub fn allows(&self, category: Category, level: Level) -> bool {
        let bit = bit_of(category);
        self.all || self.write & bit != 0 || (level == Level::Read && self.read & bit != 0)
    }

    /// Whether only public things may be seen through it.
    pub fn is_public_only(&self) -> bool {
        self.public_only
    }

    /// Whether every right of `other` is also in this set: nobody hands out more than they hold.
    pub fn covers(&self, other: &ScopeSet) -> bool {
        let public_ok = !self.public_only || other.public_only;
        let read_ok = other.read & !(self.read | self.write) == 0;
        public_ok && (self.all || (!other.all && read_ok && other.write & !self.write == 0))
    }
}

fn bit_of(category: Category) -> u16 {
    1 << (category as u16)
}

#[cfg(test)]
mod tests {
    use super::{Category, Level, ScopeSet};

    #[test]
    fn write_includes_read_and_names_round_trip() {
        let set = ScopeSet::parse(["write:repository", "read:user"]).unwrap();
        assert!(set.allows(Category::Repository, Level::Read) && set.allows(Category::Repository, Level::Write));
        assert!(set.allows(Category::User, Level::Read) && !set.allows(Category::User, Level::Write));
        assert!(!set.allows(Category::Admin, Level::Read));
        assert_eq!(set.names(), ["write:repository", "read:user"]);
    }

    #[test]
    fn unknown_or_empty_is_refused() {
        for bad in [&["repo"][..], &["write:everything"], &["delete:user"], &[], &["public-only"]] {
            assert!(ScopeSet::parse(bad.iter().copied()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn nobody_hands_out_more_than_they_hold() {
        let small = ScopeSet::parse(["read:repository"]).unwrap();
        assert!(ScopeSet::ALL.covers(&small) && !small.covers(&ScopeSet::ALL) && small.covers(&small));
        assert!(!small.covers(&ScopeSet::parse(["write:repository"]).unwrap()));
        let public = ScopeSet::parse(["all", "public-only"]).unwrap();
        assert!(!public.covers(&small));
    }
}
