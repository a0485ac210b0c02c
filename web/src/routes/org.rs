//! Addresses below an organisation's page.

use super::{HookView, PluginView};

/// A page of an organisation beside its first one, which is that of any owner. No repository is called `-`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrgView {
    /// Who belongs to it.
    Members,
    /// Its teams.
    Teams,
    /// One of these, by its id.
    Team(i64),
    /// The plugins of all its repositories (a user has these, too); of these perhaps one.
    Plugins(Option<(i64, PluginView)>),
    /// The webhooks of all its repositories.
    Hooks(HookView),
    /// Its name for people, who sees it, its end.
    Settings,
}

impl OrgView {
    /// In the order of the tabs, with what each is called.
    pub const TABS: [(&str, OrgView); 5] = [
        ("Members", OrgView::Members),
        ("Teams", OrgView::Teams),
        ("Plugins", OrgView::Plugins(None)),
        ("Webhooks", OrgView::Hooks(HookView::All)),
        ("Settings", OrgView::Settings),
    ];

    /// Reads what follows `-`.
    pub fn parse(rest: &[&str]) -> Option<OrgView> {
        match rest {
            ["members"] => Some(OrgView::Members),
            ["teams"] => Some(OrgView::Teams),
            ["teams", id] => Some(OrgView::Team(id.parse().ok()?)),
            ["plugins"] => Some(OrgView::Plugins(None)),
            ["plugins", rest @ ..] => PluginView::parse(rest).map(|one| OrgView::Plugins(Some(one))),
            ["hooks", rest @ ..] => HookView::parse(rest).map(OrgView::Hooks),
            ["settings"] => Some(OrgView::Settings),
            _ => None,
        }
    }

    /// The address of the page; pages of one plugin or webhook have theirs from `PluginPlace`.
    pub fn url(self, org: &str) -> String {
        let rest = match self {
            OrgView::Members => "members".to_owned(),
            OrgView::Teams => "teams".to_owned(),
            OrgView::Team(id) => format!("teams/{id}"),
            OrgView::Plugins(_) => "plugins".to_owned(),
            OrgView::Hooks(_) => "hooks".to_owned(),
            OrgView::Settings => "settings".to_owned(),
        };
        format!("{}/-/{rest}", super::owner(org))
    }

    /// Whether it is a page of the same tab.
    pub fn is_of(self, tab: OrgView) -> bool {
        match tab {
            OrgView::Teams => matches!(self, OrgView::Teams | OrgView::Team(_)),
            OrgView::Plugins(_) => matches!(self, OrgView::Plugins(_)),
            OrgView::Hooks(_) => matches!(self, OrgView::Hooks(_)),
            tab => self == tab,
        }
    }

    /// Whether it is for owners alone.
    pub fn is_for_owners(self) -> bool {
        matches!(self, OrgView::Plugins(_) | OrgView::Hooks(_) | OrgView::Settings)
    }

    /// Whether it is for members alone.
    pub fn is_for_members(self) -> bool {
        matches!(self, OrgView::Teams | OrgView::Team(_)) || self.is_for_owners()
    }
}

#[cfg(test)]
mod tests {
    use super::OrgView;
    use crate::routes::{self, Page};

    #[test]
    fn each_page_of_an_organisation_is_read_back_from_its_address() {
        let tabs = OrgView::TABS.into_iter().map(|(_, view)| view);
        for view in tabs.chain([OrgView::Team(7)]) {
            assert_eq!(routes::parse(&view.url("smiths")), Page::Org("smiths".into(), view));
        }
        for wrong in ["", "/nonsense", "/teams/x", "/teams/7/8", "/members/ann"] {
            assert_eq!(routes::parse(&format!("/smiths/-{wrong}")), Page::NotFound, "{wrong}");
        }
        assert!(OrgView::Team(7).is_of(OrgView::Teams) && !OrgView::Members.is_of(OrgView::Teams));
    }
}
