//! One place decides; what it decides.

use hardie_app::access::repo_for;
use hardie_app::accounts::{AdminChange, admin_edit_user};
use hardie_app::collaborators::{remove_collaborator, set_collaborator};
use hardie_app::repos::{RepoSearch, get_repo_by_id, search_repos, transfer_repo, update_repo};
use hardie_app::{Ctx, Error, accounts, repos};
use hardie_domain::access::{RepoAction, Role};
use hardie_domain::page::Page;
use hardie_testkit::TestServer;

use super::{ctx, kind, nobody, path, scoped};

const ACTIONS: [RepoAction; 4] = [RepoAction::Read, RepoAction::Push, RepoAction::Administer, RepoAction::Own];

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_what_it_says_and_no_more() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let repo = path(&server.repo(&alice, "tool", true).await.unwrap());
    let (owner, other) = (ctx(&server, &alice).await, ctx(&server, &bob).await);
    let mut table = Vec::new();
    for role in [None, Some(Role::Read), Some(Role::Write), Some(Role::Admin)] {
        if let Some(role) = role {
            set_collaborator(app, &owner, &repo, "bob", role).await.unwrap();
        }
        let mut row = Vec::new();
        for action in ACTIONS {
            let answer = repo_for(app, &other, &repo, action).await;
            row.push(if answer.is_ok() { "yes" } else { kind(answer) });
        }
        table.push(row);
    }
    assert_eq!(
        table,
        [
            ["not found", "not found", "not found", "not found"],
            ["yes", "forbidden", "forbidden", "forbidden"],
            ["yes", "yes", "forbidden", "forbidden"],
            ["yes", "yes", "yes", "forbidden"],
        ]
    );
    remove_collaborator(app, &owner, &repo, "bob").await.unwrap();
    assert_eq!(kind(repo_for(app, &other, &repo, RepoAction::Read).await), "not found");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn invisible_and_missing_are_one_error_also_at_an_old_address() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    server.repo(&alice, "old", true).await.unwrap();
    let owner = ctx(&server, &alice).await;
    let rename = repos::RepoChange { name: Some("new".to_owned()), ..repos::RepoChange::default() };
    let renamed = update_repo(app, &owner, &path("alice/old"), rename).await.unwrap();
    assert!(matches!(repo_for(app, &owner, &path("Alice/OLD"), RepoAction::Read).await, Err(Error::Moved(to)) if to == "alice/new"));
    for asker in [ctx(&server, &bob).await, nobody()] {
        let mut texts = Vec::new();
        for address in ["alice/old", "alice/new", "alice/none", "none/none"] {
            texts.push(repo_for(app, &asker, &path(address), RepoAction::Push).await.unwrap_err().to_string());
        }
        assert!(texts.iter().all(|text| *text == "repository not found"), "{texts:?}");
        assert_eq!(kind(get_repo_by_id(app, &asker, renamed.row.id).await), "not found");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_loses_what_a_proven_connection_still_holds() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let repo = path(&server.repo(&alice, "tool", true).await.unwrap());
    let proven_before = ctx(&server, &alice).await;
    let disable = AdminChange { disabled: Some(true), ..AdminChange::default() };
    admin_edit_user(app, &Ctx::system(), "alice", disable).await.unwrap();
    assert_eq!(kind(repo_for(app, &proven_before, &repo, RepoAction::Read).await), "unauthenticated");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrators_power_needs_a_credential_with_the_admin_scope() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, root) = (server.user("alice").await.unwrap(), server.admin("root").await.unwrap());
    let repo = path(&server.repo(&alice, "tool", true).await.unwrap());
    assert!(repo_for(app, &ctx(&server, &root).await, &repo, RepoAction::Own).await.is_ok());
    let narrow = scoped(&server, &root, &["write:repository", "write:user"]).await;
    assert_eq!(kind(repo_for(app, &narrow, &repo, RepoAction::Read).await), "not found");
    assert_eq!(kind(accounts::list_users(app, &narrow, Page::new(None, None)).await), "forbidden");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_show_exactly_what_may_be_read() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    server.repo(&alice, "open", false).await.unwrap();
    server.repo(&alice, "secret", true).await.unwrap();
    server.repo(&alice, "shared", true).await.unwrap();
    let owner = ctx(&server, &alice).await;
    set_collaborator(app, &owner, &path("alice/shared"), "bob", Role::Write).await.unwrap();
    let names = async |asker: &Ctx| {
        let found = search_repos(app, asker, &RepoSearch::default(), Page::new(None, None)).await.unwrap();
        assert_eq!(found.total as usize, found.items.len());
        found.items.iter().map(|r| format!("{} {}", r.row.name, r.role.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(names(&nobody()).await, ["open read"]);
    assert_eq!(names(&ctx(&server, &bob).await).await, ["open read", "shared write"]);
    assert_eq!(names(&owner).await, ["open admin", "secret admin", "shared admin"]);
    assert_eq!(names(&scoped(&server, &alice, &["all", "public-only"]).await).await, ["open read"]);
    assert_eq!(names(&scoped(&server, &alice, &["write:user"]).await).await, ["open read"]);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_given_a_repository_that_they_did_not_ask_for() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let repo = path(&server.repo(&alice, "tool", true).await.unwrap());
    assert_eq!(kind(transfer_repo(app, &ctx(&server, &alice).await, &repo, "bob").await), "forbidden");
    assert_eq!(kind(transfer_repo(app, &ctx(&server, &bob).await, &repo, "bob").await), "not found");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_public_things_administers_nothing() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (root, alice) = (server.admin("root").await.unwrap(), server.user("alice").await.unwrap());
    let secret = path(&server.repo(&alice, "secret", true).await.unwrap());
    let open = path(&server.repo(&alice, "open", false).await.unwrap());
    let all = ctx(&server, &root).await;
    let public_only = scoped(&server, &root, &["all", "public-only"]).await;
    let page = || Page::new(None, None);
    assert!(repo_for(app, &all, &secret, RepoAction::Own).await.is_ok());
    assert_eq!(kind(repo_for(app, &public_only, &secret, RepoAction::Read).await), "not found");
    for action in [RepoAction::Push, RepoAction::Administer, RepoAction::Own] {
        assert_eq!(kind(repo_for(app, &public_only, &open, action).await), "forbidden");
    }
    assert_eq!(kind(accounts::list_users(app, &public_only, page()).await), "forbidden");
    let query = hardie_app::audit::AuditQuery::default();
    assert_eq!(kind(hardie_app::audit::list_audit(app, &public_only, &query, page()).await), "forbidden");
    assert_eq!(accounts::get_user(app, &public_only, "alice").await.unwrap().email, "", "an address is not public");
    let change = AdminChange { disabled: Some(true), ..AdminChange::default() };
    assert_eq!(kind(admin_edit_user(app, &public_only, "alice", change).await), "forbidden");
    let (owner, half) = (ctx(&server, &alice).await, scoped(&server, &alice, &["all", "public-only"]).await);
    let org = accounts::NewOrg { name: "acme".to_owned(), ..accounts::NewOrg::default() };
    accounts::create_org(app, &owner, org).await.unwrap();
    assert!(accounts::list_members(app, &owner, "acme", page()).await.is_ok());
    assert_eq!(kind(accounts::list_members(app, &half, "acme", page()).await), "forbidden");
    let target = hardie_app::plugins::Target::Account("acme".to_owned());
    assert!(hardie_app::plugins::list_installations(app, &owner, &target).await.is_ok());
    assert_eq!(kind(hardie_app::plugins::list_installations(app, &half, &target).await), "forbidden");
    server.stop().await.unwrap();
}
