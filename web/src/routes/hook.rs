//! Addresses of webhooks: the same below a repository's settings, below an organisation and below the administration of the server.

use super::PluginPlace;

/// A page of webhooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HookView {
    /// All of a place.
    All,
    /// One, with what was sent to it.
    One(i64),
    /// Something that was sent to it.
    Delivery(i64, i64),
}

impl HookView {
    /// Reads what follows `hooks`.
    pub fn parse(rest: &[&str]) -> Option<HookView> {
        match rest {
            [] => Some(HookView::All),
            [id] => Some(HookView::One(id.parse().ok()?)),
            [id, "deliveries", delivery] => Some(HookView::Delivery(id.parse().ok()?, delivery.parse().ok()?)),
            _ => None,
        }
    }
}

impl PluginPlace {
    /// A page of the webhooks of this place.
    pub fn hooks(&self, view: HookView) -> String {
        let all = match self {
            PluginPlace::Repo(address) => address.settings(super::RepoTab::Hooks),
            PluginPlace::Owner(name) => super::OrgView::Hooks(HookView::All).url(name),
            PluginPlace::Site => super::AdminTab::Hooks.url(),
        };
        match view {
            HookView::All => all,
            HookView::One(id) => format!("{all}/{id}"),
            HookView::Delivery(id, delivery) => format!("{all}/{id}/deliveries/{delivery}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{HookView, PluginPlace};
    use crate::routes::{self, AdminView, OrgView, Page, RepoAddress, RepoView};

    #[test]
    fn each_page_of_webhooks_is_read_back_from_its_address() {
        let repo = RepoAddress { owner: "ann".into(), name: "tool".into() };
        for view in [HookView::All, HookView::One(7), HookView::Delivery(7, 12)] {
            let url = PluginPlace::Repo(repo.clone()).hooks(view);
            assert_eq!(routes::parse(&url), Page::Repo(repo.clone(), RepoView::Hooks(view)), "{url}");
            let url = PluginPlace::Owner("smiths".into()).hooks(view);
            assert_eq!(routes::parse(&url), Page::Org("smiths".into(), OrgView::Hooks(view)), "{url}");
            let url = PluginPlace::Site.hooks(view);
            assert_eq!(routes::parse(&url), Page::Admin(AdminView::Hooks(view)), "{url}");
        }
        for wrong in ["/x", "/7/nothing", "/7/deliveries", "/7/deliveries/x", "/7/deliveries/1/2", "/99999999999999999999"] {
            for base in ["/admin/hooks", "/smiths/-/hooks"] {
                assert_eq!(routes::parse(&format!("{base}{wrong}")), Page::NotFound, "{base}{wrong}");
            }
        }
    }
}
