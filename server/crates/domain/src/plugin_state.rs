//! What an installation may keep for itself, in each repository.

/// Bytes of a key.
pub const KEY_BYTES: usize = 256;
/// Bytes of a value.
pub const VALUE_BYTES: usize = 64 << 10;
/// Keys and values together.
pub const ALL_BYTES: u64 = 1 << 20;
/// Keys.
pub const KEYS: u64 = 10_000;

/// Whether a key may be kept; else what is wrong with it. Visible ASCII and spaces alone, so that every engine sorts them alike.
pub fn check_key(key: &str) -> Result<(), String> {
    match key.len() {
        0 => return Err("a key of the state is empty".to_owned()),
        1..=KEY_BYTES => {}
        bytes => return Err(format!("a key of the state has {bytes} bytes, {KEY_BYTES} are allowed")),
    }
    match key.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        true => Ok(()),
        false => Err(format!("the key {:?} of the state has something else than printable ASCII", key)),
    }
}

/// Whether a value may be kept; else what is wrong with it.
pub fn check_value(key: &str, value: &[u8]) -> Result<(), String> {
    match value.len() {
        0..=VALUE_BYTES => Ok(()),
        bytes => Err(format!("the value of {key:?} in the state has {bytes} bytes, {VALUE_BYTES} are allowed")),
    }
}

/// Whether all of it together may be kept; else what there is too much of.
pub fn check_all(keys: u64, bytes: u64) -> Result<(), String> {
    if keys > KEYS {
        return Err(format!("the state would have {keys} keys, {KEYS} are allowed in one repository"));
    }
    match bytes > ALL_BYTES {
        true => Err(format!("the state would have {bytes} bytes, {ALL_BYTES} are allowed in one repository")),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_and_plain() {
        assert!(check_key("last seen/../../x").is_ok(), "a key is no path");
        assert!(check_key(&"k".repeat(KEY_BYTES)).is_ok());
        for bad in ["", "a\nb", "a\0b", "\u{7f}", "ä", &"k".repeat(KEY_BYTES + 1)] {
            assert!(check_key(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn bounds_are_named() {
        assert!(check_value("k", &vec![0; VALUE_BYTES]).is_ok());
        assert!(check_value("k", &vec![0; VALUE_BYTES + 1]).unwrap_err().contains("65537"));
        assert!(check_all(KEYS, ALL_BYTES).is_ok());
        assert!(check_all(KEYS + 1, 0).unwrap_err().contains("10001 keys"));
        assert!(check_all(1, ALL_BYTES + 1).unwrap_err().contains("1048577 bytes"));
    }
}
