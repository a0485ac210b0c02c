//! A damaged multi-pack index or bitmap, with checksums that fit: reading gives an error or an answer, never anything else.
//!
//! The input is the length of the index in four bytes, the index and the bitmap.

use std::sync::Arc;

use hardie_git::bitmaps::{Bits, Index};
use hardie_git::chunked::{SUM, checksum};
use hardie_git::object::Kind;

use crate::repository::repository;

/// Where a bitmap names its index by its checksum.
const NAMED: usize = 12;

/// Reads everything.
pub fn run(data: &[u8]) {
    let Some((length, rest)) = data.split_first_chunk::<4>() else { return };
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let Some((midx, bitmap)) = rest.split_at_checked(length) else { return };
    let (mut midx, mut bitmap) = (midx.to_vec(), bitmap.to_vec());
    let sum = sign(&mut midx);
    if let Some(named) = bitmap.get_mut(NAMED..NAMED + SUM) {
        named.copy_from_slice(&sum);
    }
    sign(&mut bitmap);
    let packs: Vec<_> = repository().odb.members().iter().map(|member| Arc::clone(&member.pack)).collect();
    let Ok(index) = Index::parse(midx, bitmap, &packs) else { return };
    let mut all = Bits::new(index.len());
    for kind in [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag] {
        let _ = index.of_kind(kind);
    }
    for bit in 0..index.len() {
        let id = index.id(bit).expect("every bit stands for an object");
        // Ids that are out of order are not found.
        assert!(index.bit(&id).is_none_or(|found| found < index.len()));
        let _ = index.add_reached(bit, &mut all);
    }
    assert!(index.parts().iter().map(|part| part.bits.len()).sum::<usize>() == index.len() as usize);
}

/// Puts the right checksum at the end; what it is.
fn sign(file: &mut [u8]) -> [u8; SUM] {
    let end = file.len().saturating_sub(SUM);
    let sum = checksum(file.get(..end).unwrap_or_default());
    if let Some(place) = file.get_mut(end..end + SUM) {
        place.copy_from_slice(&sum);
    }
    sum
}

/// What git makes for the repository.
pub fn seeds() -> Vec<Vec<u8>> {
    let (midx, bitmap) = &repository().bitmaps;
    let length = u32::try_from(midx.len()).unwrap_or(u32::MAX).to_be_bytes();
    vec![[&length[..], midx, bitmap].concat()]
}
