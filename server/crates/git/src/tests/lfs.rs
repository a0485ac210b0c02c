//! LFS objects on disk: what is taken in, in which order it is made durable, and what a fault leaves.

use std::io;
use std::path::Path;
use std::sync::Arc;

use hardie_domain::lfs::{LfsObject, LfsOid};
use sha2::{Digest as _, Sha256};

use super::publish::Recorder;
use crate::error::Error;
use crate::lfs::{Expected, LfsStore, UploadError};

fn object(bytes: &[u8]) -> LfsObject {
    LfsObject { oid: LfsOid(Sha256::digest(bytes).into()), size: bytes.len() as u64 }
}

fn store(root: &Path) -> (LfsStore, Arc<Recorder>) {
    let files = Arc::new(Recorder::default());
    let store = LfsStore::open(root, files.clone()).unwrap();
    files.take();
    (store, files)
}

fn uploads(root: &Path) -> usize {
    std::fs::read_dir(root.join("lfs-uploads")).unwrap().count()
}

#[test]
fn an_lfs_object_is_synced_under_its_name_before_anybody_may_name_it() {
    let root = tempfile::tempdir().unwrap();
    let (store, files) = store(root.path());
    let bytes = vec![7; 600_000];
    let object = object(&bytes);
    let (hex, received) = (object.oid.to_string(), store.receive(&mut bytes.as_slice(), object, 0).unwrap());
    assert!(store.list().unwrap().is_empty() && uploads(root.path()) == 1);
    store.publish(&received).unwrap();
    assert_eq!(files.take(), ["sync 0".to_owned(), format!("link {hex}"), format!("syncdir {}", &hex[..2])]);
    store.publish(&received).unwrap();
    drop(received);
    assert_eq!(uploads(root.path()), 0);
    assert_eq!(store.list().unwrap(), [object.oid]);
    store.verify(&object).unwrap();
    assert_eq!(io::read_to_string(store.read(&object.oid).unwrap()).unwrap().into_bytes(), bytes);
    store.remove(&object.oid).unwrap();
    store.remove(&object.oid).unwrap();
    assert!(store.verify(&object).unwrap_err().to_string().contains(&hex));
}

#[test]
fn lfs_bytes_that_are_not_what_was_declared_are_refused_and_leave_nothing() {
    let root = tempfile::tempdir().unwrap();
    let (store, _) = store(root.path());
    let object = object(b"hello");
    let refused = |mut bytes: &[u8]| store.receive(&mut bytes, object, 0).unwrap_err();
    assert!(matches!(refused(b"hello, you"), UploadError::TooLong { declared: 5 }));
    assert!(matches!(refused(b"hell"), UploadError::TooShort { declared: 5, received: 4 }));
    assert!(matches!(refused(b"jello"), UploadError::WrongHash { declared, .. } if declared == object.oid));
    let mut cut = io::Read::chain(&b"he"[..], Broken);
    assert!(matches!(store.receive(&mut cut, object, 0).unwrap_err(), UploadError::Input(_)));
    let short_of_space = store.receive(&mut &b"hello"[..], object, u64::MAX).unwrap_err();
    assert!(matches!(short_of_space, UploadError::Store(Error::DiskFull)));
    assert_eq!(uploads(root.path()), 0);
    let empty = self::object(b"");
    store.publish(&store.receive(&mut io::empty(), empty, 0).unwrap()).unwrap();
    store.verify(&empty).unwrap();
}

#[test]
fn bytes_that_nobody_named_are_named_by_what_they_are_and_bounded() {
    let root = tempfile::tempdir().unwrap();
    let (store, _) = store(root.path());
    let received = store.receive(&mut &b"hello"[..], Expected::AtMost(5), 0).unwrap();
    assert_eq!(received.object(), object(b"hello"));
    store.publish(&received).unwrap();
    drop(received);
    store.verify(&object(b"hello")).unwrap();
    let refused = store.receive(&mut &b"hello!"[..], Expected::AtMost(5), 0).unwrap_err();
    assert!(matches!(refused, UploadError::TooLarge { most: 5 }), "{refused}");
    assert_eq!(uploads(root.path()), 0);
}

struct Broken;

impl io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

#[test]
fn a_full_disk_while_an_lfs_object_is_published_is_told_and_another_try_works() {
    let root = tempfile::tempdir().unwrap();
    let (store, files) = store(root.path());
    let object = object(b"hello");
    let received = store.receive(&mut &b"hello"[..], object, 0).unwrap();
    for changes in 0..3 {
        files.fail_after(changes, io::ErrorKind::StorageFull);
        assert!(matches!(store.publish(&received).unwrap_err(), Error::DiskFull), "after {changes} changes");
        files.heal();
    }
    store.publish(&received).unwrap();
    store.verify(&object).unwrap();
}

#[test]
fn what_an_earlier_run_left_of_lfs_uploads_is_removed_and_damage_is_found() {
    let root = tempfile::tempdir().unwrap();
    let (store, _) = store(root.path());
    let object = object(b"hello");
    let received = store.receive(&mut &b"hello"[..], object, 0).unwrap();
    store.publish(&received).unwrap();
    // As a crash would leave it.
    std::mem::forget(received);
    let (store, _) = self::store(root.path());
    assert_eq!(uploads(root.path()), 0);
    store.verify(&object).unwrap();
    let path = store.path(&object.oid);
    std::fs::write(&path, b"jello").unwrap();
    assert!(store.verify(&object).unwrap_err().to_string().contains("not those of its name"));
    std::fs::write(&path, b"hell").unwrap();
    assert!(store.verify(&object).unwrap_err().to_string().contains("4 bytes instead of 5"));
}
