//! The few pages to which mails lead: plain forms without a script, so that a link works in any browser. What they do, the API does too.
//!
//! Looking at a page does nothing: programs that read mails follow their links. Only its button does.

mod html;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::get;
use hardie_app::accounts::{NewSignUp, SignedUp, confirm_sign_up, sign_up, verify_email};
use hardie_app::identity::{request_reset, reset_password};
use hardie_domain::secret::Secret;
use hardie_domain::sign_up::SignUpMode;

use crate::auth::{Visitor, check_form};
use crate::error::{Answer, Refusal};
use crate::layers::admit;
use crate::query::Query;
use crate::state::Http;
use html::{Field, form, page, said};

/// Bytes of a filled-in form.
const FORM_BYTES: usize = 16 << 10;

/// Names of the pages below `/login/`.
pub const PAGES: [&str; 4] = ["forgot", "reset", "verify", "sign-up"];

/// Everything below `/login/` that is not the UI's.
pub fn routes(http: &Http) -> Router<Http> {
    Router::new()
        .route("/login/forgot", get(show_forgot).post(forgot))
        .route("/login/reset", get(show_reset).post(reset))
        .route("/login/verify", get(show_verify).post(verify))
        .route("/login/sign-up", get(show_sign_up).post(do_sign_up))
        .layer(from_fn_with_state(http.clone(), admit))
}

async fn show_forgot() -> Response {
    let text = "Give the e-mail address of your account. If it has one, a mail is sent there.";
    page("Choose a new password", &form("forgot", text, "Send the mail", &[Field::email("email", "E-mail address")]))
}

async fn forgot(State(http): State<Http>, Visitor(ctx): Visitor, request: Request) -> Answer {
    let form = filled(&http, request).await?;
    Ok(outcome(request_reset(&http.app, &ctx, &text(&form, "email")?).await, |()| {
        "If an account has this address, a mail is on its way there. The link in it is good for an hour.".to_owned()
    }))
}

async fn show_reset(query: Query) -> Answer {
    let fields = [Field::hidden("token", &text(&query, "token")?), Field::password("new_password", "New password")];
    let words = "All your sessions end. Tokens and SSH keys stay as they are.";
    Ok(page("Choose a new password", &form("reset", words, "Set the password", &fields)))
}

async fn reset(State(http): State<Http>, Visitor(ctx): Visitor, request: Request) -> Answer {
    let form = filled(&http, request).await?;
    let (token, new) = (Secret::new(text(&form, "token")?), Secret::new(text(&form, "new_password")?));
    Ok(outcome(reset_password(&http.app, &ctx, &token, &new).await, |()| "The password is set: you can sign in with it.".to_owned()))
}

async fn show_verify(query: Query) -> Answer {
    let fields = [Field::hidden("token", &text(&query, "token")?)];
    Ok(page("Is this your address?", &form("verify", "It is used from then on.", "Yes, it is mine", &fields)))
}

async fn verify(State(http): State<Http>, Visitor(ctx): Visitor, request: Request) -> Answer {
    let form = filled(&http, request).await?;
    let verified = verify_email(&http.app, &ctx, &Secret::new(text(&form, "token")?)).await;
    Ok(outcome(verified, |row| format!("{} is an address of {} now.", row.email, row.user)))
}

async fn show_sign_up(State(http): State<Http>, query: Query) -> Answer {
    if let Some(token) = query.text("token")? {
        let words = "The account is made, or an administrator asked, when you go on.";
        return Ok(page("Your account", &form("sign-up", words, "Go on", &[Field::hidden("token", &token)])));
    }
    let mode = http.app.config.sign_up.mode;
    if mode == SignUpMode::Closed {
        return Ok(page("Your account", &said("Nobody signs up here: whoever administers this server makes accounts.")));
    }
    let mut fields =
        vec![Field::text("username", "User name"), Field::email("email", "E-mail address"), Field::password("password", "Password")];
    if mode == SignUpMode::Invitation {
        fields.push(Field::text("invitation", "Invitation"));
    }
    Ok(page("Your account", &form("sign-up", "A mail says how to go on.", "Sign up", &fields)))
}

async fn do_sign_up(State(http): State<Http>, Visitor(ctx): Visitor, request: Request) -> Answer {
    let form = filled(&http, request).await?;
    if let Some(token) = form.text("token")? {
        return Ok(outcome(confirm_sign_up(&http.app, &ctx, &Secret::new(token)).await, |signed_up| match signed_up {
            SignedUp::Made(account) => format!("The account {} is there: you can sign in.", account.name),
            SignedUp::Waits => "An administrator was asked. A mail tells you when your account is there.".to_owned(),
        }));
    }
    let new = NewSignUp {
        name: text(&form, "username")?,
        full_name: String::new(),
        email: text(&form, "email")?,
        password: Secret::new(text(&form, "password")?),
        invitation: form.text("invitation")?.map(Secret::new),
    };
    Ok(outcome(sign_up(&http.app, &ctx, new).await, |()| "A mail is on its way to this address. It says how to go on.".to_owned()))
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

fn outcome<T>(done: hardie_app::Result<T>, words: impl FnOnce(T) -> String) -> Response {
    match done {
        Ok(done) => page("Done", &said(&words(done))),
        Err(error) => {
            let refusal = Refusal::from(error);
            let mut response = page("That did not work", &said(&refusal.message));
            *response.status_mut() = refusal.status;
            response
        }
    }
}
