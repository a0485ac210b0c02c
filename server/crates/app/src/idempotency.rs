//! Requests that come twice because their first answer was lost: whoever sends the same key again gets the same answer, and nothing is made a second
//! time. The draft is draft-ietf-httpapi-idempotency-key-header.
//!
//! Answers are sealed, and those that hold secrets are not kept at all: `http` takes no key there.

use hardie_domain::error::Invalid;
use hardie_domain::ids::AccountId;
use hardie_domain::secret::Secret;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::audit::proof;
use crate::{App, Ctx, Error, Result};

/// For how long a key is known.
const KEPT_SECONDS: i64 = 24 * 3600;
/// Keys of one account in that time.
const MOST_KEYS: u64 = 10_000;
const MOST_KEY_BYTES: usize = 255;
/// What is larger is not kept, and its request not protected.
pub const MOST_ANSWER_BYTES: usize = 256 << 10;

/// What a request asks.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Its address with the query.
    pub path: &'a str,
    /// Its body.
    pub body: &'a [u8],
}

/// An answer that is given again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// The status.
    pub status: u16,
    /// Headers that belong to it.
    pub headers: Vec<(String, String)>,
    /// The body; JSON.
    pub body: String,
}

/// How to go on.
#[derive(Debug)]
pub enum Begun {
    /// Carry it out, and tell how it ended.
    First(Claim),
    /// It was carried out.
    Again(KeptAnswer),
}

/// A request under way that holds a key.
#[derive(Debug)]
pub struct Claim {
    account: AccountId,
    key: [u8; 32],
    name: String,
}

/// Begins a request with a key. For somebody who is proven.
pub async fn begin(app: &App, ctx: &Ctx, key: &str, asked: Asked<'_>) -> Result<Begun> {
    let actor = ctx.require_actor()?;
    let invalid = |why: &str| Error::Invalid(Invalid::new("Idempotency-Key", why));
    if key.is_empty() || key.len() > MOST_KEY_BYTES || !key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return Err(invalid("must be 1 to 255 printable characters, a UUID for instance"));
    }
    let hash = |parts: &[&[u8]]| -> [u8; 32] {
        let whole = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update((part.len() as u64).to_be_bytes()).chain_update(part));
        whole.finalize().into()
    };
    let key = hash(&[key.as_bytes()]);
    // Another credential of the same user may not see what this one made.
    let request = hash(&[asked.path.as_bytes(), proof(Some(actor), ctx.door).as_bytes(), asked.body]);
    let now = app.clock.now();
    let claim = Claim { account: actor.id, key, name: app.entropy.name() };
    if app.store.find_idempotency(actor.id, &key).await?.is_none() {
        if app.store.count_idempotency(actor.id).await? >= MOST_KEYS {
            let text = format!("{MOST_KEYS} idempotency keys were used within a day: send this without one, or later");
            return Err(Error::RateLimited { text, retry_after: 3600 });
        }
        let mut tx = app.store.begin().await?;
        if tx.claim_idempotency(actor.id, &key, &request, &claim.name, now).await? {
            tx.commit().await?;
            return Ok(Begun::First(claim));
        }
    }
    let row = app.store.find_idempotency(actor.id, &key).await?;
    let row = row.ok_or_else(|| Error::Conflict("another request with this idempotency key has just ended: send it again".to_owned()))?;
    if row.request_hash != request {
        return Err(invalid("was used for another request, or with another credential: take a new one"));
    }
    let Some((key_id, sealed)) = row.answer else {
        let text =
            "a request with this idempotency key is under way, or its server was stopped meanwhile: wait, or look whether it was done";
        return Err(Error::Conflict(text.to_owned()));
    };
    let opened = app
        .sealing
        .open(&key_id, &purpose(&claim), &sealed)
        .map_err(|why| Error::Conflict(format!("it was done, and the answer cannot be given again: {why}")))?;
    Ok(Begun::Again(serde_json::from_str(opened.expose()).map_err(Error::internal)?))
}

/// Keeps the answer of a request that did what was asked; `None` gives the key back.
pub async fn end(app: &App, claim: &Claim, answer: Option<&KeptAnswer>) -> Result<()> {
    let mut tx = app.store.begin().await?;
    match answer {
        Some(answer) => {
            let text = Secret::new(serde_json::to_string(answer).map_err(Error::internal)?);
            let sealed = app.sealing.seal(app.entropy.as_ref(), &purpose(claim), &text)?;
            tx.answer_idempotency(claim.account, &claim.key, &claim.name, &sealed.key_id, &sealed.bytes).await?;
        }
        None => {
            tx.release_idempotency(claim.account, &claim.key, &claim.name).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// When what was used is forgotten.
pub(crate) async fn forget(tx: &mut hardie_store::Tx, now: hardie_domain::time::Timestamp) -> Result<u64> {
    Ok(tx.delete_old_idempotency(now.plus_seconds(-KEPT_SECONDS)).await?)
}

/// A sealed answer opens for its own account and key alone.
fn purpose(claim: &Claim) -> Vec<u8> {
    [b"idempotency ".as_slice(), &claim.account.0.to_be_bytes(), &claim.key].concat()
}
