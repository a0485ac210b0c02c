//! Who may set secrets, what is one, and what anybody is shown.

use std::io::Write as _;
use std::process::Stdio;

use hardie_testkit::process;
use serde_json::json;

use super::super::{remote, upload};
use super::{VALUE, World, echo};
use crate::api::Asker;
use crate::support::component;

#[tokio::test(flavor = "multi_thread")]
async fn who_may_install_sets_secrets_and_nobody_reads_them() {
    let world = World::new(None, &[]).await;
    let one = world.install("echo", &echo(&world.room, "X-Key"), &[]);
    let bob = world.server.user("bob").await.unwrap();
    let (owner, admin) = (Asker::new(&world.server, Some(&world.ann)), world.admin());
    let (stranger, nobody) = (Asker::new(&world.server, Some(&bob)), Asker::new(&world.server, None));
    let (all, chat) = (format!("{one}/secrets"), format!("{one}/secrets/chat"));
    let new = json!({ "destination": world.room, "header": "X-Key", "value": VALUE });
    for (asker, status) in [(&owner, 403), (&stranger, 404), (&nobody, 401)] {
        assert_eq!(asker.json("PUT", &chat, &new).status, status);
    }
    let made = admin.json("PUT", &chat, &new);
    assert_eq!(made.status, 201, "{}", made.text());
    let listed = owner.get(&all);
    assert_eq!(listed.json().as_array().unwrap().len(), 1);
    let shown = &listed.json()[0];
    assert_eq!((&shown["name"], &shown["destination"], &shown["header"]), (&json!("chat"), &json!(world.room), &json!("x-key")));
    assert_eq!((&shown["set_by"], &shown["usable"]), (&json!("root"), &json!(true)));
    for text in [made.text(), listed.text(), owner.get(&one).text(), admin.get("/admin/audit").text()] {
        assert!(!text.contains("s3cr3t"), "{text}");
    }
    assert_eq!(owner.get(&chat).status, 405, "there is no address that gives a value");
    assert_eq!([&stranger, &nobody].map(|asker| asker.get(&all).status), [404, 404]);
    for (asker, status) in [(&stranger, 404), (&nobody, 401)] {
        assert_eq!(asker.json("DELETE", &chat, &json!(null)).status, status);
    }
    // The same installation is at no other address.
    let id = one.rsplit('/').next().unwrap();
    world.server.repo(&world.ann, "second", true).await.unwrap();
    for elsewhere in [format!("/repos/ann/second/plugins/{id}/secrets"), format!("/admin/plugins/{id}/secrets")] {
        assert_eq!((admin.get(&elsewhere).status, admin.json("PUT", &format!("{elsewhere}/chat"), &new).status), (404, 404));
        assert_eq!(admin.json("DELETE", &format!("{elsewhere}/chat"), &json!(null)).status, 404);
    }

    // Set anew: all of it, never the old value for another destination.
    for (name, value) in [("value", json!(null)), ("value", json!("")), ("destination", json!(""))] {
        let mut part = new.clone();
        part["destination"] = json!("https://evil.example");
        part[name] = value;
        let refused = admin.json("PUT", &chat, &part);
        assert!(refused.status == 422 || refused.status == 400, "{}", refused.text());
    }
    assert_eq!(admin.json("PUT", &chat, &json!({ "destination": "https://evil.example" })).status, 422);
    assert_eq!(owner.get(&all).json()[0]["destination"], json!(world.room));
    assert_eq!(admin.json("PUT", &chat, &new).status, 200);

    // Bounds.
    let put = |name: &str, body: serde_json::Value| admin.json("PUT", &format!("{all}/{name}"), &body);
    for name in ["Chat", "a_b", "a%7D", "%C3%A4", &"a".repeat(65)] {
        let refused = put(name, new.clone());
        assert!(refused.status == 422 && refused.json()["field"] == "name", "{name}: {}", refused.text());
    }
    for (field, value) in [
        ("value", "1234567"),
        ("value", "x".repeat(8193).as_str()),
        ("destination", "https://a.example/x"),
        ("destination", "POST https://a.example"),
        ("destination", "ftp://a.example"),
        ("destination", "https://*"),
        ("header", "a b"),
        ("header", "a\r\nb"),
    ] {
        let mut bad = new.clone();
        bad[field] = json!(value);
        let refused = put("other", bad);
        assert!(refused.status == 422 && refused.json()["field"] == field, "{field}: {}", refused.text());
        assert!(field != "value" || !refused.text().contains(value), "{}", refused.text());
    }
    for number in 2..=64 {
        assert_eq!(put(&format!("n-{number}"), new.clone()).status, 201);
    }
    assert_eq!(put("n-65", new.clone()).status, 413, "64 and no more");
    assert_eq!(put("n-64", new.clone()).status, 200);
    assert_eq!(owner.json("DELETE", &chat, &json!(null)).status, 204, "whoever administers the repository takes away");
    assert_eq!(owner.json("DELETE", &chat, &json!(null)).status, 404);

    let judge = json!({ "digest": upload(&owner, &component("accept")), "name": "judge" });
    let judge = owner.json("POST", &format!("/repos/{}/plugins", world.repo), &judge).json()["id"].clone();
    let refused = admin.json("PUT", &format!("/repos/{}/plugins/{judge}/secrets/chat", world.repo), &new);
    assert!(refused.status == 422 && refused.text().contains("asks for none"), "{}", refused.text());
    let audit = admin.get("/admin/audit?action=plugin.secret").json();
    let detail = |n: usize| audit[n]["detail"].as_str().unwrap().to_owned();
    assert_eq!((&audit[0]["action"], detail(0)), (&json!("plugin.secret.remove"), format!("chat of echo on {}", world.repo)));
    assert_eq!(
        (&audit[1]["action"], detail(1)),
        (&json!("plugin.secret.set"), format!("n-64 of echo on {}, for {} in x-key", world.repo, world.room))
    );
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_of_an_organisation_and_of_the_site_are_at_their_own_addresses_alone() {
    let world = World::new(None, &[]).await;
    let (owner, admin) = (Asker::new(&world.server, Some(&world.ann)), world.admin());
    assert_eq!(owner.json("POST", "/orgs", &json!({ "username": "smiths" })).status, 201);
    let digest = upload(&admin, &echo(&world.room, "X-Key"));
    let new = json!({ "destination": "https://chat.example", "value": VALUE });
    // By whom it is asked for, and what an owner of the organisation, who is no administrator of the server, is told.
    for (place, listed, set) in [("/orgs/smiths/plugins", 200, 403), ("/admin/plugins", 403, 403)] {
        let made = admin.json("POST", place, &json!({ "digest": digest, "hosts": ["https://chat.example"] }));
        assert_eq!(made.status, 201, "{}", made.text());
        let (id, all) = (made.json()["id"].clone(), format!("{place}/{}/secrets", made.json()["id"]));
        assert_eq!(admin.json("PUT", &format!("{all}/chat"), &new).status, 201);
        assert_eq!((owner.get(&all).status, owner.json("PUT", &format!("{all}/chat"), &new).status), (listed, set), "{place}");
        assert_eq!(admin.get(&all).json()[0]["name"], json!("chat"));
        // Where it is inherited there is nothing to be seen of this, nor of its hosts.
        let inherited = format!("/repos/{}/plugins/{id}", world.repo);
        assert_eq!((owner.get(&format!("{inherited}/secrets")).status, admin.get(&format!("{inherited}/secrets")).status), (404, 404));
        if place.starts_with("/admin") {
            let shown = owner.get(&inherited);
            assert!(shown.status == 200 && !shown.text().contains("chat.example"), "{}", shown.text());
        }
    }
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gets_a_repository_gets_neither_the_secrets_of_its_plugins_nor_their_hosts() {
    let world = World::new(None, &[]).await;
    let (owner, admin) = (Asker::new(&world.server, Some(&world.ann)), world.admin());
    assert_eq!(owner.json("POST", "/orgs", &json!({ "username": "smiths" })).status, 201);
    let one = world.install("echo", &echo(&format!("{}/in", world.room), "X-Key"), &[&world.room]);
    world.set(&one, &world.room, "");
    assert_eq!(owner.json("POST", &format!("/repos/{}/transfer", world.repo), &json!({ "new_owner": "smiths" })).status, 202);
    let one = one.replace("/repos/ann/", "/repos/smiths/");
    assert_eq!((admin.get(&format!("{one}/secrets")).json(), &admin.get(&one).json()["hosts"]), (json!([]), &json!([])));
    let line = admin.get("/admin/audit?action=repository.transfer").json()[0]["detail"].as_str().unwrap().to_owned();
    assert!(line.contains("1 plugins may send nowhere"), "{line}");
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_takes_a_value_from_stdin_and_from_nowhere_else() {
    let world = World::new(None, &[]).await;
    world.install("echo", &echo(&world.room, ""), &[]);
    let repo = world.repo.as_str();
    let set = |more: &[&str], value: &str| {
        let mut command = process::hardie(&["plugin", "secret", "set", "echo"]).unwrap();
        command.args(more).args(["--repo", repo]).env("HARDIE_SERVER", world.server.url()).env("HARDIE_TOKEN", &world.root.token);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // One that refuses at once does not read to the end.
        let _ = child.stdin.take().unwrap().write_all(value.as_bytes());
        let output = child.wait_with_output().unwrap();
        (output.status.code(), [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat())
    };
    let (code, text) = set(&["chat", "--for", "hooks.example.org"], "s3cr3t-value\n");
    assert!(code == Some(0) && text.contains("for https://hooks.example.org") && !text.contains("s3cr3t"), "{text}");
    let (code, text) = set(&["key", "--for", "http://10.1.2.3:8080", "--header", "X-Key", "--json"], "two\nlines\r\n");
    let kept: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &kept["destination"], &kept["header"]), (Some(0), &json!("http://10.1.2.3:8080"), &json!("x-key")));
    for (more, value, why) in [
        (&["chat", "--for", "hooks.example.org"][..], "", "empty"),
        (&["chat", "--for", "hooks.example.org"], &"x".repeat(8193), "8192"),
        (&["chat", "--for", "hooks.example.org"], &"x".repeat(1 << 20), "longer than"),
        (&["../x", "--for", "hooks.example.org"], "s3cr3t-value", "a-z"),
        (&["chat"], "s3cr3t-value", "--for"),
        (&["chat", "s3cr3t-value", "--for", "hooks.example.org"], "", "unexpected"),
    ] {
        let (code, text) = set(more, value);
        assert!(code != Some(0) && text.contains(why), "{more:?}: {text}");
    }
    let listed = remote(&world.server, &world.ann, &["secret", "list", "echo", "--repo", repo]);
    let lines: Vec<&str> = listed.out.lines().collect();
    assert!(lines.len() == 3 && lines[1].starts_with("chat  https://hooks.example.org") && lines[2].contains("in x-key"), "{}", listed.out);
    let removed = remote(&world.server, &world.ann, &["secret", "remove", "echo", "key", "--repo", repo, "--json"]);
    assert_eq!(removed.json(), json!({ "removed": "key" }), "{}", removed.err);
    let listed = remote(&world.server, &world.ann, &["secret", "list", "echo", "--repo", repo, "--json"]).json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["name"]), (1, &json!("chat")));
    world.server.stop().await.unwrap();
}
