//! One damaged pack: it is named, and nobody else notices.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use hardie_testkit::{ServerProcess, TestServer, TestUser};

use super::{admin, arg, names};
use crate::git::with_repo;

/// Two repositories of one commit each; the file of the first one's pack.
async fn two() -> (std::sync::Arc<tempfile::TempDir>, TestUser, PathBuf) {
    let server = TestServer::start().await.unwrap();
    let (alice, _, dir) = with_repo(&server, "alice", "hurt").await;
    let well = server.repo(&alice, "well", true).await.unwrap();
    alice.git.commit(&dir, "more.txt", "more\n", "Other bytes").unwrap();
    alice.git.ok(&dir, &["push", "--quiet", &server.http_remote(&well), "main"]).unwrap();
    let store = &server.server.app.store;
    let hurt = store.find_repo_by_path("alice", "hurt").await.unwrap().unwrap().repo.id;
    let name = hardie_git::packs::PackHash(store.list_repo_packs(hurt).await.unwrap()[0].hash).to_string();
    let data = server.stop().await.unwrap();
    let pack = data.path().join("packs").join(&name[..2]).join(format!("{name}.pack"));
    std::fs::set_permissions(&pack, std::fs::Permissions::from_mode(0o600)).unwrap();
    (data, alice, pack)
}

fn check(data: &Path, alice: &TestUser, pack: &Path, object: Option<&str>, round: &str) {
    let name = pack.file_stem().unwrap().to_str().unwrap();
    let verified = admin(data, &["verify", "--json"]);
    assert!(!verified.ok, "{verified:?}");
    let report: serde_json::Value = serde_json::from_str(verified.out.lines().next().unwrap()).unwrap();
    let faults = report["faults"].as_array().unwrap();
    assert!(faults.iter().all(|fault| fault["repository"] == "alice/hurt" && fault["pack"] == name), "{report}");
    assert_eq!(report["repositories"], 2);
    if let Some(object) = object {
        assert!(faults.len() == 1 && faults[0]["object"] == object, "{report}");
    }
    // The data folder of nobody holds half a backup.
    let file = data.with_extension("tar");
    let backup = admin(data, &["backup", arg(&file), "--quiet"]);
    assert!(!backup.ok && backup.err.contains(name) && backup.err.contains("hardie admin verify"), "{backup:?}");
    assert!(!file.exists() && !file.with_extension("tar.part").exists());
    let skipped = admin(data, &["backup", arg(&file), "--skip-damaged", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&skipped.out).unwrap();
    assert_eq!(report["missing"], serde_json::json!([format!("packs/{name}")]), "{skipped:?}");
    let folder = tempfile::tempdir().unwrap();
    let restored = folder.path().join("data");
    let told = admin(&restored, &["restore", arg(&file)]);
    assert!(told.ok && told.err.contains("1 files were damaged"), "{told:?}");
    let verified = admin(&restored, &["verify"]);
    assert!(!verified.ok && verified.out.contains("alice/hurt") && !verified.out.contains("alice/well"), "{verified:?}");
    std::fs::remove_file(&file).unwrap();
    let server = ServerProcess::serve(data, &[]).unwrap();
    let git = &alice.git;
    let url = |repo: &str| format!("{}/alice/{repo}.git", server.url());
    git.ok(git.home(), &["clone", "--quiet", &url("well"), &format!("well-{round}")]).unwrap();
    git.fails(git.home(), &["clone", "--quiet", &url("hurt"), &format!("hurt-{round}")]).unwrap();
    let dir = git.path(format!("well-{round}"));
    git.commit(&dir, "after.txt", round, "After the damage").unwrap();
    git.ok(&dir, &["push", "--quiet", "origin", "main"]).unwrap();
    server.terminate().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_pack_is_named_with_repository_and_object_and_others_are_served() {
    let (data, alice, pack) = two().await;
    assert!(admin(data.path(), &["verify"]).ok);
    let whole = std::fs::read(&pack).unwrap();
    let index = alice.git.ok(data.path(), &["verify-pack", "-v", arg(&pack.with_extension("idx"))]).unwrap();
    let blob = index.lines().find(|line| line.contains(" blob ")).unwrap();
    let fields: Vec<&str> = blob.split_whitespace().collect();
    let at: usize = fields[4].parse().unwrap();
    let mut bytes = whole.clone();
    bytes[at + 3] ^= 0x20;
    std::fs::write(&pack, &bytes).unwrap();
    check(data.path(), &alice, &pack, Some(fields[0]), "flipped");
    std::fs::write(&pack, &whole[..whole.len() - 30]).unwrap();
    check(data.path(), &alice, &pack, None, "cut");
    std::fs::remove_file(&pack).unwrap();
    check(data.path(), &alice, &pack, None, "gone");
    assert!(names(data.path()).iter().any(|name| name == "hardie.db"));
}
