//! What was noted of a commit afterwards (git-notes(1)): files below `refs/notes/commits`, each named by the commit's id.

use hardie_domain::names::RepoPath;
use hardie_git::read::{entry_at, peel_to_tree};

use super::changes::{CommitDetail, commit};
use super::files::MAX_SHOWN_BYTES;
use super::reading::{explain, read};
use super::revision::resolve;
use crate::{App, Ctx, Error, Result};

/// Where git itself keeps them.
const NOTES: &str = "refs/notes/commits";

/// The note of a commit, by a branch, a tag or an id: its bytes, and the commit with what it changed.
pub async fn note(app: &App, ctx: &Ctx, path: &RepoPath, rev: &str) -> Result<(Vec<u8>, CommitDetail)> {
    let detail = commit(app, ctx, path, rev).await?;
    let hex = detail.commit.info.id.to_hex();
    let found = read(app, ctx, path, move |r| {
        let odb = &r.handle.odb;
        let notes = match resolve(r, Some(NOTES)) {
            Err(Error::NotFound(_)) => return Err(Error::NotFound("note")),
            notes => notes?,
        };
        let tree = peel_to_tree(odb, &notes.commit).map_err(explain)?;
        // With many notes git puts them into folders by the first digits, some levels deep.
        for levels in 0..=3 {
            let (mut name, mut rest) = (String::new(), hex.as_str());
            for _ in 0..levels {
                let (digits, more) = rest.split_at_checked(2).unwrap_or((rest, ""));
                name.push_str(digits);
                name.push('/');
                rest = more;
            }
            name.push_str(rest);
            let entry = entry_at(odb, &tree, name.as_bytes()).map_err(explain)?;
            if let Some(entry) = entry.filter(|entry| entry.mode & 0o170_000 == 0o100_000) {
                return Ok(odb.blob(&entry.id, MAX_SHOWN_BYTES).map_err(explain)?.to_vec());
            }
        }
        Err(Error::NotFound("note"))
    });
    Ok((found.await?, detail))
}
