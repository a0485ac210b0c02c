//! Who may put which plugin where, and what it then does to a push. The components are real and run in the real sandbox.

use bytes::Bytes;
use hardie_app::plugins::{
    InstallationChange, MAX_COMPONENT_BYTES, MAX_COMPONENT_BYTES_OF_ADMINS, NewInstallation, ScopeView, Target, get_installation, install,
    list_components, list_installations, policies_for, remove_installation, update_installation, upload_component, verdicts,
};
use hardie_app::repos::get_repo;
use hardie_app::state::PluginPolicy;
use hardie_app::{App, Ctx};
use hardie_domain::access::Role;
use hardie_domain::page::Page;
use hardie_domain::plugin::{Digest, FailureClass, Mode};
use hardie_testkit::{Options, TestServer};

use super::{ctx, kind, nobody, path};
use crate::support::component;

const ALL: fn() -> Page = || Page::new(None, None);

async fn upload(app: &App, asker: &Ctx, name: &str) -> Digest {
    upload_component(app, asker, component(name)).await.unwrap().component.digest
}

fn of(digest: Digest, name: &str, mode: Mode) -> NewInstallation {
    NewInstallation { digest, name: Some(name.to_owned()), mode, config: None, fail_open: false, hosts: Vec::new() }
}

async fn with_policy(plugins: PluginPolicy) -> TestServer {
    TestServer::start_with(Options { plugins, ..Options::default() }).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_administers_a_repository_installs_and_others_do_not() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let (owner, writer) = (ctx(&server, &alice).await, ctx(&server, &bob).await);
    let repo = Target::Repo(path(&server.repo(&alice, "tool", true).await.unwrap()));
    let digest = upload(app, &owner, "accept").await;
    assert!(!upload_component(app, &writer, component("accept")).await.unwrap().created, "the same bytes are kept once");
    let new = || of(digest, "guard", Mode::Enforce);
    assert_eq!(kind(install(app, &writer, &repo, new()).await), "not found");
    hardie_app::collaborators::set_collaborator(app, &owner, &path("alice/tool"), "bob", Role::Write).await.unwrap();
    assert_eq!(kind(install(app, &writer, &repo, new()).await), "forbidden");
    assert_eq!(kind(install(app, &nobody(), &repo, new()).await), "not found");
    assert_eq!(kind(install(app, &owner, &Target::Site, new()).await), "forbidden");
    assert_eq!(kind(install(app, &owner, &Target::Account("bob".into()), new()).await), "forbidden");
    let epoch = async || get_repo(app, &owner, &path("alice/tool")).await.unwrap().row.rules_epoch;
    let before = epoch().await;
    let installed = install(app, &owner, &repo, new()).await.unwrap();
    let after = epoch().await;
    assert!(after > before);
    assert_eq!(kind(install(app, &owner, &repo, new()).await), "conflict");
    assert_eq!(kind(list_installations(app, &writer, &repo).await), "forbidden");
    let off = InstallationChange { mode: Some(Mode::Off), ..InstallationChange::default() };
    assert_eq!(kind(update_installation(app, &writer, &repo, installed.id, off.clone()).await), "forbidden");
    assert_eq!(update_installation(app, &owner, &repo, installed.id, off).await.unwrap().mode, Mode::Off);
    assert!(epoch().await > after);
    let id = get_repo(app, &owner, &path("alice/tool")).await.unwrap().row.id;
    assert!(policies_for(app, id).await.unwrap().is_empty(), "what is off is not asked");
    // An installation is looked up under what it guards.
    server.repo(&bob, "own", true).await.unwrap();
    let elsewhere = Target::Repo(path("bob/own"));
    assert_eq!(kind(get_installation(app, &writer, &elsewhere, installed.id).await), "not found");
    assert_eq!(kind(remove_installation(app, &writer, &elsewhere, installed.id).await), "not found");
    assert_eq!(kind(verdicts(app, &writer, &elsewhere, installed.id, ALL()).await), "not found");
    remove_installation(app, &owner, &repo, installed.id).await.unwrap();
    assert!(list_installations(app, &owner, &repo).await.unwrap().is_empty());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_policy_or_too_large_is_refused_with_a_reason() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let owner = ctx(&server, &alice).await;
    let repo = Target::Repo(path(&server.repo(&alice, "tool", true).await.unwrap()));
    assert_eq!(kind(upload_component(app, &owner, Bytes::from_static(b"not wasm")).await), "invalid");
    assert_eq!(kind(upload_component(app, &owner, Bytes::from(vec![0; MAX_COMPONENT_BYTES + 1])).await), "quota");
    let root = ctx(&server, &server.admin("root").await.unwrap()).await;
    assert_eq!(kind(upload_component(app, &root, Bytes::from(vec![0; MAX_COMPONENT_BYTES + 1])).await), "invalid", "only looked at");
    assert_eq!(kind(upload_component(app, &root, Bytes::from(vec![0; MAX_COMPONENT_BYTES_OF_ADMINS + 1])).await), "quota");
    assert_eq!(kind(upload_component(app, &nobody(), component("accept")).await), "unauthenticated");
    assert_eq!(kind(install(app, &owner, &repo, of(Digest([7; 32]), "x", Mode::Enforce)).await), "invalid");
    let digest = upload(app, &owner, "accept").await;
    for (name, config) in [("guard", Some("{not json")), ("../guard", None), ("a\nb", None)] {
        let bad = NewInstallation { config: config.map(str::to_owned), ..of(digest, name, Mode::Enforce) };
        assert_eq!(kind(install(app, &owner, &repo, bad).await), "invalid", "{name}");
    }
    let long = format!("\"{}\"", "x".repeat(70_000));
    let long = NewInstallation { config: Some(long), ..of(digest, "guard", Mode::Enforce) };
    assert_eq!(kind(install(app, &owner, &repo, long).await), "invalid");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_listed_server_owners_enable_what_an_administrator_listed() {
    let server = with_policy(PluginPolicy::Listed).await;
    let app = &server.server.app;
    let (alice, root) = (server.user("alice").await.unwrap(), server.admin("root").await.unwrap());
    let (owner, admin) = (ctx(&server, &alice).await, ctx(&server, &root).await);
    let repo = Target::Repo(path(&server.repo(&alice, "tool", true).await.unwrap()));
    assert_eq!(kind(upload_component(app, &owner, component("accept")).await), "forbidden");
    let digest = upload(app, &admin, "accept").await;
    assert_eq!(kind(install(app, &owner, &repo, of(digest, "guard", Mode::Enforce)).await), "forbidden");
    assert_eq!(list_components(app, &owner, ALL()).await.unwrap().total, 0);
    install(app, &admin, &Target::Site, of(digest, "listed", Mode::Off)).await.unwrap();
    assert_eq!(list_components(app, &owner, ALL()).await.unwrap().total, 1);
    install(app, &owner, &repo, of(digest, "guard", Mode::Enforce)).await.unwrap();
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_closed_server_owners_may_only_switch_off() {
    let server = with_policy(PluginPolicy::Closed).await;
    let app = &server.server.app;
    let (alice, root) = (server.user("alice").await.unwrap(), server.admin("root").await.unwrap());
    let (owner, admin) = (ctx(&server, &alice).await, ctx(&server, &root).await);
    let repo = Target::Repo(path(&server.repo(&alice, "tool", true).await.unwrap()));
    let digest = upload(app, &admin, "accept").await;
    assert_eq!(kind(upload_component(app, &owner, component("loop")).await), "forbidden");
    assert_eq!(kind(install(app, &owner, &repo, of(digest, "guard", Mode::Enforce)).await), "forbidden");
    let id = install(app, &admin, &repo, of(digest, "guard", Mode::Enforce)).await.unwrap().id;
    let mode = |mode| InstallationChange { mode: Some(mode), ..InstallationChange::default() };
    assert_eq!(update_installation(app, &owner, &repo, id, mode(Mode::Off)).await.unwrap().mode, Mode::Off);
    assert_eq!(kind(update_installation(app, &owner, &repo, id, mode(Mode::Enforce)).await), "forbidden");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn site_owner_and_repository_judge_in_that_order_and_inherited_ones_are_not_the_repositorys_to_change() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, root) = (server.user("alice").await.unwrap(), server.admin("root").await.unwrap());
    let (owner, admin) = (ctx(&server, &alice).await, ctx(&server, &root).await);
    let repo = Target::Repo(path(&server.repo(&alice, "tool", true).await.unwrap()));
    let digest = upload(app, &owner, "accept").await;
    install(app, &owner, &repo, of(digest, "mine", Mode::Enforce)).await.unwrap();
    install(app, &owner, &Target::Account("alice".into()), of(digest, "ours", Mode::Monitor)).await.unwrap();
    let secret = NewInstallation { config: Some(r#"{"internal":"name"}"#.to_owned()), ..of(digest, "everyones", Mode::Enforce) };
    let site = install(app, &admin, &Target::Site, secret).await.unwrap();
    let id = get_repo(app, &owner, &path("alice/tool")).await.unwrap().row.id;
    let order: Vec<_> = policies_for(app, id).await.unwrap().into_iter().map(|p| p.name).collect();
    assert_eq!(order, ["everyones", "ours", "mine"]);
    let listed = list_installations(app, &owner, &repo).await.unwrap();
    let shown: Vec<_> = listed.iter().map(|i| (i.name.as_str(), i.editable)).collect();
    assert_eq!(shown, [("everyones", false), ("ours", false), ("mine", true)]);
    assert!(matches!(listed[0].scope, ScopeView::Site));
    assert!(!listed[0].config.contains("internal"));
    let off = InstallationChange { mode: Some(Mode::Off), ..InstallationChange::default() };
    assert_eq!(kind(update_installation(app, &owner, &repo, site.id, off.clone()).await), "not found");
    assert_eq!(kind(update_installation(app, &owner, &Target::Site, site.id, off).await), "forbidden");
    assert_eq!(kind(remove_installation(app, &owner, &repo, site.id).await), "not found");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_refuses_when_enforced_and_warns_when_monitored_or_open() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let owner = ctx(&server, &alice).await;
    let name = server.repo(&alice, "tool", true).await.unwrap();
    let (repo, remote) = (Target::Repo(path(&name)), server.http_remote(&name));
    let dir = alice.git.init("tool").unwrap();
    let digest = upload(app, &owner, "trap").await;
    let installed = install(app, &owner, &repo, of(digest, "guard", Mode::Enforce)).await.unwrap();
    let refused = alice.git.fails(&dir, &["push", &remote, "main"]).unwrap();
    assert!(refused.contains("[guard]") && refused.contains("(trap)"), "{refused}");
    let set = async |change: InstallationChange| update_installation(app, &owner, &repo, installed.id, change).await.unwrap();
    set(InstallationChange { fail_open: Some(true), ..InstallationChange::default() }).await;
    alice.git.ok(&dir, &["push", "--quiet", &remote, "main"]).unwrap();
    set(InstallationChange { fail_open: Some(false), mode: Some(Mode::Monitor), ..InstallationChange::default() }).await;
    alice.git.commit(&dir, "a", "b", "More").unwrap();
    alice.git.ok(&dir, &["push", "--quiet", &remote, "main"]).unwrap();
    let said = verdicts(app, &owner, &repo, installed.id, ALL()).await.unwrap();
    assert_eq!(said.total, 3);
    assert!(said.items.iter().all(|v| v.row.failure == Some(FailureClass::Trap) && v.repo.as_deref() == Some(name.as_str())));
    let pushes = hardie_app::events::list_pushes(app, &owner, &path(&name), ALL()).await.unwrap();
    assert_eq!(pushes.items.iter().map(|p| p.row.state.as_str()).collect::<Vec<_>>(), ["done", "done", "refused"]);
    let refused = hardie_app::events::get_push(app, &owner, &path(&name), pushes.items[2].row.id).await.unwrap();
    assert_eq!(refused.verdicts.len(), 1);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_a_repository_that_left_is_not_told_to_its_old_owner() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, root) = (server.user("alice").await.unwrap(), server.admin("root").await.unwrap());
    let (owner, admin) = (ctx(&server, &alice).await, ctx(&server, &root).await);
    server.user("bob").await.unwrap();
    let name = server.repo(&alice, "tool", true).await.unwrap();
    let account = Target::Account("alice".into());
    let digest = upload(app, &owner, "accept").await;
    let installed = install(app, &owner, &account, of(digest, "guard", Mode::Monitor)).await.unwrap();
    let dir = alice.git.init("tool").unwrap();
    alice.git.ok(&dir, &["push", "--quiet", &server.http_remote(&name), "main"]).unwrap();
    let paths = async || {
        let said = verdicts(app, &owner, &account, installed.id, ALL()).await.unwrap();
        said.items.into_iter().map(|line| line.repo).collect::<Vec<_>>()
    };
    assert_eq!(paths().await, [Some(name.clone())]);
    hardie_app::repos::transfer_repo(app, &admin, &path(&name), "bob").await.unwrap();
    assert_eq!(paths().await, [None]);
    server.stop().await.unwrap();
}
