//! A policy tried on what was pushed before.

use axum::Json;
use axum::extract::State;
use hardie_api_types::plugin::{DryRun, DryRunOption};
use hardie_app::plugins::{MOST_PUSHES, Over, Tried, dry_run};
use hardie_domain::ids::InstallationId;
use hardie_domain::range::Range;

use super::plugins::{config_text, parse_digest};
use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Pushes if nobody says how many.
const LAST: u32 = 50;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let text = "Judges recorded pushes or commits by a policy; changes nothing, and ends after 20 seconds with what it has";
    let op = Op::new("repoDryRunPlugin", "plugin", text).takes::<DryRunOption>().gives::<DryRun>(200);
    api.post("/repos/{owner}/{repo}/plugins/dry-run", op, run)
}

async fn run(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<DryRunOption>,
) -> Answer<Json<DryRun>> {
    ctx.require_actor()?;
    let over = over(&body)?;
    let tried = match (body.plugin_id, body.digest.as_deref()) {
        (Some(id), None) => Tried::Installed(InstallationId(id)),
        (None, Some(digest)) => Tried::Component(parse_digest(digest)?),
        _ => {
            return Err(Refusal::invalid(
                "plugin_id",
                "say which policy: plugin_id of one that is installed, or digest of one that was uploaded",
            ));
        }
    };
    let done = dry_run(&http.app, &ctx, &parts.repo()?, tried, config_text(body.config), over).await?;
    Ok(Json(show::dry_run(done)))
}

fn over(body: &DryRunOption) -> Answer<Over> {
    let since = match &body.since {
        None => None,
        Some(time) => Some(time.timestamp().ok_or_else(|| Refusal::invalid("since", "must be a time such as 2026-01-31T00:00:00Z"))?),
    };
    let last = body.last.unwrap_or(if since.is_some() { MOST_PUSHES } else { LAST });
    match &body.range {
        None if (1..=MOST_PUSHES).contains(&last) => Ok(Over::Pushes { last, since }),
        None => Err(Refusal::invalid("last", format!("must be 1 to {MOST_PUSHES}"))),
        Some(_) if body.last.is_some() || since.is_some() => Err(Refusal::invalid("range", "stands alone: without last and since")),
        Some(range) => Ok(Over::Range(Range::parse(range).map_err(|why| Refusal::invalid("range", why))?)),
    }
}
