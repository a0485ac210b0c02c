//! The second factor of an account: getting one, its recovery codes, giving it up; and taking it from somebody who lost it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::factor::{FactorOption, FactorSecret, FactorUser, RecoveryCodes, SecondFactor};
use hardie_app::identity::{
    begin_factor, confirm_factor, disable_factor, factor_state, list_factor_users, renew_recovery_codes, reset_factor,
};
use hardie_domain::secret::Secret;

use crate::auth::Asker;
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let (tag, path) = ("user", "/user/second-factor");
    let begin = Op::new(
        "beginSecondFactor",
        tag,
        "Makes a secret for an authenticator app, shown this once; nothing changes until it is confirmed",
    );
    let confirm =
        Op::new("confirmSecondFactor", tag, "Makes sign-ins need codes of the app from now on; gives recovery codes, shown this once");
    let renew = Op::new("renewRecoveryCodes", tag, "Exchanges the asker's recovery codes, shown this once");
    api.get(path, Op::new("getSecondFactor", tag, "Says whether the asker's sign-ins need a second factor").gives::<SecondFactor>(200), get)
        .post(path, begin.takes::<FactorOption>().gives::<FactorSecret>(201), create)
        .delete(
            path,
            Op::new("deleteSecondFactor", tag, "Gives up the asker's second factor").takes::<FactorOption>().gives_nothing(204),
            delete,
        )
        .post("/user/second-factor/confirm", confirm.takes::<FactorOption>().gives::<RecoveryCodes>(200), set)
        .post("/user/second-factor/recovery-codes", renew.takes::<FactorOption>().gives::<RecoveryCodes>(200), set_codes)
        .get(
            "/admin/second-factors",
            Op::new("adminListSecondFactors", "admin", "Lists users with a second factor").gives_page::<FactorUser>(),
            list,
        )
        .delete(
            "/admin/users/{username}/second-factor",
            Op::new("adminDeleteSecondFactor", "admin", "Takes the second factor from a user who lost it").gives_nothing(204),
            reset,
        )
}

async fn get(State(http): State<Http>, Asker(ctx): Asker) -> Answer<Json<SecondFactor>> {
    Ok(Json(show::second_factor(factor_state(&http.app, &ctx).await?)))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<FactorOption>,
) -> Answer<(StatusCode, Json<FactorSecret>)> {
    let (password, code) = (Secret::new(body.current_password), Secret::new(body.code));
    let made = begin_factor(&http.app, &ctx, &password, Some(&code)).await?;
    let (secret, uri) = (made.secret.expose().to_owned(), made.uri.expose().to_owned());
    let shown = FactorSecret { secret, qr: show::qr(&uri), uri };
    Ok((StatusCode::CREATED, Json(shown)))
}

async fn set(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<FactorOption>,
) -> Answer<Json<RecoveryCodes>> {
    Ok(Json(show::recovery_codes(&confirm_factor(&http.app, &ctx, &Secret::new(body.code)).await?)))
}

async fn set_codes(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<FactorOption>,
) -> Answer<Json<RecoveryCodes>> {
    let (password, code) = (Secret::new(body.current_password), Secret::new(body.code));
    Ok(Json(show::recovery_codes(&renew_recovery_codes(&http.app, &ctx, &password, Some(&code)).await?)))
}

async fn delete(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<FactorOption>,
) -> Answer<StatusCode> {
    disable_factor(&http.app, &ctx, &Secret::new(body.current_password), Some(&Secret::new(body.code))).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    Ok(paging.answer(list_factor_users(&http.app, &ctx, paging.page).await?.map(show::factor_user)))
}

async fn reset(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    reset_factor(&http.app, &ctx, &parts.text("username")?).await?;
    Ok(StatusCode::NO_CONTENT)
}
