//! What is fuzzed.

pub mod bitmaps;
pub mod graph;
pub mod index;
pub mod made;
pub mod pack;
pub mod packets;
pub mod passkeys;
pub mod receive;
pub mod upload;

/// Bytes in portions of changing length: where a message is cut must not matter.
fn portions(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = data;
    std::iter::from_fn(move || {
        let length = rest.first().map(|byte| usize::from(*byte) % 61 + 1)?.min(rest.len());
        let (portion, later) = rest.split_at(length);
        rest = later;
        Some(portion)
    })
}
