//! What a mail says, sealed while it waits: in a row, a link would be as good as a password.

use hardie_domain::secret::Secret;
use hardie_store::mail::MailRow;

use crate::sealing::{Closed, Sealed};
use crate::{App, Result};

/// No purpose begins with another.
fn purpose(message_id: &str) -> Vec<u8> {
    [b"text of a mail\0", message_id.as_bytes()].concat()
}

/// Seals what the mail of this id says.
pub(super) fn seal(app: &App, message_id: &str, text: &Secret) -> Result<Sealed> {
    app.sealing.seal(app.entropy.as_ref(), &purpose(message_id), text)
}

/// Opens it.
pub(super) fn open(app: &App, mail: &MailRow) -> Result<Secret, Closed> {
    app.sealing.open(&mail.key_id, &purpose(&mail.message_id), &mail.sealed)
}
