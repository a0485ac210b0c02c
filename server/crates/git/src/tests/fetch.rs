//! Packs that go out, compared with what `git` itself would send.

use std::ops::ControlFlow;
use std::time::Duration;

use super::support::{Client, Server};
use crate::Oid;
use crate::budget::Cancel;
use crate::build::pack_objects;
use crate::error::Error;
use crate::reach::Reach;
use crate::sink::ByteSink;
use crate::upload::{Cut, Deepen, Filter, PackRequest, UploadObjects as _};

#[derive(Default)]
pub(super) struct Collect {
    pub(super) pack: Vec<u8>,
    pub(super) progress: Vec<u8>,
    pub(super) stop_after: Option<usize>,
}

impl ByteSink for Collect {
    fn data(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.pack.extend_from_slice(bytes);
        match self.stop_after {
            Some(most) if self.pack.len() > most => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
    fn progress(&mut self, bytes: &[u8]) -> ControlFlow<()> {
        self.progress.extend_from_slice(bytes);
        ControlFlow::Continue(())
    }
}

fn build(server: &Server, request: &PackRequest) -> Vec<u8> {
    let mut sink = Collect::default();
    pack_objects(&server.view(), request, &mut sink, &Cancel::new(), Duration::from_secs(60)).unwrap();
    sink.pack
}

/// The ids in a pack, as an empty repository that may hold the bases sees them.
fn ids(client: &Client, pack: &[u8]) -> Vec<Oid> {
    let out = client.git_with(&["index-pack", "--stdin", "--fix-thin"], pack);
    let name = String::from_utf8(out).unwrap().trim().strip_prefix("pack\t").unwrap().to_owned();
    let path = format!(".git/objects/pack/pack-{name}.idx");
    let list = client.git_with(&["show-index"], &std::fs::read(client.path().join(path)).unwrap());
    let mut ids: Vec<Oid> = String::from_utf8(list).unwrap().lines().map(|l| l.split(' ').nth(1).unwrap().parse().unwrap()).collect();
    ids.sort_unstable();
    ids
}

fn served() -> (Client, Server, Vec<Oid>) {
    let (client, mut server) = (Client::new(), Server::new());
    let mut commits = Vec::new();
    let mut text = String::new();
    for n in 0..12 {
        text.push_str(&format!("a line that is number {n}\n"));
        commits.push(client.commit(&[("a", &text), (&format!("d/{n}"), "x\n")]));
        if n == 6 {
            // A second pack, so that views link several.
            server.push(&client.pack(&[commits[6]], &[], false), &[("refs/heads/main", commits[6])]).unwrap();
            client.git(&["tag", "-a", "-m", "seven", "v7"]);
        }
    }
    let tip = commits[11];
    let tag = client.rev("v7");
    server.push(&client.pack(&[tip, tag], &[commits[6]], true), &[("refs/heads/main", tip), ("refs/tags/v7", tag)]).unwrap();
    (client, server, commits)
}

#[test]
fn a_clone_gets_every_object_and_git_accepts_it() {
    let (client, server, commits) = served();
    let tag = client.rev("v7");
    let request = PackRequest { wants: vec![commits[11], tag], ofs_delta: true, ..PackRequest::default() };
    let fresh = Client::new();
    assert_eq!(ids(&fresh, &build(&server, &request)), client.objects(&[commits[11], tag]));
    fresh.git(&["update-ref", "refs/heads/main", &commits[11].to_hex()]);
    fresh.git(&["update-ref", "refs/tags/v7", &tag.to_hex()]);
    fresh.git(&["fsck", "--strict", "--full"]);
}

#[test]
fn a_fetch_gets_what_is_new_and_tags_come_along_when_asked() {
    let (client, server, commits) = served();
    let have = client.objects(&[commits[5]]);
    let mut request = PackRequest { wants: vec![commits[11]], common: vec![commits[5]], ..PackRequest::default() };
    let wanted: Vec<Oid> = client.objects(&[commits[11]]).into_iter().filter(|id| !have.contains(id)).collect();
    assert_eq!(ids(&Client::new(), &build(&server, &request)), wanted);
    request.include_tag = true;
    let mut with_tag = [wanted, vec![client.rev("v7")]].concat();
    with_tag.sort_unstable();
    assert_eq!(ids(&Client::new(), &build(&server, &request)), with_tag);
    request.thin = true;
    let thin = build(&server, &request);
    assert!(!ids(&client, &thin).is_empty());
}

#[test]
fn filters_leave_objects_out() {
    let (client, server, commits) = served();
    for (filter, spec) in [(Filter::BlobNone, "blob:none"), (Filter::Tree(0), "tree:0"), (Filter::BlobLimit(100), "blob:limit=100")] {
        let request = PackRequest { wants: vec![commits[11]], filter: Some(filter), ..PackRequest::default() };
        let fresh = Client::new();
        fresh.git(&["config", "extensions.partialClone", "origin"]);
        fresh.git(&["config", "remote.origin.promisor", "true"]);
        let got = ids(&fresh, &build(&server, &request));
        let listed = client.git(&["rev-list", "--objects", "--no-object-names", &format!("--filter={spec}"), &commits[11].to_hex()]);
        let mut expected: Vec<Oid> = listed.lines().map(|l| l.parse().unwrap()).collect();
        expected.sort_unstable();
        assert_eq!(got, expected, "{spec}");
    }
}

fn deepen(server: &Server, wants: &[Oid], cut: Cut, client_shallow: &[Oid]) -> crate::upload::ShallowUpdate {
    let deepen = Deepen { wants: wants.to_vec(), cut, client_shallow: client_shallow.to_vec() };
    Reach::new(server.odb(), server.refs()).deepen(&deepen).unwrap()
}

#[test]
fn shallow_clones_deepen_and_become_whole() {
    let (client, server, commits) = served();
    let tip = commits[11];
    let first = deepen(&server, &[tip], Cut::Depth { commits: 1, relative: false }, &[]);
    assert_eq!((first.shallow.as_slice(), first.unshallow.as_slice()), (&[tip][..], &[][..]));
    let request = PackRequest { wants: vec![tip], new_shallow: first.shallow, ..PackRequest::default() };
    let mut expected: Vec<Oid> =
        client.git(&["ls-tree", "-r", "-t", "--format=%(objectname)", &tip.to_hex()]).lines().map(|l| l.parse().unwrap()).collect();
    expected.extend([tip, client.rev("HEAD^{tree}")]);
    expected.sort_unstable();
    expected.dedup();
    assert_eq!(ids(&Client::new(), &build(&server, &request)), expected);
    // Three commits deep: the old boundary opens, the third commit is the new one.
    for cut in [Cut::Depth { commits: 3, relative: false }, Cut::Depth { commits: 2, relative: true }] {
        let more = deepen(&server, &[tip], cut, &[tip]);
        assert_eq!((more.shallow.as_slice(), more.unshallow.as_slice()), (&[commits[9]][..], &[tip][..]));
        let request = PackRequest {
            wants: vec![tip],
            common: vec![tip],
            client_shallow: vec![tip],
            new_shallow: more.shallow,
            unshallow: more.unshallow,
            ..PackRequest::default()
        };
        let got = ids(&Client::new(), &build(&server, &request));
        assert!(got.contains(&commits[10]) && got.contains(&commits[9]) && !got.contains(&commits[8]) && !got.contains(&tip));
    }
    let all = deepen(&server, &[tip], Cut::Depth { commits: Cut::INFINITE, relative: false }, &[commits[9]]);
    assert_eq!((all.shallow.as_slice(), all.unshallow.as_slice()), (&[][..], &[commits[9]][..]));
}

#[test]
fn history_is_cut_by_date_and_by_ref() {
    let (client, server, commits) = served();
    let time: i64 = client.git(&["log", "-1", "--format=%ct", &commits[8].to_hex()]).parse().unwrap();
    let since = deepen(&server, &[commits[11]], Cut::Boundary { since: Some(time), not: Vec::new() }, &[]);
    assert_eq!(since.shallow, [commits[8]]);
    let not = deepen(&server, &[commits[11]], Cut::Boundary { since: None, not: vec![client.rev("v7")] }, &[]);
    assert_eq!(not.shallow, [commits[7]]);
    let nothing =
        Deepen { wants: vec![commits[11]], cut: Cut::Boundary { since: Some(i64::MAX), not: Vec::new() }, client_shallow: Vec::new() };
    let error = Reach::new(server.odb(), server.refs()).deepen(&nothing).unwrap_err();
    assert!(error.to_string().contains("no commits selected"), "{error}");
}

#[test]
fn ready_means_that_every_want_reaches_common_ground() {
    let (client, mut server, commits) = served();
    client.git(&["checkout", "-q", "--orphan", "other"]);
    let other = client.commit(&[("z", "z\n")]);
    server.push(&client.pack(&[other], &[commits[11]], false), &[("refs/heads/other", other)]).unwrap();
    let reach = Reach::new(server.odb(), server.refs());
    assert!(reach.is_ready(&[commits[11], client.rev("v7")], &[commits[3]]).unwrap());
    assert!(!reach.is_ready(&[commits[11], other], &[commits[3]]).unwrap());
    assert!(reach.is_ready(&[commits[11], other], &[commits[3], other]).unwrap());
    assert!(!reach.is_ready(&[commits[2]], &[commits[3]]).unwrap());
    assert!(!reach.is_ready(&[commits[2]], &[]).unwrap());
}

#[test]
fn proof_that_takes_too_long_is_no_answer() {
    let (_client, server, commits) = served();
    let reach = |time| Reach::new(server.odb(), server.refs()).within(time);
    let late = reach(Duration::ZERO);
    assert!(late.may_read(&commits[11]).unwrap(), "a tip costs nothing");
    assert!(matches!(late.may_read(&commits[2]), Err(Error::Stopped(_))));
    assert!(reach(Duration::from_secs(60)).may_read(&commits[2]).unwrap());
}

#[test]
fn a_receiver_that_leaves_a_caller_that_gives_up_and_time_all_end_the_child() {
    let (_client, server, commits) = served();
    let request = PackRequest { wants: vec![commits[11]], ..PackRequest::default() };
    let view = server.view();
    let mut gone = Collect { stop_after: Some(0), ..Collect::default() };
    assert!(matches!(pack_objects(&view, &request, &mut gone, &Cancel::new(), Duration::from_secs(60)), Err(Error::Stopped(_))));
    let cancel = Cancel::new();
    cancel.cancel();
    assert!(matches!(pack_objects(&view, &request, &mut Collect::default(), &cancel, Duration::from_secs(60)), Err(Error::Stopped(_))));
    let late = pack_objects(&view, &request, &mut Collect::default(), &Cancel::new(), Duration::ZERO);
    assert!(matches!(late, Err(Error::Stopped(_))));
    let absent = PackRequest { wants: vec![Oid([7; 20])], ..PackRequest::default() };
    let error = pack_objects(&view, &absent, &mut Collect::default(), &Cancel::new(), Duration::from_secs(60)).unwrap_err();
    assert!(matches!(error, Error::Git(_)), "{error}");
}

#[test]
fn progress_is_passed_on_only_when_asked_for() {
    let (_client, server, commits) = served();
    for progress in [true, false] {
        let mut sink = Collect::default();
        let request = PackRequest { wants: vec![commits[11]], progress, ..PackRequest::default() };
        pack_objects(&server.view(), &request, &mut sink, &Cancel::new(), Duration::from_secs(60)).unwrap();
        assert_eq!(!sink.progress.is_empty(), progress, "{}", String::from_utf8_lossy(&sink.progress));
    }
}
