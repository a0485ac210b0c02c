//! Who may not have an object does not learn from a push that the object is stored and damaged.

use std::fs;

use hardie_domain::refname::RefName;

use super::support::{Client, Server, budget};
use crate::connectivity::{self, NotConnected};
use crate::odb::{Member, Odb};
use crate::packs::PackHash;
use crate::wire::{AdvertisedRef, Refs};
use crate::{Error, Oid};

fn visible(tips: &[Oid]) -> Refs {
    let shown = tips.iter().enumerate().map(|(n, oid)| {
        let name = RefName::parse(format!("refs/heads/branch-{n}").as_bytes()).unwrap();
        AdvertisedRef { name, oid: *oid, peeled: None }
    });
    Refs::new(shown.collect(), RefName::branch("main").unwrap())
}

#[test]
fn an_object_that_no_visible_ref_reaches_is_missing_however_damaged() {
    let (client, mut server) = (Client::new(), Server::new());
    let base = client.commit(&[("a", "one\n")]);
    server.push(&client.pack(&[base], &[], false), &[("refs/heads/main", base)]).unwrap();
    let secret = client.commit(&[("a", "two\n"), ("b/c", "three\n")]);
    server.store_unreachable(&client.pack(&[secret], &[base], false));
    let (hash, whole) = (server.members[0].0, server.members[1].0);
    let by_tree = client.commit_of_tree(&client.rev("main^{tree}"), &[base]);
    let by_parent = client.commit_of_tree(&client.rev("main~1^{tree}"), &[secret]);
    let pushes = [by_tree, by_parent].map(|tip| (tip, server.ingest(&client.pack_exactly(&[tip])).unwrap()));
    let pack = server.store.pack(&hash).unwrap();
    let good = fs::read(pack.path()).unwrap();
    let entries: Vec<(u64, u64)> = pack.entries().map(|(_, offset)| (offset, pack.entry_at(offset).unwrap().1)).collect();
    // Its kind can be told and its content cannot; nothing can be told.
    for is_kind_told in [true, false] {
        let mut bytes = good.clone();
        for (start, end) in &entries {
            let at = usize::try_from(if is_kind_told { end - 1 } else { *start }).unwrap();
            bytes[at] ^= if is_kind_told { 1 } else { 0x70 & !bytes[at] };
        }
        fs::remove_file(pack.path()).unwrap();
        fs::write(pack.path(), &bytes).unwrap();
        for (tip, push) in &pushes {
            let member = |hash: &PackHash| Member { pack: server.store.fenced_pack(hash).unwrap(), closed: false };
            let odb = Odb::with_damage(vec![member(&whole)], vec![member(&hash)], Vec::new()).with_pack(push.pack());
            let check = |tips: &[Oid]| connectivity::check(&odb, Some(push), &[*tip], &visible(tips), &mut budget()).unwrap_err();
            let (hidden, shown) = (check(&[base]), check(&[base, secret]));
            assert!(matches!(hidden, NotConnected::Missing { .. }), "{is_kind_told}: {hidden}");
            assert!(matches!(shown, NotConnected::Error(Error::Damaged { .. })), "{is_kind_told}: {shown}");
        }
    }
}
