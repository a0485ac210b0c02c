//! Addresses, invitations and people who want an account.

use hardie_api_types::email::Email;
use hardie_api_types::sign_up::{Invitation, SignUp};
use hardie_app::accounts;

/// An address.
pub fn email(row: accounts::Email) -> Email {
    let accounts::Email { account, user, email, verified, primary } = row;
    Email { email, verified, primary, user_id: account.0, username: user.to_string() }
}

/// An invitation, without its code.
pub fn invitation(row: accounts::Invitation) -> Invitation {
    Invitation {
        id: row.id.0,
        code: String::new(),
        note: row.note,
        uses: row.uses,
        used: row.used,
        created_at: row.created_at.into(),
        expires_at: row.expires_at.into(),
    }
}

/// Somebody who waits.
pub fn sign_up(row: accounts::WaitingSignUp) -> SignUp {
    SignUp { id: row.id.0, username: row.name.to_string(), full_name: row.full_name, email: row.email, created_at: row.created_at.into() }
}
