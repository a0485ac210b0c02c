//! Second factors: when a code is needed, that it counts once, and that it is not guessed.

use hardie_app::accounts::{ProfileChange, edit_profile};
use hardie_app::audit::{AuditQuery, list_audit};
use hardie_app::identity::{
    NewSession, SignIn, authenticate_basic, authenticate_session, authenticate_token, begin_factor, change_password, confirm_factor,
    disable_factor, factor_state, list_factor_users, renew_recovery_codes, reset_factor, sign_in,
};
use hardie_app::ports::Clock as _;
use hardie_app::{App, Ctx, Error};
use hardie_domain::page::Page;
use hardie_domain::secret::Secret;
use hardie_domain::sign_up::SignUpMode;
use hardie_testkit::{FakeClock, TestServer, TestUser};
use hmac::{Hmac, Mac as _};

use super::{ctx, kind, nobody, with_clock};
use crate::mail::forge;
use crate::mail::server::Smtp;

/// What an authenticator app shows now. Written anew here, so that it is not the server's own arithmetic that proves the server right.
pub fn shown(secret: &str, clock: &FakeClock) -> String {
    shown_at(secret, clock.now().seconds())
}

/// What it shows so many seconds after 1970.
pub fn shown_at(secret: &str, seconds: i64) -> String {
    let step = seconds / 30;
    let key = hardie_domain::base32::decode(secret).unwrap();
    let mut mac = Hmac::<sha1::Sha1>::new_from_slice(&key).unwrap();
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 0xf);
    let number =
        (u32::from(hash[at] & 0x7f) << 24) | (u32::from(hash[at + 1]) << 16) | (u32::from(hash[at + 2]) << 8) | u32::from(hash[at + 3]);
    format!("{:06}", number % 1_000_000)
}

/// Some other code.
fn other(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

/// Gives somebody a second factor: the secret of their app, and their recovery codes. The clock moves on, so that the app shows a fresh code.
pub async fn enrol(app: &App, ctx: &Ctx, user: &TestUser, clock: &FakeClock) -> (String, Vec<Secret>) {
    let secret = begin_factor(app, ctx, &Secret::new(&user.password), None).await.unwrap().secret.expose().to_owned();
    let codes = confirm_factor(app, ctx, &Secret::new(shown(&secret, clock))).await.unwrap();
    clock.advance(30);
    (secret, codes)
}

async fn enter(app: &App, user: &TestUser, code: Option<&str>) -> Result<NewSession, Error> {
    let (user, password) = (user.name.clone(), Secret::new(&user.password));
    sign_in(app, &nobody(), SignIn { user, password, code: code.map(Secret::new), agent: "Test/1.0".to_owned() }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_needed_from_the_confirmation_on_and_counts_once() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let (mine, others) = (enter(app, &alice, None).await.unwrap(), enter(app, &alice, None).await.unwrap());
    let actor = authenticate_session(app, &nobody(), &mine.cookie).await.unwrap().unwrap().actor;
    let asker = Ctx { actor: Some(actor), ..nobody() };
    assert_eq!(kind(confirm_factor(app, &asker, &Secret::new("123456")).await), "conflict", "nothing was begun");
    assert_eq!(kind(begin_factor(app, &asker, &Secret::new("wrong password"), None).await), "invalid");
    let lost = begin_factor(app, &asker, &Secret::new(&alice.password), None).await.unwrap();
    let begun = begin_factor(app, &asker, &Secret::new(&alice.password), None).await.unwrap();
    let secret = begun.secret.expose();
    assert!(begun.uri.expose().starts_with(&format!("otpauth://totp/forge.test:alice?secret={secret}&issuer=forge.test")));
    assert!(enter(app, &alice, None).await.is_ok(), "what is not confirmed is not asked for");
    let of_lost = Secret::new(shown(lost.secret.expose(), &clock));
    assert_eq!(kind(confirm_factor(app, &asker, &of_lost).await), "invalid", "another secret took its place");
    clock.advance(3600);
    assert_eq!(kind(confirm_factor(app, &asker, &Secret::new(shown(secret, &clock))).await), "conflict", "it took too long");
    let (secret, codes) = enrol(app, &asker, &alice, &clock).await;
    assert_eq!(codes.len(), 10);
    assert_eq!(factor_state(app, &asker).await.unwrap().recovery_codes, 10);
    assert!(authenticate_session(app, &nobody(), &mine.cookie).await.unwrap().is_some());
    assert!(authenticate_session(app, &nobody(), &others.cookie).await.unwrap().is_none(), "the password alone began it");
    assert_eq!(kind(begin_factor(app, &asker, &Secret::new(&alice.password), None).await), "conflict");

    assert_eq!(kind(enter(app, &alice, None).await), "second factor");
    assert_eq!(kind(enter(app, &alice, Some("")).await), "second factor");
    let first = shown(&secret, &clock);
    assert!(enter(app, &alice, Some(&format!(" {} {}", &first[..3], &first[3..]))).await.is_ok());
    assert_eq!(kind(enter(app, &alice, Some(&first)).await), "second factor", "it was used");
    clock.advance(60);
    let skipped = shown(&secret, &clock);
    clock.advance(30);
    assert!(enter(app, &alice, Some(&shown(&secret, &clock))).await.is_ok());
    assert_eq!(kind(enter(app, &alice, Some(&skipped)).await), "second factor", "a later one was used");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_alone_opens_no_door_and_tokens_do() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    enrol(app, &ctx(&server, &alice).await, &alice, &clock).await;
    let refused = authenticate_basic(app, &nobody(), "alice", &Secret::new(&alice.password)).await.unwrap_err();
    assert!(matches!(&refused, Error::Unauthenticated(text) if text.contains("access token")), "{refused:?}");
    let wrong = authenticate_basic(app, &nobody(), "alice", &Secret::new("wrong password")).await.unwrap_err();
    assert_eq!(wrong.to_string(), "wrong user name or password", "who does not know the password does not learn of the factor");
    assert!(authenticate_basic(app, &nobody(), "alice", &Secret::new(&alice.token)).await.is_ok());
    assert!(authenticate_token(app, &Secret::new(&alice.token)).await.is_ok());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_are_guessed_no_faster_than_passwords() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let (secret, _) = enrol(app, &ctx(&server, &alice).await, &alice, &clock).await;
    for guess in ["000000", "12345", "not a code at all", "aaaa-aaaa-aaaa-aaaa"] {
        assert_eq!(kind(enter(app, &alice, Some(guess)).await), "second factor", "{guess}");
        // The right password without a code gives no new guesses.
        assert_eq!(kind(enter(app, &alice, None).await), "second factor");
        assert_eq!(kind(authenticate_basic(app, &nobody(), "alice", &Secret::new(&alice.password)).await), "unauthenticated");
    }
    assert_eq!(kind(enter(app, &alice, Some(&other(&shown(&secret, &clock)))).await), "second factor");
    assert_eq!(kind(enter(app, &alice, Some(&shown(&secret, &clock))).await), "rate limited");
    clock.advance(2);
    assert!(enter(app, &alice, Some(&shown(&secret, &clock))).await.is_ok());
    let root = ctx(&server, &server.admin("root").await.unwrap()).await;
    let query = AuditQuery { action: Some("sign-in.fail".to_owned()), ..AuditQuery::default() };
    let lines = list_audit(app, &root, &query, Page::new(None, None)).await.unwrap();
    assert!(lines.total == 5 && lines.items.iter().all(|line| line.detail == "wrong code by api"), "{:?}", lines.items);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_wait_by_the_account_whatever_it_was_called_and_its_owner_is_told() {
    let smtp = Smtp::plain();
    let (server, clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let app = &server.server.app;
    let ann = server.user("ann").await.unwrap();
    let (secret, codes) = enrol(app, &ctx(&server, &ann).await, &ann, &clock).await;
    // The key and the token that were made for her, and the factor.
    smtp.nth("ann@example.org", 3).await;
    let by_mail = TestUser { name: "ANN@example.org".to_owned(), ..ann.clone() };
    for n in 0..5 {
        assert_eq!(kind(enter(app, if n % 2 == 0 { &ann } else { &by_mail }, Some("000000")).await), "second factor", "{n}");
    }
    for user in [&ann, &by_mail] {
        assert_eq!(kind(enter(app, user, Some(&shown(&secret, &clock))).await), "rate limited", "{}", user.name);
    }
    let told = smtp.nth("ann@example.org", 4).await;
    assert!(told.body.contains("several wrong codes") && told.header("Subject").contains("has your password"), "{}", told.body);
    clock.advance(2);
    assert!(enter(app, &by_mail, Some(codes[0].expose())).await.is_ok());
    let told = smtp.nth("ann@example.org", 5).await;
    assert!(told.body.contains("9 recovery codes are left") && !told.body.contains(codes[0].expose()), "{}", told.body);
    clock.advance(30);
    let own = ctx(&server, &ann).await;
    renew_recovery_codes(app, &own, &Secret::new(&ann.password), Some(&Secret::new(shown(&secret, &clock)))).await.unwrap();
    assert!(smtp.nth("ann@example.org", 6).await.body.contains("New recovery codes"));
    clock.advance(30);
    disable_factor(app, &own, &Secret::new(&ann.password), Some(&Secret::new(shown(&secret, &clock)))).await.unwrap();
    assert!(smtp.nth("ann@example.org", 7).await.body.contains("given up"));
    enrol(app, &own, &ann, &clock).await;
    smtp.nth("ann@example.org", 8).await;
    reset_factor(app, &ctx(&server, &server.admin("root").await.unwrap()).await, "ann").await.unwrap();
    assert!(smtp.nth("ann@example.org", 9).await.body.contains("took the second factor away"));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_the_confirmation_are_counted_too() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let asker = ctx(&server, &alice).await;
    let secret = begin_factor(app, &asker, &Secret::new(&alice.password), None).await.unwrap().secret;
    let right = shown(secret.expose(), &clock);
    for _ in 0..5 {
        assert_eq!(kind(confirm_factor(app, &asker, &Secret::new(other(&right))).await), "invalid");
    }
    assert_eq!(kind(confirm_factor(app, &asker, &Secret::new(&right)).await), "rate limited");
    clock.advance(2);
    assert!(confirm_factor(app, &asker, &Secret::new(shown(secret.expose(), &clock))).await.is_ok());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_send_one_code_at_once_one_gets_in() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let (secret, codes) = enrol(app, &ctx(&server, &alice).await, &alice, &clock).await;
    for code in [shown(&secret, &clock), codes[0].expose().to_owned()] {
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let (app, alice, code) = (app.clone(), alice.clone(), code.clone());
            tries.spawn(async move { enter(&app, &alice, Some(&code)).await.is_ok() });
        }
        let entered = tries.join_all().await.into_iter().filter(|entered| *entered).count();
        assert_eq!(entered, 1, "{code}");
        clock.advance(7 * 3600);
    }
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_stands_in_once_and_for_its_own_account() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let (alice, bob) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap());
    let (asker, root) = (ctx(&server, &alice).await, ctx(&server, &server.admin("root").await.unwrap()).await);
    let (secret, codes) = enrol(app, &asker, &alice, &clock).await;
    enrol(app, &ctx(&server, &bob).await, &bob, &clock).await;
    assert_eq!(kind(enter(app, &bob, Some(codes[0].expose())).await), "second factor", "it is alice's");
    assert!(enter(app, &alice, Some(&codes[0].expose().to_uppercase().replace('-', " "))).await.is_ok());
    assert_eq!(kind(enter(app, &alice, Some(codes[0].expose())).await), "second factor", "it was used");
    let users = list_factor_users(app, &root, Page::new(None, None)).await.unwrap();
    let told: Vec<_> = users.items.iter().map(|user| (user.name.as_str(), user.recovery_codes)).collect();
    assert_eq!((users.total, told), (2, vec![("alice", 9), ("bob", 10)]));

    let password = Secret::new(&alice.password);
    assert_eq!(kind(renew_recovery_codes(app, &asker, &password, None).await), "invalid");
    let code = Secret::new(shown(&secret, &clock));
    assert_eq!(kind(renew_recovery_codes(app, &asker, &Secret::new("wrong password"), Some(&code)).await), "invalid");
    let fresh = renew_recovery_codes(app, &asker, &password, Some(&code)).await.unwrap();
    assert_eq!(kind(enter(app, &alice, Some(codes[1].expose())).await), "second factor", "they were exchanged");
    assert!(enter(app, &alice, Some(fresh[1].expose())).await.is_ok());
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_asks_for_the_password_again_asks_for_a_code_too() {
    let smtp = Smtp::plain();
    let (server, clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let app = &server.server.app;
    let alice = server.user("alice").await.unwrap();
    let asker = ctx(&server, &alice).await;
    let (secret, codes) = enrol(app, &asker, &alice, &clock).await;
    let password = Secret::new(&alice.password);
    let new = Secret::new("another good one");
    assert_eq!(kind(change_password(app, &asker, &password, &new, None).await), "invalid");
    let change = |code: Option<&Secret>| ProfileChange {
        email: Some("new@example.org".to_owned()),
        current_password: Some(password.clone()),
        code: code.cloned(),
        ..ProfileChange::default()
    };
    assert_eq!(kind(edit_profile(app, &asker, change(None)).await), "invalid");
    edit_profile(app, &asker, change(Some(&codes[0]))).await.unwrap();
    for (password, code) in [(&password, None), (&password, Some(&codes[0])), (&Secret::new("wrong password"), Some(&codes[1]))] {
        assert_eq!(kind(disable_factor(app, &asker, password, code).await), "invalid");
    }
    change_password(app, &asker, &password, &new, Some(&Secret::new(shown(&secret, &clock)))).await.unwrap();
    disable_factor(app, &asker, &new, Some(&codes[2])).await.unwrap();
    assert_eq!(kind(disable_factor(app, &asker, &new, None).await), "not found");
    assert_eq!(kind(renew_recovery_codes(app, &asker, &new, None).await), "not found");
    assert!(enter(app, &TestUser { password: "another good one".to_owned(), ..alice }, None).await.is_ok());
    assert_eq!(app.store.count_recovery_codes(asker.actor.unwrap().id).await.unwrap(), 0);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_take_it_from_others_alone() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let (alice, bob, root) = (server.user("alice").await.unwrap(), server.user("bob").await.unwrap(), server.admin("root").await.unwrap());
    let (of_bob, of_root) = (ctx(&server, &bob).await, ctx(&server, &root).await);
    enrol(app, &ctx(&server, &alice).await, &alice, &clock).await;
    enrol(app, &of_root, &root, &clock).await;
    assert_eq!(kind(reset_factor(app, &of_bob, "alice").await), "forbidden");
    assert_eq!(kind(list_factor_users(app, &of_bob, Page::new(None, None)).await), "forbidden");
    assert_eq!(kind(reset_factor(app, &of_root, "root").await), "forbidden", "it would need neither password nor code");
    assert_eq!(kind(reset_factor(app, &of_root, "bob").await), "not found");
    reset_factor(app, &of_root, "ALICE").await.unwrap();
    assert!(enter(app, &alice, None).await.is_ok());
    reset_factor(app, &Ctx::system(), "root").await.unwrap();
    assert!(enter(app, &root, None).await.is_ok());
    let query = AuditQuery { action: Some("factor".to_owned()), ..AuditQuery::default() };
    let lines = list_audit(app, &of_root, &query, Page::new(None, None)).await.unwrap();
    let actions: Vec<_> = lines.items.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["factor.reset", "factor.reset", "factor.confirm", "factor.confirm"]);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_stored_of_a_factor_cannot_be_used() {
    let (server, clock) = with_clock().await;
    let alice = server.user("alice").await.unwrap();
    let (secret, codes) = enrol(&server.server.app, &ctx(&server, &alice).await, &alice, &clock).await;
    let key = hardie_domain::base32::decode(&secret).unwrap();
    let code = codes[0].expose().replace('-', "");
    let data: std::sync::Arc<tempfile::TempDir> = server.stop().await.unwrap();
    for file in std::fs::read_dir(data.path()).unwrap().map(|f| f.unwrap().path()).filter(|p| p.is_file()) {
        let bytes = std::fs::read(&file).unwrap();
        for secret in [secret.as_bytes(), &key, code.as_bytes(), codes[0].expose().as_bytes()] {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret), "{}", file.display());
        }
    }
}

/// A server, somebody with a second factor, the secret of their app and their recovery codes.
pub async fn world() -> (TestServer, FakeClock, TestUser, String, Vec<Secret>) {
    let (server, clock) = with_clock().await;
    let ann = server.user("ann").await.unwrap();
    let (secret, codes) = enrol(&server.server.app, &ctx(&server, &ann).await, &ann, &clock).await;
    (server, clock, ann, secret, codes)
}
