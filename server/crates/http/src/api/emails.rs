//! E-mail addresses of users.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use hardie_api_types::email::{CreateEmailOption, DeleteEmailOption, Email, MailTokenOption};
use hardie_app::accounts::{add_emails, list_all_emails, list_emails, remove_emails, verify_email};
use hardie_domain::secret::Secret;

use crate::auth::{Asker, Visitor, check_sign_in};
use crate::error::Answer;
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let (tag, own) = ("user", "/user/emails");
    let all = |id, summary| Op::new(id, "admin", summary).gives_page::<Email>();
    api.get(own, Op::new("userListEmails", tag, "Lists the asker's e-mail addresses").gives_list::<Email>(), list)
        .post(
            own,
            Op::new("userAddEmail", tag, "Adds e-mail addresses and sends a mail to each")
                .takes::<CreateEmailOption>()
                .makes_list::<Email>(201),
            create,
        )
        .delete(own, Op::new("userDeleteEmail", tag, "Removes e-mail addresses").takes::<DeleteEmailOption>().gives_nothing(204), delete)
        .post(
            "/user/emails/verify",
            Op::new("userVerifyEmail", tag, "Counts an e-mail address, by what the mail to it held")
                .takes::<MailTokenOption>()
                .gives::<Email>(200),
            verify,
        )
        .get("/admin/emails", all("adminGetAllEmails", "Lists e-mail addresses of all users"), list_all)
        .get("/admin/emails/search", all("adminSearchEmails", "Finds e-mail addresses").query("q", "part of an address"), list_all)
}

async fn list(State(http): State<Http>, Asker(ctx): Asker) -> Answer<Json<Vec<Email>>> {
    Ok(Json(list_emails(&http.app, &ctx).await?.into_iter().map(show::email).collect()))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<CreateEmailOption>,
) -> Answer<(StatusCode, Json<Vec<Email>>)> {
    let added = add_emails(&http.app, &ctx, &body.emails).await?;
    Ok((StatusCode::CREATED, Json(added.into_iter().map(show::email).collect())))
}

async fn delete(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<DeleteEmailOption>,
) -> Answer<StatusCode> {
    remove_emails(&http.app, &ctx, &body.emails).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn verify(
    State(http): State<Http>,
    Visitor(ctx): Visitor,
    headers: HeaderMap,
    crate::json::Json(body): crate::json::Json<MailTokenOption>,
) -> Answer<Json<Email>> {
    check_sign_in(&headers, &http)?;
    Ok(Json(show::email(verify_email(&http.app, &ctx, &Secret::new(body.token)).await?)))
}

async fn list_all(State(http): State<Http>, Asker(ctx): Asker, query: Query, paging: Paging) -> Answer {
    let text = query.text("q")?.unwrap_or_default();
    Ok(paging.answer(list_all_emails(&http.app, &ctx, &text, paging.page).await?.map(show::email)))
}
