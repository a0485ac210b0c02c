//! A real file system of 128 MiB runs full in the middle of a push: git's own writes fail, and so do SQLite's.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use hardie_testkit::{Git, ServerProcess, process, raw};

use super::kill::create_repo;
use crate::lfs;
use crate::support::choices;

const DISK: u64 = 128 << 20;
const MIB: u64 = 1 << 20;

/// Serves a data folder from a file system of its own, seen by that process alone.
fn serve_on_a_small_disk(git: &Git, data: &Path) -> ServerProcess {
    let seed = data.with_file_name("seed");
    std::fs::rename(data, &seed).unwrap();
    std::fs::create_dir(data).unwrap();
    let script = r#"mount -t tmpfs -o "size=$0" tmpfs "$1" && cp -a "$2/." "$1/" && exec "$3" serve --http-listen 127.0.0.1:0 \
        --ssh-listen 127.0.0.1:0 --data-dir "$1""#;
    let mut command = git.command("unshare");
    // Whoever is not root is root of a namespace of their own, which is enough to mount.
    let own_root: &[&str] = if rustix::process::getuid().is_root() { &[] } else { &["--map-root-user"] };
    command.args(own_root).args(["--mount", "sh", "-c", script, &DISK.to_string()]);
    ServerProcess::start(command.arg(data).arg(&seed).arg(process::binary().unwrap())).unwrap()
}

/// Leaves `free` bytes of the disk that only the server sees.
fn fill(disk: &Path, free: u64) {
    let filler = disk.join("filler");
    let _ = std::fs::remove_file(&filler);
    let stat = rustix::fs::statvfs(disk).unwrap();
    let left = (stat.f_bavail * stat.f_frsize).checked_sub(free).unwrap();
    let mut file = std::fs::File::create(&filler).unwrap();
    let filled = std::io::copy(&mut std::io::Read::take(std::io::repeat(7), left), &mut file).and_then(|_| file.flush());
    // The server's own rows may take the last of it first.
    assert!(filled.as_ref().err().is_none_or(|error| error.kind() == std::io::ErrorKind::StorageFull), "{filled:?}");
}

fn ready(server: &ServerProcess) -> bool {
    let host = server.url().trim_start_matches("http://");
    let answer = raw::exchange(host, format!("GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    answer.starts_with(b"HTTP/1.1 200")
}

/// A person with a server on a small disk, and where that disk is seen from here.
fn on_a_small_disk() -> (Git, ServerProcess, PathBuf) {
    let git = Git::new("alice").unwrap();
    let data = git.path("data");
    let user = ["user", "create", "alice", "--email", "a@example.org", "--password-stdin"];
    process::admin(&data, &user, "correct horse battery\n").unwrap();
    let token = process::admin(&data, &["token", "create", "alice", "--name", "t", "--scopes", "all"], "").unwrap();
    let git = git.with_password("alice", &token).unwrap();
    let server = serve_on_a_small_disk(&git, &data);
    let disk = Path::new("/proc").join(server.id().to_string()).join("root").join(data.strip_prefix("/").unwrap());
    create_repo(&git, server.url(), "tool");
    (git, server, disk)
}

#[test]
fn an_lfs_object_for_which_the_disk_has_no_room_is_refused_before_it_harms_anything() {
    let (git, server, disk) = on_a_small_disk();
    let bytes = lfs::noise(1, 3 << 20);
    let host = server.url().trim_start_matches("http://");
    let basic = git.basic_auth().unwrap();
    let put = || {
        let head = format!(
            "PUT /alice/tool.git/info/lfs/objects/{}/{} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Basic {basic}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            lfs::oid(&bytes),
            bytes.len(),
            bytes.len()
        );
        String::from_utf8_lossy(&raw::exchange(host, &[head.as_bytes(), &bytes].concat()).unwrap()).into_owned()
    };
    for free in [0, MIB, 60 * MIB] {
        fill(&disk, free);
        let answer = put();
        assert!(answer.starts_with("HTTP/1.1 507") && answer.contains("disk is full"), "{free} bytes free: {answer}");
        assert_eq!((lfs::object_files(&disk), lfs::uploads(&disk)), (0, 0), "{free} bytes free");
    }
    std::fs::remove_file(disk.join("filler")).unwrap();
    let answer = put();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!((lfs::object_files(&disk), lfs::uploads(&disk)), (1, 0));
    server.terminate().unwrap();
}

#[test]
fn a_disk_that_runs_full_inside_git_and_sqlite_refuses_the_push_and_mends_itself() {
    let mut random = choices("small disk");
    let (git, server, disk) = on_a_small_disk();
    let url = format!("{}/alice/tool.git", server.url());
    let dir = git.init("work").unwrap();
    git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
    assert!(ready(&server));

    let mut refused = 0;
    // Nothing at all, a journal's worth, half of the pack, and about the pack: its index and the rows are short of space.
    for free in [0, 16 << 10, MIB, 2 * MIB, 2 * MIB + (64 << 10), 2 * MIB + (128 << 10), 2 * MIB + (512 << 10), 6 * MIB] {
        let before = git.ok(&dir, &["ls-remote", &url, "refs/heads/main"]).unwrap();
        // It does not shrink: base64 of noise keeps six bits of eight.
        let noise: Vec<u8> = (0..2 * MIB / 8).flat_map(|_| random.number().to_le_bytes()).collect();
        let text = base64::engine::general_purpose::STANDARD.encode(noise);
        let tip = git.commit(&dir, "noise.txt", &text, "Change").unwrap();
        fill(&disk, free);
        let push = git.run(&dir, &["push", &url, "main"]).unwrap();
        assert!(!ready(&server), "{free} bytes free");
        if push.ok {
            assert!(free > 2 * MIB, "{} fitted into {free}: {}", text.len(), push.stderr);
        } else {
            assert!(push.stderr.contains("disk is full"), "{free} bytes free: {}", push.stderr);
            assert_eq!(git.ok(&dir, &["ls-remote", &url, "refs/heads/main"]).unwrap(), before, "{free} bytes free");
            git.ok(git.home(), &["clone", "--quiet", &url, &format!("clone-{free}")]).unwrap();
            refused += 1;
        }
        std::fs::remove_file(disk.join("filler")).unwrap();
        assert!(ready(&server), "{free} bytes free, then many");
        git.ok(&dir, &["push", "--quiet", &url, "main"]).unwrap();
        assert!(git.ok(&dir, &["ls-remote", &url, "refs/heads/main"]).unwrap().starts_with(&tip));
    }
    assert!(refused >= 4, "the disk was too small for {refused} pushes only");
    git.ok(git.home(), &["clone", "--quiet", &url, "last"]).unwrap();
    git.ok(&git.path("last"), &["fsck", "--strict"]).unwrap();
    server.terminate().unwrap();
}
