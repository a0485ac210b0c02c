//! How each operation refuses: the statuses that follow from what it takes, each described once.

use hardie_api_types::error::ApiError;
use serde_json::{Value, json};
use utoipa::ToSchema as _;
use utoipa::openapi::path::HttpMethod;
use utoipa::openapi::{ContentBuilder, Ref, Response, ResponseBuilder};

use super::table::Op;

/// One way to refuse.
pub(super) struct Refusal {
    pub status: &'static str,
    /// Its name among the components.
    pub name: &'static str,
    meaning: &'static str,
    message: &'static str,
    field: Option<&'static str>,
    applies: fn(&Op) -> bool,
}

/// All that are described; any other is under `default`.
pub(super) static REFUSALS: [Refusal; 8] = [
    Refusal {
        status: "400",
        name: "BadRequest",
        meaning: "Something in the request cannot be read: what should be JSON is none, or what should be a number.",
        message: "the body is not JSON: expected value at line 1 column 1",
        field: None,
        applies: |op| op.paged || !op.query.is_empty() || op.body.is_some(),
    },
    Refusal {
        status: "401",
        name: "Unauthenticated",
        meaning: "A credential is needed, or the one that came proves nobody. `field` is `code` where a second factor is asked for.",
        message: "this token is unknown, expired or revoked",
        field: None,
        applies: |_| true,
    },
    Refusal {
        status: "403",
        name: "Forbidden",
        meaning: "The asker may see this and not do it, or the token lacks a scope.",
        message: "this token lacks the scope write:repository",
        field: None,
        applies: |_| true,
    },
    Refusal {
        status: "404",
        name: "NotFound",
        meaning: "It is not there, or the asker may not see it: the two are answered alike.",
        message: "repository not found",
        field: None,
        applies: |op| op.path.contains('{'),
    },
    Refusal {
        status: "409",
        name: "Conflict",
        meaning: "It is there already, or somebody else changed it meanwhile.",
        message: "alice already has a repository named tool",
        field: None,
        applies: |op| !matches!(op.method, HttpMethod::Get),
    },
    Refusal {
        status: "413",
        name: "TooLarge",
        meaning: "The body is larger than is taken, or there are as many of these as there may be.",
        message: "the body is larger than 1048576 bytes",
        field: None,
        applies: |op| op.body.is_some(),
    },
    Refusal {
        status: "422",
        name: "Invalid",
        meaning: "A value breaks a rule; `field` names it.",
        message: "name: is empty",
        field: Some("name"),
        applies: |op| op.body.is_some() || !op.query.is_empty(),
    },
    Refusal {
        status: "429",
        name: "TooMany",
        meaning: "Too much at once, or too many failed tries. `Retry-After` says in how many seconds to come again.",
        message: "too many failed sign-ins: try again in 60 seconds",
        field: None,
        applies: |_| true,
    },
];

impl Refusal {
    /// Those of an operation.
    pub fn of(op: &Op) -> impl Iterator<Item = &'static Refusal> {
        REFUSALS.iter().filter(move |refusal| (refusal.applies)(op))
    }

    /// Its description, with an example.
    pub fn response(&self) -> Response {
        ResponseBuilder::new().description(self.meaning).content("application/json", content(Some(self.example()))).build()
    }

    fn example(&self) -> Value {
        let mut example = json!({ "message": self.message, "url": "https://forge.example/api/docs", "request_id": "3f9a1c5e7b2d4a60" });
        if let Some(field) = self.field {
            example["field"] = field.into();
        }
        example
    }
}

/// Any other refusal.
pub(super) fn other() -> Response {
    let meaning = "Refused, for another reason; `message` says which, and what can be done.";
    ResponseBuilder::new().description(meaning).content("application/json", content(None)).build()
}

fn content(example: Option<Value>) -> utoipa::openapi::Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name(ApiError::name()))).example(example).build()
}
