//! Which commit brought each line of a file, as `git blame` says it: through merges, and through renames of the whole file.
//!
//! Own code on top of our diff, since a blame must stop at a bound and say so.

mod origin;
mod spans;

use std::collections::HashMap;
use std::sync::Arc;

use hardie_domain::oid::Oid;

use crate::budget::Budget;
use crate::diff::lines;
use crate::error::{Error, Result};
use crate::odb::Odb;
use crate::read::history::DateQueue;
use crate::read::objects::commit_node;
use origin::{Origin, at_path, renamed};
use spans::{Span, joined, split};

/// Commits told apart at most.
const MOST_SOURCES: usize = 10_000;

/// A run of lines that one commit brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its first line in the file, from 0.
    pub start: u32,
    /// How many lines; at least one.
    pub lines: u32,
    /// Who brought them; `None` if that was not found within the bounds.
    pub from: Option<Place>,
}

/// Where a run of lines was first written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its position in [`Blame::sources`].
    pub source: usize,
    /// The run's first line there, from 0.
    pub start: u32,
}

/// A file in the commit that brought some of the lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The commit.
    pub commit: Oid,
    /// The file's path in that commit. Bytes.
    pub path: Arc<[u8]>,
}

/// A file's lines and where they come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blame {
    /// In the order of the file, without gaps.
    pub runs: Vec<Run>,
    /// What the runs name: 10,000 at most.
    pub sources: Vec<Source>,
    /// Whether every line's commit was found.
    pub complete: bool,
}

/// Finds the commit of each line of the file at `path` (bytes) as of `commit`.
///
/// Fails with `NotFound` if there is no file, with `TooLarge` if it has more than `max` bytes. Where the budget ends the work, or an
/// older version has more than four times `max` bytes, the lines that are left have no commit.
pub fn blame(odb: &Odb, commit: &Oid, path: &[u8], max: u64, budget: &mut Budget) -> Result<Blame> {
    let node = commit_node(odb, commit)?;
    let origin = at_path(odb, &node.tree, path.into())?.ok_or(Error::NotFound(*commit))?;
    let lines = lines::count(&odb.blob(&origin.blob, max)?);
    let mut work = Work {
        odb,
        max: max.saturating_mul(4),
        pending: HashMap::new(),
        queue: DateQueue::default(),
        done: Vec::new(),
        sources: Vec::new(),
    };
    let all = Span { start: 0, here: 0, lines };
    let ended = if lines > 0 { work.pass(*commit, origin, vec![all]).and_then(|()| work.run(budget)) } else { Ok(()) };
    match ended {
        Ok(()) | Err(Error::TooLarge(_) | Error::Stopped(_)) => {}
        Err(other) => return Err(other),
    }
    let (runs, complete) = joined(work.done, lines);
    Ok(Blame { runs, sources: work.sources, complete })
}

/// Lines of two versions that are compared: nothing can stop that once it has begun.
const MOST_LINES: u32 = 200_000;

struct Work<'a> {
    odb: &'a Odb,
    /// Bytes of the largest older version that is looked at.
    max: u64,
    /// For each queued commit, the files in it that lines may come from, and those lines.
    pending: HashMap<Oid, Vec<(Origin, Vec<Span>)>>,
    queue: DateQueue,
    done: Vec<Run>,
    sources: Vec<Source>,
}

impl Work<'_> {
    fn run(&mut self, budget: &mut Budget) -> Result<()> {
        while let Some(id) = self.queue.pop() {
            for (origin, spans) in self.pending.remove(&id).unwrap_or_default() {
                budget.step()?;
                let own = self.hand_down(&id, &origin, spans, budget)?;
                if own.is_empty() {
                    continue;
                }
                let source = self.sources.len();
                if source == MOST_SOURCES {
                    return Err(Error::TooLarge(format!("stopped after {MOST_SOURCES} commits")));
                }
                self.sources.push(Source { commit: id, path: origin.path });
                let run = |span: Span| Run { start: span.start, lines: span.lines, from: Some(Place { source, start: span.here }) };
                self.done.extend(own.into_iter().map(run));
            }
        }
        Ok(())
    }

    /// Gives the parents what they had already; what is left is the commit's own.
    fn hand_down(&mut self, id: &Oid, origin: &Origin, spans: Vec<Span>, budget: &mut Budget) -> Result<Vec<Span>> {
        let node = commit_node(self.odb, id)?;
        let mut found: Vec<(Oid, Origin)> = Vec::new();
        let mut without = Vec::new();
        for parent in node.parents {
            budget.step()?;
            let tree = commit_node(self.odb, &parent)?.tree;
            match at_path(self.odb, &tree, origin.path.clone())? {
                Some(same) if same.blob == origin.blob && same.kind == origin.kind => {
                    self.pass(parent, same, spans)?;
                    return Ok(Vec::new());
                }
                Some(other) if other.kind == origin.kind => found.push((parent, other)),
                // What was a link before, or a file, is written anew.
                Some(_) => {}
                None => without.push((parent, tree)),
            }
        }
        for (parent, tree) in without {
            let Some(before) = renamed(self.odb, &tree, &node.tree, origin, budget)? else { continue };
            if before.blob == origin.blob {
                self.pass(parent, before, spans)?;
                return Ok(Vec::new());
            }
            found.push((parent, before));
        }
        let mut left = spans;
        let mut tried = Vec::new();
        for (parent, before) in found {
            if left.is_empty() {
                break;
            }
            if tried.contains(&before.blob) {
                continue;
            }
            tried.push(before.blob);
            let (old, new) = (self.odb.blob(&before.blob, self.max)?, self.odb.blob(&origin.blob, self.max)?);
            budget.bytes(old.len().saturating_add(new.len()))?;
            let many = lines::count(&old).saturating_add(lines::count(&new));
            if many > MOST_LINES {
                return Err(Error::TooLarge(format!("stopped at a version with more than {MOST_LINES} lines to compare")));
            }
            let (passed, kept) = split(left, &lines::common(&old, &new));
            self.pass(parent, before, passed)?;
            left = kept;
        }
        Ok(left)
    }

    fn pass(&mut self, id: Oid, origin: Origin, spans: Vec<Span>) -> Result<()> {
        if spans.is_empty() {
            return Ok(());
        }
        if let Some(known) = self.pending.get_mut(&id) {
            match known.iter_mut().find(|(other, _)| *other == origin) {
                Some((_, lines)) => lines.extend(spans),
                None => known.push((origin, spans)),
            }
            return Ok(());
        }
        self.pending.insert(id, vec![(origin, spans)]);
        self.queue.push(commit_node(self.odb, &id)?.time, id);
        Ok(())
    }
}
