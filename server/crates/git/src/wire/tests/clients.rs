//! The stock git client, in every protocol version.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::daemon::serve;
use super::oracle::{git, try_git};

struct World {
    dir: TempDir,
    bare: PathBuf,
    url: String,
}

/// A repository with thirty commits a day apart, a merge, a lightweight and two annotated tags, served on loopback.
fn world() -> World {
    let dir = TempDir::new().unwrap();
    let bare = dir.path().join("bare.git");
    git(dir.path(), &["init", "-q", "--bare", "-b", "main", "bare.git"]);
    let mut stream = String::new();
    for n in 1..=30 {
        let mark = n;
        let from = if n == 1 { String::new() } else { format!("from :{}\n", n - 1) };
        let merge = if n == 20 { "merge :10\n" } else { "" };
        let text = format!("line {n}\n").repeat(200);
        stream += &format!(
            "commit refs/heads/main\nmark :{mark}\ncommitter a <a@b> {} +0000\ndata 2\nc\n{from}{merge}",
            1_600_000_000 + n * 86_400
        );
        stream += &format!("M 644 inline dir/file{}\ndata {}\n{text}\n", n % 7, text.len());
    }
    stream += "reset refs/heads/old\nfrom :12\n\nreset refs/tags/light\nfrom :5\n\n";
    stream +=
        "tag v1\nfrom :12\ntagger a <a@b> 1600000000 +0000\ndata 2\nt\ntag v2\nfrom :30\ntagger a <a@b> 1700000000 +0000\ndata 2\nt\n";
    try_git(&bare, &["fast-import", "--quiet"], stream.as_bytes()).unwrap();
    git(&bare, &["config", "uploadpack.allowFilter", "true"]);
    let url = serve(&bare);
    World { dir, bare, url }
}

impl World {
    fn clone_in(&self, version: u8, name: &str, args: &[&str]) -> PathBuf {
        let version = format!("protocol.version={version}");
        let all = [&["-c", &version, "-c", "fetch.fsckObjects=true", "clone", "-q"], args, &[&self.url, name]].concat();
        git(self.dir.path(), &all);
        self.dir.path().join(name)
    }
}

fn commits(dir: &Path) -> usize {
    git(dir, &["rev-list", "--count", "HEAD"]).parse().unwrap()
}

fn sound(dir: &Path) {
    git(dir, &["fsck", "--strict"]);
}

#[test]
fn clone_fetch_and_tags_work_in_every_version() {
    let world = world();
    for version in [0, 1, 2] {
        let full = world.clone_in(version, &format!("full{version}"), &["--mirror"]);
        assert_eq!(git(&full, &["for-each-ref"]), git(&world.bare, &["for-each-ref"]), "version {version}");
        sound(&full);
        // Tags follow the branch that is fetched.
        let one = world.clone_in(version, &format!("one{version}"), &["--single-branch", "-b", "old"]);
        assert_eq!(git(&one, &["tag"]), "light\nv1");
        git(&one, &["-c", &format!("protocol.version={version}"), "fetch", "-q", "origin", "main"]);
        assert_eq!(git(&one, &["rev-parse", "FETCH_HEAD"]), git(&world.bare, &["rev-parse", "main"]));
        sound(&one);
        // Nothing new is quick and right.
        git(&one, &["-c", &format!("protocol.version={version}"), "fetch", "-q", "origin", "main"]);
        let hidden = "1111111111111111111111111111111111111111";
        let error = try_git(&one, &["-c", &format!("protocol.version={version}"), "fetch", "origin", hidden], b"").unwrap_err();
        assert!(error.contains(&format!("not our ref {hidden}")), "{error}");
    }
}

#[test]
fn history_is_cut_extended_and_completed_in_every_version() {
    let world = world();
    for version in [0, 1, 2] {
        let shallow = world.clone_in(version, &format!("shallow{version}"), &["--depth", "3"]);
        let config = format!("protocol.version={version}");
        assert_eq!(commits(&shallow), 3);
        sound(&shallow);
        git(&shallow, &["-c", &config, "fetch", "-q", "--depth", "5"]);
        assert_eq!(commits(&shallow), 5);
        git(&shallow, &["-c", &config, "fetch", "-q", "--deepen", "2"]);
        assert_eq!(commits(&shallow), 7);
        git(&shallow, &["-c", &config, "fetch", "-q", "--depth", "2"]);
        assert_eq!(commits(&shallow), 2);
        git(&shallow, &["-c", &config, "fetch", "-q", &format!("--shallow-since={}", 1_600_000_000 + 25 * 86_400)]);
        assert_eq!(commits(&shallow), 6);
        git(&shallow, &["-c", &config, "fetch", "-q", "--shallow-exclude=v1"]);
        // The merge has an excluded parent, so it becomes a boundary and both its parents are cut.
        assert_eq!(commits(&shallow), 11);
        sound(&shallow);
        git(&shallow, &["-c", &config, "fetch", "-q", "--unshallow"]);
        assert_eq!(commits(&shallow), 30);
        sound(&shallow);
        assert!(!shallow.join(".git/shallow").exists());
    }
}

#[test]
fn shallow_clones_are_cut_where_git_cuts_them() {
    let world = world();
    let own = format!("file://{}", world.bare.display());
    for args in [&["--depth=12"][..], &["--shallow-exclude=v1"], &["--shallow-since=1601700000"], &["--depth=1", "--no-single-branch"]] {
        let cut = |url: &str| {
            let dir = TempDir::new_in(world.dir.path()).unwrap();
            git(dir.path(), &[&["clone", "-q", "--bare"], args, &[url, "x"]].concat());
            let boundary = std::fs::read_to_string(dir.path().join("x/shallow")).unwrap();
            let held = |commit: &str| try_git(&dir.path().join("x"), &["cat-file", "-e", commit], b"").is_ok();
            // Git also names boundaries behind a cut merge, which the client never gets and then cannot unshallow.
            let mut boundary: Vec<String> = boundary.lines().filter(|c| held(c)).map(str::to_owned).collect();
            boundary.sort();
            (boundary, git(&dir.path().join("x"), &["rev-list", "--all", "--objects", "--no-object-names"]).lines().count())
        };
        assert_eq!(cut(&world.url), cut(&own), "{args:?}");
    }
}

#[test]
fn partial_clones_leave_out_what_they_say() {
    let world = world();
    for version in [0, 2] {
        for (filter, missing) in [("blob:none", true), ("blob:limit=100", true), ("blob:limit=1g", false), ("tree:0", true)] {
            let name = format!("{}{version}", filter.replace([':', '='], "-"));
            let partial = world.clone_in(version, &name, &["--no-checkout", &format!("--filter={filter}")]);
            let absent = git(&partial, &["rev-list", "--objects", "--all", "--missing=print"]).lines().any(|l| l.starts_with('?'));
            assert_eq!(absent, missing, "{filter} in version {version}");
            // The rest comes when it is needed.
            git(&partial, &["-c", &format!("protocol.version={version}"), "checkout", "-q", "main"]);
            assert!(partial.join("dir/file1").exists());
        }
    }
}

#[test]
fn a_connection_of_version_2_negotiates_only() {
    let world = world();
    let one = world.clone_in(2, "one", &["--single-branch", "-b", "old"]);
    let common = git(&one, &["-c", "protocol.version=2", "fetch", "-q", "--negotiate-only", "--negotiation-tip=old", "origin"]);
    assert!(common.lines().any(|line| line == git(&world.bare, &["rev-parse", "old"])), "{common}");
}

#[test]
fn negotiation_over_unrelated_and_long_histories_ends_in_a_sound_repository() {
    let world = world();
    for version in [0, 2] {
        let clone = world.clone_in(version, &format!("long{version}"), &["-b", "old"]);
        for n in 0..300 {
            git(&clone, &["commit", "-q", "--allow-empty", "-m", &format!("own {n}")]);
        }
        git(&clone, &["update-ref", "-d", "refs/remotes/origin/main"]);
        git(&clone, &["tag", "-d", "v2"]);
        git(&clone, &["-c", &format!("protocol.version={version}"), "fetch", "-q", "origin"]);
        assert_eq!(git(&clone, &["rev-parse", "origin/main"]), git(&world.bare, &["rev-parse", "main"]));
        sound(&clone);
    }
}

#[test]
fn pushes_of_every_kind_reach_the_repository() {
    let world = world();
    for version in [0, 1, 2] {
        let config = format!("protocol.version={version}");
        let clone = world.clone_in(version, &format!("push{version}"), &[]);
        let branch = format!("topic{version}");
        git(&clone, &["checkout", "-q", "-b", &branch]);
        std::fs::write(clone.join("dir/file1"), format!("changed {version}\n")).unwrap();
        git(&clone, &["commit", "-qam", "change"]);
        let push = |args: &[&str]| try_git(&clone, &[&["-c", &config, "push"], args].concat(), b"");
        push(&["-q", "origin", &branch]).unwrap();
        assert_eq!(git(&world.bare, &["rev-parse", &branch]), git(&clone, &["rev-parse", "HEAD"]));
        // Forced back, tagged, then deleted; a deletion alone brings no pack.
        git(&clone, &["reset", "-q", "--hard", "origin/old"]);
        assert!(push(&["-q", "origin", &branch]).is_err());
        push(&["-q", "--force", "--follow-tags", "origin", &branch]).unwrap();
        assert_eq!(git(&world.bare, &["rev-parse", &branch]), git(&world.bare, &["rev-parse", "old"]));
        push(&["-q", "origin", "--delete", &branch]).unwrap();
        assert!(try_git(&world.bare, &["rev-parse", "--verify", &branch], b"").is_err());
        sound(&world.bare);
    }
}

#[test]
fn a_refusal_reaches_the_pusher_ref_by_ref() {
    let world = world();
    let clone = world.clone_in(2, "refused", &[]);
    let error = try_git(&clone, &["push", "origin", "HEAD:refs/heads/protected", "HEAD:refs/heads/fine"], b"").unwrap_err();
    assert!(error.contains("[remote rejected] HEAD -> protected (protected branch)"), "{error}");
    assert!(error.contains("[new branch]"), "{error}");
    let error = try_git(&clone, &["push", "--atomic", "origin", "HEAD:refs/heads/one", "HEAD:refs/heads/fine/below"], b"").unwrap_err();
    assert!(error.contains("remote rejected"), "{error}");
    let output = try_git(&clone, &["push", "-o", "ci.skip", "-o", "topic=x", "origin", "HEAD:refs/heads/protected"], b"").unwrap_err();
    assert!(output.contains("remote: option ci.skip") && output.contains("remote: option topic=x"), "{output}");
}

#[test]
fn a_shallow_clone_pushes_what_it_made() {
    let world = world();
    let clone = world.clone_in(2, "shallow", &["--depth", "1"]);
    git(&clone, &["commit", "-q", "--allow-empty", "-m", "on top"]);
    git(&clone, &["push", "-q", "origin", "HEAD:refs/heads/from-shallow"]);
    assert_eq!(git(&world.bare, &["rev-list", "--count", "from-shallow"]), "31");
}
