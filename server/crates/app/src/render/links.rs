//! Where links and images of a document in a repository lead.

use super::sanitize::ID_PREFIX;

/// Where a document lies. Addresses are prefixes to which an encoded path is appended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkContext {
    /// Where files are looked at, such as `/alice/tool/src/branch/main`; no slash at the end.
    pub files: String,
    /// Where files are loaded from as they are, such as `/api/v1/repos/alice/tool/raw`; no slash at the end.
    pub raw: String,
    /// Appended to addresses below `raw`, such as `?ref=main`; may be empty.
    pub raw_query: String,
    /// The folder of the document, percent-encoded, without a slash at either end; empty for the top.
    pub dir: String,
}

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody follows it.
    Link,
    /// The page loads it.
    Image,
}

impl LinkContext {
    /// The address to use instead of one that a document names; `None` to leave it out. Absolute addresses stay as they
    /// are: the sanitiser judges their schemes.
    pub fn resolve(&self, purpose: Purpose, address: &str) -> Option<String> {
        // Browsers drop these anywhere in an address, so they must not hide a scheme or a slash.
        let address: String = address.trim().chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
        if let Some(fragment) = address.strip_prefix('#') {
            let own = fragment.strip_prefix(ID_PREFIX).unwrap_or(fragment);
            return (purpose == Purpose::Link).then(|| format!("#{ID_PREFIX}{own}"));
        }
        if has_scheme(&address) {
            return Some(address);
        }
        let forward = address.replace('\\', "/");
        if forward.starts_with("//") {
            return Some(format!("https:{forward}"));
        }
        let end = forward.find(['?', '#']).unwrap_or(forward.len());
        let (path, rest) = forward.split_at_checked(end)?;
        let path = self.normalise(path);
        Some(match purpose {
            Purpose::Link => format!("{}{path}{}", self.files, fragment_of(rest)),
            Purpose::Image => format!("{}{path}{}", self.raw, self.raw_query),
        })
    }

    /// Joins a path to the document's folder (or to the repository's top, if it begins with a slash) without ever leaving
    /// the repository.
    fn normalise(&self, path: &str) -> String {
        let base = if path.starts_with('/') { "" } else { self.dir.as_str() };
        let mut segments: Vec<&str> = Vec::new();
        for segment in base.split('/').chain(path.split('/')) {
            match dots(segment) {
                _ if segment.is_empty() => {}
                Some(1) => {}
                Some(2) => drop(segments.pop()),
                _ => segments.push(segment),
            }
        }
        segments.iter().fold(String::new(), |joined, segment| joined + "/" + segment)
    }
}

/// 1 or 2 for the segments that a browser takes for "here" and "up", encoded or not (WHATWG URL, "dot segments").
fn dots(segment: &str) -> Option<usize> {
    match segment.to_ascii_lowercase().replace("%2e", ".").as_str() {
        "." => Some(1),
        ".." => Some(2),
        _ => None,
    }
}

/// A link keeps where in the target it leads, but not a query: what follows `?` has no meaning for a file.
fn fragment_of(rest: &str) -> String {
    match rest.split_once('#') {
        // A line of code (`#L10`) is an element of the page itself, a heading one of the document.
        Some((_, fragment)) if is_line(fragment) => format!("#{fragment}"),
        Some((_, fragment)) if !fragment.is_empty() => format!("#{ID_PREFIX}{fragment}"),
        _ => String::new(),
    }
}

fn is_line(fragment: &str) -> bool {
    fragment.strip_prefix('L').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether it begins with `scheme:` (RFC 3986, section 3.1).
fn has_scheme(address: &str) -> bool {
    let scheme = address.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|s| {
        s.starts_with(|c: char| c.is_ascii_alphabetic()) && s.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    })
}
