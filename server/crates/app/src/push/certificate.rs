//! Signed pushes: whether a certificate is the pusher's, for this repository, and for now.
//!
//! Looked at when the push begins, since its nonce ages while a pack is sent; whether the key still is the pusher's is asked again
//! before each judgement.

use hardie_domain::access::Actor;
use hardie_domain::certificate::{NonceStatus, SignatureStatus};
use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::push::Door;
use hardie_domain::sshkey::fingerprint;
use hardie_git::receive::PushCertificate;
use hardie_git::signature::{self, Signature};
use hardie_store::Tx;
use hardie_store::certificates::CertificateRow;

use super::{Push, nonce};
use crate::{App, Ctx, Result};

/// Bytes of a certificate that is kept though nobody known has signed it and its push was refused.
const LONGEST_UNSIGNED: usize = 16 << 10;

/// A certificate as it came.
#[derive(Clone, Debug)]
pub struct SentCertificate {
    /// What was sent.
    pub certificate: PushCertificate,
    /// The nonce that this conversation gave; `None` over HTTP, where another request gave it.
    pub given: Option<String>,
}

/// A certificate that was looked at.
#[derive(Clone, Debug)]
pub(super) struct Examined {
    /// What is kept of it.
    pub row: CertificateRow,
    /// The nonce that it uses up, if it is a good one.
    pub nonce: Option<String>,
    /// The key that has signed, in its wire form, if the signature is good.
    key: Option<Vec<u8>>,
    /// Of a signature that was not checked: `OpenPGP` or `X.509`.
    unchecked: &'static str,
    /// Why the push is refused.
    refusal: Option<String>,
}

impl Examined {
    /// Whether it is kept of a push that was refused. One that no key of the pusher's has signed may be anything, again and again.
    pub fn is_kept_when_refused(&self) -> bool {
        self.key.is_some() || self.row.text.len() <= LONGEST_UNSIGNED
    }
}

/// Looks at a certificate of a push by this actor.
pub(super) async fn examine(app: &App, actor: &Actor, repo: RepoId, sent: SentCertificate, options: &[String]) -> Result<Examined> {
    let SentCertificate { certificate, given } = sent;
    let mut status = nonce::judge(&app.signing, repo, app.clock.now(), given.as_deref(), certificate.nonce.as_deref());
    let nonce = certificate.nonce.clone().filter(|_| status == NonceStatus::Ok);
    if let Some(nonce) = &nonce
        && app.store.is_nonce_used(nonce).await?
    {
        status = NonceStatus::Replayed;
    }
    let found = signer(app, actor, &certificate).await?;
    let refusal = found.refusal.or_else(|| about_nonce(status)).or_else(|| {
        // As sent beside it, they would be anybody's.
        let text = "the push options that were sent are not those that were signed (inconsistent push options)";
        (certificate.options != options).then(|| text.to_owned())
    });
    let row = CertificateRow { text: certificate.text, signature: found.status, signer: found.fingerprint, nonce: status };
    Ok(Examined { row, nonce, key: found.key, unchecked: found.unchecked, refusal })
}

/// Why a push that comes so is refused, now.
pub(super) async fn objection(app: &App, ctx: &Ctx, push: &Push) -> Result<Option<String>> {
    // What the server does itself nobody signs.
    let required = app.config.git_rules.require_signed_push && ctx.door != Door::System;
    let Some(examined) = &push.certificate else {
        let text = "this server takes signed pushes only: set gpg.format to ssh and user.signingkey to a key of your account, then 'git push --signed'";
        return Ok(required.then(|| text.to_owned()));
    };
    if let Some(refusal) = &examined.refusal {
        return Ok(Some(refusal.clone()));
    }
    if let Some(key) = &examined.key {
        let standing = is_key_of(app, push.actor, key).await?;
        return Ok((!standing).then(|| not_yours(&examined.row.signer)));
    }
    let text =
        format!("this server takes pushes that an SSH key of your account has signed only; {} is not checked here", examined.unchecked);
    Ok(required.then_some(text))
}

/// Why a certificate that was good counts no more: the key was taken away while the push was judged.
pub(super) async fn withdrawn(tx: &mut Tx, push: &Push) -> Result<Option<String>> {
    let Some((examined, key)) = push.certificate.as_ref().and_then(|examined| Some((examined, examined.key.as_ref()?))) else {
        return Ok(None);
    };
    let found = tx.find_key_by_fingerprint(&examined.row.signer).await?;
    let stands = found.is_some_and(|found| found.blob == *key && found.account == push.actor);
    Ok((!stands).then(|| not_yours(&examined.row.signer)))
}

/// What the pusher is told of an accepted certificate.
pub(super) fn said(examined: &Examined) -> String {
    match examined.row.signature {
        SignatureStatus::Good => format!("Push certificate: good signature with {}", examined.row.signer),
        _ => format!("Push certificate: kept; its {} signature is not checked by this server", examined.unchecked),
    }
}

struct Signer {
    status: SignatureStatus,
    fingerprint: String,
    key: Option<Vec<u8>>,
    unchecked: &'static str,
    refusal: Option<String>,
}

impl Signer {
    fn refused(status: SignatureStatus, fingerprint: String, refusal: String) -> Signer {
        Signer { status, fingerprint, key: None, unchecked: "", refusal: Some(refusal) }
    }
}

async fn signer(app: &App, actor: &Actor, certificate: &PushCertificate) -> Result<Signer> {
    let bad =
        |fingerprint, error| Signer::refused(SignatureStatus::Bad, fingerprint, format!("the signature of the push certificate {error}"));
    let signature = match signature::read(certificate.signature()) {
        Ok(Signature::Ssh(signature)) => signature,
        Ok(Signature::Other(unchecked)) => {
            return Ok(Signer { status: SignatureStatus::Unchecked, fingerprint: String::new(), key: None, unchecked, refusal: None });
        }
        Err(error) => return Ok(bad(String::new(), error)),
    };
    let fingerprint = fingerprint(signature.key());
    // Asked before anything is computed with a key that anybody may have made up.
    if !is_key_of(app, actor.id, signature.key()).await? {
        let refusal = not_yours(&fingerprint);
        return Ok(Signer::refused(SignatureStatus::Stranger, fingerprint, refusal));
    }
    Ok(match signature.check(signature::GIT, certificate.payload()) {
        Ok(()) => Signer { status: SignatureStatus::Good, fingerprint, key: Some(signature.key().to_vec()), unchecked: "", refusal: None },
        Err(error) => bad(fingerprint, error),
    })
}

async fn is_key_of(app: &App, actor: AccountId, blob: &[u8]) -> Result<bool> {
    let found = app.store.find_key_by_fingerprint(&fingerprint(blob)).await?;
    Ok(found.is_some_and(|key| key.blob == blob && key.account == actor))
}

fn not_yours(fingerprint: &str) -> String {
    format!("the push certificate is signed with {fingerprint}, which is not a key of your account: add it there, or sign with one that is")
}

fn about_nonce(status: NonceStatus) -> Option<String> {
    let text = match status {
        NonceStatus::Ok => return None,
        NonceStatus::Missing => "the push certificate has no nonce: push with a git that sends one",
        NonceStatus::Bad => "the nonce of the push certificate was not given for this push: push again, and sign anew",
        NonceStatus::Slop => "the nonce of the push certificate is too old, or a clock is wrong: push again, and sign anew",
        NonceStatus::Replayed => REPLAYED,
    };
    Some(text.to_owned())
}

/// The text for a certificate that served before.
pub(super) const REPLAYED: &str = "this push certificate was used before: push again, and sign anew";
