//! What is found out about a push certificate (`git push --signed`).

/// What became of the server's word that the certificate says back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NonceStatus {
    /// Ours, for this repository, and fresh.
    Ok,
    /// Ours, for this repository, and too old, or of a clock that is ahead.
    Slop,
    /// Not ours, or for another repository or conversation.
    Bad,
    /// The certificate has none.
    Missing,
    /// Ours and fresh, but an earlier push has used it.
    Replayed,
}

const NONCES: [(NonceStatus, &str); 5] = [
    (NonceStatus::Ok, "OK"),
    (NonceStatus::Slop, "SLOP"),
    (NonceStatus::Bad, "BAD"),
    (NonceStatus::Missing, "MISSING"),
    (NonceStatus::Replayed, "REPLAYED"),
];

impl NonceStatus {
    /// The word in rows and in the API: git's, where it has one.
    pub fn as_str(self) -> &'static str {
        NONCES.iter().find(|(status, _)| *status == self).map_or("", |(_, word)| word)
    }

    /// The reverse of [`NonceStatus::as_str`].
    pub fn parse(word: &str) -> Option<NonceStatus> {
        NONCES.iter().find(|(_, known)| *known == word).map(|(status, _)| *status)
    }
}

/// What the signature proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureStatus {
    /// A key of whoever pushed has signed.
    Good,
    /// It is none, or does not fit.
    Bad,
    /// The key is not one of whoever pushed.
    Stranger,
    /// A kind of signature that this server does not check.
    Unchecked,
}

const SIGNATURES: [(SignatureStatus, &str); 4] = [
    (SignatureStatus::Good, "good"),
    (SignatureStatus::Bad, "bad"),
    (SignatureStatus::Stranger, "stranger"),
    (SignatureStatus::Unchecked, "unchecked"),
];

impl SignatureStatus {
    /// The word in rows and in the API.
    pub fn as_str(self) -> &'static str {
        SIGNATURES.iter().find(|(status, _)| *status == self).map_or("", |(_, word)| word)
    }

    /// The reverse of [`SignatureStatus::as_str`].
    pub fn parse(word: &str) -> Option<SignatureStatus> {
        SIGNATURES.iter().find(|(_, known)| *known == word).map(|(status, _)| *status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back_to_what_they_stand_for() {
        for (status, word) in NONCES {
            assert_eq!((status.as_str(), NonceStatus::parse(word)), (word, Some(status)));
        }
        for (status, word) in SIGNATURES {
            assert_eq!((status.as_str(), SignatureStatus::parse(word)), (word, Some(status)));
        }
        assert_eq!((NonceStatus::parse("ok"), SignatureStatus::parse("")), (None, None));
    }
}
