//! Which of the two hosts is meant: the forge's, or that of plugins, which serves nothing else.

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::PREFIX;
use crate::client::Peer;
use crate::error::Refusal;
use crate::state::Http;

/// A request came to the origin that plugins have for themselves; an extension of the request.
#[derive(Clone, Copy, Debug)]
pub struct Apart;

/// Whose host a request names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Host {
    Forge,
    Plugins,
    /// A proxy that is not trusted says that it is the plugins'.
    Doubtful,
}

/// Keeps the hosts apart, where there are two.
pub async fn by_host(State(http): State<Http>, request: Request, next: Next) -> Response {
    let Some(origin) = &http.app.config.plugin_web_origin else { return next.run(request).await };
    let (mut parts, body) = request.into_parts();
    let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.to_canonical());
    let is_trusted = peer.is_some_and(|peer| http.config.trusted_proxies.iter().any(|range| range.contains(peer)));
    let is_plugins = parts.uri.path().starts_with(PREFIX);
    match (host_of(&parts, origin, http.links.origin(), is_trusted), is_plugins) {
        (Host::Plugins, true) => {
            parts.extensions.insert(Apart);
        }
        (Host::Forge, false) => {}
        (Host::Plugins, false) => return Refusal::nothing_here().into_response(),
        (Host::Forge, true) => {
            return Refusal::new(StatusCode::NOT_FOUND, format!("plugins answer at {origin} alone")).into_response();
        }
        (Host::Doubtful, _) => {
            let text = "a proxy passes on what belongs to plugin-web-origin, and is not among trusted-proxies";
            return Refusal::new(StatusCode::MISDIRECTED_REQUEST, text).into_response();
        }
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Whether a request names the host of an origin.
pub fn names_origin(request: &Request, origin: &str) -> bool {
    names(request.uri().authority(), request.headers(), origin)
}

fn names(authority: Option<&Authority>, headers: &HeaderMap, origin: &str) -> bool {
    // The address's own host stands for the header (RFC 9112, section 3.2.2).
    match authority {
        Some(authority) => is_of(authority.as_str(), origin),
        None => last(headers, HOST.as_str()).is_some_and(|host| is_of(host, origin)),
    }
}

/// Whether this is the host of an origin, however it is written.
fn is_of(host: &str, origin: &str) -> bool {
    let own = origin.split_once("://").map_or(origin, |(_, own)| own);
    let default = if origin.starts_with("https://") { ":443" } else { ":80" };
    let plain = |host: &str| host.strip_suffix(default).unwrap_or(host).trim_end_matches('.').to_ascii_lowercase();
    plain(host.trim()) == plain(own)
}

/// The host that was asked. Who asked one of the two by its own name asked that one, whatever else is written there.
fn host_of(parts: &Parts, origin: &str, forge: &str, is_trusted: bool) -> Host {
    let direct = names(parts.uri.authority(), &parts.headers, origin);
    if !direct && names(parts.uri.authority(), &parts.headers, forge) {
        return Host::Forge;
    }
    let forwarded = last(&parts.headers, "x-forwarded-host").is_some_and(|host| is_of(host, origin));
    match (direct, forwarded, is_trusted) {
        (true, ..) | (false, true, true) => Host::Plugins,
        (false, true, false) => Host::Doubtful,
        (false, false, _) => Host::Forge,
    }
}

/// The last item: what whoever stands nearest wrote. Before it is what a client may have made up.
fn last<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(name).into_iter().next_back()?.to_str().ok()?.rsplit(',').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(uri: &str, headers: &[(&str, &str)], is_trusted: bool) -> Host {
        let mut request = axum::http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        host_of(&request.body(()).unwrap().into_parts().0, "https://plugins.example.org", "https://Git.example.org", is_trusted)
    }

    #[test]
    fn the_host_decides_however_it_is_written() {
        for name in ["plugins.example.org", "PLUGINS.Example.org", "plugins.example.org:443", "plugins.example.org."] {
            assert_eq!(host("/x", &[("host", name)], false), Host::Plugins, "{name}");
            assert_eq!(host("/x", &[("host", "127.0.0.1:3000"), ("x-forwarded-host", name)], true), Host::Plugins, "{name}");
            assert_eq!(host("/x", &[("host", "127.0.0.1:3000"), ("x-forwarded-host", name)], false), Host::Doubtful, "{name}");
        }
        for name in ["git.example.org", "plugins.example.org:8443", "plugins.example.org.evil.example", "xplugins.example.org"] {
            assert_eq!(host("/x", &[("host", name)], false), Host::Forge, "{name}");
        }
        assert_eq!(host("https://plugins.example.org/x", &[("host", "git.example.org")], false), Host::Plugins);
        assert_eq!(host("https://git.example.org/x", &[("host", "plugins.example.org")], false), Host::Forge);
        assert_eq!(host("/x", &[], true), Host::Forge);
    }

    #[test]
    fn who_asks_the_forge_by_its_name_asks_the_forge() {
        let forwarded = ("x-forwarded-host", "plugins.example.org");
        for name in ["git.example.org", "GIT.example.org:443"] {
            for is_trusted in [true, false] {
                assert_eq!(host("/x", &[("host", name), forwarded], is_trusted), Host::Forge, "{name}");
                assert_eq!(host(&format!("https://{name}/x"), &[("host", "h"), forwarded], is_trusted), Host::Forge, "{name}");
            }
        }
        assert_eq!(host("/x", &[("host", "git.example.org:3000"), forwarded], true), Host::Plugins);
    }

    #[test]
    fn what_a_client_wrote_before_the_trusted_proxy_does_not_count() {
        let inner = ("host", "127.0.0.1:3000");
        let (forge, plugins) = ("git.example.org", "plugins.example.org");
        for (first, then, wanted) in [(plugins, forge, Host::Forge), (forge, plugins, Host::Plugins)] {
            assert_eq!(host("/x", &[inner, ("x-forwarded-host", &format!("{first}, {then}"))], true), wanted);
            assert_eq!(host("/x", &[inner, ("x-forwarded-host", first), ("x-forwarded-host", then)], true), wanted);
        }
    }
}
