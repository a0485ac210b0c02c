//! LFS objects are carried like packs.

use hardie_testkit::TestServer;
use serde_json::json;

use super::{admin, arg, done, parts};
use crate::api::Asker;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_brings_releases_with_their_files() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "art", true).await.unwrap();
    let asker = Asker::new(&server, Some(&alice));
    let (kept, dropped) = (noise(1, 50_000), noise(2, 50_000));
    let releases = format!("/repos/{repo}/releases");
    let made = asker.json("POST", &releases, &json!({ "tag_name": "v1", "draft": true })).json();
    let assets = format!("{releases}/{}/assets", made["id"]);
    let put = |name: &str, bytes: &[u8]| asker.send("POST", &format!("/api/v1{assets}?name={name}"), &[], bytes).json();
    put("kept", &kept);
    let gone = put("dropped", &dropped);
    assert_eq!(asker.json("DELETE", &format!("{assets}/{}", gone["id"]), &json!(null)).status, 204);
    let data = server.stop().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (file, restored) = (folder.path().join("all.tar"), folder.path().join("data"));
    done(data.path(), &["backup", arg(&file), "--quiet"]);
    let carried = parts(&std::fs::read(&file).unwrap());
    assert_eq!(carried[&format!("lfs/{}.object", oid(&kept))].1, kept);
    assert!(!carried.contains_key(&format!("lfs/{}.object", oid(&dropped))), "nothing names it any more");
    done(&restored, &["restore", arg(&file), "--quiet"]);
    assert!(admin(&restored, &["verify"]).out.contains("1 LFS objects"), "{:?}", admin(&restored, &["verify"]));
    assert!(std::fs::read(restored.join("lfs").join(&oid(&kept)[..2]).join(oid(&kept))).unwrap() == kept);
}
