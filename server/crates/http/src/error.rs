//! How requests are refused: every kind of failure becomes one status and one envelope, here and nowhere else.
//!
//! A [`Refusal`] travels as an extension of an empty response; [`crate::layers::render`] writes the body, since only it
//! knows the request's id and whether JSON or plain text is read at the other end.

use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hardie_api_types::plugin::PluginPermission;
use hardie_app::Error;

/// The result of a handler.
pub type Answer<T = Response> = Result<T, Refusal>;

/// A request that is not answered as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: StatusCode,
    /// For a person who can act on it.
    pub message: String,
    /// The field that breaks a rule, or is needed.
    pub field: Option<Cow<'static, str>>,
    /// What an upgrade asks consent for.
    pub permissions: Vec<PluginPermission>,
    /// Seconds to wait before trying again.
    pub retry_after: Option<u64>,
    /// The new `owner/name` of a repository that moved.
    pub moved_to: Option<String>,
}

impl Refusal {
    /// A status and a text.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Refusal {
        Refusal { status, message: message.into(), field: None, permissions: Vec::new(), retry_after: None, moved_to: None }
    }

    /// 400.
    pub fn bad_request(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::BAD_REQUEST, message)
    }

    /// 401.
    pub fn unauthenticated(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::UNAUTHORIZED, message)
    }

    /// 403.
    pub fn forbidden(message: impl Into<String>) -> Refusal {
        Refusal::new(StatusCode::FORBIDDEN, message)
    }

    /// 404.
    pub fn not_found(what: &str) -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, format!("{what} not found"))
    }

    /// 404 for an address that is none.
    pub fn nothing_here() -> Refusal {
        Refusal::new(StatusCode::NOT_FOUND, "there is nothing at this address")
    }

    /// 413.
    pub fn too_large(what: &str, most: u64) -> Refusal {
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, format!("{what} is larger than {most} bytes"))
    }

    /// 422, naming the field.
    pub fn invalid(field: impl Into<Cow<'static, str>>, reason: impl std::fmt::Display) -> Refusal {
        let field = field.into();
        let message = format!("{field}: {reason}");
        Refusal { field: Some(field), ..Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, message) }
    }

    /// 501: a thing that Gitea has and this server has not yet.
    pub fn not_there_yet(what: &str) -> Refusal {
        Refusal::new(StatusCode::NOT_IMPLEMENTED, format!("this server does not have {what} yet"))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        let text = error.to_string();
        match error {
            Error::Unauthenticated(_) => Refusal::unauthenticated(text),
            Error::SecondFactor(_) => Refusal { field: Some("code".into()), ..Refusal::unauthenticated(text) },
            Error::Forbidden(_) => Refusal::forbidden(text),
            Error::NotFound(_) => Refusal::new(StatusCode::NOT_FOUND, text),
            Error::Gone(_) => Refusal::new(StatusCode::GONE, text),
            Error::Invalid(invalid) => {
                Refusal { field: Some(invalid.field.into()), ..Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, text) }
            }
            Error::Conflict(_) => Refusal::new(StatusCode::CONFLICT, text),
            Error::Quota(_) => Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, text),
            Error::Rejected { .. } => Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, text),
            Error::RateLimited { text, retry_after } => {
                Refusal { retry_after: Some(retry_after), ..Refusal::new(StatusCode::TOO_MANY_REQUESTS, text) }
            }
            Error::Full(_) => Refusal { retry_after: Some(60), ..Refusal::new(StatusCode::INSUFFICIENT_STORAGE, text) },
            Error::Unavailable(_) => Refusal { retry_after: Some(5), ..Refusal::new(StatusCode::SERVICE_UNAVAILABLE, text) },
            Error::Moved(to) => Refusal { moved_to: Some(to), ..Refusal::new(StatusCode::PERMANENT_REDIRECT, text) },
            Error::Internal(source) => {
                tracing::error!(error = %Chain(source.as_ref()), "request failed");
                Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "the server failed; its log has the reason under this request id")
            }
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// A refusal whose answer is written in the words that its reader knows: only to be counted.
#[derive(Clone, Debug)]
pub struct Counted(pub Refusal);

impl Counted {
    /// The answer, with what is counted of it.
    pub fn on(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}

/// An error with its sources, in one line.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hardie_domain::error::Invalid;

    #[test]
    fn every_kind_has_its_status() {
        let status = |e: Error| Refusal::from(e).status.as_u16();
        assert_eq!(status(Error::unauthenticated("x")), 401);
        assert_eq!(status(Error::SecondFactor("x".into())), 401);
        assert_eq!(status(Error::forbidden("x")), 403);
        assert_eq!(status(Error::NotFound("repository")), 404);
        assert_eq!(status(Error::Conflict("x".into())), 409);
        assert_eq!(status(Error::Gone("x".into())), 410);
        assert_eq!(status(Error::Quota("x".into())), 413);
        assert_eq!(status(Error::Invalid(Invalid::new("name", "x"))), 422);
        assert_eq!(status(Error::RateLimited { text: "x".into(), retry_after: 7 }), 429);
        assert_eq!(status(Error::internal("x")), 500);
        assert_eq!(status(Error::Unavailable("x".into())), 503);
        assert_eq!(status(Error::disk_full()), 507);
    }

    #[test]
    fn an_internal_error_tells_nothing_of_its_cause() {
        let refusal = Refusal::from(Error::internal("connection to postgres://hardie:secret@db failed"));
        assert!(!refusal.message.contains("secret"), "{}", refusal.message);
    }

    #[test]
    fn a_broken_rule_names_its_field() {
        let refusal = Refusal::from(Error::Invalid(Invalid::new("name", "must not be empty")));
        assert_eq!((refusal.field.as_deref(), refusal.message.as_str()), (Some("name"), "name: must not be empty"));
    }
}
