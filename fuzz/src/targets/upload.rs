//! A fetch: any request ends, with an answer or a refusal, and every pack is whole.

use std::ops::ControlFlow;
use std::time::Duration;

use hardie_domain::limits::GitLimits;
use hardie_git::Cancel;
use hardie_git::build::build_here;
use hardie_git::reach::Reach;
use hardie_git::sink::ByteSink;
use hardie_git::upload::{PackRequest, Upload, UploadAction, UploadConfig};
use hardie_git::wire::Version;

use super::portions;
use crate::repository::{Repository, repository};

/// More turns than any request of this length can take.
const TURNS: usize = 100_000;

/// Version 2, over SSH.
pub fn version_2(data: &[u8]) {
    talk(Version::V2, data);
}

/// Version 0, over SSH.
pub fn version_0(data: &[u8]) {
    talk(Version::V0, data);
}

fn talk(version: Version, data: &[u8]) {
    let here = repository();
    let limits = GitLimits { request_bytes: 64 << 10, wants: 50, haves: 50, ..GitLimits::default() };
    let config = UploadConfig { version, stateless: data.len().is_multiple_of(2), advertise: true, bundles: true, limits };
    let mut machine = Upload::new(config, here.refs.clone());
    let objects = Reach::new(here.odb.clone(), here.refs.clone());
    let mut input = portions(data);
    for _ in 0..TURNS {
        // An error queues its explanation; the machine then comes to its end by itself.
        let _ = match machine.poll() {
            UploadAction::NeedInput => match input.next() {
                Some(portion) => machine.feed(portion),
                None => machine.feed_eof(),
            },
            UploadAction::Compute => machine.compute(&objects),
            UploadAction::Bundles => {
                machine.list_bundles(&[]);
                Ok(())
            }
            UploadAction::Send(bytes) => {
                assert!(!bytes.is_empty(), "nothing to send");
                Ok(())
            }
            UploadAction::Pack(request) => {
                build(here, &request);
                machine.finish_pack();
                Ok(())
            }
            UploadAction::Done => return,
        };
    }
    panic!("the conversation does not end");
}

#[derive(Default)]
struct Collect(Vec<u8>);

impl ByteSink for Collect {
    fn data(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.0.extend_from_slice(bytes);
        ControlFlow::Continue(())
    }

    fn progress(&mut self, _: &[u8]) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

fn build(here: &Repository, request: &PackRequest) {
    let mut sent = Collect::default();
    let built = build_here(&here.odb, &here.refs, request, &mut sent, &Cancel::new(), Duration::from_secs(60));
    if built.expect("what is asked for is here") {
        assert!(sent.0.starts_with(b"PACK") && sent.0.len() >= 32, "not a pack");
    }
}

fn line(text: &str) -> Vec<u8> {
    format!("{:04x}{text}", text.len() + 4).into_bytes()
}

fn message(lines: &[&str]) -> Vec<u8> {
    let packet = |text: &&str| match *text {
        "flush" => b"0000".to_vec(),
        "delim" => b"0001".to_vec(),
        other => line(other),
    };
    lines.iter().flat_map(packet).collect()
}

/// Requests as clients send them.
pub fn seeds() -> Vec<Vec<u8>> {
    let (tip, old) = (repository().tip.to_hex(), repository().old.to_hex());
    let (want, have) = (format!("want {tip}\n"), format!("have {old}\n"));
    let fetch = |more: &[&str]| message(&[&["command=fetch", "agent=git/2", "delim"], more, &["flush"]].concat());
    let info = format!("oid {tip}");
    let relative = format!("shallow {old}");
    vec![
        message(&["command=ls-refs\n", "delim", "peel\n", "symrefs\n", "unborn\n", "ref-prefix refs/heads/\n", "flush", "flush"]),
        fetch(&["thin-pack", "ofs-delta", "include-tag", &want, &have, "done\n"]),
        fetch(&["no-progress", &want, "deepen 1\n", "done\n"]),
        fetch(&[&want, &have, "wait-for-done"]),
        fetch(&[&want, "filter blob:none", "done"]),
        fetch(&[&want, "filter tree:1", &relative, "deepen 2", "deepen-relative", "done"]),
        fetch(&[&want, "deepen-since 1600000000", "done"]),
        fetch(&[&want, "deepen-not refs/tags/v1", "done"]),
        fetch(&["want-ref refs/heads/main", "sideband-all", "done"]),
        message(&["command=object-info", "delim", "size", &info, "flush"]),
    ]
}

/// The same for version 0.
pub fn seeds_of_version_0() -> Vec<Vec<u8>> {
    let (tip, old) = (repository().tip.to_hex(), repository().old.to_hex());
    let want = format!("want {tip} multi_ack_detailed no-done side-band-64k thin-pack ofs-delta shallow filter agent=git/2\n");
    let have = format!("have {old}\n");
    vec![
        message(&[&want, "flush", &have, "flush", "done\n"]),
        message(&[&want, "flush", "done\n"]),
        message(&[&want, "deepen 1\n", "flush", "done\n"]),
        message(&[&want, &format!("shallow {old}"), "deepen 2", "flush", &have, "done"]),
        message(&[&want, "filter blob:none", "flush", "done"]),
    ]
}
