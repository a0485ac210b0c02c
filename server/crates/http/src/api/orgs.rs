//! Organisations and their members.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use hardie_api_types::org::{CreateOrgOption, EditOrgOption, OrgMember, OrgMemberOption, Organization, OrganizationPermissions};
use hardie_app::accounts::{
    NewOrg, OrgRole, ProfileChange, create_org, delete_org, edit_org, find_member, get_org, list_members, list_orgs, list_orgs_of,
    org_powers, remove_member, set_member,
};
use hardie_domain::access::{OwnerVisibility, Role};

use crate::auth::Asker;
use crate::error::{Answer, Refusal};
use crate::openapi::{Api, Op};
use crate::paging::Paging;
use crate::path::PathParts;
use crate::show;
use crate::state::Http;

/// Adds this file's addresses.
pub fn add(api: Api) -> Api {
    let tag = "organization";
    let member = "/orgs/{org}/members/{username}";
    api.get("/orgs", Op::new("orgGetAll", tag, "Lists organisations").gives_page::<Organization>(), list)
        .post("/orgs", Op::new("orgCreate", tag, "Makes an organisation").takes::<CreateOrgOption>().gives::<Organization>(201), create)
        .get("/orgs/{org}", Op::new("orgGet", tag, "Shows an organisation").gives::<Organization>(200), get)
        .patch("/orgs/{org}", Op::new("orgEdit", tag, "Changes an organisation").takes::<EditOrgOption>().gives::<Organization>(200), edit)
        .delete("/orgs/{org}", Op::new("orgDelete", tag, "Deletes an organisation that has no repositories").gives_nothing(204), delete)
        .get("/orgs/{org}/members", Op::new("orgListMembers", tag, "Lists members").gives_page::<OrgMember>(), members)
        .get(member, Op::new("orgIsMember", tag, "204 if the user is a member, 404 if not").gives_nothing(204), is_member)
        .put(
            member,
            Op::new("orgSetMember", tag, "Adds a member or changes a role").takes::<OrgMemberOption>().gives_nothing(204),
            put_member,
        )
        .delete(member, Op::new("orgDeleteMember", tag, "Removes a member").gives_nothing(204), delete_member)
        .get("/user/orgs", Op::new("orgListCurrentUserOrgs", tag, "Lists the asker's organisations").gives_page::<Organization>(), list_own)
        .get(
            "/users/{username}/orgs",
            Op::new("orgListUserOrgs", tag, "Lists a user's organisations").gives_page::<Organization>(),
            list_of,
        )
        .get(
            "/users/{username}/orgs/{org}/permissions",
            Op::new("orgGetUserPermissions", tag, "Says what a user may do in an organisation").gives::<OrganizationPermissions>(200),
            permissions,
        )
}

async fn list(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    let orgs = list_orgs(&http.app, &ctx, paging.page).await?;
    Ok(paging.answer(orgs.map(|account| show::organization(&http.links, &account))))
}

async fn list_own(State(http): State<Http>, Asker(ctx): Asker, paging: Paging) -> Answer {
    let name = ctx.require_actor()?.name.to_string();
    let orgs = list_orgs_of(&http.app, &ctx, &name, paging.page).await?;
    Ok(paging.answer(orgs.map(|account| show::organization(&http.links, &account))))
}

async fn list_of(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let orgs = list_orgs_of(&http.app, &ctx, &parts.text("username")?, paging.page).await?;
    Ok(paging.answer(orgs.map(|account| show::organization(&http.links, &account))))
}

async fn create(
    State(http): State<Http>,
    Asker(ctx): Asker,
    crate::json::Json(body): crate::json::Json<CreateOrgOption>,
) -> Answer<(StatusCode, Json<Organization>)> {
    let visibility = visibility(body.visibility.as_deref())?;
    let new = NewOrg { name: body.username, full_name: body.full_name, description: body.description, visibility };
    let account = create_org(&http.app, &ctx, new).await?;
    Ok((StatusCode::CREATED, Json(show::organization(&http.links, &account))))
}

async fn get(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<Organization>> {
    Ok(Json(show::organization(&http.links, &get_org(&http.app, &ctx, &parts.text("org")?).await?)))
}

async fn edit(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<EditOrgOption>,
) -> Answer<Json<Organization>> {
    let change = ProfileChange { full_name: body.full_name, description: body.description, ..ProfileChange::default() };
    let visibility = visibility(body.visibility.as_deref())?;
    Ok(Json(show::organization(&http.links, &edit_org(&http.app, &ctx, &parts.text("org")?, change, visibility).await?)))
}

async fn delete(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    delete_org(&http.app, &ctx, &parts.text("org")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// As clients write it; absent and empty leave it as it is.
fn visibility(word: Option<&str>) -> Answer<Option<OwnerVisibility>> {
    let Some(word) = word.filter(|word| !word.is_empty()) else { return Ok(None) };
    let known = OwnerVisibility::parse(word);
    known.map(Some).ok_or_else(|| Refusal::invalid("visibility", "must be public, limited or private"))
}

async fn members(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts, paging: Paging) -> Answer {
    let members = list_members(&http.app, &ctx, &parts.text("org")?, paging.page).await?;
    Ok(paging.answer(members.map(|member| show::member(&http.links, &member))))
}

async fn is_member(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    match find_member(&http.app, &ctx, &parts.text("org")?, &parts.text("username")?).await? {
        Some(_) => Ok(StatusCode::NO_CONTENT),
        None => Err(Refusal::not_found("member")),
    }
}

async fn put_member(
    State(http): State<Http>,
    Asker(ctx): Asker,
    parts: PathParts,
    crate::json::Json(body): crate::json::Json<OrgMemberOption>,
) -> Answer<StatusCode> {
    let role = OrgRole::parse(body.role.as_deref().unwrap_or("read"));
    let role = role.ok_or_else(|| Refusal::invalid("role", "must be owner, admin, write, read or none"))?;
    set_member(&http.app, &ctx, &parts.text("org")?, &parts.text("username")?, role).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn delete_member(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<StatusCode> {
    remove_member(&http.app, &ctx, &parts.text("org")?, &parts.text("username")?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn permissions(State(http): State<Http>, Asker(ctx): Asker, parts: PathParts) -> Answer<Json<OrganizationPermissions>> {
    let powers = org_powers(&http.app, &ctx, &parts.text("org")?, &parts.text("username")?).await?;
    Ok(Json(OrganizationPermissions {
        can_create_repository: powers.can_create,
        can_read: powers.role >= Some(Role::Read),
        can_write: powers.role >= Some(Role::Write),
        is_admin: powers.role >= Some(Role::Admin),
        is_owner: powers.is_owner,
    }))
}
