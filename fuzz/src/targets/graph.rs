//! A commit-graph: whatever is in it, reading gives an answer or none.

use hardie_git::chunked::{SUM, checksum};
use hardie_git::graph::Graph;

use crate::repository::repository;

/// Reads everything in a graph of these bytes, the last of which are made the checksum of the others.
pub fn run(data: &[u8]) {
    if let Ok(graph) = Graph::parse(data.to_vec()) {
        read(&graph);
    }
    let mut bytes = data.get(..data.len().saturating_sub(SUM)).unwrap_or_default().to_vec();
    bytes.extend(checksum(&bytes));
    if let Ok(graph) = Graph::parse(bytes) {
        read(&graph);
    }
}

fn read(graph: &Graph) {
    let keys = [&b"src"[..], b"src/long.txt", b"\xff"].map(|path| graph.key(path));
    for at in (0..graph.len().min(1000)).chain([graph.len(), u32::MAX]) {
        let filter = graph.filter(at);
        for key in keys.iter().flatten() {
            let _ = filter.map(|filter| filter.may_hold(key));
        }
        let found = graph.node(at).map(|node| node.parents.len());
        let place = graph.id(at).and_then(|id| graph.position(&id));
        assert!(place.is_none_or(|place| place < graph.len()) && found.is_none_or(|_| at < graph.len()));
    }
    let _ = graph.position(&repository().tip);
}

/// Those that git makes.
pub fn seeds() -> Vec<Vec<u8>> {
    repository().graphs.clone()
}
