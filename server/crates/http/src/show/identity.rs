//! Sessions, keys, tokens and second factors.

use std::collections::HashMap;

use hardie_api_types::Time;
use hardie_api_types::factor::{FactorUser, RecoveryCodes, SecondFactor};
use hardie_api_types::identity::{AccessToken, DeployKey, GpgKey, GpgKeyEmail, PublicKey, Session};
use hardie_app::access::RepoAccess;
use hardie_app::{deploy_keys, identity};
use hardie_domain::ids::RepoId;
use hardie_domain::scope::Level;
use hardie_domain::secret::Secret;
use hardie_domain::sshkey::PublicKey as Parsed;

use crate::links::Links;

/// A session.
pub fn session(session: identity::Session) -> Session {
    let identity::Session { row, current } = session;
    Session {
        id: row.id.0,
        created_at: row.created_at.into(),
        last_used_at: row.last_seen_at.into(),
        expires_at: row.expires_at.into(),
        address: row.address,
        user_agent: row.user_agent,
        current,
    }
}

/// An OpenPGP key.
pub fn gpg_key(key: identity::GpgKey) -> GpgKey {
    let primary = key.parts.iter().find(|part| part.is_primary()).map(|part| part.key_id.clone()).unwrap_or_default();
    let part = |part: &identity::GpgPart| GpgKey {
        primary_key_id: if part.is_primary() { String::new() } else { primary.clone() },
        key_id: part.key_id.clone(),
        can_sign: part.can_sign,
        can_encrypt_comms: part.can_encrypt_comms,
        can_encrypt_storage: part.can_encrypt_storage,
        can_certify: part.can_certify,
        verified: key.proven,
        created_at: Time::with_offset(part.created, 0),
        expires_at: part.expires.map(|end| Time::with_offset(end, 0)),
        ..GpgKey::default()
    };
    GpgKey {
        id: key.id.0,
        emails: key.emails.iter().map(|(email, proven)| GpgKeyEmail { email: email.clone(), verified: *proven }).collect(),
        subkeys: key.parts.iter().filter(|part| !part.is_primary()).map(part).collect(),
        public_key: key.armour.clone(),
        ..key.parts.first().map(part).unwrap_or_default()
    }
}

/// A key.
pub fn key(links: &Links, key: identity::Key) -> PublicKey {
    PublicKey {
        id: key.id.0,
        url: links.api(&format!("user/keys/{}", key.id)),
        key: key.line,
        title: key.title,
        fingerprint: key.fingerprint,
        created_at: key.created_at.into(),
        user: None,
        read_only: false,
        key_type: "user".to_owned(),
        last_used_at: key.last_used_at.map(Time::from),
    }
}

/// A key of a repository.
pub fn deploy_key(links: &Links, access: &RepoAccess, key: deploy_keys::DeployKey) -> DeployKey {
    DeployKey {
        id: key.id.0,
        key_id: key.id.0,
        key: Parsed::from_blob(&key.blob).map(|key| key.to_line()).unwrap_or_default(),
        url: links.api(&format!("repos/{}/keys/{}", access.path(), key.id)),
        title: key.title,
        fingerprint: key.fingerprint,
        created_at: key.created_at.into(),
        read_only: key.read_only,
        last_used_at: key.last_used_at.map(Time::from),
    }
}

/// A token without its secret. `names` has the addresses of the repositories that it names.
pub fn token(token: identity::Token, names: &HashMap<RepoId, String>) -> AccessToken {
    let repos = token.narrowed.repos.as_ref();
    AccessToken {
        id: token.id.0,
        name: token.name,
        sha1: String::new(),
        token_last_eight: token.last_eight,
        scopes: token.scopes.names(),
        created_at: token.created_at.into(),
        last_used_at: token.last_used_at.map_or_else(Time::never, Time::from),
        expires_at: token.expires_at.map(Time::from),
        repositories: repos.map(|repos| repos.iter().filter_map(|id| names.get(id).cloned()).collect()),
        access: match token.narrowed.access {
            None => String::new(),
            Some(Level::Read) => "read".to_owned(),
            Some(Level::Write) => "write".to_owned(),
        },
        refs: token.narrowed.refs,
    }
}

/// Whether sign-ins need a second factor.
pub fn second_factor(state: identity::FactorState) -> SecondFactor {
    SecondFactor {
        enabled: state.since.is_some(),
        enabled_at: state.since.map(Time::from),
        recovery_codes: i64::try_from(state.recovery_codes).unwrap_or(i64::MAX),
    }
}

/// Recovery codes, to be shown once.
pub fn recovery_codes(codes: &[Secret]) -> RecoveryCodes {
    RecoveryCodes { codes: codes.iter().map(|code| code.expose().to_owned()).collect() }
}

/// A user with a second factor.
pub fn factor_user(user: identity::FactorUser) -> FactorUser {
    FactorUser {
        id: user.account.0,
        login: user.name.to_string(),
        enabled_at: user.confirmed_at.into(),
        recovery_codes: i64::try_from(user.recovery_codes).unwrap_or(i64::MAX),
    }
}
