//! Users, organisations, members.

use hardie_domain::access::Role;
use hardie_domain::names::AccountName;
use hardie_store::accounts::{AccountChange, AccountKind, AccountTaken, NewAccount};
use hardie_store::org_members::OrgRole;

use crate::support::{NOW, after, all};

both! {
    async fn names_and_addresses_are_unique_without_case(db) {
        let alice = db.user("Alice").await;
        let name = AccountName::parse("ALICE").unwrap();
        let bob = AccountName::parse("bob").unwrap();
        let mut new = NewAccount {
            kind: AccountKind::Organization, name: &name, full_name: "", email: "", password_hash: None,
            is_admin: false, must_change_password: false, at: NOW,
        };
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.insert_account(&new).await.unwrap(), Err(AccountTaken::Name));
        new = NewAccount { kind: AccountKind::User, name: &bob, email: "ALICE@Example.org", ..new };
        assert_eq!(tx.insert_account(&new).await.unwrap(), Err(AccountTaken::Email));
        new.email = "bob@example.org";
        let bob = tx.insert_account(&new).await.unwrap().unwrap();
        let change = AccountChange { email: Some("alice@example.ORG"), ..AccountChange::default() };
        assert_eq!(tx.update_account(bob, &change, NOW).await.unwrap(), Err(AccountTaken::Email));
        tx.commit().await.unwrap();
        let found = db.store.find_account_by_name("aLICE").await.unwrap().unwrap();
        assert_eq!((found.id, found.name.as_str()), (alice, "Alice"));
        assert_eq!(db.store.find_user_by_email("alice@EXAMPLE.org").await.unwrap().unwrap().id, alice);
        // Organisations have no address, and many of them may have none.
        db.org("one").await;
        db.org("two").await;
    }

    async fn fields_change_alone_and_together(db) {
        let alice = db.user("alice").await;
        let mut tx = db.store.begin().await.unwrap();
        let change = AccountChange { full_name: Some("Alice A."), is_admin: Some(true), ..AccountChange::default() };
        let row = tx.update_account(alice, &change, after(5)).await.unwrap().unwrap().unwrap();
        assert_eq!((row.full_name.as_str(), row.is_admin, row.disabled, row.email.as_str()), ("Alice A.", true, false, "alice@example.org"));
        assert_eq!((row.created_at, row.updated_at), (NOW, after(5)));
        assert!(tx.set_password(alice, "$argon2id$x", true, NOW).await.unwrap());
        assert!(tx.touch_account(alice, after(9)).await.unwrap());
        let gone = hardie_domain::ids::AccountId(9999);
        assert_eq!(tx.update_account(gone, &change, NOW).await.unwrap(), Ok(None));
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_password_hash(alice).await.unwrap().as_deref(), Some("$argon2id$x"));
        let row = db.store.find_account(alice).await.unwrap().unwrap();
        assert_eq!((row.must_change_password, row.last_sign_in_at), (true, Some(after(9))));
        assert_eq!(db.store.count_admins().await.unwrap(), 1);
    }

    async fn lists_are_by_name_in_bytes_and_search_takes_wildcards_literally(db) {
        // An ICU locale would sort '_' and '-' elsewhere.
        for user in ["b-x", "b.x", "b_x", "Bax", "b0x"] {
            db.user(user).await;
        }
        let names = |page: hardie_domain::page::Paged<hardie_store::accounts::AccountRow>| -> Vec<String> {
            page.items.iter().map(|a| a.name.to_string()).collect()
        };
        let listed = db.store.list_accounts(AccountKind::User, "", all()).await.unwrap();
        assert_eq!(listed.total, 5);
        assert_eq!(names(listed), ["b-x", "b.x", "b0x", "b_x", "Bax"]);
        assert_eq!(names(db.store.list_accounts(AccountKind::User, "_X", all()).await.unwrap()), ["b_x"]);
        assert_eq!(db.store.list_accounts(AccountKind::User, "%", all()).await.unwrap().total, 0);
    }

    async fn an_account_that_owns_something_stays(db) {
        let alice = db.user("alice").await;
        let repo = db.repo(alice, "tool").await;
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.delete_account(alice).await.unwrap());
        assert!(tx.delete_repo(repo, NOW).await.unwrap());
        assert!(!tx.delete_account(alice).await.unwrap(), "a deleted repository can still be restored");
        assert!(tx.purge_repo(repo, after(1)).await.unwrap());
        assert!(tx.delete_account(alice).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_account(alice).await.unwrap(), None);
    }

    async fn members_have_roles(db) {
        let (alice, bob, org) = (db.user("alice").await, db.user("bob").await, db.org("smiths").await);
        let mut tx = db.store.begin().await.unwrap();
        tx.set_org_member(org, alice, OrgRole::Owner, NOW).await.unwrap();
        tx.set_org_member(org, bob, OrgRole::Member(Role::Read), NOW).await.unwrap();
        tx.set_org_member(org, bob, OrgRole::Member(Role::Write), after(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_org_role(org, bob).await.unwrap(), Some(OrgRole::Member(Role::Write)));
        assert_eq!(db.store.count_org_owners(org).await.unwrap(), 1);
        let members = db.store.list_org_members(org, all()).await.unwrap();
        assert_eq!(members.items.iter().map(|m| m.user.id).collect::<Vec<_>>(), [alice, bob]);
        assert_eq!(db.store.list_orgs_of(bob, all()).await.unwrap().items[0].id, org);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_org_member(org, bob).await.unwrap());
        assert!(!tx.delete_org_member(org, bob).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_org_members(org, all()).await.unwrap().total, 1);
    }
}
