//! One team: who is in it, which repositories it reaches, and what is set of it.

use hardie_api_types::account::User;
use hardie_api_types::repo::Repository;
use hardie_api_types::team::{EditTeamOption, Team};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::team_form::{Fields, TeamFields};
use super::teams::badge;
use super::use_org;
use crate::api::client::Done;
use crate::api::{Failure, Paged, teams};
use crate::load::{Again, Load, load};
use crate::nav::use_nav;
use crate::parts::avatar::Avatar;
use crate::parts::confirm::ConfirmButton;
use crate::parts::empty::Empty;
use crate::parts::field::TextField;
use crate::parts::form::{Form, Submit};
use crate::parts::icon::{Icon, Sign};
use crate::parts::repo_list;
use crate::parts::skeleton;
use crate::routes::{self, OrgView};
use crate::state::toasts::{Toasts, use_toasts};
use crate::state::use_session;
use crate::text::count;

/// The page.
#[component]
pub fn TeamPage(id: i64) -> impl IntoView {
    let org = use_org();
    let found = load(|| (), move |()| teams::get(id));
    let members = load(|| (), move |()| teams::members(id, 1));
    let repos = load(|| (), move |()| teams::repos(id, 1));
    view! {
        <p class="small"><a href=OrgView::Teams.url(&org.name())>"All teams"</a></p>
        {found.view(skeleton::block, |team| view! {
            <h2 class="wrap" dir="auto">{team.name.clone()}</h2>
            <p class="muted" dir="auto">{badge(&team)} " " {team.description.clone()}</p>
        }.into_any())}
        {found.below(move || view! {
            <h3>"Members"</h3>
            {people(id, members)}
            // Each list takes its room before what stands below it, so that nothing jumps.
            {members.below(move || view! {
                <h3>"Repositories"</h3>
                {move || found.value().map(|team| reached(&team, repos))}
                {repos.below(move || {
                    untrack(|| found.value()).filter(|_| org.is_owned()).map(|team| view! { <Edit team=team found=found/> }).into_any()
                })}
            }.into_any())}
        }.into_any())}
    }
}

/// Does it, and says so or why not.
fn act(toasts: Toasts, ask: impl Future<Output = Result<Done, Failure>> + 'static, done: &'static str, again: Again) {
    spawn_local(async move {
        match ask.await {
            Ok(_) => toasts.done(done),
            Err(failure) => toasts.failed(failure.message),
        }
        again.ask();
    });
}

fn people(id: i64, found: Load<Paged<User>>) -> AnyView {
    let org = use_org();
    view! {
        {found.view(|| skeleton::rows(2), move |people| {
            if people.items.is_empty() {
                return view! { <Empty sign=Sign::Person title="Nobody is in this team yet"/> }.into_any();
            }
            let rest = rest(people.total, people.items.len(), "member");
            let rows = people.items.into_iter().map(|user| person(id, user, found.again())).collect_view();
            view! { <ul class="box rows">{rows}</ul>{rest} }.into_any()
        })}
        {org.is_owned().then(|| found.below(move || view! {
            <Add label="Add to the team" field="User name" name="member" again=found.again()
                ask=move |name| Box::pin(async move { teams::add_member(id, &name).await })/>
        }.into_any()))}
    }
    .into_any()
}

/// Lists here show their first page.
fn rest(total: i64, shown: usize, noun: &str) -> Option<AnyView> {
    let more = total - i64::try_from(shown).unwrap_or(total);
    (more > 0).then(|| view! { <p class="muted small">{format!("And {} more, which the API lists.", count(more, noun))}</p> }.into_any())
}

fn person(id: i64, user: User, again: Again) -> AnyView {
    let org = use_org();
    let toasts = use_toasts();
    let is_me = use_session().name_now() == user.login;
    let login = user.login.clone();
    let remove = move || {
        let login = login.clone();
        act(toasts, async move { teams::remove_member(id, &login).await }, "No longer in this team.", again);
    };
    let label = if is_me { "Leave" } else { "Remove" };
    let explain = format!("{} loses what this team gives, and leaves the organisation if nothing else holds them there.", user.login);
    view! {
        <li class="item-row">
            <Avatar name=user.login.clone()/>
            <div class="item-main"><p><a href=routes::owner(&user.login)><strong>{user.login.clone()}</strong></a></p></div>
            {(is_me || org.is_owned()).then(|| view! {
                <ConfirmButton label=label title=if is_me { "Leave this team?" } else { "Remove from this team?" } quiet=true explain=explain on_confirm=remove/>
            })}
        </li>
    }
    .into_any()
}

fn reached(team: &Team, found: Load<Paged<Repository>>) -> AnyView {
    let org = use_org();
    let id = team.id;
    let all = team.includes_all_repositories || team.permission == "owner";
    if all {
        return view! { <p class="muted">"It reaches every repository of the organisation, those to come too."</p> }.into_any();
    }
    view! {
        {found.view(|| skeleton::rows(2), move |repos| {
            if repos.items.is_empty() {
                return view! { <Empty sign=Sign::Repo title="It reaches no repository yet"/> }.into_any();
            }
            let rest = rest(repos.total, repos.items.len(), "repository");
            let rows = repos.items.into_iter().map(|repo| repository(id, &repo, found.again())).collect_view();
            view! { <ul class="box rows">{rows}</ul>{rest} }.into_any()
        })}
        {org.is_owned().then(|| found.below(move || view! {
            <Add label="Let it reach" field="Repository" name="repository" again=found.again()
                ask=move |name| Box::pin(async move { teams::add_repo(id, &org.name(), &name).await })/>
        }.into_any()))}
    }
    .into_any()
}

fn repository(id: i64, repo: &Repository, again: Again) -> AnyView {
    let org = use_org();
    let toasts = use_toasts();
    let address = repo_list::address(repo);
    let name = address.name.clone();
    let remove = move || {
        let name = name.clone();
        act(toasts, async move { teams::remove_repo(id, &org.name(), &name).await }, "It reaches that repository no longer.", again);
    };
    view! {
        <li class="item-row">
            <Icon sign=if repo.private { Sign::Lock } else { Sign::Repo }/>
            <div class="item-main"><p><a href=address.url()><strong>{address.name.clone()}</strong></a></p></div>
            {org.is_owned().then(|| view! {
                <ConfirmButton label="Remove" title="Take this repository from the team?" quiet=true on_confirm=remove
                    explain=format!("Its members lose what the team gave them in {}.", address.name)/>
            })}
        </li>
    }
    .into_any()
}

type Ask = std::pin::Pin<Box<dyn Future<Output = Result<Done, Failure>>>>;

/// A name to be added to one of the lists.
#[component]
fn Add(label: &'static str, field: &'static str, name: &'static str, again: Again, ask: impl Fn(String) -> Ask + 'static) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let submit = Submit::new();
    let add = move || {
        submit.run(ask(typed.get_untracked().trim().to_owned()), move |_| {
            typed.set(String::new());
            again.ask();
        });
    };
    view! {
        <section class="card">
            <Form submit=submit on_submit=add action=label><TextField name=name label=field value=typed required=true max=100/></Form>
        </section>
    }
}

#[component]
fn Edit(team: Team, found: Load<Team>) -> impl IntoView {
    let org = use_org();
    let (nav, toasts) = (use_nav(), use_toasts());
    let id = team.id;
    let fields = Fields::new(Some(&team));
    let (submit, removal) = (Submit::new(), Submit::new());
    let save = move || {
        let options = EditTeamOption {
            name: Some(fields.name()),
            description: Some(fields.description()),
            permission: fields.permission(),
            units: None,
            units_map: fields.units(),
            includes_all_repositories: Some(fields.all.get_untracked()),
            can_create_org_repo: Some(fields.create.get_untracked()),
        };
        submit.run(async move { teams::edit(id, &options).await }, move |_| {
            toasts.done("Team saved.");
            found.retry();
        });
    };
    let remove = move || {
        removal.run(async move { teams::delete(id).await }, move |_| {
            toasts.done("Team deleted.");
            nav.go(&OrgView::Teams.url(&org.name()));
        });
    };
    if team.permission == "owner" {
        return view! { <p class="muted">"The team of owners stays as it is but for its members. One of them must remain."</p> }.into_any();
    }
    view! {
        <section class="card">
            <h3>"Settings of the team"</h3>
            <Form submit=submit on_submit=save action="Save team" fields=Fields::SHOWN><TeamFields fields=fields submit=submit/></Form>
        </section>
        <section class="danger-zone" aria-labelledby="danger">
            <h2 id="danger">"Danger zone"</h2>
            <div class="danger-row">
                <div><h3>"Delete this team"</h3><p class="muted">"What it gave is gone with it. Who was held in the organisation by it alone leaves."</p></div>
                <ConfirmButton label="Delete" title="Delete this team?" quiet=true type_to_confirm=team.name.clone() failure=removal.failure() on_confirm=remove
                    explain="Its members lose what it gave them, at once."/>
            </div>
        </section>
    }
    .into_any()
}
