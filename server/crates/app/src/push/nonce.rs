//! Nonces of push certificates: a word of this server that a pusher signs, so that a certificate is good for one repository, for a
//! short time, and once. Nothing is stored when one is given: HTTP asks for a push in one request and sends it in another.

use hardie_domain::certificate::NonceStatus;
use hardie_domain::ids::RepoId;
use hardie_domain::time::Timestamp;

use crate::App;
use crate::signing::SigningKey;

/// What is signed here and nowhere else.
const PURPOSE: &[u8] = b"hardie push nonce 1\0";
/// How long after it was given a nonce is taken: somebody may have to find a security key, and a pack may have to be counted. Clocks
/// of nodes may differ by as much.
pub const WINDOW_SECONDS: i64 = 900;
const SALT_BYTES: usize = 8;

/// A new nonce for a push to this repository.
pub(crate) fn make_nonce(app: &App, repo: RepoId) -> String {
    let mut salt = [0; SALT_BYTES];
    app.entropy.fill(&mut salt);
    seal(&app.signing, repo, app.clock.now(), salt)
}

/// `SECONDS-SALT-SEAL`: two pushes in one second have two nonces.
fn seal(key: &SigningKey, repo: RepoId, at: Timestamp, salt: [u8; SALT_BYTES]) -> String {
    let seal = key.seal(PURPOSE, &message(repo, at.seconds(), &salt));
    format!("{}-{}-{}", at.seconds(), hex::encode(salt), hex::encode(seal))
}

fn message(repo: RepoId, seconds: i64, salt: &[u8]) -> Vec<u8> {
    [&repo.0.to_be_bytes()[..], &seconds.to_be_bytes(), salt].concat()
}

/// What a nonce is worth now. `given` is the one of this conversation, where there is a conversation.
pub(super) fn judge(key: &SigningKey, repo: RepoId, now: Timestamp, given: Option<&str>, sent: Option<&str>) -> NonceStatus {
    let Some(sent) = sent else { return NonceStatus::Missing };
    if let Some(given) = given {
        return if given == sent { NonceStatus::Ok } else { NonceStatus::Bad };
    }
    match open(key, repo, sent) {
        None => NonceStatus::Bad,
        Some(seconds) if seconds.abs_diff(now.seconds()) <= WINDOW_SECONDS.unsigned_abs() => NonceStatus::Ok,
        Some(_) => NonceStatus::Slop,
    }
}

/// When this key made it for this repository.
fn open(key: &SigningKey, repo: RepoId, text: &str) -> Option<i64> {
    let mut parts = text.split('-');
    let (seconds, salt, seal) = (parts.next()?, parts.next()?, parts.next()?);
    // One spelling alone: a nonce serves once by its text.
    let canonical = parts.next().is_none() && !text.bytes().any(|b| b.is_ascii_uppercase() || b == b'+');
    let seconds: i64 = seconds.parse().ok().filter(|number: &i64| canonical && number.to_string() == seconds)?;
    let (salt, seal) = (hex::decode(salt).ok()?, hex::decode(seal).ok()?);
    key.is_sealed(PURPOSE, &message(repo, seconds, &salt), &seal).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_700_000_000_123);

    fn key() -> SigningKey {
        SigningKey::new([7; 32])
    }

    fn made() -> String {
        seal(&key(), RepoId(3), NOW, [1; SALT_BYTES])
    }

    #[test]
    fn a_nonce_is_good_for_its_repository_and_its_time() {
        let nonce = made();
        assert!(nonce.len() < 256 && nonce.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{nonce}");
        let at = |repo, seconds| judge(&key(), RepoId(repo), NOW.plus_seconds(seconds), None, Some(&nonce));
        for (repo, seconds, expected) in [
            (3, 0, NonceStatus::Ok),
            (3, WINDOW_SECONDS, NonceStatus::Ok),
            (3, -WINDOW_SECONDS, NonceStatus::Ok),
            (3, WINDOW_SECONDS + 1, NonceStatus::Slop),
            (3, -WINDOW_SECONDS - 1, NonceStatus::Slop),
            (4, 0, NonceStatus::Bad),
        ] {
            assert_eq!(at(repo, seconds), expected, "{repo} {seconds}");
        }
        assert_eq!(judge(&SigningKey::new([8; 32]), RepoId(3), NOW, None, Some(&nonce)), NonceStatus::Bad);
        assert_eq!(judge(&key(), RepoId(3), NOW, None, None), NonceStatus::Missing);
    }

    #[test]
    fn in_a_conversation_only_its_own_nonce_is_good() {
        let (mine, other) = (made(), seal(&key(), RepoId(3), NOW, [2; SALT_BYTES]));
        let judged = |sent: &str| judge(&key(), RepoId(3), NOW, Some(&mine), Some(sent));
        assert_eq!((judged(&mine), judged(&other), judged("")), (NonceStatus::Ok, NonceStatus::Bad, NonceStatus::Bad));
        assert_eq!(judge(&key(), RepoId(3), NOW, Some(&mine), None), NonceStatus::Missing);
    }

    #[test]
    fn any_other_text_is_none_of_ours() {
        let nonce = made();
        for at in 0..nonce.len() {
            let mut text = nonce.clone().into_bytes();
            text[at] = if text[at] == b'1' { b'2' } else { b'1' };
            assert_eq!(judge(&key(), RepoId(3), NOW, None, std::str::from_utf8(&text).ok()), NonceStatus::Bad, "{at}");
        }
        let seconds = NOW.seconds();
        let spellings = [nonce.to_uppercase(), format!("+{nonce}"), format!("0{nonce}"), format!("{nonce}-"), format!(" {nonce}")];
        let cuts = [String::new(), "-".into(), "--".into(), format!("{seconds}"), format!("{seconds}--"), nonce[..nonce.len() - 2].into()];
        for text in spellings.iter().chain(&cuts) {
            assert_eq!(judge(&key(), RepoId(3), NOW, None, Some(text)), NonceStatus::Bad, "{text}");
        }
    }
}
