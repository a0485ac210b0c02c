//! Builds the pack for a fetch. A chain: what is small is planned and written in process, so is what bitmaps cover, everything else is
//! left to a bounded `git pack-objects`.
//!
//! Start reading at [`build_pack`], then `plan` (which objects), `covered` (which of them are copied with their packs), `forms` (as what
//! each is sent) and `copy` (the bytes).

mod child;
mod commits;
mod copied;
mod copy;
mod covered;
mod delta;
pub(crate) mod encode;
mod forms;
mod plan;
mod scope;
mod stream;
mod trees;

use std::sync::Arc;
use std::time::Duration;

use crate::budget::Cancel;
use crate::error::Result;
use crate::odb::Odb;
use crate::packs::PackStore;
use crate::sink::ByteSink;
use crate::upload::PackRequest;
use crate::view::View;
use crate::wire::Refs;
pub use child::pack_objects;

/// Where the objects of one fetch come from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Where bitmaps are kept.
    pub packs: &'a PackStore,
    /// The repository's packs.
    pub odb: &'a Odb,
    /// The refs that the client sees: tags that come along are taken from here.
    pub refs: &'a Refs,
    /// Makes the folder for a child. Called only if one is needed: it costs a link for every pack.
    pub view: &'a dyn Fn() -> Result<Arc<View>>,
}

/// Builds the pack that `request` asks for and hands it to `sink` as it comes.
///
/// The caller has checked every want. Nothing is sent before it is known which objects go in, so that an error before that can
/// still be told to the client. After an error the pack has no trailer.
pub fn build_pack(source: &Source<'_>, request: &PackRequest, sink: &mut dyn ByteSink, cancel: &Cancel, time: Duration) -> Result<()> {
    let built = build_here(source.odb, source.refs, request, sink, cancel, time)? || build_covered(source, request, sink, cancel, time)?;
    if built { Ok(()) } else { pack_objects(&*(source.view)()?, request, sink, cancel, time) }
}

/// Builds the pack in process; false, with nothing sent, if it is one for git.
pub fn build_here(odb: &Odb, refs: &Refs, request: &PackRequest, sink: &mut dyn ByteSink, cancel: &Cancel, time: Duration) -> Result<bool> {
    let Some(plan) = plan::plan(odb, refs, request, cancel)? else { return Ok(false) };
    copy::write(odb, &plan, request, sink, cancel, time)?;
    Ok(true)
}

/// Builds what bitmaps cover in process; false, with nothing sent, if it is little or nothing.
pub(crate) fn build_covered(
    source: &Source<'_>,
    request: &PackRequest,
    sink: &mut dyn ByteSink,
    cancel: &Cancel,
    time: Duration,
) -> Result<bool> {
    let Some(plan) = covered::plan(source.packs, source.odb, source.refs, request, cancel)? else { return Ok(false) };
    copy::write(source.odb, &plan, request, sink, cancel, time)?;
    Ok(true)
}
