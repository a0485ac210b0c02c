//! Keys that are lost, wrong or exchanged; and what the log has of all this.

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use hardie_testkit::server::Options;
use hardie_testkit::{ServerProcess, TestServer, process};
use serde_json::json;

use super::super::sends::outbound;
use super::{Rows as _, VALUE, World, echo};
use crate::backup::{admin, arg, done};

fn write_key(path: &Path, bytes: &[u8]) {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path).unwrap();
    file.write_all(bytes).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_key_is_told_and_one_that_was_exchanged_opens_what_it_sealed() {
    let mut world = World::new(None, &[]).await;
    let one = world.install("echo", &echo(&format!("{}/in", world.room), "X-Key"), &[&world.room]);
    world.set(&one, &world.room, "");
    let row = world.row(&one).await;
    let options = Options { outbound: outbound(std::slice::from_ref(&world.room)), ..Options::default() };

    // Another key is there: the server starts and serves, and says at the request what is wrong.
    let data = world.server.stop().await.unwrap();
    let (key, old) = (data.path().join("secret.key"), data.path().join("old.key"));
    let sound = done(data.path(), &["secrets", "--json"]);
    assert!(sound.contains("\"secrets\":1") && sound.contains("\"closed\":[]"), "{sound}");
    std::fs::rename(&key, &old).unwrap();
    world.server = TestServer::start_in(data.clone(), options.clone()).await.unwrap();
    assert_eq!(world.admin().get(&format!("{one}/secrets")).json()[0]["usable"], json!(false));
    world.push();
    let text = world.told(&one).await;
    assert!(text.contains("\"chat\" does not open") && text.contains(&row.key_id) && text.contains("anew"), "{text}");
    assert!(world.heard.try_recv().is_err(), "nothing was sent");
    world.server.stop().await.unwrap();
    let found = admin(data.path(), &["secrets"]);
    assert!(!found.ok && found.out.contains("secret chat of plugin") && found.err.contains("1 secrets do not open"), "{found:?}");
    let started = ServerProcess::serve(data.path(), &[]).unwrap();
    let log = started.terminate().unwrap().1;
    assert!(log.contains("secrets of plugins do not open") && log.contains(&row.key_id), "{log}");

    // The one before still opens, and need not once all is sealed anew.
    let config = data.path().join("hardie.toml");
    std::fs::write(&config, format!("[secrets]\nearlier-key-files = [{:?}]\n", arg(&old))).unwrap();
    let resealed = done(data.path(), &["secrets", "--reseal", "--config", arg(&config)]);
    assert!(resealed.contains("1 sealed again"), "{resealed}");
    assert!(done(data.path(), &["secrets", "--reseal", "--config", arg(&config)]).contains("0 sealed again"));
    std::fs::remove_file(&old).unwrap();
    let missing = admin(data.path(), &["secrets", "--config", arg(&config)]);
    assert!(!missing.ok && missing.err.contains("earlier-key-files") && missing.err.contains("old.key"), "{missing:?}");
    let wrong = data.path().join("wrong.key");
    write_key(&wrong, b"not 32 bytes");
    std::fs::write(&config, format!("[secrets]\nkey-file = {:?}\n", arg(&wrong))).unwrap();
    assert!(admin(data.path(), &["secrets", "--config", arg(&config)]).err.contains("32 bytes"));
    world.server = TestServer::start_in(data, options).await.unwrap();
    let now = world.row(&one).await;
    assert!(now.key_id != row.key_id && now.sealed != row.sealed && now.set_at == row.set_at);
    world.push();
    let text = world.told(&one).await;
    assert!(text.contains("[secret]") && world.heard.recv_timeout(Duration::from_secs(5)).unwrap().contains(VALUE), "{text}");

    // A damaged row is one secret's alone.
    let mut broken = world.row(&one).await;
    broken.sealed.truncate(10);
    world.keep(&broken).await;
    world.push();
    assert!(world.told(&one).await.contains("damaged"));
    assert_eq!(world.server.app_rows(&one).await.len(), 1);
    world.server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_has_a_secret_however_much_it_tells() {
    let world = World::new(None, &[]).await;
    let one = world.install("echo", &echo(&format!("{}/in/{{secret:chat}}", world.room), "Authorization"), &[&world.room]);
    let World { server, ann, repo, dir, root, room, heard, .. } = world;
    let data = server.stop().await.unwrap();
    let config = data.path().join("hardie.toml");
    std::fs::write(&config, format!("[outbound]\nhosts = [\"{room}\"]\npermit = [\"127.0.0.1\"]\n")).unwrap();
    let mut command = process::hardie(&["serve", "--http-listen", "127.0.0.1:0", "--ssh-listen", "127.0.0.1:0"]).unwrap();
    command.arg("--data-dir").arg(data.path()).arg("--config").arg(&config).env("HARDIE_LOG", "trace");
    let server = ServerProcess::start(&mut command).unwrap();

    let id = one.rsplit('/').next().unwrap();
    let value = data.path().join("value");
    std::fs::write(&value, VALUE).unwrap();
    let mut set = process::hardie(&["plugin", "secret", "set", id, "chat", "--for", &room, "--repo", &repo]).unwrap();
    set.stdin(std::fs::File::open(&value).unwrap()).env("HARDIE_SERVER", server.url()).env("HARDIE_TOKEN", &root.token);
    let set = set.output().unwrap();
    assert!(set.status.success(), "{set:?}");
    std::fs::remove_file(&value).unwrap();
    ann.git.ok(&dir, &["commit", "-q", "--allow-empty", "-m", "More"]).unwrap();
    ann.git.ok(&dir, &["push", "-q", &format!("{}/{repo}.git", server.url()), "main"]).unwrap();
    let request = heard.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(request.matches(VALUE).count(), 2, "{request}");
    let (_, log) = server.terminate().unwrap();
    assert!(log.contains("\"level\":\"DEBUG\"") && log.contains("ready"), "it tells much");
    let line = log.lines().find(|line| line.contains("s3cr3t"));
    assert!(line.is_none(), "{line:?}");
}
