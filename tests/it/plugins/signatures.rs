//! Plugins that a publisher signed, with the real `ssh-keygen`.

use hardie_testkit::server::Options;
use hardie_testkit::{Git, TestServer};
use serde_json::json;

use super::{file, remote, upload};
use crate::api::Asker;
use crate::support::component;

/// Makes a key in somebody's home.
pub fn key(git: &Git, name: &str, kind: &str) -> String {
    let output = git.command("ssh-keygen").current_dir(git.home()).args(["-q", "-N", "", "-t", kind, "-f", name]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(git.path(format!("{name}.pub"))).unwrap()
}

/// Signs a file in somebody's home; the armour, which lies beside it.
pub fn sign(git: &Git, key: &str, namespace: &str, file: &str) -> String {
    let _ = std::fs::remove_file(git.path(format!("{file}.sig")));
    let output = git.command("ssh-keygen").current_dir(git.home()).args(["-Y", "sign", "-f", key, "-n", namespace, file]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    std::fs::read_to_string(git.path(format!("{file}.sig"))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn where_signatures_are_required_nothing_else_is_installed_by_anybody() {
    let server = TestServer::start_with(Options { require_signature: true, ..Options::default() }).await.unwrap();
    let (ann, root) = (server.user("ann").await.unwrap(), server.admin("root").await.unwrap());
    let repo = server.repo(&ann, "tool", true).await.unwrap();
    let (asker, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&root)));
    let trusted = key(&ann.git, "smith", "ed25519");
    key(&ann.git, "stranger", "ed25519");
    let policy = file(&ann, "refuse", &component("refuse"));
    let install = ["install", policy.as_str(), "--repo", repo.as_str()];

    // Administrators are no exception.
    let refused = remote(&server, &ann, &install);
    assert!(refused.code == Some(1) && refused.err.contains("ssh-keygen -Y sign -n hardie-plugin"), "{}", refused.err);
    let unsigned = json!({ "digest": upload(&admin, &component("refuse")) });
    assert_eq!(admin.json("POST", "/admin/plugins", &unsigned).status, 403);

    // Whose key counts is for administrators.
    let publisher = json!({ "name": "smiths", "key": trusted });
    assert_eq!(asker.json("POST", "/admin/publishers", &publisher).status, 403);
    assert_eq!(asker.get("/admin/publishers").status, 403);
    let rsa = json!({ "name": "rsa", "key": key(&ann.git, "rsa", "rsa") });
    let answer = admin.json("POST", "/admin/publishers", &rsa);
    assert!(answer.status == 422 && answer.text().contains("ssh-ed25519"), "{}", answer.text());
    let added = remote(&server, &root, &["publisher", "add", "smiths", "--key", ann.git.path("smith.pub").to_str().unwrap()]);
    assert!(added.code == Some(0) && added.out.contains("smiths is trusted: SHA256:"), "{}{}", added.out, added.err);
    assert_eq!(admin.json("POST", "/admin/publishers", &publisher).status, 409);

    // Another's signature, one for another purpose, one of another file: none of these is one.
    let address = format!("/plugins/components/{}/signatures", unsigned["digest"].as_str().unwrap());
    let other = file(&ann, "accept", &component("accept"));
    for (key, namespace, signed, why) in [
        ("stranger", "hardie-plugin", &policy, "does not trust"),
        ("smith", "git", &policy, "its namespace is not 'hardie-plugin'"),
        ("smith", "hardie-plugin", &other, "does not fit"),
    ] {
        let answer = asker.json("POST", &address, &json!({ "signature": sign(&ann.git, key, namespace, signed) }));
        assert!(answer.status == 422 && answer.text().contains(why), "{why}: {}", answer.text());
    }
    for garbage in ["", "signed, honestly", &"x".repeat(5000)] {
        assert_eq!(asker.json("POST", &address, &json!({ "signature": garbage })).status, 422);
    }
    assert_eq!(asker.get(&address).json(), json!([]));

    // A good one lies beside the file, and is taken along.
    sign(&ann.git, "smith", "hardie-plugin", &policy);
    let installed = remote(&server, &ann, &install);
    assert_eq!(installed.code, Some(0), "{}", installed.err);
    let signatures = asker.get(&address).json();
    assert_eq!((&signatures[0]["publisher"], signatures.as_array().unwrap().len()), (&json!("smiths"), 1));
    let newer = component("accept");
    let upgrade = asker.json("PUT", &format!("/repos/{repo}/plugins/1/component"), &json!({ "digest": upload(&asker, &newer) }));
    assert_eq!(upgrade.status, 403, "{}", upgrade.text());

    // Nobody is trusted for ever. What works goes on, and may be switched off.
    let shown = remote(&server, &root, &["publisher", "list"]);
    assert!(shown.out.lines().nth(1).is_some_and(|line| line.starts_with("smiths  SHA256:")), "{}", shown.out);
    assert_eq!(remote(&server, &root, &["publisher", "remove", "smiths"]).code, Some(0));
    assert_eq!(asker.get(&address).json(), json!([]));
    let place = format!("/repos/{repo}/plugins/1");
    assert_eq!(asker.json("PATCH", &place, &json!({ "mode": "monitor" })).status, 403);
    assert_eq!(asker.json("PATCH", &place, &json!({ "mode": "off" })).status, 200);
    let audit: Vec<_> = admin.get("/admin/audit?action=publisher").json().as_array().unwrap().iter().map(|l| l["action"].clone()).collect();
    assert_eq!(audit, [json!("publisher.remove"), json!("publisher.add")]);
    server.stop().await.unwrap();
}
