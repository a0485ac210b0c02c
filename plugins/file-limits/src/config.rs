//! The settings.

use hardie_plugin::FieldError;
use hardie_plugin::size::Size;
use hardie_plugin::teams::Teams;
use serde::{Deserialize, Serialize};

/// Patterns in one list; each costs a match for every file.
const PATTERNS: usize = 100;
/// Characters of one pattern.
const PATTERN_LENGTH: usize = 200;

/// Patterns of all locks together; each costs a match for every file that any new commit changes.
const LOCKED: usize = 200;

/// What may be pushed. Patterns are those of `.gitattributes`: `*.exe`, `secrets/**`, `/build/`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// The largest file, as a number of bytes or as `"10 MiB"`; 0 for no limit.
    pub max_size: Size,
    /// Paths that are refused.
    pub forbid: Vec<String>,
    /// Why, shown to the pusher after each refused path.
    pub forbid_hint: String,
    /// Paths that must be Git LFS pointers, not the files themselves.
    pub lfs: Vec<String>,
    /// Whether symbolic links are refused.
    pub forbid_symlinks: bool,
    /// Whether submodules are refused.
    pub forbid_submodules: bool,
    /// Paths that no rule is for, locks aside.
    pub allow: Vec<String>,
    /// Paths that only some may change.
    pub locks: Vec<Lock>,
    /// The teams that locks name: `{ "ops": ["ann", "bob"] }`.
    pub teams: Teams,
}

/// Paths and who may change them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Lock {
    /// Patterns as above.
    pub paths: Vec<String>,
    /// User names.
    pub users: Vec<String>,
    /// Names of teams.
    pub teams: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        let forbid = [".DS_Store", "Thumbs.db", "id_rsa", "id_ecdsa", "id_ed25519", "*.p12", "*.pfx"];
        Config {
            max_size: Size(10 << 20),
            forbid: forbid.map(ToOwned::to_owned).to_vec(),
            forbid_hint: String::new(),
            lfs: Vec::new(),
            forbid_symlinks: false,
            forbid_submodules: false,
            allow: Vec::new(),
            locks: Vec::new(),
            teams: Teams::default(),
        }
    }
}

impl Config {
    /// Whether the patterns are patterns.
    ///
    /// # Errors
    /// One for each that is not.
    pub fn validate(&self) -> Result<(), Vec<FieldError>> {
        let mut errors = self.teams.errors();
        let mut check = |field: &str, patterns: &[String]| {
            if patterns.len() > PATTERNS {
                errors.push(FieldError::new(field, format!("has {} patterns; {PATTERNS} are the most", patterns.len())));
            }
            for (at, pattern) in patterns.iter().enumerate() {
                if pattern.is_empty() || pattern == "/" {
                    errors.push(FieldError::new(format!("{field}[{at}]"), "is empty"));
                } else if pattern.len() > PATTERN_LENGTH {
                    errors.push(FieldError::new(format!("{field}[{at}]"), format!("is longer than {PATTERN_LENGTH} characters")));
                }
            }
        };
        [("forbid", &self.forbid), ("lfs", &self.lfs), ("allow", &self.allow)]
            .into_iter()
            .for_each(|(field, patterns)| check(field, patterns));
        self.locks.iter().enumerate().for_each(|(at, lock)| check(&format!("locks[{at}].paths"), &lock.paths));
        if self.locks.iter().map(|lock| lock.paths.len()).sum::<usize>() > LOCKED {
            errors.push(FieldError::new("locks", format!("have more than {LOCKED} patterns together")));
        }
        for (at, lock) in self.locks.iter().enumerate() {
            let unknown = lock.teams.iter().find(|team| !self.teams.knows(team));
            errors.extend(unknown.map(|team| FieldError::new(format!("locks[{at}].teams"), format!("{team:?} is not one of teams"))));
            if lock.paths.is_empty() {
                errors.push(FieldError::new(format!("locks[{at}].paths"), "is empty, so that nothing would be locked"));
            }
        }
        FieldError::all(errors)
    }
}
