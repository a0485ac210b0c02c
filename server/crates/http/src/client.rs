//! Whose request it is, as far as the network can say: the client's address behind trusted proxies.
//!
//! Addresses in `X-Forwarded-For` and `Forwarded` (RFC 7239) are counted from the right, and only as long as the one who
//! wrote them is trusted: what lies further left is whatever the client made up.

use std::net::IpAddr;

use axum::http::HeaderMap;

use crate::net::Cidr;

/// The most entries that are looked at.
const MAX_HOPS: usize = 16;

/// The address of whoever opened the connection; put into each request by [`crate::serve`].
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// The client's address. `X-Forwarded-For` wins over `Forwarded`, so a proxy that writes the second must drop the first.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Cidr]) -> IpAddr {
    let peer = peer.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|range| range.contains(address));
    if !is_trusted(peer) {
        return peer;
    }
    let entries = match headers.contains_key("x-forwarded-for") {
        true => list(headers, "x-forwarded-for").iter().map(|e| parse_address(e)).collect(),
        false => list(headers, "forwarded").iter().map(|e| forwarded_for(e)).collect::<Vec<_>>(),
    };
    let mut client = peer;
    for entry in entries.into_iter().rev().take(MAX_HOPS) {
        // An entry that is no address ends the trail: the last proxy that is known stands for the client.
        let Some(address) = entry else { break };
        client = address;
        if !is_trusted(address) {
            break;
        }
    }
    client
}

/// All items of a comma-separated header, in order over repeated header lines.
fn list(headers: &HeaderMap, name: &str) -> Vec<String> {
    let lines = headers.get_all(name).iter();
    lines.flat_map(|line| String::from_utf8_lossy(line.as_bytes()).split(',').map(|e| e.trim().to_owned()).collect::<Vec<_>>()).collect()
}

/// The `for=` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let value = pairs.map(|(k, v)| (k.trim(), v.trim())).find(|(k, _)| k.eq_ignore_ascii_case("for"))?.1;
    parse_address(value.trim_matches('"'))
}

/// `1.2.3.4`, `1.2.3.4:5678`, `::1`, `[::1]`, `[::1]:5678`.
fn parse_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split_once(']')?.0.parse().ok().map(|a: IpAddr| a.to_canonical());
    }
    let whole = text.parse::<IpAddr>().ok();
    let without_port = || text.rsplit_once(':').and_then(|(host, _)| host.parse::<std::net::Ipv4Addr>().ok()).map(IpAddr::V4);
    whole.or_else(without_port).map(|a| a.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let trusted = ["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()];
        client_address(peer.parse().unwrap(), &map, &trusted).to_string()
    }

    #[test]
    fn a_stranger_cannot_name_its_own_address() {
        assert_eq!(client("8.8.8.8", &[("x-forwarded-for", "1.1.1.1")]), "8.8.8.8");
        assert_eq!(client("8.8.8.8", &[("forwarded", "for=1.1.1.1")]), "8.8.8.8");
    }

    #[test]
    fn behind_a_proxy_the_rightmost_untrusted_entry_counts() {
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", "6.6.6.6, 9.9.9.9, 10.0.0.2")]), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "9.9.9.9")]), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &[("forwarded", "for=6.6.6.6, for=\"[2001:db8::1]:4711\";proto=https")]), "2001:db8::1");
        assert_eq!(client("::1", &[("x-forwarded-for", "9.9.9.9:1234")]), "9.9.9.9");
    }

    #[test]
    fn an_entry_that_is_no_address_ends_the_trail() {
        assert_eq!(client("10.0.0.1", &[("x-forwarded-for", "9.9.9.9, unknown")]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[("forwarded", "for=_hidden")]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn the_client_cannot_override_what_the_proxy_wrote() {
        let both = [("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "9.9.9.9")];
        assert_eq!(client("10.0.0.1", &both), "9.9.9.9");
    }
}
