//! The page on which somebody lets an application in (RFC 6749, section 3.1). Its form carries the request again, which is looked at again, and what
//! only a page for this session knows.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse as _;
use hardie_app::oauth::{Asked, AuthorizeRequest, Step, Turned, begin, decide};
use hardie_domain::host::host_of;
use hardie_domain::oauth::form_target;

use super::html::{hidden, page_within, policy};
use super::{failed_below, filled, text};
use crate::auth::Surfer;
use crate::error::{Answer, Refusal};
use crate::query::Query;
use crate::reference::text as escaped;
use crate::state::Http;

/// Fields of a request, by their names in addresses.
const FIELDS: [&str; 11] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "response_mode",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "prompt",
    "max_age",
];

/// The way from this page to the UI.
const ROOT: &str = "../../";

fn read(query: &Query) -> Answer<AuthorizeRequest> {
    if let Some(twice) = query.repeated() {
        return Err(Refusal::bad_request(format!("{twice} is there more than once")));
    }
    if query.text("request")?.is_some() || query.text("request_uri")?.is_some() {
        return Err(Refusal::bad_request("requests that are tokens themselves (RFC 9101) are not known here"));
    }
    let [client_id, redirect_uri, response_type, response_mode, scope, state, challenge, challenge_method, nonce, prompt, max_age] =
        FIELDS.map(|name| text(query, name));
    Ok(AuthorizeRequest {
        client_id: client_id?,
        redirect_uri: redirect_uri?,
        response_type: response_type?,
        response_mode: response_mode?,
        scope: scope?,
        state: state?,
        challenge: challenge?,
        challenge_method: challenge_method?,
        nonce: nonce?,
        prompt: prompt?,
        max_age: max_age?,
    })
}

pub async fn show(State(http): State<Http>, surfer: Surfer, request: Request) -> Answer {
    let raw = request.uri().query().unwrap_or_default();
    let query = Query::parse(raw);
    let asked = match read(&query) {
        Ok(asked) => asked,
        Err(refusal) => return Ok(failed_below(ROOT, refusal)),
    };
    Ok(match begin(&http.app, &surfer.ctx, &asked).await {
        Ok(Step::Ask(asked)) => ask(&surfer, &query, &asked)?,
        Ok(Step::Go(to)) | Err(Turned::Back(to)) => go(&to)?,
        Ok(Step::SignIn { again }) => {
            // A sign-in that is asked for anew is asked for once.
            let asks_again = |pair: &&str| again && (pair.starts_with("prompt=") || pair.starts_with("max_age="));
            let kept: Vec<&str> = raw.split('&').filter(|pair| !asks_again(pair)).collect();
            go(&super::sign_in::address(&format!("oauth/authorize?{}", kept.join("&"))))?
        }
        Err(Turned::Shown(error)) => failed_below(ROOT, error.into()),
    })
}

pub async fn answer(State(http): State<Http>, surfer: Surfer, request: Request) -> Answer {
    let form = match filled(&http, request).await {
        Ok(form) => form,
        Err(refusal) => return Ok(failed_below(ROOT, refusal)),
    };
    if !surfer.is_own_form(&text(&form, "csrf")?) {
        return Ok(failed_below(
            ROOT,
            Refusal::forbidden("this form is not of your session, or that has ended: go back to the application and begin again"),
        ));
    }
    let asked = match read(&form) {
        Ok(asked) => asked,
        Err(refusal) => return Ok(failed_below(ROOT, refusal)),
    };
    Ok(match decide(&http.app, &surfer.ctx, &asked, text(&form, "answer")? == "allow").await {
        Ok(to) | Err(Turned::Back(to)) => go(&to)?,
        Err(Turned::Shown(error)) => failed_below(ROOT, error.into()),
    })
}

/// A browser asks for the next address by GET, whatever it sent (RFC 9700, section 4.12).
pub(super) fn go(to: &str) -> Answer {
    let location = HeaderValue::from_str(to).map_err(|_| Refusal::bad_request("the address to go back to is none"))?;
    Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}

fn ask(surfer: &Surfer, query: &Query, asked: &Asked) -> Answer {
    let client = &asked.client;
    let name = escaped(&client.name);
    let whose = match &client.owner {
        Some(owner) => format!("It was registered by {}.", escaped(owner.name.as_str())),
        None => "It is known to every server of this kind.".to_owned(),
    };
    let host = host_of(asked.redirect_uri());
    let goes = match host {
        "127.0.0.1" | "[::1]" => {
            "Afterwards a program on your own machine goes on: let it in only if you started it yourself just now.".to_owned()
        }
        "" => format!("Afterwards a program on your own machine goes on ({}).", escaped(asked.redirect_uri())),
        host => format!("Afterwards you are sent to <b>{}</b>.", escaped(host)),
    };
    let what: String = asked.scopes.words().iter().map(|line| format!("<li>{}</li>", escaped(line))).collect();
    let actor = surfer.ctx.actor.as_ref().map(|actor| escaped(actor.name.as_str())).unwrap_or_default();
    let mut fields = hidden("csrf", surfer.csrf.as_deref().unwrap_or_default());
    for name in FIELDS {
        fields.push_str(&hidden(name, &text(query, name)?));
    }
    let html = format!(
        "<p>You are signed in as <b>{actor}</b>. <b>{name}</b> wants to act for you. {whose}</p><p>It may then:</p><ul>{what}</ul><p>{goes}</p>\
         <form method=\"post\" action=\"authorize\">{fields}<button name=\"answer\" value=\"allow\">Let it in</button> \
         <button class=\"second\" name=\"answer\" value=\"deny\">No</button></form>"
    );
    let mut response = page_within(ROOT, "Let an application in?", &html);
    if let Ok(policy) = HeaderValue::from_str(&policy(&form_target(asked.redirect_uri()))) {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    }
    Ok(response)
}
