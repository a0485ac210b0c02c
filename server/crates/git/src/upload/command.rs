//! Requests of version 2: `command=NAME`, capabilities, a delimiter, arguments, a flush (gitprotocol-v2, "Command Request").

use hardie_domain::limits::GitLimits;

use super::fetch::FetchArgs;
use super::ls_refs::LsRefsArgs;
use super::object_info::ObjectInfoArgs;
use crate::wire::error::{WireError, printable};
use crate::wire::pktline::{Packet, chomp};
use crate::wire::refs::Refs;

/// A whole request.
pub enum Request {
    /// `command=ls-refs`
    LsRefs(LsRefsArgs),
    /// `command=fetch`
    Fetch(Box<FetchArgs>),
    /// `command=object-info`
    ObjectInfo(ObjectInfoArgs),
    /// `command=bundle-uri`
    BundleUri,
    /// A lone flush: the client wants no more.
    Quit,
}

/// Reads one request.
#[derive(Default)]
pub struct CommandReader {
    seen_any: bool,
    in_arguments: bool,
    command: Option<Command>,
}

enum Command {
    LsRefs(LsRefsArgs),
    Fetch(Box<FetchArgs>),
    ObjectInfo(ObjectInfoArgs),
    BundleUri,
}

impl CommandReader {
    /// Whether nothing of a request has been read yet.
    pub fn is_fresh(&self) -> bool {
        !self.seen_any
    }

    /// Takes one packet; gives the request when it is complete.
    pub fn take(&mut self, packet: Packet, refs: &Refs, limits: &GitLimits) -> Result<Option<Request>, WireError> {
        let fresh = !std::mem::replace(&mut self.seen_any, true);
        match packet {
            Packet::Flush if fresh => Ok(Some(Request::Quit)),
            Packet::Flush => match self.command.take() {
                Some(Command::LsRefs(args)) => Ok(Some(Request::LsRefs(args))),
                Some(Command::ObjectInfo(args)) => Ok(Some(Request::ObjectInfo(args))),
                Some(Command::BundleUri) => Ok(Some(Request::BundleUri)),
                Some(Command::Fetch(args)) => {
                    args.check()?;
                    Ok(Some(Request::Fetch(args)))
                }
                None => Err(no_command()),
            },
            Packet::Delim if self.in_arguments => Err(WireError::Protocol("a second delimiter in one request".to_owned())),
            Packet::Delim if self.command.is_none() => Err(no_command()),
            Packet::Delim => {
                self.in_arguments = true;
                Ok(None)
            }
            Packet::ResponseEnd => Err(WireError::Protocol("a response-end packet belongs in no request".to_owned())),
            Packet::Data(line) if self.in_arguments => {
                let line = chomp(&line);
                match &mut self.command {
                    Some(Command::LsRefs(args)) => args.take(line)?,
                    Some(Command::Fetch(args)) => args.take_v2(line, refs, limits)?,
                    Some(Command::ObjectInfo(args)) => args.take(line)?,
                    Some(Command::BundleUri) => return Err(WireError::unexpected("an argument of bundle-uri", line)),
                    None => return Err(no_command()),
                }
                Ok(None)
            }
            Packet::Data(line) => self.take_key(chomp(&line)).map(|()| None),
        }
    }

    fn take_key(&mut self, line: &[u8]) -> Result<(), WireError> {
        let (key, value) = match line.iter().position(|b| *b == b'=') {
            Some(at) => (line.get(..at).unwrap_or_default(), line.get(at + 1..)),
            None => (line, None),
        };
        match (key, value) {
            (b"command", Some(_)) if self.command.is_some() => Err(WireError::Protocol("more than one command in one request".to_owned())),
            (b"command", Some(b"ls-refs")) => {
                self.command = Some(Command::LsRefs(LsRefsArgs::default()));
                Ok(())
            }
            (b"command", Some(b"fetch")) => {
                self.command = Some(Command::Fetch(Box::default()));
                Ok(())
            }
            (b"command", Some(b"object-info")) => {
                self.command = Some(Command::ObjectInfo(ObjectInfoArgs::default()));
                Ok(())
            }
            (b"command", Some(b"bundle-uri")) => {
                self.command = Some(Command::BundleUri);
                Ok(())
            }
            (b"command", Some(name)) => Err(WireError::Protocol(format!("invalid command '{}'", printable(name)))),
            (b"object-format", Some(b"sha1")) => Ok(()),
            (b"object-format", Some(other)) => Err(WireError::object_format(other)),
            // Read and without effect: who the client is, and options that no feature of the server takes.
            (b"agent" | b"server-option" | b"session-id", Some(_)) => Ok(()),
            _ => Err(WireError::Protocol(format!("unknown capability '{}'", printable(line)))),
        }
    }
}

fn no_command() -> WireError {
    WireError::Protocol("no command requested".to_owned())
}
