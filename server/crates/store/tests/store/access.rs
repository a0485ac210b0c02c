//! Who sees what.

use hardie_domain::access::{Role, Visibility};
use hardie_store::org_members::OrgRole;
use hardie_store::repo_list::{RepoFilter, Viewer};
use hardie_store::repos::AccessRow;

use crate::support::{Db, NOW, all};

async fn seen(db: &Db, viewer: Viewer) -> Vec<String> {
    let listed = db.store.list_repos(&RepoFilter::visible_to(viewer), all()).await.unwrap();
    listed.items.iter().map(|r| r.repo.name.to_string()).collect()
}

both! {
    async fn a_list_holds_what_is_public_owned_shared_or_in_ones_organisation(db) {
        let (alice, bob, carol, org) = (db.user("alice").await, db.user("bob").await, db.user("carol").await, db.org("smiths").await);
        db.repo_of(alice, "public", Visibility::Public).await.unwrap();
        let shared = db.repo_of(alice, "shared", Visibility::Private).await.unwrap();
        db.repo_of(alice, "secret", Visibility::Private).await.unwrap();
        let inner = db.repo_of(org, "inner", Visibility::Private).await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        tx.set_collaborator(shared, bob, Role::Read, NOW).await.unwrap();
        tx.set_org_member(org, bob, OrgRole::Member(Role::Write), NOW).await.unwrap();
        tx.set_org_member(org, alice, OrgRole::Owner, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(seen(&db, Viewer::Anyone).await, ["public"]);
        assert_eq!(seen(&db, Viewer::User(carol)).await, ["public"]);
        assert_eq!(seen(&db, Viewer::User(bob)).await, ["public", "shared", "inner"]);
        assert_eq!(seen(&db, Viewer::User(alice)).await, ["public", "secret", "shared", "inner"]);
        assert_eq!(seen(&db, Viewer::Everything).await.len(), 4);
        let involving = RepoFilter { involving: Some(bob), ..RepoFilter::visible_to(Viewer::User(bob)) };
        assert_eq!(db.store.list_repos(&involving, all()).await.unwrap().total, 2);
        // What another may not see is not found through them either.
        let peeping = RepoFilter { involving: Some(bob), ..RepoFilter::visible_to(Viewer::User(carol)) };
        assert_eq!(db.store.list_repos(&peeping, all()).await.unwrap().total, 0);
        let private = RepoFilter { private: Some(true), archived: Some(false), ..RepoFilter::visible_to(Viewer::User(bob)) };
        assert_eq!(db.store.list_repos(&private, all()).await.unwrap().total, 2);

        let access = |is_owner, role| AccessRow { is_owner, role };
        assert_eq!(db.store.find_access(shared, alice).await.unwrap(), access(true, None));
        assert_eq!(db.store.find_access(shared, bob).await.unwrap(), access(false, Some(Role::Read)));
        assert_eq!(db.store.find_access(shared, carol).await.unwrap(), access(false, None));
        assert_eq!(db.store.find_access(inner, alice).await.unwrap(), access(true, Some(Role::Admin)));
        assert_eq!(db.store.find_access(inner, bob).await.unwrap(), access(false, Some(Role::Write)));
        assert_eq!(db.store.find_collaborator(shared, bob).await.unwrap(), Some(Role::Read));
        assert_eq!(db.store.list_collaborators(shared, all()).await.unwrap().items[0].user.id, bob);
        let mut tx = db.store.begin().await.unwrap();
        tx.set_collaborator(inner, bob, Role::Admin, NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_access(inner, bob).await.unwrap().role, Some(Role::Admin), "the greater of both roles");
    }

    async fn one_read_tells_everything_that_a_decision_needs(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let tool = db.repo_of(alice, "tool", Visibility::Private).await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        tx.set_collaborator(tool, bob, Role::Write, NOW).await.unwrap();
        tx.commit().await.unwrap();
        let standing = db.store.find_repo_standing("ALICE", "Tool", Some(bob)).await.unwrap().unwrap();
        assert_eq!((standing.repo.id, standing.owner.id, standing.collaborator, standing.member), (tool, alice, Some(Role::Write), None));
        assert!(standing.asker.is_some_and(|a| a.id == bob && !a.disabled && !a.is_admin));
        let nobody = db.store.find_repo_standing_by_id(tool, None).await.unwrap().unwrap();
        assert_eq!((nobody.asker, nobody.collaborator), (None, None));
        assert_eq!(db.store.find_moved_repo_standing("alice", "tool", None).await.unwrap(), None);
    }
}
