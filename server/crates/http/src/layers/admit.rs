//! Bounds on API requests as a whole: how many at once, and how long each may think.

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::error::Refusal;
use crate::state::Http;

/// Refuses at once when too many requests are under way, so that a flood does not turn into a queue, and gives up on a
/// request that takes too long. Dropping the handler drops its transaction.
pub async fn admit(State(http): State<Http>, request: Request, next: Next) -> Response {
    let Ok(_slot) = http.api_slots.try_acquire() else {
        return busy("the server is busy: too many API requests at once").into_response();
    };
    let is_upload = request.uri().path().ends_with(crate::api::UPLOAD);
    let limit = if is_upload { http.config.upload_timeout } else { http.config.api_timeout };
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let seconds = limit.as_secs();
            tracing::warn!(seconds, "request given up at its time limit");
            busy(format!("this took longer than {seconds} seconds and was given up")).into_response()
        }
    }
}

fn busy(message: impl Into<String>) -> Refusal {
    Refusal { retry_after: Some(2), ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, message) }
}
