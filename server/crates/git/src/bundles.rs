//! Bundles of whole packs (gitformat-bundle(5)): a short header, then the bytes of a pack as they lie in the store.
//!
//! A pack can be one if every object that its objects name is in it. Then it is exactly what some of its objects reach, its *tips*, and
//! may be handed out wherever a visible ref reaches each of these. Which packs are so is found by reading all that names something,
//! once, and kept under the pack's hash: it depends on nothing but the pack's bytes. Derived: it may go at any time.

mod tips;

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardie_domain::oid::Oid;
use sha2::{Digest as _, Sha256};

use crate::budget::{Budget, Cancel};
use crate::error::{Error, Result};
use crate::packs::{Pack, PackHash, PackStore};
use tips::{Found, Tips};

/// Less is sent at once anyway.
pub const FEWEST_OBJECTS: u64 = if cfg!(test) { 20 } else { 20_000 };
/// Bytes of what is kept of one pack: far above what so many tips take.
const LONGEST: u64 = 16 << 20;

/// What is sent for a pack.
#[derive(Debug)]
pub struct Bundle {
    /// The pack.
    pub pack: Arc<Pack>,
    /// What comes before its bytes.
    pub header: Bytes,
    /// The pack is exactly what these reach.
    pub tips: Vec<Oid>,
}

impl Bundle {
    /// Reads what is kept of a pack; `None` if nothing is, or the pack can be no bundle. Blocks.
    pub fn find(store: &PackStore, pack: &Arc<Pack>) -> Option<Bundle> {
        let kept = read(store, &pack.hash()).ok()?;
        let (tips, header) = parse(kept)?;
        Some(Bundle { pack: Arc::clone(pack), header, tips })
    }

    /// Bytes of all of it.
    pub fn bytes(&self) -> u64 {
        self.pack.bytes().saturating_add(self.header.len() as u64)
    }

    /// The sha256 of the header, as hexadecimal digits.
    pub fn header_sum(&self) -> String {
        hex::encode(Sha256::digest(&self.header))
    }

    /// The pack's file. What was opened stays readable, even if the pack goes.
    pub fn open(&self) -> io::Result<File> {
        File::open(self.pack.path())
    }
}

/// Whether it is known of a pack that it can be a bundle, or that it cannot. What is kept and cannot be read is not known.
pub fn is_settled(store: &PackStore, pack: &PackHash) -> bool {
    place(store, pack, "none").exists() || read(store, pack).ok().and_then(parse).is_some()
}

/// Finds out, in the quarantine `id`, and keeps it. Blocks; reads every object of the pack that is no blob, once. A pack that takes
/// longer than `time` is no bundle.
pub fn examine(store: &PackStore, id: &str, pack: &Arc<Pack>, time: Duration, cancel: &Cancel) -> Result<()> {
    let found = match Tips::of(pack, &mut Budget::new(u64::MAX, time, cancel)) {
        // The next try would come to the same end.
        Err(error @ (Error::Stopped(_) | Error::Corrupt { .. })) if !cancel.is_cancelled() => Found::Not(error.to_string()),
        found => found?,
    };
    let (extension, content) = match found {
        Found::Closed(tips) => ("tips", compose(&tips)),
        Found::Not(why) => {
            tracing::info!(why, pack = %pack.hash(), "this pack is no bundle");
            ("none", why.into_bytes())
        }
    };
    let quarantine = store.quarantine(id)?;
    let (made, files) = (quarantine.path().join("bundle"), store.files());
    let created = match files.create_dir(&folder(store)) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(e),
        _ => Ok(()),
    };
    let kept = created.and_then(|()| files.write_new(&made, &content)).and_then(|()| files.sync_file(&made));
    kept.and_then(|()| files.rename(&made, &place(store, &pack.hash(), extension))).map_err(|e| Error::io("keeping a bundle's header", e))
}

/// Forgets all other packs.
pub fn retain(store: &PackStore, packs: &[PackHash]) -> Result<()> {
    let failed = |e| Error::io("removing old bundle headers", e);
    let listed = match fs::read_dir(folder(store)) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        listed => listed.map_err(failed)?,
    };
    for file in listed {
        let path = file.map_err(failed)?.path();
        let pack = path.file_stem().and_then(|stem| stem.to_str()).and_then(PackHash::from_hex);
        if !pack.is_some_and(|pack| packs.contains(&pack)) {
            store.files().remove_file(&path).map_err(failed)?;
        }
    }
    Ok(())
}

/// The sha256 of all that follows, the number of tips, the tips, and the header as it is sent.
fn compose(tips: &Tips) -> Vec<u8> {
    let mut text = format!("{}\n", tips.tips.len());
    text.extend(tips.tips.iter().map(|id| format!("{id}\n")));
    text.push_str("# v2 git bundle\n");
    // Names of the bundle's own: those of refs come and go, and are not for everybody.
    text.extend(tips.heads.iter().enumerate().map(|(n, id)| format!("{id} refs/heads/tip-{}\n", n + 1)));
    text.push('\n');
    format!("{}\n{text}", hex::encode(Sha256::digest(&text))).into_bytes()
}

/// `None` of anything that was not composed so, bit by bit: a lost tip would be a leak.
fn parse(kept: Bytes) -> Option<(Vec<Oid>, Bytes)> {
    let line = |from: usize| Some(from + kept.get(from..)?.iter().position(|b| *b == b'\n')?);
    let text = |from: usize, to: usize| std::str::from_utf8(kept.get(from..to)?).ok();
    let sum = line(0)?;
    if text(0, sum)? != hex::encode(Sha256::digest(kept.get(sum + 1..)?)) {
        return None;
    }
    let mut at = line(sum + 1)?;
    let count: usize = text(sum + 1, at)?.parse().ok()?;
    let mut tips = Vec::new();
    for _ in 0..count {
        let end = line(at + 1)?;
        tips.push(text(at + 1, end)?.parse().ok()?);
        at = end;
    }
    (at < kept.len()).then(|| (tips, kept.slice(at + 1..)))
}

fn read(store: &PackStore, pack: &PackHash) -> io::Result<Bytes> {
    use std::io::Read as _;
    let mut content = Vec::new();
    File::open(place(store, pack, "tips"))?.take(LONGEST).read_to_end(&mut content)?;
    Ok(content.into())
}

fn folder(store: &PackStore) -> PathBuf {
    store.root().join("bundles")
}

fn place(store: &PackStore, pack: &PackHash, extension: &str) -> PathBuf {
    folder(store).join(pack.to_string()).with_extension(extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_as_it_was_written_or_not_at_all() {
        let id = |n: u8| Oid([n; 20]);
        let kept = compose(&Tips { tips: vec![id(1), id(2), id(3)], heads: vec![id(1), id(4)] });
        let (tips, header) = parse(kept.clone().into()).unwrap();
        assert_eq!(tips, [id(1), id(2), id(3)]);
        let expected = format!("# v2 git bundle\n{} refs/heads/tip-1\n{} refs/heads/tip-2\n\n", id(1), id(4));
        assert_eq!(header, expected.as_bytes());
        for at in 0..kept.len() {
            let mut other = kept.clone();
            other[at] ^= 1;
            assert!(parse(other.into()).is_none(), "{at}");
            assert!(parse(Bytes::copy_from_slice(&kept[..at])).is_none(), "{at}");
        }
    }
}
