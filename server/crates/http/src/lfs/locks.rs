//! The locking API (`docs/api/locking.md`).

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use hardie_api_types::lfs::{
    LfsLock, LfsLockAnswer, LfsLockList, LfsLockOwner, LfsLockRequest, LfsUnlockRequest, LfsVerifiedLocks, LfsVerifyLocksRequest,
};
use hardie_app::lfs::{self, LockQuery, Locked};
use hardie_domain::ids::LfsLockId;

use super::answer;
use crate::auth::LfsAsker;
use crate::error::{Answer, Refusal};
use crate::git::{refuse, repo_path};
use crate::json::Json;
use crate::path::PathParts;
use crate::query::Query;
use crate::state::Http;

/// `POST locks`.
pub async fn lock(State(http): State<Http>, LfsAsker(ctx): LfsAsker, parts: PathParts, Json(body): Json<LfsLockRequest>) -> Answer {
    let repo = repo_path(&parts)?;
    match lfs::lock(&http.app, &ctx, &repo, &body.path).await.map_err(|error| refuse(&ctx, error))? {
        Locked::Made(lock) => Ok(answer(StatusCode::CREATED, &LfsLockAnswer { lock: shown(lock), message: None })),
        Locked::Held(lock) => {
            let message = Some(format!("{} is locked by {} already", lock.path, lock.owner_name));
            Ok(answer(StatusCode::CONFLICT, &LfsLockAnswer { lock: shown(lock), message }))
        }
    }
}

/// `GET locks`.
pub async fn list(State(http): State<Http>, LfsAsker(ctx): LfsAsker, parts: PathParts, query: Query) -> Answer<Response> {
    let repo = repo_path(&parts)?;
    let id = query.text("id")?;
    // An id that is no number is nobody's.
    let id = id.map(|id| LfsLockId(id.parse().unwrap_or_default()));
    let after = cursor(query.text("cursor")?.as_deref())?;
    let query = LockQuery { path: query.text("path")?, id, after, limit: query.number("limit")? };
    let page = lfs::list_locks(&http.app, &ctx, &repo, &query).await.map_err(|error| refuse(&ctx, error))?;
    let body = LfsLockList { locks: page.locks.into_iter().map(shown).collect(), next_cursor: page.next.map(|id| id.to_string()) };
    Ok(answer(StatusCode::OK, &body))
}

/// `POST locks/verify`.
pub async fn verify(
    State(http): State<Http>,
    LfsAsker(ctx): LfsAsker,
    parts: PathParts,
    Json(body): Json<LfsVerifyLocksRequest>,
) -> Answer<Response> {
    let repo = repo_path(&parts)?;
    let query = LockQuery { after: cursor(body.cursor.as_deref())?, limit: body.limit, ..LockQuery::default() };
    let found = lfs::verify_locks(&http.app, &ctx, &repo, &query).await.map_err(|error| refuse(&ctx, error))?;
    let list = |locks: Vec<lfs::LfsLock>| locks.into_iter().map(shown).collect();
    let body = LfsVerifiedLocks { ours: list(found.ours), theirs: list(found.theirs), next_cursor: found.next.map(|id| id.to_string()) };
    Ok(answer(StatusCode::OK, &body))
}

/// `POST locks/{id}/unlock`.
pub async fn unlock(
    State(http): State<Http>,
    LfsAsker(ctx): LfsAsker,
    parts: PathParts,
    Json(body): Json<LfsUnlockRequest>,
) -> Answer<Response> {
    let (repo, id) = (repo_path(&parts)?, LfsLockId(parts.id("id")?));
    let ended = lfs::unlock(&http.app, &ctx, &repo, id, body.force).await.map_err(|error| refuse(&ctx, error))?;
    Ok(answer(StatusCode::OK, &LfsLockAnswer { lock: shown(ended), message: None }))
}

fn shown(lock: lfs::LfsLock) -> LfsLock {
    LfsLock {
        id: lock.id.to_string(),
        path: lock.path,
        locked_at: lock.locked_at.into(),
        owner: LfsLockOwner { name: lock.owner_name.as_str().to_owned() },
    }
}

fn cursor(text: Option<&str>) -> Result<Option<LfsLockId>, Refusal> {
    let wrong = |_| Refusal::invalid("cursor", "must be the next_cursor of a page before");
    text.filter(|text| !text.is_empty()).map(|text| text.parse().map(LfsLockId).map_err(wrong)).transpose()
}
