//! Tells the audit log of what was refused. What a use case counted itself is not counted again.

use axum::extract::MatchedPath;
use axum::http::{Method, StatusCode, Uri};
use hardie_app::Ctx;
use hardie_domain::push::Door;

use super::Meta;
use crate::error::Refusal;
use crate::state::Http;

/// Names in the address that say of what or whom. Others may be anything, a proof of a mail too.
const NAMED: [&str; 4] = ["{owner}", "{repo}", "{org}", "{username}"];

/// Counts a refusal: whoever may not do it, and whoever would have changed something without signing in. Being asked to sign in before
/// reading is no refusal: every git client begins so.
pub fn note(http: &Http, meta: &Meta, method: &Method, uri: &Uri, route: Option<&MatchedPath>, refusal: &Refusal) {
    let is_refused = match refusal.status {
        StatusCode::FORBIDDEN => true,
        StatusCode::UNAUTHORIZED => !method.is_safe() && !is_fetch(uri.path()),
        _ => false,
    };
    let Some(route) = route.filter(|_| is_refused) else { return };
    let is_api = uri.path().starts_with("/api/");
    let ctx = Ctx {
        actor: meta.known.actor(),
        door: if is_api { Door::Api } else { Door::Http },
        address: meta.address,
        request_id: meta.request_id.clone(),
    };
    http.app.denials.note(&ctx, None, &format!("{method} {}", named(route.as_str(), uri.path())), &refusal.message, http.app.clock.now());
}

/// A fetch is a POST too.
fn is_fetch(path: &str) -> bool {
    path.ends_with("/git-upload-pack") || path.ends_with("/git-upload-archive") || path.ends_with("/info/lfs/objects/batch")
}

/// The route, with the names of what it is about in place.
fn named(route: &str, path: &str) -> String {
    let pairs = route.split('/').zip(path.split('/'));
    pairs.map(|(pattern, given)| if NAMED.contains(&pattern) { given } else { pattern }).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn the_log_has_names_of_repositories_and_people_and_nothing_else_of_an_address() {
        assert_eq!(named("/api/v1/repos/{owner}/{repo}/keys/{id}", "/api/v1/repos/ann/tool/keys/7"), "/api/v1/repos/ann/tool/keys/{id}");
        assert_eq!(named("/confirm/{proof}", "/confirm/hunter2"), "/confirm/{proof}");
    }
}
