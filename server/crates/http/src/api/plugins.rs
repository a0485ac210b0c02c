//! Installations: which component guards what. The same addresses below a repository, an organisation and the site.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::plugin::{
    CreateInstallationOption, EditInstallationOption, PluginInstallation, PluginLogLine, UpgradeInstallationOption, Verdict,
};
use hardie_app::plugins::{
    InstallationChange, NewInstallation, NewVersion, Target, Upgrade, get_installation, install, list_installations, logs,
    remove_installation, rollback, update_installation, upgrade, verdicts,
};
use hardie_domain::ids::InstallationId;
use hardie_domain::plugin::{Digest, Mode};
use serde_json::Value;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::json::Whole;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Lines of a log on one page.
const LOG_PAGE: u32 = 200;
const LOG_MOST: u32 = 1000;

/// The addresses and operation ids below one kind of target.
struct Place {
    all: &'static str,
    one: &'static str,
    component: &'static str,
    rollback: &'static str,
    verdicts: &'static str,
    logs: &'static str,
    ids: [&'static str; 9],
}

const PLACES: [Place; 3] = [
    Place {
        all: "/repos/{owner}/{repo}/plugins",
        one: "/repos/{owner}/{repo}/plugins/{id}",
        component: "/repos/{owner}/{repo}/plugins/{id}/component",
        rollback: "/repos/{owner}/{repo}/plugins/{id}/rollback",
        verdicts: "/repos/{owner}/{repo}/plugins/{id}/verdicts",
        logs: "/repos/{owner}/{repo}/plugins/{id}/logs",
        ids: [
            "repoListPlugins",
            "repoInstallPlugin",
            "repoGetPlugin",
            "repoEditPlugin",
            "repoRemovePlugin",
            "repoUpgradePlugin",
            "repoRollBackPlugin",
            "repoListVerdicts",
            "repoListPluginLogs",
        ],
    },
    Place {
        all: "/orgs/{org}/plugins",
        one: "/orgs/{org}/plugins/{id}",
        component: "/orgs/{org}/plugins/{id}/component",
        rollback: "/orgs/{org}/plugins/{id}/rollback",
        verdicts: "/orgs/{org}/plugins/{id}/verdicts",
        logs: "/orgs/{org}/plugins/{id}/logs",
        ids: [
            "orgListPlugins",
            "orgInstallPlugin",
            "orgGetPlugin",
            "orgEditPlugin",
            "orgRemovePlugin",
            "orgUpgradePlugin",
            "orgRollBackPlugin",
            "orgListVerdicts",
            "orgListPluginLogs",
        ],
    },
    Place {
        all: "/admin/plugins",
        one: "/admin/plugins/{id}",
        component: "/admin/plugins/{id}/component",
        rollback: "/admin/plugins/{id}/rollback",
        verdicts: "/admin/plugins/{id}/verdicts",
        logs: "/admin/plugins/{id}/logs",
        ids: [
            "adminListPlugins",
            "adminInstallPlugin",
            "adminGetPlugin",
            "adminEditPlugin",
            "adminRemovePlugin",
            "adminUpgradePlugin",
            "adminRollBackPlugin",
            "adminListVerdicts",
            "adminListPluginLogs",
        ],
    },
];

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    PLACES.into_iter().fold(api, |api, place| {
        let [list_id, create_id, get_id, edit_id, delete_id, upgrade_id, rollback_id, verdicts_id, logs_id] = place.ids;
        let tag = "plugin";
        api.get(place.all, Op::new(list_id, tag, "Lists what guards it, inherited ones too").gives_list::<PluginInstallation>(), list)
            .post(
                place.all,
                Op::new(create_id, tag, "Installs a component").takes::<CreateInstallationOption>().gives::<PluginInstallation>(201),
                create,
            )
            .get(place.one, Op::new(get_id, tag, "Shows an installation").gives::<PluginInstallation>(200), get)
            .patch(
                place.one,
                Op::new(edit_id, tag, "Changes or switches off an installation")
                    .takes::<EditInstallationOption>()
                    .gives::<PluginInstallation>(200),
                edit,
            )
            .delete(place.one, Op::new(delete_id, tag, "Removes an installation").gives_nothing(204), delete)
            .put(
                place.component,
                Op::new(upgrade_id, tag, "Upgrades it; 409 while there are new permissions without consent")
                    .takes::<UpgradeInstallationOption>()
                    .gives::<PluginInstallation>(200),
                put_component,
            )
            .post(
                place.rollback,
                Op::new(rollback_id, tag, "Goes back to the component before, and its configuration").gives::<PluginInstallation>(200),
                roll_back,
            )
            .get(place.verdicts, Op::new(verdicts_id, tag, "Lists what it said, newest first").gives_page::<Verdict>(), list_verdicts)
            .get(
                place.logs,
                Op::new(logs_id, tag, "Lists what it logged in its newest runs, the last line first").gives_page::<PluginLogLine>(),
                list_logs,
            )
    })
}

/// A repository, an organisation or, without either in the address, the site.
pub fn target(parts: &PathParts) -> Answer<Target> {
    let (owner, org) = (parts.text("owner")?, parts.text("org")?);
    Ok(match (owner.is_empty(), org.is_empty()) {
        (false, _) => Target::Repo(parts.repo()?),
        (true, false) => Target::Account(org),
        (true, true) => Target::Site,
    })
}

/// The installation in the address.
pub fn id(parts: &PathParts) -> Answer<InstallationId> {
    parts.id("id").map(InstallationId)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Vec<PluginInstallation>>> {
    let found = list_installations(&http.app, &ctx, &target(&parts)?).await?;
    Ok(Json(found.into_iter().map(show::installation).collect()))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<CreateInstallationOption>,
) -> Answer<(StatusCode, Json<PluginInstallation>)> {
    ctx.require_actor()?;
    let new = NewInstallation {
        digest: parse_digest(&body.digest)?,
        name: Some(body.name).filter(|n| !n.is_empty()),
        mode: body.mode.as_deref().map_or(Ok(Mode::Enforce), parse_mode)?,
        config: config_text(body.config),
        fail_open: body.fail_open,
        hosts: body.hosts,
    };
    let made = install(&http.app, &ctx, &target(&parts)?, new).await?;
    Ok((StatusCode::CREATED, Json(show::installation(made))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<PluginInstallation>> {
    Ok(Json(show::installation(get_installation(&http.app, &ctx, &target(&parts)?, id(&parts)?).await?)))
}

async fn edit(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Whole(body, others): Whole<EditInstallationOption>,
) -> Answer<Json<PluginInstallation>> {
    ctx.require_actor()?;
    if others.asked().any(|name| name == "digest") {
        return Err(Refusal::invalid("digest", "is changed by PUT to component below this address, which asks for consent"));
    }
    let change = InstallationChange {
        mode: body.mode.as_deref().map(parse_mode).transpose()?,
        config: config_text(body.config),
        fail_open: body.fail_open,
        hosts: body.hosts,
    };
    let changed = update_installation(&http.app, &ctx, &target(&parts)?, id(&parts)?, change).await?;
    Ok(Json(show::installation(changed)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    remove_installation(&http.app, &ctx, &target(&parts)?, id(&parts)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn put_component(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<UpgradeInstallationOption>,
) -> Answer<Json<PluginInstallation>> {
    ctx.require_actor()?;
    let new = NewVersion { digest: parse_digest(&body.digest)?, config: config_text(body.config), consent: body.consent };
    match upgrade(&http.app, &ctx, &target(&parts)?, id(&parts)?, new).await? {
        Upgrade::Done(changed) => Ok(Json(show::installation(*changed))),
        Upgrade::ConsentNeeded(asked) => {
            let permissions: Vec<_> = asked.into_iter().map(show::permission).collect();
            let words: Vec<_> = permissions.iter().map(|p| format!("{} ({})", p.description, p.name)).collect();
            let message = format!("the new component may do what the one before may not: {}; consent to go on", words.join("; "));
            Err(Refusal { permissions, ..Refusal::new(StatusCode::CONFLICT, message) })
        }
    }
}

async fn roll_back(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<PluginInstallation>> {
    ctx.require_actor()?;
    Ok(Json(show::installation(rollback(&http.app, &ctx, &target(&parts)?, id(&parts)?).await?)))
}

async fn list_verdicts(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let found = verdicts(&http.app, &ctx, &target(&parts)?, id(&parts)?, paging.page).await?;
    Ok(paging.answer(found.map(show::verdict)))
}

async fn list_logs(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let paging = paging.within(LOG_PAGE, LOG_MOST)?;
    let found = logs(&http.app, &ctx, &target(&parts)?, id(&parts)?, paging.page).await?;
    Ok(paging.answer(found.map(show::log_line)))
}

/// A component's name.
pub fn parse_digest(text: &str) -> Answer<Digest> {
    Digest::parse(text).ok_or_else(|| Refusal::invalid("digest", "must be sha256: and 64 hexadecimal digits"))
}

fn parse_mode(text: &str) -> Answer<Mode> {
    Mode::parse(text).ok_or_else(|| Refusal::invalid("mode", "must be enforce, monitor or off"))
}

/// `null` counts as absent.
pub fn config_text(config: Option<Value>) -> Option<String> {
    config.filter(|value| !value.is_null()).map(|value| value.to_string())
}
