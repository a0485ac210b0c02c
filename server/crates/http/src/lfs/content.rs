//! An object's bytes.

use axum::http::HeaderMap;
use axum::response::Response;
use hardie_app::lfs::LfsContent;

use crate::download::{self, Download};
use crate::error::Answer;

/// Answers with the object; `name` is the file's name for a download.
pub async fn send(name: &[u8], content: LfsContent, asked: &HeaderMap) -> Answer<Response> {
    let (size, oid) = (content.object.size, content.object.oid.to_string());
    let download = Download { name, media_type: "application/octet-stream", what: "object", size, identity: &[&oid] };
    download::send(download, asked, |start, length| content.read(start, length)).await
}
