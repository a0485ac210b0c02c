//! Whether what an authenticator answered is what was asked (WebAuthn Level 2, sections 7.1 and 7.2).

use hardie_domain::webauthn::{AuthenticatorData, MAX_BYTES, MAX_CREDENTIAL_ID, PasskeyKey, attested_data};
use hardie_store::passkeys::PasskeyRow;

use super::challenge::Challenge;
use super::client_data;
use super::signature;
use super::site::Site;

/// A passkey that an authenticator made.
#[derive(Clone, Debug, Default)]
pub struct Registration {
    /// Its id.
    pub id: Vec<u8>,
    /// What the browser says of the page: JSON, as it was hashed.
    pub client_data: Vec<u8>,
    /// The attestation object: CBOR.
    pub attestation: Vec<u8>,
}

/// What a passkey signed.
#[derive(Clone, Debug, Default)]
pub struct Assertion {
    /// The passkey's id.
    pub id: Vec<u8>,
    /// What the browser says of the page: JSON, as it was hashed.
    pub client_data: Vec<u8>,
    /// What the authenticator says.
    pub authenticator_data: Vec<u8>,
    /// Over both.
    pub signature: Vec<u8>,
    /// Whose it is, as the authenticator remembers; empty if it does not.
    pub user_handle: Vec<u8>,
}

/// A passkey as it is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub id: Vec<u8>,
    pub cose: Vec<u8>,
    pub count: u32,
    pub backed_up: bool,
}

/// What a use tells of a passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Used {
    pub count: u32,
    pub backed_up: bool,
}

/// What somebody must have proven beside having the passkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// Nothing: the password comes along.
    Present,
    /// That it is theirs, to the authenticator; and the authenticator says whose it is.
    Verified,
}

/// Section 7.1, from step 5 on. Nobody is asked to attest, and no statement is looked at.
pub(super) fn registration(site: &Site, challenge: &Challenge, given: &Registration) -> Result<Made, &'static str> {
    client_data::check(&given.client_data, "webauthn.create", &challenge.bytes, &site.origin)?;
    let data = attested_data(&given.attestation).and_then(AuthenticatorData::parse).ok_or("what the authenticator says cannot be read")?;
    common(site, &data)?;
    let made = data.attested.ok_or("the authenticator says nothing of a new passkey")?;
    if made.id != given.id {
        return Err("the browser and the authenticator name two passkeys");
    }
    Ok(Made { id: made.id.to_vec(), cose: made.cose.to_vec(), count: data.count, backed_up: data.backed_up })
}

/// Section 7.2, from step 6 on, but for the count, which is compared where it is written.
pub(super) fn assertion(
    site: &Site,
    challenge: &Challenge,
    passkey: &PasskeyRow,
    given: &Assertion,
    owner: Owner,
) -> Result<Used, &'static str> {
    if given.id.len() > MAX_CREDENTIAL_ID || given.signature.len() > MAX_BYTES || given.id != passkey.credential_id {
        return Err("it is another passkey");
    }
    let is_told = owner == Owner::Verified || !given.user_handle.is_empty();
    if is_told && given.user_handle != site.handle_of(passkey.account) {
        return Err("it is another account's");
    }
    let hash = client_data::check(&given.client_data, "webauthn.get", &challenge.bytes, &site.origin)?;
    let data = AuthenticatorData::parse(&given.authenticator_data).ok_or("what the authenticator says cannot be read")?;
    common(site, &data)?;
    if owner == Owner::Verified && !data.user_verified {
        return Err("the authenticator did not verify who is there: set a PIN or a fingerprint for it, or sign in with the password too");
    }
    let key = PasskeyKey::parse(&passkey.cose).ok_or("its public key cannot be read")?;
    match signature::is_of(&key, &[given.authenticator_data.as_slice(), &hash].concat(), &given.signature) {
        true => Ok(Used { count: data.count, backed_up: data.backed_up }),
        false => Err("its signature is not right"),
    }
}

fn common(site: &Site, data: &AuthenticatorData<'_>) -> Result<(), &'static str> {
    if data.rp_id_hash != site.hash() {
        return Err("it is a passkey for another site");
    }
    match data.user_present {
        true => Ok(()),
        false => Err("the authenticator does not say that somebody was there"),
    }
}
