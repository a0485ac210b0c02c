//! Transcripts with push certificates.

use super::*;

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----\n";
const HEAD: [&str; 3] = ["certificate version 0.1\n", "pusher SHA256:abc 1700000000 +0000\n", "pushee https://forge.test/a/b.git\n"];

fn opening() -> String {
    format!("push-cert{CAPS} push-options\n")
}

/// A push of one ref with its certificate, and what follows it.
fn signed<'a>(opening: &'a str, command: &'a str, end: &[&'a str]) -> Vec<&'a str> {
    let body =
        ["nonce 1-ab\n", "push-option ci.skip\n", "\n", command, BEGIN, "AAAA\n", "-----END SSH SIGNATURE-----\n", "push-cert-end\n"];
    [&[opening][..], &HEAD, &body, end].concat()
}

#[test]
fn the_commands_of_a_certificate_are_those_of_the_push() {
    let (opening, first) = (opening(), command(0, 1, "refs/heads/main") + "\n");
    let shallow = format!("shallow {}\n", id(3));
    let lines = [vec![shallow.as_str()], signed(&opening, &first, &["flush", "ci.skip", "flush"])].concat();
    let request = play(&lines).request.unwrap();
    assert_eq!((request.updates.len(), &request.options), (1, &vec!["ci.skip".to_owned()]));
    assert!(request.has_pack && request.shallow == [id(3)]);
    assert_eq!(request.updates[0].name.to_string(), "refs/heads/main");
    let certificate = request.certificate.unwrap();
    assert_eq!((certificate.nonce.as_deref(), certificate.options.as_slice()), (Some("1-ab"), &["ci.skip".to_owned()][..]));
    let payload = [&HEAD[..], &["nonce 1-ab\n", "push-option ci.skip\n", "\n", &first]].concat().concat();
    assert_eq!(certificate.payload(), payload.as_bytes());
    assert_eq!(certificate.signature(), format!("{BEGIN}AAAA\n-----END SSH SIGNATURE-----\n").as_bytes());
}

#[test]
fn a_certificate_without_signature_or_nonce_is_handed_on_as_such() {
    let (opening, first) = (format!("push-cert{CAPS}\n"), command(0, 1, "refs/heads/main") + "\n");
    let request = play(&[&opening, HEAD[0], "pusher x\n", "\n", &first, "push-cert-end\n", "flush"]).request.unwrap();
    let certificate = request.certificate.unwrap();
    assert_eq!((certificate.nonce, certificate.signed), (None, certificate.text.len()));
    let second = command(0, 2, "refs/heads/main") + "\n";
    let request = play(&[&opening, HEAD[0], "pusher x\n", "\n", &first, &second, BEGIN, "push-cert-end\n", "flush"]).request.unwrap();
    assert_eq!((request.updates.len(), request.refused.len()), (0, 2), "a ref twice, as in any push");
}

#[test]
fn certificates_that_are_none_are_refused_with_a_reason() {
    let (opening, plain) = (opening(), command(0, 1, "refs/heads/x") + CAPS);
    let (first, other) = (command(0, 1, "refs/heads/x") + "\n", command(0, 1, "refs/heads/y"));
    let whole = signed(&opening, &first, &[]);
    let without = |line: &str| whole.iter().copied().filter(|l| *l != line).collect::<Vec<_>>();
    let instead = |line: &str, by: &'static str| whole.iter().map(|l| if *l == line { by } else { l }).collect::<Vec<&str>>();
    let and = |more: &[&'static str]| [&whole[..], more].concat();
    let mut mixed = whole.clone();
    mixed.push(&other);
    let mut twice = whole.clone();
    twice.push("push-cert");
    for (lines, expected) in [
        (mixed, "not both"),
        (twice, "not both"),
        (vec![plain.as_str(), "push-cert", "flush"], "not both"),
        (and(&["push-cert\0 atomic"]), "first command only"),
        (instead("push-cert-end\n", "flush"), "push-cert-end"),
        (instead("push-cert-end\n", "delim"), "push-cert-end"),
        (instead(HEAD[0], "certificate version 0.2\n"), "certificate version 0.1"),
        (without("\n"), "a name and a value"),
        (instead("nonce 1-ab\n", "nonce 1\u{7}\n"), "nonce"),
        (instead("push-option ci.skip\n", "nonce 2-ab\n"), "two nonces"),
        (instead("push-option ci.skip\n", "push-option a\u{7}b\n"), "plain UTF-8"),
        (instead("push-option ci.skip\n", "push-option a"), "one line"),
        (instead("push-option ci.skip\n", "push-option a\nnonce 1-ab\n"), "one line"),
        (instead("push-option ci.skip\n", ""), "one line"),
        (instead(&first, "refs/heads/x\n"), "an old id, a new id and a ref"),
        (vec![&opening, HEAD[0], "push-cert-end\n"], "before its commands"),
        (vec![&opening, "push-cert-end\n"], "before its commands"),
        (vec![&opening], "ended early"),
        (and(&[]), "ended early"),
    ] {
        let error = refused(&lines);
        assert!(error.contains(expected), "{lines:?}: {error}");
    }
    assert!(play(&[&opening, HEAD[0], "\n", BEGIN, "push-cert-end\n", "flush"]).request.is_none(), "nothing is asked for");
}

#[test]
fn a_certificate_is_bounded_in_bytes_commands_and_options() {
    let (opening, first) = (opening(), command(0, 1, "refs/heads/x") + "\n");
    let whole = signed(&opening, &first, &[]);
    let input = encode(&whole);
    let bytes: usize = whole[1..whole.len() - 1].iter().map(|line| line.len()).sum();
    let with = |certificate_bytes, commands, push_options| {
        let limits = GitLimits { certificate_bytes, commands, push_options, ..GitLimits::default() };
        play_with(limits, &[input.clone(), b"00000000".to_vec()].concat(), 7)
    };
    assert!(with(bytes, 1, 1).request.is_some());
    for (played, expected) in [
        (with(bytes - 1, 1, 1), "certificate is longer"),
        (with(bytes, 0, 1), "more than 0 refs"),
        (with(bytes, 1, 0), "more than 0 push options"),
    ] {
        assert!(played.request.is_none());
        let error = played.error.unwrap();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_truncated_certificate_is_never_a_push_and_any_bytes_lead_to_an_end() {
    let (opening, first) = (opening(), command(0, 1, "refs/heads/x") + "\n");
    let whole = encode(&signed(&opening, &first, &["flush", "ci.skip", "flush"]));
    for end in 1..whole.len() {
        let played = play_with(GitLimits::default(), &whole[..end], 9);
        assert!(played.request.is_none() && played.error.is_some(), "cut at {end}");
    }
    for at in 0..whole.len() {
        for byte in [b'\0', b'\n', b'0', b'f', b' ', b'-'] {
            let mut input = whole.clone();
            input[at] = byte;
            if let Some(certificate) = play_with(GitLimits::default(), &input, 11).request.and_then(|request| request.certificate) {
                assert_eq!(certificate.payload().len() + certificate.signature().len(), certificate.text.len());
            }
        }
    }
}

#[test]
fn the_nonce_is_advertised_where_there_is_one() {
    let empty = Refs::new(Vec::new(), RefName::branch("main").unwrap());
    for (nonce, expected) in [(Some("1-ab"), true), (None, false)] {
        for lines in [decode(&advertise(Version::V0, &empty, nonce)), decode(&advertise_http(Version::V0, &empty, nonce))] {
            assert_eq!(lines.iter().any(|line| line.contains(" push-cert=1-ab ")), expected);
            assert_eq!(lines.iter().any(|line| line.contains("push-cert")), expected);
        }
    }
}
