//! A new pack of objects that are stored already, by a `git pack-objects` child, and read back whole before anybody is told of it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hardie_domain::refname::RefName;

use crate::budget::Cancel;
use crate::child::{Bounds, GitBinary, run};
use crate::error::{Error, Result};
use crate::packs::store::hash_file;
use crate::packs::{Pack, PackHash, PackStore, Quarantine};
use crate::view::View;
use crate::wire::Refs;

/// Private memory of the child.
const MEMORY: u64 = 2 << 30;
/// Bytes that stay free for pushes while a pack is written.
const SPARE: u64 = 64 << 20;

/// A new pack in quarantine. Dropping it removes the files, unless they were published.
#[derive(Debug)]
pub struct Repacked {
    /// The pack.
    pub pack: Arc<Pack>,
    _quarantine: Quarantine,
}

/// The packs that new ones are made from.
pub(crate) struct Repack<'a> {
    store: &'a PackStore,
    view: Arc<View>,
    bounds: Bounds,
    cancel: &'a Cancel,
    /// Opened.
    pub(crate) packs: Vec<Arc<Pack>>,
}

impl<'a> Repack<'a> {
    /// From these packs. `time` bounds each child.
    pub(crate) fn new(store: &'a PackStore, hashes: &[PackHash], time: Duration, cancel: &'a Cancel) -> Result<Repack<'a>> {
        let nothing = Arc::new(Refs::new(Vec::new(), RefName::branch("none").map_err(|e| Error::Git(e.to_string()))?));
        let view = View::create(store, hashes, &nothing)?;
        let packs = store.packs(hashes)?;
        let bytes: u64 = packs.iter().map(|pack| pack.bytes()).sum();
        // What is written is about as long as what it is made from.
        if store.free_space()? < bytes.saturating_add(SPARE) {
            return Err(Error::DiskFull);
        }
        let bounds = Bounds { time, memory: MEMORY, file: bytes.saturating_mul(2).saturating_add(64 << 20) };
        Ok(Repack { store, view, bounds, cancel, packs })
    }

    /// Writes a pack in the quarantine `id` of what `input` says to pack-objects, and lets verify-pack read all of it.
    pub(crate) fn write(&self, id: &str, options: &[&str], input: &[u8]) -> Result<Repacked> {
        let quarantine = self.store.quarantine(id)?;
        let mut command = GitBinary::find()?.command(self.view.path());
        // One thread: whoever is served comes first. Publishing syncs.
        command.args(["-c", "pack.threads=1", "-c", "pack.windowMemory=128m", "-c", "core.bigFileThreshold=32m"]);
        command.args(["-c", "core.fsync=none", "-c", "pack.writeReverseIndex=false"]);
        command.args(["pack-objects", "-q", "--delta-base-offset"]).args(options).arg(quarantine.pack_dir().join("pack"));
        let said = run(command, input, &self.bounds, self.cancel, "pack-objects")?;
        let path = packed(&quarantine, &said)?;
        let mut verify = GitBinary::find()?.command(self.view.path());
        verify.args(["verify-pack"]).arg(path.with_extension("idx"));
        run(verify, b"", &self.bounds, self.cancel, "verify-pack")?;
        let pack = self.store.open_unpublished(&path, hash_file(&path)?)?;
        Ok(Repacked { pack, _quarantine: quarantine })
    }
}

fn packed(quarantine: &Quarantine, said: &str) -> Result<PathBuf> {
    let name = said.trim();
    if name.len() != 40 || !name.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(Error::Git(format!("git pack-objects named no pack: {name:.100}")));
    }
    Ok(quarantine.pack_dir().join(format!("pack-{name}.pack")))
}
