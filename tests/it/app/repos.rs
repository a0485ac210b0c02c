//! Repositories as settings: names, visibility, moving, deleting, restoring, and what is written down about it.

use hardie_app::audit::{AuditQuery, list_audit};
use hardie_app::protections::{ProtectionChange, create_protection, delete_protection, edit_protection, list_protections};
use hardie_app::repos::{
    NewRepo, RepoChange, create_repo, delete_repo, find_deleted_repo, get_repo, list_deleted_repos, restore_repo, transfer_repo,
    update_repo,
};
use hardie_app::{Ctx, Error};
use hardie_domain::access::{RepoAction, Visibility};
use hardie_domain::page::Page;
use hardie_testkit::TestServer;

use super::{ctx, kind, path, scoped, with_clock};

fn named(name: &str) -> NewRepo {
    NewRepo { name: name.to_owned(), description: String::new(), visibility: Visibility::Private, default_branch: None }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_unique_without_case_and_traps_are_refused() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let owner = ctx(&server, &alice).await;
    create_repo(app, &owner, None, named("Tool")).await.unwrap();
    assert_eq!(kind(create_repo(app, &owner, None, named("tOOL")).await), "conflict");
    for bad in ["", "..", "a/b", "x.git", "settings", "a b"] {
        assert_eq!(kind(create_repo(app, &owner, None, named(bad)).await), "invalid", "{bad}");
    }
    let odd_branch = NewRepo { default_branch: Some("../x".to_owned()), ..named("other") };
    assert_eq!(kind(create_repo(app, &owner, None, odd_branch).await), "invalid");
    assert_eq!(get_repo(app, &owner, &path("ALICE/TOOL")).await.unwrap().path(), "alice/Tool");
    let reader = scoped(&server, &alice, &["read:repository"]).await;
    assert_eq!(kind(create_repo(app, &reader, None, named("more")).await), "forbidden");
    assert_eq!(kind(create_repo(app, &owner, Some("nobody"), named("more")).await), "not found");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_address_redirects_until_something_new_lives_there() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let owner = ctx(&server, &alice).await;
    create_repo(app, &owner, None, named("a")).await.unwrap();
    let rename = |to: &str| RepoChange { name: Some(to.to_owned()), ..RepoChange::default() };
    update_repo(app, &owner, &path("alice/a"), rename("b")).await.unwrap();
    update_repo(app, &owner, &path("alice/b"), rename("c")).await.unwrap();
    for old in ["alice/a", "alice/b"] {
        assert!(matches!(get_repo(app, &owner, &path(old)).await, Err(Error::Moved(to)) if to == "alice/c"), "{old}");
    }
    create_repo(app, &owner, None, named("a")).await.unwrap();
    assert_eq!(get_repo(app, &owner, &path("alice/a")).await.unwrap().path(), "alice/a");
    assert_eq!(kind(update_repo(app, &owner, &path("alice/c"), rename("A")).await), "conflict");
    hardie_app::accounts::create_org(app, &owner, hardie_app::accounts::NewOrg { name: "acme".into(), ..Default::default() })
        .await
        .unwrap();
    transfer_repo(app, &owner, &path("alice/c"), "acme").await.unwrap();
    assert!(matches!(get_repo(app, &owner, &path("alice/b")).await, Err(Error::Moved(to)) if to == "acme/c"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_change_together_and_move_what_caches_and_judgements_rest_on() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let owner = ctx(&server, &alice).await;
    let before = create_repo(app, &owner, None, named("tool")).await.unwrap().row;
    let change = RepoChange {
        description: Some(" a tool ".to_owned()),
        visibility: Some(Visibility::Public),
        archived: Some(true),
        default_branch: Some("trunk".to_owned()),
        ..RepoChange::default()
    };
    let after = update_repo(app, &owner, &path("alice/tool"), change).await.unwrap().row;
    assert_eq!((after.description.as_str(), after.visibility, after.archived), ("a tool", Visibility::Public, true));
    assert_eq!(after.default_branch.short(), "trunk");
    assert!(after.generation > before.generation && after.rules_epoch > before.rules_epoch);
    let refused = hardie_app::access::repo_for(app, &owner, &path("alice/tool"), RepoAction::Push).await;
    assert_eq!(kind(refused), "forbidden");
    let bad = RepoChange { description: Some("x".repeat(5000)), archived: Some(false), ..RepoChange::default() };
    assert_eq!(kind(update_repo(app, &owner, &path("alice/tool"), bad).await), "invalid");
    assert!(get_repo(app, &owner, &path("alice/tool")).await.unwrap().row.archived, "nothing of a refused change took effect");
    let script = RepoChange { website: Some("javascript:alert(1)".to_owned()), ..RepoChange::default() };
    assert_eq!(kind(update_repo(app, &owner, &path("alice/tool"), script).await), "invalid");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_repository_is_absent_at_once_and_comes_back_for_a_week() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let (owner, other) = (ctx(&server, &alice).await, ctx(&server, &bob).await);
    let id = create_repo(app, &owner, None, named("tool")).await.unwrap().row.id;
    delete_repo(app, &owner, &path("alice/tool")).await.unwrap();
    assert_eq!(kind(get_repo(app, &owner, &path("alice/tool")).await), "not found");
    assert_eq!(kind(list_deleted_repos(app, &other, "alice").await), "forbidden");
    assert_eq!(kind(restore_repo(app, &other, "alice", id).await), "forbidden");
    assert_eq!(kind(restore_repo(app, &other, "bob", id).await), "not found");
    clock.advance(7 * 24 * 3600 - 1);
    assert_eq!(find_deleted_repo(app, &owner, "alice", "TOOL").await.unwrap().row.id, id);
    create_repo(app, &owner, None, named("tool")).await.unwrap();
    assert_eq!(kind(restore_repo(app, &owner, "alice", id).await), "conflict");
    let rename = RepoChange { name: Some("tool2".to_owned()), ..RepoChange::default() };
    update_repo(app, &owner, &path("alice/tool"), rename).await.unwrap();
    assert_eq!(restore_repo(app, &owner, "alice", id).await.unwrap().row.id, id);
    assert_eq!(get_repo(app, &owner, &path("alice/tool")).await.unwrap().row.id, id);
    delete_repo(app, &owner, &path("alice/tool")).await.unwrap();
    clock.advance(7 * 24 * 3600);
    assert!(list_deleted_repos(app, &owner, "alice").await.unwrap().is_empty());
    assert_eq!(kind(restore_repo(app, &owner, "alice", id).await), "not found");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_leaves_a_line_in_the_audit_log_and_an_event() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, root) = (server.user("alice").await.unwrap(), server.admin("root").await.unwrap());
    let owner = ctx(&server, &alice).await;
    create_repo(app, &owner, None, named("a")).await.unwrap();
    update_repo(app, &owner, &path("alice/a"), RepoChange { archived: Some(true), ..RepoChange::default() }).await.unwrap();
    update_repo(app, &owner, &path("alice/a"), RepoChange { name: Some("b".to_owned()), ..RepoChange::default() }).await.unwrap();
    delete_repo(app, &owner, &path("alice/b")).await.unwrap();
    let query = AuditQuery { action: Some("repository".to_owned()), ..AuditQuery::default() };
    let lines = list_audit(app, &ctx(&server, &root).await, &query, Page::new(None, None)).await.unwrap();
    let actions: Vec<_> = lines.items.iter().rev().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["repository.create", "repository.edit", "repository.rename", "repository.delete"]);
    assert!(lines.items.iter().all(|line| line.actor == owner.actor.as_ref().map(|a| a.id)));
    assert_eq!(kind(list_audit(app, &owner, &query, Page::new(None, None)).await), "forbidden");
    assert_eq!(kind(list_audit(app, &super::nobody(), &query, Page::new(None, None)).await), "unauthenticated");
    let system = Ctx::system();
    super::super::support::eventually("four events", async || {
        let events = hardie_app::events::list_events(app, &system, None, Some(hardie_domain::ids::EventSeq(0)), 100).await.unwrap();
        let kinds: Vec<_> = events.iter().map(|e| e.kind.as_str()).collect();
        kinds == ["repository.created", "repository.updated", "repository.renamed", "repository.deleted"]
    })
    .await;
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn protections_are_the_administrators_and_each_change_asks_for_a_new_judgement() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let (owner, other) = (ctx(&server, &alice).await, ctx(&server, &bob).await);
    create_repo(app, &owner, None, NewRepo { visibility: Visibility::Public, ..named("tool") }).await.unwrap();
    let repo = path("alice/tool");
    let epoch = async || get_repo(app, &owner, &repo).await.unwrap().row.rules_epoch;
    let mut last = epoch().await;
    let mut grown = async |what: &str| {
        let now = epoch().await;
        assert!(now > last, "{what}");
        last = now;
    };
    let change = ProtectionChange { allow_force: Some(true), ..ProtectionChange::default() };
    assert_eq!(kind(create_protection(app, &other, &repo, "main", change.clone()).await), "forbidden");
    assert_eq!(kind(create_protection(app, &owner, &repo, "[a-z]", change.clone()).await), "invalid");
    create_protection(app, &owner, &repo, "release/*", change.clone()).await.unwrap();
    grown("create").await;
    assert_eq!(kind(create_protection(app, &owner, &repo, "release/*", change.clone()).await), "conflict");
    let edited = edit_protection(app, &owner, &repo, "release/*", ProtectionChange { allow_force: Some(false), ..change }).await.unwrap();
    assert!(!edited.allow_force && !edited.allow_delete);
    grown("edit").await;
    assert_eq!(kind(delete_protection(app, &other, &repo, "release/*").await), "forbidden");
    delete_protection(app, &owner, &repo, "release/*").await.unwrap();
    grown("delete").await;
    assert!(list_protections(app, &other, &repo).await.unwrap().is_empty());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_public_things_neither_sees_nor_restores_what_was_private() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let owner = ctx(&server, &alice).await;
    let public_only = scoped(&server, &alice, &["all", "public-only"]).await;
    let secret = create_repo(app, &owner, None, NewRepo { visibility: Visibility::Private, ..named("secret") }).await.unwrap().row.id;
    let open = create_repo(app, &owner, None, NewRepo { visibility: Visibility::Public, ..named("open") }).await.unwrap().row.id;
    for name in ["alice/secret", "alice/open"] {
        delete_repo(app, &owner, &path(name)).await.unwrap();
    }
    let listed: Vec<_> = list_deleted_repos(app, &public_only, "alice").await.unwrap().into_iter().map(|d| d.row.id).collect();
    assert_eq!(listed, [open]);
    assert_eq!(kind(find_deleted_repo(app, &public_only, "alice", "secret").await), "not found");
    assert_eq!(kind(restore_repo(app, &public_only, "alice", secret).await), "not found");
    assert_eq!(list_deleted_repos(app, &owner, "alice").await.unwrap().len(), 2, "refused before anything was done");
    assert_eq!(restore_repo(app, &public_only, "alice", open).await.unwrap().row.id, open);
    server.stop().await.unwrap();
}
