//! Which addresses a plugin's request may reach: those of the public internet, and what an administrator permits.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use hardie_domain::delivery::ServiceError;

use super::destination::Destination;

/// The most addresses of a host that are tried.
const TRIED: usize = 4;

/// Whether an administrator has opened an address.
pub(super) type Permitted = Box<dyn Fn(IpAddr) -> bool + Send + Sync>;

/// What there is to know for judging an address.
pub(super) struct Vetting {
    permitted: Permitted,
    own: Vec<SocketAddr>,
    /// Whose requests these are, and the section of the configuration that is about them.
    who: [&'static str; 2],
}

/// Why an address is not reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No configuration opens it; what it is.
    Never(&'static str),
    /// Opened by a permit only; what it is.
    Closed(&'static str),
}

impl Vetting {
    pub(super) fn new(permitted: Permitted, own: Vec<SocketAddr>) -> Vetting {
        let own = own.into_iter().map(|door| SocketAddr::new(door.ip().to_canonical(), door.port())).collect();
        Vetting { permitted, own, who: ["plugins", "outbound"] }
    }

    /// The same for others than plugins.
    pub(super) fn of(self, who: [&'static str; 2]) -> Vetting {
        Vetting { who, ..self }
    }

    /// Those of `found` that may be reached, in their order. The text of a refusal does not name the addresses: what names of an inner
    /// network resolve to is not the plugin's to know.
    pub(super) fn choose(&self, at: &Destination, found: Vec<IpAddr>) -> Result<Vec<SocketAddr>, ServiceError> {
        let mut first = None;
        let mut chosen = Vec::new();
        for address in found {
            let address = address.to_canonical();
            match self.judge(address, at.port()) {
                Ok(()) if chosen.len() < TRIED => chosen.push(SocketAddr::new(address, at.port())),
                Ok(()) => {}
                Err(refusal) => first = first.or(Some(refusal)),
            }
        }
        if !chosen.is_empty() {
            return Ok(chosen);
        }
        let [who, section] = self.who;
        Err(ServiceError::Denied(match first {
            Some(Refusal::Closed(what)) => format!(
                "{at} is at {what}, which {who} do not reach; an administrator of this server opens a network to them by its \
                 configuration, such as {section}.permit = [\"10.1.2.0/24\"]"
            ),
            Some(Refusal::Never(what)) => format!("{at} is at {what}, which {who} never reach; name another host"),
            None => format!("{at} has no address"),
        }))
    }

    /// One address, and every IPv4 one that is written inside it.
    pub(super) fn judge(&self, address: IpAddr, port: u16) -> Result<(), Refusal> {
        let address = address.to_canonical();
        if let IpAddr::V6(v6) = address {
            for inner in embedded(v6).into_iter().flatten() {
                self.judge(inner.into(), port)?;
            }
        }
        if self.own.iter().any(|door| door.port() == port && (door.ip() == address || is_local(address))) {
            return Err(Refusal::Never("an address that this server itself listens on"));
        }
        match class(address) {
            Err(Refusal::Never(what)) => Err(Refusal::Never(what)),
            _ if (self.permitted)(address) => Ok(()),
            Ok(()) if is_local(address) => Err(Refusal::Closed("an address of this server's own machine")),
            class => class,
        }
    }
}

/// Whether this machine has the address: only then can a socket be bound to it.
fn is_local(address: IpAddr) -> bool {
    address.is_loopback() || UdpSocket::bind((address, 0)).is_ok()
}

/// What an address is by the registries of IANA for addresses with a special purpose.
fn class(address: IpAddr) -> Result<(), Refusal> {
    match address {
        IpAddr::V4(v4) => class_of_v4(v4),
        IpAddr::V6(v6) => class_of_v6(v6),
    }
}

fn class_of_v4(address: Ipv4Addr) -> Result<(), Refusal> {
    let closed = |what| Err(Refusal::Closed(what));
    match address.octets() {
        // The last is at a public address, and answers only from within that cloud.
        [169, 254, 169, 254] | [100, 100, 100, 200] | [192, 0, 0, 192] | [168, 63, 129, 16] => Err(METADATA),
        [0, ..] => Err(Refusal::Never("an unspecified address")),
        [255, 255, 255, 255] => Err(Refusal::Never("a broadcast address")),
        [224..=239, ..] => Err(Refusal::Never("a multicast address")),
        [127, ..] => closed("a loopback address"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => closed("an address of a private network"),
        [100, 64..=127, ..] => closed("a shared address of a provider's network"),
        [169, 254, ..] => closed("a link-local address"),
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => closed("an address for documentation"),
        [198, 18..=19, ..] => closed("an address for benchmarks"),
        [192, 0, 0, _] | [192, 88, 99, _] | [240..=255, ..] => closed("a reserved address"),
        _ => Ok(()),
    }
}

fn class_of_v6(address: Ipv6Addr) -> Result<(), Refusal> {
    let closed = |what| Err(Refusal::Closed(what));
    match address.segments() {
        [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254] | [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254] => Err(METADATA),
        [0, 0, 0, 0, 0, 0, 0, 0] => Err(Refusal::Never("an unspecified address")),
        [0, 0, 0, 0, 0, 0, 0, 1] => closed("a loopback address"),
        [0xff00..=0xffff, ..] => Err(Refusal::Never("a multicast address")),
        [0xfc00..=0xfdff, ..] => closed("an address of a private network"),
        [0xfe80..=0xfebf, ..] => closed("a link-local address"),
        [0xfec0..=0xfeff, ..] => closed("an address of a private network"),
        // NAT64: the IPv4 address inside has passed already.
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] => Ok(()),
        [0x2002, ..] | [0x2001, 0, ..] => closed("an address of a tunnel (6to4, Teredo)"),
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => closed("an address for documentation"),
        [0x2001, 2, 0, ..] => closed("an address for benchmarks"),
        [0x2001, 0..=0x1ff, ..] => closed("a reserved address"),
        [0x2000..=0x3fff, ..] => Ok(()),
        // What IANA has not given out, the deprecated forms and the local NAT64 among it.
        _ => closed("a reserved address"),
    }
}

const METADATA: Refusal = Refusal::Never("an address of a cloud's metadata service");

/// The IPv4 addresses inside an IPv6 one that something on the way may take out again: IPv4-compatible, NAT64 (well-known and local prefix,
/// RFC 6052 section 2.2), 6to4, Teredo (its server, and its client with all bits turned), ISATAP.
fn embedded(address: Ipv6Addr) -> [Option<Ipv4Addr>; 2] {
    let v4 = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => [None, None],
        [0, 0, 0, 0, 0, 0, g, h] | [0x64, 0xff9b, 0, 0, 0, 0, g, h] => [v4(g, h), None],
        [0x64, 0xff9b, 1, d, e, f, g, h] => [v4(d, (e << 8) | (f >> 8)), v4(g, h)],
        [0x2002, b, c, ..] => [v4(b, c), None],
        [0x2001, 0, c, d, _, _, g, h] => [v4(c, d), v4(!g, !h)],
        [_, _, _, _, 0 | 0x200, 0x5efe, g, h] => [v4(g, h), None],
        _ => [None, None],
    }
}

#[cfg(test)]
mod tests;
