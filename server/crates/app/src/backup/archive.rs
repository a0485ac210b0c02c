//! The container: a tar file (POSIX ustar) of plain files, so that any `tar` lists it and takes it apart.
//!
//! Ours is the strictest reader of it: a header must be, byte for byte, the one that our writer would have written. There is nothing
//! in it to be clever with: no links, no folders, no owners, no extensions but GNU's form of a size above 8 GiB.

mod header;
mod reader;
mod writer;

pub use reader::{Entry, Reader, printable};
pub use writer::Writer;

/// A block: of the header, and what content is padded to.
const BLOCK: usize = 512;

#[cfg(test)]
mod tests;
