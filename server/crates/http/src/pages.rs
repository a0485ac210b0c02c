//! The few pages to which mails and other programs lead: plain forms without a script, so that a link works in any browser. What they do, the API does
//! too, but for letting an application in, which takes a browser.
//!
//! Looking at a page does nothing: programs that read mails follow their links. Only its button does.

mod applications;
mod consent;
mod html;
mod passkey;
mod sign_in;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::{LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hardie_app::accounts::{NewSignUp, SignedUp, confirm_sign_up, sign_up, verify_email};
use hardie_app::identity::{request_reset, reset_password};
use hardie_domain::secret::Secret;
use hardie_domain::sign_up::SignUpMode;

use crate::auth::{Visitor, check_form};
use crate::error::{Answer, Counted, Refusal};
use crate::layers::admit;
use crate::query::Query;
use crate::state::Http;
use html::{Field, Form, page, page_below, said};

/// Bytes of a filled-in form.
const FORM_BYTES: usize = 16 << 10;

/// Names of the pages below `/login/`.
pub const PAGES: [&str; 9] = ["forgot", "reset", "verify", "sign-up", "sign-in", "applications", "passkey", "passkeys", "passkey.js"];

/// `/login`, and everything below it that is not the UI's.
pub fn routes(http: &Http) -> Router<Http> {
    Router::new()
        .route("/login", get(to_sign_in))
        .route("/login/forgot", get(show_forgot).post(forgot))
        .route("/login/reset", get(show_reset).post(reset))
        .route("/login/verify", get(show_verify).post(verify))
        .route("/login/sign-up", get(show_sign_up).post(do_sign_up))
        .route("/login/sign-in", get(sign_in::show).post(sign_in::sign))
        .route("/login/applications", get(applications::show).post(applications::end))
        .route("/login/oauth/authorize", get(consent::show).post(consent::answer))
        .merge(passkey::routes())
        .layer(from_fn_with_state(http.clone(), admit))
}

/// What people type by heart: other forges have the form there. Without scheme and host, so that it holds behind any proxy.
async fn to_sign_in() -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, "user/login")]).into_response()
}

fn forgot_form(email: &str) -> Form {
    Form {
        title: "Choose a new password",
        action: "forgot",
        words: "Give the e-mail address of your account. If it has one, a mail is sent there.",
        button: "Send the mail",
        fields: vec![Field::email("email", "E-mail address", email)],
    }
}

async fn show_forgot(State(http): State<Http>) -> Response {
    let form = forgot_form("");
    match http.app.mailer.is_there() {
        true => form.page(),
        false => page(form.title, &said("This server sends no mail: whoever administers it sets a new password for you.")),
    }
}

async fn forgot(State(http): State<Http>, Visitor(ctx): Visitor, request: Request) -> Answer {
    let email = text(&filled(&http, request).await?, "email")?;
    Ok(outcome(request_reset(&http.app, &ctx, &email).await, &forgot_form(&email), |()| {
        "If an account has this address, a mail is on its way there. The link in it is good for an hour.".to_owned()
    }))
}

fn reset_form(token: &str) -> Form {
    Form {
        title: "Choose a new password",
        action: "reset",
        words: "All your sessions end. Tokens and SSH keys stay as they are.",
        button: "Set the password",
        fields: vec![Field::hidden("token", token), Field::password("new_password", "New password")],
    }
}

async fn show_reset(query: Query) -> Answer {
    Ok(reset_form(&text(&query, "token")?).page())
}

async fn reset(State(http): State<Http>, Visitor(ctx): Visitor, request: Request) -> Answer {
    let form = filled(&http, request).await?;
    let (token, new) = (text(&form, "token")?, Secret::new(text(&form, "new_password")?));
    let done = reset_password(&http.app, &ctx, &Secret::new(&token), &new).await;
    Ok(outcome(done, &reset_form(&token), |()| "The password is set: you can sign in with it.".to_owned()))
}

fn verify_form(token: &str) -> Form {
    Form {
        title: "Is this your address?",
        action: "verify",
        words: "It is used from then on.",
        button: "Yes, it is mine",
        fields: vec![Field::hidden("token", token)],
    }
}

async fn show_verify(query: Query) -> Answer {
    Ok(verify_form(&text(&query, "token")?).page())
}

async fn verify(State(http): State<Http>, Visitor(ctx): Visitor, request: Request) -> Answer {
    let token = text(&filled(&http, request).await?, "token")?;
    let verified = verify_email(&http.app, &ctx, &Secret::new(&token)).await;
    Ok(outcome(verified, &verify_form(&token), |row| format!("{} is an address of {} now.", row.email, row.user)))
}

fn go_on_form(token: &str) -> Form {
    Form {
        title: "Your account",
        action: "sign-up",
        words: "The account is made, or an administrator asked, when you go on. If you did not ask for one, close this page.",
        button: "Go on",
        fields: vec![Field::hidden("token", token), Field::known_password("password", "Password that you chose")],
    }
}

fn sign_up_form(mode: SignUpMode, name: &str, email: &str, invitation: &str) -> Form {
    let mut fields = vec![
        Field::text("username", "User name", name),
        Field::email("email", "E-mail address", email),
        Field::password("password", "Password"),
    ];
    if mode == SignUpMode::Invitation {
        fields.push(Field::text("invitation", "Invitation", invitation));
    }
    Form { title: "Your account", action: "sign-up", words: "A mail says how to go on.", button: "Sign up", fields }
}

async fn show_sign_up(State(http): State<Http>, query: Query) -> Answer {
    if let Some(token) = query.text("token")? {
        return Ok(go_on_form(&token).page());
    }
    Ok(match http.app.config.sign_up.mode {
        SignUpMode::Closed => page("Your account", &said("Nobody signs up here: whoever administers this server makes accounts.")),
        mode => sign_up_form(mode, "", "", "").page(),
    })
}

async fn do_sign_up(State(http): State<Http>, Visitor(ctx): Visitor, request: Request) -> Answer {
    let form = filled(&http, request).await?;
    if let Some(token) = form.text("token")? {
        let password = Secret::new(text(&form, "password")?);
        let done = confirm_sign_up(&http.app, &ctx, &Secret::new(&token), &password).await;
        return Ok(outcome(done, &go_on_form(&token), |signed_up| match signed_up {
            SignedUp::Made(account) => format!("The account {} is there: you can sign in.", account.name),
            SignedUp::Waits => "An administrator was asked. A mail tells you when your account is there.".to_owned(),
        }));
    }
    let (name, email, invitation) = (text(&form, "username")?, text(&form, "email")?, form.text("invitation")?);
    let again = sign_up_form(http.app.config.sign_up.mode, &name, &email, invitation.as_deref().unwrap_or_default());
    let password = Secret::new(text(&form, "password")?);
    let new = NewSignUp { name, full_name: String::new(), email, password, invitation: invitation.map(Secret::new) };
    Ok(outcome(sign_up(&http.app, &ctx, new).await, &again, |()| "A mail is on its way to this address. It says how to go on.".to_owned()))
}

/// What somebody filled in on a page of ours.
async fn filled(http: &Http, request: Request) -> Answer<Query> {
    check_form(request.headers(), http)?;
    let bytes = to_bytes(request.into_body(), FORM_BYTES).await;
    let bytes = bytes.map_err(|_| Refusal::too_large("a form", u64::try_from(FORM_BYTES).unwrap_or(u64::MAX)))?;
    let form = std::str::from_utf8(&bytes).map_err(|_| Refusal::bad_request("the form is not UTF-8"))?;
    Ok(Query::parse(form))
}

/// What is missing is empty, which the use case refuses in its own words.
fn text(query: &Query, name: &str) -> Answer<String> {
    Ok(query.text(name)?.unwrap_or_default())
}

/// What came of it: the words, or the form again with what was wrong.
fn outcome<T>(done: hardie_app::Result<T>, form: &Form, words: impl FnOnce(T) -> String) -> Response {
    match done {
        Ok(done) => page("Done", &said(&words(done))),
        Err(error) => {
            let refusal = Refusal::from(error);
            match form.again(refusal.field.as_deref(), &refusal.message) {
                Some(again) => refused(again, &refusal),
                None => failed(refusal),
            }
        }
    }
}

/// A page that says why something did not work.
fn failed(refusal: Refusal) -> Response {
    failed_below("../", refusal)
}

/// The same at another place; `root` is the way from it to the UI.
fn failed_below(root: &str, refusal: Refusal) -> Response {
    refused(page_below(root, "That did not work", &said(&refusal.message)), &refusal)
}

/// This page as the answer to what was refused.
fn refused(mut response: Response, refusal: &Refusal) -> Response {
    *response.status_mut() = refusal.status;
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    Counted(refusal.clone()).on(response)
}
