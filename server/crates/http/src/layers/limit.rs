//! Has each request paid for. Who shows a credential pays once it is proven (`auth`); all others, and those whose credential proves nobody, pay
//! for their network.

use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Meta;
use crate::limits::{charge, cost, tell};
use crate::state::Http;

/// See the module.
pub async fn limit(State(http): State<Http>, request: Request, next: Next) -> Response {
    let Some(meta) = request.extensions().get::<Meta>().cloned() else { return next.run(request).await };
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    meta.known.set_cost(cost(request.method(), route.unwrap_or_default()));
    let shows_something = request.headers().contains_key(AUTHORIZATION) || request.headers().contains_key(COOKIE);
    let mut response = match shows_something {
        false => match charge(&http, &meta, None) {
            Ok(()) => next.run(request).await,
            Err(refusal) => refusal.into_response(),
        },
        true => {
            let response = next.run(request).await;
            // It proved nobody, or nobody asked what it proves: the answer is made, and the next one may be refused.
            let _paid = charge(&http, &meta, None);
            response
        }
    };
    if let Some(taken) = meta.known.taken() {
        tell(response.headers_mut(), &taken);
    }
    response
}
