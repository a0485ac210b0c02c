//! The order of disk changes when a pack is published, and what happens when one of them fails.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::support::{Client, Server};
use crate::error::Error;
use crate::ingest::IngestError;
use crate::odb::{Member, Odb};
use crate::packs::{DiskFiles, Files, PackHash, PackStore};

/// Records what is done and can make the n-th change fail.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    log: Mutex<Vec<String>>,
    fail: Mutex<Option<(usize, io::ErrorKind)>>,
}

impl Recorder {
    fn note(&self, what: &str, path: &Path) -> io::Result<()> {
        self.log.lock().unwrap().push(format!("{what} {}", path.file_name().unwrap().to_str().unwrap()));
        let mut fail = self.fail.lock().unwrap();
        match fail.as_mut() {
            Some((0, kind)) => Err((*kind).into()),
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(super) fn fail_after(&self, changes: usize, kind: io::ErrorKind) {
        *self.fail.lock().unwrap() = Some((changes, kind));
    }

    pub(super) fn heal(&self) {
        *self.fail.lock().unwrap() = None;
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

impl Files for Recorder {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.note("mkdir", path).and_then(|()| DiskFiles.create_dir(path))
    }
    fn write_new(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        self.note("write", path).and_then(|()| DiskFiles.write_new(path, content))
    }
    fn hard_link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.note("link", to).and_then(|()| DiskFiles.hard_link(from, to))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.note("rename", to).and_then(|()| DiskFiles.rename(from, to))
    }
    fn sync_file(&self, path: &Path) -> io::Result<()> {
        self.note("sync", path).and_then(|()| DiskFiles.sync_file(path))
    }
    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.note("syncdir", path).and_then(|()| DiskFiles.sync_dir(path))
    }
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.note("rm", path).and_then(|()| DiskFiles.remove_file(path))
    }
    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        // Cleaning up is never made to fail: a full disk does not prevent it.
        DiskFiles.remove_tree(path)
    }
}

fn one_push(server: &Server) -> (crate::ingest::Ingested, PackHash) {
    let client = Client::new();
    let tip = client.commit(&[("a", "1\n")]);
    let ingested = server.ingest(&client.pack(&[tip], &[], false)).unwrap();
    let hash = ingested.hash().unwrap();
    (ingested, hash)
}

#[test]
fn data_index_and_folder_are_synced_before_success() {
    let recorder = Arc::new(Recorder::default());
    let server = Server::with_files(recorder.clone());
    let (ingested, hash) = one_push(&server);
    recorder.take();
    server.store.publish(ingested.pack().unwrap()).unwrap();
    let (folder, quarantined) = (&hash.to_string()[..2], ingested.pack().unwrap().path().file_stem().unwrap().to_str().unwrap());
    assert_eq!(
        recorder.take(),
        [
            format!("sync {quarantined}.idx"),
            format!("sync {quarantined}.pack"),
            format!("link {hash}.idx"),
            format!("link {hash}.pack"),
            format!("syncdir {folder}"),
        ]
    );
}

#[test]
fn what_is_synced_in_quarantine_is_not_synced_again_and_not_believed_to_be_after_a_failure() {
    let recorder = Arc::new(Recorder::default());
    let server = Server::with_files(recorder.clone());
    let (ingested, _) = one_push(&server);
    let pack = ingested.pack().unwrap();
    recorder.fail_after(1, io::ErrorKind::StorageFull);
    assert!(matches!(server.store.sync(pack), Err(Error::DiskFull)));
    recorder.heal();
    recorder.take();
    server.store.sync(pack).unwrap();
    let quarantined = pack.path().file_stem().unwrap().to_str().unwrap();
    assert_eq!(recorder.take(), [format!("sync {quarantined}.idx"), format!("sync {quarantined}.pack")]);
    server.store.publish(pack).unwrap();
    assert_eq!(recorder.take().iter().filter(|step| step.starts_with("sync ")).count(), 0);
}

#[test]
fn the_same_bytes_published_twice_succeed_and_are_synced_again() {
    let recorder = Arc::new(Recorder::default());
    let server = Server::with_files(recorder.clone());
    let (ingested, hash) = one_push(&server);
    let pack = ingested.pack().unwrap();
    server.store.publish(pack).unwrap();
    recorder.take();
    server.store.publish(pack).unwrap();
    let log = recorder.take();
    for step in [format!("sync {hash}.idx"), format!("sync {hash}.pack"), format!("syncdir {}", &hash.to_string()[..2])] {
        assert!(log.contains(&step), "{step} not in {log:?}");
    }
    drop(ingested);
    assert!(server.store.pack(&hash).unwrap().objects() == 3);
    assert_eq!(server.store.examine(&hash).unwrap(), []);
}

#[test]
fn a_full_disk_at_any_step_is_told_as_such_and_mends_itself() {
    for step in 0..5 {
        let recorder = Arc::new(Recorder::default());
        let server = Server::with_files(recorder.clone());
        let (ingested, hash) = one_push(&server);
        let pack = ingested.pack().unwrap();
        recorder.fail_after(step, io::ErrorKind::StorageFull);
        assert!(matches!(server.store.publish(pack), Err(Error::DiskFull)), "step {step}");
        recorder.heal();
        server.store.publish(pack).unwrap();
        assert_eq!(server.store.examine(&hash).unwrap(), []);
    }
    let recorder = Arc::new(Recorder::default());
    let server = Server::with_files(recorder.clone());
    let (ingested, _) = one_push(&server);
    recorder.fail_after(3, io::ErrorKind::Other);
    assert!(matches!(server.store.publish(ingested.pack().unwrap()), Err(Error::Io { .. })));
}

#[test]
fn a_full_disk_while_a_push_begins_is_told_as_such_and_leaves_nothing() {
    let client = Client::new();
    let tip = client.commit(&[("a", "1\n")]);
    let pack = client.pack(&[tip], &[], false);
    for step in 0..2 {
        let recorder = Arc::new(Recorder::default());
        let server = Server::with_files(recorder.clone());
        let view = server.view();
        recorder.fail_after(step, io::ErrorKind::StorageFull);
        let base = crate::ingest::Base { odb: view.odb(), view: &|| Ok(view.clone()) };
        let got = crate::ingest::ingest(&mut &*pack, &server.store, "x", &base, &server.limits, &mut |_| {}, &crate::Cancel::new());
        assert!(matches!(got, Err(IngestError::DiskFull)), "step {step}: {got:?}");
        assert!(!matches!(got, Err(e) if e.is_clients_fault()));
        recorder.heal();
        assert!(server.listing("quarantine").is_empty());
        server.ingest(&pack).unwrap();
    }
}

#[test]
fn the_probe_says_whether_there_is_room() {
    let recorder = Arc::new(Recorder::default());
    let server = Server::with_files(recorder.clone());
    server.store.probe().unwrap();
    recorder.fail_after(0, io::ErrorKind::StorageFull);
    assert!(matches!(server.store.probe(), Err(Error::DiskFull)));
    recorder.heal();
    server.store.probe().unwrap();
    assert!(server.store.free_space().unwrap() > 0);
}

#[test]
fn a_removed_pack_stays_readable_for_whoever_holds_it() {
    let server = Server::new();
    let (ingested, hash) = one_push(&server);
    server.store.publish(ingested.pack().unwrap()).unwrap();
    drop(ingested);
    assert_eq!(server.store.list().unwrap(), [hash]);
    let held = server.store.pack(&hash).unwrap();
    server.store.remove(&hash).unwrap();
    server.store.remove(&hash).unwrap();
    assert!(server.store.list().unwrap().is_empty());
    assert!(server.store.pack(&hash).is_err());
    assert_eq!(held.entries().count(), 3);
}

#[test]
fn leftovers_of_an_earlier_run_are_removed_at_start() {
    let server = Server::new();
    let (ingested, hash) = one_push(&server);
    server.store.publish(ingested.pack().unwrap()).unwrap();
    let view = server.view();
    // As if the process had been killed: nothing is dropped.
    std::mem::forget((ingested, view));
    assert_eq!((server.listing("quarantine").len(), server.listing("views").len()), (1, 1));
    let again = PackStore::open(&server.root(), Arc::new(DiskFiles)).unwrap();
    assert!(server.listing("quarantine").is_empty() && server.listing("views").is_empty());
    assert_eq!(again.list().unwrap(), [hash]);
    assert_eq!(again.examine(&hash).unwrap(), []);
}

#[test]
fn a_pack_that_was_changed_on_disk_is_found_out() {
    let server = Server::new();
    let (ingested, hash) = one_push(&server);
    server.store.publish(ingested.pack().unwrap()).unwrap();
    let path = server.store.pack(&hash).unwrap().path().to_owned();
    drop(ingested);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[20] ^= 1;
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let found = PackStore::open(&server.root(), Arc::new(DiskFiles)).unwrap().examine(&hash).unwrap();
    assert!(found.len() == 1 && found[0].object.is_some(), "{found:?}");
}

/// Were it believed, memory would be given for four gigabytes before the first byte is inflated.
#[test]
fn a_size_that_the_file_cannot_hold_is_not_believed() {
    let server = Server::new();
    let (ingested, hash) = one_push(&server);
    server.store.publish(ingested.pack().unwrap()).unwrap();
    let path = server.store.pack(&hash).unwrap().path().to_owned();
    let (id, offset) = server.store.pack(&hash).unwrap().entries().next().unwrap();
    drop(ingested);
    let mut bytes = std::fs::read(&path).unwrap();
    let at = usize::try_from(offset).unwrap();
    // A blob of 2^32 - 1 bytes.
    bytes[at..at + 5].copy_from_slice(&[0xbf, 0xff, 0xff, 0xff, 0x7f]);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let pack = PackStore::open(&server.root(), Arc::new(DiskFiles)).unwrap().pack(&hash).unwrap();
    let odb = Odb::new(vec![Member { pack, closed: true }]);
    for told in [odb.find(&id).unwrap_err(), odb.header(&id).unwrap_err()] {
        assert!(told.to_string().contains("the rest of the pack cannot hold"), "{told}");
    }
}

#[test]
fn names_that_could_leave_the_quarantine_are_refused() {
    let server = Server::new();
    for bad in ["", "..", "a/b", "a.b", &"x".repeat(65)] {
        assert!(server.store.quarantine(bad).is_err(), "{bad:?}");
    }
    let first = server.store.quarantine("a-1").unwrap();
    assert!(server.store.quarantine("a-1").is_err(), "one push, one quarantine");
    drop(first);
    server.store.quarantine("a-1").unwrap();
}
