//! Recovery codes: each stands once for the authenticator app that was lost. They are kept as hashes: 80 random bits are not guessed.

use hardie_domain::base32;
use hardie_domain::ids::AccountId;
use hardie_domain::secret::Secret;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::ports::Entropy;

/// How many an account has at first.
pub(super) const CODES: usize = 10;
const CODE_BYTES: usize = 10;
/// Characters of one as it is compared: in lower case, without what groups them.
pub(super) const CODE_CHARS: usize = 16;
const GROUP: usize = 4;

/// As many as an account has, each in four groups.
pub(super) fn generate(entropy: &dyn Entropy) -> Vec<Secret> {
    (0..CODES).map(|_| one(entropy)).collect()
}

/// One of them; also the form of the codes that passkeys give.
pub(super) fn one(entropy: &dyn Entropy) -> Secret {
    let mut bytes = Zeroizing::new([0u8; CODE_BYTES]);
    entropy.fill(bytes.as_mut());
    let text = base32::encode(bytes.as_ref()).to_lowercase();
    let groups: Vec<&str> = (0..CODE_CHARS / GROUP).filter_map(|n| text.get(n * GROUP..(n + 1) * GROUP)).collect();
    Secret::new(groups.join("-"))
}

/// What is kept of one: good for this account alone. `code` is as [`plain`] gives it.
pub(super) fn hash_of(account: AccountId, code: &str) -> [u8; 32] {
    let hash = Sha256::new().chain_update(b"hardie recovery code 1\0").chain_update(account.0.to_be_bytes());
    hash.chain_update(code.as_bytes()).finalize().into()
}

/// A code as somebody typed it, without spaces, hyphens and case: either sort.
pub(super) fn plain(typed: &Secret) -> Secret {
    let kept = typed.expose().chars().filter(|c| !c.is_whitespace() && *c != '-').take(CODE_CHARS + 1);
    Secret::new(kept.map(|c| c.to_ascii_lowercase()).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counting(std::sync::atomic::AtomicU8);

    impl Entropy for Counting {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.fill(self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
        }
    }

    #[test]
    fn codes_differ_and_are_taken_however_they_are_typed() {
        let codes = generate(&Counting(0.into()));
        let all: std::collections::BTreeSet<_> = codes.iter().map(|code| code.expose().to_owned()).collect();
        assert_eq!((codes.len(), all.len()), (CODES, CODES));
        let code = codes[7].expose();
        assert_eq!((code.len(), code.matches('-').count()), (19, 3), "{code}");
        let typed = Secret::new(format!(" {} ", code.to_uppercase().replace('-', " ")));
        assert_eq!((plain(&typed), plain(&typed).expose().len()), (plain(&codes[7]), CODE_CHARS));
        assert_eq!(plain(&Secret::new("123 456")).expose(), "123456");
    }

    #[test]
    fn what_is_kept_is_one_account_s() {
        assert_ne!(hash_of(AccountId(1), "abcd"), hash_of(AccountId(2), "abcd"));
    }
}
