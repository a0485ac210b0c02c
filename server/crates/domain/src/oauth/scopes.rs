//! What an application asks for: scopes of access tokens by Gitea's names, and what it wants to be told of who signs in (OpenID Connect Core, section 5.4).

use crate::error::Invalid;
use crate::scope::{CATEGORIES, Category, Level, ScopeSet};

/// What clients that name no scope get, among them those written for the time before Gitea had any: what git and build servers need.
const UNNAMED: [&str; 3] = ["write:repository", "read:user", "read:organization"];
const MAX_BYTES: usize = 1000;

/// A set of scopes, of both sorts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Scopes {
    /// What it may do as an access token.
    pub access: ScopeSet,
    /// Whether a client is told who signed in.
    pub openid: bool,
    /// With the name and the address of the profile.
    pub profile: bool,
    /// With the e-mail address.
    pub email: bool,
    /// With organisations.
    pub groups: bool,
}

impl Scopes {
    /// Parses names with spaces between them (RFC 6749, section 3.3). The name of a category alone means all of it, as Gitea's own client asks.
    pub fn parse(text: &str) -> Result<Scopes, Invalid> {
        if text.len() > MAX_BYTES {
            return Err(Invalid::new("scope", format!("may have {MAX_BYTES} bytes at most")));
        }
        let (mut scopes, mut access, mut named) = (Scopes::default(), Vec::new(), false);
        for name in text.split([' ', ',']).filter(|name| !name.is_empty()) {
            named = true;
            match name {
                "openid" => scopes.openid = true,
                "profile" => scopes.profile = true,
                "email" => scopes.email = true,
                "groups" => scopes.groups = true,
                // A refresh token is given anyway.
                "offline_access" => {}
                name if CATEGORIES.iter().any(|(_, category)| *category == name) => access.push(format!("write:{name}")),
                name => access.push(name.to_owned()),
            }
        }
        if !named {
            access.extend(UNNAMED.map(str::to_owned));
        }
        if !access.is_empty() {
            let parsed = ScopeSet::parse(access.iter().map(String::as_str));
            scopes.access = parsed.map_err(|error| Invalid::new("scope", error.reason))?;
        }
        Ok(scopes)
    }

    /// What [`Scopes::to_string`] wrote; `None` if it did not.
    pub fn from_stored(text: &str) -> Option<Scopes> {
        if text.is_empty() {
            return Some(Scopes::default());
        }
        Scopes::parse(text).ok()
    }

    /// Whether all of `other` is in this set.
    pub fn covers(&self, other: &Scopes) -> bool {
        let claims = |scopes: &Scopes| [scopes.openid, scopes.profile, scopes.email, scopes.groups];
        self.access.covers(&other.access) && claims(self).iter().zip(claims(other)).all(|(have, wanted)| *have || !wanted)
    }

    /// What this lets an application do, a line each, for whoever is asked.
    pub fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let access = &self.access;
        let all = access.names().iter().any(|name| name == "all");
        if all {
            words.push("Do everything that you may do here, and make changes in your name".to_owned());
        }
        for (category, _) in CATEGORIES.iter().filter(|_| !all) {
            let level = [Level::Write, Level::Read].into_iter().find(|level| access.allows(*category, *level));
            words.extend(level.map(|level| sentence(*category, level).to_owned()));
        }
        if access.is_public_only() {
            words.push("All that for public repositories and organisations only".to_owned());
        }
        for (wanted, sentence) in [
            (self.openid, "Know that it is you: your user name and the number of your account"),
            (self.profile, "See your full name and the address of your profile"),
            (self.email, "See your e-mail address"),
            (self.groups, "See to which organisations and teams you belong"),
        ] {
            if wanted {
                words.push(sentence.to_owned());
            }
        }
        words
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut names = self.access.names();
        let claims = [(self.openid, "openid"), (self.profile, "profile"), (self.email, "email"), (self.groups, "groups")];
        names.extend(claims.into_iter().filter(|(wanted, _)| *wanted).map(|(_, name)| name.to_owned()));
        f.write_str(&names.join(" "))
    }
}

fn sentence(category: Category, level: Level) -> &'static str {
    match (category, level) {
        (Category::Activitypub, Level::Read) => "Read what you see of other servers",
        (Category::Activitypub, Level::Write) => "Speak to other servers in your name",
        (Category::Admin, Level::Read) => "See what you see as an administrator of this server",
        (Category::Admin, Level::Write) => "Administer this server, as far as you may",
        (Category::Issue, Level::Read) => "Read issues and pull requests",
        (Category::Issue, Level::Write) => "Write issues and pull requests in your name",
        (Category::Misc, Level::Read) => "Use the tools of this server",
        (Category::Misc, Level::Write) => "Use and change the tools of this server",
        (Category::Notification, Level::Read) => "Read your notifications",
        (Category::Notification, Level::Write) => "Read your notifications and mark them as read",
        (Category::Organization, Level::Read) => "See your organisations and who belongs to them",
        (Category::Organization, Level::Write) => "Change your organisations and who belongs to them",
        (Category::Package, Level::Read) => "Read packages",
        (Category::Package, Level::Write) => "Publish and remove packages",
        (Category::Repository, Level::Read) => "Read all your repositories, private ones too",
        (Category::Repository, Level::Write) => "Read and change all your repositories, private ones too: push, change settings, delete",
        (Category::User, Level::Read) => "See your account: profile, e-mail addresses, public keys",
        (Category::User, Level::Write) => "See and change your account: profile, e-mail addresses, public keys",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_as_they_were_meant() {
        for (asked, kept) in [
            ("read:repository openid", "read:repository openid"),
            ("groups email profile openid offline_access", "openid profile email groups"),
            ("", "write:repository read:user read:organization"),
            ("user repository", "write:repository write:user"),
            ("read:user,write:user", "write:user"),
            ("all public-only", "all public-only"),
        ] {
            let scopes = Scopes::parse(asked).unwrap();
            let mut names: Vec<String> = scopes.to_string().split(' ').map(str::to_owned).collect();
            let mut wanted: Vec<&str> = kept.split(' ').collect();
            names.sort();
            wanted.sort_unstable();
            assert_eq!(names, wanted, "{asked}");
            let stored = Scopes::from_stored(&scopes.to_string()).unwrap();
            assert!(stored.covers(&scopes) && scopes.covers(&stored), "{asked}");
        }
        for bad in ["repo", "read:everything", "openid sudo", "public-only", &"x".repeat(MAX_BYTES + 1)] {
            assert!(Scopes::parse(bad).is_err(), "{bad}");
        }
        // What only signs in stores as nothing else than that.
        assert_eq!(Scopes::from_stored(""), Some(Scopes::default()));
        assert!(Scopes::parse("openid").unwrap().access.names().is_empty());
    }

    #[test]
    fn nothing_grows() {
        let have = Scopes::parse("write:repository openid").unwrap();
        for less in ["read:repository", "openid", "write:repository openid"] {
            assert!(have.covers(&Scopes::parse(less).unwrap()), "{less}");
        }
        for more in ["read:user", "openid email", "all", "write:repository openid groups", ""] {
            assert!(!have.covers(&Scopes::parse(more).unwrap()), "{more}");
        }
    }

    #[test]
    fn every_scope_is_said_in_words() {
        for (_, category) in CATEGORIES {
            for level in ["read", "write"] {
                assert_eq!(Scopes::parse(&format!("{level}:{category}")).unwrap().words().len(), 1);
            }
        }
        assert_eq!(Scopes::parse("all openid email").unwrap().words().len(), 3);
    }
}
