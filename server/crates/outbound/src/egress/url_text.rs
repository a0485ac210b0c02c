//! One reading of a URL, by one parser: what is judged here is what is connected to.

use url::{Host, Url};

use super::bounds::URL_BYTES;
use super::destination::Destination;

/// A URL and where it leads, or why it is refused. The reason does not repeat the URL, which may hold what nobody should read.
///
/// The parser repairs what browsers repair (missing slashes, backslashes, line breaks within). Each of those makes a reader see another host
/// than the parser does, so they are refused before it.
pub(super) fn read(text: &str) -> Result<(Destination, Url), String> {
    if text.len() > URL_BYTES {
        return Err(format!("it is longer than {URL_BYTES} bytes"));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
        return Err("it holds a space, a control character or a backslash".to_owned());
    }
    let (scheme, rest) = text.split_once("://").ok_or("it must begin with https:// or http://")?;
    let https = if scheme.eq_ignore_ascii_case("https") {
        true
    } else if scheme.eq_ignore_ascii_case("http") {
        false
    } else {
        return Err("it must begin with https:// or http://".to_owned());
    };
    if rest.contains('#') {
        return Err("it holds a fragment (#), which is never sent".to_owned());
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.is_empty() {
        return Err("it names no host".to_owned());
    }
    if authority.contains('@') {
        return Err("it holds a user name or password; use the header Authorization".to_owned());
    }
    if authority.starts_with('[') && authority.contains('%') {
        return Err("it holds the zone of an IPv6 address, which means something on one machine only".to_owned());
    }
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("it holds more than a scheme, a host, a port, a path and a query".to_owned());
    }
    let host = match url.host() {
        Some(Host::Domain(name)) => Host::Domain(domain(name)?),
        Some(Host::Ipv4(address)) => Host::Ipv4(address),
        Some(Host::Ipv6(address)) => Host::Ipv6(address),
        None => return Err("it names no host".to_owned()),
    };
    let port = url.port_or_known_default().filter(|port| *port != 0).ok_or("its port is 0")?;
    Ok((Destination::new(https, host, port), url))
}

/// A host name as DNS has it. The dot at its end says that it is whole, as all of them are here.
fn domain(name: &str) -> Result<String, String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let plain = |label: &str| {
        !label.is_empty() && label.len() <= 63 && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
    };
    if name.len() > 253 || !name.split('.').all(plain) {
        return Err("its host is no name that DNS can have".to_owned());
    }
    Ok(name.to_owned())
}
