//! The plugins of all repositories of a user or an organisation.

use leptos::prelude::*;

use crate::api::identity;
use crate::load::load;
use crate::nav::use_nav;
use crate::pages::plugins::PluginPages;
use crate::parts::empty::Empty;
use crate::parts::icon::Sign;
use crate::parts::skeleton;
use crate::routes::{self, PluginPlace, PluginView};
use crate::state::{title, use_session};

/// The pages at `/{owner}/-/plugins…`.
#[component]
pub fn OwnerPluginsPage(name: String, one: Option<(i64, PluginView)>) -> impl IntoView {
    title::set(format!("Plugins · {name}"));
    let session = use_session();
    let reader = session.name_now();
    if reader.is_empty() {
        use_nav().replace(&routes::login(&use_nav().here()));
        return ().into_any();
    }
    let owner = name.clone();
    let found = load(
        || (),
        move |()| {
            let (owner, reader, is_admin) = (owner.clone(), reader.clone(), session.is_admin_now());
            async move {
                let account = identity::account(&owner).await?;
                let may = is_admin || identity::may_own_under(&account, &reader).await?;
                Ok(may.then_some(account.login))
            }
        },
    );
    view! {
        <div class="page">
            <h1><a href=routes::owner(&name) dir="auto">{name.clone()}</a></h1>
            {found.view(|| skeleton::rows(2), move |owner| match owner {
                Some(owner) => view! { <div class="settings-body"><PluginPages place=PluginPlace::Owner(owner) shown=one/></div> }.into_any(),
                None => view! { <Empty sign=Sign::Lock title=format!("This is for owners of {name}")/> }.into_any(),
            })}
        </div>
    }
    .into_any()
}
