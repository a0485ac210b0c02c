//! How many mails one address gets, and how many one asker causes, in each hour by the clock.

use hardie_domain::mail::{FROM_NETWORK, MailKind};
use hardie_domain::network::network;
use hardie_domain::time::Timestamp;
use hardie_store::Tx;
use sha2::{Digest as _, Sha256};

use crate::{App, Ctx, Error, Result};

const HOUR: i64 = 3600;

/// Counts a mail of this kind to an address; `false` if that has had as many as it gets. Spelling in another case is the same address.
pub(crate) async fn may_write(tx: &mut Tx, app: &App, kind: MailKind, recipient: &str) -> Result<bool> {
    let (counted, most) = kind.bound();
    // What was typed as an address may be anything: it is not kept.
    let subject = format!("mail-{counted}:{}", hex::encode(Sha256::digest(recipient.to_lowercase().as_bytes())));
    Ok(count(tx, app.clock.now(), &subject).await? <= most)
}

/// Counts requests that send mails to addresses which the asker typed: per account, else per network. They count whatever comes of them, so
/// that a refusal is no way to ask for ever.
pub(crate) async fn count_requests(app: &App, ctx: &Ctx, requests: usize) -> Result<()> {
    let subject = match (&ctx.actor, ctx.address) {
        (Some(actor), _) => format!("mail-by:account:{}", actor.id),
        (None, Some(address)) => format!("mail-by:address:{}", network(address)),
        (None, None) => return Ok(()),
    };
    let now = app.clock.now();
    let too_many = || {
        let retry_after = u64::try_from(HOUR - now.seconds().rem_euclid(HOUR)).unwrap_or(1);
        Err(Error::RateLimited { text: "too many mails were asked for from here: try again in an hour".to_owned(), retry_after })
    };
    // Who is refused anyway writes nothing.
    let before = app.store.find_failures(&in_hour(now, &subject)).await?.map_or(0, |row| row.failures);
    if usize::try_from(before).unwrap_or(usize::MAX).saturating_add(requests) > usize::try_from(FROM_NETWORK).unwrap_or(usize::MAX) {
        return too_many();
    }
    let mut tx = app.store.begin().await?;
    let mut counted = before;
    for _ in 0..requests {
        counted = count(&mut tx, now, &subject).await?;
    }
    tx.commit().await?;
    // Of many that came at once, those that were too many know by now.
    if counted > FROM_NETWORK { too_many() } else { Ok(()) }
}

/// One more of this subject in this hour; how many by now.
async fn count(tx: &mut Tx, now: Timestamp, subject: &str) -> Result<u32> {
    Ok(tx.add_failure(&in_hour(now, subject), now, Timestamp(i64::MIN)).await?.failures)
}

/// Each hour has a row of its own; old ones are removed with old failures of sign-ins.
fn in_hour(now: Timestamp, subject: &str) -> String {
    format!("{subject}:{}", now.seconds().div_euclid(HOUR))
}
