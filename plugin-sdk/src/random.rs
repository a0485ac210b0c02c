//! Chance.

/// Bytes that nobody can guess; 4,096 at most. In tests they are the same each time.
pub fn bytes(length: u32) -> Vec<u8> {
    crate::backend::random(length)
}
