//! Bounds on API requests as a whole: how many at once, in all and from each client, and how long each may think.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use hardie_app::shares::{Full, Place};

use super::Meta;
use crate::error::Refusal;
use crate::state::Http;

/// Refuses at once when too many requests are under way, so that a flood does not turn into a queue, and gives up on a
/// request that takes too long. Dropping the handler drops its transaction.
pub async fn admit(State(http): State<Http>, mut request: Request, next: Next) -> Response {
    let client = request.extensions().get::<Meta>().and_then(|meta| http.client(meta.address));
    let turn = match Turn::take(&http, client) {
        Ok(turn) => turn,
        Err(refusal) => return refusal.into_response(),
    };
    request.extensions_mut().insert(turn.clone());
    let is_upload = request.uri().path().ends_with(crate::api::UPLOAD) || crate::api::brings_files(&request);
    let limit = match is_upload {
        _ if crate::api::brings_asset(&request) => http.app.config.git_limits.wall,
        true => http.config.upload_timeout,
        false => http.config.api_timeout,
    };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let seconds = limit.as_secs();
            tracing::warn!(seconds, "request given up at its time limit");
            busy(format!("this took longer than {seconds} seconds and was given up")).into_response()
        }
    }
}

/// A request's place among those under way; an extension of the request, and gone with it.
#[derive(Clone)]
pub struct Turn(Arc<Inner>);

struct Inner {
    http: Http,
    client: Option<IpAddr>,
    place: Mutex<Option<Place>>,
}

impl Turn {
    fn take(http: &Http, client: Option<IpAddr>) -> Result<Turn, Refusal> {
        let place = http.api_places.enter(client).map_err(|full| too_many(full, "API requests"))?;
        Ok(Turn(Arc::new(Inner { http: http.clone(), client, place: Mutex::new(Some(place)) })))
    }

    /// Reads a body. How long that takes is up to the client, so its place is free meanwhile for somebody who has asked
    /// already; bodies on their way have bounds of their own.
    pub async fn while_reading<T>(&self, body: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
        let Inner { http, client, .. } = &*self.0;
        let reading = http.body_places.enter(*client).map_err(|full| too_many(full, "bodies of API requests on their way"))?;
        self.set(None);
        let body = body.await?;
        drop(reading);
        self.set(Some(http.api_places.enter(*client).map_err(|full| too_many(full, "API requests"))?));
        Ok(body)
    }

    /// Gives the place back before the request ends: whoever waits for something takes none from those who ask.
    pub fn leave(&self) {
        self.set(None);
    }

    fn set(&self, place: Option<Place>) {
        *self.0.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }
}

/// 503 for what there is no place for.
pub fn too_many(full: Full, what: &str) -> Refusal {
    busy(match full {
        Full::Everywhere => format!("the server is busy: too many {what} at once"),
        Full::ForClient => format!("too many {what} at once from your network"),
    })
}

fn busy(message: impl Into<String>) -> Refusal {
    Refusal { retry_after: Some(2), ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message) }
}
