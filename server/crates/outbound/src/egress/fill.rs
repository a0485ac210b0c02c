//! A request as it will be sent: its address read, its secrets filled in.

use std::fmt;

use bytes::Bytes;
use hardie_domain::delivery::{HeaderValue, HttpRequest, ServiceError};
use hardie_domain::secret::Secret;
use hmac::{Hmac, Mac as _};
use http::uri::PathAndQuery;
use http::{HeaderMap, Method};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::bounds::BODY_BYTES;
use super::destination::Destination;
use super::headers::Headers;
use super::{allowed, url_text};

/// A checked request with its secrets in it. Where it goes is fixed; the memory of its secrets is wiped when it is dropped.
pub struct Prepared {
    pub(super) method: Method,
    pub(super) destination: Destination,
    pub(super) path: PathAndQuery,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// What was filled in, which no answer repeats to the plugin.
    pub(super) filled: Vec<Zeroizing<String>>,
}

/// Where in a request a secret is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot<'a> {
    /// In its path.
    Path,
    /// In the header of this name, or as the key of a signature in it.
    Header(&'a str),
}

/// Says whether a request with this method may go there at all.
pub type May<'a> = dyn Fn(&Method, &Destination) -> Result<(), ServiceError> + Sync + 'a;
/// Gives the secret of a name if it is bound to this destination and this place, and nothing otherwise, also if there is none.
pub type Secrets<'a> = dyn Fn(&str, &Destination, Slot<'_>) -> Result<Option<Secret>, ServiceError> + Sync + 'a;

impl Prepared {
    /// One of the six methods of [`HttpRequest`].
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Where it goes.
    pub fn destination(&self) -> &Destination {
        &self.destination
    }
}

impl fmt::Debug for Prepared {
    /// Neither path, nor headers, nor body: each may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({} {})", self.method, self.destination)
    }
}

/// Checks a request, asks whether it `may` go there, and then fills its secrets in. What `secrets` does not give is not there or not bound to
/// that place: the plugin is not told which.
///
/// A secret stands in a header, whole or as the key of a signature, or in the path of the URL as `{secret:NAME}`. There it must be made of
/// characters that a path can have, `/` among them, and none of its segments may be `.` or `..`.
///
/// # Errors
/// [`ServiceError::Invalid`] if the request is not well formed or passes a bound (8 KiB of URL, 1 MiB of body, 64 headers, 16 KiB of
/// them); [`ServiceError::Denied`] for a secret that is not to go there; what `may` and `secrets` fail with. No text holds a secret.
pub fn fill(request: HttpRequest, may: &May<'_>, secrets: &Secrets<'_>) -> Result<Prepared, ServiceError> {
    let invalid = |reason: String| ServiceError::Invalid(format!("the request cannot be sent: {reason}"));
    let method = allowed::method(&request.method).map_err(invalid)?;
    let (destination, url) = url_text::read(&request.url).map_err(|reason| invalid(format!("its URL is refused: {reason}")))?;
    if request.body.len() > BODY_BYTES {
        return Err(invalid(format!("its body is longer than {BODY_BYTES} bytes")));
    }
    may(&method, &destination)?;
    let secret = |name: &str, slot: Slot<'_>| secrets(name, &destination, slot)?.ok_or_else(|| unbound(name, &destination, slot));
    let mut filled = Vec::new();
    let path = path(&url, &mut |name| {
        let value = secret(name, Slot::Path)?;
        filled.push(Zeroizing::new(value.expose().to_owned()));
        Ok(value)
    })?;
    let mut headers = Headers::default();
    for (header, value) in &request.headers {
        let added = match value {
            HeaderValue::Plain(value) => headers.add(header, Bytes::copy_from_slice(value.as_bytes()), false, "the value"),
            HeaderValue::Secret { prefix, name } => {
                let secret = secret(name, Slot::Header(header))?;
                let value = wiped(prefix, secret.expose());
                filled.push(Zeroizing::new(secret.expose().to_owned()));
                headers.add(header, value, true, &format!("the secret {name:?} or what stands before it in the value"))
            }
            HeaderValue::Signature { prefix, name } => {
                let signature = signature(secret(name, Slot::Header(header))?.expose(), &request.body);
                let value = wiped(prefix, &signature);
                filled.push(signature);
                headers.add(header, value, true, "what stands before the signature in the value")
            }
        };
        added.map_err(invalid)?;
    }
    Ok(Prepared { method, destination, path, headers: headers.done(), body: request.body.into(), filled })
}

impl Prepared {
    /// With more that the answer does not repeat to the plugin: what was filled into an earlier request may come back in this one's.
    pub fn hiding(mut self, secrets: impl Iterator<Item = Secret>) -> Prepared {
        self.filled.extend(secrets.map(|secret| Zeroizing::new(secret.expose().to_owned())));
        self
    }
}

fn unbound(name: &str, destination: &Destination, slot: Slot<'_>) -> ServiceError {
    let place = match slot {
        Slot::Path => "the path".to_owned(),
        Slot::Header(header) => format!("the header {header:?}"),
    };
    ServiceError::Denied(format!(
        "no secret {name:?} is bound to {destination} and {place}; whoever installed the plugin sets one for scheme, host and port: \
         hardie plugin secret set"
    ))
}

/// Both parts in memory that is wiped when its last user drops it.
fn wiped(prefix: &str, value: &str) -> Bytes {
    let mut whole = Zeroizing::new(Vec::with_capacity(prefix.len().saturating_add(value.len())));
    whole.extend_from_slice(prefix.as_bytes());
    whole.extend_from_slice(value.as_bytes());
    Bytes::from_owner(whole)
}

/// The lower-case hex HMAC-SHA256 of `body`.
fn signature(key: &str, body: &[u8]) -> Zeroizing<String> {
    // A key of any length will do, so this makes one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return Zeroizing::default() };
    mac.update(body);
    Zeroizing::new(hex::encode(mac.finalize().into_bytes()))
}

/// Path and query. The parser has written the braces of a place for a secret as `%7B` and `%7D`.
fn path(url: &url::Url, secret: &mut dyn FnMut(&str) -> Result<Secret, ServiceError>) -> Result<PathAndQuery, ServiceError> {
    const OPEN: &str = "%7Bsecret:";
    const CLOSE: &str = "%7D";
    let invalid = |reason: &str| ServiceError::Invalid(format!("the request cannot be sent: its URL {reason}"));
    let query = url.query().unwrap_or_default();
    if query.contains("{secret:") || query.to_ascii_lowercase().contains("%7bsecret:") {
        return Err(invalid("has a secret in its query, where servers write it into their logs; put it in a header"));
    }
    let mut whole = Zeroizing::new(String::with_capacity(url.as_str().len().saturating_add(4 << 10)));
    let mut rest = url.path();
    while let Some((before, after)) = rest.split_once(OPEN) {
        let (name, after) = after.split_once(CLOSE).ok_or_else(|| invalid("has {secret: without a closing brace"))?;
        let value = secret(name)?;
        if !value.expose().bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&b)) {
            let reason = format!("has the secret {name:?} in its path, and that holds characters that a path cannot have");
            return Err(invalid(&reason));
        }
        whole.push_str(before);
        whole.push_str(value.expose());
        rest = after;
        if whole.len() > super::bounds::URL_BYTES {
            return Err(invalid("is too long with its secrets"));
        }
    }
    whole.push_str(rest);
    // The parser has resolved the dots of the path as it was written; these would come from a secret.
    if whole.split('/').any(is_dots) {
        return Err(invalid("has a segment . or .. in its path once the secrets are in it"));
    }
    if url.query().is_some() {
        whole.push('?');
        whole.push_str(query);
    }
    let bytes = Bytes::from_owner(Zeroizing::new(whole.as_bytes().to_vec()));
    PathAndQuery::from_maybe_shared(bytes).map_err(|_| invalid("has characters in its path or query that must be percent-encoded"))
}

/// Whether a segment of a path is `.` or `..`, however it is written.
fn is_dots(segment: &str) -> bool {
    let dot = |text: &str| ["%2e", "%2E", "."].into_iter().find_map(|dot| text.strip_prefix(dot).map(str::len));
    let mut left = segment;
    for _ in 0..2 {
        let Some(length) = dot(left) else { return false };
        left = left.get(left.len().saturating_sub(length)..).unwrap_or_default();
        if left.is_empty() {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests;
