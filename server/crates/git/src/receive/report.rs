//! The report at the end of a push (gitprotocol-pack, "Report Status").

use std::collections::HashMap;

use bytes::{Bytes, BytesMut};
use hardie_domain::push::{RefOutcome, RefUpdate};
use hardie_domain::refname::RefName;

use super::commands::Command;
use crate::wire::error::one_line;
use crate::wire::pktline;
use crate::wire::sideband::{Band, Sideband};

/// The most bytes of one reason: git shows it on one line.
const MOST_REASON: usize = 1000;
/// The most bytes of a name: longer ones come back short, and git does not know which of its refs is meant.
const MOST_NAME: usize = 32 << 10;

/// Builds the whole last message, the closing flush included. The lines of `report-status-v2` that a server may add are for
/// refs that it renamed, which this one never does: both reports look alike.
pub fn build(
    wanted: bool,
    sideband: Sideband,
    commands: &[Command],
    unpack: Result<(), String>,
    outcomes: &[(RefUpdate, RefOutcome)],
) -> Bytes {
    let mut out = BytesMut::new();
    if wanted {
        let lines = lines(commands, unpack, outcomes);
        sideband.write(&mut out, Band::Data, &lines);
    }
    out.extend_from_slice(sideband.end());
    out.freeze()
}

fn lines(commands: &[Command], unpack: Result<(), String>, outcomes: &[(RefUpdate, RefOutcome)]) -> BytesMut {
    let mut out = BytesMut::new();
    let status = unpack.map_or_else(|text| reason(&text), |()| "ok".to_owned());
    pktline::write(&mut out, &[b"unpack ", status.as_bytes(), b"\n"]);
    let outcomes: HashMap<&RefName, &RefOutcome> = outcomes.iter().map(|(update, outcome)| (&update.name, outcome)).collect();
    for command in commands {
        match command {
            Command::Refused { name, reason: text } => refuse(&mut out, name, text),
            Command::Update(name) => match outcomes.get(name) {
                Some(RefOutcome::Accepted) => pktline::write(&mut out, &[b"ok ", name.as_bytes(), b"\n"]),
                Some(RefOutcome::Refused(text)) => refuse(&mut out, name.as_bytes(), text),
                None => refuse(&mut out, name.as_bytes(), "not done"),
            },
        }
    }
    out.extend_from_slice(pktline::FLUSH);
    out
}

fn refuse(out: &mut BytesMut, name: &[u8], text: &str) {
    // A name that is no ref may hold a newline or fill a packet; it must neither forge a line nor misframe one.
    let shown: Vec<u8> = name.iter().take(MOST_NAME).map(|b| if *b < b' ' || *b == 0x7f { b'?' } else { *b }).collect();
    pktline::write(out, &[b"ng ", &shown, b" ", reason(text).as_bytes(), b"\n"]);
}

/// One line, never empty: a client takes `ng` without a reason for a broken report.
fn reason(text: &str) -> String {
    match one_line(text, MOST_REASON) {
        line if line.is_empty() => "refused".to_owned(),
        line => line,
    }
}
