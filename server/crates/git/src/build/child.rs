//! Packs from a bounded `git pack-objects`: what is not built in process.

use std::collections::BTreeSet;
use std::time::Duration;

use hardie_domain::oid::Oid;

use crate::budget::Cancel;
use crate::child::{Bounds, GitBinary, Relay, Running};
use crate::error::{Error, Result};
use crate::read::objects::commit_node;
use crate::sink::ByteSink;
use crate::upload::PackRequest;
use crate::view::View;

/// Private memory of one `git pack-objects`.
const MEMORY: u64 = 3 << 30;
/// Bytes of its complaints that are kept.
const COMPLAINTS: usize = 16 << 10;

/// Builds the pack that `request` asks for over the packs of `view` and hands it to `sink` as it comes.
///
/// The caller has checked every want. Nothing is sent before the child has counted its objects, so that an error before that
/// can still be told to the client.
pub fn pack_objects(view: &View, request: &PackRequest, sink: &mut dyn ByteSink, cancel: &Cancel, time: Duration) -> Result<()> {
    let mut command = GitBinary::find()?.command(view.path());
    // Grafts come from the request alone.
    let shallow = !(request.client_shallow.is_empty() && request.new_shallow.is_empty());
    if shallow {
        command.args(["--shallow-file", ""]);
    }
    command.args(["-c", "pack.threads=2", "-c", "pack.windowMemory=256m", "-c", "core.bigFileThreshold=32m"]);
    command.args(["pack-objects", "--revs", "--stdout"]);
    let flags = [
        (shallow, "--shallow"),
        (request.thin, "--thin"),
        (request.ofs_delta, "--delta-base-offset"),
        (request.include_tag, "--include-tag"),
        (request.progress, "--progress"),
        (!request.progress, "-q"),
    ];
    command.args(flags.iter().filter(|(on, _)| *on).map(|(_, flag)| flag));
    if let Some(filter) = &request.filter {
        command.arg(format!("--filter={filter}"));
    }
    if request.include_tag {
        view.ensure_refs()?;
    }
    let input = revisions(view, request)?;
    let mut relay = Relay::new(sink, request.progress, COMPLAINTS);
    let mut child = Running::spawn(command, &Bounds { time, memory: MEMORY, file: 0 }, cancel)?;
    child.write_all(&input, &mut relay)?;
    let status = child.finish(&mut relay)?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Git(format!("git pack-objects ended with {status}: {}", relay.complaints())))
}

/// What goes to the child's input; the order and the treatment of boundaries are those of git's upload-pack.
fn revisions(view: &View, request: &PackRequest) -> Result<Vec<u8>> {
    let mut wants: BTreeSet<Oid> = request.wants.iter().copied().collect();
    for id in &request.unshallow {
        wants.extend(commit_node(view.odb(), id)?.parents);
    }
    let boundary = request.client_shallow.iter().chain(&request.new_shallow).map(|id| format!("--shallow {id}\n"));
    let wanted = wants.iter().map(|id| format!("{id}\n"));
    let held = request.common.iter().chain(&request.unshallow).map(|id| format!("{id}\n"));
    let text: String = boundary.chain(wanted).chain(["--not\n".to_owned()]).chain(held).chain(["\n".to_owned()]).collect();
    Ok(text.into_bytes())
}
