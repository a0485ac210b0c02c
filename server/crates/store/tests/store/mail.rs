//! Mails on their way, what they prove, addresses, invitations and people who want an account.

use hardie_domain::ids::{InvitationId, SignUpId};
use hardie_domain::mail::MailKind;
use hardie_domain::names::AccountName;
use hardie_store::invitations::InvitationRow;
use hardie_store::mail::NewMail;
use hardie_store::mail_tokens::{MailTokenRow, Purpose};
use hardie_store::sign_ups::SignUpRow;

use crate::support::{NOW, after, all, hash};

fn mail(message_id: &str) -> NewMail<'_> {
    NewMail {
        kind: MailKind::Reset,
        account: None,
        sign_up: None,
        recipient: "ann@example.org",
        message_id,
        key_id: "k",
        sealed: b"x",
        at: NOW,
    }
}

fn sign_up(name: &str, invitation: Option<InvitationId>) -> SignUpRow {
    SignUpRow {
        id: SignUpId(0),
        name: AccountName::parse(name).unwrap(),
        full_name: String::new(),
        email: format!("{name}@example.org"),
        password_hash: "$argon2id$x".to_owned(),
        invitation,
        answered: false,
        created_at: NOW,
        expires_at: after(60),
    }
}

both! {
    async fn a_mail_is_tried_by_one_at_a_time_and_again_when_the_lease_is_over(db) {
        let mut tx = db.store.begin().await.unwrap();
        let id = tx.insert_mail(&mail("1@x")).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_due_mails(NOW, 10).await.unwrap(), [id]);
        let mut tx = db.store.begin().await.unwrap();
        let mut first = tx.claim_mail(id, "node/1", NOW, after(100)).await.unwrap().unwrap();
        assert_eq!((first.attempt, first.message_id.as_str(), first.sealed.as_slice()), (1, "1@x", &b"x"[..]));
        assert_eq!(tx.claim_mail(id, "node/2", after(99), after(200)).await.unwrap(), None);
        first.sealed = b"written".to_vec();
        assert!(tx.write_mail(&first).await.unwrap());
        let second = tx.claim_mail(id, "node/2", after(100), after(200)).await.unwrap().unwrap();
        assert_eq!((second.attempt, second.sealed.as_slice()), (2, &b"written"[..]));
        // The first comes back too late.
        assert!(!tx.delete_mail(&first).await.unwrap() && !tx.park_mail(&first).await.unwrap());
        assert!(!tx.postpone_mail(&first, NOW).await.unwrap() && !tx.write_mail(&first).await.unwrap());
        assert!(tx.postpone_mail(&second, after(300)).await.unwrap());
        assert_eq!(tx.list_due_mails(after(299), 10).await.unwrap(), []);
        let third = tx.claim_mail(id, "node/3", after(300), after(400)).await.unwrap().unwrap();
        assert_eq!((tx.release_mails_of_node("nod", after(301)).await.unwrap(), tx.release_mails_of_node("node", after(301)).await.unwrap()), (0, 1));
        assert!(!tx.delete_mail(&third).await.unwrap());
        let fourth = tx.claim_mail(id, "node/4", after(301), after(400)).await.unwrap().unwrap();
        assert!(tx.park_mail(&fourth).await.unwrap());
        assert_eq!((tx.count_waiting_mails().await.unwrap(), tx.count_parked_mails().await.unwrap()), (0, 1));
        assert_eq!(tx.claim_mail(id, "node/5", after(9999), after(10_000)).await.unwrap(), None);
        assert_eq!((tx.delete_parked_mails(NOW).await.unwrap(), tx.delete_parked_mails(after(1)).await.unwrap()), (0, 1));
        let id = tx.insert_mail(&mail("2@x")).await.unwrap();
        let taken = tx.claim_mail(id, "node/1", NOW, after(100)).await.unwrap().unwrap();
        assert!(tx.delete_mail(&taken).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn a_proof_is_good_once_for_its_purpose_and_until_it_ends(db) {
        let ann = db.user("ann").await;
        let row = |n, purpose| MailTokenRow {
            hash: hash(n), purpose, account: ann, lower_email: "ann@example.org".to_owned(), make_primary: n == 2, expires_at: after(60),
        };
        let mut tx = db.store.begin().await.unwrap();
        for (n, purpose) in [(1, Purpose::Reset), (2, Purpose::Verify), (3, Purpose::Reset), (4, Purpose::Verify)] {
            tx.insert_mail_token(&row(n, purpose)).await.unwrap();
        }
        assert_eq!(tx.take_mail_token(Purpose::Verify, &hash(1), NOW).await.unwrap(), None);
        assert_eq!(tx.take_mail_token(Purpose::Reset, &hash(1), after(60)).await.unwrap(), None);
        assert_eq!(tx.find_mail_token(Purpose::Reset, &hash(1), NOW).await.unwrap(), Some(row(1, Purpose::Reset)));
        assert_eq!(tx.take_mail_token(Purpose::Reset, &hash(1), NOW).await.unwrap(), Some(row(1, Purpose::Reset)));
        assert_eq!(tx.take_mail_token(Purpose::Reset, &hash(1), NOW).await.unwrap(), None);
        assert_eq!(tx.take_mail_token(Purpose::Verify, &hash(2), NOW).await.unwrap(), Some(row(2, Purpose::Verify)));
        assert_eq!(tx.delete_mail_tokens_to(ann, "ANN@example.org").await.unwrap(), 2);
        tx.insert_mail_token(&row(5, Purpose::Reset)).await.unwrap();
        assert_eq!(tx.delete_expired_mail_tokens(after(59)).await.unwrap(), 0);
        assert_eq!((tx.delete_mail_tokens_of(ann).await.unwrap(), tx.delete_expired_mail_tokens(after(60)).await.unwrap()), (1, 0));
        tx.commit().await.unwrap();
    }

    async fn of_two_who_bring_a_proof_or_use_the_last_place_at_once_one_has_it(db) {
        let ann = db.user("ann").await;
        for round in 0..8u8 {
            let mut tx = db.store.begin().await.unwrap();
            let token = MailTokenRow {
                hash: hash(round), purpose: Purpose::Reset, account: ann, lower_email: String::new(), make_primary: false, expires_at: after(60),
            };
            tx.insert_mail_token(&token).await.unwrap();
            let row = InvitationRow {
                id: InvitationId(0), note: String::new(), uses: 1, used: 0, created_by: None, created_at: NOW, expires_at: after(60),
            };
            let id = tx.insert_invitation(&hash(round), &row).await.unwrap();
            tx.commit().await.unwrap();
            let take = || {
                let store = db.store.clone();
                tokio::spawn(async move {
                    let mut tx = store.begin().await.unwrap();
                    let took = tx.take_mail_token(Purpose::Reset, &hash(round), NOW).await.unwrap().is_some();
                    let used = tx.use_invitation(id, NOW).await.unwrap();
                    tx.commit().await.unwrap();
                    (took, used)
                })
            };
            let (a, b) = (take(), take());
            let (a, b) = (a.await.unwrap(), b.await.unwrap());
            assert!((a.0 ^ b.0) && (a.1 ^ b.1), "round {round}: {a:?} {b:?}");
        }
    }

    async fn an_address_counts_for_one_account_and_the_primary_one_stays(db) {
        let (ann, bob) = (db.user("ann").await, db.user("bob").await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.insert_email(ann, "Both@example.org", NOW).await.unwrap() && tx.insert_email(bob, "both@example.org", NOW).await.unwrap());
        assert!(!tx.insert_email(ann, "BOTH@example.org", NOW).await.unwrap());
        assert_eq!(tx.find_user_by_verified_email("both@example.org").await.unwrap(), None);
        tx.set_verified_email(ann, "Both@example.org", NOW).await.unwrap();
        assert_eq!(tx.find_user_by_verified_email("bOTH@example.org").await.unwrap().unwrap().id, ann);
        assert!(tx.find_user_by_email("both@example.org").await.unwrap().is_none(), "that is the primary one");
        tx.commit().await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        assert!(matches!(tx.set_verified_email(bob, "both@example.org", NOW).await, Err(hardie_store::Error::Conflict(_))));
        drop(tx);
        let mut tx = db.store.begin().await.unwrap();
        assert!(!tx.delete_email(ann, "ANN@example.org").await.unwrap(), "the primary one stays");
        assert!(tx.delete_email(bob, "both@example.org").await.unwrap() && !tx.delete_email(bob, "both@example.org").await.unwrap());
        tx.commit().await.unwrap();
        let rows = db.store.list_emails(ann).await.unwrap();
        let seen: Vec<_> = rows.iter().map(|row| (row.email.as_str(), row.verified, row.primary)).collect();
        assert_eq!(seen, [("ann@example.org", true, true), ("Both@example.org", true, false)]);
        assert_eq!(db.store.list_all_emails("bo", all()).await.unwrap().total, 2);
    }

    async fn who_wants_an_account_waits_once_and_goes_with_the_invitation(db) {
        let mut tx = db.store.begin().await.unwrap();
        let row = InvitationRow {
            id: InvitationId(0), note: "n".to_owned(), uses: 2, used: 0, created_by: None, created_at: NOW, expires_at: after(60),
        };
        let invitation = tx.insert_invitation(&hash(1), &row).await.unwrap();
        let (a, b) = (tx.insert_sign_up(&sign_up("a", Some(invitation))).await.unwrap(), tx.insert_sign_up(&sign_up("b", None)).await.unwrap());
        assert!(tx.set_sign_up_hash(a, &hash(1)).await.unwrap() && tx.set_sign_up_hash(b, &hash(2)).await.unwrap());
        assert_eq!(tx.find_sign_up_by_hash(&hash(2), after(60)).await.unwrap(), None);
        assert_eq!(tx.find_sign_up_by_hash(&hash(2), NOW).await.unwrap().unwrap().id, b);
        assert!(tx.answer_sign_up(b, after(600)).await.unwrap() && !tx.answer_sign_up(b, after(600)).await.unwrap());
        assert_eq!(tx.find_sign_up_by_hash(&hash(2), NOW).await.unwrap(), None);
        assert!(tx.has_answered_sign_up("B@example.org").await.unwrap() && !tx.has_answered_sign_up("a@example.org").await.unwrap());
        assert_eq!(tx.list_sign_ups(all()).await.unwrap().total, 1);
        tx.insert_mail(&NewMail { sign_up: Some(a), ..mail("1@x") }).await.unwrap();
        assert!(tx.delete_invitation(invitation).await.unwrap());
        assert_eq!((tx.count_sign_ups().await.unwrap(), tx.count_waiting_mails().await.unwrap()), (1, 0));
        assert_eq!((tx.delete_expired_sign_ups(after(599)).await.unwrap(), tx.delete_expired_sign_ups(after(600)).await.unwrap()), (0, 1));
        tx.commit().await.unwrap();
    }
}
