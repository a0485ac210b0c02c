//! Keys, tokens, sessions, failed sign-ins.

use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::scope::{Level, ScopeSet};
use hardie_store::keys::NewKey;
use hardie_store::passkeys::NewPasskey;
use hardie_store::sessions::NewSession;
use hardie_store::tokens::{NarrowedRow, NewToken};

use crate::support::{NOW, after, all, hash};

fn key(account: AccountId, fingerprint: &str) -> NewKey<'_> {
    NewKey { account, title: "laptop", algorithm: "ssh-ed25519", blob: b"\0\0\0\x0bssh-ed25519", fingerprint, at: NOW }
}

both! {
    async fn a_key_belongs_to_one_user(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let mut tx = db.store.begin().await.unwrap();
        let id = tx.insert_key(&key(alice, "SHA256:abc")).await.unwrap().unwrap();
        assert_eq!(tx.insert_key(&key(bob, "SHA256:abc")).await.unwrap(), None);
        assert!(tx.touch_key(id, after(3)).await.unwrap());
        tx.commit().await.unwrap();
        let found = db.store.find_key_by_fingerprint("SHA256:abc").await.unwrap().unwrap();
        assert_eq!((found.id, found.account, found.last_used_at), (id, alice, Some(after(3))));
        assert_eq!(db.store.find_key_by_fingerprint("SHA256:ABC").await.unwrap(), None, "a fingerprint has case");
        assert_eq!(db.store.find_key(bob, id).await.unwrap(), None, "a key is found under its owner alone");
        assert_eq!(db.store.list_keys(alice, all()).await.unwrap().total, 1);
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.delete_key(bob, id).await.unwrap());
        assert!(tx.delete_key(alice, id).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn a_token_is_found_by_its_hash_and_revoked_by_its_owner(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let scopes = ScopeSet::parse(["write:repository", "read:user"]).unwrap();
        let narrowed = NarrowedRow { repos: Some(vec![RepoId(3), RepoId(17)]), refs: vec!["refs/a".into(), "refs/b/*".into()], access: Some(Level::Read) };
        let new = NewToken {
            account: alice, name: "ci", hash: &hash(1), scopes: &scopes, last_eight: "12345678", expires_at: Some(after(60)), narrowed: &narrowed, at: NOW,
        };
        let mut tx = db.store.begin().await.unwrap();
        let id = tx.insert_token(&new).await.unwrap().unwrap();
        assert_eq!(tx.insert_token(&NewToken { hash: &hash(2), ..new }).await.unwrap(), None, "a name is taken once");
        tx.insert_token(&NewToken { account: bob, hash: &hash(2), expires_at: None, narrowed: &NarrowedRow::default(), ..new }).await.unwrap().unwrap();
        assert!(tx.touch_token(id, after(1)).await.unwrap());
        tx.commit().await.unwrap();
        let (found, owner) = db.store.find_token_by_hash(&hash(1)).await.unwrap().unwrap();
        assert_eq!(owner.id, alice);
        assert_eq!((found.id, found.scopes, found.expires_at, found.last_used_at), (id, scopes, Some(after(60)), Some(after(1))));
        assert_eq!(found.narrowed, narrowed);
        let (other, owner) = db.store.find_token_by_hash(&hash(2)).await.unwrap().unwrap();
        assert_eq!((other.narrowed, owner.id), (NarrowedRow::default(), bob));
        assert!(db.store.find_token_by_hash(&hash(3)).await.unwrap().is_none());
        assert_eq!(db.store.find_token(bob, id).await.unwrap(), None);
        assert_eq!(db.store.find_token_by_name(alice, "ci").await.unwrap().unwrap().id, id);
        assert_eq!(db.store.list_tokens(alice, all()).await.unwrap().items, [found]);
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.delete_token(bob, id).await.unwrap());
        assert!(tx.delete_token(alice, id).await.unwrap());
        assert_eq!(tx.delete_tokens_of(bob).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }

    async fn a_second_factor_is_confirmed_once_and_its_codes_are_spent_once(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.begin_factor(alice, "one", b"lost", NOW).await.unwrap());
        let lost = tx.find_factor(alice).await.unwrap().unwrap();
        assert!(tx.begin_factor(alice, "one", b"kept", after(1)).await.unwrap() && !tx.has_factor(alice).await.unwrap());
        let kept = tx.find_factor(alice).await.unwrap().unwrap();
        assert_eq!((kept.sealed.as_slice(), kept.begun_at, kept.confirmed_at), (b"kept".as_slice(), after(1), None));
        assert!(!tx.spend_step(alice, 7).await.unwrap(), "nothing is spent before it is confirmed");
        assert!(!tx.confirm_factor(&lost, 5, after(2)).await.unwrap(), "another took its place");
        assert!(tx.confirm_factor(&kept, 5, after(2)).await.unwrap() && !tx.confirm_factor(&kept, 5, after(2)).await.unwrap());
        assert!(!tx.begin_factor(alice, "one", b"other", after(3)).await.unwrap(), "a confirmed one stays");
        assert!(!tx.spend_step(alice, 5).await.unwrap() && !tx.spend_step(alice, 4).await.unwrap());
        assert!(tx.spend_step(alice, 7).await.unwrap() && !tx.spend_step(alice, 7).await.unwrap() && !tx.spend_step(bob, 8).await.unwrap());
        tx.set_recovery_codes(alice, &[hash(1), hash(2)]).await.unwrap();
        assert!(!tx.spend_recovery_code(bob, &hash(1)).await.unwrap());
        assert!(tx.spend_recovery_code(alice, &hash(1)).await.unwrap() && !tx.spend_recovery_code(alice, &hash(1)).await.unwrap());
        tx.set_recovery_codes(alice, &[hash(3), hash(4), hash(5)]).await.unwrap();
        assert!(!tx.spend_recovery_code(alice, &hash(2)).await.unwrap(), "they were exchanged");
        assert!(tx.begin_factor(bob, "two", b"pending", NOW).await.unwrap());
        assert!(tx.lock_sign_in(bob).await.unwrap() && !tx.lock_sign_in(AccountId(4711)).await.unwrap());
        tx.commit().await.unwrap();
        assert!(db.store.has_factor(alice).await.unwrap() && !db.store.has_factor(bob).await.unwrap());
        let users = db.store.list_factor_users(all()).await.unwrap();
        assert_eq!((users.total, users.items.len(), users.items[0].account, users.items[0].recovery_codes), (1, 1, alice, 3));
        assert_eq!(db.store.count_factors_by_key().await.unwrap(), [("one".to_owned(), 1), ("two".to_owned(), 1)]);
        let after_alice: Vec<_> = db.store.list_factors_after(alice, 9).await.unwrap().into_iter().map(|row| row.account).collect();
        assert_eq!(after_alice, [bob]);
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.reseal_factor(&lost, "two", b"x").await.unwrap() && tx.reseal_factor(&kept, "two", b"again").await.unwrap());
        assert!(tx.delete_factor(alice).await.unwrap() && !tx.delete_factor(alice).await.unwrap() && !tx.delete_factor(bob).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.count_recovery_codes(alice).await.unwrap(), 0);
        assert_eq!((db.store.find_factor(alice).await.unwrap(), db.store.find_factor(bob).await.unwrap()), (None, None));
    }

    async fn a_passkey_is_one_account_s_and_its_count_only_grows(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let new = NewPasskey { account: alice, name: "laptop", credential_id: b"one", cose: b"key", sign_count: 5, backed_up: false, at: NOW };
        let mut tx = db.store.begin().await.unwrap();
        let id = tx.insert_passkey(&new).await.unwrap().unwrap();
        assert_eq!(tx.insert_passkey(&NewPasskey { account: bob, ..new }).await.unwrap(), None, "its id is there");
        let quiet = tx.insert_passkey(&NewPasskey { credential_id: b"two", sign_count: 0, at: after(1), ..new }).await.unwrap().unwrap();
        assert!(tx.has_factor(alice).await.unwrap() && !tx.has_app(alice).await.unwrap() && !tx.has_factor(bob).await.unwrap());
        for (count, grows) in [(5, false), (0, false), (6, true), (6, false), (u32::MAX, true)] {
            assert_eq!(tx.use_passkey(id, count, true, after(2)).await.unwrap(), grows, "{count}");
        }
        assert!(tx.use_passkey(quiet, 0, false, after(3)).await.unwrap() && tx.use_passkey(quiet, 0, false, after(3)).await.unwrap());
        tx.set_recovery_codes(alice, &[hash(1)]).await.unwrap();
        tx.commit().await.unwrap();
        let found = db.store.find_passkey(b"one").await.unwrap().unwrap();
        assert_eq!((found.account, found.name.as_str(), found.cose.as_slice(), found.sign_count), (alice, "laptop", &b"key"[..], u32::MAX));
        assert_eq!((found.backed_up, found.created_at, found.last_used_at), (true, NOW, Some(after(2))));
        assert_eq!(db.store.list_passkeys(alice).await.unwrap().iter().map(|row| row.id).collect::<Vec<_>>(), [id, quiet]);
        let users = db.store.list_factor_users(all()).await.unwrap();
        assert_eq!((users.total, users.items[0].account, users.items[0].confirmed_at, users.items[0].recovery_codes), (1, alice, NOW, 1));

        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.spend_challenge(&hash(7), after(9)).await.unwrap() && !tx.spend_challenge(&hash(7), after(9)).await.unwrap());
        tx.set_passkey_code(alice, &hash(8), after(9)).await.unwrap();
        tx.set_passkey_code(alice, &hash(9), after(9)).await.unwrap();
        assert!(!tx.spend_passkey_code(alice, &hash(8), NOW).await.unwrap(), "another took its place");
        assert!(!tx.spend_passkey_code(bob, &hash(9), NOW).await.unwrap() && !tx.spend_passkey_code(alice, &hash(9), after(9)).await.unwrap());
        assert!(tx.spend_passkey_code(alice, &hash(9), NOW).await.unwrap() && !tx.spend_passkey_code(alice, &hash(9), NOW).await.unwrap());
        tx.set_passkey_code(alice, &hash(8), after(9)).await.unwrap();
        assert_eq!((tx.delete_expired_challenges(after(8)).await.unwrap(), tx.delete_expired_challenges(after(9)).await.unwrap()), (0, 2));
        assert!(!tx.delete_passkey(bob, id).await.unwrap() && tx.delete_passkey(alice, id).await.unwrap());
        assert_eq!(tx.count_recovery_codes(alice).await.unwrap(), 1, "another factor is there");
        assert_eq!((tx.delete_passkeys_of(alice).await.unwrap(), tx.count_recovery_codes(alice).await.unwrap()), (1, 0));
        tx.commit().await.unwrap();
    }

    async fn a_session_ends_when_its_time_is_over_or_somebody_ends_it(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let new = NewSession { account: alice, hash: &hash(1), user_agent: "x", address: "::1", at: NOW, expires_at: after(60) };
        let mut tx = db.store.begin().await.unwrap();
        let first = tx.insert_session(&new).await.unwrap();
        let second = tx.insert_session(&NewSession { hash: &hash(2), ..new }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_session_by_hash(&hash(1), after(59)).await.unwrap().unwrap().id, first);
        assert_eq!(db.store.find_session_by_hash(&hash(1), after(60)).await.unwrap(), None);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.touch_session(first, "192.0.2.1", after(30), after(90)).await.unwrap());
        assert!(!tx.delete_session(bob, first).await.unwrap());
        tx.commit().await.unwrap();
        let listed = db.store.list_sessions(alice, after(59)).await.unwrap();
        assert_eq!(listed.iter().map(|s| s.id).collect::<Vec<_>>(), [first, second]);
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.delete_expired_sessions(after(60)).await.unwrap(), 1);
        assert_eq!(tx.delete_sessions_of(alice, Some(first)).await.unwrap(), 0);
        assert_eq!(tx.delete_sessions_of(alice, None).await.unwrap(), 1);
        tx.commit().await.unwrap();
    }

    async fn failures_are_counted_and_forgotten(db) {
        let mut tx = db.store.begin().await.unwrap();
        for expected in 1..4 {
            let row = tx.add_failure("account:alice", after(i64::from(expected)), NOW).await.unwrap();
            assert_eq!((row.failures, row.last_failure), (expected, after(i64::from(expected))));
        }
        // Long after the last one, counting begins anew.
        assert_eq!(tx.add_failure("account:alice", after(1000), after(900)).await.unwrap().failures, 1);
        tx.add_failure("address:192.0.2.1", after(2), NOW).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_failures("account:alice").await.unwrap().unwrap().failures, 1);
        let mut tx = db.store.begin().await.unwrap();
        assert_eq!(tx.delete_old_failures(after(3)).await.unwrap(), 1);
        assert!(tx.clear_failures("account:alice").await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.find_failures("account:alice").await.unwrap(), None);
    }
}
