//! What makes a password acceptable: long enough, not the obvious one. No rules about kinds of characters, which only
//! make people predictable (NIST SP 800-63B section 5.1.1.2).

use crate::error::Invalid;

/// The fewest characters.
pub const MIN_CHARS: usize = 8;
/// The most bytes: a bound on the work, far above any passphrase.
pub const MAX_BYTES: usize = 1024;

/// The first guesses of every attacker that are eight characters or longer.
const COMMON: &[&str] = &[
    "password",
    "password1",
    "password12",
    "password123",
    "passw0rd",
    "p@ssw0rd",
    "12345678",
    "123456789",
    "1234567890",
    "11111111",
    "00000000",
    "87654321",
    "qwertyui",
    "qwertyuiop",
    "qwerty123",
    "1q2w3e4r",
    "1qaz2wsx",
    "abcd1234",
    "abc12345",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "trustno1",
    "letmein1",
    "welcome1",
    "welcome123",
    "changeme",
    "admin123",
    "administrator",
    "adminadmin",
    "rootroot",
    "testtest",
    "asdfasdf",
    "asdfghjkl",
    "zxcvbnm1",
    "computer",
    "internet",
];

/// Checks a new password for the account of this name and e-mail address.
pub fn check(password: &str, name: &str, email: &str) -> Result<(), Invalid> {
    let refuse = |why: String| Err(Invalid::new("password", why));
    let chars = password.chars().count();
    if chars < MIN_CHARS {
        return refuse(format!("needs {MIN_CHARS} characters or more, has {chars}"));
    }
    if password.len() > MAX_BYTES {
        return refuse(format!("may have {MAX_BYTES} bytes at most"));
    }
    if password.contains('\0') {
        return refuse("must not hold a null character".to_owned());
    }
    let lower = password.to_lowercase();
    let mut rest = lower.chars();
    let first = rest.next();
    if rest.all(|c| Some(c) == first) {
        return refuse("must not be one character repeated".to_owned());
    }
    if COMMON.contains(&lower.as_str()) {
        return refuse("is among the first that everybody tries; choose another".to_owned());
    }
    let local = email.split('@').next().unwrap_or_default();
    if [name, email, local].iter().any(|own| !own.is_empty() && lower == own.to_lowercase()) {
        return refuse("must not be the user's own name or address".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn long_and_unusual_passes_whatever_its_characters() {
        for good in ["correct horse", "öäüßöäüß", "aaaaaaab", &"a b".repeat(300)] {
            assert!(check(good, "alice", "alice@example.org").is_ok(), "{good}");
        }
    }

    #[test]
    fn short_common_own_or_hostile_is_refused() {
        for bad in ["", "short", "Password", "11111111", "ääääääää", "alice-name", "Alice@Example.org", "nul\0nul\0nul", &"ab".repeat(600)]
        {
            assert!(check(bad, "alice-name", "alice@example.org").is_err(), "{bad:?}");
        }
    }
}
