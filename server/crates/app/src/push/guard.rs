//! What the rules of a repository say of one update: every objection with its rule, and what is still to be asked of the database.

use std::collections::HashMap;

use hardie_domain::glob::Glob;
use hardie_domain::oid::Oid;
use hardie_domain::push::{RefUpdate, UpdateKind};
use hardie_domain::refname::RefName;
use hardie_git::diff::tree::tree_changes;
use hardie_git::odb::Odb;
use hardie_git::wire::Refs;
use hardie_git::{Budget, read};

use crate::protections::{Protection, Pusher, Rules};
use crate::{Error, Result};

/// New commits that are looked at for one branch.
const MOST_COMMITS: usize = 10_000;
/// Changed paths that are looked at for one branch.
const MOST_PATHS: usize = 200_000;
/// Paths that are named in a refusal.
const MOST_NAMED: usize = 3;
/// Bytes of a path in a refusal.
const MOST_SHOWN: usize = 100;

/// What is known of a push whose updates are measured.
pub struct Guard<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// Who pushes.
    pub pusher: Pusher,
    /// The repository with the pack on top.
    pub odb: &'a Odb,
    /// The refs before the push.
    pub refs: &'a Refs,
}

/// Tips behind which no commit is new to a branch that a rule is about, by the rule's pattern.
pub type Bases = HashMap<String, Vec<Oid>>;

/// What the rule of one branch asks of one update.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Which update of the push.
    pub index: usize,
    /// The rule's pattern.
    pub rule: String,
    /// Why it is refused, as far as that is known.
    pub reasons: Vec<String>,
    /// Commits that must be signed by their committers.
    pub signed: Vec<Oid>,
    /// The commit of which checks must have succeeded, and which.
    pub checks: Option<(Oid, Vec<Glob>)>,
    /// Whether an administrator may push in spite of the checks.
    pub overridable: bool,
}

impl Asked {
    /// Whether all is known.
    pub fn is_settled(&self) -> bool {
        self.signed.is_empty() && self.checks.is_none()
    }

    /// The one line of the refusal, if there is a reason for one.
    pub fn refusal(&self) -> Option<String> {
        (!self.reasons.is_empty()).then(|| format!("protected branch: {} (rule {})", self.reasons.join("; "), self.rule))
    }
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

    /// What the rule of a branch asks; `None` where no rule is about it.
    pub fn branch(
        &self,
        index: usize,
        update: &RefUpdate,
        current: Oid,
        forced: bool,
        bases: &mut Bases,
        budget: &mut Budget,
    ) -> Result<Option<Asked>> {
        let Some(rule) = self.rule_of(&update.name, budget)? else { return Ok(None) };
        let settings = &rule.settings;
        let mut asked = Asked { index, rule: rule.pattern.clone(), ..Asked::default() };
        if update.kind() == UpdateKind::Delete {
            if !rule.allow_delete {
                asked.reasons.push("deletion is not allowed".to_owned());
            }
            self.push_right(rule, &mut asked);
            return Ok(Some(asked));
        }
        let changed = match settings.protected_files.is_empty() && (settings.unprotected_files.is_empty() || settings.may_push(self.pusher))
        {
            true => Vec::new(),
            false => self.changed(update.new, current, budget)?,
        };
        if changed.len() > MOST_PATHS {
            let text = format!("it takes {MOST_PATHS} changed files at once, which are looked at one by one; push fewer at a time");
            asked.reasons.push(text);
            return Ok(Some(asked));
        }
        let spared = !current.is_zero() && !forced && !changed.is_empty() && {
            let open = settings.paths("unprotected_file_patterns", &settings.unprotected_files)?;
            !open.is_empty() && all_fit(&changed, &open, budget)?
        };
        if !spared {
            self.push_right(rule, &mut asked);
        }
        if forced && !rule.allow_force {
            asked.reasons.push("this would drop commits (non-fast-forward); merge or rebase first".to_owned());
        } else if forced && !settings.may_force(self.pusher) {
            asked.reasons.push("only those on its list may drop commits (non-fast-forward); merge or rebase first".to_owned());
        }
        let closed = settings.paths("protected_file_patterns", &settings.protected_files)?;
        asked.reasons.extend(protected(&changed, &closed, budget)?);
        if settings.require_linear_history || settings.require_signed_commits {
            let hide = if current.is_zero() { self.bases(rule, bases, budget)? } else { vec![current] };
            self.commits(rule, update.new, &hide, &mut asked, budget)?;
        }
        if settings.status_check {
            asked.checks = Some((update.new, settings.contexts()?));
            asked.overridable = !settings.block_admin_override;
        }
        Ok(Some(asked))
    }

    fn rule_of(&self, name: &RefName, budget: &mut Budget) -> Result<Option<&Protection>> {
        let Some(short) = name.as_bytes().strip_prefix(b"refs/heads/") else { return Ok(None) };
        self.rules.branch(short, budget).map_err(Error::internal)
    }

    fn push_right(&self, rule: &Protection, asked: &mut Asked) {
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

    /// Where a new branch begins: what the default branch has, or any whose rule asks the same. That another branch has a commit proves
    /// nothing: nobody looked at it there.
    fn bases(&self, rule: &Protection, known: &mut Bases, budget: &mut Budget) -> Result<Vec<Oid>> {
        if let Some(known) = known.get(&rule.pattern) {
            return Ok(known.clone());
        }
        let mut tips = Vec::new();
        for branch in self.refs.all().get(self.refs.below(b"refs/heads/")).unwrap_or_default() {
            let same = self.rule_of(&branch.name, budget)?.is_some_and(|other| {
                let (ours, theirs) = (&rule.settings, &other.settings);
                (theirs.require_linear_history || !ours.require_linear_history)
                    && (theirs.require_signed_commits || !ours.require_signed_commits)
            });
            if same || branch.name == self.refs.head().target {
                tips.push(branch.oid);
            }
        }
        tips.sort_unstable();
        tips.dedup();
        known.insert(rule.pattern.clone(), tips.clone());
        Ok(tips)
    }

    /// Looks at the commits that the branch had not.
    fn commits(&self, rule: &Protection, new: Oid, hide: &[Oid], asked: &mut Asked, budget: &mut Budget) -> Result<()> {
        let (commits, more) = read::log_ids(self.odb, new, hide, MOST_COMMITS, budget).map_err(Error::internal)?;
        if more {
            let text = format!("it takes {MOST_COMMITS} new commits at once, which are looked at one by one; push fewer at a time");
            asked.reasons.push(text);
            return Ok(());
        }
        if rule.settings.require_linear_history {
            for id in &commits {
                budget.step().map_err(Error::internal)?;
                if read::objects::commit_node(self.odb, id).map_err(Error::internal)?.parents.len() > 1 {
                    asked.reasons.push(format!("its history is linear, and {} is a merge; rebase first", id.short()));
                    break;
                }
            }
        }
        if rule.settings.require_signed_commits {
            asked.signed = commits;
        }
        Ok(())
    }

    /// The paths that differ from what the branch was; from where it left the default branch, if it is new.
    fn changed(&self, new: Oid, current: Oid, budget: &mut Budget) -> Result<Vec<Vec<u8>>> {
        let mut base = (!current.is_zero()).then_some(current);
        if base.is_none()
            && let Some(default) = self.refs.head().oid
        {
            base = read::merge_base(self.odb, &default, &new, budget).map_err(Error::internal)?;
        }
        let tree = |id: Oid| read::peel_to_tree(self.odb, &id).map_err(Error::internal);
        let (old, new) = (base.map(tree).transpose()?, tree(new)?);
        let mut changed = Vec::new();
        let mut each = |change: hardie_domain::policy::Change| {
            changed.push(change.path);
            changed.len() <= MOST_PATHS
        };
        tree_changes(self.odb, old, Some(new), budget, &mut each).map_err(Error::internal)?;
        Ok(changed)
    }
}

fn all_fit(paths: &[Vec<u8>], globs: &[Glob], budget: &mut Budget) -> Result<bool> {
    for path in paths {
        budget.step().map_err(Error::internal)?;
        if !globs.iter().any(|glob| glob.matches_path(path)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The reason, if any of these paths is protected.
fn protected(paths: &[Vec<u8>], globs: &[Glob], budget: &mut Budget) -> Result<Option<String>> {
    let (mut named, mut count) = (Vec::new(), 0_usize);
    for path in paths {
        budget.step().map_err(Error::internal)?;
        if globs.iter().any(|glob| glob.matches_path(path)) {
            count += 1;
            if named.len() < MOST_NAMED {
                named.push(shown(path));
            }
        }
    }
    Ok((count > 0).then(|| {
        let more = if count > named.len() { format!(" and {} more", count - named.len()) } else { String::new() };
        format!("no push may change {}{more}; leave that out", named.join(", "))
    }))
}

/// A path in one line of text.
fn shown(path: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(path).chars().filter(|c| !c.is_control()).take(MOST_SHOWN).collect();
    format!("'{text}'")
}
