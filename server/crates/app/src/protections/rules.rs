//! The rules of one repository, read once for all the refs that a request looks at.

use hardie_domain::glob::Glob;
use hardie_git::Budget;
use hardie_store::protections::{ProtectionRow, RefRuleRow};

use super::paths::PathRule;
use super::tags::TagSettings;
use super::{ALWAYS, Protection, Pusher};
use crate::{Error, Result};

/// All rules, those over branches in the order in which they are asked.
#[derive(Default)]
pub(crate) struct Rules {
    branches: Vec<(Glob, Protection)>,
    tags: Vec<(Glob, TagSettings)>,
    paths: Vec<PathRule>,
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
                RefRuleRow::Path(row) => rules.paths.push(PathRule::read(&row)?),
            }
        }
        rules.sort();
        Ok(rules)
    }

    /// Those over branches alone.
    pub fn of_branches(rows: Vec<ProtectionRow>) -> Result<Rules> {
        let branches = rows.into_iter().map(branch_rule).collect::<Result<_>>()?;
        let mut rules = Rules { branches, ..Rules::default() };
        rules.sort();
        Ok(rules)
    }

    /// As in Gitea: by priority, then those without wildcards, then the oldest. Those that always hold come first.
    fn sort(&mut self) {
        self.branches.sort_by_key(|(glob, rule)| (rule.priority, !glob.is_plain(), rule.created_at, rule.pattern.clone()));
    }

    /// The rules that hold for a branch, by its short name: of those that fit it all that always hold ([`ALWAYS`]), and the first of the others.
    ///
    /// Takes a step for each rule: strangers choose how many rules and branches there are. Call it from a blocking thread.
    pub fn holding(&self, short_name: &[u8], budget: &mut Budget) -> hardie_git::Result<Vec<&Protection>> {
        let mut holding = Vec::new();
        for (glob, rule) in &self.branches {
            budget.step()?;
            if glob.matches(short_name) {
                holding.push(rule);
                if rule.priority != ALWAYS {
                    break;
                }
            }
        }
        Ok(holding)
    }

    /// Whether any rule has a team on a list: whose teams are read only then.
    pub fn name_teams(&self) -> bool {
        self.branches.iter().any(|(_, rule)| rule.settings.name_teams())
            || self.tags.iter().any(|(_, rule)| !rule.teams.is_empty())
            || self.paths.iter().any(PathRule::names_teams)
    }

    /// The rules by which somebody may change some paths of a branch alone.
    pub fn narrowing(&self, short_name: &[u8], pusher: &Pusher, budget: &mut Budget) -> hardie_git::Result<Vec<&PathRule>> {
        let mut narrowing = Vec::new();
        for rule in &self.paths {
            budget.step()?;
            if rule.narrows(short_name, pusher) {
                narrowing.push(rule);
            }
        }
        Ok(narrowing)
    }

    /// The pattern of a rule that keeps a tag from somebody: one fits, and none that fits has them on its list.
    pub fn tag_closed_to(&self, short_name: &[u8], pusher: &Pusher, budget: &mut Budget) -> hardie_git::Result<Option<&str>> {
        let mut closed = None;
        for (glob, rule) in &self.tags {
            budget.step()?;
            if glob.matches(short_name) {
                if pusher.is_on(&rule.accounts, &rule.teams, false) {
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

    fn holding(rules: Vec<RefRuleRow>, name: &str) -> Vec<String> {
        let rules = Rules::read(rules).unwrap();
        rules.holding(name.as_bytes(), &mut budget()).unwrap().into_iter().map(|rule| rule.pattern.clone()).collect()
    }

    #[test]
    fn the_first_rule_by_priority_then_plain_names_then_age_holds() {
        let rules = || vec![row("v*", 1, 1), row("v1", 1, 2), row("v?", 1, 3), row("x*", 5, 4), row("xx", 9, 5)];
        assert_eq!([holding(rules(), "v1"), holding(rules(), "v2"), holding(rules(), "xx")], [["v1"], ["v*"], ["x*"]]);
        assert!(holding(rules(), "y").is_empty());
    }

    #[test]
    fn rules_of_before_priorities_all_hold_beside_the_first_of_the_others() {
        let rules = || vec![row("v*", 0, 1), row("v1", 0, 2), row("**", 2, 3), row("v?", 1, 4)];
        assert_eq!(holding(rules(), "v1"), ["v1", "v*", "v?"]);
        assert_eq!(holding(rules(), "v10"), ["v*", "**"]);
        assert_eq!(holding(rules(), "w"), ["**"]);
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
        let rules = Rules::read(vec![tag(1, "v*", "{}"), tag(2, "v1", r#"{"accounts":[7]}"#), tag(3, "u*", r#"{"teams":[3]}"#)]).unwrap();
        assert!(rules.name_teams());
        let of = |name: &str, account, deploy_key| {
            let pusher = Pusher { account, deploy_key, teams: vec![3] };
            rules.tag_closed_to(name.as_bytes(), &pusher, &mut budget()).unwrap().map(str::to_owned)
        };
        assert_eq!((of("v1", 7, false), of("v1", 8, false).as_deref(), of("v2", 7, false).as_deref()), (None, Some("v*"), Some("v*")));
        assert_eq!((of("v1", 7, true).as_deref(), of("w", 8, false)), (Some("v*"), None));
        // A team counts for its members, not for a key beside one of them.
        assert_eq!((of("u1", 8, false), of("u1", 8, true).as_deref()), (None, Some("u*")));
    }
}
