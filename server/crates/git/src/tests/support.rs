//! A client's repository driven by the real `git`, and the server's side of a push without transport or database.

use std::cell::Cell;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use hardie_domain::limits::GitLimits;
use hardie_domain::refname::RefName;
use tempfile::TempDir;

use crate::budget::{Budget, Cancel};
use crate::connectivity::{self, NotConnected};
use crate::ingest::{Base, IngestError, Ingested, ingest};
use crate::odb::{Member, Odb};
use crate::packs::{DiskFiles, Files, PackHash, PackStore};
use crate::view::View;
use crate::wire::{AdvertisedRef, Refs};
use crate::{Oid, read};

/// A client's repository.
pub(super) struct Client {
    dir: TempDir,
    clock: Cell<u64>,
}

impl Client {
    pub(super) fn new() -> Client {
        let client = Client { dir: tempfile::tempdir().unwrap(), clock: Cell::new(1_700_000_000) };
        client.git(&["init", "-q", "-b", "main"]);
        client
    }

    pub(super) fn path(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn git(&self, args: &[&str]) -> String {
        String::from_utf8(self.git_with(args, b"")).unwrap().trim().to_owned()
    }

    pub(super) fn git_with(&self, args: &[&str], input: &[u8]) -> Vec<u8> {
        let (ok, out, err) = self.try_git(args, input);
        assert!(ok, "git {args:?}: {err}");
        out
    }

    #[expect(clippy::disallowed_methods, reason = "the client under test is the real git, with its own environment")]
    pub(super) fn try_git(&self, args: &[&str], input: &[u8]) -> (bool, Vec<u8>, String) {
        self.clock.set(self.clock.get() + 60);
        let date = format!("{} +0100", self.clock.get());
        let mut child = Command::new("git")
            .args(args)
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([("GIT_AUTHOR_NAME", "A U Thor"), ("GIT_AUTHOR_EMAIL", "author@example.org"), ("GIT_AUTHOR_DATE", &date)])
            .envs([("GIT_COMMITTER_NAME", "C O Mitter"), ("GIT_COMMITTER_EMAIL", "committer@example.org"), ("GIT_COMMITTER_DATE", &date)])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_vec();
        let feed = std::thread::spawn(move || stdin.write_all(&input));
        let out = child.wait_with_output().unwrap();
        let _ = feed.join().unwrap();
        (out.status.success(), out.stdout, String::from_utf8_lossy(&out.stderr).into_owned())
    }

    /// Writes files (an empty content removes one) and commits.
    pub(super) fn commit(&self, files: &[(&str, &str)]) -> Oid {
        for (path, content) in files {
            let path = self.path().join(path);
            if content.is_empty() {
                std::fs::remove_file(path).unwrap();
            } else {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, content).unwrap();
            }
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "change"]);
        self.rev("HEAD")
    }

    pub(super) fn rev(&self, spec: &str) -> Oid {
        self.git(&["rev-parse", spec]).parse().unwrap()
    }

    /// Writes an object of any content, valid or not.
    pub(super) fn object(&self, kind: &str, content: &[u8]) -> Oid {
        let out = self.git_with(&["hash-object", "-t", kind, "--literally", "-w", "--stdin"], content);
        String::from_utf8(out).unwrap().trim().parse().unwrap()
    }

    pub(super) fn commit_of_tree(&self, tree: &Oid, parents: &[Oid]) -> Oid {
        let mut text = format!("tree {tree}\n");
        parents.iter().for_each(|p| text.push_str(&format!("parent {p}\n")));
        text.push_str("author A <a@b> 1700000000 +0000\ncommitter A <a@b> 1700000000 +0000\n\nmade by hand\n");
        self.object("commit", text.as_bytes())
    }

    /// The pack that `git push` would send.
    pub(super) fn pack(&self, tips: &[Oid], not: &[Oid], thin: bool) -> Vec<u8> {
        let lines: String = tips.iter().map(|t| format!("{t}\n")).chain(not.iter().map(|n| format!("^{n}\n"))).collect();
        let mut args = vec!["pack-objects", "--revs", "--stdout", "-q", "--delta-base-offset"];
        args.extend(thin.then_some("--thin"));
        self.git_with(&args, lines.as_bytes())
    }

    /// A pack of exactly these objects.
    pub(super) fn pack_exactly(&self, ids: &[Oid]) -> Vec<u8> {
        let lines: String = ids.iter().map(|id| format!("{id}\n")).collect();
        self.git_with(&["pack-objects", "--stdout", "-q"], lines.as_bytes())
    }

    pub(super) fn objects(&self, tips: &[Oid]) -> Vec<Oid> {
        let tips: Vec<String> = tips.iter().map(Oid::to_hex).collect();
        let args: Vec<&str> = ["rev-list", "--objects", "--no-object-names"].into_iter().chain(tips.iter().map(String::as_str)).collect();
        let mut ids: Vec<Oid> = self.git(&args).lines().map(|line| line.parse().unwrap()).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Why a push failed.
#[derive(Debug)]
pub(super) enum Refused {
    Ingest(IngestError),
    Connectivity(NotConnected),
}

/// The server's side of one repository.
pub(super) struct Server {
    pub(super) dir: TempDir,
    pub(super) store: PackStore,
    pub(super) limits: GitLimits,
    pub(super) members: Vec<(PackHash, bool)>,
    refs: Vec<(String, Oid)>,
    pushes: Cell<u32>,
}

impl Server {
    pub(super) fn new() -> Server {
        Server::with_files(Arc::new(DiskFiles))
    }

    pub(super) fn with_files(files: Arc<dyn Files>) -> Server {
        let dir = tempfile::tempdir().unwrap();
        let store = PackStore::open(&dir.path().join("store"), files).unwrap();
        let limits = GitLimits { wall: Duration::from_secs(120), ..GitLimits::default() };
        Server { dir, store, limits, members: Vec::new(), refs: Vec::new(), pushes: Cell::new(0) }
    }

    pub(super) fn odb(&self) -> Arc<Odb> {
        let member = |(hash, closed): &(PackHash, bool)| Member { pack: self.store.pack(hash).unwrap(), closed: *closed };
        Arc::new(Odb::new(self.members.iter().map(member).collect()))
    }

    pub(super) fn refs(&self) -> Arc<Refs> {
        let odb = self.odb();
        let shown = self.refs.iter().map(|(name, oid)| {
            let peeled = read::peel(&odb, oid).unwrap();
            let peeled = (peeled.target != *oid).then_some(peeled.target);
            AdvertisedRef { name: RefName::parse(name.as_bytes()).unwrap(), oid: *oid, peeled }
        });
        Arc::new(Refs::new(shown.collect(), RefName::branch("main").unwrap()))
    }

    pub(super) fn view(&self) -> Arc<View> {
        let hashes: Vec<PackHash> = self.members.iter().map(|(hash, _)| *hash).collect();
        View::create(&self.store, &hashes, &self.refs()).unwrap()
    }

    /// Moves or makes a ref, past all rules.
    pub(super) fn set(&mut self, name: &str, oid: Oid) {
        self.delete(name);
        self.refs.push((name.to_owned(), oid));
    }

    pub(super) fn delete(&mut self, name: &str) {
        self.refs.retain(|(known, _)| known != name);
    }

    pub(super) fn ingest(&self, pack: &[u8]) -> Result<Ingested, IngestError> {
        self.pushes.set(self.pushes.get() + 1);
        let id = format!("push-{}", self.pushes.get());
        let view = self.view();
        let base = Base { odb: view.odb(), view: &|| Ok(view.clone()) };
        ingest(&mut &*pack, &self.store, &id, &base, &self.limits, &mut |_| {}, &Cancel::new())
    }

    pub(super) fn check(&self, push: Option<&Ingested>, tips: &[Oid]) -> Result<bool, NotConnected> {
        let odb = self.odb().with_pack(push.and_then(Ingested::pack));
        connectivity::check(&odb, push, tips, &self.refs(), &mut budget()).map(|whole| whole.closed)
    }

    /// Stores a pack and its refs, as a push that passes does.
    pub(super) fn push(&mut self, pack: &[u8], updates: &[(&str, Oid)]) -> Result<bool, Refused> {
        let ingested = self.ingest(pack).map_err(Refused::Ingest)?;
        let tips: Vec<Oid> = updates.iter().map(|(_, oid)| *oid).collect();
        let closed = self.check(Some(&ingested), &tips).map_err(Refused::Connectivity)?;
        self.keep(&ingested, closed);
        updates.iter().for_each(|(name, oid)| self.set(name, *oid));
        Ok(closed)
    }

    /// Stores a pack without any ref, as happens to the objects of a refused ref in a push of which another ref was accepted.
    pub(super) fn store_unreachable(&mut self, pack: &[u8]) {
        let ingested = self.ingest(pack).unwrap();
        self.keep(&ingested, false);
    }

    fn keep(&mut self, ingested: &Ingested, closed: bool) {
        if let Some(pack) = ingested.pack() {
            self.store.publish(pack).unwrap();
            self.members.retain(|(hash, _)| *hash != pack.hash());
            self.members.insert(0, (pack.hash(), closed));
        }
    }

    pub(super) fn root(&self) -> PathBuf {
        self.dir.path().join("store")
    }

    /// Names of what lies in a folder of the store.
    pub(super) fn listing(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.root().join(folder)).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }
}

pub(super) fn budget() -> Budget {
    Budget::new(u64::MAX, Duration::from_secs(120), &Cancel::new())
}

/// A small generator of chance, so that a failing case can be repeated.
pub(super) struct Chance(pub(super) u64);

impl Chance {
    pub(super) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

/// Git's header of a pack entry.
fn entry_header(kind: u8, mut size: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut byte = kind << 4 | u8::try_from(size & 15).unwrap();
    size >>= 4;
    while size > 0 {
        out.push(byte | 0x80);
        byte = u8::try_from(size & 127).unwrap();
        size >>= 7;
    }
    out.push(byte);
    out
}

fn deflate(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A pack written by hand.
pub(super) struct HandMade {
    bytes: Vec<u8>,
    objects: u32,
}

impl HandMade {
    pub(super) fn new() -> HandMade {
        HandMade { bytes: b"PACK\0\0\0\x02\0\0\0\0".to_vec(), objects: 0 }
    }

    /// A whole object: 1 commit, 2 tree, 3 blob, 4 tag. Returns its offset.
    pub(super) fn object(&mut self, kind: u8, data: &[u8]) -> usize {
        self.raw(&entry_header(kind, data.len()), &deflate(data))
    }

    /// An entry whose header announces `size`, whatever the data is.
    pub(super) fn lying(&mut self, kind: u8, size: usize, data: &[u8]) -> usize {
        self.raw(&entry_header(kind, size), &deflate(data))
    }

    /// A delta against an object named by id.
    pub(super) fn ref_delta(&mut self, base: &Oid, delta: &[u8]) -> usize {
        self.raw(&[&entry_header(7, delta.len())[..], &base.0].concat(), &deflate(delta))
    }

    /// A delta against the entry at an offset.
    pub(super) fn ofs_delta(&mut self, base: usize, delta: &[u8]) -> usize {
        let mut distance = self.bytes.len() - base;
        let mut digits = vec![u8::try_from(distance & 127).unwrap()];
        while distance > 127 {
            distance = (distance >> 7) - 1;
            digits.push(0x80 | u8::try_from(distance & 127).unwrap());
        }
        digits.reverse();
        self.raw(&[entry_header(6, delta.len()), digits].concat(), &deflate(delta))
    }

    pub(super) fn raw(&mut self, header: &[u8], data: &[u8]) -> usize {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(header);
        self.bytes.extend_from_slice(data);
        self.objects += 1;
        at
    }

    pub(super) fn finish(self) -> Vec<u8> {
        let objects = self.objects;
        self.finish_claiming(objects)
    }

    pub(super) fn finish_claiming(mut self, objects: u32) -> Vec<u8> {
        self.bytes[8..12].copy_from_slice(&objects.to_be_bytes());
        with_checksum(self.bytes)
    }
}

pub(super) fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut hasher = gix::hash::hasher(gix::hash::Kind::Sha1);
    hasher.update(&bytes);
    bytes.extend_from_slice(hasher.try_finalize().unwrap().as_bytes());
    bytes
}

/// A delta that copies the whole base and adds some bytes.
pub(super) fn append_delta(base_size: usize, add: &[u8]) -> Vec<u8> {
    let size = |mut n: usize| {
        let mut out = Vec::new();
        while n > 127 {
            out.push(0x80 | u8::try_from(n & 127).unwrap());
            n >>= 7;
        }
        out.push(u8::try_from(n).unwrap());
        out
    };
    let mut delta = [size(base_size), size(base_size + add.len())].concat();
    if base_size > 0 {
        // Copy from offset 0, size in two bytes.
        delta.extend([0x80 | 0x10 | 0x20, u8::try_from(base_size & 255).unwrap(), u8::try_from(base_size >> 8).unwrap()]);
    }
    for part in add.chunks(127) {
        delta.push(u8::try_from(part.len()).unwrap());
        delta.extend_from_slice(part);
    }
    delta
}
