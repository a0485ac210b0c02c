//! The address of a server: scheme, host, port and an optional path prefix, nothing else.

use std::fmt;

use crate::Error;

/// A checked server address such as `http://127.0.0.1:3000` or `https://forge.example/hardie`. No trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    authority: String,
    https: bool,
}

impl BaseUrl {
    /// Reads an address. Refuses other schemes, credentials, a query and a fragment: none belongs to a server.
    pub fn parse(given: &str) -> Result<BaseUrl, Error> {
        let refuse = |reason| Error::Address { given: without_credentials(given), reason };
        let trimmed = given.trim().trim_end_matches('/');
        let https = match trimmed.split_once("://") {
            Some(("http", _)) => false,
            Some(("https", _)) => true,
            _ => return Err(refuse("it must begin with http:// or https://")),
        };
        let uri: http::Uri = trimmed.parse().map_err(|_| refuse("it is not a valid URL"))?;
        let authority = uri.authority().ok_or_else(|| refuse("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(refuse("it must not hold a user name or password; use a token"));
        }
        if uri.query().is_some() || trimmed.contains('#') {
            return Err(refuse("it must not hold a query or fragment"));
        }
        Ok(BaseUrl { text: trimmed.to_owned(), authority: authority.to_string(), https })
    }

    /// Whether TLS is spoken.
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// `host` or `host:port`, as the Host header carries it.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// The full address of a path on this server. The path is taken as it is, query included.
    pub fn join(&self, path: &str) -> String {
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("{}{slash}{path}", self.text)
    }

    /// The address as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// An address fit for an error text: whatever stands before an `@` may be a password.
fn without_credentials(given: &str) -> String {
    match given.rsplit_once('@') {
        Some((_, host)) => format!("…@{host}"),
        None => given.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_address_loses_its_trailing_slash_and_joins_paths() {
        let base = BaseUrl::parse("http://127.0.0.1:3000/").unwrap();
        assert_eq!(base.join("/api/v1/version"), "http://127.0.0.1:3000/api/v1/version");
        assert_eq!(base.join("api?x=1"), "http://127.0.0.1:3000/api?x=1");
        assert_eq!(base.authority(), "127.0.0.1:3000");
        assert!(!base.is_https());
    }

    #[test]
    fn a_prefix_is_kept() {
        let base = BaseUrl::parse("https://forge.example/hardie").unwrap();
        assert_eq!(base.join("/api"), "https://forge.example/hardie/api");
        assert!(base.is_https());
    }

    #[test]
    fn addresses_that_are_no_servers_are_refused() {
        for given in ["", "localhost:3000", "ftp://x", "file:///etc", "http://", "http://h/?q", "http://h/#f", "http://a b/"] {
            assert!(BaseUrl::parse(given).is_err(), "{given}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        let error = BaseUrl::parse("http://root:hunter2@forge.example").unwrap_err().to_string();
        assert!(error.contains("must not hold"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
