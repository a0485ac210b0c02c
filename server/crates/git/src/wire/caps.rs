//! Capability lists of versions 0 and 1: words separated by spaces, some with `=value` (gitprotocol-capabilities).

/// The words that a client sent. Unknown words are kept and ignored: only what is asked for by name has an effect.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capabilities<'a>(&'a [u8]);

impl<'a> Capabilities<'a> {
    /// Wraps the bytes that follow the NUL (or the object id of the first `want`).
    pub fn new(list: &'a [u8]) -> Capabilities<'a> {
        Capabilities(list)
    }

    fn words(self) -> impl Iterator<Item = &'a [u8]> {
        self.0.split(|b| *b == b' ' || *b == b'\n').filter(|word| !word.is_empty())
    }

    /// Whether this exact word is there.
    pub fn has(self, word: &str) -> bool {
        self.words().any(|w| w == word.as_bytes())
    }

    /// The value of `key=value`, the first one if there are several.
    pub fn value(self, key: &str) -> Option<&'a [u8]> {
        self.words().find_map(|w| w.strip_prefix(key.as_bytes())?.strip_prefix(b"="))
    }
}

#[cfg(test)]
mod tests {
    use super::Capabilities;

    #[test]
    fn words_match_whole_and_values_are_found() {
        let caps = Capabilities::new(b" report-status-v2  side-band-64k object-format=sha1 agent=git/2.47\n");
        assert!(caps.has("side-band-64k") && !caps.has("side-band") && !caps.has("report-status"));
        assert_eq!(caps.value("object-format"), Some(&b"sha1"[..]));
        assert_eq!(caps.value("object"), None);
        assert!(!Capabilities::new(b"xatomic atomicx").has("atomic"));
    }
}
