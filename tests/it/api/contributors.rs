//! Who wrote what a repository has.

use hardie_testkit::TestServer;
use serde_json::{Value, json};

use super::Asker;
use crate::git::with_repo;

#[tokio::test(flavor = "multi_thread")]
async fn contributors_are_counted_over_the_default_branch_and_addresses_are_not_shown_to_everybody() {
    let server = TestServer::start().await.unwrap();
    let (ann, _, dir) = with_repo(&server, "ann", "tool").await;
    let (owner, nobody) = (Asker::new(&server, Some(&ann)), Asker::new(&server, None));
    owner.json("PATCH", "/repos/ann/tool", &json!({ "private": false }));
    let path = "/repos/ann/tool/contributors";
    let before = owner.get(path).json()[0]["contributions"].as_i64().unwrap_or_default();
    ann.git.commit(&dir, "b.txt", "b\n", "Of ann").unwrap();
    ann.git.ok(&dir, &["checkout", "-q", "-b", "side"]).unwrap();
    for (n, email) in ["Zoe@Example.net", "zoe@example.net", "yan@example.net"].iter().enumerate() {
        std::fs::write(dir.join("z.txt"), format!("{n}\n")).unwrap();
        ann.git.ok(&dir, &["add", "--all"]).unwrap();
        let name = email.split('@').next().unwrap();
        let user = [format!("user.name={name} {n}"), format!("user.email={email}")];
        ann.git.ok(&dir, &["-c", &user[0], "-c", &user[1], "commit", "-q", "-m", "Theirs"]).unwrap();
    }
    ann.git.ok(&dir, &["checkout", "-q", "main"]).unwrap();
    ann.git.ok(&dir, &["merge", "-q", "--no-ff", "-m", "Merge", "side"]).unwrap();
    ann.git.ok(&dir, &["checkout", "-q", "-b", "unmerged"]).unwrap();
    ann.git.commit(&dir, "c.txt", "c\n", "Not in main").unwrap();
    ann.git.ok(&dir, &["push", "-q", "origin", "main", "unmerged"]).unwrap();
    // Again and again: what was counted is kept.
    for _ in 0..2 {
        let list = owner.get(path).json();
        let told: Vec<(&Value, &Value, &Value, &Value)> =
            list.as_array().unwrap().iter().map(|one| (&one["login"], &one["type"], &one["email"], &one["contributions"])).collect();
        let (ann_has, zoe, yan) = (json!(before + 1), json!("zoe@example.net"), json!("yan@example.net"));
        assert_eq!(told.len(), 3, "{list}");
        assert!(told.contains(&(&json!("ann"), &json!("User"), &json!(""), &ann_has)), "merges are nobody's: {list}");
        assert!(told.contains(&(&Value::Null, &json!("Anonymous"), &zoe, &json!(2))), "{list}");
        assert!(told.contains(&(&Value::Null, &json!("Anonymous"), &yan, &json!(1))), "{list}");
    }
    let open = nobody.get(path);
    assert_eq!((open.status, open.header("x-total-count")), (200, "3"));
    assert!(!open.text().contains('@'), "addresses are for those who signed in: {}", open.text());
    assert!(open.text().contains("zoe 1"), "the name of the newest commit: {}", open.text());
    let second = owner.get(&format!("{path}?limit=2&page=2"));
    assert_eq!(second.json().as_array().unwrap().len(), 1);
    // Nothing of nothing.
    server.repo(&ann, "empty", false).await.unwrap();
    assert_eq!(owner.get("/repos/ann/empty/contributors").json(), json!([]));
    server.stop().await.unwrap();
}
