//! Where browsers are sent back to. An address is compared as a text (RFC 9700, section 4.1.3), but for the port of a program on the user's
//! own machine, which it picks as it starts (RFC 8252, section 7.3).

use crate::error::Invalid;

/// The longest address.
pub const MAX_REDIRECT_BYTES: usize = 1000;

/// Whether an application may register this address.
pub fn check_redirect(uri: &str) -> Result<(), Invalid> {
    let invalid = |why: &str| Err(Invalid::new("redirect_uris", format!("{uri:?} {why}")));
    if uri.len() > MAX_REDIRECT_BYTES {
        return Err(Invalid::new("redirect_uris", format!("an address may have {MAX_REDIRECT_BYTES} bytes at most")));
    }
    if !uri.bytes().all(is_plain) {
        return invalid("holds a character that no address has: encode it as %XX");
    }
    if uri.contains('#') {
        return invalid("holds a fragment, which does not reach the application");
    }
    let Some((scheme, rest)) = uri.split_once(':') else { return invalid("is no absolute address") };
    match scheme {
        "http" | "https" => match authority(rest) {
            Some(host) if is_host(host) => Ok(()),
            _ => invalid("names no host, or a user in front of it"),
        },
        // RFC 8252, section 7.1: a name that the application's maker owns, turned round. It keeps `javascript:` and the like out too.
        _ if scheme.contains('.') && scheme.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"+-.".contains(&b)) => Ok(()),
        _ => invalid("must begin with https://, http:// or a scheme such as org.example.app:"),
    }
}

/// Whether a browser may be sent to `asked` for an application that registered `known`.
pub fn is_same_redirect(known: &str, asked: &str) -> bool {
    if known == asked {
        return true;
    }
    match (Loopback::of(known), Loopback::of(asked)) {
        (Some(known), Some(asked)) => known == asked,
        _ => false,
    }
}

/// What a page's policy names so that its form may lead there. Of addresses that such a policy cannot name, the scheme.
pub fn form_target(uri: &str) -> String {
    let (scheme, rest) = uri.split_once(':').unwrap_or((uri, ""));
    match authority(rest).filter(|_| matches!(scheme, "http" | "https")) {
        Some(host) if !host.contains('[') && is_host(host) => format!("{scheme}://{host}"),
        _ => format!("{scheme}:"),
    }
}

/// An address of a program on the machine of whoever uses the browser, without its port.
#[derive(PartialEq, Eq)]
struct Loopback<'a> {
    host: &'a str,
    path: &'a str,
}

impl Loopback<'_> {
    fn of(uri: &str) -> Option<Loopback<'_>> {
        let rest = uri.strip_prefix("http://")?;
        let host = ["127.0.0.1", "[::1]"].into_iter().find(|host| rest.starts_with(host))?;
        let (host, rest) = rest.split_at_checked(host.len())?;
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (port, path) = rest.split_at_checked(end)?;
        let is_port = port.is_empty()
            || port.strip_prefix(':').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()) && n.parse::<u16>().is_ok_and(|n| n > 0));
        (is_port && uri.bytes().all(is_plain) && !uri.contains('#'))
            .then_some(Loopback { host, path: if path.is_empty() { "/" } else { path } })
    }
}

/// What RFC 3986 knows, and nothing that a header or a page would read otherwise.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte)
}

fn authority(rest: &str) -> Option<&str> {
    let rest = rest.strip_prefix("//")?;
    rest.split(['/', '?', '#']).next()
}

fn is_host(host: &str) -> bool {
    !host.is_empty() && !host.starts_with(':') && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:[]".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_somewhere_else_than_it_looks_is_not_registered() {
        for good in
            ["https://ci.example/authorize", "http://127.0.0.1", "http://[::1]/cb", "org.example.app:/done", "https://a.example:8443/x?y=z"]
        {
            assert!(check_redirect(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/here",
            "ci.example/x",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "https://",
            "https:///x",
            "https://good.example@evil.example/",
            "https://a.example/#x",
            "https://a.example/ b",
            "https://a.example/\r\nset-cookie: x",
            "https://a.example/\"><script>",
            "https://ä.example/",
            "https:\\\\evil.example",
            "Org.Example:/x",
        ] {
            assert!(check_redirect(bad).is_err(), "{bad}");
        }
        assert!(check_redirect(&format!("https://a.example/{}", "x".repeat(MAX_REDIRECT_BYTES))).is_err());
    }

    #[test]
    fn an_address_is_the_registered_one_or_another_port_of_ones_own_machine() {
        for (known, asked) in [
            ("https://ci.example/cb", "https://ci.example/cb"),
            ("http://127.0.0.1", "http://127.0.0.1:43210"),
            ("http://127.0.0.1", "http://127.0.0.1:43210/"),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb"),
            ("http://[::1]/cb", "http://[::1]:2/cb"),
        ] {
            assert!(is_same_redirect(known, asked), "{asked}");
        }
        for (known, asked) in [
            ("https://ci.example/cb", "https://ci.example/cb/"),
            ("https://ci.example/cb", "https://ci.example/cb?x"),
            ("https://ci.example/cb", "https://CI.example/cb"),
            ("https://ci.example/cb", "https://ci.example:444/cb"),
            ("https://ci.example", "https://ci.example.evil.example"),
            ("http://127.0.0.1", "https://127.0.0.1:1"),
            ("http://127.0.0.1", "http://127.0.0.1.evil.example"),
            ("http://127.0.0.1", "http://127.0.0.1:1@evil.example/"),
            ("http://127.0.0.1", "http://127.0.0.1:99999"),
            ("http://127.0.0.1", "http://127.0.0.1:+1"),
            ("http://127.0.0.1", "http://127.0.0.1:1/other"),
            ("http://127.0.0.1", "http://127.0.0.1:1/#x"),
            ("http://127.0.0.1", "http://localhost:1"),
            ("http://127.0.0.1", "http://127.0.0.2:1"),
            ("http://127.0.0.1", "http://[::1]:1"),
            ("http://192.0.2.1", "http://192.0.2.1:1"),
        ] {
            assert!(!is_same_redirect(known, asked), "{known} {asked}");
        }
    }

    #[test]
    fn a_policy_names_the_host_and_nothing_that_ends_it() {
        assert_eq!(form_target("https://ci.example:8443/cb?x=y"), "https://ci.example:8443");
        assert_eq!(form_target("http://127.0.0.1:9/"), "http://127.0.0.1:9");
        assert_eq!(
            (form_target("http://[::1]:9/"), form_target("org.example.app:/done")),
            ("http:".to_owned(), "org.example.app:".to_owned())
        );
    }
}
