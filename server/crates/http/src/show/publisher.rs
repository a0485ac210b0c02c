//! Publishers and signatures as the API shows them.

use hardie_api_types::publisher::{ComponentSignature, Publisher};
use hardie_app::plugins::{PublisherRow, SignatureRow};
use hardie_domain::sshkey::{PublicKey, fingerprint};

/// A publisher.
pub fn publisher(row: PublisherRow) -> Publisher {
    Publisher {
        id: row.id.0,
        name: row.name,
        key: PublicKey::from_blob(&row.blob).map(|key| key.to_line()).unwrap_or_default(),
        fingerprint: fingerprint(&row.blob),
        created_at: row.created_at.into(),
    }
}

/// A signature under a component.
pub fn component_signature(row: SignatureRow) -> ComponentSignature {
    ComponentSignature {
        publisher: row.name,
        fingerprint: fingerprint(&row.blob),
        signature: row.armour,
        created_at: row.created_at.into(),
    }
}
