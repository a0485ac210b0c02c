//! Webhooks are installations without a component: their deliveries have parts and one order for all, and no list of plugins has them.

use hardie_domain::attempt::DeliveryState;
use hardie_domain::event::WEBHOOK_TEST;
use hardie_domain::ids::{EventSeq, InstallationId, RepoId};
use hardie_domain::plugin::{Digest, Mode};
use hardie_domain::time::Timestamp;
use hardie_domain::webhook::BUILT_IN;
use hardie_store::Store;
use hardie_store::deliveries::{Claim, DeliveryFilter, DeliveryRange};
use hardie_store::outbox::Cause;
use hardie_store::plugins::{InstallationChange, NewInstallation, Scope};
use hardie_store::webhooks::{MessageRow, NewWebhookDelivery};

use crate::deliveries::{DONE, announce, end, finish, hand_on, install};
use crate::support::{Db, NOW, after, all};

async fn webhook(db: &Db, scope: Scope, name: &str, kinds: &[&str]) -> InstallationId {
    let mut tx = db.store.begin().await.unwrap();
    tx.insert_built_in_component(NOW).await.unwrap();
    let (mode, config) = (Mode::Enforce, "{}");
    let new = NewInstallation { scope, name, digest: BUILT_IN, mode, fail_open: false, config, grants: &[], by: None, at: NOW };
    let id = tx.insert_installation(&new).await.unwrap().unwrap();
    assert!(tx.insert_handler(id).await.unwrap());
    let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    assert!(tx.set_handler_kinds(id, &kinds).await.unwrap());
    tx.commit().await.unwrap();
    id
}

async fn deliver(db: &Db, webhook: InstallationId, repo: RepoId, seq: i64, part: u32) -> bool {
    let mut tx = db.store.begin().await.unwrap();
    let new = NewWebhookDelivery { webhook, repo: Some(repo), seq: EventSeq(seq), part, about: "push refs/heads/main" };
    let made = tx.insert_webhook_delivery(&new, NOW).await.unwrap();
    tx.commit().await.unwrap();
    made
}

async fn claim(store: &Store, holder: &str, now: Timestamp) -> Option<Claim> {
    assert!(store.list_due_deliveries(now, 10, 10).await.unwrap().is_empty(), "it takes no place of a plugin");
    let due = store.list_due_webhooks(now, 10, 10).await.unwrap().into_iter().next()?;
    let mut tx = store.begin().await.unwrap();
    let claimed = tx.claim_delivery(due.id, due.installation, holder, now, now.plus_seconds(120)).await.unwrap();
    tx.commit().await.unwrap();
    claimed
}

both! {
    async fn a_webhook_is_no_plugin_and_is_told_by_its_own_rules(db) {
        let ann = db.user("ann").await;
        let (tool, other) = (db.repo(ann, "tool").await, db.repo(ann, "other").await);
        assert!(!db.store.has_webhooks().await.unwrap());
        let plugin = install(&db, Scope::Repo(tool), "own").await;
        let own = webhook(&db, Scope::Repo(tool), "webhook:1", &["push", WEBHOOK_TEST]).await;
        let owners = webhook(&db, Scope::Account(ann), "webhook:1", &["status"]).await;
        let site = webhook(&db, Scope::Site, "webhook:1", &["push"]).await;
        assert!(db.store.has_webhooks().await.unwrap());
        let listed: Vec<_> = db.store.list_installations(Scope::Repo(tool)).await.unwrap().iter().map(|row| row.id).collect();
        let effective: Vec<_> = db.store.list_effective_installations(tool).await.unwrap().iter().map(|row| row.id).collect();
        assert_eq!((listed, effective), (vec![plugin], vec![plugin]));
        assert!(db.store.list_components().await.unwrap().iter().all(|row| row.digest != BUILT_IN));
        assert!(!db.store.list_installed_digests().await.unwrap().contains(&Digest([0; 32])), "nothing is loaded for it");
        let page = db.store.list_webhooks(Scope::Repo(tool), all()).await.unwrap();
        assert!(page.total == 1 && page.items[0].id == own && page.items[0].is_webhook());
        let told = async |kind: &str, repo, only| -> Vec<InstallationId> {
            db.store.list_webhooks_told(kind, Some(repo), only).await.unwrap().iter().map(|row| row.id).collect()
        };
        assert_eq!(told("push", tool, None).await, [own, site]);
        assert_eq!((told("push", other, None).await, told("status", other, None).await), (vec![site], vec![owners]));
        assert!(told("pus", tool, None).await.is_empty() && told("repository.created", tool, None).await.is_empty());
        assert_eq!(told(WEBHOOK_TEST, tool, Some(own)).await, [own]);
        assert!(told(WEBHOOK_TEST, tool, None).await.is_empty() && told(WEBHOOK_TEST, tool, Some(site)).await.is_empty());
        let mut tx = db.store.begin().await.unwrap();
        let off = InstallationChange { mode: Some(Mode::Off), ..InstallationChange::default() };
        assert!(tx.update_installation(Scope::Repo(tool), own, &off, None, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(told("push", tool, None).await, [site], "what is switched off is told nothing new");

        // Deliveries of plugins are made without it.
        for kind in ["push", WEBHOOK_TEST] {
            announce(&db.store, kind, tool, Cause::default()).await;
        }
        assert_eq!(hand_on(&db.store, NOW).await.deliveries, 1, "a test is no plugin's");
        assert!(db.store.list_deliveries(site, DeliveryFilter::default(), all()).await.unwrap().items.is_empty());

        // The component stays while a webhook needs it, and goes after.
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.delete_unused_components(after(1)).await.unwrap().contains(&BUILT_IN));
        for (scope, id) in [(Scope::Repo(tool), own), (Scope::Account(ann), owners), (Scope::Site, site)] {
            assert!(tx.delete_installation(scope, id).await.unwrap());
        }
        assert!(tx.delete_unused_components(after(1)).await.unwrap().contains(&BUILT_IN));
        tx.commit().await.unwrap();
    }

    async fn all_of_a_webhook_come_in_one_order_part_by_part(db) {
        let ann = db.user("ann").await;
        let (tool, other) = (db.repo(ann, "tool").await, db.repo(ann, "other").await);
        let hook = webhook(&db, Scope::Account(ann), "webhook:1", &["push"]).await;
        for repo in [tool, other, tool] {
            announce(&db.store, "push", repo, Cause::default()).await;
        }
        hand_on(&db.store, NOW).await;
        for (repo, seq, part) in [(tool, 3, 1), (other, 2, 1), (tool, 1, 3), (tool, 1, u32::MAX), (tool, 1, 0)] {
            assert!(deliver(&db, hook, repo, seq, part).await);
        }
        assert!(!deliver(&db, hook, tool, 1, 3).await, "each part is made once");
        assert!(!deliver(&db, hook, RepoId(99), 2, 2).await, "a repository that is gone for good has nobody to be told");
        let mut order = Vec::new();
        while let Some(claimed) = claim(&db.store, "me", NOW).await {
            assert!(claim(&db.store, "me", NOW).await.is_none(), "one at a time, whatever the repository");
            order.push((claimed.seq.0, claimed.part));
            let next = db.store.next_delivery(&claimed).await.unwrap();
            assert_eq!(next, Some(claimed.id), "what is under way is the first that is open");
            assert!(finish(&db.store, &claimed, &end(DONE, None), NOW).await);
        }
        assert_eq!(order, [(1, 0), (1, 3), (1, u32::MAX), (2, 1), (3, 1)]);
        // Again, as far as there is room: what is left begins in the middle of an event.
        let mut tx = db.store.begin().await.unwrap();
        let range = DeliveryRange { from: Some(EventSeq(1)), ..DeliveryRange::default() };
        assert_eq!(tx.redeliver_range(hook, range, NOW, 2).await.unwrap(), (2, Some(EventSeq(1))));
        assert_eq!(tx.redeliver_range(hook, range, NOW, 9).await.unwrap(), (3, None));
        tx.commit().await.unwrap();
        let first = claim(&db.store, "me", NOW).await.unwrap();
        assert_eq!((first.seq.0, first.part, first.attempt, first.number), (1, 0, 1, 2));
        let failed = end(DeliveryState::Failed, Some(after(60)));
        assert!(finish(&db.store, &first, &failed, NOW).await);
        assert!(claim(&db.store, "me", after(59)).await.is_none(), "it holds up all behind it");
    }

    async fn what_is_sent_is_kept_once_and_goes_with_its_delivery(db) {
        let ann = db.user("ann").await;
        let tool = db.repo(ann, "tool").await;
        let hook = webhook(&db, Scope::Repo(tool), "webhook:1", &["push"]).await;
        announce(&db.store, "push", tool, Cause::default()).await;
        hand_on(&db.store, NOW).await;
        assert!(deliver(&db, hook, tool, 1, 1).await);
        let claimed = claim(&db.store, "me", NOW).await.unwrap();
        let message = |body: &[u8]| MessageRow { uuid: "u".into(), event: "push".into(), body: body.to_vec() };
        assert_eq!(db.store.find_message(claimed.id).await.unwrap(), None);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.insert_message(claimed.id, &message(b"first\0")).await.unwrap());
        assert!(!tx.insert_message(claimed.id, &message(b"second")).await.unwrap(), "what is kept stays");
        assert_eq!((tx.note_refusal(claimed.id).await.unwrap(), tx.note_refusal(claimed.id).await.unwrap()), (1, 2));
        tx.commit().await.unwrap();
        // Whoever begins it anew gives it as many tries as at first, even if the receiver is down in the first of them.
        assert!(finish(&db.store, &claimed, &end(DeliveryState::Dead, None), NOW).await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.redeliver(hook, claimed.id, NOW).await.unwrap());
        assert_eq!(tx.note_refusal(claimed.id).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let again = claim(&db.store, "me", NOW).await.unwrap();
        assert!(finish(&db.store, &again, &end(DeliveryState::Dead, None), NOW).await);
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.redeliver_range(hook, DeliveryRange::default(), NOW, 9).await.unwrap(), (1, None));
        assert_eq!(tx.note_refusal(claimed.id).await.unwrap(), 1);
        tx.commit().await.unwrap();
        // A try that got no turn is none.
        let third = claim(&db.store, "me", NOW).await.unwrap();
        assert!(finish(&db.store, &third, &end(DeliveryState::Failed, Some(NOW)), NOW).await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.uncount_attempt(third.id).await.unwrap());
        tx.commit().await.unwrap();
        let fourth = claim(&db.store, "me", NOW).await.unwrap();
        assert_eq!((fourth.attempt, fourth.number), (third.attempt, third.number + 1));
        assert_eq!(db.store.find_message(claimed.id).await.unwrap(), Some(message(b"first\0")));
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.delete_deliveries(hook, 10).await.unwrap(), 1);
        assert_eq!(tx.find_message(claimed.id).await.unwrap(), None);
        assert!(!tx.insert_message(claimed.id, &message(b"late")).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn silence_from_long_ago_counts_no_more(db) {
        let ann = db.user("ann").await;
        let tool = db.repo(ann, "tool").await;
        let hook = webhook(&db, Scope::Repo(tool), "webhook:1", &["push"]).await;
        announce(&db.store, "push", tool, Cause::default()).await;
        hand_on(&db.store, NOW).await;
        assert!(deliver(&db, hook, tool, 1, 1).await);
        let mut now = NOW;
        // A try as late as the longest pause lets it be, and one after nothing was tried for longer.
        for (waits, faults, since) in [(0, 1, 0), (10 + 86_400, 2, 0), (10 + 86_401, 1, 2 * 86_410 + 1)] {
            now = now.plus_seconds(waits);
            let claimed = claim(&db.store, "me", now).await.unwrap();
            let mut tx = db.store.begin().await.unwrap();
            let noted = tx.note_fault(hook, Timestamp(0), now).await.unwrap().unwrap();
            assert_eq!((noted.faults, noted.faults_since), (faults, after(since)), "{waits}");
            assert!(tx.pause_handler(hook, now.plus_seconds(10), 10, "down").await.unwrap());
            tx.commit().await.unwrap();
            assert!(finish(&db.store, &claimed, &end(DeliveryState::Failed, Some(now)), now).await);
        }
    }

    async fn a_webhook_on_its_way_out_is_none_and_is_found_to_be_ended(db) {
        let ann = db.user("ann").await;
        let tool = db.repo(ann, "tool").await;
        let (stays, leaves) = (webhook(&db, Scope::Repo(tool), "webhook:1", &["push"]).await, webhook(&db, Scope::Repo(tool), "webhook:2", &["push"]).await);
        install(&db, Scope::Repo(tool), "own").await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_handler(leaves).await.unwrap());
        tx.commit().await.unwrap();
        let page = db.store.list_webhooks(Scope::Repo(tool), all()).await.unwrap();
        assert_eq!((page.total, page.items.iter().map(|row| row.id).collect::<Vec<_>>()), (1, vec![stays]));
        let leaving = db.store.list_leaving_webhooks(9).await.unwrap();
        assert_eq!(leaving.iter().map(|row| row.id).collect::<Vec<_>>(), [leaves]);
    }

    async fn a_new_owner_takes_a_repositorys_webhooks_as_they_are(db) {
        let ann = db.user("ann").await;
        let tool = db.repo(ann, "tool").await;
        let hook = webhook(&db, Scope::Repo(tool), "webhook:1", &["push"]).await;
        let plugin = install(&db, Scope::Repo(tool), "own").await;
        let mut tx = db.store.begin().await.unwrap();
        for id in [hook, plugin] {
            assert!(tx.set_installation_hosts(id, &["POST https://a.example".to_owned()]).await.unwrap());
        }
        assert_eq!(tx.revoke_sending(tool).await.unwrap(), 1);
        tx.commit().await.unwrap();
        let hosts = async |id| db.store.find_installation(id).await.unwrap().unwrap().hosts.len();
        assert_eq!((hosts(hook).await, hosts(plugin).await), (1, 0));
    }
}
