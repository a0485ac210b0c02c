//! Bundles of whole packs: as git reads them, and only of packs that are exactly what their tips reach.

use std::collections::HashSet;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use super::built::history::History;
use super::support::{Chance, Client, Server};
use crate::Oid;
use crate::budget::Cancel;
use crate::bundles::{Bundle, examine, is_settled, retain};
use crate::odb::{Member, Odb};
use crate::packs::Pack;

const TIME: Duration = Duration::from_secs(60);

fn look(server: &Server, pack: &Arc<Pack>) -> Option<Bundle> {
    assert!(!is_settled(&server.store, &pack.hash()) && Bundle::find(&server.store, pack).is_none());
    examine(&server.store, "work", pack, TIME, &Cancel::new()).unwrap();
    assert!(is_settled(&server.store, &pack.hash()) && server.listing("quarantine").is_empty());
    Bundle::find(&server.store, pack)
}

/// What git makes of the bundle in an empty repository.
fn clone(client: &Client, bundle: &Bundle) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut bytes = bundle.header.to_vec();
    bundle.open().unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, bundle.bytes());
    let (file, copy) = (dir.path().join("all.bundle"), dir.path().join("copy"));
    std::fs::write(&file, bytes).unwrap();
    let [file, copy] = [file, copy].map(|path| path.display().to_string());
    client.git(&["bundle", "verify", "-q", &file]);
    client.git(&["clone", "-q", "--mirror", &file, &copy]);
    client.git(&["-C", &copy, "fsck", "--strict", "--no-dangling"]);
    dir
}

/// Whether every object that one of the pack's objects names is in it, by git's own reading.
fn is_closed(client: &Client, ids: &HashSet<Oid>) -> bool {
    let list: Vec<Oid> = ids.iter().copied().collect();
    list.chunks(500).all(|some| client.objects(some).iter().all(|id| ids.contains(id)))
}

#[test]
fn a_pack_is_a_bundle_exactly_if_it_is_closed_and_its_tips_reach_all_of_it() {
    let mut bundles = 0;
    for seed in 0..6 {
        let history = History::new(&mut Chance(seed));
        let (client, server) = (&history.client, &history.server);
        for member in server.odb().members() {
            let pack = &member.pack;
            let ids: HashSet<Oid> = pack.entries().map(|(id, _)| id).collect();
            let has_commits = history.commits.iter().any(|id| ids.contains(id));
            let found = look(server, pack);
            assert_eq!(found.is_some(), has_commits && is_closed(client, &ids), "seed {seed}, pack {}", pack.hash());
            let Some(bundle) = found else { continue };
            bundles += 1;
            let reached: HashSet<Oid> = client.objects(&bundle.tips).into_iter().collect();
            assert_eq!(reached, ids);
            for tip in &bundle.tips {
                let others: Vec<Oid> = bundle.tips.iter().copied().filter(|other| other != tip).collect();
                assert!(others.is_empty() || !client.objects(&others).contains(tip), "one tip reaches another");
            }
            drop(clone(client, &bundle));
        }
    }
    assert!(bundles >= 6, "{bundles}");
}

#[test]
fn headers_name_commits_alone_and_go_with_their_packs() {
    let (client, mut server) = (Client::new(), Server::new());
    let first = client.commit(&[("a", "1\n")]);
    let tag = client.object("tag", format!("object {first}\ntype commit\ntag v1\ntagger T <t@u> 1700000000 +0000\n\nv1\n").as_bytes());
    let next = client.commit(&[("a", "2\n")]);
    server.push(&client.pack(&[first, tag], &[], false), &[("refs/heads/main", first), ("refs/tags/v1", tag)]).unwrap();
    server.push(&client.pack(&[next], &[first], true), &[("refs/heads/main", next)]).unwrap();
    let packs: Vec<Arc<Pack>> = server.odb().members().iter().map(|m| m.pack.clone()).collect();
    assert!(look(&server, &packs[0]).is_none(), "it leans on the other");
    let bundle = look(&server, &packs[1]).unwrap();
    assert_eq!(bundle.tips, [tag], "the tag reaches the rest");
    assert_eq!(bundle.header, format!("# v2 git bundle\n{first} refs/heads/tip-1\n\n"));
    // What came to harm on disk is made anew.
    let kept = server.root().join("bundles").join(format!("{}.tips", packs[1].hash()));
    let content = std::fs::read(&kept).unwrap();
    std::fs::write(&kept, &content[..content.len() - 1]).unwrap();
    assert_eq!(look(&server, &packs[1]).unwrap().tips, [tag]);
    assert_eq!(std::fs::read(&kept).unwrap(), content);
    retain(&server.store, &[packs[1].hash()]).unwrap();
    assert!(is_settled(&server.store, &packs[1].hash()) && !is_settled(&server.store, &packs[0].hash()));
    retain(&server.store, &[]).unwrap();
    assert!(server.listing("bundles").is_empty());
}

#[test]
fn a_damaged_pack_is_an_error_and_nothing_is_kept() {
    let (client, mut server) = (Client::new(), Server::new());
    let tip = client.commit(&[("a", "1\n")]);
    server.push(&client.pack(&[tip], &[], false), &[("refs/heads/main", tip)]).unwrap();
    let whole = server.odb().members()[0].pack.clone();
    let mut bytes = std::fs::read(whole.path()).unwrap();
    let at = usize::try_from(whole.offset_of(&tip).unwrap()).unwrap() + 12;
    bytes[at] ^= 0xff;
    std::fs::remove_file(whole.path()).unwrap();
    std::fs::write(whole.path(), bytes).unwrap();
    server.store.forget(&whole.hash());
    let damaged = server.store.pack(&whole.hash()).unwrap();
    assert!(Odb::new(vec![Member { pack: damaged.clone(), closed: true }]).find(&tip).is_err());
    assert!(examine(&server.store, "work", &damaged, TIME, &Cancel::new()).is_err());
    assert!(!is_settled(&server.store, &damaged.hash()));
}
