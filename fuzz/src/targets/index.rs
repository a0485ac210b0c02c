//! A damaged index: reading gives an error or an object, never anything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hardie_git::odb::{Member, Odb};
use hardie_git::packs::{DiskFiles, PackHash, PackStore};

use crate::repository::repository;

/// Reads everything through an index of these bytes.
pub fn run(data: &[u8]) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let here = repository();
    let dir = tempfile::tempdir().expect("a temporary folder");
    let hash = PackHash([u8::try_from(NEXT.fetch_add(1, Ordering::Relaxed) % 256).unwrap_or(0); 32]);
    let store = PackStore::open(dir.path(), Arc::new(DiskFiles)).expect("a pack store");
    let place = dir.path().join("packs").join(&hash.to_string()[..2]).join(hash.to_string());
    std::fs::write(place.with_extension("pack"), &here.plain).expect("a file");
    std::fs::write(place.with_extension("idx"), data).expect("a file");
    let Ok(pack) = store.pack(&hash) else { return };
    let odb = Odb::new(vec![Member { pack: Arc::clone(&pack), closed: false }]);
    let ids: Vec<_> = pack.entries().take(1000).collect();
    for (id, _) in ids {
        let _ = odb.header(&id);
        let _ = odb.find(&id);
        let _ = odb.find_prefix(&id.to_hex()[..6]);
    }
    let _ = odb.find(&here.tip);
}

/// The true index.
pub fn seeds() -> Vec<Vec<u8>> {
    vec![repository().index.clone()]
}
