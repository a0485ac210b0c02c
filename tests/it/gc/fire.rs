//! Maintenance under fire: pushes of all sorts, fetches, collection with no grace, removal at once and `kill -9` together. What was
//! acknowledged is there afterwards.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use hardie_testkit::history::Choices;
use hardie_testkit::{Git, ServerProcess, process, raw};

use crate::durability::create_repo;
use crate::support::{choices, soak};

/// No grace at all: whatever is unreached for a moment may go.
const CONFIG: &str = "[gc]\nreflog-seconds = 0\ncruft-seconds = 1\nlook-seconds = 0\n";
const PUSHERS: u32 = 3;
const BRANCHES: u64 = 4;

/// What a branch was told to be, and what an answer that never came may have made it. `None` is absent.
#[derive(Clone, Debug, Default)]
pub struct Branch {
    pub acknowledged: Option<String>,
    pub possible: Vec<Option<String>>,
    /// Everything that it was ever asked to be.
    pub tried: Vec<Option<String>>,
}

/// The branches of one pusher.
pub type Branches = Mutex<HashMap<String, Branch>>;

/// What all threads share.
pub struct Fire {
    data: tempfile::TempDir,
    /// Where the configuration and the database are.
    more: Vec<String>,
    url: Mutex<String>,
    stop: AtomicBool,
    /// Odd while one is under way.
    kills: AtomicU32,
    expiries: AtomicU32,
    counts: Mutex<BTreeMap<&'static str, u32>>,
}

impl Fire {
    fn url(&self) -> String {
        self.url.lock().unwrap().clone()
    }

    fn count(&self, what: &'static str) {
        *self.counts.lock().unwrap().entry(what).or_default() += 1;
    }

    fn counted(&self, what: &str) -> u32 {
        self.counts.lock().unwrap().get(what).copied().unwrap_or_default()
    }

    /// Kills and removals at once, to be compared; `None` while one is under way.
    fn calm(&self) -> Option<(u32, u32)> {
        let now = (self.kills.load(Ordering::SeqCst), self.expiries.load(Ordering::SeqCst));
        (now.0.is_multiple_of(2) && now.1.is_multiple_of(2)).then_some(now)
    }

    fn burns(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    fn more(&self) -> Vec<&str> {
        self.more.iter().map(String::as_str).collect()
    }

    fn serve(&self) -> ServerProcess {
        let server = ServerProcess::serve(self.data.path(), &self.more()).unwrap();
        *self.url.lock().unwrap() = format!("{}/alice/tool.git", server.url());
        server
    }

    pub fn admin(&self, arguments: &[&str]) -> anyhow::Result<String> {
        process::admin(self.data.path(), &[arguments, &self.more()].concat(), "")
    }

    /// A server with one repository, on the database that `more` names.
    pub fn lay(more: &[&str]) -> (Fire, Git, ServerProcess) {
        let data = tempfile::tempdir().unwrap();
        let create = ["user", "create", "alice", "--email", "a@example.org", "--password-stdin"];
        process::admin(data.path(), &[&create, more].concat(), "correct horse battery\n").unwrap();
        let token = process::admin(data.path(), &[&["token", "create", "alice", "--name", "t", "--scopes", "all"], more].concat(), "");
        let git = Git::new("alice").unwrap().with_password("alice", &token.unwrap()).unwrap();
        let config = git.path("fire.toml");
        std::fs::write(&config, CONFIG).unwrap();
        let more = [&["--config", config.to_str().unwrap()], more].concat().into_iter().map(str::to_owned).collect();
        let fire = Fire {
            data,
            more,
            url: Mutex::default(),
            stop: AtomicBool::new(false),
            kills: AtomicU32::new(0),
            expiries: AtomicU32::new(0),
            counts: Mutex::default(),
        };
        let server = fire.serve();
        create_repo(&git, server.url(), "tool");
        let base = git.init("base").unwrap();
        git.ok(&base, &["push", "--quiet", &fire.url(), "main"]).unwrap();
        (fire, git, server)
    }

    /// Burns until `during` ends, which is given how the branches are.
    pub fn rage(
        &self,
        git: &Git,
        mut server: ServerProcess,
        random: &mut Choices,
        during: impl FnOnce(&[Branches]) + Send,
    ) -> Vec<Branches> {
        let branches: Vec<_> = (0..PUSHERS).map(|_| Mutex::default()).collect();
        let mut seed = || Choices::new(random.number());
        let server = std::thread::scope(|scope| {
            for (n, state) in (0..PUSHERS).zip(&branches) {
                let random = seed();
                scope.spawn(move || push(self, git, n, state, random));
            }
            let (fetching, maintaining) = (seed(), seed());
            scope.spawn(move || fetch(self, git, fetching));
            scope.spawn(move || maintain(self, maintaining));
            let branches = &branches;
            scope.spawn(move || {
                let _end = Stop(&self.stop);
                during(branches);
            });
            let _end = Stop(&self.stop);
            let mut chance = seed();
            while self.burns() {
                pause(Duration::from_millis(500 + chance.below(2500)));
                self.kills.fetch_add(1, Ordering::SeqCst);
                server.kill().unwrap();
                server = self.serve();
                self.kills.fetch_add(1, Ordering::SeqCst);
            }
            server
        });
        server.terminate().unwrap();
        println!("{} kills; {:?}", self.kills.load(Ordering::SeqCst) / 2, self.counts.lock().unwrap());
        for what in ["push", "delete", "force", "fetch", "gc", "expire-now"] {
            assert!(self.counted(what) > 0, "no {what} succeeded: the test shows nothing");
        }
        branches
    }
}

#[expect(clippy::disallowed_methods, reason = "the moment of a kill is chance, and chance alone")]
fn pause(time: Duration) {
    std::thread::sleep(time);
}

#[test]
fn maintenance_under_fire_loses_nothing_acknowledged() {
    let mut random = choices("fire");
    let end = Instant::now() + Duration::from_secs(if soak() { 600 } else { 15 });
    let (fire, git, server) = Fire::lay(&[]);
    let branches = fire.rage(&git, server, &mut random, |_| {
        while Instant::now() < end && fire.burns() {
            pause(Duration::from_millis(100));
        }
    });
    judge(&fire, &git, &git.path("base"), &branches);
}

/// Whatever ends one thread ends the others.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Makes, moves, forces, deletes and brings back branches of its own.
fn push(fire: &Fire, git: &Git, n: u32, state: &Branches, mut random: Choices) {
    let _end = Stop(&fire.stop);
    let dir = git.init(&format!("pusher{n}")).unwrap();
    // What was pushed once, and may be collected by now.
    let mut past = vec![git.ok(&dir, &["rev-parse", "HEAD"]).unwrap()];
    for round in 0.. {
        if !fire.burns() {
            return;
        }
        let name = format!("p{n}-{}", random.below(BRANCHES));
        let full = format!("refs/heads/{name}");
        let known = state.lock().unwrap().get(&name).cloned().unwrap_or_default();
        let at = past[usize::try_from(random.below(past.len() as u64)).unwrap()].clone();
        let (what, new) = match random.below(10) {
            0..2 if known.acknowledged.is_some() => ("delete", None),
            2 => ("empty", Some(at)),
            3..6 => {
                git.ok(&dir, &["checkout", "--quiet", "--detach", &at]).unwrap();
                ("force", Some(git.commit(&dir, &format!("f{}", random.below(5)), &format!("{n} {round}\n"), "Force").unwrap()))
            }
            _ => {
                let from = known.acknowledged.clone().unwrap_or(at);
                git.ok(&dir, &["checkout", "--quiet", "--detach", &from]).unwrap();
                ("push", Some(git.commit(&dir, &format!("f{}", random.below(5)), &format!("{n} {round}\n"), "Go on").unwrap()))
            }
        };
        {
            let mut state = state.lock().unwrap();
            let branch = state.entry(name.clone()).or_default();
            branch.possible.push(new.clone());
            branch.tried.push(new.clone());
        }
        let url = fire.url();
        let ok = match (what, &new) {
            ("delete", _) => git.run(&dir, &["push", "--quiet", &url, &format!(":{full}")]).unwrap().ok,
            // A hostile client that says it sends nothing because the server has everything.
            ("empty", Some(new)) => raw::push(git, &dir, &url, &[], new, &full).is_ok_and(|said| said.contains(&format!("ok {full}"))),
            (_, Some(new)) => git.run(&dir, &["push", "--quiet", "--force", &url, &format!("{new}:{full}")]).unwrap().ok,
            (_, None) => false,
        };
        past.extend(new.clone());
        if ok {
            fire.count(what);
            let mut state = state.lock().unwrap();
            let branch = state.entry(name).or_default();
            (branch.acknowledged, branch.possible) = (new, Vec::new());
        }
    }
}

/// Clones all the time. What arrives is whole.
fn fetch(fire: &Fire, git: &Git, mut random: Choices) {
    let _end = Stop(&fire.stop);
    while fire.burns() {
        let depth = if random.below(3) == 0 { &["--depth=1"][..] } else { &[] };
        let _ = std::fs::remove_dir_all(git.path("fetched"));
        let url = fire.url();
        let arguments = [&["clone", "--quiet", "--mirror"][..], depth, &[&url, "fetched"]].concat();
        let before = fire.calm();
        let fetched = git.run(git.home(), &arguments).unwrap();
        if fetched.ok {
            git.ok(&git.path("fetched"), &["fsck", "--strict"]).unwrap();
            fire.count("fetch");
            continue;
        }
        // One that is cut off by a kill, or whose packs were removed at once while it began, is tried again by its user, and so is
        // one that asked for what a branch was a moment ago. Nothing else ends one.
        let disturbed = before.is_none() || before != fire.calm();
        let is_late = ["not our ref", "unknown ref"].iter().any(|text| fetched.stderr.contains(text));
        assert!(disturbed || is_late, "{}", fetched.stderr);
        fire.count(if disturbed { "fetch cut off" } else { "fetch too late" });
    }
}

/// Collects beside the server, which does so by itself as well.
fn maintain(fire: &Fire, mut random: Choices) {
    let _end = Stop(&fire.stop);
    while fire.burns() {
        let (what, arguments): (_, &[&str]) =
            if random.below(3) == 0 { ("expire-now", &["gc", "--expire-now", "alice/tool"]) } else { ("gc", &["gc"]) };
        let step = u32::from(what == "expire-now");
        fire.expiries.fetch_add(step, Ordering::SeqCst);
        let done = fire.admin(arguments);
        fire.expiries.fetch_add(step, Ordering::SeqCst);
        match done {
            Ok(_) => fire.count(what),
            Err(error) => {
                let text = error.to_string();
                assert!(text.contains("changed each time"), "{text}");
                fire.count("gc given up");
            }
        }
    }
}

/// All that was acknowledged is there and whole, and stays so when all the rest is removed.
fn judge(fire: &Fire, git: &Git, dir: &Path, branches: &[Branches]) {
    for turn in ["as the fire left it", "after the rest was removed"] {
        let server = fire.serve();
        let listed = git.ok(dir, &["ls-remote", &fire.url(), "refs/heads/p*"]).unwrap();
        let refs: HashMap<&str, &str> = listed.lines().filter_map(|l| l.split_once('\t')).map(|(oid, name)| (name, oid)).collect();
        for state in branches {
            for (name, branch) in state.lock().unwrap().iter_mut() {
                let now = refs.get(format!("refs/heads/{name}").as_str()).map(|oid| (*oid).to_owned());
                assert!(now == branch.acknowledged || branch.possible.contains(&now), "{turn}: {name} is {now:?}, told {branch:?}");
                (branch.acknowledged, branch.possible) = (now, Vec::new());
            }
        }
        let clone = format!("judged {turn}");
        git.ok(git.home(), &["clone", "--quiet", "--mirror", &fire.url(), &clone]).unwrap();
        git.ok(&git.path(&clone), &["fsck", "--full", "--strict"]).unwrap();
        assert!(fire.admin(&["verify"]).unwrap().contains("1 repositories"), "{turn}");
        server.terminate().unwrap();
        fire.admin(&["gc"]).unwrap();
        fire.admin(&["gc", "--expire-now", "alice/tool"]).unwrap();
    }
}
