//! A connection to an address that was judged.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hardie_domain::delivery::ServiceError;
use rustls::pki_types::ServerName;
use rustls::{CertificateError, ClientConfig};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::destination::Destination;

/// How HTTP/2 is called while TLS is agreed upon.
pub(super) const H2: &[u8] = b"h2";

/// Opens a connection to the first of `addresses` that takes one, each having its share of `limit`.
pub(super) async fn tcp(at: &Destination, addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, ServiceError> {
    let end = Instant::now() + limit;
    let mut reason = "nothing answers there in time";
    for (tried, address) in addresses.iter().enumerate() {
        let left = u32::try_from(addresses.len().saturating_sub(tried)).unwrap_or(1).max(1);
        match timeout(end.saturating_duration_since(Instant::now()) / left, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => reason = in_words(&error),
            Err(_) => {}
        }
    }
    Err(ServiceError::Failed(format!("no connection to {at}: {reason}")))
}

/// Speaks TLS with the name of the destination, and checks the certificate against it.
pub(super) async fn tls(at: &Destination, tcp: TcpStream, config: Arc<ClientConfig>) -> Result<TlsStream<TcpStream>, ServiceError> {
    let failed = |why: &str| ServiceError::Failed(format!("no TLS connection to {at}: {why}"));
    let name = match at.host() {
        url::Host::Domain(name) => {
            ServerName::try_from(name.clone()).map_err(|_| failed("its name is none that a certificate can have"))?
        }
        url::Host::Ipv4(address) => ServerName::from(std::net::IpAddr::from(*address)),
        url::Host::Ipv6(address) => ServerName::from(std::net::IpAddr::from(*address)),
    };
    TlsConnector::from(config).connect(name, tcp).await.map_err(|error| failed(tls_in_words(&error)))
}

fn in_words(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "nothing listens there",
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => "there is no way to its network",
        io::ErrorKind::TimedOut => "nothing answers there in time",
        _ => "the system could not open it",
    }
}

/// What is wrong, without what the other side's certificate says: that may be a private network's.
fn tls_in_words(error: &io::Error) -> &'static str {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::InvalidCertificate(why)) => match why {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => "its certificate has expired",
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => "its certificate is for another name",
            CertificateError::UnknownIssuer => "its certificate is from an issuer that this server's system does not trust",
            CertificateError::Revoked => "its certificate was revoked",
            _ => "its certificate is not valid",
        },
        Some(_) => "what it speaks is no TLS that this server takes",
        None => "the connection was closed while it was set up",
    }
}
