//! What is said, and what is answered: each case in one piece and byte by byte.

use super::fake::{Outcome, config, decode, empty, encode, id, play, refs};
use crate::upload::{Filter, PackRequest, advertise, advertise_http};
use crate::wire::version::Version;

/// Plays lines in several portions, expecting the same each time. `ID-n` stands for the id of object n.
fn say(version: Version, stateless: bool, lines: &[&str]) -> Outcome {
    let lines: Vec<String> = lines.iter().map(|line| ids(line)).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let input = encode(&lines);
    let whole = play(config(version, stateless), refs(), &input, input.len().max(1));
    for step in [1, 7] {
        assert_eq!(play(config(version, stateless), refs(), &input, step), whole, "in portions of {step}");
    }
    whole
}

fn ids(line: &str) -> String {
    (0..10u8).fold(line.to_owned(), |line, n| line.replace(&format!("ID-{n}"), &id(n).to_hex()))
}

fn assert_sent(outcome: &Outcome, expected: &[&str]) {
    let expected: Vec<String> = expected.iter().map(|line| ids(line)).collect();
    assert_eq!(outcome.sent, expected, "{:?}", outcome.error);
}

#[test]
fn version_2_is_advertised_without_refs() {
    let lines = decode(&advertise_http(Version::V2, &refs(), false));
    assert_eq!(lines.first().map(String::as_str), Some("version 2"));
    for line in [
        "ls-refs=unborn",
        "fetch=shallow wait-for-done filter ref-in-want sideband-all",
        "object-info",
        "object-format=sha1",
        "server-option",
    ] {
        assert!(lines.iter().any(|l| l == line), "{line}");
    }
    assert_eq!(lines.last().map(String::as_str), Some("flush"));
    assert!(!lines.iter().any(|l| l == "bundle-uri"));
    assert!(decode(&advertise_http(Version::V2, &refs(), true)).iter().any(|l| l == "bundle-uri"));
}

#[test]
fn version_0_shows_head_refs_and_peeled_tags() {
    let lines = decode(&advertise_http(Version::V0, &refs(), true));
    assert_eq!(lines[..2], ["# service=git-upload-pack", "flush"]);
    let (first, capabilities) = lines[2].split_once('\0').unwrap();
    assert_eq!(first, ids("ID-4 HEAD"));
    for word in ["no-done", "symref=HEAD:refs/heads/main", "allow-reachable-sha1-in-want", "filter", "multi_ack_detailed"] {
        assert!(capabilities.split(' ').any(|w| w == word), "{word}");
    }
    let expected = ["ID-4 refs/heads/main", "ID-2 refs/heads/old", "ID-9 refs/tags/v1", "ID-2 refs/tags/v1^{}", "flush"];
    assert_eq!(lines[3..], expected.map(ids));

    let stateful = decode(&advertise(Version::V1, &refs(), true));
    assert_eq!(stateful[0], "version 1");
    assert!(!stateful[1].contains("no-done"), "no-done is for stateless clients");
    let nothing = decode(&advertise(Version::V0, &empty(), true));
    assert!(nothing[0].starts_with(&ids("ID-0 capabilities^{}\0")) && nothing.len() == 2);
}

#[test]
fn ls_refs_lists_what_was_asked_for() {
    let all = [
        "ID-4 HEAD symref-target:refs/heads/main",
        "ID-4 refs/heads/main",
        "ID-2 refs/heads/old",
        "ID-9 refs/tags/v1 peeled:ID-2",
        "flush",
    ];
    assert_sent(
        &say(Version::V2, true, &["command=ls-refs", "agent=git/2.47", "object-format=sha1", "delim", "peel", "symrefs", "flush"]),
        &all,
    );
    let plain = ["ID-4 HEAD", "ID-4 refs/heads/main", "ID-2 refs/heads/old", "ID-9 refs/tags/v1", "flush"];
    assert_sent(&say(Version::V2, true, &["command=ls-refs", "flush"]), &plain);
    for (prefixes, expected) in [
        (vec!["ref-prefix refs/heads/"], vec!["ID-4 refs/heads/main", "ID-2 refs/heads/old", "flush"]),
        (
            vec!["ref-prefix refs/heads/o", "ref-prefix refs/heads/", "ref-prefix refs/heads/", "ref-prefix refs/heads/main"],
            vec!["ID-4 refs/heads/main", "ID-2 refs/heads/old", "flush"],
        ),
        (vec!["ref-prefix refs/tags/v1", "ref-prefix HE"], vec!["ID-4 HEAD", "ID-9 refs/tags/v1", "flush"]),
        (vec!["ref-prefix nothing"], vec!["flush"]),
    ] {
        let lines = [vec!["command=ls-refs", "delim"], prefixes.clone(), vec!["flush"]].concat();
        assert_sent(&say(Version::V2, true, &lines), &expected);
    }
}

#[test]
fn requests_sent_without_waiting_are_all_answered() {
    let lines = ["command=ls-refs", "flush", "command=ls-refs", "delim", "ref-prefix refs/tags/", "flush", "flush"];
    let expected = ["ID-4 HEAD", "ID-4 refs/heads/main", "ID-2 refs/heads/old", "ID-9 refs/tags/v1", "flush", "ID-9 refs/tags/v1", "flush"];
    assert_sent(&say(Version::V2, false, &lines), &expected);
}

#[test]
fn an_unborn_head_is_shown_to_those_who_ask() {
    let ask = |arguments: &[&str]| {
        let input = encode(&[&["command=ls-refs", "delim"], arguments, &["flush"]].concat());
        play(config(Version::V2, true), empty(), &input, input.len()).sent
    };
    assert_eq!(ask(&["unborn", "symrefs"]), ["unborn HEAD symref-target:refs/heads/main", "flush"]);
    assert_eq!(ask(&["symrefs"]), ["flush"]);
    assert_eq!(ask(&["unborn"]), ["flush"]);
}

#[test]
fn a_clone_in_version_2_gets_a_pack_at_once() {
    let lines = [
        "command=fetch",
        "agent=git/2.47",
        "delim",
        "thin-pack",
        "ofs-delta",
        "include-tag",
        "want ID-4",
        "want ID-4",
        "want ID-9",
        "done",
        "flush",
    ];
    let outcome = say(Version::V2, true, &lines);
    assert_sent(&outcome, &["packfile", "\u{1}PACK", "flush"]);
    let wants = vec![id(4), id(9)];
    let expected = PackRequest { wants, thin: true, ofs_delta: true, include_tag: true, progress: true, ..PackRequest::default() };
    assert_eq!(outcome.packs, [expected]);
}

#[test]
fn negotiation_in_version_2_acknowledges_what_is_known() {
    let fetch = |more: &[&str]| say(Version::V2, true, &[&["command=fetch", "delim", "want ID-4"], more, &["flush"]].concat());
    assert_sent(&fetch(&["have ID-5", "have ID-6"]), &["acknowledgments", "NAK", "flush"]);
    assert_sent(&fetch(&["have ID-5", "have ID-1", "have ID-1"]), &["acknowledgments", "ACK ID-1", "flush"]);
    let ready = fetch(&["have ID-3", "have ID-8"]);
    assert_sent(&ready, &["acknowledgments", "ACK ID-3", "ready", "delim", "packfile", "\u{1}PACK", "flush"]);
    assert_eq!(ready.packs[0].common, [id(3)], "an object that the client may not know of is not common ground");
    assert_sent(&fetch(&["have ID-3", "wait-for-done"]), &["acknowledgments", "ACK ID-3", "flush"]);
    assert_sent(&fetch(&["have ID-3", "done"]), &["packfile", "\u{1}PACK", "flush"]);
    let only = say(Version::V2, true, &["command=fetch", "delim", "wait-for-done", "have ID-2", "have ID-5", "flush"]);
    assert_sent(&only, &["acknowledgments", "ACK ID-2", "flush"]);
    assert_sent(&say(Version::V2, true, &["command=fetch", "delim", "have ID-2", "done", "flush"]), &[]);
}

#[test]
fn a_shallow_fetch_never_unshallows_what_was_not_declared() {
    let lines =
        ["command=fetch", "delim", "want ID-4", "shallow ID-2", "shallow ID-6", "deepen 1", "filter blob:limit=1k", "done", "flush"];
    let outcome = say(Version::V2, true, &lines);
    assert_sent(&outcome, &["shallow-info", "shallow ID-3", "unshallow ID-2", "delim", "packfile", "\u{1}PACK", "flush"]);
    let pack = &outcome.packs[0];
    assert_eq!((&pack.client_shallow, &pack.new_shallow, &pack.unshallow), (&vec![id(2)], &vec![id(3)], &vec![id(2)]));
    assert_eq!(pack.filter, Some(Filter::BlobLimit(1024)));
}

#[test]
fn everything_is_unshallowed_without_asking() {
    let outcome = say(Version::V2, true, &["command=fetch", "delim", "want ID-4", "shallow ID-2", "deepen 2147483647", "done", "flush"]);
    assert_sent(&outcome, &["shallow-info", "unshallow ID-2", "delim", "packfile", "\u{1}PACK", "flush"]);
}

#[test]
fn refs_are_wanted_by_name() {
    let fetch = |more: &[&str]| say(Version::V2, true, &[&["command=fetch", "delim"], more, &["done", "flush"]].concat());
    let outcome = fetch(&["want-ref refs/heads/old", "want-ref HEAD", "want ID-4", "deepen 1"]);
    let sections = ["shallow-info", "shallow ID-3", "delim", "wanted-refs", "ID-4 HEAD", "ID-2 refs/heads/old", "delim"];
    assert_sent(&outcome, &[&sections[..], &["packfile", "\u{1}PACK", "flush"]].concat());
    assert_eq!(outcome.packs[0].wants, [id(2), id(4)]);
    assert_sent(&fetch(&["want-ref main"]), &["ERR protocol error: unknown ref main"]);
    let twice = fetch(&["want-ref refs/heads/main", "want-ref refs/heads/main"]);
    assert_sent(&twice, &["ERR protocol error: duplicate want-ref refs/heads/main"]);
}

#[test]
fn an_id_in_the_place_of_a_ref_is_read_back_as_it_was_asked_for() {
    let fetch = |name: &str| say(Version::V2, true, &["command=fetch", "delim", &format!("want-ref {name}"), "done", "flush"]);
    let outcome = fetch("ID-3");
    assert_sent(&outcome, &["wanted-refs", "ID-3 ID-3", "delim", "packfile", "\u{1}PACK", "flush"]);
    assert_eq!(outcome.packs[0].wants, [id(3)]);
    assert_sent(&fetch("ID-8"), &["ERR upload-pack: not our ref ID-8"]);
}

#[test]
fn every_section_is_in_a_band_for_those_who_ask() {
    let lines = ["command=fetch", "delim", "sideband-all", "want-ref refs/heads/main", "have ID-3", "deepen 1", "flush"];
    let sections = ["acknowledgments", "ACK ID-3", "ready", "delim", "shallow-info", "shallow ID-3", "delim"];
    let rest = ["wanted-refs", "ID-4 refs/heads/main", "delim", "packfile", "PACK", "flush"];
    let banded = |line: &&str| if ["delim", "flush"].contains(line) { (*line).to_owned() } else { format!("\u{1}{line}") };
    let expected: Vec<String> = sections.iter().chain(&rest).map(banded).collect();
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    assert_sent(&say(Version::V2, true, &lines), &expected);
}

#[test]
fn sizes_are_told_of_what_the_client_may_have() {
    let ask = |more: &[&str]| say(Version::V2, true, &[&["command=object-info", "delim"], more, &["flush"]].concat());
    let sizes = ask(&["size", "oid ID-2", "oid ID-8", "oid ID-4"]);
    assert_sent(&sizes, &["size", "ID-2 200", "ID-8 ", "ID-4 400", "flush"]);
    assert_sent(&ask(&["oid ID-2"]), &["ID-2", "flush"]);
    assert_sent(&ask(&["type"]), &["ERR protocol error: expected an argument of object-info, not 'type'"]);
}

#[test]
fn bundles_are_listed_to_whoever_asks() {
    let list = ["bundle.version=1", "bundle.mode=all", "bundle.all-1.uri=info/bundles/1", "flush"];
    assert_sent(&say(Version::V2, true, &["command=bundle-uri", "object-format=sha1", "flush"]), &list);
    assert_sent(&say(Version::V2, true, &["command=bundle-uri", "delim", "flush"]), &list);
    let both = say(Version::V2, false, &["command=bundle-uri", "flush", "command=bundle-uri", "flush"]);
    assert_sent(&both, &[list, list].concat());
    let argued = say(Version::V2, true, &["command=bundle-uri", "delim", "filter blob:none", "flush"]);
    assert_sent(&argued, &["ERR protocol error: expected an argument of bundle-uri, not 'filter blob:none'"]);
}

#[test]
fn one_connection_carries_many_requests_of_version_2() {
    let requests = [
        "command=ls-refs",
        "delim",
        "ref-prefix refs/tags/",
        "flush",
        "command=fetch",
        "delim",
        "want ID-4",
        "have ID-5",
        "flush",
        "command=fetch",
        "delim",
        "want ID-4",
        "done",
        "flush",
        "flush",
    ];
    let outcome = say(Version::V2, false, &requests);
    let expected = ["ID-9 refs/tags/v1", "flush", "acknowledgments", "NAK", "flush", "packfile", "\u{1}PACK", "flush"];
    assert_sent(&outcome, &expected);
    assert_eq!(outcome.error, None);
    let one = say(Version::V2, true, &requests);
    assert_sent(&one, &["ID-9 refs/tags/v1", "flush"]);
}

#[test]
fn a_clone_in_version_0_ends_with_nak_and_a_pack() {
    let want = "want ID-4 multi_ack_detailed no-done side-band-64k thin-pack ofs-delta agent=git/2.47";
    let outcome = say(Version::V0, true, &[want, "want ID-2", "flush", "done"]);
    assert_sent(&outcome, &["NAK", "\u{1}PACK", "flush"]);
    assert!(outcome.packs[0].thin && outcome.packs[0].ofs_delta && !outcome.packs[0].include_tag);
    let bare = say(Version::V0, true, &["want ID-4", "flush", "flush", "done"]);
    assert_eq!(bare.packs.len(), 1, "no sideband at all");
    assert!(!bare.packs[0].progress, "progress has nowhere to go");
}

#[test]
fn rounds_in_version_0_are_acknowledged_in_each_manner() {
    let talk = |words: &str, stateless: bool| {
        say(
            Version::V0,
            stateless,
            &[
                &format!("want ID-4 side-band-64k {words}"),
                "flush",
                "have ID-5",
                "have ID-1",
                "flush",
                "have ID-3",
                "have ID-6",
                "flush",
                "done",
            ],
        )
        .sent
    };
    assert_eq!(
        talk("multi_ack_detailed", false),
        ["ACK ID-1 common", "NAK", "ACK ID-3 common", "ACK ID-6 ready", "NAK", "ACK ID-3", "\u{1}PACK", "flush"].map(ids)
    );
    assert_eq!(
        talk("multi_ack_detailed no-done", true),
        ["ACK ID-1 common", "NAK", "ACK ID-3 common", "ACK ID-6 ready", "NAK", "ACK ID-3", "\u{1}PACK", "flush"].map(ids)
    );
    assert_eq!(
        talk("multi_ack", false),
        ["ACK ID-1 continue", "NAK", "ACK ID-3 continue", "ACK ID-6 continue", "NAK", "ACK ID-3", "\u{1}PACK", "flush"].map(ids)
    );
    assert_eq!(talk("", false), ["ACK ID-1", "\u{1}PACK", "flush"].map(ids));
}

#[test]
fn a_stateless_round_may_end_without_a_pack() {
    let outcome = say(Version::V0, true, &["want ID-4 multi_ack_detailed side-band-64k", "deepen 1", "flush"]);
    assert_sent(&outcome, &["shallow ID-3", "flush"]);
    let outcome = say(Version::V0, true, &["want ID-4 multi_ack_detailed side-band-64k", "flush", "have ID-5", "flush"]);
    assert_sent(&outcome, &["NAK"]);
    assert_eq!(outcome.error, None);
}

#[test]
fn a_client_that_wants_nothing_leaves_in_peace() {
    for version in [Version::V0, Version::V1, Version::V2] {
        for lines in [&["flush"][..], &[]] {
            assert_eq!(say(version, false, lines), Outcome::default(), "{version:?} {lines:?}");
        }
    }
}
