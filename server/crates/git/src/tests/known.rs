//! What is kept of a walk over history answers as a new walk does, whatever happened to the refs between.

use std::sync::Arc;

use super::generated::generate;
use super::support::{Chance, Client, Server, budget};
use crate::Oid;
use crate::reach::{Known, Reach};

/// Every commit is asked for, in changing order, and git says which are reached.
fn agrees(client: &Client, server: &Server, known: &Known, commits: &[Oid], chance: &mut Chance, scene: &str) {
    let mut args = vec!["rev-list".to_owned()];
    args.extend(server.refs().all().iter().map(|r| r.oid.to_hex()));
    let reached = client.git(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let odb = server.odb();
    for _ in 0..commits.len() {
        let id = commits[chance.below(commits.len())];
        let truth = reached.contains(&id.to_hex());
        assert!(!known.has(&id) || truth, "{scene}: {id} is known and not reached");
        assert_eq!(known.contains(&odb, &id, &mut budget()).unwrap(), Some(truth), "{scene}: {id}");
    }
}

#[test]
fn a_walk_that_is_kept_stays_true_when_refs_move() {
    let seed = 20_261_122;
    let (client, commits) = generate(seed, 120);
    let mut chance = Chance(seed);
    let mut server = Server::new();
    server.push(&client.pack(&commits, &[], false), &[("refs/heads/all", commits[0])]).unwrap();
    for (n, tip) in commits.iter().enumerate().take(6) {
        server.set(&format!("refs/heads/{n}"), *tip);
    }
    let mut known = Known::new(server.refs());
    for round in 0..40 {
        for _ in 0..=chance.below(3) {
            let name = format!("refs/heads/{}", chance.below(6));
            match chance.below(4) {
                0 => server.delete(&name),
                _ => server.set(&name, commits[chance.below(commits.len())]),
            }
        }
        known = known.newer(&server.odb(), server.refs());
        agrees(&client, &server, &known, &commits, &mut chance, &format!("seed {seed}, round {round}"));
    }
}

#[test]
fn a_branch_that_went_forward_takes_its_history_along() {
    let (client, mut server) = (Client::new(), Server::new());
    let commits: Vec<Oid> = (0..8).map(|n| client.commit(&[("a", &n.to_string())])).collect();
    server.push(&client.pack(&commits, &[], false), &[("refs/heads/main", commits[5])]).unwrap();
    let known = Known::new(server.refs());
    assert!(!known.has(&commits[0]), "nothing is walked before it is asked for");
    assert_eq!(known.contains(&server.odb(), &commits[0], &mut budget()).unwrap(), Some(true));
    server.set("refs/heads/main", commits[7]);
    let forward = known.newer(&server.odb(), server.refs());
    assert!(forward.has(&commits[0]) && forward.has(&commits[7]));
    server.set("refs/heads/main", commits[3]);
    let back = forward.newer(&server.odb(), server.refs());
    assert!(!back.has(&commits[5]) && !back.has(&commits[0]), "what is no longer reached is forgotten, and the rest with it");
    let reach = Reach::new(server.odb(), server.refs()).with_known(Arc::new(back));
    assert!(reach.reaches(&commits[0]).unwrap());
    assert!(!reach.reaches(&commits[5]).unwrap());
}
