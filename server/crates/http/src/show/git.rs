//! Commits, branches, tags, refs and trees.

use hardie_api_types::Time;
use hardie_api_types::branch::{AnnotatedTag, Branch, GitObject, PayloadCommit, PayloadUser, Reference, Tag};
use hardie_api_types::commit::{Commit, CommitMeta, CommitUser, RepoCommit, Verification};
use hardie_api_types::contents::{GitBlobResponse, GitEntry};
use hardie_api_types::tree::{CommitSummary, ListingEntry};
use hardie_app::accounts::Account;
use hardie_app::browse::{self, Annotation, BlobView, CommitInfo, CommitView, EntryKind, GitTreeItem, RefView, Signature, TreeItem};
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;

use super::user;
use crate::links::{Links, encode};

/// Bytes as text; what is not UTF-8 is replaced.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The address of one repository, from which the others are made.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The addresses of the server.
    pub links: &'a Links,
    /// The repository.
    pub repo: &'a RepoPath,
}

impl Place<'_> {
    fn api(&self, kind: &str, id: &Oid) -> String {
        self.links.repo_api(self.repo, &format!("git/{kind}s/{id}"))
    }

    fn meta(&self, kind: &str, id: &Oid, created: Time) -> CommitMeta {
        CommitMeta { url: self.api(kind, id), sha: id.to_hex(), created }
    }

    /// A commit.
    pub fn commit(&self, view: &CommitView) -> Commit {
        let info = &view.info;
        let at = Time::with_offset(info.committer.seconds, info.committer.offset_minutes);
        Commit {
            url: self.api("commit", &info.id),
            sha: info.id.to_hex(),
            created: at.clone(),
            html_url: self.links.repo_page(self.repo, &format!("commit/{}", info.id)),
            commit: RepoCommit {
                url: self.api("commit", &info.id),
                author: commit_user(&info.author),
                committer: commit_user(&info.committer),
                message: text(&info.message),
                tree: self.meta("tree", &info.tree, at),
                verification: Some(unverified()),
            },
            author: view.author.as_ref().map(|account| user(self.links, account)),
            committer: view.committer.as_ref().map(|account| user(self.links, account)),
            parents: info.parents.iter().map(|id| self.meta("commit", id, Time::never())).collect(),
            files: Vec::new(),
            stats: None,
            status: None,
        }
    }

    /// A branch.
    pub fn branch(&self, branch: &browse::Branch) -> Branch {
        Branch {
            name: branch.name.short(),
            commit: self.payload_commit(&branch.tip),
            protected: !branch.rules.is_empty(),
            required_approvals: 0,
            enable_status_check: false,
            status_check_contexts: Vec::new(),
            user_can_push: branch.can_push,
            user_can_merge: branch.can_push,
            effective_branch_protection_name: branch.rules.first().cloned().unwrap_or_default(),
            ahead: branch.distance.map(|distance| number(distance.ahead)),
            behind: branch.distance.map(|distance| number(distance.behind)),
        }
    }

    /// A commit as branches and webhooks have it.
    pub fn payload_commit(&self, view: &CommitView) -> PayloadCommit {
        let CommitView { info, author, committer } = view;
        PayloadCommit {
            id: info.id.to_hex(),
            message: text(&info.message),
            url: self.links.repo_page(self.repo, &format!("commit/{}", info.id)),
            author: payload_user(&info.author, author.as_ref()),
            committer: payload_user(&info.committer, committer.as_ref()),
            verification: Some(unverified()),
            timestamp: Time::with_offset(info.committer.seconds, info.committer.offset_minutes),
            added: None,
            removed: None,
            modified: None,
        }
    }

    /// A tag.
    pub fn tag(&self, tag: &browse::Tag) -> Tag {
        let commit = tag.commit.as_ref().map(|view| &view.info);
        let id = commit.map_or(tag.oid, |info| info.id);
        let created = commit.map_or_else(Time::never, |info| Time::with_offset(info.committer.seconds, info.committer.offset_minutes));
        Tag {
            name: tag.name.short(),
            message: tag.annotation.as_ref().map(|a| text(&a.message)).unwrap_or_default(),
            id: tag.oid.to_hex(),
            commit: self.meta("commit", &id, created),
            zipball_url: String::new(),
            tarball_url: String::new(),
        }
    }

    /// A ref.
    pub fn reference(&self, found: &RefView) -> Reference {
        let path = found.name.as_bytes().strip_prefix(b"refs/").unwrap_or(found.name.as_bytes());
        Reference {
            name: found.name.to_string(),
            url: self.links.repo_api(self.repo, &format!("git/refs/{}", encode(path))),
            object: GitObject { kind: found.kind.to_owned(), sha: found.oid.to_hex(), url: self.api(found.kind, &found.oid) },
        }
    }

    /// An annotated tag.
    pub fn annotated(&self, tag: &Annotation) -> AnnotatedTag {
        let (kind, target) = (tag.target_kind, &tag.target);
        AnnotatedTag {
            tag: text(&tag.name),
            sha: tag.oid.to_hex(),
            url: self.api("tag", &tag.oid),
            message: text(&tag.message),
            tagger: tag.tagger.as_ref().map(commit_user),
            object: GitObject { kind: kind.to_owned(), sha: target.to_hex(), url: self.api(kind, target) },
            verification: Some(unverified()),
        }
    }

    /// One entry of a tree as git has it.
    pub fn git_entry(&self, item: &GitTreeItem) -> GitEntry {
        let kind = match EntryKind::of_mode(item.mode) {
            EntryKind::Dir => "tree",
            EntryKind::Submodule => "commit",
            EntryKind::File | EntryKind::Executable | EntryKind::Symlink => "blob",
        };
        // The commit of a submodule lies in another repository.
        let url = if kind == "commit" { String::new() } else { self.api(kind, &item.oid) };
        GitEntry {
            path: text(&item.path),
            mode: format!("{:06o}", item.mode),
            kind: kind.to_owned(),
            size: number(item.size),
            sha: item.oid.to_hex(),
            url,
        }
    }

    /// The address of a tree.
    pub fn tree_url(&self, id: &Oid) -> String {
        self.api("tree", id)
    }

    /// A blob.
    pub fn blob(&self, blob: &BlobView) -> GitBlobResponse {
        let content = blob.content.as_ref().map(|bytes| base64(bytes));
        GitBlobResponse {
            encoding: content.as_ref().map(|_| "base64".to_owned()),
            content,
            url: self.api("blob", &blob.oid),
            sha: blob.oid.to_hex(),
            size: number(blob.size),
        }
    }
}

/// One entry of a folder for the code browser.
pub fn listing_entry(dir: &[u8], item: &TreeItem) -> ListingEntry {
    ListingEntry {
        name: text(&item.name),
        url_path: encode(&join(dir, &item.name)),
        kind: item.kind.as_str().to_owned(),
        sha: item.oid.to_hex(),
        size: item.size.map(number),
        last_commit: item.last_commit.as_deref().map(summary),
    }
}

/// A commit in one line.
pub fn summary(info: &CommitInfo) -> CommitSummary {
    let title = info.message.split(|b| *b == b'\n').find(|line| !line.iter().all(u8::is_ascii_whitespace));
    CommitSummary {
        sha: info.id.to_hex(),
        title: text(title.unwrap_or_default()).trim().to_owned(),
        author_name: text(&info.author.name),
        author_email: text(&info.author.email),
        authored_at: Time::with_offset(info.author.seconds, info.author.offset_minutes),
        committed_at: Time::with_offset(info.committer.seconds, info.committer.offset_minutes),
    }
}

/// A path below a folder.
pub fn join(dir: &[u8], name: &[u8]) -> Vec<u8> {
    if dir.is_empty() { name.to_vec() } else { [dir, b"/", name].concat() }
}

/// Standard base64 with padding.
pub fn base64(bytes: &[u8]) -> String {
    use ::base64::Engine as _;
    ::base64::engine::general_purpose::STANDARD.encode(bytes)
}

/// Sizes fit: no object has 2^63 bytes.
pub fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn commit_user(person: &Signature) -> CommitUser {
    CommitUser { name: text(&person.name), email: text(&person.email), date: Time::with_offset(person.seconds, person.offset_minutes) }
}

fn payload_user(person: &Signature, account: Option<&Account>) -> PayloadUser {
    let username = account.map(|a| a.name.to_string()).unwrap_or_default();
    PayloadUser { name: text(&person.name), email: text(&person.email), username }
}

fn unverified() -> Verification {
    Verification { reason: "signatures are not checked yet".to_owned(), ..Verification::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_the_first_line_with_something_on_it() {
        let person = Signature { name: b"Ann".to_vec(), email: b"a@h".to_vec(), seconds: 0, offset_minutes: 0 };
        let of = |message: &[u8]| {
            let info = CommitInfo {
                id: Oid::ZERO,
                tree: Oid::ZERO,
                parents: Vec::new(),
                author: person.clone(),
                committer: person.clone(),
                message: message.to_vec(),
            };
            summary(&info).title
        };
        assert_eq!(of(b"\n \n  Add it \n\nmore"), "Add it");
        assert_eq!(of(b""), "");
        assert_eq!(of(b"caf\xe9"), "caf\u{fffd}");
    }
}
