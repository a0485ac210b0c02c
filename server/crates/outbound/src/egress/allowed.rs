//! The list of where a plugin's requests may go.

use std::fmt;
use std::str::FromStr;

use hardie_domain::delivery::ServiceError;
use http::Method;
use url::Host;

use super::destination::Destination;

/// What a request may be.
const METHODS: [Method; 6] = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];

/// One entry of an allow-list. As text: methods, if not all of them, and a destination, whose host may begin with `*.` for all names below
/// one, at any depth, but not that name itself: `https://hooks.slack.com`, `POST https://*.example.org:8443`, `GET,HEAD http://10.1.2.3`.
///
/// An address of a private network that is listed must be permitted by the server's configuration besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Empty for all.
    methods: Vec<Method>,
    /// With the name below which hosts may be, if `below`.
    destination: Destination,
    below: bool,
}

/// Not an entry of an allow-list; the text says why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidAllowed(String);

/// The method of a request, or why there is none such.
pub(super) fn method(name: &str) -> Result<Method, String> {
    let found = METHODS.into_iter().find(|method| method.as_str() == name);
    found.ok_or_else(|| format!("{name:?} is no method of a request: GET, POST, PUT, PATCH, DELETE and HEAD are"))
}

/// Refuses what no entry of `list` has.
pub(super) fn check(list: &[Allowed], method: &Method, destination: &Destination) -> Result<(), ServiceError> {
    if list.iter().any(|allowed| allowed.permits(method, destination)) {
        return Ok(());
    }
    Err(ServiceError::Denied(format!(
        "{method} {destination} is not among what plugins may send; whoever administers the server allows it by adding \"{method} {destination}\" to [outbound] hosts"
    )))
}

impl Allowed {
    /// Whether a request with this method may go there.
    pub fn permits(&self, method: &Method, destination: &Destination) -> bool {
        self.is_for(destination) && (!self.names_methods() || self.methods.contains(method))
    }

    /// Whether it is about some methods alone.
    pub fn names_methods(&self) -> bool {
        !self.methods.is_empty()
    }

    /// Whether it is about that destination, whatever the method.
    pub fn is_for(&self, destination: &Destination) -> bool {
        let own = &self.destination;
        let host = match (self.below, own.host(), destination.host()) {
            (false, own, host) => own == host,
            (true, Host::Domain(own), Host::Domain(host)) => host.strip_suffix(own.as_str()).is_some_and(|front| front.ends_with('.')),
            (true, _, _) => false,
        };
        host && own.is_https() == destination.is_https() && own.port() == destination.port()
    }
}

impl FromStr for Allowed {
    type Err = InvalidAllowed;

    fn from_str(text: &str) -> Result<Allowed, InvalidAllowed> {
        let (names, address) = text.trim().rsplit_once(char::is_whitespace).unwrap_or(("", text.trim()));
        let mut methods = Vec::new();
        for name in names.split(',').map(str::trim).filter(|_| !names.is_empty()) {
            let method = method(name).map_err(InvalidAllowed)?;
            if !methods.contains(&method) {
                methods.push(method);
            }
        }
        let below = address.contains("://*.");
        let destination: Destination =
            address.replacen("://*.", "://", 1).parse().map_err(|error| InvalidAllowed(format!("in {text:?}: {error}")))?;
        if below && !matches!(destination.host(), Host::Domain(name) if name.contains('.')) {
            return Err(InvalidAllowed(format!("in {text:?}: *. must stand before a name with a dot in it, such as *.example.org")));
        }
        Ok(Allowed { methods, destination, below })
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods: Vec<&str> = self.methods.iter().map(Method::as_str).collect();
        let gap = if methods.is_empty() { "" } else { " " };
        let destination = self.destination.to_string();
        let destination = if self.below { destination.replacen("://", "://*.", 1) } else { destination };
        write!(f, "{}{gap}{destination}", methods.join(","))
    }
}
