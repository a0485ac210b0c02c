//! `object-info` of version 2: sizes without contents (gitprotocol-v2, "object-info").

use bytes::BytesMut;
use hardie_domain::oid::Oid;

use super::fetch::{bounded, object_id};
use super::objects::{ObjectsError, UploadObjects};
use super::sections::Sections;
use crate::wire::error::WireError;

/// Objects of one request.
const MOST: usize = 1024;

/// What the client asked for.
#[derive(Debug, Default)]
pub struct ObjectInfoArgs {
    size: bool,
    ids: Vec<Oid>,
}

impl ObjectInfoArgs {
    /// Takes one argument line.
    pub fn take(&mut self, line: &[u8]) -> Result<(), WireError> {
        if line == b"size" {
            self.size = true;
        } else if let Some(hex) = line.strip_prefix(b"oid ") {
            let id = object_id("oid", hex)?;
            if !self.ids.contains(&id) {
                bounded(self.ids.len(), MOST, "objects in one request")?;
                self.ids.push(id);
            }
        } else {
            return Err(WireError::unexpected("an argument of object-info", line));
        }
        Ok(())
    }
}

/// Answers. An object that the client may not have looks like one that is not there: its size is left out.
pub fn answer(args: &ObjectInfoArgs, objects: &dyn UploadObjects, out: &mut BytesMut) -> Result<(), ObjectsError> {
    let mut lines = Sections::plain(out);
    if args.size {
        lines.line("size");
    }
    let sizes = if args.size { objects.sizes(&args.ids)? } else { Vec::new() };
    for (id, size) in args.ids.iter().zip(sizes.into_iter().chain(std::iter::repeat(None))) {
        lines.line(&match (args.size, size) {
            (false, _) => id.to_string(),
            (true, None) => format!("{id} "),
            (true, Some(size)) => format!("{id} {size}"),
        });
    }
    lines.flush();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_counts_once_and_there_is_a_most() {
        let mut args = ObjectInfoArgs::default();
        let line = |n: usize| format!("oid {n:040x}").into_bytes();
        (0..MOST).chain(0..MOST).for_each(|n| args.take(&line(n)).unwrap());
        assert_eq!(args.ids.len(), MOST);
        assert!(args.take(&line(MOST)).unwrap_err().to_string().contains("1024"));
    }
}
