//! LFS objects are carried like packs.

use hardie_testkit::TestServer;

use super::{admin, arg, done, parts};
use crate::lfs::{noise, oid, upload};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_brings_lfs_objects_and_names_a_damaged_one() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "art", true).await.unwrap();
    let (picture, other) = (noise(1, 300_000), noise(2, 70_000));
    for bytes in [&picture, &other] {
        upload(&server, &alice, &repo, bytes);
    }
    let data = server.stop().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (file, restored) = (folder.path().join("all.tar"), folder.path().join("data"));
    done(data.path(), &["backup", arg(&file), "--quiet"]);
    let carried = parts(&std::fs::read(&file).unwrap());
    assert_eq!(carried[&format!("lfs/{}.object", oid(&picture))].1, picture);
    done(&restored, &["restore", arg(&file), "--quiet"]);
    assert!(admin(&restored, &["verify"]).out.contains("2 LFS objects"), "{:?}", admin(&restored, &["verify"]));
    let place = |root: &std::path::Path, bytes: &[u8]| root.join("lfs").join(&oid(bytes)[..2]).join(oid(bytes));
    for bytes in [&picture, &other] {
        assert!(&std::fs::read(place(&restored, bytes)).unwrap() == bytes);
    }
    assert!(std::fs::read_dir(restored.join("lfs-uploads")).unwrap().next().is_none());

    let mut bad = picture.clone();
    bad[1000] ^= 1;
    std::fs::write(place(data.path(), &picture), &bad).unwrap();
    let again = folder.path().join("again.tar");
    let refused = admin(data.path(), &["backup", arg(&again), "--quiet"]);
    assert!(!refused.ok && refused.err.contains(&oid(&picture)) && !again.exists(), "{refused:?}");
    done(data.path(), &["backup", arg(&again), "--quiet", "--skip-damaged"]);
    let carried = parts(&std::fs::read(&again).unwrap());
    assert!(
        !carried.contains_key(&format!("lfs/{}.object", oid(&picture))) && carried.contains_key(&format!("lfs/{}.object", oid(&other)))
    );
}
