//! What a pack holds that nothing else in it names, if all that is named there is there too.

use std::sync::Arc;

use hardie_domain::oid::Oid;

use crate::budget::Budget;
use crate::collect::named_by;
use crate::error::Result;
use crate::object::{Kind, to_gix};
use crate::odb::{Member, Odb};
use crate::packs::Pack;
use crate::read::objects::commit_node;

/// Refs of a bundle: a client makes a ref of its own for each.
const MOST_HEADS: usize = 1000;
/// Each is looked for behind the refs before the pack is sent.
const MOST_TIPS: usize = 50_000;

/// Some object names it.
const NAMED: u8 = 1;
/// One that is no tag names it.
const BELOW: u8 = 2;

/// See the module.
#[derive(Debug)]
pub(super) struct Tips {
    /// All of them, of every kind: together they reach exactly what is in the pack.
    pub(super) tips: Vec<Oid>,
    /// Commits that no commit of the pack has as its parent: what a client then says it has.
    pub(super) heads: Vec<Oid>,
}

/// What was found of a pack.
pub(super) enum Found {
    /// Everything named is in it.
    Closed(Tips),
    /// It is no bundle, and why.
    Not(String),
}

impl Tips {
    /// Reads the pack once, in the order in which it lies on disk.
    pub(super) fn of(pack: &Arc<Pack>, budget: &mut Budget) -> Result<Found> {
        let odb = Odb::new(vec![Member { pack: Arc::clone(pack), closed: false }]);
        let mut marks = vec![0u8; pack.objects() as usize];
        for id in pack.ids_in_order() {
            budget.step()?;
            let kind = odb.header(&id)?.0;
            let mark = if kind == Kind::Tag { NAMED } else { NAMED | BELOW };
            let mut outside = None;
            let mut tell = |next: Oid, _| match pack.index.lookup(to_gix(&next)).and_then(|at| marks.get_mut(at as usize)) {
                Some(marks) => *marks |= mark,
                None => outside = Some(next),
            };
            if kind != Kind::Blob {
                named_by(&odb, &id, &mut tell)?;
            }
            if let Some(outside) = outside {
                return Ok(Found::Not(format!("{id} names {outside}, which is in another pack")));
            }
        }
        let mut found = Tips { tips: Vec::new(), heads: Vec::new() };
        for ((id, _), mark) in pack.entries().zip(marks) {
            if mark & NAMED == 0 {
                found.tips.push(id);
            }
            if mark & BELOW == 0 && odb.header(&id)?.0 == Kind::Commit {
                found.heads.push(id);
            }
        }
        newest(&odb, &mut found.heads)?;
        Ok(match (found.heads.is_empty(), found.tips.len()) {
            (true, _) => Found::Not("it has no commits".to_owned()),
            (_, tips) if tips > MOST_TIPS => Found::Not(format!("it has {tips} tips")),
            _ => Found::Closed(found),
        })
    }
}

/// Leaves the newest, if there are too many: what a client asks for next is likely to be built on these.
fn newest(odb: &Odb, heads: &mut Vec<Oid>) -> Result<()> {
    if heads.len() > MOST_HEADS {
        let mut dated = heads.iter().map(|id| Ok((commit_node(odb, id)?.time, *id))).collect::<Result<Vec<_>>>()?;
        dated.sort_unstable_by(|a, b| b.cmp(a));
        *heads = dated.into_iter().take(MOST_HEADS).map(|(_, id)| id).collect();
    }
    Ok(())
}
