//! A pack of whole objects, written in memory (gitformat-pack(5)).

use std::collections::HashSet;

use hardie_domain::oid::Oid;
use sha1::{Digest as _, Sha1};

use super::ComposeError;
use crate::build::encode::{Deflater, header, number};
use crate::error::{Error, Result};
use crate::object::{Kind, id_of};

/// The most bytes of trees, commits and tags in one pack; contents are for whoever adds them to bound.
const MOST_BYTES: usize = 32 << 20;

/// A pack under way.
#[derive(Default)]
pub struct NewPack {
    ids: HashSet<Oid>,
    /// Bytes of what is no content.
    bytes: usize,
    entries: Vec<u8>,
    deflater: Deflater,
}

/// The id of a file's content.
pub fn blob_id(content: &[u8]) -> Result<Oid, ComposeError> {
    id_of(Kind::Blob, content).ok_or(ComposeError::Collision)
}

impl NewPack {
    /// Adds an object, unless it is in already; its id.
    pub fn add(&mut self, kind: Kind, data: &[u8]) -> Result<Oid, ComposeError> {
        let id = id_of(kind, data).ok_or(ComposeError::Collision)?;
        if self.ids.insert(id) {
            if kind != Kind::Blob {
                self.bytes += data.len();
                if self.bytes > MOST_BYTES {
                    let text = format!("the folders that change have more than {MOST_BYTES} bytes: push the change with git");
                    return Err(Error::TooLarge(text).into());
                }
            }
            self.entries.extend_from_slice(&header(number(kind), data.len() as u64));
            self.entries.extend_from_slice(self.deflater.deflate(data)?);
        }
        Ok(id)
    }

    /// The bytes of the pack.
    pub fn finish(self) -> Vec<u8> {
        let count = u32::try_from(self.ids.len()).unwrap_or(u32::MAX);
        let mut bytes = [&b"PACK\0\0\0\x02"[..], &count.to_be_bytes(), &self.entries].concat();
        let trailer = Sha1::digest(&bytes);
        bytes.extend_from_slice(&trailer);
        bytes
    }
}
