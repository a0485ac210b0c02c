//! Whose signatures under components are trusted, and the signatures.

use hardie_domain::ids::{AccountId, PublisherId};
use hardie_domain::plugin::Digest;
use hardie_domain::time::Timestamp;

use crate::sql::{Cols, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// Somebody who is trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublisherRow {
    /// Its id.
    pub id: PublisherId,
    /// What administrators call it.
    pub name: String,
    /// The public key in the wire form of SSH (RFC 8709).
    pub blob: Vec<u8>,
    /// Who trusts it; `None` if the account is gone.
    pub added_by: Option<AccountId>,
    /// Since when.
    pub created_at: Timestamp,
}

/// A signature under a component.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureRow {
    /// By whom.
    pub publisher: PublisherId,
    /// What administrators call it.
    pub name: String,
    /// The public key in the wire form of SSH.
    pub blob: Vec<u8>,
    /// As it came.
    pub armour: String,
    /// When it came.
    pub created_at: Timestamp,
}

fn publisher(cols: &mut Cols<'_>) -> Result<PublisherRow> {
    Ok(PublisherRow {
        id: cols.id(PublisherId)?,
        name: cols.text()?,
        blob: cols.bytes()?,
        added_by: cols.opt_id(AccountId)?,
        created_at: cols.time()?,
    })
}

reads! {
    /// All that are trusted, by name.
    pub async fn list_publishers(db) -> Result<Vec<PublisherRow>> {
        db.all(sql("SELECT id, name, blob, added_by, created_at FROM plugin_publisher ORDER BY name"), publisher).await
    }

    /// Whose key this is.
    pub async fn find_publisher_by_key(db, blob: &[u8]) -> Result<Option<PublisherRow>> {
        let statement = sql("SELECT id, name, blob, added_by, created_at FROM plugin_publisher WHERE blob = $1");
        db.opt(statement.bind(blob), publisher).await
    }

    /// Signatures under a component by those who are trusted, by their names.
    pub async fn list_signatures(db, digest: Digest) -> Result<Vec<SignatureRow>> {
        let statement = sql("SELECT p.id, p.name, p.blob, s.armour, s.created_at FROM component_signature s \
             JOIN plugin_publisher p ON p.id = s.publisher_id WHERE s.digest = $1 ORDER BY p.name");
        db.all(statement.bind(digest), |cols| Ok(SignatureRow {
            publisher: cols.id(PublisherId)?,
            name: cols.text()?,
            blob: cols.bytes()?,
            armour: cols.text()?,
            created_at: cols.time()?,
        })).await
    }
}

impl Tx {
    /// Trusts a key from now on; `None` if the name or the key is there already.
    pub async fn insert_publisher(&mut self, name: &str, blob: &[u8], by: Option<AccountId>, at: Timestamp) -> Result<Option<PublisherId>> {
        let statement = sql("INSERT INTO plugin_publisher (name, blob, added_by, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT DO NOTHING RETURNING id");
        self.opt(statement.bind(name).bind(blob).bind(by).bind(at), |cols| cols.id(PublisherId)).await
    }

    /// Trusts a key no longer, and none of its signatures; its name, `None` if there is none.
    pub async fn delete_publisher(&mut self, id: PublisherId) -> Result<Option<String>> {
        self.opt(sql("DELETE FROM plugin_publisher WHERE id = $1 RETURNING name").bind(id), |cols| cols.text()).await
    }

    /// Keeps a signature that was checked; the newer of two by one publisher stays.
    pub async fn put_signature(&mut self, digest: Digest, publisher: PublisherId, armour: &str, at: Timestamp) -> Result<()> {
        let statement = sql("INSERT INTO component_signature (digest, publisher_id, armour, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (digest, publisher_id) DO UPDATE SET armour = EXCLUDED.armour, created_at = EXCLUDED.created_at");
        self.exec(statement.bind(digest).bind(publisher).bind(armour).bind(at)).await.map(drop)
    }
}
