//! `Idempotency-Key` on requests that make something: the same request again gets the same answer (`app/src/idempotency.rs`).

use axum::body::Body;
use axum::extract::{FromRequestParts as _, MatchedPath, Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hardie_app::idempotency::{Asked, Begun, Claim, KeptAnswer, MOST_ANSWER_BYTES, begin, end};
use hyper::body::Body as _;
use tracing::Instrument as _;

use crate::auth::Asker;
use crate::error::Refusal;
use crate::json::read_body;
use crate::state::Http;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Headers that belong to an answer.
const KEPT: [HeaderName; 3] = [CONTENT_TYPE, LOCATION, ETAG];
/// In routes whose answers hold a secret, or prove somebody: what they answer is kept nowhere.
const SECRET: [&str; 10] = [
    "/tokens",
    "/second-factor",
    "/passkeys",
    "/sessions",
    "/password",
    "/sign_up",
    "/invitations",
    "/secret",
    "/applications",
    "/emails/verify",
];

/// Ends of routes that take files as they are.
const FILES: [&str; 2] = [crate::api::UPLOAD, "/assets"];

/// See the module.
pub async fn idempotent(State(http): State<Http>, request: Request, next: Next) -> Response {
    match request.method() == Method::POST && request.headers().contains_key(KEY) {
        true => once(http, request, next).await.unwrap_or_else(Refusal::into_response),
        false => next.run(request).await,
    }
}

async fn once(http: Http, request: Request, next: Next) -> Result<Response, Refusal> {
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned()).unwrap_or_default();
    let not_here = |why: &str| Err(Refusal::bad_request(format!("Idempotency-Key is not taken here: {why}; send this without it")));
    if SECRET.iter().any(|part| route.contains(part)) {
        return not_here("the answer holds a secret or proves who you are, and is kept nowhere");
    }
    if FILES.iter().any(|end| route.ends_with(end)) || crate::api::brings_files(&request) {
        return not_here("files do the same twice, or say what they expect to find");
    }
    let (mut parts, body) = request.into_parts();
    let mut keys = parts.headers.get_all(KEY).iter();
    let key = keys.next().and_then(|key| key.to_str().ok()).unwrap_or_default().trim_matches('"').to_owned();
    if keys.next().is_some() {
        return Err(Refusal::bad_request("more than one Idempotency-Key header"));
    }
    let Asker(ctx) = Asker::from_request_parts(&mut parts, &http).await?;
    let request = Request::from_parts(parts.clone(), body);
    if ctx.actor.is_none() {
        return Ok(next.run(request).await);
    }
    let bytes = read_body(request, http.config.json_bytes, &http).await?;
    let path = parts.uri.path_and_query().map_or("", |path| path.as_str()).to_owned();
    match begin(&http.app, &ctx, &key, Asked { path: &path, body: &bytes }).await? {
        Begun::Again(answer) => Ok(again(answer)),
        Begun::First(claim) => {
            let request = Request::from_parts(parts, Body::from(bytes));
            // Goes on when the client leaves: what is done then must be known to whoever asks again.
            let work = carry_out(http, request, next, claim).in_current_span();
            let failed =
                |_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log has the reason under this request id");
            tokio::spawn(work).await.map_err(failed)
        }
    }
}

async fn carry_out(http: Http, request: Request, next: Next, claim: Claim) -> Response {
    let (response, answer) = kept(next.run(request).await).await;
    if answer.is_none() && response.status().is_success() {
        // It was done, and the answer is none that can be kept: the claim stays, so that nothing is done twice.
        return response;
    }
    // Whoever asks again is told that it is under way if this cannot be written: nothing is done twice.
    if let Err(error) = end(&http.app, &claim, answer.as_ref()).await {
        tracing::warn!(error = &error as &dyn std::error::Error, "an answer could not be kept for its idempotency key");
    }
    response
}

/// The answer, and what is kept of it: one that says that something was done.
async fn kept(response: Response) -> (Response, Option<KeptAnswer>) {
    let is_small = response.body().size_hint().exact().is_some_and(|size| size <= MOST_ANSWER_BYTES as u64);
    if !response.status().is_success() || response.extensions().get::<Refusal>().is_some() || !is_small {
        return (response, None);
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, MOST_ANSWER_BYTES).await else {
        // Bytes in memory do not fail to come.
        return (Response::from_parts(parts, Body::empty()), None);
    };
    let told = KEPT.iter().filter_map(|name| Some((name.to_string(), parts.headers.get(name)?.to_str().ok()?.to_owned())));
    let answer = std::str::from_utf8(&bytes).ok().map(|body| KeptAnswer {
        status: parts.status.as_u16(),
        headers: told.collect(),
        body: body.to_owned(),
    });
    (Response::from_parts(parts, Body::from(bytes)), answer)
}

fn again(answer: KeptAnswer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, answer.body).into_response();
    let headers = response.headers_mut();
    headers.remove(CONTENT_TYPE);
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
