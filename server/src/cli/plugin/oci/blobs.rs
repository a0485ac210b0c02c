//! The bytes of an artifact, on their way from a registry and to one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{bail, ensure};
use bytes::{Bytes, BytesMut};
use hardie_app::plugins::MAX_COMPONENT_BYTES_OF_ADMINS;
use hardie_domain::plugin::Digest;
use hardie_outbound::Sent;
use sha2::{Digest as _, Sha256};

use super::manifest::digest;
use super::registry::{Ask, Registry, refusal, target};
use crate::cli::ticker::{self, Ticker, size};

/// Bytes by what they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Their sha256.
    pub digest: Digest,
    /// How many there are.
    pub size: u64,
}

/// Fetches a component. What is not what its digest and size say is dropped as soon as that is seen.
pub async fn fetch(registry: &Registry, blob: Blob) -> anyhow::Result<Bytes> {
    let most = MAX_COMPONENT_BYTES_OF_ADMINS as u64;
    ensure!(blob.size <= most, "the component has {}; no server takes more than {}", size(blob.size), size(most));
    let url = registry.url(&format!("blobs/{}", blob.digest))?;
    let mut answer = registry.ask(Ask { method: "GET", url, headers: &[("accept", "*/*")], body: None }).await?;
    if answer.status != 200 {
        return Err(refusal(answer, &format!("{} does not give the component", registry.host())).await);
    }
    if let Some(packed) = answer.header("content-encoding").filter(|coding| !coding.eq_ignore_ascii_case("identity")) {
        bail!("the component comes packed by {packed:?}, although nobody asked for that");
    }
    let other = |has: &str| anyhow::anyhow!("the component has {has} bytes than the {} that the manifest says", blob.size);
    let mut hash = Sha256::new();
    let mut bytes = BytesMut::new();
    let ticker = Ticker::begin();
    while let Some(chunk) = answer.chunk().await? {
        if (bytes.len() + chunk.len()) as u64 > blob.size {
            return Err(other("more"));
        }
        hash.update(&chunk);
        bytes.extend_from_slice(&chunk);
        ticker.tell(|| format!("{} of {} from {}", size(bytes.len() as u64), size(blob.size), registry.host()));
    }
    ticker::end();
    if bytes.len() as u64 != blob.size {
        return Err(other("fewer"));
    }
    let found = Digest(hash.finalize().into());
    ensure!(found == blob.digest, "{} gives other bytes than the manifest names: {found} instead of {}", registry.host(), blob.digest);
    Ok(bytes.freeze())
}

/// Brings bytes to the registry, unless it has them.
pub async fn put(registry: &Registry, bytes: Bytes) -> anyhow::Result<()> {
    let own = digest(&bytes);
    let head = Ask { method: "HEAD", url: registry.url(&format!("blobs/{own}"))?, headers: &[], body: None };
    if registry.ask(head).await?.status == 200 {
        return Ok(());
    }
    let begin = registry.url("blobs/uploads/")?;
    let answer = registry.ask(Ask { method: "POST", url: begin.clone(), headers: &[], body: Some((Bytes::new(), untold())) }).await?;
    if answer.status != 202 {
        return Err(refusal(answer, &format!("{} takes nothing under this name", registry.host())).await);
    }
    let mut url = target(&begin, &answer)?;
    url.query_pairs_mut().append_pair("digest", &own.to_string());
    let sent = told(bytes.len() as u64, registry.host());
    let headers = &[("content-type", "application/octet-stream")];
    let answer = registry.ask(Ask { method: "PUT", url, headers, body: Some((bytes, sent)) }).await?;
    ticker::end();
    match answer.status {
        201 => Ok(()),
        _ => Err(refusal(answer, &format!("{} does not take the component", registry.host())).await),
    }
}

/// Tells nobody.
pub fn untold() -> Sent {
    Arc::new(|_| {})
}

fn told(whole: u64, host: &str) -> Sent {
    let (ticker, done, host) = (Ticker::begin(), AtomicU64::new(0), host.to_owned());
    Arc::new(move |more| {
        let now = done.fetch_add(more, Ordering::Relaxed) + more;
        ticker.tell(|| format!("{} of {} to {host}", size(now), size(whole)));
    })
}
