//! Teams: what they reach, who is in them, and what their changes move.

use hardie_domain::access::{Role, Visibility};
use hardie_domain::ids::{AccountId, RepoId, TeamId};
use hardie_domain::names::TeamName;
use hardie_domain::team::{TeamAccess, Wanted};
use hardie_store::Tx;
use hardie_store::org_members::OrgRole;
use hardie_store::repo_list::{RepoFilter, Viewer};
use hardie_store::teams::{TeamFields, TeamRow};

use crate::support::{Db, NOW, after, all};

fn gives(permission: &str) -> TeamAccess {
    let code = [("repo.code".to_owned(), permission.to_owned()), ("repo.issues".to_owned(), "write".to_owned())];
    TeamAccess::new(&Wanted { units_map: &code, ..Wanted::default() }).unwrap()
}

async fn make(tx: &mut Tx, org: AccountId, name: &str, permission: &str, includes_all: bool) -> Option<TeamRow> {
    let (name, access) = (TeamName::parse(name).unwrap(), gives(permission));
    let new = TeamFields { name: &name, description: "Some people", access: &access, includes_all, can_create: false };
    let id = tx.insert_team(org, &new, NOW).await.unwrap()?;
    Some(tx.lock_team(org, id).await.unwrap().unwrap())
}

/// The role that the one read of a decision finds, and the one of lists, which must be the same.
async fn role(db: &Db, repo: RepoId, user: AccountId) -> Option<Role> {
    let standing = db.store.find_repo_standing_by_id(repo, Some(user)).await.unwrap().unwrap();
    let found = standing.collaborator.max(standing.member.and_then(OrgRole::role)).max(standing.by_teams);
    assert_eq!(db.store.find_access(repo, user).await.unwrap().role, found);
    let listed = db.store.list_repos(&RepoFilter::visible_to(Viewer::User(user)), all()).await.unwrap();
    assert_eq!(listed.items.iter().any(|r| r.repo.id == repo), found.is_some(), "what may be read is listed, and nothing else");
    found
}

both! {
    async fn a_team_gives_the_greatest_level_in_what_it_reaches_and_nowhere_else(db) {
        let (bob, org, other) = (db.user("bob").await, db.org("smiths").await, db.org("others").await);
        let tool = db.repo_of(org, "tool", Visibility::Private).await.unwrap();
        let side = db.repo_of(org, "side", Visibility::Private).await.unwrap();
        let theirs = db.repo_of(other, "tool", Visibility::Private).await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        let some = make(&mut tx, org, "Some", "write", false).await.unwrap();
        assert!(tx.insert_team_member(&some, bob, NOW).await.unwrap());
        assert!(!tx.insert_team_member(&some, bob, NOW).await.unwrap(), "they are in it already");
        assert!(tx.insert_team_repo(&some, tool, NOW).await.unwrap());
        assert!(!tx.insert_team_repo(&some, theirs, NOW).await.unwrap(), "it is another organisation's");
        tx.commit().await.unwrap();
        assert_eq!([role(&db, tool, bob).await, role(&db, side, bob).await, role(&db, theirs, bob).await], [Some(Role::Write), None, None]);
        assert_eq!(db.store.find_org_role(org, bob).await.unwrap(), Some(OrgRole::ByTeams));
        assert!(db.store.reaches_repo(some.id, tool).await.unwrap() && !db.store.reaches_repo(some.id, side).await.unwrap());

        let mut tx = db.store.begin().await.unwrap();
        let all_read = make(&mut tx, org, "all", "read", true).await.unwrap();
        let none = make(&mut tx, org, "none", "none", true).await.unwrap();
        assert!(make(&mut tx, org, "SOME", "read", false).await.is_none(), "names are unique without case");
        for team in [&all_read, &none] {
            tx.insert_team_member(team, bob, NOW).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!([role(&db, tool, bob).await, role(&db, side, bob).await, role(&db, theirs, bob).await], [Some(Role::Write), Some(Role::Read), None]);
        let reaching = db.store.list_teams_reaching(tool, all()).await.unwrap().items;
        assert_eq!(reaching.iter().map(|t| t.team.name.as_str()).collect::<Vec<_>>(), ["all", "none", "Some"]);
        let of_team = RepoFilter { team: Some(some.id), ..RepoFilter::visible_to(Viewer::User(bob)) };
        assert_eq!(db.store.list_repos(&of_team, all()).await.unwrap().items[0].repo.id, tool);
        assert_eq!(db.store.find_team_powers(org, bob).await.unwrap().role, Some(Role::Write));

        // What reads nothing shows nothing, also where it is the only team.
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.delete_team_member(&some, bob, NOW).await.unwrap());
        assert!(tx.delete_team_member(&all_read, bob, NOW).await.unwrap());
        assert!(!tx.delete_team_member(&all_read, bob, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!([role(&db, tool, bob).await, role(&db, side, bob).await], [None, None]);
        assert_eq!(db.store.find_org_role(org, bob).await.unwrap(), Some(OrgRole::ByTeams));
    }

    async fn what_is_written_of_a_team_is_read_again(db) {
        let org = db.org("smiths").await;
        let mut tx = db.store.begin().await.unwrap();
        let made = make(&mut tx, org, "Crew", "admin", false).await.unwrap();
        make(&mut tx, org, "other", "read", false).await.unwrap();
        assert_eq!((made.access, made.description.as_str(), made.includes_all), (gives("admin"), "Some people", false));
        let (name, access) = (TeamName::parse("band").unwrap(), gives("none"));
        let mut fields = TeamFields { name: &name, description: "", access: &access, includes_all: true, can_create: true };
        assert!(tx.update_team(&made, &fields, after(3)).await.unwrap());
        let taken = TeamName::parse("OTHER").unwrap();
        fields.name = &taken;
        assert!(!tx.update_team(&made, &fields, after(4)).await.unwrap(), "another has the name");
        tx.commit().await.unwrap();
        let found = db.store.find_team_by_name(org, "BAND").await.unwrap().unwrap();
        assert_eq!((found.org.id, found.team.access, found.team.can_create, found.team.updated_at), (org, access, true, after(3)));
        assert_eq!(db.store.find_team(TeamId(999)).await.unwrap(), None);
        let names = async |query: &str, descriptions| {
            let found = db.store.list_teams(org, query, descriptions, all()).await.unwrap();
            assert_eq!(found.total as usize, found.items.len());
            found.items.iter().map(|t| t.team.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(names("", false).await, ["band", "other"]);
        assert_eq!(names("AN", false).await, ["band"]);
        assert_eq!((names("people", false).await.len(), names("people", true).await), (0, vec!["other".to_owned()]));
        assert_eq!(names("_", true).await.len(), 0, "a wildcard stands for itself");
    }

    async fn whoever_is_held_by_nothing_else_leaves_the_organisation_with_the_team(db) {
        let (org, [bob, carol, dora]) = (db.org("smiths").await, [db.user("bob").await, db.user("carol").await, db.user("dora").await]);
        let mut tx = db.store.begin().await.unwrap();
        tx.set_org_member(org, carol, OrgRole::Member(Role::Read), NOW).await.unwrap();
        let (one, two) = (make(&mut tx, org, "one", "read", true).await.unwrap(), make(&mut tx, org, "two", "read", true).await.unwrap());
        for user in [bob, carol, dora] {
            tx.insert_team_member(&one, user, NOW).await.unwrap();
        }
        tx.insert_team_member(&two, dora, NOW).await.unwrap();
        assert!(tx.delete_team(&one).await.unwrap());
        assert_eq!(tx.find_org_role(org, bob).await.unwrap(), None);
        assert_eq!(tx.find_org_role(org, carol).await.unwrap(), Some(OrgRole::Member(Role::Read)));
        assert_eq!(tx.find_org_role(org, dora).await.unwrap(), Some(OrgRole::ByTeams));
        // And who leaves the organisation leaves its teams.
        assert!(tx.delete_org_member(org, dora).await.unwrap());
        assert!(!tx.is_team_member(two.id, dora).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(db.store.list_teams_of(dora, all()).await.unwrap().total, 0);
    }

    async fn owners_are_the_team_of_owners(db) {
        let (org, alice, bob) = (db.org("smiths").await, db.user("alice").await, db.user("bob").await);
        let tool = db.repo_of(org, "tool", Visibility::Private).await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        tx.set_org_member(org, alice, OrgRole::Owner, NOW).await.unwrap();
        let id = tx.insert_owners_team(org, NOW).await.unwrap();
        let owners = tx.lock_team(org, id).await.unwrap().unwrap();
        assert!(owners.is_owners());
        assert!(tx.insert_team_member(&owners, bob, NOW).await.unwrap());
        assert!(!tx.delete_team(&owners).await.unwrap(), "it stays, and with it who is in it");
        tx.commit().await.unwrap();
        assert!(db.store.find_access(tool, bob).await.unwrap().is_owner);
        let members = db.store.list_team_members(id, all()).await.unwrap();
        assert_eq!((members.total, members.items.iter().map(|m| m.id).collect::<Vec<_>>()), (2, vec![alice, bob]));
        assert_eq!(db.store.list_teams_of(bob, all()).await.unwrap().items[0].team.id, id);
        let mut tx = db.store.begin().await.unwrap();
        let crew = make(&mut tx, org, "crew", "read", true).await.unwrap();
        tx.insert_team_member(&crew, bob, NOW).await.unwrap();
        assert!(tx.delete_team_member(&owners, bob, NOW).await.unwrap());
        assert!(!tx.delete_team_member(&owners, bob, NOW).await.unwrap());
        tx.commit().await.unwrap();
        let access = db.store.find_access(tool, bob).await.unwrap();
        assert_eq!((access.is_owner, access.role), (false, Some(Role::Read)), "the other team still holds them");
    }

    async fn of_two_last_owners_who_leave_the_team_of_owners_at_once_one_stays(db) {
        let (org, owners) = (db.org("acme").await, [db.user("alice").await, db.user("bob").await]);
        let mut tx = db.store.begin().await.unwrap();
        let id = tx.insert_owners_team(org, NOW).await.unwrap();
        tx.commit().await.unwrap();
        for round in 0..10 {
            let mut tx = db.store.begin().await.unwrap();
            let team = tx.lock_team(org, id).await.unwrap().unwrap();
            for owner in owners {
                tx.insert_team_member(&team, owner, NOW).await.unwrap();
            }
            tx.commit().await.unwrap();
            let leave = |owner| {
                let store = db.store.clone();
                tokio::spawn(async move {
                    let mut tx = store.begin().await.unwrap();
                    let team = tx.lock_team(org, id).await.unwrap().unwrap();
                    assert!(tx.delete_team_member(&team, owner, NOW).await.unwrap());
                    let stays = tx.count_org_owners(org).await.unwrap() > 0;
                    match stays {
                        true => tx.commit().await.unwrap(),
                        false => drop(tx),
                    }
                    stays
                })
            };
            let (a, b) = (leave(owners[0]), leave(owners[1]));
            assert!(a.await.unwrap() ^ b.await.unwrap(), "round {round}");
            assert_eq!(db.store.count_org_owners(org).await.unwrap(), 1);
        }
    }

    async fn a_repository_that_leaves_its_organisation_leaves_its_teams_for_good(db) {
        let (alice, bob, org) = (db.user("alice").await, db.user("bob").await, db.org("smiths").await);
        let tool = db.repo_of(org, "tool", Visibility::Private).await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        let team = make(&mut tx, org, "crew", "write", false).await.unwrap();
        tx.insert_team_member(&team, bob, NOW).await.unwrap();
        tx.insert_team_repo(&team, tool, NOW).await.unwrap();
        let name = tx.find_repo(tool).await.unwrap().unwrap().name;
        assert!(tx.move_repo(tool, alice, &name, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(role(&db, tool, bob).await, None);
        let mut tx = db.store.begin().await.unwrap();
        assert!(tx.move_repo(tool, org, &name, NOW).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(role(&db, tool, bob).await, None, "what was taken does not come back");
    }

    async fn an_organisation_that_is_not_public_is_listed_for_those_who_may_know_of_it(db) {
        use hardie_domain::access::OwnerVisibility;
        use hardie_store::accounts::AccountChange;
        let (bob, carol) = (db.user("bob").await, db.user("carol").await);
        let mut repos = Vec::new();
        for (name, visibility) in [("a", OwnerVisibility::Public), ("b", OwnerVisibility::Limited), ("c", OwnerVisibility::Private)] {
            let org = db.org(name).await;
            repos.push(db.repo_of(org, "open", Visibility::Public).await.unwrap());
            let mut tx = db.store.begin().await.unwrap();
            let change = AccountChange { visibility: Some(visibility), ..AccountChange::default() };
            assert_eq!(tx.update_account(org, &change, NOW).await.unwrap().unwrap().unwrap().visibility, visibility);
            tx.set_org_member(org, bob, OrgRole::ByTeams, NOW).await.unwrap();
            tx.commit().await.unwrap();
        }
        for (viewer, seen) in [(Viewer::Anyone, 1), (Viewer::User(carol), 2), (Viewer::User(bob), 3), (Viewer::Everything, 3)] {
            let orgs = db.store.list_orgs(viewer, all()).await.unwrap();
            assert_eq!((orgs.total, orgs.items.len()), (seen, seen as usize), "{viewer:?}");
            assert_eq!(db.store.list_repos(&RepoFilter::visible_to(viewer), all()).await.unwrap().total, seen, "{viewer:?}");
        }
    }

    async fn a_membership_is_shown_only_once_somebody_says_so(db) {
        let (org, bob, carol) = (db.org("smiths").await, db.user("bob").await, db.user("carol").await);
        let mut tx = db.store.begin().await.unwrap();
        tx.set_org_member(org, bob, OrgRole::ByTeams, NOW).await.unwrap();
        assert!(!tx.is_public_org_member(org, bob).await.unwrap());
        assert!(tx.show_org_member(org, bob, true).await.unwrap());
        assert!(!tx.show_org_member(org, carol, true).await.unwrap());
        // Another role does not conceal it.
        tx.set_org_member(org, bob, OrgRole::Member(Role::Read), NOW).await.unwrap();
        tx.commit().await.unwrap();
        let shown = db.store.list_public_org_members(org, all()).await.unwrap();
        assert_eq!((shown.total, shown.items[0].id), (1, bob));
    }

    async fn every_change_of_a_team_moves_what_pushes_are_judged_by(db) {
        let (org, bob) = (db.org("smiths").await, db.user("bob").await);
        let tool = db.repo_of(org, "tool", Visibility::Private).await.unwrap();
        let epoch = async || db.store.find_repo(tool).await.unwrap().unwrap().rules_epoch;
        let mut tx = db.store.begin().await.unwrap();
        let team = make(&mut tx, org, "crew", "write", true).await.unwrap();
        tx.commit().await.unwrap();
        let mut before = epoch().await;
        for step in 0..4 {
            let mut tx = db.store.begin().await.unwrap();
            let team = tx.lock_team(org, team.id).await.unwrap().unwrap();
            match step {
                0 => assert!(tx.insert_team_member(&team, bob, NOW).await.unwrap()),
                1 => assert!(tx.insert_team_repo(&team, tool, NOW).await.unwrap()),
                2 => assert!(tx.delete_team_member(&team, bob, NOW).await.unwrap()),
                _ => assert!(tx.delete_team(&team).await.unwrap()),
            }
            tx.commit().await.unwrap();
            let now = epoch().await;
            assert!(now > before, "step {step}");
            before = now;
        }
    }

    async fn an_organisation_goes_with_its_teams_and_not_while_it_owns_something(db) {
        let (org, bob) = (db.org("smiths").await, db.user("bob").await);
        let tool = db.repo_of(org, "tool", Visibility::Private).await.unwrap();
        let mut tx = db.store.begin().await.unwrap();
        let team = make(&mut tx, org, "crew", "write", false).await.unwrap();
        tx.insert_team_member(&team, bob, NOW).await.unwrap();
        tx.insert_team_repo(&team, tool, NOW).await.unwrap();
        assert!(!tx.delete_account(org).await.unwrap());
        assert!(tx.delete_repo(tool, NOW).await.unwrap() && tx.purge_repo(tool, after(1)).await.unwrap());
        assert!(tx.delete_account(org).await.unwrap());
        assert!(!tx.bump_account_rules(org).await.unwrap(), "who comes later finds nothing to lock");
        tx.commit().await.unwrap();
        assert_eq!((db.store.find_team(team.id).await.unwrap(), db.store.list_teams_of(bob, all()).await.unwrap().total), (None, 0));
    }
}
