//! How much of each language the default branch has, told by the names of its files.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hardie_domain::language::of_path;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_git::read::{each_file, peel_to_tree};

use super::known::Known;
use super::reading::{explain, read_slowly};
use crate::{App, Ctx, Error, Result};

/// After so long what was counted is the answer, and is not kept.
const TIME: Duration = Duration::from_secs(5);

type Counted = Arc<Vec<(&'static str, u64)>>;

/// Keyed by the tree, which names the same files wherever it occurs. Whoever asks has been shown it already.
static KNOWN: LazyLock<Known<Oid, Counted>> = LazyLock::new(|| Known::new(2_000));

/// Languages and the bytes of their files, the largest first; nothing for an empty repository.
pub async fn languages(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<Counted> {
    read_slowly(app, ctx, path, |r| {
        let rev = match r.resolve(None) {
            Err(Error::NotFound(_)) => return Ok(Counted::default()),
            rev => rev?,
        };
        let tree = peel_to_tree(&r.handle.odb, &rev.commit).map_err(explain)?;
        if let Some(known) = KNOWN.get(&tree) {
            return Ok(known);
        }
        let mut bytes: BTreeMap<&'static str, u64> = BTreeMap::new();
        let walked = each_file(&r.handle.odb, &tree, of_path, &mut r.spare_budget(TIME), |language, size| {
            *bytes.entry(language).or_default() += size;
        });
        let mut counted: Vec<(&'static str, u64)> = bytes.into_iter().filter(|(_, bytes)| *bytes > 0).collect();
        counted.sort_by(|left, right| right.1.cmp(&left.1).then_with(|| left.0.cmp(right.0)));
        let counted = Arc::new(counted);
        match walked {
            Ok(()) => KNOWN.put(tree, Arc::clone(&counted)),
            Err(hardie_git::Error::Stopped(_) | hardie_git::Error::TooLarge(_)) => {}
            Err(other) => return Err(explain(other)),
        }
        Ok(counted)
    })
    .await
}
