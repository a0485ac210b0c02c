//! What a rule over branches asks, as its row keeps it and as a change of it says.

use hardie_domain::error::Invalid;
use hardie_domain::glob::Glob;
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// Checks that a rule may name.
const MOST_CONTEXTS: usize = 50;
/// Patterns of paths that a rule may name.
const MOST_PATHS: usize = 100;
/// Bytes of all patterns of paths.
const MOST_PATH_BYTES: usize = 8 << 10;
/// More than anybody would ask for.
const MOST_APPROVALS: i64 = 100;

macro_rules! settings {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $otherwise:expr;)+) => {
        /// What a rule asks beside force pushes and deletions. What belongs to pull requests is kept for them.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Settings {
            $($(#[$doc])* pub $name: $type,)+
        }

        impl Default for Settings {
            fn default() -> Settings {
                Settings { $($name: $otherwise,)+ }
            }
        }

        /// What changes in [`Settings`]; `None` stays as it is.
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct SettingsChange {
            $($(#[$doc])* pub $name: Option<$type>,)+
        }

        impl SettingsChange {
            pub(super) fn apply(self, settings: &mut Settings) {
                $(if let Some(value) = self.$name {
                    settings.$name = value;
                })+
            }
        }
    };
}

settings! {
    /// Whether anybody may push to it.
    enable_push: bool = true;
    /// Whether only those on the list may.
    push_list: bool = false;
    /// The list, by account ids.
    push_accounts: Vec<i64> = Vec::new();
    /// The teams on it, by ids.
    push_teams: Vec<i64> = Vec::new();
    /// Whether deploy keys that may write are on the list.
    push_deploy_keys: bool = false;
    /// Whether only those on the list may drop commits, where that is allowed.
    force_list: bool = false;
    /// The list, by account ids.
    force_accounts: Vec<i64> = Vec::new();
    /// The teams on it, by ids.
    force_teams: Vec<i64> = Vec::new();
    /// Whether deploy keys that may write are on the list.
    force_deploy_keys: bool = false;
    /// For pull requests.
    merge_list: bool = false;
    /// For pull requests: account ids.
    merge_accounts: Vec<i64> = Vec::new();
    /// For pull requests: team ids.
    merge_teams: Vec<i64> = Vec::new();
    /// Whether checks must have succeeded.
    status_check: bool = false;
    /// Which, as patterns; whatever there is if empty.
    status_contexts: Vec<String> = Vec::new();
    /// For pull requests.
    required_approvals: i64 = 0;
    /// For pull requests.
    approvals_list: bool = false;
    /// For pull requests: account ids.
    approvals_accounts: Vec<i64> = Vec::new();
    /// For pull requests: team ids.
    approvals_teams: Vec<i64> = Vec::new();
    /// For pull requests.
    block_on_rejected_reviews: bool = false;
    /// For pull requests.
    block_on_official_review_requests: bool = false;
    /// For pull requests.
    block_on_outdated_branch: bool = false;
    /// For pull requests.
    dismiss_stale_approvals: bool = false;
    /// For pull requests.
    ignore_stale_approvals: bool = false;
    /// Whether each new commit must be signed by its committer.
    require_signed_commits: bool = false;
    /// Whether new commits must have one parent at most.
    require_linear_history: bool = false;
    /// Paths that no push changes: patterns with `;` between them.
    protected_files: String = String::new();
    /// Paths that may be changed by those whom the list keeps out, likewise.
    unprotected_files: String = String::new();
    /// Whether administrators of the repository are bound by required checks too, whatever they say.
    block_admin_override: bool = false;
}

impl Settings {
    /// From a row. One that cannot be read is an error: a rule must not fall away in silence.
    pub(super) fn read(text: &str) -> Result<Settings> {
        serde_json::from_str(text).map_err(Error::internal)
    }

    /// For a row.
    pub(super) fn write(&self) -> Result<String> {
        serde_json::to_string(self).map_err(Error::internal)
    }

    /// Whether a team is on a list of those who may.
    pub(super) fn name_teams(&self) -> bool {
        !self.push_teams.is_empty() || !self.force_teams.is_empty()
    }

    /// Refuses what cannot be kept or followed. Lists are bounded where their names are read.
    pub(super) fn check(&self) -> Result<()> {
        if self.status_contexts.len() > MOST_CONTEXTS {
            return Err(Invalid::new("status_check_contexts", format!("holds more than {MOST_CONTEXTS}: use patterns such as ci/*")).into());
        }
        self.contexts()?;
        self.paths("protected_file_patterns", &self.protected_files)?;
        self.paths("unprotected_file_patterns", &self.unprotected_files)?;
        if !(0..=MOST_APPROVALS).contains(&self.required_approvals) {
            return Err(Invalid::new("required_approvals", format!("is from 0 to {MOST_APPROVALS}")).into());
        }
        Ok(())
    }

    /// The checks that must have succeeded.
    pub(crate) fn contexts(&self) -> Result<Vec<Glob>> {
        let read = |context: &String| Glob::over_names("status_check_contexts", context).map_err(Error::from);
        self.status_contexts.iter().map(read).collect()
    }

    /// Patterns of paths.
    pub(crate) fn paths(&self, field: &'static str, text: &str) -> Result<Vec<Glob>> {
        let parts: Vec<&str> = text.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()).collect();
        path_globs(field, &parts, Glob::over_paths)
    }

    /// Whether the rule lets somebody push who may push to the repository.
    pub(crate) fn may_push(&self, pusher: &Pusher) -> bool {
        self.enable_push && (!self.push_list || pusher.is_on(&self.push_accounts, &self.push_teams, self.push_deploy_keys))
    }

    /// Whether it lets them drop commits, if anybody.
    pub(crate) fn may_force(&self, pusher: &Pusher) -> bool {
        !self.force_list || pusher.is_on(&self.force_accounts, &self.force_teams, self.force_deploy_keys)
    }
}

/// Reads patterns of paths. `field` is where they were given.
pub(super) fn path_globs(
    field: &'static str,
    patterns: &[&str],
    read: impl Fn(&'static str, &str) -> std::result::Result<Glob, Invalid>,
) -> Result<Vec<Glob>> {
    if patterns.len() > MOST_PATHS || patterns.iter().map(|pattern| pattern.len()).sum::<usize>() > MOST_PATH_BYTES {
        return Err(Invalid::new(field, format!("holds more than {MOST_PATHS} patterns or {MOST_PATH_BYTES} bytes: use docs/**")).into());
    }
    patterns.iter().map(|pattern| read(field, pattern).map_err(Error::from)).collect()
}

/// Who pushes, as lists know them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pusher {
    /// The account, of a deploy key the one beside it.
    pub account: i64,
    /// Whether a deploy key of the repository pushes: what its account may says nothing of it.
    pub deploy_key: bool,
    /// The teams of the account in the organisation that owns the repository, as far as rules name any.
    pub teams: Vec<i64>,
}

impl Pusher {
    /// The one place where it is decided whether somebody is on a list: by name, by a team, or as a deploy key.
    pub(crate) fn is_on(&self, accounts: &[i64], teams: &[i64], deploy_keys: bool) -> bool {
        match self.deploy_key {
            true => deploy_keys,
            false => accounts.contains(&self.account) || self.teams.iter().any(|team| teams.contains(team)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: Pusher = Pusher { account: 1, deploy_key: false, teams: Vec::new() };
    const KEY: Pusher = Pusher { account: 1, deploy_key: true, teams: Vec::new() };

    #[test]
    fn a_deploy_key_is_not_the_account_beside_it() {
        let mut settings = Settings { push_list: true, push_accounts: vec![1], ..Settings::default() };
        assert!(settings.may_push(&ANN) && !settings.may_push(&KEY) && !settings.may_push(&Pusher { account: 2, ..ANN }));
        settings.push_deploy_keys = true;
        assert!(settings.may_push(&KEY));
        settings.enable_push = false;
        assert!(!settings.may_push(&ANN) && !settings.may_push(&KEY));
        let forced = Settings { force_list: true, force_deploy_keys: true, ..Settings::default() };
        assert!(!forced.may_force(&ANN) && forced.may_force(&KEY) && Settings::default().may_force(&ANN));
    }

    #[test]
    fn a_team_on_a_list_is_for_its_members_and_for_no_key() {
        let settings = Settings { push_list: true, push_teams: vec![5], force_list: true, force_teams: vec![6], ..Settings::default() };
        let bob = |teams| Pusher { account: 2, deploy_key: false, teams };
        assert!(settings.may_push(&bob(vec![4, 5])) && !settings.may_push(&bob(vec![6])) && !settings.may_push(&ANN));
        assert!(settings.may_force(&bob(vec![6])) && !settings.may_force(&bob(vec![5])));
        assert!(!settings.may_push(&Pusher { deploy_key: true, ..bob(vec![5]) }) && settings.name_teams());
    }

    #[test]
    fn a_row_of_old_asks_what_it_always_did_and_one_that_is_damaged_is_an_error() {
        assert_eq!(Settings::read("{}").unwrap(), Settings::default());
        assert!(Settings::read("").is_err() && Settings::read("{\"enable_push\":1}").is_err());
        let kept = Settings { required_approvals: 2, protected_files: "a; b/**".to_owned(), ..Settings::default() };
        assert_eq!(Settings::read(&kept.write().unwrap()).unwrap(), kept);
        assert_eq!(kept.paths("f", &kept.protected_files).unwrap().len(), 2);
    }

    #[test]
    fn what_is_over_a_bound_is_refused() {
        let many = |n: usize| (0..n).map(|n| n.to_string()).collect::<Vec<_>>();
        for bad in [
            Settings { status_contexts: many(MOST_CONTEXTS + 1), ..Settings::default() },
            Settings { status_contexts: vec![String::new()], ..Settings::default() },
            Settings { protected_files: many(MOST_PATHS + 1).join(";"), ..Settings::default() },
            Settings { unprotected_files: "[a]".to_owned(), ..Settings::default() },
            Settings { required_approvals: -1, ..Settings::default() },
        ] {
            assert!(bad.check().is_err(), "{bad:?}");
        }
        assert!(Settings::default().check().is_ok());
    }
}
