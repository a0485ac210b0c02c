//! The list of ref updates, the capabilities on its first line, and the push options after it.

use std::collections::HashMap;

use hardie_domain::limits::GitLimits;
use hardie_domain::oid::Oid;
use hardie_domain::push::RefUpdate;
use hardie_domain::refname::RefName;

use super::certificate::{Line, PushCertificate, Reader};
use crate::wire::caps::Capabilities;
use crate::wire::error::{WireError, printable};
use crate::wire::pktline::{Packet, chomp};
use crate::wire::sideband::Sideband;

/// A push as asked for.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PushRequest {
    /// The well-formed updates, in the order of the push; no ref twice.
    pub updates: Vec<RefUpdate>,
    /// Commands that can never be done. If the push is atomic and there is one, nothing may be done.
    pub refused: Vec<RefusedCommand>,
    /// `git push -o`, in order.
    pub options: Vec<String>,
    /// All or nothing.
    pub atomic: bool,
    /// The client wants no progress.
    pub quiet: bool,
    /// Commits that the client holds without their parents.
    pub shallow: Vec<Oid>,
    /// Whether a pack follows: always, unless every command is a deletion.
    pub has_pack: bool,
    /// The client's `agent`, printable; for logs and audit.
    pub agent: Option<String>,
    /// `git push --signed`: all updates and refused commands are in it.
    pub certificate: Option<PushCertificate>,
}

/// A command that names no possible ref, or names one twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedCommand {
    /// The name as sent.
    pub name: Vec<u8>,
    /// What the client believes the ref is.
    pub old: Oid,
    /// What it shall be.
    pub new: Oid,
    /// One line that says why not.
    pub reason: String,
}

/// A command in the order of the push, as the report needs it.
#[derive(Clone, Debug)]
pub enum Command {
    /// One of [`PushRequest::updates`].
    Update(RefName),
    /// One of [`PushRequest::refused`].
    Refused {
        /// The name as sent.
        name: Vec<u8>,
        /// Why not.
        reason: String,
    },
}

/// What a packet leads to.
pub enum Step {
    /// Read on.
    Read,
    /// The request is complete.
    Complete,
    /// The client wants nothing.
    Nothing,
}

/// Reads the commands.
#[derive(Debug, Default)]
pub struct Commands {
    list: Vec<(Oid, Oid, Vec<u8>)>,
    shallow: Vec<Oid>,
    options: Vec<String>,
    reading_options: bool,
    negotiated: Negotiated,
    certificate: Certificate,
}

#[derive(Debug, Default)]
enum Certificate {
    #[default]
    None,
    Reading(Box<Reader>),
    Whole(PushCertificate),
}

#[derive(Debug, Default)]
struct Negotiated {
    report_status: bool,
    sideband: Sideband,
    atomic: bool,
    quiet: bool,
    push_options: bool,
    agent: Option<String>,
}

impl Commands {
    /// Whether nothing has been read yet.
    pub fn is_fresh(&self) -> bool {
        self.list.is_empty() && self.shallow.is_empty() && matches!(self.certificate, Certificate::None)
    }

    /// How answers are framed, and whether a report is wanted.
    pub fn channels(&self) -> (Sideband, bool) {
        (self.negotiated.sideband, self.negotiated.report_status)
    }

    /// Takes one packet.
    pub fn take(&mut self, packet: Packet, limits: &GitLimits) -> Result<Step, WireError> {
        if let Certificate::Reading(reader) = &mut self.certificate {
            let Packet::Data(line) = packet else {
                return Err(WireError::Protocol("the push certificate is not ended by 'push-cert-end'".to_owned()));
            };
            return match reader.take(&line, limits)? {
                Line::Read => Ok(Step::Read),
                Line::Command => self.add_command(chomp(&line), limits),
                Line::End => {
                    self.certificate = Certificate::Whole(std::mem::take(&mut **reader).finish());
                    Ok(Step::Read)
                }
            };
        }
        match packet {
            Packet::Data(line) if self.reading_options => self.take_option(chomp(&line), limits),
            Packet::Data(line) => self.take_command(chomp(&line), limits),
            Packet::Flush if self.reading_options => Ok(Step::Complete),
            Packet::Flush if self.list.is_empty() => Ok(Step::Nothing),
            Packet::Flush if self.negotiated.push_options => {
                self.reading_options = true;
                Ok(Step::Read)
            }
            Packet::Flush => Ok(Step::Complete),
            Packet::Delim | Packet::ResponseEnd => Err(WireError::Protocol("delimiters belong to no push".to_owned())),
        }
    }

    fn take_command(&mut self, line: &[u8], limits: &GitLimits) -> Result<Step, WireError> {
        if let Some(hex) = line.strip_prefix(b"shallow ") {
            if self.shallow.len() >= limits.haves {
                return Err(WireError::Limit(format!("more than {} 'shallow' lines", limits.haves)));
            }
            let oid = Oid::from_hex(hex).ok_or_else(|| WireError::unexpected("'shallow' and an object id", line))?;
            self.shallow.push(oid);
            return Ok(Step::Read);
        }
        let (command, capabilities) = match line.iter().position(|b| *b == 0) {
            Some(at) => (line.get(..at).unwrap_or_default(), line.get(at + 1..)),
            None => (line, None),
        };
        if let Some(list) = capabilities {
            if !self.list.is_empty() || !matches!(self.certificate, Certificate::None) {
                return Err(WireError::Protocol("capabilities belong to the first command only".to_owned()));
            }
            self.negotiate(Capabilities::new(list))?;
        }
        let begins = command == b"push-cert";
        if !matches!(self.certificate, Certificate::None) || begins && !self.list.is_empty() {
            return Err(WireError::Protocol("commands are in the push certificate or there is none; not both".to_owned()));
        }
        if begins {
            self.certificate = Certificate::Reading(Box::default());
            return Ok(Step::Read);
        }
        self.add_command(command, limits)
    }

    fn add_command(&mut self, command: &[u8], limits: &GitLimits) -> Result<Step, WireError> {
        if self.list.len() >= limits.commands {
            let text = format!("more than {} refs in one push; push fewer at a time", limits.commands);
            return Err(WireError::Limit(text));
        }
        let parsed = parse_command(command).ok_or_else(|| WireError::bad_id("an old id, a new id and a ref", command))?;
        self.list.push(parsed);
        Ok(Step::Read)
    }

    fn negotiate(&mut self, words: Capabilities<'_>) -> Result<(), WireError> {
        self.negotiated = Negotiated {
            report_status: words.has("report-status") || words.has("report-status-v2"),
            sideband: if words.has("side-band-64k") { Sideband::Large } else { Sideband::None },
            atomic: words.has("atomic"),
            quiet: words.has("quiet"),
            push_options: words.has("push-options"),
            agent: words.value("agent").map(printable),
        };
        match words.value("object-format") {
            None | Some(b"sha1") => Ok(()),
            Some(other) => Err(WireError::object_format(other)),
        }
    }

    fn take_option(&mut self, line: &[u8], limits: &GitLimits) -> Result<Step, WireError> {
        self.options.push(push_option(line, self.options.len(), limits)?);
        Ok(Step::Read)
    }

    /// The commands in order, and the request made from them.
    pub fn finish(self) -> (Vec<Command>, PushRequest) {
        let mut times: HashMap<&[u8], usize> = HashMap::new();
        for (_, _, name) in &self.list {
            *times.entry(name).or_default() += 1;
        }
        let twice: Vec<bool> = self.list.iter().map(|(_, _, name)| times.get(name.as_slice()) != Some(&1)).collect();

        let mut request = PushRequest {
            options: self.options,
            atomic: self.negotiated.atomic,
            quiet: self.negotiated.quiet,
            shallow: self.shallow,
            has_pack: self.list.iter().any(|(_, new, _)| !new.is_zero()),
            agent: self.negotiated.agent,
            certificate: match self.certificate {
                Certificate::Whole(certificate) => Some(certificate),
                Certificate::None | Certificate::Reading(_) => None,
            },
            ..PushRequest::default()
        };
        let mut commands = Vec::with_capacity(self.list.len());
        for ((old, new, name), twice) in self.list.into_iter().zip(twice) {
            match judge(&name, old, new, twice) {
                Ok(parsed) => {
                    commands.push(Command::Update(parsed.clone()));
                    request.updates.push(RefUpdate { name: parsed, old, new });
                }
                Err(reason) => {
                    commands.push(Command::Refused { name: name.clone(), reason: reason.clone() });
                    request.refused.push(RefusedCommand { name, old, new, reason });
                }
            }
        }
        (commands, request)
    }
}

/// A push option as text, if there may be one after so many.
pub fn push_option(line: &[u8], before: usize, limits: &GitLimits) -> Result<String, WireError> {
    if before >= limits.push_options {
        return Err(WireError::Limit(format!("more than {} push options", limits.push_options)));
    }
    match std::str::from_utf8(line) {
        Ok(text) if !text.chars().any(char::is_control) => Ok(text.to_owned()),
        _ => Err(WireError::Protocol(format!("push option '{}' is not plain UTF-8 text", printable(line)))),
    }
}

fn judge(name: &[u8], old: Oid, new: Oid, twice: bool) -> Result<RefName, String> {
    if twice {
        return Err("this push updates the ref more than once".to_owned());
    }
    if old.is_zero() && new.is_zero() {
        return Err("nothing to delete".to_owned());
    }
    RefName::parse(name).map_err(|error| format!("funny refname: {}", error.reason))
}

fn parse_command(line: &[u8]) -> Option<(Oid, Oid, Vec<u8>)> {
    let (old, rest) = line.split_at_checked(40)?;
    let (new, rest) = rest.strip_prefix(b" ")?.split_at_checked(40)?;
    let name = rest.strip_prefix(b" ")?;
    Some((Oid::from_hex(old)?, Oid::from_hex(new)?, name.to_vec()))
}
