//! Answers about objects from git's own programs, over a plain bare repository.

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hardie_domain::oid::Oid;
use hardie_domain::refname::RefName;

use crate::upload::{Cut, Deepen, ObjectsError, PackRequest, ShallowUpdate, UploadObjects};
use crate::wire::refs::{AdvertisedRef, Refs};

/// Runs git without any configuration of the machine; gives its output, or its complaint.
pub fn try_git(dir: &Path, args: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    #[expect(clippy::disallowed_methods, reason = "the real git is what we are compared with")]
    let mut command = Command::new("git");
    command.current_dir(dir).args(args).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.envs([("HOME", "/nonexistent"), ("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("LC_ALL", "C")]);
    command.envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@b"), ("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@b")]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A child that refuses early closes its end.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    match output.status.success() {
        true => Ok(output.stdout),
        false => Err(format!("git {args:?}: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// Runs git, which must succeed; gives its output without the last newline.
pub fn git(dir: &Path, args: &[&str]) -> String {
    String::from_utf8(try_git(dir, args, b"").unwrap_or_else(|e| panic!("{e}"))).unwrap().trim_end().to_owned()
}

pub fn oid(hex: &str) -> Oid {
    Oid::from_hex(hex.as_bytes()).unwrap_or_else(|| panic!("{hex}"))
}

/// The refs of a bare repository.
pub fn refs(dir: &Path) -> Refs {
    let list = git(dir, &["for-each-ref", "--format=%(refname) %(objectname) %(*objectname)"]);
    let refs = list.lines().map(|line| {
        let mut words = line.split(' ');
        let name = RefName::parse(words.next().unwrap().as_bytes()).unwrap();
        let target = oid(words.next().unwrap());
        AdvertisedRef { name, oid: target, peeled: words.next().filter(|w| !w.is_empty()).map(oid) }
    });
    Refs::new(refs.collect(), RefName::parse(git(dir, &["symbolic-ref", "HEAD"]).as_bytes()).unwrap())
}

/// Everything that refs reach, held in memory: the repositories of these tests are small.
pub struct Oracle {
    reachable: HashSet<Oid>,
    /// Parents and committer date.
    commits: HashMap<Oid, (Vec<Oid>, i64)>,
}

impl Oracle {
    pub fn new(dir: PathBuf) -> Oracle {
        let objects = git(&dir, &["rev-list", "--all", "--objects", "--no-object-names"]);
        let graph = git(&dir, &["log", "--all", "--format=%H|%P|%ct"]);
        let commits = graph.lines().map(|line| {
            let parts: Vec<&str> = line.split('|').collect();
            (oid(parts[0]), (parts[1].split_whitespace().map(oid).collect(), parts[2].parse().unwrap()))
        });
        Oracle { reachable: objects.lines().map(oid).collect(), commits: commits.collect() }
    }

    fn parents(&self, commit: &Oid) -> &[Oid] {
        self.commits.get(commit).map_or(&[], |c| c.0.as_slice())
    }

    fn ancestors(&self, tips: &[Oid]) -> HashSet<Oid> {
        let (mut seen, mut queue) = (HashSet::new(), tips.to_vec());
        while let Some(next) = queue.pop() {
            if seen.insert(next) {
                queue.extend_from_slice(self.parents(&next));
            }
        }
        seen
    }

    /// Commits within `depth` generations, and those of them on the boundary.
    fn within(&self, tips: &[Oid], depth: u32) -> (HashSet<Oid>, Vec<Oid>) {
        let (mut kept, mut edge) = (HashSet::new(), Vec::new());
        let mut queue: VecDeque<(Oid, u32)> = tips.iter().map(|t| (*t, 1)).collect();
        while let Some((commit, at)) = queue.pop_front() {
            if !self.commits.contains_key(&commit) || !kept.insert(commit) {
                continue;
            }
            match at == depth && !self.parents(&commit).is_empty() {
                true => edge.push(commit),
                false => queue.extend(self.parents(&commit).iter().map(|p| (*p, at + 1))),
            }
        }
        (kept, edge)
    }
}

impl UploadObjects for Oracle {
    fn is_common(&self, oid: &Oid) -> Result<bool, ObjectsError> {
        Ok(self.reachable.contains(oid))
    }
    fn may_want(&self, oid: &Oid) -> Result<bool, ObjectsError> {
        Ok(self.reachable.contains(oid))
    }
    fn sizes(&self, _: &[Oid]) -> Result<Vec<Option<u64>>, ObjectsError> {
        Err(ObjectsError::Limit("stock clients do not ask for sizes".to_owned()))
    }
    fn is_ready(&self, wants: &[Oid], common: &[Oid]) -> Result<bool, ObjectsError> {
        Ok(wants.iter().all(|want| common.iter().any(|have| self.ancestors(&[*want]).contains(have))))
    }
    fn deepen(&self, deepen: &Deepen) -> Result<ShallowUpdate, ObjectsError> {
        let (kept, edge) = match &deepen.cut {
            Cut::Depth { commits, relative: true } if !deepen.client_shallow.is_empty() => {
                let above = self.ancestors(&deepen.wants);
                let below = self.ancestors(&deepen.client_shallow);
                let (extended, edge) = self.within(&deepen.client_shallow, commits + 1);
                (above.difference(&below).copied().chain(extended).collect(), edge)
            }
            Cut::Depth { commits, .. } => self.within(&deepen.wants, *commits),
            Cut::Boundary { since, not } => {
                let hidden = self.ancestors(not);
                let old = |c: &Oid| since.is_some_and(|s| self.commits.get(c).is_some_and(|c| c.1 < s));
                let kept: HashSet<Oid> = self.ancestors(&deepen.wants).into_iter().filter(|c| !hidden.contains(c) && !old(c)).collect();
                let cut: HashSet<Oid> = kept.iter().filter(|c| self.parents(c).iter().any(|p| !kept.contains(p))).copied().collect();
                let (mut reached, mut queue) = (HashSet::new(), deepen.wants.clone());
                while let Some(next) = queue.pop() {
                    if reached.insert(next) && !cut.contains(&next) {
                        queue.extend_from_slice(self.parents(&next));
                    }
                }
                let edge = cut.intersection(&reached).copied().collect();
                (reached, edge)
            }
        };
        let unshallow = deepen.client_shallow.iter().filter(|c| kept.contains(c) && !edge.contains(c)).copied().collect();
        Ok(ShallowUpdate { shallow: edge, unshallow })
    }
}

/// Builds a pack as [`PackRequest`] describes.
pub fn pack(dir: &Path, request: &PackRequest) -> Vec<u8> {
    let filter = request.filter.as_ref().map(|f| format!("--filter={f}"));
    let mut args = vec!["--shallow-file", "", "pack-objects", "--revs", "--stdout", "--shallow", "-q"];
    args.extend(request.thin.then_some("--thin"));
    args.extend(request.ofs_delta.then_some("--delta-base-offset"));
    args.extend(request.include_tag.then_some("--include-tag"));
    args.extend(filter.as_deref());
    let oracle = Oracle::new(dir.to_owned());
    let parents = request.unshallow.iter().flat_map(|c| oracle.parents(c));
    let mut input = String::new();
    for commit in request.client_shallow.iter().chain(&request.new_shallow) {
        input += &format!("--shallow {commit}\n");
    }
    for want in request.wants.iter().chain(parents) {
        input += &format!("{want}\n");
    }
    input += "--not\n";
    for have in request.common.iter().chain(&request.unshallow) {
        input += &format!("{have}\n");
    }
    try_git(dir, &args, (input + "\n").as_bytes()).unwrap_or_else(|e| panic!("{e}"))
}
