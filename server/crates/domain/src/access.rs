//! Who may do what. Pure rules: `app` gathers the facts, this module decides, nobody else does.

use std::sync::Arc;

use crate::ids::{AccountId, DeployKeyId, GrantId, KeyId, RepoId, SessionId, TokenId};
use crate::names::AccountName;
use crate::narrowing::Narrowing;
use crate::scope::{Category, Level, ScopeSet};
use crate::time::Timestamp;

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A password in Basic auth (git over HTTP, token creation).
    Password,
    /// A browser session.
    Session(SessionId),
    /// An access token.
    Token(TokenId),
    /// An SSH key whose signature was verified.
    SshKey(KeyId),
    /// An SSH key of a repository: it proves the right to that, and nobody.
    DeployKey(DeployKeyId),
    /// An access token that an application got by OAuth 2.
    Grant(GrantId),
    /// The command line on the server's own machine, or the server itself.
    System,
}

impl Credential {
    /// What policies are told in place of the account's name, if they are to take nobody for the owner: no account is called so.
    pub fn own_name(self) -> Option<String> {
        match self {
            Credential::DeployKey(id) => Some(format!("deploy-key/{id}")),
            _ => None,
        }
    }
}

/// A proven user. There is no actor before proof: an anonymous request has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The user.
    pub id: AccountId,
    /// The user's name.
    pub name: AccountName,
    /// Whether the user administers the server.
    pub is_admin: bool,
    /// How it was proven.
    pub credential: Credential,
    /// What the credential is good for.
    pub scopes: ScopeSet,
    /// Where alone it is good, if it was given for one repository.
    pub bound: Option<Bound>,
    /// What it is narrowed to beyond its scopes.
    pub narrowing: Option<Arc<Narrowing>>,
}

/// What a short-lived credential was given for. It never widens what the credential it was given on holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The only repository that there is for its bearer.
    pub repo: RepoId,
    /// Read: nothing may be changed. Write: what a push may change.
    pub level: Level,
    /// When it ends; what is given on it ends no later.
    pub until: Timestamp,
}

/// Who sees a repository without being named in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// Everybody, signed in or not.
    Public,
    /// Its owner and collaborators.
    Private,
}

impl Visibility {
    /// What a fork may be whose parent is this and belongs to one owner, while the fork belongs to another: nobody sees it who might not see
    /// its parent.
    pub fn of_fork(self, of: OwnerVisibility, under: OwnerVisibility) -> Visibility {
        match (self, of, under) {
            (Visibility::Private, ..) | (_, OwnerVisibility::Private, _) => Visibility::Private,
            (_, OwnerVisibility::Limited, OwnerVisibility::Public) => Visibility::Private,
            (Visibility::Public, ..) => Visibility::Public,
        }
    }
}

/// Who sees an organisation, and what is public in it: from everybody to the fewest. Users are public.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnerVisibility {
    /// Everybody, signed in or not.
    Public,
    /// Whoever has signed in.
    Limited,
    /// Its members.
    Private,
}

impl OwnerVisibility {
    /// Gitea's word for it: `public`, `limited`, `private`.
    pub fn as_str(self) -> &'static str {
        match self {
            OwnerVisibility::Public => "public",
            OwnerVisibility::Limited => "limited",
            OwnerVisibility::Private => "private",
        }
    }

    /// The reverse of [`OwnerVisibility::as_str`].
    pub fn parse(text: &str) -> Option<OwnerVisibility> {
        [OwnerVisibility::Public, OwnerVisibility::Limited, OwnerVisibility::Private].into_iter().find(|v| v.as_str() == text)
    }
}

/// What a collaborator may do. Each level includes the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// See and fetch.
    Read,
    /// Push.
    Write,
    /// Change settings, collaborators, plugins; delete.
    Admin,
}

impl Role {
    /// Gitea's word for it: `read`, `write`, `admin`.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Read => "read",
            Role::Write => "write",
            Role::Admin => "admin",
        }
    }

    /// The reverse of [`Role::as_str`].
    pub fn parse(text: &str) -> Option<Role> {
        [Role::Read, Role::Write, Role::Admin].into_iter().find(|r| r.as_str() == text)
    }
}

/// What is about to be done to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepoAction {
    /// See it, fetch it, read its settings that everybody sees.
    Read,
    /// Change refs.
    Push,
    /// Change settings, collaborators, protection, plugins.
    Administer,
    /// Delete it, transfer it, rename it.
    Own,
}

/// The facts about one actor and one repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RepoFacts {
    /// The repository.
    pub repo: RepoId,
    /// The repository's visibility.
    pub visibility: Visibility,
    /// The visibility of what owns it: a repository is never more public than its owner.
    pub owner_visibility: OwnerVisibility,
    /// Archived: readable, never written.
    pub archived: bool,
    /// Whether the actor is its owner, or an owner of the organisation that owns it.
    pub is_owner: bool,
    /// Whether the actor belongs to the organisation that owns it, in whatever role.
    pub is_member: bool,
    /// The greatest of the actor's roles: as a collaborator, as a member of the organisation, by its teams.
    pub role: Option<Role>,
}

impl RepoFacts {
    /// Whether everybody sees it, signed in or not.
    fn is_open(&self) -> bool {
        self.visibility == Visibility::Public && self.owner_visibility == OwnerVisibility::Public
    }

    /// What somebody may do who is not named in it.
    fn unnamed_role(&self, is_signed_in: bool) -> Option<Role> {
        let sees_owner = match self.owner_visibility {
            OwnerVisibility::Public => true,
            OwnerVisibility::Limited => is_signed_in,
            OwnerVisibility::Private => self.is_member,
        };
        (self.visibility == Visibility::Public && sees_owner).then_some(Role::Read)
    }
}

/// The answer to "may they".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow,
    /// Act as if it did not exist: 404, or a challenge for a git client that has not signed in.
    Invisible,
    /// It is there, but this is not for them; the text says why.
    Forbid(&'static str),
}

/// The role that somebody effectively has, `None` when they may not even see it.
pub fn effective_role(actor: Option<&Actor>, facts: &RepoFacts) -> Option<Role> {
    let unnamed = facts.unnamed_role(actor.is_some());
    let Some(actor) = actor else { return unnamed };
    if actor.bound.is_some_and(|bound| bound.repo != facts.repo) {
        return None;
    }
    if actor.narrowing.as_ref().is_some_and(|narrowing| !narrowing.shows(facts.repo)) {
        return None;
    }
    if let Credential::DeployKey(_) = actor.credential {
        // What the account beside it may do says nothing of the key.
        return actor.bound.map(|bound| role_at(bound.level));
    }
    if actor.scopes.is_public_only() && !facts.is_open() {
        return None;
    }
    let role = if facts.is_owner || holds_admin_power(actor) { Some(Role::Admin) } else { facts.role.max(unnamed) };
    match &actor.narrowing {
        // Nobody is an administrator by a token that administers nothing, wherever roles are compared.
        Some(narrowing) => role.map(|role| role.min(role_at(narrowing.level))),
        None => role,
    }
}

/// What somebody is who may do this much with a repository's content.
fn role_at(level: Level) -> Role {
    match level {
        Level::Read => Role::Read,
        Level::Write => Role::Write,
    }
}

/// An administrator's power is used only through a credential that carries the admin scope, and is not for public things alone.
fn holds_admin_power(actor: &Actor) -> bool {
    actor.is_admin && actor.scopes.allows(Category::Admin, Level::Write) && !actor.scopes.is_public_only()
}

/// Decides about one repository.
pub fn decide(actor: Option<&Actor>, action: RepoAction, facts: &RepoFacts) -> Decision {
    let Some(role) = effective_role(actor, facts) else {
        return Decision::Invisible;
    };
    let level = if action == RepoAction::Read { Level::Read } else { Level::Write };
    if let Some(bound) = actor.and_then(|a| a.bound) {
        if level > bound.level {
            return Decision::Forbid(match actor.map(|a| a.credential) {
                Some(Credential::DeployKey(_)) => "this deploy key may fetch, and not push",
                _ => "this credential is for downloading only",
            });
        }
        if matches!(action, RepoAction::Administer | RepoAction::Own) {
            return Decision::Forbid("this credential is for the repository's content only");
        }
    }
    if let Some(narrowing) = actor.and_then(|a| a.narrowing.as_deref()) {
        if level > narrowing.level {
            return Decision::Forbid("this token is for reading only");
        }
        if matches!(action, RepoAction::Administer | RepoAction::Own) {
            return Decision::Forbid("this token is narrowed to the content of repositories: it administers none");
        }
    }
    if actor.is_some_and(|a| !a.scopes.allows(Category::Repository, level)) {
        // What everybody sees stays visible; anything private does not exist for a token without the scope.
        return match (facts.is_open(), action) {
            (true, RepoAction::Read) => Decision::Allow,
            (true, _) => Decision::Forbid("this token lacks the scope write:repository"),
            (false, RepoAction::Read) => Decision::Invisible,
            (false, _) if actor.is_some_and(|a| a.scopes.allows(Category::Repository, Level::Read)) => {
                Decision::Forbid("this token lacks the scope write:repository")
            }
            (false, _) => Decision::Invisible,
        };
    }
    let needed = match action {
        RepoAction::Read => return Decision::Allow,
        RepoAction::Push => Role::Write,
        RepoAction::Administer | RepoAction::Own => Role::Admin,
    };
    if actor.is_none() {
        return Decision::Forbid("sign in first");
    }
    if role < needed {
        return Decision::Forbid(match needed {
            Role::Write => "you may read this repository but not push to it",
            _ => "only administrators of this repository may do this",
        });
    }
    if action == RepoAction::Own && !facts.is_owner && !actor.is_some_and(holds_admin_power) {
        return Decision::Forbid("only the owner of this repository may do this");
    }
    if facts.archived && action == RepoAction::Push {
        return Decision::Forbid("this repository is archived: it can be read but not changed");
    }
    Decision::Allow
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(is_admin: bool, scopes: ScopeSet) -> Actor {
        let name = AccountName::parse("bob").unwrap();
        Actor { id: AccountId(1), name, is_admin, credential: Credential::System, scopes, bound: None, narrowing: None }
    }

    fn facts(visibility: Visibility, role: Option<Role>, is_owner: bool) -> RepoFacts {
        let owner_visibility = OwnerVisibility::Public;
        RepoFacts { repo: RepoId(7), visibility, owner_visibility, archived: false, is_owner, is_member: false, role }
    }

    #[test]
    fn invisible_means_absent_and_visible_means_forbidden() {
        let stranger = actor(false, ScopeSet::ALL);
        let private = facts(Visibility::Private, None, false);
        let public = facts(Visibility::Public, None, false);
        for action in [RepoAction::Read, RepoAction::Push, RepoAction::Administer, RepoAction::Own] {
            assert_eq!(decide(None, action, &private), Decision::Invisible);
            assert_eq!(decide(Some(&stranger), action, &private), Decision::Invisible);
        }
        assert_eq!(decide(None, RepoAction::Read, &public), Decision::Allow);
        assert!(matches!(decide(Some(&stranger), RepoAction::Push, &public), Decision::Forbid(_)));
        assert!(matches!(decide(None, RepoAction::Push, &public), Decision::Forbid(_)));
    }

    #[test]
    fn roles_grow() {
        let bob = actor(false, ScopeSet::ALL);
        let may = |role, action| decide(Some(&bob), action, &facts(Visibility::Private, Some(role), false)) == Decision::Allow;
        assert!(may(Role::Read, RepoAction::Read) && !may(Role::Read, RepoAction::Push));
        assert!(may(Role::Write, RepoAction::Push) && !may(Role::Write, RepoAction::Administer));
        assert!(may(Role::Admin, RepoAction::Administer) && !may(Role::Admin, RepoAction::Own));
        assert_eq!(decide(Some(&bob), RepoAction::Own, &facts(Visibility::Private, None, true)), Decision::Allow);
    }

    #[test]
    fn a_token_never_gives_more_than_its_scopes() {
        let reader = actor(false, ScopeSet::parse(["read:repository"]).unwrap());
        let other = actor(true, ScopeSet::parse(["write:user"]).unwrap());
        let own = facts(Visibility::Private, None, true);
        assert_eq!(decide(Some(&reader), RepoAction::Read, &own), Decision::Allow);
        assert!(matches!(decide(Some(&reader), RepoAction::Push, &own), Decision::Forbid(_)));
        assert_eq!(decide(Some(&other), RepoAction::Read, &own), Decision::Invisible);
        let public_only = actor(false, ScopeSet::parse(["all", "public-only"]).unwrap());
        assert_eq!(decide(Some(&public_only), RepoAction::Read, &own), Decision::Invisible);
    }

    #[test]
    fn an_administrator_has_the_power_of_one_only_through_the_admin_scope() {
        let actions = [RepoAction::Read, RepoAction::Push, RepoAction::Administer, RepoAction::Own];
        // (scopes, what they are good for on a private repository that names the administrator: not, as writer, as administrator)
        let table: [(&[&str], [[bool; 4]; 3]); 6] = [
            (&["all"], [[true; 4], [true; 4], [true; 4]]),
            (&["write:admin", "write:repository"], [[true; 4], [true; 4], [true; 4]]),
            (&["read:admin", "write:repository"], [[false; 4], [true, true, false, false], [true, true, true, false]]),
            (&["write:repository"], [[false; 4], [true, true, false, false], [true, true, true, false]]),
            (&["write:admin", "read:repository"], [[true, false, false, false]; 3]),
            (&["all", "public-only"], [[false; 4]; 3]),
        ];
        for (scopes, expected) in table {
            let root = actor(true, ScopeSet::parse(scopes.iter().copied()).unwrap());
            for (role, expected) in [None, Some(Role::Write), Some(Role::Admin)].into_iter().zip(expected) {
                let facts = facts(Visibility::Private, role, false);
                let may = actions.map(|action| decide(Some(&root), action, &facts) == Decision::Allow);
                assert_eq!(may, expected, "{scopes:?} as {role:?}");
            }
        }
        let public_only = actor(true, ScopeSet::parse(["all", "public-only"]).unwrap());
        let may = actions.map(|a| decide(Some(&public_only), a, &facts(Visibility::Public, None, false)) == Decision::Allow);
        assert_eq!(may, [true, false, false, false]);
    }

    #[test]
    fn a_fork_is_seen_by_nobody_who_might_not_see_its_parent() {
        use OwnerVisibility::{Limited, Private, Public};
        let all = [Public, Limited, Private];
        for (of, expected) in [(Public, [true, true, true]), (Limited, [false, true, true]), (Private, [false, false, false])] {
            let public = all.map(|under| Visibility::Public.of_fork(of, under) == Visibility::Public);
            assert_eq!(public, expected, "{of:?}");
            assert!(all.iter().all(|under| Visibility::Private.of_fork(of, *under) == Visibility::Private));
        }
    }

    #[test]
    fn a_public_repository_is_no_more_public_than_its_owner() {
        let bob = actor(false, ScopeSet::ALL);
        let public_only = actor(false, ScopeSet::parse(["all", "public-only"]).unwrap());
        let other_scope = actor(false, ScopeSet::parse(["write:user"]).unwrap());
        // Who sees it: nobody signed in, a stranger, a member, a collaborator, a member's token for public things, one without the scope.
        for (owner_visibility, expected) in [
            (OwnerVisibility::Public, [true; 6]),
            (OwnerVisibility::Limited, [false, true, true, true, false, false]),
            (OwnerVisibility::Private, [false, false, true, true, false, false]),
        ] {
            let public = RepoFacts { owner_visibility, ..facts(Visibility::Public, None, false) };
            let member = RepoFacts { is_member: true, ..public };
            let named = RepoFacts { role: Some(Role::Write), ..public };
            let asked = [
                (None, public),
                (Some(&bob), public),
                (Some(&bob), member),
                (Some(&bob), named),
                (Some(&public_only), member),
                (Some(&other_scope), member),
            ];
            let seen = asked.map(|(actor, facts)| decide(actor, RepoAction::Read, &facts) == Decision::Allow);
            assert_eq!(seen, expected, "{owner_visibility:?}");
            // A membership alone shows nothing that is private.
            let private = RepoFacts { visibility: Visibility::Private, ..member };
            assert_eq!(decide(Some(&bob), RepoAction::Read, &private), Decision::Invisible);
        }
    }

    #[test]
    fn an_archived_repository_is_not_pushed_to() {
        let bob = actor(false, ScopeSet::ALL);
        let archived = RepoFacts { archived: true, ..facts(Visibility::Private, None, true) };
        assert!(matches!(decide(Some(&bob), RepoAction::Push, &archived), Decision::Forbid(_)));
        assert_eq!(decide(Some(&bob), RepoAction::Administer, &archived), Decision::Allow);
    }

    #[test]
    fn a_narrowed_token_sees_its_repositories_and_administers_none() {
        let actions = [RepoAction::Read, RepoAction::Push, RepoAction::Administer, RepoAction::Own];
        let token = |repos, level| {
            let narrowing = Some(Arc::new(Narrowing { repos, refs: Vec::new(), level }));
            Actor { narrowing, ..actor(true, ScopeSet::ALL) }
        };
        let own = facts(Visibility::Private, None, true);
        let may = |token: Actor| actions.map(|action| decide(Some(&token), action, &own) == Decision::Allow);
        assert_eq!(may(token(None, Level::Write)), [true, true, false, false]);
        assert_eq!(may(token(Some(vec![RepoId(7)]), Level::Write)), [true, true, false, false]);
        assert_eq!(may(token(Some(vec![RepoId(7)]), Level::Read)), [true, false, false, false]);
        for visibility in [Visibility::Public, Visibility::Private] {
            let other = facts(visibility, None, true);
            let other = actions.map(|action| decide(Some(&token(Some(vec![RepoId(8)]), Level::Write)), action, &other));
            assert_eq!(other, [Decision::Invisible; 4], "one of {visibility:?}");
        }
        assert_eq!(effective_role(Some(&token(None, Level::Write)), &own), Some(Role::Write));
        assert_eq!(effective_role(Some(&token(None, Level::Read)), &own), Some(Role::Read));
        let foreign = facts(Visibility::Private, None, false);
        let stranger = Actor { is_admin: false, ..token(Some(vec![RepoId(7)]), Level::Write) };
        assert_eq!(decide(Some(&stranger), RepoAction::Read, &foreign), Decision::Invisible, "it gives nothing");
    }

    #[test]
    fn a_deploy_key_has_no_right_of_the_account_beside_it() {
        let actions = [RepoAction::Read, RepoAction::Push, RepoAction::Administer, RepoAction::Own];
        let key = |repo, level| Actor {
            credential: Credential::DeployKey(DeployKeyId(1)),
            bound: Some(Bound { repo: RepoId(repo), level, until: Timestamp(i64::MAX) }),
            ..actor(true, ScopeSet::ALL)
        };
        for own in [
            facts(Visibility::Private, None, true),
            facts(Visibility::Public, Some(Role::Read), false),
            facts(Visibility::Private, None, false),
        ] {
            let may = |key: Actor| actions.map(|action| decide(Some(&key), action, &own) == Decision::Allow);
            assert_eq!(may(key(7, Level::Read)), [true, false, false, false]);
            assert_eq!(may(key(7, Level::Write)), [true, true, false, false]);
            assert_eq!(effective_role(Some(&key(7, Level::Write)), &own), Some(Role::Write));
            assert_eq!(actions.map(|action| decide(Some(&key(8, Level::Write)), action, &own)), [Decision::Invisible; 4]);
            assert_eq!(decide(Some(&Actor { bound: None, ..key(7, Level::Write) }), RepoAction::Read, &own), Decision::Invisible);
        }
    }

    #[test]
    fn a_bound_credential_is_good_for_one_repository_and_no_more_than_it_says() {
        let actions = [RepoAction::Read, RepoAction::Push, RepoAction::Administer, RepoAction::Own];
        let own = facts(Visibility::Private, None, true);
        let bound = |repo, level| {
            let bound = Some(Bound { repo: RepoId(repo), level, until: Timestamp(0) });
            let root = Actor { bound, ..actor(true, ScopeSet::ALL) };
            actions.map(|action| decide(Some(&root), action, &own))
        };
        assert_eq!(bound(8, Level::Write), [Decision::Invisible; 4]);
        let may = |level| bound(7, level).map(|decision| decision == Decision::Allow);
        assert_eq!(may(Level::Read), [true, false, false, false]);
        assert_eq!(may(Level::Write), [true, true, false, false]);
        let reader = ScopeSet::parse(["read:repository"]).unwrap();
        let bound = Some(Bound { repo: RepoId(7), level: Level::Write, until: Timestamp(0) });
        let reader = Actor { bound, ..actor(false, reader) };
        assert!(matches!(decide(Some(&reader), RepoAction::Push, &own), Decision::Forbid(_)), "the scopes hold all the same");
    }
}
