//! TLS for outgoing connections: rustls on ring, trust from the operating system.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::ring};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::Error;

/// The configuration for one destination. A plain-HTTP destination gets one that trusts nobody: it spares reading the
/// system's certificates, and no code path can then speak TLS by accident.
pub(crate) fn config(https: bool) -> Result<ClientConfig, Error> {
    let setup = |error: rustls::Error| Error::Setup(error.to_string());
    let builder =
        ClientConfig::builder_with_provider(Arc::new(ring::default_provider())).with_safe_default_protocol_versions().map_err(setup)?;
    let builder =
        if https { builder.with_platform_verifier().map_err(setup)? } else { builder.with_root_certificates(RootCertStore::empty()) };
    Ok(builder.with_no_client_auth())
}
