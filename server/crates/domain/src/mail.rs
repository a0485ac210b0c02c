//! Mails that this server sends: what they are about, how many one address gets, and when one that did not arrive is tried again.

use std::time::Duration;

use crate::time::Timestamp;

/// Tries go on for so long; then a mail is given up.
pub const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// Mails in an hour to one address that somebody asked for who need not be its owner.
pub const ASKED_FOR: u32 = 5;
/// Mails in an hour to one address about what happened.
pub const NOTICES: u32 = 20;
/// Requests in an hour from one network that send mails to addresses which strangers typed.
pub const FROM_NETWORK: u32 = 20;

/// The pause after each failed try; the last holds for all that follow.
const PAUSES: [u64; 6] = [30, 2 * 60, 10 * 60, 30 * 60, 3600, 3 * 3600];

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailKind {
    /// Whoever answers it may choose a new password.
    Reset,
    /// Whoever answers it has an account, or waits for approval.
    SignUp,
    /// Whoever answers it owns the address.
    Verify,
    /// The account that was asked for is there.
    Approved,
    /// The password was changed.
    PasswordChanged,
    /// The addresses of the account were changed.
    AddressChanged,
    /// A key or a token was added.
    CredentialAdded,
    /// The second factor was set up, changed, given up, or a recovery code used.
    FactorChanged,
    /// Somebody who has the password guesses at codes.
    CodesTried,
    /// A webhook or a plugin is not told of events any more.
    DeliveryStopped,
}

impl MailKind {
    const ALL: [MailKind; 10] = [
        MailKind::Reset,
        MailKind::SignUp,
        MailKind::Verify,
        MailKind::Approved,
        MailKind::PasswordChanged,
        MailKind::AddressChanged,
        MailKind::CredentialAdded,
        MailKind::FactorChanged,
        MailKind::CodesTried,
        MailKind::DeliveryStopped,
    ];

    /// The word in rows.
    pub fn as_str(self) -> &'static str {
        match self {
            MailKind::Reset => "reset",
            MailKind::SignUp => "sign-up",
            MailKind::Verify => "verify",
            MailKind::Approved => "approved",
            MailKind::PasswordChanged => "password-changed",
            MailKind::AddressChanged => "address-changed",
            MailKind::CredentialAdded => "credential-added",
            MailKind::FactorChanged => "factor-changed",
            MailKind::CodesTried => "codes-tried",
            MailKind::DeliveryStopped => "delivery-stopped",
        }
    }

    /// The reverse of [`MailKind::as_str`].
    pub fn parse(word: &str) -> Option<MailKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// How many of it and its like one address gets in an hour, and what they are counted under.
    pub fn bound(self) -> (&'static str, u32) {
        match self {
            MailKind::Reset | MailKind::SignUp | MailKind::Verify => ("asked", ASKED_FOR),
            _ => ("notice", NOTICES),
        }
    }
}

/// When a mail is tried again of which this try (from 1) failed; `None` once it was tried for a day. `chance` makes pauses up to a fifth
/// longer, so that what failed together is not tried again together.
pub fn next_try(attempt: u32, asked_at: Timestamp, now: Timestamp, chance: u8) -> Option<Timestamp> {
    let place = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(PAUSES.len() - 1);
    let pause = Duration::from_secs(PAUSES.get(place).copied().unwrap_or(3600));
    let pause = pause + pause * u32::from(chance) / (5 * 255);
    let millis = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    let next = Timestamp(now.0.saturating_add(millis(pause)));
    (next.0.saturating_sub(asked_at.0) <= millis(PATIENCE)).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEN: Timestamp = Timestamp(1_000_000_000);

    #[test]
    fn a_mail_is_tried_for_a_day_with_growing_pauses_and_then_no_more() {
        let (mut now, mut tries) = (THEN, 0);
        while let Some(next) = next_try(tries + 1, THEN, now, 255) {
            assert!(next.0 > now.0);
            (now, tries) = (next, tries + 1);
        }
        assert!((8..20).contains(&tries), "{tries} tries");
        assert!(now.0 - THEN.0 > 18 * 3600 * 1000 && now.0 - THEN.0 <= 24 * 3600 * 1000);
        assert_eq!(next_try(1, THEN, THEN, 0), Some(THEN.plus_seconds(30)));
        assert_eq!(next_try(1, THEN, THEN, 255), Some(THEN.plus_seconds(36)));
        assert_eq!(next_try(u32::MAX, THEN, THEN, 0), Some(THEN.plus_seconds(3 * 3600)));
    }

    #[test]
    fn kinds_come_back_from_their_words() {
        for kind in MailKind::ALL {
            assert_eq!(MailKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(MailKind::parse("spam"), None);
    }
}
