//! What stands at the beginning of a backup and at its end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The version of the format. A reader refuses a higher one.
pub const FORMAT: u32 = 1;

/// The first part: enough to know whether this program can read the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// [`FORMAT`].
    pub format: u32,
    /// The schema's version.
    pub schema: i64,
    /// The program that wrote it.
    pub version: String,
    /// Milliseconds since 1970: no push that was acknowledged before is missing.
    pub at: i64,
}

/// The last part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Everything before it, in order.
    pub parts: Vec<Part>,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// Files that the rows name, by sort.
    pub files: BTreeMap<String, u64>,
    /// Files that the rows name and that were damaged when the backup was taken, as `packs/SHA256`.
    pub missing: Vec<String>,
    /// Repositories, those that can still be restored included.
    pub repositories: u64,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// Its size.
    pub size: u64,
    /// sha256 of its content.
    pub sha256: String,
}
