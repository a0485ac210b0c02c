//! Addresses, settings, deletion, lists.

use hardie_domain::access::{Role, Visibility};
use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::names::RepoName;
use hardie_domain::page::Page;
use hardie_store::avatars::AvatarRow;
use hardie_store::path_rules::PathRuleRow;
use hardie_store::plugins::Scope;
use hardie_store::protections::{ProtectionRow, RefRuleRow, TagProtectionRow};
use hardie_store::repo_list::{RepoFilter, RepoOrder, Viewer};
use hardie_store::repos::RepoChange;

use crate::deliveries::install;
use crate::support::{Db, NOW, after, all, hash, name};

fn repo_name(text: &str) -> RepoName {
    RepoName::parse(text).unwrap()
}

async fn names(db: &Db, filter: RepoFilter<'_>) -> Vec<String> {
    let listed = db.store.list_repos(&filter, all()).await.unwrap();
    assert_eq!(listed.total, listed.items.len() as u64);
    listed.items.iter().map(|r| format!("{}/{}", r.owner.name, r.repo.name)).collect()
}

fn protection(pattern: &str, allow_force: bool, allow_delete: bool) -> ProtectionRow {
    let (pattern, settings) = (pattern.to_owned(), "{}".to_owned());
    ProtectionRow { pattern, priority: 0, allow_force, allow_delete, settings, created_at: NOW, updated_at: NOW }
}

both! {
    async fn names_are_unique_without_case_under_one_owner(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let tool = db.repo(alice, "Tool").await;
        assert_eq!(db.repo_of(alice, "tOOL", Visibility::Private).await, None);
        assert_ne!(db.repo(bob, "tool").await, tool);
        let found = db.store.find_repo_by_path("ALICE", "TOOL").await.unwrap().unwrap();
        assert_eq!((found.repo.id, found.repo.name.as_str(), found.owner.id), (tool, "Tool", alice));
        assert_eq!(found.repo.default_branch, name("refs/heads/main"));
        assert_eq!(db.store.find_owned_repo(tool).await.unwrap(), Some(found));
        assert_eq!(db.store.find_repo_by_path("alice", "other").await.unwrap(), None);
    }

    async fn an_old_address_leads_to_the_new_one_until_somebody_takes_it(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let tool = db.repo(alice, "tool").await;
        db.repo(bob, "taken").await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.move_repo(tool, alice, &repo_name("hammer"), NOW).await.unwrap());
        assert!(tx.move_repo(tool, bob, &repo_name("Anvil"), NOW).await.unwrap());
        assert!(!tx.move_repo(tool, bob, &repo_name("TAKEN"), NOW).await.unwrap());
        assert!(tx.move_repo(tool, bob, &repo_name("ANVIL"), NOW).await.unwrap(), "its own name in another case");
        tx.commit().await.unwrap();
        for old in ["tool", "HAMMER"] {
            let found = db.store.find_redirect("Alice", old).await.unwrap().unwrap();
            assert_eq!((found.owner.name.as_str(), found.repo.name.as_str()), ("bob", "ANVIL"), "{old}");
        }
        assert_eq!(db.store.find_redirect("bob", "anvil").await.unwrap(), None, "it is no redirect to itself");
        let new = db.repo(alice, "tool").await;
        assert_ne!(new, tool);
        assert_eq!(db.store.find_redirect("alice", "tool").await.unwrap(), None);
        // Back to where it was: its own redirect gives way.
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.move_repo(tool, alice, &repo_name("hammer"), NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_redirect("alice", "hammer").await.unwrap(), None);
        assert_eq!(db.store.find_redirect("bob", "anvil").await.unwrap().unwrap().repo.id, tool);
    }

    async fn a_deleted_repository_is_absent_and_comes_back_unless_its_name_is_taken(db) {
        let alice = db.user("alice").await;
        let tool = db.repo(alice, "tool").await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_repo(tool, after(1)).await.unwrap());
        assert!(!tx.delete_repo(tool, after(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_repo(tool).await.unwrap(), None);
        assert_eq!(db.store.find_generation(tool).await.unwrap(), None);
        assert_eq!(db.store.find_repo_by_path("alice", "tool").await.unwrap(), None);
        assert!(db.store.load_snapshot(tool).await.unwrap().is_none());
        let second = db.repo(alice, "Tool").await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.lock_repo(tool).await.unwrap().is_none());
        assert!(!tx.restore_repo(alice, tool, after(2)).await.unwrap());
        assert!(tx.move_repo(second, alice, &repo_name("other"), NOW).await.unwrap());
        assert_eq!(tx.find_deleted_repo(alice, "TOOL").await.unwrap().unwrap().deleted_at, Some(after(1)));
        assert!(tx.restore_repo(alice, tool, after(2)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_repo_by_path("alice", "tool").await.unwrap().unwrap().repo.id, tool);
        assert_eq!(db.store.find_redirect("alice", "tool").await.unwrap(), None, "the second one's redirect gave way");
    }

    async fn only_what_was_deleted_long_ago_is_purged(db) {
        let alice = db.user("alice").await;
        let (old, young, alive) = (db.repo(alice, "old").await, db.repo(alice, "young").await, db.repo(alice, "alive").await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_repo(old, after(0)).await.unwrap());
        assert!(tx.delete_repo(young, after(100)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_deleted_repos(alice).await.unwrap().iter().map(|r| r.id).collect::<Vec<_>>(), [young, old]);
        assert_eq!(db.store.list_repos_to_purge(after(100), 10).await.unwrap(), [old]);
        let plugins = [install(&db, Scope::Repo(old), "old").await, install(&db, Scope::Repo(alive), "alive").await];
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.purge_repo(young, after(100)).await.unwrap());
        assert!(!tx.purge_repo(alive, after(100)).await.unwrap());
        assert!(tx.purge_repo(old, after(100)).await.unwrap());
        assert!(!tx.restore_repo(alice, old, after(101)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_repo_ids(RepoId(0), 10).await.unwrap(), [young, alive]);
        assert_eq!(db.store.find_installation(plugins[0]).await.unwrap(), None, "its plugins and their secrets go with it");
        assert!(db.store.find_installation(plugins[1]).await.unwrap().is_some());
    }

    async fn every_change_that_readers_or_judges_must_notice_moves_its_number(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let tool = db.repo(alice, "tool").await;
        let mut last = db.store.find_repo(tool).await.unwrap().unwrap();
        let mut tx = db.store.begin().await.unwrap();
        tx.lock_repo(tool).await.unwrap().unwrap();
        let locked = tx.find_repo(tool).await.unwrap().unwrap();
        assert_eq!((locked.generation, locked.rules_epoch), (last.generation + 1, last.rules_epoch));
        last = locked;
        let change = RepoChange { archived: Some(true), visibility: Some(Visibility::Private), description: Some("d"), ..RepoChange::default() };
        assert!(tx.update_repo(tool, &change, after(1)).await.unwrap());
        assert!(tx.set_default_branch(tool, &name("refs/heads/trunk")).await.unwrap());
        let now = tx.find_repo(tool).await.unwrap().unwrap();
        assert!(now.archived && now.visibility == Visibility::Private && now.description == "d" && now.updated_at == after(1));
        assert_eq!((now.generation, now.rules_epoch), (last.generation + 2, last.rules_epoch + 2));
        for step in 0..7 {
            let before = tx.find_repo(tool).await.unwrap().unwrap().rules_epoch;
            match step {
                0 => tx.set_collaborator(tool, bob, Role::Write, NOW).await.unwrap(),
                1 => assert!(tx.delete_collaborator(tool, bob).await.unwrap()),
                2 => assert!(tx.insert_protection(tool, &protection("main", false, false)).await.unwrap()),
                3 => assert!(tx.update_protection(tool, &protection("main", true, false)).await.unwrap()),
                4 => assert!(tx.delete_protection(tool, "main").await.unwrap()),
                5 => assert!(tx.bump_account_rules(alice).await.unwrap()),
                _ => assert!(tx.bump_site_rules().await.unwrap()),
            }
            assert_eq!(tx.find_repo(tool).await.unwrap().unwrap().rules_epoch, before + 1, "step {step}");
        }
        let before = tx.find_repo(tool).await.unwrap().unwrap();
        assert!(tx.bump_gc(tool).await.unwrap());
        let locked = tx.lock_repo(tool).await.unwrap().unwrap();
        assert_eq!((locked.gc_epoch, locked.rules_epoch), (before.gc_epoch + 1, before.rules_epoch));
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_generation(tool).await.unwrap(), Some(locked.generation));
    }

    async fn protection_rules_are_kept_by_pattern(db) {
        let alice = db.user("alice").await;
        let tool = db.repo(alice, "tool").await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.insert_protection(tool, &protection("release/*", true, false)).await.unwrap());
        assert!(!tx.insert_protection(tool, &protection("release/*", false, false)).await.unwrap());
        assert!(tx.insert_protection(tool, &protection("Main", false, true)).await.unwrap());
        tx.commit().await.unwrap();
        let rules = db.store.list_protections(tool).await.unwrap();
        assert_eq!(rules.iter().map(|r| r.pattern.as_str()).collect::<Vec<_>>(), ["Main", "release/*"]);
        let rule = db.store.find_protection(tool, "release/*").await.unwrap().unwrap();
        assert!(rule.allow_force && !rule.allow_delete);
        assert_eq!(db.store.find_protection(tool, "main").await.unwrap(), None, "branch names have case");
    }

    async fn rules_over_tags_are_kept_and_read_with_those_over_branches(db) {
        let alice = db.user("alice").await;
        let (tool, other) = (db.repo(alice, "tool").await, db.repo(alice, "other").await);
        let mut tx = db.store.begin().await.unwrap();
        let epoch = tx.find_repo(tool).await.unwrap().unwrap().rules_epoch;
        let v = tx.insert_tag_protection(tool, "v*", "{}", NOW).await.unwrap().unwrap();
        assert_eq!(tx.insert_tag_protection(tool, "v*", "{}", NOW).await.unwrap(), None);
        let w = tx.insert_tag_protection(tool, "w*", "{}", NOW).await.unwrap().unwrap();
        assert!(tx.insert_protection(tool, &protection("main", true, false)).await.unwrap());
        let row = tx.find_tag_protection(tool, w).await.unwrap().unwrap();
        let taken = TagProtectionRow { pattern: "v*".to_owned(), ..row.clone() };
        assert!(!tx.update_tag_protection(tool, &taken).await.unwrap());
        let changed = TagProtectionRow { settings: "{\"accounts\":[1]}".to_owned(), ..row };
        assert!(tx.update_tag_protection(tool, &changed).await.unwrap() && !tx.update_tag_protection(other, &changed).await.unwrap());
        assert!(!tx.delete_tag_protection(other, v).await.unwrap() && tx.delete_tag_protection(tool, v).await.unwrap());
        assert!(tx.find_repo(tool).await.unwrap().unwrap().rules_epoch > epoch);
        tx.commit().await.unwrap();
        let rules = db.store.list_ref_rules(tool).await.unwrap();
        assert!(rules.len() == 2 && rules.contains(&RefRuleRow::Tag(changed.clone())), "{rules:?}");
        assert!(rules.contains(&RefRuleRow::Branch(protection("main", true, false))), "{rules:?}");
        assert_eq!(db.store.list_tag_protections(tool).await.unwrap(), [changed]);
        assert_eq!(db.store.list_ref_rules(other).await.unwrap(), []);
    }

    async fn rules_over_paths_are_kept_and_read_with_the_others(db) {
        let alice = db.user("alice").await;
        let (tool, other) = (db.repo(alice, "tool").await, db.repo(alice, "other").await);
        let mut tx = db.store.begin().await.unwrap();
        let epoch = tx.find_repo(tool).await.unwrap().unwrap().rules_epoch;
        let (one, two) = (tx.insert_path_rule(tool, "{}", NOW).await.unwrap(), tx.insert_path_rule(tool, "{}", NOW).await.unwrap());
        let row = tx.find_path_rule(tool, two).await.unwrap().unwrap();
        let changed = PathRuleRow { settings: "{\"everyone\":true}".to_owned(), ..row };
        assert!(tx.update_path_rule(tool, &changed).await.unwrap() && !tx.update_path_rule(other, &changed).await.unwrap());
        assert!(!tx.delete_path_rule(other, one).await.unwrap() && tx.delete_path_rule(tool, one).await.unwrap());
        assert_eq!((tx.find_path_rule(other, two).await.unwrap(), tx.find_path_rule(tool, one).await.unwrap()), (None, None));
        assert!(tx.find_repo(tool).await.unwrap().unwrap().rules_epoch >= epoch + 4);
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_ref_rules(tool).await.unwrap(), [RefRuleRow::Path(changed.clone())]);
        assert_eq!((db.store.list_path_rules(tool).await.unwrap(), db.store.list_path_rules(other).await.unwrap()), (vec![changed], vec![]));
    }

    async fn gpg_keys_are_found_by_the_ids_of_their_parts_and_their_owner(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let mut tx = db.store.begin().await.unwrap();
        let key = tx.insert_gpg_key(alice, "F1", "armour", &ids(&["A", "B"]), false, NOW).await.unwrap().unwrap();
        assert_eq!(tx.insert_gpg_key(alice, "F1", "other", &ids(&["A"]), false, NOW).await.unwrap(), None);
        let same = tx.insert_gpg_key(bob, "F1", "armour", &ids(&["A", "B"]), true, NOW).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let found = async |accounts: &[AccountId], wanted: &[&str]| {
            let rows = db.store.find_gpg_keys_by_ids(accounts, &ids(wanted)).await.unwrap();
            rows.into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(found(&[alice], &["B"]).await, [key]);
        assert_eq!(found(&[alice, bob], &["A", "B", "C"]).await, [key, same]);
        assert_eq!((found(&[alice], &["C"]).await, found(&[], &["A"]).await), (vec![], vec![]));
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.prove_gpg_key(bob, key).await.unwrap() && tx.prove_gpg_key(alice, key).await.unwrap());
        assert!(!tx.delete_gpg_key(bob, key).await.unwrap() && tx.delete_gpg_key(alice, key).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(found(&[alice, bob], &["A"]).await, [same]);
        assert_eq!(db.store.list_gpg_keys(bob, all()).await.unwrap().total, 1);
    }

    async fn lists_search_sort_and_page(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        for repo in ["a-b", "a.b", "a_b", "Axb"] {
            db.repo(alice, repo).await;
        }
        let last = db.repo(bob, "zulu").await;
        let mut tx = db.store.begin().await.unwrap();
        let change = RepoChange { description: Some("An Anvil for Bob"), ..RepoChange::default() };
        assert!(tx.update_repo(last, &change, after(50)).await.unwrap());
        tx.commit().await.unwrap();
        let everything = RepoFilter::visible_to(Viewer::Everything);
        assert_eq!(names(&db, everything).await, ["alice/a-b", "alice/a.b", "alice/a_b", "alice/Axb", "bob/zulu"]);
        assert_eq!(names(&db, RepoFilter { query: "A_B", ..everything }).await, ["alice/a_b"]);
        assert_eq!(names(&db, RepoFilter { query: "ANVIL", ..everything }).await, ["bob/zulu"]);
        assert_eq!(names(&db, RepoFilter { query: "alice/ax", ..everything }).await, ["alice/Axb"]);
        assert_eq!(names(&db, RepoFilter { owner: Some(bob), ..everything }).await, ["bob/zulu"]);
        assert_eq!(names(&db, RepoFilter { order: RepoOrder::Updated, ..everything }).await[0], "bob/zulu");
        for order in [RepoOrder::Name, RepoOrder::Updated, RepoOrder::Created, RepoOrder::Size, RepoOrder::Id] {
            let mut forward = names(&db, RepoFilter { order, ..everything }).await;
            forward.reverse();
            assert_eq!(names(&db, RepoFilter { order, reverse: true, ..everything }).await, forward, "{order:?}");
        }
        let page = db.store.list_repos(&everything, Page::new(Some(2), Some(2))).await.unwrap();
        assert_eq!((page.total, page.items.len(), page.items[0].repo.name.as_str()), (5, 2, "a_b"));
        let past = db.store.list_repos(&everything, Page::new(Some(u32::MAX), Some(50))).await.unwrap();
        assert_eq!((past.total, past.items.len()), (5, 0));
    }
    async fn a_picture_takes_the_place_of_the_one_before_and_is_one_owner_s(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let (tool, other) = (db.repo(alice, "tool").await, db.repo(alice, "other").await);
        let picture = |byte: u8| AvatarRow { hash: hash(byte), png: vec![byte; 3] };
        let mut tx = db.store.begin().await.unwrap();
        for byte in [1, 2] {
            tx.set_account_avatar(alice, &picture(byte)).await.unwrap();
            tx.set_repo_avatar(tool, &picture(byte + 10)).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!((db.store.find_account_avatar(alice).await.unwrap(), db.store.find_account_avatar(bob).await.unwrap()), (Some(picture(2)), None));
        assert_eq!((db.store.find_repo_avatar(tool).await.unwrap(), db.store.find_repo_avatar(other).await.unwrap()), (Some(picture(12)), None));
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.delete_account_avatar(bob).await.unwrap() && tx.delete_account_avatar(alice).await.unwrap());
        assert!(!tx.delete_repo_avatar(other).await.unwrap() && tx.delete_repo_avatar(tool).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!((db.store.find_account_avatar(alice).await.unwrap(), db.store.find_repo_avatar(tool).await.unwrap()), (None, None));
    }
}
