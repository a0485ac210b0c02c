//! Transcripts and hostile input, each case in one piece and byte by byte. Real git clients: see `wire::tests`.

use bytes::{Bytes, BytesMut};
use hardie_domain::limits::GitLimits;
use hardie_domain::oid::Oid;
use hardie_domain::push::{RefOutcome, RefUpdate};
use hardie_domain::refname::RefName;

use super::{PushRequest, Receive, ReceiveAction, advertise, advertise_http};
use crate::wire::pktline::{self, Decoder, Packet};
use crate::wire::refs::{AdvertisedRef, Refs};
use crate::wire::version::Version;

mod certificates;

const CAPS: &str = "\0 report-status-v2 side-band-64k object-format=sha1 agent=git/2.47";

fn id(n: u8) -> Oid {
    Oid([n; 20])
}

fn encode(lines: &[&str]) -> Vec<u8> {
    let mut out = BytesMut::new();
    for line in lines {
        match *line {
            "flush" => out.extend_from_slice(pktline::FLUSH),
            "delim" => out.extend_from_slice(pktline::DELIM),
            text => pktline::write(&mut out, &[text.as_bytes()]),
        }
    }
    out.to_vec()
}

fn decode(bytes: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::default();
    decoder.push(bytes);
    let mut lines = Vec::new();
    while let Some(packet) = decoder.next_packet().unwrap() {
        lines.push(match packet {
            Packet::Data(line) => String::from_utf8_lossy(&line).into_owned(),
            other => format!("{other:?}").to_lowercase(),
        });
    }
    assert!(decoder.is_empty());
    lines
}

/// `OLD NEW NAME` with object numbers instead of ids.
fn command(old: u8, new: u8, name: &str) -> String {
    format!("{} {} {name}", id(old), id(new))
}

struct Played {
    receive: Receive,
    request: Option<PushRequest>,
    sent: Vec<u8>,
    error: Option<String>,
}

fn play_with(limits: GitLimits, input: &[u8], step: usize) -> Played {
    let mut receive = Receive::new(limits);
    let (mut request, mut sent, mut error) = (None, Vec::new(), None);
    let mut portions = input.chunks(step);
    loop {
        let fed = match receive.poll() {
            ReceiveAction::NeedInput => match portions.next() {
                Some(portion) => receive.feed(portion),
                None => receive.feed_eof(),
            },
            ReceiveAction::Send(bytes) => {
                sent.extend_from_slice(&bytes);
                Ok(())
            }
            ReceiveAction::Request(got) => {
                request = Some(*got);
                break;
            }
            ReceiveAction::Done => break,
        };
        if let Err(e) = fed {
            assert!(error.replace(e.to_string()).is_none());
        }
    }
    Played { receive, request, sent, error }
}

fn play(lines: &[&str]) -> Played {
    let input = encode(lines);
    let whole = play_with(GitLimits::default(), &input, input.len().max(1));
    for step in [1, 5] {
        let again = play_with(GitLimits::default(), &input, step);
        assert_eq!((&again.request, &again.error), (&whole.request, &whole.error), "in portions of {step}");
    }
    whole
}

fn refused(lines: &[&str]) -> String {
    let played = play(lines);
    assert!(played.request.is_none() && !played.sent.is_empty(), "{lines:?}");
    played.error.unwrap_or_else(|| panic!("accepted {lines:?}"))
}

#[test]
fn refs_are_shown_without_head_and_without_peeled_tags() {
    let shown = AdvertisedRef { name: RefName::tag("v1").unwrap(), oid: id(9), peeled: Some(id(2)) };
    let refs = Refs::new(vec![shown], RefName::branch("main").unwrap());
    for version in [Version::V0, Version::V2] {
        let lines = decode(&advertise(version, &refs, None));
        let (first, words) = lines[0].split_once('\0').unwrap();
        assert_eq!((first, lines.len()), (format!("{} refs/tags/v1", id(9)).as_str(), 2));
        for word in ["report-status", "report-status-v2", "delete-refs", "quiet", "atomic", "ofs-delta", "push-options", "side-band-64k"] {
            assert!(words.trim_end().split(' ').any(|w| w == word), "{word}");
        }
    }
    let empty = Refs::new(Vec::new(), RefName::branch("main").unwrap());
    let lines = decode(&advertise_http(Version::V1, &empty, None));
    assert_eq!(lines[..3], ["# service=git-receive-pack\n", "flush", "version 1\n"]);
    assert!(lines[3].starts_with(&format!("{} capabilities^{{}}\0", Oid::ZERO)));
}

#[test]
fn a_push_is_read_and_its_pack_left_alone() {
    let first = command(0, 1, "refs/heads/main") + CAPS + " atomic quiet push-options";
    let second = command(2, 0, "refs/heads/old") + "\n";
    let lines = ["shallow 0303030303030303030303030303030303030303", &first, &second, "flush", "ci.skip", "topic=ä", "flush"];
    let mut input = encode(&lines);
    input.extend_from_slice(b"PACK\0\0\0\x02rest");
    let mut played = play_with(GitLimits::default(), &input, input.len());
    let request = played.request.take().unwrap();
    assert!(request.atomic && request.quiet && request.has_pack && request.refused.is_empty());
    assert_eq!(request.options, ["ci.skip", "topic=ä"]);
    assert_eq!(request.shallow, [id(3)]);
    assert_eq!(request.agent.as_deref(), Some("git/2.47"));
    let update = |old, new, name: &str| RefUpdate { name: RefName::branch(name).unwrap(), old: id(old), new: id(new) };
    assert_eq!(request.updates, [update(0, 1, "main"), update(2, 0, "old")]);
    assert_eq!(played.receive.take_rest(), &b"PACK\0\0\0\x02rest"[..]);
}

#[test]
fn deletions_alone_bring_no_pack_and_nothing_at_all_is_no_push() {
    assert!(!play(&[&(command(1, 0, "refs/heads/a") + CAPS), "flush"]).request.unwrap().has_pack);
    for lines in [&["flush"][..], &[]] {
        let played = play(lines);
        assert!(played.request.is_none() && played.error.is_none() && played.sent.is_empty());
    }
}

#[test]
fn bad_and_repeated_refs_are_refused_alone_and_reported_in_order() {
    let mut played = play(&[
        &(command(0, 1, "refs/heads/good") + CAPS),
        &command(0, 1, "refs/heads/../../etc"),
        &command(0, 1, "HEAD"),
        &command(0, 1, "refs/heads/twice"),
        &command(0, 2, "refs/heads/twice"),
        &command(0, 0, "refs/heads/nothing"),
        &command(0, 1, "refs/heads/a\nok refs/heads/forged"),
        "flush",
    ]);
    let request = played.request.take().unwrap();
    assert_eq!(request.updates.len(), 1);
    assert_eq!(request.refused.len(), 6);
    let outcomes = [(request.updates[0].clone(), RefOutcome::Accepted)];
    let sent = played.receive.report(Ok(()), &outcomes);
    let outer = decode(&sent);
    assert_eq!(outer.last().map(String::as_str), Some("flush"));
    let inner = decode(outer[0].strip_prefix('\u{1}').unwrap().as_bytes());
    assert_eq!(inner[..2], ["unpack ok\n", "ok refs/heads/good\n"]);
    assert!(inner[2..8].iter().all(|line| line.starts_with("ng ") && line.matches('\n').count() == 1), "{inner:?}");
    assert!(inner[4].contains("more than once") && inner[5].contains("more than once"));
    assert_eq!(inner.len(), 9);
}

#[test]
fn a_name_that_is_too_long_comes_back_whole() {
    let name = format!("refs/heads/{}", "n/".repeat(3000) + "n");
    let input = encode(&[&(command(0, 1, &name) + "\0report-status"), "flush"]);
    let mut played = play_with(GitLimits::default(), &input, 100);
    let lines = decode(&played.receive.report(Ok(()), &[]));
    assert!(lines[1].starts_with(&format!("ng {name} funny refname: ")), "{}", lines[1]);
}

#[test]
fn the_report_says_what_became_of_each_ref() {
    let report = |caps: &str, unpack: Result<(), String>, outcome: Option<RefOutcome>| {
        let mut played = play(&[&(command(0, 1, "refs/heads/x") + caps), "flush"]);
        let update = played.request.unwrap().updates.remove(0);
        let outcomes: Vec<_> = outcome.into_iter().map(|o| (update.clone(), o)).collect();
        played.receive.report(unpack, &outcomes)
    };
    let refused = Some(RefOutcome::Refused("protected\nbranch".to_owned()));
    assert_eq!(decode(&report("\0report-status", Ok(()), refused)), ["unpack ok\n", "ng refs/heads/x protected branch\n", "flush"]);
    let failed = report("\0report-status", Err("missing tree".to_owned()), None);
    assert_eq!(decode(&failed), ["unpack missing tree\n", "ng refs/heads/x not done\n", "flush"]);
    assert_eq!(report("\0side-band-64k", Ok(()), None), &b"0000"[..], "no report was asked for");
    assert_eq!(report("", Ok(()), None), Bytes::new());
    let empty = Some(RefOutcome::Refused(String::new()));
    assert_eq!(decode(&report("\0report-status", Ok(()), empty))[1], "ng refs/heads/x refused\n");
}

#[test]
fn malformed_pushes_are_refused_with_a_reason() {
    let good = command(0, 1, "refs/heads/x") + CAPS;
    let options = command(0, 1, "refs/heads/x") + CAPS + " push-options";
    let sha256 = command(0, 1, "refs/heads/x") + "\0 report-status object-format=sha256";
    let again = command(0, 2, "refs/heads/y") + "\0 atomic";
    for (lines, expected) in [
        (&["hello", "flush"][..], "an old id, a new id and a ref"),
        (&["1234 5678 refs/heads/x", "flush"], "an old id, a new id and a ref"),
        (&["", "flush"], "an old id, a new id and a ref"),
        (&["\0", "flush"], "an old id, a new id and a ref"),
        (&["shallow 12", "flush"], "'shallow' and an object id"),
        (&[&good, &again, "flush"], "first command only"),
        (&[&good, "delim"], "delimiters"),
        (&[&sha256, "flush"], "sha256"),
        (&[&options, "flush", "a\0b", "flush"], "plain UTF-8"),
        (&[&options, "flush", "a\nb", "flush"], "plain UTF-8"),
        (&[&good], "ended early"),
        (&[&options, "flush", "x"], "ended early"),
    ] {
        let error = refused(lines);
        assert!(error.contains(expected), "{lines:?}: {error}");
    }
}

#[test]
fn push_options_that_are_not_utf8_are_refused_in_the_error_band() {
    let mut input = encode(&[&(command(0, 1, "refs/heads/x") + CAPS + " push-options"), "flush"]);
    input.extend_from_slice(b"0007\xff\xfe\xfd0000");
    let played = play_with(GitLimits::default(), &input, 3);
    let text = &decode(&played.sent)[0];
    assert!(text.starts_with('\u{3}') && text.contains("plain UTF-8"), "{text}");
}

#[test]
fn limits_hold_and_are_named() {
    let limits = GitLimits { commands: 2, push_options: 2, haves: 2, request_bytes: 4000, ..GitLimits::default() };
    let first = command(0, 1, "refs/heads/0") + CAPS + " push-options";
    let refs: Vec<String> = (1..5).map(|n| command(0, 1, &format!("refs/heads/{n}"))).collect();
    let shallow = format!("shallow {}", id(1));
    let huge = "x".repeat(3900);
    for (lines, expected) in [
        ([vec![first.as_str()], refs.iter().map(String::as_str).collect()].concat(), "more than 2 refs"),
        (vec![first.as_str(), "flush", "a", "b", "c"], "more than 2 push options"),
        (vec![shallow.as_str(); 4], "more than 2 'shallow'"),
        (vec![first.as_str(), "flush", &huge, "b"], "4000 bytes"),
    ] {
        let error = play_with(limits, &encode(&lines), 10).error.unwrap();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn truncation_anywhere_is_an_error_and_never_a_push() {
    let whole = encode(&[&(command(0, 1, "refs/heads/x") + CAPS + " push-options"), "flush", "option", "flush"]);
    for end in 1..whole.len() {
        let played = play_with(GitLimits::default(), &whole[..end], 9);
        assert!(played.request.is_none() && played.error.is_some(), "cut at {end}");
    }
}

#[test]
fn any_bytes_at_all_lead_to_an_end() {
    let mut state = 7u32;
    let mut chance = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    let seed =
        encode(&[&(command(0, 1, "refs/heads/x") + CAPS + " push-options"), &command(1, 2, "refs/tags/y"), "flush", "option", "flush"]);
    for _ in 0..5000 {
        let mut input = seed.clone();
        for _ in 0..=chance(3) {
            let at = chance(input.len());
            match chance(3) {
                0 => input[at] = chance(256) as u8,
                1 => input.insert(at, b"\0\n 0f"[chance(5)]),
                _ => drop(input.remove(at)),
            }
        }
        let mut played = play_with(GitLimits::default(), &input, 1 + chance(50));
        if let Some(request) = played.request.take() {
            let outcomes: Vec<_> = request.updates.into_iter().map(|u| (u, RefOutcome::Accepted)).collect();
            drop(played.receive.report(Ok(()), &outcomes));
        }
    }
}
