//! One upload-pack conversation (fetch, clone, ls-remote) as a state machine without IO: versions 0, 1 and 2.
//!
//! A driver feeds what the client sends and does what [`Upload::poll`] says. Sources: gitprotocol-pack, gitprotocol-v2,
//! gitprotocol-capabilities.
//! Must not know: where objects lie (it asks an [`UploadObjects`]), who the client is, sockets.
//! Start reading at [`Upload`], then `command` (version 2) and `legacy` (versions 0 and 1).

mod advertise;
mod bundle_uri;
mod command;
mod error;
mod fetch;
mod filter;
mod legacy;
mod ls_refs;
mod object_info;
mod objects;
mod sections;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use hardie_domain::limits::GitLimits;

pub use self::advertise::{advertise, advertise_http};
pub use self::bundle_uri::BundleUri;
use self::command::{CommandReader, Request};
pub use self::error::UploadError;
use self::fetch::FetchArgs;
pub use self::filter::Filter;
use self::legacy::Legacy;
use self::ls_refs::LsRefs;
use self::object_info::ObjectInfoArgs;
pub use self::objects::{Cut, Deepen, ObjectsError, PackRequest, ShallowUpdate, UploadObjects};
use crate::wire::error::WireError;
use crate::wire::pktline::{self, Decoder};
use crate::wire::refs::Refs;
use crate::wire::sideband::{Band, Sideband};
use crate::wire::version::Version;

/// How a conversation is held.
#[derive(Clone, Copy, Debug)]
pub struct UploadConfig {
    /// What the client asked for.
    pub version: Version,
    /// HTTP: one request, one answer, and the client repeats what it said before.
    pub stateless: bool,
    /// SSH: begin with the advertisement. (Over HTTP it was a request of its own.)
    pub advertise: bool,
    /// Whether that is to say that there may be bundles.
    pub bundles: bool,
    /// Bounds on what the client may send.
    pub limits: GitLimits,
}

/// What the driver has to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UploadAction {
    /// Read from the client, then call [`Upload::feed`] or [`Upload::feed_eof`].
    NeedInput,
    /// Send these bytes.
    Send(Bytes),
    /// Call [`Upload::compute`] where blocking is allowed.
    Compute,
    /// Call [`Upload::list_bundles`].
    Bundles,
    /// Build this pack. Send its bytes through [`Upload::frame_pack`], then what [`Upload::finish_pack`] returns.
    Pack(Box<PackRequest>),
    /// The conversation is over; nothing else is to be read or sent.
    Done,
}

/// One conversation. Holds at most the bytes of one request (`GitLimits::request_bytes`) and one portion of the answer.
pub struct Upload {
    config: UploadConfig,
    refs: Arc<Refs>,
    decoder: Decoder,
    /// Bytes read since the request began.
    consumed: usize,
    eof: bool,
    out: BytesMut,
    sideband: Sideband,
    state: State,
}

enum State {
    Command(CommandReader),
    Legacy(Box<Legacy>),
    ListRefs(LsRefs),
    Bundles,
    ComputeInfo(ObjectInfoArgs),
    ComputeFetch(Box<FetchArgs>),
    ComputeLegacy(Box<Legacy>),
    Pack(Box<PackRequest>),
    Packing,
    Done,
}

/// What an answer leads to, when all of it has been sent.
enum Next {
    /// The next request, or the end if there can be none.
    Request,
    /// More of this negotiation.
    Negotiate(Box<Legacy>),
    Pack(Box<PackRequest>),
}

impl Upload {
    /// Begins a conversation over one snapshot of refs.
    pub fn new(config: UploadConfig, refs: Arc<Refs>) -> Upload {
        let mut out = BytesMut::new();
        if config.advertise {
            out.extend_from_slice(&advertise(config.version, &refs, config.bundles));
        }
        let state = match config.version {
            Version::V2 => State::Command(CommandReader::default()),
            Version::V0 | Version::V1 => State::Legacy(Box::default()),
        };
        let decoder = Decoder::default();
        Upload { config, refs, decoder, consumed: 0, eof: false, out, sideband: Sideband::None, state }
    }

    /// Takes bytes from the client, in any portions. After an error the client's explanation is queued: poll on.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        if matches!(self.state, State::Done) {
            return Ok(());
        }
        self.consumed = self.consumed.saturating_add(bytes.len());
        let most = self.config.limits.request_bytes;
        if self.consumed > most {
            let text = format!("the request is longer than {most} bytes; fetch fewer refs at a time");
            return self.failed(WireError::Limit(text).into());
        }
        self.decoder.push(bytes);
        self.advance()
    }

    /// Says that the client sends no more. After an error the client's explanation is queued: poll on.
    pub fn feed_eof(&mut self) -> Result<(), UploadError> {
        self.eof = true;
        self.advance()
    }

    /// What to do next. Cheap; never blocks.
    pub fn poll(&mut self) -> UploadAction {
        loop {
            if !self.out.is_empty() {
                return UploadAction::Send(self.out.split().freeze());
            }
            let State::ListRefs(list) = &mut self.state else { break };
            if let Some(portion) = list.next_portion() {
                return UploadAction::Send(portion);
            }
            self.enter(Next::Request);
            // An error in the next request has queued its explanation.
            let _queued: Result<(), UploadError> = self.advance();
        }
        match &mut self.state {
            State::Command(_) | State::Legacy(_) if self.eof => UploadAction::Done,
            State::Command(_) | State::Legacy(_) => UploadAction::NeedInput,
            State::ListRefs(_) => UploadAction::Done,
            State::Bundles => UploadAction::Bundles,
            State::ComputeInfo(_) | State::ComputeFetch(_) | State::ComputeLegacy(_) => UploadAction::Compute,
            State::Pack(request) => {
                let request = std::mem::take(request);
                self.state = State::Packing;
                UploadAction::Pack(request)
            }
            State::Packing | State::Done => UploadAction::Done,
        }
    }

    /// Answers the pending questions about objects. Blocks as long as `objects` does.
    /// After an error the client's explanation is queued: poll on.
    pub fn compute(&mut self, objects: &dyn UploadObjects) -> Result<(), UploadError> {
        let answer = match std::mem::replace(&mut self.state, State::Done) {
            State::ComputeInfo(args) => match object_info::answer(&args, objects, &mut self.out) {
                Ok(()) => Ok(Next::Request),
                Err(error) => Err(error.into()),
            },
            State::ComputeFetch(args) => fetch::answer(*args, objects, &mut self.out),
            State::ComputeLegacy(legacy) => legacy.answer(objects, &mut self.out),
            other => {
                self.state = other;
                return Ok(());
            }
        };
        match answer {
            Ok(next) => {
                self.enter(next);
                self.advance()
            }
            Err(error) => self.failed(error),
        }
    }

    /// Says which bundles there are.
    pub fn list_bundles(&mut self, bundles: &[BundleUri]) {
        if matches!(self.state, State::Bundles) {
            bundle_uri::answer(bundles, &mut self.out);
            self.enter(Next::Request);
            // An error in the next request has queued its explanation.
            let _queued: Result<(), UploadError> = self.advance();
        }
    }

    /// How the pack is framed, once one is asked for.
    pub fn framing(&self) -> Sideband {
        self.sideband
    }

    /// Pack bytes as the client expects them.
    pub fn frame_pack(&self, data: &[u8]) -> Bytes {
        self.sideband.frame(Band::Data, data)
    }

    /// Progress text as the client expects it; empty where it cannot be told.
    pub fn frame_progress(&self, data: &[u8]) -> Bytes {
        self.sideband.frame(Band::Progress, data)
    }

    /// Send this every few seconds while the pack is being computed, so that nobody hangs up; may be empty.
    pub fn keepalive(&self) -> Bytes {
        Bytes::from_static(self.sideband.keepalive())
    }

    /// Ends the pack; then poll on, since a connection may carry another request.
    pub fn finish_pack(&mut self) -> Bytes {
        let end = self.sideband.end();
        self.enter(Next::Request);
        // An error in the next request has queued its explanation.
        let _queued: Result<(), UploadError> = self.advance();
        Bytes::from_static(end)
    }

    /// Gives up in the middle of a pack: what to send so that the user sees why. The conversation is over.
    pub fn fail_pack(&mut self, text: &str) -> Bytes {
        self.state = State::Done;
        match self.sideband {
            // Whatever follows pack bytes would be taken for pack bytes; the missing trailer tells the client.
            Sideband::None => Bytes::new(),
            framed => framed.fatal(text),
        }
    }

    fn failed(&mut self, error: UploadError) -> Result<(), UploadError> {
        self.out.extend_from_slice(&pktline::error_packet(&error.for_client()));
        self.state = State::Done;
        Err(error)
    }

    fn enter(&mut self, next: Next) {
        self.state = match next {
            Next::Request if self.config.version == Version::V2 && !self.config.stateless => {
                self.consumed = self.decoder.len();
                State::Command(CommandReader::default())
            }
            Next::Request => State::Done,
            Next::Negotiate(legacy) => State::Legacy(legacy),
            Next::Pack(request) => State::Pack(request),
        };
    }

    /// Reads buffered packets until something else than reading has to be done.
    fn advance(&mut self) -> Result<(), UploadError> {
        match self.read_packets() {
            Ok(()) => Ok(()),
            Err(error) => self.failed(error),
        }
    }

    fn read_packets(&mut self) -> Result<(), UploadError> {
        while matches!(self.state, State::Command(_) | State::Legacy(_)) {
            let Some(packet) = self.decoder.next_packet()? else {
                return if self.eof { self.ended() } else { Ok(()) };
            };
            self.state = match std::mem::replace(&mut self.state, State::Done) {
                State::Command(mut reader) => match reader.take(packet, &self.refs, &self.config.limits)? {
                    None => State::Command(reader),
                    Some(Request::LsRefs(args)) => State::ListRefs(LsRefs::new(args, &self.refs)),
                    Some(Request::Fetch(args)) => {
                        self.sideband = Sideband::Large;
                        State::ComputeFetch(args)
                    }
                    Some(Request::ObjectInfo(args)) => State::ComputeInfo(args),
                    Some(Request::BundleUri) => State::Bundles,
                    Some(Request::Quit) => State::Done,
                },
                State::Legacy(mut legacy) => match legacy.take(packet, &self.refs, &self.config)? {
                    legacy::Step::Read => State::Legacy(legacy),
                    legacy::Step::Quit => State::Done,
                    legacy::Step::Compute => {
                        self.sideband = legacy.sideband();
                        State::ComputeLegacy(legacy)
                    }
                },
                other => other,
            };
        }
        Ok(())
    }

    /// The client went away: in order between requests, a fault within one.
    fn ended(&mut self) -> Result<(), UploadError> {
        let orderly = self.decoder.is_empty()
            && match &self.state {
                State::Command(reader) => reader.is_fresh(),
                State::Legacy(legacy) => legacy.may_end(self.config.stateless),
                _ => true,
            };
        self.state = State::Done;
        match orderly {
            true => Ok(()),
            false => Err(WireError::Truncated("the client stopped in the middle of a fetch request").into()),
        }
    }
}
