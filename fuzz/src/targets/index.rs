//! A damaged index: reading gives an error or an object, never anything else.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use hardie_git::odb::{Member, Odb};
use hardie_git::packs::{DiskFiles, Pack, PackHash, PackStore};
use tempfile::TempDir;

use crate::repository::repository;

/// Reads everything through an index of these bytes.
pub fn run(data: &[u8]) {
    // One store for all inputs: it has hundreds of folders. Each input gets a name of its own, since the store keeps packs open.
    static STORE: OnceLock<(TempDir, PackStore)> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let (dir, store) = STORE.get_or_init(|| {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let store = PackStore::open(dir.path(), Arc::new(DiskFiles)).expect("a pack store");
        (dir, store)
    });
    let mut hash = PackHash([0; 32]);
    hash.0[24..].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let place = dir.path().join("packs").join(&hash.to_string()[..2]).join(hash.to_string());
    std::fs::write(place.with_extension("pack"), &repository().plain).expect("a file");
    std::fs::write(place.with_extension("idx"), data).expect("a file");
    if let Ok(pack) = store.pack(&hash) {
        read(&pack);
    }
    store.remove(&hash).expect("the files go");
}

fn read(pack: &Arc<Pack>) {
    let odb = Odb::new(vec![Member { pack: Arc::clone(pack), closed: false }]);
    let ids: Vec<_> = pack.entries().take(1000).collect();
    for (id, _) in ids {
        let _ = odb.header(&id);
        let _ = odb.find(&id);
        let _ = odb.find_prefix(&id.to_hex()[..6]);
    }
    let _ = odb.find(&repository().tip);
}

/// The true index.
pub fn seeds() -> Vec<Vec<u8>> {
    vec![repository().index.clone()]
}
