//! Which version of the protocol a client asked for.

/// A protocol version. Pushes are framed as V0 or V1 whatever is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Version {
    /// The original.
    #[default]
    V0,
    /// The original behind a line that names it.
    V1,
    /// Commands with capabilities (gitprotocol-v2).
    V2,
}

impl Version {
    /// Reads the `Git-Protocol` header or the `GIT_PROTOCOL` variable: keys separated by colons. The highest version that
    /// exists wins; anything else is ignored, as git does.
    pub fn from_git_protocol(value: &str) -> Version {
        let versions = value.split(':').filter_map(|key| match key.strip_prefix("version=") {
            Some("1") => Some(Version::V1),
            Some("2") => Some(Version::V2),
            _ => None,
        });
        versions.max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Version;

    #[test]
    fn the_highest_known_version_wins() {
        for (value, version) in [
            ("", Version::V0),
            ("version=0", Version::V0),
            ("version=1", Version::V1),
            ("version=2", Version::V2),
            ("version=1:version=2:object-format=sha1", Version::V2),
            ("version=3:version=1", Version::V1),
            ("version=22", Version::V0),
            ("VERSION=2", Version::V0),
            ("version= 2", Version::V0),
        ] {
            assert_eq!(Version::from_git_protocol(value), version, "{value:?}");
        }
    }
}
