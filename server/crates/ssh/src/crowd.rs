//! How many connections there are, in all and from each address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Counts connections; cheap to clone.
#[derive(Clone)]
pub struct Crowd(Arc<Inner>);

struct Inner {
    most: usize,
    most_per_address: usize,
    present: Mutex<Present>,
}

#[derive(Default)]
struct Present {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// One connection's place; leaving is dropping it.
pub struct Place {
    crowd: Crowd,
    address: IpAddr,
}

impl Crowd {
    /// Bounds on all connections and on those of one address.
    pub fn new(most: usize, most_per_address: usize) -> Crowd {
        Crowd(Arc::new(Inner { most, most_per_address, present: Mutex::default() }))
    }

    /// A place for a connection from this address, if there is room.
    pub fn enter(&self, address: IpAddr) -> Option<Place> {
        let address = network(address);
        let mut present = self.present();
        let here = present.by_address.get(&address).copied().unwrap_or_default();
        if present.all >= self.0.most || here >= self.0.most_per_address {
            return None;
        }
        present.all += 1;
        present.by_address.insert(address, here + 1);
        Some(Place { crowd: self.clone(), address })
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        // Counting cannot be left half done by a panic.
        self.0.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut present = self.crowd.present();
        present.all -= 1;
        if let Some(here) = present.by_address.get_mut(&self.address) {
            *here -= 1;
            if *here == 0 {
                present.by_address.remove(&self.address);
            }
        }
    }
}

/// A customer of IPv6 has at least a /64 network of addresses to come from.
fn network(address: IpAddr) -> IpAddr {
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
    use super::Crowd;

    #[test]
    fn bounds_hold_for_each_address_and_in_all() {
        let crowd = Crowd::new(3, 2);
        let enter = |address: &str| crowd.enter(address.parse().unwrap());
        let first = enter("192.0.2.1").unwrap();
        let _mapped = enter("::ffff:192.0.2.1").unwrap();
        assert!(enter("192.0.2.1").is_none(), "two from one address");
        let _other = enter("2001:db8::1").unwrap();
        assert!(enter("2001:db8::2").is_none(), "three in all");
        drop(first);
        assert!(enter("2001:db8::2").is_some(), "one network is one address");
        assert!(enter("192.0.2.1").is_some());
    }
}
