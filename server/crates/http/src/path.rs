//! Parts of an address by their names in the route, decoded here: `feature%2Fx` and `feature/x` name the same branch, and a
//! file's name need not be UTF-8.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, MatchedPath, OriginalUri};
use axum::http::request::Parts;
use hardie_domain::names::RepoPath;

use crate::error::Refusal;
use crate::links::decode;

/// The named parts of an address. `{*name}` takes everything that is left, slashes included.
#[derive(Clone, Debug, Default)]
pub struct PathParts(Vec<(String, String)>);

impl PathParts {
    fn new(route: &str, path: &str) -> PathParts {
        let mut parts = Vec::new();
        let mut rest = path;
        for pattern in route.split('/') {
            let (segment, after) = rest.split_once('/').unwrap_or((rest, ""));
            let name = pattern.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
            match name.map(|n| n.strip_prefix('*').ok_or(n)) {
                Some(Ok(tail)) => {
                    parts.push((tail.to_owned(), rest.to_owned()));
                    break;
                }
                Some(Err(single)) => parts.push((single.to_owned(), segment.to_owned())),
                None => {}
            }
            rest = after;
        }
        PathParts(parts)
    }

    /// A part as bytes; empty if the route has none of this name.
    pub fn bytes(&self, name: &str) -> Result<Vec<u8>, Refusal> {
        let raw = self.0.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value.as_str());
        let bytes = decode(raw).ok_or_else(|| Refusal::bad_request("the address holds a % without two hexadecimal digits"))?;
        match bytes.contains(&0) {
            true => Err(Refusal::bad_request("the address holds a NUL byte")),
            false => Ok(bytes),
        }
    }

    /// A part as text. Nothing that is named by text has a name that is not UTF-8: such a thing is not there.
    pub fn text(&self, name: &str) -> Result<String, Refusal> {
        String::from_utf8(self.bytes(name)?).map_err(|_| Refusal::nothing_here())
    }

    /// A part as an id. What is no number names nothing.
    pub fn id(&self, name: &str) -> Result<i64, Refusal> {
        self.text(name)?.parse().map_err(|_| Refusal::nothing_here())
    }

    /// The repository in `{owner}/{repo}`.
    pub fn repo(&self) -> Result<RepoPath, Refusal> {
        Ok(RepoPath { owner: self.text("owner")?, name: self.text("repo")? })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for PathParts {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<PathParts, Infallible> {
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        let route = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str);
        Ok(PathParts::new(route.unwrap_or_default(), uri.path()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_by_name_and_decoded() {
        let parts = PathParts::new("/api/v1/repos/{owner}/{repo}/contents/{*path}", "/api/v1/repos/ann/to%6Fl/contents/a%2Fb/c%FF%20d");
        assert_eq!(parts.repo().unwrap(), RepoPath { owner: "ann".into(), name: "tool".into() });
        assert_eq!(parts.bytes("path").unwrap(), b"a/b/c\xff d");
        assert_eq!(parts.text("path").unwrap_err().status.as_u16(), 404);
        assert_eq!(parts.bytes("nothing").unwrap(), b"");
    }

    #[test]
    fn tricks_stay_mere_names() {
        let parts = PathParts::new("/{owner}/{repo}/info/refs", "/%2e%2e/%2Fetc%2Fpasswd/info/refs");
        assert_eq!((parts.text("owner").unwrap().as_str(), parts.text("repo").unwrap().as_str()), ("..", "/etc/passwd"));
        for bad in ["%00", "%0", "%", "%gg"] {
            let parts = PathParts::new("/{owner}", &format!("/a{bad}"));
            assert_eq!(parts.text("owner").unwrap_err().status.as_u16(), 400, "{bad}");
        }
        assert_eq!(PathParts::new("/{id}", "/99999999999999999999").id("id").unwrap_err().status.as_u16(), 404);
    }
}
