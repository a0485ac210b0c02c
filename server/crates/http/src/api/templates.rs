//! Repositories made after a template.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::repo::{GenerateRepoOption, Repository};
use hardie_app::repos::{GenerateRepo, generate_repo};

use super::repos::visibility;
use crate::auth::Asker;
use crate::error::Answer;
use crate::json::Whole;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// What Gitea gives a new repository of its template, too: silence would look like consent.
const NOT_THERE: &[(&str, &str)] = &[
    ("webhooks", "copies of webhooks, whose secrets stay where they were set"),
    ("git_hooks", "hooks on the server's disk; install a plugin"),
    ("avatar", "avatars"),
];

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let op = Op::new("generateRepo", "repository", "Makes a repository after this one, which must be a template");
    api.post("/repos/{owner}/{repo}/generate", op.takes::<GenerateRepoOption>().gives::<Repository>(201), generate)
}

async fn generate(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Whole(body, others): Whole<GenerateRepoOption>,
) -> Answer<(StatusCode, Json<Repository>)> {
    others.refuse(NOT_THERE)?;
    let filled = |text: String| Some(text).filter(|text| !text.is_empty());
    let wish = GenerateRepo {
        owner: filled(body.owner),
        name: body.name,
        description: body.description,
        visibility: visibility(body.private),
        default_branch: filled(body.default_branch),
        content: body.git_content,
        topics: body.topics,
        labels: body.labels,
        protections: body.protected_branch,
    };
    let made = generate_repo(&http.app, &ctx, &parts.repo()?, wish).await?;
    Ok((StatusCode::CREATED, Json(show::repo(&http.links, &made))))
}
