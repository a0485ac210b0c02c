//! The shape of the audit log: what is written of each thing that somebody did or was refused, and the chain over it.

use sha2::{Digest as _, Sha256};

use crate::ids::{AccountId, AuditId, RepoId};
use crate::time::Timestamp;

/// What came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    #[default]
    Done,
    /// Whoever asked may not.
    Denied,
    /// It was tried, and given up.
    Failed,
}

impl Outcome {
    /// The word in rows and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Done => "done",
            Outcome::Denied => "denied",
            Outcome::Failed => "failed",
        }
    }

    /// The reverse of [`Outcome::as_str`].
    pub fn parse(text: &str) -> Option<Outcome> {
        [Outcome::Done, Outcome::Denied, Outcome::Failed].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// A line to be written, in the transaction of what it records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditEntry {
    /// What was done, dotted: `repository.create`, `token.create`, `push`, `sign-in.fail`.
    pub action: &'static str,
    /// Who, if proven.
    pub actor: Option<AccountId>,
    /// Whose account it concerns, if another's or one's own.
    pub account: Option<AccountId>,
    /// Which repository it concerns.
    pub repo: Option<RepoId>,
    /// The client's address behind trusted proxies.
    pub address: Option<String>,
    /// The door: `ssh`, `http`, `api`, `system`.
    pub door: &'static str,
    /// By which proof: `password`, `session:7`, `token:7`, `ssh-key:7`, `deploy-key:7`, `system`; empty if nobody was proven.
    pub credential: String,
    /// The request's id, as its answer and the log of the server have it.
    pub request_id: String,
    /// What came of it.
    pub outcome: Outcome,
    /// How many more of the same it stands for; 0 is this one alone.
    pub more: u64,
    /// Short facts for a reader; never a secret.
    pub detail: String,
}

impl AuditEntry {
    /// A line for what the server does by itself.
    pub fn by_server(action: &'static str) -> AuditEntry {
        AuditEntry { action, door: "system", credential: "system".to_owned(), ..AuditEntry::default() }
    }
}

/// A line that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its id.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// See [`AuditEntry::action`].
    pub action: String,
    /// See [`AuditEntry::actor`].
    pub actor: Option<AccountId>,
    /// See [`AuditEntry::account`].
    pub account: Option<AccountId>,
    /// See [`AuditEntry::repo`].
    pub repo: Option<RepoId>,
    /// See [`AuditEntry::address`].
    pub address: Option<String>,
    /// See [`AuditEntry::door`]; empty in lines that an older version wrote.
    pub door: String,
    /// See [`AuditEntry::credential`].
    pub credential: String,
    /// See [`AuditEntry::request_id`].
    pub request_id: String,
    /// See [`AuditEntry::outcome`].
    pub outcome: Outcome,
    /// For how many it stands, itself included.
    pub times: u64,
    /// See [`AuditEntry::detail`].
    pub detail: String,
    /// Its place in the chain and its hash there; `None` until it is sealed.
    pub seal: Option<Link>,
}

/// A place in the chain, and the hash of everything up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// From 1, without gaps; 0 before the first row.
    pub seq: u64,
    /// SHA-256.
    pub hash: [u8; 32],
}

impl Link {
    /// What the first row follows.
    pub const BEGINNING: Link = Link { seq: 0, hash: [0; 32] };

    /// The link of the row that comes next. `docs/audit.md` describes the bytes.
    pub fn next(&self, row: &AuditRow) -> Link {
        let seq = self.seq.saturating_add(1);
        let mut bytes = Canonical(Sha256::new());
        bytes.0.update(VERSION);
        bytes.0.update(self.hash);
        bytes.number(Some(i64::try_from(seq).unwrap_or(i64::MAX)));
        bytes.number(Some(row.id.0));
        bytes.number(Some(row.at.0));
        bytes.text(Some(&row.action));
        bytes.number(row.actor.map(|id| id.0));
        bytes.number(row.account.map(|id| id.0));
        bytes.number(row.repo.map(|id| id.0));
        bytes.text(row.address.as_deref());
        bytes.text(Some(&row.door));
        bytes.text(Some(&row.credential));
        bytes.text(Some(&row.request_id));
        bytes.text(Some(row.outcome.as_str()));
        bytes.number(Some(i64::try_from(row.times).unwrap_or(i64::MAX)));
        bytes.text(Some(&row.detail));
        Link { seq, hash: bytes.0.finalize().into() }
    }
}

/// Another layout of the bytes would be another version.
const VERSION: &[u8] = b"hardie audit 1\n";

/// Each value says what it is and how long, so that no two rows have the same bytes.
struct Canonical(Sha256);

impl Canonical {
    fn number(&mut self, value: Option<i64>) {
        match value {
            Some(value) => {
                self.0.update(b"i");
                self.0.update(value.to_be_bytes());
            }
            None => self.0.update(b"-"),
        }
    }

    fn text(&mut self, value: Option<&str>) {
        match value {
            Some(value) => {
                self.0.update(b"t");
                self.0.update((value.len() as u64).to_be_bytes());
                self.0.update(value);
            }
            None => self.0.update(b"-"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> AuditRow {
        AuditRow {
            id: AuditId(7),
            at: Timestamp(1_700_000_000_123),
            action: "push".to_owned(),
            actor: Some(AccountId(3)),
            account: None,
            repo: Some(RepoId(5)),
            address: Some("192.0.2.7".to_owned()),
            door: "ssh".to_owned(),
            credential: "ssh-key:2".to_owned(),
            request_id: "00ff".to_owned(),
            outcome: Outcome::Done,
            times: 1,
            detail: "push 9: update refs/heads/main".to_owned(),
            seal: None,
        }
    }

    #[test]
    fn each_value_of_a_row_and_what_lies_before_it_are_in_its_hash() {
        let whole = Link::BEGINNING.next(&row());
        assert_eq!(whole.seq, 1);
        let changes: [fn(&mut AuditRow); 13] = [
            |r| r.id = AuditId(8),
            |r| r.at = Timestamp(1_700_000_000_124),
            |r| r.action = "pusg".to_owned(),
            |r| r.actor = None,
            |r| r.account = Some(AccountId(3)),
            |r| r.repo = Some(RepoId(6)),
            |r| r.address = None,
            |r| r.door = "http".to_owned(),
            |r| r.credential = "ssh-key:3".to_owned(),
            |r| r.request_id.clear(),
            |r| r.outcome = Outcome::Denied,
            |r| r.times = 2,
            |r| r.detail.push('x'),
        ];
        for (nth, change) in changes.into_iter().enumerate() {
            let mut changed = row();
            change(&mut changed);
            assert_ne!(Link::BEGINNING.next(&changed), whole, "change {nth}");
        }
        assert_ne!(Link { seq: 1, ..Link::BEGINNING }.next(&row()).hash, whole.hash);
        assert_ne!(Link { hash: [1; 32], ..Link::BEGINNING }.next(&row()).hash, whole.hash);
    }

    #[test]
    fn what_moves_from_one_value_to_the_next_changes_the_hash() {
        let (mut one, mut other) = (row(), row());
        (one.door, one.credential) = ("ss".to_owned(), "hx".to_owned());
        (other.door, other.credential) = ("ssh".to_owned(), "x".to_owned());
        assert_ne!(Link::BEGINNING.next(&one), Link::BEGINNING.next(&other));
    }

    /// Who checks an export with a program of their own relies on this.
    #[test]
    fn the_hash_of_a_row_stays_what_it_is() {
        let shown: String = Link::BEGINNING.next(&row()).hash.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(shown, "5a95a57150337560f7568aa910e667256d7c65cf95e81b30b4910eaca332869c");
    }
}
