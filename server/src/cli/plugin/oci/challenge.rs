//! What a registry says with 401: how it wants to be told who asks (RFC 9110, section 11; RFC 6750).

use std::collections::BTreeMap;

/// One way to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    /// Name and password with each request.
    Basic,
    /// A token that is to be fetched from an address, for a service.
    Bearer { realm: String, service: Option<String> },
}

/// Those that are understood among the values of `WWW-Authenticate`. A value is taken to hold one challenge, as registries write it.
pub fn read<'a>(values: impl Iterator<Item = &'a str>) -> Vec<Challenge> {
    values.filter_map(one).collect()
}

fn one(value: &str) -> Option<Challenge> {
    let (scheme, rest) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    if scheme.eq_ignore_ascii_case("basic") {
        return Some(Challenge::Basic);
    }
    let mut parameters = scheme.eq_ignore_ascii_case("bearer").then(|| parameters(rest))?;
    Some(Challenge::Bearer { realm: parameters.remove("realm")?, service: parameters.remove("service") })
}

/// `name="value", name=value`; the first of a name counts.
fn parameters(text: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let (value, left) = value(after.trim_start());
        found.entry(name.trim().to_ascii_lowercase()).or_insert(value);
        rest = left.trim_start().trim_start_matches(',');
    }
    found
}

/// A token or a quoted string, and what stands behind it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(',').unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.trim().to_owned(), rest);
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            _ => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>) -> Vec<Challenge> {
        vec![Challenge::Bearer { realm: realm.to_owned(), service: service.map(ToOwned::to_owned) }]
    }

    #[test]
    fn challenges_are_read_as_registries_write_them() {
        let read = |text: &str| read(std::iter::once(text));
        assert_eq!(
            read(r#"Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:a/b:pull""#),
            bearer("https://ghcr.io/token", Some("ghcr.io"))
        );
        assert_eq!(read(r#"bearer service=x , Realm = "https://a/\"t\", u",error=y"#), bearer("https://a/\"t\", u", Some("x")));
        assert_eq!(read(r#"Basic realm="Registry""#), [Challenge::Basic]);
        assert_eq!(read(r#"Bearer realm="https://a/t"#), bearer("https://a/t", None));
        for nothing in ["", "Bearer", "Bearer service=x", "Negotiate abc", "Bearer realm", "=", ",,=,="] {
            assert_eq!(read(nothing), [], "{nothing}");
        }
    }
}
