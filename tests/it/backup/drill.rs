//! The drill: a server under pushes, backups one after the other, some of them killed; then the last one is restored.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hardie_store::StoreOptions;
use hardie_store::backup::{Content, load};
use hardie_testkit::postgres::Database;
use hardie_testkit::{Git, ServerProcess, process};

use super::{admin, arg, done, names};
use crate::durability::kill::create_repo;
use crate::support::{choices, soak};

/// Somebody with a password, and a token that their git sends.
fn person(data: &Path, more: &[&str]) -> Git {
    let create = ["user", "create", "alice", "--email", "a@example.org", "--password-stdin"];
    process::admin(data, &[&create, more].concat(), "correct horse battery\n").unwrap();
    let token = process::admin(data, &[&["token", "create", "alice", "--name", "t", "--scopes", "all"], more].concat(), "").unwrap();
    Git::new("alice").unwrap().with_password("alice", &token).unwrap()
}

fn begin_backup(data: &Path, more: &[&str], file: &Path) -> Child {
    let mut command = process::hardie(&["admin", "backup", arg(file), "--with-key", "--quiet", "--data-dir"]).unwrap();
    command.arg(data).args(more).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Commits and pushes until told to stop; `tips` has what was acknowledged.
fn push_until(git: &Git, dir: &Path, url: &str, n: usize, stop: &AtomicBool, tips: &Mutex<Vec<String>>) {
    for round in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let tip = git.commit(dir, &format!("file{n}.txt"), &format!("{round}\n"), "Count").unwrap();
        git.ok(dir, &["push", "--quiet", url, &format!("main:branch{n}")]).unwrap();
        tips.lock().unwrap()[n] = tip;
    }
}

/// Everything that was acknowledged before is there, and the server takes more.
fn check(data: &Path, more: &[&str], git: &Git, dirs: &[PathBuf], acknowledged: &[String], round: &str) {
    done(data, &[&["verify"], more].concat());
    let server = ServerProcess::serve(data, more).unwrap();
    let url = format!("{}/alice/tool.git", server.url());
    let clone = git.path(format!("restored-{round}"));
    git.ok(git.home(), &["clone", "--quiet", "--mirror", &url, arg(&clone)]).unwrap();
    git.ok(&clone, &["fsck", "--strict", "--full"]).unwrap();
    for (n, tip) in acknowledged.iter().enumerate() {
        git.ok(&clone, &["merge-base", "--is-ancestor", tip, &format!("branch{n}")]).unwrap();
    }
    let dir = &dirs[0];
    git.commit(dir, "after.txt", round, "After").unwrap();
    git.ok(dir, &["push", "--quiet", "--force", &url, &format!("HEAD:refs/heads/after-{round}")]).unwrap();
    let password = Git::new("alice").unwrap().with_password("alice", "correct horse battery").unwrap();
    assert!(password.ok(password.home(), &["ls-remote", &url]).unwrap().contains("branch0"));
    server.terminate().unwrap();
}

fn drill(more: &[&str]) {
    let mut random = choices("backup_kill");
    let data = tempfile::tempdir().unwrap();
    let git = person(data.path(), more);
    let server = ServerProcess::serve(data.path(), more).unwrap();
    create_repo(&git, server.url(), "tool");
    let url = format!("{}/alice/tool.git", server.url());
    let dirs: Vec<PathBuf> = (0..3).map(|n| git.init(&format!("work{n}")).unwrap()).collect();
    let folder = tempfile::tempdir().unwrap();
    let (stop, rounds) = (AtomicBool::new(false), if soak() { 60 } else { 6 });
    let tips = Mutex::new(vec![String::new(); dirs.len()]);
    for (n, dir) in dirs.iter().enumerate() {
        git.ok(dir, &["push", "--quiet", &url, &format!("main:branch{n}")]).unwrap();
        tips.lock().unwrap()[n] = git.ok(dir, &["rev-parse", "HEAD"]).unwrap();
    }
    let (mut killed, mut last, mut missing, mut named) = (0, None, Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        for (n, dir) in dirs.iter().enumerate() {
            let (git, url, stop, tips) = (&git, &url, &stop, &tips);
            scope.spawn(move || push_until(git, dir, url, n, stop, tips));
        }
        for round in 0..rounds {
            let file = folder.path().join(format!("{round}.tar"));
            let before = tips.lock().unwrap().clone();
            let mut child = begin_backup(data.path(), more, &file);
            // The last one is left in peace.
            if round + 1 < rounds {
                #[expect(clippy::disallowed_methods, reason = "the moment of the kill is chance, and chance alone")]
                std::thread::sleep(Duration::from_millis(random.below(400)));
                let _ = child.kill();
            }
            let status = child.wait().unwrap();
            killed += u32::from(!status.success());
            // The kill may come between the name and the end: what has the name is whole all the same, as its restore will show.
            if file.exists() {
                if !status.success() {
                    named.push(file.clone());
                }
                last = Some((file, before));
            } else if status.success() {
                missing.push(round);
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    server.terminate().unwrap();
    assert_eq!(missing, [0u32; 0], "a backup that ended well has its name");
    for (n, file) in named.iter().enumerate() {
        done(&folder.path().join(format!("named{n}")), &["restore", arg(file)]);
    }
    let (file, before) = last.unwrap();
    println!("{rounds} backups under pushes, {killed} killed; restoring {}", file.display());
    let (sqlite, postgres, database) = (folder.path().join("sqlite"), folder.path().join("postgres"), Database::new().unwrap());
    done(&sqlite, &["restore", arg(&file)]);
    check(&sqlite, &[], &git, &dirs, &before, "sqlite");
    let more = ["--database", database.url()];
    done(&postgres, &["restore", arg(&file), more[0], more[1]]);
    check(&postgres, &more, &git, &dirs, &before, "postgres");
}

#[test]
fn kill_at_random_moments_leaves_no_half_backup_and_the_last_one_has_every_push() {
    drill(&[]);
}

#[test]
fn kill_at_random_moments_on_postgres_leaves_no_half_backup_and_the_last_one_has_every_push() {
    let database = Database::new().unwrap();
    drill(&["--database", database.url()]);
}

/// Begins a restore that gets half of its input, and kills it there.
fn cut_off(data: &Path, more: &[&str], backup: &[u8]) {
    let name = || std::fs::read_to_string(data.join("restore/name")).unwrap_or_default();
    let earlier = name();
    let mut command = process::hardie(&["admin", "restore", "-", "--data-dir", arg(data)]).unwrap();
    let mut child = command.args(more).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(backup).unwrap();
    // What was taken from the pipe was read by a restore that is under way.
    let rows = data.join("restore/rows");
    // Without a name it is still clearing away what the one before left.
    let begun = || !matches!(name(), now if now.is_empty() || now == earlier) && !names(&rows).is_empty();
    for _ in 0..2000 {
        if begun() {
            break;
        }
        #[expect(clippy::disallowed_methods, reason = "another process gives no sign but its files")]
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(begun(), "the restore did not begin: {:?}", names(data));
    child.kill().unwrap();
    child.wait().unwrap();
}

fn killed_restore(more: &[&str]) {
    let data = tempfile::tempdir().unwrap();
    let git = person(data.path(), &[]);
    let server = ServerProcess::serve(data.path(), &[]).unwrap();
    create_repo(&git, server.url(), "tool");
    let dir = git.init("work").unwrap();
    git.ok(&dir, &["push", "--quiet", &format!("{}/alice/tool.git", server.url()), "main:branch0"]).unwrap();
    let tip = git.ok(&dir, &["rev-parse", "HEAD"]).unwrap();
    server.terminate().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (file, target) = (folder.path().join("b.tar"), folder.path().join("target"));
    done(data.path(), &["backup", arg(&file)]);
    let backup = std::fs::read(&file).unwrap();
    let manifest = super::parts(&backup)["manifest.json"].0;
    for end in [manifest / 2, manifest, backup.len() - 1] {
        cut_off(&target, more, &backup[..end]);
        let refused = match ServerProcess::serve(&target, more) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("a half restored folder is served"),
        };
        assert!(refused.contains("was cut off") && refused.contains("hardie admin restore"), "{refused}");
        let refused = admin(&target, &[&["verify"], more].concat());
        assert!(!refused.ok, "{refused:?}");
    }
    done(&target, &[&["restore", arg(&file)], more].concat());
    assert!(!names(&target).contains(&"restore".to_owned()));
    check(&target, more, &git, &[dir], &[tip], "again");
}

#[test]
fn a_restore_that_was_killed_is_refused_by_the_server_and_repeated() {
    killed_restore(&[]);
}

#[test]
fn a_restore_into_postgres_that_was_killed_is_refused_by_the_server_and_repeated() {
    let database = Database::new().unwrap();
    killed_restore(&["--database", database.url()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_was_killed_after_its_commit_is_finished_by_the_next() {
    let data = tempfile::tempdir().unwrap();
    person(data.path(), &[]);
    let folder = tempfile::tempdir().unwrap();
    let (file, target) = (folder.path().join("b.tar"), folder.path().join("target"));
    done(data.path(), &["backup", arg(&file)]);
    done(&target, &["restore", arg(&file)]);
    let options = StoreOptions::sqlite(&target.join("hardie.db"));
    let Content::Restored(name) = load::look(&options).await.unwrap() else { panic!("the database does not know its restore") };
    // As the kill would leave it: everything is there, and the mark too.
    let marked = |name: &str| {
        std::fs::create_dir_all(target.join("restore/rows")).unwrap();
        std::fs::write(target.join("restore/name"), name).unwrap();
    };
    marked(&name);
    assert!(ServerProcess::serve(&target, &[]).is_err());
    assert!(done(&target, &["restore", arg(&file)]).contains("had come to its end"));
    assert!(done(&target, &["user", "list"]).contains("alice"));
    // The mark of another restore proves nothing: what is in the database stays.
    marked("another");
    let refused = admin(&target, &["restore", arg(&file)]);
    assert!(!refused.ok && refused.err.contains("the database is not empty"), "{refused:?}");
    std::fs::remove_dir_all(target.join("restore")).unwrap();
    assert!(done(&target, &["user", "list"]).contains("alice"));
}
