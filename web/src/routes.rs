//! The address book of pages: which address shows what, and how to link to it. The inverse functions stand side by side.

pub mod plugin;
pub mod repo;

use crate::text::{encode_segment, percent_decode};
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
    /// The reader's settings.
    UserSettings(UserTab),
    /// The administration of the server; of plugins perhaps one.
    Admin(AdminTab, Option<(i64, PluginView)>),
    /// A user's or an organisation's page.
    Owner(String),
    /// The plugins of all their repositories; of these perhaps one.
    OwnerPlugins(String, Option<(i64, PluginView)>),
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
}

impl AdminTab {
    /// In the order of the menu.
    pub const ALL: [AdminTab; 2] = [AdminTab::Plugins, AdminTab::Publishers];

    /// Its name in the menu.
    pub fn label(self) -> &'static str {
        match self {
            AdminTab::Plugins => "Plugins",
            AdminTab::Publishers => "Publishers",
        }
    }

    /// Its address.
    pub fn url(self) -> String {
        match self {
            AdminTab::Plugins => "/admin/plugins".to_owned(),
            AdminTab::Publishers => "/admin/publishers".to_owned(),
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
        ["admin"] | ["admin", "plugins"] => Page::Admin(AdminTab::Plugins, None),
        ["admin", "plugins", rest @ ..] => PluginView::parse(rest).map_or(Page::NotFound, |one| Page::Admin(AdminTab::Plugins, Some(one))),
        ["admin", "publishers"] => Page::Admin(AdminTab::Publishers, None),
        ["user" | "api" | "repo" | "admin" | "-", ..] => Page::NotFound,
        [owner] => Page::Owner(percent_decode(owner)),
        // No repository is called so.
        [owner, "-", "plugins"] => Page::OwnerPlugins(percent_decode(owner), None),
        [owner, "-", "plugins", rest @ ..] => {
            PluginView::parse(rest).map_or(Page::NotFound, |one| Page::OwnerPlugins(percent_decode(owner), Some(one)))
        }
        [_, "-", ..] => Page::NotFound,
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
        assert_eq!(parse("/smiths/-/plugins/"), Page::OwnerPlugins("smiths".into(), None));
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
