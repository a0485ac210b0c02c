//! A server for `git://` that serves one bare repository: the first packet names the service, the rest is the conversation.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hardie_domain::limits::GitLimits;
use hardie_domain::push::{RefOutcome, RefUpdate};

use super::oracle::{Oracle, pack, refs, try_git};
use crate::receive::{self, PushRequest, Receive, ReceiveAction};
use crate::upload::{Upload, UploadAction, UploadConfig};
use crate::wire::pktline::{Decoder, Packet};
use crate::wire::version::Version;

/// Serves until the test process ends; gives the address `git://…`.
pub fn serve(repository: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("git://{}/repo", listener.local_addr().unwrap());
    let repository = repository.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let repository = repository.clone();
            std::thread::spawn(move || converse(stream.unwrap(), repository));
        }
    });
    url
}

fn converse(mut stream: TcpStream, repository: PathBuf) {
    let mut decoder = Decoder::default();
    let first = loop {
        match decoder.next_packet().unwrap() {
            Some(Packet::Data(first)) => break first,
            Some(other) => panic!("{other:?}"),
            None => {
                let mut portion = [0; 1];
                if stream.read(&mut portion).unwrap() == 0 {
                    return;
                }
                decoder.push(&portion);
            }
        }
    };
    let first = String::from_utf8(first.to_vec()).unwrap();
    let asked = first.split('\0').find(|part| part.starts_with("version=")).unwrap_or_default();
    let version = Version::from_git_protocol(asked);
    match first.starts_with("git-upload-pack") {
        true => upload(&mut stream, &repository, version),
        false => push(&mut stream, &repository, version),
    }
}

fn upload(stream: &mut TcpStream, repository: &Path, version: Version) {
    let config = UploadConfig { version, stateless: false, advertise: true, bundles: false, limits: GitLimits::default() };
    let mut upload = Upload::new(config, Arc::new(refs(repository)));
    let oracle = Oracle::new(repository.to_owned());
    let mut portion = [0; 4096];
    loop {
        match upload.poll() {
            UploadAction::NeedInput => match stream.read(&mut portion) {
                Ok(0) | Err(_) => drop(upload.feed_eof()),
                Ok(n) => drop(upload.feed(&portion[..n])),
            },
            UploadAction::Send(bytes) => drop(stream.write_all(&bytes)),
            UploadAction::Compute => drop(upload.compute(&oracle)),
            UploadAction::Bundles => upload.list_bundles(&[]),
            UploadAction::Pack(request) => {
                stream.write_all(&upload.keepalive()).unwrap();
                for part in pack(repository, &request).chunks(10_000) {
                    stream.write_all(&upload.frame_pack(part)).unwrap();
                }
                stream.write_all(&upload.frame_progress(b"packed by a test\n")).unwrap();
                let end = upload.finish_pack();
                stream.write_all(&end).unwrap();
            }
            UploadAction::Done => break,
        }
    }
}

fn push(stream: &mut TcpStream, repository: &Path, version: Version) {
    stream.write_all(&receive::advertise(version, &refs(repository), None)).unwrap();
    let mut receive = Receive::new(GitLimits::default());
    let mut portion = [0; 512];
    loop {
        match receive.poll() {
            ReceiveAction::NeedInput => match stream.read(&mut portion) {
                Ok(0) | Err(_) => drop(receive.feed_eof()),
                Ok(n) => drop(receive.feed(&portion[..n])),
            },
            ReceiveAction::Send(bytes) => drop(stream.write_all(&bytes)),
            ReceiveAction::Done => break,
            ReceiveAction::Request(request) => {
                let unpacked = if request.has_pack { unpack(stream, &mut receive, repository) } else { Ok(()) };
                for option in &request.options {
                    stream.write_all(&receive.progress(&format!("option {option}\n"))).unwrap();
                }
                let outcomes = if unpacked.is_ok() { update(repository, &request) } else { Vec::new() };
                stream.write_all(&receive.keepalive()).unwrap();
                stream.write_all(&receive.report(unpacked, &outcomes)).unwrap();
            }
        }
    }
}

/// Reads exactly one pack: `index-pack` alone knows where it ends, so it gets the connection itself.
fn unpack(stream: &TcpStream, receive: &mut Receive, repository: &Path) -> Result<(), String> {
    let rest = receive.take_rest();
    #[expect(clippy::disallowed_methods, reason = "the real git takes the pack from the connection")]
    let mut child = std::process::Command::new("git")
        .args(["index-pack", "--stdin", "--fix-thin", "--strict"])
        .current_dir(repository)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut input = stream.try_clone().unwrap();
    std::thread::spawn(move || {
        drop(stdin.write_all(&rest));
        let mut portion = [0; 4096];
        while let Ok(n @ 1..) = input.read(&mut portion) {
            if stdin.write_all(&portion[..n]).is_err() {
                break;
            }
        }
    });
    let status = child.wait().unwrap();
    if status.success() { Ok(()) } else { Err("index-pack failed".to_owned()) }
}

fn update(repository: &Path, request: &PushRequest) -> Vec<(RefUpdate, RefOutcome)> {
    let apply = |update: &RefUpdate| {
        let (name, new, old) = (update.name.to_string(), update.new.to_hex(), update.old.to_hex());
        if name.ends_with("/protected") {
            return RefOutcome::Refused("protected branch".to_owned());
        }
        match try_git(repository, &["update-ref", &name, &new, &old], b"") {
            Ok(_) => RefOutcome::Accepted,
            Err(error) => RefOutcome::Refused(error),
        }
    };
    let none = request.atomic && !request.refused.is_empty();
    let outcome = |u: &RefUpdate| if none { RefOutcome::Refused("atomic".to_owned()) } else { apply(u) };
    request.updates.iter().map(|u| (u.clone(), outcome(u))).collect()
}
