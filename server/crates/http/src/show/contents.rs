//! Files and folders as Gitea's `contents` shows them.

use hardie_api_types::Time;
use hardie_api_types::change::FileCommitResponse;
use hardie_api_types::commit::{Commit, RepoCommit, Verification};
use hardie_api_types::contents::{ContentsResponse, FileLinks};
use hardie_app::browse::{CommitView, EntryKind, FileView, Revision, TreeItem};

use super::git::{Place, base64, join, number, text};
use crate::links::{encode, encode_query};

impl Place<'_> {
    /// An entry without content: one of a folder's list, or a submodule.
    pub fn contents_entry(&self, rev: &Revision, dir: &[u8], item: &TreeItem) -> ContentsResponse {
        let path = join(dir, &item.name);
        let encoded = encode(&path);
        let reference = encode_query(rev.name.as_bytes());
        let (kind, git_kind) = match item.kind {
            EntryKind::Dir => ("dir", Some("trees")),
            EntryKind::File | EntryKind::Executable => ("file", Some("blobs")),
            EntryKind::Symlink => ("symlink", Some("blobs")),
            EntryKind::Submodule => ("submodule", None),
        };
        let place = match rev.kind.as_str() {
            kind @ ("branch" | "tag") => format!("{kind}/{reference}"),
            _ => format!("commit/{}", rev.commit),
        };
        let url = Some(self.links.repo_api(self.repo, &format!("contents/{encoded}?ref={reference}")));
        let html_url = git_kind.map(|_| self.links.repo_page(self.repo, &format!("src/{place}/{encoded}")));
        let git_url = git_kind.map(|kind| self.links.repo_api(self.repo, &format!("git/{kind}/{}", item.oid)));
        let download = git_kind == Some("blobs");
        ContentsResponse {
            name: text(&item.name),
            path: text(&path),
            sha: item.oid.to_hex(),
            last_commit_sha: item.last_commit.as_ref().map(|c| c.id.to_hex()).unwrap_or_default(),
            last_committer_date: None,
            kind: kind.to_owned(),
            size: number(item.size.unwrap_or(0)),
            encoding: None,
            content: None,
            target: None,
            url: url.clone(),
            html_url: html_url.clone(),
            git_url: git_url.clone(),
            download_url: download.then(|| self.links.repo_page(self.repo, &format!("raw/{place}/{encoded}"))),
            submodule_git_url: None,
            links: FileLinks { this: url, git: git_url, html: html_url },
        }
    }

    /// A file with its content.
    pub fn contents_file(&self, item: &TreeItem, dir: &[u8], file: &FileView) -> ContentsResponse {
        let is_link = file.kind == EntryKind::Symlink;
        let content = file.content.as_ref().filter(|_| !is_link).map(|bytes| base64(bytes));
        ContentsResponse {
            last_commit_sha: file.last_commit.as_ref().map(|c| c.id.to_hex()).unwrap_or_default(),
            last_committer_date: file.last_commit.as_ref().map(|c| Time::with_offset(c.committer.seconds, c.committer.offset_minutes)),
            size: number(file.size),
            encoding: content.as_ref().map(|_| "base64".to_owned()),
            content,
            target: file.content.as_ref().filter(|_| is_link).map(|bytes| text(bytes)),
            ..self.contents_entry(&file.rev, dir, item)
        }
    }

    /// A file as a commit has just made it.
    pub fn changed_file(&self, file: &FileView) -> ContentsResponse {
        let name = file.path.rsplit(|b| *b == b'/').next().unwrap_or_default().to_vec();
        let item = TreeItem { name, mode: file.mode, kind: file.kind, oid: file.oid, size: Some(file.size), last_commit: None };
        self.contents_file(&item, folder_of(&file.path), file)
    }

    /// A commit in the form that changes of files answer, and what is said of its signature.
    pub fn file_commit(&self, view: &CommitView) -> (FileCommitResponse, Option<Verification>) {
        let Commit { url, sha, created, html_url, commit, parents, .. } = self.commit(view);
        let RepoCommit { author, committer, message, tree, verification, .. } = commit;
        (FileCommitResponse { url, sha, created, html_url, author, committer, parents, message, tree }, verification)
    }
}

/// The folder of a path.
pub fn folder_of(path: &[u8]) -> &[u8] {
    path.iter().rposition(|b| *b == b'/').and_then(|at| path.get(..at)).unwrap_or_default()
}
