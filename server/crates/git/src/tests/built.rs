//! Packs built in process, compared with those of `git pack-objects` over random histories and requests.

mod case;
mod covered;
pub(super) mod history;
mod hostile;

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use self::history::History;
use super::support::{Chance, Client};
use crate::Oid;
use crate::budget::Cancel;
use crate::build::{build_here, pack_objects};
use crate::object::{Kind, from_gix};
use crate::read::peel;
use crate::tests::fetch::Collect;
use crate::upload::{Filter, PackRequest};

const TIME: Duration = Duration::from_secs(60);

/// What a client has before a fetch: exactly that, and nothing by luck.
struct Holder {
    dir: TempDir,
    held: HashSet<Oid>,
}

impl Holder {
    fn new(client: &Client, request: &PackRequest) -> Holder {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["objects/pack", "refs"] {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        }
        std::fs::write(dir.path().join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let mut holder = Holder { dir, held: HashSet::new() };
        if !request.common.is_empty() {
            let mut lines: String = request.client_shallow.iter().map(|id| format!("--shallow {id}\n")).collect();
            lines.extend(request.common.iter().map(|id| format!("{id}\n")));
            let filter = request.filter.as_ref().map(|f| format!("--filter={f}"));
            let mut args = vec!["--shallow-file", "", "pack-objects", "--revs", "--stdout", "--shallow", "-q"];
            args.extend(filter.as_deref());
            let pack = client.git_with(&args, lines.as_bytes());
            holder.held = holder.take(client, &pack, "held");
        }
        holder
    }

    /// Takes a pack as `git fetch` does; its objects without those that completed it.
    fn take(&self, client: &Client, pack: &[u8], name: &str) -> HashSet<Oid> {
        let git_dir = format!("--git-dir={}", self.dir.path().display());
        let file = self.dir.path().join(format!("objects/pack/pack-{name}.pack"));
        client.git_with(&[&git_dir, "index-pack", "--stdin", "--fix-thin", &file.display().to_string()], pack);
        carried(&file, pack.len())
    }

    /// Whether everything that the wants reach is here, under the boundary that the fetch leaves.
    fn check(&self, client: &Client, request: &PackRequest) {
        let kept = request.client_shallow.iter().filter(|id| !request.unshallow.contains(id));
        let shallow: String = kept.chain(&request.new_shallow).map(|id| format!("{id}\n")).collect();
        if !shallow.is_empty() {
            std::fs::write(self.dir.path().join("shallow"), shallow).unwrap();
        }
        let ids: Vec<String> = request.wants.iter().map(Oid::to_hex).collect();
        let git_dir = format!("--git-dir={}", self.dir.path().display());
        let list = [&git_dir, "rev-list", "--objects", "--quiet"].into_iter().chain(ids.iter().map(String::as_str));
        client.git(&list.collect::<Vec<_>>());
    }
}

/// Objects of an indexed pack that came in its first `sent` bytes.
fn carried(pack: &Path, sent: usize) -> HashSet<Oid> {
    let index = gix::odb::pack::index::File::at(pack.with_extension("idx"), gix::hash::Kind::Sha1).unwrap();
    let carried = index.iter().filter(|entry| entry.pack_offset < sent as u64 - 20);
    carried.map(|entry| from_gix(&entry.oid)).collect()
}

#[derive(Default)]
struct Sums {
    ours: usize,
    gits: usize,
    extra: usize,
    objects: usize,
}

fn compare(history: &History, request: &PackRequest, sums: &mut Sums) {
    let (odb, refs) = (history.server.odb(), history.server.refs());
    let mut ours = Collect::default();
    assert!(build_here(&odb, &refs, request, &mut ours, &Cancel::new(), TIME).unwrap(), "declined");
    let told = String::from_utf8(ours.progress).unwrap();
    assert_eq!(told.starts_with("Enumerating objects: ") && told.contains("\nTotal "), request.progress, "{told:?}");
    let mut gits = Collect::default();
    pack_objects(&history.server.view(), request, &mut gits, &Cancel::new(), TIME).unwrap();
    let holder = Holder::new(&history.client, request);
    let (sent, expected) = (holder.take(&history.client, &ours.pack, "ours"), carried_by_git(history, &gits.pack));
    let count = u32::from_be_bytes(ours.pack[8..12].try_into().unwrap());
    assert_eq!(sent.len(), count as usize, "an object is there twice");
    // A tag comes along with what it points at. Of that git may send more.
    let along = |id: &Oid| request.include_tag && !request.wants.contains(id) && !sent.contains(&peel(&odb, id).unwrap().target);
    let mut missing: Vec<&Oid> = expected.iter().filter(|id| !sent.contains(id) && !holder.held.contains(id) && !along(id)).collect();
    if !missing.is_empty() && request.filter.is_some() {
        // Behind what is common nothing is sent, whatever the filter let through then. git may not see that where clocks are wrong.
        let behind = Holder::new(&history.client, &PackRequest { filter: None, ..request.clone() }).held;
        missing.retain(|id| !behind.contains(id));
    }
    assert!(missing.is_empty(), "not sent: {missing:?}");
    let extra: Vec<&Oid> = sent.iter().filter(|id| !expected.contains(id)).collect();
    // A tree that is asked for by its id is sent whole: who asks so may lack any part of it.
    let asked = request.wants.iter().any(|id| peel(&odb, id).unwrap().target_kind == Kind::Tree);
    assert!(asked || extra.len() <= 20 + expected.len() / 2, "{} sent in vain beside {}: {extra:?}", extra.len(), expected.len());
    if request.filter.is_some() && request.unshallow.is_empty() {
        let passing = passing(history, request);
        let others: Vec<&Oid> = sent.iter().filter(|id| !passing.contains(id) && !request.wants.contains(id)).collect();
        assert!(others.is_empty(), "the filter leaves these out: {others:?}");
    }
    if request.filter.is_none() {
        holder.check(&history.client, request);
    }
    sums.ours += ours.pack.len();
    sums.gits += gits.pack.len();
    sums.extra += if asked { 0 } else { extra.len() };
    sums.objects += expected.len();
}

/// What a clone under the filter holds; under combined ones, what is in all of their clones. (git's own walk leaves out what it met too
/// deep before, if another of the filters had let it pass there.)
fn passing(history: &History, request: &PackRequest) -> HashSet<Oid> {
    let simple = match &request.filter {
        Some(Filter::Combine(parts)) => parts.clone(),
        other => other.iter().cloned().collect(),
    };
    let clones = simple.into_iter().map(|filter| {
        let mut pack = Collect::default();
        let clone = PackRequest { common: Vec::new(), thin: false, filter: Some(filter), ..request.clone() };
        pack_objects(&history.server.view(), &clone, &mut pack, &Cancel::new(), TIME).unwrap();
        carried_by_git(history, &pack.pack)
    });
    clones.reduce(|all, other| all.intersection(&other).copied().collect()).unwrap()
}

fn carried_by_git(history: &History, pack: &[u8]) -> HashSet<Oid> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("git.pack");
    history.client.git_with(&["index-pack", "--stdin", "--fix-thin", &file.display().to_string()], pack);
    carried(&file, pack.len())
}

/// Seeds are printed; `HARDIE_TEST_SEED` repeats a run, `HARDIE_SOAK` makes it long.
fn random(run: u64) {
    let given = std::env::var("HARDIE_TEST_SEED").ok().and_then(|s| s.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(std::process::id()) ^ 0x5eed);
    if std::env::var_os("HARDIE_SOAK").is_some() {
        hold_the_size(&fetches(seed.wrapping_add(run * 1000), 60, 50));
    } else {
        // A few small histories say nothing of size: one odd fetch weighs more than all the others.
        fetches(seed.wrapping_add(run * 1000), 4, 13);
    }
}

fn fetches(seed: u64, histories: u64, cases: usize) -> Sums {
    let mut sums = Sums::default();
    for seed in (0..histories).map(|round| seed.wrapping_add(round)) {
        println!("HARDIE_TEST_SEED={seed}");
        let mut chance = Chance(seed);
        let history = History::new(&mut chance);
        for case in 0..cases {
            let request = case::request(&history, &mut chance);
            println!("case {case}: {request:?}");
            compare(&history, &request, &mut sums);
        }
    }
    println!("{} bytes, git {}; {} objects, {} in vain", sums.ours, sums.gits, sums.objects, sums.extra);
    sums
}

fn hold_the_size(sums: &Sums) {
    // Mostly what a revert brings back: git compares with more of the client's trees.
    assert!(sums.extra * 20 <= sums.objects, "{} of {} objects sent in vain", sums.extra, sums.objects);
    assert!(sums.ours * 10 <= sums.gits * 11, "{} bytes are too many: git needs {}", sums.ours, sums.gits);
}

#[test]
fn random_fetches_are_whole() {
    random(0);
}

#[test]
fn random_fetches_are_whole_once_more() {
    random(1);
}

#[test]
fn random_fetches_are_whole_and_again() {
    random(2);
}

/// The same histories each time.
#[test]
fn fetches_are_no_larger_than_gits() {
    hold_the_size(&fetches(1, 4, 13));
}
