//! Whether the signature of a commit or tag is that of the person it names: made with a key of the account that has proven the address.
//!
//! Asked by pages and by the one door for refs alike; what counts there counts here.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use hardie_domain::ids::AccountId;
use hardie_domain::oid::Oid;
use hardie_domain::plugin::Signed;
use hardie_domain::sshkey::fingerprint;
use hardie_git::odb::Odb;
use hardie_git::read;
use hardie_git::signature::openpgp::{Checked, Detached, PublicKey};
use hardie_git::signature::{self, GIT, Signature, SshSignature};
use hardie_store::Tx;
use hardie_store::gpg_keys::GpgKeyRow;
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;

use crate::browse::known::Known;
use crate::browse::{account_of, people_of, with_trust};
use crate::{App, Error, Result};

/// Signatures looked at in one go: keys are looked up so many at a time.
const AT_ONCE: usize = 50;

/// By the object and a hash of the key; `None` for a signature that does not fit.
type Computed = Known<(Oid, [u8; 32]), Option<Checked>>;

/// What was computed of a signature with a key, by the object and a hash of the key: it is always the same.
static COMPUTED: LazyLock<Computed> = LazyLock::new(|| Known::new(20_000));

/// What a signature is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// There is none.
    Unsigned,
    /// Made with this key of the account with the address: a key id, or the fingerprint of an SSH key.
    Good(String),
    /// No account has proven the address.
    NoAccount,
    /// The account has no such key, or the key is not for this address.
    UnknownKey,
    /// It does not fit what it is about, or the key did not count when it was made.
    Bad,
    /// It cannot be read, is too long, or of a kind that is not checked here.
    Unreadable,
}

impl Trust {
    /// Whether it is proven who made the object.
    pub fn is_good(&self) -> bool {
        matches!(self, Trust::Good(_))
    }

    /// Why not, in words that follow "is".
    pub fn objection(&self) -> &'static str {
        match self {
            Trust::Good(_) => "signed",
            Trust::Unsigned => "not signed",
            Trust::NoAccount => "signed, but its committer's address belongs to no account",
            Trust::UnknownKey => "signed, but not with a key of its committer's account",
            Trust::Bad => "signed with a signature that does not fit",
            Trust::Unreadable => "signed with a signature that is not read here",
        }
    }
}

/// A signature to be looked at.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// The commit or tag.
    pub id: Oid,
    /// Its signature.
    pub signed: Option<Arc<Signed>>,
    /// The address of its committer or tagger.
    pub email: Vec<u8>,
    /// The account that has proven the address.
    pub account: Option<AccountId>,
}

enum Parsed {
    Ssh(SshSignature),
    OpenPgp(Detached),
    Not(Trust),
}

/// A key that may have made a signature.
struct Candidate {
    hash: [u8; 32],
    kind: CandidateKind,
}

enum CandidateKind {
    Ssh,
    OpenPgp(Arc<PublicKey>),
}

/// What each signature is worth, in their order.
pub(crate) async fn judge(app: &App, subjects: Vec<Subject>) -> Result<Vec<Trust>> {
    let mut found = Vec::with_capacity(subjects.len());
    let mut rest = subjects;
    while !rest.is_empty() {
        let left = rest.split_off(rest.len().min(AT_ONCE));
        found.extend(judge_some(app, rest).await?);
        rest = left;
    }
    Ok(found)
}

/// Who made a signature that counts: what of it rows tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Signer {
    /// The committer's address, in small letters: as it is written there would be as many as commits.
    email: Vec<u8>,
    /// The account that has proven it.
    account: AccountId,
    /// The key: an id, or the fingerprint of an SSH key.
    key: String,
}

/// Who signed these commits; or the first of them that nobody has signed as it ought to be, and what is wrong with it.
pub(crate) async fn signers(app: &App, odb: &Arc<Odb>, commits: &[Oid]) -> Result<std::result::Result<HashSet<Signer>, (Oid, Trust)>> {
    let mut signers = HashSet::new();
    for some in commits.chunks(AT_ONCE) {
        let (odb, some) = (odb.clone(), some.to_vec());
        let infos = spawn_blocking(move || some.iter().map(|id| read::commit(&odb, id)).collect::<hardie_git::Result<Vec<_>>>());
        let infos = infos.await.map_err(Error::internal)?.map_err(Error::internal)?;
        let emails: Vec<&Vec<u8>> = infos.iter().map(|info| &info.committer.email).collect();
        let people = people_of(app, &emails).await?;
        let trusts = with_trust(app, &infos, &people).await?;
        for (info, trust) in infos.into_iter().zip(trusts) {
            let email = info.committer.email;
            match (trust, people.get(&email).and_then(Option::as_ref)) {
                (Trust::Good(key), Some(account)) => {
                    signers.insert(Signer { account: account.id, email: email.to_ascii_lowercase(), key });
                }
                (trust, _) => return Ok(Err((info.id, trust))),
            }
        }
    }
    Ok(Ok(signers))
}

/// Whether the addresses are still these accounts', and the keys still theirs.
pub(crate) async fn still_sign(app: &App, tx: &mut Tx, signers: &HashSet<Signer>) -> Result<bool> {
    for signer in signers {
        let account = account_of!(tx, app, &signer.email);
        if account.is_none_or(|account| account.id != signer.account) {
            return Ok(false);
        }
        let ssh = tx.find_keys_by_fingerprints(std::slice::from_ref(&signer.key)).await?;
        let gpg = tx.find_gpg_keys_by_ids(&[signer.account], std::slice::from_ref(&signer.key)).await?;
        let counts = |row: &GpgKeyRow| row.proven || PublicKey::read(&row.armour).is_ok_and(|key| names(&key, &signer.email));
        if !ssh.iter().any(|key| key.account == signer.account) && !gpg.iter().any(counts) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn judge_some(app: &App, subjects: Vec<Subject>) -> Result<Vec<Trust>> {
    if subjects.iter().all(|subject| subject.signed.is_none()) {
        return Ok(vec![Trust::Unsigned; subjects.len()]);
    }
    let read = spawn_blocking(move || subjects.into_iter().map(|subject| (parse(&subject), subject)).collect::<Vec<_>>());
    let parsed = read.await.map_err(Error::internal)?;
    let accounts: HashSet<AccountId> = parsed.iter().filter_map(|(_, subject)| subject.account).collect();
    let (mut prints, mut ids) = (HashSet::new(), HashSet::new());
    for (parsed, _) in &parsed {
        match parsed {
            Parsed::Ssh(signature) => {
                prints.insert(fingerprint(signature.key()));
            }
            Parsed::OpenPgp(signature) => {
                ids.insert(signature.issuer().to_owned());
            }
            Parsed::Not(_) => {}
        }
    }
    let ssh = app.store.find_keys_by_fingerprints(&prints.into_iter().collect::<Vec<_>>()).await?;
    let accounts: Vec<AccountId> = accounts.into_iter().collect();
    let gpg = app.store.find_gpg_keys_by_ids(&accounts, &ids.into_iter().collect::<Vec<_>>()).await?;
    let now = app.clock.now().seconds();
    let judged = spawn_blocking(move || {
        let read = gpg.into_iter().filter_map(|row| Some((Arc::new(PublicKey::read(&row.armour).ok()?), row)));
        let gpg: Vec<_> = read.collect();
        let one = |(parsed, subject): (Parsed, Subject)| {
            let Some(account) = subject.account else {
                return if let Parsed::Not(why) = parsed { why } else { Trust::NoAccount };
            };
            let candidate = match &parsed {
                Parsed::Not(why) => return why.clone(),
                Parsed::Ssh(signature) => ssh
                    .iter()
                    .find(|key| key.account == account && key.blob == signature.key())
                    .map(|key| Candidate { hash: hash(&key.blob), kind: CandidateKind::Ssh }),
                Parsed::OpenPgp(signature) => gpg
                    .iter()
                    .find(|(key, row)| row.account == account && is_of(key, signature) && (row.proven || names(key, &subject.email)))
                    .map(|(key, row)| Candidate { hash: hash(row.armour.as_bytes()), kind: CandidateKind::OpenPgp(key.clone()) }),
            };
            candidate.map_or(Trust::UnknownKey, |candidate| compute(&parsed, &subject, &candidate, now))
        };
        parsed.into_iter().map(one).collect()
    });
    judged.await.map_err(Error::internal)
}

fn parse(subject: &Subject) -> Parsed {
    let Some(signed) = &subject.signed else { return Parsed::Not(Trust::Unsigned) };
    match signature::read(&signed.signature) {
        Ok(Signature::Ssh(signature)) => Parsed::Ssh(signature),
        Ok(Signature::Other(_)) => Detached::read(&signed.signature).map_or(Parsed::Not(Trust::Unreadable), Parsed::OpenPgp),
        Err(_) => Parsed::Not(Trust::Unreadable),
    }
}

fn hash(key: &[u8]) -> [u8; 32] {
    Sha256::digest(key).into()
}

fn is_of(key: &PublicKey, signature: &Detached) -> bool {
    key.parts().iter().any(|part| part.key_id == signature.issuer())
}

/// Whether the key says that it is for this address.
fn names(key: &PublicKey, email: &[u8]) -> bool {
    std::str::from_utf8(email).is_ok_and(|email| key.emails().iter().any(|own| own.to_lowercase() == email.to_lowercase()))
}

fn compute(parsed: &Parsed, subject: &Subject, candidate: &Candidate, now: i64) -> Trust {
    let key = (subject.id, candidate.hash);
    let computed = COMPUTED.get(&key).unwrap_or_else(|| {
        let payload = subject.signed.as_ref().map(|signed| signed.payload.as_slice()).unwrap_or_default();
        let checked = match (parsed, &candidate.kind) {
            (Parsed::Ssh(signature), CandidateKind::Ssh) => {
                let key_id = fingerprint(signature.key());
                signature.check(GIT, payload).ok().map(|()| Checked { key_id, until: None })
            }
            (Parsed::OpenPgp(signature), CandidateKind::OpenPgp(key)) => key.check(signature, payload).ok(),
            _ => None,
        };
        COMPUTED.put(key, checked.clone());
        checked
    });
    match computed {
        Some(checked) if checked.until.is_none_or(|end| now < end) => Trust::Good(checked.key_id),
        _ => Trust::Bad,
    }
}
