//! Labels and milestones: one name once in its home, and nobody else's.

use hardie_domain::ids::MilestoneId;
use hardie_store::labels::{LabelHome, LabelText};
use hardie_store::milestones::{MilestoneFilter, MilestoneRow};
use hardie_store::repos::RepoChange;

use crate::support::{NOW, after, all};

fn text(name: &str) -> LabelText {
    LabelText { name: name.to_owned(), color: "00aabb".to_owned(), description: String::new(), exclusive: false }
}

both! {
    async fn a_label_is_one_homes_and_its_name_is_once_there(db) {
        let (alice, acme) = (db.user("alice").await, db.org("acme").await);
        let (repo, other) = (db.repo(alice, "tool").await, db.repo(alice, "other").await);
        let homes = [LabelHome::Repo(repo), LabelHome::Repo(other), LabelHome::Org(acme)];
        let mut tx = db.store.begin().await.unwrap();
        let mut ids = Vec::new();
        for home in homes {
            ids.push(tx.insert_label(home, &text("Bug"), false, NOW).await.unwrap().unwrap());
            assert!(tx.insert_label(home, &text("bUG"), false, NOW).await.unwrap().is_none());
        }
        let second = tx.insert_label(homes[0], &text("zeal"), true, NOW).await.unwrap().unwrap();
        let mut row = tx.find_label(homes[0], second).await.unwrap().unwrap();
        assert_eq!(row.archived_at, Some(NOW));
        row.text.name = "BUG".to_owned();
        assert!(!tx.update_label(homes[0], &row).await.unwrap(), "taken");
        row.text.name = "ZEAL".to_owned();
        assert!(!tx.update_label(homes[1], &row).await.unwrap() && !tx.update_label(homes[2], &row).await.unwrap(), "another's");
        assert!(tx.update_label(homes[0], &row).await.unwrap());
        assert!(!tx.delete_label(homes[1], ids[0]).await.unwrap() && !tx.delete_label(homes[2], ids[0]).await.unwrap());
        tx.commit().await.unwrap();
        let names = async |reverse| {
            let found = db.store.list_labels(homes[0], reverse, all()).await.unwrap();
            (found.items.into_iter().map(|row| row.text.name).collect::<Vec<_>>(), found.total)
        };
        assert_eq!((names(false).await, names(true).await.0), ((vec!["Bug".to_owned(), "ZEAL".to_owned()], 2), vec!["ZEAL".to_owned(), "Bug".to_owned()]));
        assert!(db.store.find_label_by_name(homes[0], "zeal").await.unwrap().is_some());
        assert!(db.store.find_label_by_name(homes[1], "zeal").await.unwrap().is_none());

        // A copy is the other's own.
        let third = db.repo(alice, "third").await;
        let mut tx = db.store.begin().await.unwrap();
        tx.copy_labels(third, repo, after(1)).await.unwrap();
        assert!(tx.delete_label(homes[0], second).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_labels(LabelHome::Repo(third), false, all()).await.unwrap().total, 2);
    }

    async fn nothing_is_written_in_a_repository_that_is_archived_or_deleted(db) {
        let alice = db.user("alice").await;
        let (archived, deleted, open) = (db.repo(alice, "a").await, db.repo(alice, "d").await, db.repo(alice, "o").await);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.update_repo(archived, &RepoChange { archived: Some(true), ..RepoChange::default() }, NOW).await.unwrap());
        assert!(tx.delete_repo(deleted, NOW).await.unwrap());
        let held = [tx.hold_repo(archived).await.unwrap(), tx.hold_repo(deleted).await.unwrap(), tx.hold_repo(open).await.unwrap()];
        assert_eq!(held, [false, false, true]);
        assert!(!tx.hold_label_home(LabelHome::Repo(archived)).await.unwrap());
        tx.commit().await.unwrap();
    }

    async fn milestones_are_listed_by_the_day_they_are_due(db) {
        let alice = db.user("alice").await;
        let (repo, other) = (db.repo(alice, "tool").await, db.repo(alice, "other").await);
        let row = |title: &str, due| MilestoneRow {
            id: MilestoneId(0), title: title.to_owned(), description: String::new(), due_at: due, closed_at: None, created_at: NOW, updated_at: NOW,
        };
        let mut tx = db.store.begin().await.unwrap();
        for (title, due) in [("never", None), ("late", Some(after(9))), ("soon_", Some(after(1)))] {
            assert!(tx.insert_milestone(repo, &row(title, due)).await.unwrap().is_some());
        }
        assert!(tx.insert_milestone(repo, &row("LATE", None)).await.unwrap().is_none());
        let late = tx.find_milestone_by_title(repo, "Late").await.unwrap().unwrap();
        assert!(!tx.update_milestone(other, &late).await.unwrap() && !tx.delete_milestone(other, late.id).await.unwrap());
        assert!(tx.update_milestone(repo, &MilestoneRow { closed_at: Some(after(2)), ..late }).await.unwrap());
        tx.commit().await.unwrap();
        let titles = async |closed, title: &str| {
            let filter = MilestoneFilter { closed, title: title.to_owned() };
            let found = db.store.list_milestones(repo, &filter, all()).await.unwrap();
            found.items.into_iter().map(|row| row.title).collect::<Vec<_>>()
        };
        assert_eq!(titles(None, "").await, ["soon_", "late", "never"]);
        assert_eq!((titles(Some(true), "").await, titles(Some(false), "").await), (vec!["late".to_owned()], vec!["soon_".to_owned(), "never".to_owned()]));
        assert_eq!(titles(None, "_").await, ["soon_"], "it stands for itself");
    }
}
