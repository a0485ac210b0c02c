//! Users and organisations.

use hardie_api_types::Time;
use hardie_api_types::account::User;
use hardie_api_types::org::{OrgMember, Organization};
use hardie_app::accounts::{Account, Member};

use crate::links::{Links, encode};

/// A user, or an organisation that owns a repository. What the asker may not see of it, `app` has left out.
pub fn user(links: &Links, account: &Account) -> User {
    let login = account.name.to_string();
    let kind = match account.kind.as_str() {
        "org" => "organization",
        other => other,
    };
    User {
        id: account.id.0,
        login_name: String::new(),
        source_id: 0,
        full_name: account.full_name.clone(),
        email: account.email.clone(),
        avatar_url: links.account_avatar(account.id),
        html_url: links.page(&encode(login.as_bytes())),
        language: String::new(),
        is_admin: account.is_admin,
        last_login: account.last_sign_in_at.map_or_else(Time::never, Time::from),
        created: account.created_at.into(),
        restricted: false,
        active: !account.disabled,
        prohibit_login: account.disabled,
        location: account.location.clone(),
        website: account.website.clone(),
        description: account.description.clone(),
        visibility: account.visibility.as_str().to_owned(),
        followers_count: 0,
        following_count: 0,
        starred_repos_count: 0,
        username: login.clone(),
        login,
        kind: kind.to_owned(),
    }
}

/// An organisation.
pub fn organization(links: &Links, account: &Account) -> Organization {
    let name = account.name.to_string();
    Organization {
        id: account.id.0,
        full_name: account.full_name.clone(),
        email: String::new(),
        avatar_url: links.account_avatar(account.id),
        description: account.description.clone(),
        website: account.website.clone(),
        location: account.location.clone(),
        visibility: account.visibility.as_str().to_owned(),
        repo_admin_change_team_access: false,
        html_url: links.page(&encode(name.as_bytes())),
        username: name.clone(),
        name,
    }
}

/// A member of an organisation.
pub fn member(links: &Links, member: &Member) -> OrgMember {
    OrgMember { user: user(links, &member.user), role: member.role.as_str().to_owned() }
}
