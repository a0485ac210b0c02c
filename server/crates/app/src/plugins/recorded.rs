//! Pushes as they were: from their rows, and from the refs undone one push after the other, beginning with those of today.
//!
//! A push is shown only if refs that everybody sees here still reach what it brought and what it built upon. What lies here beyond that
//! is nobody's to read, a policy's neither.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use hardie_domain::access::Role;
use hardie_domain::error::Invalid;
use hardie_domain::ids::{AccountId, PushId, RepoId};
use hardie_domain::oid::Oid;
use hardie_domain::policy::{PushFacts, PushRepository, UpdateFacts};
use hardie_domain::push::{Door, RefUpdate};
use hardie_domain::range::Range;
use hardie_domain::refname::RefName;
use hardie_domain::time::Timestamp;
use hardie_git::Cancel;
use hardie_git::read::{PushView, commit as commit_of, is_ancestor};
use hardie_git::wire::{AdvertisedRef, Refs};
use hardie_store::pushes::{PushRow, PushState};

use super::dry_run::Next;
use crate::access::RepoAccess;
use crate::browse::{PROOF_TIME, Proof, Proven, Reading, RevKind, Revision, explain, read_aside, read_authorised};
use crate::git_access::open_repo;
use crate::push::READ_TIME;
use crate::{App, Ctx, Error, Result};

/// Rows read at once. Lists of pushes come with the first 50 refs of each.
const PAGE: u32 = 50;
const LISTED_REFS: usize = 50;
/// Most first parents that an end of a range goes back, and most pushes that are undone to come to the one of an event.
const FURTHEST: usize = 1000;

/// Every ref's target at one moment.
type RefMap = BTreeMap<RefName, Oid>;

/// A push to be judged.
pub(super) struct Case {
    pub(super) facts: Arc<PushFacts>,
    pub(super) repository: Arc<dyn PushRepository>,
    /// When it was, if it was.
    pub(super) at: Option<Timestamp>,
    pub(super) push: Option<PushId>,
}

/// The pushes to a repository, newest first.
pub(super) struct Recorded {
    access: RepoAccess,
    since: Option<Timestamp>,
    /// The refs after the next push.
    after: RefMap,
    rows: VecDeque<PushRow>,
    /// The oldest that was read.
    oldest: Option<PushId>,
}

impl Recorded {
    pub(super) async fn open(app: &App, access: &RepoAccess, since: Option<Timestamp>) -> Result<Recorded> {
        // Refs before rows: a push that comes between the two is undone from where it had not happened, which changes nothing.
        let handle = open_repo(app, access.repo.id).await?;
        let after = handle.refs.all().iter().map(|r| (r.name.clone(), r.oid)).collect();
        Ok(Recorded { access: access.clone(), since, after, rows: VecDeque::new(), oldest: None })
    }

    /// The next push, with the refs as they were before it.
    pub(super) async fn next(&mut self, app: &App) -> Result<Next> {
        let Some(row) = self.row(app).await? else { return Ok(Next::End) };
        undo(&mut self.after, &row);
        let actor = match row.actor {
            Some(id) => app.store.find_account(id).await?.map(|account| account.name.to_string()),
            None => None,
        };
        let facts = PushFacts {
            id: row.id,
            repo: row.repo,
            repo_path: self.access.path(),
            default_branch: self.access.repo.default_branch.short(),
            actor: row.actor.unwrap_or(AccountId(0)),
            actor_name: row.credential.own_name().or(actor).unwrap_or_default(),
            // Roles are not recorded; whoever pushed had this one at least.
            role: Role::Write,
            door: row.door,
            options: row.options,
            updates: row.refs.into_iter().map(|r| UpdateFacts { update: r.update, forced: r.forced }).collect(),
        };
        let before = self.after.clone();
        let shown = read_authorised(app, &self.access, move |reading| {
            let mut proof = reading.proof(PROOF_TIME);
            let named = facts.updates.iter().flat_map(|facts| [facts.update.old, facts.update.new]).filter(|id| !id.is_zero());
            for id in named {
                if !may_read(&mut proof, &id)? {
                    return Ok(None);
                }
            }
            let refs = before_refs(reading, &mut proof, before)?;
            let tips: Vec<Oid> = facts.updates.iter().map(|facts| facts.update.new).collect();
            Ok(Some((window(reading, &tips, refs), facts)))
        });
        let Some((repository, facts)) = shown.await? else { return Ok(Next::Gone) };
        let push = Some(facts.id);
        Ok(Next::Case(Box::new(Case { facts: Arc::new(facts), repository: Arc::new(repository), at: Some(row.opened_at), push })))
    }

    /// The next row that says what was pushed.
    async fn row(&mut self, app: &App) -> Result<Option<PushRow>> {
        loop {
            while let Some(row) = self.rows.pop_front() {
                if self.since.is_some_and(|since| row.opened_at < since) {
                    return Ok(None);
                }
                let is_over = matches!(row.state, PushState::Done | PushState::Refused) && !row.refs.is_empty();
                if !is_over {
                    continue;
                }
                let is_whole = row.refs.len() < LISTED_REFS;
                return if is_whole { Ok(Some(row)) } else { app.store.find_push(row.id).await.map_err(Error::from) };
            }
            let older = app.store.list_pushes_before(self.access.repo.id, self.oldest, PAGE).await?;
            let Some(last) = older.last() else { return Ok(None) };
            self.oldest = Some(last.id);
            self.rows.extend(older);
        }
    }
}

/// Takes back what a push moved.
fn undo(after: &mut RefMap, row: &PushRow) {
    for moved in row.refs.iter().filter(|r| r.outcome.is_accepted()) {
        match moved.update.old.is_zero() {
            true => after.remove(&moved.update.name),
            false => after.insert(moved.update.name.clone(), moved.update.old),
        };
    }
}

/// The repository as it is now, and what a push brought that it took: its updates are those that were accepted. What no ref reaches
/// any more is not shown, and an update of that brings nothing. Reads end when `gone` says so.
pub(crate) async fn window_of(app: &App, access: &RepoAccess, push: Option<PushId>, gone: &Cancel) -> Result<Arc<dyn PushRepository>> {
    let gone = gone.clone();
    let (before, updates) = match push {
        Some(push) => before_push(app, access, push).await?,
        None => (None, Vec::new()),
    };
    let view = read_aside(app, access, move |reading| {
        let mut proof = reading.proof(PROOF_TIME);
        // First what the event is about: the time may not suffice for the refs.
        let mut tips = Vec::with_capacity(updates.len());
        for update in updates {
            let is_there = !update.new.is_zero() && may_read(&mut proof, &update.new)?;
            tips.push(if is_there { update.new } else { Oid::ZERO });
        }
        let refs = match before {
            Some(before) => Arc::new(before_refs(reading, &mut proof, before)?),
            None => Arc::clone(&reading.handle.refs),
        };
        Ok(PushView::recorded(Arc::clone(&reading.handle.odb), &tips, refs, READ_TIME, gone))
    });
    Ok(Arc::new(view.await?))
}

/// The repository as it is now, and no push. Opening it takes nobody's turn: there is nothing to be found out first.
pub(super) async fn window_now(app: &App, access: &RepoAccess, gone: &Cancel) -> Result<Arc<dyn PushRepository>> {
    let handle = open_repo(app, access.repo.id).await?;
    Ok(Arc::new(PushView::recorded(Arc::clone(&handle.odb), &[], Arc::clone(&handle.refs), READ_TIME, gone.clone())))
}

/// The refs before a push, and what it moved.
async fn before_push(app: &App, access: &RepoAccess, push: PushId) -> Result<(Option<RefMap>, Vec<RefUpdate>)> {
    let Some(wanted) = app.store.find_push(push).await? else { return Ok((None, Vec::new())) };
    let mut recorded = Recorded::open(app, access, None).await?;
    for _ in 0..FURTHEST {
        match recorded.row(app).await? {
            Some(newer) if newer.id > push => undo(&mut recorded.after, &newer),
            _ => break,
        }
    }
    undo(&mut recorded.after, &wanted);
    let accepted = wanted.refs.into_iter().filter(|r| r.outcome.is_accepted());
    Ok((Some(recorded.after), accepted.map(|r| r.update).collect()))
}

/// A range as a push of the asker.
pub(super) async fn of_range(app: &App, ctx: &Ctx, access: &RepoAccess, range: Range) -> Result<Case> {
    let actor = ctx.require_actor()?;
    let (id, name, role, path) = (actor.id, actor.name.to_string(), access.role, access.path());
    let (repo, default): (RepoId, RefName) = (access.repo.id, access.repo.default_branch.clone());
    let (facts, repository) = read_authorised(app, access, move |reading| {
        let old = range.old.as_deref().map(|name| end(reading, name)).transpose()?.map_or(Oid::ZERO, |found| found.commit);
        let new = end(reading, &range.new)?;
        if old == new.commit {
            return Err(Invalid::new("range", "is empty: both ends are the same commit").into());
        }
        let odb = &reading.handle.odb;
        let forced = !old.is_zero() && !is_ancestor(odb, &old, &new.commit, &mut reading.budget()).map_err(explain)?;
        let name_of_branch = RefName::branch(&new.name).ok().filter(|name| reading.handle.refs.find(name.as_bytes()).is_some());
        let update = RefUpdate { name: name_of_branch.unwrap_or_else(|| default.clone()), old, new: new.commit };
        let before = if old.is_zero() { RefMap::new() } else { RefMap::from([(update.name.clone(), old)]) };
        let facts = PushFacts {
            id: PushId(0),
            repo,
            repo_path: path,
            default_branch: default.short(),
            actor: id,
            actor_name: name,
            role,
            door: Door::Api,
            options: Vec::new(),
            updates: vec![UpdateFacts { update, forced }],
        };
        let refs = before_refs(reading, &mut reading.proof(PROOF_TIME), before)?;
        Ok((Arc::new(facts), window(reading, &[new.commit], refs)))
    })
    .await?;
    Ok(Case { facts, repository: Arc::new(repository), at: None, push: None })
}

/// What one end of a range names: as everywhere in addresses, or so many first parents before it, `main~5`.
fn end(reading: &Reading, name: &str) -> Result<Revision> {
    let Some((tip, steps)) = name.split_once('~') else { return reading.resolve(Some(name)) };
    let mut steps = steps.split('~').map(|step| if step.is_empty() { Some(1) } else { step.parse::<usize>().ok() });
    let back = steps.try_fold(0_usize, |all, step| Some(all.saturating_add(step?))).filter(|back| *back <= FURTHEST);
    let back = back.ok_or_else(|| Invalid::new("range", format!("{name:?}: after ~ comes a number up to {FURTHEST}")))?;
    let mut commit = reading.resolve(Some(tip))?.commit;
    for _ in 0..back {
        let parents = commit_of(&reading.handle.odb, &commit).map_err(explain)?.parents;
        commit = *parents.first().ok_or_else(|| Invalid::new("range", format!("{name:?} is before the first commit")))?;
    }
    Ok(Revision { name: commit.to_hex(), kind: RevKind::Commit, commit })
}

/// What costs too much to prove counts as not reached.
fn may_read(proof: &mut Proof<'_>, id: &Oid) -> Result<bool> {
    Ok(proof.may_read(id)? == Proven::Yes)
}

/// Those of the refs before whose target may still be read.
fn before_refs(reading: &Reading, proof: &mut Proof<'_>, before: RefMap) -> Result<Refs> {
    let mut refs = Vec::with_capacity(before.len());
    for (name, oid) in before {
        let is_there = reading.handle.refs.find(name.as_bytes()).is_some_and(|known| known.oid == oid);
        if is_there || may_read(proof, &oid)? {
            refs.push(AdvertisedRef { name, oid, peeled: None });
        }
    }
    Ok(Refs::new(refs, reading.handle.refs.head().target.clone()))
}

fn window(reading: &Reading, tips: &[Oid], refs: Refs) -> PushView {
    PushView::recorded(Arc::clone(&reading.handle.odb), tips, Arc::new(refs), READ_TIME, Cancel::new())
}
