//! Upgrade, rollback and removal, each seen by the next push.

use hardie_app::state::PluginPolicy;
use hardie_testkit::{Options, TestServer, TestUser};
use serde_json::{Value, json};

use super::{file, remote, upload};
use crate::api::Asker;
use crate::support::{component, component_with};

/// Refuses pushes, and reads its configuration, which the other fixtures do not.
pub fn newer() -> bytes::Bytes {
    component_with("refuse", |prelude| {
        let prelude = prelude.replace("1.0.0", "2.0.0");
        format!("(import \"hardie:plugin/config@0.1.0\" \"get\" (func $config (param i32)))\n{prelude}")
    })
}

/// A repository that `accept` guards as `guard`; the address of that installation.
async fn guarded(server: &TestServer, user: &TestUser) -> String {
    let repo = server.repo(user, "tool", true).await.unwrap();
    let asker = Asker::new(server, Some(user));
    let new = json!({ "digest": upload(&asker, &component("accept")), "name": "guard" });
    let made = asker.json("POST", &format!("/repos/{repo}/plugins"), &new);
    assert_eq!(made.status, 201, "{}", made.text());
    format!("/repos/{repo}/plugins/{}", made.json()["id"])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_waits_for_consent_and_a_rollback_undoes_it() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let one = guarded(&server, &ann).await;
    let (asker, url) = (Asker::new(&server, Some(&ann)), server.http_remote("ann/tool"));
    let dir = ann.git.init("tool").unwrap();
    let push = |name: &str| ann.git.run(&dir, &["push", &url, &format!("main:{name}")]).unwrap();
    assert!(push("a").ok);
    let newer = file(&ann, "newer", &newer());
    let upgrade = |more: &[&str]| remote(&server, &ann, &[&["upgrade", "guard", &newer, "--repo", "ann/tool"], more].concat());
    let waits = upgrade(&[]);
    assert!(waits.code == Some(1) && waits.err.contains("--accept-new-permissions"), "{}", waits.err);
    assert_eq!(waits.out, "it may then also read its configuration (config)\n");
    assert!(push("b").ok, "nothing was changed");
    let done = upgrade(&["--accept-new-permissions"]);
    assert!(done.code == Some(0) && done.out.contains("now runs 2.0.0"), "{}{}", done.out, done.err);
    let refused = push("c");
    assert!(!refused.ok && refused.stderr.contains("nothing may be pushed here"), "{}", refused.stderr);
    let shown = asker.get(&one).json();
    let versions: Vec<_> = shown["versions"].as_array().unwrap().iter().map(|v| (&v["version"], &v["current"], &v["by"])).collect();
    assert_eq!(versions, [(&json!("2.0.0"), &json!(true), &json!("ann")), (&json!("1.0.0"), &json!(false), &json!("ann"))]);
    assert!(upgrade(&[]).err.contains("runs this component already"));

    // The configuration goes back too.
    assert_eq!(asker.json("PATCH", &one, &json!({ "config": { "a": 1 } })).status, 200);
    let back = remote(&server, &ann, &["rollback", "guard", "--repo", "ann/tool"]);
    assert!(back.code == Some(0) && back.out.contains("runs 1.0.0 again"), "{}{}", back.out, back.err);
    assert_eq!(asker.get(&one).json()["config"], json!({}));
    assert!(push("d").ok);
    let none = remote(&server, &ann, &["rollback", "guard", "--repo", "ann/tool"]);
    assert!(none.code == Some(1) && none.err.contains("no earlier version"), "{}", none.err);
    let gone = remote(&server, &ann, &["remove", "guard", "--repo", "ann/tool"]);
    assert!(gone.code == Some(0) && gone.out.contains("no longer guards ann/tool"), "{}{}", gone.out, gone.err);
    assert_eq!(asker.get(&one).status, 404);

    let root = Asker::new(&server, Some(&server.admin("root").await.unwrap()));
    let audit = root.get("/admin/audit?action=plugin").json();
    let actions: Vec<&str> = audit.as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
    let expected =
        ["plugin.remove", "plugin.rollback", "plugin.edit", "plugin.upgrade", "plugin.upload", "plugin.install", "plugin.upload"];
    assert_eq!(actions, expected, "{audit}");
    assert!(audit[3]["detail"].as_str().unwrap().contains("may now use config"), "{audit}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_cannot_be_changes_nothing_and_says_why() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let one = guarded(&server, &ann).await;
    let asker = Asker::new(&server, Some(&ann));
    let before = asker.get(&one).json();
    let put = |digest: &str, more: Value| {
        let mut body = json!({ "digest": digest, "consent": ["config"] });
        body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
        asker.json("PUT", &format!("{one}/component"), &body).refusal()
    };
    let other = upload(&asker, &component_with("accept", |prelude| prelude.replace("hostile", "strange")));
    let refusal = put(&other, Value::Null);
    assert!(refusal.0 == 422 && refusal.1.contains("is called strange"), "{refusal:?}");
    let picky = "(func (export \"hardie:plugin/plugin-info@0.1.0#validate-config\") (param i32 i32) (result i32)\n    (i32.store8 (i32.const 1024) (i32.const 0))";
    let picky = upload(
        &asker,
        &component_with("refuse", |prelude| {
            assert!(prelude.contains(picky));
            prelude.replace(picky, &picky.replace("(i32.const 0)", "(i32.const 1)"))
        }),
    );
    let refusal = put(&picky, Value::Null);
    assert!(refusal.0 == 422 && refusal.1.contains("refuses this configuration"), "{refusal:?}");
    let newer = upload(&asker, &newer());
    assert_eq!(put(&newer, json!({ "config": "x".repeat(70_000) })).0, 422);
    assert_eq!(put(&newer, json!({ "consent": ["log", "http"] })).0, 409, "consent is given by name");
    assert_eq!(put(&format!("sha256:{}", "0".repeat(64)), Value::Null).0, 422);
    assert_eq!(asker.json("PATCH", &one, &json!({ "digest": newer })).refusal().0, 422, "there is no way around consent");
    let said = remote(&server, &ann, &["upgrade", "guard", &file(&ann, "text", b"not wasm"), "--repo", "ann/tool"]);
    assert!(said.code == Some(1) && said.err.contains("not a WebAssembly file"), "{}", said.err);
    assert_eq!(asker.get(&one).json(), before);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_install_neither_upgrades_nor_goes_back() {
    let server = TestServer::start_with(Options { plugins: PluginPolicy::Closed, ..Options::default() }).await.unwrap();
    let (ann, bob, root) = (server.user("ann").await.unwrap(), server.user("bob").await.unwrap(), server.admin("root").await.unwrap());
    let (owner, stranger, admin) = (Asker::new(&server, Some(&ann)), Asker::new(&server, Some(&bob)), Asker::new(&server, Some(&root)));
    let repo = server.repo(&ann, "tool", false).await.unwrap();
    let (old, new) = (upload(&admin, &component("accept")), upload(&admin, &newer()));
    let install = |place: &str| admin.json("POST", place, &json!({ "digest": old, "name": "guard" })).json()["id"].clone();
    let one = format!("/repos/{repo}/plugins/{}", install(&format!("/repos/{repo}/plugins")));
    let inherited = format!("/repos/{repo}/plugins/{}", install("/admin/plugins"));
    let wish = json!({ "digest": new, "consent": ["config"] });
    let tries = |asker: &Asker, one: &str| {
        let put = asker.json("PUT", &format!("{one}/component"), &wish).status;
        (put, asker.json("POST", &format!("{one}/rollback"), &Value::Null).status, asker.json("DELETE", one, &Value::Null).status)
    };
    assert_eq!(tries(&Asker::new(&server, None), &one), (401, 401, 401));
    assert_eq!(tries(&stranger, &one), (403, 403, 403));
    assert_eq!(tries(&owner, &inherited), (404, 404, 404), "what is inherited is changed where it was made");
    assert_eq!(tries(&owner, "/admin/plugins/1"), (403, 403, 403));
    assert_eq!(admin.json("PUT", &format!("{one}/component"), &wish).status, 200);
    let refused = owner.json("PUT", &format!("{one}/component"), &json!({ "digest": old })).status;
    assert_eq!((refused, owner.json("POST", &format!("{one}/rollback"), &Value::Null).status), (403, 403), "only administrators here");
    assert_eq!(admin.json("POST", &format!("{one}/rollback"), &Value::Null).status, 200);
    let hidden = owner.get(&inherited).json();
    assert_eq!((&hidden["editable"], &hidden["versions"]), (&json!(false), &json!([])));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn pushes_during_upgrades_are_judged_by_one_version_and_by_the_one_that_runs_in_the_end() {
    let server = TestServer::start().await.unwrap();
    let ann = server.user("ann").await.unwrap();
    let one = guarded(&server, &ann).await;
    let (asker, url) = (Asker::new(&server, Some(&ann)), server.http_remote("ann/tool"));
    let (old, new) = (asker.get(&one).json()["component"]["digest"].clone(), upload(&asker, &newer()));
    let dir = ann.git.init("tool").unwrap();
    let wish = json!({ "digest": new, "consent": ["config"] });
    let over = std::sync::atomic::AtomicBool::new(false);
    let flips = std::thread::scope(|scope| {
        let flipping = scope.spawn(|| {
            let mut flips = 0;
            while !over.load(std::sync::atomic::Ordering::Acquire) {
                assert_eq!(asker.json("PUT", &format!("{one}/component"), &wish).status, 200);
                assert_eq!(asker.json("POST", &format!("{one}/rollback"), &Value::Null).status, 200);
                flips += 2;
            }
            flips
        });
        for round in 0..20 {
            let said = ann.git.run(&dir, &["push", &url, &format!("main:round{round}")]).unwrap();
            let known = ["nothing may be pushed here", "rules of this repository changed while the push was judged"];
            assert!(said.ok || known.iter().any(|text| said.stderr.contains(text)), "{}", said.stderr);
        }
        over.store(true, std::sync::atomic::Ordering::Release);
        flipping.join().unwrap()
    });
    println!("{flips} exchanges during 20 pushes");
    let pushes = asker.get("/repos/ann/tool/pushes?limit=50").json();
    for push in pushes.as_array().unwrap() {
        let push = asker.get(&format!("/repos/ann/tool/pushes/{}", push["id"])).json();
        let judges: Vec<_> = push["verdicts"].as_array().unwrap().iter().map(|verdict| &verdict["digest"]).collect();
        match push["state"].as_str().unwrap() {
            "done" => assert_eq!(judges, [&old], "taken by the version that lets through: {push}"),
            _ => assert!(judges.is_empty() || judges == [&json!(new)], "{push}"),
        }
    }
    server.stop().await.unwrap();
}
