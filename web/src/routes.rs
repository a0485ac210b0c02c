//! The address book of pages: which address shows what, and how to link to it. The inverse functions stand side by side.

pub mod hook;
pub mod org;
pub mod plugin;
pub mod repo;

use crate::text::{encode_segment, percent_decode};
pub use hook::HookView;
pub use org::OrgView;
pub use plugin::{PluginPlace, PluginView};
pub use repo::{At, RefKind, RepoAddress, RepoTab, RepoView};

/// What an address shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// The reader's own repositories, or an introduction.
    Home,
    /// Public repositories, searchable by `?q=`.
    Explore,
    /// Sign in; `?redirect_to=` says where to go after.
    Login,
    /// Create a repository.
    NewRepo,
    /// Create an organisation.
    NewOrg,
    /// The reader's settings.
    UserSettings(UserTab),
    /// The administration of the server.
    Admin(AdminView),
    /// A user's or an organisation's page.
    Owner(String),
    /// A page below that of an organisation; that of plugins is a user's too.
    Org(String, OrgView),
    /// A repository.
    Repo(RepoAddress, RepoView),
    /// Nothing of ours.
    NotFound,
}

/// A page of the reader's settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserTab {
    /// Name, e-mail, a line about oneself.
    Profile,
    /// SSH keys.
    Keys,
    /// Access tokens.
    Tokens,
    /// Browsers that are signed in.
    Sessions,
    /// Password.
    Security,
}

impl UserTab {
    /// In the order of the menu.
    pub const ALL: [UserTab; 5] = [UserTab::Profile, UserTab::Keys, UserTab::Tokens, UserTab::Sessions, UserTab::Security];

    /// The last part of its address.
    pub fn slug(self) -> &'static str {
        match self {
            UserTab::Profile => "profile",
            UserTab::Keys => "keys",
            UserTab::Tokens => "tokens",
            UserTab::Sessions => "sessions",
            UserTab::Security => "security",
        }
    }

    /// Its name in the menu.
    pub fn label(self) -> &'static str {
        match self {
            UserTab::Profile => "Profile",
            UserTab::Keys => "SSH keys",
            UserTab::Tokens => "Access tokens",
            UserTab::Sessions => "Sessions",
            UserTab::Security => "Password",
        }
    }

    /// Its address.
    pub fn url(self) -> String {
        format!("/user/settings/{}", self.slug())
    }
}

/// A page of the administration of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminTab {
    /// Plugins of the whole site.
    Plugins,
    /// Whose signatures under plugins count.
    Publishers,
    /// Webhooks of the whole site.
    Hooks,
}

/// What an address of the administration shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdminView {
    /// Plugins of the whole site; of these perhaps one.
    Plugins(Option<(i64, PluginView)>),
    /// Whose signatures under plugins count.
    Publishers,
    /// Webhooks of the whole site.
    Hooks(HookView),
}

impl AdminView {
    /// The entry of the menu that it is under.
    pub fn tab(self) -> AdminTab {
        match self {
            AdminView::Plugins(_) => AdminTab::Plugins,
            AdminView::Publishers => AdminTab::Publishers,
            AdminView::Hooks(_) => AdminTab::Hooks,
        }
    }

    fn parse(rest: &[&str]) -> Option<AdminView> {
        match rest {
            [] | ["plugins"] => Some(AdminView::Plugins(None)),
            ["plugins", rest @ ..] => PluginView::parse(rest).map(|one| AdminView::Plugins(Some(one))),
            ["publishers"] => Some(AdminView::Publishers),
            ["hooks", rest @ ..] => HookView::parse(rest).map(AdminView::Hooks),
            _ => None,
        }
    }
}

impl AdminTab {
    /// In the order of the menu.
    pub const ALL: [AdminTab; 3] = [AdminTab::Plugins, AdminTab::Publishers, AdminTab::Hooks];

    /// Its name in the menu.
    pub fn label(self) -> &'static str {
        match self {
            AdminTab::Plugins => "Plugins",
            AdminTab::Publishers => "Publishers",
            AdminTab::Hooks => "Webhooks",
        }
    }

    /// Its address.
    pub fn url(self) -> String {
        match self {
            AdminTab::Plugins => "/admin/plugins".to_owned(),
            AdminTab::Publishers => "/admin/publishers".to_owned(),
            AdminTab::Hooks => "/admin/hooks".to_owned(),
        }
    }
}

/// Reads a path as the browser shows it, encoded.
pub fn parse(path: &str) -> Page {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => Page::Home,
        ["explore"] => Page::Explore,
        ["user", "login"] => Page::Login,
        ["repo", "create"] => Page::NewRepo,
        ["user", "settings"] => Page::UserSettings(UserTab::Profile),
        ["user", "settings", slug] => UserTab::ALL.into_iter().find(|tab| tab.slug() == *slug).map_or(Page::NotFound, Page::UserSettings),
        ["org", "create"] => Page::NewOrg,
        ["admin", rest @ ..] => AdminView::parse(rest).map_or(Page::NotFound, Page::Admin),
        ["user" | "api" | "repo" | "org" | "-", ..] => Page::NotFound,
        [owner] => Page::Owner(percent_decode(owner)),
        // No repository is called so.
        [owner, "-", rest @ ..] => OrgView::parse(rest).map_or(Page::NotFound, |view| Page::Org(percent_decode(owner), view)),
        [owner, name, rest @ ..] => {
            let name = percent_decode(name);
            // People paste clone addresses into the address bar.
            let name = name.strip_suffix(".git").unwrap_or(&name).to_owned();
            Page::Repo(RepoAddress { owner: percent_decode(owner), name }, RepoView::parse(rest))
        }
    }
}

/// A user's or an organisation's page.
pub fn owner(name: &str) -> String {
    format!("/{}", encode_segment(name))
}

/// Creating a repository that this user or organisation owns.
pub fn new_repo(owner: &str) -> String {
    format!("/repo/create?owner={}", encode_segment(owner))
}

/// Signing in, and back to `from` afterwards.
pub fn login(from: &str) -> String {
    if from == "/" || from.is_empty() || from.starts_with("/user/login") {
        return "/user/login".to_owned();
    }
    format!("/user/login?redirect_to={}", encode_segment(from))
}

/// Where to go after signing in: a path of this site and nothing else, or an attacker's link could lead away from here.
pub fn after_login(wanted: &str) -> &str {
    let own = wanted.starts_with('/') && !wanted.starts_with("//") && !wanted.contains('\\') && !wanted.contains(char::is_control);
    if own { wanted } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_shows_its_page() {
        assert_eq!(parse("/"), Page::Home);
        assert_eq!(parse("/explore/"), Page::Explore);
        assert_eq!(parse("/user/settings/keys"), Page::UserSettings(UserTab::Keys));
        assert_eq!(parse("/user/settings/nonsense"), Page::NotFound);
        assert_eq!(parse("/ann"), Page::Owner("ann".into()));
        assert_eq!(parse("/user/nonsense"), Page::NotFound);
        assert_eq!(parse("/smiths/-/plugins/"), Page::Org("smiths".into(), OrgView::Plugins(None)));
        assert_eq!((parse("/smiths/-"), parse("/smiths/-/nonsense")), (Page::NotFound, Page::NotFound));
        let Page::Repo(address, view) = parse("/ann/tool.git") else { panic!() };
        assert_eq!((address.name.as_str(), view), ("tool", RepoView::Code { at: None, path: String::new() }));
    }

    #[test]
    fn a_sign_in_link_cannot_lead_to_another_site() {
        assert_eq!(after_login("/ann/tool?x=1"), "/ann/tool?x=1");
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/\n/evil"] {
            assert_eq!(after_login(bad), "/", "{bad:?}");
        }
    }
}
