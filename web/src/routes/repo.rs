//! Addresses below one repository.
//!
//! A ref in an address is one percent-encoded segment (`feature%2Fx`), so that ref and path never mix. Paths stay encoded
//! from the address bar to the API and back: names that are not UTF-8 survive.

use super::{HookView, PluginView};
use crate::text::{encode_segment, percent_decode};

/// Whose repository, and its name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RepoAddress {
    /// The owner's name.
    pub owner: String,
    /// The repository's name.
    pub name: String,
}

/// What kind of thing a ref in an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefKind {
    /// `refs/heads/…`
    Branch,
    /// `refs/tags/…`
    Tag,
    /// A commit by its id.
    Commit,
}

/// A ref that a page looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// Its kind.
    pub kind: RefKind,
    /// Its short name or id, decoded.
    pub name: String,
}

/// A page of the repository's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepoTab {
    /// Name, visibility, danger zone.
    General,
    /// Who else works on it.
    Collaborators,
    /// Branch protection.
    Branches,
    /// Sandboxed hooks.
    Plugins,
    /// Servers that are told what happens.
    Hooks,
}

/// What a repository's address shows. Paths are encoded, without a slash at either end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RepoView {
    /// A directory or a file; the default branch's top if `at` is `None`.
    Code {
        /// The ref.
        at: Option<At>,
        /// The encoded path.
        path: String,
    },
    /// History.
    Commits {
        /// The ref.
        at: Option<At>,
        /// The encoded path; the whole history if empty.
        path: String,
    },
    /// Who brought each line of a file.
    Blame {
        /// The ref.
        at: At,
        /// The encoded path.
        path: String,
    },
    /// A text looked for in the files; `?q=` says which.
    Search {
        /// The ref; the default branch if `None`.
        at: Option<At>,
        /// The encoded path of the folder that is searched; everything if empty.
        path: String,
    },
    /// One commit.
    Commit(String),
    /// All branches.
    Branches,
    /// All tags.
    Tags,
    /// All releases, or that of one tag.
    Releases(Option<String>),
    /// Settings.
    Settings(RepoTab),
    /// A page of an installed plugin, which is named by its id.
    Plugin(i64, PluginView),
    /// A page of webhooks.
    Hooks(HookView),
    /// Nothing of ours.
    NotFound,
}

impl RefKind {
    fn parse(word: &str) -> Option<RefKind> {
        match word {
            "branch" => Some(RefKind::Branch),
            "tag" => Some(RefKind::Tag),
            "commit" => Some(RefKind::Commit),
            _ => None,
        }
    }

    /// As addresses and the API write it.
    pub fn word(self) -> &'static str {
        match self {
            RefKind::Branch => "branch",
            RefKind::Tag => "tag",
            RefKind::Commit => "commit",
        }
    }
}

impl At {
    /// From the API's `ref` and `ref_kind`.
    pub fn new(kind: &str, name: &str) -> At {
        At { kind: RefKind::parse(kind).unwrap_or(RefKind::Branch), name: name.to_owned() }
    }

    /// A branch.
    pub fn branch(name: &str) -> At {
        At { kind: RefKind::Branch, name: name.to_owned() }
    }

    /// As the API is asked for it: a tag and a branch of one name are told apart.
    pub fn full_name(&self) -> String {
        match self.kind {
            RefKind::Branch => format!("refs/heads/{}", self.name),
            RefKind::Tag => format!("refs/tags/{}", self.name),
            RefKind::Commit => self.name.clone(),
        }
    }

    /// What an older link means, whose ref has its slashes as they are: the ref takes so many parts of the path that it is one of
    /// these full names, and the rest is the path.
    pub fn longer(&self, path: &str, full_names: &[String]) -> Option<(At, String)> {
        let mut at = self.clone();
        let mut rest = path;
        while !rest.is_empty() {
            let (part, below) = rest.split_once('/').unwrap_or((rest, ""));
            at.name = format!("{}/{}", at.name, percent_decode(part));
            rest = below;
            if full_names.contains(&at.full_name()) {
                return Some((at, rest.to_owned()));
            }
        }
        None
    }

    /// As it stands in an address.
    pub fn segment(&self) -> String {
        format!("{}/{}", self.kind.word(), encode_segment(&self.name))
    }
}

impl RepoTab {
    /// In the order of the menu.
    pub const ALL: [RepoTab; 5] = [RepoTab::General, RepoTab::Collaborators, RepoTab::Branches, RepoTab::Hooks, RepoTab::Plugins];

    /// The last part of its address.
    pub fn slug(self) -> &'static str {
        match self {
            RepoTab::General => "general",
            RepoTab::Collaborators => "collaborators",
            RepoTab::Branches => "branches",
            RepoTab::Plugins => "plugins",
            RepoTab::Hooks => "hooks",
        }
    }

    /// Its name in the menu.
    pub fn label(self) -> &'static str {
        match self {
            RepoTab::General => "General",
            RepoTab::Collaborators => "Collaborators",
            RepoTab::Branches => "Branch protection",
            RepoTab::Plugins => "Plugins",
            RepoTab::Hooks => "Webhooks",
        }
    }
}

impl RepoView {
    /// Reads what follows owner and name.
    pub fn parse(rest: &[&str]) -> RepoView {
        let placed = |kind: &str, name: &str| RefKind::parse(kind).map(|kind| At { kind, name: percent_decode(name) });
        match rest {
            [] => RepoView::Code { at: None, path: String::new() },
            ["src", kind, name, path @ ..] => match placed(kind, name) {
                Some(at) => RepoView::Code { at: Some(at), path: path.join("/") },
                None => RepoView::NotFound,
            },
            ["commits"] => RepoView::Commits { at: None, path: String::new() },
            ["commits", kind, name, path @ ..] => match placed(kind, name) {
                Some(at) => RepoView::Commits { at: Some(at), path: path.join("/") },
                None => RepoView::NotFound,
            },
            ["blame", kind, name, path @ ..] if !path.is_empty() => match placed(kind, name) {
                Some(at) => RepoView::Blame { at, path: path.join("/") },
                None => RepoView::NotFound,
            },
            ["search"] => RepoView::Search { at: None, path: String::new() },
            ["search", kind, name, path @ ..] => match placed(kind, name) {
                Some(at) => RepoView::Search { at: Some(at), path: path.join("/") },
                None => RepoView::NotFound,
            },
            ["commit", sha] => RepoView::Commit((*sha).to_owned()),
            ["branches"] => RepoView::Branches,
            ["tags"] => RepoView::Tags,
            ["releases"] => RepoView::Releases(None),
            // Some links have the slashes of a tag as they are.
            ["releases", "tag", tag @ ..] if !tag.is_empty() => RepoView::Releases(Some(percent_decode(&tag.join("/")))),
            ["settings"] => RepoView::Settings(RepoTab::General),
            ["settings", "plugins", rest @ ..] if !rest.is_empty() => {
                PluginView::parse(rest).map_or(RepoView::NotFound, |(id, view)| RepoView::Plugin(id, view))
            }
            ["settings", "hooks", rest @ ..] => HookView::parse(rest).map_or(RepoView::NotFound, RepoView::Hooks),
            ["settings", slug] => RepoTab::ALL.into_iter().find(|tab| tab.slug() == *slug).map_or(RepoView::NotFound, RepoView::Settings),
            _ => RepoView::NotFound,
        }
    }
}

impl RepoAddress {
    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Its first page.
    pub fn url(&self) -> String {
        format!("/{}/{}", encode_segment(&self.owner), encode_segment(&self.name))
    }

    /// A directory or file; `path` encoded.
    pub fn code(&self, at: &At, path: &str) -> String {
        self.placed("src", at, path)
    }

    /// The history of a ref, or of a path at it.
    pub fn commits(&self, at: &At, path: &str) -> String {
        self.placed("commits", at, path)
    }

    /// Who brought each line of a file.
    pub fn blame(&self, at: &At, path: &str) -> String {
        self.placed("blame", at, path)
    }

    /// Searching the files of a ref, or of a folder at it.
    pub fn search(&self, at: &At, path: &str) -> String {
        self.placed("search", at, path)
    }

    /// Searching the files of the default branch.
    pub fn search_all(&self) -> String {
        format!("{}/search", self.url())
    }

    /// A file's bytes.
    pub fn raw(&self, at: &At, path: &str) -> String {
        self.placed("raw", at, path)
    }

    /// All files as one; `format` is `zip` or `tar.gz`.
    pub fn archive(&self, at: &At, format: &str) -> String {
        format!("{}/archive/{}.{format}", self.url(), encode_segment(&at.full_name()))
    }

    /// One commit.
    pub fn commit(&self, sha: &str) -> String {
        format!("{}/commit/{}", self.url(), encode_segment(sha))
    }

    /// All branches.
    pub fn branches(&self) -> String {
        format!("{}/branches", self.url())
    }

    /// All tags.
    pub fn tags(&self) -> String {
        format!("{}/tags", self.url())
    }

    /// All releases.
    pub fn releases(&self) -> String {
        format!("{}/releases", self.url())
    }

    /// The release of a tag.
    pub fn release(&self, tag: &str) -> String {
        format!("{}/releases/tag/{}", self.url(), encode_segment(tag))
    }

    /// A file of the release of a tag.
    pub fn release_file(&self, tag: &str, name: &str) -> String {
        format!("{}/releases/download/{}/{}", self.url(), encode_segment(tag), encode_segment(name))
    }

    /// A page of its settings.
    pub fn settings(&self, tab: RepoTab) -> String {
        format!("{}/settings/{}", self.url(), tab.slug())
    }

    fn placed(&self, what: &str, at: &At, path: &str) -> String {
        let slash = if path.is_empty() { "" } else { "/" };
        format!("{}/{what}/{}{slash}{path}", self.url(), at.segment())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool() -> RepoAddress {
        RepoAddress { owner: "ann".into(), name: "tool".into() }
    }

    fn reread(url: &str) -> RepoView {
        let parts: Vec<&str> = url.split('/').filter(|part| !part.is_empty()).skip(2).collect();
        RepoView::parse(&parts)
    }

    #[test]
    fn a_link_is_read_back_as_what_it_was_made_from() {
        for name in ["main", "feature/x", "a b", "50%", "ä#?"] {
            let at = At::branch(name);
            for path in ["", "src/lib.rs", "odd%FFname/a%20b"] {
                let code = RepoView::Code { at: Some(at.clone()), path: path.to_owned() };
                assert_eq!(reread(&tool().code(&at, path)), code);
                let commits = RepoView::Commits { at: Some(at.clone()), path: path.to_owned() };
                assert_eq!(reread(&tool().commits(&at, path)), commits);
                let search = RepoView::Search { at: Some(at.clone()), path: path.to_owned() };
                assert_eq!(reread(&tool().search(&at, path)), search);
                let blame = if path.is_empty() { RepoView::NotFound } else { RepoView::Blame { at: at.clone(), path: path.to_owned() } };
                assert_eq!(reread(&tool().blame(&at, path)), blame);
            }
        }
        assert_eq!(reread(&tool().search_all()), RepoView::Search { at: None, path: String::new() });
        assert_eq!(reread(&tool().releases()), RepoView::Releases(None));
        for tag in ["v1.0", "topic/v1", "a b#?"] {
            assert_eq!(reread(&tool().release(tag)), RepoView::Releases(Some(tag.into())));
        }
        assert_eq!(reread(&tool().commit("abc")), RepoView::Commit("abc".into()));
        for tab in RepoTab::ALL {
            let view = if tab == RepoTab::Hooks { RepoView::Hooks(HookView::All) } else { RepoView::Settings(tab) };
            assert_eq!(reread(&tool().settings(tab)), view);
        }
    }

    #[test]
    fn a_tag_and_a_branch_of_one_name_are_two_things() {
        let names = ["branch", "tag", "commit"].map(|kind| At::new(kind, "v1").full_name());
        assert_eq!(names, ["refs/heads/v1", "refs/tags/v1", "v1"]);
    }

    #[test]
    fn an_older_link_gives_its_ref_the_beginning_of_the_path() {
        let known = ["refs/heads/feature/x".to_owned(), "refs/heads/feature/ä b/c".to_owned()];
        let read = |path: &str| At::branch("feature").longer(path, &known).map(|(at, rest)| (at.name, rest));
        assert_eq!(read("x/src/a%20b"), Some(("feature/x".into(), "src/a%20b".into())));
        assert_eq!(read("%C3%A4%20b/c"), Some(("feature/ä b/c".into(), String::new())));
        assert_eq!(read("y/x"), None);
        assert_eq!(At::new("tag", "feature").longer("x", &known), None);
    }

    #[test]
    fn an_archive_is_of_the_ref_that_is_shown() {
        assert_eq!(tool().archive(&At::branch("feature/x"), "tar.gz"), "/ann/tool/archive/refs%2Fheads%2Ffeature%2Fx.tar.gz");
        assert_eq!(tool().archive(&At::new("tag", "v1"), "zip"), "/ann/tool/archive/refs%2Ftags%2Fv1.zip");
    }

    #[test]
    fn unknown_addresses_are_not_found() {
        for url in ["/a/b/src/nonsense/x", "/a/b/wiki", "/a/b/settings/x", "/a/b/commit/x/y"] {
            assert_eq!(reread(url), RepoView::NotFound, "{url}");
        }
    }
}
