//! The rules of one repository, read once for all the refs that a request looks at.

use hardie_domain::glob::Glob;
use hardie_git::Budget;
use hardie_store::protections::{ProtectionRow, RefRuleRow};

use super::tags::TagSettings;
use super::{Protection, Pusher};
use crate::{Error, Result};

/// All rules, those over branches in the order in which they are asked.
#[derive(Default)]
pub(crate) struct Rules {
    branches: Vec<(Glob, Protection)>,
    tags: Vec<(Glob, TagSettings)>,
}

impl Rules {
    /// A stored pattern that cannot be read is an error: a rule must not fall away in silence.
    pub fn read(rows: Vec<RefRuleRow>) -> Result<Rules> {
        let mut rules = Rules::default();
        for row in rows {
            match row {
                RefRuleRow::Branch(row) => rules.branches.push(branch_rule(row)?),
                RefRuleRow::Tag(row) => {
                    let glob = Glob::over_refs("name_pattern", &row.pattern).map_err(Error::internal)?;
                    rules.tags.push((glob, TagSettings::read(&row.settings)?));
                }
            }
        }
        rules.sort();
        Ok(rules)
    }

    /// Those over branches alone.
    pub fn of_branches(rows: Vec<ProtectionRow>) -> Result<Rules> {
        let branches = rows.into_iter().map(branch_rule).collect::<Result<_>>()?;
        let mut rules = Rules { branches, tags: Vec::new() };
        rules.sort();
        Ok(rules)
    }

    /// As in Gitea: by priority, then those without wildcards, then the oldest.
    fn sort(&mut self) {
        self.branches.sort_by_key(|(glob, rule)| (rule.priority, !glob.is_plain(), rule.created_at, rule.pattern.clone()));
    }

    /// The rule that holds for a branch, by its short name: the first that fits it.
    ///
    /// Takes a step for each rule: strangers choose how many rules and branches there are. Call it from a blocking thread.
    pub fn branch(&self, short_name: &[u8], budget: &mut Budget) -> hardie_git::Result<Option<&Protection>> {
        for (glob, rule) in &self.branches {
            budget.step()?;
            if glob.matches(short_name) {
                return Ok(Some(rule));
            }
        }
        Ok(None)
    }

    /// The pattern of a rule that keeps a tag from somebody: one fits, and none that fits has them on its list.
    pub fn tag_closed_to(&self, short_name: &[u8], pusher: Pusher, budget: &mut Budget) -> hardie_git::Result<Option<&str>> {
        let mut closed = None;
        for (glob, rule) in &self.tags {
            budget.step()?;
            if glob.matches(short_name) {
                if pusher.is_on(&rule.accounts, false) {
                    return Ok(None);
                }
                closed.get_or_insert(glob.as_str());
            }
        }
        Ok(closed)
    }
}

fn branch_rule(row: ProtectionRow) -> Result<(Glob, Protection)> {
    let glob = Glob::parse(&row.pattern).map_err(Error::internal)?;
    Ok((glob, Protection::of(row)?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hardie_domain::ids::TagProtectionId;
    use hardie_domain::time::Timestamp;
    use hardie_git::Cancel;
    use hardie_store::protections::TagProtectionRow;

    use super::*;

    fn budget() -> Budget {
        Budget::new(u64::MAX, Duration::from_secs(60), &Cancel::new())
    }

    fn row(pattern: &str, priority: i64, at: i64) -> RefRuleRow {
        let (created_at, updated_at) = (Timestamp(at), Timestamp(at));
        let (pattern, settings) = (pattern.to_owned(), "{}".to_owned());
        RefRuleRow::Branch(ProtectionRow { pattern, priority, allow_force: false, allow_delete: false, settings, created_at, updated_at })
    }

    #[test]
    fn the_first_rule_by_priority_then_plain_names_then_age_holds() {
        let rules =
            Rules::read(vec![row("v*", 0, 1), row("v1", 0, 2), row("**", 0, 3), row("x*", 5, 4), row("x/**", 2, 5), row("xx", 9, 6)]);
        let rules = rules.unwrap();
        let of = |name: &str| rules.branch(name.as_bytes(), &mut budget()).unwrap().map(|rule| rule.pattern.clone());
        assert_eq!(of("v1").as_deref(), Some("v1"));
        assert_eq!(of("v2").as_deref(), Some("v*"));
        assert_eq!(of("xx").as_deref(), Some("**"));
        let rules = Rules::read(vec![row("x*", 5, 1), row("xx", 9, 2)]).unwrap();
        assert_eq!(rules.branch(b"xx", &mut budget()).unwrap().unwrap().pattern, "x*");
        assert!(rules.branch(b"y", &mut budget()).unwrap().is_none());
    }

    #[test]
    fn a_tag_is_open_to_whom_any_fitting_rule_names() {
        let tag = |id, pattern: &str, settings: &str| {
            let (pattern, settings) = (pattern.to_owned(), settings.to_owned());
            RefRuleRow::Tag(TagProtectionRow {
                id: TagProtectionId(id),
                pattern,
                settings,
                created_at: Timestamp(0),
                updated_at: Timestamp(0),
            })
        };
        let rules = Rules::read(vec![tag(1, "v*", "{}"), tag(2, "v1", r#"{"accounts":[7]}"#)]).unwrap();
        let of = |name: &str, account, deploy_key| {
            rules.tag_closed_to(name.as_bytes(), Pusher { account, deploy_key }, &mut budget()).unwrap().map(str::to_owned)
        };
        assert_eq!((of("v1", 7, false), of("v1", 8, false).as_deref(), of("v2", 7, false).as_deref()), (None, Some("v*"), Some("v*")));
        assert_eq!((of("v1", 7, true).as_deref(), of("w", 8, false)), (Some("v*"), None));
    }
}
