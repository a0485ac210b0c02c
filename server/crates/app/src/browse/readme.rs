//! The README of a folder.

use bytes::Bytes;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::policy::TreeEntry;
use hardie_git::read as git_read;

use super::files::MAX_SHOWN_BYTES;
use super::listing::{EntryKind, at};
use super::reading::{explain, read};
use super::revision::Revision;
use crate::{App, Ctx, Result};

/// A README, as stored. Rendering it is `crate::render`'s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readme {
    /// The revision that it was read at.
    pub rev: Revision,
    /// Its path. Bytes.
    pub path: Vec<u8>,
    /// The blob.
    pub oid: Oid,
    /// Whether its name says that it is Markdown.
    pub is_markdown: bool,
    /// The content.
    pub content: Bytes,
}

/// The README of a folder; `None` if there is none that can be shown.
pub async fn readme(app: &App, ctx: &Ctx, path: &RepoPath, rev: Option<&str>, dir: &[u8]) -> Result<Option<Readme>> {
    let (rev, dir) = (rev.map(str::to_owned), dir.to_vec());
    read(app, ctx, path, move |r| {
        let odb = &r.handle.odb;
        let rev = r.resolve(rev.as_deref())?;
        let top = git_read::peel_to_tree(odb, &rev.commit).map_err(explain)?;
        let folder = at(r, &top, &dir)?;
        if EntryKind::of_mode(folder.mode) != EntryKind::Dir {
            return Ok(None);
        }
        let entries = git_read::tree(odb, &folder.id).map_err(explain)?;
        let best = entries.iter().filter_map(|entry| Some((rank(entry)?, entry))).min_by_key(|(rank, _)| *rank);
        let Some((rank, entry)) = best else { return Ok(None) };
        if odb.blob_size(&entry.id).map_err(explain)? > MAX_SHOWN_BYTES {
            return Ok(None);
        }
        let content = odb.blob(&entry.id, MAX_SHOWN_BYTES).map_err(explain)?;
        let path = if dir.is_empty() { entry.name.clone() } else { [dir.as_slice(), b"/", &entry.name].concat() };
        Ok(Some(Readme { rev, path, oid: entry.id, is_markdown: rank < PLAIN, content }))
    })
    .await
}

/// Markdown before text before no ending.
const ENDINGS: [&[u8]; 4] = [b".md", b".markdown", b".txt", b""];
const PLAIN: usize = 2;

fn rank(entry: &TreeEntry) -> Option<usize> {
    // A symbolic link's content is a path, not a text; following it is not worth its traps.
    if !matches!(EntryKind::of_mode(entry.mode), EntryKind::File | EntryKind::Executable) {
        return None;
    }
    let lower = entry.name.to_ascii_lowercase();
    let ending = lower.strip_prefix(b"readme")?;
    ENDINGS.iter().position(|known| *known == ending)
}
