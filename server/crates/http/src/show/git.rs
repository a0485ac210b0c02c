//! Commits, branches, tags, refs and trees.

use hardie_api_types::Time;
use hardie_api_types::branch::{AnnotatedTag, Branch, GitObject, PayloadCommit, PayloadUser, Reference, Tag};
use hardie_api_types::commit::{Commit, CommitMeta, CommitUser, RepoCommit, Verification};
use hardie_api_types::contents::{GitBlobResponse, GitEntry};
use hardie_api_types::tree::{CommitSummary, ListingEntry};
use hardie_app::accounts::Account;
use hardie_app::browse::{self, BlobView, CommitInfo, CommitView, EntryKind, GitTreeItem, RefView, Signature, TreeItem};
use hardie_app::signatures::Trust;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::plugin::Signed;

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
                verification: Some(verification(view)),
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
        let asks = || branch.rules.iter().map(|rule| &rule.settings);
        Branch {
            name: branch.name.short(),
            commit: self.payload_commit(&branch.tip),
            protected: !branch.rules.is_empty(),
            required_approvals: asks().map(|asks| asks.required_approvals).max().unwrap_or_default(),
            enable_status_check: asks().any(|asks| asks.status_check),
            status_check_contexts: asks().flat_map(|asks| asks.status_contexts.clone()).collect(),
            user_can_push: branch.can_push,
            user_can_merge: branch.can_push,
            effective_branch_protection_name: branch.rules.first().map(|rule| rule.pattern.clone()).unwrap_or_default(),
            ahead: branch.distance.map(|distance| number(distance.ahead)),
            behind: branch.distance.map(|distance| number(distance.behind)),
        }
    }

    /// A commit as branches and webhooks have it.
    pub fn payload_commit(&self, view: &CommitView) -> PayloadCommit {
        let CommitView { info, author, committer, .. } = view;
        PayloadCommit {
            id: info.id.to_hex(),
            message: text(&info.message),
            url: self.links.repo_page(self.repo, &format!("commit/{}", info.id)),
            author: payload_user(&info.author, author.as_ref()),
            committer: payload_user(&info.committer, committer.as_ref()),
            verification: Some(verification(view)),
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

    /// An annotated tag.
    pub fn annotated_tag(&self, tag: &browse::TagView) -> AnnotatedTag {
        let browse::TagView { annotation, tagger, trust } = tag;
        let signature = annotation.signed.as_deref().map(|signed| signed.signature.as_slice()).unwrap_or_default();
        let nobody = Signature { name: Vec::new(), email: Vec::new(), seconds: 0, offset_minutes: 0 };
        AnnotatedTag {
            tag: text(&annotation.name),
            sha: annotation.oid.to_hex(),
            url: self.api("tag", &annotation.oid),
            message: text(annotation.message.strip_suffix(signature).unwrap_or(&annotation.message)),
            tagger: annotation.tagger.as_ref().map(commit_user),
            object: GitObject {
                kind: annotation.target_kind.to_owned(),
                sha: annotation.target.to_hex(),
                url: self.api(annotation.target_kind, &annotation.target),
            },
            verification: worth(trust, annotation.signed.as_deref(), annotation.tagger.as_ref().unwrap_or(&nobody), tagger.as_ref()),
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

/// What the signature of a commit is worth.
fn verification(view: &CommitView) -> Verification {
    let info = &view.info;
    worth(&view.trust, info.signed.as_deref(), &info.committer, view.committer.as_ref())
}

fn worth(trust: &Trust, signed: Option<&Signed>, person: &Signature, account: Option<&Account>) -> Verification {
    let reason = match trust {
        Trust::Good(key) => format!("{} / {key}", account.map(|account| account.name.to_string()).unwrap_or_default()),
        Trust::Unsigned => "gpg.error.not_signed_commit".to_owned(),
        Trust::NoAccount => "gpg.error.no_committer_account".to_owned(),
        Trust::UnknownKey => "gpg.error.no_gpg_keys_found".to_owned(),
        Trust::Bad => "gpg.error.probable_bad_signature".to_owned(),
        Trust::Unreadable => "gpg.error.extract_sign".to_owned(),
    };
    Verification {
        verified: trust.is_good(),
        reason,
        signature: signed.map(|signed| text(&signed.signature)).unwrap_or_default(),
        payload: signed.map(|signed| text(&signed.payload)).unwrap_or_default(),
        signer: trust.is_good().then(|| payload_user(person, account)),
    }
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
                signed: None,
            };
            summary(&info).title
        };
        assert_eq!(of(b"\n \n  Add it \n\nmore"), "Add it");
        assert_eq!(of(b""), "");
        assert_eq!(of(b"caf\xe9"), "caf\u{fffd}");
    }
}
