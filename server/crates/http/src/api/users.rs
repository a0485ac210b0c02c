//! Users: oneself, others, and one's own settings.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hardie_api_types::account::{ChangePasswordOption, User, UserSearchResults, UserSettings, UserSettingsOptions};
use hardie_app::accounts::{Account, ProfileChange, edit_profile, get_account, me, search_users};
use hardie_app::identity::change_password;
use hardie_domain::secret::Secret;

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::query::Query;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "user";
    let settings = "/user/settings";
    api.get("/user", Op::new("userGetCurrent", tag, "Shows who asks").gives::<User>(200), get_own)
        .get(settings, Op::new("getUserSettings", tag, "Shows the asker's settings").gives::<UserSettings>(200), get_settings)
        .patch(
            settings,
            Op::new("updateUserSettings", tag, "Changes the asker's settings").takes::<UserSettingsOptions>().gives::<UserSettings>(200),
            edit_settings,
        )
        .post(
            "/user/password",
            Op::new("changePassword", tag, "Changes the asker's password and ends their sessions")
                .takes::<ChangePasswordOption>()
                .gives_nothing(204),
            set_password,
        )
        .get(
            "/users/search",
            Op::new("userSearch", tag, "Finds users by name").query("q", "part of a name").gives::<UserSearchResults>(200),
            search,
        )
        .get("/users/{username}", Op::new("userGet", tag, "Shows a user or an organisation").gives::<User>(200), get)
}

async fn get_own(State(http): State<Http>, Asker(ctx): Asker) -> Answer<Json<User>> {
    Ok(Json(show::user(&http.links, &me(&http.app, &ctx).await?)))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<User>> {
    Ok(Json(show::user(&http.links, &get_account(&http.app, &ctx, &parts.text("username")?).await?)))
}

async fn get_settings(State(http): State<Http>, Asker(ctx): Asker) -> Answer<Json<UserSettings>> {
    Ok(Json(settings_of(me(&http.app, &ctx).await?)))
}

async fn edit_settings(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<UserSettingsOptions>,
) -> Answer<Json<UserSettings>> {
    if body.hide_email == Some(false) {
        return Err(Refusal::invalid("hide_email", "cannot be false: addresses are shown to their owners and to administrators alone"));
    }
    let change = ProfileChange {
        full_name: body.full_name,
        email: body.email,
        description: body.description,
        current_password: body.current_password.map(Secret::new),
        code: body.code.map(Secret::new),
    };
    Ok(Json(settings_of(edit_profile(&http.app, &ctx, change).await?)))
}

fn settings_of(account: Account) -> UserSettings {
    UserSettings { full_name: account.full_name, email: account.email, description: account.description, hide_email: true }
}

async fn set_password(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<ChangePasswordOption>,
) -> Answer<StatusCode> {
    let (old, new, code) = (Secret::new(body.current_password), Secret::new(body.new_password), Secret::new(body.code));
    change_password(&http.app, &ctx, &old, &new, Some(&code)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn search(State(http): State<Http>, Asker(ctx): Asker, query: Query, paging: Paging) -> Answer<Response> {
    let text = query.text("q")?.unwrap_or_default();
    let found = search_users(&http.app, &ctx, &text, paging.page).await?;
    let headers = paging.headers(found.total);
    let data = found.items.iter().map(|account| show::user(&http.links, account)).collect();
    Ok((headers, Json(UserSearchResults { ok: true, data })).into_response())
}
