//! One random fetch, and what the client has before it.

use crate::Oid;
use crate::object::Kind;
use crate::reach::Reach;
use crate::read;
use crate::tests::support::Chance;
use crate::upload::{Cut, Deepen, Filter, PackRequest, ShallowUpdate, UploadObjects as _};

use super::history::History;

/// A random request that a client could make.
pub(super) fn request(history: &History, chance: &mut Chance) -> PackRequest {
    let commits = &history.commits;
    let some = |chance: &mut Chance| commits[chance.below(commits.len())];
    let late = |chance: &mut Chance| commits[commits.len() - 1 - chance.below(commits.len().min(6))];
    let mut wants = vec![late(chance)];
    (0..chance.below(3)).for_each(|_| wants.push(some(chance)));
    if chance.below(4) == 0 {
        wants.push(history.tags[chance.below(history.tags.len())]);
    }
    let mut request = PackRequest {
        thin: chance.below(4) > 0,
        ofs_delta: chance.below(4) > 0,
        include_tag: chance.below(2) == 0,
        progress: chance.below(2) == 0,
        ..PackRequest::default()
    };
    match chance.below(8) {
        // A clone, or one that brings half of it along.
        0 => {}
        // The client has a shallow clone of something.
        1..=3 => {
            let tip = some(chance);
            request.client_shallow = deepen(history, &[tip], depth(chance), &[]).shallow;
            request.common = vec![tip];
            if chance.below(3) == 0 {
                wants = vec![tip];
            }
        }
        _ => (0..=chance.below(3)).for_each(|_| request.common.push(some(chance))),
    }
    if chance.below(8) == 0 {
        request.common.push(history.tags[chance.below(history.tags.len())]);
    }
    wants.sort_unstable();
    wants.dedup();
    request.common.sort_unstable();
    request.common.dedup();
    if chance.below(3) == 0 {
        let update = match chance.below(4) {
            0 => ShallowUpdate { shallow: Vec::new(), unshallow: request.client_shallow.clone() },
            _ => deepen(history, &wants, depth(chance), &request.client_shallow),
        };
        (request.new_shallow, request.unshallow) = (update.shallow, update.unshallow);
    }
    request.filter = match chance.below(16) {
        0..3 => Some(simple(chance)),
        3 => Some(Filter::Combine((0..=chance.below(3)).map(|_| simple(chance)).collect())),
        _ => None,
    };
    if request.filter.is_none() && chance.below(8) == 0 {
        wants.push(loose(history, some(chance), chance));
        wants.dedup();
    }
    if request.filter.is_some() {
        // Left to git: a filter over what a tag names beside commits.
        wants.retain(|id| read::peel(&history.server.odb(), id).unwrap().target_kind == Kind::Commit);
        let loose = loose(history, some(chance), chance);
        // What is asked for by its id is sent whatever the filter says.
        if read::peel(&history.server.odb(), &loose).unwrap().target_kind == Kind::Blob {
            wants.push(loose);
        }
    }
    request.wants = wants;
    request
}

/// A filter that is not combined of others.
fn simple(chance: &mut Chance) -> Filter {
    match chance.below(8) {
        0 => Filter::BlobNone,
        1 | 2 => Filter::BlobLimit(chance.below(3000) as u64),
        3 | 4 => Filter::Tree(chance.below(4) as u64),
        _ => Filter::Kind([Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag][chance.below(4)]),
    }
}

fn depth(chance: &mut Chance) -> Cut {
    Cut::Depth { commits: 1 + u32::try_from(chance.below(4)).unwrap(), relative: chance.below(4) == 0 }
}

/// A tree or blob somewhere below a commit.
fn loose(history: &History, commit: Oid, chance: &mut Chance) -> Oid {
    let odb = history.server.odb();
    let mut at = read::peel_to_tree(&odb, &commit).unwrap();
    while chance.below(3) > 0 {
        let entries = read::tree(&odb, &at).unwrap();
        let Some(entry) = entries.get(chance.below(entries.len().max(1))) else { break };
        match entry.mode {
            0o160_000 => break,
            0o040_000 => at = entry.id,
            _ => return entry.id,
        }
    }
    at
}

fn deepen(history: &History, wants: &[Oid], cut: Cut, client_shallow: &[Oid]) -> ShallowUpdate {
    let deepen = Deepen { wants: wants.to_vec(), cut, client_shallow: client_shallow.to_vec() };
    Reach::new(history.server.odb(), history.server.refs()).deepen(&deepen).unwrap()
}
