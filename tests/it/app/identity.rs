//! Proofs of who somebody is, and their ends.

use hardie_app::accounts::{AdminChange, admin_edit_user};
use hardie_app::identity::{
    NewKey, NewNarrowing, NewToken, SignIn, add_ssh_key, authenticate_basic, authenticate_session, authenticate_ssh_key,
    authenticate_token, change_password, create_token, delete_token, is_known_ssh_key, list_sessions, list_tokens, revoke_session, sign_in,
    sign_out,
};
use hardie_app::{Ctx, Error};
use hardie_domain::access::{Credential, RepoAction};
use hardie_domain::page::Page;
use hardie_domain::scope::{Category, Level};
use hardie_domain::secret::Secret;
use hardie_domain::sshkey::PublicKey;
use hardie_testkit::{TestServer, TestUser};

use super::{ctx, kind, nobody, path, scoped, with_clock};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEXQEIfpKHqR7E1HxAersH3zy3ZxU5h+yZ+DEtBiGpAm";

fn sign_in_as(user: &TestUser) -> SignIn {
    SignIn { user: user.name.clone(), password: Secret::new(&user.password), code: None, agent: "Test/1.0".to_owned() }
}

fn token(user: &str, name: &str, scopes: &[&str]) -> NewToken {
    let scopes = scopes.iter().map(|s| (*s).to_owned()).collect();
    NewToken { user: user.to_owned(), name: name.to_owned(), scopes, expires_at: None, narrowing: NewNarrowing::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_taken_in_either_field_of_basic_auth() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let none = Secret::new("");
    for (user, secret) in
        [("alice", alice.token.as_str()), ("x-access-token", &alice.token), (&alice.token, ""), (&alice.token, "x-oauth-basic")]
    {
        let secret = if secret.is_empty() { none.clone() } else { Secret::new(secret) };
        let actor = authenticate_basic(app, &nobody(), user, &secret).await.unwrap();
        assert_eq!(actor.name.as_str(), "alice");
        assert!(matches!(actor.credential, Credential::Token(_)));
    }
    let by_password = authenticate_basic(app, &nobody(), "ALICE", &Secret::new(&alice.password)).await.unwrap();
    assert_eq!(by_password.credential, Credential::Password);
    let by_email = authenticate_basic(app, &nobody(), "Alice@Example.org", &Secret::new(&alice.password)).await.unwrap();
    assert_eq!(by_email.id, by_password.id);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_unknown_and_disabled_get_one_answer() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let disable = AdminChange { disabled: Some(true), ..AdminChange::default() };
    admin_edit_user(app, &Ctx::system(), "bob", disable).await.unwrap();
    let long = "x".repeat(100_000);
    let mut texts = Vec::new();
    for (user, password) in [
        ("alice", "wrong password"),
        ("nobody-here", "wrong password"),
        ("bob", bob.password.as_str()),
        ("alice", ""),
        ("alice", &long),
        ("", "x"),
    ] {
        let error = authenticate_basic(app, &nobody(), user, &Secret::new(password)).await.unwrap_err();
        assert!(matches!(error, Error::Unauthenticated(_)), "{user}: {error:?}");
        texts.push(error.to_string());
    }
    texts.dedup();
    assert_eq!(texts, ["wrong user name or password"]);
    assert!(authenticate_basic(app, &nobody(), "alice", &Secret::new(&alice.password)).await.is_ok());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_user_loses_every_door_at_once_and_sessions_do_not_come_back() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    add_ssh_key(app, &ctx(&server, &alice).await, NewKey { title: String::new(), key: KEY.to_owned() }).await.unwrap();
    let blob = PublicKey::parse(KEY).unwrap().blob().to_vec();
    let cookie = sign_in(app, &nobody(), sign_in_as(&alice)).await.unwrap().cookie;
    let set = async |disabled| {
        let change = AdminChange { disabled: Some(disabled), ..AdminChange::default() };
        admin_edit_user(app, &Ctx::system(), "alice", change).await.unwrap();
    };
    assert!(authenticate_ssh_key(app, &blob).await.unwrap().is_some());
    set(true).await;
    assert_eq!(kind(authenticate_token(app, &Secret::new(&alice.token)).await), "unauthenticated");
    assert!(authenticate_ssh_key(app, &blob).await.unwrap().is_none());
    assert!(!is_known_ssh_key(app, &blob).await.unwrap());
    assert!(authenticate_session(app, &nobody(), &cookie).await.unwrap().is_none());
    set(false).await;
    assert!(authenticate_token(app, &Secret::new(&alice.token)).await.is_ok());
    assert!(authenticate_session(app, &nobody(), &cookie).await.unwrap().is_none());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_makes_no_token_that_can_do_or_live_longer_than_itself() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let _alice = server.user("alice").await.unwrap();
    let now = hardie_app::ports::Clock::now(&clock);
    let small = NewToken { expires_at: Some(now.plus_seconds(3600)), ..token("alice", "small", &["read:repository", "write:user"]) };
    let small = create_token(app, &Ctx::system(), small).await.unwrap();
    let maker = hardie_testkit::server::people::signed_in(app, small.token.expose()).await.unwrap();
    for scopes in [&["all"][..], &["write:repository"], &["write:admin"]] {
        assert_eq!(kind(create_token(app, &maker, token("alice", "more", scopes)).await), "forbidden", "{scopes:?}");
    }
    let longer = NewToken { expires_at: Some(now.plus_seconds(7200)), ..token("alice", "longer", &["read:user"]) };
    assert_eq!(kind(create_token(app, &maker, longer).await), "invalid");
    let child = create_token(app, &maker, token("alice", "child", &["read:user"])).await.unwrap();
    assert_eq!(child.row.expires_at, small.row.expires_at);
    clock.advance(3600);
    for dead in [&small.token, &child.token] {
        assert_eq!(kind(authenticate_token(app, dead).await), "unauthenticated");
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_or_sees_another_ones_tokens() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob, root) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap(), server.admin("root").await.unwrap());
    let bob = ctx(&server, &bob).await;
    assert_eq!(kind(create_token(app, &bob, token("alice", "x", &["all"])).await), "forbidden");
    assert_eq!(kind(list_tokens(app, &bob, "alice", Page::new(None, None)).await), "forbidden");
    assert_eq!(kind(delete_token(app, &bob, "alice", "test").await), "forbidden");
    // An administrator may revoke, but a token that acts as somebody else is made on the command line only.
    let root = ctx(&server, &root).await;
    assert_eq!(kind(create_token(app, &root, token("alice", "x", &["all"])).await), "forbidden");
    delete_token(app, &root, "alice", "test").await.unwrap();
    assert_eq!(kind(authenticate_token(app, &Secret::new(&alice.token)).await), "unauthenticated");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_use_of_a_token_is_noted_at_most_once_a_minute() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let asker = ctx(&server, &alice).await;
    let last = async || list_tokens(app, &asker, "alice", Page::new(None, None)).await.unwrap().items[0].last_used_at;
    let first = last().await;
    assert!(first.is_some());
    clock.advance(59);
    authenticate_token(app, &Secret::new(&alice.token)).await.unwrap();
    assert_eq!(last().await, first);
    clock.advance(1);
    authenticate_token(app, &Secret::new(&alice.token)).await.unwrap();
    assert_eq!(last().await, first.map(|t| t.plus_seconds(60)));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_belongs_to_one_account_and_opens_git_alone() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let (alice, bob) = (server.admin("alice").await.unwrap(), server.user("bob").await.unwrap());
    let repo = server.repo(&bob, "tool", true).await.unwrap();
    let key = || NewKey { title: "laptop".to_owned(), key: format!("{KEY} me@laptop") };
    let added = add_ssh_key(app, &ctx(&server, &alice).await, key()).await.unwrap();
    assert_eq!((added.line.as_str(), added.fingerprint.as_str()), (KEY, "SHA256:TcQF6Nfak5OuhNk4/fus+LCDO39dHDO0XGNUo3qtPds"));
    assert_eq!(kind(add_ssh_key(app, &ctx(&server, &bob).await, key()).await), "invalid");
    let narrow = scoped(&server, &bob, &["write:user"]).await;
    assert_eq!(kind(add_ssh_key(app, &narrow, NewKey { title: String::new(), key: "ssh-ed25519 x".to_owned() }).await), "forbidden");
    let actor = authenticate_ssh_key(app, PublicKey::parse(KEY).unwrap().blob()).await.unwrap().unwrap();
    assert!(actor.scopes.allows(Category::Repository, Level::Write));
    assert!(!actor.scopes.allows(Category::User, Level::Read) && !actor.scopes.allows(Category::Admin, Level::Read));
    // Over SSH an administrator sees what they are named in, like everybody.
    let over_ssh = Ctx { actor: Some(actor), ..nobody() };
    assert_eq!(kind(hardie_app::access::repo_for(app, &over_ssh, &path(&repo), RepoAction::Read).await), "not found");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_revoked_and_all_end_with_the_password() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let mut contexts = Vec::new();
    let mut cookies = Vec::new();
    for _ in 0..3 {
        let session = sign_in(app, &nobody(), sign_in_as(&alice)).await.unwrap();
        let signed_in = authenticate_session(app, &nobody(), &session.cookie).await.unwrap().unwrap();
        assert_eq!(signed_in.csrf, session.csrf);
        assert_ne!(signed_in.csrf, session.cookie.expose());
        contexts.push(Ctx { actor: Some(signed_in.actor), ..nobody() });
        cookies.push(session.cookie);
    }
    let listed = list_sessions(app, &contexts[0]).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert_eq!(listed.iter().filter(|s| s.current).count(), 1);
    assert!(listed.iter().all(|s| s.row.user_agent == "Test/1.0" && s.row.address == "192.0.2.7"));
    let Some(Credential::Session(second)) = contexts[1].actor.as_ref().map(|a| a.credential) else { panic!("a session") };
    revoke_session(app, &contexts[0], second).await.unwrap();
    assert!(authenticate_session(app, &nobody(), &cookies[1]).await.unwrap().is_none());
    let bob = server.user("bob").await.unwrap();
    let Some(Credential::Session(third)) = contexts[2].actor.as_ref().map(|a| a.credential) else { panic!("a session") };
    assert_eq!(kind(revoke_session(app, &ctx(&server, &bob).await, third).await), "not found");
    sign_out(app, &contexts[0]).await.unwrap();
    assert!(authenticate_session(app, &nobody(), &cookies[0]).await.unwrap().is_none());
    let new = Secret::new("another good one");
    assert_eq!(kind(change_password(app, &contexts[2], &Secret::new("wrong password"), &new, None).await), "invalid");
    change_password(app, &contexts[2], &Secret::new(&alice.password), &new, None).await.unwrap();
    assert!(authenticate_session(app, &nobody(), &cookies[2]).await.unwrap().is_none());
    assert!(authenticate_basic(app, &nobody(), "alice", &Secret::new(&alice.password)).await.is_err());
    assert!(authenticate_basic(app, &nobody(), "alice", &new).await.is_ok());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_when_idle_and_at_last_however_busy() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let day = 24 * 3600;
    let idle = sign_in(app, &nobody(), sign_in_as(&alice)).await.unwrap().cookie;
    clock.advance(14 * day);
    assert!(authenticate_session(app, &nobody(), &idle).await.unwrap().is_none());
    let busy = sign_in(app, &nobody(), sign_in_as(&alice)).await.unwrap().cookie;
    for _ in 0..8 {
        clock.advance(10 * day);
        assert!(authenticate_session(app, &nobody(), &busy).await.unwrap().is_some());
    }
    clock.advance(10 * day);
    assert!(authenticate_session(app, &nobody(), &busy).await.unwrap().is_none());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_cannot_be_used() {
    let server = TestServer::start().await.unwrap();
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let session = sign_in(app, &nobody(), sign_in_as(&alice)).await.unwrap();
    let account = app.store.find_account_by_name("alice").await.unwrap().unwrap();
    let hash = app.store.find_password_hash(account.id).await.unwrap().unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let data = server.stop().await.unwrap();
    for file in std::fs::read_dir(data.path()).unwrap().map(|f| f.unwrap().path()).filter(|p| p.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        for secret in [alice.token.as_str(), alice.password.as_str(), session.cookie.expose()] {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{}", file.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_expires_cannot_leave_a_key_behind() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let scopes = ["write:user", "write:repository"];
    let expires_at = Some(hardie_app::ports::Clock::now(&clock).plus_seconds(3600));
    let short = NewToken { expires_at, ..token("alice", "short", &scopes) };
    let short = create_token(app, &ctx(&server, &alice).await, short).await.unwrap();
    let short = hardie_testkit::server::people::signed_in(app, short.token.expose()).await.unwrap();
    let key = || NewKey { title: String::new(), key: KEY.to_owned() };
    let refused = add_ssh_key(app, &short, key()).await.unwrap_err().to_string();
    assert!(refused.contains("does not expire"), "{refused}");
    assert!(!is_known_ssh_key(app, PublicKey::parse(KEY).unwrap().blob()).await.unwrap());
    add_ssh_key(app, &scoped(&server, &alice, &scopes).await, key()).await.unwrap();
    server.stop().await.unwrap();
}
