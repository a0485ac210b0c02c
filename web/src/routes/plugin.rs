//! Addresses of plugins: the same below a repository's settings, below an owner's page and below the administration of the server.

use super::RepoAddress;

/// Where plugins are installed, and webhooks made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PluginPlace {
    /// In one repository.
    Repo(RepoAddress),
    /// For all repositories of a user or an organisation.
    Owner(String),
    /// For the whole site.
    Site,
}

/// A page of one installed plugin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PluginView {
    /// What it is and may do.
    Overview,
    /// What it was told of events.
    Deliveries,
    /// One of these, by its id.
    Delivery(i64),
    /// Its secrets, and the hosts that it may send to.
    Secrets,
    /// What it logged.
    Log,
}

impl PluginView {
    /// Reads what follows `plugins/`.
    pub fn parse(rest: &[&str]) -> Option<(i64, PluginView)> {
        let (id, rest) = rest.split_first()?;
        let view = match rest {
            [] => PluginView::Overview,
            ["deliveries"] => PluginView::Deliveries,
            ["deliveries", id] => PluginView::Delivery(id.parse().ok()?),
            ["secrets"] => PluginView::Secrets,
            ["log"] => PluginView::Log,
            _ => return None,
        };
        Some((id.parse().ok()?, view))
    }
}

impl PluginPlace {
    /// All plugins of this place.
    pub fn all(&self) -> String {
        match self {
            PluginPlace::Repo(address) => address.settings(super::RepoTab::Plugins),
            PluginPlace::Owner(name) => super::OrgView::Plugins(None).url(name),
            PluginPlace::Site => super::AdminTab::Plugins.url(),
        }
    }

    /// A page of one of them.
    pub fn one(&self, id: i64, view: PluginView) -> String {
        let rest = match view {
            PluginView::Overview => String::new(),
            PluginView::Deliveries => "/deliveries".to_owned(),
            PluginView::Delivery(delivery) => format!("/deliveries/{delivery}"),
            PluginView::Secrets => "/secrets".to_owned(),
            PluginView::Log => "/log".to_owned(),
        };
        format!("{}/{id}{rest}", self.all())
    }
}

#[cfg(test)]
mod tests {
    use super::{PluginPlace, PluginView};
    use crate::routes::{self, AdminView, OrgView, Page, RepoAddress, RepoView};

    #[test]
    fn each_page_of_a_plugin_is_read_back_from_its_address() {
        let repo = RepoAddress { owner: "ann".into(), name: "tool".into() };
        for view in [PluginView::Overview, PluginView::Deliveries, PluginView::Delivery(12), PluginView::Secrets, PluginView::Log] {
            let url = PluginPlace::Repo(repo.clone()).one(7, view);
            assert_eq!(routes::parse(&url), Page::Repo(repo.clone(), RepoView::Plugin(7, view)), "{url}");
            let url = PluginPlace::Owner("smiths".into()).one(7, view);
            assert_eq!(routes::parse(&url), Page::Org("smiths".into(), OrgView::Plugins(Some((7, view)))), "{url}");
            let url = PluginPlace::Site.one(7, view);
            assert_eq!(routes::parse(&url), Page::Admin(AdminView::Plugins(Some((7, view)))), "{url}");
        }
        for wrong in ["/x", "/7/nothing", "/7/deliveries/x", "/7/deliveries/1/2", "/99999999999999999999"] {
            for base in ["/admin/plugins", "/smiths/-/plugins"] {
                assert_eq!(routes::parse(&format!("{base}{wrong}")), Page::NotFound, "{base}{wrong}");
            }
            let Page::Repo(_, view) = routes::parse(&format!("/ann/tool/settings/plugins{wrong}")) else { panic!("{wrong}") };
            assert_eq!(view, RepoView::NotFound, "{wrong}");
        }
    }
}
