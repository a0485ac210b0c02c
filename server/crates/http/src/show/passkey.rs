//! Passkeys, what browsers are asked of them, and what they answer.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardie_api_types::Time;
use hardie_api_types::passkey::{
    CreatedPasskey, Passkey, PasskeyAlgorithm, PasskeyAssertion, PasskeyCode, PasskeyCreation, PasskeyDescriptor, PasskeyRegistration,
    PasskeyRequest, PasskeySite, PasskeyUser, PasskeyWish,
};
use hardie_app::identity::{self, Assertion, PasskeyAsked, PasskeyToMake, Registration};

use crate::error::Refusal;

const KIND: &str = "public-key";

/// A passkey.
pub fn passkey(passkey: identity::Passkey) -> Passkey {
    Passkey {
        id: passkey.id.0,
        name: passkey.name,
        backed_up: passkey.backed_up,
        created_at: passkey.created_at.into(),
        last_used_at: passkey.last_used_at.map(Time::from),
    }
}

/// One that was added, with what is shown once.
pub fn created_passkey(added: identity::AddedPasskey) -> CreatedPasskey {
    CreatedPasskey { passkey: passkey(added.passkey), codes: super::recovery_codes(&added.codes).codes }
}

/// What a browser needs to have one made.
pub fn passkey_creation(to_make: &PasskeyToMake) -> PasskeyCreation {
    let PasskeyToMake { asked, user_handle, user_name, algorithms } = to_make;
    let preferred = || "preferred".to_owned();
    PasskeyCreation {
        challenge: text(&asked.challenge),
        rp: PasskeySite { id: asked.site.clone(), name: asked.site.clone() },
        user: PasskeyUser { id: text(user_handle), name: user_name.clone(), display_name: user_name.clone() },
        pub_key_cred_params: algorithms.iter().map(|alg| PasskeyAlgorithm { kind: KIND.to_owned(), alg: *alg }).collect(),
        timeout: asked.seconds * 1000,
        exclude_credentials: descriptors(asked),
        authenticator_selection: PasskeyWish { resident_key: preferred(), user_verification: preferred() },
        attestation: "none".to_owned(),
    }
}

/// What a browser needs to have something signed.
pub fn passkey_request(asked: &PasskeyAsked) -> PasskeyRequest {
    PasskeyRequest {
        challenge: text(&asked.challenge),
        rp_id: asked.site.clone(),
        timeout: asked.seconds * 1000,
        allow_credentials: descriptors(asked),
        user_verification: if asked.verified { "required" } else { "discouraged" }.to_owned(),
    }
}

/// A code that a passkey gave.
pub fn passkey_code(code: &identity::PasskeyCode) -> PasskeyCode {
    PasskeyCode { code: code.code.expose().to_owned(), expires_at: code.expires_at.into() }
}

/// A passkey that was made, as the browser wrote it.
pub fn read_registration(body: &PasskeyRegistration) -> Result<Registration, Refusal> {
    Ok(Registration {
        id: bytes(&body.id)?,
        client_data: bytes(&body.response.client_data_json)?,
        attestation: bytes(&body.response.attestation_object)?,
    })
}

/// What one signed, as the browser wrote it.
pub fn read_assertion(body: &PasskeyAssertion) -> Result<Assertion, Refusal> {
    let response = &body.response;
    Ok(Assertion {
        id: bytes(&body.id)?,
        client_data: bytes(&response.client_data_json)?,
        authenticator_data: bytes(&response.authenticator_data)?,
        signature: bytes(&response.signature)?,
        user_handle: bytes(&response.user_handle)?,
    })
}

fn descriptors(asked: &PasskeyAsked) -> Vec<PasskeyDescriptor> {
    asked.allowed.iter().map(|id| PasskeyDescriptor { kind: KIND.to_owned(), id: text(id) }).collect()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(text: &str) -> Result<Vec<u8>, Refusal> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refusal::invalid("credential".to_owned(), "must hold base64url without padding"))
}
