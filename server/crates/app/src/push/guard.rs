//! What the rules of a repository say of one update: every objection with its rule, and what is still to be asked of the database.

mod changed;
mod narrowed;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hardie_domain::glob::Glob;
use hardie_domain::oid::Oid;
use hardie_domain::push::{RefUpdate, UpdateKind};
use hardie_domain::refname::RefName;
use hardie_git::odb::Odb;
use hardie_git::wire::Refs;
use hardie_git::{Budget, read};

use crate::protections::{Protection, Pusher, Rules};
use crate::{Error, Result};

/// New commits that are looked at for one branch.
const MOST_COMMITS: usize = 10_000;
/// Rules that are named in a refusal.
const MOST_RULES: usize = 10;

/// What is known of a push whose updates are measured.
pub struct Guard<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// Who pushes.
    pub pusher: &'a Pusher,
    /// The repository with the pack on top.
    pub odb: &'a Odb,
    /// The refs before the push.
    pub refs: &'a Refs,
}

/// Tips behind which nothing is new to a branch, kept for the next branch of the push of which the same is asked.
#[derive(Default)]
pub struct Bases {
    /// By whether signed commits and a linear history are asked for.
    commits: HashMap<(bool, bool), Vec<Oid>>,
    /// By the rules that narrow the pusher.
    paths: HashMap<Vec<i64>, Vec<Oid>>,
}

/// What the rules over one branch ask of one update.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Which update of the push.
    pub index: usize,
    /// Each of the rules.
    pub by_rule: Vec<ByRule>,
}

/// What one rule asks of one update.
#[derive(Clone, Debug, Default)]
pub struct ByRule {
    /// The rule, as refusals name it.
    pub rule: String,
    /// Why it is refused, as far as that is known.
    pub reasons: Vec<String>,
    /// Commits that must be signed by their committers.
    pub signed: Arc<[Oid]>,
    /// The commit of which checks must have succeeded, and which.
    pub checks: Option<(Oid, Vec<Glob>)>,
    /// Whether an administrator may push in spite of the checks.
    pub overridable: bool,
}

impl Asked {
    /// Whether all is known.
    pub fn is_settled(&self) -> bool {
        self.by_rule.iter().all(|rule| rule.signed.is_empty() && rule.checks.is_none())
    }

    /// The one line of the refusal, if there is a reason for one.
    pub fn refusal(&self) -> Option<String> {
        let refusing: Vec<&ByRule> = self.by_rule.iter().filter(|rule| !rule.reasons.is_empty()).collect();
        let named: Vec<String> =
            refusing.iter().take(MOST_RULES).map(|rule| format!("{} ({})", rule.reasons.join("; "), rule.rule)).collect();
        let more = refusing.len().saturating_sub(MOST_RULES);
        let more = if more > 0 { format!("; and {more} more rules") } else { String::new() };
        (!named.is_empty()).then(|| format!("protected branch: {}{more}", named.join("; ")))
    }
}

/// What was found out about one update, for all rules that ask.
#[derive(Default)]
struct Known {
    changed: Option<Vec<Vec<u8>>>,
    commits: HashMap<Vec<Oid>, NewCommits>,
}

/// Commits that a branch had not.
#[derive(Clone)]
struct NewCommits {
    ids: Arc<[Oid]>,
    /// Whether there are more than are looked at.
    more: bool,
    /// One with several parents.
    merge: Option<Oid>,
}

/// An update of a branch.
struct Move<'a> {
    update: &'a RefUpdate,
    current: Oid,
    forced: bool,
}

impl Guard<'_> {
    /// The refusal for a tag.
    pub fn tag(&self, name: &RefName, budget: &mut Budget) -> Result<Option<String>> {
        let Some(short) = name.as_bytes().strip_prefix(b"refs/tags/") else { return Ok(None) };
        let closed = self.rules.tag_closed_to(short, self.pusher, budget).map_err(Error::internal)?;
        Ok(closed.map(|rule| {
            format!(
                "protected tag: only those on its list make, move or remove it; choose another name, or ask an administrator of the \
                 repository to be added (rule {rule})"
            )
        }))
    }

    /// What the rules over a branch ask; `None` where no rule is about it.
    pub fn branch(
        &self,
        index: usize,
        update: &RefUpdate,
        current: Oid,
        forced: bool,
        bases: &mut Bases,
        budget: &mut Budget,
    ) -> Result<Option<Asked>> {
        let Some(short) = update.name.as_bytes().strip_prefix(b"refs/heads/") else { return Ok(None) };
        let (holding, narrowing) = (self.holding(short, budget)?, self.narrowing(short, budget)?);
        if holding.is_empty() && narrowing.is_empty() {
            return Ok(None);
        }
        let (to, mut known, mut asked) = (Move { update, current, forced }, Known::default(), Asked { index, by_rule: Vec::new() });
        for rule in holding {
            asked.by_rule.push(self.by_rule(rule, &to, &mut known, bases, budget)?);
        }
        if !narrowing.is_empty() {
            asked.by_rule.push(self.narrowed(&narrowing, &to, &mut known, bases, budget)?);
        }
        Ok(Some(asked))
    }

    fn holding(&self, short: &[u8], budget: &mut Budget) -> Result<Vec<&Protection>> {
        self.rules.holding(short, budget).map_err(Error::internal)
    }

    fn by_rule(&self, rule: &Protection, to: &Move<'_>, known: &mut Known, bases: &mut Bases, budget: &mut Budget) -> Result<ByRule> {
        let settings = &rule.settings;
        let mut asked = ByRule { rule: format!("rule {}", rule.pattern), ..ByRule::default() };
        if to.update.kind() == UpdateKind::Delete {
            if !rule.allow_delete {
                asked.reasons.push("deletion is not allowed".to_owned());
            }
            self.push_right(rule, &mut asked);
            return Ok(asked);
        }
        let open = settings.paths("unprotected_file_patterns", &settings.unprotected_files)?;
        let closed = settings.paths("protected_file_patterns", &settings.protected_files)?;
        let may_push = settings.may_push(self.pusher);
        let changed = match closed.is_empty() && (open.is_empty() || may_push) {
            true => &Vec::new(),
            false => self.changed(to, known, budget)?,
        };
        if let Some(too_many) = changed::too_many(changed) {
            asked.reasons.push(too_many);
            return Ok(asked);
        }
        let spared = !(may_push || to.current.is_zero() || to.forced || open.is_empty() || changed.is_empty())
            && changed::all_fit(changed, &open, budget)?;
        if !spared {
            self.push_right(rule, &mut asked);
        }
        if to.forced && !rule.allow_force {
            asked.reasons.push("this would drop commits (non-fast-forward); merge or rebase first".to_owned());
        } else if to.forced && !settings.may_force(self.pusher) {
            asked.reasons.push("only those on its list may drop commits (non-fast-forward); merge or rebase first".to_owned());
        }
        asked.reasons.extend(changed::protected(changed, &closed, budget)?);
        if settings.require_linear_history || settings.require_signed_commits {
            self.commits(rule, to, known, bases, &mut asked, budget)?;
        }
        if settings.status_check {
            asked.checks = Some((to.update.new, settings.contexts()?));
            asked.overridable = !settings.block_admin_override;
        }
        Ok(asked)
    }

    fn push_right(&self, rule: &Protection, asked: &mut ByRule) {
        if rule.settings.may_push(self.pusher) {
            return;
        }
        asked.reasons.push(match rule.settings.enable_push {
            false => "it is closed to pushes; push to another branch, or ask an administrator of the repository".to_owned(),
            true => {
                "only those on its list may push; push to another branch, or ask an administrator of the repository to be added".to_owned()
            }
        });
    }

    /// Where a new branch begins: what the default branch has, or any of which the same is asked. That another branch has a commit proves
    /// nothing: nobody looked at it there.
    fn bases(&self, rule: &Protection, known: &mut Bases, budget: &mut Budget) -> Result<Vec<Oid>> {
        let asks = |rule: &Protection| (rule.settings.require_signed_commits, rule.settings.require_linear_history);
        let (signed, linear) = asks(rule);
        if let Some(known) = known.commits.get(&(signed, linear)) {
            return Ok(known.clone());
        }
        let tips = self.tips(budget, |short, budget| {
            let others = self.holding(short, budget)?;
            Ok((!signed || others.iter().any(|other| asks(other).0)) && (!linear || others.iter().any(|other| asks(other).1)))
        })?;
        known.commits.insert((signed, linear), tips.clone());
        Ok(tips)
    }

    /// The tips of the default branch and of those that fit, by their short names.
    fn tips(&self, budget: &mut Budget, fits: impl Fn(&[u8], &mut Budget) -> Result<bool>) -> Result<Vec<Oid>> {
        let mut tips = Vec::new();
        for branch in self.refs.all().get(self.refs.below(b"refs/heads/")).unwrap_or_default() {
            let short = branch.name.as_bytes().strip_prefix(b"refs/heads/").unwrap_or_default();
            if branch.name == self.refs.head().target || fits(short, budget)? {
                tips.push(branch.oid);
            }
        }
        tips.sort_unstable();
        tips.dedup();
        Ok(tips)
    }

    /// Looks at the commits that the branch had not.
    fn commits(
        &self,
        rule: &Protection,
        to: &Move<'_>,
        known: &mut Known,
        bases: &mut Bases,
        asked: &mut ByRule,
        budget: &mut Budget,
    ) -> Result<()> {
        let hide = if to.current.is_zero() { self.bases(rule, bases, budget)? } else { vec![to.current] };
        let found = match known.commits.get(&hide) {
            Some(found) => found.clone(),
            None => {
                let found = self.new_commits(to.update.new, &hide, budget)?;
                known.commits.insert(hide, found.clone());
                found
            }
        };
        if found.more {
            asked.reasons.push(too_many_commits());
            return Ok(());
        }
        if rule.settings.require_linear_history
            && let Some(merge) = found.merge
        {
            asked.reasons.push(format!("its history is linear, and {} is a merge; rebase first", merge.short()));
        }
        if rule.settings.require_signed_commits {
            asked.signed = found.ids;
        }
        Ok(())
    }

    fn new_commits(&self, new: Oid, hide: &[Oid], budget: &mut Budget) -> Result<NewCommits> {
        let (ids, more) = read::log_ids(self.odb, new, hide, MOST_COMMITS, budget).map_err(Error::internal)?;
        let mut merge = None;
        for id in &ids {
            if merge.is_none() && self.parents(id, budget)?.len() > 1 {
                merge = Some(*id);
            }
        }
        Ok(NewCommits { ids: ids.into(), more, merge })
    }

    fn parents(&self, id: &Oid, budget: &mut Budget) -> Result<HashSet<Oid>> {
        budget.step().map_err(Error::internal)?;
        Ok(read::objects::commit_node(self.odb, id).map_err(Error::internal)?.parents.into_iter().collect())
    }
}

fn too_many_commits() -> String {
    format!("it takes {MOST_COMMITS} new commits at once, which are looked at one by one; push fewer at a time")
}
