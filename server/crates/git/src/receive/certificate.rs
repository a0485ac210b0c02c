//! A push certificate: the commands of a push, signed by whoever pushes (gitprotocol-pack, "push-cert"). What is in it is read here;
//! whose signature it bears, and whether its nonce is ours, is for others to judge.

use hardie_domain::limits::GitLimits;

use crate::signature;
use crate::wire::error::{WireError, printable};

const VERSION: &[u8] = b"certificate version 0.1\n";
const END: &[u8] = b"push-cert-end\n";
/// What git itself takes.
const MAX_NONCE: usize = 256;

/// A whole certificate. Its commands are those of the push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushCertificate {
    /// The bytes as sent, the signature included.
    pub text: Vec<u8>,
    /// How many of them are signed; the signature is the rest, which may be empty.
    pub signed: usize,
    /// The server's word that it says back.
    pub nonce: Option<String>,
    /// The push options that were signed.
    pub options: Vec<String>,
}

impl PushCertificate {
    /// What was signed.
    pub fn payload(&self) -> &[u8] {
        self.text.get(..self.signed).unwrap_or_default()
    }

    /// The signature in its armour.
    pub fn signature(&self) -> &[u8] {
        self.text.get(self.signed..).unwrap_or_default()
    }
}

/// What a line of a certificate is.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    /// Nothing that the push needs.
    Read,
    /// `OLD NEW REF`.
    Command,
    /// The last one.
    End,
}

/// Reads a certificate line by line. Holds at most `GitLimits::certificate_bytes` and one line.
#[derive(Debug, Default)]
pub struct Reader {
    text: Vec<u8>,
    part: Part,
    nonce: Option<String>,
    options: Vec<String>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum Part {
    #[default]
    Version,
    Headers,
    Commands,
    /// From this byte on.
    Signature(usize),
}

impl Reader {
    /// Takes one line with its newline.
    pub fn take(&mut self, line: &[u8], limits: &GitLimits) -> Result<Line, WireError> {
        if line.iter().position(|b| *b == b'\n') != Some(line.len().wrapping_sub(1)) {
            return Err(WireError::unexpected("one line of a push certificate", line));
        }
        if line == END {
            return match self.part {
                Part::Version | Part::Headers => Err(WireError::Protocol("the push certificate ends before its commands".to_owned())),
                Part::Commands | Part::Signature(_) => Ok(Line::End),
            };
        }
        if self.text.len() + line.len() > limits.certificate_bytes {
            let most = limits.certificate_bytes;
            return Err(WireError::Limit(format!("the push certificate is longer than {most} bytes; push fewer refs at a time")));
        }
        let begin = self.text.len();
        self.text.extend_from_slice(line);
        match self.part {
            Part::Version if line == VERSION => self.part = Part::Headers,
            Part::Version => return Err(WireError::unexpected("'certificate version 0.1'", line)),
            Part::Headers if line == b"\n" => self.part = Part::Commands,
            Part::Headers => self.header(line.strip_suffix(b"\n").unwrap_or(line), limits)?,
            Part::Commands if signature::begins(line) => self.part = Part::Signature(begin),
            Part::Commands => return Ok(Line::Command),
            Part::Signature(_) => {}
        }
        Ok(Line::Read)
    }

    fn header(&mut self, line: &[u8], limits: &GitLimits) -> Result<(), WireError> {
        if let Some(nonce) = line.strip_prefix(b"nonce ") {
            let nonce = std::str::from_utf8(nonce).ok().filter(|text| text.len() < MAX_NONCE && !text.chars().any(char::is_control));
            let nonce = nonce.ok_or_else(|| WireError::unexpected("the server's nonce", line))?;
            if self.nonce.replace(nonce.to_owned()).is_some() {
                return Err(WireError::Protocol("the push certificate has two nonces".to_owned()));
            }
        } else if let Some(option) = line.strip_prefix(b"push-option ") {
            self.options.push(super::commands::push_option(option, self.options.len(), limits)?);
        } else if !line.contains(&b' ') {
            return Err(WireError::Protocol(format!("a line of a push certificate is a name and a value, not '{}'", printable(line))));
        }
        // `pusher` and `pushee` are the client's word, kept in the text: the signature's key and the nonce are what is believed.
        Ok(())
    }

    /// The whole, after [`Line::End`].
    pub fn finish(self) -> PushCertificate {
        let signed = match self.part {
            Part::Signature(begin) => begin,
            _ => self.text.len(),
        };
        PushCertificate { text: self.text, signed, nonce: self.nonce, options: self.options }
    }
}
