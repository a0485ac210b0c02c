//! A small repository that every target shares: made by git once, and never changed.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, OnceLock};

use hardie_domain::limits::GitLimits;
use hardie_domain::refname::RefName;
use hardie_git::ingest::{Base, ingest};
use hardie_git::odb::{Member, Odb};
use hardie_git::packs::{DiskFiles, Pack, PackStore};
use hardie_git::wire::{AdvertisedRef, Refs};
use hardie_git::{Cancel, Error, Oid};
use tempfile::TempDir;

/// It, and where it lies.
pub struct Repository {
    /// Its packs' store.
    pub store: PackStore,
    /// Its objects.
    pub odb: Arc<Odb>,
    /// `main` and `v1`.
    pub refs: Arc<Refs>,
    /// The commit of `main`.
    pub tip: Oid,
    /// The commit of `v1`, older.
    pub old: Oid,
    /// Packs that could be pushed to it.
    pub packs: Vec<Vec<u8>>,
    /// Its pack.
    pub plain: Vec<u8>,
    /// And the index of that.
    pub index: Vec<u8>,
    /// A multi-pack index of that pack alone, and its bitmap.
    pub bitmaps: (Vec<u8>, Vec<u8>),
    /// Commit-graphs of it, with filters of both versions.
    pub graphs: Vec<Vec<u8>>,
    _dir: TempDir,
}

/// The repository.
pub fn repository() -> &'static Repository {
    static HERE: OnceLock<Repository> = OnceLock::new();
    HERE.get_or_init(make)
}

fn make() -> Repository {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let work = dir.path().join("work");
    std::fs::create_dir(&work).expect("a folder");
    git(&work, &["init", "-q", "-b", "main"], b"");
    let commit = |n: usize| {
        let text: String = (0..60).map(|line| format!("line {}\n", if line == n { n * 100 } else { line })).collect();
        std::fs::create_dir_all(work.join("src")).expect("a folder");
        std::fs::write(work.join("src/long.txt"), text).expect("a file");
        std::fs::write(work.join(format!("file{n}")), format!("{n}\n")).expect("a file");
        git(&work, &["add", "."], b"");
        git(&work, &["commit", "-q", "-m", &format!("commit {n}")], b"");
        rev(&work, "HEAD")
    };
    let ids: Vec<Oid> = (0..6).map(commit).collect();
    git(&work, &["tag", "-a", "-m", "one", "v1", &ids[2].to_hex()], b"");
    let tag = rev(&work, "v1");
    let pack =
        |options: &[&str], input: String| git(&work, &[&["pack-objects", "--revs", "--stdout", "-q"], options].concat(), input.as_bytes());
    let plain = pack(&["--delta-base-offset"], format!("{}\n{tag}\n", ids[4]));
    let packs = vec![
        pack(&["--thin"], format!("{}\n^{}\n", ids[5], ids[4])),
        pack(&[], format!("{}\n", ids[5])),
        pack(&["--delta-base-offset"], format!("{}\n", ids[5])),
        plain.clone(),
        pack(&["--thin"], format!("{0}\n^{0}\n", ids[0])),
    ];
    let graph = |version: &str| {
        let setting = format!("commitGraph.changedPathsVersion={version}");
        let file = work.join(".git/objects/info/commit-graph");
        let _ = std::fs::remove_file(&file);
        git(&work, &["-c", &setting, "commit-graph", "write", "--reachable", "--changed-paths"], b"");
        std::fs::read(file).expect("git wrote it")
    };
    let graphs = vec![graph("1"), graph("2")];
    let store = PackStore::open(&dir.path().join("store"), Arc::new(DiskFiles)).expect("a pack store");
    let nothing = Odb::new(Vec::new());
    let base = Base { odb: &nothing, view: &|| Err(Error::Git("no git here".to_owned())) };
    let taken = ingest(&mut plain.as_slice(), &store, "first", &base, &GitLimits::default(), &mut |_| {}, &Cancel::new());
    let taken = taken.expect("a pack of git's is taken in");
    let made = Arc::clone(taken.pack().expect("it is not empty"));
    store.publish(&made).expect("it can be kept");
    let index = std::fs::read(made.path().with_extension("idx")).expect("its index is there");
    let bitmaps = bitmaps(&work, &made);
    let odb = Arc::new(Odb::new(vec![Member { pack: store.pack(&made.hash()).expect("it is kept"), closed: true }]));
    let name = |text: &str| RefName::parse(text.as_bytes()).expect("a name");
    let shown = vec![
        AdvertisedRef { name: name("refs/heads/main"), oid: ids[4], peeled: None },
        AdvertisedRef { name: name("refs/tags/v1"), oid: tag, peeled: Some(ids[2]) },
    ];
    let refs = Arc::new(Refs::new(shown, name("refs/heads/main")));
    Repository { store, odb, refs, tip: ids[4], old: ids[2], packs, plain, index, bitmaps, graphs, _dir: dir }
}

/// Made in a repository that has this pack alone, under its name in the store.
fn bitmaps(work: &Path, pack: &Pack) -> (Vec<u8>, Vec<u8>) {
    let bare = work.with_file_name("bare");
    git(work, &["clone", "-q", "--bare", ".", &bare.display().to_string()], b"");
    let folder = bare.join("objects/pack");
    std::fs::remove_dir_all(bare.join("objects")).expect("its own objects go");
    std::fs::create_dir_all(&folder).expect("a folder");
    for extension in ["pack", "idx"] {
        let name = format!("pack-{}.{extension}", pack.hash());
        std::fs::copy(pack.path().with_extension(extension), folder.join(name)).expect("a copy");
    }
    git(&bare, &["update-ref", "-d", "refs/heads/main"], b"");
    git(&bare, &["multi-pack-index", "write", "--bitmap", "--no-progress"], b"");
    let made = std::fs::read_dir(&folder).expect("the folder").map(|file| file.expect("a file").path());
    let bitmap = made.into_iter().find(|path| path.extension().is_some_and(|found| found == "bitmap")).expect("git made a bitmap");
    (std::fs::read(folder.join("multi-pack-index")).expect("an index"), std::fs::read(bitmap).expect("a bitmap"))
}

fn rev(work: &Path, name: &str) -> Oid {
    String::from_utf8_lossy(&git(work, &["rev-parse", name], b"")).trim().parse().expect("an id")
}

#[expect(clippy::disallowed_methods, reason = "the fixture is made by git")]
fn git(work: &Path, arguments: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new("git");
    command.current_dir(work).args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{role}_NAME"), "Ann").env(format!("GIT_{role}_EMAIL"), "ann@example.org");
        command.env(format!("GIT_{role}_DATE"), "1700000000 +0100");
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git is installed");
    child.stdin.take().expect("a pipe").write_all(input).expect("git reads it");
    let output = child.wait_with_output().expect("git ends");
    assert!(output.status.success(), "git {arguments:?} failed");
    output.stdout
}
