//! Rules over branches.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::branch::{BranchProtection, BranchProtectionOption};
use hardie_app::protections::{ProtectionChange, create_protection, delete_protection, edit_protection, get_protection, list_protections};

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::json::{Others, Whole};
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// What a rule is shown with: clients send back what they were given.
const READ_ONLY: [&str; 2] = ["created_at", "updated_at"];

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let all = "/repos/{owner}/{repo}/branch_protections";
    // A pattern such as `release/*` holds a slash, which clients may or may not encode.
    let one = "/repos/{owner}/{repo}/branch_protections/{*name}";
    api.get(all, Op::new("repoListBranchProtection", tag, "Lists rules").gives_list::<BranchProtection>(), list)
        .post(
            all,
            Op::new("repoCreateBranchProtection", tag, "Adds a rule").takes::<BranchProtectionOption>().gives::<BranchProtection>(201),
            create,
        )
        .get(one, Op::new("repoGetBranchProtection", tag, "Shows a rule").gives::<BranchProtection>(200), get)
        .patch(
            one,
            Op::new("repoEditBranchProtection", tag, "Changes a rule").takes::<BranchProtectionOption>().gives::<BranchProtection>(200),
            edit,
        )
        .delete(one, Op::new("repoDeleteBranchProtection", tag, "Removes a rule").gives_nothing(204), delete)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Vec<BranchProtection>>> {
    let rules = list_protections(&http.app, &ctx, &parts.repo()?).await?;
    Ok(Json(rules.into_iter().map(show::protection).collect()))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<BranchProtection>> {
    Ok(Json(show::protection(get_protection(&http.app, &ctx, &parts.repo()?, &parts.text("name")?).await?)))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Whole(body, others): Whole<BranchProtectionOption>,
) -> Answer<(StatusCode, Json<BranchProtection>)> {
    ctx.require_actor()?;
    let change = change(&body, &others)?;
    let pattern = body.rule_name.filter(|n| !n.is_empty()).or(body.branch_name).unwrap_or_default();
    if pattern.is_empty() {
        return Err(Refusal::invalid("rule_name", "must name a branch or a pattern such as release/*"));
    }
    let rule = create_protection(&http.app, &ctx, &parts.repo()?, &pattern, change).await?;
    Ok((StatusCode::CREATED, Json(show::protection(rule))))
}

async fn edit(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Whole(body, others): Whole<BranchProtectionOption>,
) -> Answer<Json<BranchProtection>> {
    ctx.require_actor()?;
    let rule = edit_protection(&http.app, &ctx, &parts.repo()?, &parts.text("name")?, change(&body, &others)?).await?;
    Ok(Json(show::protection(rule)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_protection(&http.app, &ctx, &parts.repo()?, &parts.text("name")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What would promise more protection than there is, is refused rather than ignored.
fn change(body: &BranchProtectionOption, others: &Others) -> Answer<ProtectionChange> {
    // Whatever its name: a rule that seems to ask for more than it does would be trusted.
    if let Some(name) = others.asked().find(|name| !READ_ONLY.contains(name)) {
        return Err(Refusal::invalid(name.to_owned(), "branch protection does not have this yet; what it has is in /api/openapi.json"));
    }
    if body.enable_push == Some(false) {
        return Err(Refusal::invalid("enable_push", "a branch cannot be closed to people with write access yet"));
    }
    if body.enable_push_whitelist == Some(true) {
        return Err(Refusal::invalid("enable_push_whitelist", "lists of people who may push are not there yet"));
    }
    Ok(ProtectionChange { allow_force: body.enable_force_push, allow_delete: body.enable_delete })
}
