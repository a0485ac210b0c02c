//! Files of releases.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, IF_NONE_MATCH, RANGE};
use axum::http::{HeaderMap, Method, StatusCode};
use hardie_api_types::release::{Attachment, EditAttachmentOptions};
use hardie_app::Ctx;
use hardie_app::releases::{
    Asset, ReleaseRow, begin_upload, delete_asset, download_asset, get_asset, get_release, rename_asset, upload_asset,
};
use hardie_domain::ids::AssetId;

use super::missing::begins;
use super::releases::id;
use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::git::{drain, fault, reader};
use crate::json::Json as Body;
use crate::layers::Turn;
use crate::lfs::send;
use crate::multipart;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::query::Query;
use crate::show::Place;
use crate::state::Http;

/// Bytes of a form beside the file in it.
const FORM_BYTES: u64 = 1 << 20;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "repository";
    let (all, one) = ("/repos/{owner}/{repo}/releases/{id}/assets", "/repos/{owner}/{repo}/releases/{id}/assets/{attachment_id}");
    let upload_op =
        Op::new("repoCreateReleaseAttachment", tag, "Adds a file: the body itself, or the part attachment of a multipart/form-data")
            .query("name", "its name; that of the form's file if absent")
            .takes_bytes("application/octet-stream")
            .gives::<Attachment>(201);
    let rename_op = Op::new("repoEditReleaseAttachment", tag, "Gives a file of a release another name");
    api.get(all, Op::new("repoListReleaseAttachments", tag, "Lists the files of a release").gives_list::<Attachment>(), list)
        .post(all, upload_op, upload)
        .get(one, Op::new("repoGetReleaseAttachment", tag, "Shows a file of a release").gives::<Attachment>(200), get)
        .patch(one, rename_op.takes::<EditAttachmentOptions>().gives::<Attachment>(201), rename)
        .delete(one, Op::new("repoDeleteReleaseAttachment", tag, "Takes a file from a release").gives_nothing(204), delete)
}

/// Whether a request brings a file for a release; [`crate::layers::admit`] gives it the time that a push has.
pub fn brings_asset(request: &Request) -> bool {
    let below = request.uri().path().strip_prefix("/api/v1/");
    request.method() == Method::POST && below.is_some_and(|path| begins(path, "repos/*/*/releases/*/assets"))
}

fn asset_id(parts: &PathParts) -> Answer<AssetId> {
    Ok(AssetId(parts.id("attachment_id")?))
}

fn shown(http: &Http, parts: &PathParts, tag: &str, asset: &Asset) -> Answer<Json<Attachment>> {
    Ok(Json(Place { links: &http.links, repo: &parts.repo()? }.asset(tag, asset)))
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Vec<Attachment>>> {
    let repo = parts.repo()?;
    let found = get_release(&http.app, &ctx, &repo, id(&parts)?).await?;
    let place = Place { links: &http.links, repo: &repo };
    Ok(Json(found.assets.iter().map(|asset| place.asset(&found.row.tag, asset)).collect()))
}

async fn upload(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    query: Query,
    request: Request,
) -> Answer<(StatusCode, Json<Attachment>)> {
    // Nobody is read megabytes from before they are known.
    ctx.require_actor()?;
    let turn = request.extensions().get::<Turn>().cloned();
    let taken = take(&http, &ctx, &parts, query.text("name")?, request);
    let (release, asset) = match turn {
        Some(turn) => turn.while_reading(taken).await?,
        None => taken.await?,
    };
    Ok((StatusCode::CREATED, shown(&http, &parts, &release.tag, &asset)?))
}

async fn take(http: &Http, ctx: &Ctx, parts: &PathParts, name: Option<String>, request: Request) -> Answer<(ReleaseRow, Asset)> {
    let (repo, release) = (parts.repo()?, id(parts)?);
    let most = http.app.config.git_limits.release_asset_bytes.saturating_add(FORM_BYTES);
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    let is_coded = request.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity");
    let boundary = multipart::boundary(request.headers())?;
    let (mut input, trouble) = reader(request.into_body(), false, most);
    let result = async {
        let release = begin_upload(&http.app, ctx, &repo, release).await?;
        if is_coded {
            return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "an asset is uploaded as it is, without a Content-Encoding"));
        }
        if length.is_some_and(|length| length > most) {
            return Err(Refusal::too_large("an asset", http.app.config.git_limits.release_asset_bytes));
        }
        let asset = match boundary {
            None => {
                let name = name.ok_or_else(|| Refusal::invalid("name", "must be sent as ?name= with a body that is no form"))?;
                upload_asset(&http.app, ctx, &release, &name, &mut input).await?
            }
            Some(boundary) => {
                let mut part = multipart::find(&mut input, &boundary, "attachment").await?;
                let name = name.or_else(|| part.file_name.take()).unwrap_or_default();
                upload_asset(&http.app, ctx, &release, &name, &mut part).await?
            }
        };
        Ok((release, asset))
    };
    let result = result.await;
    if result.is_err() {
        drain(&mut input).await;
    }
    result.map_err(|refusal: Refusal| fault(&trouble).unwrap_or(refusal))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Attachment>> {
    let (release, asset) = get_asset(&http.app, &ctx, &parts.repo()?, id(&parts)?, asset_id(&parts)?).await?;
    shown(&http, &parts, &release.tag, &asset)
}

async fn rename(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    Body(body): Body<EditAttachmentOptions>,
) -> Answer<(StatusCode, Json<Attachment>)> {
    let (release, asset) = rename_asset(&http.app, &ctx, &parts.repo()?, id(&parts)?, asset_id(&parts)?, &body.name).await?;
    Ok((StatusCode::CREATED, shown(&http, &parts, &release.tag, &asset)?))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_asset(&http.app, &ctx, &parts.repo()?, id(&parts)?, asset_id(&parts)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `/{owner}/{repo}/releases/download/{tag}/{name}`, whole or a part.
pub async fn asset_page(State(http): State<Http>, Asker(ctx): Asker, method: Method, parts: PathParts, headers: HeaderMap) -> Answer {
    let counts = method == Method::GET && !headers.contains_key(RANGE) && !headers.contains_key(IF_NONE_MATCH);
    let (tag, name) = (parts.text("tag")?, parts.text("name")?);
    let (asset, content) = download_asset(&http.app, &ctx, &parts.repo()?, &tag, &name, counts).await?;
    send(asset.name.as_bytes(), content, &headers).await
}
