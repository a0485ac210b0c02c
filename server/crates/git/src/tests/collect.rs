//! Collection against what `git rev-list` says is reached.

use std::collections::BTreeSet;
use std::time::Duration;

use super::support::{Chance, Client, Server, budget};
use crate::collect::{Collected, Held, State, Task, collect};
use crate::odb::{Member, Odb};
use crate::packs::PackHash;
use crate::{Cancel, Error, Oid};

/// Packs of a repository with what collection knows of them.
struct Repository {
    server: Server,
    held: Vec<Held>,
    looks: u32,
}

impl Repository {
    fn new() -> Repository {
        Repository { server: Server::new(), held: Vec::new(), looks: 0 }
    }

    /// Stores a pack, whatever reaches its objects.
    fn store(&mut self, pack: &[u8]) {
        self.server.store_unreachable(pack);
        let known: BTreeSet<PackHash> = self.held.iter().map(|h| h.hash).collect();
        let new = self.server.members.iter().map(|(hash, _)| *hash).filter(|hash| !known.contains(hash));
        self.held.extend(new.map(|hash| Held { hash, state: State::Ordinary }));
    }

    fn look(&mut self, task: &Task) -> crate::Result<Collected> {
        self.looks += 1;
        let id = format!("gc-{}", self.looks);
        collect(&self.server.store, &id, &self.held, task, Duration::from_secs(60), &Cancel::new())
    }

    /// Looks, and takes what was made in place of what it replaces. All cruft is as old as `expired` says.
    fn collect(&mut self, task: &Task, expired: bool) -> Collected {
        for held in &mut self.held {
            if held.state != State::Ordinary {
                held.state = State::Cruft { expired };
            }
        }
        let done = self.look(task).unwrap();
        self.held.retain(|held| !done.superseded.contains(&held.hash));
        for (made, state) in
            [(&done.closed, State::Ordinary), (&done.open, State::Ordinary), (&done.cruft, State::Cruft { expired: false })]
        {
            if let Some(made) = made {
                self.server.store.publish(&made.pack).unwrap();
                self.held.push(Held { hash: made.pack.hash(), state });
            }
        }
        self.server.members = self.held.iter().map(|held| (held.hash, false)).collect();
        done
    }

    fn stored(&self, state: impl Fn(State) -> bool) -> BTreeSet<Oid> {
        let held = self.held.iter().filter(|held| state(held.state));
        held.flat_map(|held| self.server.store.pack(&held.hash).unwrap().entries().map(|(id, _)| id).collect::<Vec<_>>()).collect()
    }

    fn ordinary(&self) -> BTreeSet<Oid> {
        self.stored(|state| state == State::Ordinary)
    }

    fn all(&self) -> BTreeSet<Oid> {
        self.stored(|_| true)
    }
}

fn refs(tips: &[Oid]) -> Task {
    Task { refs: tips.to_vec(), small: u64::MAX, ..Task::default() }
}

fn set(ids: Vec<Oid>) -> BTreeSet<Oid> {
    ids.into_iter().collect()
}

#[test]
fn what_is_reached_stays_what_is_not_is_set_apart_and_then_goes() {
    let (client, mut repo) = (Client::new(), Repository::new());
    let base = client.commit(&[("a.txt", "one\n"), ("deep/er/b.txt", "two\n")]);
    repo.store(&client.pack(&[base], &[], false));
    client.git(&["checkout", "-q", "-b", "topic"]);
    let topic = client.commit(&[("deep/er/b.txt", "secret\n")]);
    client.git(&["checkout", "-q", "main"]);
    let main = client.commit(&[("a.txt", "three\n")]);
    // One push with both.
    repo.store(&client.pack(&[topic, main], &[base], true));
    client.git(&["tag", "-a", "-m", "tag", "v1", "main"]);
    let tag = client.rev("v1");
    repo.store(&client.pack_exactly(&[tag]));

    let done = repo.collect(&refs(&[main, topic, tag]), false);
    assert!(done.superseded.is_empty() && done.packs().next().is_none(), "all is reached: nothing is written");

    let lately = Task { reflog: vec![topic], ..refs(&[main, tag]) };
    let done = repo.collect(&lately, false);
    assert!(done.superseded.is_empty() && done.waiting, "the reflog reaches it");

    let done = repo.collect(&refs(&[main, tag]), false);
    assert_eq!((done.superseded.len(), done.dropped), (1, 0));
    let (reached, all) = (set(client.objects(&[main, tag])), set(client.objects(&[main, topic, tag])));
    assert_eq!((repo.ordinary(), repo.all()), (reached.clone(), all.clone()));
    let closed = done.closed.unwrap().pack;
    assert!(closed.entries().all(|(id, _)| reached.contains(&id)));

    // Named again, while the cruft pack stays and after it goes.
    let done = repo.collect(&refs(&[main, tag, topic]), false);
    assert!(repo.held.iter().all(|held| held.state == State::Ordinary), "a cruft pack in which all is reached is none: {:?}", done);
    assert_eq!(repo.ordinary(), all);
    repo.collect(&refs(&[main, tag]), false);
    assert_eq!(repo.all(), all);
    let done = repo.collect(&refs(&[main, tag]), true);
    assert_eq!(done.dropped as usize, all.len() - reached.len());
    assert_eq!((repo.ordinary(), repo.all()), (reached.clone(), reached));
}

#[test]
fn what_the_reflog_alone_reaches_is_kept_apart_from_what_refs_reach() {
    let (client, mut repo) = (Client::new(), Repository::new());
    let first = client.commit(&[("a", "1\n")]);
    let lately = client.commit(&[("a", "2\n")]);
    let never = client.commit(&[("a", "3\n")]);
    repo.store(&client.pack(&[never], &[], false));
    let done = repo.collect(&Task { reflog: vec![lately], ..refs(&[first]) }, false);
    let ids = |made: &Option<crate::repack::Repacked>| made.as_ref().unwrap().pack.entries().map(|(id, _)| id).collect::<BTreeSet<_>>();
    assert_eq!(ids(&done.closed), set(client.objects(&[first])));
    assert_eq!(ids(&done.open).len(), 3, "a commit, a tree and a blob");
    assert_eq!(ids(&done.cruft).len(), 3);
    // At once: nothing but refs counts, and what the reflog still says is missing harms nobody.
    repo.collect(&Task { at_once: true, ..refs(&[first]) }, false);
    assert_eq!(repo.all(), set(client.objects(&[first])));
    let done = repo.collect(&Task { reflog: vec![lately, never], ..refs(&[first]) }, false);
    assert!(done.superseded.is_empty() && !done.waiting);
}

#[test]
fn a_repository_with_a_hole_is_left_alone() {
    let (client, mut repo) = (Client::new(), Repository::new());
    let commit = client.commit(&[("a", "1\n"), ("b", "2\n")]);
    repo.store(&client.pack(&[commit], &[], false));
    let stray = client.object("blob", b"stray");
    repo.store(&client.pack_exactly(&[stray]));
    let missing = client.commit(&[("c", "3\n")]);
    let error = repo.look(&refs(&[commit, missing])).unwrap_err();
    assert!(matches!(&error, Error::Corrupt { id, .. } if *id == missing), "{error}");
    assert!(error.to_string().contains("a ref points at it"), "{error}");
}

#[test]
fn a_large_pack_is_not_written_anew_for_little_unless_told_to() {
    let (client, mut repo) = (Client::new(), Repository::new());
    let mut tip = client.commit(&[("a", "1\n"), ("b", "2\n"), ("c", "3\n"), ("d", "4\n")]);
    for n in 0..4 {
        tip = client.commit(&[("b", &format!("{n}\n"))]);
    }
    let stray = client.object("blob", b"stray");
    let mut ids = client.objects(&[tip]);
    ids.push(stray);
    repo.store(&client.pack_exactly(&ids));
    let mut task = refs(&[tip]);
    task.small = 100;
    let done = repo.collect(&task, false);
    assert!(done.superseded.is_empty() && done.waiting);
    let done = repo.collect(&refs(&[tip]), false);
    assert_eq!(done.cruft.unwrap().pack.objects(), 1);
}

#[test]
fn refs_that_came_meanwhile_are_seen() {
    let (client, mut repo) = (Client::new(), Repository::new());
    let kept = client.commit(&[("a", "1\n")]);
    let dropped = client.commit(&[("a", "2\n")]);
    client.git(&["checkout", "-q", "-b", "side", &kept.to_hex()]);
    let beside = client.commit(&[("b", "4\n")]);
    repo.store(&client.pack(&[dropped], &[], false));
    let done = repo.collect(&Task { at_once: true, ..refs(&[kept]) }, false);
    assert_eq!(done.dropped, 3);
    let marks = done.marks();
    let whole = |repo: &Repository, tip: Oid| {
        let packs = repo.held.iter().map(|h| Member { pack: repo.server.store.pack(&h.hash).unwrap(), closed: false });
        marks.leaves_whole(&Odb::new(packs.collect()), &[tip], &mut budget()).unwrap()
    };
    assert!(whole(&repo, kept));
    assert!(!whole(&repo, dropped));
    repo.store(&client.pack(&[beside], &[kept], false));
    assert!(whole(&repo, beside));
}

#[test]
fn random_histories_lose_exactly_what_git_calls_unreached() {
    for seed in 1..=4 {
        let mut chance = Chance(seed);
        let (client, mut repo) = (Client::new(), Repository::new());
        client.commit(&[("seed", "0\n")]);
        let mut tips: Vec<Oid> = vec![client.rev("HEAD")];
        repo.store(&client.pack(&tips, &[], false));
        let mut lately: Vec<Oid> = Vec::new();
        for round in 0..8 {
            let at = tips[chance.below(tips.len())];
            client.git(&["checkout", "-q", &at.to_hex()]);
            for n in 0..=chance.below(3) {
                client.commit(&[(&format!("d{}/f{}", chance.below(3), chance.below(4)), &format!("{seed} {round} {n}\n"))]);
            }
            let new = client.rev("HEAD");
            // Some packs carry what is there already.
            let not = if chance.below(4) == 0 { vec![] } else { vec![at] };
            repo.store(&client.pack(&[new], &not, chance.below(2) == 0 && !not.is_empty()));
            tips.push(new);
            if chance.below(2) == 0 && tips.len() > 1 {
                lately.push(tips.swap_remove(chance.below(tips.len())));
            }
            if chance.below(2) == 0 {
                let (at_once, expired) = (chance.below(5) == 0, chance.below(3) == 0);
                if at_once {
                    lately.clear();
                } else if chance.below(3) == 0 {
                    lately.truncate(1);
                }
                let before = repo.all();
                let task = Task { reflog: lately.clone(), at_once, ..refs(&tips) };
                let done = repo.collect(&task, expired);
                let reached = set(client.objects(&tips));
                let roots: Vec<Oid> = tips.iter().chain(&lately).copied().collect();
                let kept = set(client.objects(&roots));
                assert!(repo.ordinary().is_superset(&reached), "seed {seed} round {round}");
                let stored_roots: BTreeSet<Oid> = kept.intersection(&before).copied().collect();
                assert!(at_once || repo.ordinary().is_superset(&stored_roots), "seed {seed} round {round}");
                assert_eq!(before.len() - repo.all().len(), done.dropped as usize, "seed {seed} round {round}");
                if at_once {
                    assert_eq!(repo.all(), reached, "seed {seed} round {round}");
                }
            }
        }
    }
}
