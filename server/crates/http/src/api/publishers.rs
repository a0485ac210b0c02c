//! Who vouches for plugins: trusted publishers, and signatures under components.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::publisher::{ComponentSignature, CreatePublisherOption, CreateSignatureOption, Publisher};
use hardie_app::plugins::{add_publisher, list_publishers, list_signatures, remove_publisher, sign};
use hardie_domain::ids::PublisherId;
use hardie_domain::plugin::Digest;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    const SIGNATURES: &str = "/plugins/components/{digest}/signatures";
    let listed = Op::new("adminListPublishers", "admin", "Lists publishers whose signatures under plugins are trusted");
    let added = Op::new("adminAddPublisher", "admin", "Trusts a publisher's key");
    let signed = Op::new("signPluginComponent", "plugin", "Takes a signature under a component, if a trusted publisher made it");
    api.get("/admin/publishers", listed.gives_list::<Publisher>(), list)
        .post("/admin/publishers", added.takes::<CreatePublisherOption>().gives::<Publisher>(201), create)
        .delete(
            "/admin/publishers/{id}",
            Op::new("adminRemovePublisher", "admin", "Trusts a publisher no longer").gives_nothing(204),
            delete,
        )
        .get(
            SIGNATURES,
            Op::new("listPluginComponentSignatures", "plugin", "Lists who signed a component").gives_list::<ComponentSignature>(),
            signatures,
        )
        .post(SIGNATURES, signed.takes::<CreateSignatureOption>().gives::<ComponentSignature>(201), create_signature)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker) -> Answer<Json<Vec<Publisher>>> {
    Ok(Json(list_publishers(&http.app, &ctx).await?.into_iter().map(show::publisher).collect()))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<CreatePublisherOption>,
) -> Answer<(StatusCode, Json<Publisher>)> {
    let added = add_publisher(&http.app, &ctx, &body.name, &body.key).await?;
    Ok((StatusCode::CREATED, Json(show::publisher(added))))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    remove_publisher(&http.app, &ctx, PublisherId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn signatures(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Vec<ComponentSignature>>> {
    let digest = Digest::parse(&parts.text("digest")?).ok_or_else(|| Refusal::not_found("component"))?;
    Ok(Json(list_signatures(&http.app, &ctx, digest).await?.into_iter().map(show::component_signature).collect()))
}

async fn create_signature(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<CreateSignatureOption>,
) -> Answer<(StatusCode, Json<ComponentSignature>)> {
    let digest = Digest::parse(&parts.text("digest")?).ok_or_else(|| Refusal::not_found("component"))?;
    let signed = sign(&http.app, &ctx, digest, &body.signature).await?;
    Ok((StatusCode::CREATED, Json(show::component_signature(signed))))
}
