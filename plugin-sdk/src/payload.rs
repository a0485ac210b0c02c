//! What the payloads of today's events hold. Fields that a later server adds are passed over.

use serde::{Deserialize, Serialize};

use crate::oid::Oid;
use crate::push::{RefUpdate, UpdateKind};

/// `push`: refs moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The number of the push.
    pub push: i64,
    /// Who pushed.
    #[serde(default)]
    pub actor: Option<Actor>,
    /// The refs that were moved, in the order of the push.
    pub refs: Vec<RefChange>,
    /// Push options as sent (`git push -o`).
    #[serde(default)]
    pub options: Vec<String>,
}

/// One ref that moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefChange {
    /// Full name, such as `refs/heads/main`.
    #[serde(rename = "ref")]
    pub name: String,
    /// What it was, hexadecimal; zeros if it is new.
    pub before: String,
    /// What it is, hexadecimal; zeros if it is gone.
    pub after: String,
    /// `create`, `update` or `delete`.
    pub kind: String,
}

/// Who did something: by number, or with the name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Actor {
    /// The number of an account.
    Id(i64),
    /// An account.
    Account(Account),
}

impl Actor {
    /// The user name, where it was told.
    pub fn name(&self) -> Option<&str> {
        match self {
            Actor::Id(_) => None,
            Actor::Account(account) => Some(&account.login),
        }
    }
}

/// A user or an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub login: String,
}

/// A repository, as it was then. In `status` and in all kinds that begin with `repository.`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// `owner/name`.
    pub full_name: String,
    /// Whose it is.
    pub owner: Account,
    /// Whether only members see it.
    pub private: bool,
    /// Whether it is read-only.
    pub archived: bool,
    /// The branch that HEAD names, such as `main`.
    pub default_branch: String,
}

/// `status`: a check said what it found of a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Where.
    pub repository: Repository,
    /// Who said so; `None` for the server itself.
    #[serde(default)]
    pub actor: Option<Account>,
    /// The commit, hexadecimal.
    pub sha: String,
    /// Which check it is.
    pub context: String,
    /// `pending`, `success`, `skipped`, `warning`, `failure` or `error`.
    pub state: String,
    /// A few words; may be empty.
    #[serde(default)]
    pub description: String,
    /// Where more is told; may be empty.
    #[serde(default)]
    pub target_url: String,
}

/// `repository.created` and its like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepositoryChange {
    /// The repository, as it is after the change.
    pub repository: Repository,
    /// Who did it; `None` for the server itself.
    #[serde(default)]
    pub actor: Option<Account>,
}

impl Push {
    /// The refs as a [`Repository`](crate::Repository) knows them: their positions are what its `new_commits` asks for.
    pub fn updates(&self) -> Vec<RefUpdate> {
        let refs = self.refs.iter().zip(0u32..);
        refs.map(|(change, index)| RefUpdate {
            index,
            name: change.name.clone().into_bytes(),
            old: Oid::from_hex(&change.before).filter(|id| !id.is_zero()),
            new: Oid::from_hex(&change.after).filter(|id| !id.is_zero()),
            kind: UpdateKind::parse(&change.kind),
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_push_is_read_with_its_refs_whoever_is_named() {
        let text = r#"{"push": 3, "actor": 4, "refs": [{"ref": "refs/heads/a", "before": "0000000000000000000000000000000000000000",
            "after": "0123456789012345678901234567890123456789", "kind": "create"}], "options": [], "later": 1}"#;
        let push: Push = serde_json::from_str(text).unwrap();
        let update = push.updates().remove(0);
        assert_eq!((update.short_name().as_str(), update.old, update.kind), ("a", None, UpdateKind::Create));
        assert_eq!(update.new.unwrap().short(), "0123456");
        assert_eq!(push.actor.unwrap().name(), None);
        let named = text.replace("\"actor\": 4", r#""actor": {"id": 4, "login": "ann"}"#);
        assert_eq!(serde_json::from_str::<Push>(&named).unwrap().actor.unwrap().name(), Some("ann"));
    }
}
