//! What looks like a secret and is none: stand-ins, references, words.

/// Parts of stand-ins, in small letters, and marks of references.
const STAND_INS: &[&[u8]] = &[
    b"example",
    b"changeme",
    b"change_me",
    b"change-me",
    b"placeholder",
    b"your",
    b"dummy",
    b"sample",
    b"redacted",
    b"insert",
    b"xxxx",
    b"****",
    b"....",
    b"fake",
    b"mock",
    b"test",
    b"foobar",
    b"not-a",
    b"not_a",
    b"12345678",
    b"abcdefgh",
    b"01234567",
    b"qwerty",
    b"deadbeef",
    b"process.env",
    b"getenv",
    b"environ",
    b"secrets.",
    b"localhost",
    b"password",
    b"passwd",
    b"secret",
    b"token",
    b"${",
    b"$(",
    b"{{",
    b"%(",
    b"%{",
    b"#{",
    b"://",
];

/// Whether a password or key is only a stand-in or a reference to one.
pub fn is_stand_in(value: &[u8]) -> bool {
    let small = value.to_ascii_lowercase();
    let parts = |at: usize| small.get(at..).unwrap_or_default();
    let maybe = |pair: &[u8]| pair.first_chunk().is_some_and(|pair| FIRST_TWO.get(slot(*pair)).copied().unwrap_or(true));
    let mut pairs = small.windows(2).enumerate().filter(|(_, pair)| maybe(pair));
    small.first().is_some_and(|first| matches!(first, b'$' | b'%' | b'@' | b'{'))
        || small.contains(&b'<')
        || pairs.any(|(at, _)| STAND_INS.iter().any(|part| parts(at).starts_with(part)))
}

/// Which pairs of bytes a stand-in begins with: a value is long and there are many of them.
const FIRST_TWO: [bool; 1024] = {
    let mut table = [false; 1024];
    let mut rest: &[&[u8]] = STAND_INS;
    while let Some((part, others)) = rest.split_first() {
        if let Some(pair) = part.first_chunk() {
            table[slot(*pair)] = true;
        }
        rest = others;
    }
    table
};

const fn slot(pair: [u8; 2]) -> usize {
    ((pair[0] as usize) << 5 ^ pair[1] as usize) & 1023
}

/// Whether the body of a token is as mixed as a random one is: not `xxxx…`, not counted up, not called an example.
pub fn is_varied(body: &[u8]) -> bool {
    let shown = body.get(..body.len().min(64)).unwrap_or(body);
    let distinct = counts(shown).iter().filter(|count| **count > 0).count();
    let small = shown.to_ascii_lowercase();
    let has = |part: &[u8]| small.windows(part.len()).any(|window| window == part);
    distinct >= 8.min(body.len() / 2) && !has(b"example") && !has(b"xxxxx") && !has(b"12345678") && !has(b"abcdefgh") && !has(b"00000000")
}

/// Whether a value consists of words: what a person made up to be read, such as `invalid-token-2`.
pub fn is_wordy(value: &[u8]) -> bool {
    let mut parts = value.split(|byte| matches!(byte, b'-' | b'_' | b'.' | b'/' | b':' | b'+' | b',' | b'\\' | b'='));
    parts.all(|part| part.iter().all(u8::is_ascii_alphabetic) || (part.len() <= 4 && part.iter().all(u8::is_ascii_digit)))
}

/// Shannon's entropy in bits for each byte: 0 for one repeated byte, about 3.5 for sixteen random hexadecimal digits.
pub fn entropy(value: &[u8]) -> f64 {
    let length = value.len() as f64;
    let counts = counts(value);
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / length);
    shares.map(|share| -share * share.log2()).sum()
}

/// How often each byte occurs.
fn counts(bytes: &[u8]) -> [u32; 256] {
    let mut counts = [0; 256];
    for byte in bytes {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stand_ins_and_references_are_no_secrets() {
        for text in ["your-key-here", "${DB_PASSWORD}", "$PASSWORD", "{{ password }}", "<secret>", "ChangeMe123", "xxxxxxxxxxxx", "%s"] {
            assert!(is_stand_in(text.as_bytes()), "{text}");
        }
        assert!(!is_stand_in(b"k7Hq2vPz9LmX4bTn"));
    }

    #[test]
    fn randomness_is_measured() {
        assert!(entropy(b"aaaaaaaa") < 0.1);
        assert!((entropy(b"abcdefgh") - 3.0).abs() < 1e-9);
        assert!(entropy(b"k7Hq2vPz9LmX4bTn") > 3.9);
    }

    #[test]
    fn words_are_told_from_keys() {
        assert!(is_wordy(b"invalid-access-key-2") && is_wordy(b"AuthenticationRequired"));
        assert!(!is_wordy(b"k7Hq-2vPz-9LmX"));
    }
}
