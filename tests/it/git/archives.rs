//! `git archive --remote` over both transports, and archives as downloads, against git's own archives.

use std::path::Path;

use hardie_testkit::{Git, TestServer};

use super::{Via, remote, with_repo};
use crate::api::Asker;

/// A history with what archives treat specially: an ignored file, a substituted one, a link, an executable.
fn history(git: &Git, dir: &Path) {
    git.commit(dir, ".gitattributes", "secret.txt export-ignore\nversion.txt export-subst\n", "Attributes").unwrap();
    git.commit(dir, "secret.txt", "not for others\n", "Secret").unwrap();
    git.commit(dir, "version.txt", "$Format:%H$\n", "Version").unwrap();
    std::os::unix::fs::symlink("version.txt", dir.join("link")).unwrap();
    git.ok(dir, &["add", "link"]).unwrap();
    git.commit(dir, "src/lib/a.rs", "fn a() {}\n", "Code").unwrap();
    git.ok(dir, &["tag", "-a", "v1", "-m", "One"]).unwrap();
}

fn local(git: &Git, dir: &Path, args: &[&str]) -> Vec<u8> {
    git.filter(dir, &[&["archive"], args].concat(), b"").unwrap()
}

/// What `git archive --remote` writes, which may be bytes.
fn from(git: &Git, url: &str, args: &[&str]) -> Vec<u8> {
    let remote = format!("--remote={url}");
    git.filter(git.home(), &[&["archive", remote.as_str()], args].concat(), b"").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_remote_archive_equals_a_local_one() {
    let server = TestServer::start().await.unwrap();
    let (user, repo, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    history(git, &dir);
    git.ok(&dir, &["branch", "feature/x"]).unwrap();
    git.ok(&dir, &["push", "--quiet", "origin", "main", "v1", "feature/x"]).unwrap();
    // Over HTTP from git 2.44 on.
    let version = git.ok(git.home(), &["version"]).unwrap();
    let minor: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
    let ways = if minor >= 44 { vec![Via::Ssh, Via::Http] } else { vec![Via::Ssh] };
    for via in ways {
        let url = remote(&server, via, &repo);
        for args in [
            &["--format=tar", "main"][..],
            &["--format=zip", "-9", "--prefix=tool-1/", "v1"],
            &["--format=tar", "feature/x", "src"],
            &["--format=tar", "--prefix=x/", "main", "*.txt"],
        ] {
            assert!(from(git, &url, args) == local(git, &dir, args), "{via:?} {args:?}");
        }
        let folder = from(git, &url, &["--format=tar", "main:src/lib"]);
        assert!(folder.windows(4).any(|name| name == b"a.rs") && !folder.windows(3).any(|name| name == b"src"), "{via:?}");
        let list = String::from_utf8(from(git, &url, &["--list"])).unwrap();
        assert_eq!(list, "tar\ntgz\ntar.gz\nzip\n");
        for (args, text) in [
            (&["nothing"][..], "branch, tag or commit"),
            (&["main:none"], "not found"),
            (&["main:version.txt"], "not found"),
            (&["--worktree-attributes", "main"], "not offered"),
        ] {
            let refused = git.fails(git.home(), &[&["archive", &format!("--remote={url}")], args].concat()).unwrap();
            assert!(refused.contains("NACK") && refused.contains(text), "{via:?} {args:?}: {refused}");
        }
    }
    let stranger = server.user("bob").await.unwrap();
    let url = server.ssh_remote(&repo);
    let refused = stranger.git.fails(stranger.git.home(), &["archive", &format!("--remote={url}"), "main"]).unwrap();
    assert!(refused.contains("repository not found"), "{refused}");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn archives_are_downloads_of_what_the_asker_may_read() {
    let server = TestServer::start().await.unwrap();
    let (user, _, dir) = with_repo(&server, "alice", "Tool").await;
    let git = &user.git;
    history(git, &dir);
    git.ok(&dir, &["push", "--quiet", "origin", "main", "main:feature/x"]).unwrap();
    git.commit(&dir, "leak.txt", "leaked\n", "Leak").unwrap();
    let leak = git.ok(&dir, &["rev-parse", "HEAD"]).unwrap();
    git.ok(&dir, &["push", "--quiet", "origin", "HEAD:refs/heads/leak"]).unwrap();
    git.ok(&dir, &["push", "--quiet", "origin", ":leak"]).unwrap();
    git.ok(&dir, &["reset", "--quiet", "--hard", "HEAD~1"]).unwrap();
    let (alice, nobody) = (Asker::new(&server, Some(&user)), Asker::new(&server, None));
    let wanted = local(git, &dir, &["--format=zip", "--prefix=tool/", "main"]);
    for path in ["/alice/Tool/archive/main.zip", "/api/v1/repos/alice/Tool/archive/refs/heads/main.zip"] {
        let answer = alice.send("GET", path, &[], b"");
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/zip"), "{path}");
        assert!(answer.body == wanted, "{path}");
        assert_eq!(
            (answer.header("x-content-type-options"), answer.header("content-security-policy")),
            ("nosniff", "default-src 'none'; sandbox")
        );
        let again = alice.send("GET", path, &[("if-none-match", answer.header("etag"))], b"");
        assert_eq!((again.status, again.body.len()), (304, 0));
    }
    let answer = alice.send("GET", "/alice/Tool/archive/refs%2Fheads%2Ffeature%2Fx.tar.gz", &[], b"");
    assert_eq!(answer.header("content-disposition"), "attachment; filename*=UTF-8''Tool-feature-x.tar.gz");
    assert!(answer.body.starts_with(&[0x1f, 0x8b]), "{}", answer.text());
    let leaked = format!("{leak}.zip");
    for name in ["main.rar", "none.zip", &leaked] {
        let answer = alice.get(&format!("/repos/alice/Tool/archive/{name}"));
        assert_eq!(answer.status, 404, "{name}: {}", answer.text());
    }
    assert_eq!(nobody.get("/repos/alice/Tool/archive/main.zip").refusal(), nobody.get("/repos/alice/none/archive/main.zip").refusal());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_in_an_archive_starts_no_program_and_leaves_no_file() {
    let server = TestServer::start().await.unwrap();
    let (user, _, dir) = with_repo(&server, "alice", "tool").await;
    let git = &user.git;
    git.commit(&dir, ".gitattributes", "v.txt export-subst\n", "Attributes").unwrap();
    git.commit(&dir, "v.txt", "$Format:%G?$\n", "Version").unwrap();
    let text = git.ok(&dir, &["cat-file", "commit", "HEAD"]).unwrap();
    let signed = text.replacen("\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n aaaa\n -----END PGP SIGNATURE-----\n\n", 1);
    let commit = git.with_stdin(&dir, &["hash-object", "-t", "commit", "-w", "--stdin"], signed.as_bytes()).unwrap();
    git.ok(&dir, &["push", "--quiet", "origin", &format!("{commit}:refs/heads/signed")]).unwrap();
    let answer = Asker::new(&server, Some(&user)).send("GET", "/alice/tool/archive/signed.tar", &[], b"");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert!(answer.body.windows(2).any(|bytes| bytes == b"N\n"), "no verdict on the signature");
    server.stop().await.unwrap();
}
