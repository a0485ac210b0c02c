//! The settings.

use std::collections::BTreeMap;

use hardie_plugin::FieldError;
use hardie_plugin::teams::{Teams, same_name};
use serde::{Deserialize, Serialize};

use crate::owners::Owner;

/// Entries of one list.
const ENTRIES: usize = 100;

/// Which branches are guarded, and who is who.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// Branches that are guarded, as patterns over their whole names: `main`, `release/*`. The default branch alone if empty.
    pub branches: Vec<String>,
    /// Where the file may be; the first that is there counts.
    pub files: Vec<String>,
    /// Members of the teams that the file names: `{ "ops": ["ann"], "org/writers": ["bob"] }`.
    pub teams: Teams,
    /// Users by the addresses that the file names; who is not here does not count as an owner.
    pub emails: BTreeMap<String, String>,
    /// Whether who administers the repository may change everything.
    pub admins_pass: bool,
}

impl Default for Config {
    fn default() -> Self {
        let files =
            [".hardie/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", ".gitea/CODEOWNERS"];
        Config {
            branches: Vec::new(),
            files: files.map(ToOwned::to_owned).to_vec(),
            teams: Teams::default(),
            emails: BTreeMap::new(),
            admins_pass: false,
        }
    }
}

/// The pusher.
#[derive(Clone, Debug)]
pub struct Actor {
    /// User name.
    pub name: String,
    /// `read`, `write` or `admin`.
    pub role: String,
}

impl Config {
    /// Whether the pusher is this owner. `None`: nobody knows who that is.
    pub fn is(&self, actor: &Actor, owner: &Owner) -> Option<bool> {
        match owner {
            Owner::Name(name) if self.teams.knows(name) => Some(self.teams.has(name, &actor.name)),
            Owner::Name(name) => Some(same_name(name, &actor.name)),
            Owner::Email(email) => {
                let user = self.emails.iter().find(|(known, _)| known.eq_ignore_ascii_case(email)).map(|(_, user)| user);
                user.map(|user| same_name(user, &actor.name))
            }
            Owner::Role(role) => match role.as_str() {
                "developer" => Some(actor.role == "write" || actor.role == "admin"),
                "maintainer" | "owner" => Some(actor.role == "admin"),
                _ => None,
            },
        }
    }

    /// Whether a path is one of those where the file is looked for, or lies below one.
    pub fn is_file(&self, path: &[u8]) -> bool {
        self.files.iter().any(|file| path.strip_prefix(file.as_bytes()).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/")))
    }

    /// Whether the settings can be followed.
    ///
    /// # Errors
    /// One for each that cannot.
    pub fn validate(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = self.teams.errors();
        for (field, entries) in [("branches", &self.branches), ("files", &self.files)] {
            if entries.len() > ENTRIES {
                errors.push(FieldError::new(field, format!("has {} entries; {ENTRIES} are the most", entries.len())));
            }
            for (at, entry) in entries.iter().enumerate() {
                if entry.is_empty() || entry.starts_with('/') || entry.ends_with('/') || entry.starts_with("refs/") {
                    errors.push(FieldError::new(format!("{field}[{at}]"), "is a name without refs/heads/, without a slash at its ends"));
                }
            }
        }
        if self.files.is_empty() {
            errors.push(FieldError::new("files", "is empty, so that nothing would ever have an owner"));
        }
        FieldError::all(errors)
    }
}
