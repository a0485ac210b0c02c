//! Challenges: what is signed, so that an answer counts for one question, of one browser, and once.
//!
//! A challenge is made of chance that the browser keeps in a cookie, sealed together with what is asked and of whom. So nothing is stored for strangers who ask and
//! never answer; what was answered is a row until the challenge would have expired.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardie_domain::access::{Actor, Credential};
use hardie_domain::ids::AccountId;
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;

use crate::ports::Entropy;
use crate::signing::SigningKey;
use crate::{Error, Result};

/// Time to find the key and to touch it.
pub(super) const LIFE_SECONDS: i64 = 300;
const PURPOSE: &[u8] = b"hardie passkey challenge 1\0";
const CHANCE_BYTES: usize = 32;

/// What is asked. An answer to one counts for no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// A new passkey of somebody who gave the password (and a code) a moment ago.
    Add {
        /// Whose.
        account: AccountId,
        /// By which credential they asked.
        by: (u8, i64),
        /// The password that was given: with another, the question is another.
        password: i64,
        /// Whether a second factor was there, and so given too.
        with_factor: bool,
    },
    /// Who are you?
    SignIn,
    /// Are you the one whose password you gave?
    Second(AccountId),
    /// A code for whoever is signed in.
    Code {
        /// Who.
        account: AccountId,
        /// By which credential they asked.
        by: (u8, i64),
    },
}

impl Question {
    fn bytes(self) -> [u8; 27] {
        let (kind, account, (sort, id), (password, with_factor)) = match self {
            Question::Add { account, by, password, with_factor } => (1u8, account.0, by, (password, with_factor)),
            Question::SignIn => (2, 0, (0, 0), (0, false)),
            Question::Second(account) => (3, account.0, (0, 0), (0, false)),
            Question::Code { account, by } => (4, account.0, by, (0, false)),
        };
        let mut bytes = [0; 27];
        let numbers = [account, id, password].into_iter().flat_map(i64::to_be_bytes);
        let parts = [kind, sort, u8::from(with_factor)].into_iter().chain(numbers);
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        bytes
    }
}

/// The credential of somebody who asks, for [`Question`].
pub(super) fn credential_of(actor: &Actor) -> (u8, i64) {
    match actor.credential {
        Credential::Session(id) => (1, id.0),
        Credential::Token(id) => (2, id.0),
        Credential::SshKey(id) => (3, id.0),
        Credential::DeployKey(id) => (4, id.0),
        Credential::Password => (5, 0),
        Credential::System => (6, 0),
        Credential::Grant(id) => (7, id.0),
    }
}

/// A challenge, and until when an answer to it counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    pub bytes: [u8; 32],
    pub expires_at: Timestamp,
}

/// A challenge that nobody was asked before, and what the browser keeps of it.
pub(super) fn make(key: &SigningKey, entropy: &dyn Entropy, question: Question, now: Timestamp) -> (Challenge, Secret) {
    let mut chance = [0u8; CHANCE_BYTES];
    entropy.fill(&mut chance);
    let expires_at = now.plus_seconds(LIFE_SECONDS);
    let cookie = [chance.as_slice(), &expires_at.0.to_be_bytes()].concat();
    (Challenge { bytes: sealed(key, question, &cookie), expires_at }, Secret::new(URL_SAFE_NO_PAD.encode(cookie)))
}

/// The challenge of the browser that answers, if it is an answer to this question.
pub(super) fn of_browser(key: &SigningKey, question: Question, cookie: Option<&Secret>, now: Timestamp) -> Result<Challenge> {
    let read = || {
        let bytes = URL_SAFE_NO_PAD.decode(cookie?.expose()).ok()?;
        let (_, end) = bytes.split_first_chunk::<CHANCE_BYTES>()?;
        let expires_at = Timestamp(i64::from_be_bytes(end.try_into().ok()?));
        (expires_at > now).then(|| Challenge { bytes: sealed(key, question, &bytes), expires_at })
    };
    read().ok_or_else(|| Error::unauthenticated("this took too long, or was begun in another browser: try again"))
}

fn sealed(key: &SigningKey, question: Question, cookie: &[u8]) -> [u8; 32] {
    key.seal(PURPOSE, &[question.bytes().as_slice(), cookie].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Entropy for Fixed {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(7);
        }
    }

    const NOW: Timestamp = Timestamp(1_000_000);

    #[test]
    fn a_challenge_is_one_for_its_question_its_browser_and_its_minutes() {
        let key = SigningKey::new([1; 32]);
        let question = Question::Second(AccountId(3));
        let (made, cookie) = make(&key, &Fixed, question, NOW);
        assert_eq!(of_browser(&key, question, Some(&cookie), NOW).unwrap(), made);
        assert_eq!(of_browser(&key, question, Some(&cookie), NOW.plus_seconds(299)).unwrap(), made);
        assert!(of_browser(&key, question, Some(&cookie), NOW.plus_seconds(300)).is_err());
        let by = (1, 9);
        let others = [
            Question::SignIn,
            Question::Second(AccountId(4)),
            Question::Code { account: AccountId(3), by: (0, 0) },
            Question::Code { account: AccountId(3), by },
            Question::Add { account: AccountId(3), by, password: 5, with_factor: false },
            Question::Add { account: AccountId(3), by: (2, 9), password: 5, with_factor: false },
            Question::Add { account: AccountId(3), by, password: 6, with_factor: false },
            Question::Add { account: AccountId(3), by, password: 5, with_factor: true },
        ];
        let mut seen = vec![made.bytes];
        for other in others {
            let bytes = of_browser(&key, other, Some(&cookie), NOW).unwrap().bytes;
            assert!(!seen.contains(&bytes), "{other:?}");
            seen.push(bytes);
        }
        assert_ne!(of_browser(&SigningKey::new([2; 32]), question, Some(&cookie), NOW).unwrap(), made);
    }

    #[test]
    fn no_cookie_one_that_is_cut_and_one_that_says_it_lasts_give_no_challenge_that_was_asked() {
        let key = SigningKey::new([1; 32]);
        let (made, cookie) = make(&key, &Fixed, Question::SignIn, NOW);
        assert!(of_browser(&key, Question::SignIn, None, NOW).is_err());
        for broken in ["", "AAAA", "not base64!", &cookie.expose()[1..]] {
            assert!(of_browser(&key, Question::SignIn, Some(&Secret::new(broken)), NOW).is_err(), "{broken}");
        }
        let longer = [[7u8; 32].as_slice(), &i64::MAX.to_be_bytes()].concat();
        let forged = Secret::new(URL_SAFE_NO_PAD.encode(longer));
        assert_ne!(of_browser(&key, Question::SignIn, Some(&forged), NOW).unwrap().bytes, made.bytes);
    }
}
