//! A pushed pack: refused, or every object of it can be read and has the bytes of its id.

use std::sync::atomic::{AtomicU64, Ordering};

use hardie_domain::limits::GitLimits;
use hardie_git::ingest::{Base, ingest};
use hardie_git::{Cancel, Error};

use crate::repository::repository;

/// Takes the pack in, without the help of git: what would be left to it is refused.
pub fn run(data: &[u8]) {
    takes(data);
}

/// Whether there were objects in it that were taken in.
pub fn takes(data: &[u8]) -> bool {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let here = repository();
    let limits =
        GitLimits { pack_bytes: 4 << 20, object_bytes: 1 << 20, inflated_bytes: 16 << 20, pack_objects: 5000, ..GitLimits::default() };
    let base = Base { odb: &here.odb, view: &|| Err(Error::Git("no git here".to_owned())) };
    let id = format!("fuzz-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mut rest = data;
    let Ok(taken) = ingest(&mut rest, &here.store, &id, &base, &limits, &mut |_| {}, &Cancel::new()) else { return false };
    assert!(taken.received() <= data.len() as u64, "bytes from nowhere");
    let Some(pack) = taken.pack() else { return false };
    let all = here.odb.with_pack(Some(pack));
    for (id, _) in pack.entries() {
        let object = all.find(&id).expect("an object that was taken in can be read");
        assert_eq!(object.id(), Some(id), "an object has the bytes of its id");
    }
    true
}

/// Packs as clients send them.
pub fn seeds() -> Vec<Vec<u8>> {
    repository().packs.clone()
}
