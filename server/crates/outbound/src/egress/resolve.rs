//! The addresses of a host, asked for once.

use std::io;
use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use hardie_domain::delivery::ServiceError;
use tokio::time::timeout;
use url::Host;

use super::destination::Destination;
use super::places::Place;

/// From a name to addresses; blocks.
pub(super) type Lookup = Arc<dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync>;

/// The system's own way.
pub(super) fn system() -> Lookup {
    Arc::new(|host: &str| Ok((host, 0).to_socket_addrs()?.map(|address| address.ip()).collect()))
}

/// Asks once. The system's resolver cannot be stopped: the thread that waits for it keeps `place`, so that an installation whose hosts are
/// slow to resolve cannot take more threads than it has places.
pub(super) async fn addresses(lookup: &Lookup, at: &Destination, place: &Place, limit: Duration) -> Result<Vec<IpAddr>, ServiceError> {
    let name = match at.host() {
        Host::Domain(name) => name.clone(),
        Host::Ipv4(address) => return Ok(vec![(*address).into()]),
        Host::Ipv6(address) => return Ok(vec![(*address).into()]),
    };
    let (lookup, place) = (lookup.clone(), place.clone());
    let asked = tokio::task::spawn_blocking(move || {
        let found = lookup(&name);
        drop(place);
        found
    });
    match timeout(limit, asked).await {
        Ok(Ok(Ok(found))) if !found.is_empty() => Ok(found),
        Ok(_) => Err(ServiceError::Failed(format!("the name of {at} has no address that this server can find"))),
        Err(_) => Err(ServiceError::Failed(format!("the name of {at} was not resolved within {limit:?}"))),
    }
}
