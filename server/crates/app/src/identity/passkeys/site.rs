//! What passkeys are made for: this site by its name, and pages of its one origin.

use std::net::IpAddr;

use hardie_domain::host::host_of;
use hardie_domain::ids::AccountId;
use sha2::{Digest as _, Sha256};

use crate::{App, Error, Result};

/// This site as browsers and authenticators know it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Site {
    /// The host of the public address: the relying party's id.
    pub id: String,
    /// Scheme, host and port, as browsers write them.
    pub origin: String,
}

impl Site {
    /// This server's. Browsers make no passkeys for an address that is a number.
    pub(super) fn of(app: &App) -> Result<Site> {
        Site::parse(&app.config.public_url).ok_or_else(|| {
            Error::Conflict(
                "passkeys are made for a name, and the public address of this server has none: whoever runs it gives it one".to_owned(),
            )
        })
    }

    fn parse(public: &str) -> Option<Site> {
        let (scheme, rest) = public.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let authority = rest.split('/').next().unwrap_or(rest).to_ascii_lowercase();
        let usual = if scheme == "https" { ":443" } else { ":80" };
        let authority = authority.strip_suffix(usual).unwrap_or(&authority);
        let id = host_of(public).to_ascii_lowercase();
        let is_number = id.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        (!id.is_empty() && !is_number).then(|| Site { id, origin: format!("{scheme}://{authority}") })
    }

    /// What authenticators sign of the id.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.id.as_bytes()).into()
    }

    /// By which authenticators know an account: the same for all of its passkeys, and nothing that tells anybody who it is.
    pub(super) fn handle_of(&self, account: AccountId) -> [u8; 32] {
        let hash = Sha256::new().chain_update(b"hardie passkey user 1\0").chain_update(account.0.to_be_bytes());
        hash.chain_update(self.id.as_bytes()).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_is_written_as_browsers_do_and_a_number_is_no_name() {
        for (public, id, origin) in [
            ("https://Git.Example.org", "git.example.org", "https://git.example.org"),
            ("https://git.example.org:443/forge", "git.example.org", "https://git.example.org"),
            ("http://localhost:8080", "localhost", "http://localhost:8080"),
            ("http://localhost:80", "localhost", "http://localhost"),
            ("https://git.example.org:80", "git.example.org", "https://git.example.org:80"),
        ] {
            assert_eq!(Site::parse(public), Some(Site { id: id.to_owned(), origin: origin.to_owned() }), "{public}");
        }
        for number in ["http://127.0.0.1:8080", "https://[::1]", "nothing"] {
            assert_eq!(Site::parse(number), None, "{number}");
        }
    }

    #[test]
    fn accounts_and_sites_have_handles_of_their_own() {
        let site = |id: &str| Site { id: id.to_owned(), origin: String::new() };
        assert_ne!(site("a").handle_of(AccountId(1)), site("a").handle_of(AccountId(2)));
        assert_ne!(site("a").handle_of(AccountId(1)), site("b").handle_of(AccountId(1)));
    }
}
