//! Whatever byte of a pack or of its index is damaged: an object is read as it was, or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use super::support::{Client, Server};
use crate::odb::{Lost, Member, Odb};
use crate::packs::{Damage, PackStore, Suspect};
use crate::{Error, Object, Oid};

/// A history with deltas in one pack: its file, and all objects.
fn served() -> (Server, PathBuf, Vec<(Oid, Object)>) {
    let (client, mut server) = (Client::new(), Server::new());
    let text: String = (0..60).map(|n| format!("line {n}\n")).collect();
    client.commit(&[("a/text", &text), ("b", "short\n")]);
    let tip = client.commit(&[("a/text", &format!("{text}more\n"))]);
    server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap();
    let odb = server.odb();
    let pack = Arc::clone(&odb.members()[0].pack);
    let objects = pack.entries().map(|(id, _)| (id, odb.find(&id).unwrap())).collect();
    let path = pack.path().to_owned();
    for extension in ["pack", "idx"] {
        fs::set_permissions(path.with_extension(extension), fs::Permissions::from_mode(0o600)).unwrap();
    }
    (server, path, objects)
}

/// How many objects are read as they were from what is on disk now; the others must be refused.
fn whole(server: &Server, objects: &[(Oid, Object)]) -> usize {
    let store = PackStore::attach(&server.root());
    let pack = match store.pack(&server.members[0].0) {
        Ok(pack) => pack,
        Err(Error::Damaged { .. }) => return 0,
        Err(other) => panic!("{other}"),
    };
    let odb = Odb::new(vec![Member { pack, closed: false }]);
    let is_whole = |(id, object): &&(Oid, Object)| match odb.find(id) {
        Ok(found) => {
            assert!(found.kind == object.kind && found.data == object.data, "{id}");
            true
        }
        Err(Error::Damaged { .. } | Error::NotFound(_)) => false,
        Err(other) => panic!("{other}"),
    };
    objects.iter().filter(is_whole).count()
}

#[test]
fn no_damaged_byte_is_read_as_something_else_and_each_is_named() {
    let (server, path, objects) = served();
    assert_eq!(whole(&server, &objects), objects.len());
    let mut missed = 0;
    for extension in ["pack", "idx"] {
        let path = path.with_extension(extension);
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << (at % 8);
            fs::write(&path, &bytes).unwrap();
            missed += usize::from(whole(&server, &objects) < objects.len());
            assert!(!server.store.examine(&server.members[0].0).unwrap().is_empty(), "{extension} at {at}");
        }
        for length in [0, 3, 20, good.len() / 2, good.len() - 1] {
            fs::write(&path, &good[..length]).unwrap();
            assert_eq!(whole(&server, &objects), 0, "{extension} cut to {length}");
        }
        fs::write(&path, &good).unwrap();
    }
    assert!(missed > 100, "{missed}");
    assert_eq!((whole(&server, &objects), server.store.examine(&server.members[0].0).unwrap()), (objects.len(), Vec::<Damage>::new()));
}

#[test]
fn a_whole_copy_in_another_pack_is_found_and_what_was_met_is_noted() {
    let (mut server, path, objects) = served();
    let hash = server.members[0].0;
    let good = fs::read(&path).unwrap();
    // The same objects once more, in a pack of their own.
    let client = Client::new();
    let view = server.view();
    let git_dir = format!("--git-dir={}", view.path().display());
    let ids: String = objects.iter().map(|(id, _)| format!("{id}\n")).collect();
    let other = client.git_with(&[&git_dir, "-c", "pack.window=0", "pack-objects", "--stdout", "-q", "--no-reuse-delta"], ids.as_bytes());
    drop(view);
    let ingested = server.ingest(&other).unwrap();
    server.store.publish(ingested.pack().unwrap()).unwrap();
    server.members.push((ingested.pack().unwrap().hash(), false));
    let mut bytes = good.clone();
    for at in (40..bytes.len() - 20).step_by(40) {
        bytes[at] ^= 4;
    }
    fs::write(&path, &bytes).unwrap();
    let store = PackStore::attach(&server.root());
    let members = || server.members.iter().map(|(hash, _)| Member { pack: store.pack(hash).unwrap(), closed: false }).collect::<Vec<_>>();
    let odb = Odb::new(members());
    for (id, object) in &objects {
        assert_eq!(odb.find(id).unwrap().data, object.data);
    }
    let noted = store.take_suspects();
    assert!(noted.len() == 1 && noted[0].pack == hash && noted[0].object.is_some(), "{noted:?}");
    assert_eq!(store.confirm(&noted[0]).unwrap().object, noted[0].object);
    assert!(store.take_suspects().is_empty());
    // Known to be damaged it is not even asked.
    let [bad, well] = members().try_into().unwrap();
    let alone = Odb::with_damage(Vec::new(), vec![bad.clone()], Vec::new());
    assert!(objects.iter().all(|(id, _)| alone.contains(id)), "what only a damaged pack has is read from it");
    store.take_suspects();
    let odb = Odb::with_damage(vec![well], vec![bad], Vec::new());
    assert!(objects.iter().all(|(id, object)| odb.find(id).unwrap().data == object.data) && odb.is_damaged());
    assert!(store.take_suspects().is_empty());
    // What is pushed again is put in place of it.
    fs::remove_file(&path).unwrap();
    let gone = store.fenced_pack(&hash).unwrap_err();
    let lost = Odb::with_damage(Vec::new(), Vec::new(), vec![Lost::new(&store, hash, &gone)]);
    assert!(matches!(lost.find(&objects[0].0), Err(Error::Damaged { object: Some(_), .. })), "its index still says what it had");
    assert!(matches!(lost.find(&Oid([9; 20])), Err(Error::NotFound(_))));
    fs::write(&path, &bytes).unwrap();
    let again = server.ingest(&good).unwrap();
    assert_eq!(again.pack().map(|pack| pack.hash()), Some(hash));
    server.store.publish(again.pack().unwrap()).unwrap();
    assert_eq!((fs::read(&path).unwrap(), server.store.examine(&hash).unwrap()), (good, Vec::new()));
    assert_eq!(store.confirm(&noted[0]), None);
}

#[test]
fn what_the_system_does_not_give_is_no_damage() {
    let (server, path, _) = served();
    let (hash, store) = (server.members[0].0, PackStore::attach(&server.root()));
    let suspect = Suspect { pack: hash, object: None };
    for path in [path.with_extension("idx"), path] {
        let good = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        // It is found and opened, and the system refuses to map it.
        fs::create_dir(&path).unwrap();
        assert!(matches!(store.pack(&hash), Err(Error::Io { .. })));
        assert!(store.take_suspects().is_empty() && store.confirm(&suspect).is_none() && store.examine(&hash).is_err());
        fs::remove_dir(&path).unwrap();
        assert!(matches!(store.pack(&hash), Err(Error::Damaged { .. })));
        assert!(store.take_suspects() == [suspect] && store.confirm(&suspect).is_some());
        fs::write(&path, good).unwrap();
    }
}

/// The right trailer of a wrong index.
fn with_trailer(mut index: Vec<u8>) -> Vec<u8> {
    use sha1::{Digest as _, Sha1};
    let end = index.len() - 20;
    let sum = Sha1::digest(&index[..end]);
    index[end..].copy_from_slice(&sum);
    index
}

#[test]
fn what_was_proven_for_one_id_is_not_given_for_another() {
    let (server, path, objects) = served();
    let path = path.with_extension("idx");
    let mut bytes = fs::read(&path).unwrap();
    // Both lead to the last one's entry.
    let (n, offsets) = (objects.len(), 8 + 1024 + 24 * objects.len());
    bytes.copy_within(offsets + 4 * (n - 1)..offsets + 4 * n, offsets);
    fs::write(&path, with_trailer(bytes)).unwrap();
    let store = PackStore::attach(&server.root());
    let odb = Odb::new(vec![Member { pack: store.pack(&server.members[0].0).unwrap(), closed: false }]);
    let (first, last) = (&objects[0].0, &objects[n - 1]);
    for _ in 0..2 {
        assert_eq!(odb.find(&last.0).unwrap().data, last.1.data);
        assert!(matches!(odb.find(first), Err(Error::Damaged { object: Some(id), .. }) if id == *first));
    }
    assert_eq!(store.take_suspects().iter().map(|suspect| suspect.object).collect::<Vec<_>>(), [Some(*first)]);
}

#[test]
fn an_index_that_leads_to_another_object_is_not_believed() {
    let (server, path, objects) = served();
    let path = path.with_extension("idx");
    let good = fs::read(&path).unwrap();
    let n = objects.len();
    let (crcs, offsets) = (8 + 1024 + 20 * n, 8 + 1024 + 24 * n);
    // Whoever wrote it computed the right trailer of wrong offsets: of the first and the last object, with their checksums.
    let mut bytes = good.clone();
    for table in [crcs, offsets] {
        for byte in 0..4 {
            bytes.swap(table + byte, table + 4 * (n - 1) + byte);
        }
    }
    fs::write(&path, with_trailer(bytes)).unwrap();
    assert_eq!(whole(&server, &objects), n - 2);
    let named: Vec<Option<Oid>> = server.store.examine(&server.members[0].0).unwrap().iter().map(|damage| damage.object).collect();
    assert_eq!(named, [Some(objects[0].0), Some(objects[n - 1].0)]);
}
