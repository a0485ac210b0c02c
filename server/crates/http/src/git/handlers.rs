//! The addresses of git over HTTP.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use hardie_app::transport::{Service, git_advertise, git_receive_pack, git_upload_archive, git_upload_pack};
use hardie_app::{Ctx, Error};

use super::body::{Fault, reader};
use super::bundles::bundle;
use super::conversation::run;
use super::protocol::{answer_headers, check_content_type, is_gzip, repo_path, version};
use crate::auth::GitAsker;
use crate::error::{Answer, Refusal};
use crate::path::PathParts;
use crate::query::Query;
use crate::state::Http;

/// Everything below `/{owner}/{repo}` that git's clients ask for.
pub fn routes() -> Router<Http> {
    Router::new()
        .route("/{owner}/{repo}/info/refs", get(advertise))
        .route("/{owner}/{repo}/git-upload-pack", post(upload_pack))
        .route("/{owner}/{repo}/git-receive-pack", post(receive_pack))
        .route("/{owner}/{repo}/git-upload-archive", post(upload_archive))
        .route("/{owner}/{repo}/info/bundles/{id}", get(bundle))
        .route("/{owner}/{repo}/HEAD", get(dumb))
        .route("/{owner}/{repo}/objects/{*path}", get(dumb))
}

/// `GET …/info/refs?service=…`.
async fn advertise(
    State(http): State<Http>,
    asker: Result<GitAsker, Refusal>,
    parts: PathParts,
    query: Query,
    headers: HeaderMap,
) -> Answer {
    let Some(service) = query.text("service")? else { return dumb().await };
    // An archive is asked for at once: nothing is announced before it.
    let announced = Service::parse(&service).filter(|known| *known != Service::UploadArchive);
    let service = announced.ok_or_else(|| Refusal::forbidden(format!("there is no service {service:?} here")))?;
    let GitAsker(ctx) = asker?;
    let (path, version) = (repo_path(&parts)?, version(&headers)?);
    match git_advertise(&http.app, &ctx, &path, service, version).await {
        Ok(body) => Ok((answer_headers(service, "advertisement"), body).into_response()),
        Err(error) => Err(refuse(&ctx, error)),
    }
}

/// `POST …/git-upload-pack`.
async fn upload_pack(State(http): State<Http>, GitAsker(ctx): GitAsker, parts: PathParts, request: Request) -> Answer {
    let service = Service::UploadPack;
    let (path, version) = (repo_path(&parts)?, version(request.headers())?);
    check_content_type(request.headers(), service)?;
    let gzip = is_gzip(request.headers())?;
    let most = u64::try_from(http.app.config.git_limits.request_bytes).unwrap_or(u64::MAX);
    let (input, fault) = reader(request.into_body(), gzip, most);
    let (app, asker) = (http.app.clone(), ctx.clone());
    let talk = run(move |output| async move { git_upload_pack(&app, &asker, &path, version, true, input, output).await });
    answer(service, &ctx, talk.await, &fault)
}

/// `POST …/git-receive-pack`.
async fn receive_pack(State(http): State<Http>, GitAsker(ctx): GitAsker, parts: PathParts, request: Request) -> Answer {
    let service = Service::ReceivePack;
    let (path, version) = (repo_path(&parts)?, version(request.headers())?);
    check_content_type(request.headers(), service)?;
    let gzip = is_gzip(request.headers())?;
    let limits = &http.app.config.git_limits;
    let most = limits.pack_bytes.saturating_add(u64::try_from(limits.request_bytes).unwrap_or(u64::MAX));
    // A pack one byte too large is refused by the ingest, with a text that reaches the pusher; this bound is behind it.
    let (input, fault) = reader(request.into_body(), gzip, most.saturating_add(1 << 20));
    let (app, asker) = (http.app.clone(), ctx.clone());
    let talk = run(move |output| async move { git_receive_pack(&app, &asker, &path, version, true, input, output).await });
    answer(service, &ctx, talk.await, &fault)
}

/// `POST …/git-upload-archive`.
async fn upload_archive(State(http): State<Http>, GitAsker(ctx): GitAsker, parts: PathParts, request: Request) -> Answer {
    let service = Service::UploadArchive;
    let path = repo_path(&parts)?;
    check_content_type(request.headers(), service)?;
    let gzip = is_gzip(request.headers())?;
    let most = u64::try_from(http.app.config.git_limits.request_bytes).unwrap_or(u64::MAX);
    let (input, fault) = reader(request.into_body(), gzip, most);
    let (app, asker) = (http.app.clone(), ctx.clone());
    let talk = run(move |output| async move { git_upload_archive(&app, &asker, &path, input, output).await });
    answer(service, &ctx, talk.await, &fault)
}

/// The dumb protocol reads files of the repository; there are none.
async fn dumb() -> Answer {
    Err(Refusal::forbidden("this server speaks git's smart HTTP protocol only; update git (1.6.6 or newer) or the tool that uses it"))
}

fn answer(service: Service, ctx: &Ctx, result: Result<Body, Error>, fault: &Fault) -> Answer<Response> {
    match result {
        Ok(body) => Ok((answer_headers(service, "result"), body).into_response()),
        Err(error) => Err(self::fault(fault).unwrap_or_else(|| refuse(ctx, error))),
    }
}

/// What the body itself is refused for.
pub fn fault(fault: &Fault) -> Option<Refusal> {
    fault.take().map(|(kind, text)| match kind {
        std::io::ErrorKind::FileTooLarge => Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text),
        std::io::ErrorKind::TimedOut => Refusal::new(StatusCode::REQUEST_TIMEOUT, text),
        _ => Refusal::bad_request(text),
    })
}

/// git sends credentials only after a 401: whoever has not signed in is asked to, whether the repository is there or not.
pub fn refuse(ctx: &Ctx, error: Error) -> Refusal {
    match (&ctx.actor, &error) {
        (None, Error::NotFound(_) | Error::Forbidden(_) | Error::Unauthenticated(_)) => {
            Refusal::unauthenticated("sign in with your user name, and an access token as the password")
        }
        _ => Refusal::from(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hardie_domain::push::Door;

    fn nobody() -> Ctx {
        Ctx { actor: None, door: Door::Http, address: None, request_id: String::new() }
    }

    #[test]
    fn absent_and_forbidden_look_the_same_to_whoever_has_not_signed_in() {
        let absent = refuse(&nobody(), Error::NotFound("repository"));
        let forbidden = refuse(&nobody(), Error::forbidden("no"));
        assert_eq!(absent, forbidden);
        assert_eq!(absent.status.as_u16(), 401);
    }
}
