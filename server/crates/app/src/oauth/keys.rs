//! What tokens are signed with: Ed25519 for access tokens, which only this server reads; RSA for those that tell clients who signed in, since that is
//! what every client of OpenID Connect knows. Keys are made when they are first needed and sealed in their rows; each signs for a month and is shown
//! for as long as anything it signed is good.

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_domain::oauth::{KEY_SECONDS, KEY_SHOWN_SECONDS};
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
use hardie_store::oauth_keys::OauthKeyRow;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents};
use rsa::pkcs8::EncodePrivateKey as _;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::jwk::PublicKey;
use super::jws::{self, Header, Unproven};
use crate::ports::Entropy;
use crate::sealing::{Closed, Sealed};
use crate::{App, Error, Result};

const RSA_BITS: usize = 2048;

/// Keys as they were last read.
#[derive(Default)]
pub struct OauthKeys {
    kept: RwLock<Vec<Arc<Key>>>,
    /// Whoever makes one: of many requests that miss a key one looks for primes, and the others wait.
    making: Mutex<()>,
}

/// By which sort a token is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Ed25519,
    Rsa,
}

impl Sort {
    fn algorithm(self) -> &'static str {
        match self {
            Sort::Ed25519 => "EdDSA",
            Sort::Rsa => "RS256",
        }
    }
}

enum Private {
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// One key.
pub(super) struct Key {
    kid: String,
    public: PublicKey,
    /// What signs, if it opens.
    private: Option<Private>,
    created_at: Timestamp,
}

impl Key {
    /// A token with these claims.
    pub(super) fn sign(&self, typ: &str, claims: &impl Serialize) -> Result<Secret> {
        let signed = jws::to_sign(&Header::new(self.public.algorithm(), typ, &self.kid), claims).map_err(Error::internal)?;
        let signature = match &self.private {
            Some(Private::Ed25519(pair)) => pair.sign(signed.as_bytes()).as_ref().to_vec(),
            Some(Private::Rsa(pair)) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let made = pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature);
                made.map_err(|_| Error::internal("a token was not signed"))?;
                signature
            }
            None => return Err(Error::internal("the key of a token does not open")),
        };
        Ok(Secret::new(jws::joined(&signed, &signature)))
    }
}

/// The newest key of a sort that may still sign; it is made if there is none.
pub(super) async fn signer(app: &App, sort: Sort) -> Result<Arc<Key>> {
    let now = app.clock.now();
    let fit = |keys: &[Arc<Key>]| {
        let mut fit = keys.iter().filter(|key| key.private.is_some() && key.public.algorithm() == sort.algorithm());
        fit.find(|key| key.created_at.plus_seconds(KEY_SECONDS) > now).cloned()
    };
    if let Some(key) = fit(&kept(app)) {
        return Ok(key);
    }
    let _turn = app.oauth_keys.making.lock().await;
    if let Some(key) = fit(&read(app).await?) {
        return Ok(key);
    }
    make(app, sort).await?;
    fit(&read(app).await?).ok_or_else(|| Error::internal("a key that was just made is not there"))
}

/// Whether one of our keys signed this. A name that is not known is looked up anew: another process may have made the key.
pub(super) async fn is_ours(app: &App, token: &Unproven<'_>) -> Result<bool> {
    let shown_after = app.clock.now().plus_seconds(-KEY_SHOWN_SECONDS);
    let named = |keys: &[Arc<Key>]| keys.iter().find(|key| key.kid == token.header.kid && key.created_at > shown_after).cloned();
    let key = match named(&kept(app)) {
        Some(key) => Some(key),
        None => named(&read(app).await?),
    };
    Ok(key.is_some_and(|key| key.public.proves(&token.header.alg, token.signed, &token.signature)))
}

/// All that are shown, as a JWK set (RFC 7517, section 5). Those that would be needed are made first.
pub async fn public_keys(app: &App) -> Result<Value> {
    for sort in [Sort::Rsa, Sort::Ed25519] {
        signer(app, sort).await?;
    }
    // As of now: another process may have made one.
    let keys = read(app).await?;
    let shown = keys.iter().map(|key| {
        let mut jwk = key.public.to_jwk();
        if let Some(fields) = jwk.as_object_mut() {
            fields.insert("kid".to_owned(), key.kid.clone().into());
        }
        jwk
    });
    Ok(json!({ "keys": shown.collect::<Vec<_>>() }))
}

fn kept(app: &App) -> Vec<Arc<Key>> {
    app.oauth_keys.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
}

async fn read(app: &App) -> Result<Vec<Arc<Key>>> {
    let rows = app.store.list_oauth_keys(app.clock.now().plus_seconds(-KEY_SHOWN_SECONDS)).await?;
    let before = kept(app);
    let keys: Vec<Arc<Key>> = rows
        .iter()
        .filter_map(|row| match before.iter().find(|key| key.kid == row.kid) {
            Some(key) => Some(Arc::clone(key)),
            None => opened(app, row).map(Arc::new),
        })
        .collect();
    app.oauth_keys.kept.write().unwrap_or_else(PoisonError::into_inner).clone_from(&keys);
    Ok(keys)
}

/// A key whose private part does not open signs nothing, and what it signed before is believed still.
fn opened(app: &App, row: &OauthKeyRow) -> Option<Key> {
    let public = serde_json::from_slice(&row.public).ok().as_ref().and_then(PublicKey::from_jwk);
    let Some(public) = public.filter(|public| public.algorithm() == row.algorithm) else {
        tracing::error!(kid = row.kid, "a key that signs tokens cannot be read");
        return None;
    };
    let private = open(app, row).map_err(|why| why.to_string()).and_then(|secret| pair(&row.algorithm, &secret));
    if let Err(why) = &private {
        tracing::warn!(kid = row.kid, why, "a key that signs tokens does not open: another is made");
    }
    Some(Key { kid: row.kid.clone(), public, private: private.ok(), created_at: row.created_at })
}

fn pair(algorithm: &str, secret: &Secret) -> Result<Private, String> {
    let bytes = STANDARD.decode(secret.expose()).map_err(|error| error.to_string())?;
    let made = match algorithm {
        "EdDSA" => Ed25519KeyPair::from_seed_unchecked(&bytes).map(Private::Ed25519),
        _ => RsaKeyPair::from_pkcs8(&bytes).map(Private::Rsa),
    };
    made.map_err(|error| error.to_string())
}

async fn make(app: &App, sort: Sort) -> Result<()> {
    let entropy = Arc::clone(&app.entropy);
    // Primes take a while to find.
    let made = tokio::task::spawn_blocking(move || generate(entropy.as_ref(), sort)).await.map_err(Error::internal)?;
    let (secret, public) = made.map_err(Error::internal)?;
    let mut row = OauthKeyRow {
        kid: app.entropy.name(),
        algorithm: sort.algorithm().to_owned(),
        key_id: String::new(),
        sealed: Vec::new(),
        public: public.to_jwk().to_string().into_bytes(),
        created_at: app.clock.now(),
    };
    let Sealed { key_id, bytes } = seal(app, &row, &secret)?;
    (row.key_id, row.sealed) = (key_id, bytes);
    let mut tx = app.store.begin().await?;
    tx.insert_oauth_key(&row).await?;
    tracing::info!(kid = row.kid, algorithm = row.algorithm, "made a key that signs tokens");
    Ok(tx.commit().await?)
}

/// The private part as it is sealed, and the public one.
fn generate(entropy: &dyn Entropy, sort: Sort) -> Result<(Secret, PublicKey), String> {
    match sort {
        Sort::Ed25519 => {
            let mut seed = zeroize::Zeroizing::new([0; 32]);
            entropy.fill(seed.as_mut_slice());
            let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|error| error.to_string())?;
            Ok((Secret::new(STANDARD.encode(seed.as_slice())), PublicKey::Ed25519(pair.public_key().as_ref().to_vec())))
        }
        Sort::Rsa => {
            let key = rsa::RsaPrivateKey::new(&mut Chance(entropy), RSA_BITS).map_err(|error| error.to_string())?;
            let der = key.to_pkcs8_der().map_err(|error| error.to_string())?;
            let pair = RsaKeyPair::from_pkcs8(der.as_bytes()).map_err(|error| error.to_string())?;
            let RsaPublicKeyComponents::<Vec<u8>> { n, e } = pair.public().into();
            Ok((Secret::new(STANDARD.encode(der.as_bytes())), PublicKey::Rsa { n, e }))
        }
    }
}

/// Chance as the maker of primes wants it.
struct Chance<'a>(&'a dyn Entropy);

impl rsa::rand_core::TryRng for Chance<'_> {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), Self::Error> {
        self.0.fill(to);
        Ok(())
    }
}

impl rsa::rand_core::TryCryptoRng for Chance<'_> {}

fn purpose(row: &OauthKeyRow) -> Vec<u8> {
    [b"key that signs tokens ", row.algorithm.as_bytes(), b" ", row.kid.as_bytes()].concat()
}

fn seal(app: &App, row: &OauthKeyRow, secret: &Secret) -> Result<Sealed> {
    app.sealing.seal(app.entropy.as_ref(), &purpose(row), secret)
}

fn open(app: &App, row: &OauthKeyRow) -> Result<Secret, Closed> {
    app.sealing.open(&row.key_id, &purpose(row), &row.sealed)
}

/// What the keys at hand make of all keys that sign tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysReport {
    /// Those that are kept.
    pub keys: u64,
    /// Those that were sealed again under the present key.
    pub resealed: u64,
    /// Those that do not open, by their names, and why.
    pub closed: Vec<(String, Closed)>,
}

/// Opens every key that signs tokens, and seals it again under the present key if `reseal` says so and an earlier one sealed it.
pub async fn check_oauth_keys(app: &App, reseal: bool) -> Result<KeysReport> {
    let mut report = KeysReport::default();
    for row in app.store.list_oauth_keys(Timestamp(i64::MIN)).await? {
        report.keys += 1;
        match open(app, &row) {
            Ok(secret) if reseal && row.key_id != app.sealing.current() => {
                let sealed = seal(app, &row, &secret)?;
                let mut tx = app.store.begin().await?;
                report.resealed += u64::from(tx.reseal_oauth_key(&row.kid, &sealed.key_id, &sealed.bytes).await?);
                tx.commit().await?;
            }
            Ok(_) => {}
            Err(why) => report.closed.push((row.kid, why)),
        }
    }
    Ok(report)
}
