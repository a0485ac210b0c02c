//! Why a client gets no token: one of the words of RFC 6749, section 5.2, and a sentence.

use crate::Error;

/// See above.
#[derive(Debug)]
pub enum Fault {
    /// The request, or who sent it, is not right.
    Refused {
        /// The word for programs.
        code: &'static str,
        /// The sentence for people.
        text: String,
    },
    /// The server could not.
    Failed(Error),
}

impl Fault {
    /// `invalid_request`.
    pub fn request(text: impl Into<String>) -> Fault {
        Fault::Refused { code: "invalid_request", text: text.into() }
    }

    /// `invalid_client`: one text for each way in which a client does not prove itself.
    pub fn client() -> Fault {
        Fault::Refused { code: "invalid_client", text: "this client is unknown, or its secret is wrong".to_owned() }
    }

    /// `invalid_grant`: one text for all that is wrong with a code or a refresh token.
    pub fn grant() -> Fault {
        let text = "this code or refresh token is unknown, was used before, has expired or was revoked, or belongs to another client";
        Fault::Refused { code: "invalid_grant", text: text.to_owned() }
    }

    /// `invalid_scope`.
    pub fn scope(text: impl Into<String>) -> Fault {
        Fault::Refused { code: "invalid_scope", text: text.into() }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        Fault::Failed(error)
    }
}

impl From<hardie_store::Error> for Fault {
    fn from(error: hardie_store::Error) -> Fault {
        Fault::Failed(error.into())
    }
}
