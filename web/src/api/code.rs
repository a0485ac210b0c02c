//! What is in a repository: directories, files, history. Paths are encoded as they stand in page addresses.

use hardie_api_types::blame::FileBlame;
use hardie_api_types::branch::{Branch, Reference, Tag};
use hardie_api_types::commit::Commit;
use hardie_api_types::diff::CommitDiff;
use hardie_api_types::search::CodeSearch;
use hardie_api_types::tree::TreeListing;
use hardie_api_types::view::{FileView, Readme};

use super::client::{self, Done};
use super::{Failure, Paged, repo_path};
use crate::routes::{At, RefKind, RepoAddress};
use crate::text::{encode_segment, looks_like_a_file, percent_decode};

/// Commits on one page.
pub const COMMITS_PER_PAGE: u32 = 30;
/// Branches or tags on one page.
pub const REFS_PER_PAGE: u32 = 30;

/// A directory or a file, whichever the path names.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A directory.
    Directory(TreeListing),
    /// A file or a symbolic link.
    File(FileView),
}

/// What a path holds. An address alone does not say whether it is a directory: the likelier one is asked for first.
pub async fn entry(address: &RepoAddress, at: Option<&At>, path: &str) -> Result<Entry, Failure> {
    if path.is_empty() {
        return directory(address, at, path).await.map(Entry::Directory);
    }
    let (first, second) = if looks_like_a_file(path) { (true, false) } else { (false, true) };
    match entry_as(first, address, at, path).await {
        Err(failure) if is_other_kind(&failure) => entry_as(second, address, at, path).await.map_err(|_| failure),
        other => other,
    }
}

async fn entry_as(file: bool, address: &RepoAddress, at: Option<&At>, path: &str) -> Result<Entry, Failure> {
    match file {
        true => self::file(address, at, path).await.map(Entry::File),
        false => directory(address, at, path).await.map(Entry::Directory),
    }
}

fn is_other_kind(failure: &Failure) -> bool {
    matches!(failure.status, 404 | 409 | 422)
}

/// A directory with the last commit of each entry.
pub async fn directory(address: &RepoAddress, at: Option<&At>, path: &str) -> Result<TreeListing, Failure> {
    let slash = if path.is_empty() { "" } else { "/" };
    client::get(&format!("{}/tree{slash}{path}{}", repo_path(address), ref_query('?', at))).await
}

/// A file, highlighted.
pub async fn file(address: &RepoAddress, at: Option<&At>, path: &str) -> Result<FileView, Failure> {
    client::get(&format!("{}/file/{path}{}", repo_path(address), ref_query('?', at))).await
}

/// A file with the commit of each line.
pub async fn blame(address: &RepoAddress, at: &At, path: &str) -> Result<FileBlame, Failure> {
    client::get(&format!("{}/blame/{path}{}", repo_path(address), ref_query('?', Some(at)))).await
}

/// Lines of the files below a path that hold a text.
pub async fn search(address: &RepoAddress, at: Option<&At>, path: &str, text: &str, ignore_case: bool) -> Result<CodeSearch, Failure> {
    let (at, path) = (ref_query('&', at), path_query(path));
    client::get(&format!("{}/search?q={}&ignore_case={ignore_case}{at}{path}", repo_path(address), encode_segment(text))).await
}

/// The rendered README of a directory that is known to have one.
pub async fn readme(address: &RepoAddress, at: Option<&At>, path: &str) -> Result<Readme, Failure> {
    let slash = if path.is_empty() { "" } else { "/" };
    client::get(&format!("{}/readme{slash}{path}{}", repo_path(address), ref_query('?', at))).await
}

/// History, newest first.
pub async fn commits(address: &RepoAddress, at: Option<&At>, path: &str, page: u32) -> Result<Paged<Commit>, Failure> {
    let at = at.map_or(String::new(), |at| format!("&sha={}", encode_segment(&at.full_name())));
    let path = path_query(path);
    client::get_page(&format!(
        "{}/commits?page={page}&limit={COMMITS_PER_PAGE}&stat=false&files=false&verification=false{at}{path}",
        repo_path(address)
    ))
    .await
}

/// One commit with what it changed.
pub async fn commit_diff(address: &RepoAddress, sha: &str) -> Result<CommitDiff, Failure> {
    client::get(&format!("{}/git/commits/{}/diff", repo_path(address), encode_segment(sha))).await
}

/// Branches.
pub async fn branches(address: &RepoAddress, page: u32) -> Result<Paged<Branch>, Failure> {
    client::get_page(&format!("{}/branches?page={page}&limit={REFS_PER_PAGE}", repo_path(address))).await
}

/// Deletes a branch.
pub async fn delete_branch(address: &RepoAddress, name: &str) -> Result<Done, Failure> {
    client::delete(&format!("{}/branches/{}", repo_path(address), encode_segment(name))).await
}

/// Tags.
pub async fn tags(address: &RepoAddress, page: u32) -> Result<Paged<Tag>, Failure> {
    client::get_page(&format!("{}/tags?page={page}&limit={REFS_PER_PAGE}", repo_path(address))).await
}

/// What an older link means, in which the slashes of a ref are not encoded; `None` if the server has no such ref.
pub async fn longer_ref(address: &RepoAddress, at: &At, path: &str) -> Option<(At, String)> {
    if path.is_empty() || at.kind == RefKind::Commit {
        return None;
    }
    let first = percent_decode(path.split('/').next().unwrap_or(path));
    let beginning = format!("{}/{first}", at.full_name());
    let beginning = beginning.strip_prefix("refs/").unwrap_or(&beginning);
    let found: Vec<Reference> = client::get(&format!("{}/git/refs/{}", repo_path(address), encode_segment(beginning))).await.ok()?;
    let names: Vec<String> = found.into_iter().map(|found| found.name).collect();
    at.longer(path, &names)
}

/// A path goes from an address into a query's value as it is, but for the characters that a query gives a meaning.
fn path_query(path: &str) -> String {
    match path {
        "" => String::new(),
        path => format!("&path={}", path.replace('/', "%2F").replace('+', "%2B").replace('&', "%26")),
    }
}

fn ref_query(first: char, at: Option<&At>) -> String {
    at.map_or(String::new(), |at| format!("{first}ref={}", encode_segment(&at.full_name())))
}
