//! Network addresses as a forge counts them.

use std::net::{IpAddr, Ipv6Addr};

/// The addresses that one client comes from: all of an IPv4 address; the first 64 bits of an IPv6 one, since a customer has at
/// least a /64 network of them.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn neighbours_in_one_ipv6_network_count_as_one() {
        let network = |a: &str| network(a.parse().unwrap()).to_string();
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::1"));
        assert_ne!(network("2001:db8:1:2::1"), network("2001:db8:1:3::1"));
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
    }
}
