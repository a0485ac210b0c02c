//! Git LFS over HTTP, below `/{owner}/{repo}.git/info/lfs` (github.com/git-lfs/git-lfs, `docs/api`): the batch API, the basic
//! transfer, locks. Who may do what, and what an object is, is `hardie_app::lfs`'s.

mod batch;
mod content;
mod locks;
mod objects;

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use hardie_domain::lfs::{LfsObject, LfsOid};
use serde::Serialize;

pub use content::send;

use crate::error::Refusal;
use crate::state::Http;

/// The type of every body but the objects'.
pub const MEDIA_TYPE: &str = "application/vnd.git-lfs+json";
/// What all addresses share.
const BELOW: &str = "/info/lfs";

/// Questions with short answers.
pub fn api_routes() -> Router<Http> {
    Router::new()
        .route("/{owner}/{repo}/info/lfs/objects/batch", post(batch::batch))
        .route("/{owner}/{repo}/info/lfs/objects/verify", post(objects::verify))
        .route("/{owner}/{repo}/info/lfs/locks", get(locks::list).post(locks::lock))
        .route("/{owner}/{repo}/info/lfs/locks/verify", post(locks::verify))
        .route("/{owner}/{repo}/info/lfs/locks/{id}/unlock", post(locks::unlock))
}

/// The objects themselves, at their clients' pace.
pub fn object_routes() -> Router<Http> {
    Router::new()
        .route("/{owner}/{repo}/info/lfs/objects/{oid}", get(objects::download))
        .route("/{owner}/{repo}/info/lfs/objects/{oid}/{size}", axum::routing::put(objects::upload))
}

/// Whether LFS clients read what is answered here.
pub fn is_lfs(path: &str) -> bool {
    let rest = path.splitn(4, '/').nth(3).unwrap_or_default();
    format!("/{rest}").strip_prefix(BELOW).is_some_and(|after| after.is_empty() || after.starts_with('/'))
}

fn answer<T: Serialize>(status: StatusCode, body: &T) -> Response {
    let text = serde_json::to_string(body).unwrap_or_default();
    (status, [(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE))], text).into_response()
}

/// The object that a body or an address names.
fn object(oid: &str, size: i64) -> Result<LfsObject, Refusal> {
    let oid = LfsOid::from_hex(oid).ok_or_else(|| Refusal::invalid("oid", "must be 64 lower-case hexadecimal digits, a sha256"))?;
    let size = u64::try_from(size).map_err(|_| Refusal::invalid("size", "must not be negative"))?;
    Ok(LfsObject { oid, size })
}

#[cfg(test)]
mod tests {
    use super::is_lfs;

    #[test]
    fn addresses_of_lfs_are_told_from_others() {
        for path in ["/ann/tool.git/info/lfs/objects/batch", "/ann/tool/info/lfs/locks", "/ann/tool/info/lfs"] {
            assert!(is_lfs(path), "{path}");
        }
        for path in ["/", "/ann/tool", "/ann/tool.git/info/refs", "/ann/tool/info/lfsx", "/api/v1/repos/ann/tool", "/info/lfs/x"] {
            assert!(!is_lfs(path), "{path}");
        }
    }
}
