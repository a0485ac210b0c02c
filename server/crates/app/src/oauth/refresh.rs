//! Refresh tokens: good once. Each names its grant and how many came before it, and is sealed by this server, so that an old one is known for what it is
//! without a row: then it was copied, and all that it belongs to ends (RFC 9700, section 4.14).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardie_domain::ids::GrantId;
use hardie_domain::oauth::{REFRESH_SECONDS, Scopes};
use hardie_domain::secret::Secret;
use subtle::ConstantTimeEq as _;

use super::Fault;
use super::clients::Client;
use super::exchange::{TokenAnswer, TokenRequest, answer, end};
use crate::mail::hash_of;
use crate::signing::{SEAL_BYTES, SigningKey};
use crate::{App, Ctx};

const PREFIX: &str = "hrdrefresh_";
/// What is signed here and nowhere else.
const PURPOSE: &[u8] = b"hardie refresh token 1\0";
/// Grant, number, chance.
const CLAIM_BYTES: usize = 8 + 8 + 16;

/// One that was just made.
pub(super) struct RefreshToken {
    /// For the client alone.
    pub(super) secret: Secret,
    /// What is kept.
    pub(super) hash: [u8; 32],
}

impl RefreshToken {
    pub(super) fn new(app: &App, grant: GrantId, generation: i64) -> RefreshToken {
        let mut chance = [0; 16];
        app.entropy.fill(&mut chance);
        let secret = Secret::new(seal(&app.signing, grant, generation, &chance));
        RefreshToken { hash: hash_of(&secret), secret }
    }
}

fn seal(key: &SigningKey, grant: GrantId, generation: i64, chance: &[u8; 16]) -> String {
    let claim = [grant.0.to_be_bytes().as_slice(), &generation.to_be_bytes(), chance].concat();
    let seal: [u8; SEAL_BYTES] = key.seal(PURPOSE, &claim);
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([claim.as_slice(), &seal].concat()))
}

/// The grant and the number of a token that this server made.
pub(super) fn open(key: &SigningKey, token: &Secret) -> Option<(GrantId, i64)> {
    let bytes = URL_SAFE_NO_PAD.decode(token.expose().strip_prefix(PREFIX)?).ok()?;
    let (claim, seal) = bytes.split_at_checked(CLAIM_BYTES)?;
    if !key.is_sealed(PURPOSE, claim, seal) {
        return None;
    }
    let number = |at: usize| Some(i64::from_be_bytes(claim.get(at..at + 8)?.try_into().ok()?));
    Some((GrantId(number(0)?), number(8)?))
}

/// The next tokens for a refresh token. They are good for what was granted, whatever part of it is asked for; no more than that is.
pub(super) async fn exchange(app: &App, ctx: &Ctx, client: &Client, request: &TokenRequest) -> Result<TokenAnswer, Fault> {
    let token = request.refresh_token.as_ref().ok_or_else(|| Fault::request("refresh_token is missing"))?;
    let (id, generation) = open(&app.signing, token).ok_or_else(Fault::grant)?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let grant = tx.find_grant(id).await?.filter(|grant| grant.app.client_id == client.client_id && grant.generation > 0);
    let grant = grant.filter(|grant| grant.expires_at > now && !grant.account.disabled).ok_or_else(Fault::grant)?;
    let is_newest = grant.refresh_hash.is_some_and(|kept| bool::from(kept.ct_eq(&hash_of(token))));
    if !is_newest {
        if generation < grant.generation {
            end(&mut tx, ctx, app, &grant, "a refresh token came twice").await?;
            tx.commit().await?;
        }
        return Err(Fault::grant());
    }
    if !request.scope.is_empty() {
        let asked = Scopes::parse(&request.scope).map_err(|error| Fault::scope(error.reason))?;
        if !grant.scopes.covers(&asked) {
            return Err(Fault::scope(format!("only {} was granted", grant.scopes)));
        }
    }
    let next = RefreshToken::new(app, grant.id, generation.saturating_add(1));
    if !tx.rotate_grant(grant.id, generation, &next.hash, now, now.plus_seconds(REFRESH_SECONDS)).await? {
        // Another request with the same token was in between.
        end(&mut tx, ctx, app, &grant, "a refresh token came twice").await?;
        tx.commit().await?;
        return Err(Fault::grant());
    }
    tx.commit().await?;
    answer(app, &grant, next.secret, "").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_grant_and_number_and_no_other_key_makes_one() {
        let key = SigningKey::new([7; 32]);
        let text = seal(&key, GrantId(5), 3, &[9; 16]);
        assert_eq!(open(&key, &Secret::new(text.as_str())), Some((GrantId(5), 3)));
        assert_eq!(open(&SigningKey::new([8; 32]), &Secret::new(text.as_str())), None);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
            let changed = Secret::new(String::from_utf8(bytes).unwrap());
            assert_eq!(open(&key, &changed), None, "character {at}");
        }
        for bad in ["", PREFIX, "hrdrefresh_AAAA", &format!("{text}AAAA")] {
            assert_eq!(open(&key, &Secret::new(bad)), None, "{bad}");
        }
    }
}
