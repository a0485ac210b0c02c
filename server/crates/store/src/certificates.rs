//! Certificates of signed pushes.

use hardie_domain::certificate::{NonceStatus, SignatureStatus};
use hardie_domain::ids::{PushId, RepoId};

use crate::sql::{Cols, count, sql};
use crate::store::reads;
use crate::{Result, Tx};

/// One certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRow {
    /// Its bytes as sent, the signature included.
    pub text: Vec<u8>,
    /// What the signature proved when the push came.
    pub signature: SignatureStatus,
    /// `SHA256:…` of the key that the signature names; empty if it names none.
    pub signer: String,
    /// What the nonce was worth when the push came.
    pub nonce: NonceStatus,
}

fn certificate_row(cols: &mut Cols<'_>) -> Result<CertificateRow> {
    Ok(CertificateRow {
        text: cols.bytes()?,
        signature: cols.word(SignatureStatus::parse)?,
        signer: cols.text()?,
        nonce: cols.word(NonceStatus::parse)?,
    })
}

reads! {
    /// The certificate of a push to this repository.
    pub async fn find_certificate(db, repo: RepoId, push: PushId) -> Result<Option<CertificateRow>> {
        let statement = sql("SELECT c.text, c.signature, c.signer, c.nonce_status FROM push_certificate c \
             JOIN push p ON p.id = c.push_id WHERE p.repo_id = $1 AND p.id = $2");
        db.opt(statement.bind(repo).bind(push), certificate_row).await
    }

    /// Whether a push has used this nonce.
    pub async fn is_nonce_used(db, nonce: &str) -> Result<bool> {
        Ok(db.one(sql("SELECT COUNT(*) FROM push_certificate WHERE used_nonce = $1").bind(nonce), count).await? > 0)
    }
}

impl Tx {
    /// Keeps a certificate. `used_nonce` if the push uses it up; the caller has asked [`Tx::is_nonce_used`] under the lock of the
    /// repository, which alone gives such nonces.
    pub async fn insert_certificate(&mut self, push: PushId, row: &CertificateRow, used_nonce: Option<&str>) -> Result<()> {
        let statement = sql("INSERT INTO push_certificate (push_id, text, signature, signer, nonce_status, used_nonce) \
             VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(push)
        .bind(row.text.as_slice())
        .bind(row.signature.as_str())
        .bind(row.signer.as_str())
        .bind(row.nonce.as_str())
        .bind(used_nonce);
        self.exec(statement).await.map(|_| ())
    }
}
