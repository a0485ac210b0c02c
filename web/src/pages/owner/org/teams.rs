//! The teams of an organisation, and a form for another.

use hardie_api_types::team::{CreateTeamOption, Team};
use leptos::prelude::*;

use super::team_form::{Fields, TeamFields};
use super::use_org;
use crate::api::teams;
use crate::load::load;
use crate::nav::use_nav;
use crate::parts::form::{Form, Submit};
use crate::parts::icon::{Icon, Sign};
use crate::parts::pager::{Pager, has_next};
use crate::parts::skeleton;
use crate::routes::OrgView;
use crate::state::toasts::use_toasts;

/// The page. There is always a team, that of the owners.
#[component]
pub fn Teams() -> impl IntoView {
    let org = use_org();
    let nav = use_nav();
    let found = load(move || nav.page_number(), move |page| async move { teams::all(&org.name(), page).await.map(|found| (page, found)) });
    view! {
        <h2>"Teams"</h2>
        <p class="muted">"A team gives its members rights in the repositories that it reaches."</p>
        {found.view(|| skeleton::rows(3), move |(page, found)| {
            let more = has_next(page, teams::PER_PAGE, found.total);
            let rows = found.items.into_iter().map(|team| row(&team, &org.name())).collect_view();
            let all = OrgView::Teams.url(&org.name());
            view! { <ul class="box rows">{rows}</ul><Pager page=page has_next=more link=move |page| format!("{all}?page={page}")/> }.into_any()
        })}
        {org.is_owned().then(|| found.below(move || view! { <Add/> }.into_any()))}
    }
}

fn row(team: &Team, org: &str) -> AnyView {
    let about = team.description.clone();
    view! {
        <li class="item-row">
            <Icon sign=Sign::Person/>
            <div class="item-main">
                <p><a href=OrgView::Team(team.id).url(org)><strong dir="auto">{team.name.clone()}</strong></a> " " {badge(team)}</p>
                {(!about.is_empty()).then(|| view! { <p class="muted small" dir="auto">{about}</p> })}
            </div>
        </li>
    }
    .into_any()
}

/// What it gives, for people.
pub fn badge(team: &Team) -> AnyView {
    let mut levels = team.units_map.values();
    let first = levels.next();
    let is_one = levels.all(|level| Some(level) == first);
    let word = match team.permission.as_str() {
        "owner" => "Owns the organisation",
        "admin" => "Administers",
        "write" if is_one => "Writes",
        "read" if is_one => "Reads",
        "none" if is_one => "Gives nothing",
        _ => "A level for each unit",
    };
    view! { <span class="badge">{word}</span> }.into_any()
}

#[component]
fn Add() -> impl IntoView {
    let org = use_org();
    let (nav, toasts) = (use_nav(), use_toasts());
    let fields = Fields::new(None);
    let submit = Submit::new();
    let add = move || {
        let options = CreateTeamOption {
            name: fields.name(),
            description: Some(fields.description()),
            permission: fields.permission(),
            units: None,
            units_map: fields.units(),
            includes_all_repositories: fields.all.get_untracked(),
            can_create_org_repo: fields.create.get_untracked(),
        };
        submit.run(async move { teams::create(&org.name(), &options).await }, move |made| {
            toasts.done("Team made.");
            nav.go(&OrgView::Team(made.id).url(&org.name()));
        });
    };
    view! {
        <section class="card">
            <h3>"New team"</h3>
            <Form submit=submit on_submit=add action="Make team" fields=Fields::SHOWN><TeamFields fields=fields submit=submit/></Form>
        </section>
    }
}
