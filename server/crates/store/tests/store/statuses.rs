//! What checks found of commits.

use hardie_domain::ids::{AccountId, CommitStatusId, RepoId};
use hardie_domain::page::Page;
use hardie_domain::status::{CommitState, Finding};
use hardie_store::statuses::{CombinedRow, CommitStatusFilter, NewCommitStatus};

use crate::support::{Db, NOW, after, all, oid};

async fn say(db: &Db, repo: RepoId, by: AccountId, sha: u8, state: &str, context: &str) -> CommitStatusId {
    let url = format!("https://ci.example/{context}/{state}");
    let finding = Finding::new(state, context, "words", &url).unwrap();
    let new = NewCommitStatus { repo, sha: oid(sha), finding: &finding, creator: Some(by), at: NOW };
    let mut tx = db.store.begin().await.unwrap();
    let id = tx.insert_commit_status(&new, 3).await.unwrap();
    tx.commit().await.unwrap();
    id
}

both! {
    async fn of_each_context_the_newest_counts_and_the_worst_stands_for_all(db) {
        let alice = db.user("alice").await;
        let (repo, other) = (db.repo(alice, "tool").await, db.repo(alice, "other").await);
        for (sha, state, context) in [
            (1, "failure", "build"), (1, "success", "test"), (1, "success", "build"), (1, "warning", "lint"), (1, "warning", "docs"),
            (2, "error", "build"), (2, "pending", "build"), (2, "success", "test"),
        ] {
            say(&db, repo, alice, sha, state, context).await;
        }
        say(&db, other, alice, 1, "error", "build").await;
        let found = db.store.combine_commit_statuses(repo, &[oid(2), oid(1), oid(3)]).await.unwrap();
        let row = |sha, state, contexts, url: &str| CombinedRow { sha: oid(sha), state, contexts, target_url: format!("https://ci.example/{url}") };
        assert_eq!(found, [row(1, CommitState::Warning, 4, "docs/warning"), row(2, CommitState::Pending, 2, "build/pending")]);
        assert_eq!(db.store.combine_commit_statuses(repo, &[oid(3)]).await.unwrap(), []);
        assert_eq!(db.store.combine_commit_statuses(repo, &[]).await.unwrap(), []);
        let many: Vec<_> = (1..=120).rev().map(oid).collect();
        assert_eq!(db.store.combine_commit_statuses(repo, &many).await.unwrap().len(), 2);

        let newest = db.store.list_newest_commit_statuses(repo, oid(1), all()).await.unwrap();
        let said: Vec<_> = newest.iter().map(|row| (row.finding.context.as_str(), row.finding.state.as_str())).collect();
        assert_eq!(said, [("build", "success"), ("docs", "warning"), ("lint", "warning"), ("test", "success")]);
        let second = db.store.list_newest_commit_statuses(repo, oid(1), Page::new(Some(2), Some(3))).await.unwrap();
        assert_eq!(second, newest[3..]);
    }

    async fn findings_are_listed_in_order_and_old_ones_of_a_context_go(db) {
        let alice = db.user("alice").await;
        let repo = db.repo(alice, "tool").await;
        let other = say(&db, repo, alice, 1, "success", "other").await;
        let mut ids = Vec::new();
        for state in ["pending", "failure", "pending", "error", "success"] {
            ids.push(say(&db, repo, alice, 1, state, "build").await);
        }
        let list = async |filter, page| {
            let found = db.store.list_commit_statuses(repo, oid(1), filter, page).await.unwrap();
            (found.items.iter().map(|row| row.id).collect::<Vec<_>>(), found.total)
        };
        let oldest = CommitStatusFilter { oldest_first: true, ..CommitStatusFilter::default() };
        assert_eq!(list(oldest, all()).await, (vec![other, ids[2], ids[3], ids[4]], 4), "three of a context are kept");
        assert_eq!(list(CommitStatusFilter::default(), Page::new(Some(1), Some(2))).await, (vec![ids[4], ids[3]], 4));
        let good = CommitStatusFilter { state: Some(CommitState::Success), ..CommitStatusFilter::default() };
        assert_eq!(list(good, all()).await, (vec![ids[4], other], 2));
        assert_eq!(db.store.count_other_contexts(repo, oid(1), "build").await.unwrap(), 1);
        assert_eq!(db.store.count_other_contexts(repo, oid(1), "new").await.unwrap(), 2);
        assert_eq!(db.store.count_other_contexts(repo, oid(2), "new").await.unwrap(), 0);
    }

    async fn what_accounts_said_since_a_time_is_counted_and_what_the_server_said_is_not(db) {
        let alice = db.user("alice").await;
        let repo = db.repo(alice, "tool").await;
        say(&db, repo, alice, 1, "success", "build").await;
        let finding = Finding::new("success", "own", "", "").unwrap();
        let mut tx = db.store.begin().await.unwrap();
        tx.insert_commit_status(&NewCommitStatus { repo, sha: oid(1), finding: &finding, creator: None, at: NOW }, 3).await.unwrap();
        tx.commit().await.unwrap();
        let since = async |sha, context, at| db.store.count_commit_statuses_since(repo, oid(sha), context, at).await.unwrap();
        assert_eq!((since(1, "build", NOW).await, since(1, "build", after(1)).await), (1, 0));
        assert_eq!((since(1, "own", NOW).await, since(2, "build", NOW).await, since(1, "other", NOW).await), (0, 0, 0));
    }

    async fn findings_outlive_whoever_made_them_but_not_the_repository(db) {
        let (alice, bob) = (db.user("alice").await, db.user("bob").await);
        let repo = db.repo(alice, "tool").await;
        say(&db, repo, bob, 1, "success", "build").await;
        let found = async || db.store.list_newest_commit_statuses(repo, oid(1), all()).await.unwrap();
        assert_eq!(found().await[0].creator, Some(bob));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_account(bob).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!((found().await[0].creator, found().await[0].created_at), (None, NOW));
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_repo(repo, NOW).await.unwrap());
        assert!(tx.purge_repo(repo, after(1)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(found().await, []);
    }
}
