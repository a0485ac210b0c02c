//! Components: what can be installed, named by the hash of its bytes.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use hardie_api_types::plugin::PluginComponent;
use hardie_app::plugins::{get_component, list_components, most_component_bytes, upload_component};
use hardie_domain::plugin::Digest;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::json::read_body;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// The address that takes uploads; [`crate::layers::admit`] gives it more time, since the component is compiled there.
pub const UPLOAD: &str = "/plugins/components";

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "plugin";
    api.post(
        UPLOAD,
        Op::new("uploadPluginComponent", tag, "Takes a component; 200 if it is there already")
            .takes_bytes("application/wasm")
            .gives::<PluginComponent>(201),
        upload,
    )
    .get(UPLOAD, Op::new("listPluginComponents", tag, "Lists components").gives_page::<PluginComponent>(), list)
    .get("/plugins/components/{digest}", Op::new("getPluginComponent", tag, "Shows a component").gives::<PluginComponent>(200), get)
}

async fn upload(State(http): State<Http>, Asker(ctx): Asker, request: Request) -> Answer<(StatusCode, Json<PluginComponent>)> {
    // Nobody is read megabytes from before they are known.
    ctx.require_actor()?;
    let kind = request.headers().get(CONTENT_TYPE).map_or(&b""[..], |v| v.as_bytes());
    if !matches!(kind, b"application/wasm" | b"application/octet-stream") {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/wasm"));
    }
    let bytes = read_body(request, most_component_bytes(&ctx), &http).await?;
    let uploaded = upload_component(&http.app, &ctx, bytes).await?;
    let status = if uploaded.created { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(show::component(uploaded.component))))
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    let found = list_components(&http.app, &ctx, paging.page).await?;
    Ok(paging.answer(found.map(show::component)))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<PluginComponent>> {
    let digest = Digest::parse(&parts.text("digest")?).ok_or_else(|| Refusal::not_found("component"))?;
    Ok(Json(show::component(get_component(&http.app, &ctx, digest).await?)))
}
