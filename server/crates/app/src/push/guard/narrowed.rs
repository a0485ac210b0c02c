//! Whoever may write under some paths alone: what such a push changes beside them.

use hardie_domain::glob::Glob;
use hardie_domain::push::UpdateKind;
use hardie_git::Budget;

use super::changed::{outside, too_many};
use super::{Bases, ByRule, Guard, Known, Move};
use crate::protections::PathRule;
use crate::{Error, Result};

/// Patterns that are named in a refusal.
const MOST_NAMED: usize = 5;
/// The pattern that every path fits.
const ALL: &str = "**";

impl Guard<'_> {
    /// The rules that narrow the pusher on a branch.
    pub(super) fn narrowing(&self, short: &[u8], budget: &mut Budget) -> Result<Vec<&PathRule>> {
        self.rules.narrowing(short, self.pusher, budget).map_err(Error::internal)
    }

    /// What such rules say of one update. Together they give what each gives.
    pub(super) fn narrowed(
        &self,
        rules: &[&PathRule],
        to: &Move<'_>,
        known: &mut Known,
        bases: &mut Bases,
        budget: &mut Budget,
    ) -> Result<ByRule> {
        let ids: Vec<String> = rules.iter().map(|rule| rule.id.to_string()).collect();
        let mut asked = ByRule { rule: format!("path rule {}", ids.join(", ")), ..ByRule::default() };
        let globs: Vec<&Glob> = rules.iter().flat_map(|rule| &rule.paths).collect();
        if globs.iter().any(|glob| glob.as_str() == ALL) {
            return Ok(asked);
        }
        if to.update.kind() == UpdateKind::Delete {
            asked.reasons.push(format!("you write {} alone, and do not delete it", patterns(&globs)));
            return Ok(asked);
        }
        let found = match to.current.is_zero() {
            true => self.brought(to.update.new, &self.begun(rules, bases, budget)?, budget)?,
            false => {
                let changed = self.changed(to, known, budget)?;
                too_many(changed).map_or_else(|| Ok(changed.clone()), Err)
            }
        };
        match found {
            Err(why) => asked.reasons.push(why),
            Ok(changed) => asked.reasons.extend(outside(&changed, &globs, budget)?.map(|named| {
                format!("you write {} alone, and this changes {named}; leave that out, or have somebody else push it", patterns(&globs))
            })),
        }
        Ok(asked)
    }

    /// Where a new branch may begin: at what the default branch has, or a branch on which the same rules narrow the pusher.
    fn begun(&self, rules: &[&PathRule], known: &mut Bases, budget: &mut Budget) -> Result<Vec<hardie_domain::oid::Oid>> {
        let ids: Vec<i64> = rules.iter().map(|rule| rule.id.0).collect();
        if let Some(known) = known.paths.get(&ids) {
            return Ok(known.clone());
        }
        let tips = self.tips(budget, |short, budget| {
            let others = self.narrowing(short, budget)?;
            Ok(others.iter().map(|other| other.id.0).eq(ids.iter().copied()))
        })?;
        known.paths.insert(ids, tips.clone());
        Ok(tips)
    }
}

fn patterns(globs: &[&Glob]) -> String {
    let named: Vec<&str> = globs.iter().take(MOST_NAMED).map(|glob| glob.as_str()).collect();
    let more = if globs.len() > MOST_NAMED { format!(" and {} more", globs.len() - MOST_NAMED) } else { String::new() };
    format!("{}{more}", named.join(", "))
}
