//! Applications, what they were let do, and keys that sign for them.

use hardie_domain::ids::{AccountId, OauthAppId};
use hardie_domain::oauth::Scopes;
use hardie_store::oauth_apps::NewOauthApp;
use hardie_store::oauth_grants::{CodeRow, NewGrant};
use hardie_store::oauth_keys::OauthKeyRow;

use crate::support::{NOW, after, all, hash};

fn app<'a>(owner: Option<AccountId>, client_id: &'a str, uris: &'a [String]) -> NewOauthApp<'a> {
    NewOauthApp {
        owner,
        name: "Builder",
        client_id,
        secret_hash: None,
        redirect_uris: uris,
        confidential: false,
        skip_consent: false,
        at: NOW,
    }
}

fn new<'a>(app: OauthAppId, account: AccountId, scopes: &'a Scopes) -> NewGrant<'a> {
    NewGrant { app, account, scopes, signed_in_at: NOW, at: NOW, expires_at: after(60) }
}

both! {
    async fn an_application_is_its_owners_alone_and_goes_with_its_grants(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let uris = ["https://a.example/".to_owned(), "http://127.0.0.1".to_owned()];
        let scopes = Scopes::parse("read:user openid").unwrap();
        let mut tx = db.store.begin().await.unwrap();
        let own = tx.insert_oauth_app(&app(Some(alice), "one", &uris)).await.unwrap().unwrap();
        assert_eq!(tx.insert_oauth_app(&app(Some(bob), "one", &uris)).await.unwrap(), None, "an id is one application's");
        let shipped = tx.insert_oauth_app(&app(None, "shipped", &uris)).await.unwrap().unwrap();
        let secret = hash(7);
        let changed = NewOauthApp { secret_hash: Some(&secret), confidential: true, ..app(Some(alice), "one", &uris[..1]) };
        assert!(!tx.update_oauth_app(bob, own, &changed).await.unwrap() && tx.update_oauth_app(alice, own, &changed).await.unwrap());
        let grant = tx.insert_grant(&new(own, bob, &scopes)).await.unwrap();
        tx.insert_grant(&new(shipped, bob, &scopes)).await.unwrap();
        tx.commit().await.unwrap();
        let found = db.store.find_oauth_client("one").await.unwrap().unwrap();
        assert_eq!((found.id, found.secret_hash, found.confidential, found.redirect_uris.as_slice()), (own, Some(secret), true, &uris[..1]));
        assert_eq!(db.store.find_oauth_client("shipped").await.unwrap().unwrap().owner, None);
        assert_eq!(db.store.find_oauth_app(bob, own).await.unwrap(), None);
        assert_eq!(db.store.list_oauth_apps(alice, all()).await.unwrap().items, [found]);
        let found = db.store.find_grant(grant).await.unwrap().unwrap();
        assert_eq!((found.scopes, found.account.id, found.app.id, found.refresh_hash), (scopes, bob, own, None));
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.delete_oauth_app(bob, own).await.unwrap() && !tx.delete_oauth_app(bob, shipped).await.unwrap());
        assert!(tx.delete_oauth_app(alice, own).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_grant(grant).await.unwrap(), None);
    }

    async fn a_code_is_taken_once_and_a_grant_is_handed_on_from_where_it_is(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let scopes = Scopes::parse("read:user").unwrap();
        let mut tx = db.store.begin().await.unwrap();
        let own = tx.insert_oauth_app(&app(Some(alice), "one", &[])).await.unwrap().unwrap();
        let grant = tx.insert_grant(&new(own, bob, &scopes)).await.unwrap();
        let code = CodeRow { grant, redirect_uri: "https://a.example/".into(), challenge: "c".into(), nonce: String::new(), expires_at: after(60) };
        tx.insert_code(&hash(1), &code).await.unwrap();
        assert_eq!(tx.find_used_code(&hash(1)).await.unwrap(), None);
        assert_eq!(tx.take_code(&hash(1)).await.unwrap(), Some(code));
        assert_eq!((tx.take_code(&hash(1)).await.unwrap(), tx.find_used_code(&hash(1)).await.unwrap()), (None, Some(grant)));
        assert!(tx.list_granted_scopes(bob, own, NOW).await.unwrap().is_empty(), "nothing was exchanged yet");
        assert_eq!(tx.list_grants(bob, NOW, all()).await.unwrap().total, 0);
        assert!(tx.rotate_grant(grant, 0, &hash(2), after(1), after(100)).await.unwrap());
        assert!(!tx.rotate_grant(grant, 0, &hash(3), after(1), after(100)).await.unwrap());
        assert!(tx.rotate_grant(grant, 1, &hash(3), after(2), after(200)).await.unwrap() && tx.touch_grant(grant, after(3)).await.unwrap());
        tx.commit().await.unwrap();
        let found = db.store.list_grants(bob, NOW, all()).await.unwrap().items.remove(0);
        assert_eq!((found.generation, found.refresh_hash, found.last_used_at, found.expires_at), (2, Some(hash(3)), Some(after(3)), after(200)));
        assert_eq!(db.store.list_granted_scopes(bob, own, NOW).await.unwrap(), [scopes]);
        assert!(db.store.list_granted_scopes(bob, own, after(200)).await.unwrap().is_empty());
        assert_eq!(db.store.list_grants(alice, NOW, all()).await.unwrap().total, 0);
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.delete_grant(alice, grant).await.unwrap());
        assert_eq!(tx.delete_expired_grants(after(199), after(59)).await.unwrap(), 0);
        assert_eq!(tx.delete_expired_grants(after(200), after(60)).await.unwrap(), 2);
        tx.commit().await.unwrap();
    }

    async fn the_oldest_grants_of_one_user_to_one_application_end(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let scopes = Scopes::parse("all").unwrap();
        let mut tx = db.store.begin().await.unwrap();
        let own = tx.insert_oauth_app(&app(Some(alice), "one", &[])).await.unwrap().unwrap();
        let first = tx.insert_grant(&new(own, bob, &scopes)).await.unwrap();
        let foreign = tx.insert_grant(&new(own, alice, &scopes)).await.unwrap();
        let second = tx.insert_oauth_app(&app(Some(alice), "two", &[])).await.unwrap().unwrap();
        let other = tx.insert_grant(&new(second, bob, &scopes)).await.unwrap();
        let last = tx.insert_grant(&new(own, bob, &scopes)).await.unwrap();
        assert_eq!(tx.delete_oldest_grants(bob, own, 1).await.unwrap(), 1);
        assert!(tx.find_grant(first).await.unwrap().is_none());
        for kept in [foreign, other, last] {
            assert!(tx.find_grant(kept).await.unwrap().is_some());
        }
        tx.commit().await.unwrap();
    }

    async fn keys_are_listed_newest_first_and_end(db) {
        let key = |kid: &str, at| OauthKeyRow {
            kid: kid.into(), algorithm: "EdDSA".into(), key_id: "k".into(), sealed: b"sealed".into(), public: b"{}".into(), created_at: after(at),
        };
        let mut tx = db.store.begin().await.unwrap();
        for (kid, at) in [("old", 1), ("new", 2)] {
            tx.insert_oauth_key(&key(kid, at)).await.unwrap();
        }
        assert!(tx.reseal_oauth_key("old", "other", b"again").await.unwrap() && !tx.reseal_oauth_key("none", "other", b"again").await.unwrap());
        tx.commit().await.unwrap();
        let resealed = OauthKeyRow { key_id: "other".into(), sealed: b"again".into(), ..key("old", 1) };
        assert_eq!(db.store.list_oauth_keys(NOW).await.unwrap(), [key("new", 2), resealed]);
        assert_eq!(db.store.list_oauth_keys(after(1)).await.unwrap().len(), 1);
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.delete_old_oauth_keys(after(1)).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }
}
