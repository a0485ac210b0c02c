//! The audit log, and its export.

use std::io;

use axum::body::Body;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures_util::stream::try_unfold;
use hardie_api_types::Time;
use hardie_api_types::audit::AuditEntry;
use hardie_app::audit::{AuditExport, AuditQuery, list_audit};
use hardie_domain::audit::Outcome;
use hardie_domain::time::Timestamp;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show;
use crate::state::Http;

const LINES: &str = "application/x-ndjson";

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let op = |id, tag, summary| {
        Op::new(id, tag, summary)
            .query("action", "this action, or all that begin with it and a dot")
            .query("actor", "done by this user")
            .query("target", "about this account, or this owner/name")
            .query("account", "about this account")
            .query("result", "done, denied or failed")
            .query("from", "then or later, as 2026-01-31T08:15:00Z")
            .query("to", "before then")
    };
    let export = |id, tag, summary| op(id, tag, summary).query("after", "after this place in the chain").gives_bytes(LINES);
    let (admin, org, repo) = ("admin", "organization", "admin");
    api.get("/admin/audit", op("adminListAudit", admin, "Lists the audit log, newest first").gives_page::<AuditEntry>(), of_site)
        .get("/admin/audit/export", export("adminExportAudit", admin, "Gives the audit log as JSON lines, oldest first"), export_site)
        .get(
            "/orgs/{org}/audit",
            op("orgListAudit", org, "Lists the audit log of an organisation and its repositories, newest first").gives_page::<AuditEntry>(),
            of_org,
        )
        .get(
            "/repos/{owner}/{repo}/audit",
            op("repoListAudit", repo, "Lists the audit log of a repository, newest first").gives_page::<AuditEntry>(),
            of_repo,
        )
}

async fn of_site(State(http): State<Http>, Asker(ctx): Asker, query: Query, paging: Paging) -> Answer {
    let wanted = wanted(&query)?;
    Ok(paging.answer(list_audit(&http.app, &ctx, &wanted, paging.page).await?.map(show::audit_line)))
}

async fn of_org(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let wanted = AuditQuery { org: Some(parts.text("org")?), ..wanted(&query)? };
    Ok(paging.answer(list_audit(&http.app, &ctx, &wanted, paging.page).await?.map(show::audit_line)))
}

async fn of_repo(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, query: Query, paging: Paging) -> Answer {
    let wanted = AuditQuery { repo: Some(parts.repo()?), ..wanted(&query)? };
    Ok(paging.answer(list_audit(&http.app, &ctx, &wanted, paging.page).await?.map(show::audit_line)))
}

async fn export_site(State(http): State<Http>, Asker(ctx): Asker, query: Query) -> Answer {
    let after = query.number("after")?.unwrap_or_default();
    let walk = AuditExport::begin(&http.app, &ctx, &wanted(&query)?, after).await?;
    Ok(streamed(walk))
}

/// Read as the client takes it. A fault on the way cuts the answer off before its last line, which says where the chain ended.
fn streamed(walk: AuditExport) -> Response {
    let lines = try_unfold(Some(walk), |walk| async move {
        let Some(mut walk) = walk else { return Ok(None) };
        let lines = walk.next().await.map_err(|error| {
            tracing::warn!(error = &error as &dyn std::error::Error, "an export of the audit log was cut off");
            io::Error::other("the log could not be read")
        })?;
        let (head, is_end) = (walk.head(), lines.is_empty());
        let text = Bytes::from(show::audit_export(lines, head));
        Ok::<_, io::Error>(Some((text, (!is_end).then_some(walk))))
    });
    ([(CONTENT_TYPE, LINES)], Body::from_stream(lines)).into_response()
}

fn wanted(query: &Query) -> Answer<AuditQuery> {
    let outcome = match query.text("result")? {
        None => None,
        Some(text) => Some(Outcome::parse(&text).ok_or_else(|| Refusal::invalid("result", "must be done, denied or failed"))?),
    };
    Ok(AuditQuery {
        repo: None,
        org: None,
        account: query.text("account")?,
        target: query.text("target")?,
        actor: query.text("actor")?,
        action: query.text("action")?,
        outcome,
        from: moment(query, "from")?,
        to: moment(query, "to")?,
    })
}

fn moment(query: &Query, name: &'static str) -> Answer<Option<Timestamp>> {
    let Some(text) = query.text(name)? else { return Ok(None) };
    // A plus that was not written as %2B has become a space.
    let moment = Time(text.replace(' ', "+")).timestamp();
    moment.map(Some).ok_or_else(|| Refusal::invalid(name, "must be a moment such as 2026-01-31T08:15:00Z"))
}
