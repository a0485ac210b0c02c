//! A git clone on this machine, read where it lies: its packs and those of its alternates as they are, loose objects packed beside it.
//!
//! The person's own git finds things, so that worktrees, alternates and names mean here what they mean to them. Nothing is fetched and
//! nothing in the clone is changed.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use hardie_domain::oid::Oid;
use hardie_domain::refname::RefName;
use hardie_git::odb::{Member, Odb};
use hardie_git::packs::PackStore;

use crate::cli::git::{ask, git};

/// More packs or loose objects than any clone has that is looked after.
const MOST_PACKS: usize = 2_000;
const MOST_LOOSE: usize = 1_000_000;

/// A clone and its objects.
pub struct Clone<'a> {
    folder: &'a Path,
    /// Its objects.
    pub odb: Arc<Odb>,
}

impl<'a> Clone<'a> {
    /// Opens the clone at `folder`. `scratch` is an empty folder that outlives it.
    pub fn open(folder: &'a Path, scratch: &Path) -> anyhow::Result<Clone<'a>> {
        let asked = ["--show-object-format", "--is-shallow-repository", "--path-format=absolute", "--git-path", "objects"];
        let facts = ask(folder, &[&["rev-parse"], &asked[..]].concat())?;
        let mut facts = facts.lines();
        let (format, shallow, objects) = (facts.next().unwrap_or_default(), facts.next(), facts.next());
        ensure!(format == "sha1", "{} has {format} ids; this server judges repositories with SHA-1 ids", folder.display());
        ensure!(shallow == Some("false"), "{} is a shallow clone; `git fetch --unshallow` makes it whole", folder.display());
        if ask(folder, &["config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.promisor)$"]).is_ok() {
            bail!("{} is a partial clone: objects that a policy may read are not here; clone it anew without --filter", folder.display());
        }
        let objects = objects.context("git does not say where its objects are")?;
        let mut folders = vec![PathBuf::from(objects)];
        // Git quotes what would break its lines, and without this every letter beyond ASCII.
        let counts = ask(folder, &["-c", "core.quotePath=false", "count-objects", "-v"])?;
        for alternate in counts.lines().filter_map(|line| line.strip_prefix("alternate: ")) {
            ensure!(!alternate.starts_with('"'), "{} borrows from {alternate}, a name that cannot be read here", folder.display());
            folders.push(PathBuf::from(alternate));
        }
        let (mut packs, mut loose) = (Vec::new(), Vec::new());
        for folder in &folders {
            list(folder, &mut packs, &mut loose).with_context(|| format!("cannot read {}", folder.display()))?;
        }
        ensure!(
            packs.len() <= MOST_PACKS && loose.len() <= MOST_LOOSE,
            "{} has {} packs and {} loose objects; `git gc` makes fewer of them",
            folder.display(),
            packs.len(),
            loose.len()
        );
        packs.extend(pack_loose(folder, &loose, scratch)?);
        let store = PackStore::attach(scratch);
        let opened = packs.iter().map(|path| {
            let pack = store.foreign_pack(path).with_context(|| format!("{}: `git fsck` may tell more", path.display()))?;
            Ok(Member { pack, closed: false })
        });
        Ok(Clone { folder, odb: Arc::new(Odb::new(opened.collect::<anyhow::Result<_>>()?)) })
    }

    /// The commit that a name stands for.
    pub fn commit(&self, name: &str) -> anyhow::Result<Oid> {
        let peeled = format!("{name}^{{commit}}");
        let found = ask(self.folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &peeled]);
        let found = found.ok().and_then(|text| Oid::from_hex(text.lines().last()?.as_bytes()));
        let missing = || format!("{name:?} names no commit in {}; `git log {name}` there would fail too", self.folder.display());
        found.with_context(missing)
    }

    /// The branch that a name stands for, if it is one.
    pub fn branch(&self, name: &str) -> Option<RefName> {
        let full = ask(self.folder, &["rev-parse", "--symbolic-full-name", "--verify", "--quiet", name]).ok()?;
        RefName::parse(full.as_bytes()).ok().filter(RefName::is_branch)
    }

    /// What the clone takes for the server's default branch, as a short name.
    pub fn default_branch(&self) -> String {
        let remote = ask(self.folder, &["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"]).ok();
        let remote = remote.and_then(|name| name.strip_prefix("origin/").map(str::to_owned));
        remote.or_else(|| ask(self.folder, &["symbolic-ref", "--quiet", "--short", "HEAD"]).ok()).unwrap_or_else(|| "main".to_owned())
    }
}

/// Packs with an index, and the ids of loose objects, of one folder of objects.
fn list(folder: &Path, packs: &mut Vec<PathBuf>, loose: &mut Vec<String>) -> std::io::Result<()> {
    let is_hex = |name: &str| name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.len() != 2 || !is_hex(&name) {
            continue;
        }
        for object in std::fs::read_dir(entry.path())? {
            let Ok(rest) = object?.file_name().into_string() else { continue };
            if rest.len() == 38 && is_hex(&rest) {
                loose.push(format!("{name}{rest}"));
            }
        }
    }
    match std::fs::read_dir(folder.join("pack")) {
        Ok(entries) => {
            let paths = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>()?;
            let indexes = paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "idx"));
            packs.extend(indexes.map(|index| index.with_extension("pack")).filter(|pack| pack.is_file()));
            Ok(())
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// One pack of the loose objects, reached or not. Git shows its own progress if there is a terminal.
fn pack_loose(folder: &Path, loose: &[String], scratch: &Path) -> anyhow::Result<Option<PathBuf>> {
    if loose.is_empty() {
        return Ok(None);
    }
    let base = scratch.join("loose");
    let mut command = git(folder);
    // One pack, of the kind that is read here, whatever the clone's own settings are.
    command
        .args(["-c", "pack.packSizeLimit=0", "-c", "pack.indexVersion=2", "pack-objects", "--window=0"])
        .arg(&base)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = command.spawn().context("cannot run git; is it installed?")?;
    let written = child.stdin.take().map(|mut stdin| stdin.write_all((loose.join("\n") + "\n").as_bytes()));
    let output = child.wait_with_output()?;
    if !output.status.success() {
        bail!("git could not pack the {} loose objects of {}; its messages are above", loose.len(), folder.display());
    }
    written.transpose().context("writing to git pack-objects")?;
    let name = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(Some(scratch.join(format!("loose-{name}.pack"))))
}
