//! What only administrators of the server do with users.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::account::{CreateUserOption, EditUserOption, User};
use hardie_app::accounts::{AdminChange, NewUser, admin_edit_user, create_user, list_users};
use hardie_domain::secret::Secret;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "admin";
    api.get("/admin/users", Op::new("adminGetAllUsers", tag, "Lists users").gives_page::<User>(), list)
        .post("/admin/users", Op::new("adminCreateUser", tag, "Makes a user").takes::<CreateUserOption>().gives::<User>(201), create)
        .patch(
            "/admin/users/{username}",
            Op::new("adminEditUser", tag, "Changes, disables or enables a user").takes::<EditUserOption>().gives::<User>(200),
            edit,
        )
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    let users = list_users(&http.app, &ctx, paging.page).await?;
    Ok(paging.answer(users.map(|account| show::user(&http.links, &account))))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<CreateUserOption>,
) -> Answer<(StatusCode, Json<User>)> {
    refuse_password_change(body.must_change_password)?;
    let password = Some(body.password).filter(|p| !p.is_empty()).map(Secret::new);
    let new = NewUser { name: body.username, email: body.email, full_name: body.full_name, password, is_admin: body.admin };
    let account = create_user(&http.app, &ctx, new).await?;
    Ok((StatusCode::CREATED, Json(show::user(&http.links, &account))))
}

async fn edit(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<EditUserOption>,
) -> Answer<Json<User>> {
    refuse_password_change(body.must_change_password.unwrap_or(false))?;
    let disabled = body.active.map(|active| !active);
    if let (Some(disabled), Some(prohibited)) = (disabled, body.prohibit_login)
        && disabled != prohibited
    {
        return Err(Refusal::invalid("prohibit_login", "is the reverse of active; the two disagree"));
    }
    let change = AdminChange {
        full_name: body.full_name,
        email: body.email,
        password: body.password.filter(|p| !p.is_empty()).map(Secret::new),
        is_admin: body.admin,
        disabled: disabled.or(body.prohibit_login),
    };
    let account = admin_edit_user(&http.app, &ctx, &parts.text("username")?, change).await?;
    Ok(Json(show::user(&http.links, &account)))
}

/// An administrator who asks for it must not believe that a password known to two people will not last.
fn refuse_password_change(asked: bool) -> Answer<()> {
    match asked {
        true => Err(Refusal::invalid("must_change_password", "passwords that must be changed at the next sign-in are not there yet")),
        false => Ok(()),
    }
}
