//! Hosts of addresses.

/// The host of an address, without its port.
pub fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or(rest);
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::host_of;

    #[test]
    fn a_host_is_what_stands_between_the_scheme_and_a_port_or_path() {
        for (url, host) in [
            ("https://git.example.org", "git.example.org"),
            ("http://localhost:8080/forge", "localhost"),
            ("http://[::1]:80", "[::1]"),
            ("http://[::1]", "[::1]"),
            ("nothing", ""),
        ] {
            assert_eq!(host_of(url), host, "{url}");
        }
    }
}
