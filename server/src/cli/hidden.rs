//! What a person types without seeing it.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use anyhow::Context as _;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// Whether somebody can be asked.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// The first line of standard input, without its end.
pub fn line(what: &str) -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line).with_context(|| format!("cannot read the {what} from stdin"))?;
    let length = line.trim_end_matches(['\r', '\n']).len();
    line.truncate(length);
    Ok(line)
}

/// Asks for what is no secret.
pub fn ask_aloud(question: &str, what: &str) -> anyhow::Result<String> {
    let mut out = std::io::stderr();
    out.write_all(question.as_bytes()).and_then(|()| out.flush()).with_context(|| format!("cannot ask for the {what}"))?;
    Ok(line(what)?.trim().to_owned())
}

/// The terminal shows nothing of what is typed until this is dropped. It keeps the interrupt key, so Ctrl-C ends the program
/// with the terminal dark; shells put that right at their next prompt.
pub struct Dark(Termios);

impl Dark {
    /// Hides what is typed from now on.
    pub fn begin() -> anyhow::Result<Dark> {
        let before = tcgetattr(std::io::stdin()).context("cannot read the terminal's settings")?;
        let mut dark = before.clone();
        dark.local_modes.remove(LocalModes::ECHO);
        tcsetattr(std::io::stdin(), OptionalActions::Flush, &dark).context("cannot hide what is typed")?;
        Ok(Dark(before))
    }

    /// Asks; `what` names the answer in failures.
    pub fn ask(&self, question: &str, what: &str) -> anyhow::Result<Zeroizing<String>> {
        let mut out = std::io::stderr();
        out.write_all(question.as_bytes()).and_then(|()| out.flush()).with_context(|| format!("cannot ask for the {what}"))?;
        let line = line(what);
        // The person's own end of line was not shown either.
        out.write_all(b"\n").with_context(|| format!("cannot ask for the {what}"))?;
        line
    }
}

impl Drop for Dark {
    fn drop(&mut self) {
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &self.0);
    }
}
