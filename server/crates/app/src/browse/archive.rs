//! What an archive is made of.

use hardie_domain::names::RepoPath;
use hardie_git::archive::Content;
use hardie_git::read::peel_to_tree;

use super::listing::{EntryKind, at};
use super::reading::{explain, read};
use crate::{App, Ctx, Error, Result};

/// The commit that `name` means, and the folder of it that follows a `:`. Bytes, as a client of git wrote them.
pub async fn archive_content(app: &App, ctx: &Ctx, path: &RepoPath, name: &[u8]) -> Result<Content> {
    let (rev, folder) = match name.iter().position(|byte| *byte == b':') {
        Some(at) => (name.get(..at).unwrap_or_default(), name.get(at + 1..).unwrap_or_default()),
        None => (name, &b""[..]),
    };
    // A name that is not UTF-8 is looked for as something that is not there.
    let rev = String::from_utf8_lossy(rev).into_owned();
    let folder = folder.strip_suffix(b"/").unwrap_or(folder).to_vec();
    read(app, ctx, path, move |r| {
        let commit = r.resolve(Some(&rev))?.commit;
        if !folder.is_empty() {
            let tree = peel_to_tree(&r.handle.odb, &commit).map_err(explain)?;
            if EntryKind::of_mode(at(r, &tree, &folder)?.mode) != EntryKind::Dir {
                return Err(Error::NotFound("folder"));
            }
        }
        Ok(Content { commit, folder })
    })
    .await
}
