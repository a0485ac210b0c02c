//! Reads `Authorization` (RFC 7235; Gitea's `token` scheme beside `Bearer` and `Basic`) and the session cookie.

use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, COOKIE};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hardie_domain::secret::Secret;

use crate::error::Refusal;

/// What a request carries as proof. `Debug` shows no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presented {
    /// Neither header nor cookie.
    Nothing,
    /// `Basic`: a name and a password, or a token in either field.
    Basic {
        /// The first field.
        user: Secret,
        /// The second field.
        secret: Secret,
    },
    /// `token` or `Bearer`.
    Token(Secret),
    /// The session cookie.
    Session(Secret),
}

impl Presented {
    /// `Authorization` wins over a cookie: whoever sets it means it.
    pub fn read(headers: &HeaderMap, is_https: bool) -> Result<Presented, Refusal> {
        if headers.contains_key("sudo") {
            return Err(Refusal::forbidden("acting as another user (Sudo) is not supported"));
        }
        let mut lines = headers.get_all(AUTHORIZATION).iter();
        let Some(line) = lines.next() else {
            return Ok(cookie(headers, session_cookie_name(is_https)).map_or(Presented::Nothing, Presented::Session));
        };
        if lines.next().is_some() {
            return Err(Refusal::bad_request("more than one Authorization header"));
        }
        let text = line.to_str().map_err(|_| Refusal::bad_request("the Authorization header is not plain text"))?;
        let (scheme, rest) = text.trim().split_once(' ').unwrap_or((text.trim(), ""));
        let rest = rest.trim();
        match scheme.to_ascii_lowercase().as_str() {
            "token" | "bearer" if !rest.is_empty() => Ok(Presented::Token(Secret::new(rest))),
            "basic" => basic(rest),
            _ => Err(Refusal::unauthenticated("the Authorization header must be `token …`, `Bearer …` or `Basic …`")),
        }
    }
}

/// The name of the cookie. Under TLS it has the prefix that binds it to this host and to secure connections (RFC 6265bis).
pub fn session_cookie_name(is_https: bool) -> &'static str {
    if is_https { "__Host-hardie_session" } else { "hardie_session" }
}

fn basic(encoded: &str) -> Result<Presented, Refusal> {
    let bad = || Refusal::unauthenticated("the Basic credentials are not base64 of `name:password`");
    let bytes = STANDARD.decode(encoded).map_err(|_| bad())?;
    let text = String::from_utf8(bytes).map_err(|_| bad())?;
    let (user, secret) = text.split_once(':').ok_or_else(bad)?;
    if user.is_empty() && secret.is_empty() {
        return Ok(Presented::Nothing);
    }
    Ok(Presented::Basic { user: Secret::new(user), secret: Secret::new(secret) })
}

/// The value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<Secret> {
    let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &'static str, value: &str) -> Result<Presented, Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        Presented::read(&headers, false)
    }

    #[test]
    fn schemes_are_read_without_regard_to_case() {
        let token = Presented::Token(Secret::new("hrd_x"));
        for text in ["token hrd_x", "Token hrd_x", "Bearer hrd_x", "bearer  hrd_x", "TOKEN hrd_x"] {
            assert_eq!(read("authorization", text).unwrap(), token, "{text}");
        }
        let basic = Presented::Basic { user: Secret::new("ann"), secret: Secret::new("a:b") };
        for scheme in ["Basic", "basic", "BASIC"] {
            assert_eq!(read("authorization", &format!("{scheme} {}", STANDARD.encode("ann:a:b"))).unwrap(), basic);
        }
    }

    #[test]
    fn a_token_may_stand_in_either_field() {
        let user_only = read("authorization", &format!("Basic {}", STANDARD.encode("hrd_x:"))).unwrap();
        assert_eq!(user_only, Presented::Basic { user: Secret::new("hrd_x"), secret: Secret::new("") });
    }

    #[test]
    fn what_cannot_be_read_is_refused_rather_than_ignored() {
        for text in ["Digest x", "Basic !!!", "Basic YWJj", "token", "Negotiate YII", ""] {
            assert_eq!(read("authorization", text).unwrap_err().status.as_u16(), 401, "{text}");
        }
        assert_eq!(read("sudo", "root").unwrap_err().status.as_u16(), 403);
    }

    #[test]
    fn the_session_is_read_from_its_own_cookie_only() {
        let session = Presented::Session(Secret::new("abc"));
        assert_eq!(read("cookie", "theme=dark; hardie_session=abc").unwrap(), session);
        assert_eq!(read("cookie", "xhardie_session=abc; __Host-hardie_session=abc").unwrap(), Presented::Nothing);
        assert_eq!(read("cookie", "hardie_session=").unwrap(), Presented::Nothing);
    }

    #[test]
    fn debug_shows_no_secret() {
        let shown = format!("{:?}", read("authorization", "token hrd_secret").unwrap());
        assert!(!shown.contains("hrd_secret"), "{shown}");
    }
}
