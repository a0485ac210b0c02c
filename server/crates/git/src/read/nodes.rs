//! What walks need of commits: from the commit-graph where it has them, from the objects elsewhere.

use std::sync::Arc;

use hardie_domain::oid::Oid;

use super::objects::commit_node;
use super::parse::CommitNode;
use crate::error::Result;
use crate::graph::Graph;
use crate::graph::filter::{Filter, Key};
use crate::odb::Odb;

/// For as long as one walk, or one step of a long one, lasts.
pub(crate) struct Nodes<'a> {
    odb: &'a Odb,
    graph: Option<Arc<Graph>>,
}

impl<'a> Nodes<'a> {
    pub(crate) fn of(odb: &'a Odb) -> Nodes<'a> {
        Nodes { odb, graph: odb.graph() }
    }

    pub(crate) fn odb(&self) -> &'a Odb {
        self.odb
    }

    /// Tree, parents and time of a commit.
    pub(crate) fn get(&self, id: &Oid) -> Result<CommitNode> {
        let known = self.graph.as_ref().and_then(|graph| graph.node(graph.position(id)?));
        known.map_or_else(|| commit_node(self.odb, id), Ok)
    }

    /// By what filters are asked for a path; `None` if they can say nothing of it.
    pub(crate) fn key(&self, path: &[u8]) -> Option<Key> {
        self.graph.as_ref()?.key(path)
    }

    /// The same of a path and of every folder above it: what leaves one of these alone leaves the path alone.
    pub(crate) fn keys(&self, path: &[u8]) -> Vec<Key> {
        let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at).chain([path.len()]);
        ends.filter_map(|end| self.key(path.get(..end)?)).collect()
    }

    /// What a commit may have changed against its first parent; `None` if that is not known.
    pub(crate) fn filter(&self, id: &Oid) -> Option<Filter<'_>> {
        let graph = self.graph.as_ref()?;
        graph.filter(graph.position(id)?)
    }

    /// Whether a commit certainly leaves the path of these keys as its first parent has it.
    pub(crate) fn leaves_alone(&self, id: &Oid, keys: &[Key]) -> bool {
        self.filter(id).is_some_and(|filter| keys.iter().any(|key| !filter.may_hold(key)))
    }
}
