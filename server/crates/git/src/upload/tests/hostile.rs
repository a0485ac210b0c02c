//! Input that no honest client sends: a clear refusal, never a panic, never an unbounded buffer.

use hardie_domain::limits::GitLimits;

use super::fake::{Line, bundles, config, encode, id, play, refs};
use crate::upload::{Upload, UploadAction, UploadConfig};
use crate::wire::version::Version;

fn refused(version: Version, input: &[u8]) -> String {
    let whole = play(config(version, false), refs(), input, input.len().max(1));
    let bytewise = play(config(version, false), refs(), input, 1);
    let error = whole.error.unwrap_or_else(|| panic!("accepted {:?}", String::from_utf8_lossy(input)));
    assert!(whole.packs.is_empty() && bytewise.packs.is_empty());
    assert_eq!(bytewise.error.as_ref(), Some(&error));
    let last = whole.sent.last().cloned().unwrap_or_default();
    assert!(last.starts_with("ERR "), "the client is told: {last:?}");
    last
}

#[test]
fn malformed_requests_of_version_2_are_refused_with_a_reason() {
    let want = format!("want {}", id(4));
    let long = format!("want {}", "4".repeat(64));
    let cases: &[(&[&str], &str)] = &[
        (&["command=fetch", "delim", &long, "flush"], "SHA-1 repositories only"),
        (&["command=push", "flush"], "invalid command 'push'"),
        (&["command=fetch", "command=ls-refs", "flush"], "more than one command"),
        (&["agent=x", "flush"], "no command"),
        (&["delim", "flush"], "no command"),
        (&["command=ls-refs", "delim", "delim"], "second delimiter"),
        (&["command=ls-refs", "delim", "want x", "flush"], "argument of ls-refs"),
        (&["command=fetch", "delim", "want 123", "flush"], "40 hexadecimal digits"),
        (&["command=fetch", "delim", "want 44444444444444444444444444444444444444444", "flush"], "40 hexadecimal digits"),
        (&["command=fetch", "delim", "have zz", "flush"], "40 hexadecimal digits"),
        (&["command=fetch", "delim", "want-ref refs/heads/none", "flush"], "unknown ref"),
        (&["command=object-info", "delim", "oid 12", "flush"], "40 hexadecimal digits"),
        (&["command=fetch", "delim", "packfile-uris https", "flush"], "argument of fetch"),
        (&["command=fetch", "delim", "filter sparse:oid=main", "flush"], "not supported"),
        (&["command=fetch", "delim", "filter blob:none", "filter tree:0", "flush"], "more than one filter"),
        (&["command=fetch", "delim", "deepen 0", "flush"], "positive depth"),
        (&["command=fetch", "delim", "deepen -1", "flush"], "positive depth"),
        (&["command=fetch", "delim", "deepen-since tomorrow", "flush"], "seconds since"),
        (&["command=fetch", "delim", "deepen-not nowhere", "flush"], "not a ref"),
        (&["command=fetch", "delim", "deepen 1", "deepen-since 5", "flush"], "cannot be used together"),
        (&["command=fetch", "object-format=sha256", "delim", &want, "done", "flush"], "mismatched object format"),
        (&["command=fetch", "evil=1", "delim", &want, "done", "flush"], "unknown capability 'evil=1'"),
        (&["command=fetch", "delim", "\0\x1b[2Jwant", "flush"], "\\u{0}\\u{1b}"),
    ];
    for (lines, expected) in cases {
        let text = refused(Version::V2, &encode(lines));
        assert!(text.contains(expected), "{lines:?}: {text}");
    }
}

#[test]
fn malformed_requests_of_version_0_are_refused_with_a_reason() {
    let want = format!("want {}", id(4));
    let glued = format!("want {}multi_ack", id(4));
    let cases: &[(&[&str], &str)] = &[
        (&["have 1", "flush"], "expected 'want'"),
        (&["want", "flush"], "expected 'want'"),
        (&["want xyz multi_ack", "flush"], "40 hexadecimal digits"),
        (&[&glued, "flush"], "40 hexadecimal digits"),
        (&[&want, "filter blob:none", "flush"], "without the capability"),
        (&[&want, "delim"], "version 2"),
        (&[&want, "flush", "want x", "done"], "expected 'have'"),
        (&[&want, "flush", "have x"], "40 hexadecimal digits"),
        (&[&format!("{want} object-format=sha256"), "flush"], "sha1"),
    ];
    for (lines, expected) in cases {
        let text = refused(Version::V0, &encode(lines));
        assert!(text.contains(expected), "{lines:?}: {text}");
    }
}

#[test]
fn truncated_requests_are_refused_and_never_answered_with_a_pack() {
    let whole = encode(&["command=fetch", "delim", &format!("want {}", id(4)), "done", "flush"]);
    for end in 1..whole.len() {
        refused(Version::V2, &whole[..end]);
    }
    let whole = encode(&[&format!("want {} side-band-64k", id(4)), "flush", "done"]);
    for end in 1..whole.len() {
        refused(Version::V0, &whole[..end]);
    }
}

#[test]
fn bytes_that_are_no_packets_are_refused() {
    for input in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"PACK\0\0\0\x02", b"0003", b"fff1", b"\xff\xff\xff\xff", b"0002", b"0004"] {
        for version in [Version::V0, Version::V2] {
            refused(version, input);
        }
    }
}

#[test]
fn an_object_that_is_not_shown_cannot_be_had() {
    for n in [5, 8] {
        let want = format!("want {}", id(n));
        let text = refused(Version::V2, &encode(&["command=fetch", "delim", &want, "done", "flush"]));
        assert_eq!(text, format!("ERR upload-pack: not our ref {}", id(n)), "absent and hidden look alike");
        assert_eq!(refused(Version::V0, &encode(&[&want, "flush", "done"])), text);
    }
}

#[test]
fn a_fault_of_the_server_shows_no_detail() {
    let text = refused(Version::V2, &encode(&["command=fetch", "delim", &format!("want {}", id(7)), "done", "flush"]));
    assert!(!text.contains("secret") && text.contains("try again"), "{text}");
}

#[test]
fn limits_hold_and_are_named() {
    let limits = GitLimits { wants: 3, haves: 3, request_bytes: 2000, ..GitLimits::default() };
    let small = |version| UploadConfig { limits, ..config(version, true) };
    let oids: Vec<String> = (1..=9).map(|n| id(n).to_hex()).collect();
    for (word, expected) in [("want", "more than 3 'want'"), ("have", "more than 3 'have'"), ("shallow", "more than 3 'shallow'")] {
        let lines: Vec<String> = oids.iter().map(|oid| format!("{word} {oid}")).collect();
        let lines: Vec<&str> = ["command=fetch", "delim"].into_iter().chain(lines.iter().map(String::as_str)).collect();
        let outcome = play(small(Version::V2), refs(), &encode(&lines), 50);
        assert!(outcome.error.as_ref().is_some_and(|e| e.contains(expected)), "{:?}", outcome.error);
    }
    let long = vec!["ref-prefix refs/heads/something/long"; 100];
    let outcome = play(small(Version::V2), refs(), &encode(&[vec!["command=ls-refs", "delim"], long].concat()), 100);
    assert!(outcome.error.as_ref().is_some_and(|e| e.contains("2000 bytes")), "{:?}", outcome.error);
}

#[test]
fn an_endless_request_stops_being_buffered() {
    let limits = GitLimits { request_bytes: 100_000, ..GitLimits::default() };
    let mut upload = Upload::new(UploadConfig { limits, ..config(Version::V2, false) }, refs());
    let portion = encode(&["agent=me"; 1000]);
    let fed = (0..1000).take_while(|_| upload.feed(&portion).is_ok()).count();
    assert!(fed < 10);
    // Whatever comes after the refusal is dropped.
    for _ in 0..1000 {
        upload.feed(&portion).unwrap();
    }
    assert!(matches!(upload.poll(), UploadAction::Send(_)) && upload.poll() == UploadAction::Done);
}

#[test]
fn past_the_cap_prefixes_are_only_a_hint() {
    let mut lines = vec!["command=ls-refs", "delim"];
    lines.extend(std::iter::repeat_n("ref-prefix x", 65_536));
    lines.push("flush");
    let input = encode(&lines);
    assert_eq!(play(config(Version::V2, true), refs(), &input, input.len()).sent.len(), 5, "all refs are listed");
}

#[test]
fn any_bytes_at_all_lead_to_an_end() {
    // A small generator of its own, so that a failure repeats.
    let mut state = 0x9e37_79b9_u32;
    let mut chance = move |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    let seeds = [
        encode(&["command=fetch", "agent=x", "delim", &format!("want {}", id(4)), &format!("have {}", id(3)), "deepen 3", "flush"]),
        encode(&["command=ls-refs", "delim", "peel", "symrefs", "unborn", "ref-prefix refs/", "flush"]),
        encode(&[&format!("want {} multi_ack", id(4)), "flush", &format!("have {}", id(3)), "flush", "done"]),
    ];
    for round in 0..3000 {
        let mut input = seeds[round % seeds.len()].clone();
        for _ in 0..=chance(4) {
            let at = chance(input.len());
            match chance(4) {
                0 => input[at] ^= 1 << chance(8),
                1 => input.truncate(at + 1),
                2 => input.insert(at, chance(256) as u8),
                _ => drop(input.remove(at)),
            }
            if input.is_empty() {
                break;
            }
        }
        for version in [Version::V0, Version::V2] {
            for stateless in [false, true] {
                let step = 1 + chance(40);
                let mut upload = Upload::new(config(version, stateless), refs());
                let mut portions = input.chunks(step);
                let mut steps = 0;
                loop {
                    steps += 1;
                    assert!(steps < 10_000, "it never ends");
                    match upload.poll() {
                        UploadAction::NeedInput => match portions.next() {
                            Some(portion) => drop(upload.feed(portion)),
                            None => drop(upload.feed_eof()),
                        },
                        UploadAction::Compute => drop(upload.compute(&Line)),
                        UploadAction::Bundles => upload.list_bundles(&bundles()),
                        UploadAction::Pack(_) => drop(upload.finish_pack()),
                        UploadAction::Send(_) => {}
                        UploadAction::Done => break,
                    }
                }
            }
        }
    }
}
