//! `POST objects/batch` (`docs/api/batch.md`): what to do with each of many objects, and where.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use hardie_api_types::lfs::{LfsAction, LfsBatchAnswer, LfsBatchRequest, LfsObjectAnswer, LfsObjectError};
use hardie_app::identity::Pass;
use hardie_app::lfs::{self, BatchAnswer, LfsOperation, Named, Outcome};

use super::{BELOW, answer};
use crate::auth::LfsAsker;
use crate::error::{Answer, Refusal};
use crate::git::{refuse, repo_path};
use crate::json::Json;
use crate::path::PathParts;
use crate::state::Http;

const TRANSFER: &str = "basic";
const HASH: &str = "sha256";

pub async fn batch(
    State(http): State<Http>,
    LfsAsker(ctx): LfsAsker,
    parts: PathParts,
    headers: HeaderMap,
    Json(body): Json<LfsBatchRequest>,
) -> Answer {
    let path = repo_path(&parts)?;
    let operation =
        LfsOperation::parse(&body.operation).ok_or_else(|| Refusal::invalid("operation", "must be \"download\" or \"upload\""))?;
    if !body.transfers.is_empty() && !body.transfers.iter().any(|transfer| transfer == TRANSFER) {
        return Err(Refusal::invalid("transfers", "this server knows the transfer \"basic\" alone"));
    }
    if body.hash_algo.as_deref().is_some_and(|hash| hash != HASH) {
        return Err(Refusal::new(StatusCode::CONFLICT, "hash_algo: this server knows \"sha256\" alone"));
    }
    let named = body.objects.into_iter().map(|name| Named { oid: name.oid, size: name.size }).collect();
    let found = lfs::batch(&http.app, &ctx, &path, operation, named).await.map_err(|error| refuse(&ctx, error))?;
    let base = format!("{}/{}.git{BELOW}", http.links.asked(&headers), found.repo);
    let place = Place { base: &base, pass: found.pass.as_ref(), operation };
    let objects = found.objects.into_iter().map(|object| place.object(object)).collect();
    Ok(answer(StatusCode::OK, &LfsBatchAnswer { transfer: TRANSFER.to_owned(), objects, hash_algo: HASH.to_owned() }))
}

/// Where the transfers of one batch go, and with what.
struct Place<'a> {
    base: &'a str,
    pass: Option<&'a Pass>,
    operation: LfsOperation,
}

impl Place<'_> {
    fn object(&self, object: BatchAnswer) -> LfsObjectAnswer {
        let BatchAnswer { named, outcome } = object;
        let (actions, error) = match outcome {
            Outcome::Present => (None, None),
            Outcome::Refused(error) => {
                let Refusal { status, message, .. } = Refusal::from(error);
                (None, Some(LfsObjectError { code: status.as_u16(), message }))
            }
            Outcome::Transfer(object) => (Some(self.actions(&object)), None),
        };
        LfsObjectAnswer { oid: named.oid, size: named.size, authenticated: true, actions, error }
    }

    fn actions(&self, object: &hardie_domain::lfs::LfsObject) -> BTreeMap<String, LfsAction> {
        let base = self.base;
        let place = format!("{base}/objects/{}", object.oid);
        let actions = match self.operation {
            LfsOperation::Download => vec![("download", place)],
            LfsOperation::Upload => vec![("upload", format!("{place}/{}", object.size)), ("verify", format!("{base}/objects/verify"))],
        };
        actions.into_iter().map(|(name, href)| (name.to_owned(), self.action(href))).collect()
    }

    fn action(&self, href: String) -> LfsAction {
        let header = self.pass.map(|pass| ("Authorization".to_owned(), format!("Bearer {}", pass.secret.expose())));
        LfsAction { href, header: header.into_iter().collect(), expires_in: self.pass.map(|pass| pass.expires_in) }
    }
}
