//! Passwords from standard input, or from a person at the terminal.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::{Context as _, bail};
use hardie_domain::secret::Secret;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The first line of standard input.
pub fn from_stdin() -> anyhow::Result<Secret> {
    let line = line()?;
    match line.is_empty() {
        true => bail!("the password is empty: give it on the first line of stdin"),
        false => Ok(Secret::new(&line)),
    }
}

/// Asks twice, without showing what is typed. `None` where nobody sits at a terminal.
pub fn ask(user: &str) -> anyhow::Result<Option<Secret>> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(None);
    }
    let _dark = Dark::begin()?;
    let first = asked(&format!("Password for {user}: "))?;
    if first.is_empty() {
        bail!("the password is empty: nothing was created");
    }
    match asked("The same again: ")? == first {
        true => Ok(Some(Secret::new(&first))),
        false => bail!("the two passwords differ: nothing was created"),
    }
}

/// Says on stderr that an account has no password yet: stdout is for scripts.
pub fn note(user: &str) {
    let text = format!("{user} has no password yet; to set one: hardie admin user password {user} --password-stdin\n");
    // The account is there: a closed stderr is no failure of that.
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn asked(question: &str) -> anyhow::Result<String> {
    let mut out = std::io::stderr();
    out.write_all(question.as_bytes()).and_then(|()| out.flush()).context("cannot ask for the password")?;
    let line = line();
    // The person's own end of line was not shown either.
    out.write_all(b"\n").context("cannot ask for the password")?;
    line
}

fn line() -> anyhow::Result<String> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("cannot read the password from stdin")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// The terminal shows nothing of what is typed until this is dropped. It keeps the interrupt key, so Ctrl-C ends the program
/// with the terminal dark; shells put that right at their next prompt.
struct Dark(Termios);

impl Dark {
    fn begin() -> anyhow::Result<Dark> {
        let before = tcgetattr(std::io::stdin()).context("cannot read the terminal's settings")?;
        let mut dark = before.clone();
        dark.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &dark).context("cannot hide what is typed")?;
        Ok(Dark(before))
    }
}

impl Drop for Dark {
    fn drop(&mut self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
    }
}
