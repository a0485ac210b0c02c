//! Passkeys: what they open, what they do not, and what is not taken for one.

mod authenticator;

use hardie_app::accounts::{AdminChange, admin_edit_user};
use hardie_app::identity::{
    AddedPasskey, Assertion, NewPasskey, NewSession, PasskeyAsked, PasskeySignIn, SignIn, add_passkey, authenticate_basic,
    authenticate_session, begin_factor, begin_passkey, begin_passkey_code, begin_passkey_sign_in, change_password, confirm_factor,
    disable_factor, list_factor_users, list_passkeys, passkey_code, remove_passkey, reset_factor, sign_in, sign_in_by_passkey,
};
use hardie_app::{App, Ctx, Error};
use hardie_domain::page::Page;
use hardie_domain::secret::Secret;
use hardie_domain::sign_up::SignUpMode;
use hardie_testkit::{TestServer, TestUser};

use super::factor::shown;
use super::{ctx, kind, nobody, with_clock};
use crate::mail::forge;
use crate::mail::server::Smtp;
use authenticator::{Authenticator, PRESENT};

fn no() -> Secret {
    Secret::new("")
}

async fn add(app: &App, ctx: &Ctx, user: &TestUser, code: &str, key: &mut Authenticator) -> Result<AddedPasskey, Error> {
    let wanted = begin_passkey(app, ctx, &Secret::new(&user.password), &Secret::new(code)).await?;
    let registration = key.make(&wanted);
    add_passkey(app, ctx, NewPasskey { name: "laptop".to_owned(), registration, cookie: Some(wanted.asked.cookie) }).await
}

/// Somebody with a passkey.
async fn with_passkey(server: &TestServer, name: &str) -> (TestUser, Ctx, Authenticator, AddedPasskey) {
    let user = server.user(name).await.unwrap();
    let asker = ctx(server, &user).await;
    let mut key = Authenticator::new(&format!("passkey of {name}"));
    let added = add(&server.server.app, &asker, &user, "", &mut key).await.unwrap();
    (user, asker, key, added)
}

async fn ask(app: &App) -> PasskeyAsked {
    begin_passkey_sign_in(app, &nobody(), "", &no()).await.unwrap()
}

fn request(user: &str, password: &str, assertion: Assertion, cookie: &Secret) -> PasskeySignIn {
    let (user, password) = (user.to_owned(), Secret::new(password));
    PasskeySignIn { user, password, assertion, cookie: Some(cookie.clone()), agent: "Test/1.0".to_owned() }
}

async fn answer(app: &App, asked: &PasskeyAsked, assertion: Assertion) -> Result<NewSession, Error> {
    sign_in_by_passkey(app, &nobody(), request("", "", assertion, &asked.cookie)).await
}

async fn enter(app: &App, user: &TestUser, code: Option<&str>) -> Result<NewSession, Error> {
    let (user, password) = (user.name.clone(), Secret::new(&user.password));
    sign_in(app, &nobody(), SignIn { user, password, code: code.map(Secret::new), agent: "Test/1.0".to_owned() }).await
}

/// A code by the passkey.
async fn code_of(app: &App, asker: &Ctx, key: &Authenticator) -> Result<Secret, Error> {
    let asked = begin_passkey_code(app, asker).await?;
    Ok(passkey_code(app, asker, &key.sign(&asked), Some(&asked.cookie)).await?.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_alone_and_beside_the_password_until_it_is_removed() {
    let (server, _clock) = with_clock().await;
    let app = &server.server.app;
    let ann = server.user("ann").await.unwrap();
    let (mine, others) = (enter(app, &ann, None).await.unwrap(), enter(app, &ann, None).await.unwrap());
    let asker = Ctx { actor: Some(authenticate_session(app, &nobody(), &mine.cookie).await.unwrap().unwrap().actor), ..nobody() };
    assert_eq!(kind(begin_passkey(app, &asker, &Secret::new("wrong password"), &no()).await), "invalid");
    let mut key = Authenticator::new("laptop");
    let added = add(app, &asker, &ann, "", &mut key).await.unwrap();
    assert_eq!((added.codes.len(), added.passkey.name.as_str()), (10, "laptop"));
    assert!(authenticate_session(app, &nobody(), &mine.cookie).await.unwrap().is_some());
    assert!(authenticate_session(app, &nobody(), &others.cookie).await.unwrap().is_none(), "the password alone began it");

    let missing = enter(app, &ann, None).await.unwrap_err();
    assert!(matches!(&missing, Error::SecondFactor(text) if text.contains("http://forge.test/login/passkey")), "{missing:?}");
    let refused = authenticate_basic(app, &nobody(), "ann", &Secret::new(&ann.password)).await.unwrap_err();
    assert!(matches!(&refused, Error::Unauthenticated(text) if text.contains("access token")), "{refused:?}");
    assert!(authenticate_basic(app, &nobody(), "ann", &Secret::new(&ann.token)).await.is_ok());
    assert!(enter(app, &ann, Some(added.codes[0].expose())).await.is_ok(), "recovery codes stand for passkeys too");

    let asked = ask(app).await;
    assert!(asked.verified && asked.allowed.is_empty() && asked.site == "forge.test");
    let session = answer(app, &asked, key.sign(&asked)).await.unwrap();
    assert_eq!(session.account.name.as_str(), "ann");
    // A key that asks for no PIN stands beside the password.
    key.flags = PRESENT;
    let password = Secret::new(&ann.password);
    assert_eq!(kind(begin_passkey_sign_in(app, &nobody(), "ann", &Secret::new("wrong password")).await), "unauthenticated");
    let asked = begin_passkey_sign_in(app, &nobody(), "ann", &password).await.unwrap();
    assert_eq!((asked.verified, asked.allowed.clone()), (false, vec![b"laptop".to_vec()]));
    for wrong in ["", "wrong password"] {
        let tried = sign_in_by_passkey(app, &nobody(), request("ann", wrong, key.sign(&asked), &asked.cookie)).await;
        assert_eq!(kind(tried), "unauthenticated", "the password comes again with the answer");
    }
    assert_eq!(kind(answer(app, &asked, key.sign(&asked)).await), "unauthenticated", "nor does the answer count without it");
    assert!(sign_in_by_passkey(app, &nobody(), request("ann", &ann.password, key.sign(&asked), &asked.cookie)).await.is_ok());

    // A code by it, wherever one is asked for; once.
    let code = code_of(app, &asker, &key).await.unwrap();
    assert!(enter(app, &ann, Some(code.expose())).await.is_ok());
    assert_eq!(kind(enter(app, &ann, Some(code.expose())).await), "second factor", "it was used");
    let id = added.passkey.id;
    assert_eq!(kind(remove_passkey(app, &asker, id, &password, &no()).await), "invalid");
    let code = code_of(app, &asker, &key).await.unwrap();
    remove_passkey(app, &asker, id, &password, &code).await.unwrap();
    assert_eq!(kind(remove_passkey(app, &asker, id, &password, &no()).await), "not found");
    key.flags = authenticator::VERIFIED;
    let asked = ask(app).await;
    assert_eq!(kind(answer(app, &asked, key.sign(&asked)).await), "unauthenticated", "it was removed");
    assert!(enter(app, &ann, None).await.is_ok());
    assert_eq!(app.store.count_recovery_codes(asker.actor.as_ref().unwrap().id).await.unwrap(), 0);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_was_asked_is_refused() {
    let (server, _clock) = with_clock().await;
    let app = &server.server.app;
    let (_, _, honest, _) = with_passkey(&server, "ann").await;
    let (_, _, other, _) = with_passkey(&server, "bob").await;
    let same = || honest.clone();
    let liars = [
        ("another site's page", Authenticator { origin: "http://forge.test.evil.example".to_owned(), ..same() }, "another address"),
        ("another port", Authenticator { origin: "http://forge.test:8080".to_owned(), ..same() }, "another address"),
        ("a page in a frame", Authenticator { more: ",\"crossOrigin\":true".to_owned(), ..same() }, "another address"),
        ("another site's passkey", Authenticator { site: "test".to_owned(), ..same() }, "another site"),
        ("nobody was there", Authenticator { flags: 0x04, ..same() }, "somebody was there"),
        ("nobody was verified", Authenticator { flags: PRESENT, ..same() }, "did not verify"),
        ("a registration", Authenticator { kinds: ("webauthn.create", ""), ..same() }, "another sort"),
        ("another key", Authenticator { id: honest.id.clone(), handle: honest.handle.clone(), ..Authenticator::new("") }, "signature"),
        (
            "another algorithm",
            Authenticator { id: honest.id.clone(), handle: honest.handle.clone(), ..Authenticator::ed25519("") },
            "signature",
        ),
        ("another account", Authenticator { handle: other.handle.clone(), ..same() }, "another account"),
        ("nobody's", Authenticator { handle: Vec::new(), ..same() }, "another account"),
        ("bytes that follow", Authenticator { extra: vec![0], ..same() }, "cannot be read"),
        ("a giant", Authenticator { extra: vec![0x81; 1 << 20], flags: 0x85, ..same() }, "cannot be read"),
        ("a copy that cannot be", Authenticator { flags: 0x15, ..same() }, "cannot be read"),
    ];
    for (what, liar, why) in liars {
        let asked = ask(app).await;
        let refused = answer(app, &asked, liar.sign(&asked)).await.unwrap_err();
        assert!(matches!(&refused, Error::Unauthenticated(text) if text.contains(why)), "{what}: {refused:?}");
    }
    let asked = ask(app).await;
    let signed = honest.sign(&asked);
    for altered in [
        Assertion { signature: Vec::new(), ..signed.clone() },
        Assertion { signature: vec![0x30; 1 << 20], ..signed.clone() },
        Assertion { client_data: vec![b'{'; 1 << 20], ..signed.clone() },
        Assertion { id: vec![0; 1 << 16], ..signed.clone() },
        Assertion { id: other.id.clone(), ..signed.clone() },
        Assertion::default(),
    ] {
        assert_eq!(kind(answer(app, &asked, altered).await), "unauthenticated");
    }
    assert!(answer(app, &asked, signed).await.is_ok(), "whoever has it does not wait for those who lie");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_answered_once_in_its_browser_within_its_minutes() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let (ann, asker, key, _) = with_passkey(&server, "ann").await;
    let asked = ask(app).await;
    let assertion = key.sign(&asked);
    assert!(answer(app, &asked, assertion.clone()).await.is_ok());
    let again = answer(app, &asked, assertion).await.unwrap_err();
    assert!(again.to_string().contains("answered before"), "{again}");
    // Another browser's, none, and one of another question.
    let (mine, theirs) = (ask(app).await, ask(app).await);
    assert_eq!(kind(answer(app, &theirs, key.sign(&mine)).await), "unauthenticated");
    let without = PasskeySignIn { cookie: None, ..request("", "", key.sign(&mine), &mine.cookie) };
    assert_eq!(kind(sign_in_by_passkey(app, &nobody(), without).await), "unauthenticated");
    let of_code = begin_passkey_code(app, &asker).await.unwrap();
    assert_eq!(kind(answer(app, &of_code, key.sign(&of_code)).await), "unauthenticated");
    assert_eq!(kind(passkey_code(app, &asker, &key.sign(&mine), Some(&mine.cookie)).await), "invalid");
    // Another session of the same user is another browser.
    let session = answer(app, &mine, key.sign(&mine)).await.unwrap();
    let elsewhere = Ctx { actor: Some(authenticate_session(app, &nobody(), &session.cookie).await.unwrap().unwrap().actor), ..nobody() };
    assert_eq!(kind(passkey_code(app, &elsewhere, &key.sign(&of_code), Some(&of_code.cookie)).await), "invalid");
    clock.advance(299);
    assert!(passkey_code(app, &asker, &key.sign(&of_code), Some(&of_code.cookie)).await.is_ok());
    let late = ask(app).await;
    clock.advance(300);
    assert_eq!(kind(answer(app, &late, key.sign(&late)).await), "unauthenticated");
    let code = code_of(app, &asker, &key).await.unwrap();
    clock.advance(300);
    assert_eq!(kind(enter(app, &ann, Some(code.expose())).await), "second factor", "codes end too");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_send_one_answer_at_once_one_gets_in() {
    let (server, _clock) = with_clock().await;
    let app = &server.server.app;
    let (_, _, key, _) = with_passkey(&server, "ann").await;
    let asked = ask(app).await;
    let assertion = key.sign(&asked);
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let (app, asked, assertion) = (app.clone(), asked.clone(), assertion.clone());
        tries.spawn(async move { answer(&app, &asked, assertion).await.is_ok() });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|entered| *entered).count(), 1);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_uses_or_takes_a_passkey_of_somebody_else() {
    let (server, _clock) = with_clock().await;
    let app = &server.server.app;
    let (ann, by_ann, of_ann, added) = with_passkey(&server, "ann").await;
    let (bob, by_bob, of_bob, _) = with_passkey(&server, "bob").await;
    let zoe = server.user("zoe").await.unwrap();
    // Bob answers his own challenge, and gives another's name and password with it: one's with a passkey, one's without a second factor.
    for other in [&ann, &zoe] {
        let asked = begin_passkey_sign_in(app, &nobody(), "bob", &Secret::new(&bob.password)).await.unwrap();
        let tried = sign_in_by_passkey(app, &nobody(), request(&other.name, &other.password, of_bob.sign(&asked), &asked.cookie)).await;
        assert!(matches!(tried, Err(Error::Unauthenticated(_) | Error::SecondFactor(_))), "{tried:?}");
    }
    assert_eq!(kind(begin_passkey_sign_in(app, &nobody(), "zoe", &Secret::new(&zoe.password)).await), "invalid");
    let asked = begin_passkey_code(app, &by_bob).await.unwrap();
    assert_eq!(kind(passkey_code(app, &by_bob, &of_ann.sign(&asked), Some(&asked.cookie)).await), "not found");
    let code = code_of(app, &by_ann, &of_ann).await.unwrap();
    assert_eq!(kind(enter(app, &bob, Some(code.expose())).await), "second factor", "it is ann's");
    assert_eq!(kind(remove_passkey(app, &by_bob, added.passkey.id, &Secret::new(&bob.password), &no()).await), "not found");
    // Who claims to have made a passkey with an id that is there gets none, and takes none.
    let code = code_of(app, &by_bob, &of_bob).await.unwrap();
    let mut claimed = Authenticator::new("passkey of ann");
    assert_eq!(kind(add(app, &by_bob, &bob, code.expose(), &mut claimed).await), "conflict");
    // What was begun for one is not ended for another.
    let code = code_of(app, &by_bob, &of_bob).await.unwrap();
    let wanted = begin_passkey(app, &by_bob, &Secret::new(&bob.password), &code).await.unwrap();
    assert_eq!(wanted.asked.allowed, std::slice::from_ref(&of_bob.id));
    let new = |registration| NewPasskey { name: String::new(), registration, cookie: Some(wanted.asked.cookie.clone()) };
    let made = Authenticator::new("planted").make(&wanted);
    assert_eq!(kind(add_passkey(app, &by_ann, new(made.clone())).await), "invalid");
    assert_eq!(list_passkeys(app, &by_ann).await.unwrap().len(), 1);
    for liar in [
        Authenticator { origin: "https://forge.test".to_owned(), ..Authenticator::new("liar") },
        Authenticator { site: "evil.example".to_owned(), ..Authenticator::new("liar") },
        Authenticator { flags: 0, ..Authenticator::new("liar") },
        Authenticator { kinds: ("", "webauthn.get"), ..Authenticator::new("liar") },
        Authenticator { extra: vec![0; 9], ..Authenticator::new("liar") },
        Authenticator::new(&"x".repeat(1024)),
    ] {
        assert_eq!(kind(add_passkey(app, &by_bob, new(liar.clone().make(&wanted))).await), "invalid");
    }
    assert!(add_passkey(app, &by_bob, new(made.clone())).await.unwrap().codes.is_empty(), "there are recovery codes already");
    assert_eq!(kind(add_passkey(app, &by_bob, new(made)).await), "invalid", "the challenge was answered");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_that_goes_back_is_a_copy_and_its_owner_is_told() {
    let smtp = Smtp::plain();
    let (server, _clock) = forge(&smtp, SignUpMode::Closed, &[]).await;
    let app = &server.server.app;
    let ann = server.user("ann").await.unwrap();
    let asker = ctx(&server, &ann).await;
    let mut key = Authenticator { count: 7, ..Authenticator::ed25519("counts") };
    // The key and the token that were made for her, then the passkey.
    smtp.nth("ann@example.org", 2).await;
    add(app, &asker, &ann, "", &mut key).await.unwrap();
    assert!(smtp.nth("ann@example.org", 3).await.body.contains("A passkey was added"));
    key.count = 9;
    let asked = ask(app).await;
    assert!(answer(app, &asked, key.sign(&asked)).await.is_ok());
    for (told, count) in (4..).zip([9, 8, 0]) {
        let asked = ask(app).await;
        let copy = Authenticator { count, ..key.clone() };
        let refused = answer(app, &asked, copy.sign(&asked)).await.unwrap_err();
        assert!(refused.to_string().contains("copy"), "{refused}");
        assert!(smtp.nth("ann@example.org", told).await.body.contains("a copy of it"));
    }
    key.count = 10;
    let asked = ask(app).await;
    assert!(answer(app, &asked, key.sign(&asked)).await.is_ok(), "what was refused moved nothing");
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_and_passkeys_stand_beside_each_other_and_administrators_take_both() {
    let (server, clock) = with_clock().await;
    let app = &server.server.app;
    let (ann, asker, key, _) = with_passkey(&server, "ann").await;
    let password = Secret::new(&ann.password);
    assert_eq!(kind(begin_factor(app, &asker, &password, None).await), "invalid", "there is a second factor already");
    let code = code_of(app, &asker, &key).await.unwrap();
    let secret = begin_factor(app, &asker, &password, Some(&code)).await.unwrap().secret;
    confirm_factor(app, &asker, &Secret::new(shown(secret.expose(), &clock))).await.unwrap();
    clock.advance(30);
    assert!(enter(app, &ann, Some(&shown(secret.expose(), &clock))).await.is_ok());
    let code = code_of(app, &asker, &key).await.unwrap();
    let new = Secret::new("another good one");
    change_password(app, &asker, &password, &new, Some(&code)).await.unwrap();
    clock.advance(30);
    disable_factor(app, &asker, &new, Some(&Secret::new(shown(secret.expose(), &clock)))).await.unwrap();
    let ann = TestUser { password: "another good one".to_owned(), ..ann };
    assert_eq!(kind(enter(app, &ann, None).await), "second factor", "the passkey is left");
    let id = asker.actor.as_ref().unwrap().id;
    assert_eq!(app.store.count_recovery_codes(id).await.unwrap(), 10);
    let root = ctx(&server, &server.admin("root").await.unwrap()).await;
    let users = list_factor_users(app, &root, Page::new(None, None)).await.unwrap();
    assert_eq!((users.total, users.items[0].name.as_str(), users.items[0].recovery_codes), (1, "ann", 10));
    reset_factor(app, &root, "ann").await.unwrap();
    assert_eq!(kind(reset_factor(app, &root, "ann").await), "not found");
    assert!(enter(app, &ann, None).await.is_ok());
    assert_eq!(app.store.count_recovery_codes(id).await.unwrap(), 0);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_with_less_than_is_asked_now_adds_no_passkey() {
    let (server, _clock) = with_clock().await;
    let app = &server.server.app;
    let ann = server.user("ann").await.unwrap();
    let asker = ctx(&server, &ann).await;
    let password = Secret::new(&ann.password);
    // Somebody else who knows the password began before the owner had a second factor, and before the owner chose another password.
    let early = begin_passkey(app, &asker, &password, &no()).await.unwrap();
    let mut own = Authenticator::new("owner's");
    let codes = add(app, &asker, &ann, "", &mut own).await.unwrap().codes;
    let end = |wanted: &hardie_app::identity::PasskeyToMake| {
        let registration = Authenticator::new("planted").make(wanted);
        NewPasskey { name: String::new(), registration, cookie: Some(wanted.asked.cookie.clone()) }
    };
    assert_eq!(kind(add_passkey(app, &asker, end(&early)).await), "invalid", "it was begun without a code");
    let early = begin_passkey(app, &asker, &password, &codes[0]).await.unwrap();
    change_password(app, &asker, &password, &Secret::new("another good one"), Some(&codes[1])).await.unwrap();
    assert_eq!(kind(add_passkey(app, &asker, end(&early)).await), "invalid", "it was begun with the password from before");
    assert_eq!(list_passkeys(app, &asker).await.unwrap().len(), 1);
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_opens_by_no_passkey_and_nobody_stores_without_end() {
    let (server, _clock) = with_clock().await;
    let app = &server.server.app;
    let (ann, asker, key, added) = with_passkey(&server, "ann").await;
    let root = ctx(&server, &server.admin("root").await.unwrap()).await;
    let mut codes = added.codes.iter();
    for n in 1..25 {
        // Codes by the passkey: recovery codes are fewer.
        let code = match codes.next() {
            Some(code) => code.clone(),
            None => code_of(app, &asker, &key).await.unwrap(),
        };
        add(app, &asker, &ann, code.expose(), &mut Authenticator::new(&format!("passkey {n}"))).await.unwrap();
    }
    let code = code_of(app, &asker, &key).await.unwrap();
    assert_eq!(kind(add(app, &asker, &ann, code.expose(), &mut Authenticator::new("one too many")).await), "quota");
    let asked = ask(app).await;
    admin_edit_user(app, &root, "ann", AdminChange { disabled: Some(true), ..AdminChange::default() }).await.unwrap();
    assert_eq!(kind(answer(app, &asked, key.sign(&asked)).await), "unauthenticated");
    server.stop().await.unwrap();
}
