//! Who wrote the commits that a tip reaches.

use std::collections::HashMap;

use hardie_domain::oid::Oid;

use super::history::History;
use super::nodes::Nodes;
use super::objects::commit;
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::odb::Odb;

/// People that are told apart; commits of more are not counted.
const MOST_PEOPLE: usize = 10_000;
/// People that are told, those with most commits.
const MOST_TOLD: usize = 1_000;
/// Bytes of a name or an address that are kept.
const MOST_BYTES: usize = 255;

/// Somebody who wrote commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// The name of the newest commit. Bytes.
    pub name: Vec<u8>,
    /// The address, in small letters. Bytes.
    pub email: Vec<u8>,
    /// How many; merges are none of them.
    pub commits: u64,
}

/// Those who wrote most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authors {
    /// Whoever wrote most comes first.
    pub people: Vec<Author>,
    /// Whether there are more people than these.
    pub more: bool,
    /// Whether the budget ended the walk: there are more commits than were counted.
    pub cut_short: bool,
}

/// Counts the commits of each address, but for merges, which are of nobody's writing.
pub fn authors(odb: &Odb, tip: &Oid, budget: &mut Budget) -> Result<Authors> {
    let mut by_email: HashMap<Vec<u8>, Author> = HashMap::new();
    let mut found = Authors::default();
    match count(odb, tip, budget, &mut by_email) {
        Ok(all) => found.more = !all,
        Err(Error::TooLarge(_) | Error::Stopped(_)) => found.cut_short = true,
        Err(other) => return Err(other),
    }
    found.people = by_email.into_values().collect();
    found.people.sort_by(|left, right| right.commits.cmp(&left.commits).then_with(|| left.email.cmp(&right.email)));
    found.more |= found.people.len() > MOST_TOLD;
    found.people.truncate(MOST_TOLD);
    found.people.shrink_to_fit();
    Ok(found)
}

/// Whether all were counted.
fn count(odb: &Odb, tip: &Oid, budget: &mut Budget, people: &mut HashMap<Vec<u8>, Author>) -> Result<bool> {
    let mut all = true;
    let (mut history, nodes) = (History::new([*tip]), Nodes::of(odb));
    while let Some(id) = history.advance(&nodes, budget)? {
        let info = commit(odb, &id)?;
        budget.bytes(info.message.len())?;
        if info.parents.len() > 1 {
            continue;
        }
        let kept = |bytes: &[u8]| bytes.get(..MOST_BYTES).unwrap_or(bytes).to_vec();
        let (name, mut email) = (kept(&info.author.name), kept(&info.author.email));
        email.make_ascii_lowercase();
        if let Some(known) = people.get_mut(&email) {
            known.commits += 1;
        } else if people.len() < MOST_PEOPLE {
            people.insert(email.clone(), Author { name, email, commits: 1 });
        } else {
            all = false;
        }
    }
    Ok(all)
}
