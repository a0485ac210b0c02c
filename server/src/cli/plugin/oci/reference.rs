//! The name of an artifact: `registry[:port]/name[:tag][@sha256:…]`.

use std::fmt;

use anyhow::{Context as _, bail, ensure};
use hardie_domain::plugin::Digest;

/// The tag where none is given, as everywhere.
const TAG: &str = "latest";
/// The longest name and tag, by the distribution specification.
const NAME: usize = 255;
const TAG_LENGTH: usize = 128;

/// Where an artifact is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Host, and a port perhaps.
    pub registry: String,
    /// The repository in the registry.
    pub name: String,
    /// What it was last called; another may be called so tomorrow.
    pub tag: String,
    /// The one that is meant, whatever is called so.
    pub digest: Option<Digest>,
}

impl Reference {
    /// Reads one, with or without `oci://` before it.
    pub fn parse(given: &str) -> anyhow::Result<Reference> {
        let text = given.strip_prefix("oci://").unwrap_or(given);
        let (named, digest) = match text.split_once('@') {
            Some((named, digest)) => (named, Some(pin(digest)?)),
            None => (text, None),
        };
        let (registry, path) = named.split_once('/').unwrap_or(("", named));
        let says_where = registry.contains(['.', ':']) || registry == "localhost";
        ensure!(says_where, "{given:?} does not begin with a registry; write it in full, such as ghcr.io/smiths/no-wip:1.0.0");
        let host = registry.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
        ensure!(host, "{registry:?} is not the host of a registry");
        let (name, tag) = path.split_once(':').unwrap_or((path, TAG));
        ensure!(
            name.len() <= NAME && name.split('/').all(is_component),
            "{name:?} is not a name in a registry: lower-case letters and digits, with . _ or - in between, parted by /"
        );
        ensure!(is_tag(tag), "{tag:?} is not a tag: letters, digits, . _ and -, {TAG_LENGTH} at most");
        Ok(Reference { registry: registry.to_ascii_lowercase(), name: name.to_owned(), tag: tag.to_owned(), digest })
    }

    /// What the registry is asked for.
    pub fn wanted(&self) -> String {
        self.digest.map_or_else(|| self.tag.clone(), |digest| digest.to_string())
    }

    /// This very one, for ever.
    pub fn pinned(&self, digest: Digest) -> Reference {
        Reference { digest: Some(digest), ..self.clone() }
    }

    /// What it is called, without whose it is.
    pub fn short(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.registry, self.name, self.tag)?;
        self.digest.map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

fn pin(digest: &str) -> anyhow::Result<Digest> {
    let Some(hex) = digest.strip_prefix("sha256:") else {
        bail!("{digest:?} is no digest that can be held to; write @sha256: and 64 hexadecimal digits")
    };
    Digest::parse(hex).with_context(|| format!("{digest:?} is not sha256: and 64 hexadecimal digits"))
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(part: &str) -> bool {
    let plain = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let known = part.bytes().all(|b| plain(Some(b)) || b"._-".contains(&b));
    let between: Vec<&str> = part.split(|c: char| c.is_ascii_alphanumeric()).filter(|run| !run.is_empty()).collect();
    let single = |run: &&str| matches!(*run, "." | "_" | "__") || run.bytes().all(|b| b == b'-');
    known && plain(part.bytes().next()) && plain(part.bytes().last()) && between.iter().all(single)
}

fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=TAG_LENGTH).contains(&tag.len()) && tag.bytes().next().is_some_and(word) && tag.bytes().all(|b| word(b) || b".-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_read_and_written_the_same() {
        let digest = format!("sha256:{}", "ab".repeat(32));
        for (given, shown) in [
            ("ghcr.io/smiths/no-wip:1.0", "ghcr.io/smiths/no-wip:1.0".to_owned()),
            ("oci://localhost:5000/a", "localhost:5000/a:latest".to_owned()),
            ("localhost/a__b/c---d.e", "localhost/a__b/c---d.e:latest".to_owned()),
            ("[::1]:5000/a:T_1", "[::1]:5000/a:T_1".to_owned()),
        ] {
            assert_eq!(Reference::parse(given).unwrap().to_string(), shown);
            assert_eq!(Reference::parse(&format!("{given}@{digest}")).unwrap().to_string(), format!("{shown}@{digest}"));
        }
        assert_eq!(Reference::parse(&format!("a.b/c:1@{digest}")).unwrap().wanted(), digest);
    }

    #[test]
    fn what_could_reach_another_address_is_refused() {
        let long = format!("a.b/{}", "x".repeat(256));
        for bad in [
            "",
            "no-wip",
            "smiths/no-wip",
            "a.b/",
            "a.b/..",
            "a.b/c/../d",
            "a.b/C",
            "a.b/c?x",
            "a.b/c#x",
            "a.b/c:",
            "a.b/c:-x",
            "a.b/c:x/y",
            "a.b/c%2e",
            "u:p@a.b/c",
            "a.b/c@sha256:00",
            "a.b/c@sha512:00",
            "a.b/c@",
            "a b.c/d",
            "a.b\\c/d",
            "a.b/-c",
            "a.b/c._d",
            &long,
        ] {
            assert!(Reference::parse(bad).is_err(), "{bad}");
        }
    }
}
