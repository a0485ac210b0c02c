//! Pages that few readers open are not part of what everybody loads. They lie in parts of the bundle, which are loaded when a page of
//! theirs is opened: `cargo xtask build` divides it (`--cfg split`). Trunk alone builds it whole, and nothing is loaded later.
//!
//! What a function of these needs, and nothing else does, lies in its part. So pages of parts are named here and in each other, and
//! nowhere else.

use std::pin::Pin;
use std::sync::Arc;

use leptos::prelude::*;

use crate::api::Failure;
use crate::load::load;
use crate::pages;
use crate::parts::skeleton;
use crate::routes::{HookView, OrgView, PluginPlace, PluginView, RepoTab, UserTab};

/// Draws a page. It lies in a part that is loaded by then.
type Draw = Arc<dyn Fn() -> AnyView + Send + Sync>;

/// Declares a function of a part: asked for, it loads the part if it is not there, and gives back what draws the page.
macro_rules! lazy {
    ($(#[$doc:meta])* $part:ident, $name:ident($($argument:ident: $type:ty),*) $page:expr) => {
        $(#[$doc])*
        pub fn $name($($argument: $type),*) -> AnyView {
            #[cfg_attr(split, leptos::wasm_split::wasm_split($part, wasm_split_path = ::leptos::wasm_split, fallible))]
            fn $name($($argument: $type),*) -> Result<Draw, Unloaded> {
                Ok(Arc::new(move || {
                    $(let $argument = $argument.clone();)*
                    $page
                }))
            }
            shown(Box::new(move || {
                $(let $argument = $argument.clone();)*
                drawing!($name($($argument),*))
            }))
        }
    };
}

/// What the splitter makes of a function is asynchronous; without it, it is not.
#[cfg(split)]
macro_rules! drawing {
    ($asked:expr) => {
        Box::pin($asked)
    };
}
#[cfg(not(split))]
macro_rules! drawing {
    ($asked:expr) => {
        Box::pin(std::future::ready($asked))
    };
}

/// Why a part is not there: the network, or a server that has newer ones.
type Unloaded = leptos::wasm_split::SplitLoaderError;

type Asked = Pin<Box<dyn Future<Output = Result<Draw, Unloaded>>>>;

fn shown(ask: Box<dyn Fn() -> Asked>) -> AnyView {
    let part = load(
        || (),
        move |()| {
            let asked = ask();
            async move { asked.await.map_err(|_| Failure::unloaded()) }
        },
    );
    part.view(skeleton::block, |draw| draw())
}

lazy!(
    /// A tab of the reader's settings.
    settings, account(tab: UserTab) pages::user_settings::tab_page(tab)
);
lazy!(
    /// A tab of a repository's settings.
    settings, repository(tab: RepoTab) pages::repo::settings::tab_page(tab)
);
lazy!(
    /// Whose signatures under plugins count.
    settings, publishers() view! { <pages::admin::publishers::Publishers/> }.into_any()
);
lazy!(
    /// Making a repository.
    settings, new_repository() view! { <pages::new_repo::NewRepoPage/> }.into_any()
);
lazy!(
    /// All plugins of a place, or a page of one.
    plugins, plugins(place: PluginPlace, one: Option<(i64, PluginView)>) view! { <pages::plugins::PluginPages place=place shown=one/> }.into_any()
);
lazy!(
    /// All webhooks of a place, or a page of one.
    hooks, hooks(place: PluginPlace, view: HookView) view! { <pages::hooks::HookPages place=place shown=view/> }.into_any()
);
lazy!(
    /// Members, teams or settings of an organisation.
    orgs, organisation(view: OrgView) pages::owner::org::tab_page(view)
);
lazy!(
    /// Making an organisation.
    orgs, new_organisation() view! { <pages::new_org::NewOrgPage/> }.into_any()
);
lazy!(
    /// All releases of a repository, or that of one tag.
    releases, releases(tag: Option<String>) view! { <pages::repo::releases::ReleasesPage tag=tag/> }.into_any()
);
