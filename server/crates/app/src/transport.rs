//! Git conversations: bytes in, bytes out. Both transports call these functions and decide nothing themselves.
//!
//! An error before the first byte is written is the transport's to map (401, 403, 404, exit status); after that errors
//! travel inside the protocol and the function returns `Ok`.

use std::time::Duration;

use bytes::Bytes;
use hardie_domain::access::RepoAction;
use hardie_domain::names::RepoPath;
pub use hardie_git::archive::{ArchiveOptions, Format as ArchiveFormat};
pub use hardie_git::wire::Version;

use crate::{App, Ctx, Error, Result, access, bundles, git_access, push};

pub(crate) mod answers;
mod archive;
pub(crate) mod bridge;
mod direct;
mod download;
mod pack;
mod receive;
mod relay;
mod slots;
mod upload;

pub use archive::{git_upload_archive, send_archive};
pub use download::{Download, Turn};
pub use receive::git_receive_pack;
pub use slots::{GitSlots, Slot};
pub use upload::git_upload_pack;

/// How often a client that waits hears that the server is alive.
const KEEPALIVE: Duration = Duration::from_secs(5);

/// The two services of git's smart protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Clone and fetch.
    UploadPack,
    /// Push.
    ReceivePack,
    /// `git archive --remote`.
    UploadArchive,
}

impl Service {
    /// The name on the wire: `git-upload-pack` and so on.
    pub fn as_str(self) -> &'static str {
        match self {
            Service::UploadPack => "git-upload-pack",
            Service::ReceivePack => "git-receive-pack",
            Service::UploadArchive => "git-upload-archive",
        }
    }

    /// The reverse of [`Service::as_str`].
    pub fn parse(name: &str) -> Option<Service> {
        [Service::UploadPack, Service::ReceivePack, Service::UploadArchive].into_iter().find(|s| s.as_str() == name)
    }

    /// The right that the service needs.
    pub fn action(self) -> RepoAction {
        match self {
            Service::UploadPack | Service::UploadArchive => RepoAction::Read,
            Service::ReceivePack => RepoAction::Push,
        }
    }
}

/// The body of `GET …/info/refs?service=…` (gitprotocol-http, "Smart Clients").
pub async fn git_advertise(app: &App, ctx: &Ctx, path: &RepoPath, service: Service, version: Version) -> Result<Bytes> {
    let found = access::repo_for(app, ctx, path, service.action()).await?;
    let handle = git_access::open_repo(app, found.repo.id).await?;
    Ok(match service {
        Service::UploadPack => hardie_git::upload::advertise_http(version, &handle.refs, bundles::are_kept(app, &handle).await),
        Service::ReceivePack => {
            let nonce = push::make_nonce(app, found.repo.id);
            hardie_git::receive::advertise_http(version, &handle.refs, Some(&nonce))
        }
        Service::UploadArchive => return Err(Error::forbidden("git-upload-archive has no refs to show")),
    })
}
