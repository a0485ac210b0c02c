//! Commits and tags signed by the real gpg and ssh-keygen, as the API shows them, and the keys that prove them.

use std::process::Command;

use hardie_testkit::{Git, TestServer, TestUser};
use serde_json::{Value, json};

use super::Asker;

/// One person's gpg. Its agent ends with it.
struct Gpg {
    home: tempfile::TempDir,
}

impl Gpg {
    fn new() -> Gpg {
        // gpg wants a short path for its sockets, and a folder that nobody else reads.
        let home = tempfile::tempdir().unwrap();
        #[expect(clippy::disallowed_methods, reason = "gpg refuses a folder that others may read")]
        let made = Command::new("chmod").arg("700").arg(home.path()).status().unwrap();
        assert!(made.success());
        Gpg { home }
    }

    fn run(&self, git: &Git, arguments: &[&str], input: &[u8]) -> Vec<u8> {
        let file = git.path("gpg-input");
        std::fs::write(&file, input).unwrap();
        let mut command = git.command("gpg");
        command.env("GNUPGHOME", self.home.path()).args(["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]);
        let output = command.args(arguments).stdin(std::fs::File::open(&file).unwrap()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// Makes a key and gives its fingerprint.
    fn make(&self, git: &Git, person: &str, kind: &str) -> String {
        self.run(git, &["--quick-generate-key", person, kind, "sign", "never"], b"");
        let listed = String::from_utf8(self.run(git, &["--with-colons", "--list-keys", person], b"")).unwrap();
        let line = listed.lines().find(|line| line.starts_with("fpr:")).unwrap();
        line.split(':').nth(9).unwrap().to_owned()
    }

    fn export(&self, git: &Git, key: &str) -> String {
        String::from_utf8(self.run(git, &["--armor", "--export", key], b"")).unwrap()
    }
}

impl Drop for Gpg {
    fn drop(&mut self) {
        #[expect(clippy::disallowed_methods, reason = "the agent that gpg started is asked to end")]
        let ended = Command::new("gpgconf").args(["--kill", "all"]).env("GNUPGHOME", self.home.path()).status();
        drop(ended);
    }
}

/// A person with a repository that has one unsigned commit, whose git signs with this gpg.
async fn world(gpg: &Gpg) -> (TestServer, TestUser, std::path::PathBuf, Asker) {
    let server = TestServer::start().await.unwrap();
    let mut ann = server.user("ann").await.unwrap();
    ann.git = ann.git.with_env("GNUPGHOME", gpg.home.path().display().to_string());
    server.repo(&ann, "tool", false).await.unwrap();
    let dir = ann.git.init("work").unwrap();
    ann.git.commit(&dir, "a", "a\n", "Begin").unwrap();
    ann.git.ok(&dir, &["remote", "add", "origin", &server.http_remote("ann/tool")]).unwrap();
    let asker = Asker::new(&server, Some(&ann));
    (server, ann, dir, asker)
}

fn signed(ann: &TestUser, dir: &std::path::Path, more: &[&str]) -> String {
    ann.git.ok(dir, &[&["commit", "--quiet", "--allow-empty", "-S", "-m", "Signed"][..], more].concat()).unwrap();
    ann.git.ok(dir, &["push", "--quiet", "--force", "origin", "HEAD:refs/heads/main"]).unwrap();
    ann.git.ok(dir, &["rev-parse", "HEAD"]).unwrap().trim().to_owned()
}

fn verification(asker: &Asker, sha: &str) -> Value {
    asker.get(&format!("/repos/ann/tool/git/commits/{sha}")).json()["commit"]["verification"].clone()
}

fn reason(asker: &Asker, sha: &str) -> String {
    let found = verification(asker, sha);
    assert_eq!((&found["verified"], &found["signer"]), (&json!(false), &Value::Null), "{found}");
    found["reason"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_gpg_signs_is_verified_once_the_key_is_there_and_the_address_is_the_committers() {
    let gpg = Gpg::new();
    let (server, ann, dir, asker) = world(&gpg).await;
    let git = &ann.git;
    let first = git.ok(&dir, &["rev-parse", "HEAD"]).unwrap().trim().to_owned();
    let key = gpg.make(git, "Ann <ann@example.org>", "ed25519");
    git.ok(&dir, &["config", "user.signingkey", &key]).unwrap();
    let commit = signed(&ann, &dir, &[]);
    assert_eq!(reason(&asker, &first), "gpg.error.not_signed_commit");
    assert_eq!(reason(&asker, &commit), "gpg.error.no_gpg_keys_found");
    let armour = gpg.export(git, &key);
    let added = asker.json("POST", "/user/gpg_keys", &json!({ "armored_public_key": armour }));
    assert_eq!(added.status, 201, "{}", added.text());
    let id = &key[key.len() - 16..];
    let shown = added.json();
    assert_eq!((&shown["key_id"], &shown["can_sign"], &shown["verified"]), (&json!(id), &json!(true), &json!(false)));
    assert_eq!(shown["emails"], json!([{ "email": "ann@example.org", "verified": true }]));
    let found = verification(&asker, &commit);
    assert_eq!((&found["verified"], &found["reason"]), (&json!(true), &json!(format!("ann / {id}"))), "{found}");
    assert_eq!(found["signer"], json!({ "name": "ann", "email": "ann@example.org", "username": "ann" }));
    assert!(found["payload"].as_str().unwrap().starts_with("tree ") && found["signature"].as_str().unwrap().contains("PGP SIGNATURE"));
    // Wherever the commit is shown.
    let listed = asker.get("/repos/ann/tool/commits?sha=main").json();
    assert_eq!(listed[0]["commit"]["verification"], found);
    assert_eq!(asker.get("/repos/ann/tool/branches/main").json()["commit"]["verification"], found);
    // A tag, by the same key.
    git.ok(&dir, &["tag", "-s", "-m", "Said", "v1"]).unwrap();
    git.ok(&dir, &["push", "--quiet", "origin", "v1"]).unwrap();
    let tag = git.ok(&dir, &["rev-parse", "v1"]).unwrap();
    let tag = asker.get(&format!("/repos/ann/tool/git/tags/{}", tag.trim())).json();
    assert_eq!(
        (&tag["verification"]["verified"], &tag["message"], &tag["object"]["sha"]),
        (&json!(true), &json!("Said\n"), &json!(commit))
    );
    // A committer's address that is nobody's, or somebody else's.
    server.user("bob").await.unwrap();
    for (email, expected) in [("no@example.org", "gpg.error.no_committer_account"), ("bob@example.org", "gpg.error.no_gpg_keys_found")] {
        git.ok(&dir, &["config", "user.email", email]).unwrap();
        assert_eq!(reason(&asker, &signed(&ann, &dir, &[])), expected, "{email}");
    }
    // The same signature over another commit.
    let raw = git.ok(&dir, &["cat-file", "commit", &commit]).unwrap();
    let forged =
        git.with_stdin(&dir, &["hash-object", "-t", "commit", "-w", "--stdin"], raw.replace("Signed", "Forged").as_bytes()).unwrap();
    git.ok(&dir, &["push", "--quiet", "--force", "origin", &format!("{}:refs/heads/main", forged.trim())]).unwrap();
    assert_eq!(reason(&asker, forged.trim()), "gpg.error.probable_bad_signature");
    // Without the key nothing is proven any more.
    assert_eq!(asker.json("DELETE", &format!("/user/gpg_keys/{}", shown["id"]), &Value::Null).status, 204);
    git.ok(&dir, &["push", "--quiet", "--force", "origin", &format!("{commit}:refs/heads/main")]).unwrap();
    assert_eq!(reason(&asker, &commit), "gpg.error.no_gpg_keys_found");
    let root = Asker::new(&server, Some(&server.admin("root").await.unwrap()));
    for action in ["gpg_key.create", "gpg_key.delete"] {
        let lines = root.get(&format!("/admin/audit?action={action}")).json();
        assert_eq!(lines.as_array().map(Vec::len), Some(1), "{action}: {lines}");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_an_address_of_the_account_is_proven_by_a_signed_text() {
    let gpg = Gpg::new();
    let (server, ann, dir, asker) = world(&gpg).await;
    let git = &ann.git;
    let key = gpg.make(git, "Ann <ann@elsewhere.example>", "rsa2048");
    git.ok(&dir, &["config", "user.signingkey", &key]).unwrap();
    let armour = gpg.export(git, &key);
    let add = |armour: &str, signature: Option<&str>| {
        asker.json("POST", "/user/gpg_keys", &json!({ "armored_public_key": armour, "armored_signature": signature }))
    };
    let refused = add(&armour, None);
    assert!(refused.status == 422 && refused.text().contains("gpg_key_token"), "{}", refused.text());
    let token = asker.get("/user/gpg_key_token").text();
    let sign = |text: &str| String::from_utf8(gpg.run(git, &["--armor", "--detach-sign", "-u", &key], text.as_bytes())).unwrap();
    // A text for somebody else, or any text, proves nothing.
    let bob = server.user("bob").await.unwrap();
    let theirs = Asker::new(&server, Some(&bob)).get("/user/gpg_key_token").text();
    assert_ne!(theirs, token);
    for text in [theirs.as_str(), "text"] {
        assert_eq!(add(&armour, Some(&sign(text))).status, 422);
    }
    let added = add(&armour, Some(&sign(&format!("{token}\n"))));
    assert_eq!((added.status, &added.json()["verified"]), (201, &json!(true)), "{}", added.text());
    assert_eq!(added.json()["emails"], json!([{ "email": "ann@elsewhere.example", "verified": false }]));
    // It counts for every address that the account has proven.
    let commit = signed(&ann, &dir, &[]);
    assert_eq!(verification(&asker, &commit)["verified"], json!(true));
    // What is shown to others.
    let nobody = Asker::new(&server, None).get("/users/ann/gpg_keys").json();
    assert_eq!((&nobody[0]["key_id"], &nobody[0]["emails"]), (&added.json()["key_id"], &json!([])));
    assert_eq!(add(&armour, Some(&sign(&token))).status, 422, "it is there already");
    let one = format!("/user/gpg_keys/{}", added.json()["id"]);
    let theirs = Asker::new(&server, Some(&bob));
    assert_eq!([theirs.get(&one).status, theirs.json("DELETE", &one, &Value::Null).status, asker.get(&one).status], [404, 404, 200]);
    // Another key, that names the account's address, and is proven later.
    let second = gpg.make(git, "Ann <ann@example.org>", "nistp256");
    let added = add(&gpg.export(git, &second), None);
    assert_eq!((added.status, &added.json()["verified"]), (201, &json!(false)), "{}", added.text());
    let verify = |signature: String| {
        let body = json!({ "key_id": added.json()["key_id"], "armored_signature": signature });
        asker.json("POST", "/user/gpg_key_verify", &body)
    };
    assert_eq!(verify(sign(&token)).status, 422, "signed with the other");
    let own = gpg.run(git, &["--armor", "--detach-sign", "-u", &second], token.as_bytes());
    let verified = verify(String::from_utf8(own).unwrap());
    assert_eq!((verified.status, &verified.json()["verified"]), (201, &json!(true)), "{}", verified.text());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn subkeys_sign_for_their_key_and_what_is_no_key_is_refused() {
    let gpg = Gpg::new();
    let (server, ann, dir, asker) = world(&gpg).await;
    let git = &ann.git;
    let key = gpg.make(git, "Ann <ann@example.org>", "ed25519");
    gpg.run(git, &["--quick-add-key", &key, "ed25519", "sign", "never"], b"");
    let armour = gpg.export(git, &key);
    let add = |armour: &str| asker.json("POST", "/user/gpg_keys", &json!({ "armored_public_key": armour }));
    let secret = String::from_utf8(gpg.run(git, &["--armor", "--export-secret-keys", &key], b"")).unwrap();
    let large = format!("{armour}{}", "x".repeat(70_000));
    for (text, why) in [
        ("", "is not an armoured OpenPGP public key"),
        ("text", "is not an armoured OpenPGP public key"),
        (&armour[..armour.len() / 2], "armoured"),
        (large.as_str(), "is too large"),
        (secret.as_str(), "is a private key"),
    ] {
        let refused = add(text);
        assert!(refused.status == 422 && refused.text().contains(why), "{}", refused.text());
        assert!(!refused.text().contains("BEGIN PGP"), "nothing of it is said again");
    }
    let added = add(&armour);
    assert_eq!(added.status, 201, "{}", added.text());
    let subkey = added.json()["subkeys"][0].clone();
    assert_eq!((&subkey["primary_key_id"], &subkey["can_sign"]), (&added.json()["key_id"], &json!(true)));
    git.ok(&dir, &["config", "user.signingkey", &format!("{}!", subkey["key_id"].as_str().unwrap())]).unwrap();
    let commit = signed(&ann, &dir, &[]);
    assert_eq!(verification(&asker, &commit)["reason"], json!(format!("ann / {}", subkey["key_id"].as_str().unwrap())));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_ssh_key_of_the_account_signs_is_verified_and_no_other_is() {
    let gpg = Gpg::new();
    let (server, ann, dir, asker) = world(&gpg).await;
    let git = &ann.git;
    let own = git.path("id_ed25519").display().to_string();
    for (name, value) in [("gpg.format", "ssh"), ("user.signingkey", own.as_str())] {
        git.ok(&dir, &["config", name, value]).unwrap();
    }
    let commit = signed(&ann, &dir, &[]);
    let found = verification(&asker, &commit);
    assert!(found["verified"] == json!(true) && found["reason"].as_str().unwrap().starts_with("ann / SHA256:"), "{found}");
    git.ok(&dir, &["tag", "-s", "-m", "Said", "v1"]).unwrap();
    git.ok(&dir, &["push", "--quiet", "origin", "v1"]).unwrap();
    let tag = git.ok(&dir, &["rev-parse", "v1"]).unwrap();
    let tag = asker.get(&format!("/repos/ann/tool/git/tags/{}", tag.trim())).json();
    assert_eq!((&tag["verification"]["verified"], &tag["tagger"]["email"]), (&json!(true), &json!("ann@example.org")), "{tag}");
    // Bob's key under ann's address, and bob's address under ann's key.
    let bob = server.user("bob").await.unwrap();
    let theirs = bob.git.path("id_ed25519").display().to_string();
    git.ok(&dir, &["config", "user.signingkey", &theirs]).unwrap();
    assert_eq!(reason(&asker, &signed(&ann, &dir, &[])), "gpg.error.no_gpg_keys_found");
    git.ok(&dir, &["config", "user.signingkey", &own]).unwrap();
    git.ok(&dir, &["config", "user.email", "bob@example.org"]).unwrap();
    assert_eq!(reason(&asker, &signed(&ann, &dir, &[])), "gpg.error.no_gpg_keys_found");
    // Only the committer counts, not who is said to be the author.
    git.ok(&dir, &["config", "user.email", "ann@example.org"]).unwrap();
    let for_bob = signed(&ann, &dir, &["--author", "bob <bob@example.org>"]);
    assert_eq!(verification(&asker, &for_bob)["signer"]["username"], json!("ann"));
    // A signature for another purpose, and texts that are none.
    let raw = git.ok(&dir, &["cat-file", "commit", &commit]).unwrap();
    let (head, rest) = raw.split_once("gpgsig ").unwrap();
    let (_, rest) = rest.split_once("-----END SSH SIGNATURE-----\n").unwrap();
    let payload = dir.join("payload");
    std::fs::write(&payload, format!("{head}{rest}")).unwrap();
    let made = git.command("ssh-keygen").args(["-q", "-Y", "sign", "-n", "file", "-f", &own]).arg(&payload).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let other = std::fs::read_to_string(dir.join("payload.sig")).unwrap().trim_end().replace('\n', "\n ");
    for (signature, expected) in [
        (other.as_str(), "gpg.error.probable_bad_signature"),
        ("-----BEGIN SSH SIGNATURE-----\n x\n -----END SSH SIGNATURE-----", "gpg.error.extract_sign"),
        ("-----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----", "gpg.error.extract_sign"),
        ("-----BEGIN SIGNED MESSAGE-----\n x\n -----END SIGNED MESSAGE-----", "gpg.error.extract_sign"),
        ("nothing", "gpg.error.extract_sign"),
    ] {
        let text = format!("{head}gpgsig {signature}\n{rest}");
        let forged = git.with_stdin(&dir, &["hash-object", "-t", "commit", "-w", "--stdin", "--literally"], text.as_bytes()).unwrap();
        git.ok(&dir, &["push", "--quiet", "--force", "origin", &format!("{}:refs/heads/main", forged.trim())]).unwrap();
        assert_eq!(reason(&asker, forged.trim()), expected, "{signature}");
    }
    server.stop().await.unwrap();
}
