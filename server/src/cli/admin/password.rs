//! Passwords from standard input, or from a person at the terminal.

use std::io::Write as _;

use anyhow::bail;
use hardie_domain::secret::Secret;

use crate::cli::hidden::{self, Dark};

const WHAT: &str = "password";

/// The first line of standard input.
pub fn from_stdin() -> anyhow::Result<Secret> {
    let line = hidden::line(WHAT)?;
    match line.is_empty() {
        true => bail!("the password is empty: give it on the first line of stdin"),
        false => Ok(Secret::new(line.as_str())),
    }
}

/// Asks twice, without showing what is typed. `None` where nobody sits at a terminal.
pub fn ask(user: &str) -> anyhow::Result<Option<Secret>> {
    if !hidden::can_ask() {
        return Ok(None);
    }
    let dark = Dark::begin()?;
    let first = dark.ask(&format!("Password for {user}: "), WHAT)?;
    if first.is_empty() {
        bail!("the password is empty: nothing was created");
    }
    match dark.ask("The same again: ", WHAT)? == first {
        true => Ok(Some(Secret::new(first.as_str()))),
        false => bail!("the two passwords differ: nothing was created"),
    }
}

/// Says on stderr that an account has no password yet: stdout is for scripts.
pub fn note(user: &str) {
    let text = format!("{user} has no password yet; to set one: hardie admin user password {user} --password-stdin\n");
    // The account is there: a closed stderr is no failure of that.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
