//! Webhooks. The same addresses below a repository, an organisation and the site.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::delivery::ResumeOption;
use hardie_api_types::hook::{CreateHookOption, EditHookOption, Hook};
use hardie_app::webhooks::{
    NewWebhook, WebhookChange, create_webhook, get_webhook, list_webhooks, remove_webhook, resume_webhook, test_webhook, update_webhook,
};

use super::plugins::{id, target};
use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// The addresses and operation ids below one kind of target.
struct Place {
    all: &'static str,
    one: &'static str,
    resume: &'static str,
    ids: [&'static str; 6],
}

macro_rules! place {
    ($base:literal, $who:literal) => {
        Place {
            all: concat!($base, "/hooks"),
            one: concat!($base, "/hooks/{id}"),
            resume: concat!($base, "/hooks/{id}/resume"),
            ids: [
                concat!($who, "ListHooks"),
                concat!($who, "CreateHook"),
                concat!($who, "GetHook"),
                concat!($who, "EditHook"),
                concat!($who, "DeleteHook"),
                concat!($who, "ResumeHook"),
            ],
        }
    };
}

const PLACES: [Place; 3] = [place!("/repos/{owner}/{repo}", "repo"), place!("/orgs/{org}", "org"), place!("/admin", "admin")];

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "webhook";
    let api = PLACES.into_iter().fold(api, |api, place| {
        let [list_id, create_id, get_id, edit_id, delete_id, resume_id] = place.ids;
        api.get(place.all, Op::new(list_id, tag, "Lists webhooks, the oldest first").gives_page::<Hook>(), list)
            .post(place.all, Op::new(create_id, tag, "Makes a webhook").takes::<CreateHookOption>().gives::<Hook>(201), create)
            .get(place.one, Op::new(get_id, tag, "Shows a webhook").gives::<Hook>(200), get)
            .patch(place.one, Op::new(edit_id, tag, "Changes a webhook").takes::<EditHookOption>().gives::<Hook>(200), edit)
            .delete(place.one, Op::new(delete_id, tag, "Removes a webhook and its deliveries").gives_nothing(204), delete)
            .post(
                place.resume,
                Op::new(resume_id, tag, "Sends what waits now, where the receiver did not answer; skips it if asked to")
                    .takes::<ResumeOption>()
                    .gives::<Hook>(200),
                wake,
            )
    });
    api.post(
        "/repos/{owner}/{repo}/hooks/{id}/tests",
        Op::new("repoTestHook", tag, "Has the newest commit of the default branch sent").gives_nothing(204),
        test,
    )
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let found = list_webhooks(&http.app, &ctx, &target(&parts)?, paging.page).await?;
    Ok(paging.answer(found.map(show::hook)))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<CreateHookOption>,
) -> Answer<(StatusCode, Json<Hook>)> {
    ctx.require_actor()?;
    if !["gitea", "forgejo", "gogs"].contains(&body.kind.as_str()) {
        let why = format!("{:?} is none of gitea, forgejo and gogs; the plugin chat-notifier tells chats", body.kind);
        return Err(Refusal::invalid("type", why));
    }
    let config = Config::read(body.config)?;
    let new = NewWebhook {
        url: config.url.ok_or_else(|| Refusal::invalid("config.url", "is missing: the address to send to"))?,
        secret: config.secret.unwrap_or_default(),
        authorization: body.authorization_header,
        content_type: config.content_type.unwrap_or_else(|| "json".to_owned()),
        events: body.events,
        branch_filter: body.branch_filter,
        active: body.active,
    };
    let made = create_webhook(&http.app, &ctx, &target(&parts)?, new).await?;
    Ok((StatusCode::CREATED, Json(show::hook(made))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Hook>> {
    Ok(Json(show::hook(get_webhook(&http.app, &ctx, &target(&parts)?, id(&parts)?).await?)))
}

async fn edit(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<EditHookOption>,
) -> Answer<Json<Hook>> {
    ctx.require_actor()?;
    let config = Config::read(body.config)?;
    let change = WebhookChange {
        url: config.url,
        secret: config.secret,
        authorization: body.authorization_header,
        content_type: config.content_type,
        events: body.events,
        branch_filter: body.branch_filter,
        active: body.active,
    };
    Ok(Json(show::hook(update_webhook(&http.app, &ctx, &target(&parts)?, id(&parts)?, change).await?)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    ctx.require_actor()?;
    remove_webhook(&http.app, &ctx, &target(&parts)?, id(&parts)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn wake(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<ResumeOption>,
) -> Answer<Json<Hook>> {
    ctx.require_actor()?;
    Ok(Json(show::hook(resume_webhook(&http.app, &ctx, &target(&parts)?, id(&parts)?, body.skip).await?)))
}

async fn test(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    ctx.require_actor()?;
    test_webhook(&http.app, &ctx, &target(&parts)?, id(&parts)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The fields of `config` that there are.
struct Config {
    url: Option<String>,
    content_type: Option<String>,
    secret: Option<String>,
}

impl Config {
    /// Others are refused: what is ignored in silence would be missed later.
    fn read(mut given: BTreeMap<String, String>) -> Answer<Config> {
        let config = Config { url: given.remove("url"), content_type: given.remove("content_type"), secret: given.remove("secret") };
        // Clients of Gitea send this one along with what it says already.
        given.retain(|name, value| !(value.is_empty() || name == "http_method" && value.eq_ignore_ascii_case("post")));
        match given.keys().next() {
            Some(name) => Err(Refusal::invalid("config", format!("{name:?} is none of url, content_type and secret"))),
            None => Ok(config),
        }
    }
}
