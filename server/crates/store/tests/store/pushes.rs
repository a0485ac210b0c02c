//! Pushes, their refs, their verdicts.

use hardie_domain::access::Credential;
use hardie_domain::certificate::{NonceStatus, SignatureStatus};
use hardie_domain::ids::{InstallationId, TokenId};
use hardie_domain::plugin::{Digest, FailureClass, Mode, Source, Usage};
use hardie_domain::push::{Door, RefOutcome, RefUpdate};
use hardie_store::certificates::CertificateRow;
use hardie_store::packs::Staging;
use hardie_store::pushes::{NewPush, PushRefRow, PushState};
use hardie_store::verdicts::VerdictRow;

use crate::support::{NOW, after, all, hash, name, new_push, oid};

fn ref_row(ref_name: &str, outcome: RefOutcome) -> PushRefRow {
    PushRefRow { update: RefUpdate { name: name(ref_name), old: oid(0), new: oid(1) }, forced: false, outcome }
}

both! {
    async fn a_push_is_found_with_what_became_of_each_ref(db) {
        let alice = db.user("alice").await;
        let repo = db.repo(alice, "tool").await;
        let options = ["ci.skip".to_owned(), "topic=a b".to_owned()];
        let mut tx = db.store.begin().await.unwrap();
        let new = NewPush {
            actor: Some(alice), credential: Credential::Token(TokenId(7)), door: Door::Http, address: "192.0.2.7",
            ..new_push(repo, b"nonce", &options)
        };
        let id = tx.insert_push(&new).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_push_by_nonce(b"nonce").await.unwrap(), Some(id));
        assert_eq!(db.store.count_open_pushes().await.unwrap(), 1);
        let rows = [ref_row("refs/heads/b", RefOutcome::Accepted), ref_row("refs/heads/a", RefOutcome::Refused("stale".into()))];
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.finish_push(id, PushState::Done, "", &rows, after(1)).await.unwrap());
        assert!(!tx.finish_push(id, PushState::Done, "", &rows, after(1)).await.unwrap(), "a push ends once");
        tx.commit().await.unwrap();
        let push = db.store.find_push(id).await.unwrap().unwrap();
        assert_eq!((push.state, push.actor, push.door, push.credential), (PushState::Done, Some(alice), Door::Http, new.credential));
        assert_eq!((push.options.as_slice(), push.refs.as_slice()), (&options[..], &rows[..]));
        assert_eq!((push.opened_at, push.finished_at), (NOW, Some(after(1))));
        let second = db.push(repo).await;
        let listed = db.store.list_pushes(repo, all()).await.unwrap();
        assert_eq!(listed.items.iter().map(|p| p.id).collect::<Vec<_>>(), [second, id]);
        assert_eq!(listed.items[1], push);
        let before = async |push| db.store.list_pushes_before(repo, push, 1).await.unwrap();
        assert_eq!(before(None).await, listed.items[..1]);
        assert_eq!(before(Some(second)).await, listed.items[1..], "with its refs");
        assert_eq!(before(Some(id)).await, []);
    }

    async fn pushes_left_behind_are_closed_and_their_packs_let_go(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let (old, done) = (db.push(repo).await, db.push(repo).await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.finish_push(done, PushState::Refused, "no", &[], NOW).await.unwrap());
        assert_eq!(tx.stage_pack(&hash(1), old, 1, 1, NOW, after(1000)).await.unwrap(), Staging::Fresh);
        assert_eq!(tx.abandon_pushes(after(0), after(9)).await.unwrap(), 0);
        assert_eq!(tx.abandon_pushes(after(1), after(9)).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_push(old).await.unwrap().unwrap().state, PushState::Abandoned);
        assert_eq!(db.store.find_push(done).await.unwrap().unwrap().state, PushState::Refused);
        assert_eq!(db.store.list_unheld_packs(after(9), 9).await.unwrap().len(), 1);
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.finish_push(old, PushState::Done, "", &[], NOW).await.unwrap(), "it came too late");
        tx.rollback().await.unwrap();
    }

    async fn a_certificate_is_found_through_its_repository_and_its_nonce_serves_once(db) {
        let alice = db.user("alice").await;
        let (repo, other) = (db.repo(alice, "tool").await, db.repo(alice, "other").await);
        let (first, second, third) = (db.push(repo).await, db.push(repo).await, db.push(repo).await);
        let row = CertificateRow {
            text: (0..=255).collect(), signature: SignatureStatus::Unchecked, signer: String::new(), nonce: NonceStatus::Slop,
        };
        let good = CertificateRow {
            text: b"text".to_vec(), signature: SignatureStatus::Good, signer: "SHA256:x".into(), nonce: NonceStatus::Ok,
        };
        let mut tx = db.store.begin().await.unwrap();
        tx.insert_certificate(first, &row, None).await.unwrap();
        tx.insert_certificate(second, &good, Some("1-a")).await.unwrap();
        assert!(tx.is_nonce_used("1-a").await.unwrap());
        tx.insert_certificate(third, &row, None).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_certificate(repo, first).await.unwrap(), Some(row));
        assert_eq!(db.store.find_certificate(repo, second).await.unwrap(), Some(good.clone()));
        assert_eq!(db.store.find_certificate(other, second).await.unwrap(), None);
        assert!(db.store.is_nonce_used("1-a").await.unwrap() && !db.store.is_nonce_used("1-A").await.unwrap());
        let fourth = db.push(other).await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.insert_certificate(fourth, &good, Some("1-a")).await.is_err(), "a nonce serves once");
        tx.rollback().await.unwrap();
    }

    async fn verdicts_are_listed_for_a_push_and_for_an_installation(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let push = db.push(repo).await;
        let verdict = VerdictRow {
            push, repo, installation: InstallationId(5), name: "messages".into(), digest: Digest(hash(1)), mode: Mode::Enforce,
            failure: Some(FailureClass::OutOfFuel), text: "too slow\ntry less".into(), log: "one".into(),
            usage: Usage { fuel: 1 << 40, memory: 2, host_calls: 3, host_bytes: 5, wall_micros: 4 }, at: NOW, source: Source::Online,
        };
        let accepted = VerdictRow { failure: None, mode: Mode::Monitor, source: Source::Cached, ..verdict.clone() };
        let mut tx = db.store.begin().await.unwrap();
        tx.insert_verdicts(&[verdict.clone(), accepted.clone()]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_verdicts_of_push(push).await.unwrap(), [verdict.clone(), accepted.clone()]);
        let listed = db.store.list_verdicts_of_installation(InstallationId(5), Some(repo), all()).await.unwrap();
        assert_eq!(listed.items, [accepted, verdict]);
        assert_eq!(db.store.list_verdicts_of_installation(InstallationId(6), None, all()).await.unwrap().total, 0);
    }

    async fn logs_of_the_newest_runs_are_kept_for_each_installation(db) {
        let repo = db.repo(db.user("alice").await, "tool").await;
        let push = db.push(repo).await;
        let run = |installation: i64, log: String| VerdictRow {
            push, repo, installation: InstallationId(installation), name: "messages".into(), digest: Digest(hash(1)), mode: Mode::Enforce,
            failure: None, text: String::new(), log, usage: Usage::default(), at: NOW, source: Source::Run,
        };
        let lines = |count: usize| vec!["x"; count].join("\n");
        let mut tx = db.store.begin().await.unwrap();
        for log in [lines(1), lines(600), String::new(), lines(400), lines(600)] {
            tx.insert_verdicts(&[run(5, log)]).await.unwrap();
        }
        for log in ["y".repeat(200 << 10), "z".repeat(60 << 10), "w".repeat(60 << 10)] {
            tx.insert_verdicts(&[run(6, log)]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let sizes = async |installation: i64| -> Vec<usize> {
            let kept = db.store.list_logged_verdicts(InstallationId(installation)).await.unwrap();
            kept.iter().map(|run| run.log.len()).collect()
        };
        let before = (sizes(5).await, sizes(6).await);
        assert_eq!(before, (vec![1199, 799], vec![60 << 10, 60 << 10]), "a thousand lines, a quarter of a million characters");
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.trim_logs().await.unwrap(), 3);
        assert_eq!(tx.trim_logs().await.unwrap(), 0);
        tx.commit().await.unwrap();
        assert_eq!((sizes(5).await, sizes(6).await), before);
        assert_eq!(db.store.list_verdicts_of_installation(InstallationId(5), None, all()).await.unwrap().total, 5, "the verdicts stay");
    }
}
