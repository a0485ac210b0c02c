//! Which addresses a command may ask on its way to an artifact, and which of them may hear who asks. A registry names further addresses itself:
//! where a sign-in is, where the bytes are.

use anyhow::{Context as _, bail, ensure};
use hardie_outbound::Url;

use super::{Access, Reference};
use crate::cli::client::address::is_loopback;

/// Docker Hub's registry has another address than its name.
const HUB: (&str, &str) = ("docker.io", "registry-1.docker.io");

/// What may be asked, for one registry.
#[derive(Clone, Debug)]
pub struct Hosts {
    registry: Url,
    plain_http: bool,
    auth_host: Option<String>,
}

impl Hosts {
    /// Of a reference's registry: TLS is spoken unless it is on this machine, or `--plain-http` says so.
    pub fn of(reference: &Reference, access: &Access) -> anyhow::Result<Hosts> {
        let given = if reference.registry == HUB.0 { HUB.1 } else { reference.registry.as_str() };
        let secure = Url::parse(&format!("https://{given}/")).with_context(|| format!("{given:?} is not the host of a registry"))?;
        let plain = access.plain_http || is_loopback(&secure);
        let registry = if plain { Url::parse(&format!("http://{given}/"))? } else { secure };
        // A parser that reads something else into it than a person does would send the password there.
        let host = registry.host_str().unwrap_or_default();
        ensure!(
            given == host || given.strip_prefix(host).is_some_and(|rest| rest.starts_with(':')),
            "{given:?} is not the host of a registry"
        );
        Ok(Hosts { registry, plain_http: access.plain_http, auth_host: access.auth_host.clone() })
    }

    /// The registry's own address.
    pub fn registry(&self) -> &Url {
        &self.registry
    }

    /// Whether an address is the registry's own.
    pub fn is_registry(&self, url: &Url) -> bool {
        url.origin() == self.registry.origin()
    }

    /// Refuses what must not be asked at all: without TLS, unless the registry itself was reached without and the address is on this machine
    /// or `--plain-http` was given.
    pub fn check(&self, url: &Url) -> anyhow::Result<()> {
        let shown = url.origin().ascii_serialization();
        ensure!(url.username().is_empty() && url.password().is_none(), "the registry names an address with a password in it: {shown}");
        match url.scheme() {
            "https" => Ok(()),
            "http" if self.registry.scheme() == "http" && (self.plain_http || is_loopback(url)) => Ok(()),
            "http" => bail!("{} sends to {shown}, which is asked without TLS; that is refused", self.registry),
            other => bail!("{} sends to an address that begins with {other}:, which is none of the web", self.registry),
        }
    }

    /// Refuses to tell a user's name and password to where the registry says that people sign in, unless that is the registry's host, one of
    /// the same domain, or was named by `--auth-host`.
    pub fn check_sign_in(&self, realm: &Url) -> anyhow::Result<()> {
        let (own, other) = (self.registry.host_str().unwrap_or_default(), realm.host_str().unwrap_or_default());
        let named = self.auth_host.as_deref().is_some_and(|host| host.eq_ignore_ascii_case(other));
        let both_here = is_loopback(&self.registry) && is_loopback(realm);
        if own == other || named || both_here || is_some_and_equal(domain(own), domain(other)) {
            return Ok(());
        }
        bail!("{own} wants your password to be told to {other}, which is another's; if that is right, add --auth-host {other}")
    }
}

/// The last two labels of a name, which for most is what one owner has; none of an address.
fn domain(host: &str) -> Option<&str> {
    if host.ends_with(|c: char| c.is_ascii_digit() || c == ']') {
        return None;
    }
    let cut = host.rmatch_indices('.').nth(1).map_or(0, |(at, _)| at + 1);
    host.get(cut..).filter(|domain| domain.contains('.'))
}

fn is_some_and_equal(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_some() && one == other
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(registry: &str, plain_http: bool) -> Hosts {
        let access = Access { plain_http, ..Access::default() };
        Hosts::of(&Reference::parse(&format!("{registry}/a")).unwrap(), &access).unwrap()
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn only_this_machine_is_asked_without_tls_unless_somebody_says_so() {
        assert_eq!(hosts("ghcr.io", false).registry().as_str(), "https://ghcr.io/");
        assert_eq!(hosts("docker.io", false).registry().as_str(), "https://registry-1.docker.io/");
        for here in ["localhost:5000", "127.0.0.1:5000", "[::1]:5000"] {
            assert_eq!(hosts(here, false).registry().scheme(), "http", "{here}");
        }
        assert_eq!(hosts("registry.example:5000", true).registry().scheme(), "http");
        for not_here in ["localhost.example", "127.0.0.1.example", "localhosts:5000"] {
            assert_eq!(hosts(not_here, false).registry().scheme(), "https", "{not_here}");
        }
        for disguised in ["127.1:5000", "0x7f.1", "2130706433:5000", "a..b:5000000"] {
            let reference = Reference::parse(&format!("{disguised}/a")).unwrap();
            assert!(Hosts::of(&reference, &Access::default()).is_err(), "{disguised}");
        }
    }

    #[test]
    fn nobody_is_led_from_tls_to_plain_text_nor_elsewhere() {
        let secure = hosts("ghcr.io", false);
        assert!(secure.check(&url("https://storage.example/x")).is_ok());
        for bad in ["http://ghcr.io/x", "http://127.0.0.1/x", "file:///etc/passwd", "https://user:pw@localhost/"] {
            assert!(secure.check(&url(bad)).is_err(), "{bad}");
        }
        let here = hosts("localhost:5000", false);
        assert!(here.check(&url("http://127.0.0.1:9000/x")).is_ok() && here.check(&url("http://10.0.0.1/x")).is_err());
        assert!(hosts("r.example", true).check(&url("http://10.0.0.1/x")).is_ok());
    }

    #[test]
    fn a_password_goes_to_the_registry_and_its_kin() {
        let may = |registry: &str, realm: &str| hosts(registry, false).check_sign_in(&url(realm)).is_ok();
        assert!(may("ghcr.io", "https://ghcr.io/token") && may("docker.io", "https://auth.docker.io/token"));
        assert!(may("registry.gitlab.com", "https://gitlab.com/jwt/auth") && may("127.0.0.1:1", "http://localhost:2/token"));
        for (registry, realm) in [
            ("ghcr.io", "https://evil.example/token"),
            ("ghcr.io", "https://evil.io/token"),
            ("ghcr.io", "https://ghcr.io.evil.example/"),
            ("10.0.0.1:5000", "https://11.0.0.1/"),
            ("127.0.0.1:5000", "https://evil.example/"),
        ] {
            assert!(!may(registry, realm), "{registry} {realm}");
        }
        let access = Access { auth_host: Some("auth.example".into()), ..Access::default() };
        let named = Hosts::of(&Reference::parse("ghcr.io/a").unwrap(), &access).unwrap();
        assert!(named.check_sign_in(&url("https://auth.example/token")).is_ok());
    }
}
