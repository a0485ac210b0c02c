//! Passes: short-lived credentials for one repository, signed and not stored. A pass stands on the credential that its bearer
//! proved, and ends with it: whatever is revoked, disabled or demoted meanwhile holds for the pass too.

use hardie_domain::access::{Actor, Bound, Credential};
use hardie_domain::ids::{AccountId, DeployKeyId, GrantId, KeyId, RepoId, SessionId, TokenId};
use hardie_domain::scope::Level;
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::standing::{scopes_of, standing_actor};
use crate::signing::{SEAL_BYTES, SigningKey};
use crate::{App, Error, Result};

/// How every pass begins, so that it is told from an access token.
pub const PASS_PREFIX: &str = "hrdpass_";
/// An hour: what is in a queue may wait, and what has begun is not cut off.
const LIFE_SECONDS: i64 = 3600;
/// What is signed here and nowhere else.
const PURPOSE: &[u8] = b"hardie pass 1\0";
const CLAIM_BYTES: usize = 34;

/// A pass that was just made.
#[derive(Clone, Debug)]
pub struct Pass {
    /// For `Authorization: Bearer …`.
    pub secret: Secret,
    /// Seconds that it is good for.
    pub expires_in: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Claim {
    account: AccountId,
    credential: Credential,
    /// Of a pass on a password: which one it was. A new password ends the pass.
    password: i64,
    bound: Bound,
}

/// Makes a pass for one repository. The caller has authorised the actor for it.
pub(crate) async fn issue_pass(app: &App, actor: &Actor, repo: RepoId, level: Level) -> Result<Pass> {
    let now = app.clock.now();
    let end = now.plus_seconds(LIFE_SECONDS);
    // A pass that is asked for with a pass ends with it.
    let until = actor.bound.map_or(end, |bound| bound.until.min(end));
    let password = password_mark(app, actor.id, actor.credential).await?;
    let claim = Claim { account: actor.id, credential: actor.credential, password, bound: Bound { repo, level, until } };
    Ok(Pass { secret: Secret::new(seal(&app.signing, &claim)), expires_in: (until.0 - now.0).max(0) / 1000 })
}

/// Whoever bears the pass, bound to its repository.
pub async fn authenticate_pass(app: &App, secret: &Secret) -> Result<Actor> {
    let unknown = || Error::unauthenticated("this pass was not made by this server, or not for this");
    let claim = open(&app.signing, secret.expose()).ok_or_else(unknown)?;
    let over = || Error::unauthenticated("this pass has expired, or what it stands on was revoked: ask for another");
    if claim.bound.until <= app.clock.now() {
        return Err(over());
    }
    let scopes = scopes_of(app, claim.account, claim.credential).await?.ok_or_else(over)?;
    if claim.password != password_mark(app, claim.account, claim.credential).await? {
        return Err(over());
    }
    let actor = standing_actor(app, claim.account, claim.credential, scopes).await?.ok_or_else(over)?;
    Ok(Actor { bound: Some(claim.bound), ..actor })
}

/// [`mark_of_password`], for a credential that stands on it.
async fn password_mark(app: &App, account: AccountId, credential: Credential) -> Result<i64> {
    match credential {
        Credential::Password => mark_of_password(app, account).await,
        _ => Ok(0),
    }
}

/// Tells one password of an account from the next, without telling anything of it: its stored form is salted.
pub(super) async fn mark_of_password(app: &App, account: AccountId) -> Result<i64> {
    let stored = app.store.find_password_hash(account).await?.unwrap_or_default();
    Ok(Sha256::digest(stored.as_bytes()).first_chunk().map_or(0, |bytes| i64::from_be_bytes(*bytes)))
}

fn seal(key: &SigningKey, claim: &Claim) -> String {
    let (kind, id): (u8, i64) = match claim.credential {
        Credential::Password => (1, claim.password),
        Credential::Session(id) => (2, id.0),
        Credential::Token(id) => (3, id.0),
        Credential::SshKey(id) => (4, id.0),
        Credential::System => (5, 0),
        Credential::DeployKey(id) => (6, id.0),
        Credential::Grant(id) => (7, id.0),
    };
    let mut bytes = Vec::with_capacity(CLAIM_BYTES + SEAL_BYTES);
    bytes.extend_from_slice(&claim.account.0.to_be_bytes());
    bytes.push(kind);
    bytes.extend_from_slice(&id.to_be_bytes());
    bytes.extend_from_slice(&claim.bound.repo.0.to_be_bytes());
    bytes.push(u8::from(claim.bound.level == Level::Write));
    bytes.extend_from_slice(&claim.bound.until.0.to_be_bytes());
    let seal = key.seal(PURPOSE, &bytes);
    bytes.extend_from_slice(&seal);
    format!("{PASS_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

fn open(key: &SigningKey, text: &str) -> Option<Claim> {
    let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PASS_PREFIX)?).ok()?;
    let (claim, seal) = bytes.split_at_checked(CLAIM_BYTES)?;
    if !key.is_sealed(PURPOSE, claim, seal) {
        return None;
    }
    let number = |at: usize| Some(i64::from_be_bytes(claim.get(at..at + 8)?.try_into().ok()?));
    let id = number(9)?;
    let credential = match claim.get(8)? {
        1 => Credential::Password,
        2 => Credential::Session(SessionId(id)),
        3 => Credential::Token(TokenId(id)),
        4 => Credential::SshKey(KeyId(id)),
        6 => Credential::DeployKey(DeployKeyId(id)),
        7 => Credential::Grant(GrantId(id)),
        // The server itself needs none.
        _ => return None,
    };
    let level = if *claim.get(25)? == 1 { Level::Write } else { Level::Read };
    let bound = Bound { repo: RepoId(number(17)?), level, until: Timestamp(number(26)?) };
    let password = if credential == Credential::Password { id } else { 0 };
    Some(Claim { account: AccountId(number(0)?), credential, password, bound })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(credential: Credential, level: Level) -> Claim {
        let password = if credential == Credential::Password { -77 } else { 0 };
        Claim { account: AccountId(3), credential, password, bound: Bound { repo: RepoId(-4), level, until: Timestamp(1_700_000_000_123) } }
    }

    #[test]
    fn a_pass_comes_back_as_it_was_made() {
        let key = SigningKey::new([7; 32]);
        let credentials = [
            Credential::Password,
            Credential::Session(SessionId(1)),
            Credential::Token(TokenId(i64::MAX)),
            Credential::SshKey(KeyId(9)),
            Credential::DeployKey(DeployKeyId(5)),
        ];
        for credential in credentials {
            for level in [Level::Read, Level::Write] {
                let claim = claim(credential, level);
                assert_eq!(open(&key, &seal(&key, &claim)), Some(claim));
            }
        }
        assert_eq!(open(&key, &seal(&key, &claim(Credential::System, Level::Read))), None);
    }

    #[test]
    fn a_pass_with_any_changed_character_or_of_another_key_is_none() {
        let key = SigningKey::new([7; 32]);
        let text = seal(&key, &claim(Credential::Password, Level::Read));
        assert_eq!(open(&SigningKey::new([8; 32]), &text), None);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(open(&key, &String::from_utf8(bytes).unwrap()), None, "character {at}");
        }
        for cut in ["", PASS_PREFIX, &text[..30], &text[..text.len() - 4], &format!("{text}AAAA")] {
            assert_eq!(open(&key, cut), None, "{cut}");
        }
    }
}
