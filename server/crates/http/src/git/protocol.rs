//! The headers and names that make a request one of git's.

use axum::http::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, EXPIRES, PRAGMA};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use hardie_app::transport::{Service, Version};
use hardie_domain::names::RepoPath;

use crate::error::Refusal;
use crate::path::PathParts;

/// Longer ones are not looked at: git's own is 9 bytes, and keys that nobody knows are ignored.
const MAX_PROTOCOL_BYTES: usize = 256;

/// The repository that an address names. A name that cannot be one is a repository that is not there.
pub fn repo_path(parts: &PathParts) -> Result<RepoPath, Refusal> {
    let (owner, name) = (parts.text("owner")?, parts.text("repo")?);
    RepoPath::parse(&format!("{owner}/{name}")).ok_or_else(|| Refusal::not_found("repository"))
}

/// The version that `Git-Protocol` asks for: the same text as `GIT_PROTOCOL`, `version=2` among keys between colons.
pub fn version(headers: &HeaderMap) -> Result<Version, Refusal> {
    let Some(value) = headers.get("git-protocol") else { return Ok(Version::V0) };
    let text = value.to_str().ok().filter(|t| t.len() <= MAX_PROTOCOL_BYTES);
    let text = text.ok_or_else(|| Refusal::bad_request("the Git-Protocol header is not a short plain text such as version=2"))?;
    Ok(Version::from_git_protocol(text))
}

/// Refuses a POST whose body is not what its address says (415), as `http-backend` does.
pub fn check_content_type(headers: &HeaderMap, service: Service) -> Result<(), Refusal> {
    let wanted = format!("application/x-{}-request", service.as_str());
    match headers.get(CONTENT_TYPE) {
        Some(value) if value.as_bytes() == wanted.as_bytes() => Ok(()),
        _ => Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, format!("the Content-Type must be {wanted}"))),
    }
}

/// Whether the body is gzip; any other coding is refused.
pub fn is_gzip(headers: &HeaderMap) -> Result<bool, Refusal> {
    match headers.get(CONTENT_ENCODING).map(|v| v.to_str().unwrap_or_default().trim().to_ascii_lowercase()).as_deref() {
        None | Some("" | "identity") => Ok(false),
        Some("gzip" | "x-gzip") => Ok(true),
        Some(_) => Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the Content-Encoding must be gzip or none")),
    }
}

/// The headers of every answer: its type, and that nobody may keep it (the same three as `http-backend`).
pub fn answer_headers(service: Service, kind: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&format!("application/x-{}-{kind}", service.as_str())) {
        headers.insert(CONTENT_TYPE, value);
    }
    headers.insert(EXPIRES, HeaderValue::from_static("Fri, 01 Jan 1980 00:00:00 GMT"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, max-age=0, must-revalidate"));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &[u8]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_bytes(value).unwrap());
        headers
    }

    #[test]
    fn the_content_type_must_be_exact() {
        let ok = headers("content-type", b"application/x-git-upload-pack-request");
        assert!(check_content_type(&ok, Service::UploadPack).is_ok());
        assert_eq!(check_content_type(&ok, Service::ReceivePack).unwrap_err().status.as_u16(), 415);
        let with_charset = headers("content-type", b"application/x-git-upload-pack-request; charset=utf-8");
        assert_eq!(check_content_type(&with_charset, Service::UploadPack).unwrap_err().status.as_u16(), 415);
        assert_eq!(check_content_type(&HeaderMap::new(), Service::UploadPack).unwrap_err().status.as_u16(), 415);
    }

    #[test]
    fn only_gzip_is_inflated() {
        assert!(is_gzip(&headers("content-encoding", b"gzip")).unwrap() && is_gzip(&headers("content-encoding", b"x-gzip")).unwrap());
        assert!(!is_gzip(&HeaderMap::new()).unwrap());
        for other in ["br", "deflate", "gzip, gzip"] {
            assert_eq!(is_gzip(&headers("content-encoding", other.as_bytes())).unwrap_err().status.as_u16(), 415, "{other}");
        }
    }

    #[test]
    fn the_protocol_header_is_validated() {
        assert_eq!(version(&HeaderMap::new()).unwrap(), Version::V0);
        assert_eq!(version(&headers("git-protocol", b"version=2")).unwrap(), Version::V2);
        assert_eq!(version(&headers("git-protocol", b"version=1:version=2:x")).unwrap(), Version::V2);
        assert!(version(&headers("git-protocol", b"version=2\xff")).is_err());
        assert!(version(&headers("git-protocol", &[b'x'; 300])).is_err());
    }
}
