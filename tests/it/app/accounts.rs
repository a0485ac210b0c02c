//! Users and organisations.

use hardie_app::access::repo_for;
use hardie_app::accounts::{
    self, AdminChange, NewOrg, NewUser, OrgRole, ProfileChange, admin_edit_user, create_org, create_user, edit_profile, get_user,
    remove_member, search_users, set_member,
};
use hardie_app::{Ctx, repos};
use hardie_domain::access::{RepoAction, Role, Visibility};
use hardie_domain::page::Page;
use hardie_domain::secret::Secret;
use hardie_testkit::TestServer;

use super::{ctx, kind, nobody, path, scoped};

fn new_user(name: &str, email: &str) -> NewUser {
    let password = Some(Secret::new("a long enough one"));
    NewUser { name: name.to_owned(), email: email.to_owned(), full_name: String::new(), password, is_admin: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_addresses_are_unique_without_case_and_checked() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let system = Ctx::system();
    create_user(app, &system, new_user("Alice", "alice@example.org")).await.unwrap();
    for (name, email, expected) in [
        ("ALICE", "other@example.org", "conflict"),
        ("bob", "Alice@Example.ORG", "conflict"),
        ("api", "bob@example.org", "invalid"),
        ("../x", "bob@example.org", "invalid"),
        ("bob", "not an address", "invalid"),
        ("bob", "bob@example.org\r\nBcc: x@example.org", "invalid"),
    ] {
        assert_eq!(kind(create_user(app, &system, new_user(name, email)).await), expected, "{name} {email}");
    }
    let weak = NewUser { password: Some(Secret::new("short")), ..new_user("bob", "bob@example.org") };
    assert_eq!(kind(create_user(app, &system, weak).await), "invalid");
    let alice = server.user("carol").await.unwrap();
    let taken = NewOrg { name: "alice".to_owned(), ..NewOrg::default() };
    assert_eq!(kind(create_org(app, &ctx(&server, &alice).await, taken).await), "conflict");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_administrators_make_and_change_other_users() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    server.user("bob").await.unwrap();
    for asker in [ctx(&server, &alice).await, nobody()] {
        let expected = if asker.actor.is_some() { "forbidden" } else { "unauthenticated" };
        assert_eq!(kind(create_user(app, &asker, new_user("eve", "eve@example.org")).await), expected);
        assert_eq!(kind(admin_edit_user(app, &asker, "bob", AdminChange::default()).await), expected);
        assert_eq!(kind(accounts::list_users(app, &asker, Page::new(None, None)).await), expected);
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_one() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let root = server.admin("root").await.unwrap();
    let asker = ctx(&server, &root).await;
    for change in
        [AdminChange { is_admin: Some(false), ..AdminChange::default() }, AdminChange { disabled: Some(true), ..AdminChange::default() }]
    {
        assert_eq!(kind(admin_edit_user(app, &asker, "root", change).await), "conflict");
    }
    server.admin("second").await.unwrap();
    let step_down = AdminChange { is_admin: Some(false), ..AdminChange::default() };
    assert!(!admin_edit_user(app, &asker, "root", step_down).await.unwrap().is_admin);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_shown_to_their_owner_and_to_administrators_only() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob, root) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap(), server.admin("root").await.unwrap());
    let seen = async |asker: &Ctx| get_user(app, asker, "alice").await.unwrap().email;
    assert_eq!(seen(&ctx(&server, &alice).await).await, "alice@example.org");
    assert_eq!(seen(&ctx(&server, &root).await).await, "alice@example.org");
    assert_eq!(seen(&ctx(&server, &bob).await).await, "");
    assert_eq!(seen(&nobody()).await, "");
    assert_eq!(seen(&scoped(&server, &alice, &["read:repository"]).await).await, "");
    // Nor can a search tell an address letter by letter.
    let bob = ctx(&server, &bob).await;
    assert_eq!(search_users(app, &bob, "alice@exa", Page::new(None, None)).await.unwrap().total, 0);
    assert_eq!(search_users(app, &bob, "ali", Page::new(None, None)).await.unwrap().total, 1);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_address_needs_the_password() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let asker = ctx(&server, &alice).await;
    let change = |password: Option<&str>| ProfileChange {
        email: Some("new@example.org".to_owned()),
        current_password: password.map(Secret::new),
        ..ProfileChange::default()
    };
    assert_eq!(kind(edit_profile(app, &asker, change(None)).await), "invalid");
    assert_eq!(kind(edit_profile(app, &asker, change(Some("wrong password"))).await), "invalid");
    // Nor does it do without mails, by which a new one is proven; an administrator's word is enough.
    let refused = edit_profile(app, &asker, change(Some(&alice.password))).await.unwrap_err().to_string();
    assert!(refused.contains("sends no mail"), "{refused}");
    let by_admin = AdminChange { email: Some("new@example.org".to_owned()), ..AdminChange::default() };
    assert_eq!(admin_edit_user(app, &Ctx::system(), "alice", by_admin).await.unwrap().email, "new@example.org");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn members_have_their_role_in_all_that_the_organisation_owns() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let (owner, member) = (ctx(&server, &alice).await, ctx(&server, &bob).await);
    create_org(app, &owner, NewOrg { name: "acme".to_owned(), ..NewOrg::default() }).await.unwrap();
    let new = repos::NewRepo { name: "tool".to_owned(), description: String::new(), visibility: Visibility::Private, default_branch: None };
    repos::create_repo(app, &owner, Some("acme"), new.clone()).await.unwrap();
    assert_eq!(kind(repos::create_repo(app, &member, Some("acme"), new).await), "forbidden");
    let may = async |action| repo_for(app, &member, &path("acme/tool"), action).await.is_ok();
    assert!(!may(RepoAction::Read).await);
    set_member(app, &owner, "acme", "bob", OrgRole::Member(Role::Read)).await.unwrap();
    assert!(may(RepoAction::Read).await && !may(RepoAction::Push).await);
    set_member(app, &owner, "acme", "bob", OrgRole::Member(Role::Write)).await.unwrap();
    assert!(may(RepoAction::Push).await && !may(RepoAction::Administer).await);
    set_member(app, &owner, "acme", "bob", OrgRole::Owner).await.unwrap();
    assert!(may(RepoAction::Own).await);
    remove_member(app, &owner, "acme", "bob").await.unwrap();
    assert!(!may(RepoAction::Read).await);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_keeps_an_owner_and_strangers_learn_nothing_of_its_members() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let (owner, stranger) = (ctx(&server, &alice).await, ctx(&server, &bob).await);
    create_org(app, &owner, NewOrg { name: "acme".to_owned(), ..NewOrg::default() }).await.unwrap();
    assert_eq!(kind(remove_member(app, &owner, "acme", "alice").await), "conflict");
    assert_eq!(kind(set_member(app, &owner, "acme", "alice", OrgRole::Member(Role::Read)).await), "conflict");
    assert_eq!(kind(set_member(app, &stranger, "acme", "bob", OrgRole::Owner).await), "forbidden");
    assert_eq!(kind(accounts::list_members(app, &stranger, "acme", Page::new(None, None)).await), "forbidden");
    assert_eq!(kind(accounts::find_member(app, &stranger, "acme", "alice").await), "forbidden");
    assert_eq!(kind(accounts::list_orgs_of(app, &stranger, "alice", Page::new(None, None)).await), "forbidden");
    server.stop().await.unwrap();
}
