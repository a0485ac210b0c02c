//! What is pushed, and by whom.

use crate::oid::Oid;

/// Where the facts come from: the server, or a mock.
pub(crate) trait PushSource {
    fn repository_path(&self) -> String;
    fn default_branch(&self) -> String;
    fn actor_name(&self) -> String;
    fn actor_role(&self) -> String;
    fn door(&self) -> String;
    fn options(&self) -> Vec<String>;
    fn updates(&self, start: u32, limit: u32) -> Vec<RefUpdate>;
}

/// A push.
pub struct Push<'a>(pub(crate) &'a dyn PushSource);

impl Push<'_> {
    /// The repository as `owner/name`.
    pub fn repository_path(&self) -> String {
        self.0.repository_path()
    }

    /// The branch that HEAD names, such as `main`.
    pub fn default_branch(&self) -> String {
        self.0.default_branch()
    }

    /// The pusher's user name.
    pub fn actor_name(&self) -> String {
        self.0.actor_name()
    }

    /// `read`, `write` or `admin`.
    pub fn actor_role(&self) -> String {
        self.0.actor_role()
    }

    /// `ssh`, `http`, `api` or `system`.
    pub fn door(&self) -> String {
        self.0.door()
    }

    /// Push options as sent by `git push -o`.
    pub fn options(&self) -> Vec<String> {
        self.0.options()
    }

    /// The ref updates, in the order of the push.
    pub fn updates(&self) -> Vec<RefUpdate> {
        let mut all = Vec::new();
        loop {
            let page = self.0.updates(u32::try_from(all.len()).unwrap_or(u32::MAX), 256);
            let last = page.len() < 256;
            all.extend(page);
            if last {
                return all;
            }
        }
    }
}

/// One ref update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// Its position in the push; what a verdict names.
    pub index: u32,
    /// Full name, such as `refs/heads/main`. Bytes, since git does not promise UTF-8.
    pub name: Vec<u8>,
    /// What the ref is now; `None` if it does not exist.
    pub old: Option<Oid>,
    /// What it shall be; `None` if it shall go away.
    pub new: Option<Oid>,
    /// What happens to it.
    pub kind: UpdateKind,
}

impl RefUpdate {
    /// Whether it is a branch.
    pub fn is_branch(&self) -> bool {
        self.name.starts_with(b"refs/heads/")
    }

    /// Whether it is a tag.
    pub fn is_tag(&self) -> bool {
        self.name.starts_with(b"refs/tags/")
    }

    /// The name without `refs/heads/`, `refs/tags/` or `refs/`, for people.
    pub fn short_name(&self) -> String {
        let rest = [&b"refs/heads/"[..], b"refs/tags/", b"refs/"].iter().find_map(|prefix| self.name.strip_prefix(*prefix));
        String::from_utf8_lossy(rest.unwrap_or(&self.name)).into_owned()
    }
}

/// What happens to a ref.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateKind {
    /// It is new.
    Create,
    /// It moves forward.
    Update,
    /// It moves and drops commits.
    Force,
    /// It goes away.
    Delete,
}

impl UpdateKind {
    /// An unknown word of a later server counts as the one to be most careful with.
    pub(crate) fn parse(word: &str) -> UpdateKind {
        match word {
            "create" => UpdateKind::Create,
            "update" => UpdateKind::Update,
            "delete" => UpdateKind::Delete,
            _ => UpdateKind::Force,
        }
    }
}
