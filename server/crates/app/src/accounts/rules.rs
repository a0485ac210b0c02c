//! What the fields of an account may hold.

use hardie_domain::error::Invalid;
use hardie_store::accounts::AccountTaken;

use crate::{Error, Result};

const MAX_TEXT_CHARS: usize = 255;

/// A line for people: full name, description, place.
pub(crate) fn line(field: &'static str, text: &str) -> Result<String> {
    let text = text.trim();
    if text.chars().count() > MAX_TEXT_CHARS {
        return Err(Invalid::new(field, format!("may have {MAX_TEXT_CHARS} characters at most")).into());
    }
    match text.chars().any(char::is_control) {
        true => Err(Invalid::new(field, "must be one line without control characters").into()),
        false => Ok(text.to_owned()),
    }
}

/// An e-mail address: one `@` with something before it and a host behind it. Only a message that arrives proves more.
pub(crate) fn email(text: &str) -> Result<String> {
    let text = text.trim();
    let refuse = |why: &str| Err(Invalid::new("email", why).into());
    if text.len() > 254 {
        return refuse("may have 254 bytes at most");
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || "<>(),;:\\\"[]".contains(c)) {
        return refuse("must be a plain address such as you@example.org");
    }
    match text.split_once('@') {
        Some((local, host)) if !local.is_empty() && !host.is_empty() && !host.contains('@') => Ok(text.to_owned()),
        _ => refuse("must be an address such as you@example.org"),
    }
}

/// The refusal for a value that another account has.
pub(super) fn taken(what: AccountTaken, name: &str) -> Error {
    match what {
        AccountTaken::Name => Error::Conflict(format!("the name {name:?} is taken: users and organisations share one name space")),
        AccountTaken::Email => Error::Conflict("another user has this e-mail address".to_owned()),
    }
}
