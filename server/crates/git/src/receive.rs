//! One receive-pack conversation (push) as a state machine without IO.
//!
//! A driver sends [`advertise`], feeds what the client sends until [`ReceiveAction::Request`], streams the pack itself
//! (beginning with [`Receive::take_rest`]), and ends with [`Receive::report`]. Pushes are framed as version 0 or 1 whatever
//! version is asked. Sources: gitprotocol-pack, "Reference Update Request" and "Report Status"; gitprotocol-capabilities.
//! Must not know: what a ref may become, who pushes, sockets.
//! Start reading at [`Receive`], then `commands`.

mod advertise;
mod certificate;
mod commands;
mod report;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use hardie_domain::limits::GitLimits;
use hardie_domain::push::{RefOutcome, RefUpdate};

pub use self::advertise::{advertise, advertise_http};
pub use self::certificate::PushCertificate;
use self::commands::{Command, Commands, Step};
pub use self::commands::{PushRequest, RefusedCommand};
use crate::wire::error::WireError;
use crate::wire::pktline::Decoder;
use crate::wire::sideband::{Band, Sideband};

/// What the driver has to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiveAction {
    /// Read from the client, then call [`Receive::feed`] or [`Receive::feed_eof`].
    NeedInput,
    /// Send these bytes: the explanation of an error.
    Send(Bytes),
    /// The push is known. If it has a pack, that follows: first [`Receive::take_rest`], then the rest of the input.
    Request(Box<PushRequest>),
    /// The conversation is over.
    Done,
}

/// One conversation. Holds at most the bytes of the commands (`GitLimits::request_bytes`) and one portion of input.
pub struct Receive {
    limits: GitLimits,
    decoder: Decoder,
    consumed: usize,
    out: Bytes,
    sideband: Sideband,
    report_status: bool,
    commands: Vec<Command>,
    state: State,
}

enum State {
    Reading(Box<Commands>),
    Ready(Box<PushRequest>),
    Handed,
    Done,
}

impl Receive {
    /// Begins a conversation after the advertisement.
    pub fn new(limits: GitLimits) -> Receive {
        Receive {
            limits,
            decoder: Decoder::default(),
            consumed: 0,
            out: Bytes::new(),
            sideband: Sideband::None,
            report_status: false,
            commands: Vec::new(),
            state: State::Reading(Box::default()),
        }
    }

    /// Takes bytes from the client, in any portions, until the request is complete; after that, nothing more.
    /// After an error the client's explanation is queued: poll on.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        self.decoder.push(bytes);
        self.consumed = self.consumed.saturating_add(bytes.len());
        match self.read_packets() {
            Ok(()) => Ok(()),
            Err(error) => self.failed(error),
        }
    }

    /// Says that the client sends no more. In order before anything was sent or after a whole request.
    pub fn feed_eof(&mut self) -> Result<(), WireError> {
        let State::Reading(commands) = &self.state else {
            return Ok(());
        };
        if self.decoder.is_empty() && commands.is_fresh() {
            self.state = State::Done;
            return Ok(());
        }
        self.failed(WireError::Truncated("the client stopped in the middle of the list of refs to push"))
    }

    /// What to do next. Cheap; never blocks.
    pub fn poll(&mut self) -> ReceiveAction {
        if !self.out.is_empty() {
            return ReceiveAction::Send(std::mem::take(&mut self.out));
        }
        match std::mem::replace(&mut self.state, State::Done) {
            State::Reading(commands) => {
                self.state = State::Reading(commands);
                ReceiveAction::NeedInput
            }
            State::Ready(request) => {
                self.state = State::Handed;
                ReceiveAction::Request(request)
            }
            State::Handed | State::Done => ReceiveAction::Done,
        }
    }

    /// Takes the bytes that were fed and come after the request: the beginning of the pack.
    pub fn take_rest(&mut self) -> Bytes {
        self.decoder.take_rest()
    }

    /// Text that the client shows behind `remote: `; empty where it cannot be told. End each line with a newline.
    pub fn progress(&self, text: &str) -> Bytes {
        self.sideband.frame(Band::Progress, text.as_bytes())
    }

    /// Send this every few seconds while the push is being judged, so that nobody hangs up; may be empty.
    pub fn keepalive(&self) -> Bytes {
        Bytes::from_static(self.sideband.keepalive())
    }

    /// The last message: what became of the pack and of every ref, in the order of the push.
    ///
    /// `unpack` is `Err` with one line if the pack was refused. Commands that came in [`PushRequest::refused`] are reported
    /// with their reasons; an update without an outcome is reported as not done.
    pub fn report(&mut self, unpack: Result<(), String>, outcomes: &[(RefUpdate, RefOutcome)]) -> Bytes {
        self.state = State::Done;
        report::build(self.report_status, self.sideband, &self.commands, unpack, outcomes)
    }

    /// The last message instead of a report, where there is nothing to report on. The user sees the text.
    pub fn fatal(&mut self, text: &str) -> Bytes {
        self.state = State::Done;
        self.sideband.fatal(text)
    }

    fn failed(&mut self, error: WireError) -> Result<(), WireError> {
        self.out = self.sideband.fatal(&error.to_string());
        self.state = State::Done;
        Err(error)
    }

    fn read_packets(&mut self) -> Result<(), WireError> {
        while let State::Reading(commands) = &mut self.state {
            let Some(packet) = self.decoder.next_packet()? else {
                break;
            };
            let step = commands.take(packet, &self.limits);
            (self.sideband, self.report_status) = commands.channels();
            match step? {
                Step::Read => {}
                Step::Nothing => self.state = State::Done,
                Step::Complete => {
                    let (commands, request) = std::mem::take(commands).finish();
                    self.commands = commands;
                    self.state = State::Ready(Box::new(request));
                    return Ok(());
                }
            }
        }
        let most = self.limits.request_bytes;
        if matches!(self.state, State::Reading(_)) && self.consumed > most {
            return Err(WireError::Limit(format!("the list of refs to push is longer than {most} bytes; push fewer refs at a time")));
        }
        Ok(())
    }
}
