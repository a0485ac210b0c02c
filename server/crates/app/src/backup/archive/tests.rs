//! The container against itself and against hostile bytes.

use super::header::{decode, encode};
use super::{BLOCK, Reader, Writer};
use crate::backup::Result;

fn written() -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), 1_700_000_000);
    writer.part("head", b"one").unwrap();
    writer.part("empty", b"").unwrap();
    writer.part("block", &[7; BLOCK]).unwrap();
    writer.finish().unwrap()
}

fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut reader = Reader::new(bytes);
    let mut found = Vec::new();
    while let Some(mut entry) = reader.next()? {
        found.push((entry.name.clone(), entry.bytes(1 << 20)?));
        entry.finish()?;
    }
    Ok(found)
}

#[test]
fn what_is_written_is_read() {
    let found = read(&written()).unwrap();
    assert_eq!(found, [("head".to_owned(), b"one".to_vec()), ("empty".to_owned(), vec![]), ("block".to_owned(), vec![7; BLOCK])]);
}

#[test]
fn sizes_above_eight_gibibytes_have_room() {
    for size in [0, 1, (1 << 33) - 1, 1 << 33, u64::MAX] {
        assert_eq!(decode(&encode("packs/x", size, 5)), Some(("packs/x".to_owned(), size, 5)));
    }
}

#[test]
fn every_flipped_bit_outside_of_the_content_is_refused() {
    let whole = written();
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let in_content = (BLOCK..BLOCK + 3).contains(&at) || (BLOCK * 4..BLOCK * 5).contains(&at);
        assert_eq!(read(&bytes).is_ok(), in_content, "byte {at}");
    }
}

#[test]
fn every_shorter_and_every_longer_file_is_refused() {
    let whole = written();
    for end in 0..whole.len() {
        assert!(read(&whole[..end]).is_err(), "{end} bytes");
    }
    assert!(read(&[whole.as_slice(), &[0]].concat()).is_err());
}

#[test]
fn a_size_that_no_machine_has_costs_no_memory() {
    let mut bytes = encode("rows/x", u64::MAX, 0).to_vec();
    bytes.extend([0; 100]);
    let error = read(&bytes).unwrap_err().to_string();
    assert!(error.contains("rows/x") && error.contains("18446744073709551615"), "{error}");
    let mut reader = Reader::new(bytes.as_slice());
    let mut entry = reader.next().unwrap().unwrap();
    let error = entry.bytes(u64::MAX).unwrap_err().to_string();
    assert!(error.contains("cut off"), "{error}");
}
