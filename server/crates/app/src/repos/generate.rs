//! Repositories that begin as a template does: its files in one first commit, which goes through the door that a push goes through, and what
//! else of it is wanted.
//!
//! The files are a copy: whoever may read them may do the same with git, so that nothing is asked but who reads, and who makes.

use std::time::Duration;

use hardie_domain::access::{RepoAction, Visibility};
use hardie_domain::error::Invalid;
use hardie_domain::ids::RepoId;
use hardie_domain::names::RepoPath;
use hardie_domain::oid::Oid;
use hardie_domain::push::RefUpdate;
use hardie_domain::scope::{Category, Level};
use hardie_domain::time::Timestamp;
use hardie_git::compose::{self, Snapshot};
use hardie_git::read;
use hardie_store::Tx;
use hardie_store::protections::ProtectionRow;
use tracing::Instrument as _;

use super::create::{Beginning, create_beginning};
use super::delete::delete_found;
use super::{NewRepo, Repo, checked_branch, get_repo_by_id};
use crate::access::{RepoAccess, repo_by_id, repo_for, require_scope};
use crate::authorship::Doer;
use crate::browse::{explain, read_authorised_slowly};
use crate::contents::explain as explain_made;
use crate::push::RefMover;
use crate::{App, Ctx, Error, Result};

/// For finding all files of the template.
const TIME: Duration = Duration::from_secs(30);
const MESSAGE: &[u8] = b"Initial commit\n";
/// Where Gitea's templates say in which files names are to be filled in.
const EXPANSION: &[u8] = b".gitea/template";

/// A repository to be made after a template.
#[derive(Clone, Debug)]
pub struct GenerateRepo {
    /// Whose it will be; the actor's own if absent.
    pub owner: Option<String>,
    /// Its name.
    pub name: String,
    /// A few words.
    pub description: String,
    /// Who sees it.
    pub visibility: Visibility,
    /// What HEAD names; as in the template if absent.
    pub default_branch: Option<String>,
    /// With the files of the template's default branch.
    pub content: bool,
    /// With its topics.
    pub topics: bool,
    /// With its labels.
    pub labels: bool,
    /// With its protected branches.
    pub protections: bool,
}

/// What a template gives beside its files.
pub(crate) struct Gifts {
    /// Its path.
    pub from: String,
    template: RepoId,
    topics: Vec<String>,
    labels: bool,
    protections: Vec<ProtectionRow>,
}

impl Gifts {
    /// Writes it all into the transaction that makes the repository.
    pub async fn give(&self, tx: &mut Tx, to: RepoId, at: Timestamp) -> Result<()> {
        if !self.topics.is_empty() {
            tx.set_topics(to, &self.topics, at).await?;
        }
        if self.labels {
            tx.copy_labels(to, self.template, at).await?;
        }
        for rule in &self.protections {
            tx.insert_protection(to, &ProtectionRow { created_at: at, updated_at: at, ..rule.clone() }).await?;
        }
        Ok(())
    }
}

/// Makes a repository after a template that the actor may read, where the actor may make repositories. If its files cannot be let in, since a
/// policy refuses them for example, the new repository is deleted again.
pub async fn generate_repo(app: &App, ctx: &Ctx, path: &RepoPath, wish: GenerateRepo) -> Result<Repo> {
    require_scope(ctx, Category::Repository, Level::Write)?;
    let access = repo_for(app, ctx, path, RepoAction::Read).await?;
    if !access.repo.template {
        return Err(Invalid::new("template", format!("{} is no template: whoever administers it makes it one", access.path())).into());
    }
    if !(wish.content || wish.topics || wish.labels || wish.protections) {
        let why = "say what of the template is wanted: git_content, topics, labels or protected_branch";
        return Err(Invalid::new("git_content", why).into());
    }
    let default_branch = wish.default_branch.filter(|name| !name.is_empty()).unwrap_or_else(|| access.repo.default_branch.short());
    checked_branch(&default_branch)?;
    let snapshot = if wish.content { files(app, ctx, &access).await? } else { None };
    let gifts = Gifts {
        from: access.path(),
        template: access.repo.id,
        topics: if wish.topics { access.repo.topics.clone() } else { Vec::new() },
        labels: wish.labels,
        protections: if wish.protections { app.store.list_protections(access.repo.id).await? } else { Vec::new() },
    };
    let new = NewRepo { name: wish.name, description: wish.description, visibility: wish.visibility, default_branch: Some(default_branch) };
    let made = create_beginning(app, ctx, wish.owner.as_deref(), new, Some(&Beginning::Template(gifts))).await?;
    let Some(snapshot) = snapshot else { return Ok(made) };
    let (app, ctx) = (app.clone(), ctx.clone());
    // A task of its own: when the client leaves, the files still come, or the repository goes.
    let filled = tokio::spawn(async move { fill_or_take_back(&app, &ctx, made, snapshot).await }.in_current_span());
    filled.await.map_err(Error::internal)?
}

/// The files of the default branch; `None` of a repository without a commit.
async fn files(app: &App, ctx: &Ctx, access: &RepoAccess) -> Result<Option<Snapshot>> {
    read_authorised_slowly(app, ctx, access, |reading| {
        let rev = match reading.resolve(None) {
            Err(Error::NotFound(_)) => return Ok(None),
            rev => rev?,
        };
        let odb = &reading.handle.odb;
        let tree = read::peel_to_tree(odb, &rev.commit).map_err(explain)?;
        if read::entry_at(odb, &tree, EXPANSION).map_err(explain)?.is_some() {
            let why =
                "the template says in .gitea/template that names are to be filled in, which this server does not do: clone it and push";
            return Err(Invalid::new("git_content", why).into());
        }
        Snapshot::of(odb, &tree, &mut reading.spare_budget(TIME)).map(Some).map_err(|error| match error {
            hardie_git::Error::TooLarge(text) => Error::Quota(format!("the template is too large for this ({text}): clone it and push")),
            other => explain(other),
        })
    })
    .await
}

async fn fill_or_take_back(app: &App, ctx: &Ctx, made: Repo, snapshot: Snapshot) -> Result<Repo> {
    let id = made.row.id;
    match fill(app, ctx, &made, snapshot).await {
        Ok(()) => get_repo_by_id(app, ctx, id).await,
        Err(refused) => {
            let system = Ctx { request_id: ctx.request_id.clone(), ..Ctx::system() };
            delete_found(app, ctx, &repo_by_id(app, &system, id, RepoAction::Own).await?).await?;
            Err(refused)
        }
    }
}

/// Brings the first commit.
async fn fill(app: &App, ctx: &Ctx, made: &Repo, snapshot: Snapshot) -> Result<()> {
    let by = Doer::find(app, ctx).await?.own()?;
    let commit = compose::commit(&snapshot.tree(), &[], &by, &by, MESSAGE);
    let (new, pack) = snapshot.pack(commit).map_err(explain_made)?;
    let path = RepoPath { owner: made.owner.name.to_string(), name: made.row.name.to_string() };
    let mover = RefMover::new(app, ctx, &path).await?;
    let update = RefUpdate { name: made.row.default_branch.clone(), old: Oid::ZERO, new };
    mover.push_read(vec![update], Some(Box::new(pack))).await
}
