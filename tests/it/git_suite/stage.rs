//! A git of which all programs are git's own but the two that serve fetches and pushes.

use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, ensure};
use hardie_git::packs::{DiskFiles, PackStore};
use hardie_testkit::tools;
use tempfile::TempDir;

use super::tap::Report;

/// The version that `expected.txt` is about.
const VERSION: &str = "git version 2.39.5";
/// The programs that are ours.
const OURS: [&str; 2] = ["git-upload-pack", "git-receive-pack"];
/// Bytes that are enough for several scripts at once.
const ROOM: u64 = 2 << 30;
/// Lines of a failed test's output that are shown.
const TOLD: usize = 40;

/// The folders of programs. Removed when dropped.
pub struct Stage {
    folder: TempDir,
    suite: PathBuf,
    runs: AtomicU32,
}

/// One script that has ended.
pub struct Ran {
    pub report: Report,
    /// How often our programs were called.
    pub calls: usize,
    output: String,
}

impl Stage {
    /// Lays the programs out.
    pub fn set() -> anyhow::Result<Stage> {
        let suite = tools::git_suite()?;
        let folder = TempDir::with_prefix_in("hardie-git-suite-", quick_place())?;
        let (bin, exec) = (folder.path().join("bin"), folder.path().join("exec"));
        std::fs::create_dir(&bin)?;
        std::fs::create_dir(&exec)?;
        for entry in std::fs::read_dir(&suite)? {
            let (path, name) = { entry.map(|entry| (entry.path(), entry.file_name().to_string_lossy().into_owned()))? };
            if name.starts_with("git-") && path.is_file() && !OURS.contains(&name.as_str()) {
                symlink(&path, exec.join(&name))?;
            }
        }
        symlink(suite.join("mergetools"), exec.join("mergetools"))?;
        for name in OURS {
            // Called by a name of git's, it knows what to do.
            symlink(env!("CARGO_BIN_EXE_hardie-shim"), exec.join(name))?;
            symlink(exec.join(name), bin.join(name))?;
        }
        // `git upload-pack` is git itself, so that one is told which of its commands are ours.
        let wrapper = format!(
            "#!/bin/sh\ncase \"$1\" in upload-pack|receive-pack) name=git-$1; shift; exec '{}'/$name \"$@\" ;; esac\nexec '{}' \"$@\"\n",
            exec.display(),
            suite.join("git").display()
        );
        std::fs::write(bin.join("git"), wrapper)?;
        std::fs::set_permissions(bin.join("git"), PermissionsExt::from_mode(0o755))?;
        let stage = Stage { folder, suite, runs: AtomicU32::new(0) };
        let version = stage.command(bin.join("git")).arg("version").output()?;
        ensure!(String::from_utf8_lossy(&version.stdout).trim() == VERSION, "the list of expected failures is about {VERSION}");
        Ok(stage)
    }

    /// Runs a script, or `part` of its tests, over a version of the protocol.
    pub fn run(&self, script: &str, version: u8, part: Option<&str>) -> anyhow::Result<Ran> {
        let own = self.folder.path().join(format!("run-{}", self.runs.fetch_add(1, Ordering::Relaxed)));
        for folder in ["tmp", "root", "out"] {
            std::fs::create_dir_all(own.join(folder))?;
        }
        let mut command = if is_root()? {
            // Without its privileges: some tests are about files that cannot be read or written.
            let mut command = self.command("setpriv");
            command.args(["--bounding-set", "-all", "sh"]);
            command
        } else {
            self.command("sh")
        };
        command.arg(format!("./{script}.sh")).arg("--verbose-log").arg(format!("--root={}", own.join("root").display()));
        command.args(part.map(|part| format!("--run={part}")));
        command.current_dir(self.suite.join("t"));
        command.env("GIT_TEST_PROTOCOL_VERSION", version.to_string()).env("TEST_OUTPUT_DIRECTORY", own.join("out"));
        if version == 1 {
            // It says nothing that version 0 does not, so its packs are made the other way.
            command.env("HARDIE_SHIM_CHILD", "1");
        }
        PackStore::open(&own.join("store"), Arc::new(DiskFiles))?;
        command.env("HARDIE_SHIM_STORE", own.join("store"));
        command.env("TMPDIR", own.join("tmp")).env("HARDIE_SHIM_LOG", own.join("calls"));
        // Some scripts start a daemon, at a port that is the script's own: two of them at once would meet.
        command.env("GIT_TEST_GIT_DAEMON", "true").env("LIB_GIT_DAEMON_PORT", free_port()?.to_string());
        let out = command.stdin(Stdio::null()).stderr(Stdio::null()).output().with_context(|| format!("{script} was not started"))?;
        let output = std::fs::read(own.join("out/test-results").join(format!("{script}.out"))).unwrap_or_default();
        let calls = std::fs::read_to_string(own.join("calls")).unwrap_or_default().lines().count();
        let report = Report::read(&String::from_utf8_lossy(&out.stdout));
        let _ = std::fs::remove_dir_all(&own);
        Ok(Ran { report, calls, output: String::from_utf8_lossy(&output).into_owned() })
    }

    /// A program that sees nothing of the caller's environment but the search path.
    #[expect(clippy::disallowed_methods, reason = "git's tests are programs of their own")]
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C");
        command.env("HOME", self.folder.path()).env("SHELL", "/bin/sh").env("TERM", "dumb");
        command.env("GIT_TEST_INSTALLED", self.folder.path().join("bin")).env("GIT_TEST_EXEC_PATH", self.folder.path().join("exec"));
        command
    }
}

impl Ran {
    /// The end of what a test printed.
    pub fn story(&self, number: u32) -> String {
        let end = format!("not ok {number} - ");
        let before: Vec<&str> = self.output.lines().take_while(|line| !line.starts_with(&end)).collect();
        before.get(before.len().saturating_sub(TOLD)..).unwrap_or_default().join("\n")
    }
}

/// Tens of thousands of small files: in memory, where there is room, it takes half the time.
fn quick_place() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let free = rustix::fs::statvfs(&memory).map_or(0, |found| found.f_bavail.saturating_mul(found.f_frsize));
    // Containers often mount it so that nothing can be run from it.
    let runs = std::fs::read_to_string("/proc/mounts")
        .is_ok_and(|mounts| mounts.lines().any(|line| line.split(' ').nth(1) == memory.to_str() && !line.contains("noexec")));
    if free > ROOM && runs { memory } else { std::env::temp_dir() }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn is_root() -> anyhow::Result<bool> {
    Ok(Path::new("/proc/self").metadata()?.uid() == 0)
}
