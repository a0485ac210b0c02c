//! The pages below an organisation's first one. That of plugins is a user's, too.

mod members;
mod settings;
mod team;
mod team_form;
mod teams;

use leptos::prelude::*;

use super::head::{head, offers};
use crate::api::identity::{self, Standing};
use crate::lazy;
use crate::load::load;
use crate::nav::use_nav;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::skeleton;
use crate::routes::{self, OrgView, PluginPlace};
use crate::state::{title, use_session};

/// The organisation of these pages.
#[derive(Clone, Copy)]
struct Org {
    name: StoredValue<String>,
    /// The reader's; who administers the server is as an owner.
    standing: Standing,
}

impl Org {
    fn name(&self) -> String {
        self.name.get_value()
    }

    fn is_owned(&self) -> bool {
        self.standing == Standing::Owner
    }
}

fn use_org() -> Org {
    expect_context()
}

/// The pages at `/{org}/-/…`.
#[component]
pub fn OrgPage(name: String, shown: OrgView) -> impl IntoView {
    let label = OrgView::TABS.into_iter().find(|(_, tab)| shown.is_of(*tab)).map_or("", |(label, _)| label);
    title::set(format!("{label} · {name}"));
    let session = use_session();
    let reader = session.name_now();
    if reader.is_empty() && shown.is_for_members() {
        use_nav().replace(&routes::login(&use_nav().here()));
        return ().into_any();
    }
    let asked = name.clone();
    let found = load(
        || (),
        move |()| {
            let (name, reader, is_admin) = (asked.clone(), reader.clone(), session.is_admin_now());
            async move {
                let account = identity::account(&name).await?;
                let standing = if is_admin { Standing::Owner } else { identity::standing(&account, &reader).await? };
                Ok((account, standing))
            }
        },
    );
    let heading = name.clone();
    view! {
        <div class="page">
            {move || found.value().is_none().then(|| view! { <h1 class="offscreen">{heading.clone()}</h1> })}
            {found.view(|| skeleton::rows(2), move |(account, standing)| {
                let known = account.kind == "organization" || matches!(shown, OrgView::Plugins(_));
                let body = match (known, offers(standing, shown)) {
                    (false, _) => view! { <Empty sign=Sign::Person title=format!("{} is not an organisation", account.login)/> }.into_any(),
                    (_, false) => view! { <Empty sign=Sign::Lock title=format!("This is for {} of {}", if shown.is_for_owners() { "owners" } else { "members" }, account.login)/> }.into_any(),
                    _ => body(account.login.clone(), standing, shown),
                };
                view! { {head(&account, Some(shown), Signal::stored(standing))} <div class="settings-body">{body}</div> }.into_any()
            })}
        </div>
    }
    .into_any()
}

fn body(name: String, standing: Standing, shown: OrgView) -> AnyView {
    provide_context(Org { name: StoredValue::new(name.clone()), standing });
    match shown {
        OrgView::Plugins(one) => lazy::plugins(PluginPlace::Owner(name), one),
        OrgView::Hooks(view) => lazy::hooks(PluginPlace::Owner(name), view),
        shown => lazy::organisation(shown),
    }
}

/// What a page shows. Plugins and webhooks have a part of their own.
pub fn tab_page(shown: OrgView) -> AnyView {
    match shown {
        OrgView::Members => view! { <members::Members/> }.into_any(),
        OrgView::Teams => view! { <teams::Teams/> }.into_any(),
        OrgView::Team(id) => view! { <team::TeamPage id=id/> }.into_any(),
        OrgView::Settings => view! { <settings::Settings/> }.into_any(),
        OrgView::Plugins(_) | OrgView::Hooks(_) => ().into_any(),
    }
}

/// Who sees an organisation: as the API names it, and for people.
pub fn visibilities() -> Vec<(String, String)> {
    [("public", "Everybody"), ("limited", "Whoever has signed in"), ("private", "Its members alone")]
        .map(|(value, label)| (value.to_owned(), label.to_owned()))
        .into()
}
