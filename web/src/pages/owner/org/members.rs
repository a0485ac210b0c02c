//! Who belongs to the organisation: everybody for members, for others those who say so.

use hardie_api_types::account::User;
use hardie_api_types::org::OrgMember;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::use_org;
use crate::api::identity::Standing;
use crate::api::orgs;
use crate::load::{Again, load};
use crate::nav::use_nav;
use crate::parts::avatar::Avatar;
use crate::parts::confirm::ConfirmButton;
use crate::parts::empty::Empty;
use crate::parts::field::{SelectField, TextField};
use crate::parts::form::{Form, Submit};
use crate::parts::icon::Sign;
use crate::parts::pager::{Pager, has_next};
use crate::parts::skeleton;
use crate::routes::{self, OrgView};
use crate::state::toasts::use_toasts;
use crate::state::use_session;

/// Roles as the API names them, and for people.
const ROLES: [(&str, &str); 5] =
    [("owner", "Owner"), ("admin", "Administers all"), ("write", "Writes to all"), ("read", "Reads all"), ("none", "What teams give")];

fn roles() -> Vec<(String, String)> {
    ROLES.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect()
}

/// The page.
#[component]
pub fn Members() -> impl IntoView {
    let org = use_org();
    let nav = use_nav();
    let is_inside = org.standing > Standing::Stranger;
    let found = load(
        move || nav.page_number(),
        move |page| async move {
            if is_inside {
                let found = orgs::members(&org.name(), page).await?;
                let people = found.items.into_iter().map(|member: OrgMember| (member.user, Some(member.role))).collect::<Vec<_>>();
                return Ok((page, found.total, people));
            }
            let found = orgs::public_members(&org.name(), page).await?;
            Ok((page, found.total, found.items.into_iter().map(|user| (user, None)).collect()))
        },
    );
    let again = found.again();
    view! {
        <h2>"Members"</h2>
        {(!is_inside).then(|| view! { <p class="muted">"Those who say that they belong to it."</p> })}
        {found.view(|| skeleton::rows(3), move |(page, total, people)| {
            if people.is_empty() {
                return view! { <Empty sign=Sign::Person title="Nobody says so"/> }.into_any();
            }
            let rows = people.into_iter().map(|(user, role)| row(user, role, again)).collect_view();
            let more = has_next(page, orgs::PER_PAGE, total);
            let all = OrgView::Members.url(&org.name());
            view! { <ul class="box rows">{rows}</ul><Pager page=page has_next=more link=move |page| format!("{all}?page={page}")/> }.into_any()
        })}
        {org.is_owned().then(|| found.below(move || view! { <Add again=again/> }.into_any()))}
    }
}

fn row(user: User, role: Option<String>, again: Again) -> AnyView {
    let org = use_org();
    let (nav, toasts) = (use_nav(), use_toasts());
    let login = StoredValue::new(user.login.clone());
    let is_me = use_session().name_now() == user.login;
    let change = move |role: String| {
        spawn_local(async move {
            match orgs::put_member(&org.name(), &login.get_value(), &role).await {
                Ok(_) => toasts.done("Role changed."),
                Err(failure) => toasts.failed(failure.message),
            }
            again.ask();
        });
    };
    let remove = move || {
        spawn_local(async move {
            match orgs::remove_member(&org.name(), &login.get_value()).await {
                // What the pages offer has changed with it.
                Ok(_) if is_me => nav.go(&routes::owner(&org.name())),
                Ok(_) => toasts.done("Member removed."),
                Err(failure) => toasts.failed(failure.message),
            }
            again.ask();
        });
    };
    let told = role.as_deref().and_then(|role| ROLES.iter().find(|(known, _)| *known == role)).map(|(_, label)| *label);
    let role_shown = match (role.clone(), org.is_owned()) {
        (None, _) => ().into_any(),
        (Some(role), true) => {
            let options = ROLES.map(|(value, label)| view! { <option value=value selected=value == role>{label}</option> });
            view! { <select aria-label=format!("Role of {}", user.login) on:change=move |event| change(event_target_value(&event))>{options.collect_view()}</select> }
                .into_any()
        }
        (Some(_), false) => view! { <span class="badge">{told}</span> }.into_any(),
    };
    let (label, title) = if is_me { ("Leave", "Leave this organisation?") } else { ("Remove", "Remove this member?") };
    let explain = format!("{} leaves all of its teams, and loses what they and the role gave.", user.login);
    view! {
        <li class="item-row">
            <Avatar name=user.login.clone()/>
            <div class="item-main">
                <p><a href=routes::owner(&user.login)><strong>{user.login.clone()}</strong></a></p>
                {(!user.full_name.is_empty()).then(|| view! { <p class="muted small" dir="auto">{user.full_name.clone()}</p> })}
            </div>
            {role_shown}
            {(role.is_some() && (is_me || org.is_owned())).then(|| view! { <ConfirmButton label=label title=title quiet=true explain=explain on_confirm=remove/> })}
        </li>
    }
    .into_any()
}

#[component]
fn Add(again: Again) -> impl IntoView {
    let org = use_org();
    let toasts = use_toasts();
    let username = RwSignal::new(String::new());
    let role = RwSignal::new("read".to_owned());
    let submit = Submit::new();
    let add = move || {
        let (org, name, role) = (org.name(), username.get_untracked().trim().to_owned(), role.get_untracked());
        submit.run(async move { orgs::put_member(&org, &name, &role).await }, move |_| {
            username.set(String::new());
            toasts.done("Member added.");
            again.ask();
        });
    };
    view! {
        <section class="card">
            <h3>"Add a member"</h3>
            <Form submit=submit on_submit=add action="Add member" fields=&["username"]>
                <TextField name="username" label="User name" value=username required=true max=40 failure=submit.failure()/>
                <SelectField name="role" label="Role" value=role options=roles() hint="What the member may do in all repositories. Teams and repositories can give more."/>
            </Form>
        </section>
    }
}
