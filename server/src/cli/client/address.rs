//! Addresses of servers that may be told passwords and tokens: with TLS, or on this machine, or because somebody says that it is meant.

use std::fmt;
use std::net::IpAddr;

use anyhow::{Context as _, bail, ensure};
use hardie_outbound::Url;

/// The address of a server, spelled in one way: scheme, host, a port that is not the scheme's own, and a prefix if there is one. No slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    url: Url,
    text: String,
}

impl Address {
    /// Reads what a person wrote. Without a scheme TLS is meant, unless it is this machine.
    ///
    /// # Errors
    /// When it is no server's address, or one that is asked without TLS although `insecure` does not say so.
    pub fn parse(given: &str, insecure: bool) -> anyhow::Result<Address> {
        let given = given.trim();
        let url = match given.contains("://") {
            true => read(given)?,
            false => {
                let secure = read(&format!("https://{given}"))?;
                if is_loopback(&secure) { read(&format!("http://{given}"))? } else { secure }
            }
        };
        if url.scheme() == "http" && !insecure && !is_loopback(&url) {
            bail!(
                "{url} is asked without TLS, where others can read passwords and tokens on their way: write https://, or add --insecure-http \
                 if that is meant"
            );
        }
        let text = format!("{}{}", url.origin().ascii_serialization(), url.path().trim_end_matches('/'));
        Ok(Address { url, text })
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host's name or number, in brackets where it is of IPv6.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether it needs somebody to say that no TLS is meant.
    pub fn is_insecure(&self) -> bool {
        self.url.scheme() == "http" && !is_loopback(&self.url)
    }

    /// Scheme, host and port alone.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn read(given: &str) -> anyhow::Result<Url> {
    // What stands before an @ may be a password: it is not repeated.
    ensure!(!given.contains('@'), "a server's address holds no user name and no password: leave out what stands before the @");
    let url = Url::parse(given).with_context(|| format!("{given:?} is not the address of a server, such as https://forge.example"))?;
    ensure!(matches!(url.scheme(), "http" | "https"), "{given:?}: a server's address begins with https:// or http://");
    ensure!(url.query().is_none() && url.fragment().is_none(), "{given:?}: a server's address has neither ? nor #");
    // A parser that reads another host into it than a person does would send the password there.
    let host = url.host_str().unwrap_or_default();
    let written = given.split_once("://").map_or(given, |(_, rest)| rest);
    let same = written.get(..host.len()).is_some_and(|start| start.eq_ignore_ascii_case(host));
    let ends = written.get(host.len()..).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']));
    ensure!(
        !host.is_empty() && same && ends,
        "{given:?} does not name the host plainly; {} is what it would be",
        url.origin().ascii_serialization()
    );
    Ok(url)
}

/// Whether this is the machine itself.
pub fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(given: &str) -> anyhow::Result<String> {
        Address::parse(given, false).map(|address| address.to_string())
    }

    #[test]
    fn one_server_has_one_spelling() {
        for given in ["https://forge.example", "forge.example", "https://Forge.Example:443/", " https://forge.example// "] {
            assert_eq!(spelled(given).unwrap(), "https://forge.example", "{given}");
        }
        assert_eq!(spelled("forge.example/hardie/").unwrap(), "https://forge.example/hardie");
        assert_eq!(spelled("localhost:3000").unwrap(), "http://localhost:3000");
        assert_eq!(spelled("[::1]:3000").unwrap(), "http://[::1]:3000");
    }

    #[test]
    fn a_secret_goes_without_tls_to_this_machine_alone_unless_that_is_said() {
        for given in ["http://forge.example", "http://10.0.0.1:3000", "http://localhost.example", "http://127.0.0.1.example"] {
            let refused = spelled(given).unwrap_err().to_string();
            assert!(refused.contains("--insecure-http"), "{given}: {refused}");
            assert!(Address::parse(given, true).unwrap().is_insecure());
        }
        assert!(!Address::parse("http://127.0.0.1:3000", true).unwrap().is_insecure());
    }

    #[test]
    fn what_reads_as_another_host_is_refused() {
        for given in [
            "https://127.1",
            "https://0x7f.1",
            "https://a\\b.example",
            "ftp://a",
            "https://",
            "https://a?b",
            "https://a#b",
            "file:///etc",
            "",
        ] {
            assert!(spelled(given).is_err(), "{given}");
        }
        let refused = spelled(&format!("https://ann:{}@forge.example", "hunter2")).unwrap_err().to_string();
        assert!(!refused.contains("hunter2"), "{refused}");
    }
}
