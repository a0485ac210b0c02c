//! What `git archive --remote` asks for: packets `argument WORD`, then a flush (git-upload-archive(1); git's `archive.c` says
//! which words a server takes).

use super::{ArchiveOptions, Format};
use crate::wire::error::{WireError, printable};
use crate::wire::pktline::{Decoder, Packet, chomp};

/// Words of one request; git's own bound.
const MOST: usize = 64;
/// Bytes of one request.
const MOST_BYTES: usize = 256 << 10;

/// A whole request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The names of the formats.
    List,
    /// An archive of what `tree` names: a ref or an id, and maybe `:` and a folder. It is still to be looked up.
    Archive {
        /// As the client wrote it. Bytes.
        tree: Vec<u8>,
        /// Everything else.
        options: ArchiveOptions,
    },
}

/// Reads one request.
#[derive(Debug, Default)]
pub struct Arguments {
    decoder: Decoder,
    read: usize,
    words: Vec<Vec<u8>>,
}

impl Arguments {
    /// Takes bytes in any portions; gives the request when it is complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Option<Asked>, WireError> {
        self.read = self.read.saturating_add(bytes.len());
        if self.read > MOST_BYTES {
            return Err(WireError::Limit(format!("the request is longer than {MOST_BYTES} bytes")));
        }
        self.decoder.push(bytes);
        while let Some(packet) = self.decoder.next_packet()? {
            match packet {
                Packet::Flush => return parse(std::mem::take(&mut self.words)).map(Some),
                Packet::Data(_) if self.words.len() == MOST => {
                    return Err(WireError::Limit(format!("more than {MOST} arguments")));
                }
                Packet::Data(line) => {
                    let line = chomp(&line);
                    let word = line.strip_prefix(b"argument ").ok_or_else(|| WireError::unexpected("'argument' and a word", line))?;
                    self.words.push(word.to_vec());
                }
                Packet::Delim | Packet::ResponseEnd => {
                    return Err(WireError::Protocol("delimiters belong to protocol version 2".to_owned()));
                }
            }
        }
        Ok(None)
    }
}

fn parse(words: Vec<Vec<u8>>) -> Result<Asked, WireError> {
    let refused = |text: String| Err(WireError::Protocol(text));
    let mut options = ArchiveOptions::default();
    let mut words = words.into_iter().peekable();
    while let Some(option) = words.next_if(|word| word.starts_with(b"-")) {
        match option.as_slice() {
            b"--" => break,
            b"-l" | b"--list" => return Ok(Asked::List),
            b"-v" | b"--verbose" => options.verbose = true,
            [b'-', level @ b'0'..=b'9'] => options.level = Some(level - b'0'),
            word => {
                if let Some(name) = word.strip_prefix(b"--format=") {
                    let Some(format) = Format::parse(name) else {
                        return refused(format!("unknown archive format '{}' (tar, tar.gz and zip are known)", printable(name)));
                    };
                    options.format = format;
                } else if let Some(prefix) = word.strip_prefix(b"--prefix=") {
                    options.prefix = prefix.to_vec();
                } else {
                    return refused(format!("the option '{}' of git archive is not offered here", printable(word)));
                }
            }
        }
    }
    let Some(tree) = words.next() else { return refused("git archive needs a branch, a tag or a commit".to_owned()) };
    options.paths = words.filter(|word| word != b"--").collect();
    Ok(Asked::Archive { tree, options })
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;
    use crate::wire::pktline;

    fn ask(words: &[&[u8]]) -> Result<Asked, String> {
        let mut input = BytesMut::new();
        words.iter().for_each(|word| pktline::write(&mut input, &[b"argument ", word, b"\n"]));
        input.extend_from_slice(pktline::FLUSH);
        let whole = Arguments::default().feed(&input).map_err(|e| e.to_string()).map(Option::unwrap);
        let mut slow = Arguments::default();
        let portions = input.iter().map(|byte| slow.feed(&[*byte]));
        let slowly =
            portions.collect::<Result<Vec<_>, _>>().map_err(|e| e.to_string()).map(|all| all.into_iter().flatten().next().unwrap());
        assert_eq!(whole, slowly);
        whole
    }

    #[test]
    fn what_git_sends_is_understood() {
        assert_eq!(ask(&[b"--list"]), Ok(Asked::List));
        let options = ArchiveOptions {
            format: Format::TarGz,
            prefix: b"tool-1/".to_vec(),
            level: Some(9),
            paths: vec![b"src".to_vec(), b"-odd".to_vec()],
            ..ArchiveOptions::default()
        };
        let words: [&[u8]; 7] = [b"--format=tgz", b"--prefix=tool-1/", b"-9", b"--", b"main:lib", b"src", b"-odd"];
        assert_eq!(ask(&words), Ok(Asked::Archive { tree: b"main:lib".to_vec(), options }));
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        let many = vec![&b"-v"[..]; MOST + 1];
        for (words, expected) in [
            (&[][..], "needs a branch"),
            (&[&b"--format=rar"[..], b"main"][..], "format 'rar'"),
            (&[b"--add-file=/etc/passwd", b"main"], "--add-file"),
            (&[b"--output=/tmp/x", b"main"], "--output"),
            (&[b"--remote=x", b"main"], "--remote"),
            (&[b"--exec=id", b"main"], "--exec"),
            (&many, "more than 64"),
        ] {
            let error = ask(words).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        assert!(Arguments::default().feed(b"0009shell").unwrap_err().to_string().contains("'argument'"));
        assert!(Arguments::default().feed(&[b'0'; MOST_BYTES + 1]).unwrap_err().to_string().contains("longer"));
    }
}
