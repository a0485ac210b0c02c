//! Accounts that people make for themselves, invitations to do so, and passwords that were forgotten.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use hardie_api_types::account::User;
use hardie_api_types::email::{ForgotPasswordOption, ResetPasswordOption};
use hardie_api_types::sign_up::{
    AccountSettings, ConfirmSignUpOption, CreateInvitationOption, Invitation, SignUp, SignUpOption, SignUpState,
};
use hardie_app::accounts::{self, NewInvitation, NewSignUp, SignedUp};
use hardie_app::identity::{request_reset, reset_password};
use hardie_domain::ids::{InvitationId, SignUpId};
use hardie_domain::secret::Secret;

use crate::auth::{Asker, Visitor, check_sign_in};
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let (user, admin, invitations) = ("user", "admin", "/admin/invitations");
    api.get("/settings/accounts", Op::new("getAccountSettings", "settings", "Says who may sign up").gives::<AccountSettings>(200), settings)
        .post(
            "/user/password/forgot",
            Op::new("forgotPassword", user, "Sends a mail by which a new password can be chosen")
                .takes::<ForgotPasswordOption>()
                .gives_nothing(202),
            forgot,
        )
        .post(
            "/user/password/reset",
            Op::new("resetPassword", user, "Sets a new password, by what the mail held").takes::<ResetPasswordOption>().gives_nothing(204),
            reset,
        )
        .post("/user/sign_up", Op::new("signUp", user, "Asks for an account").takes::<SignUpOption>().gives_nothing(202), ask)
        .post(
            "/user/sign_up/confirm",
            Op::new("confirmSignUp", user, "Goes on with an account, by what the mail held and the password")
                .takes::<ConfirmSignUpOption>()
                .gives::<SignUpState>(200),
            confirm,
        )
        .get("/admin/sign_ups", Op::new("adminListSignUps", admin, "Lists who waits for approval").gives_page::<SignUp>(), list)
        .post("/admin/sign_ups/{id}/approve", Op::new("adminApproveSignUp", admin, "Makes the account").gives::<User>(201), approve)
        .delete("/admin/sign_ups/{id}", Op::new("adminRejectSignUp", admin, "Ends the wait without an account").gives_nothing(204), reject)
        .get(invitations, Op::new("adminListInvitations", admin, "Lists invitations").gives_page::<Invitation>(), list_invitations)
        .post(
            invitations,
            Op::new("adminCreateInvitation", admin, "Makes an invitation, its code shown this once")
                .takes::<CreateInvitationOption>()
                .gives::<Invitation>(201),
            invite,
        )
        .delete("/admin/invitations/{id}", Op::new("adminDeleteInvitation", admin, "Withdraws an invitation").gives_nothing(204), withdraw)
}

async fn settings(State(http): State<Http>) -> Json<AccountSettings> {
    let config = &http.app.config;
    Json(AccountSettings {
        sign_up: config.sign_up.mode.as_str().to_owned(),
        domains: config.sign_up.domains.named().to_vec(),
        mail: http.app.mailer.is_there(),
        require_sign_in: config.require_sign_in,
    })
}

async fn forgot(
    State(http): State<Http>,
    Visitor(ctx): Visitor,
    headers: HeaderMap,
    crate::json::Json(body): crate::json::Json<ForgotPasswordOption>,
) -> Answer<StatusCode> {
    check_sign_in(&headers, &http)?;
    request_reset(&http.app, &ctx, &body.email).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn reset(
    State(http): State<Http>,
    Visitor(ctx): Visitor,
    headers: HeaderMap,
    crate::json::Json(body): crate::json::Json<ResetPasswordOption>,
) -> Answer<StatusCode> {
    check_sign_in(&headers, &http)?;
    reset_password(&http.app, &ctx, &Secret::new(body.token), &Secret::new(body.new_password)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn ask(
    State(http): State<Http>,
    Visitor(ctx): Visitor,
    headers: HeaderMap,
    crate::json::Json(body): crate::json::Json<SignUpOption>,
) -> Answer<StatusCode> {
    check_sign_in(&headers, &http)?;
    let SignUpOption { username, email, password, full_name, invitation } = body;
    let invitation = Some(invitation).filter(|code| !code.is_empty()).map(Secret::new);
    let new = NewSignUp { name: username, full_name, email, password: Secret::new(password), invitation };
    accounts::sign_up(&http.app, &ctx, new).await?;
    Ok(StatusCode::ACCEPTED)
}

async fn confirm(
    State(http): State<Http>,
    Visitor(ctx): Visitor,
    headers: HeaderMap,
    crate::json::Json(body): crate::json::Json<ConfirmSignUpOption>,
) -> Answer<Json<SignUpState>> {
    check_sign_in(&headers, &http)?;
    let (token, password) = (Secret::new(body.token), Secret::new(body.password));
    let (state, username) = match accounts::confirm_sign_up(&http.app, &ctx, &token, &password).await? {
        SignedUp::Made(account) => ("created", account.name.to_string()),
        SignedUp::Waits => ("waiting", String::new()),
    };
    Ok(Json(SignUpState { state: state.to_owned(), username }))
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    Ok(paging.answer(accounts::list_sign_ups(&http.app, &ctx, paging.page).await?.map(show::sign_up)))
}

async fn approve(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<(StatusCode, Json<User>)> {
    let account = accounts::approve_sign_up(&http.app, &ctx, SignUpId(parts.id("id")?)).await?;
    Ok((StatusCode::CREATED, Json(show::user(&http.links, &account))))
}

async fn reject(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    accounts::reject_sign_up(&http.app, &ctx, SignUpId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list_invitations(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    Ok(paging.answer(accounts::list_invitations(&http.app, &ctx, paging.page).await?.map(show::invitation)))
}

async fn invite(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<CreateInvitationOption>,
) -> Answer<(StatusCode, Json<Invitation>)> {
    let not_a_time = || Refusal::invalid("expires_at", "must be a time such as 2026-01-31T08:15:00Z");
    let expires_at = body.expires_at.map(|t| t.timestamp().ok_or_else(not_a_time)).transpose()?;
    let made = accounts::create_invitation(&http.app, &ctx, NewInvitation { note: body.note, uses: body.uses, expires_at }).await?;
    Ok((StatusCode::CREATED, Json(Invitation { code: made.code.expose().to_owned(), ..show::invitation(made.row) })))
}

async fn withdraw(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    accounts::delete_invitation(&http.app, &ctx, InvitationId(parts.id("id")?)).await?;
    Ok(StatusCode::NO_CONTENT)
}
