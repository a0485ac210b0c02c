//! Signed pushes: `git push --signed` with SSH keys, and certificates written by hand.

mod attacks;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use hardie_app::branches::delete_branch;
use hardie_app::state::GitRules;
use hardie_domain::names::RepoPath;
use hardie_testkit::server::{Options, people};
use hardie_testkit::{Git, TestServer, TestUser};
use serde_json::Value;

use super::{Via, remote, with_repo};
use crate::api::Asker;

/// This person's git signs with this key from now on.
fn sign_with(user: &TestUser, key: &Path) {
    let key = key.display().to_string();
    for (name, value) in [("gpg.format", "ssh"), ("user.signingkey", &key)] {
        user.git.ok(user.git.home(), &["config", "--global", name, value]).unwrap();
    }
}

fn own_key(user: &TestUser) -> PathBuf {
    user.git.path("id_ed25519")
}

fn make_key(git: &Git, name: &str) -> PathBuf {
    let path = git.path(name);
    let made = git.command("ssh-keygen").args(["-q", "-N", "", "-t", "ed25519", "-f"]).arg(&path).status().unwrap();
    assert!(made.success());
    path
}

fn fingerprint(git: &Git, key: &Path) -> String {
    let output = git.command("ssh-keygen").arg("-lf").arg(key).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').nth(1).unwrap().to_owned()
}

/// The newest push and its certificate, as the API shows them to this person.
fn newest(server: &TestServer, user: &TestUser, repo: &str) -> (Value, Value) {
    let asker = Asker::new(server, Some(user));
    let push = asker.get(&format!("/repos/{repo}/pushes?limit=1")).json()[0].clone();
    let certificate = asker.get(&format!("/repos/{repo}/pushes/{}/certificate", push["id"])).json();
    (push, certificate)
}

fn content(certificate: &Value) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(certificate["content"].as_str().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_push_is_accepted_and_its_certificate_can_be_proven_later() {
    let server = TestServer::start().await.unwrap();
    let (alice, repo, dir) = with_repo(&server, "alice", "tool").await;
    sign_with(&alice, &own_key(&alice));
    let (git, key) = (&alice.git, fingerprint(&alice.git, &own_key(&alice)));
    for (via, how, branch) in [
        (Via::Http, "--signed=yes", "a"),
        (Via::Ssh, "--signed=yes", "b"),
        (Via::Http, "--signed=if-asked", "c"),
        (Via::Ssh, "--signed=if-asked", "d"),
    ] {
        let url = remote(&server, via, &repo);
        let tip = git.commit(&dir, branch, "text\n", "Signed").unwrap();
        let options = ["-o", "ci.skip", "-o", "topic=a b"];
        let refs = [format!("main:{branch}"), format!("main:{branch}-too")];
        let said = git.run(&dir, &[&["push", "--atomic", how][..], &options, &[&url, &refs[0], &refs[1]]].concat()).unwrap();
        assert!(said.ok && said.stderr.contains(&format!("Push certificate: good signature with {key}")), "{via:?}: {}", said.stderr);
        let (push, certificate) = newest(&server, &alice, &repo);
        assert_eq!(push["options"], serde_json::json!(["ci.skip", "topic=a b"]));
        for (field, expected) in [("signature", "good"), ("signer", &key), ("nonce_status", "OK"), ("encoding", "base64")] {
            assert_eq!(certificate[field], expected, "{via:?}");
        }
        let text = content(&certificate);
        let at = text.windows(11).position(|window| window == b"-----BEGIN ").unwrap();
        let signed = String::from_utf8(text[..at].to_vec()).unwrap();
        assert!(signed.contains(&format!("{} {tip} refs/heads/{branch}-too\n", "0".repeat(40))), "{signed}");
        // Anybody who has the public key proves it with OpenSSH alone.
        std::fs::write(git.path("allowed"), format!("alice {}", std::fs::read_to_string(own_key(&alice).with_extension("pub")).unwrap()))
            .unwrap();
        std::fs::write(git.path("certificate.sig"), &text[at..]).unwrap();
        std::fs::write(git.path("certificate"), &signed).unwrap();
        let proven = "ssh-keygen -Y verify -f ~/allowed -I alice -n git -s ~/certificate.sig < ~/certificate";
        assert!(git.command("sh").args(["-c", proven]).status().unwrap().success());
    }
    assert!(git.ok(&dir, &["push", &remote(&server, Via::Http, &repo), "main:plain"]).is_ok());
    let (push, certificate) = newest(&server, &alice, &repo);
    assert_eq!((push["refs"][0]["ref"].as_str(), certificate["content"].as_str()), (Some("refs/heads/plain"), None), "{certificate}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_shown_to_whoever_may_push_and_to_nobody_else() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let (open, other) = (server.repo(&alice, "open", false).await.unwrap(), server.repo(&bob, "other", false).await.unwrap());
    sign_with(&alice, &own_key(&alice));
    let dir = alice.git.init("open").unwrap();
    alice.git.ok(&dir, &["push", "--signed=yes", "--quiet", &server.http_remote(&open), "main"]).unwrap();
    let id = newest(&server, &alice, &open).0["id"].clone();
    let ask = |user: Option<&TestUser>, repo: &str| Asker::new(&server, user).get(&format!("/repos/{repo}/pushes/{id}/certificate")).status;
    assert_eq!((ask(Some(&alice), &open), ask(Some(&bob), &open), ask(None, &open)), (200, 403, 403));
    assert_eq!(ask(Some(&bob), &other), 404, "another repository's push");
    let admin = server.admin("root").await.unwrap();
    assert_eq!(ask(Some(&admin), &open), 200);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_the_pushers_own_signs_nothing() {
    let server = TestServer::start().await.unwrap();
    let (alice, repo, dir) = with_repo(&server, "alice", "tool").await;
    let bob = server.user("bob").await.unwrap();
    let unknown = make_key(&alice.git, "unknown");
    alice.git.commit(&dir, "a", "text\n", "Signed").unwrap();
    for (key, via) in [(&unknown, Via::Http), (&unknown, Via::Ssh), (&own_key(&bob), Via::Http)] {
        sign_with(&alice, key);
        let url = remote(&server, via, &repo);
        let text = alice.git.fails(&dir, &["push", "--signed=yes", &url, "main:a"]).unwrap();
        let expected = format!("signed with {}, which is not a key of your account", fingerprint(&alice.git, key));
        assert!(text.contains(&expected) && text.contains("add it there"), "{text}");
        let (push, certificate) = newest(&server, &alice, &repo);
        assert_eq!((push["state"].as_str(), certificate["signature"].as_str()), (Some("refused"), Some("stranger")));
    }
    sign_with(&alice, &unknown);
    people::add_key(&server.server.app, &alice.token, &std::fs::read_to_string(unknown.with_extension("pub")).unwrap()).await.unwrap();
    alice.git.ok(&dir, &["push", "--signed=yes", &server.http_remote(&repo), "main:a"]).unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_signed_pushes_are_required_nothing_else_moves_a_ref() {
    let git_rules = GitRules { require_signed_push: true, ..GitRules::default() };
    let server = TestServer::start_with(Options { git_rules, ..Options::default() }).await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "tool", true).await.unwrap();
    sign_with(&alice, &own_key(&alice));
    let dir = alice.git.init("tool").unwrap();
    for via in [Via::Http, Via::Ssh] {
        let url = remote(&server, via, &repo);
        let text = alice.git.fails(&dir, &["push", &url, "main:plain"]).unwrap();
        assert!(text.contains("takes signed pushes only") && text.contains("git push --signed"), "{text}");
        alice.git.ok(&dir, &["push", "--signed=if-asked", &url, "main", &format!("main:{via:?}")]).unwrap();
    }
    let ctx = people::signed_in(&server.server.app, &alice.token).await.unwrap();
    let refused = delete_branch(&server.server.app, &ctx, &RepoPath::parse(&repo).unwrap(), "Http").await.unwrap_err();
    assert!(refused.to_string().contains("signed pushes only"), "{refused}");
    let refs = alice.git.ok(&dir, &["ls-remote", &server.http_remote(&repo)]).unwrap();
    assert!(refs.contains("refs/heads/Http") && refs.contains("refs/heads/main"), "{refs}");
    server.stop().await.unwrap();
}
