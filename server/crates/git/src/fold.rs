//! Many small packs become one: `git pack-objects --stdin-packs`, then proof that the new pack holds and gives back everything.

use std::collections::HashSet;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hardie_domain::oid::Oid;
use hardie_domain::refname::RefName;

use crate::budget::Cancel;
use crate::child::{Bounds, GitBinary, Output, Running};
use crate::error::{Error, Result};
use crate::packs::store::hash_file;
use crate::packs::{Pack, PackHash, PackStore, Quarantine};
use crate::view::View;
use crate::wire::Refs;

/// Private memory of the child.
const MEMORY: u64 = 2 << 30;
/// Bytes of its words that are kept.
const WORDS: usize = 16 << 10;

/// A new pack in quarantine. Dropping it removes the files, unless they were published.
#[derive(Debug)]
pub struct Folded {
    /// The pack.
    pub pack: Arc<Pack>,
    _quarantine: Quarantine,
}

/// Folds these packs into one, in the quarantine `id`. Blocks; reads and writes each byte of the packs a few times.
pub fn fold(store: &PackStore, id: &str, hashes: &[PackHash], time: Duration, cancel: &Cancel) -> Result<Folded> {
    let nothing = Arc::new(Refs::new(Vec::new(), RefName::branch("none").map_err(|e| Error::Git(e.to_string()))?));
    let view = View::create(store, hashes, &nothing)?;
    let quarantine = store.quarantine(id)?;
    let old: Vec<Arc<Pack>> = store.packs(hashes)?;
    let bytes: u64 = old.iter().map(|pack| pack.bytes()).sum();
    let bounds = Bounds { time, memory: MEMORY, file: bytes.saturating_mul(2).saturating_add(64 << 20) };
    let names: String = hashes.iter().map(|hash| format!("pack-{hash}.pack\n")).collect();
    let mut command = GitBinary::find()?.command(view.path());
    // One thread: whoever is served comes first. Publishing syncs.
    command.args(["-c", "pack.threads=1", "-c", "pack.windowMemory=128m", "-c", "core.bigFileThreshold=32m"]);
    command.args(["-c", "core.fsync=none", "-c", "pack.writeReverseIndex=false"]);
    command.args(["pack-objects", "-q", "--stdin-packs", "--delta-base-offset"]).arg(quarantine.pack_dir().join("pack"));
    let said = run(command, names.as_bytes(), &bounds, cancel, "pack-objects")?;
    let path = packed(&quarantine, &said)?;
    let mut verify = GitBinary::find()?.command(view.path());
    verify.args(["verify-pack"]).arg(path.with_extension("idx"));
    run(verify, b"", &bounds, cancel, "verify-pack")?;
    let pack = store.open_unpublished(&path, hash_file(&path)?)?;
    holds_all(&pack, &old)?;
    Ok(Folded { pack, _quarantine: quarantine })
}

fn packed(quarantine: &Quarantine, said: &str) -> Result<PathBuf> {
    let name = said.trim();
    if name.len() != 40 || !name.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Error::Git(format!("git pack-objects named no pack: {name:.100}")));
    }
    Ok(quarantine.pack_dir().join(format!("pack-{name}.pack")))
}

/// Nothing may be superseded by a pack that lacks one of its objects.
fn holds_all(new: &Pack, old: &[Arc<Pack>]) -> Result<()> {
    let mut all: HashSet<Oid> = HashSet::new();
    for (id, _) in old.iter().flat_map(|pack| pack.entries()) {
        if !new.contains(&id) {
            return Err(Error::corrupt(id, "folding packs would have lost it"));
        }
        all.insert(id);
    }
    if all.len() != new.objects() as usize {
        return Err(Error::Git(format!("folding {} objects gave {}", all.len(), new.objects())));
    }
    Ok(())
}

#[derive(Default)]
struct Said {
    out: Vec<u8>,
    err: Vec<u8>,
}

impl Output for Said {
    fn stdout(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        keep(&mut self.out, bytes)
    }

    fn stderr(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        keep(&mut self.err, bytes)
    }
}

fn keep(kept: &mut Vec<u8>, bytes: &[u8]) -> ControlFlow<()> {
    kept.extend(bytes.iter().take(WORDS.saturating_sub(kept.len())));
    ControlFlow::Continue(())
}

fn run(command: std::process::Command, input: &[u8], bounds: &Bounds, cancel: &Cancel, name: &str) -> Result<String> {
    let mut said = Said::default();
    let mut child = Running::spawn(command, bounds, cancel)?;
    child.write_all(input, &mut said)?;
    let status = child.finish(&mut said)?;
    if status.success() {
        return Ok(String::from_utf8_lossy(&said.out).into_owned());
    }
    Err(Error::Git(format!("git {name} ended with {status}: {}", String::from_utf8_lossy(&said.err).trim())))
}
