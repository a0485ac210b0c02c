//! Secrets of installations. The same addresses below a repository, an organisation and the site.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::plugin_secret::{PluginSecret, SetPluginSecretOption};
use hardie_app::plugins::{NewSecret, list_secrets, remove_secret, set_secret};
use hardie_domain::secret::Secret;

use super::plugins::{id, target};
use crate::auth::Asker;
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// The addresses and operation ids below one kind of target.
struct Place {
    all: &'static str,
    one: &'static str,
    ids: [&'static str; 3],
}

macro_rules! place {
    ($base:literal, $who:literal) => {
        Place {
            all: concat!($base, "/plugins/{id}/secrets"),
            one: concat!($base, "/plugins/{id}/secrets/{name}"),
            ids: [concat!($who, "ListPluginSecrets"), concat!($who, "SetPluginSecret"), concat!($who, "RemovePluginSecret")],
        }
    };
}

const PLACES: [Place; 3] = [place!("/repos/{owner}/{repo}", "repo"), place!("/orgs/{org}", "org"), place!("/admin", "admin")];

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    PLACES.into_iter().fold(api, |api, place| {
        let [list_id, set_id, remove_id] = place.ids;
        let tag = "plugin";
        api.get(place.all, Op::new(list_id, tag, "Lists its secrets by name, without their values").gives_list::<PluginSecret>(), list)
            .put(
                place.one,
                Op::new(set_id, tag, "Sets a secret, in place of the one of its name (200) or as a new one")
                    .takes::<SetPluginSecretOption>()
                    .gives::<PluginSecret>(200)
                    .gives::<PluginSecret>(201),
                set,
            )
            .delete(place.one, Op::new(remove_id, tag, "Forgets a secret").gives_nothing(204), remove)
    })
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Vec<PluginSecret>>> {
    let found = list_secrets(&http.app, &ctx, &target(&parts)?, id(&parts)?).await?;
    Ok(Json(found.into_iter().map(show::plugin_secret).collect()))
}

async fn set(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<SetPluginSecretOption>,
) -> Answer<(StatusCode, Json<PluginSecret>)> {
    ctx.require_actor()?;
    let SetPluginSecretOption { destination, header, value } = body;
    let new = NewSecret { name: parts.text("name")?, destination, header, value: Secret::new(value) };
    let (kept, is_new) = set_secret(&http.app, &ctx, &target(&parts)?, id(&parts)?, new).await?;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(show::plugin_secret(kept))))
}

async fn remove(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    ctx.require_actor()?;
    remove_secret(&http.app, &ctx, &target(&parts)?, id(&parts)?, &parts.text("name")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
