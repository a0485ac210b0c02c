//! Tokens that are narrowed beyond their scopes: what somebody asks for, what is kept, and what it comes to for an actor.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use hardie_domain::access::RepoAction;
use hardie_domain::error::Invalid;
use hardie_domain::ids::RepoId;
use hardie_domain::names::RepoPath;
use hardie_domain::narrowing::{MAX_REFS, MAX_REPOS, Narrowing, RefPattern};
use hardie_domain::scope::{Level, ScopeSet};
use hardie_store::tokens::NarrowedRow;

use super::Token;
use super::keys::key_scopes;
use crate::access::{repo_by_id, repo_for};
use crate::{App, Ctx, Error, Result};

/// What a token shall be narrowed to; nothing by default.
#[derive(Clone, Debug, Default)]
pub struct NewNarrowing {
    /// The only repositories, by their addresses; `None` for all.
    pub repositories: Option<Vec<String>>,
    /// The only refs that it moves, as patterns such as `refs/heads/ci/**`; all if empty.
    pub refs: Vec<String>,
    /// Reading alone, or also what a push may change.
    pub access: Option<Level>,
}

/// What is kept of it. Whoever asks sees the repositories now; whether the token does is asked at each use.
pub(super) async fn checked(app: &App, ctx: &Ctx, new: &NewNarrowing, scopes: &ScopeSet) -> Result<NarrowedRow> {
    let row = NarrowedRow { repos: repos(app, ctx, new).await?, refs: refs(&new.refs)?, access: new.access };
    // Any other scope leads out of it: by a key, by another token.
    if row.is_narrowed() && !key_scopes()?.covers(scopes) {
        let text = "a token that is narrowed to repositories, refs or access may have read:repository or write:repository, and public-only";
        return Err(Invalid::new("scopes", text).into());
    }
    Ok(row)
}

async fn repos(app: &App, ctx: &Ctx, new: &NewNarrowing) -> Result<Option<Vec<RepoId>>> {
    let Some(names) = &new.repositories else { return Ok(None) };
    if names.is_empty() || names.len() > MAX_REPOS {
        return Err(Invalid::new("repositories", format!("must name 1 to {MAX_REPOS} repositories, or be left out for all")).into());
    }
    let mut repos = Vec::new();
    for name in names {
        let invalid = |why: &str| Error::from(Invalid::new("repositories", format!("{name:?} {why}")));
        let path = RepoPath::parse(name).ok_or_else(|| invalid("is not owner/name"))?;
        let found = repo_for(app, ctx, &path, RepoAction::Read).await.map_err(|error| match error {
            Error::NotFound(_) => invalid("is not found"),
            Error::Moved(to) => invalid(&format!("is now {to}")),
            other => other,
        })?;
        if !repos.contains(&found.repo.id) {
            repos.push(found.repo.id);
        }
    }
    Ok(Some(repos))
}

fn refs(patterns: &[String]) -> Result<Vec<String>> {
    if patterns.len() > MAX_REFS {
        return Err(Invalid::new("refs", format!("may hold {MAX_REFS} patterns at most")).into());
    }
    patterns.iter().map(|text| Ok(RefPattern::parse(text)?.to_string())).collect()
}

/// What it comes to. A row that cannot be read is an error: a narrowing must not fall away in silence.
pub(super) fn narrowing_of(row: &NarrowedRow) -> Result<Option<Arc<Narrowing>>> {
    if !row.is_narrowed() {
        return Ok(None);
    }
    let refs = row.refs.iter().map(|text| RefPattern::parse(text)).collect::<Result<_, _>>().map_err(Error::internal)?;
    Ok(Some(Arc::new(Narrowing { repos: row.repos.clone(), refs, level: row.access.unwrap_or(Level::Write) })))
}

/// The addresses of the repositories that these tokens name, as far as the asker sees them.
pub async fn repositories_of(app: &App, ctx: &Ctx, tokens: &[Token]) -> Result<HashMap<RepoId, String>> {
    let mut names = HashMap::new();
    let ids: BTreeSet<RepoId> = tokens.iter().flat_map(|token| token.narrowed.repos.clone().unwrap_or_default()).collect();
    for id in ids {
        match repo_by_id(app, ctx, id, RepoAction::Read).await {
            Ok(access) => drop(names.insert(id, access.path())),
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(names)
}
