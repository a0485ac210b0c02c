//! `hardie credential`: git's credential helper. Git says on stdin which server it is about, line by line, and reads name and password from
//! stdout (gitcredentials(7), git-credential(1)). What `hardie login` keeps is told for the very scheme, host and port that it was kept for.

use std::io::{Read as _, Write as _};

use anyhow::Context as _;

use super::address::Address;
use super::login::note;
use super::remote::{Remote, Target};
use super::{git_setup, kept};
use crate::cli::print_line;

/// Bytes of a question.
const MOST: u64 = 64 << 10;
/// The name that goes with a token which was given by the environment; servers look at the token alone.
const ANY_NAME: &str = "token";

/// Arguments of `hardie credential`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  hardie credential setup --server https://forge.example\n  printf 'protocol=https\\nhost=forge.example\\n' | hardie credential get"
)]
pub struct Args {
    /// get, store or erase, which git says; or setup, to have git ask for a server that you are signed in to
    operation: String,
    #[command(flatten)]
    remote: Remote,
}

/// Answers git.
pub fn run(args: &Args) -> anyhow::Result<()> {
    if args.operation == "setup" {
        let address = args.remote.target()?.address;
        git_setup::begin(&address)?;
        return print_line(&format!("git asks hardie for the password of {address}"));
    }
    let mut text = String::new();
    std::io::stdin().lock().take(MOST).read_to_string(&mut text).context("cannot read git's question from stdin")?;
    let asked = Asked::read(&text);
    match args.operation.as_str() {
        "get" => match answer(&asked, &args.remote)? {
            // Neither holds an end of line: names and tokens are looked at before they are kept.
            Some((name, token)) => Ok(std::io::stdout().lock().write_all(format!("username={name}\npassword={token}\n").as_bytes())?),
            // Git asks somebody else.
            None => Ok(()),
        },
        "erase" => {
            if let Some((_, token)) = answer(&asked, &args.remote)?
                && asked.password == Some(token.as_str())
            {
                note(&format!("{}://{} does not take the token of `hardie login` any more: sign in again", asked.protocol, asked.host));
            }
            Ok(())
        }
        // What git was told by others is not kept here: `store`, and what it may say later.
        _ => Ok(()),
    }
}

/// What git says; values that are not there are empty.
#[derive(Debug, Default)]
struct Asked<'a> {
    protocol: &'a str,
    host: &'a str,
    path: &'a str,
    username: &'a str,
    password: Option<&'a str>,
}

impl Asked<'_> {
    fn read(text: &str) -> Asked<'_> {
        let mut asked = Asked::default();
        for (name, value) in text.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once('=')) {
            match name {
                "protocol" => asked.protocol = value,
                "host" => asked.host = value,
                "path" => asked.path = value,
                "username" => asked.username = value,
                "password" => asked.password = Some(value),
                _ => {}
            }
        }
        asked
    }

    /// Whether a server is the one that git is about.
    fn is_about(&self, server: &Address) -> bool {
        // Spelled as ours are, without a port that is the scheme's own.
        let Ok(origin) = Address::parse(&format!("{}://{}", self.protocol, self.host), true) else { return false };
        let prefix = server.as_str().strip_prefix(&server.origin()).unwrap_or_default().trim_start_matches('/');
        let below = || self.path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        origin.as_str() == server.origin() && (prefix.is_empty() || self.path.is_empty() || below())
    }
}

fn answer(asked: &Asked<'_>, remote: &Remote) -> anyhow::Result<Option<(String, String)>> {
    // A token that was given with the call is for the server that was named with it.
    if let Ok(Target { address, token: Some(token), given: true }) = remote.target()
        && asked.is_about(&address)
    {
        return Ok(Some((ANY_NAME.to_owned(), token.expose().trim().to_owned())));
    }
    let book = kept::read()?;
    let found = book.addresses().find(|(address, entry)| asked.is_about(address) && [entry.user.as_str(), ""].contains(&asked.username));
    Ok(found.map(|(_, entry)| (entry.user.clone(), entry.token.expose().to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_told_for_its_own_server_alone() {
        let server = Address::parse("https://forge.example/hardie", false).unwrap();
        let about = |text: &str| Asked::read(text).is_about(&server);
        assert!(about("protocol=https\nhost=forge.example\n") && about("protocol=https\nhost=forge.example:443\npath=hardie/a/b.git\n"));
        for other in [
            "protocol=http\nhost=forge.example\n",
            "protocol=https\nhost=forge.example:8443\n",
            "protocol=https\nhost=evil.example\n",
            "protocol=https\nhost=forge.example.evil.example\n",
            "protocol=https\nhost=forge.example\npath=hardier/a.git\n",
            "protocol=https\nhost=evil.example/\nhost=\n",
            "protocol=https\n",
            "",
            "protocol=https\n\nhost=forge.example\n",
        ] {
            assert!(!about(other), "{other:?}");
        }
    }
}
