//! Passkeys: one's own, signing in by one, and codes that they give. A challenge leaves a cookie that the answer must come with.

use axum::Json;
use axum::extract::State;
use axum::http::header::{SET_COOKIE, USER_AGENT};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use hardie_api_types::factor::FactorOption;
use hardie_api_types::identity::SignedIn;
use hardie_api_types::passkey::{
    CreatePasskeyOption, CreatedPasskey, Passkey, PasskeyChallengeOption, PasskeyCode, PasskeyCodeOption, PasskeyCreation, PasskeyRequest,
    PasskeySignInOption,
};
use hardie_app::identity::{
    NewPasskey, PasskeySignIn, add_passkey, begin_passkey, begin_passkey_code, begin_passkey_sign_in, list_passkeys, passkey_code,
    remove_passkey, sign_in_by_passkey,
};
use hardie_domain::ids::PasskeyId;
use hardie_domain::secret::Secret;
use serde::Serialize;

use super::sessions;
use crate::auth::{Asker, Visitor, check_sign_in, cookie};
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let (own, session) = ("user", "session");
    let begin = Op::new(
        "beginPasskey",
        own,
        "Asks for a new passkey, for `navigator.credentials.create`; the password is needed, and a code if there is a second factor",
    );
    let create = Op::new("createPasskey", own, "Adds a passkey that was asked for; gives recovery codes with the first second factor");
    let challenge = Op::new(
        "beginPasskeySession",
        session,
        "Asks for a passkey, for `navigator.credentials.get`: any that signs in alone, or one of whoever gives name and password",
    );
    let code = Op::new("createPasskeyCode", own, "Gives a code for what a passkey signed, good once beside the password");
    api.get("/user/passkeys", Op::new("listPasskeys", own, "Lists the asker's passkeys").gives_list::<Passkey>(), list)
        .post("/user/passkeys", create.takes::<CreatePasskeyOption>().gives::<CreatedPasskey>(201), create_passkey)
        .post("/user/passkeys/challenge", begin.takes::<FactorOption>().gives::<PasskeyCreation>(200), challenge_for_new)
        .delete(
            "/user/passkeys/{id}",
            Op::new("deletePasskey", own, "Removes a passkey of the asker").takes::<FactorOption>().gives_nothing(204),
            delete_passkey,
        )
        .post("/user/sessions/challenge", challenge.takes::<PasskeyChallengeOption>().gives::<PasskeyRequest>(200), challenge_for_session)
        .post(
            "/user/sessions/passkey",
            Op::new("createPasskeySession", session, "Signs a browser in by a passkey")
                .takes::<PasskeySignInOption>()
                .gives::<SignedIn>(201),
            create_session,
        )
        .post(
            "/user/second-factor/challenge",
            Op::new("beginPasskeyCode", own, "Asks for one of the asker's passkeys, for `navigator.credentials.get`")
                .gives::<PasskeyRequest>(200),
            challenge_for_code,
        )
        .post("/user/second-factor/code", code.takes::<PasskeyCodeOption>().gives::<PasskeyCode>(200), create_code)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker) -> Answer<Json<Vec<Passkey>>> {
    Ok(Json(list_passkeys(&http.app, &ctx).await?.into_iter().map(show::passkey).collect()))
}

async fn challenge_for_new(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<FactorOption>,
) -> Answer {
    let (password, code) = (Secret::new(body.current_password), Secret::new(body.code));
    let to_make = begin_passkey(&http.app, &ctx, &password, &code).await?;
    Ok(asked(&http, &to_make.asked.cookie, to_make.asked.seconds, &show::passkey_creation(&to_make)))
}

async fn create_passkey(
    State(http): State<Http>,
    Asker(ctx): Asker,
    headers: HeaderMap,
    crate::json::Json(body): crate::json::Json<CreatePasskeyOption>,
) -> Answer<(StatusCode, Json<CreatedPasskey>)> {
    let registration = show::read_registration(&body.credential)?;
    let new = NewPasskey { name: body.name, registration, cookie: cookie(&headers, cookie_name(&http)) };
    Ok((StatusCode::CREATED, Json(show::created_passkey(add_passkey(&http.app, &ctx, new).await?))))
}

async fn delete_passkey(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<FactorOption>,
) -> Answer<StatusCode> {
    let (password, code) = (Secret::new(body.current_password), Secret::new(body.code));
    remove_passkey(&http.app, &ctx, PasskeyId(parts.id("id")?), &password, &code).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn challenge_for_session(
    State(http): State<Http>,
    Visitor(ctx): Visitor,
    headers: HeaderMap,
    crate::json::Json(body): crate::json::Json<PasskeyChallengeOption>,
) -> Answer {
    check_sign_in(&headers, &http)?;
    let passkey = begin_passkey_sign_in(&http.app, &ctx, &body.username, &Secret::new(body.password)).await?;
    Ok(asked(&http, &passkey.cookie, passkey.seconds, &show::passkey_request(&passkey)))
}

async fn create_session(
    State(http): State<Http>,
    Visitor(ctx): Visitor,
    headers: HeaderMap,
    crate::json::Json(body): crate::json::Json<PasskeySignInOption>,
) -> Answer {
    check_sign_in(&headers, &http)?;
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let assertion = show::read_assertion(&body.credential)?;
    let cookie = cookie(&headers, cookie_name(&http));
    let request = PasskeySignIn { user: body.username, password: Secret::new(body.password), assertion, cookie, agent };
    let new = sign_in_by_passkey(&http.app, &ctx, request).await?;
    let mut response = sessions::began(&http, new);
    set_cookie(&mut response, &http, "", 0);
    Ok(response)
}

async fn challenge_for_code(State(http): State<Http>, Asker(ctx): Asker) -> Answer {
    let passkey = begin_passkey_code(&http.app, &ctx).await?;
    Ok(asked(&http, &passkey.cookie, passkey.seconds, &show::passkey_request(&passkey)))
}

async fn create_code(
    State(http): State<Http>,
    Asker(ctx): Asker,
    headers: HeaderMap,
    crate::json::Json(body): crate::json::Json<PasskeyCodeOption>,
) -> Answer<Json<PasskeyCode>> {
    let assertion = show::read_assertion(&body.credential)?;
    let code = passkey_code(&http.app, &ctx, &assertion, cookie(&headers, cookie_name(&http)).as_ref()).await?;
    Ok(Json(show::passkey_code(&code)))
}

fn asked(http: &Http, cookie: &Secret, seconds: i64, body: &impl Serialize) -> Response {
    let mut response = Json(body).into_response();
    set_cookie(&mut response, http, cookie.expose(), seconds);
    response
}

fn cookie_name(http: &Http) -> &'static str {
    if http.links.is_https() { "__Host-hardie_passkey" } else { "hardie_passkey" }
}

/// `Strict`: only our own pages answer.
fn set_cookie(response: &mut Response, http: &Http, value: &str, seconds: i64) {
    let secure = if http.links.is_https() { "; Secure" } else { "" };
    let cookie = format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}", cookie_name(http));
    if let Ok(value) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}
