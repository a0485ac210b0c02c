//! Where in the new history objects are. The server lists each once, with one commit and one path of possibly many; who judges by the
//! path, or by the update, asks here for the others.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::oid::Oid;
use crate::push::RefUpdate;
use crate::repository::{Commit, FileMode, NewObject, Repository};

/// Calls to the server, of the 10,000 that a run has; a new commit takes three or more.
const CALLS: usize = 1500;
/// Changed paths that are looked at.
const CHANGES: usize = 20_000;

/// Commits and paths of the objects that were asked for.
#[derive(Debug, Default)]
pub struct Places {
    objects: BTreeMap<Oid, Found>,
    /// The group of each update: those with the same tip bring the same.
    updates: BTreeMap<u32, usize>,
    groups: Vec<Group>,
}

#[derive(Debug, Default)]
struct Found {
    commits: BTreeSet<usize>,
    paths: BTreeMap<Vec<u8>, FileMode>,
}

#[derive(Debug, Default)]
struct Group {
    commits: BTreeSet<usize>,
    /// Some of what it brings was not looked at.
    open: bool,
}

/// What is known of commits, for updates that share some.
struct Walk<'a, 'r> {
    repository: &'a Repository<'r>,
    wanted: &'a BTreeSet<Oid>,
    numbers: BTreeMap<Oid, usize>,
    cut: BTreeSet<usize>,
    calls: usize,
    changes: usize,
}

impl Places {
    /// Looks for these objects in what each new commit of these updates changes. What is the same in a commit's first parent is found there,
    /// or was in the repository before. Takes 1,500 calls at most and looks at 20,000 changed paths.
    ///
    /// # Errors
    /// If the new commits cannot be listed.
    pub fn search(repository: &Repository<'_>, updates: &[RefUpdate], wanted: &BTreeSet<Oid>) -> Result<Places, Error> {
        let mut places = Places::default();
        let mut tips: BTreeMap<&Oid, usize> = BTreeMap::new();
        let mut walk = Walk { repository, wanted, numbers: BTreeMap::new(), cut: BTreeSet::new(), calls: CALLS, changes: CHANGES };
        for update in updates {
            let Some(tip) = &update.new else { continue };
            if !tips.contains_key(tip) {
                let group = places.group(&mut walk, update, tip)?;
                tips.insert(tip, places.groups.len());
                places.groups.push(group);
            }
            places.updates.extend(tips.get(tip).map(|group| (update.index, *group)));
        }
        Ok(places)
    }

    fn group(&mut self, walk: &mut Walk<'_, '_>, update: &RefUpdate, tip: &Oid) -> Result<Group, Error> {
        let mut group = Group::default();
        if !walk.may(2) {
            return Ok(Group { open: true, ..group });
        }
        for commit in walk.repository.new_commits(update) {
            if !walk.may(1) {
                return Ok(Group { open: true, ..group });
            }
            let number = self.look(walk, &commit?);
            group.commits.insert(number);
            group.open |= walk.cut.contains(&number);
        }
        // A tag may be on a tree or a blob, which is in no commit.
        group.open |= group.commits.is_empty() && walk.repository.commit(tip).is_err();
        Ok(group)
    }

    fn look(&mut self, walk: &mut Walk<'_, '_>, commit: &Commit) -> usize {
        let id = commit.id();
        if let Some(number) = walk.numbers.get(&id) {
            return *number;
        }
        let number = walk.numbers.len();
        walk.numbers.insert(id.clone(), number);
        if !walk.may(2) {
            walk.cut.insert(number);
            return number;
        }
        for (count, change) in walk.repository.changes(commit.parents().first(), Some(&id)).enumerate() {
            // Each page is a call.
            let (Ok(change), true) = (change, walk.changes > 0 && (count == 0 || count % 256 > 0 || walk.may(1))) else {
                walk.cut.insert(number);
                break;
            };
            walk.changes -= 1;
            let Some(side) = change.new.filter(|side| walk.wanted.contains(&side.id)) else { continue };
            let found = self.objects.entry(side.id).or_default();
            found.commits.insert(number);
            found.paths.insert(change.path, side.mode);
        }
        number
    }

    /// Whether an update is one of those that bring this object. In doubt it is.
    pub fn brings(&self, update: &RefUpdate, object: &NewObject) -> bool {
        let (Some(group), Some(found)) =
            (self.updates.get(&update.index).and_then(|at| self.groups.get(*at)), self.objects.get(&object.id))
        else {
            return true;
        };
        object.commit.is_none() || group.open || !group.commits.is_disjoint(&found.commits)
    }

    /// Where an object was found, and as what.
    pub fn paths(&self, object: &Oid) -> impl Iterator<Item = (&[u8], FileMode)> {
        self.objects.get(object).into_iter().flat_map(|found| found.paths.iter().map(|(path, mode)| (path.as_slice(), *mode)))
    }

    /// Whether all new commits were looked at to their end.
    pub fn is_whole(&self) -> bool {
        self.groups.iter().all(|group| !group.open)
    }
}

impl Walk<'_, '_> {
    /// Whether so many more calls may be made.
    fn may(&mut self, calls: usize) -> bool {
        let left = self.calls.checked_sub(calls);
        self.calls = left.unwrap_or(0);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mock::{MockCommit, MockPush};
    use crate::push::Push;

    fn search(push: &MockPush) -> (Places, Vec<RefUpdate>, Vec<NewObject>) {
        let (repository, updates) = (Repository(push), Push(push).updates());
        let objects: Vec<NewObject> = repository.new_blobs().map(|object| object.unwrap()).collect();
        let wanted = objects.iter().map(|object| object.id.clone()).collect();
        (Places::search(&repository, &updates, &wanted).unwrap(), updates, objects)
    }

    #[test]
    fn an_object_is_told_for_each_branch_that_brings_it_and_for_no_other() {
        let push = MockPush::new()
            .base(MockCommit::new("Base").file("old", "old"))
            .commit(MockCommit::new("One").file("a", "same"))
            .commit("On top")
            .and_to("refs/heads/two")
            .commit(MockCommit::new("Two").file("b", "same"))
            .and_to("refs/heads/three")
            .commit(MockCommit::new("Three").file("c", "other"))
            .and_to("refs/heads/four");
        let (places, updates, objects) = search(&push);
        let brings = |name: &[u8]| {
            let object = objects.iter().find(|object| object.path == name).unwrap();
            updates.iter().map(|update| places.brings(update, object)).collect::<Vec<_>>()
        };
        assert_eq!((objects.len(), brings(b"c")), (2, vec![false, false, true, false]));
        assert_eq!(brings(b"b"), [true, true, false, false]);
        let same = objects.iter().find(|object| object.path == b"b").unwrap();
        assert_eq!(places.paths(&same.id).map(|(path, _)| path).collect::<Vec<_>>(), [b"a", b"b"]);
        assert!(places.is_whole());
    }

    #[test]
    fn what_was_not_looked_at_may_bring_anything() {
        let push = (0..600).fold(MockPush::new().commit(MockCommit::new("Bad").file("a", "x")), |push, _| push.commit("More"));
        let (places, updates, objects) = search(&push.and_to("refs/heads/two").commit("Two"));
        assert!(!places.is_whole() && updates.iter().all(|update| places.brings(update, &objects[0])));
        let tag = MockPush::new().base("Base").to("refs/tags/v1").creating().annotated();
        assert!(!search(&tag).0.is_whole());
    }
}
