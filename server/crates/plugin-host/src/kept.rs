//! Answers of policies that are functions of the push, for the next push that is equal: one that is sent again after another policy failed
//! or the line broke, or judged again because other rules changed.
//!
//! A key covers all that such a run can read: the repository's objects and refs, by its generation and the pack that the push brought; the
//! facts of the push; component and configuration. Bounds and contract are the host's own, and answers go with it. What another run might
//! end otherwise is never kept: a fault, or what met a bound of time while it read.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hardie_domain::plugin::Verdict;
use hardie_domain::policy::{Basis, PolicyCall, PushFacts};
use sha2::{Digest as _, Sha256};

use crate::limits::Limits;

/// What a vector, a text or a place in the table costs beside what is in it.
const OVERHEAD: usize = 64;

/// Names all that a pure run can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    /// `None` if the call does not say what its repository shows.
    pub(crate) fn of(call: &PolicyCall) -> Option<Key> {
        let Basis { repo, generation, pack, carried, tips } = call.basis.as_ref()?;
        let PushFacts { id: _, repo: of, repo_path, default_branch, actor, actor_name, role, door, options, updates } = &*call.push;
        let mut parts = Parts(Sha256::new());
        parts.number(repo.0);
        parts.number(*generation);
        parts.bytes(pack.as_ref().map_or(&[][..], |pack| &pack[..]));
        parts.number(i64::from(*carried));
        parts.count(tips.len());
        tips.iter().for_each(|tip| parts.bytes(&tip.0));
        parts.bytes(&call.digest.0);
        parts.bytes(call.config.as_bytes());
        parts.number(of.0);
        parts.bytes(repo_path.as_bytes());
        parts.bytes(default_branch.as_bytes());
        parts.number(actor.0);
        parts.bytes(actor_name.as_bytes());
        parts.bytes(role.as_str().as_bytes());
        parts.bytes(door.as_str().as_bytes());
        parts.count(options.len());
        options.iter().for_each(|option| parts.bytes(option.as_bytes()));
        parts.count(updates.len());
        for facts in updates {
            parts.bytes(facts.update.name.as_bytes());
            parts.bytes(&facts.update.old.0);
            parts.bytes(&facts.update.new.0);
            parts.number(i64::from(facts.forced));
        }
        Some(Key(parts.0.finalize().into()))
    }
}

/// Each part with its length, so that no two lists of parts are the same bytes.
struct Parts(Sha256);

impl Parts {
    fn count(&mut self, count: usize) {
        self.0.update((count as u64).to_be_bytes());
    }

    fn number(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.update(bytes);
    }
}

/// See above. The least recently used make room.
pub(crate) struct Kept {
    most: usize,
    most_bytes: usize,
    entries: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    tick: u64,
    bytes: usize,
    by_key: HashMap<Key, Entry>,
}

struct Entry {
    used: u64,
    bytes: usize,
    verdicts: Vec<Verdict>,
}

impl Kept {
    pub(crate) fn new(limits: &Limits) -> Kept {
        Kept { most: limits.kept_answers, most_bytes: limits.kept_bytes, entries: Mutex::default() }
    }

    /// What was said about an equal push.
    pub(crate) fn find(&self, key: &Key) -> Option<Vec<Verdict>> {
        let mut entries = self.lock();
        entries.tick += 1;
        let tick = entries.tick;
        let entry = entries.by_key.get_mut(key)?;
        entry.used = tick;
        Some(entry.verdicts.clone())
    }

    /// Keeps an answer, unless it is so large that it would push out many others.
    pub(crate) fn keep(&self, key: Key, verdicts: &[Verdict]) {
        let bytes = size(verdicts);
        if bytes > self.most_bytes / 16 {
            return;
        }
        let mut entries = self.lock();
        entries.tick += 1;
        let entry = Entry { used: entries.tick, bytes, verdicts: verdicts.to_vec() };
        let before = entries.by_key.insert(key, entry).map_or(0, |before| before.bytes);
        entries.bytes = entries.bytes.saturating_sub(before).saturating_add(bytes);
        while entries.by_key.len() > self.most || entries.bytes > self.most_bytes {
            let Some(oldest) = entries.by_key.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key) else { return };
            let freed = entries.by_key.remove(&oldest).map_or(0, |entry| entry.bytes);
            entries.bytes = entries.bytes.saturating_sub(freed);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn size(verdicts: &[Verdict]) -> usize {
    let lines = |lines: &[String]| lines.iter().map(|line| line.len() + OVERHEAD).sum::<usize>();
    let one = |verdict: &Verdict| {
        let rejection = verdict.rejection.as_ref().map_or(0, |rejection| rejection.code.len() + lines(&rejection.lines));
        OVERHEAD + size_of::<Verdict>() + rejection + lines(&verdict.warnings)
    };
    2 * OVERHEAD + verdicts.iter().map(one).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u8) -> Key {
        Key([n; 32])
    }

    fn verdicts(text: usize) -> Vec<Verdict> {
        vec![Verdict { update: 0, rejection: None, warnings: vec!["x".repeat(text)] }]
    }

    #[test]
    fn the_least_recently_used_make_room_by_number_and_by_bytes() {
        let kept = Kept::new(&Limits { kept_answers: 2, ..Limits::default() });
        kept.keep(key(1), &verdicts(1));
        kept.keep(key(2), &verdicts(2));
        assert_eq!(kept.find(&key(1)), Some(verdicts(1)));
        kept.keep(key(3), &verdicts(3));
        assert_eq!((kept.find(&key(2)), kept.find(&key(3)), kept.lock().by_key.len()), (None, Some(verdicts(3)), 2));

        let kept = Kept::new(&Limits { kept_bytes: 32 << 10, ..Limits::default() });
        for n in 0..100 {
            kept.keep(key(n), &verdicts(1000));
        }
        let entries = kept.lock().by_key.len();
        assert!((20..32).contains(&entries) && kept.lock().bytes <= 32 << 10, "{entries}");
        kept.keep(key(200), &verdicts(3000));
        assert_eq!(kept.find(&key(200)), None, "one that is too large pushes nothing out");
        for _ in 0..100 {
            kept.keep(key(7), &verdicts(500));
        }
        let sum: usize = kept.lock().by_key.values().map(|entry| entry.bytes).sum();
        assert_eq!(kept.lock().bytes, sum, "what is kept anew counts once");
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        let of = |parts: &[&[u8]]| {
            let mut all = Parts(Sha256::new());
            parts.iter().for_each(|part| all.bytes(part));
            all.0.finalize()
        };
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_ne!(of(&[b"", b"a"]), of(&[b"a", b""]));
    }
}
