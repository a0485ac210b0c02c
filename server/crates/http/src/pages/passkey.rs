//! The pages for passkeys: signing in by one, and one's own. Browsers ask authenticators by script alone, so these pages have one, a file of its own; what it
//! does goes through the API.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::html::page;
use crate::state::Http;

/// As for the other pages, and our own script, which asks our own API.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'unsafe-inline'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";
const SCRIPT: &str = include_str!("passkey.js");
const NEEDED: &str = "<noscript><p role=\"alert\">Passkeys need JavaScript.</p></noscript><p id=\"said\" role=\"status\" hidden></p>";
const LOADED: &str = "<script src=\"passkey.js\"></script>";

/// All three.
pub fn routes() -> Router<Http> {
    Router::new().route("/login/passkey", get(sign_in)).route("/login/passkeys", get(own)).route("/login/passkey.js", get(script))
}

async fn sign_in() -> Response {
    let inside = format!(
        "{NEEDED}<p class=\"muted\">A passkey signs in by itself, if it asks for your finger, your face or a PIN.</p>\
         <p><button id=\"alone\" type=\"button\">Sign in with a passkey</button></p>\
         <p class=\"muted\">Any other key of yours stands beside the password.</p>\
         <form id=\"second\"><label for=\"username\">User name</label>\
         <input id=\"username\" name=\"username\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" maxlength=\"254\" required>\
         <label for=\"password\">Password</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" maxlength=\"1000\" required>\
         <button>Sign in with password and passkey</button></form>{LOADED}"
    );
    with_script(page("Passkey", &inside))
}

async fn own() -> Response {
    let inside = format!(
        "{NEEDED}<pre id=\"shown\" tabindex=\"0\" hidden></pre><ul id=\"passkeys\"></ul>\
         <form id=\"proof\"><label for=\"name\">Name of a new passkey</label>\
         <input id=\"name\" name=\"name\" autocomplete=\"off\" maxlength=\"60\" placeholder=\"laptop\">\
         <label for=\"password\">Current password</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" maxlength=\"1000\" required>\
         <label for=\"code\">Code, if you have an authenticator app and no passkey here</label>\
         <input id=\"code\" name=\"code\" autocomplete=\"one-time-code\" maxlength=\"40\">\
         <button>Add a passkey</button></form>\
         <p class=\"muted\">Where a page asks for a code, a passkey gives one:</p>\
         <p><button id=\"make-code\" type=\"button\">Get a code</button></p>{LOADED}"
    );
    with_script(page("Passkeys", &inside))
}

fn with_script(mut response: Response) -> Response {
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

async fn script() -> Response {
    let kind = (CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    // A page and its script are of one version.
    ([kind, (CACHE_CONTROL, HeaderValue::from_static("no-cache"))], SCRIPT).into_response()
}
