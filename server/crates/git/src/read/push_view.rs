//! A push as policies see it: the repository with the quarantine on top, and what is new in it.

mod fresh_objects;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hardie_domain::oid::Oid;
use hardie_domain::plugin::CommitInfo;
use hardie_domain::policy::{Change, NewObject, PushRepository, ReadError, TreeEntry};

use super::history::{DateQueue, History};
use super::objects::{commit, commit_node, peel};
use super::old::OldObjects;
use super::{is_ancestor, tree_page};
use crate::budget::{Budget, Cancel};
use crate::diff::tree_changes;
use crate::error::{Error, Result};
use crate::ingest::Ingested;
use crate::object::Kind;
use crate::odb::Odb;
use crate::reach::Reach;
use crate::wire::Refs;
use fresh_objects::FreshObjects;

/// Items in one page at most.
const PAGE: usize = 10_000;
/// Ids handed out that are remembered as readable.
const GIVEN: usize = 1 << 20;
/// Objects looked at in one call.
const STEPS: u64 = 20_000_000;
/// Bytes of a commit that is read for a policy; a larger one is an error to it.
const COMMIT_BYTES: u64 = 16 << 20;
/// Parents of one; git's own tools make a few dozen at most.
const PARENTS: usize = 1_000;
/// Of a message, and of a name or an address, so much is shown: a page of commits is held in memory at once.
const MESSAGE_BYTES: usize = 64 << 10;
const NAME_BYTES: usize = 4 << 10;

/// See [`PushRepository`]. Shared by all policies of one push; what one asked for serves the next.
///
/// An id is readable if this push carries it, if this view gave it out before, or if an existing ref reaches it: a policy
/// cannot read what is merely stored.
pub struct PushView {
    odb: Arc<Odb>,
    push: Option<Arc<Ingested>>,
    tips: Vec<Option<Oid>>,
    refs: Arc<Refs>,
    reach: Reach,
    state: Mutex<State>,
    time: Duration,
    cancel: Cancel,
}

struct State {
    history: History,
    old: OldObjects,
    new_commits: Vec<Option<Arc<Vec<Oid>>>>,
    objects: Option<(String, FreshObjects)>,
    given: HashSet<Oid>,
}

impl PushView {
    /// `odb` has the quarantined pack on top; `tips` are the new ids in the order of the push, null for a deletion; `refs` are
    /// the refs before it. `time` bounds each call.
    pub fn new(odb: Arc<Odb>, push: Option<Arc<Ingested>>, tips: &[Oid], refs: Arc<Refs>, time: Duration, cancel: Cancel) -> PushView {
        let old = || refs.all().iter().map(|r| r.oid);
        let state = State {
            history: History::new(old()),
            old: OldObjects::new(old()),
            new_commits: vec![None; tips.len()],
            objects: None,
            given: HashSet::new(),
        };
        let tips = tips.iter().map(|id| (!id.is_zero()).then_some(*id)).collect();
        let reach = Reach::new(Arc::clone(&odb), Arc::clone(&refs)).with_cancel(cancel.clone());
        PushView { odb, push, tips, refs, reach, state: Mutex::new(state), time, cancel }
    }

    /// A push whose objects lie among the others, because it was taken long ago or was never sent: `tips` are readable as if it
    /// carried them, and `refs` are the refs before it.
    pub fn recorded(odb: Arc<Odb>, tips: &[Oid], refs: Arc<Refs>, time: Duration, cancel: Cancel) -> PushView {
        let view = PushView::new(odb, None, tips, refs, time, cancel);
        view.give(tips.iter().copied().filter(|id| !id.is_zero()));
        view
    }

    fn budget(&self) -> Budget {
        Budget::new(STEPS, self.time, &self.cancel)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Each walk leaves its sets true after every step, so a panic in between does no harm.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether only this push brings the object: carried, and in no other pack of the repository.
    fn is_only_carried(&self, id: &Oid) -> bool {
        let carried = self.push.as_ref().filter(|push| push.carries(id));
        let Some(top) = carried.and_then(|push| push.pack()) else { return false };
        !self.odb.members().iter().any(|m| !Arc::ptr_eq(&m.pack, top) && m.pack.contains(id))
    }

    /// Commits that these tips reach and no existing ref does, newest first.
    fn commits_of(&self, state: &mut State, tips: &[Oid], budget: &mut Budget) -> Result<Vec<Oid>> {
        let mut queue = DateQueue::default();
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        let mut todo = Vec::new();
        for tip in tips {
            let peeled = peel(&self.odb, tip)?;
            if peeled.target_kind == Kind::Commit {
                todo.push(peeled.target);
            }
        }
        loop {
            for id in todo.drain(..) {
                if seen.insert(id) && (self.is_only_carried(&id) || !state.history.contains(&self.odb, &id, budget)?) {
                    queue.push(commit_node(&self.odb, &id)?.time, id);
                }
            }
            let Some(id) = queue.pop() else { return Ok(found) };
            budget.step()?;
            todo = commit_node(&self.odb, &id)?.parents;
            found.push(id);
        }
    }

    fn new_commits_of(&self, update: usize) -> Result<Arc<Vec<Oid>>> {
        let mut state = self.lock();
        if let Some(Some(known)) = state.new_commits.get(update) {
            return Ok(Arc::clone(known));
        }
        let tips: Vec<Oid> = self.tips.get(update).copied().flatten().into_iter().collect();
        let found = Arc::new(self.commits_of(&mut state, &tips, &mut self.budget())?);
        if let Some(slot) = state.new_commits.get_mut(update) {
            *slot = Some(Arc::clone(&found));
        }
        Ok(found)
    }

    /// Hides what is merely stored.
    fn allow(&self, id: &Oid) -> Result<(), ReadError> {
        let known = self.push.as_ref().is_some_and(|push| push.carries(id)) || self.lock().given.contains(id);
        if known || self.reach.may_read(id).map_err(read_error)? { Ok(()) } else { Err(ReadError::NotFound) }
    }

    fn give(&self, ids: impl IntoIterator<Item = Oid>) {
        let given = &mut self.lock().given;
        let room = GIVEN.saturating_sub(given.len());
        given.extend(ids.into_iter().take(room));
    }

    /// One commit, of which no more is kept than a policy gets to see.
    fn read_commit(&self, id: &Oid) -> Result<CommitInfo> {
        let (_, bytes) = self.odb.header(id)?;
        if bytes > COMMIT_BYTES {
            return Err(Error::TooLarge(format!("the commit {id} has {bytes} bytes, {COMMIT_BYTES} are read")));
        }
        let mut info = commit(&self.odb, id)?;
        if info.parents.len() > PARENTS {
            return Err(Error::TooLarge(format!("the commit {id} has {} parents, {PARENTS} are read", info.parents.len())));
        }
        info.signed = None;
        cut(&mut info.message, MESSAGE_BYTES);
        for who in [&mut info.author, &mut info.committer] {
            cut(&mut who.name, NAME_BYTES);
            cut(&mut who.email, NAME_BYTES);
        }
        Ok(info)
    }

    fn give_commit(&self, info: &CommitInfo) {
        self.give(info.parents.iter().copied().chain([info.id, info.tree]));
    }

    /// The tree behind a commit, tag or tree; `None` for the null id.
    fn tree_of(&self, id: Oid) -> Result<Option<Oid>, ReadError> {
        if id.is_zero() {
            return Ok(None);
        }
        self.allow(&id)?;
        super::peel_to_tree(&self.odb, &id).map(Some).map_err(read_error)
    }

    fn objects_page(&self, kind: &str, start: usize, limit: usize) -> Result<Vec<NewObject>> {
        let mut state = self.lock();
        let mut budget = self.budget();
        let kept = state.objects.take().filter(|(of, walk)| of == kind && walk.can_serve(start));
        let mut walk = match kept {
            Some((_, walk)) => walk,
            None => {
                let tips: Vec<Oid> = self.tips.iter().copied().flatten().collect();
                let commits = self.commits_of(&mut state, &tips, &mut budget)?;
                FreshObjects::new(&commits, &tips, Kind::parse(kind.as_bytes()), &self.odb)?
            }
        };
        let State { history, old, .. } = &mut *state;
        let page = walk.page(start, limit, &self.odb, &mut |id, kind, budget| self.is_old(history, old, id, kind, budget), &mut budget);
        state.objects = Some((kind.to_owned(), walk));
        page
    }

    /// Whether an existing ref reaches the object. When proof would cost too much, a tree or blob counts as new: a policy then
    /// judges more than it must rather than less.
    fn is_old(&self, history: &mut History, old: &mut OldObjects, id: &Oid, kind: Kind, budget: &mut Budget) -> Result<bool> {
        if self.is_only_carried(id) {
            return Ok(false);
        }
        match kind {
            Kind::Commit | Kind::Tag => history.contains(&self.odb, id, budget),
            Kind::Tree | Kind::Blob => match old.contains(&self.odb, id, budget) {
                Err(Error::TooLarge(_)) => Ok(false),
                other => other,
            },
        }
    }
}

impl PushRepository for PushView {
    fn new_commits(&self, update: usize, start: usize, limit: usize) -> Result<Vec<CommitInfo>, ReadError> {
        let ids = self.new_commits_of(update).map_err(read_error)?;
        let mut budget = self.budget();
        let page = ids.iter().skip(start).take(limit.min(PAGE)).map(|id| budget.step().and_then(|()| self.read_commit(id)));
        let page = page.collect::<Result<Vec<_>>>().map_err(read_error)?;
        page.iter().for_each(|info| self.give_commit(info));
        Ok(page)
    }

    fn new_objects(&self, kind: &str, start: usize, limit: usize) -> Result<Vec<NewObject>, ReadError> {
        if !kind.is_empty() && Kind::parse(kind.as_bytes()).is_none() {
            return Ok(Vec::new());
        }
        let page = self.objects_page(kind, start, limit.min(PAGE)).map_err(read_error)?;
        self.give(page.iter().map(|object| object.id));
        Ok(page)
    }

    fn commit(&self, id: Oid) -> Result<CommitInfo, ReadError> {
        self.allow(&id)?;
        let info = self.read_commit(&id).map_err(read_error)?;
        self.give_commit(&info);
        Ok(info)
    }

    fn tree(&self, id: Oid, start: usize, limit: usize) -> Result<Vec<TreeEntry>, ReadError> {
        self.allow(&id)?;
        let (page, _) = tree_page(&self.odb, &id, start, limit.min(PAGE)).map_err(read_error)?;
        self.give(page.iter().filter(|entry| entry.mode != 0o160_000).map(|entry| entry.id));
        Ok(page)
    }

    fn blob_size(&self, id: Oid) -> Result<u64, ReadError> {
        self.allow(&id)?;
        self.odb.blob_size(&id).map_err(read_error)
    }

    fn blob_range(&self, id: Oid, offset: u64, length: u64) -> Result<Vec<u8>, ReadError> {
        self.allow(&id)?;
        self.odb.blob_range(&id, offset, length).map(|bytes| bytes.to_vec()).map_err(read_error)
    }

    fn changes(&self, old: Oid, new: Oid, start: usize, limit: usize) -> Result<Vec<Change>, ReadError> {
        let (old, new) = (self.tree_of(old)?, self.tree_of(new)?);
        let (mut at, limit, mut page) = (0, limit.min(PAGE), Vec::new());
        if limit == 0 {
            return Ok(page);
        }
        tree_changes(&self.odb, old, new, &mut self.budget(), &mut |change| {
            if at >= start {
                page.push(change);
            }
            at += 1;
            page.len() < limit
        })
        .map_err(read_error)?;
        let sides = page.iter().flat_map(|change| [change.old, change.new]).flatten();
        self.give(sides.filter(|(mode, _)| *mode != 0o160_000).map(|(_, id)| id));
        Ok(page)
    }

    fn is_ancestor(&self, ancestor: Oid, descendant: Oid) -> Result<bool, ReadError> {
        self.allow(&ancestor)?;
        self.allow(&descendant)?;
        is_ancestor(&self.odb, &ancestor, &descendant, &mut self.budget()).map_err(read_error)
    }

    fn read_ref(&self, name: &[u8]) -> Result<Option<Oid>, ReadError> {
        Ok(self.refs.find(name).map(|r| r.oid))
    }
}

/// Cuts, and gives back the memory of what was cut.
fn cut(text: &mut Vec<u8>, bytes: usize) {
    if text.len() > bytes {
        text.truncate(bytes);
        text.shrink_to_fit();
    }
}

fn read_error(error: Error) -> ReadError {
    match error {
        Error::NotFound(_) => ReadError::NotFound,
        Error::WrongKind { expected, .. } => ReadError::WrongKind(expected.as_str()),
        Error::TooLarge(text) => ReadError::TooLarge(text),
        Error::Stopped(text) => ReadError::TooLarge(text.to_owned()),
        other => ReadError::Storage(other.to_string()),
    }
}
