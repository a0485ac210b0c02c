//! What the operator may set, and how connections are held.

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::{MethodKind, MethodSet, Preferred, SshId, compression};

use crate::host_keys::{HostKeyError, HostKeys};

/// A client that neither takes a byte nor answers a keepalive for this long is gone. (A long computation is no silence:
/// keepalives are answered meanwhile.)
const STALLED: Duration = Duration::from_secs(900);

/// Settings of the SSH door.
#[derive(Clone, Debug)]
pub struct SshConfig {
    /// How the server proves who it is.
    pub host_keys: HostKeys,
    /// From the first byte to a proven key.
    pub login_grace: Duration,
    /// How long a proven client may stay without a command under way.
    pub idle: Duration,
    /// How often a silent client is asked whether it is still there; after four unanswered questions it is not.
    pub keepalive: Duration,
    /// Keys that one connection may offer in vain.
    pub auth_attempts: usize,
    /// Connections of one address (one /64 network in IPv6) at a time.
    pub per_address: usize,
    /// Connections in all.
    pub connections: usize,
    /// How long commands under way may take to end once the server shuts down.
    pub drain: Duration,
}

impl SshConfig {
    /// The ordinary settings, with host keys from this data folder (made there if there are none).
    pub fn open(data_dir: &Path) -> Result<SshConfig, HostKeyError> {
        Ok(SshConfig::new(HostKeys::load_or_create(&data_dir.join("ssh"))?))
    }

    /// The ordinary settings.
    pub fn new(host_keys: HostKeys) -> SshConfig {
        SshConfig {
            host_keys,
            login_grace: Duration::from_secs(30),
            idle: Duration::from_secs(600),
            keepalive: Duration::from_secs(15),
            auth_attempts: 20,
            per_address: 64,
            connections: 1024,
            drain: Duration::from_secs(30),
        }
    }

    pub(crate) fn russh(&self) -> russh::server::Config {
        let mut methods = MethodSet::empty();
        methods.push(MethodKind::PublicKey);
        russh::server::Config {
            server_id: SshId::Standard(Cow::Borrowed(concat!("SSH-2.0-hardie_", env!("CARGO_PKG_VERSION")))),
            methods,
            // Which public keys are known is no secret: the answer to an offered key tells it anyway, as with every server.
            auth_rejection_time: Duration::from_millis(50),
            auth_rejection_time_initial: Some(Duration::ZERO),
            keys: self.host_keys.private(),
            // Bytes in flight bound the speed of a push over a long line: 4 MiB allow 40 MB/s at 100 ms.
            window_size: 4 << 20,
            maximum_packet_size: 32 << 10,
            // Packets read ahead of a slow consumer; with the packet size, at most 1 MiB for each channel.
            channel_buffer_size: 32,
            event_buffer_size: 32,
            preferred: preferred(),
            max_auth_attempts: self.auth_attempts,
            inactivity_timeout: Some(STALLED),
            keepalive_interval: Some(self.keepalive),
            keepalive_max: 4,
            nodelay: true,
            ..russh::server::Config::default()
        }
    }
}

fn preferred() -> Preferred {
    let ecdsa = |curve| Algorithm::Ecdsa { curve };
    let keys = vec![
        Algorithm::Ed25519,
        ecdsa(EcdsaCurve::NistP256),
        ecdsa(EcdsaCurve::NistP384),
        ecdsa(EcdsaCurve::NistP521),
        Algorithm::SkEd25519,
        Algorithm::SkEcdsaSha2NistP256,
        // Without a hash this would be `ssh-rsa`, which signs with SHA-1.
        Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
        Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
    ];
    Preferred {
        key: Cow::Owned(keys),
        // Packs are compressed already, and a decompressor is a way to fill memory.
        compression: Cow::Borrowed(&[compression::NONE]),
        ..Preferred::DEFAULT
    }
}
