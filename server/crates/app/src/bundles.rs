//! The bundle of a large repository, which clients may fetch before they clone (gitprotocol-v2, "bundle-uri"): a header and the bytes
//! of its largest pack.
//!
//! It is offered, and sent, while the repository holds that pack and visible refs reach all of it: every tip of the pack is looked
//! for behind the refs of this very generation. So a branch that is deleted, or hidden, ends the bundle that would tell of it.

use std::fs::File;
use std::io::{self, Cursor, SeekFrom};
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hardie_domain::access::RepoAction;
use hardie_domain::names::RepoPath;
use hardie_domain::push::Door;
use hardie_git::bundles::{self, Bundle};
use hardie_git::packs::PackHash;
use hardie_git::reach::Reach;
use hardie_git::upload::BundleUri;
use hardie_store::refs::RepoSnapshot;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _, Chain, Take};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::access::{RepoAccess, repo_for};
use crate::cancel::CancelOnDrop;
use crate::git_access::{RepoHandle, open_repo};
use crate::transport::{Download, Turn};
use crate::{App, Ctx, Error, Result, damage};

const BUNDLE: &str = "bundle";
/// Where bundles are, below the address of their repository.
const FOLDER: &str = "info/bundles";

/// What one generation of a repository knows of its bundle.
#[derive(Default)]
pub struct Slot {
    kept: OnceLock<Arc<Bundle>>,
    /// Whether visible refs reach all of it.
    reached: OnceCell<bool>,
}

/// The pack that is the bundle, if it can be one: the largest, if it has half of all objects. More is not sent twice.
pub(crate) fn chosen(snapshot: &RepoSnapshot) -> Option<PackHash> {
    let packs = || snapshot.packs.iter().filter(|pack| pack.unreached_since.is_none());
    let all: u64 = packs().map(|pack| pack.objects).sum();
    let largest = packs().max_by_key(|pack| pack.objects)?;
    let is_worth_it = all >= bundles::FEWEST_OBJECTS && largest.objects.saturating_mul(2) >= all;
    (is_worth_it && !snapshot.packs.iter().any(|pack| pack.damaged)).then_some(PackHash(largest.hash))
}

/// Whether there is a bundle, perhaps: who may have it is not looked at.
pub(crate) async fn are_kept(app: &App, handle: &Arc<RepoHandle>) -> bool {
    kept(app, handle).await.is_some()
}

/// Where the client finds the bundle; `None` if there is none for it.
pub(crate) async fn offer(app: &App, ctx: &Ctx, found: &RepoAccess, handle: &Arc<RepoHandle>) -> Result<Option<BundleUri>> {
    let Some(bundle) = reached(app, handle).await? else { return Ok(None) };
    let id = bundle.pack.hash().to_string();
    let below = format!("{FOLDER}/{id}");
    // Relative, it goes where the client came from, with the same credentials.
    if ctx.door == Door::Http {
        return Ok(Some(BundleUri { id, uri: below }));
    }
    // Who came with a key has no credentials for the other door, and would be asked for some.
    let path = found.path();
    let stranger = Ctx { actor: None, door: Door::Http, ..ctx.clone() };
    let Some(parsed) = RepoPath::parse(&path) else { return Ok(None) };
    match repo_for(app, &stranger, &parsed, RepoAction::Read).await {
        Ok(_) => Ok(Some(BundleUri { id, uri: format!("{}/{path}.git/{below}", app.config.public_url) })),
        Err(Error::NotFound(_) | Error::Unauthenticated(_) | Error::Forbidden(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A bundle that the asker may have, open.
pub struct BundleContent {
    bundle: Arc<Bundle>,
    file: File,
    turn: Turn,
}

/// A part of a bundle.
pub type BundleReader = Download<Chain<Take<Cursor<Bytes>>, Take<tokio::fs::File>>>;

/// Opens the bundle `id` of a repository.
pub async fn open(app: &App, ctx: &Ctx, path: &RepoPath, id: &str) -> Result<BundleContent> {
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    let turn = Turn::take(app, ctx)?;
    let handle = open_repo(app, access.repo.id).await?;
    // The name first: what is behind refs takes longer.
    let is_meant = kept(app, &handle).await.is_some_and(|bundle| bundle.pack.hash().to_string() == id);
    let bundle = if is_meant { reached(app, &handle).await? } else { None };
    let bundle = bundle.ok_or(Error::NotFound(BUNDLE))?;
    let opened = bundle.clone();
    match spawn_blocking(move || opened.open()).await.map_err(Error::internal)? {
        Ok(file) => Ok(BundleContent { bundle, file, turn }),
        // Removed at once, since the rows were read.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Error::NotFound(BUNDLE)),
        Err(error) => Err(Error::internal(error)),
    }
}

impl BundleContent {
    /// Bytes of all of it.
    pub fn bytes(&self) -> u64 {
        self.bundle.bytes()
    }

    /// What determines every byte: the header, as hexadecimal digits, and the pack.
    pub fn identity(&self) -> [String; 2] {
        [self.bundle.header_sum(), self.bundle.pack.hash().to_string()]
    }

    /// Reads so many bytes from here on.
    pub async fn read(self, start: u64, length: u64) -> Result<BundleReader> {
        let header = self.bundle.header.clone();
        let (in_header, in_pack) = (start.min(header.len() as u64), start.saturating_sub(header.len() as u64));
        let mut head = Cursor::new(header);
        head.set_position(in_header);
        let left = (self.bundle.header.len() as u64).saturating_sub(in_header);
        let mut file = tokio::fs::File::from_std(self.file);
        file.seek(SeekFrom::Start(in_pack)).await.map_err(Error::internal)?;
        Ok(self.turn.send(head.take(length).chain(file.take(length.saturating_sub(left)))))
    }
}

/// What is kept of the pack that was chosen.
async fn kept(app: &App, handle: &Arc<RepoHandle>) -> Option<Arc<Bundle>> {
    if !app.config.git_rules.bundle_uri || handle.odb.is_damaged() {
        return None;
    }
    if let Some(bundle) = handle.bundle.kept.get() {
        return Some(bundle.clone());
    }
    let hash = chosen(&handle.snapshot)?;
    let (packs, pack) = (app.packs.clone(), handle.odb.members().iter().find(|m| m.pack.hash() == hash)?.pack.clone());
    let bundle = spawn_blocking(move || Bundle::find(&packs, &pack)).await.ok().flatten()?;
    Some(handle.bundle.kept.get_or_init(|| Arc::new(bundle)).clone())
}

/// The bundle, if visible refs reach all of it. Looked at once for each generation, by whoever asks first.
async fn reached(app: &App, handle: &Arc<RepoHandle>) -> Result<Option<Arc<Bundle>>> {
    let Some(bundle) = kept(app, handle).await else { return Ok(None) };
    let is_reached = handle.bundle.reached.get_or_try_init(|| look(app, handle, bundle.clone())).await?;
    Ok(is_reached.then_some(bundle))
}

async fn look(app: &App, handle: &Arc<RepoHandle>, bundle: Arc<Bundle>) -> Result<bool> {
    let permit = app.git.work_permit().await;
    // Dropped with this future when the client leaves: the walk stops.
    let gone = CancelOnDrop::default();
    let (app_too, handle, cancel, repo) = (app.clone(), handle.clone(), gone.0.clone(), handle.snapshot.repo.id);
    let looked = spawn_blocking(move || {
        let _permit = permit;
        let known = app_too.git.histories.of(&handle);
        let reach = Reach::new(handle.odb.clone(), handle.refs.clone()).with_known(known).with_cancel(cancel);
        bundle.tips.iter().try_fold(true, |all, tip| Ok(all && reach.reaches(tip)?))
    });
    let looked = looked.await.map_err(Error::internal)?;
    match looked {
        Ok(true) => Ok(true),
        Ok(false) => {
            tracing::info!(repo.id = %repo, "there is no bundle: refs that are visible do not reach all of the largest pack");
            Ok(false)
        }
        // A history too long to be walked for this: clients of this generation go on without.
        Err(hardie_git::Error::TooLarge(_)) => Ok(false),
        Err(hardie_git::Error::Stopped(_)) if !gone.0.is_cancelled() => Ok(false),
        Err(error) => {
            damage::settle_or_log(app).await;
            Err(Error::internal(error))
        }
    }
}
