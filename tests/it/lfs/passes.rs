//! The passes that `git-lfs-authenticate` and the batch API hand out: good for one repository, one operation, one hour.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_testkit::server::{Options, people};
use hardie_testkit::{FakeClock, TestServer, TestUser};
use serde_json::{Value, json};

use super::{act, batch, noise, only, upload};
use crate::api::Asker;
use crate::app::factor::enrol;

/// What the server says over SSH.
fn authenticate(server: &TestServer, user: &TestUser, words: &str) -> Result<Value, String> {
    let port = server.server.ssh.port();
    let command = format!("$GIT_SSH_COMMAND -p {port} git@127.0.0.1 \"git-lfs-authenticate {words}\"");
    let output = user.git.command("sh").args(["-c", &command]).output().unwrap();
    match output.status.success() {
        true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn bearer(answer: &Value) -> String {
    answer["header"]["Authorization"].as_str().unwrap().to_owned()
}

async fn started() -> (FakeClock, TestServer) {
    let clock = FakeClock::default();
    let mut options = Options::default();
    options.ports.clock = Arc::new(clock.clone());
    (clock, TestServer::start_with(options).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lfs_pass_is_good_for_its_repository_its_operation_and_an_hour() {
    let (clock, server) = started().await;
    let alice = server.user("alice").await.unwrap();
    let (art, other) = (server.repo(&alice, "art", true).await.unwrap(), server.repo(&alice, "other", true).await.unwrap());
    upload(&server, &alice, &art, b"here");
    upload(&server, &alice, &other, b"there");
    let nobody = Asker::new(&server, None);
    let given = authenticate(&server, &alice, "'/alice/art.git' download").unwrap();
    assert_eq!((&given["href"], &given["expires_in"]), (&json!("http://forge.test/alice/art.git/info/lfs"), &json!(3600)));
    let download = bearer(&given);
    let download = [("authorization", download.as_str())];
    assert!(only(&batch(&nobody, &art, &download, "download", b"here"))["actions"].is_object());
    // Another repository is not there, even a public one's writing; the other operation is refused by name.
    assert_eq!(batch(&nobody, &other, &download, "download", b"there").status, 404);
    let refused = batch(&nobody, &art, &download, "upload", b"new").refusal();
    assert_eq!(refused, (403, "this credential is for downloading only".to_owned()));
    let put = format!("/{art}.git/info/lfs/objects/{}/3", super::oid(b"new"));
    assert_eq!(nobody.send("PUT", &put, &download, b"new").status, 403);
    assert_eq!(super::ask(&nobody, &art, "locks", &download, &json!({ "path": "a" })).status, 403);
    // A pass is no token: neither git nor the API takes it.
    for path in ["/alice/art.git/info/refs?service=git-upload-pack", "/api/v1/user", "/api/v1/repos/alice/art"] {
        assert_eq!(nobody.send("GET", path, &download, b"").status, 401, "{path}");
    }
    let given = authenticate(&server, &alice, "alice/art upload").unwrap();
    let upload = bearer(&given);
    let upload = [("authorization", upload.as_str())];
    let fresh = only(&batch(&nobody, &art, &upload, "upload", b"new"));
    assert_eq!(batch(&nobody, &other, &upload, "upload", b"new").status, 404);
    // What is handed out on a pass ends with it.
    clock.advance(3000);
    assert_eq!(only(&batch(&nobody, &art, &upload, "upload", b"new"))["actions"]["upload"]["expires_in"], 600);
    clock.advance(599);
    assert_eq!(act(&nobody, "PUT", &fresh["actions"]["upload"], &[], b"new").status, 200);
    clock.advance(1);
    for pass in [&upload, &download] {
        let over = batch(&nobody, &art, pass, "download", b"here");
        assert!(over.status == 401 && over.refusal().1.contains("expired"), "{}", over.text());
        assert!(over.header("lfs-authenticate").starts_with("Basic"));
    }
    assert_eq!(act(&nobody, "PUT", &fresh["actions"]["upload"], &[], b"new").status, 401);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lfs_pass_on_a_password_ends_when_the_account_gets_a_second_factor() {
    let (clock, server) = started().await;
    let alice = server.user("alice").await.unwrap();
    let art = server.repo(&alice, "art", true).await.unwrap();
    upload(&server, &alice, &art, b"here");
    let nobody = Asker::new(&server, None);
    let basic = format!("Basic {}", STANDARD.encode(format!("alice:{}", alice.password)));
    let given = only(&batch(&nobody, &art, &[("authorization", &basic)], "download", b"here"));
    assert_eq!(act(&nobody, "GET", &given["actions"]["download"], &[], b"").status, 200);
    let app = &server.server.app;
    enrol(app, &people::signed_in(app, &alice.token).await.unwrap(), &alice, &clock).await;
    assert_eq!(act(&nobody, "GET", &given["actions"]["download"], &[], b"").status, 401);
    let refused = batch(&nobody, &art, &[("authorization", &basic)], "download", b"here");
    assert!(refused.status == 401 && refused.text().contains("access token"), "{}", refused.text());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lfs_pass_that_was_tampered_with_or_lost_its_ground_is_worth_nothing() {
    let (_, server) = started().await;
    let alice = server.user("alice").await.unwrap();
    let art = server.repo(&alice, "art", true).await.unwrap();
    upload(&server, &alice, &art, b"here");
    let (asker, nobody) = (Asker::new(&server, Some(&alice)), Asker::new(&server, None));
    let status = |authorization: &str| batch(&nobody, &art, &[("authorization", authorization)], "download", b"here").status;
    let by_key = bearer(&authenticate(&server, &alice, "alice/art upload").unwrap());
    let by_token = only(&batch(&asker, &art, &[], "download", b"here"))["actions"]["download"].clone();
    let by_token = bearer(&by_token);
    assert_eq!((status(&by_key), status(&by_token)), (200, 200));
    for at in (15..by_key.len()).step_by(7) {
        let mut bytes = by_key.clone().into_bytes();
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        assert_eq!(status(&String::from_utf8(bytes).unwrap()), 401, "character {at}");
    }
    for odd in ["Bearer hrdpass_", "Bearer hrdpass_AAAA", &format!("Bearer hrdpass_{}", "A".repeat(5000))] {
        assert_eq!(status(odd), 401, "{odd}");
    }
    // The key is removed, the token revoked: their passes end with them.
    let keys = asker.get("/user/keys").json();
    assert_eq!(asker.json("DELETE", &format!("/user/keys/{}", keys[0]["id"]), &Value::Null).status, 204);
    assert_eq!((status(&by_key), status(&by_token)), (401, 200));
    assert_eq!(asker.json("DELETE", "/users/alice/tokens/test", &Value::Null).status, 204);
    assert_eq!(status(&by_token), 401);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_lfs_pass_is_given_over_ssh_to_those_who_may_and_outlives_a_restart() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let secret = server.repo(&alice, "secret", true).await.unwrap();
    server.repo(&alice, "open", false).await.unwrap();
    let ask = |words: &str| authenticate(&server, &bob, words).unwrap_err();
    assert_eq!(ask("alice/secret download"), ask("alice/nothing download"));
    assert!(ask("alice/secret upload").contains("repository not found"));
    assert!(ask("alice/open upload").contains("not push"));
    assert!(ask("alice/open delete").contains("download or upload"));
    assert!(authenticate(&server, &bob, "alice/open download").is_ok());
    let bytes = noise(1, 1000);
    upload(&server, &alice, &secret, &bytes);
    let pass = bearer(&authenticate(&server, &alice, "alice/secret download").unwrap());
    let key = std::fs::metadata(server.data_dir().join("secret.key")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
    let data = server.stop().await.unwrap();
    let server = TestServer::start_in(data, Options::default()).await.unwrap();
    let nobody = Asker::new(&server, None);
    assert_eq!(batch(&nobody, &secret, &[("authorization", &pass)], "download", &bytes).status, 200);
    server.stop().await.unwrap();
}
