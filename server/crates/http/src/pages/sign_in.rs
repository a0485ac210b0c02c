//! A sign-in without a script, for pages of the server that need somebody: where it leads afterwards is one of those pages, and nothing else.

use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, USER_AGENT};
use axum::response::Response;
use hardie_app::identity::{SignIn, sign_in};
use hardie_domain::oauth::{check_redirect, form_target};
use hardie_domain::secret::Secret;

use super::consent::go;
use super::html::{Field, Form, policy};
use super::{failed, filled, refused, text};
use crate::api::set_session_cookie;
use crate::auth::Visitor;
use crate::error::{Answer, Refusal};
use crate::links::encode_query;
use crate::query::Query;
use crate::state::Http;

/// Where it leads if nothing is said: to the UI.
const HOME: &str = "../";
/// The other pages beside it.
const BESIDE: [&str; 1] = ["applications"];

/// The sign-in page for somebody who wants to go to a page beside it, as one is asked for that lies in `oauth/`.
pub fn address(to: &str) -> String {
    format!("../sign-in?to={}", encode_query(to.as_bytes()))
}

/// A page beside this one; never another site, whatever the address says.
pub fn beside(to: &str) -> &str {
    let is_known =
        BESIDE.contains(&to) || to.strip_prefix("oauth/authorize?").is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_graphic()));
    if is_known { to } else { HOME }
}

/// Lets the form of a page lead to the application for which somebody signs in: browsers hold a form to its policy through all that follows from it, and one who
/// let that application in before is sent there at once. Whether they are is decided on the way.
pub fn leading(mut response: Response, to: &str) -> Response {
    let asked = to.split_once('?').map(|(_, query)| Query::parse(query)).unwrap_or_default();
    let target = asked.text("redirect_uri").ok().flatten().filter(|uri| check_redirect(uri).is_ok());
    if let Some(policy) = target.and_then(|uri| HeaderValue::from_str(&policy(&form_target(&uri))).ok()) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    response
}

fn form(to: &str, user: &str) -> Form {
    let fields = vec![
        Field::hidden("to", to),
        Field::text("username", "User name or e-mail address", user),
        Field::known_password("password", "Password"),
        Field::code("code", "Code, if your account has a second factor"),
    ];
    Form { title: "Sign in", action: "sign-in", words: "", button: "Sign in", fields }
}

pub async fn show(query: Query) -> Answer {
    let to = text(&query, "to")?;
    Ok(leading(form(beside(&to), "").page(), beside(&to)))
}

pub async fn sign(State(http): State<Http>, Visitor(ctx): Visitor, request: Request) -> Answer {
    let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let filled_in = match filled(&http, request).await {
        Ok(filled_in) => filled_in,
        Err(refusal) => return Ok(failed(refusal)),
    };
    let (to, user) = (text(&filled_in, "to")?, text(&filled_in, "username")?);
    let (password, code) = (Secret::new(text(&filled_in, "password")?), filled_in.text("code")?.map(Secret::new));
    match sign_in(&http.app, &ctx, SignIn { user: user.clone(), password, code, agent }).await {
        Ok(new) => {
            let mut response = go(beside(&to))?;
            set_session_cookie(&mut response, &http, &new);
            Ok(response)
        }
        Err(error) => {
            let refusal = Refusal::from(error);
            Ok(match form(beside(&to), &user).again(refusal.field.as_deref(), &refusal.message) {
                Some(again) => refused(leading(again, beside(&to)), &refusal),
                None => failed(refusal),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::html::page;

    #[test]
    fn what_an_address_says_does_not_widen_the_policy_beyond_one_place() {
        let policy = |to: &str| {
            let response = leading(page("x", ""), to);
            response.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap().to_owned()
        };
        assert!(policy("oauth/authorize?redirect_uri=https%3A%2F%2Fci.example%2Fdone").contains("form-action 'self' https://ci.example;"));
        for to in [
            "../",
            "oauth/authorize?redirect_uri=*",
            "oauth/authorize?redirect_uri=https%3A%2F%2Fx%3B+script-src+*",
            "oauth/authorize?redirect_uri=javascript:x",
        ] {
            assert!(policy(to).contains("form-action 'self';"), "{to}: {}", policy(to));
        }
    }

    #[test]
    fn a_sign_in_leads_nowhere_else() {
        assert_eq!(beside("oauth/authorize?client_id=x&state=%0d%0a"), "oauth/authorize?client_id=x&state=%0d%0a");
        for to in [
            "",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "javascript:alert(1)",
            "oauth/authorize?x\r\nset-cookie: a",
            "oauth/authorize? x",
            "oauth/authorize",
            "../evil",
        ] {
            assert_eq!(beside(to), HOME, "{to}");
        }
    }
}
