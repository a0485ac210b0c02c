//! Rules over branches.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::branch::{BranchProtection, BranchProtectionOption};
use hardie_app::protections::{
    Named, ProtectionChange, SettingsChange, create_protection, delete_protection, edit_protection, get_protection, list_protections,
};

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
    Whole(mut body, others): Whole<BranchProtectionOption>,
) -> Answer<(StatusCode, Json<BranchProtection>)> {
    ctx.require_actor()?;
    let change = change(&mut body, &others)?;
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
    Whole(mut body, others): Whole<BranchProtectionOption>,
) -> Answer<Json<BranchProtection>> {
    ctx.require_actor()?;
    let rule = edit_protection(&http.app, &ctx, &parts.repo()?, &parts.text("name")?, change(&mut body, &others)?).await?;
    Ok(Json(show::protection(rule)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_protection(&http.app, &ctx, &parts.repo()?, &parts.text("name")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What would promise more protection than there is, is refused rather than ignored.
fn change(body: &mut BranchProtectionOption, others: &Others) -> Answer<ProtectionChange> {
    // Whatever its name: a rule that seems to ask for more than it does would be trusted.
    if let Some(name) = others.asked().find(|name| !READ_ONLY.contains(name)) {
        return Err(Refusal::invalid(name.to_owned(), "branch protection does not have this yet; what it has is in /api/openapi.json"));
    }
    Ok(ProtectionChange {
        priority: body.priority,
        allow_force: body.enable_force_push,
        allow_delete: body.enable_delete,
        push: Named { people: body.push_whitelist_usernames.take(), teams: body.push_whitelist_teams.take() },
        force: Named { people: body.force_push_allowlist_usernames.take(), teams: body.force_push_allowlist_teams.take() },
        merge: Named { people: body.merge_whitelist_usernames.take(), teams: body.merge_whitelist_teams.take() },
        approvals: Named { people: body.approvals_whitelist_username.take(), teams: body.approvals_whitelist_teams.take() },
        settings: SettingsChange {
            enable_push: body.enable_push,
            push_list: body.enable_push_whitelist,
            push_deploy_keys: body.push_whitelist_deploy_keys,
            force_list: body.enable_force_push_allowlist,
            force_deploy_keys: body.force_push_allowlist_deploy_keys,
            merge_list: body.enable_merge_whitelist,
            status_check: body.enable_status_check,
            status_contexts: body.status_check_contexts.take(),
            required_approvals: body.required_approvals,
            approvals_list: body.enable_approvals_whitelist,
            block_on_rejected_reviews: body.block_on_rejected_reviews,
            block_on_official_review_requests: body.block_on_official_review_requests,
            block_on_outdated_branch: body.block_on_outdated_branch,
            dismiss_stale_approvals: body.dismiss_stale_approvals,
            ignore_stale_approvals: body.ignore_stale_approvals,
            require_signed_commits: body.require_signed_commits,
            require_linear_history: body.require_linear_history,
            protected_files: body.protected_file_patterns.take(),
            unprotected_files: body.unprotected_file_patterns.take(),
            block_admin_override: body.block_admin_merge_override,
            ..SettingsChange::default()
        },
    })
}
