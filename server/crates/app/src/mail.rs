//! Mails that this server sends: written with what causes them, in its transaction, and sent later by the worker, at least once.
//!
//! What a mail says is sealed while it waits, since it may hold a link that opens an account. A mail to an address that a stranger typed is
//! only noted at first: whose it is, if anybody's, is looked up when it is sent, so that asking takes the same time and has the same answer.
//! Start reading at [`send_mails`].

mod bounds;
mod deliver;
mod proofs;
mod queue;
mod texts;
mod written;

pub(crate) use bounds::{count_requests, may_write};
pub use deliver::{Mailed, send_mails};
pub(crate) use proofs::{Proof, hash_of, unknown_proof};
pub(crate) use queue::{note, notify, require_mail, send};
pub(crate) use texts::{verify, verify_taken};
