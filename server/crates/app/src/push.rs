//! The one door for refs. Every change of a ref, by whatever means, is judged and committed here.
//!
//! A push over git: [`execute`] opens its row, looks at its [`certificate`] → ingest the pack into quarantine → [`judge`]
//! (connectivity, built-in rules, policies) → publish the pack file → one transaction ([`commit`]) → report. Nothing is visible
//! before that transaction, and after it nothing is lost. Refs that a [`fork`] begins with are copied, in one transaction too.

mod answers;
mod asked;
mod certificate;
mod commit;
mod execute;
mod facts;
mod fork;
mod guard;
mod judge;
mod mover;
mod nonce;
mod policies;
mod publish;
mod report;
mod rules;

pub use answers::AnswerCounts;
pub use certificate::SentCertificate;
pub(crate) use execute::lease;
pub use execute::{PackSource, push};
pub use facts::READ_TIME;
pub use fork::{NewFork, fork};
pub use mover::RefMover;
pub(crate) use mover::reasons;
pub(crate) use nonce::make_nonce;
pub use policies::{Preview, preview};
pub use report::PushReport;

use hardie_domain::ids::{AccountId, PushId, RepoId};
use hardie_domain::push::RefUpdate;
use hardie_store::deploy_keys::DeployKeyRow;

/// What a client asks for (gitprotocol-pack, "Reference Update Request and Packfile Transfer").
#[derive(Clone, Debug)]
pub struct PushRequest {
    /// The well-formed updates, in the client's order; no ref twice.
    pub updates: Vec<RefUpdate>,
    /// Whether the client also asked for something that can never be done: then an atomic push does nothing.
    pub has_impossible: bool,
    /// `git push -o`.
    pub options: Vec<String>,
    /// All or nothing.
    pub atomic: bool,
    /// `git push --signed`.
    pub certificate: Option<SentCertificate>,
}

/// The push under way, as its steps pass it on.
#[derive(Clone, Debug)]
struct Push {
    id: PushId,
    repo: RepoId,
    actor: AccountId,
    /// By which key of the repository, if by one: then the account is the owner's, who need not know of this push.
    deploy_key: Option<DeployKeyRow>,
    request: PushRequest,
    certificate: Option<certificate::Examined>,
}
