//! The SSH door with the stock `ssh`: who gets in, what is offered, what is refused and how it ends.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use hardie_testkit::server::people;
use hardie_testkit::{Git, TestServer, TestUser};

/// Runs `ssh` as this person against the server, with these options and words.
fn ssh(server: &TestServer, git: &Git, key: &Path, more: &[&str]) -> Output {
    let port = server.server.ssh.port().to_string();
    let known = format!("UserKnownHostsFile={}", git.path("known_hosts").display());
    let mut command = git.command("ssh");
    command.args(["-F", "/dev/null", "-p", &port, "-i"]).arg(key);
    for option in ["IdentitiesOnly=yes", "StrictHostKeyChecking=accept-new", "BatchMode=yes", "LogLevel=ERROR", &known] {
        command.args(["-o", option]);
    }
    command.args(more).stdin(Stdio::null()).output().unwrap()
}

fn own(server: &TestServer, user: &TestUser, more: &[&str]) -> Output {
    ssh(server, &user.git, &user.git.path("id_ed25519"), more)
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn make_key(git: &Git, name: &str, kind: &[&str]) -> PathBuf {
    let path = git.path(name);
    let made = git.command("ssh-keygen").args(["-q", "-N", "", "-t"]).args(kind).arg("-f").arg(&path).output().unwrap();
    assert!(made.status.success(), "{}", said(&made));
    path
}

fn public_half(key: &Path) -> String {
    std::fs::read_to_string(key.with_extension("pub")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_greeted_by_name_and_gets_no_shell() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    for words in [&["-T", "git@127.0.0.1"][..], &["anybody@127.0.0.1"]] {
        let output = own(&server, &alice, words);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(String::from_utf8_lossy(&output.stdout).contains("Hi alice!"), "{}", said(&output));
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_but_git_is_refused_with_a_text() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    for (words, text) in [
        (&["git@127.0.0.1", "id; cat /etc/passwd"][..], "expand"),
        (&["git@127.0.0.1", "bash", "-i"], "only git is offered"),
        (&["git@127.0.0.1", "scp -t /tmp/x"], "only git is offered"),
        (&["git@127.0.0.1", "git-lfs-transfer alice/tool download"], "over HTTP"),
        (&["git@127.0.0.1", "git-upload-pack '../../etc'"], "owner/name"),
        (&["-s", "git@127.0.0.1", "sftp"], "'sftp' is not offered"),
        (&["-N", "-o", "ExitOnForwardFailure=yes", "-R", "0:127.0.0.1:1", "git@127.0.0.1"], "forwarding failed"),
        (&["-W", "127.0.0.1:22", "git@127.0.0.1"], "forwarding failed"),
    ] {
        let output = own(&server, &alice, words);
        assert!(!output.status.success() && said(&output).contains(text), "{words:?}: {}", said(&output));
    }
    let terminal = own(&server, &alice, &["-t", "-t", "git@127.0.0.1"]);
    assert!(said(&terminal).contains("PTY allocation request failed"), "{}", said(&terminal));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_and_invisible_repositories_look_alike_and_forbidden_does_not() {
    let server = TestServer::start().await.unwrap();
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    server.repo(&alice, "secret", true).await.unwrap();
    server.repo(&alice, "open", false).await.unwrap();
    for service in ["git-upload-pack", "git-receive-pack"] {
        let ask = |repo: &str| own(&server, &bob, &["git@127.0.0.1", &format!("{service} '/alice/{repo}.git'")]);
        let (secret, missing) = (ask("secret"), ask("nothing"));
        assert_eq!(said(&secret), said(&missing));
        assert_eq!(secret.status.code(), missing.status.code());
        assert!(said(&secret).contains("repository not found"), "{}", said(&secret));
    }
    let forbidden = own(&server, &bob, &["git@127.0.0.1", "git-receive-pack 'alice/open'"]);
    assert_eq!(forbidden.status.code(), Some(128));
    assert!(said(&forbidden).contains("may read this repository but not push"), "{}", said(&forbidden));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_of_every_accepted_kind_sign_in_and_others_do_not() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let app = &server.server.app;
    for (name, kind) in [
        ("p256", &["ecdsa", "-b", "256"][..]),
        ("p384", &["ecdsa", "-b", "384"]),
        ("p521", &["ecdsa", "-b", "521"]),
        ("rsa", &["rsa", "-b", "2048"]),
    ] {
        let key = make_key(&alice.git, name, kind);
        let before = ssh(&server, &alice.git, &key, &["-T", "git@127.0.0.1"]);
        assert!(said(&before).contains("Permission denied (publickey)"), "{name}: {}", said(&before));
        people::add_key(app, &alice.token, &public_half(&key)).await.unwrap();
        let after = ssh(&server, &alice.git, &key, &["-T", "git@127.0.0.1"]);
        assert!(said(&after).contains("Hi alice!"), "{name}: {}", said(&after));
    }
    // The same RSA key, signing with SHA-1.
    let weak = ["-o", "PubkeyAcceptedAlgorithms=ssh-rsa", "-T", "git@127.0.0.1"];
    let output = ssh(&server, &alice.git, &alice.git.path("rsa"), &weak);
    assert!(!output.status.success() && !said(&output).contains("Hi"), "{}", said(&output));
    // No password, no other method.
    let methods = ["-o", "PubkeyAuthentication=no", "-o", "PreferredAuthentications=password,keyboard-interactive,none", "git@127.0.0.1"];
    let output = own(&server, &alice, &methods);
    assert!(said(&output).contains("Permission denied (publickey)"), "{}", said(&output));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offered_key_without_its_private_half_proves_nothing() {
    let server = TestServer::start().await.unwrap();
    let (alice, mallory) = (server.user("alice").await.unwrap(), Git::new("mallory").unwrap());
    // Mallory has Alice's public key, and a private key of their own under its name.
    let stolen = make_key(&mallory, "id_stolen", &["ed25519"]);
    std::fs::write(stolen.with_extension("pub"), public_half(&alice.git.path("id_ed25519"))).unwrap();
    let output = ssh(&server, &mallory, &stolen, &["-T", "git@127.0.0.1"]);
    assert!(!output.status.success() && !said(&output).contains("Hi"), "{}", said(&output));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn host_keys_are_made_once_and_survive_a_restart() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    assert!(own(&server, &alice, &["-T", "git@127.0.0.1"]).status.success());
    let scan = |server: &TestServer| {
        let port = server.server.ssh.port().to_string();
        let scanned = alice.git.command("ssh-keyscan").args(["-p", &port, "127.0.0.1"]).output().unwrap();
        let lines = String::from_utf8_lossy(&scanned.stdout).into_owned();
        let mut keys: Vec<String> = lines.lines().filter_map(|line| line.split_once(' ')).map(|(_, key)| key.to_owned()).collect();
        keys.sort();
        keys
    };
    let before = scan(&server);
    assert_eq!(before.len(), 2, "{before:?}");
    let data = server.stop().await.unwrap();
    let server = TestServer::start_in(data, hardie_testkit::server::Options::default()).await.unwrap();
    assert_eq!(scan(&server), before);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_carries_several_commands_at_once() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let repo = server.repo(&alice, "tool", true).await.unwrap();
    let dir = alice.git.init("tool").unwrap();
    let url = server.ssh_remote(&repo);
    alice.git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
    let socket = format!("ControlPath={}", alice.git.path("mux").display());
    let master = own(&server, &alice, &["-o", &socket, "-M", "-f", "-N", "git@127.0.0.1"]);
    assert!(master.status.success(), "{}", said(&master));
    let ask = || own(&server, &alice, &["-o", &socket, "git@127.0.0.1", "git-upload-pack '/alice/tool.git'"]);
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..5).map(|_| scope.spawn(ask)).collect();
        for output in asking.into_iter().map(|thread| thread.join().unwrap()) {
            // The client half-closes at once, after the advertisement of version 0 it has nothing to say.
            assert!(output.status.success() && said(&output).contains("refs/heads/main"), "{}", said(&output));
        }
    });
    let end = own(&server, &alice, &["-o", &socket, "-O", "exit", "git@127.0.0.1"]);
    assert!(end.status.success(), "{}", said(&end));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_who_say_nothing_do_not_hold_up_the_end() {
    let server = TestServer::start().await.unwrap();
    let alice = server.user("alice").await.unwrap();
    let silent: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(server.server.ssh).unwrap()).collect();
    assert!(own(&server, &alice, &["-T", "git@127.0.0.1"]).status.success());
    let begun = std::time::Instant::now();
    server.stop().await.unwrap();
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    drop(silent);
}
