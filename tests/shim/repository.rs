//! A plain repository as the engine sees it: refs, and all objects as one pack in a store of its own.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use hardie_domain::limits::GitLimits;
use hardie_domain::refname::RefName;
use hardie_git::Oid;
use hardie_git::odb::{Member, Odb};
use hardie_git::packs::{DiskFiles, PackHash, PackStore};
use hardie_git::view::View;
use hardie_git::wire::{AdvertisedRef, Refs};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::hidden;

/// What the client's environment says to git's own server, and must not reach a git that we start.
const NOT_FOR_CHILDREN: [&str; 6] =
    ["GIT_PROTOCOL", "GIT_TRACE", "GIT_TRACE_PACKET", "GIT_TRACE_PACKFILE", "GIT_TRACE2_EVENT", "GIT_TRACE2_PERF"];

/// Names a store that several calls share. It has hundreds of folders, which take longer to make than a small pack.
const STORE: &str = "HARDIE_SHIM_STORE";

/// The folder that git calls `GIT_DIR`.
pub struct Repository {
    git_dir: PathBuf,
}

/// A folder beside the repository's own objects for new ones, as `git receive-pack` has while its hooks judge.
pub struct Incoming {
    folder: PathBuf,
    beside: String,
}

impl Incoming {
    /// A new folder at `folder`.
    pub fn new(repo: &Repository, folder: &Path) -> anyhow::Result<Incoming> {
        std::fs::create_dir_all(folder.join("pack"))?;
        let beside = repo.answer(&["rev-parse", "--path-format=absolute", "--git-path", "objects"])?;
        Ok(Incoming { folder: folder.to_owned(), beside })
    }

    /// Lets a command see what is there, and write there.
    pub fn enter(&self, command: &mut Command) {
        // Quoted, since the path may hold a colon.
        let beside = format!("\"{}\"", self.beside.replace('\\', "\\\\").replace('"', "\\\""));
        command.env("GIT_OBJECT_DIRECTORY", &self.folder).env("GIT_ALTERNATE_OBJECT_DIRECTORIES", beside);
        command.env("GIT_QUARANTINE_PATH", &self.folder);
    }
}

/// The objects, in a store.
pub struct Objects {
    pub store: PackStore,
    pub odb: Arc<Odb>,
    packs: Vec<PackHash>,
    scratch: TempDir,
}

impl Repository {
    /// Finds the repository that a client means, as git does without `--strict`.
    pub fn open(named: &str) -> anyhow::Result<Repository> {
        for suffix in ["/.git", "", ".git/.git", ".git"] {
            let folder = PathBuf::from(format!("{named}{suffix}"));
            if !folder.exists() {
                continue;
            }
            let found = Repository { git_dir: std::path::absolute(&folder)? };
            if let Ok(path) = found.answer(&["rev-parse", "--absolute-git-dir"]) {
                return Ok(Repository { git_dir: path.into() });
            }
        }
        bail!("'{named}' does not appear to be a git repository");
    }

    /// `GIT_DIR`.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// A program that works in this repository.
    #[expect(clippy::disallowed_methods, reason = "git keeps the plain repository; the environment is that of the test")]
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for name in NOT_FOR_CHILDREN {
            command.env_remove(name);
        }
        command.env("GIT_DIR", &self.git_dir).env("GIT_NO_REPLACE_OBJECTS", "1");
        command
    }

    /// What a git command does with `input`: its output, whether it succeeded, and its complaint.
    pub fn git(&self, args: &[&str], input: &[u8]) -> anyhow::Result<(Vec<u8>, bool, String)> {
        self.git_within(None, args, input)
    }

    /// The same with new objects going elsewhere.
    pub fn git_within(&self, incoming: Option<&Incoming>, args: &[&str], input: &[u8]) -> anyhow::Result<(Vec<u8>, bool, String)> {
        let mut command = self.command("git");
        if let Some(incoming) = incoming {
            incoming.enter(&mut command);
        }
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("git {args:?}"))?;
        let mut stdin = child.stdin.take().context("no pipe")?;
        let input = input.to_vec();
        let feed = std::thread::spawn(move || stdin.write_all(&input));
        let out = child.wait_with_output()?;
        // A child that read no further has said why.
        let _ = feed.join();
        Ok((out.stdout, out.status.success(), String::from_utf8_lossy(&out.stderr).trim().to_owned()))
    }

    /// The output of a git command that must succeed, without the last newline.
    pub fn answer(&self, args: &[&str]) -> anyhow::Result<String> {
        let (out, ok, complaint) = self.git(args, b"")?;
        ensure!(ok, "git {args:?}: {complaint}");
        Ok(String::from_utf8(out)?.trim_end_matches('\n').to_owned())
    }

    /// Whether a setting is on.
    pub fn is_set(&self, name: &str) -> bool {
        self.answer(&["config", "--type=bool", name]).is_ok_and(|value| value == "true")
    }

    /// The refs that a client of `service` (`uploadpack` or `receive`) may see.
    pub fn refs(&self, service: &str) -> anyhow::Result<Refs> {
        let hidden = hidden::read(self, service)?;
        let format = "--format=%(objectname) %(*objectname) %(refname)";
        let text = match self.git(&["for-each-ref", format], b"")? {
            (text, true, _) => text,
            // A tag that cannot be read.
            _ => self.git(&["for-each-ref", "--format=%(objectname)  %(refname)"], b"")?.0,
        };
        let shown = text.split(|byte| *byte == b'\n').filter_map(parse).filter(|shown| !hidden.hides(shown.name.as_bytes()));
        let head = self.answer(&["symbolic-ref", "-q", "HEAD"]).unwrap_or_default();
        // A forge's HEAD always names a branch; a detached one is shown as unborn.
        let head = RefName::parse(head.as_bytes()).or_else(|_| RefName::branch("-detached-"));
        Ok(Refs::new(shown.collect(), head.context("the name of no branch")?))
    }

    /// Brings all objects of the repository and of its alternates into a store of their own.
    pub fn objects(&self) -> anyhow::Result<Objects> {
        let scratch = TempDir::with_prefix("hardie-shim-")?;
        let store = match std::env::var_os(STORE) {
            Some(root) => PackStore::attach(Path::new(&root)),
            None => PackStore::open(&scratch.path().join("store"), Arc::new(DiskFiles))?,
        };
        let every = ["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)"];
        let (ids, ok, complaint) = self.git(&every, b"")?;
        ensure!(ok, "the objects cannot be listed: {complaint}");
        let mut objects = Objects { store, odb: Arc::new(Odb::new(Vec::new())), packs: Vec::new(), scratch };
        if !ids.is_empty() {
            objects.bring(self, &ids)?;
        }
        Ok(objects)
    }
}

impl Objects {
    fn bring(&mut self, repo: &Repository, ids: &[u8]) -> anyhow::Result<()> {
        let base = self.scratch.path().join("all");
        let base = base.to_str().context("the temporary folder has no plain name")?;
        // The repository may be one that cannot be written to.
        let incoming = Incoming::new(repo, &self.scratch.path().join("packing"))?;
        let (name, ok, complaint) = repo.git_within(Some(&incoming), &["pack-objects", "-q", "--delta-base-offset", base], ids)?;
        ensure!(ok, "the objects cannot be packed: {complaint}");
        let made = PathBuf::from(format!("{base}-{}.pack", String::from_utf8(name)?.trim()));
        let hash = PackHash(Sha256::digest(std::fs::read(&made)?).into());
        let intake = self.store.intake(&format!("all-{}", std::process::id()))?;
        for extension in ["pack", "idx"] {
            std::io::copy(&mut std::fs::File::open(made.with_extension(extension))?, &mut intake.create(&hash, extension)?)?;
        }
        let pack = intake.publish(&hash)?;
        // Unclosed: what a want reaches is walked each time, which is always right.
        self.odb = Arc::new(Odb::new(vec![Member { pack, closed: false }]));
        self.packs = vec![hash];
        Ok(())
    }

    /// A folder for this call alone.
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// The folder for a child of the engine.
    pub fn view(&self, refs: &Arc<Refs>) -> hardie_git::Result<Arc<View>> {
        View::create(&self.store, &self.packs, refs)
    }
}

/// Bounds of the server, but for the time: a test that hangs shall end.
pub fn limits() -> GitLimits {
    GitLimits { wall: std::time::Duration::from_secs(120), ..GitLimits::default() }
}

/// `ID PEELED NAME`, the middle one empty but for annotated tags.
fn parse(line: &[u8]) -> Option<AdvertisedRef> {
    let mut words = line.splitn(3, |byte| *byte == b' ');
    let oid = Oid::from_hex(words.next()?)?;
    let peeled = Oid::from_hex(words.next()?);
    Some(AdvertisedRef { name: RefName::parse(words.next()?).ok()?, oid, peeled })
}
