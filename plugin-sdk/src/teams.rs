//! Teams as a configuration names them: a policy can ask the server for nobody's membership.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::policy::FieldError;

/// Members of one team, and teams of one configuration.
const MOST: usize = 1000;

/// `teams = { ops = ["ann", "bob"] }`. Names of users and teams are compared without regard to case, and may begin with `@`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Teams(BTreeMap<String, Vec<String>>);

impl Teams {
    /// Whether there is such a team.
    pub fn knows(&self, team: &str) -> bool {
        self.members(team).is_some()
    }

    /// Whether this user is in that team. Nobody is in a team that is not there.
    pub fn has(&self, team: &str, user: &str) -> bool {
        self.members(team).is_some_and(|members| members.iter().any(|member| same_name(member, user)))
    }

    /// Whether a user is one of `users` or in one of `teams`.
    pub fn include(&self, users: &[String], teams: &[String], user: &str) -> bool {
        users.iter().any(|name| same_name(name, user)) || teams.iter().any(|team| self.has(team, user))
    }

    /// What is wrong with them, as errors of the field `teams`.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if self.0.len() > MOST {
            errors.push(FieldError::new("teams", format!("are {}; {MOST} are the most", self.0.len())));
        }
        for (name, members) in &self.0 {
            let field = format!("teams.{name}");
            if bare(name).is_empty() {
                errors.push(FieldError::new("teams", "holds a team without a name"));
            } else if members.iter().any(|member| bare(member).is_empty()) {
                errors.push(FieldError::new(field, "holds a member without a name"));
            } else if members.len() > MOST {
                errors.push(FieldError::new(field, format!("has {} members; {MOST} are the most", members.len())));
            }
        }
        errors
    }

    fn members(&self, team: &str) -> Option<&Vec<String>> {
        self.0.iter().find(|(name, _)| same_name(name, team)).map(|(_, members)| members)
    }
}

/// Whether two names mean the same user or team.
pub fn same_name(one: &str, other: &str) -> bool {
    bare(one).eq_ignore_ascii_case(bare(other))
}

fn bare(name: &str) -> &str {
    name.strip_prefix('@').unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn teams(json: &str) -> Teams {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn members_are_found_whatever_the_case_and_nobody_is_in_an_unknown_team() {
        let teams = teams(r#"{"ops": ["ann", "@Bob"]}"#);
        assert!(teams.has("@Ops", "Ann") && teams.has("ops", "bob") && !teams.has("ops", "eve") && !teams.has("dev", "ann"));
        assert!(teams.include(&[], &["ops".into()], "bob") && teams.include(&["Eve".into()], &[], "eve"));
        assert!(!teams.include(&["eve".into()], &["dev".into()], "bob"));
    }

    #[test]
    fn names_that_are_empty_are_refused() {
        assert_eq!(teams(r#"{"@": [], "a": ["@"], "b": ["x"]}"#).errors().len(), 2);
    }
}
