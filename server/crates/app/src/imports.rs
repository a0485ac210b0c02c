//! Imports: a repository that begins with the history of one elsewhere, which the server fetches by itself.
//!
//! Whoever asks gets an empty repository at once; a row says what is to be fetched, and the worker calls [`run_import`]. All comes through the
//! door that a push goes through, as one push of the server's: all branches and tags, or none. Whoever is killed on the way is begun again.
//!
//! Start reading at [`import_repo`], then `run` (the work under its lease) and `source` (what is said to the other server).

mod run;
mod source;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_domain::access::{RepoAction, Visibility};
use hardie_domain::error::Invalid;
use hardie_domain::ids::{AccountId, RepoId};
use hardie_domain::names::RepoPath;
use hardie_domain::scope::{Category, Level};
use hardie_domain::secret::Secret;
use hardie_domain::time::Timestamp;
use hardie_store::Tx;
pub use hardie_store::imports::{ImportRow as Import, ImportState};

use crate::access::{RepoAccess, repo_for, require_scope};
use crate::audit::entry;
use crate::repos::{Beginning, NewRepo, Repo, create_beginning};
use crate::sealing::Sealed;
use crate::{App, Ctx, Error, Result};

pub use run::run_import;

/// Imports that one account may have waiting or under way.
const MOST_AT_ONCE: u64 = 10;
const MOST_CREDENTIAL_BYTES: usize = 4 << 10;
const IMPORT: &str = "import";

/// A repository to be imported.
#[derive(Debug)]
pub struct NewImport {
    /// Where it is, over http or https.
    pub url: String,
    /// Whose name asks there; empty for nobody's.
    pub user: String,
    /// What proves it.
    pub password: Secret,
    /// Whose it will be; the actor's own if absent.
    pub owner: Option<String>,
    /// Its name.
    pub name: String,
    /// A few words.
    pub description: String,
    /// Who sees it.
    pub visibility: Visibility,
}

/// What the row of an import begins with.
pub(crate) struct Asked {
    /// From where.
    pub url: String,
    sealed: Option<Sealed>,
}

impl Asked {
    /// Writes the row in the transaction that makes the repository.
    pub async fn write(&self, tx: &mut Tx, repo: RepoId, account: AccountId, at: Timestamp) -> Result<()> {
        let sealed = self.sealed.as_ref().map(|sealed| (sealed.key_id.as_str(), sealed.bytes.as_slice()));
        let row = hardie_store::imports::NewImport { repo, account, url: &self.url, sealed, at };
        match tx.insert_import(&row).await? {
            true => Ok(()),
            false => Err(Error::Conflict("this repository is being imported already".to_owned())),
        }
    }
}

/// Makes an empty repository where the actor may make some, and has the history of another fetched into it.
pub async fn import_repo(app: &App, ctx: &Ctx, wish: NewImport) -> Result<Repo> {
    let actor = require_scope(ctx, Category::Repository, Level::Write)?;
    let url = checked_url(app, &wish.url)?;
    let sealed = credential(&wish)?.map(|value| app.sealing.seal(app.entropy.as_ref(), &purpose(actor.id, &url), &value)).transpose()?;
    if app.store.count_imports_under_way(actor.id).await? >= MOST_AT_ONCE {
        return Err(Error::Quota(format!("{MOST_AT_ONCE} imports of yours are waiting or under way: wait for one, or stop it")));
    }
    let new = NewRepo { name: wish.name, description: wish.description, visibility: wish.visibility, default_branch: None };
    create_beginning(app, ctx, wish.owner.as_deref(), new, Some(&Beginning::Import(Asked { url, sealed }))).await
}

/// How far the import of a repository is, or how it ended. For those who administer it.
pub async fn get_import(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<Import> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    app.store.find_import(access.repo.id).await?.ok_or(Error::NotFound(IMPORT))
}

/// Stops an import; the repository stays as it is, empty. For those who administer it.
pub async fn stop_import(app: &App, ctx: &Ctx, path: &RepoPath) -> Result<()> {
    let access = repo_for(app, ctx, path, RepoAction::Administer).await?;
    let mut tx = app.store.begin().await?;
    if !tx.stop_import(access.repo.id, "it was stopped", app.clock.now()).await? {
        return match tx.find_import(access.repo.id).await? {
            Some(_) => Err(Error::Conflict("the import is over already".to_owned())),
            None => Err(Error::NotFound(IMPORT)),
        };
    }
    note(&mut tx, app, ctx, &access, "import.stop", String::new()).await?;
    Ok(tx.commit().await?)
}

/// An address in the form in which it is asked, without a slash at its end.
fn checked_url(app: &App, text: &str) -> Result<String> {
    let refused = |why: String| Error::from(Invalid::new("clone_addr", why));
    let text = text.trim().trim_end_matches('/');
    if text.split_once("://").is_some_and(|(_, rest)| rest.split('/').next().unwrap_or_default().contains('@')) {
        return Err(refused("holds a name or a password: send them as auth_username and auth_password".to_owned()));
    }
    if text.contains('?') {
        return Err(refused("holds a query: git has none in the address of a repository".to_owned()));
    }
    if text.contains(['{', '}']) {
        return Err(refused("holds a brace".to_owned()));
    }
    app.sender.remote(text).map_err(refused)?;
    Ok(text.to_owned())
}

/// What follows `Basic ` (RFC 7617); `None` for nobody.
fn credential(wish: &NewImport) -> Result<Option<Secret>> {
    let (user, password) = (wish.user.as_str(), wish.password.expose());
    if user.is_empty() && password.is_empty() {
        return Ok(None);
    }
    let bad = |text: &str| text.len() > MOST_CREDENTIAL_BYTES || text.chars().any(char::is_control);
    if bad(user) || user.contains(':') {
        return Err(Invalid::new("auth_username", "must be short, without a colon and control characters").into());
    }
    if bad(password) {
        return Err(Invalid::new("auth_password", "must be short, without control characters").into());
    }
    let both = zeroize::Zeroizing::new(format!("{user}:{password}"));
    Ok(Some(Secret::new(STANDARD.encode(both.as_bytes()))))
}

/// What a credential is sealed for: one asker, one address.
fn purpose(account: AccountId, url: &str) -> Vec<u8> {
    [&b"credential of an import"[..], &account.0.to_be_bytes(), url.as_bytes()].concat()
}

async fn note(tx: &mut Tx, app: &App, ctx: &Ctx, access: &RepoAccess, action: &'static str, detail: String) -> Result<()> {
    let mut line = entry(ctx, action);
    (line.account, line.repo, line.detail) = (Some(access.owner.id), Some(access.repo.id), detail);
    tx.insert_audit(&line, app.clock.now()).await?;
    Ok(())
}
