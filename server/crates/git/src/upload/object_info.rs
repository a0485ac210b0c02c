//! `object-info` of version 2: sizes without contents (gitprotocol-v2, "object-info").

use bytes::BytesMut;
use hardie_domain::limits::GitLimits;
use hardie_domain::oid::Oid;

use super::fetch::{bounded, object_id};
use super::objects::{ObjectsError, UploadObjects};
use super::sections::Sections;
use crate::wire::error::WireError;

/// What the client asked for.
#[derive(Debug, Default)]
pub struct ObjectInfoArgs {
    size: bool,
    ids: Vec<Oid>,
}

impl ObjectInfoArgs {
    /// Takes one argument line.
    pub fn take(&mut self, line: &[u8], limits: &GitLimits) -> Result<(), WireError> {
        if line == b"size" {
            self.size = true;
        } else if let Some(hex) = line.strip_prefix(b"oid ") {
            bounded(self.ids.len(), limits.wants, "'oid' lines in one request")?;
            self.ids.push(object_id("oid", hex)?);
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
    for id in &args.ids {
        let size = if args.size && objects.may_want(id)? { objects.size(id)? } else { None };
        lines.line(&match (args.size, size) {
            (false, _) => id.to_string(),
            (true, None) => format!("{id} "),
            (true, Some(size)) => format!("{id} {size}"),
        });
    }
    lines.flush();
    Ok(())
}
